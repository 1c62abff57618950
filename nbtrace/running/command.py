"""The reference's flags as two programs get them: each reads the same files and writes where it disturbs nobody."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbtrace.errors import InputError, UsageError
from nbtrace.records import Pixel
from simulator.arguments import file_values, parse
from simulator.canonical import canonical_arguments
from simulator.config import Config, ExecutionConfig, OutputConfig
from simulator.errors import InputFileError, SimulatorError
from simulator.flags import Flag

LENIENT = "--lenient"
"""Ignore what the reference ignores; no word of the reference's."""

FLOAT_IMAGE = "float.bin"
"""Name of the float image in the folder that a program runs in."""

_CACHE = "Fdump.bin"

_WRITTEN = {
    "output.float_file": FLOAT_IMAGE,
    "output.int_file": "int.img",
    "output.noise_file": "noise.img",
    "output.pgm_file": "image.pgm",
    "structure.dump_file": _CACHE,
}
"""The name that an output file has there, by the field that its flag sets."""

_UNREAD = frozenset({"-stol", "-4stol", "-Q"})
"""Files that the reference names but never reads."""


@dataclass(frozen=True)
class FlagLine:
    """Flags, understood.

    Attributes
    ----------
    words : tuple of str
        For a program: input files by their full names, output files by bare ones. No word of ours is among them.
    config : Config
        What they mean.
    inputs : tuple of Path
        The files that they name and that are read.
    remarks : tuple of str
        What the reference ignores of them, or takes otherwise than it looks.
    """

    words: tuple[str, ...]
    config: Config
    inputs: tuple[Path, ...]
    remarks: tuple[str, ...]

    @property
    def experiment(self) -> tuple[str, ...]:
        """The shortest flags of the same experiment; files by their bare names, without outputs and how it is run."""
        plain = self.config.model_copy(update={"output": OutputConfig(), "execution": ExecutionConfig()})
        return tuple(Path(word).name for word in canonical_arguments(plain))

    def remarked(self, text: str) -> "FlagLine":
        """Return it with one more remark."""
        return replace(self, remarks=(*self.remarks, text))

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of pixels along slow and fast."""
        return self.config.shape_slow_fast

    @property
    def text(self) -> str:
        """The words as one line that a shell reads back."""
        return shlex.join(self.words)


def flag_line(flags: Sequence[str], folders: Sequence[Path] = (Path(),), *, lenient: bool = False) -> FlagLine:
    """Read flags and find the files that they name.

    Parameters
    ----------
    flags : sequence of str
        The reference's flags; :data:`LENIENT` among them has the effect of `lenient`.
    folders : sequence of Path
        Where files are looked for, in this order.
    lenient : bool
        Unknown flags and unreadable values are remarks, as the reference ignores them, and no error.

    Raises
    ------
    UsageError
        If the flags make no run.
    InputError
        If a file that they name is in none of the folders.
    """
    lenient = lenient or LENIENT in flags
    given = [word for word in flags if word != LENIENT]
    words, inputs = _placed(given, folders)
    try:
        command = parse(words, lenient=lenient)
    except InputFileError as error:
        raise InputError(str(error)) from None
    except SimulatorError as error:
        raise UsageError(str(error)) from None
    remarks = [item.remark for item in command.findings]
    named = _tokens(given)
    if not named & {"-hkl", "-dump"} and (folders[0] / _CACHE).is_file():
        remarks.append(f"the {_CACHE} in the current folder is not read; name it with -dump if it is meant")
    return FlagLine(tuple(words), command.config, tuple(inputs), tuple(remarks))


def require_on_detector(shape: tuple[int, int], pixel: Pixel) -> None:
    """Refuse a pixel (slow, fast) off a detector of that shape (slow, fast).

    Raises
    ------
    UsageError
        Saying whether only the swapped order lies on the detector.
    """
    slow, fast = shape
    if 0 <= pixel[0] < slow and 0 <= pixel[1] < fast:
        return
    text = f"pixel slow {pixel[0]}, fast {pixel[1]} is not on the detector of {slow} x {fast} pixels (slow x fast)"
    if 0 <= pixel[1] < slow and 0 <= pixel[0] < fast:
        text += f"; swapped it would be: the order is SLOW FAST, did you mean {pixel[1]} {pixel[0]}?"
    raise UsageError(text)


def _tokens(words: Sequence[str]) -> set[str]:
    return {flag.token for _, flag in file_values(words)}


def _placed(given: Sequence[str], folders: Sequence[Path]) -> tuple[list[str], list[Path]]:
    """Return the words with every file where it belongs, and the files that are read."""
    words, inputs = list(given), []
    # Without a list, the reference reads the cache that it wrote beside an earlier one.
    reads_cache = "-hkl" not in _tokens(words)
    for index, flag in file_values(words):
        name = _written_name(flag)
        if name is not None and not (name == _CACHE and reads_cache):
            words[index] = name
        elif flag.token not in _UNREAD:
            inputs.append(_found(words[index], flag, folders))
            words[index] = str(inputs[-1])
    if not any(flag.sets == ("output.float_file",) for _, flag in file_values(words)):
        words += ["-floatfile", FLOAT_IMAGE]
    return words, inputs


def _written_name(flag: Flag) -> str | None:
    if flag.token == "-stolout":  # noqa: S105 - a flag's token
        return "stolout.txt"
    return next((_WRITTEN[path] for path in flag.sets if path in _WRITTEN), None)


def _found(name: str, flag: Flag, folders: Sequence[Path]) -> Path:
    try:
        for folder in folders:
            path = folder / name
            if path.is_file():
                return path.absolute()
    except OSError as error:
        raise InputError(f"{flag.token} {name} cannot be read: {error.strerror}") from None
    tried = " or ".join(str(folder.absolute()) for folder in folders)
    raise InputError(f"{flag.token} {name}: there is no such file in {tried}")

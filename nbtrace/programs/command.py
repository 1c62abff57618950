"""The reference's flags as two programs get them: each reads the same files and writes where it disturbs nobody."""

import shlex
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from nbtrace.errors import InputError, UsageError
from nbtrace.programs.leniency import LENIENT
from nbtrace.records import Pixel
from simulator.arguments import Trouble, examine, file_values, parse
from simulator.canonical import canonical_arguments
from simulator.config import Config, ExecutionConfig, OutputConfig
from simulator.errors import InputFileError, SimulatorError
from simulator.flags import FLAGS, Flag, ValueKind

FLOAT_IMAGE = "float.bin"
"""Name of the float image in the folder that a program runs in, where the flags give none."""

_FLOAT_FLAG = "-floatfile"
_FLOAT_FIELD = "output.float_file"
CACHE = "Fdump.bin"
"""What the reference calls its cache of structure factors."""

_WRITTEN = {
    _FLOAT_FIELD: "floatimage.bin",
    "output.int_file": "intimage.img",
    "output.noise_file": "noiseimage.img",
    "output.pgm_file": "image.pgm",
    "structure.dump_file": CACHE,
}
"""What the reference calls a file that it writes, by the field that its flag sets."""

_WORDS = 1024
"""Of command lines that are kept with the flags that they act as."""

_UNREAD = frozenset({"-stol", "-4stol", "-Q"})
"""Files that the reference names but never reads."""


@dataclass(frozen=True)
class FlagLine:
    """Flags, understood.

    Attributes
    ----------
    words : tuple of str
        For a program: ours in front, then those that were given, to the last one. Input files have their full names;
        output files bare ones, which lie in the folder that the program runs in.
    config : Config
        What they mean.
    inputs : tuple of Path
        The files that they name and that are read.
    remarks : tuple of str
        What the reference ignores of them, or takes otherwise than it looks.
    crash : str
        Why the reference crashes with them; empty where no reason is known.
    cache : Path or None
        What a program that does not know -dump finds under the cache's own name, where -dump names one.
    """

    words: tuple[str, ...]
    config: Config
    inputs: tuple[Path, ...]
    remarks: tuple[str, ...]
    crash: str = ""
    cache: Path | None = None

    @property
    def experiment(self) -> tuple[str, ...]:
        """The shortest flags of the same experiment; files by their bare names, without outputs and how it is run."""
        plain = self.config.model_copy(update={"output": OutputConfig(), "execution": ExecutionConfig()})
        return tuple(Path(word).name for word in canonical_arguments(plain))

    def remarked(self, text: str) -> "FlagLine":
        """Return it with one more remark."""
        return replace(self, remarks=(*self.remarks, text))

    @property
    def float_name(self) -> str:
        """Name of the float image in the folder that a program runs in."""
        return self.config.output.float_file.name

    @property
    def seeded_by_clock(self) -> bool:
        """Whether the orientation of the crystal depends on the second in which a run starts."""
        return self.config.crystal.misset_random and self.config.crystal.misset_seed is None

    @property
    def interpolates(self) -> bool:
        """Whether structure factors are interpolated, for which there must be a list or a cache of them."""
        return self.config.interpolates and bool(_tokens(self.words) & {"-hkl", "-dump"})

    def with_flag(self, flag: Sequence[str]) -> "FlagLine":
        """Return it with one more flag that counts, and every other word as the reference takes it now.

        The flag stands in front, where no word is the last one because of it; if the line has it already, right behind
        its last occurrence.

        Raises
        ------
        UsageError
            If the line gives the flag values that are flags themselves.
        """
        token, count = flag[0], len(flag) - 1
        places = [
            index for index, word in enumerate(self.words[: -count or None]) if word.startswith("-") and token in word
        ]
        if not places:
            return replace(self, words=(*flag, *self.words))
        end = places[-1] + 1 + count
        doubtful = [word for word in self.words[places[-1] + 1 : end] if _acting(word)]
        if doubtful:
            raise UsageError(f"{self.words[places[-1]]} takes the flag {doubtful[0]} as a value; give it numbers")
        return replace(self, words=(*self.words[:end], *flag, *self.words[end:]))

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
        crash = _crash(words)
        # What crashes the reference means nothing; the rest tells what the run would have been.
        command = parse(words[:-1] if crash else words, lenient=lenient)
    except InputFileError as error:
        raise InputError(str(error)) from None
    except SimulatorError as error:
        raise UsageError(str(error)) from None
    _refuse_overwritten(command.config)
    remarks = [item.remark for item in command.findings]
    remarks += [crash] if crash else []
    named = _tokens(given)
    if not named & {"-hkl", "-dump"} and (folders[0] / CACHE).is_file():
        remarks.append(f"the {CACHE} in the current folder is not read; name it with -dump if it is meant")
    cache = _cache(command.config, folders[0]) if "-dump" in named and "-hkl" not in named else None
    return FlagLine(tuple(words), command.config, tuple(inputs), tuple(remarks), crash, cache)


def _cache(config: Config, folder: Path) -> Path | None:
    """Return the file that a program finds that does not know -dump and is run where the flags are typed."""
    named, there = config.structure.dump_file, folder / CACHE
    if named.name == CACHE:
        return named
    return there.absolute() if there.is_file() else None


def _crash(words: Sequence[str]) -> str:
    """Return why the reference crashes with these words; empty if no reason is known."""
    findings = examine(words).findings
    return next((item.text for item in findings if item.trouble is Trouble.CRASH), "")


@lru_cache(maxsize=_WORDS)
def _acting(word: str) -> tuple[Flag, ...]:
    """Return the flags that the reference takes a word for."""
    return tuple(flag for flag in FLAGS if flag.matches(word)) if word.startswith("-") else ()


def _refuse_overwritten(config: Config) -> None:
    """Refuse names with which another file is written over the float image.

    Raises
    ------
    UsageError
    """
    output = config.output
    others = {
        "integer image": output.int_file,
        "PGM image": output.pgm_file if output.write_pgm else None,
        "image with noise": output.noise_file if output.write_noise else None,
    }
    for what, path in others.items():
        if path is not None and path.name == output.float_file.name:
            raise UsageError(
                f"the {what} is called {path.name} like the float image and would be written over it; "
                "give -floatfile another name"
            )


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
    return {flag.token for _, flag in _file_values(words)}


def _file_values(words: Sequence[str]) -> list[tuple[int, Flag]]:
    """Return which words are names of files, those included that the reference also takes for another flag's value."""
    by_place = dict(file_values(words))
    for index, word in enumerate(words[:-1], 1):
        flag = next((flag for flag in _acting(word) if flag.kind is ValueKind.FILE), None)
        if flag is not None and not words[index].startswith("-"):
            by_place.setdefault(index, flag)
    return sorted(by_place.items())


def _placed(given: Sequence[str], folders: Sequence[Path]) -> tuple[list[str], list[Path]]:
    """Return the words with every file where it belongs, and the files that are read."""
    words, inputs = list(given), []
    # Without a list, the reference reads the cache that it wrote beside an earlier one.
    reads_cache = "-hkl" not in _tokens(words)
    for index, flag in _file_values(words):
        own = _written_name(flag)
        if own is not None and not (own == CACHE and reads_cache):
            words[index] = _bare(words[index], own, words)
        elif flag.token not in _UNREAD:
            inputs.append(_found(words[index], flag, folders))
            words[index] = str(inputs[-1])
    if not any(flag.sets == (_FLOAT_FIELD,) for _, flag in _file_values(words)):
        # In front, since the reference never looks at its last word for some flags.
        words[:0] = [_FLOAT_FLAG, _unused(FLOAT_IMAGE, words)]
    return words, inputs


def _bare(name: str, own: str, words: Sequence[str]) -> str:
    """Return a name in the program's folder for a file that it calls `own`: the given one where it leads nowhere else.

    No two files get one name that had two.
    """
    bare = Path(name).name
    if name == bare != "..":
        return name
    taken = {*words, *_WRITTEN.values()} - {own}
    return _unused(bare if bare not in {"", ".."} else own, taken)


def _unused(name: str, taken: Container[str]) -> str:
    while name in taken:
        name = f"_{name}"
    return name


def _written_name(flag: Flag) -> str | None:
    """Return what the reference calls a file that it writes if a flag does not; None for a file that it reads."""
    if flag.token == "-stolout":  # noqa: S105 - a flag's token
        return "stolout.txt"
    return next((_WRITTEN[path] for path in flag.sets if path in _WRITTEN), None)


def _found(name: str, flag: Flag, folders: Sequence[Path]) -> Path:
    if _acting(name):
        raise UsageError(
            f"{flag.token} {name}: the reference takes such a name for the flag {_acting(name)[0].token} too; "
            f"write ./{name}"
        )
    try:
        for folder in folders:
            path = folder / name
            if path.is_file():
                return path.absolute()
    except OSError as error:
        raise InputError(f"{flag.token} {name} cannot be read: {error.strerror}") from None
    tried = " or ".join(str(folder.absolute()) for folder in folders)
    raise InputError(f"{flag.token} {name}: there is no such file in {tried}")

"""Which programs take part: the reference by its search order, a candidate by its command."""

import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbtrace.errors import ProgramError, UsageError
from nbtrace.evidence.provenance import FileRecord

REFERENCE_VARIABLE = "NB_C_BIN"
CANDIDATE_VARIABLE = "NB_PY_BIN"
REFERENCE_NAME = "nanoBragg"
REFERENCE_PLACES = (Path("golden_suite_generator") / REFERENCE_NAME, Path(REFERENCE_NAME))
"""Where the reference is looked for, from the current folder, when nobody names it."""

PLACES = f"{', '.join(f'./{path}' for path in REFERENCE_PLACES)}, or {REFERENCE_NAME} on the PATH"


@dataclass(frozen=True)
class Program:
    """A command that takes the reference's flags.

    Attributes
    ----------
    words : tuple of str
        The program, by its full name, and the arguments that stand before the flags.
    origin : str
        Who named it.
    stays_alive : bool
        Whether it does one run after another (:mod:`nbtrace.serving`).
    """

    words: tuple[str, ...]
    origin: str
    stays_alive: bool = False

    @property
    def file(self) -> Path:
        """The file that is executed."""
        return Path(self.words[0])

    def record(self) -> FileRecord:
        """Return name, size and digest of the file that is executed."""
        return FileRecord.try_of(self.file)


def find_reference(
    option: str | None, variables: Mapping[str, str] = os.environ, *, spelling: str = "--ref"
) -> Program:
    """Return the reference program, by the documented search order; `spelling` is how the option is called.

    Raises
    ------
    ProgramError
        If there is none, or what was named is none.
    """
    found = reference_if_any(option, variables, spelling=spelling)
    if found is None:
        raise ProgramError(
            f"no reference program: give {spelling} BINARY or set {REFERENCE_VARIABLE}, or compare with recorded "
            f"output (--archived DIR); without these it is {PLACES}, and there is none"
        )
    return found


def reference_if_any(
    option: str | None, variables: Mapping[str, str] = os.environ, *, spelling: str = "--ref"
) -> Program | None:
    """Return the reference program, by the documented search order; None where nobody names one and none is found.

    Raises
    ------
    ProgramError
        If what was named is none.
    """
    named = variables.get(REFERENCE_VARIABLE)
    if option is not None:
        return _reference(option, spelling)
    if named:
        return _reference(named, f"${REFERENCE_VARIABLE}")
    for path in REFERENCE_PLACES:
        if path.is_file():
            return _reference(f"./{path}", "found in the current folder")
    on_path = shutil.which(REFERENCE_NAME)
    return None if on_path is None else Program((str(Path(on_path).absolute()),), "found on the PATH")


def _reference(name: str, origin: str) -> Program:
    if shutil.which(name) is None and shutil.which(first := name.partition(" ")[0]) is not None and first != name:
        raise ProgramError(f"{origin}: the reference is one program; put {name!r} into a script and name that")
    return Program((_executable(name, origin),), origin)


def candidate(
    option: str | None, variables: Mapping[str, str] = os.environ, *, spelling: str = "--cand"
) -> Program | None:
    """Return the candidate program; None where neither the option nor the environment names one.

    The command is split as a shell would split it; `spelling` is how the option is called.
    Words that name files of the current folder become full names.

    Raises
    ------
    UsageError
        If the command has no words or open quotes.
    ProgramError
        If the program is missing or not executable.
    """
    text = option if option is not None else variables.get(CANDIDATE_VARIABLE) or None
    if text is None:
        return None
    origin = spelling if option is not None else f"${CANDIDATE_VARIABLE}"
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{origin} {text!r} cannot be split into words: {error}") from None
    if not words:
        raise UsageError(f"{origin} is empty; give the command that takes nanoBragg's flags")
    return Program((_executable(words[0], origin), *map(_full_name, words[1:])), origin)


def _executable(name: str, origin: str) -> str:
    """Return the full name of a program, which will run in another folder."""
    if not name:
        raise ProgramError(f"{origin} is empty; give the program by its path")
    on_path = shutil.which(name)
    if on_path is not None:
        return str(Path(on_path).absolute())
    try:
        exists = Path(name).exists()
    except OSError:
        exists = False
    if exists:
        raise ProgramError(f"{origin}: {name} is not a program that can be executed")
    raise ProgramError(f"{origin}: {name} is not there; give the program by its path")


def _full_name(word: str) -> str:
    try:
        return str(Path(word).absolute()) if Path(word).is_file() else word
    except OSError:
        return word

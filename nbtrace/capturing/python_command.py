"""A command that runs a Python program: its interpreter, and what of the words is the program."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbtrace.errors import ProgramError, UsageError

_INTERPRETER = re.compile(r"(?:python|pypy)(?:[0-9](?:\.[0-9]+)?)?[dt]?m?", re.ASCII)
_WITH_VALUE = "WX"
_WITHOUT_SITE = {"I": "-I", "E": "-E", "S": "-S"}
_SHEBANG_BYTES = 256


@dataclass(frozen=True)
class PythonCommand:
    """A command of a Python program.

    Attributes
    ----------
    interpreter : Path
        Whole path.
    options : tuple of str
        Those of the interpreter.
    script : str or None
        File of the program.
    module : str or None
        Its name after `-m`; None with `script` None too is a program given by `-c`.
    """

    interpreter: Path
    options: tuple[str, ...]
    script: str | None
    module: str | None

    @property
    def name(self) -> str:
        """What messages call the program."""
        return Path(self.script).name if self.script else self.module or "python -c"


def python_command(program: Path, arguments: Sequence[str]) -> PythonCommand | None:
    """Return what a command runs in Python; None if it runs no Python.

    Parameters
    ----------
    program : Path
        An interpreter, or a script whose first line names one.
    arguments : sequence of str

    Raises
    ------
    ProgramError
        If the interpreter that a script names is not there.
    UsageError
        If there is no program, or it is started in a way in which nothing can be captured.
    """
    if _INTERPRETER.fullmatch(program.name):
        return _of_words(program, arguments)
    words = _shebang(program)
    if not words:
        return None
    if Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    if not words or not _INTERPRETER.fullmatch(Path(words[0]).name):
        return None
    found = shutil.which(words[0])
    if found is None:
        raise ProgramError(f"{program.name} names {words[0]}, which is not there")
    return _of_words(Path(found), [*words[1:], str(program)])


def _shebang(program: Path) -> list[str]:
    try:
        with program.open("rb") as stream:
            start = stream.read(_SHEBANG_BYTES)
    except OSError:
        return []
    if start[:2] != b"#!":
        return []
    return start[2:].split(b"\n")[0].decode(errors="replace").split()


def _of_words(interpreter: Path, words: Sequence[str]) -> PythonCommand:
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        word = words[at]
        if word == "--check-hash-based-pycs":
            at += 2
            continue
        for place, letter in enumerate(word[1:], 1):
            rest = word[place + 1 :]
            if letter in _WITHOUT_SITE and not word.startswith("--"):
                raise UsageError(
                    f"python {_WITHOUT_SITE[letter]} keeps the interpreter from loading what captures; leave it out"
                )
            if letter in "cm":
                options = tuple(words[:at]) + ((word[:place],) if place > 1 else ())
                value = rest or (words[at + 1] if at + 1 < len(words) else "")
                if not value:
                    raise UsageError(f"python -{letter} names nothing to run")
                return PythonCommand(interpreter, options, None, value if letter == "m" else None)
            if letter in _WITH_VALUE:
                at += not rest
                break
        at += 1
    if at >= len(words) or words[at] == "-":
        raise UsageError("python without a program reads one from standard input; give its file, or -m MODULE")
    return PythonCommand(interpreter, tuple(words[:at]), words[at], None)

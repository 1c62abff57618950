"""The file of a program that is to be captured from."""

import os
import shutil
import stat
from pathlib import Path

from nbtrace.errors import ProgramError, UsageError

ELF = b"\x7fELF"


def found_program(word: str, folder: Path) -> Path:
    """Return the whole path of a program as a shell would find it.

    Raises
    ------
    ProgramError
        If there is none.
    """
    found = shutil.which(word if "/" not in word else str(folder / word))
    if found is None:
        raise ProgramError(f"{word} is no program that can be run")
    path = Path(found)
    return Path(os.path.realpath(path.parent)) / path.name


def require_program(program: Path) -> None:
    """Refuse what gdb cannot run.

    Raises
    ------
    UsageError
        If it is a script, or one that runs with another user's rights.
    """
    with program.open("rb") as stream:
        start = stream.read(256)
    if start[:2] == b"#!":
        interpreter = start[2:].split(b"\n")[0].decode(errors="replace").strip()
        raise UsageError(f"{program.name} is a script of {interpreter}; give the program that it runs")
    if start[:4] != ELF:
        raise UsageError(f"{program.name} is no program of this system (ELF)")
    if program.stat().st_mode & (stat.S_ISUID | stat.S_ISGID):
        raise ProgramError(f"{program.name} runs with another user's rights, and may not be traced")

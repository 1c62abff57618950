"""The file of a program that is to be captured from."""

import os
import shlex
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from nbtrace.errors import ProgramError, UsageError

ELF = b"\x7fELF"

MOST_READ = 2**16
"""Bytes of a script in which the program that it runs is looked for."""


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


def launched_program(words: Sequence[str], folder: Path) -> str:
    """Return the first of some words that is a program of this system, as it stands; empty where none is.

    A word that holds others, as behind `sh -c`, stands for these. Only what is named by its path is looked for.
    """
    for word in words:
        inner = shlex_words(word)
        if len(inner) > 1:
            if found := launched_program(inner, folder):
                return found
        elif "/" in word and _is_program(folder / word):
            return word
    return ""


def shlex_words(text: str) -> list[str]:
    """Return the words of a shell's command as far as they can be told."""
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _is_program(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(4) == ELF and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False


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
        runs = launched_program(shlex_words(program.read_bytes()[:MOST_READ].decode(errors="replace")), program.parent)
        given = f" itself: -- {runs}" if runs else ""
        raise UsageError(f"{program.name} is a script of {interpreter}; give the program that it runs{given}")
    if start[:4] != ELF:
        raise UsageError(f"{program.name} is no program of this system (ELF)")
    if program.stat().st_mode & (stat.S_ISUID | stat.S_ISGID):
        raise ProgramError(f"{program.name} runs with another user's rights, and may not be traced")

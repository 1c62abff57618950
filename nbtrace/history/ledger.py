"""A ledger of attempts: a Markdown file to which sections are added; what stands in it stays as it is, byte by byte."""

import fcntl
import os
import re
from collections.abc import Callable
from pathlib import Path

from nbtrace.errors import InputError, UsageError

_HEADING = re.compile(r"^## Attempt (\d{1,9})\b", re.MULTILINE)
_MOST_BYTES = 2**26


def add_attempt(path: Path, section: Callable[[int], str]) -> int:
    """Add a section at the end of a ledger, which is made where there is none; return its number.

    Parameters
    ----------
    path : Path
    section : callable
        Returns the text of the section with this number, from 1; it ends with a line end.

    Raises
    ------
    InputError
        If the file is no text.
    UsageError
        If it cannot be written, or is no file of a ledger's size.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "r+b", buffering=0) as stream:
        if not path.is_file() or os.fstat(descriptor).st_size > _MOST_BYTES:
            raise UsageError(f"{path} is no file of notes; give another name")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        content = stream.read() or b""
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise InputError(f"{path} is no UTF-8 text; give another file") from None
        number = max((int(found) for found in _HEADING.findall(text)), default=0) + 1
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        stream.write((gap + section(number)).encode())
        os.fsync(descriptor)
    return number

"""One writer at a time in an evidence folder; whoever reads waits until the writer is done.

The kernel releases the lock when its holder dies, so no lock is ever left behind. The empty file stays.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbtrace.errors import InputError, UsageError

LOCK_NAME = ".lock"
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.02


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the folder for writing.

    Raises
    ------
    UsageError
        If the folder cannot be written, or another process holds it for a minute.
    """
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    try:
        if not _acquire(descriptor, fcntl.LOCK_EX):
            raise UsageError(f"{folder} is being written by another process; try again when it is done")
        yield
    finally:
        os.close(descriptor)


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Hold the folder for reading; one that has no lock, or whose lock cannot be opened, is read as it is.

    Raises
    ------
    InputError
        If another process writes to it for a minute.
    """
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        yield
        return
    try:
        if not _acquire(descriptor, fcntl.LOCK_SH):
            raise InputError(f"{folder} is being written by another process; try again when it is done")
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, kind: int) -> bool:
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE_SECONDS)
        else:
            return True

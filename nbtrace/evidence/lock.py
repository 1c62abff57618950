"""One writer at a time in an evidence folder; whoever reads waits until the writer is done.

The kernel releases the lock when its holder dies, so no lock is ever left behind. The empty file stays. It is a plain
file: a link of its name is not followed, as that might make a file elsewhere.

A run holds no lock on the folder, as it may take hours; it holds one on the file that takes its output.
"""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbtrace.errors import InputError, UsageError

LOCK_NAME = ".lock"
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.02
_SAFELY = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the folder for writing.

    Raises
    ------
    UsageError
        If the folder cannot be written, its lock is no plain file, or another process holds it for a minute.
    """
    path = folder / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _SAFELY, 0o666)
    except OSError as error:
        if _is_something_else(path):
            raise _not_plain(path) from error
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _not_plain(path)
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
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY | _SAFELY)
    except OSError:
        yield
        return
    try:
        if not _acquire(descriptor, fcntl.LOCK_SH):
            raise InputError(f"{folder} is being written by another process; try again when it is done")
        yield
    finally:
        os.close(descriptor)


@contextmanager
def under_way(path: Path) -> Iterator[None]:
    """Make the file `path` and hold it for as long as a run goes on; it goes in the end if it is still empty.

    Raises
    ------
    OSError
        If it exists or cannot be written.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        with suppress(OSError):
            if path.stat().st_size == 0:
                path.unlink()
        os.close(descriptor)


def is_under_way(path: Path) -> bool:
    """Tell whether the run whose output goes to `path` goes on; one whose file is gone or cannot be read does not."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFELY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _is_something_else(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _not_plain(path: Path) -> UsageError:
    return UsageError(f"{path} is a link or no regular file, so it cannot lock the bundle; remove it")


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

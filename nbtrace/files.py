"""Files as every part of nbtrace reads and writes them: whole or not at all, and never over an existing one."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from nbtrace.errors import InputError, UsageError
from nbtrace.temporary import temporary_in

MOST_BYTES = 2**32
"""Bytes of a file that is read whole."""

NPY_MAGIC = b"\x93NUMPY"
"""The first bytes of an .npy file."""

ZIP_MAGIC = b"PK\x03\x04"
"""The first bytes of an .npz file."""

_WRITER_SECONDS = 5.0
"""In which somebody must open a named pipe that is to be read, to write into it."""

_POLL_MILLISECONDS = 50

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


def place(temporary: Path, path: Path) -> None:
    """Give the finished file `temporary` the name `path` in one step.

    Raises
    ------
    FileExistsError
        If `path` exists; it stays as it is.
    OSError
        If the folder cannot be written.
    """
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without hard links: claim the name, then move the content over the empty claim.
        path.open("xb").close()
        temporary.replace(path)
    else:
        temporary.unlink()


def write_new(path: Path, content: str | bytes | Iterable[str], *, force: bool = False) -> Path:
    """Write `content` to `path` in one step; a reader sees all of it or nothing.

    Parameters
    ----------
    path : Path
        Where to write; missing parent folders are made.
    content : str or bytes, or iterable of str
        Text is encoded as UTF-8 with the line ends it has; what comes in pieces is written as it comes.
    force : bool
        Replace an existing file. Without it an existing file is an error and stays as it is.

    Raises
    ------
    UsageError
        If `path` exists (and not `force`), is no regular file, or cannot be written.
    """
    data = (content,) if isinstance(content, str | bytes) else content
    temporary = temporary_in(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if force and path.exists() and not path.is_file():
            raise UsageError(f"{path} is not a regular file; give another name")
        try:
            write_synced(temporary, data)
            if force:
                temporary.replace(path)
            else:
                place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        raise UsageError(f"{path} exists; give --force to replace it, or another name") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return path


def write_synced(path: Path, data: bytes | Iterable[str | bytes]) -> None:
    """Write `data`, or its pieces, to the new file `path` and wait until the disk has it.

    Raises
    ------
    OSError
        If `path` exists or cannot be written; an unfinished file is removed.
    """
    with path.open("xb") as stream:
        try:
            for piece in (data,) if isinstance(data, bytes) else data:
                stream.write(piece.encode() if isinstance(piece, str) else piece)
            stream.flush()
            os.fsync(stream.fileno())
        except BaseException:
            path.unlink()
            raise


def rerun_names(path: Path) -> Iterator[Path]:
    """Yield `path`, then `path` with `_rerun1`, `_rerun2`, … before its suffix, without end."""
    yield path
    number = 0
    while True:
        number += 1
        yield path.with_name(f"{path.stem}_rerun{number}{path.suffix}")


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the content of `path`, a regular file or a pipe.

    Raises
    ------
    InputError
        If it is missing, a folder, a device, a named pipe that nobody writes into, unreadable, or has more than `most`
        bytes.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            status = os.fstat(stream.fileno())
            if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
                raise InputError(f"{path} is a device, not a file with an end")
            head = _head_of_pipe(stream.fileno(), path) if stat.S_ISFIFO(status.st_mode) else b""
            # A pipe has no size, and may never end.
            sized = stat.S_ISREG(status.st_mode)
            content = b"" if status.st_size > most else head + stream.read(-1 if sized else most + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError:
        raise InputError(f"{str(path)!r} is no name that a file can have") from None
    if max(status.st_size, len(content)) > most:
        raise InputError(f"{path} has more than {most // 2**20} MB, which nbtrace does not read")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a file, a named pipe also where nobody writes into it."""
    return os.open(path, flags | os.O_NONBLOCK)


def _head_of_pipe(descriptor: int, path: Path) -> bytes:
    """Wait until somebody writes into a pipe, or has written; return what had to be read of it to find out.

    Raises
    ------
    InputError
        If nobody does for :data:`_WRITER_SECONDS`.
    """
    import select  # noqa: PLC0415 - few inputs are pipes
    import time  # noqa: PLC0415

    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    deadline, head = time.monotonic() + _WRITER_SECONDS, b""
    while not head and not waiting.poll(_POLL_MILLISECONDS):
        try:
            head = os.read(descriptor, 1)
        except BlockingIOError:  # somebody holds its other end, and has written nothing yet
            break
        if not head and time.monotonic() > deadline:
            raise InputError(f"{path} is a named pipe into which nobody writes; first start what does, or give a file")
    os.set_blocking(descriptor, True)
    return head


def first_bytes(path: Path, most: int) -> bytes:
    """Return at most so many first bytes of a regular file, to tell what it is; empty where there are none to read.

    A pipe is not opened: what is read of it, or who writes it, would be gone when its content is wanted.
    """
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as stream:
            return stream.read(most)
    except (OSError, ValueError):
        return b""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 digest of a regular file; see :func:`digest_of`."""
    return digest_of(path, "sha256")


def digest_of(path: Path, kind: str) -> str:
    """Return a digest of a regular file in lower-case hexadecimal digits; the file is read in pieces.

    Parameters
    ----------
    path : Path
    kind : str
        Name of the digest in :mod:`hashlib`.

    Raises
    ------
    InputError
        If it is missing, unreadable, or no regular file (a pipe or a device might never end).
    """
    import hashlib  # noqa: PLC0415 - loads a library of cryptography

    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path} is not a regular file and has no {kind}")
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError:
        raise InputError(f"{str(path)!r} is no name that a file can have") from None

"""Files as the simulator reads and writes them: whole or not at all, replacing an older one as the reference does."""

import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from simulator.errors import InputFileError, ResourceError


def write_whole(path: Path, parts: Iterable[bytes | memoryview]) -> Path:
    """Write `parts` one after another to `path`; a reader sees the old file or all of the new one.

    A symbolic link keeps pointing where it points, and a device such as ``/dev/null`` is written to, not replaced.

    Raises
    ------
    ResourceError
        If `path` cannot be written; an existing file is then as it was.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            _write(target, "wb", parts)
            return path
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        try:
            _write(temporary, "xb", parts)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ResourceError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _write(path: Path, mode: str, parts: Iterable[bytes | memoryview]) -> None:
    with path.open(mode) as stream:
        for part in parts:
            stream.write(part)


MOST_OF_A_STREAM = 1 << 26
"""Bytes that are read of what is no file and so tells no length, such as a pipe or a device."""

SHARE_FOR_A_FILE = 8
"""The largest file that is read is this part of the memory: what it says takes several times as much."""


def read_bytes(path: Path) -> bytes:
    """Return the content of `path`, which may be a pipe.

    Raises
    ------
    InputFileError
        If it is missing, a folder, unreadable, or has more bytes than any input needs.
    """
    try:
        with path.open("rb") as stream:
            if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                most = present_bytes() // SHARE_FOR_A_FILE
                if os.fstat(stream.fileno()).st_size > most:
                    raise InputFileError(f"{path} is too large: no input of more than {most} bytes is read")
                return stream.read()
            content = stream.read(MOST_OF_A_STREAM + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputFileError(f"{path} cannot be read: {reason}") from error
    if len(content) > MOST_OF_A_STREAM:
        raise InputFileError(f"{path} is no file and does not end within {MOST_OF_A_STREAM} bytes; name a file")
    return content


def present_bytes() -> int:
    """Return the memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

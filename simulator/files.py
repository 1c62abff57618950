"""Files as the simulator reads and writes them: whole or not at all, replacing an older one as the reference does."""

import os
import secrets
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


def read_bytes(path: Path) -> bytes:
    """Return the content of `path`.

    Raises
    ------
    InputFileError
        If it is missing, a folder, or unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror}") from error

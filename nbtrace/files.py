"""Files as every part of nbtrace reads and writes them: whole or not at all, and never over an existing one."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from nbtrace.errors import InputError, UsageError


def write_new(path: Path, content: str | bytes, *, force: bool = False) -> Path:
    """Write `content` to `path` in one step; a reader sees all of it or nothing.

    Parameters
    ----------
    path : Path
        Where to write; missing parent folders are made.
    content : str or bytes
        Text is encoded as UTF-8 with the line ends it has.
    force : bool
        Replace an existing file. Without it an existing file is an error and stays as it is.

    Raises
    ------
    UsageError
        If `path` exists (and not `force`), or cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            if force:
                temporary.replace(path)
            else:
                os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        raise UsageError(f"{path} exists; give --force to replace it, or another name") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return path


def rerun_names(path: Path) -> Iterator[Path]:
    """Yield `path`, then `path` with `_rerun1`, `_rerun2`, … before its suffix, without end."""
    yield path
    number = 0
    while True:
        number += 1
        yield path.with_name(f"{path.stem}_rerun{number}{path.suffix}")


def write_rerun(path: Path, content: str | bytes) -> Path:
    """Write to the first free name of :func:`rerun_names` and return it; existing files stay as they are.

    Two processes that ask for the same name at the same moment get two names.
    """
    for candidate in rerun_names(path):
        if not candidate.exists():
            try:
                return write_new(candidate, content)
            except UsageError:
                if not candidate.exists():
                    raise
    raise AssertionError  # pragma: no cover - rerun_names has no end


def read_bytes(path: Path) -> bytes:
    """Return the content of `path`.

    Raises
    ------
    InputError
        If it is missing, a folder, or unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error

"""The user's cache: what was made once is kept in a folder in which this user alone writes.

The name of a kept file is its kind, its key (what it follows from) and a digest of its content: another key is another
file, and one that was cut off or changed is none. It is finished before it has its name, so any number of processes may
make it at once.
"""

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class KeptKind(NamedTuple):
    """What is kept, as the names of its files tell it: how many stay, and how many bytes one has at most."""

    prefix: str
    suffix: str
    most: int
    largest: int


def cache_folder() -> Path | None:
    """Return the folder of kept files; None where none can be made in which this user alone writes."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
        folder = root / "nbtrace"
        root.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder if is_own(folder) and os.access(folder, os.W_OK | os.X_OK) else None


def is_own(path: Path) -> bool:
    """Tell whether a file or folder is this user's, no link, and nobody else can write to it."""
    try:
        status = path.lstat()
    except OSError:
        return False
    others_write = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not stat.S_ISLNK(status.st_mode) and status.st_uid == os.geteuid() and not others_write


def key_of(*parts: bytes) -> str:
    """Return the digest of what a file follows from, or of its content."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:32]


def kept_file(folder: Path, kind: KeptKind, key: str) -> Path | None:
    """Return the kept file of a key whose content is what its name says; others of the key are removed."""
    for path in sorted(folder.glob(f"{kind.prefix}-{key}-*{kind.suffix}")):
        with suppress(OSError):
            whole = is_own(path) and path.is_file() and path.stat().st_size <= kind.largest
            if whole and path.name == _name(kind, key, path.read_bytes()):
                return path
            path.unlink()
    return None


def keep_file(folder: Path, kind: KeptKind, key: str, made: Path) -> Path:
    """Move a finished file into the cache under the name that tells its content; return where it is. The oldest go.

    Raises
    ------
    OSError
        If the folder takes no file.
    """
    made.chmod(0o600)
    kept = made.replace(folder / _name(kind, key, made.read_bytes()))
    oldest_first = sorted(folder.glob(f"{kind.prefix}-*{kind.suffix}"), key=_age)
    for path in oldest_first[: -kind.most]:
        path.unlink(missing_ok=True)
    return kept


def _age(path: Path) -> float:
    """Return when a file was written; one that another process has just removed is the oldest."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _name(kind: KeptKind, key: str, content: bytes) -> str:
    return f"{kind.prefix}-{key}-{key_of(content)}{kind.suffix}"

"""Which file a manifest means by a name, without ever opening one outside the folder or its repository."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from nbtrace.errors import InputError

_NAME_BYTES = 255
_BESIDE = frozenset({".sha256", ".sha512", ".sha1", ".md5"})


def is_file_name(name: str) -> bool:
    """Tell whether a file in a folder can have this name: no separator, no NUL, bytes that fit, and not `.` or `..`."""
    try:
        size = len(os.fsencode(name))
    except UnicodeEncodeError:
        return False
    return 0 < size <= _NAME_BYTES and not {"/", "\0"} & set(name) and name not in {".", ".."}


def is_regular(path: Path) -> bool:
    """Tell whether `path` leads to a regular file; a name that the file system refuses leads to none."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


@dataclass(frozen=True)
class Located:
    """Where a name leads: a path, or None; `note` says how it was found, or why not, and is empty for a plain hit."""

    path: Path | None
    note: str = ""


@dataclass(frozen=True)
class Tree:
    """The folder that is verified (an absolute path without `..`), and the repository that it lies in."""

    root: Path

    @classmethod
    def at(cls, folder: Path) -> "Tree":
        """Return the tree of a folder that is named in any way."""
        return cls(_normal(folder))

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """All files and links below the root in order of name, `.git` left out; links are not followed.

        Raises
        ------
        InputError
            If a folder cannot be read.
        """
        return tuple(sorted(self._walk()))

    def _walk(self) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.root, onerror=_refuse):
            here = Path(folder)
            yield from (here / name for name in names)
            yield from (here / name for name in folders if (here / name).is_symlink())
            folders[:] = [name for name in folders if name != ".git"]

    @cached_property
    def repository(self) -> Path | None:
        """The closest folder at or above the root that holds `.git`."""
        return next((folder for folder in (self.root, *self.root.parents) if (folder / ".git").exists()), None)

    @property
    def bounds(self) -> tuple[Path, ...]:
        """The folders inside which files may be opened."""
        return (self.root,) if self.repository is None else (self.root, self.repository)

    def short(self, path: Path) -> str:
        """Return the name of `path` as seen from the root."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    def holds(self, path: Path) -> bool:
        """Tell whether `path`, with links resolved, lies in the root or in its repository."""
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(os.path.realpath(folder)) for folder in self.bounds)

    def locate(self, name: str, manifest: Path, *, only_entry: bool = False) -> Located:
        """Find the file that `manifest` calls `name`.

        Tried in this order: the name as seen from the manifest's folder; for a name with folders, the name as seen from
        the repository's root, and its longest tail as seen from the manifest's folder or the root; for a manifest
        `FILE.sha256` with one entry, `FILE` beside it.

        Parameters
        ----------
        name : str
            As listed: relative, `./name`, or absolute. A path that leads out of the tree is never opened.
        manifest : Path
            The path of the manifest, below the root.
        only_entry : bool
            Whether the manifest has no other entry.
        """
        simple = len(PurePosixPath(name).parts) < 2
        for start in (manifest.parent, *(() if simple else self.bounds[1:])):
            path = _normal(start / name)
            if self._may_be(path):
                outside = not path.is_relative_to(self.root)
                return Located(path, "found in the repository, outside the folder" if outside else "")
        for path in () if simple else self._tails(name, manifest):
            if self._may_be(path):
                return Located(path, f"found as {path.relative_to(self.root).as_posix()}")
        beside = manifest.with_suffix("")
        if only_entry and manifest.suffix in _BESIDE and self._may_be(beside):
            return Located(beside, f"found under the manifest's own name as {self.short(beside)}")
        if not any(_normal(manifest.parent / name).is_relative_to(folder) for folder in self.bounds):
            return Located(None, "a path outside the folder is not opened, and the folder has no such file")
        return Located(None, _refusal(_normal(manifest.parent / name)))

    def _tails(self, name: str, manifest: Path) -> Iterator[Path]:
        parts = [part for part in PurePosixPath(name).parts if part not in {"/", "//", ".."}]
        for first in range(len(parts)):
            for start in (manifest.parent, self.root):
                yield _normal(start.joinpath(*parts[first:]))

    def _may_be(self, path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in self.bounds) and _is_there(path)


def _refuse(error: OSError) -> None:
    raise InputError(f"{error.filename} cannot be read: {error.strerror}") from error


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))


def _refusal(path: Path) -> str:
    """Return why the file system does not even look for `path`, or an empty text where it does."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"cannot be looked for: {error.strerror}"
    except ValueError:
        return "is no name that a file can have"
    return ""


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True

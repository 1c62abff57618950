"""A private folder in which a program runs as it would in the current one, and what it writes there.

All runs of a capture have the same folder, one after the other, so that a program which tells where it runs says the
same. Files are copied up to a bound; larger ones and large folders are linked, and what changes there is told.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from nbtrace.errors import UsageError
from nbtrace.files import sha256_of
from nbtrace.temporary import temporary_folder

MOST_COPIED = 2**28
"""Bytes that are copied into a private folder."""
MOST_FILES = 10_000
"""Files and folders that are looked at."""

Stamp: TypeAlias = tuple[int, int, int]
"""Size of a file, when it was last written, and its number: what tells that it has been written."""


@dataclass(frozen=True)
class WrittenFiles:
    """What a run wrote.

    Attributes
    ----------
    files : mapping of str to Path
        New or changed files by their name in the folder of the run, with the place where they are kept.
    digests : mapping of str to str
        SHA-256 of each of them.
    in_place : tuple of str
        Those of them that are not in the private folder: their names are linked, or given as whole paths.
    """

    files: Mapping[str, Path]
    digests: Mapping[str, str]
    in_place: tuple[str, ...] = ()


class PrivateFolder:
    """A folder that mirrors another one anew for each run.

    Attributes
    ----------
    path : Path
        Where programs run.
    linked : tuple of str
        Names in it that are links to the folder that it mirrors.
    kept : Path
        A folder for what the runs wrote, and for what else goes in the end.
    """

    def __init__(self, source: Path, path: Path, kept: Path, arguments: Sequence[str]) -> None:
        self.path = path
        self.linked: tuple[str, ...] = ()
        self._source, self.kept, self._runs = source, kept, 0
        self._outside = [word for word in arguments if _is_outside(word)]
        self._before: dict[str, Stamp] = {}
        self._elsewhere: dict[Path, Stamp | None] = {}

    def make(self) -> None:
        """Mirror the folder.

        Raises
        ------
        UsageError
            If a file cannot be read, or there is no room.
        """
        shutil.rmtree(self.path, ignore_errors=True)
        try:
            self.path.mkdir()
            self._mirror()
        except (OSError, shutil.Error) as error:
            raise UsageError(f"{self._source} cannot be copied to {self.path}: {error}") from None
        self._before = dict(stamps_in(self.path))
        self._elsewhere = dict(self._stamps_elsewhere())

    def written(self) -> WrittenFiles:
        """Return what was written since the folder was made, and move it to where it is kept."""
        self._runs += 1
        kept = self.kept / str(self._runs)
        files: dict[str, Path] = {}
        for name, path in list(_files_in(self.path)):
            if self._before.get(name) != _stamp(path):
                files[name] = kept / name
                files[name].parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, files[name])
        in_place = {}
        for path, stamp in self._stamps_elsewhere():
            if stamp is not None and self._elsewhere.get(path) != stamp:
                in_place[self._named(path)] = path
        files |= in_place
        digests = {name: sha256_of(path) for name, path in files.items()}
        return WrittenFiles(files, digests, tuple(in_place))

    def _named(self, path: Path) -> str:
        try:
            return str(path.relative_to(self._source))
        except ValueError:
            return str(path)

    def _mirror(self) -> None:
        left, linked = MOST_COPIED, []
        for entry in sorted(self._source.iterdir()):
            size = _size_of(entry, left)
            if size is None:
                linked.append(entry.name)
                (self.path / entry.name).symlink_to(entry.resolve())
            elif entry.is_dir():
                shutil.copytree(entry, self.path / entry.name, ignore_dangling_symlinks=True)
            else:
                shutil.copy2(entry, self.path / entry.name)
            left -= size or 0
        self.linked = tuple(linked)

    def _stamps_elsewhere(self) -> Iterator[tuple[Path, Stamp | None]]:
        """Yield what the program can change outside of its folder, as far as that is known."""
        for name in self.linked:
            target = self._source / name
            if target.is_dir():
                yield from ((path, _stamp(path)) for _, path in _files_in(target))
            elif target.is_file():
                yield target, _stamp(target)
        for word in self._outside:
            path = Path(os.path.normpath(self._source / word))
            if not path.is_relative_to(self.path):
                with suppress(OSError, ValueError):
                    yield path, _stamp(path) if path.is_file() else None


@contextmanager
def private_folder(source: Path, arguments: Sequence[str]) -> Iterator[PrivateFolder]:
    """Have a private folder that mirrors `source`; it goes in the end, with what is kept in it.

    Parameters
    ----------
    source : Path
        The folder in which the program would run.
    arguments : sequence of str
        Those of the program. Where one of them climbs (`../a.hkl`), the private folder stands beside `source`.

    Raises
    ------
    UsageError
        If it cannot be made.
    """
    with temporary_folder() as root:
        (root / "kept").mkdir()
        if not any(".." in Path(word).parts for word in arguments):
            yield PrivateFolder(source, root / "here", root / "kept", arguments)
            return
        beside = source.parent / root.name
        if not os.access(source.parent, os.W_OK):
            raise UsageError(
                f"an argument climbs out of the current folder, and "
                f"{source.parent}, where it would run, cannot be written: give whole paths"
            )
        try:
            yield PrivateFolder(source, beside, root / "kept", arguments)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def stamps_in(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """Yield the regular files of a folder by their names in it, links aside, each with its stamp.

    Raises
    ------
    UsageError
        If there are too many.
    """
    for name, path in _files_in(folder):
        yield name, _stamp(path)


def _is_outside(word: str) -> bool:
    return "\0" not in word and len(word) < 4096 and (word.startswith("/") or ".." in Path(word).parts)


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def _files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the regular files of a folder by their names in it, links aside."""
    seen = 0
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            seen += 1
            if seen > MOST_FILES * 2:
                raise UsageError(f"{folder} holds more than {MOST_FILES * 2} files; run in a smaller folder")
            if path.is_file() and not path.is_symlink():
                yield str(path.relative_to(folder)), path


def _size_of(path: Path, most: int) -> int | None:
    """Return the bytes of a file or a folder; None where it is to be linked, because it is large or no such thing."""
    if path.is_file():
        size = path.stat().st_size
        return size if size <= most else None
    if not path.is_dir():
        return None
    total = 0
    for seen, found in enumerate(path.rglob("*")):
        if seen > MOST_FILES or total > most or found.is_symlink() or not (found.is_file() or found.is_dir()):
            return None
        total += found.stat().st_size if found.is_file() else 0
    return total if total <= most else None

"""Several files of a bundle written as one step that can be interrupted at any moment without a false word left.

The order of writes:

1. every new content is written to a temporary file of the bundle (an interruption leaves these, and nothing else);
2. the manifest gets a `# pending:` line for every name to come, and loses the entries of the files that will grow;
3. the temporary files get their names;
4. the manifest gets the entries of all of them, and loses the pending lines.

So `sha256sum -c` accepts the manifest at every moment; between 2 and 4 `verify` names each pending file and how far it
came; and the next transaction lists what was finished, notes in `commands.txt` what was not, and goes on.
"""

import hashlib
import os
import reprlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from nbtrace.documents import utc_text
from nbtrace.errors import UsageError
from nbtrace.evidence.commands import COMMANDS_NAME, shell_text
from nbtrace.evidence.locate import is_file_name
from nbtrace.evidence.lock import LOCK_NAME, writing
from nbtrace.evidence.manifest import Manifest, read_manifest
from nbtrace.evidence.provenance import FileRecord
from nbtrace.files import place, read_bytes, rerun_names, sha256_of, write_synced
from nbtrace.temporary import temporary_in

MANIFEST_NAME = "sha256.txt"
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class _Staged:
    temporary: Path
    name: str
    sha256: str
    size: int
    before: str | None = None
    precious: bool = False


@dataclass
class Transaction:
    """Files on their way into the bundle `root`; nothing of it is visible before the commit."""

    root: Path
    manifest: Manifest
    staged: list[_Staged] = field(default_factory=list)
    adopted: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: str | bytes) -> FileRecord:
        """Add a new file under the first free name of `name`, `name` with `_rerun1`, …; return what it will be."""
        return self._stage(self.free(name), _encoded(content))

    def add_unless_current(self, name: str, content: str) -> FileRecord | None:
        """Add a snapshot, unless the newest of that name has the same content already."""
        newest = None
        for path in rerun_names(self.root / name):
            if not path.exists():
                break
            newest = path
        if newest is not None and newest.is_file() and read_bytes(newest) == _encoded(content):
            return None
        return self.add(name, content)

    def add_copy(self, source: Path, named: Callable[[str], str] | None = None) -> FileRecord:
        """Copy a file in, in pieces; `named` says by its digest what the copy is called, by default as it is.

        A file of the bundle itself is listed where it is. One that has the name and the content already is left as it
        is; the manifest and the lock are never listed, and their record says so.

        Raises
        ------
        InputError
            If `source` cannot be read or is no regular file.
        UsageError
            If `source` is a file of the bundle that is not what the manifest says.
        """
        record = FileRecord(str(source), sha256_of(source), source.stat().st_size)
        real, root = Path(os.path.realpath(source)), Path(os.path.realpath(self.root))
        if real.is_relative_to(root):
            return self._adopt(real.relative_to(root).as_posix(), record)
        wanted = source.name if named is None else named(record.sha256 or "")
        if self.manifest.digests().get(wanted) == record.sha256 == FileRecord.try_of(self.root / wanted).sha256:
            return FileRecord(wanted, record.sha256, record.size)
        staged = next((item for item in self.staged if (item.name, item.sha256) == (wanted, record.sha256)), None)
        if staged is not None:
            return FileRecord(wanted, record.sha256, record.size)
        free, temporary = self.free(wanted), temporary_in(self.root)
        try:
            digest, size = _copy(source, temporary)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise UsageError(f"{source} cannot be copied to {self.root}: {error.strerror}") from error
        return self._note(_Staged(temporary, free, digest, size))

    def free(self, name: str) -> str:
        """Return the first name of `name`, `name` with `_rerun1`, … that no file of the bundle has.

        Raises
        ------
        UsageError
            If no file can have it.
        """
        for path in rerun_names(self.root / name):
            if not (is_file_name(name) and is_file_name(path.name)):
                said = reprlib.repr(name)
                raise UsageError(f"{said} is no name for a file of the bundle; it has no folders and at most 255 bytes")
            if not self.is_taken(path.name):
                return path.name
        raise AssertionError  # pragma: no cover - rerun_names has no end

    def is_taken(self, name: str) -> bool:
        """Tell whether a file of the bundle has a name, will have it, or had it once."""
        taken = {item.name for item in self.staged} | {MANIFEST_NAME} | self.manifest.digests().keys()
        return name in taken or _exists(self.root / name)

    def take(self, temporary: Path, name: str) -> FileRecord:
        """Add a finished temporary file of the bundle folder under the first free name of `name`.

        Unlike the others, it outlives a transaction that fails.
        """
        size = temporary.stat().st_size
        return self._note(_Staged(temporary, self.free(name), sha256_of(temporary), size, precious=True))

    def grow(self, name: str, text: str) -> FileRecord:
        """Append to the text file `name`, or start it.

        Only a file that is what the manifest says grows. One that is not stays as it is, for `verify` to report, and so
        does one that is not listed; the text goes to the next name.
        """
        for path in rerun_names(self.root / name):
            pending = next((item for item in self.staged if item.name == path.name), None)
            if pending is not None:
                self.staged.remove(pending)
                old = read_bytes(pending.temporary)
                pending.temporary.unlink()
                return self._stage(path.name, _joined(old, text), before=pending.before)
            if not _exists(path):
                return self._stage(path.name, _encoded(text))
            if path.is_symlink() or not path.is_file():
                continue
            old = read_bytes(path)
            before = hashlib.sha256(old).hexdigest()
            if before == (self.adopted | self.manifest.digests()).get(path.name):
                return self._stage(path.name, _joined(old, text), before=before)
        raise AssertionError  # pragma: no cover - rerun_names has no end

    def _stage(self, name: str, data: bytes, before: str | None = None) -> FileRecord:
        temporary = temporary_in(self.root)
        write_synced(temporary, data)
        return self._note(_Staged(temporary, name, hashlib.sha256(data).hexdigest(), len(data), before))

    def _note(self, item: _Staged) -> FileRecord:
        self.staged.append(item)
        return FileRecord(item.name, item.sha256, item.size)

    def _adopt(self, name: str, record: FileRecord) -> FileRecord:
        if name in {MANIFEST_NAME, LOCK_NAME}:
            return FileRecord(name, None, None, "belongs to the bundle and has no entry")
        listed = self.manifest.digests().get(name)
        if listed is not None and listed != record.sha256:
            raise UsageError(
                f"{record.path} is not what {MANIFEST_NAME} says; copy it, and add the copy by another name"
            )
        if listed is None and record.sha256 is not None:
            self.adopted[name] = record.sha256
        return FileRecord(name, record.sha256, record.size)

    def recover(self) -> None:
        """List what an interrupted transaction finished, and note what it did not write."""
        done, lost = [], []
        for name, digests in self.manifest.pending().items():
            path = self.root / name
            digest = None if path.is_symlink() else FileRecord.try_of(path).sha256
            if digest is None:
                lost.append(name)
            else:
                done.append((digest if digest in digests else digests[-1], name))
        if done or lost:
            self.manifest = self.manifest.updated(done)
            listed, missing = (shell_text(names) or "nothing" for names in ([name for _, name in done], lost))
            note = f"# {utc_text(datetime.now(UTC))} after an interruption: listed {listed}; never written: {missing}\n"
            self.grow(COMMANDS_NAME, note)

    def commit(self) -> None:
        """Give every staged file its name and its entry."""
        if not (self.staged or self.adopted):
            return
        entries = self.adopted | {item.name: item.sha256 for item in self.staged}
        pending = [(digest, item.name) for item in self.staged for digest in (item.before, item.sha256) if digest]
        self._write_manifest(self.manifest.updated([], pending))
        for item in self.staged:
            if item.before is None:
                place(item.temporary, self.root / item.name)
            else:
                item.temporary.replace(self.root / item.name)
        self.manifest = self.manifest.updated((digest, name) for name, digest in entries.items())
        self._write_manifest(self.manifest)

    def _write_manifest(self, manifest: Manifest) -> None:
        temporary = temporary_in(self.root)
        write_synced(temporary, manifest.encode())
        temporary.replace(self.root / MANIFEST_NAME)

    def discard(self) -> None:
        """Remove the temporary files that are left."""
        for item in self.staged:
            if not item.precious:
                with suppress(OSError):
                    item.temporary.unlink(missing_ok=True)


@contextmanager
def transaction(root: Path) -> Iterator[Transaction]:
    """Hold the bundle for writing, finish what an interrupted writer left, and commit when the block ends.

    An error in the block, or before the names are given, leaves the bundle as it was.

    Raises
    ------
    UsageError
        If the folder cannot be written.
    InputError
        If the manifest cannot be read.
    """
    with writing(root):
        path = root / MANIFEST_NAME
        current = Transaction(root, read_manifest(path) if _exists(path) else Manifest())
        try:
            current.recover()
            yield current
            current.commit()
        except OSError as error:
            raise UsageError(f"{root} cannot be written: {error.strerror}") from error
        finally:
            current.discard()


def _exists(path: Path) -> bool:
    """Tell whether the name is taken, be it by a link to nothing."""
    return path.is_symlink() or path.exists()


def _encoded(content: str | bytes) -> bytes:
    """Return text as UTF-8; a byte of a file name that is not UTF-8 comes out as it went in."""
    return content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content


def _joined(old: bytes, text: str) -> bytes:
    return old + (b"" if old.endswith(b"\n") or not old else b"\n") + _encoded(text)


def _copy(source: Path, target: Path) -> tuple[str, int]:
    """Copy in pieces; return the digest and the size of what was written."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reader, target.open("xb") as writer:
        while piece := reader.read(_PIECE_BYTES):
            writer.write(piece)
            digest.update(piece)
            size += len(piece)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest(), size

"""Whether an evidence folder still holds what its manifests say, and whether its documents agree with themselves."""

import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbtrace.documents import load
from nbtrace.errors import InputError
from nbtrace.evidence.commands import COMMANDS_NAME, Start, goes_on, is_command_log, unended
from nbtrace.evidence.contradictions import contradictions
from nbtrace.evidence.locate import Located, Tree, is_file_name, is_regular
from nbtrace.evidence.lock import LOCK_NAME, reading
from nbtrace.evidence.manifest import (
    PENDING,
    DigestKind,
    LineKind,
    Manifest,
    ManifestLine,
    parse_manifest,
    read_manifest,
)
from nbtrace.evidence.transaction import MANIFEST_NAME
from nbtrace.evidence.verification import DocumentProblem, EntryFinding, FileStatus, Prose, Verification
from nbtrace.files import digest_of, read_bytes
from nbtrace.progress import stage, step
from nbtrace.temporary import TEMPORARY_PATTERN

_HEAD_BYTES = 1 << 16
_DIGEST = re.compile(rb"[0-9a-fA-F]{32}")
_ENTRIES = frozenset({LineKind.ENTRY})
_OTHERS = frozenset({LineKind.PROSE, LineKind.DAMAGED})
_MANIFEST_SUFFIXES = frozenset({"", ".txt", ".sha256", ".sha256sum", ".sha256sums"})


def is_manifest(path: Path) -> bool:
    """Tell whether a file is a manifest of digests: by its name, or by its lines, whatever its name.

    In a bundle a file that is listed in the bundle's own manifest is evidence, even if its lines are digests, such as
    the output of a run of `sha256sum`.
    """
    return _is_named_manifest(path) or (
        not path.match(TEMPORARY_PATTERN) and _holds_digests(path) and not _is_evidence(path)
    )


def _is_named_manifest(path: Path) -> bool:
    return "sha256" in path.name.lower() and path.suffix.lower() in _MANIFEST_SUFFIXES


def _holds_digests(path: Path) -> bool:
    """Tell whether at least half of the lines of a file, of those at its beginning, are entries of a manifest."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError:
        return False
    if b"\0" in head or _DIGEST.search(head) is None:
        return False
    whole = head if len(head) < _HEAD_BYTES else head[: head.rfind(b"\n") + 1]
    lines = parse_manifest(whole, tuple(DigestKind)).lines
    entries, others = (sum(line.kind in kinds for line in lines) for kinds in (_ENTRIES, _OTHERS))
    return entries > 0 and entries >= others


def _is_evidence(path: Path) -> bool:
    """Tell whether a file is listed in the manifest of the bundle whose folder it lies in."""
    own = path.with_name(MANIFEST_NAME)
    if not (is_regular(own) and is_regular(path.with_name(COMMANDS_NAME))):
        return False
    with suppress(InputError):
        return path.name in read_manifest(own).digests()
    return False


def _read(manifest: Path) -> Manifest:
    """Read a manifest; one that is named after SHA-256 holds no other digests, and a torn line of it is damaged."""
    return read_manifest(manifest) if _is_named_manifest(manifest) else read_manifest(manifest, tuple(DigestKind))


def verify(path: Path, read: dict[str, Any] | None = None) -> Verification:
    """Check every entry of every manifest in a folder, every JSON document in it, and that every run in it has ended.

    Parameters
    ----------
    path : Path
        A folder; or one manifest, whose entries are then checked alone; or one JSON document.
    read : dict, optional
        Takes the JSON documents of the folder by their SHA-256, for a caller who needs them, too.

    Raises
    ------
    InputError
        If `path` is missing or cannot be read, or another process keeps writing to the folder.
    """
    folder = _is_folder(path)
    check = _Check(Tree.at(path if folder else path.parent), read)
    tree = check.tree
    if not folder:
        file = tree.root / path.name
        return _verified(path, check, *(([], [file]) if path.suffix.lower() == ".json" else ([file], [])))
    with reading(path):
        files = [file for file in tree.files if is_regular(file)]
        manifests = [file for file in files if is_manifest(file) and (_is_named_manifest(file) or tree.holds(file))]
        return _verified(path, check, manifests, [file for file in files if file.suffix.lower() == ".json"])


def _is_folder(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError:
        raise InputError(f"{str(path)!r} is no name that a file can have") from None
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise InputError(f"{path} is neither a folder nor a regular file")
    return stat.S_ISDIR(mode)


def _verified(root: Path, check: "_Check", manifests: Sequence[Path], documents: Sequence[Path]) -> Verification:
    with stage("files verified"):
        return _checked(root, check, manifests, documents)


def _checked(root: Path, check: "_Check", manifests: Sequence[Path], documents: Sequence[Path]) -> Verification:
    tree = check.tree
    read = {manifest: _read(manifest) for manifest in manifests}
    findings = _with_stale([item for manifest, content in read.items() for item in check.manifest(manifest, content)])
    if root.is_dir():
        findings += check.runs({path.parent for path in manifests if path.name == MANIFEST_NAME})
        findings += check.not_listed(findings, manifests)
    return Verification(
        root=root,
        manifests=tuple(tree.short(manifest) for manifest in manifests),
        findings=tuple(findings),
        prose=tuple(
            Prose(tree.short(manifest), line.number, line.text)
            for manifest, content in read.items()
            for line in content.of_kind(LineKind.PROSE)
        ),
        problems=tuple(problem for document in documents for problem in check.document(document)),
        documents=len(documents),
    )


@dataclass(frozen=True)
class _Check:
    tree: Tree
    documents: dict[str, Any] | None = None
    """Takes what is read, by its digest; None where nobody needs it."""
    digests: dict[tuple[Path, DigestKind], str] = field(default_factory=dict)
    said: dict[tuple[Path, str], tuple[str, ...]] = field(default_factory=dict)
    """What is wrong with the documents of each folder, by their digests: many stand there under two names."""

    def manifest(self, path: Path, content: Manifest) -> Iterator[EntryFinding]:
        """Check the entries of one manifest, then what an interrupted write left."""
        name = self.tree.short(path)
        entries = content.of_kind(LineKind.ENTRY)
        for line in content.lines:
            if line.kind is LineKind.ENTRY:
                yield replace(self._entry(line, path, only=len(entries) == 1), manifest=name, line=line.number)
            elif line.kind is LineKind.DAMAGED:
                yield EntryFinding(FileStatus.DAMAGED, line.text, name, line.number, _why_damaged(line))
        first_pending = {line.name: line.number for line in reversed(content.of_kind(LineKind.PENDING))}
        for target, digests in content.pending().items():
            yield replace(self._pending(target, digests, path), manifest=name, line=first_pending[target])

    def _entry(self, line: ManifestLine, manifest: Path, *, only: bool) -> EntryFinding:
        located = self.tree.locate(line.name, manifest, only_entry=only)
        if located.path is None:
            return EntryFinding(FileStatus.MISSING, line.name, reason=located.note)
        if located.path == manifest:
            return EntryFinding(
                FileStatus.SELF, line.name, reason="a manifest cannot hold its own digest", path=manifest
            )
        digest, problem = self._digest(located.path, line.digest_kind)
        if digest is None:
            return EntryFinding(FileStatus.UNREADABLE, line.name, reason=problem, path=located.path)
        if digest == line.digest:
            return self._matching(line, located, digest)
        reason = "; ".join(filter(None, [located.note, f"holds {digest[:12]}…, not {line.digest[:12]}…"]))
        return EntryFinding(FileStatus.MISMATCH, line.name, reason=reason, path=located.path, digest=digest)

    def _matching(self, line: ManifestLine, located: Located, digest: str) -> EntryFinding:
        """Return the finding of an entry whose file has the digest."""
        kind = line.digest_kind
        status = FileStatus.OK if kind.is_proof else FileStatus.WEAK
        note = "" if kind.is_proof else f"has this {kind.label} digest, which can be forged: no proof"
        if kind is DigestKind.SHA1:
            note = f"by {kind.label}, of which forged pairs are known"
        return EntryFinding(
            status,
            line.name,
            reason="; ".join(filter(None, [located.note, note])),
            path=located.path,
            digest=digest if kind is DigestKind.SHA256 else None,
        )

    def _pending(self, name: str, digests: Sequence[str], manifest: Path) -> EntryFinding:
        path = manifest.parent / name
        if not self.tree.holds(path) or not is_regular(path):
            return EntryFinding(FileStatus.INTERRUPTED, name, reason="was about to be written and is not there")
        digest, problem = self._digest(path)
        if digest is None:
            return EntryFinding(FileStatus.UNREADABLE, name, reason=problem, path=path)
        if digest not in digests:
            return EntryFinding(FileStatus.MISMATCH, name, reason="not what was about to be written", path=path)
        reason = "was about to grow and is whole" if len(digests) > 1 else "is whole; its entry was not written yet"
        return EntryFinding(FileStatus.INTERRUPTED, name, reason=reason, path=path, digest=digest)

    def _digest(self, path: Path, kind: DigestKind = DigestKind.SHA256) -> tuple[str | None, str]:
        """Return the digest and an empty text, or None and the reason why there is none."""
        if not self.tree.holds(path):
            return None, "a link that leads out of the folder is not followed"
        if (path, kind) not in self.digests:
            step()
            try:
                self.digests[path, kind] = digest_of(path, kind.value)
            except InputError as error:
                return None, str(error).removeprefix(f"{path} ")
        return self.digests[path, kind], ""

    def document(self, path: Path) -> list[DocumentProblem]:
        """Check that a JSON document is valid, consistent, and right about the files that it was written with."""
        name = self.tree.short(path)
        digest = self._digest(path)[0] if is_regular(path) else None
        texts = self.said.get((path.parent, digest or ""))
        if texts is None:
            try:
                document = load(path)
            except InputError as error:
                return [DocumentProblem(name, str(error).replace(str(path), name, 1))]
            texts = (*contradictions(document), *self._outputs(path, document))
            if digest is not None:
                self.said[path.parent, digest] = texts
                if self.documents is not None:
                    self.documents[digest] = document
        return [DocumentProblem(name, f"{name}: {text}") for text in texts]

    def _outputs(self, path: Path, document: object) -> Iterator[str]:
        records = document.get("outputs") if isinstance(document, dict) else None
        for record in records if isinstance(records, list) else []:
            match record:
                case {"path": str(name), "sha256": str(said)} if "/" not in name:
                    if not is_file_name(name):
                        yield f"names an output {name!r}, which no file can have"
                        continue
                    file = path.parent / name
                    digest = self._digest(file)[0] if is_regular(file) else None
                    if digest is not None and digest != said:
                        yield f"was written with a {name} of sha256 {said[:12]}…; it holds {digest[:12]}… now"

    def runs(self, bundles: Iterable[Path]) -> Iterator[EntryFinding]:
        """Return the runs of these folders that have a start and no end in their command logs."""
        logs: defaultdict[Path, dict[Path, str]] = defaultdict(dict)
        for path in self.tree.files:
            if path.parent in bundles and is_command_log(path.name) and is_regular(path) and self.tree.holds(path):
                # One that cannot be read is reported by its entry.
                with suppress(InputError):
                    logs[path.parent][path] = read_bytes(path).decode("utf-8", "surrogateescape")
        for texts in logs.values():
            yield from map(self._run, unended(texts))

    def _run(self, start: Start) -> EntryFinding:
        running = goes_on(start)
        status = FileStatus.UNDER_WAY if running else FileStatus.INTERRUPTED
        ended = "has not ended yet" if running else "never ended; nbtrace bundle close BUNDLE records that"
        log = self.tree.short(start.log)
        return EntryFinding(status, start.command, log, start.line, f"the run was started {start.time} and {ended}")

    def not_listed(self, findings: Sequence[EntryFinding], manifests: Sequence[Path]) -> list[EntryFinding]:
        """Return the files of the tree that no manifest names; manifests and plain locks need no entry."""
        known = {finding.path for finding in findings} | set(manifests)
        left = "of a write or a run that goes on or was interrupted"
        return [
            EntryFinding(
                FileStatus.NOT_LISTED,
                self.tree.short(path),
                reason=left if path.match(TEMPORARY_PATTERN) else "",
                path=path,
            )
            for path in self.tree.files
            if path not in known and (path.name != LOCK_NAME or path.is_symlink())
        ]


def _why_damaged(line: ManifestLine) -> str:
    if line.text.startswith(PENDING):
        return "what was to be written is no file of the folder, so the line is not followed"
    return "the line is not an entry any more, so what it named cannot be checked"


def _with_stale(findings: Sequence[EntryFinding]) -> list[EntryFinding]:
    """Tell an entry that is out of date from a changed file: another entry lists what the file holds now."""
    current = {finding.path: finding for finding in findings if finding.status is FileStatus.OK}
    return [
        replace(item, status=FileStatus.STALE, reason=f"{item.reason}; {newer.manifest}:{newer.line} lists it as it is")
        if item.status is FileStatus.MISMATCH and (newer := current.get(item.path)) is not None
        else item
        for item in findings
    ]

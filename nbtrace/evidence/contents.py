"""What a bundle holds, read back: its results in order of time, and whether it is still what its manifests say.

A bundle is read as far as it can be. What is damaged stays out of a result and stands in its `problems`; nothing is
passed over in silence, and no file outside the folder is opened.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

from nbtrace.documents import load
from nbtrace.errors import InputError
from nbtrace.evidence.bundle import (
    ENVIRONMENT_NAME,
    GIT_NAME,
    METRICS_NAME,
    RUN_METADATA_NAME,
    SUMMARY_NAME,
    VIEW_NAME,
    Bundle,
    BundleFile,
)
from nbtrace.evidence.commands import COMMANDS_NAME
from nbtrace.evidence.locate import Tree, is_file_name, is_regular
from nbtrace.evidence.lock import reading
from nbtrace.evidence.provenance import FileRecord
from nbtrace.evidence.transaction import MANIFEST_NAME
from nbtrace.evidence.verification import EntryFinding, FileStatus, Integrity, Verification
from nbtrace.evidence.verify import verify
from nbtrace.files import read_bytes
from nbtrace.verdicts.status import Verdict

_SECTION = re.compile(r"## (?P<time>\d{4}-\d\d-\d\dT\S+Z) (?P<name>.+)")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_FILES = re.compile(r"Files: (`.*`)")
_CHANGED = frozenset({FileStatus.MISMATCH, FileStatus.STALE})


class FileRole(Enum):
    """What a file is to its result. SNAPSHOT: environment and commit, which several results may share.

    INPUT: a copy of what the result was made from.
    """

    DOCUMENT = "document"
    REPORT = "report"
    INPUT = "input"
    VIEW = "view"
    METADATA = "metadata"
    SNAPSHOT = "snapshot"
    OUTPUT = "output"


@dataclass(frozen=True)
class FiledFile:
    """A file that was written with a result.

    `record` is what was said of it then (of the metadata itself: what the manifest says); `status` is what was found
    now, OK or why not.
    """

    record: FileRecord
    role: FileRole
    status: FileStatus
    path: Path | None

    @property
    def name(self) -> str:
        """Its name in the bundle."""
        return self.record.path


@dataclass(frozen=True)
class FiledResult:
    """One result of a bundle.

    Attributes
    ----------
    name : str
        What made it: `diff`, `phi`, `scaling`, `explain`, `check`, `harness`, `images`, … or `run`.
    time : str
        UTC, ISO 8601, ends in Z; empty where the metadata do not tell.
    document : mapping or None
        Its numbers: `diff.json` or as its command is called, in bundles of version 0.1 `metrics.json`; None where it
        has none (a run) or it cannot be read.
    metadata : mapping
        Its `run_metadata.json`: command, code, versions, inputs, exit status.
    summary : str
        Its section of `summary.md` in Markdown, headings from level 3 on; empty where there is none.
    files : tuple of FiledFile
    problems : tuple of str
        What could not be read, or is not what was filed; one sentence each.
    view : mapping or None
        What its report says; None where it has none (of version 0.1, a run) or it cannot be read.
    """

    name: str
    time: str
    document: Mapping[str, Any] | None
    metadata: Mapping[str, Any]
    summary: str
    files: tuple[FiledFile, ...]
    problems: tuple[str, ...] = ()
    view: Mapping[str, Any] | None = None

    @property
    def outputs(self) -> tuple[FiledFile, ...]:
        """The files that are nothing else to the result: traces, images, the output of a run."""
        return tuple(file for file in self.files if file.role is FileRole.OUTPUT)

    @property
    def verdict(self) -> Verdict | None:
        """What the document says; None where it says nothing of the kind."""
        said = None if self.document is None else self.document.get("verdict")
        return next((verdict for verdict in Verdict if verdict.value == said), None)

    @property
    def exit_code(self) -> int | None:
        """How the command ended."""
        code = self.metadata.get("exit_code")
        return code if isinstance(code, int) and not isinstance(code, bool) else None

    @property
    def seconds(self) -> float | None:
        """How long the command took; None where that is not known, or no time."""
        value = self.metadata.get("wall_seconds")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            return float(value) if 0 <= value < math.inf else None
        except OverflowError:
            return None

    @property
    def command(self) -> str:
        """The command line, empty where it is not known."""
        command = self.metadata.get("command")
        return command if isinstance(command, str) else ""


@dataclass(frozen=True)
class Contents:
    """A bundle as it was read.

    Attributes
    ----------
    root : Path
    results : tuple of FiledResult
        In order of time.
    verification : Verification
    files : tuple of BundleFile
        Every file of the folder.
    loose : tuple of str
        Names of the files that belong to no result: added by hand, or unlisted.
    commands : str
        Every command, as `commands.txt` has it.
    problems : tuple of str
        What is wrong with the bundle as a whole or with one of its results; empty where all could be read.
    findings : mapping of str to EntryFinding
        What was found of every file, by its name in the folder.
    """

    root: Path
    results: tuple[FiledResult, ...]
    verification: Verification
    files: tuple[BundleFile, ...]
    loose: tuple[str, ...]
    commands: str
    problems: tuple[str, ...] = ()
    findings: Mapping[str, EntryFinding] = field(default_factory=dict, repr=False)

    @property
    def intact(self) -> bool:
        """Whether every entry of every manifest verifies and no document contradicts itself."""
        return self.verification.outcome() is Integrity.INTACT

    @property
    def verdict(self) -> Verdict | None:
        """The worst verdict of the results: not comparable, else differ, else agree; None where none has one."""
        said = [result.verdict for result in self.results]
        ranked = (Verdict.NOT_COMPARABLE, Verdict.DIFFER, Verdict.AGREE)
        return next((verdict for verdict in ranked if verdict in said), None)

    def of(self, name: str) -> tuple[FiledResult, ...]:
        """Return the results of one command, the oldest first."""
        return tuple(result for result in self.results if result.name == name)


def read_contents(bundle: Bundle) -> Contents:
    """Read all results of a bundle and verify it.

    Raises
    ------
    InputError
        If the folder or its manifest cannot be read, or another process keeps writing to it.
    """
    with reading(bundle.root):
        known: dict[str, Any] = {}
        verification = verify(bundle.root, known)
        findings = _findings(verification)
        reader = _Reader(Tree.at(bundle.root), findings, known)
        files = tuple(bundle.contents())
        sections = reader.sections(files)
        results = sorted(
            (reader.result(file.name, sections) for file in files if is_named(file.name, RUN_METADATA_NAME)),
            key=lambda result: (result.time, _order(result)),
        )
        commands = "".join(reader.text(file.name) for file in files if is_named(file.name, COMMANDS_NAME))
    used = {file.name for result in results for file in result.files}
    own = (SUMMARY_NAME, COMMANDS_NAME, ENVIRONMENT_NAME, GIT_NAME)
    loose = tuple(
        file.name
        for file in files
        if file.name not in used | {MANIFEST_NAME} and not any(is_named(file.name, name) for name in own)
    )
    return Contents(
        root=bundle.root,
        results=tuple(results),
        verification=verification,
        files=files,
        loose=loose,
        commands=commands,
        problems=(*reader.problems, *(f"{item.name}: {text}" for item in results for text in item.problems)),
        findings=findings,
    )


def _findings(verification: Verification) -> dict[str, EntryFinding]:
    """Return what the bundle's own manifest says of each file, listed as `name` or `./name`, and what none lists."""
    own = [item for item in verification.findings if item.manifest in {MANIFEST_NAME, None}]
    return {PurePosixPath(item.name).as_posix(): item for item in own}


def is_named(name: str, kind: str) -> bool:
    """Tell whether the name of a file is `kind`, or that of a rerun: `metrics.json`, `metrics_rerun1.json`, …."""
    stem, _, suffix = kind.rpartition(".")
    return re.fullmatch(rf"{re.escape(stem)}(_rerun\d+)?\.{re.escape(suffix)}", name) is not None


def _order(result: FiledResult) -> int:
    """Return the number of a rerun, which orders results of the same millisecond."""
    name = next((file.name for file in result.files if file.role is FileRole.METADATA), "")
    number = re.search(r"_rerun(\d+)\.", name)
    return int(number[1]) if number else 0


@dataclass
class _Reader:
    tree: Tree
    found: Mapping[str, EntryFinding]
    known: Mapping[str, Any]
    """The documents that verification has read, by their digests."""
    problems: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return the text of a file; what cannot be read is a problem, and empty."""
        path = self._path(name)
        if path is None:
            self.problems.append(f"{name} is missing, or leads out of the bundle")
            return ""
        try:
            return read_bytes(path).decode("utf-8", "replace")
        except InputError as error:
            self.problems.append(str(error))
            return ""

    def sections(self, files: tuple[BundleFile, ...]) -> dict[str, str]:
        """Return the sections of all summaries by the name of the metadata file that each one names."""
        by_title = {}
        for file in files:
            if is_named(file.name, SUMMARY_NAME):
                for names, text in _sections(self.text(file.name)):
                    by_title.update(dict.fromkeys((name for name in names if is_named(name, RUN_METADATA_NAME)), text))
        return by_title

    def result(self, metadata_name: str, sections: Mapping[str, str]) -> FiledResult:
        """Read one result, which its metadata file stands for."""
        problems: list[str] = []
        metadata = self._mapping(metadata_name, problems) or {}
        roles = _roles(metadata)
        listed = [self._filed(item, problems, roles) for item in _records(metadata.get("outputs"), problems)]
        finding = self.found.get(metadata_name)
        digest = finding.digest if finding is not None else None
        own = self._filed(FileRecord(metadata_name, digest, self._size(metadata_name)), problems, roles)
        document_name = next((file.name for file in listed if file.role is FileRole.DOCUMENT), None)
        view_name = next((file.name for file in listed if file.role is FileRole.VIEW), None)
        return FiledResult(
            name=_text(metadata.get("result")) or "result",
            time=_text(metadata.get("timestamp")),
            document=None if document_name is None else self._mapping(document_name, problems),
            metadata=metadata,
            summary=sections.get(metadata_name, ""),
            files=(*listed, own),
            view=None if view_name is None else self._mapping(view_name, problems),
            problems=tuple(dict.fromkeys(problems)),
        )

    def _filed(self, record: FileRecord, problems: list[str], roles: Mapping[str, FileRole]) -> FiledFile:
        path = self._path(record.path)
        status, reason = self._status(record, path)
        if reason:
            problems.append(f"{record.path} {reason}")
        return FiledFile(record, roles.get(record.path) or _role(record.path), status, path)

    def _status(self, record: FileRecord, path: Path | None) -> tuple[FileStatus, str]:
        if path is None:
            return FileStatus.MISSING, "is missing, or leads out of the bundle"
        finding = self.found.get(record.path)
        if finding is None or finding.status is FileStatus.NOT_LISTED:
            return FileStatus.NOT_LISTED, "is in no manifest, so nothing proves that it is what was filed"
        if finding.status is FileStatus.OK and record.sha256 not in {None, finding.digest}:
            return FileStatus.STALE, "is not the file that the result was written with"
        if finding.status in _CHANGED:
            return finding.status, "is not what was filed"
        return finding.status, "" if finding.status is FileStatus.OK else finding.reason or finding.status.value

    def _mapping(self, name: str, problems: list[str]) -> Mapping[str, Any] | None:
        path = self._path(name)
        if path is None:
            problems.append(f"{name} is missing, or leads out of the bundle")
            return None
        finding = self.found.get(name)
        digest = "" if finding is None else finding.digest or ""
        try:
            document = self.known[digest] if digest in self.known else load(path)
        except InputError as error:
            problems.append(str(error).replace(str(path), name, 1))
            return None
        if not isinstance(document, dict):
            problems.append(f"{name} is no JSON object")
            return None
        return document

    def _path(self, name: str) -> Path | None:
        """Return the path of a regular file of the folder itself, or None."""
        if not is_file_name(name):
            return None
        path = self.tree.root / name
        inside = path.resolve().is_relative_to(self.tree.root.resolve()) if is_regular(path) else False
        return path if inside else None

    def _size(self, name: str) -> int | None:
        path = self._path(name)
        return None if path is None else path.stat().st_size


def _roles(metadata: Mapping[str, Any]) -> dict[str, FileRole]:
    """Return what the metadata say that files are, by name; nothing in bundles of version 0.1, whose names tell."""
    kinds = {
        "document": FileRole.DOCUMENT,
        "report": FileRole.REPORT,
        "view": FileRole.VIEW,
        "metrics": FileRole.DOCUMENT,
    }
    files, copies = metadata.get("files"), metadata.get("copied_inputs")
    named = files if isinstance(files, dict) else {}
    roles = {named[kind]: role for kind, role in kinds.items() if isinstance(named.get(kind), str)}
    for item in copies if isinstance(copies, list) else []:
        match item:
            case {"path": str(path)}:
                roles[path] = FileRole.INPUT
    return roles


def _role(name: str) -> FileRole:
    roles = {METRICS_NAME: FileRole.DOCUMENT, VIEW_NAME: FileRole.VIEW, RUN_METADATA_NAME: FileRole.METADATA}
    roles |= dict.fromkeys((ENVIRONMENT_NAME, GIT_NAME), FileRole.SNAPSHOT)
    return next((role for kind, role in roles.items() if is_named(name, kind)), FileRole.OUTPUT)


def _records(listed: object, problems: list[str]) -> Iterator[FileRecord]:
    """Yield the records of a list in a metadata document; whatever has another form is a problem."""
    if listed is not None and not isinstance(listed, list):
        problems.append("the metadata hold no list of outputs")
    for item in listed if isinstance(listed, list) else []:
        match item:
            case {"path": str(path)}:
                digest, size = item.get("sha256"), item.get("size")
                yield FileRecord(
                    path, digest if isinstance(digest, str) else None, size if isinstance(size, int) else None
                )
            case _:
                problems.append("the metadata list an output without a name")


def _sections(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield the files that a dated section names, and its text without heading and files."""
    body: list[str] | None = None
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and fence in {"", mark[1]}:
            fence = "" if fence else mark[1]
        if not fence and _SECTION.fullmatch(line):
            if body is not None:
                yield _section(body)
            body = []
        elif body is not None:
            body.append(line)
    if body is not None:
        yield _section(body)


def _section(body: list[str]) -> tuple[list[str], str]:
    names = next((match[1] for line in reversed(body) if (match := _FILES.fullmatch(line))), "")
    kept = [line for line in body if not _FILES.fullmatch(line)]
    return names.strip("`").split("`, `"), "\n".join(kept).strip("\n")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

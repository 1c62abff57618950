"""What a verification says: a finding per file, a problem per document, and the verdict."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class FileStatus(Enum):
    """What is known about a file that a manifest names, or that none names.

    STALE: it is not what this entry says, but what another entry says. DAMAGED: a line that was an entry once.
    INTERRUPTED: a write to the bundle did not finish, and the reason says how far it came; or a run has a start on
    record and no end. UNDER_WAY: a run without an end goes on, which is no fault. SELF: a manifest lists itself, which
    can never match. WEAK: the digest matches, of a kind that can be forged, so that it proves nothing.
    """

    OK = "OK"
    MISMATCH = "MISMATCH"
    STALE = "STALE"
    MISSING = "MISSING"
    UNREADABLE = "UNREADABLE"
    DAMAGED = "DAMAGED"
    INTERRUPTED = "INTERRUPTED"
    UNDER_WAY = "UNDER_WAY"
    SELF = "SELF"
    WEAK = "WEAK"
    NOT_LISTED = "NOT_LISTED"


_FAULTY = frozenset(FileStatus) - {
    FileStatus.OK,
    FileStatus.UNDER_WAY,
    FileStatus.SELF,
    FileStatus.WEAK,
    FileStatus.NOT_LISTED,
}


class Integrity(Enum):
    """The verdict on a folder. NOTHING: no entry could have failed, so nothing was verified."""

    INTACT = "intact"
    FAULTY = "not intact"
    NOTHING = "nothing to verify"


@dataclass(frozen=True)
class EntryFinding:
    """One entry of a manifest, one file that no manifest names, or one run without an end, whose name is its command.

    `manifest` and `line` are where the name stands (for a run the command log, None for NOT_LISTED); `reason` is empty
    where the status says it all; `path` is the file that was found and `digest` its SHA-256.
    """

    status: FileStatus
    name: str
    manifest: str | None = None
    line: int | None = None
    reason: str = ""
    path: Path | None = field(default=None, repr=False)
    digest: str | None = field(default=None, repr=False)

    def document(self) -> dict[str, object]:
        """Return the finding as it stands in a JSON document."""
        return {
            "status": self.status.value,
            "name": self.name,
            "manifest": self.manifest,
            "line": self.line,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Prose:
    """A line of a manifest that is neither an entry nor a comment: a heading, an error message."""

    manifest: str
    line: int
    text: str


@dataclass(frozen=True)
class DocumentProblem:
    """A document that is not valid, or that contradicts itself; `text` is one line that begins with its name."""

    name: str
    text: str


@dataclass(frozen=True)
class Verification:
    """All that :func:`nbtrace.evidence.verify.verify` found, in order of manifest and line."""

    root: Path
    manifests: tuple[str, ...]
    findings: tuple[EntryFinding, ...]
    prose: tuple[Prose, ...]
    problems: tuple[DocumentProblem, ...]
    documents: int

    def of_status(self, *statuses: FileStatus) -> tuple[EntryFinding, ...]:
        """Return the findings of these statuses."""
        return tuple(finding for finding in self.findings if finding.status in statuses)

    def outcome(self, *, strict: bool = False) -> Integrity:
        """Judge: FAULTY outweighs NOTHING; files that no manifest names count as a fault only when `strict`.

        A file that was put beside the evidence alters none of it, so by default it is named and no more.
        """
        failing = _FAULTY | ({FileStatus.NOT_LISTED} if strict else set())
        if self.problems or self.of_status(*failing):
            return Integrity.FAULTY
        return Integrity.INTACT if self.of_status(FileStatus.OK) else Integrity.NOTHING

    def document(self, *, strict: bool = False) -> dict[str, object]:
        """Return the verification as a JSON document."""
        return {
            "format_version": 1,
            "root": str(self.root),
            "outcome": self.outcome(strict=strict).value,
            "manifests": list(self.manifests),
            "counts": {status.value: len(self.of_status(status)) for status in FileStatus},
            "entries": [finding.document() for finding in self.findings],
            "prose": [{"manifest": line.manifest, "line": line.line, "text": line.text} for line in self.prose],
            "documents_checked": self.documents,
            "problems": [{"name": problem.name, "text": problem.text} for problem in self.problems],
        }

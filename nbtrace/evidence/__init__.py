"""Evidence: where results come from, folders that keep them, and the proof that nothing changed since."""

from nbtrace.evidence.bundle import Bundle, BundleFile
from nbtrace.evidence.contents import Contents, FiledFile, FiledResult, FileRole, read_contents
from nbtrace.evidence.provenance import Environment, FileRecord, GitState, Provenance, git_state
from nbtrace.evidence.verification import DocumentProblem, EntryFinding, FileStatus, Integrity, Prose, Verification
from nbtrace.evidence.verify import verify

__all__ = [
    "Bundle",
    "BundleFile",
    "Contents",
    "DocumentProblem",
    "EntryFinding",
    "Environment",
    "FileRecord",
    "FileRole",
    "FileStatus",
    "FiledFile",
    "FiledResult",
    "GitState",
    "Integrity",
    "Prose",
    "Provenance",
    "Verification",
    "git_state",
    "read_contents",
    "verify",
]

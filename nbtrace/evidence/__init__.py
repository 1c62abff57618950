"""Evidence: where results come from, folders that keep them, and the proof that nothing changed since."""

from nbtrace.evidence.bundle import Bundle, BundleFile
from nbtrace.evidence.contents import Contents, FiledFile, FiledResult, Role, read_contents
from nbtrace.evidence.provenance import Environment, FileRecord, GitState, Provenance, git_state
from nbtrace.evidence.verification import FileStatus, Finding, Outcome, Problem, Prose, Verification
from nbtrace.evidence.verify import verify

__all__ = [
    "Bundle",
    "BundleFile",
    "Contents",
    "Environment",
    "FileRecord",
    "FileStatus",
    "FiledFile",
    "FiledResult",
    "Finding",
    "GitState",
    "Outcome",
    "Problem",
    "Prose",
    "Provenance",
    "Role",
    "Verification",
    "git_state",
    "read_contents",
    "verify",
]

"""Evidence: where results come from, folders that keep them, and the proof that nothing changed since."""

from nbtrace.evidence.bundle import Bundle, BundleFile
from nbtrace.evidence.provenance import Environment, FileRecord, GitState, Provenance, git_state
from nbtrace.evidence.verification import FileStatus, Finding, Outcome, Problem, Prose, Verification
from nbtrace.evidence.verify import verify

__all__ = [
    "Bundle",
    "BundleFile",
    "Environment",
    "FileRecord",
    "FileStatus",
    "Finding",
    "GitState",
    "Outcome",
    "Problem",
    "Prose",
    "Provenance",
    "Verification",
    "git_state",
    "verify",
]

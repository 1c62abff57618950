"""Evidence: where results come from, folders that keep them, and the proof that nothing changed since."""

import warnings

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

_FORMER = {"Outcome": Integrity, "Role": FileRole, "Finding": EntryFinding, "Problem": DocumentProblem}
"""Names of version 0.1, and what they are called now."""


def __getattr__(name: str) -> object:
    """Return what had another name in version 0.1, with a hint."""
    if name not in _FORMER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"{__name__}.{name} is {_FORMER[name].__name__} now", DeprecationWarning, stacklevel=2)
    return _FORMER[name]

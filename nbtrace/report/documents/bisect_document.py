"""The JSON document of `nbtrace bisect`."""

from dataclasses import asdict

from nbtrace.history.bisection import BisectResult
from nbtrace.report.documents.models.bisect import BisectDocument, CommitEntry, MarkEntry
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.parts import Document


def bisect_document(result: BisectResult) -> Document:
    """Return which commit brought a divergence."""
    return BisectDocument(
        format="nbtrace bisect",
        format_version=FORMAT_VERSION,
        good=result.good,
        bad=result.bad,
        divergence=MarkEntry(**asdict(result.mark)),
        first_bad=result.first_bad,
        subject=result.subject,
        possible=result.possible,
        steps=tuple(
            CommitEntry(commit=item.commit, outcome=item.outcome.value, what=item.what) for item in result.steps
        ),
    ).written()

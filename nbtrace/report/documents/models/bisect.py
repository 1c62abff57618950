"""The document of `nbtrace bisect`."""

from typing import Literal

from pydantic import Field

from nbtrace.history.bisection import CommitOutcome
from nbtrace.report.documents.models.parts import Answer, FormatVersion, Provenance, words_of
from nbtrace.schema import Array, DocumentPart


class MarkEntry(DocumentPart):
    """The divergence that is looked for."""

    quantity: str = Field(description="The quantity that diverges first.")
    case: str = Field(description="The case of a suite; empty for a single comparison.")
    side: str = Field(description="Who is wrong; empty where the command does not tell.")
    cause: str = Field(description="Name of the cause; empty where the command does not tell.")


class CommitEntry(DocumentPart):
    """A commit that was tried."""

    commit: str = Field(description="The commit.")
    outcome: str = Field(
        description="Whether the divergence is there; hidden: another one comes first, and it may follow from that.",
        json_schema_extra=words_of(*CommitOutcome),
    )
    what: str = Field(description="Its first divergence, or why there is no result.")


class BisectDocument(DocumentPart):
    """What `nbtrace bisect` says: which commit brought a divergence."""

    format: Literal["nbtrace bisect"]
    format_version: FormatVersion
    good: str = Field(description="The commit without it.")
    bad: str = Field(description="The commit with it.")
    divergence: MarkEntry = Field(description="The divergence.")
    first_bad: str | None = Field(description="The commit that brought it; null where that is not known.")
    subject: str = Field(description="The first line of its message.")
    possible: Array[str] = Field(description="Commits of which one brought it, where first_bad is null.")
    steps: Array[CommitEntry] = Field(description="The commits that were tried, in this order.")
    answer: Answer = ""
    provenance: Provenance = None

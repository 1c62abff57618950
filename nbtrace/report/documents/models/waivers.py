"""What documents say of waivers."""

from pydantic import Field

from nbtrace.report.documents.models.parts import words_of
from nbtrace.schema import Array, DocumentPart, Number
from nbtrace.verdicts.waivers import WaiverOutcome
from nbtrace.vocabulary.quantity import Basis


class WaiverEntry(DocumentPart):
    """A waiver, and what became of it."""

    quantity: str = Field(description="The quantity, or the gate of images.")
    case: str = Field(description="Name or pattern of its cases; empty for all.")
    candidate: str = Field(
        default="", description="Since 0.2: name or pattern of its candidates; in place if it has one."
    )
    outcome: str = Field(description="What became of it.", json_schema_extra=words_of(*WaiverOutcome))
    why: str = Field(description="Why.")
    bound: Number = Field(description="The largest difference that is accepted.")
    basis: str = Field(description="What the bound is held against.", json_schema_extra=words_of(*Basis))
    side: str = Field(description="The side that must be wrong: c, py, both; empty where that does not matter.")
    cause: str = Field(description="The cause that it must have; empty where that does not matter.")
    reason: str = Field(description="Why it is accepted.")
    link: str = Field(description="Where more is said of it; empty where nowhere.")
    owner: str = Field(description="Who answers for it.")
    expiry: str = Field(description="Its last day, in UTC.")
    cases: Array[str] = Field(description="The cases in which it covers a divergence.")


class LeftDivergence(DocumentPart):
    """What no waiver covers."""

    case: str = Field(description="The case.")
    what: str = Field(description="The divergence in words.")


class WaiversEntry(DocumentPart):
    """The waivers of a project held against a result."""

    source: str = Field(description="Their file.")
    passes: bool = Field(description="Whether all is waived and no waiver fails: exit status 0.")
    num_waived: int = Field(description="Divergences that are waived.")
    waivers: Array[WaiverEntry] = Field(description="The waivers, in the order of the file.")
    left: Array[LeftDivergence] = Field(description="What no waiver covers.")
    waived: dict[str, Array[str]] = Field(description="Case → quantities that a waiver covers.")
    follows: dict[str, Array[str]] = Field(
        description="Case → quantities that differ only because of waived ones: both sides follow their formulas."
    )


WAIVERS_KEY = "Since 0.2: the waivers held against it; null where there are none."

"""The document of `nbtrace steps`."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
    Component,
    FormatVersion,
    NoticeEntry,
    Provenance,
    SideNames,
    SideWord,
    StatusWord,
    StepCoverage,
    TraceSource,
    VerdictWord,
)
from nbtrace.report.documents.models.waivers import WAIVERS_KEY, WaiversEntry
from nbtrace.schema import Array, DocumentPart, Number


class TurnRepeatEntry(DocumentPart):
    """A turn whose computed values are those of another one, although it starts from others."""

    side: SideWord
    ordinal: int = Field(description="The turn.")
    of_ordinal: int = Field(description="The turn whose values it has.")


class TurnEntry(DocumentPart):
    """A turn of the loop, with the first value that diverges in it; null where none does."""

    ordinal: int = Field(description="Ordinal of the turn.")
    compared: int = Field(description="Values that were compared.")
    divergent: int = Field(description="Values that diverge.")
    quantity: str | None = Field(description="The first quantity in execution order that diverges.")
    index: str = Field(description="Where it stands in the other loops.")
    worst_component: Component
    c_text: str | None = Field(description="The reference's value as its log prints it.")
    py_text: str | None = Field(description="The candidate's value as its log prints it.")
    rel_delta: Number = Field(description="(py − c)/|c| of the worst component; null where undefined.")
    ratio_py_over_c: Number = Field(description="py/c; null where undefined.")
    status: StatusWord
    reason: str = Field(description="Why the status is what it is, where numbers do not tell.")
    lacking_c: Array[str] = Field(description="Quantities that the reference lacks here and prints in other turns.")
    lacking_py: Array[str] = Field(description="Quantities that the candidate lacks here and prints in other turns.")
    c_line: int | None = Field(description="Line of the reference's log, from 1.")
    py_line: int | None = Field(description="Line of the candidate's log, from 1.")


class StepsDocument(DocumentPart):
    """What `nbtrace steps` says of two traces along a loop: the first turn that diverges."""

    format: Literal["nbtrace steps"]
    format_version: FormatVersion
    verdict: VerdictWord
    vocabulary: str = Field(description="Name of the vocabulary that the logs were read with.")
    index: str = Field(description="Name of the loop.")
    tolerance_rel: Number = Field(description="Relative tolerance of quantities without one of their own.")
    first_divergence: int | None = Field(description="Ordinal of the first turn that diverges.")
    num_divergent: int = Field(description="Turns that diverge.")
    coverage: StepCoverage = Field(description="How many turns were compared.")
    names: SideNames | None = Field(default=None, description=f"{LATER}What reports call the two sides.")
    c: TraceSource = Field(description="The reference's log.")
    py: TraceSource = Field(description="The candidate's log.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the figures.")
    repeats: Array[TurnRepeatEntry] = Field(description="Turns that repeat another turn's values.")
    steps: Array[TurnEntry] = Field(description="The turns, in order.")
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)
    answer: Answer = ""
    provenance: Provenance = None

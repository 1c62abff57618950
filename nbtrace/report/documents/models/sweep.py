"""The document of `nbtrace sweep`."""

from typing import Literal

from pydantic import Field

from nbtrace.compare.sweep_result import Precision, SweepOutcome, Trend
from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
    FormatVersion,
    NoticeEntry,
    PrintedValue,
    Provenance,
    SideNames,
    StatusWord,
    VerdictWord,
    words_of,
)
from nbtrace.schema import Array, DocumentPart, Number


class SweepRunEntry(DocumentPart):
    """A run of the sweep."""

    name: str = Field(description="Its name in this document.")
    dtype: str = Field(description="What it computed in.", json_schema_extra=words_of(*Precision))
    device: str = Field(description="What it ran on.")
    source: str = Field(description="Its log; the name of the run where the embedded simulator made it.")
    not_in_both: Array[str] = Field(description="Quantities that it or the first run lacks.")


class AbsentDevice(DocumentPart):
    """A device without a run."""

    device: str = Field(description="Its name.")
    asked: bool = Field(description="Whether it was asked for.")
    reason: str = Field(description="Why there is no run.")


class ReferenceSource(DocumentPart):
    """The trace that every run should agree with."""

    source: str = Field(description="Its name, as it was given.")


class MeasuredDifference(DocumentPart):
    """A value against another."""

    rel_delta: Number = Field(description="(run − other)/|other|; null where undefined.")
    digits_in_agreement: Number = Field(description="Decimal digits that agree; null where all do, or none can.")
    status: StatusWord
    reason: str = Field(description="Why the status is what it is, where numbers do not tell.")


class PlaceCount(DocumentPart):
    """How many values of a quantity an entry stands for."""

    compared: int = Field(description="Values of the first run that others have.")
    moving: int = Field(description="Those of which a run has another value.")


class SweptEntry(DocumentPart):
    """A value in a run."""

    value: PrintedValue
    text: str = Field(description="The value as the log prints it.")
    line: int | None = Field(description="Its line, from 1.")
    moved: MeasuredDifference | None = Field(description="Against the first run; null for the first run itself.")
    from_reference: MeasuredDifference | None = Field(description="Against the reference; null without one.")


class SweptQuantity(DocumentPart):
    """A quantity: the place of the gravest outcome, or the one that keeps the fewest digits."""

    description: str = Field(description="What the quantity is.")
    unit: str | None = Field(description="Its unit; 1 for a number without.")
    outcome: str = Field(description="What the sweep says of it.", json_schema_extra=words_of(*SweepOutcome))
    trend: str = Field(
        description="What becomes of the divergence from the reference as the precision rises.",
        json_schema_extra=words_of(*Trend),
    )
    reason: str = Field(description="Why the outcome is what it is.")
    index: str = Field(description="Where the value stands, as the ordinals of the loops; empty where there are none.")
    places: PlaceCount = Field(description="How many values it stands for.")
    condition: Number = Field(description="Relative change of it per relative change of its inputs.")
    digits_kept: Number = Field(description="Decimal digits that all runs share; null where all do.")
    reference_value: PrintedValue
    reference_line: int | None = Field(description="Line of the reference's log, from 1.")
    runs: dict[str, SweptEntry] = Field(description="Run → its value.")
    exceeds_rounding: bool = Field(description="Whether it moves more than rounding can make it.")


class SweepDocument(DocumentPart):
    """What `nbtrace sweep` says of a trace in every precision: what moves, and whether a divergence is rounding."""

    format: Literal["nbtrace sweep"]
    format_version: FormatVersion
    verdict: VerdictWord
    answer: Answer = ""
    tolerance_rel: Number = Field(description="Relative tolerance of quantities without one of their own.")
    first_defect: str | None = Field(description="First quantity whose divergence from the reference stays.")
    roots: Array[str] = Field(description="Such quantities that follow from no other.")
    counts: dict[str, int] = Field(description="Outcome → quantities of it.")
    values_compared: int = Field(description="Values of the first run that were held against another run.")
    runs: Array[SweepRunEntry] = Field(description="The runs, the most precise first.")
    absent: Array[AbsentDevice] = Field(description="Devices without a run.")
    reference: ReferenceSource | None = Field(description="What the runs are held against; null without.")
    names: SideNames | None = Field(default=None, description=f"{LATER}What reports call the two sides.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the figures.")
    quantities: dict[str, SweptQuantity] = Field(description="Quantity → what it does, in execution order.")
    provenance: Provenance = None

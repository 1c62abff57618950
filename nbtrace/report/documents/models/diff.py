"""The document of `nbtrace diff`."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.check import CheckEntry
from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
    Component,
    FormatVersion,
    NoticeEntry,
    PrintedValue,
    Provenance,
    SideNames,
    StatusWord,
    TraceSource,
    VerdictWord,
    words_of,
)
from nbtrace.report.documents.models.waivers import WAIVERS_KEY, WaiversEntry
from nbtrace.schema import Array, DocumentPart, Number
from nbtrace.vocabulary.quantity import Basis


class DifferenceEntry(DocumentPart):
    """A value of both sides, and how they differ."""

    description: str = Field(description="What the quantity is.")
    unit: str | None = Field(description="Its unit; 1 for a number without.")
    c_value: PrintedValue
    py_value: PrintedValue
    c_text: str = Field(description="The reference's value as its log prints it.")
    py_text: str = Field(description="The candidate's value as its log prints it.")
    abs_delta: Number = Field(description="py − c of the worst component, in the unit; null where undefined.")
    rel_delta: Number = Field(description="(py − c)/|c| of the worst component; null where undefined.")
    ratio_py_over_c: Number = Field(description="py/c; null where undefined.")
    worst_component: Component
    angle_rad: Number = Field(description="Angle between two vectors, in radians; null for other shapes.")
    ulps: int | None = Field(description="Representable numbers between the two values; null where undefined.")
    digits_in_agreement: Number = Field(description="Decimal digits that agree; null where all do, or none can.")
    status: StatusWord
    reason: str = Field(description="Why the status is what it is, where numbers do not tell.")
    tolerance: Number = Field(description="Largest difference that agrees, of the kind that tolerance_basis names.")
    tolerance_basis: str = Field(description="What the tolerance is held against.", json_schema_extra=words_of(*Basis))
    tolerance_origin: str = Field(description="Who set the tolerance.")
    allowed: Number = Field(description="The same with the printed digits, as an absolute difference in the unit.")
    c_line: int | None = Field(description="Line of the reference's log, from 1.")
    py_line: int | None = Field(description="Line of the candidate's log, from 1.")


class InstanceCount(DocumentPart):
    """How many values of a quantity an entry stands for."""

    compared: int = Field(description="Values that were compared.")
    divergent: int = Field(description="Values that diverge.")
    worst: str = Field(description="Where the largest difference stands, as the ordinals of the loops.")


class ComparedQuantity(DifferenceEntry):
    """A quantity: the first value that diverges, else the one that is closest to its limit."""

    index: str = Field(description="Where the value stands, as the ordinals of the loops; empty where there are none.")
    instances: InstanceCount = Field(description="How many values it stands for.")


class DiffRoot(DocumentPart):
    """A diverging quantity that follows from no other."""

    quantity: str = Field(description="Its name.")
    consequences: Array[str] = Field(description="Diverging quantities that depend on it.")


class DiffSetting(DocumentPart):
    """A configuration value that the two logs state differently."""

    name: str = Field(description="The quantity that shows it, or the setting in words.")
    c_text: str = Field(description="What the reference's log says.")
    py_text: str = Field(description="What the candidate's log says.")


class FinalRatioEntry(DocumentPart):
    """A final value that is far from the other side's, and what it may come from."""

    quantity: str = Field(description="The final quantity.")
    ratio_py_over_c: Number = Field(description="py/c; null where undefined.")
    configuration: Array[DiffSetting] = Field(description="Configuration values that differ, the furthest first.")
    divergence: str | None = Field(description="First divergence above 1e-4 that is no artefact of the logs.")


class DiffCoverage(DocumentPart):
    """What was compared, and what was not."""

    expected: int = Field(description="Values that at least one side has.")
    compared: int = Field(description="Values that were compared.")
    skipped: dict[str, str] = Field(description="Quantities that both have and that could not be compared → why.")
    missing_c: Array[str] = Field(description="Known quantities that only the candidate prints.")
    missing_py: Array[str] = Field(description="Known quantities that only the reference prints.")
    unknown_c: Array[str] = Field(description="Quantities that only the reference prints and the vocabulary lacks.")
    unknown_py: Array[str] = Field(description="Quantities that only the candidate prints and the vocabulary lacks.")
    missing_blocks_c: int = Field(default=0, description=f"{LATER}Pixels that the reference lacks.")
    missing_steps_c: int = Field(default=0, description=f"{LATER}Steps that the reference lacks.")
    lost_c: dict[str, int] = Field(default={}, description=f"{LATER}Values that the reference lacks, by quantity.")
    hidden_c: Array[str] = Field(default=(), description=f"{LATER}Quantities of its lines that nobody can read.")
    missing_blocks_py: int = Field(default=0, description=f"{LATER}Pixels that the candidate lacks.")
    missing_steps_py: int = Field(default=0, description=f"{LATER}Steps that the candidate lacks.")
    lost_py: dict[str, int] = Field(default={}, description=f"{LATER}Values that the candidate lacks, by quantity.")
    hidden_py: Array[str] = Field(default=(), description=f"{LATER}Quantities of its lines that nobody can read.")


class CheckPair(DocumentPart):
    """Either log held against itself."""

    c: CheckEntry = Field(description="The reference's log.")
    py: CheckEntry = Field(description="The candidate's log.")


class DiffDocument(DocumentPart):
    """What `nbtrace diff` says of two traces: which quantity diverges first, and by how much."""

    format: Literal["nbtrace diff"]
    format_version: FormatVersion
    verdict: VerdictWord
    tolerance_rel: Number = Field(description="Relative tolerance of quantities without one of their own.")
    first_divergence: str | None = Field(description="First quantity in execution order that diverges.")
    first_divergence_by_band: dict[str, str | None] = Field(
        description="The same at the tolerance, and at larger relative differences."
    )
    num_divergent: int = Field(description="Quantities that diverge.")
    roots: Array[DiffRoot] = Field(description="Diverging quantities that follow from no other.")
    final_ratio: FinalRatioEntry | None = Field(
        default=None,
        description=f"{LATER}A final value off by more than 1e-4, and what it may come from; null for a nearer one.",
    )
    coverage: DiffCoverage = Field(description="What was compared, and what was not.")
    names: SideNames | None = Field(default=None, description=f"{LATER}What reports call the two sides.")
    c: TraceSource = Field(description="The reference's log.")
    py: TraceSource = Field(description="The candidate's log.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the figures.")
    checks: CheckPair = Field(description="Either log held against itself.")
    factors: dict[str, ComparedQuantity] = Field(description="Quantity → its difference, in execution order.")
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)
    answer: Answer = ""
    provenance: Provenance = None

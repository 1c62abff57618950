"""The document of `nbtrace scaling`."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.diff import DifferenceEntry
from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
    FormatVersion,
    NoticeEntry,
    Provenance,
    SideNames,
    StatusWord,
    TraceSource,
    VerdictWord,
)
from nbtrace.report.documents.models.waivers import WAIVERS_KEY, WaiversEntry
from nbtrace.schema import Array, DocumentPart, Number

_ADDED = "What it adds to ln(py/c) of the final quantity; null for what is no factor of it."
_SHARE = "The same as a share of ln(py/c) of the final quantity."


class ComparedFactor(DifferenceEntry):
    """A factor of the chain that both sides have."""

    log_ratio: Number = Field(default=None, description=f"{LATER}{_ADDED}")
    share_of_final_log_ratio: Number = Field(description=_SHARE)


class LackingFactor(DocumentPart):
    """A factor of the chain that a side lacks: without what only a comparison gives."""

    description: str = Field(description="What the quantity is.")
    unit: str | None = Field(description="Its unit; null where it is not known.")
    c_value: Number = Field(description="The reference's value, in the unit; null where it lacks it.")
    py_value: Number = Field(description="The candidate's value, in the unit; null where it lacks it.")
    abs_delta: None = Field(description="Never known.")
    rel_delta: None = Field(description="Never known.")
    ratio_py_over_c: None = Field(description="Never known.")
    status: StatusWord
    reason: str = Field(description="Which side lacks it, and why.")
    tolerance: None = Field(description="None was applied.")
    tolerance_origin: None = Field(description="None was applied.")
    log_ratio: Number = Field(default=None, description=f"{LATER}{_ADDED}")
    share_of_final_log_ratio: Number = Field(description=_SHARE)


class FactorCoverage(DocumentPart):
    """How many factors were compared, and which only one side has."""

    expected: int = Field(description="Factors of the chain.")
    compared: int = Field(description="Factors that both sides have.")
    missing_c: Array[str] = Field(description="Factors that the reference lacks.")
    missing_py: Array[str] = Field(description="Factors that the candidate lacks.")


class ChainProduct(DocumentPart):
    """A side's own chain: the product of its logged factors against its logged final value."""

    product: Number = Field(description="The product; null where a factor is not logged.")
    final: Number = Field(description="The final value as logged; null where it is not.")
    ratio: Number = Field(description="Logged over product; null where undefined.")
    meaning: str = Field(description="What that means, in words.")


class ProductPair(DocumentPart):
    """The chains of both sides."""

    c: ChainProduct = Field(description="The reference's chain.")
    py: ChainProduct = Field(description="The candidate's chain.")


class StepShareEntry(DocumentPart):
    """A φ step's part in the sum."""

    phi_tic: int = Field(description="Ordinal of the step.")
    c_term: Number = Field(description="The reference's term.")
    py_term: Number = Field(description="The candidate's term.")
    share_of_gap: Number = Field(description="Its share of the difference of the sums.")


class RebuiltSum(DocumentPart):
    """The intensity before scaling, rebuilt from the φ steps."""

    c: Number = Field(description="The reference's sum; null where it has no steps.")
    py: Number = Field(description="The candidate's sum; null where it has no steps.")
    steps: Array[StepShareEntry] = Field(description="The steps.")


class LatticeAxis(DocumentPart):
    """The lattice factor along one axis, worked out from what a log says."""

    axis: str = Field(description="a, b or c.")
    index: Number = Field(description="Fractional Miller index h.")
    rounded: int = Field(description="Nearest whole index.")
    cells: int | None = Field(description="Unit cells along the axis; null where it is not known.")
    cells_from: str = Field(description="Where that number comes from.")
    at_index: Number = Field(description="sin(πNh)/sin(πh).")
    at_distance: Number = Field(description="The same at the distance from the whole index.")
    logged: Number = Field(description="The lattice factor along the axis as logged.")


class LatticePair(DocumentPart):
    """The lattice factors of both sides."""

    c: Array[LatticeAxis] = Field(description="Those of the reference.")
    py: Array[LatticeAxis] = Field(description="Those of the candidate.")


class ScalingDocument(DocumentPart):
    """What `nbtrace scaling` says of two traces: which factor of the chain explains what share of the final ratio."""

    format: Literal["nbtrace scaling"]
    format_version: FormatVersion
    verdict: VerdictWord
    tolerance_rel: Number = Field(description="Relative tolerance of quantities without one of their own.")
    first_divergence: str | None = Field(description="First factor of the chain that diverges.")
    num_divergent: int = Field(description="Factors that diverge.")
    final_quantity: str = Field(default="", description=f"{LATER}The quantity that the chain ends in.")
    final_word: str | None = Field(default=None, description=f"{LATER}What kind of thing that is, in a word.")
    log_ratio_final: Number = Field(description="ln(py/c) of the final quantity.")
    unexplained_share: Number = Field(description="Share of it that no factor explains.")
    coverage: FactorCoverage = Field(description="How many factors were compared.")
    names: SideNames | None = Field(default=None, description=f"{LATER}What reports call the two sides.")
    c: TraceSource = Field(description="The reference's log.")
    py: TraceSource = Field(description="The candidate's log.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the figures.")
    products: ProductPair = Field(description="Either chain held against itself.")
    py_before_polarisation: Number = Field(
        description="The candidate's intensity before polarisation, where its log prints the one after it."
    )
    factors: dict[str, ComparedFactor | LackingFactor] = Field(description="Factor → its difference, in order.")
    rebuilt: RebuiltSum | None = Field(description="The intensity rebuilt from the φ steps; null without steps.")
    lattice: LatticePair = Field(description="The lattice factors, worked out.")
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)
    answer: Answer = ""
    provenance: Provenance = None

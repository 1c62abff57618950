"""The document of `nbtrace phi`."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
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


class PhiRepeat(DocumentPart):
    """A φ step whose values are those of another one, at another angle."""

    side: SideWord
    phi_tic: int = Field(description="The step.")
    of_phi_tic: int = Field(description="The step whose values it has.")
    sample: int = Field(description="The sampled point of the pixel, from 0.")


class PhiEntry(DocumentPart):
    """A φ step of both sides; differences are py − c, null where a side lacks the value."""

    phi_tic: int = Field(description="Ordinal of the step, from 0.")
    sample: int = Field(default=0, description="The sampled point of the pixel, from 0.")
    phi_deg_c: Number = Field(description="φ as the reference labels it, in degrees.")
    phi_deg_py: Number = Field(description="φ as the candidate labels it, in degrees.")
    k_frac_c: Number = Field(description="Fractional Miller index k of the reference.")
    k_frac_py: Number = Field(description="Fractional Miller index k of the candidate.")
    F_latt_c: Number = Field(default=None, description=f"{LATER}Lattice factor of the reference.")
    F_latt_py: Number = Field(default=None, description=f"{LATER}Lattice factor of the candidate.")
    delta_k: Number = Field(description="Difference of k.")
    delta_F_latt_b: Number = Field(description="Difference of the lattice factor along b.")
    delta_F_latt: Number = Field(description="Difference of the lattice factor.")
    status: StatusWord
    reason: str = Field(default="", description="Why the status is what it is, where numbers do not tell.")


class PhiDocument(DocumentPart):
    """What `nbtrace phi` says of two traces along φ: the first step that diverges."""

    format: Literal["nbtrace phi"]
    format_version: FormatVersion
    verdict: VerdictWord
    tolerance_k: Number = Field(description="Largest |Δk| that agrees.")
    tolerance_origin: str = Field(description="Who set it.")
    first_divergence: int | None = Field(description="phi_tic of the first step that diverges.")
    max_delta_k: Number = Field(description="Largest |Δk|.")
    max_delta_k_phi_tic: int | None = Field(description="phi_tic of the step that has it.")
    coverage: StepCoverage = Field(description="How many steps were compared.")
    names: SideNames | None = Field(default=None, description=f"{LATER}What reports call the two sides.")
    c: TraceSource = Field(description="The reference's log.")
    py: TraceSource = Field(description="The candidate's log.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the figures.")
    repeats: Array[PhiRepeat] = Field(description="Steps that repeat another step's values.")
    steps: Array[PhiEntry] = Field(min_length=1, description="The steps, in order.")
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)
    answer: Answer = ""
    provenance: Provenance = None

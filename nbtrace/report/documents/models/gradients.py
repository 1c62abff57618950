"""The document of `nbtrace gradients`."""

from typing import Literal

from pydantic import Field

from nbtrace.differentiation.derivative import DerivativeKind
from nbtrace.differentiation.gradient_row import GradientStatus
from nbtrace.report.documents.models.parts import (
    Answer,
    FormatVersion,
    NoticeEntry,
    PixelRegion,
    Provenance,
    SideNames,
    StatusWord,
    VerdictWord,
    words_of,
)
from nbtrace.schema import Array, DocumentPart, Number


class DerivativeEntry(DocumentPart):
    """A derivative as one source gives it."""

    kind: str = Field(description="How it is known.", json_schema_extra=words_of(*DerivativeKind))
    value: Number = Field(description="Photons per unit of the parameter; null where there is none.")
    error: Number = Field(description="Bound of how far it is off: the step's effect, and rounding.")
    step: Number = Field(description="The smallest step of finite differences, in the parameter's unit; else 0.")
    sides: Array[Number] = Field(description="The derivatives from below and from above where these differ.")
    reason: str = Field(description="Why there is none.")


class GradientEntry(DocumentPart):
    """A parameter."""

    unit: str = Field(description="Its unit; 1 for a number without.")
    at: Number = Field(description="Its value, where the derivative is taken.")
    status: str = Field(description="What is said of the candidate.", json_schema_extra=words_of(*GradientStatus))
    size: StatusWord
    ratio_py_over_c: Number = Field(description="Candidate over what it is held against; null where that is 0.")
    digits_in_agreement: Number = Field(description="Decimal digits that agree, as far as the error bars let be seen.")
    meaning: str = Field(description="What the ratio is known for: a sign, a unit; empty for nothing.")
    reason: str = Field(description="Why the status is what it is, where the numbers do not tell.")
    held_against: str = Field(description="What was measured in place of the reference; empty for the reference.")
    c: DerivativeEntry = Field(description="The reference.")
    py: DerivativeEntry = Field(description="The candidate.")
    witness: DerivativeEntry | None = Field(description="The embedded simulator's autograd, beside another candidate.")
    own: DerivativeEntry | None = Field(
        description="The candidate's own values by finite differences, where its autograd differs."
    )


class GradientValue(DocumentPart):
    """The value itself."""

    c: Number = Field(description="The reference's, photons.")
    c_noise: Number = Field(description="How far rounding moves it.")
    py: Number = Field(description="The candidate's, photons.")
    py_noise: Number = Field(description="How far rounding moves it.")
    status: StatusWord


class GradientSource(DocumentPart):
    """Who gives a derivative."""

    name: str = Field(description="The program, function or simulator.")
    by: str = Field(description="How: by finite differences of what, or by autograd.")


class GradientsDocument(DocumentPart):
    """What `nbtrace gradients` says of derivatives: which of the candidate's are wrong, and which were not tested."""

    format: Literal["nbtrace gradients"]
    format_version: FormatVersion
    verdict: VerdictWord
    answer: Answer = ""
    what: str = Field(description="What is differentiated: a pixel, or the sum over pixels.")
    region: PixelRegion = Field(description="The pixels that it is of.")
    flags: Array[str] = Field(description="The command line of the reference.")
    c: GradientSource = Field(description="The reference.")
    py: GradientSource = Field(description="The candidate.")
    witness: str = Field(description="The embedded simulator beside another candidate; empty without.")
    value: GradientValue = Field(description="The value itself on both sides.")
    tolerance_rel: Number = Field(description="Relative tolerance, besides the error bars.")
    first_apart: str | None = Field(description="The first parameter whose derivatives differ; null for none.")
    common_ratio: Number = Field(description="The one ratio of all derivatives that differ; null where there is none.")
    exchanged: Array[str] = Field(description="Two parameters whose derivatives stand in each other's place.")
    counts: dict[str, int] = Field(description="Status → parameters of it.")
    parameters: dict[str, GradientEntry] = Field(description="Parameter → its derivatives, in order.")
    left_out: dict[str, str] = Field(description="Parameters that the flags do not have → why.")
    names: SideNames = Field(description="What reports call the two sides.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the figures.")
    provenance: Provenance = None

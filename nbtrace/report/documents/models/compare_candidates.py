"""The document of `nbtrace compare` with several candidates."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.compare import CompareDocument
from nbtrace.report.documents.models.parts import (
    Answer,
    FormatVersion,
    PixelPlace,
    Provenance,
    SideNames,
    VerdictWord,
)
from nbtrace.report.documents.models.waivers import WAIVERS_KEY, WaiversEntry
from nbtrace.schema import Array, DocumentPart


class CandidateEntry(DocumentPart):
    """A candidate, and how it ended."""

    verdict: VerdictWord
    reason: str = Field(description="Why it could not be compared; empty where it was.")
    exit_code: int | None = Field(description="Exit status of what prevented a comparison; null where nothing did.")
    program: str = Field(description="What it is.")
    case: str = Field(description="What waivers and histories call its comparison.")
    first_divergence: str | None = Field(description="First traced quantity that diverges.")
    comparison: CompareDocument | None = Field(
        description="The document of nbtrace compare with this candidate; null where nothing was compared."
    )


class SharedPixelEntry(DocumentPart):
    """Candidates whose traces of a pixel leave the reference's at one value."""

    candidates: Array[str] = Field(description="Their names.")
    pixel: PixelPlace = Field(description="The traced pixel.")
    quantity: str = Field(description="The quantity.")
    index: str = Field(description="Where in the computation it stands.")
    same_value: bool = Field(description="Whether all of them have one value there.")
    is_first: bool = Field(
        description="Whether it is the first divergence of each; else it is the first above 1e-4 of some."
    )


class CandidateCoverage(DocumentPart):
    """How many candidates were compared."""

    candidates: int = Field(description="Candidates that were given.")
    num_agree: int = Field(description="Candidates that agree with the reference.")
    num_differ: int = Field(description="Candidates that differ.")
    not_comparable: int = Field(description="Candidates that could not be compared.")


class CompareCandidatesDocument(DocumentPart):
    """What `nbtrace compare` says of several candidates on the same flags: how each stands against the reference."""

    format: Literal["nbtrace compare_candidates"]
    format_version: FormatVersion
    verdict: VerdictWord
    names: SideNames
    args: Array[str] = Field(description="The flags.")
    reference: str = Field(description="The reference.")
    c_binary_sha256: str | None = Field(description="SHA-256 of the reference program; null where it is unknown.")
    coverage: CandidateCoverage = Field(description="How many candidates were compared.")
    candidates: dict[str, CandidateEntry] = Field(description="Name of the candidate → how it ended.")
    same_images: Array[Array[str]] = Field(
        description="Candidates whose images are the same to the bit, and not the reference's."
    )
    shared: Array[SharedPixelEntry] = Field(description="Which candidates leave the reference together, by traces.")
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)
    answer: Answer = ""
    provenance: Provenance = None

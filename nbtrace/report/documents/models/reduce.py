"""The document of `nbtrace reduce`."""

from typing import Literal

from pydantic import Field

from nbtrace.reduction.case import ReductionStage
from nbtrace.reduction.images_outcome import ImagesOutcome
from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
    FormatVersion,
    NoticeEntry,
    PixelPlace,
    Provenance,
    SideWord,
    VerdictWord,
    words_of,
)
from nbtrace.schema import Array, DocumentPart
from nbtrace.verdicts.status import Status


class FailureEntry(DocumentPart):
    """In which way a case fails."""

    images: str = Field(description="What the images say.", json_schema_extra=words_of(*ImagesOutcome))
    gate: str | None = Field(description="The first gate of the images that fails, where no trace tells more.")
    band: str | None = Field(
        description="How far off that gate is; null without a gate.", json_schema_extra=words_of(*Status)
    )
    quantity: str | None = Field(description="The first quantity that is blamed; null where no trace was compared.")
    side: SideWord
    cause: str | None = Field(description="Name of the cause; null where there is none.")
    text: str = Field(description="The cause, or what the gate says, in words.")
    untraced: str | None = Field(description="Why no trace was compared; null where one was.")
    pixel: PixelPlace | None = Field(description="The pixel that was traced in the smallest case.")


class CaseEntry(DocumentPart):
    """A command line."""

    args: Array[str] = Field(description="The flags.")
    pixel: PixelPlace | None = Field(description="The pixel that was asked for; null for the worst one.")


class PassEntry(DocumentPart):
    """What one stage of one round made of the case."""

    round: int = Field(description="From 1.")
    stage: str = Field(description="What was made smaller.", json_schema_extra=words_of(*ReductionStage))
    words_before: int = Field(description="Words of the command line before it.")
    words_after: int = Field(description="Words of the command line after it.")
    samples_before: int | None = Field(
        description="Samples (pixels × subpixels × φ steps × domains × layers) that were computed at least before it."
    )
    samples_after: int | None = Field(description="The same after it.")
    runs: int = Field(description="Cases that were run on both sides.")


class ReduceDocument(DocumentPart):
    """What `nbtrace reduce` says: the smallest case that fails in the same way, and the nearest that passes."""

    format: Literal["nbtrace reduce"]
    format_version: FormatVersion
    verdict: VerdictWord
    answer: Answer
    c: str = Field(description="The reference.")
    py: str = Field(description="The candidate.")
    failure: FailureEntry | None = Field(description="In which way the cases fail; null where the given one does not.")
    given: CaseEntry = Field(description="The case that was given.")
    smallest: CaseEntry | None = Field(description="The smallest case that fails; null where the given one does not.")
    passing: CaseEntry | None = Field(description="The nearest case that passes; null where none was found.")
    between: str | None = Field(description="The one thing between the two, in words.")
    minimal: bool = Field(description="Whether no option can go and no value be simpler.")
    steady: bool | None = Field(
        default=None,
        description=f"{LATER}Whether the smallest case, and the one that passes, gave the same answers when they were "
        "run again; null where they were not.",
    )
    kept: Array[str] = Field(description="Options that stay since there would be more to compute without them.")
    runs: int = Field(description="Cases that were run on both sides.")
    recalled: int = Field(description="Cases whose answers the work folder remembered.")
    unresolved: int = Field(description="Cases of both kinds that could not be run.")
    passes: Array[PassEntry] = Field(description="How it got smaller.")
    notices: Array[NoticeEntry] = Field(description="What must be known.")
    provenance: Provenance = None

"""The document of `nbtrace trust`; its `noise` is what :mod:`nbtrace.compare.noise` reads."""

from typing import Literal

from pydantic import Field

from nbtrace.compare.noise_table import NoiseTable
from nbtrace.report.documents.models.capture import CapturedTraceEntry
from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
    FormatVersion,
    NoticeEntry,
    PixelPlace,
    Provenance,
    words_of,
)
from nbtrace.schema import Array, DocumentPart, Number


class MovedPixel(PixelPlace):
    """A pixel that moved."""

    before: Number = Field(description="Its value in the first run, in photons.")
    after: Number = Field(description="Its value with the knob turned, in photons.")
    absolute: Number = Field(description="Size of the difference, in photons.")
    relative: Number = Field(description="That over the size of the first value; null where that is 0.")


class KnobEntry(DocumentPart):
    """What was changed between two runs of the reference, and which pixels moved."""

    knob: str = Field(description="Its name.")
    threads: int | None = Field(default=None, description="Number of threads.")
    flags: Array[str] = Field(default=(), description="Flags that were added.")
    regional: bool = Field(default=False, description="Whether it changes which pixels are computed.")
    by_clock: bool = Field(
        default=False, description=f"{LATER}Whether it is nothing but a later second, which the clock seeds."
    )
    compared: int = Field(default=0, description="Pixels that both images have.")
    moved: int = Field(default=0, description="Pixels whose bits differ.")
    max_relative: Number = Field(default=None, description="Largest relative difference; null where none moved.")
    max_absolute: Number = Field(default=None, description="Largest difference, in photons; null where none moved.")
    failure: str | None = Field(default=None, description="Why there is no image.")
    pixels: Array[MovedPixel] = Field(default=(), description="Pixels that moved, the largest differences first.")
    pixels_left_out: int = Field(default=0, description="Pixels that moved and are not listed.")


class TrialEntry(PixelPlace):
    """The traces of a pixel with and without a knob turned."""

    knob: str = Field(description="Name of the knob.")
    compared: int = Field(description="Values that were compared.")
    moved: Array[str] = Field(description="Quantities that moved.")
    unlike: Array[str] = Field(description="Quantities that only one of the traces has as such numbers.")
    reason: str | None = Field(description="Why nothing was compared.")
    captured: CapturedTraceEntry | None = Field(
        default=None,
        description=f"{LATER}How the trace with the knob turned was captured; null where the reference has printed "
        "one, or nothing was compared.",
    )


class TrustDocument(DocumentPart):
    """What `nbtrace trust` says of the reference: what moves when nothing should."""

    format: Literal["nbtrace trust"]
    format_version: FormatVersion
    verdict: str = Field(
        description="What the reference is worth.", json_schema_extra=words_of("REF_STABLE", "REF_UNSTABLE")
    )
    command: Array[str] = Field(description="The words of the command.")
    experiment: Array[str] | None = Field(
        default=None, description=f"{LATER}The flags that say what is computed, in their shortest form."
    )
    c_binary: str = Field(description="The reference program.")
    c_binary_sha256: str | None = Field(default=None, description="SHA-256 of it; null where it is unknown.")
    probe: PixelPlace = Field(description="The pixel that was traced and computed alone.")
    knobs: Array[KnobEntry] = Field(description="What was changed, and which pixels moved.")
    traces: Array[TrialEntry] = Field(description="The traces, with and without.")
    noise: NoiseTable = Field(description="Floors for tolerances.")
    seeded_by_clock: bool = Field(default=False, description=f"{LATER}Whether the clock seeds the orientation.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the figures.")
    answer: Answer = ""
    provenance: Provenance = None

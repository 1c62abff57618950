"""The document of `nbtrace diff --all-pixels`."""

from typing import Literal

from pydantic import Field

from nbtrace.report.documents.models.parts import (
    Answer,
    Component,
    FormatVersion,
    NoticeEntry,
    PixelPlace,
    PixelRegion,
    Provenance,
    SideNames,
    StatusWord,
    VerdictWord,
)
from nbtrace.schema import Array, DocumentPart, Number


class DetectorSource(DocumentPart):
    """A whole-detector trace, as it was read."""

    source: str = Field(description="Its name, as it was given.")
    rows: int = Field(description="Rows of the file.")
    pixels: int = Field(description="Pixels that they are of.")
    flags: str = Field(description="Flags of the run that the file states; empty where it states none.")
    mode: str = Field(description="Mode of the simulator that it states.")
    engine: str = Field(description="What added up the samples, as it states.")


class RowPlace(DocumentPart):
    """Where in its pixel a value stands: one of the loops of the run."""

    name: str = Field(description="The loop, or what tells sampled points apart.")
    ordinal: int = Field(description="Its turn, from 0.")


class FirstDivergencePixel(DocumentPart):
    """The first divergence of one pixel."""

    pixel: PixelPlace = Field(description="The pixel.")
    place: Array[RowPlace] = Field(description="The sampled point, and the turns of loops.")
    worst_component: Component
    c_value: Number = Field(description="The reference's value of that component; null where it has none.")
    py_value: Number = Field(description="The candidate's value of that component; null where it has none.")
    rel_delta: Number = Field(description="(py − c) over the norm of c; null where it cannot be measured.")
    status: StatusWord
    command: str = Field(description="The command that shows this pixel.")


class FirstQuantityEntry(DocumentPart):
    """A quantity that diverges in some pixel."""

    quantity: str = Field(description="Its name.")
    unit: str | None = Field(description="Its unit; 1 for a number without.")
    pixels: int = Field(description="Pixels in which it is the first that diverges.")
    share: Number = Field(description="Their share of the pixels that both sides have.")
    diverging: int = Field(description="Pixels in which it diverges at all.")
    statuses: dict[str, int] = Field(description="How many of the former have which status.")
    region: PixelRegion | None = Field(description="The smallest rectangle that holds those where it is the first.")
    parts: int = Field(description="Into how many parts that do not touch, not even with corners, they fall.")
    worst: FirstDivergencePixel | None = Field(description="That with the largest difference beyond its limit.")


class ApartEntry(DocumentPart):
    """Pixels without a first divergence that do not agree."""

    pixels: int = Field(description="How many.")
    region: PixelRegion | None = Field(description="The smallest rectangle that holds them.")


class DetectorCoverageEntry(DocumentPart):
    """What was compared and what was not."""

    pixels: int = Field(description="Pixels of both sides.")
    agreeing: int = Field(description="Those in which all that was compared agrees and nothing is missing.")
    only_c: ApartEntry = Field(description="Pixels that the reference alone has.")
    only_py: ApartEntry = Field(description="Pixels that the candidate alone has.")
    lacking: ApartEntry = Field(description="Pixels without another divergence of which a side lacks rows.")
    lacking_in_all: int = Field(description="All pixels of which a side lacks rows.")
    uncompared: ApartEntry = Field(description="Pixels of both without a value that could be compared.")
    untraced: int | None = Field(
        description="Pixels of the detector that neither has; null where nobody tells its size."
    )
    values: int = Field(description="Values that were compared, a vector as one.")
    expected: int = Field(description="Values that at least one side has in a row of both.")
    quantities: Array[str] = Field(description="Quantities that were compared.")
    empty: Array[str] = Field(description="Quantities of both that neither has a value of.")
    missing_on_c: Array[str] = Field(description="Quantities that the candidate alone has.")
    missing_on_py: Array[str] = Field(description="Quantities that the reference alone has.")
    unused_c: dict[str, str] = Field(description="Columns of the reference that were not compared, and why.")
    unused_py: dict[str, str] = Field(description="Columns of the candidate that were not compared, and why.")
    texts_equal: Array[str] = Field(description="Columns without plain numbers that are the same on both sides.")
    texts_apart: Array[str] = Field(description="Columns without plain numbers that are not.")


class DetectorDocument(DocumentPart):
    """What `nbtrace diff --all-pixels` says: which quantity diverges first, and where on the detector."""

    format: Literal["nbtrace detector"]
    format_version: FormatVersion
    verdict: VerdictWord
    answer: Answer
    names: SideNames
    tolerance_rel: Number = Field(
        description="Relative difference that agrees, of quantities without another tolerance."
    )
    shape_slow_fast: Array[int] = Field(description="Pixels of the detector, as far as the files tell.")
    first_divergence: str | None = Field(description="The first quantity in execution order that is first in a pixel.")
    num_divergent: int = Field(description="Pixels with a first divergence.")
    c: DetectorSource = Field(description="The reference's file.")
    py: DetectorSource = Field(description="The candidate's file.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the table.")
    quantities: Array[FirstQuantityEntry] = Field(description="Those that diverge somewhere, in execution order.")
    coverage: DetectorCoverageEntry
    provenance: Provenance = None

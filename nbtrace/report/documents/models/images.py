"""The document of `nbtrace images`."""

from typing import Annotated, Literal

from pydantic import Field

from nbtrace.report.documents.models.image_causes import ImageCausesEntry, ImageRelationEntry, RoundingEntry
from nbtrace.report.documents.models.parts import (
    LATER,
    Answer,
    FormatVersion,
    NoticeEntry,
    PixelPlace,
    Provenance,
    SideNames,
    StatusWord,
    VerdictWord,
)
from nbtrace.report.documents.models.waivers import WAIVERS_KEY, WaiversEntry
from nbtrace.schema import Array, DocumentPart, Number


class ImageFigures(DocumentPart):
    """The figures of the compared pixels of two images; null where one is not defined."""

    pixels: int = Field(description="Pixels that were compared.")
    correlation: Number = Field(description="Pearson's coefficient.")
    rmse: Number = Field(description="Root of the mean square of py − c, in the unit of the pixels.")
    mse: Number = Field(description="Mean square of py − c, in that unit squared.")
    max_abs_diff: Number = Field(description="Largest |py − c|, in that unit.")
    c_sum: Number = Field(description="Sum of the reference's pixels.")
    py_sum: Number = Field(description="Sum of the candidate's pixels.")
    sum_ratio: Number = Field(description="py_sum/c_sum.")
    scale: Number = Field(description="Least-squares k of py = k c.")
    scale_reverse: Number = Field(description="Least-squares k of c = k py.")
    c_max: Number = Field(description="The reference's largest pixel.")
    py_max: Number = Field(description="The candidate's largest pixel.")
    c_mean: Number = Field(description="Mean of the reference's pixels.")
    py_mean: Number = Field(description="Mean of the candidate's pixels.")
    identical: int = Field(description="Pixels with the same value.")
    beyond: int = Field(description="Pixels that differ by more than the tolerance.")
    share_beyond: Number = Field(description="The same as a share.")
    zero_in_c: int = Field(description="Of those, pixels that are 0 in the reference only.")
    zero_in_py: int = Field(description="Of those, pixels that are 0 in the candidate only.")
    mean_peak_distance: Number = Field(description="Mean distance of matched peaks, in pixels.")
    max_peak_distance: Number = Field(description="Largest distance of matched peaks, in pixels.")


class GateEntry(DocumentPart):
    """One condition of agreement."""

    name: str = Field(description="Its name.")
    status: StatusWord
    value: Number = Field(default=None, description="What was found; null where it is not defined.")
    limit: str = Field(default="", description="What is allowed.")
    origin: str = Field(default="", description="Who set the limit.")
    reason: str = Field(description="What the status means here.")


class PixelTolerances(DocumentPart):
    """A pixel agrees within the largest of these."""

    relative: Number = Field(description="Of the larger of the two pixels.")
    absolute: Number = Field(description="In the unit of the pixels.")
    rounding: Number = Field(description="For rounding to whole counts.")


class DifferingPixel(PixelPlace):
    """A pixel that differs."""

    c: Number = Field(default=None, description="The reference's value.")
    py: Number = Field(default=None, description="The candidate's value.")
    difference: Number = Field(default=None, description="py − c.")
    relative: Number = Field(default=None, description="|py − c|/max(|c|, |py|).")
    status: StatusWord = ""
    resolution_angstrom: Number = Field(
        default=None, description="d at its centre, in Å; null where the geometry is unknown."
    )
    hkl: Array[Number] | None = Field(
        default=None, description="Fractional Miller indices at its centre; null where the cell is unknown."
    )


class ImageCoverage(DocumentPart):
    """Which pixels were compared."""

    pixels: int = Field(description="Pixels of an image.")
    compared: int = Field(description="Pixels that were compared.")
    outside_region_and_mask: int = Field(description="Pixels that were not asked for.")
    c_not_finite: int = Field(description="Pixels that are nan or inf in the reference only.")
    py_not_finite: int = Field(description="Pixels that are nan or inf in the candidate only.")
    not_finite_in_both: int = Field(description="Pixels that are nan or inf in both.")


class DetectorGeometryEntry(DocumentPart):
    """Where the pixels are, seen from the sample, and the crystal's cell; lengths in mm, wavelength and cell in Å."""

    corner_mm: Array[Number] = Field(description="Outer corner of pixel slow 0 fast 0.")
    fast: Array[Number] = Field(description="Unit vector along a row.")
    slow: Array[Number] = Field(description="Unit vector down a column.")
    pixel_mm: Number = Field(description="Edge of a pixel.")
    beam: Array[Number] = Field(description="Unit vector along the incident beam.")
    wavelength_angstrom: Number = Field(description="Wavelength.")
    cell_angstrom: Array[Array[Number]] | None = Field(
        description="Vectors a, b, c of the crystal as rows; null where the cell is unknown."
    )
    origin: str = Field(description="What told it, and what had to be assumed.")


class ResolutionShell(DocumentPart):
    """A shell of resolution."""

    d_max_angstrom: Number = Field(description="Its largest d, in Å.")
    d_min_angstrom: Number = Field(description="Its smallest d, in Å.")
    pixels: int = Field(description="Compared pixels in it.")
    c_sum: Number = Field(description="Sum of the reference's pixels.")
    py_sum: Number = Field(description="Sum of the candidate's pixels.")
    sum_ratio: Number = Field(description="py_sum/c_sum; null where a sum is 0.")


class NumberSteps(DocumentPart):
    """Pixels by how many representable numbers their values are apart: 0, 1, 2 to 3, 4 to 7, and so on."""

    number_format: str = Field(description="The format of the numbers.")
    counts: Array[int] = Field(description="Pixels of each class.")


class PeakCounts(DocumentPart):
    """The peaks of both images."""

    c: int = Field(description="Peaks of the reference.")
    py: int = Field(description="Peaks of the candidate.")
    matched: int = Field(description="Peaks that both have.")
    c_alone: Array[Array[Number]] = Field(description="[slow, fast] of peaks that only the reference has.")
    py_alone: Array[Array[Number]] = Field(description="[slow, fast] of peaks that only the candidate has.")


class PixelShift(DocumentPart):
    """How far an image is moved, in pixels."""

    slow: int = Field(description="Along the slow axis.")
    fast: int = Field(description="Along the fast axis.")


class PlacementEntry(DocumentPart):
    """A better way to lay the candidate's image on the reference's."""

    py_is: str = Field(description="What is done to the candidate's image.")
    shift: PixelShift = Field(description="Pixels by which it is then moved.")
    correlation: Number = Field(description="Correlation of what `of` names, placed so.")
    as_given: Number = Field(description="The same of the images as they are.")
    of: str = Field(description="What is correlated.")


class ImageSource(DocumentPart):
    """An image that was compared."""

    source: str = Field(description="Its name, as it was given.")
    format: str = Field(default="", description="Form of the file.")
    shape_slow_fast: Annotated[tuple[int, int], Field(strict=False)] | None = Field(
        default=None, description="Pixels along slow and fast."
    )
    dtype: str = Field(default="", description="Number type of the pixels.")
    frame: int = Field(default=1, description=f"{LATER}Which image of the file it is, from 1.")
    frames: int = Field(default=1, description=f"{LATER}Images in the file.")


class _ImagesHead(DocumentPart):
    format: str = Field(description="Which document it is.")
    format_version: FormatVersion
    verdict: VerdictWord
    answer: Answer = ""


class ImagesBody(ImageFigures, _ImagesHead):
    """Two images compared; in a document, the fields of the last base come first."""

    undefined: dict[str, str] = Field(description="Figure that is null → why.")
    gates: Array[GateEntry] = Field(description="What must hold for agreement.")
    tolerance: PixelTolerances = Field(description="Of pixels, no finer than their number format.")
    status_counts: dict[str, int] = Field(description="Status → compared pixels of it.")
    worst_pixels: Array[DifferingPixel] = Field(description="The largest |py − c|, the largest first.")
    worst_relative: Array[DifferingPixel] = Field(
        description="The largest relative differences beyond the tolerance, of pixels that are 0 in neither image."
    )
    brightest: PixelPlace | None = Field(description="The reference's brightest compared pixel.")
    coverage: ImageCoverage = Field(description="Which pixels were compared.")
    roi: Array[int] | None = Field(description="First and last fast, first and last slow pixel of the region.")
    resampled: bool = Field(description="Whether the candidate's image was resampled to the reference's shape.")
    shells: Array[ResolutionShell] = Field(description="Shells of resolution; empty where the geometry is unknown.")
    geometry: DetectorGeometryEntry | None = Field(
        default=None, description=f"{LATER}Where the pixels are; null where nothing tells it."
    )
    steps: NumberSteps | None = Field(description="How far values are apart; null between integers and floats.")
    peaks: PeakCounts = Field(description="The peaks of both images.")
    placement: PlacementEntry | None = Field(description="A better way to lay one on the other; null where none.")
    relation: ImageRelationEntry | None = Field(
        default=None, description=f"{LATER}How one image is made from the other; null where none was found."
    )
    rounding: RoundingEntry | None = Field(
        default=None, description=f"{LATER}What rounding to the integers of a file leaves; null where there is none."
    )
    causes: ImageCausesEntry | None = Field(
        default=None, description=f"{LATER}What runs of the simulator say; null without a configuration."
    )
    names: SideNames | None = Field(default=None, description=f"{LATER}What reports call the two sides.")
    c: ImageSource = Field(description="The reference's image.")
    py: ImageSource = Field(description="The candidate's image.")
    notices: Array[NoticeEntry] = Field(description="What must be known before the figures.")
    waivers: WaiversEntry | None = Field(default=None, description=WAIVERS_KEY)


class ImagesDocument(ImagesBody):
    """What `nbtrace images` says of two images: whether they are the same pattern on the same scale."""

    format: Literal["nbtrace images"]
    provenance: Provenance = None

"""The result of comparing two images."""

from collections.abc import Mapping
from typing import ClassVar

from nbtrace.compare.images.gates import Gate
from nbtrace.compare.images.image_metrics import Metrics
from nbtrace.compare.images.options import ImageOptions
from nbtrace.compare.images.orientation import Orientation
from nbtrace.compare.images.peaks import PeakMatching
from nbtrace.compare.images.pixelwise import PixelTolerance
from nbtrace.compare.images.relation import ImageRelation
from nbtrace.compare.images.rounding import Rounding
from nbtrace.compare.images.selection import ComparedPixels
from nbtrace.compare.images.shells import Shell
from nbtrace.frozen import frozen, frozen_apart
from nbtrace.images.image import Geometry, Image
from nbtrace.presentable import Presentable
from nbtrace.records import Pixel
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.vocabulary.sides import Names


@frozen
class WorstPixel:
    """A pixel that differs.

    Attributes
    ----------
    pixel : (int, int)
        (slow, fast).
    c, py : float
    difference : float
        Py − C.
    relative : float
        |Py − C|/max(|C|, |Py|).
    status : Status
    resolution : float or None
        d in m at its centre, where the geometry is known.
    hkl : tuple or None
        Fractional Miller indices at its centre, where the cell is known as well.
    """

    pixel: Pixel
    c: float
    py: float
    difference: float
    relative: float
    status: Status
    resolution: float | None
    hkl: tuple[float, float, float] | None


@frozen
class PixelSteps:
    """Pixels that are 0, 1, 2 to 3, 4 to 7, … representable numbers of a format apart."""

    number_format: str
    counts: tuple[int, ...]


@frozen_apart
class ImagesResult(Presentable):
    """What comparing two images gave.

    Attributes
    ----------
    c, py : Image
        The images as compared, resampled where that was asked for.
    options : ImageOptions
    selection : ComparedPixels
        Which pixels were compared.
    geometry : Geometry or None
    tolerance : PixelTolerance
        Of pixels, not finer than their number format.
    metrics : Metrics
    gates : tuple of Gate
        What must hold for agreement.
    status_counts : mapping of Status to int
        Compared pixels by status.
    worst_pixels : tuple of WorstPixel
        The largest |Py − C|, the largest first; pixels without any difference are left out.
    worst_relative : tuple of WorstPixel
        The largest relative differences among pixels beyond the tolerance that are 0 in neither image.
    brightest : (int, int)
        (slow, fast) of the brightest compared pixel of C.
    steps : PixelSteps or None
        None between integers and floats.
    peaks : PeakMatching
    shells : tuple of Shell
        Empty where the geometry is not known.
    placement : Orientation or None
        A better way to lay Py on C, looked for where the images differ.
    notices : tuple of Notice
    rounding : Rounding or None
        How one image is the other rounded to the whole numbers of its file; None if it is not.
    relation : ImageRelation or None
        How one image is made from the other, looked for where they differ.
    """

    presented_as: ClassVar[str] = "images"

    c: Image
    py: Image
    options: ImageOptions
    selection: ComparedPixels
    geometry: Geometry | None
    tolerance: PixelTolerance
    metrics: Metrics
    gates: tuple[Gate, ...]
    status_counts: Mapping[Status, int]
    worst_pixels: tuple[WorstPixel, ...]
    worst_relative: tuple[WorstPixel, ...]
    brightest: Pixel
    steps: PixelSteps | None
    peaks: PeakMatching
    shells: tuple[Shell, ...]
    placement: Orientation | None
    notices: tuple[Notice, ...]
    rounding: Rounding | None = None
    relation: ImageRelation | None = None

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        beyond = sum(count for status, count in self.status_counts.items() if status.diverges)
        counts = f"{self.metrics.pixels} pixels compared; beyond the tolerance: {beyond}"
        return (f"{counts}; {self.c.source} against {self.py.source}",)

    @property
    def names(self) -> Names:
        """What reports call the two sides."""
        return self.options.names

    @property
    def verdict(self) -> Verdict:
        """Agreement needs every gate; correlation alone never gives it."""
        return Verdict.DIFFER if any(gate.status.diverges for gate in self.gates) else Verdict.AGREE

    def gate(self, name: str) -> Gate | None:
        """Return a gate by its name."""
        return next((gate for gate in self.gates if gate.name == name), None)

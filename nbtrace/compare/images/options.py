"""What a comparison of two images is asked for, and what counts as agreement."""

from collections.abc import Mapping
from dataclasses import field

from nbtrace.errors import UsageError
from nbtrace.frozen import frozen_apart
from nbtrace.images.image import Geometry, Mask
from nbtrace.images.roi import Roi
from nbtrace.verdicts.tolerance import DEFAULT_RELATIVE
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names

DEFAULT_CORRELATION = 0.9999
"""Correlation from which on two images show the same pattern; agreement needs much more than that."""

DEFAULT_SUM_RATIO = (1 - DEFAULT_RELATIVE, 1 + DEFAULT_RELATIVE)


@frozen_apart
class ImageOptions:
    """What is compared, and the limits of agreement.

    Attributes
    ----------
    roi : Roi or None
        Compare these pixels only.
    mask : ndarray or None
        Shape of the images (slow, fast); compare pixels that are True.
    threshold : float
        Least correlation.
    sum_ratio : (float, float)
        Least and largest ratio Py/C of the sums, and of the intensity scale.
    relative, absolute : float
        A pixel agrees if |Py − C| ≤ max(relative · max(|C|, |Py|), absolute).
    outliers : float
        Share of pixels that may disagree.
    resample : bool
        Bring images of different shapes to the coarser one.
    geometry : Geometry or None
        Where the pixels are, in place of what the images themselves tell.
    mask_values : tuple of float or None
        Pixels that hold one of these in either image are not compared; an empty tuple stands for the marks of masks
        that are found (whole numbers below 0, the largest of an integer format), None for no such value.
    names : Names
        What reports call the two sides.
    origins : mapping of str to str
        Who set a field, for the report; a field that is absent is told by its value.
    """

    roi: Roi | None = None
    mask: Mask | None = field(default=None, repr=False)
    threshold: float = DEFAULT_CORRELATION
    sum_ratio: tuple[float, float] = DEFAULT_SUM_RATIO
    relative: float = DEFAULT_RELATIVE
    absolute: float = 0.0
    outliers: float = 0.0
    resample: bool = False
    geometry: Geometry | None = None
    mask_values: tuple[float, ...] | None = None
    names: Names = field(default_factory=lambda: registry.default().names)
    origins: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        low, high = self.sum_ratio
        if not 0 < low <= high < float("inf"):
            raise UsageError(f"sum ratio {low:g} to {high:g}: give two numbers above 0, the smaller one first")
        if not -1 <= self.threshold <= 1:
            raise UsageError(f"correlation {self.threshold:g}: give a number from -1 to 1")
        if not (0 <= self.relative < float("inf") and 0 <= self.absolute < float("inf")):
            raise UsageError("a tolerance of pixels is a finite number of 0 or more")
        if not 0 <= self.outliers < 1:
            raise UsageError(f"share of outliers {self.outliers:g}: give a number from 0 to less than 1")

    def origin(self, name: str) -> str:
        """Return who set a field."""
        own, default = getattr(self, name), _DEFAULTS[name]
        return self.origins.get(name, "default" if own == default else "given")


_DEFAULTS = {
    "threshold": DEFAULT_CORRELATION,
    "sum_ratio": DEFAULT_SUM_RATIO,
    "relative": DEFAULT_RELATIVE,
    "absolute": 0.0,
    "outliers": 0.0,
}

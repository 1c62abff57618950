"""What the comparison of two whole-detector traces comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nbtrace.detector.detector_file import StatedRun
from nbtrace.frozen import frozen
from nbtrace.presentable import Presentable
from nbtrace.records import Pixel
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.verdicts.tolerance import Policy

Region = tuple[int, int, int, int]
"""First and last slow, first and last fast coordinate of a rectangle."""

UNTRACED, ONLY_C, ONLY_PY, LACKING, UNCOMPARED, AGREEING = -1, -2, -3, -4, -5, 0
"""What a map says of a pixel where no quantity diverges: it is in neither trace; in one alone; a side lacks some of its
rows; no value of it could be compared; it agrees."""


@frozen
class DetectorSide:
    """One of the two files.

    Attributes
    ----------
    source : str
    rows, pixels : int
    run : StatedRun
    """

    source: str
    rows: int
    pixels: int
    run: StatedRun


@frozen
class DivergentPixel:
    """The first divergence of one pixel.

    Attributes
    ----------
    pixel : (int, int)
        Slow and fast.
    place : tuple of (str, int)
        The sampled point and the turns of loops, by the columns that tell them.
    component : str
        Of a vector, the one that is farthest apart.
    c, py : float or None
        Its values in the unit of the vocabulary; None where a side has none.
    relative : float
        Py − C over the norm of C; infinite where it cannot be measured.
    status : Status
    """

    pixel: Pixel
    place: tuple[tuple[str, int], ...]
    component: str
    c: float | None
    py: float | None
    relative: float
    status: Status


@frozen
class FirstQuantity:
    """A quantity that diverges in some pixel.

    Attributes
    ----------
    quantity : str
    unit : str or None
    pixels : int
        Those in which it is the first that diverges.
    diverging : int
        Those in which it diverges at all.
    statuses : mapping of Status to int
        How far it does in those where it is the first.
    region : Region or None
        The smallest rectangle that holds those where it is the first; None where there is none.
    parts : int
        Into how many parts that do not touch they fall.
    worst : DivergentPixel or None
        That of them with the largest difference beyond its limit.
    """

    quantity: str
    unit: str | None
    pixels: int
    diverging: int
    statuses: Mapping[Status, int]
    region: Region | None
    parts: int
    worst: DivergentPixel | None


@frozen
class ApartPixels:
    """Pixels that have no first divergence and do not agree.

    Attributes
    ----------
    pixels : int
    region : Region or None
    """

    pixels: int = 0
    region: Region | None = None


@frozen
class DetectorCoverage:
    """What was compared and what was not.

    Attributes
    ----------
    pixels : int
        Pixels of both sides.
    agreeing : int
        Those in which every value that was compared agrees, and neither side lacks one.
    only_c, only_py : ApartPixels
        Pixels of one side alone.
    lacking : ApartPixels
        Pixels of both of which a side lacks rows, without another divergence.
    lacking_in_all : int
        All of which a side lacks rows.
    uncompared : ApartPixels
        Pixels of both without a value that could be compared.
    untraced : int or None
        Pixels of the detector that neither side has; None where no file tells how large it is.
    values, expected : int
        Values that were compared, and that at least one side has in a row of both.
    quantities : tuple of str
        Those that were compared in some row.
    empty : tuple of str
        Those of both sides that neither has a value of in any row.
    missing_on_c, missing_on_py : tuple of str
        Quantities that only the other side has.
    unused_c, unused_py : mapping of str to str
        Columns that were not compared, and why.
    equal, apart : tuple of str
        Columns of both that hold no plain numbers, and are the same in all rows, or not.
    one_sided : tuple of str
        Columns of both that are a quantity on one side, and cannot be compared on the other one.
    unfinished : bool
        A side with quantities of pixels lacks the final one, which the other has: as in a log, it ends too early.
    """

    pixels: int
    agreeing: int
    only_c: ApartPixels
    only_py: ApartPixels
    lacking: ApartPixels
    lacking_in_all: int
    uncompared: ApartPixels
    untraced: int | None
    values: int
    expected: int
    quantities: tuple[str, ...]
    empty: tuple[str, ...]
    missing_on_c: tuple[str, ...]
    missing_on_py: tuple[str, ...]
    unused_c: Mapping[str, str]
    unused_py: Mapping[str, str]
    equal: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    one_sided: tuple[str, ...] = ()
    unfinished: bool = False

    @property
    def unused_on_both(self) -> tuple[str, ...]:
        """Columns of both sides that were not compared."""
        return (*(title for title in self.unused_c if title in self.unused_py), *self.one_sided)

    @property
    def lacks_quantities(self) -> bool:
        """Whether a side lacks a quantity that the other one has."""
        return bool(self.missing_on_c or self.missing_on_py)


@dataclass(frozen=True, eq=False, repr=False)
class DivergenceMap:
    """The detector, pixel by pixel.

    Attributes
    ----------
    quantities : tuple of str
        The first divergences, in the order of execution.
    codes : ndarray of int16, slow by fast
        n: the n-th of them, from 1; 0 and less: see :data:`AGREEING`.
    sizes : ndarray of float32
        |Py − C| over the norm of C of the first divergence; infinite where it cannot be measured, 0 without one.
    """

    quantities: tuple[str, ...]
    codes: npt.NDArray[np.int16]
    sizes: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class DetectorResult(Presentable):
    """Two whole-detector traces compared.

    Attributes
    ----------
    c, py : DetectorSide
    policy : Policy
    firsts : tuple of FirstQuantity
        In the order of execution; those that are nowhere the first, too.
    coverage : DetectorCoverage
    notices : tuple of Notice
    map : DivergenceMap
    strict : bool
        Whether a quantity of one side alone is a difference.
    """

    presented_as: ClassVar[str] = "detector"

    c: DetectorSide
    py: DetectorSide
    policy: Policy
    firsts: tuple[FirstQuantity, ...]
    coverage: DetectorCoverage
    notices: tuple[Notice, ...]
    map: DivergenceMap = field(repr=False)
    strict: bool = False

    def counted(self) -> tuple[str, ...]:
        """Return how many pixels were compared, and how many agree."""
        covered = self.coverage
        return (
            f"{covered.pixels} pixels compared, {covered.agreeing} agree; {self.c.source} against {self.py.source}",
        )

    @property
    def divergent(self) -> int:
        """Pixels with a first divergence."""
        return sum(item.pixels for item in self.firsts)

    @property
    def verdict(self) -> Verdict:
        """Agreement only where every pixel agrees, neither side lacks one, and nothing of both was left out."""
        covered = self.coverage
        lacking = covered.only_c.pixels or covered.only_py.pixels or covered.lacking_in_all or covered.unfinished
        left_out = covered.apart or covered.unused_on_both
        incomplete = self.strict and (covered.lacks_quantities or covered.unused_c or covered.unused_py)
        return Verdict.DIFFER if self.divergent or lacking or left_out or incomplete else Verdict.AGREE

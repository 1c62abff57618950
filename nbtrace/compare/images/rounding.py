"""Whether two images differ by nothing but rounding to whole numbers, and how finely such images can be told apart."""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.errors import InputError
from nbtrace.frozen import frozen
from nbtrace.records import Side
from nbtrace.vocabulary.sides import Names

Values: TypeAlias = npt.NDArray[Any]

HALF = 0.5 * (1 + 1e-9)
"""By how much rounding to the nearest whole number moves a value at most."""
_SIGMAS = 5.0
_LEAST_PIXELS = 10
_WIDEST = 0.01
"""Widest interval of factors that rounding may leave open."""
_LEAST_EXPECTED = 0.005
"""Largest lack of correlation that rounding may make."""


@frozen
class Rounding:
    """One image is the other rounded to whole numbers, which its number format cannot avoid.

    Attributes
    ----------
    made : Side
        The image of integers.
    largest : float
        Largest |Py − C|, at most ½.
    told : int
        Pixels above ½, of which something is left after rounding.
    blind : int
        Pixels below.
    factors : (float, float)
        The other image, multiplied by any factor between these, rounds to the same.
    sum_error : float
        What rounding may do to the sum: five standard deviations of as many errors from −½ to ½.
    blind_sum : float
        Sum of |I| below ½, of which nothing is left.
    correlation_error : float
        By how much rounding lowers the correlation, as its variance of 1/12 has it.
    """

    made: Side
    largest: float
    told: int
    blind: int
    factors: tuple[float, float]
    sum_error: float
    blind_sum: float
    correlation_error: float

    @property
    def tells(self) -> bool:
        """Whether enough is left after rounding for an agreement to mean something."""
        return (
            self.told >= _LEAST_PIXELS
            and self.factors[1] - self.factors[0] <= _WIDEST
            and self.blind_sum <= self.sum_error
            and self.correlation_error <= _LEAST_EXPECTED
        )

    def short(self, names: Names) -> str:
        """Return which image is the other one rounded."""
        made, source = (names.of(side) for side in (self.made, self.made.other))
        return f"{made} is {source} rounded to whole numbers"

    def words(self, names: Names) -> str:
        """Return what there is to know of it, in one line."""
        source = names.of(self.made.other)
        low, high = self.factors
        text = f"{self.short(names)}: largest |{names.difference}| {self.largest:.4g}"
        if f"{low:.9g}" != f"{high:.9g}":
            text += f", and {source} times any factor from {low:.9g} to {high:.9g} rounds to the same"
        if not self.blind:
            return text
        return f"{text}; of {self.blind} pixels below ½, with a sum of {self.blind_sum:.4g}, nothing is left"

    def lacks(self) -> str:
        """Return why it is too little to agree on."""
        if self.told < _LEAST_PIXELS:
            return f"only {self.told} pixels exceed ½, too few to agree on"
        if self.blind_sum > self.sum_error:
            return (
                f"{self.blind} pixels below ½ hold a sum of {self.blind_sum:.4g}, more than rounding alone "
                f"accounts for ({self.sum_error:.4g}), and of them nothing can be told"
            )
        return "the pixels above ½ are too faint, or too alike, to agree on"


def rounding_of(c: Values, py: Values, names: Names) -> Rounding | None:
    """Return how one image is the other rounded to whole numbers; None if it is not, or is the very same.

    Only a file of integers is forgiven, and only rounding to the nearest: half a count in every pixel.

    Parameters
    ----------
    c, py : ndarray
        The compared values, flat.
    names : Names
        What messages call the sides.

    Raises
    ------
    InputError
        If rounding leaves nothing to compare.
    """
    kinds = [values.dtype.kind in "ui" for values in (c, py)]
    if kinds[0] == kinds[1]:
        return None
    made = Side.C if kinds[0] else Side.PY
    whole, source = (c, py) if made is Side.C else (py, c)
    y, x = whole.astype(np.float64), source.astype(np.float64)
    apart = np.abs(y - x)
    if not bool((apart <= HALF).all()) or not apart.any():
        return None  # where all values are the same, nothing was rounded
    seen = np.abs(x) > 0.5
    told = int(np.count_nonzero(seen))
    if told == 0:
        raise InputError(
            f"nothing is left to compare: {names.of(made.other)} is at most ½ in all "
            f"{x.size} compared pixels, which is 0 in the whole numbers of {names.of(made)}"
        )
    ends = np.stack(((y[seen] - HALF) / x[seen], (y[seen] + HALF) / x[seen]))
    factors = float(ends.min(0).max()), float(ends.max(0).min())
    variance = float(x.var())
    return Rounding(
        made=made,
        largest=float(apart.max()),
        told=told,
        blind=x.size - told,
        factors=factors,
        sum_error=_SIGMAS * math.sqrt(x.size / 12),
        blind_sum=float(np.abs(x[~seen]).sum()),
        correlation_error=1 / (24 * variance) if variance else math.inf,
    )

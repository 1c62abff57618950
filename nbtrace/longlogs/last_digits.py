"""What the last printed digit of each value of a window is worth."""

import math
from collections.abc import Mapping

import numpy as np

from nbtrace.compare.precision import NumberFormat
from nbtrace.longlogs.decimals import Floats, Ints
from nbtrace.longlogs.windows import WindowPart

_LOWEST_POWER = -400
_TENS = np.array([10.0**power if power > -320 else 0.0 for power in range(_LOWEST_POWER, 309)])
_COARSEST, _FINEST = 307, -307
"""Powers of ten between which the last digit of a number is looked for."""

_NEAR_A_POWER = 1e-12
"""Distance from a whole number within which a logarithm is taken as single values have it."""


class LastDigits:
    """The last printed digits of the values of one side, in the unit of the vocabulary.

    Attributes
    ----------
    finest : float
        What the last digit of any number is at most, relative to the number, where no family has fixed decimals.
    fixed : bool
        Whether one has.
    """

    def __init__(self, part: WindowPart, formats: Mapping[str, NumberFormat]) -> None:
        self._part = part
        kinds = part.pieces[-1][0].kinds if part.pieces else []
        known = [formats.get(kind.family) for kind in kinds]
        self._digits = np.array([form.digits if form is not None else 0 for form in known])
        decimals = [None if form is None else form.decimals for form in known]
        self._decimals = np.array([-1 if number is None else number for number in decimals])
        self._scale = np.abs(np.array([kind.item.meaning.scale for kind in kinds]))
        self.finest = 10.0 ** (1 - min((form.digits for form in known if form is not None), default=0))
        self.fixed = bool((self._decimals >= 0).any())

    def of(self, rows: Ints, component: Ints, beside: Floats | None = None) -> Floats:
        """Return the last digit of a component of each value, 0 of a zero without fixed decimals.

        `beside` are the numbers that they are compared with: the smaller of the two decades counts.
        """
        part = self._part
        assert part.figures is not None  # noqa: S101 - readers of what is compared tell them
        figures = part.figures.at(part.first[rows] + component)
        kinds = part.kind[rows]
        scale, zero, exponent = self._scale[kinds], figures.mantissa == 0, figures.leading
        if beside is not None:
            other = beside != 0
            exponent = np.where(other, np.minimum(exponent, _decades(np.abs(beside) / scale, other)), exponent)
        power = np.clip(exponent - self._digits[kinds] + 1, _FINEST, _COARSEST)
        fixed = (self._decimals[kinds] >= 0) & ~figures.scientific
        power = np.where(fixed, -self._decimals[kinds], power)
        result: Floats = np.where(zero & ~fixed, 0.0, scale * _TENS[power - _LOWEST_POWER])
        return result


def _decades(numbers: Floats, which: np.ndarray) -> Ints:
    """Return the powers of ten of the first digits of some numbers above 0, as `math.log10` has them."""
    logarithm = np.log10(np.where(which, numbers, 1.0))
    result: Ints = np.floor(logarithm).astype(np.int64)
    close = np.flatnonzero(np.abs(logarithm - np.round(logarithm)) < _NEAR_A_POWER)
    result.ravel()[close] = [math.floor(math.log10(number)) if number else 0 for number in numbers.ravel()[close]]
    return result

"""How far many values are apart, and the band that each difference is in: what is said of one, for columns."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.verdicts.status import Status
from nbtrace.verdicts.tolerance import Tolerance
from nbtrace.vocabulary.quantity import Basis

Floats: TypeAlias = npt.NDArray[np.float64]

BANDS = (Status.PASS, Status.MINOR, Status.DIVERGENT, Status.CRITICAL)
"""What the numbers of bands stand for."""


def relatives(delta: Floats, base: Floats) -> Floats:
    """Return differences relative to the values that they are of, as :func:`nbtrace.compare.metrics.difference` does.

    Beside 0 they are infinite, with the sign of the difference.
    """
    with np.errstate(all="ignore"):
        found: Floats = delta / base
    nothing = base == 0
    found[nothing] = np.copysign(np.inf, delta[nothing])
    found[delta == 0] = 0.0
    return found


def bands(worst: Floats, relative: Floats, tolerance: Tolerance) -> npt.NDArray[np.uint8]:
    """Return the numbers of the bands of differences beyond a tolerance: 1 to 3; what is no number is in the last.

    Parameters
    ----------
    worst : array of float, shape (n,)
        How far apart the values are, in the record unit.
    relative : array of float, shape (n,)
        The same, relative.
    tolerance : Tolerance
    """
    size = np.abs(relative) if tolerance.basis is Basis.RELATIVE else worst
    minor, divergent = tolerance.bands
    found: npt.NDArray[np.uint8] = np.full(size.shape, 1, dtype=np.uint8)
    found += ~(size < minor)
    found += ~(size < divergent)
    return found

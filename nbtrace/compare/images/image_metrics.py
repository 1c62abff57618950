"""The figures of two images as a whole, from exact sums: correctly rounded, and the same in any order of pixels."""

import math
from fractions import Fraction

from nbtrace.compare.images.sums import Moments
from nbtrace.frozen import frozen

_ROOT_BITS = 128


@frozen
class Metrics:
    """Figures of the compared pixels; None where one is not defined.

    Exchanging the images exchanges c_… with py_… and scale with scale_reverse, and leaves the others as they are,
    to the last digit; sum_ratio becomes its reciprocal.

    Attributes
    ----------
    pixels : int
        Number of compared pixels.
    correlation : float or None
        Pearson's; None if an image is constant.
    mse, rmse : float
        Mean square of Py − C, and its root.
    max_abs_diff : float
        Largest |Py − C|.
    c_sum, py_sum : float
    sum_ratio : float or None
        py_sum/c_sum; None if a sum is 0.
    scale, scale_reverse : float or None
        Least-squares k of Py = k C, Σ C·Py / Σ C²; and of C = k Py.
    c_max, py_max, c_mean, py_mean : float
    identical : int
        Pixels with the same value.
    beyond, share_beyond : int, float
        Pixels that differ by more than the tolerance, and their share.
    zero_in_c, zero_in_py : int
        Those of them that are 0 in one image only, as behind a mask or a cut of resolution.
    mean_peak_distance, max_peak_distance : float or None
        Pixels, over the matched peaks; None if none match.
    """

    pixels: int
    correlation: float | None
    rmse: float
    mse: float
    max_abs_diff: float
    c_sum: float
    py_sum: float
    sum_ratio: float | None
    scale: float | None
    scale_reverse: float | None
    c_max: float
    py_max: float
    c_mean: float
    py_mean: float
    identical: int
    beyond: int
    share_beyond: float
    zero_in_c: int
    zero_in_py: int
    mean_peak_distance: float | None
    max_peak_distance: float | None


def correlation(m: Moments) -> float | None:
    """Return Pearson's coefficient, correctly rounded but for one rounding of its root; None if a side is constant."""
    covariance = m.count * m.xy - m.x * m.y
    variances = variance_sum(m.count, m.x, m.xx) * variance_sum(m.count, m.y, m.yy)
    if variances == 0:
        return None
    size = root(covariance * covariance / variances)
    return size if covariance > 0 else -size


def variance_sum(count: int, total: Fraction, squares: Fraction) -> Fraction:
    """Return n²·variance."""
    return count * squares - total * total


def mean_square_difference(m: Moments) -> Fraction:
    """Return the mean of (y − x)²."""
    return (m.xx - 2 * m.xy + m.yy) / m.count


def number(value: Fraction) -> float:
    """Return the nearest float, inf beyond the largest."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def root(value: Fraction) -> float:
    """Return the square root of a fraction to its last digit."""
    if value <= 0:
        return 0.0
    shift = max(0, _ROOT_BITS - (value.numerator.bit_length() - value.denominator.bit_length()))
    shift += shift % 2
    scaled, rest = divmod(value.numerator << shift, value.denominator)
    whole = math.isqrt(scaled)
    # A bit below the last one stands for all that was cut off, so that no tie is seen where there is none.
    cut = rest != 0 or whole * whole != scaled
    return number(Fraction(2 * whole + cut, 2 << (shift // 2)))


def ratio(numerator: Fraction, denominator: Fraction) -> float | None:
    """Return a quotient, None if it is 0, not defined, or its reciprocal is not."""
    return number(numerator / denominator) if numerator and denominator else None

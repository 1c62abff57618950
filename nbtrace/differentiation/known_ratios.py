"""Ratios of a wrong derivative to the right one that are known for what makes them."""

import math
from collections.abc import Mapping

KNOWN_RATIOS: Mapping[str, float] = {
    "": 1.0,
    "twice as large": 2.0,
    "half as large": 0.5,
    "four times as large": 4.0,
    "a quarter": 0.25,
    "per degree where per radian is meant": math.pi / 180.0,
    "per radian where per degree is meant": 180.0 / math.pi,
    "2π times as large": 2.0 * math.pi,
    "1/2π": 0.5 / math.pi,
    "π times as large": math.pi,
    "1/π": 1.0 / math.pi,
    "ten times as large": 10.0,
    "a tenth": 0.1,
    "a hundred times as large": 100.0,
    "a hundredth": 0.01,
    "a thousand times as large (mm and m)": 1e3,
    "a thousandth (mm and m)": 1e-3,
    "1e10 times as large (Å and m)": 1e10,
    "1e-10 (Å and m)": 1e-10,
}
"""What is said of a ratio → the ratio."""


_SURE = 0.02
"""Relative error bar up to which a ratio is known by a name."""


def known_ratio(ratio: float, bar: float) -> str:
    """Return what a ratio is known for.

    Parameters
    ----------
    ratio : float
        Wrong derivative over right one; its sign counts.
    bar : float
        Relative error bar of it.

    Returns
    -------
    str
        Empty where it is known for nothing.
    """
    if bar > _SURE:
        return ""
    for words, known in KNOWN_RATIOS.items():
        if abs(abs(ratio) / known - 1.0) <= bar and (words or ratio < 0.0):
            sign = "the other sign" if ratio < 0.0 else ""
            return ", ".join(filter(None, (sign, words)))
    return ""

"""What the options that the commands which compare images share mean."""

import math
from collections.abc import Mapping, Sequence

from nbtrace.errors import UsageError
from nbtrace.verdicts.tolerance import tolerance_number

_OPTIONS = {"threshold": "--threshold", "sum_ratio": "--sum-ratio", "outliers": "--outliers"}

MASK_VALUES = "--mask-values"
FOUND = "found"
"""What stands for the values of masks that are found."""


def mask_values_of(text: str | None) -> tuple[float, ...] | None:
    """Return the values of masks that an option names; none of them if they are to be found.

    Raises
    ------
    UsageError
        If one is no finite number.
    """
    if text is None or text == FOUND:
        return None if text is None else ()
    values = tuple(float(part) if is_number(part) else math.nan for part in text.split(","))
    if not all(map(math.isfinite, values)):
        raise UsageError(f"{MASK_VALUES} {text!r}: give finite numbers, as in {MASK_VALUES} -1,-2")
    return values


def is_number(text: str) -> bool:
    """Tell whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def origins_of(settings: Mapping[str, object]) -> dict[str, str]:
    """Return which option set each limit."""
    return {name: _OPTIONS.get(name, "--tolerance") for name in settings if name not in {"roi", "mask_values"}}


def pixel_tolerances(options: Sequence[str]) -> dict[str, float]:
    """Return the relative and the absolute tolerance that `--tolerance` options set."""
    limits = {}
    for option in options:
        basis, colon, number = option.rpartition(":")
        if colon and basis not in {"abs", "rel"}:
            raise UsageError(f"--tolerance {option!r}: give a number ≥ 0 or abs:number")
        limits["absolute" if basis == "abs" else "relative"] = tolerance_number(number, option)
    return limits


def split_tolerances(options: Sequence[str]) -> tuple[dict[str, float], list[str]]:
    """Return the tolerances of pixels, and the options (`NAME=…`) that are of traced quantities."""
    traced = [option for option in options if "=" in option]
    return pixel_tolerances([option for option in options if "=" not in option]), traced

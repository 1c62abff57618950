"""What the options of image comparisons mean."""

from collections.abc import Mapping, Sequence

from nbtrace.compare.tolerance import tolerance_number
from nbtrace.errors import UsageError

_OPTIONS = {"threshold": "--threshold", "sum_ratio": "--sum-ratio", "outliers": "--outliers"}


def origins_of(settings: Mapping[str, object]) -> dict[str, str]:
    """Return which option set each limit."""
    return {name: _OPTIONS.get(name, "--tolerance") for name in settings if name != "roi"}


def pixel_tolerances(options: Sequence[str]) -> dict[str, float]:
    """Return the relative and the absolute tolerance that `--tolerance` options set."""
    found = {}
    for option in options:
        basis, colon, number = option.rpartition(":")
        if colon and basis not in {"abs", "rel"}:
            raise UsageError(f"--tolerance {option!r}: give a number ≥ 0 or abs:number")
        found["absolute" if basis == "abs" else "relative"] = tolerance_number(number, option)
    return found


def split_tolerances(options: Sequence[str]) -> tuple[dict[str, float], list[str]]:
    """Return the tolerances of pixels, and the options (`NAME=…`) that are of traced quantities."""
    traced = [option for option in options if "=" in option]
    return pixel_tolerances([option for option in options if "=" not in option]), traced

"""Options that the commands which compare images share, and what they mean."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeAlias

import typer

from nbtrace.errors import UsageError
from nbtrace.verdicts.tolerance import tolerance_number

Region: TypeAlias = Annotated[
    tuple[int, int, int, int] | None,
    typer.Option(
        "--roi",
        metavar="XMIN XMAX YMIN YMAX",
        help="Compare this region only, as the reference's -roi has it: fast fast slow slow, inclusive.",
    ),
]
MaskFile: TypeAlias = Annotated[
    str | None, typer.Option("--mask", metavar="FILE", help="Image that is 0 where a pixel does not count.")
]
Threshold: TypeAlias = Annotated[
    float | None, typer.Option("--threshold", metavar="R", help="Least correlation (0.9999).")
]
SumRatio: TypeAlias = Annotated[
    tuple[float, float] | None,
    typer.Option("--sum-ratio", metavar="LO HI", help="Limits of the scale and of Py/C of the sums (1 ± 1e-6)."),
]
Outliers: TypeAlias = Annotated[
    float | None, typer.Option("--outliers", metavar="SHARE", help="Share of pixels that may exceed it (0).")
]
Resample: TypeAlias = Annotated[
    bool, typer.Option("--resample", help="Bring images of different shapes to the coarser grid.")
]

_OPTIONS = {"threshold": "--threshold", "sum_ratio": "--sum-ratio", "outliers": "--outliers"}


def origins_of(settings: Mapping[str, object]) -> dict[str, str]:
    """Return which option set each limit."""
    return {name: _OPTIONS.get(name, "--tolerance") for name in settings if name != "roi"}


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

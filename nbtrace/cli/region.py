"""A rectangle of pixels as an option: `--region`, slow first in every command, beside each command's own `--roi`."""

from typing import Annotated, TypeAlias

import typer

from nbtrace.cli.panels import PIXELS
from nbtrace.errors import UsageError
from nbtrace.images.roi import Roi

RegionOption: TypeAlias = Annotated[
    tuple[int, int, int, int] | None,
    typer.Option(
        "--region",
        metavar="S0 S1 F0 F1",
        help="These pixels only: slow S0 to S1, fast F0 to F1, ends included; the same order in every command.",
        rich_help_panel=PIXELS,
    ),
]
RoiOption: TypeAlias = Annotated[
    tuple[int, int, int, int] | None,
    typer.Option(
        "--roi",
        metavar="XMIN XMAX YMIN YMAX",
        help="The same in the order of the reference's -roi: fast first, then slow, inclusive.",
        rich_help_panel=PIXELS,
    ),
]
WindowOption: TypeAlias = Annotated[
    tuple[int, int, int, int] | None,
    typer.Option(
        "--roi",
        metavar="S0 S1 F0 F1",
        help="The same as --region: slow first, as this command has always had it.",
        rich_help_panel=PIXELS,
    ),
]


def region_of(region: tuple[int, int, int, int] | None, roi: tuple[int, int, int, int] | None) -> Roi | None:
    """Return the rectangle that `--region` (slow first) or `--roi` (the reference's order) names; None without either.

    Raises
    ------
    UsageError
        If both are given, or an end comes before its start.
    """
    refuse_both(region, roi)
    if region is not None:
        return Roi.from_region(region)
    return None if roi is None else Roi(*roi)


def refuse_both(region: object, roi: object) -> None:
    """Raise :class:`UsageError` if a rectangle is given twice."""
    if region is not None and roi is not None:
        raise UsageError("--region and --roi name the same pixels in two ways; give one of them")

"""Options that the commands which compare images share."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import typer

from nbtrace.cli.command import HelpfulCommand
from nbtrace.cli.image_settings import FOUND, MASK_VALUES, is_number
from nbtrace.cli.panels import PIXELS, TOLERANCE
from nbtrace.cli.program_flags import ProgramCommand

MaskFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--mask", metavar="FILE", help="Image that is 0 where a pixel does not count.", rich_help_panel=PIXELS
    ),
]
MaskValues: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--mask-values",
        metavar="[VALUE,...]",
        help="Do not compare pixels that hold one of these values in either image, as -1,-2; without values, the marks "
        "of masks that are found: whole numbers below 0, the largest of an integer format.",
        rich_help_panel=PIXELS,
    ),
]
Threshold: TypeAlias = Annotated[
    float | None,
    typer.Option("--threshold", metavar="R", help="Least correlation (0.9999).", rich_help_panel=TOLERANCE),
]
SumRatio: TypeAlias = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--sum-ratio",
        metavar="LO HI",
        help="Limits of the scale and of Py/C of the sums (1 ± 1e-6).",
        rich_help_panel=TOLERANCE,
    ),
]
Outliers: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--outliers", metavar="SHARE", help="Share of pixels that may exceed it (0).", rich_help_panel=TOLERANCE
    ),
]
Resample: TypeAlias = Annotated[
    bool, typer.Option("--resample", help="Bring images of different shapes to the coarser grid.")
]


def with_mask_values(args: Sequence[str]) -> list[str]:
    """Return the words of a command with the values after `--mask-values` as one: `-1 -2` becomes `-1,-2`.

    Words are values as long as they are numbers; where none follows, the values are to be found. What stands after
    `--` is left as it is.
    """
    words, rest = list(args), []
    if "--" in words:
        split = words.index("--")
        words, rest = words[:split], words[split:]
    joined: list[str] = []
    while words:
        word = words.pop(0)
        joined.append(word)
        if word == MASK_VALUES:
            values = []
            while words and _are_numbers(words[0]):
                values.append(words.pop(0))
            joined.append(",".join(values) or FOUND)
    return [*joined, *rest]


def _are_numbers(word: str) -> bool:
    return all(is_number(part) for part in word.split(",")) if word else False


class MaskedImagesCommand(HelpfulCommand):
    """A command whose `--mask-values` may have any number of values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the values together and parse."""
        return super().parse_args(ctx, with_mask_values(args))


class MaskedProgramsCommand(ProgramCommand):
    """The same of a command that passes flags on."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the values together and parse."""
        return super().parse_args(ctx, with_mask_values(args))

"""Options and checks of the commands that run the reference."""

import math
from typing import Annotated, TypeAlias

import typer

from nbtrace.cli.panels import PROGRAMS
from nbtrace.errors import UsageError

Reference: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--ref",
        metavar="BINARY",
        help="The reference program; see above where else it is found.",
        rich_help_panel=PROGRAMS,
    ),
]
Timeout: TypeAlias = Annotated[
    float,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        help="Time limit of one run of a program; 0 is none. The embedded simulator has none.",
        rich_help_panel=PROGRAMS,
    ),
]


def time_limit(seconds: float) -> float | None:
    """Return the time limit in seconds, None for none.

    Raises
    ------
    UsageError
        If it is no number of seconds.
    """
    if not 0 <= seconds < math.inf:
        raise UsageError(f"--timeout {seconds:g}: give seconds, 0 for no limit")
    return seconds or None


def wanted_flags(flags: list[str], command: str) -> list[str]:
    """Return the reference's flags.

    Raises
    ------
    UsageError
        If there are none.
    """
    if not flags:
        raise UsageError(f"no flags: put nanoBragg's flags after --, as in: nbtrace {command} -- -cell 100 100 100 …")
    return flags

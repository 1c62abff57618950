"""`--waivers` and `--case` of the commands whose divergences may be waived."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.given_waivers import GivenWaivers, given_waivers
from nbtrace.cli.panels import TOLERANCE
from nbtrace.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class WaiverOptions:
    """Where waivers are, and which case they are held against."""

    waivers: Annotated[
        Path | None,
        typer.Option(
            "--waivers",
            metavar="TOML",
            help="Divergences that are known and accepted; by default waivers.toml of the current folder.",
            readable=False,
            rich_help_panel=TOLERANCE,
        ),
    ] = None
    case: Annotated[
        str | None,
        typer.Option(
            "--case",
            metavar="NAME",
            help="What waivers call this case; by default after the names of the files, or the flags.",
            rich_help_panel=TOLERANCE,
        ),
    ] = None

    def given(self, vocabulary: Vocabulary | None) -> GivenWaivers | None:
        """Return the waivers; None where there are none.

        Raises
        ------
        InputError, UsageError
            If their file cannot be read, or holds something else.
        """
        return given_waivers(self.waivers, self.case, vocabulary)

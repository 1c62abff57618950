"""`--waivers` and `--case` of the commands whose divergences may be waived, and what they do to the exit status."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.panels import TOLERANCE
from nbtrace.errors import ExitCode, UsageError
from nbtrace.verdicts.waivers import WAIVERS, JudgedCase, Waiver, WaiverReport, judge_waivers
from nbtrace.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True)
class GivenWaivers:
    """The waivers of a call, and their file."""

    waivers: tuple[Waiver, ...]
    file: Path

    def of(self, case: str) -> tuple[Waiver, ...]:
        """Return those of a case."""
        return tuple(waiver for waiver in self.waivers if waiver.covers_case(case))

    def judge(self, cases: Sequence[JudgedCase], known: Iterable[str] | None = None) -> WaiverReport:
        """Hold them against what was found; see :func:`judge_waivers`."""
        return judge_waivers(self.waivers, cases, known=known, source=str(self.file))


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
            help="What waivers call this case; by default after the names of the two files, or the flags.",
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
        file = waivers_of(self.waivers, vocabulary)
        if file is None and self.case is not None:
            raise UsageError("--case says what waivers call this case, and there are none; give --waivers, too")
        return file


def waivers_of(file: Path | None, vocabulary: Vocabulary | None) -> GivenWaivers | None:
    """Return the waivers of a file, by default of that of the current folder; None where there is none."""
    if file is None and not Path(WAIVERS).is_file():
        return None
    from nbtrace.verdicts.waiver_file import read_waivers  # noqa: PLC0415 - pydantic, which only such a file needs

    file = file or Path(WAIVERS)
    return GivenWaivers(read_waivers(file, vocabulary), file)


def waived_code(code: ExitCode, report: WaiverReport | None) -> ExitCode:
    """Return how a command ends with its waivers: 0 only where all is waived and no waiver fails."""
    if report is None or code not in {ExitCode.AGREE, ExitCode.DIFFER}:
        return code
    return ExitCode.AGREE if report.passes else ExitCode.DIFFER

"""The waivers of a call, held against what was found, and what they do to the exit status."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.errors import ExitCode, UsageError
from nbtrace.frozen import frozen

if TYPE_CHECKING:
    from nbtrace.cli.compared_parts import ComparedPart
    from nbtrace.report.documents.parts import Document
    from nbtrace.report.view import View
    from nbtrace.verdicts.waivers import JudgedCase, Waiver, WaiverReport
    from nbtrace.vocabulary.vocabulary import Vocabulary

WAIVERS = "waivers.toml"
"""The file in which a project keeps its waivers, beside its pyproject.toml."""


@frozen
class GivenWaivers:
    """The waivers of a call, and their file."""

    waivers: "tuple[Waiver, ...]"
    file: Path
    quantities: frozenset[str] = frozenset()
    """Those that the vocabulary has."""

    def of(self, case: str) -> "tuple[Waiver, ...]":
        """Return those of a case."""
        return tuple(waiver for waiver in self.waivers if waiver.covers_case(case))

    def judge(
        self,
        cases: "Sequence[JudgedCase]",
        part: "ComparedPart",
        *,
        known: Iterable[str] | None = None,
        complete: bool = True,
    ) -> "WaiverReport":
        """Hold them against what was found; see :func:`nbtrace.verdicts.waivers.judge_waivers`."""
        from nbtrace.verdicts.waivers import judge_waivers  # noqa: PLC0415 - few projects have waivers

        compared = dict.fromkeys(item.quantity for case in cases for item in case.quantities)
        elsewhere = part.elsewhere(compared, self.quantities)
        return judge_waivers(
            self.waivers, cases, known=known, complete=complete, elsewhere=elsewhere, source=str(self.file)
        )


def given_waivers(file: Path | None, case: str | None, vocabulary: "Vocabulary | None") -> GivenWaivers | None:
    """Return the waivers of a call that names a file, a case, both or neither; None where there are none.

    Raises
    ------
    InputError, UsageError
        If their file cannot be read, or holds something else.
    """
    found = waivers_of(file, vocabulary)
    if found is None and case is not None:
        raise UsageError("--case says what waivers call this case, and there are none; give --waivers, too")
    return found


def waivers_of(file: Path | None, vocabulary: "Vocabulary | None") -> GivenWaivers | None:
    """Return the waivers of a file, by default of that of the current folder; None where there is none."""
    if file is None and not Path(WAIVERS).is_file():
        return None
    from nbtrace.verdicts.waiver_file import read_waivers  # noqa: PLC0415 - pydantic, which only such a file needs

    file = file or Path(WAIVERS)
    quantities = frozenset() if vocabulary is None else frozenset(vocabulary.quantities)
    return GivenWaivers(read_waivers(file, vocabulary), file, quantities)


def waiver_files(waivers: GivenWaivers | None) -> tuple[str, ...]:
    """Return the file of the waivers, which is an input of the command; nothing where there are none."""
    return () if waivers is None else (str(waivers.file),)


def waived_code(code: ExitCode, report: "WaiverReport | None") -> ExitCode:
    """Return how a command ends with its waivers: 0 only where all is waived and no waiver fails."""
    if report is None or code not in {ExitCode.AGREE, ExitCode.DIFFER}:
        return code
    return ExitCode.AGREE if report.passes else ExitCode.DIFFER


def waived_or_plain(view: "View", report: "WaiverReport | None") -> "View":
    """Return the view of a result with what its waivers say, if there are any."""
    if report is None:
        return view
    from nbtrace.report.views.waivers_view import waived_view  # noqa: PLC0415 - few projects have waivers

    return waived_view(view, report)


def document_with(document: "Document", report: "WaiverReport | None") -> "Document":
    """Return the document of a result with its waivers, if there are any."""
    if report is None:
        return document
    from nbtrace.report.documents.waivers_document import with_waivers  # noqa: PLC0415 - few projects have waivers

    return with_waivers(document, report)

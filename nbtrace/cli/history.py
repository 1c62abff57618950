"""`nbtrace history`: results kept in a file of lines, and a ledger of attempts."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli.command import HelpfulCommand, HelpfulGroup
from nbtrace.cli.printing import shown
from nbtrace.errors import UsageError

if TYPE_CHECKING:
    from nbtrace.history.history_line import HistoryLine
    from nbtrace.report.documents.history_rows import HistoricResult

app = typer.Typer(
    cls=HelpfulGroup, help="Keep results over many commits, and a ledger of attempts.", no_args_is_help=True
)

HISTORY = Path("history.jsonl")

HistoryFile = Annotated[
    Path,
    typer.Option("--file", metavar="FILE", help="The history; by default history.jsonl.", readable=False),
]
CaseName = Annotated[
    str | None,
    typer.Option("--case", metavar="NAME", help="What the case is called, where a result is of one alone."),
]
Results = Annotated[
    list[Path],
    typer.Argument(metavar="BUNDLE|RESULT", help="Bundles, or JSON documents of commands.", readable=False),
]


@app.command(cls=HelpfulCommand, epilog="Example: nbtrace history add evidence/")
def add(results: Results, *, file: HistoryFile = HISTORY, case: CaseName = None) -> None:
    """Add a line for each case and quantity of results to a history, which lives in git.

    A line has status, digits of agreement, headroom against the tolerance, first divergence, side and cause, commit,
    versions, machine and time; nbtrace schema history says what they mean. Lines that are there already are not added
    again, and the order of lines does not matter. For git to merge the lines of two branches, .gitattributes says
    history.jsonl merge=union.

    Exit status: 3 if a result or a line of the history cannot be read; nothing is added then.
    """
    from nbtrace.history.history_file import MERGED, add_lines  # noqa: PLC0415 - the models of documents

    lines = _lines(_read(results), case)
    made = not file.exists()
    new = add_lines(file, lines)
    there = len(lines) - new
    known = f", {there} were there already" if there else ""
    sys.stdout.write(f"{shown(file)}: {new} lines added{known}\n")
    if made and file.name == HISTORY.name:
        sys.stderr.write(f"for git to merge it, say in .gitattributes: {MERGED}\n")


@app.command(cls=HelpfulCommand, epilog="Example: nbtrace history note attempts.md evidence/")
def note(
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER.md", help="The ledger.", readable=False)],
    results: Results,
    *,
    file: HistoryFile = HISTORY,
    case: CaseName = None,
) -> None:
    """Append an attempt to a ledger: command, verdict, first divergence, cause, what changed against the one before.

    Of a bundle the newest result of each command counts. They are added to the history, from which the next attempt
    knows what changed. Earlier sections are never rewritten.
    """
    from nbtrace.history.changes import attempt_changes  # noqa: PLC0415 - the models of documents
    from nbtrace.history.history_file import add_lines, read_history  # noqa: PLC0415
    from nbtrace.history.ledger import add_attempt  # noqa: PLC0415
    from nbtrace.report.views.attempt import attempt_section  # noqa: PLC0415

    if any(_same(ledger, other) for other in (file, *results)):
        raise UsageError(f"{ledger} is the history or a result; give the ledger a file of its own")
    read = _newest(_read(results))
    lines = _lines(read, case)
    changes = attempt_changes(lines, read_history(file) if file.exists() else ())
    add_lines(file, lines)
    number = add_attempt(ledger, lambda number: attempt_section(number, read, lines, changes))
    sys.stdout.write(f"{shown(ledger)}: attempt {number}\n")


def _read(results: list[Path]) -> "list[HistoricResult]":
    from nbtrace.report.documents.history_rows import historic_results  # noqa: PLC0415 - the models of documents

    return [item for source in results for item in historic_results(source)]


def _lines(results: "list[HistoricResult]", case: str | None) -> "list[HistoryLine]":
    if case is not None and not case.strip():
        raise UsageError("--case is empty; give the case a name")
    if case is not None and any(len(item.cases) > 1 for item in results):
        raise UsageError("--case names a result of one case; those of a suite have names of their own")
    return [line for item in results for line in item.lines(case)]


def _newest(results: "list[HistoricResult]") -> "list[HistoricResult]":
    """Return the newest result of each command and set of cases, the oldest first."""
    found = {}
    for item in sorted(results, key=lambda item: item.origin.time):
        found[item.origin.result, tuple(case.name for case in item.cases)] = item
    return list(found.values())


def _same(path: Path, other: Path) -> bool:
    try:
        return path.absolute() == other.absolute() or path.samefile(other)
    except OSError:
        return False

"""`nbtrace bisect`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.output import Delivery
from nbtrace.cli.program_flags import ProgramCommand, passed_on
from nbtrace.errors import ExitCode, UsageError
from nbtrace.temporary import temporary_folder

EXAMPLE = "Example: nbtrace bisect v1.0 HEAD -- sh -c 'make && ./run > py.log && nbtrace diff c.log py.log --json -'"


class BisectCommand(ProgramCommand):
    """The command takes another one after `--`."""

    after_dashes = "-- CMD [ARGS]..."


@grouped
def bisect_command(
    ctx: typer.Context,
    good: Annotated[str, typer.Argument(metavar="GOOD", help="A commit without the divergence.")],
    bad: Annotated[str, typer.Argument(metavar="BAD", help="A later one with it.")],
    *,
    outputs: Outputs,
) -> None:
    """Find the commit that brought the first divergence of BAD, with git bisect run.

    CMD is a command of nbtrace, or one that ends in such and prints its JSON (--json -). It runs at BAD, whose first
    divergence is looked for: the same quantity, with the same side and cause where it explains. A commit where CMD
    fails, as one that does not build, is passed over, and so is one where another divergence comes first and this one
    may follow from it. The repository must be clean, and is left as it was.

    Exit status: 0 the commit is found, 2 GOOD has the divergence or BAD has none, 3 only commits that were passed over
    are left, 5 git or CMD fails.
    """
    # The models of documents.
    from nbtrace.cli.bisect_step import result_of  # noqa: PLC0415
    from nbtrace.history.bisection import (  # noqa: PLC0415
        BisectResult,
        BisectStep,
        CommitOutcome,
        DivergenceMark,
        Repository,
        first_bad_commit,
    )
    from nbtrace.report.documents.bisect_document import bisect_document  # noqa: PLC0415
    from nbtrace.report.documents.divergence_mark import divergence_mark  # noqa: PLC0415
    from nbtrace.report.views.bisect_view import bisect_view  # noqa: PLC0415

    command = passed_on(ctx)
    if not command:
        raise UsageError("give a command of nbtrace after --, as in -- nbtrace diff c.log py.log")
    delivery = Delivery("bisect", (), outputs.destinations())
    folder = Path.cwd()
    repository = Repository.of(folder)
    repository.require_clean()
    first, last = repository.commit(good), repository.commit(bad)
    repository.require_ancestor(first, last)
    with temporary_folder() as work:
        state, steps = work / "state.json", work / "steps.jsonl"

        def step(mark: DivergenceMark) -> list[str]:
            told = {"mark": asdict(mark), "folder": str(folder), "top": str(repository.top), "command": command}
            state.write_text(json.dumps({**told, "steps": str(steps)}), encoding="utf-8")
            return [sys.executable, "-P", "-m", "nbtrace.cli.bisect_step", str(state)]

        mark, found, possible = first_bad_commit(
            repository, first, last, lambda: divergence_mark(result_of(command, folder)), step
        )
        lines = steps.read_text(encoding="utf-8").splitlines() if steps.exists() else []
    tried = tuple(BisectStep(commit, CommitOutcome(outcome), what) for commit, outcome, what in map(json.loads, lines))
    subject = "" if found is None else repository.subject(found)
    result = BisectResult(first, last, mark, found, subject, possible, tried)
    code = ExitCode.INPUT if found is None else ExitCode.AGREE
    raise typer.Exit(delivery.deliver(bisect_view(result), lambda: bisect_document(result), code=code))

"""`nbtrace suite`: what a suite holds, and the script that runs it on a cluster."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.command import HelpfulCommand, HelpfulGroup
from nbtrace.cli.printing import shown
from nbtrace.errors import UsageError

app = typer.Typer(
    cls=HelpfulGroup, help="List the cases of a suite, or print what runs it on a cluster.", no_args_is_help=True
)

SuiteArgument = Annotated[Path, typer.Argument(metavar="TOML", help="The file of a suite.", readable=False)]


@app.command("list", cls=HelpfulCommand, epilog="Example: nbtrace suite list parity.toml")
def list_cases(suite: SuiteArgument) -> None:
    """Print a line for each case, those of its matrices included: name, a tab, flags or recorded output."""
    from nbtrace.programs.suite_file import read_suite, tasks  # noqa: PLC0415 - numpy

    for case in tasks(read_suite(suite), suite.parent):
        recorded = "" if case.archived is None else str(case.archived.folder)
        sys.stdout.write(f"{shown(case.name)}\t{shown(shlex.join(case.words) or recorded)}\n")


@app.command("slurm", cls=HelpfulCommand, epilog="Example: nbtrace suite slurm parity.toml --shards 50 > parity.sh")
def slurm(
    suite: SuiteArgument,
    *,
    shards: Annotated[
        int | None, typer.Option("--shards", metavar="N", min=1, max=100_000, help="Tasks of the array (10).")
    ] = None,
    results: Annotated[
        Path, typer.Option("--results", metavar="DIR", help="Where the tasks keep their results.", readable=False)
    ] = Path("results"),
    time: Annotated[str, typer.Option("--time", metavar="H:MM:SS", help="Time limit of a task.")] = "1:00:00",
    ref: Annotated[str | None, typer.Option("--ref", metavar="BINARY", help="The reference, as for compare.")] = None,
    cand: Annotated[
        list[str] | None,
        typer.Option("--cand", metavar="CMD", help="The candidate, as for compare, or several: CMD or NAME=CMD."),
    ] = None,
) -> None:
    """Print the script of a Slurm array that runs a suite in shards; sbatch takes it.

    A task that is killed and starts again goes on where it was. When all have ended, nbtrace merge gives the result.
    """
    from nbtrace.programs.named_candidates import several_candidates  # noqa: PLC0415 - as below
    from nbtrace.programs.suite_file import read_suite  # noqa: PLC0415 - numpy

    read = read_suite(suite)
    count = min(shards or _SHARDS, len(read.cases))
    if not all(letter.isdigit() or letter in ":-" for letter in time) or not time:
        raise UsageError(f"--time {time}: give hours, minutes and seconds, as in 1:30:00")
    several_candidates(cand)  # what is wrong with them is told before they wait in a queue
    given = (("--ref", ref), *(("--cand", one) for one in cand or ()))
    named = [word for option, value in given if value for word in (option, value)]
    folder = str(results)
    command = shlex.join(["nbtrace", "compare", "--suite", str(suite), "--results", folder, "--shard", "auto", *named])
    if not command.isprintable():
        raise UsageError("a name for the script has a letter that cannot be shown; give another one")
    job = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in read.name)[:_LONGEST_NAME]
    sys.stdout.write(
        "#!/bin/sh\n"
        f"#SBATCH --job-name={job}\n"
        f"#SBATCH --array=1-{count}\n"
        "#SBATCH --ntasks=1\n"
        f"#SBATCH --time={time}\n"
        "#SBATCH --requeue\n"
        "# Run with sbatch from the folder that the names count from; then: "
        f"{shlex.join(['nbtrace', 'merge', folder])}\n"
        f"{command}\n"
        "# That a case differs is a result, and no failure of the task.\n"
        'status=$?\nif [ "$status" -le 1 ]; then exit 0; fi\nexit "$status"\n'
    )


_SHARDS = 10
_LONGEST_NAME = 60

"""`nbtrace simulate` and `nbtrace lint`."""

import shlex
import sys

import typer

from nbtrace.cli.options import Lenient
from nbtrace.cli.printing import shown
from nbtrace.cli.program_flags import passed_on, with_leniency
from nbtrace.errors import ExitCode, UsageError
from nbtrace.programs.leniency import LENIENT

EXAMPLE_SIMULATE = "Example: nbtrace simulate -- -cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100"
EXAMPLE_LINT = "Example: nbtrace lint -- -mat A.mat -hkl P1.hkl -lambda 1 -distance 100 -twotheta_axis 0 1 0"


def simulate_command(ctx: typer.Context, *, lenient: Lenient = False) -> None:
    """Compute an image with the embedded simulator: nanoBragg's own flags after --, nanoBragg's own output files.

    The same as python -m simulator FLAGS, but for two exit statuses. Without a crystal or a structure factor it is 2
    here and, as the reference's, 9 there; where no pixel is a number it is 3 here and 0 there.
    """
    from simulator.__main__ import main as simulate  # noqa: PLC0415 - the simulator, which few commands need

    status = simulate(_flags(ctx, "simulate", lenient=lenient), nan_status=ExitCode.INPUT)
    raise typer.Exit(status if status in set(ExitCode) else ExitCode.USAGE)


def lint_command(ctx: typer.Context, *, lenient: Lenient = False) -> None:
    """List the traps of nanoBragg's flags after -- without running anything, and the canonical command.

    A trap is an argument that the reference ignores, takes for two, or does something unexpected with.
    Exit status: 0 no traps, 1 traps, 2 flags that make no run.
    """
    # The simulator's table of flags; no other command needs it.
    from simulator.arguments import Trouble, examine  # noqa: PLC0415
    from simulator.canonical import canonical_arguments  # noqa: PLC0415
    from simulator.errors import InputFileError, SimulatorError  # noqa: PLC0415
    from simulator.lint import lint  # noqa: PLC0415

    flags = [word for word in _flags(ctx, "lint", lenient=lenient) if word != LENIENT]
    traps = lint(flags)
    try:
        command = examine(flags)
    except InputFileError:
        meaning = "nothing: a file that sets the geometry cannot be read"
    except SimulatorError as error:
        raise UsageError(str(error)) from error
    else:
        crashes = any(finding.trouble is Trouble.CRASH for finding in command.findings)
        meaning = (
            "nothing: the reference crashes as typed" if crashes else shlex.join(canonical_arguments(command.config))
        )
    for trap in traps:
        sys.stdout.write(f"{shown(trap.text)}\n")
    sys.stdout.write(f"{len(traps)} trap{'s'[: len(traps) != 1]} in {shown(shlex.join(flags))}\n")
    sys.stdout.write(f"read as: {shown(meaning)}\n")
    raise typer.Exit(ExitCode.DIFFER if traps else ExitCode.AGREE)


def _flags(ctx: typer.Context, command: str, *, lenient: bool) -> list[str]:
    flags = passed_on(ctx)
    if not flags:
        raise UsageError(
            f"no flags: put nanoBragg's flags after --, as in: nbtrace {command} -- -cell 100 100 100 90 90 90 …"
        )
    return with_leniency(flags, lenient=lenient)

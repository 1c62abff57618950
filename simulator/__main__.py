"""``python -m simulator FLAGS``: the reference's flags, files and printed lines."""

import sys
from collections.abc import Sequence

from simulator.arguments import CommandLine, parse
from simulator.canonical import canonical_arguments
from simulator.environment import with_environment_dtype
from simulator.errors import MissingInputError, SimulatorError, shown
from simulator.lint import lint
from simulator.native_library import begin_loading
from simulator.requirements import require_torch
from simulator.work import may_use_native

USAGE = """usage: nbtrace-simulate [--lenient] FLAGS   (the same as python -m simulator)
needed: -mat FILE or -cell a b c alpha beta gamma; -hkl FILE or -default_F F
Flags are nanoBragg's; ours are -mode c-parity|spec[,±DEFECT], -dtype, -device, -threads_emulated, -compile, -memory_mb.
Without -dtype the precision is that of $NB_PYTORCH_DTYPE, else float64.
example: nbtrace-simulate -cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 6.2 -distance 100 -detpixels 96"""


def main(arguments: Sequence[str] | None = None, *, nan_status: int = 0) -> int:
    """Run a simulation; return the exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
    nan_status : int
        That of a run whose image has no number in it; the reference does not look.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["-h"], ["--help"]):
        sys.stdout.write(USAGE + "\n")
        return 0
    if words == ["--version"]:
        from importlib.metadata import version  # noqa: PLC0415 - only for this option

        sys.stdout.write(f"nbtrace-simulate {version('nbtrace')}\n")
        return 0
    lenient = "--lenient" in words
    try:
        flags = [word for word in words if word != "--lenient"]
        taken, said = with_environment_dtype(flags)
        all_nan = _run(parse(taken, lenient=lenient), flags, said)
    except SimulatorError as error:
        _complain(str(error))
        if isinstance(error, MissingInputError):
            sys.stderr.write(USAGE + "\n")
        return error.exit_status
    return nan_status if all_nan else 0


def _run(command: CommandLine, flags: Sequence[str], said: str) -> bool:
    """Run a command; tell whether no pixel of its image is a number."""
    # torch is imported only once the command line is known to be good; a compiler may run meanwhile.
    if may_use_native(command.config):
        begin_loading()
    require_torch()
    from simulator.session import RunEnd, simulate_command  # noqa: PLC0415

    lines = _Lines(flags, said)
    return simulate_command(command.config, canonical_arguments(command.config), lines) is RunEnd.ALL_NAN


class _Lines:
    """Prints what a run says, and before its first line the traps of its flags: a run that cannot be made has none."""

    def __init__(self, flags: Sequence[str], said: str) -> None:
        self._flags = flags
        self._said = said
        self._begun = False

    def __call__(self, line: str) -> None:
        """Print one line on standard output."""
        if not self._begun:
            self._begun = True
            for trap in lint(self._flags):
                _complain(f"warning: {trap.text}")
            if self._said:
                _complain(self._said)
        sys.stdout.write("\n".join(map(shown, line.split("\n"))) + "\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"simulator: {shown(text)}\n")


if __name__ == "__main__":
    sys.exit(main())

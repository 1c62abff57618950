"""``python -m simulator FLAGS``: the reference's flags, files and printed lines."""

import sys
from collections.abc import Sequence

from simulator.arguments import Command, Trouble, parse
from simulator.canonical import canonical_arguments
from simulator.errors import MissingInputError, SimulatorError

USAGE = """usage: python -m simulator [--lenient] FLAGS
needed: -mat FILE or -cell a b c alpha beta gamma; -hkl FILE or -default_F F
Flags are nanoBragg's; ours are -mode c-parity|spec, -dtype, -device, -threads_emulated, -compile, -memory_mb.
example: python -m simulator -cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 6.2 -distance 100 -detpixels 96"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a simulation; return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["-h"], ["--help"]):
        _print(USAGE)
        return 0
    lenient = "--lenient" in words
    try:
        command = parse([word for word in words if word != "--lenient"], lenient=lenient)
        _run(command)
    except SimulatorError as error:
        sys.stderr.write(f"simulator: {error}\n")
        if isinstance(error, MissingInputError):
            sys.stderr.write(USAGE + "\n")
        return error.exit_status
    return 0


def _run(command: Command) -> None:
    for finding in command.findings:
        _complain(f"warning: {finding.remark}")
    # torch is imported only once the command line is known to be good.
    from simulator.session import simulate_command  # noqa: PLC0415

    simulate_command(command.config, canonical_arguments(command.config), _print)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())

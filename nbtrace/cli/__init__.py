"""The command line: the only place that prints, exits and reads the arguments."""

import gc
import os
import sys

from nbtrace import __version__
from nbtrace.cli.process import end_with, prepare

HELP = frozenset({"--help", "-h"})
"""What asks a command for its help."""

_NAME = "nbtrace"
_COMPLETION = "_NBTRACE_COMPLETE"
"""The variable by which a shell asks for completions."""


def main() -> None:
    """Run the command line and exit; an error is one line on standard error and its exit code."""
    prepare()
    end_with(_run)


def _run() -> object:
    """Run the command that the arguments name, or answer a shell that asks for completions."""
    if _COMPLETION in os.environ:
        return _completed()
    if sys.argv[1:] == ["--version"]:  # needs no command, nor what reads their options
        sys.stdout.write(f"{_NAME} {__version__}\n")
        return None
    if sys.argv[-1] in HELP:
        from nbtrace.cli.kept_help import asks_for_help, helped  # noqa: PLC0415 - what finds the kept files

        if asks_for_help(sys.argv[1:]):
            return helped(sys.argv[1:], _invoked)
    from nbtrace.cli.plain_words import plain_call  # noqa: PLC0415 - not for the version and kept help

    call = plain_call(sys.argv[1:])
    if call is not None:
        gc.disable()  # until all is loaded, which stays
        from nbtrace.cli.plain_calls import run_plainly  # noqa: PLC0415 - what runs them

        return run_plainly(call)
    return _invoked()


def _invoked() -> object:
    from nbtrace.cli.application import app  # noqa: PLC0415 - all that reads and runs commands
    from nbtrace.cli.invocation import invoked  # noqa: PLC0415

    return invoked(app, _NAME)


def _completed() -> object:
    import typer  # noqa: PLC0415 - see above
    from typer.completion import get_completion_inspect_parameters  # noqa: PLC0415

    from nbtrace.cli.application import app  # noqa: PLC0415

    get_completion_inspect_parameters()  # which is how typer learns the forms of its answers
    return typer.main.get_command(app).main(prog_name=_NAME, standalone_mode=False)

"""A command under typer: run with what it needs of libraries, and what typer's own errors mean for a process."""

import logging
import sys

import typer

from nbtrace.cli.command import BadUsage
from nbtrace.cli.printing import complain, shown
from nbtrace.cli.process import INTERRUPTED
from nbtrace.cli.programmers_warnings import keep_from_users
from nbtrace.cli.progress_bars import progress_on
from nbtrace.errors import ExitCode
from nbtrace.temporary import remove_stale_folders


def invoked(app: typer.Typer, name: str) -> object:
    """Run the command of a program that the arguments name; its errors come out as they are.

    typer's own entry would take an error of the system, or an end of file, for something that it knows.
    """
    keep_from_users()
    _show_own_log()
    remove_stale_folders()
    command = typer.main.get_command(app)
    with command.make_context(name, sys.argv[1:]) as ctx, progress_on(sys.stderr):
        return command.invoke(ctx)


def status_of_typer(error: Exception) -> int | None:
    """Report an error of typer, and return the exit status that it stands for; None for any other error."""
    if isinstance(error, BadUsage):
        # Without any argument the message is empty: the help has been printed in its place.
        if message := _message(error):
            complain(f"{message} ({_command_of(error)} --help)")
        return int(ExitCode.USAGE)
    if isinstance(error, typer.Exit):
        return int(error.exit_code)
    return INTERRUPTED if isinstance(error, typer.Abort) else None


def _message(error: BaseException) -> str:
    formatted = getattr(error, "format_message", None)
    return str(formatted() if formatted else error).replace("Value error, ", "").rstrip(".")


def _command_of(error: BaseException) -> str:
    """Return the command whose usage was wrong."""
    return getattr(getattr(error, "ctx", None), "command_path", "nbtrace")


def _show_own_log() -> None:
    root, own = logging.getLogger(), logging.getLogger("nbtrace")
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    if not any(isinstance(handler, _Lines) for handler in own.handlers):
        own.addHandler(_Lines())


class _Lines(logging.Handler):
    """Shows what nbtrace itself logs as lines on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{shown(record.getMessage())}\n")

"""The command line: the only place that prints, exits and reads the arguments."""

import io
import os
import signal
import sys
from contextlib import suppress
from types import TracebackType

import typer

from nbtrace.cli import (
    bundle,
    check,
    compare,
    diff,
    explain,
    harness,
    images,
    phi,
    report,
    scaling,
    selftest,
    simulate,
    sweep,
    trust,
    vocabulary,
)
from nbtrace.cli.command import BadUsage, Command
from nbtrace.cli.program_flags import ProgramCommand
from nbtrace.errors import ExitCode, NbtraceError

app = typer.Typer(
    name="nbtrace",
    help="Find the first quantity in which two implementations of the same physics diverge, on which side, and why.",
    epilog="Exit status: 0 agree, 1 differ, 2 usage error, 3 input unusable or nothing comparable, "
    "4 different pixel, shape or geometry, 5 a program that was run failed, 70 nbtrace itself is at fault.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("diff", cls=Command, epilog=diff.EXAMPLE)(diff.diff_command)
app.command("phi", cls=Command, epilog=phi.EXAMPLE)(phi.phi_command)
app.command("scaling", cls=Command, epilog=scaling.EXAMPLE)(scaling.scaling_command)
app.command("explain", cls=Command, epilog=explain.EXAMPLE)(explain.explain_command)
app.command("images", cls=Command, epilog=images.EXAMPLE)(images.images_command)
app.command("selftest", cls=Command, epilog=selftest.EXAMPLE)(selftest.selftest_command)
app.command("check", cls=Command, epilog=check.EXAMPLE)(check.check_command)
app.command("harness", cls=ProgramCommand, epilog=harness.EXAMPLE)(harness.harness_command)
app.command("simulate", cls=ProgramCommand, epilog=simulate.EXAMPLE_SIMULATE)(simulate.simulate_command)
app.command("lint", cls=ProgramCommand, epilog=simulate.EXAMPLE_LINT)(simulate.lint_command)
app.command("sweep", cls=ProgramCommand, epilog=sweep.EXAMPLE)(sweep.sweep_command)
app.command("report", cls=Command, epilog=report.EXAMPLE)(report.report_command)
app.command("compare", cls=ProgramCommand, epilog=compare.EXAMPLE)(compare.compare_command)
app.command("trust", cls=ProgramCommand, epilog=trust.EXAMPLE)(trust.trust_command)
app.add_typer(bundle.app, name="bundle")
app.add_typer(vocabulary.app, name="vocabulary")


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only for this option

        sys.stdout.write(f"nbtrace {version('nbtrace')}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_version, is_eager=True),  # noqa: FBT001, FBT003
) -> None:
    """Find the first quantity in which two implementations of the same physics diverge, on which side, and why."""


def main() -> None:
    """Run the command line and exit; an error is one line on standard error and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows its number; a report does not end in the middle for it.
            stream.reconfigure(errors="backslashreplace")
    _end_like_an_error()
    sys.excepthook = _broken
    try:
        code = app(prog_name="nbtrace", standalone_mode=False)
        sys.stdout.flush()
    except NbtraceError as error:
        _complain(str(error))
        code = int(error.exit_code)
    except BadUsage as error:
        # Without any argument the message is empty: the help has been printed in its place.
        if message := _message(error):
            _complain(f"{message} ({_command_of(error)} --help)")
        code = int(ExitCode.USAGE)
    except typer.Abort:
        code = 130
    except BrokenPipeError:
        # The reader of our output has gone; keep the interpreter from complaining about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except OSError as error:
        # Files report their own errors; what is left is standard output on a full disk and the like.
        _complain(f"output cannot be written: {error.strerror}")
        code = int(ExitCode.USAGE)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except MemoryError:
        _complain("not enough memory for this input")
        code = int(ExitCode.INPUT)
    sys.exit(code)


def _end_like_an_error() -> None:
    """Let a request to end unwind the stack, so that programs are ended and temporary files removed."""

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def _broken(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """End with a status of its own where nbtrace itself is at fault: Python's 1 would say that two inputs differ."""
    sys.__excepthook__(kind, error, trace)
    if issubclass(kind, Exception):
        with suppress(OSError):
            sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ExitCode.BROKEN)


def _complain(message: str) -> None:
    sys.stderr.write(f"nbtrace: {' '.join(bundle.shown(message).split())}\n")


def _message(error: BaseException) -> str:
    formatted = getattr(error, "format_message", None)
    return str(formatted() if formatted else error).replace("Value error, ", "").rstrip(".")


def _command_of(error: BaseException) -> str:
    """Return the command whose usage was wrong."""
    return getattr(getattr(error, "ctx", None), "command_path", "nbtrace")

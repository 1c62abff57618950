"""The command line: the only place that prints, exits and reads the arguments."""

import os
import sys
from typing import Annotated

import typer
from typer.completion import get_completion_inspect_parameters

from nbtrace.cli import completion
from nbtrace.cli.process import end_with, prepare
from nbtrace.cli.progress_bars import progress_on
from nbtrace.cli.root_group import RootGroup
from nbtrace.temporary import remove_stale_folders

_NAME = "nbtrace"
_COMPLETION = "_NBTRACE_COMPLETE"
"""The variable by which a shell asks for completions."""

app = typer.Typer(
    name=_NAME,
    cls=RootGroup,  # which knows the commands
    add_completion=False,
    epilog="Exit status: 0 agree, 1 differ, 2 usage error, 3 input unusable or nothing comparable, "
    "4 different pixel, shape or geometry, 5 a program that was run failed, "
    "6 capturing values changed the program, 7 values that were to be captured are missing, "
    "70 nbtrace itself is at fault.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only for this option

        sys.stdout.write(f"nbtrace {version('nbtrace')}\n")
        raise typer.Exit


def _show_completion(shell: str | None) -> None:
    _complete(completion.SHOW, shell)


def _install_completion(shell: str | None) -> None:
    _complete(completion.INSTALL, shell)


def _complete(option: str, shell: str | None) -> None:
    if shell is not None:
        completion.show_or_install(option, shell)
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_version, is_eager=True),  # noqa: FBT003
    install_completion: Annotated[
        str | None,
        typer.Option(
            completion.INSTALL,
            metavar="[SHELL]",
            help="Install completion for bash, zsh or fish; without a name for the shell that this is.",
            callback=_install_completion,
            is_eager=True,
            expose_value=False,
        ),
    ] = None,
    show_completion: Annotated[
        str | None,
        typer.Option(
            completion.SHOW,
            metavar="[SHELL]",
            help="Print what installing would write, to be sourced or looked at.",
            callback=_show_completion,
            is_eager=True,
            expose_value=False,
        ),
    ] = None,
) -> None:
    """Find the first quantity in which two implementations of the same physics diverge, on which side, and why.

    nbtrace A B, without a command, does what two inputs call for: traces are compared and explained, images compared, a
    folder verified (nbtrace A B --help).
    """


def main() -> None:
    """Run the command line and exit; an error is one line on standard error and its exit code."""
    prepare()
    end_with(_run)


def _run() -> object:
    """Run the command that the arguments name; its errors come out as they are."""
    remove_stale_folders()
    command = typer.main.get_command(app)
    if _COMPLETION in os.environ:
        get_completion_inspect_parameters()  # which is how typer learns the forms of its answers
        return command.main(prog_name=_NAME, standalone_mode=False)
    # typer's own entry would take an error of the system, or an end of file, for something that it knows.
    with command.make_context(_NAME, sys.argv[1:]) as ctx, progress_on(sys.stderr):
        return command.invoke(ctx)

"""The program `nbtrace` as typer knows it: its commands, its own options, the end of its help."""

from typing import Annotated, Any

import typer

from nbtrace.cli import completion
from nbtrace.cli.options import version_option
from nbtrace.cli.root_group import RootGroup

_NAME = "nbtrace"

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


def _shell_option(option: str, about: str) -> Any:
    """Return an option of completion, whose value is a shell; one without a value has been given one before."""

    def answer(shell: str | None) -> None:
        if shell is not None:
            completion.show_or_install(option, shell)
            raise typer.Exit

    return typer.Option(option, metavar="[SHELL]", help=about, callback=answer, is_eager=True, expose_value=False)


@app.callback()
def _options(
    *,
    version: Annotated[bool, version_option(_NAME)] = False,
    install_completion: Annotated[
        str | None,
        _shell_option(
            completion.INSTALL,
            "Install completion for bash, zsh or fish; without a name for the shell that this is.",
        ),
    ] = None,
    show_completion: Annotated[
        str | None,
        _shell_option(completion.SHOW, "Print what installing would write, to be sourced or looked at."),
    ] = None,
) -> None:
    """Find the first quantity in which two implementations of the same physics diverge, on which side, and why.

    nbtrace A B, without a command, does what two inputs call for: traces are compared and explained, images compared, a
    folder verified (nbtrace A B --help).
    """

"""The command line: the only place that prints, exits and reads the arguments."""

import os
from typing import Annotated, Any

import typer
from typer.completion import get_completion_inspect_parameters

from nbtrace.cli import (
    answer,
    bundle,
    check,
    compare,
    completion,
    demo,
    diff,
    explain,
    harness,
    images,
    init_logging,
    phi,
    report,
    scaling,
    schema,
    selftest,
    simulate,
    sweep,
    trust,
    vocabulary,
)
from nbtrace.cli.command import UNNAMED, HelpfulCommand
from nbtrace.cli.image_options import MaskedImagesCommand, MaskedProgramsCommand
from nbtrace.cli.options import version_option
from nbtrace.cli.process import end_with, invoked, prepare
from nbtrace.cli.program_flags import ProgramCommand
from nbtrace.cli.routing import RoutedGroup

_NAME = "nbtrace"
_COMPLETION = "_NBTRACE_COMPLETE"
"""The variable by which a shell asks for completions."""

app = typer.Typer(
    name=_NAME,
    cls=RoutedGroup,
    add_completion=False,
    epilog="Exit status: 0 agree, 1 differ, 2 usage error, 3 input unusable or nothing comparable, "
    "4 different pixel, shape or geometry, 5 a program that was run failed, 70 nbtrace itself is at fault.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command(UNNAMED, cls=answer.AnswerCommand, epilog=answer.EXAMPLE, hidden=True)(answer.answer_command)
app.command("diff", cls=HelpfulCommand, epilog=diff.EXAMPLE)(diff.diff_command)
app.command("phi", cls=HelpfulCommand, epilog=phi.EXAMPLE)(phi.phi_command)
app.command("steps", cls=HelpfulCommand, epilog=phi.EXAMPLE_STEPS)(phi.steps_command)
app.command("scaling", cls=HelpfulCommand, epilog=scaling.EXAMPLE)(scaling.scaling_command)
app.command("explain", cls=HelpfulCommand, epilog=explain.EXAMPLE)(explain.explain_command)
app.command("images", cls=MaskedImagesCommand, epilog=images.EXAMPLE)(images.images_command)
app.command("selftest", cls=HelpfulCommand, epilog=selftest.EXAMPLE)(selftest.selftest_command)
app.command("check", cls=HelpfulCommand, epilog=check.EXAMPLE)(check.check_command)
app.command("init-logging", cls=HelpfulCommand, epilog=init_logging.EXAMPLE)(init_logging.init_logging_command)
app.command("harness", cls=ProgramCommand, epilog=harness.EXAMPLE)(harness.harness_command)
app.command("simulate", cls=ProgramCommand, epilog=simulate.EXAMPLE_SIMULATE)(simulate.simulate_command)
app.command("lint", cls=ProgramCommand, epilog=simulate.EXAMPLE_LINT)(simulate.lint_command)
app.command("sweep", cls=ProgramCommand, epilog=sweep.EXAMPLE)(sweep.sweep_command)
app.command("report", cls=HelpfulCommand, epilog=report.EXAMPLE)(report.report_command)
app.command("compare", cls=MaskedProgramsCommand, epilog=compare.EXAMPLE)(compare.compare_command)
app.command("trust", cls=ProgramCommand, epilog=trust.EXAMPLE)(trust.trust_command)
app.command("demo", cls=HelpfulCommand, epilog=demo.EXAMPLE)(demo.demo_command)
app.command("schema", cls=HelpfulCommand, epilog=schema.EXAMPLE)(schema.schema_command)
app.add_typer(bundle.app, name="bundle")
app.add_typer(vocabulary.app, name="vocabulary")


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


def main() -> None:
    """Run the command line and exit; an error is one line on standard error and its exit code."""
    prepare()
    end_with(_run)


def _run() -> object:
    """Run the command that the arguments name, or answer a shell that asks for completions."""
    if _COMPLETION in os.environ:
        get_completion_inspect_parameters()  # which is how typer learns the forms of its answers
        return typer.main.get_command(app).main(prog_name=_NAME, standalone_mode=False)
    return invoked(app, _NAME)

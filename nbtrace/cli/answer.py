"""`nbtrace A B`, without the name of a command: two traces compared and explained, the answer on one screen."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbtrace.cli.command import screen_of
from nbtrace.cli.explain import configured_by, explained_waivers, simulator_of
from nbtrace.cli.given_waivers import waived_code, waiver_files
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import ConfigurationName, PolicyFile, Tolerances, VocabularyName
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.program_flags import ProgramCommand, passed_on
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.errors import InputError, UsageError
from nbtrace.longlogs.long_files import PAYING
from nbtrace.parsers import read_pair, read_sides
from nbtrace.records import Trace
from nbtrace.report.view import typed
from nbtrace.report.views.waivers_view import waived_view
from nbtrace.verdicts.tolerance import resolve_policy
from nbtrace.vocabulary.chosen import Chosen, chosen

if TYPE_CHECKING:
    from nbtrace.parsers.given_logs import Log

EXAMPLE = "Example: nbtrace c.log py.log --config supervisor"


class AnswerCommand(ProgramCommand):
    """The command without a name: its usage names the inputs once."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage after the inputs."""
        del ctx
        return ["[OPTIONS]", self.after_dashes]


@two_sided
@grouped
def answer_command(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="The reference's trace, or its image, or a bundle.")],
    second: Annotated[
        str | None, typer.Argument(metavar="B", help="The port's; left out, A holds the traces of both.")
    ] = None,
    *,
    config: ConfigurationName = None,
    tolerance: Tolerances = None,
    policy: PolicyFile = None,
    waived: WaiverOptions,
    vocabulary: VocabularyName = None,
    brief: Annotated[
        bool, typer.Option("--brief", "-b", help="Leave out of the files, too, the quantities that agree.")
    ] = False,
    outputs: Outputs,
) -> None:
    """Do what two inputs call for, and say the answer on one screen.

    Two traces are compared and explained: who is wrong, in what, why, and what differs first (--all prints all of it).
    Two images go to nbtrace images, with its options; a folder to nbtrace bundle verify. What they are is told by their
    content. A name of a command is a command: a file of that name is ./NAME.
    """
    # The catalogue of causes, which few commands need.
    from nbtrace.explanation.explain import explain  # noqa: PLC0415
    from nbtrace.report.documents.explain_document import explain_document  # noqa: PLC0415
    from nbtrace.report.documents.waivers_document import with_waivers  # noqa: PLC0415
    from nbtrace.report.views.answer_view import answer_view  # noqa: PLC0415

    words = chosen(vocabulary, Path())
    configured = configured_by(config, passed_on(ctx), words)
    logs = (first,) if second is None else (first, second)
    waivers = waived.given(words.vocabulary)
    files = waiver_files(waivers)
    delivery = Delivery("explain", (*logs, *words.inputs, *files), outputs.destinations(), screen=screen_of(ctx))
    limits = resolve_policy(tolerance or [], policy, Path(), words.vocabulary)
    pair: tuple[Log, Log] = (first, second) if second is not None else _both_of(first, words)
    if waivers is not None and second is not None:  # which are held against every value
        pair = read_pair(first, second, words.vocabulary)
    result = explain(
        *pair,
        configured,
        policy=limits,
        simulate=simulator_of(configured),
        vocabulary=words.vocabulary,
        columns_from=PAYING,
    )
    refuse_misspelt(limits, result.diff.notices)
    report = explained_waivers(waivers, waived.case, result)
    view = waived_view(answer_view(result, brief=brief), report)
    code = waived_code(EXIT_OF[result.verdict], report)
    raise typer.Exit(
        delivery.deliver(view, lambda: with_waivers(explain_document(result, with_diff=True), report), code=code)
    )


def _both_of(first: str, words: Chosen) -> tuple[Trace, Trace]:
    """Read the traces of both programs from one file."""
    traces = read_sides(first, words.vocabulary)
    if len(traces) == 2:
        return traces[0], traces[1]
    if not traces[0].records:
        raise InputError(f"{first} holds no trace values ({traces[0].account.total} lines)")
    raise UsageError(
        f"{first} is the trace of one program; give the other's, too (nbtrace {typed(first)} OTHER.log), "
        f"or hold it against itself: nbtrace check {typed(first)}"
    )

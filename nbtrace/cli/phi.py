"""`nbtrace phi` and `nbtrace steps`: two traces along a loop, that of the φ steps or any other."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.destinations import Destinations
from nbtrace.cli.given_waivers import GivenWaivers, document_with, waived_code, waived_or_plain, waiver_files
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import (
    PlotFile,
    PolicyFile,
    VocabularyName,
)
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.panels import TOLERANCE
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.phi import PhiResult
from nbtrace.compare.phi import compare_phi as compare_records
from nbtrace.compare.steps import StepsResult
from nbtrace.compare.steps import compare_steps as compare_step_records
from nbtrace.errors import ExitCode, UsageError
from nbtrace.frozen import frozen
from nbtrace.longlogs.long_files import PAYING
from nbtrace.longlogs.phi_logs import compare_phi
from nbtrace.longlogs.steps_logs import compare_steps
from nbtrace.parsers import read_pair
from nbtrace.records import Trace
from nbtrace.report.views.phi_view import phi_view
from nbtrace.report.views.steps_view import steps_view
from nbtrace.verdicts.case_names import pair_case
from nbtrace.verdicts.tolerance import Limit, Policy, PolicySettings, resolve_policy, tolerance_number
from nbtrace.vocabulary.chosen import Chosen, chosen
from nbtrace.vocabulary.quantity import Basis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbtrace.verdicts.waivers import WaiverReport

EXAMPLE = "Example: nbtrace phi py_per_phi.json c.log"
EXAMPLE_STEPS = "Example: nbtrace steps loops.log arrays.log --vocabulary rod.toml --index step"

IndexName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="NAME",
        help="The loop, as lines name it; by default nanoBragg's φ steps, or the outermost. repeat: how often a key "
        "came before; rank: the process of an MPI run.",
        autocompletion=completed_values.indices,
    ),
]
StepTolerances: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--tolerance",
        "-t",
        metavar="TOL",
        help="Largest |Δk| of φ steps that agrees, 5e-4 by default; of another loop as for nbtrace diff.",
        rich_help_panel=TOLERANCE,
        autocompletion=completed_values.tolerances,
    ),
]


@two_sided
@grouped
def phi_command(
    py: Annotated[str, typer.Argument(metavar="PY", help="Log or JSON with the port's φ steps; - is standard input.")],
    c: Annotated[str, typer.Argument(metavar="C", help="Log or JSON with the reference's φ steps.")],
    *,
    index: IndexName = None,
    tolerance: StepTolerances = None,
    policy: PolicyFile = None,
    waived: WaiverOptions,
    vocabulary: VocabularyName = None,
    outputs: Outputs,
    plot: PlotFile = None,
) -> None:
    """Compare two traces step by step along φ: Δk, ΔF_latt_b, ΔF_latt, the first bad step.

    The files may be given in either order. Steps are paired by phi_tic; a step that repeats another step's values is
    named. With --index, or another vocabulary, it does what nbtrace steps does.
    """
    to = outputs.destinations(plot=plot)
    request = _Request(c, py, (py, c), to, tuple(tolerance or ()), policy, waived)
    raise typer.Exit(request.answer(chosen(vocabulary, Path()), index))


@two_sided
@grouped
def steps_command(
    c: Annotated[str, typer.Argument(metavar="A", help="Log of the reference; - is standard input.")],
    py: Annotated[str, typer.Argument(metavar="B", help="Log of the other program; - is standard input.")],
    *,
    index: IndexName = None,
    tolerance: StepTolerances = None,
    policy: PolicyFile = None,
    waived: WaiverOptions,
    vocabulary: VocabularyName = None,
    outputs: Outputs,
    plot: PlotFile = None,
) -> None:
    """Compare two traces turn by turn along a loop: what differs first in each turn, and the first bad turn.

    A turn that repeats another turn's values digit for digit, although it starts from other ones, is named. Without
    --index it is the outermost loop of the vocabulary; with nanoBragg's, it does what nbtrace phi does.
    """
    to = outputs.destinations(plot=plot)
    request = _Request(c, py, (c, py), to, tuple(tolerance or ()), policy, waived)
    raise typer.Exit(request.answer(chosen(vocabulary, Path()), index))


@frozen
class _Request:
    """What either command is asked for; `logs` in the order in which they were given."""

    c: str
    py: str
    logs: tuple[str, str]
    to: Destinations
    tolerances: tuple[str, ...]
    policy: Path | None
    waived: WaiverOptions

    def answer(self, words: Chosen, index: str | None) -> ExitCode:
        """Compare, and deliver the result."""
        if words.is_default and index is None:
            return self._phi()
        if self.to.plot is not None:
            raise UsageError("--plot draws the φ steps of nanoBragg; leave it out, or leave out --index")
        waivers = self.waived.given(words.vocabulary)
        delivery = Delivery("steps", (*self.logs, *words.inputs, *waiver_files(waivers)), self.to)
        limits = resolve_policy(list(self.tolerances), self.policy, Path(), words.vocabulary)
        if waivers is None:
            result = compare_steps(self.c, self.py, index, limits, columns_from=PAYING)
        else:  # which are held against every value
            result = compare_step_records(*read_pair(self.c, self.py, words.vocabulary), index, limits)
        refuse_misspelt(limits, result.notices)
        report = None if waivers is None else self._held_steps(waivers, result)
        view, code = steps_view(result, whole=self.to.shows_all), waived_code(EXIT_OF[result.verdict], report)
        return delivery.deliver(waived_or_plain(view, report), lambda: _steps_document(result, report), code=code)

    def _held_steps(self, waivers: GivenWaivers, result: StepsResult) -> "WaiverReport":
        from nbtrace.cli.part_waivers import pair_waivers  # noqa: PLC0415 - the catalogue of causes
        from nbtrace.explanation.judged_parts import judged_steps  # noqa: PLC0415

        traces = result.diff.c, result.diff.py
        return pair_waivers(waivers, judged_steps(self._case(*traces), result), traces, result.diff.policy)

    def _case(self, c: Trace, py: Trace) -> str:
        return self.waived.case or pair_case(c.source, py.source)

    def _phi(self) -> ExitCode:
        """Compare φ steps."""
        limits = resolve_policy([], self.policy, Path())
        waivers = self.waived.given(limits.vocabulary)
        delivery = Delivery("phi", (*self.logs, *waiver_files(waivers)), self.to)
        if self.tolerances:
            tolerance = self.tolerances[-1]
            key = logs_of(limits.vocabulary).of_a_step(KEY)
            settings = PolicySettings(quantities={key: Limit(tolerance_number(tolerance, tolerance), Basis.ABSOLUTE)})
            limits = limits.updated(settings, f"--tolerance {tolerance}")
        if waivers is None:
            result = compare_phi(self.c, self.py, limits, columns_from=PAYING)
        else:  # which are held against every value
            result = compare_records(*read_pair(self.c, self.py, limits.vocabulary), limits)
        report = None if waivers is None else self._held_phi(waivers, result, limits)
        view, code = phi_view(result, whole=self.to.shows_all), waived_code(EXIT_OF[result.verdict], report)
        view = waived_or_plain(view, report)
        return delivery.deliver(view, lambda: _phi_document(result, report), draw=_draw, code=code)

    def _held_phi(self, waivers: GivenWaivers, result: PhiResult, limits: Policy) -> "WaiverReport":
        from nbtrace.cli.part_waivers import pair_waivers  # noqa: PLC0415 - the catalogue of causes
        from nbtrace.explanation.judged_parts import judged_phi  # noqa: PLC0415

        traces = result.c, result.py
        return pair_waivers(waivers, judged_phi(self._case(*traces), result), traces, limits)


def _steps_document(result: StepsResult, report: "WaiverReport | None") -> Mapping[str, object]:
    from nbtrace.report.documents.steps_document import steps_document  # noqa: PLC0415 - the models of documents

    return document_with(steps_document(result), report)


def _phi_document(result: PhiResult, report: "WaiverReport | None") -> Mapping[str, object]:
    from nbtrace.report.documents.trace_documents import phi_document  # noqa: PLC0415 - the models of documents

    return document_with(phi_document(result), report)


def _draw(document: Mapping[str, object]) -> "Figure":
    from nbtrace.report.figures.phi import phi_figure  # noqa: PLC0415 - matplotlib

    return phi_figure(document)

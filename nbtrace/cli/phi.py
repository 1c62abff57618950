"""`nbtrace phi` and `nbtrace steps`: two traces along a loop, that of the φ steps or any other."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.destinations import Destinations
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import (
    PlotFile,
    PolicyFile,
    VocabularyName,
)
from nbtrace.cli.output import Delivery
from nbtrace.cli.panels import TOLERANCE
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.phi import PhiResult
from nbtrace.compare.steps import StepsResult, compare_steps
from nbtrace.errors import ExitCode, UsageError
from nbtrace.frozen import frozen
from nbtrace.longlogs.phi_logs import compare_phi
from nbtrace.parsers import read_pair
from nbtrace.report.views.phi_view import phi_view
from nbtrace.report.views.steps_view import steps_view
from nbtrace.verdicts.tolerance import Limit, PolicySettings, resolve_policy, tolerance_number
from nbtrace.vocabulary.chosen import Chosen, chosen
from nbtrace.vocabulary.quantity import Basis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    vocabulary: VocabularyName = None,
    outputs: Outputs,
    plot: PlotFile = None,
) -> None:
    """Compare two traces step by step along φ: Δk, ΔF_latt_b, ΔF_latt, the first bad step.

    The files may be given in either order. Steps are paired by phi_tic; a step that repeats another step's values is
    named. With --index, or another vocabulary, it does what nbtrace steps does.
    """
    to = outputs.destinations(plot=plot)
    request = _Request(c, py, (py, c), to, tuple(tolerance or ()), policy)
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
    vocabulary: VocabularyName = None,
    outputs: Outputs,
    plot: PlotFile = None,
) -> None:
    """Compare two traces turn by turn along a loop: what differs first in each turn, and the first bad turn.

    A turn that repeats another turn's values digit for digit, although it starts from other ones, is named. Without
    --index it is the outermost loop of the vocabulary; with nanoBragg's, it does what nbtrace phi does.
    """
    to = outputs.destinations(plot=plot)
    request = _Request(c, py, (c, py), to, tuple(tolerance or ()), policy)
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

    def answer(self, words: Chosen, index: str | None) -> ExitCode:
        """Compare, and deliver the result."""
        if words.is_default and index is None:
            return self._phi()
        if self.to.plot is not None:
            raise UsageError("--plot draws the φ steps of nanoBragg; leave it out, or leave out --index")
        delivery = Delivery("steps", (*self.logs, *words.inputs), self.to)
        limits = resolve_policy(list(self.tolerances), self.policy, Path(), words.vocabulary)
        result = compare_steps(*read_pair(self.c, self.py, words.vocabulary), index, limits)
        refuse_misspelt(limits, result.notices)
        return delivery.deliver(steps_view(result), lambda: _steps_document(result))

    def _phi(self) -> ExitCode:
        """Compare φ steps."""
        delivery = Delivery("phi", self.logs, self.to)
        limits = resolve_policy([], self.policy, Path())
        if self.tolerances:
            tolerance = self.tolerances[-1]
            key = logs_of(limits.vocabulary).of_a_step(KEY)
            settings = PolicySettings(quantities={key: Limit(tolerance_number(tolerance, tolerance), Basis.ABSOLUTE)})
            limits = limits.updated(settings, f"--tolerance {tolerance}")
        result = compare_phi(self.c, self.py, limits)
        view = phi_view(result, whole=self.to.shows_all)
        return delivery.deliver(view, lambda: _phi_document(result), draw=_draw)


def _steps_document(result: StepsResult) -> Mapping[str, object]:
    from nbtrace.report.documents.steps_document import steps_document  # noqa: PLC0415 - the models of documents

    return steps_document(result)


def _phi_document(result: PhiResult) -> Mapping[str, object]:
    from nbtrace.report.documents.trace_documents import phi_document  # noqa: PLC0415 - the models of documents

    return phi_document(result)


def _draw(document: Mapping[str, object]) -> "Figure":
    from nbtrace.report.figures.phi import phi_figure  # noqa: PLC0415 - matplotlib

    return phi_figure(document)

"""`nbtrace scaling`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import (
    Cells,
    CLog,
    PlotFile,
    PolicyFile,
    PyLog,
    Tolerances,
    VocabularyName,
)
from nbtrace.cli.output import Delivery
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.compare.scaling import ScalingResult
from nbtrace.errors import UsageError
from nbtrace.longlogs.scaling_logs import scaling_chain
from nbtrace.report.views.scaling_view import scaling_view
from nbtrace.verdicts.tolerance import resolve_policy
from nbtrace.vocabulary.chosen import chosen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXAMPLE = "Example: nbtrace scaling c.log py.log --json metrics.json"


@two_sided
@grouped
def scaling_command(
    c_log: CLog,
    py_log: PyLog,
    *,
    tolerance: Tolerances = None,
    policy: PolicyFile = None,
    cells: Cells = None,
    vocabulary: VocabularyName = None,
    outputs: Outputs,
    plot: PlotFile = None,
) -> None:
    """Compare the scaling chains, I_before_scaling to I_pixel_final: which factor explains what share of the ratio.

    Each side's product is held against its own pixel, the intensity is rebuilt from the φ steps where they are logged,
    and the lattice factor is worked out.
    """
    if cells is not None and min(cells) < 1:
        raise UsageError(f"--cells {' '.join(map(str, cells))}: a crystal has at least one cell along each axis")
    words = chosen(vocabulary, Path())
    if cells is not None and not words.is_default:
        raise UsageError(f"--cells are those of a crystal of nanoBragg; leave it out for {words.name}")
    destinations = outputs.destinations(plot=plot)
    delivery = Delivery("scaling", (c_log, py_log, *words.inputs), destinations)
    limits = resolve_policy(tolerance or [], policy, Path(), words.vocabulary)
    result = scaling_chain(c_log, py_log, limits, cells=cells, vocabulary=words.vocabulary)
    refuse_misspelt(limits, result.notices)
    raise typer.Exit(delivery.deliver(scaling_view(result), lambda: _document(result), draw=_draw))


def _document(result: ScalingResult) -> Mapping[str, object]:
    from nbtrace.report.documents.trace_documents import scaling_document  # noqa: PLC0415 - the models of documents

    return scaling_document(result)


def _draw(document: Mapping[str, object]) -> "Figure":
    from nbtrace.report.figures.scaling import scaling_figure  # noqa: PLC0415 - matplotlib

    return scaling_figure(document)

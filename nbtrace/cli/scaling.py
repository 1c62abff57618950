"""`nbtrace scaling`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nbtrace.cli.given_waivers import GivenWaivers, document_with, waived_code, waived_or_plain, waiver_files
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
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.compare.diff import diff_traces
from nbtrace.compare.scaling import ScalingResult, scaling_of
from nbtrace.errors import UsageError
from nbtrace.longlogs.long_files import PAYING
from nbtrace.longlogs.scaling_logs import scaling_chain
from nbtrace.parsers import read_pair
from nbtrace.report.views.scaling_view import scaling_view
from nbtrace.verdicts.case_names import pair_case
from nbtrace.verdicts.tolerance import resolve_policy
from nbtrace.vocabulary.chosen import chosen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbtrace.verdicts.waivers import WaiverReport

EXAMPLE = "Example: nbtrace scaling c.log py.log --json metrics.json"


@two_sided
@grouped
def scaling_command(
    c_log: CLog,
    py_log: PyLog,
    *,
    tolerance: Tolerances = None,
    policy: PolicyFile = None,
    waived: WaiverOptions,
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
    waivers = waived.given(words.vocabulary)
    delivery = Delivery("scaling", (c_log, py_log, *words.inputs, *waiver_files(waivers)), destinations)
    limits = resolve_policy(tolerance or [], policy, Path(), words.vocabulary)
    if waivers is None:
        result = scaling_chain(c_log, py_log, limits, cells=cells, vocabulary=words.vocabulary, columns_from=PAYING)
    else:  # which are held against every value
        result = scaling_of(diff_traces(*read_pair(c_log, py_log, words.vocabulary), limits), cells)
    refuse_misspelt(limits, result.notices)
    report = None if waivers is None else _held(waivers, waived.case, result)
    view, code = scaling_view(result), waived_code(EXIT_OF[result.verdict], report)
    raise typer.Exit(
        delivery.deliver(waived_or_plain(view, report), lambda: _document(result, report), draw=_draw, code=code)
    )


def _held(waivers: GivenWaivers, case: str | None, result: ScalingResult) -> "WaiverReport":
    from nbtrace.cli.part_waivers import pair_waivers  # noqa: PLC0415 - the catalogue of causes
    from nbtrace.explanation.judged_parts import judged_scaling  # noqa: PLC0415

    traces = result.diff.c, result.diff.py
    name = case or pair_case(traces[0].source, traces[1].source)
    return pair_waivers(waivers, judged_scaling(name, result), traces, result.diff.policy)


def _document(result: ScalingResult, report: "WaiverReport | None") -> Mapping[str, object]:
    from nbtrace.report.documents.trace_documents import scaling_document  # noqa: PLC0415 - the models of documents

    return document_with(scaling_document(result), report)


def _draw(document: Mapping[str, object]) -> "Figure":
    from nbtrace.report.figures.scaling import scaling_figure  # noqa: PLC0415 - matplotlib

    return scaling_figure(document)

"""`nbtrace scaling`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nbtrace.cli.options import (
    BundleFolder,
    Cells,
    CLog,
    Force,
    JsonFile,
    MarkdownFile,
    PlotFile,
    PolicyFile,
    PyLog,
    TextFile,
    Tolerances,
)
from nbtrace.cli.output import Delivery, Destinations
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.compare.scaling import scaling_chain
from nbtrace.compare.tolerance import resolve_policy
from nbtrace.errors import UsageError
from nbtrace.parsers import read_trace
from nbtrace.records import Side
from nbtrace.report.documents import scaling_document
from nbtrace.report.scaling_view import scaling_view

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXAMPLE = "Example: nbtrace scaling c.log py.log --json metrics.json"


def scaling_command(
    c_log: CLog,
    py_log: PyLog,
    *,
    tolerance: Tolerances = None,
    policy: PolicyFile = None,
    cells: Cells = None,
    md: MarkdownFile = None,
    json: JsonFile = None,
    output: TextFile = None,
    plot: PlotFile = None,
    bundle: BundleFolder = None,
    force: Force = False,
) -> None:
    """Compare the scaling chains, I_before_scaling to I_pixel_final: which factor explains what share of the ratio.

    Each side's product is held against its own pixel, the intensity is rebuilt from the φ steps where they are logged,
    and the lattice factor is worked out.
    """
    if cells is not None and min(cells) < 1:
        raise UsageError(f"--cells {' '.join(map(str, cells))}: a crystal has at least one cell along each axis")
    delivery = Delivery("scaling", (c_log, py_log), Destinations(md, json, output, bundle, force, plot=plot))
    limits = resolve_policy(tolerance or [], policy, Path())
    result = scaling_chain(read_trace(c_log, Side.C), read_trace(py_log, Side.PY), limits, cells=cells)
    refuse_misspelt(limits, result.notices)
    raise typer.Exit(delivery.deliver(scaling_view(result), scaling_document(result), draw=_draw))


def _draw(document: Mapping[str, object]) -> "Figure":
    from nbtrace.report.figures.scaling import scaling_figure  # noqa: PLC0415 - matplotlib

    return scaling_figure(document)

"""`nbtrace phi`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli.options import BundleFolder, Force, JsonFile, MarkdownFile, PlotFile, PolicyFile, TextFile
from nbtrace.cli.output import Delivery, Destinations
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.phi import compare_phi
from nbtrace.compare.tolerance import Limit, PolicySettings, resolve_policy, tolerance_number
from nbtrace.parsers import read_trace
from nbtrace.records import Side
from nbtrace.report.documents import phi_document
from nbtrace.report.phi_view import phi_view

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXAMPLE = "Example: nbtrace phi py_per_phi.json c.log"


def phi_command(
    py: Annotated[str, typer.Argument(metavar="PY", help="Log or JSON with the port's φ steps; - is standard input.")],
    c: Annotated[str, typer.Argument(metavar="C", help="Log or JSON with the reference's φ steps.")],
    *,
    tolerance: Annotated[
        str | None, typer.Option("--tolerance", "-t", metavar="TOL", help="Largest |Δk| that agrees; 5e-4 by default.")
    ] = None,
    policy: PolicyFile = None,
    md: MarkdownFile = None,
    json: JsonFile = None,
    output: TextFile = None,
    plot: PlotFile = None,
    bundle: BundleFolder = None,
    force: Force = False,
) -> None:
    """Compare two traces step by step along φ: Δk, ΔF_latt_b, ΔF_latt, the first bad step.

    The files may be given in either order. Steps are paired by phi_tic; a step that repeats another step's values is
    named.
    """
    delivery = Delivery("phi", (py, c), Destinations(md, json, output, bundle, force, plot=plot))
    limits = resolve_policy([], policy, Path())
    if tolerance is not None:
        key = logs_of(limits.vocabulary).of_a_step(KEY)
        settings = PolicySettings(quantities={key: Limit(absolute=tolerance_number(tolerance, tolerance))})
        limits = limits.updated(settings, f"--tolerance {tolerance}")
    result = compare_phi(read_trace(c, Side.C), read_trace(py, Side.PY), limits)
    raise typer.Exit(delivery.deliver(phi_view(result), phi_document(result), draw=_draw))


def _draw(document: Mapping[str, object]) -> "Figure":
    from nbtrace.report.figures.phi import phi_figure  # noqa: PLC0415 - matplotlib

    return phi_figure(document)

"""What `nbtrace diff --all-pixels` does, once its words are read."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.cli.destinations import STDOUT, Destinations, can_draw
from nbtrace.cli.output import Delivery
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.detector.compare_detectors import compare_detectors
from nbtrace.detector.divergence_table import DivergenceTable
from nbtrace.errors import ExitCode, UsageError
from nbtrace.evidence.provenance import Provenance
from nbtrace.frozen import frozen
from nbtrace.report.views.detector_view import detector_view
from nbtrace.verdicts.tolerance import resolve_policy
from nbtrace.vocabulary.chosen import chosen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbtrace.detector.detector_result import DetectorResult

PICTURE = "first_divergence.png"
"""The map in a bundle."""


@frozen
class DetectorCall:
    """A call: its tolerances, its table, and which options it has that are of logs."""

    tolerance: list[str] | None
    policy: Path | None
    vocabulary: str | None
    parquet: Path | None
    brief: bool
    strict: bool
    refused: Mapping[str, bool]


def run_detector(c: str, py: str, call: DetectorCall, destinations: Destinations) -> ExitCode:
    """Compare two whole-detector traces and deliver the result."""
    wrong = next((name for name, is_given in call.refused.items() if is_given), None)
    if wrong is not None:
        raise UsageError(f"{wrong} is of single traces; leave it out with --all-pixels")
    if call.parquet == STDOUT:
        raise UsageError("--parquet needs a file; - is none")
    words = chosen(call.vocabulary, Path())
    delivery = Delivery("detector", (c, py, *words.inputs), destinations)
    limits = resolve_policy(call.tolerance or [], call.policy, Path(), words.vocabulary)
    with ExitStack() as stack:  # what is refused leaves no table
        table = None
        if call.parquet is not None:
            stated = Provenance.collect(inputs=[Path(c), Path(py)]).document()
            table = stack.enter_context(DivergenceTable(call.parquet, stated, force=destinations.force))
        result = compare_detectors(c, py, limits, strict=call.strict, table=table)
        refuse_misspelt(limits, result.notices)
    return delivery.deliver(
        detector_view(result, brief=call.brief),
        lambda: _document(result),
        outputs=_pictures(result) if destinations.bundle is not None else None,
        draw=lambda _: _figure(result),
    )


def _document(result: "DetectorResult") -> Mapping[str, object]:
    from nbtrace.report.documents.detector_document import detector_document  # noqa: PLC0415 - the models of documents

    return detector_document(result)


def _figure(result: "DetectorResult") -> "Figure":
    from nbtrace.report.figures.detector_map import detector_figure  # noqa: PLC0415 - matplotlib

    return detector_figure(result)


def _pictures(result: "DetectorResult") -> Mapping[str, bytes]:
    """Return the map as a file of a bundle."""
    if not can_draw():
        return {}
    from nbtrace.report.figures.style import encoded  # noqa: PLC0415 - matplotlib

    return {PICTURE: encoded(_figure(result), "png")}

"""The JSON document of `nbtrace compare`: that of `nbtrace images`, with what was run."""

from nbtrace.programs.comparison import ComparedPixel, Comparison, SideRun
from nbtrace.programs.judged_comparison import judged_comparison
from nbtrace.programs.side_source import Identity
from nbtrace.report.documents.capture_document import captured_trace
from nbtrace.report.documents.explain_document import explain_model
from nbtrace.report.documents.images_document import images_fields
from nbtrace.report.documents.judged_document import judged_entries
from nbtrace.report.documents.models.compare import CompareDocument, ProbeEntry, RunEntry, RunPair
from nbtrace.report.documents.parts import Document, notice_entries
from nbtrace.report.views.compare_view import headline
from nbtrace.report.views.images_view import PERCENTILE


def compare_document(result: Comparison, *, pictures: bool, percentile: float = PERCENTILE) -> Document:
    """Return a comparison of two sides; `pictures` tells whether pictures were drawn, whose percentile is then told."""
    return compare_model(result, pictures=pictures, percentile=percentile).written()


def compare_model(result: Comparison, *, pictures: bool, percentile: float = PERCENTILE) -> CompareDocument:
    """Return the same as the model of the document."""
    c, py = result.c, result.py
    return CompareDocument(
        format="nbtrace compare",
        **images_fields(result.images, result.causes),
        answer=headline(result),
        notices=notice_entries((*result.notices, *result.images.notices)),
        runtime_c_ms=c.made.median_ms,
        runtime_py_ms=py.made.median_ms,
        speedup=result.speedup,
        args=result.line.words,
        c_binary=_binary(c.identity),
        c_binary_sha256=_digest(c.identity),
        py_binary=_binary(py.identity),
        py_binary_sha256=_digest(py.identity),
        resample=result.images.options.resample,
        png_scale_method="percentile" if pictures else None,
        png_scale_percentile=percentile if pictures else None,
        runs=RunPair(c=_run(c), py=_run(py)),
        first_divergence=result.first_divergence[1] if result.first_divergence is not None else None,
        traces=tuple(map(_probe, result.probes)),
        quantities=judged_entries(judged_comparison("", result).quantities),
    )


def _binary(identity: Identity) -> str:
    return str(identity.binary.path) if identity.binary is not None else identity.name


def _digest(identity: Identity) -> str | None:
    return identity.binary.sha256 if identity.binary is not None else None


def _run(run: SideRun) -> RunEntry:
    return RunEntry(
        name=run.identity.name,
        command=run.identity.command,
        milliseconds=run.made.milliseconds,
        median_ms=run.made.median_ms,
        bit_identical=run.made.identical,
        pixels_sha256=run.made.digests,
        engine=run.made.engine or None,
    )


def _probe(probe: ComparedPixel) -> ProbeEntry:
    first = None if probe.diff is None else probe.diff.first_divergence
    return ProbeEntry(
        slow=probe.pixel[0],
        fast=probe.pixel[1],
        why=probe.why,
        verdict=None if probe.diff is None else probe.diff.verdict.value,
        compared=0 if probe.diff is None else probe.diff.coverage.compared,
        first_divergence=None if first is None else first.quantity,
        reason=probe.reason or None,
        noise=None if probe.noise is None else probe.noise.text,
        explanation=None if probe.explanation is None else explain_model(probe.explanation),
        c_captured=captured_trace(probe.c.captured),
        py_captured=captured_trace(probe.py.captured),
    )

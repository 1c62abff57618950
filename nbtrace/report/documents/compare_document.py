"""The JSON document of `nbtrace compare`: that of `nbtrace images`, with what was run."""

from collections.abc import Mapping

from nbtrace.programs.comparison import Comparison, Probe, SideRun
from nbtrace.report.documents.explain_document import explain_document
from nbtrace.report.documents.images_document import images_document
from nbtrace.report.documents.trace_documents import FORMAT_VERSION, notices_document
from nbtrace.report.views.compare_view import headline
from nbtrace.report.views.images_view import PERCENTILE


def compare_document(result: Comparison, *, pictures: bool) -> Mapping[str, object]:
    """Return a comparison of two sides; `pictures` tells whether pictures were drawn, whose scale is then told."""
    c, py = result.c, result.py
    return {
        **images_document(result.images),
        "format": "nbtrace compare",
        "format_version": FORMAT_VERSION,
        "answer": headline(result),
        "runtime_c_ms": c.made.median_ms,
        "runtime_py_ms": py.made.median_ms,
        "speedup": result.speedup,
        "args": list(result.line.words),
        "c_binary": str(c.identity.binary.path) if c.identity.binary is not None else c.identity.name,
        "c_binary_sha256": c.identity.binary.sha256 if c.identity.binary is not None else None,
        "py_binary": str(py.identity.binary.path) if py.identity.binary is not None else py.identity.name,
        "py_binary_sha256": py.identity.binary.sha256 if py.identity.binary is not None else None,
        "resample": result.images.options.resample,
        "png_scale_method": "percentile" if pictures else None,
        "png_scale_percentile": PERCENTILE if pictures else None,
        "runs": {"c": _run(c), "py": _run(py)},
        "notices": notices_document((*result.notices, *result.images.notices)),
        "first_divergence": result.first_divergence[1] if result.first_divergence is not None else None,
        "traces": [_probe(probe) for probe in result.probes],
    }


def _run(run: SideRun) -> Mapping[str, object]:
    return {
        "name": run.identity.name,
        "command": list(run.identity.command),
        "milliseconds": list(run.made.milliseconds),
        "median_ms": run.made.median_ms,
        "bit_identical": run.made.identical,
        "pixels_sha256": list(run.made.digests),
    }


def _probe(probe: Probe) -> Mapping[str, object]:
    first = None if probe.diff is None else probe.diff.first_divergence
    return {
        "slow": probe.pixel[0],
        "fast": probe.pixel[1],
        "why": probe.why,
        "verdict": None if probe.diff is None else probe.diff.verdict.value,
        "compared": 0 if probe.diff is None else probe.diff.coverage.compared,
        "first_divergence": None if first is None else first.quantity,
        "reason": probe.reason or None,
        "noise": None if probe.noise is None else probe.noise.text,
        "explanation": None if probe.explanation is None else explain_document(probe.explanation),
    }

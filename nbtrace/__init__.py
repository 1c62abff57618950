"""Find the first quantity in which two programs diverge, on which side, and why.

The names below are the library; the commands are thin over them. Each is loaded when it is first used, so that
importing nbtrace costs next to nothing.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

    from nbtrace.capturing.in_process import InProcessCapture, capture
    from nbtrace.compare.array_tolerances import ArrayTolerances
    from nbtrace.compare.arrays import ArraysResult, compare_arrays
    from nbtrace.compare.diff import DiffResult
    from nbtrace.compare.images import ImageOptions, ImagesResult, compare_images
    from nbtrace.compare.phi import PhiResult
    from nbtrace.compare.reflections.compare_reflections import ReflectionsResult, compare_reflections
    from nbtrace.compare.scaling import ScalingResult
    from nbtrace.compare.self_check import SelfCheck
    from nbtrace.compare.several_logs import SeveralLogs
    from nbtrace.compare.steps import StepsResult
    from nbtrace.compare.sweep import sweep
    from nbtrace.compare.sweep_result import SweepResult
    from nbtrace.detector.compare_detectors import compare_detectors
    from nbtrace.detector.detector_result import DetectorResult
    from nbtrace.differentiation.gradients_result import GradientsResult
    from nbtrace.embedded.gradient_runs import GradientRequest, gradients
    from nbtrace.embedded.traces import EmbeddedTrace, trace_pixel
    from nbtrace.errors import InputError, MismatchError, NbtraceError, ProgramError, UsageError
    from nbtrace.evidence.bundle import Bundle
    from nbtrace.explanation.explain import Explanation, explain
    from nbtrace.history.history_file import read_history
    from nbtrace.history.trend import TrendResult, trend
    from nbtrace.images.image import Geometry, Image
    from nbtrace.images.read import read_image
    from nbtrace.loggers.nbtrace_log import log, log_index, log_to
    from nbtrace.longlogs.check_logs import check
    from nbtrace.longlogs.diff_logs import diff
    from nbtrace.longlogs.diff_several import diff_several
    from nbtrace.longlogs.phi_logs import compare_phi
    from nbtrace.longlogs.scaling_logs import scaling_chain
    from nbtrace.longlogs.steps_logs import compare_steps
    from nbtrace.parsers import parse_trace, read_sides, read_trace
    from nbtrace.presented import render_html, render_json, render_markdown, render_text
    from nbtrace.records import Record, Side, Trace
    from nbtrace.suite_runs import compare_suite
    from nbtrace.verdicts.status import Status, Verdict
    from nbtrace.verdicts.tolerance import Policy
    from nbtrace.verdicts.waiver_file import read_waivers
    from nbtrace.verdicts.waivers import Waiver, judge_waivers
    from nbtrace.vocabulary.registry import load as load_vocabulary
    from nbtrace.vocabulary.vocabulary import Vocabulary

__version__ = "0.2.0"

__all__ = [
    "ArrayTolerances",
    "ArraysResult",
    "Bundle",
    "DetectorResult",
    "DiffResult",
    "EmbeddedTrace",
    "Explanation",
    "Geometry",
    "GradientRequest",
    "GradientsResult",
    "Image",
    "ImageOptions",
    "ImagesResult",
    "InProcessCapture",
    "InputError",
    "MismatchError",
    "NbtraceError",
    "PhiResult",
    "Policy",
    "ProgramError",
    "Record",
    "ReflectionsResult",
    "ScalingResult",
    "SelfCheck",
    "SeveralLogs",
    "Side",
    "Status",
    "StepsResult",
    "SweepResult",
    "Trace",
    "TrendResult",
    "UsageError",
    "Verdict",
    "Vocabulary",
    "Waiver",
    "__version__",
    "capture",
    "check",
    "compare_arrays",
    "compare_detectors",
    "compare_images",
    "compare_phi",
    "compare_reflections",
    "compare_steps",
    "compare_suite",
    "diff",
    "diff_several",
    "explain",
    "gradients",
    "judge_waivers",
    "load_vocabulary",
    "log",
    "log_index",
    "log_to",
    "parse_trace",
    "read_history",
    "read_image",
    "read_sides",
    "read_trace",
    "read_waivers",
    "render_html",
    "render_json",
    "render_markdown",
    "render_text",
    "scaling_chain",
    "sweep",
    "trace_pixel",
    "trend",
]

_HOME = {
    "ArrayTolerances": "nbtrace.compare.array_tolerances",
    "ArraysResult": "nbtrace.compare.arrays",
    "Bundle": "nbtrace.evidence.bundle",
    "DetectorResult": "nbtrace.detector.detector_result",
    "DiffResult": "nbtrace.compare.diff",
    "EmbeddedTrace": "nbtrace.embedded.traces",
    "Explanation": "nbtrace.explanation.explain",
    "Geometry": "nbtrace.images.image",
    "GradientRequest": "nbtrace.embedded.gradient_runs",
    "GradientsResult": "nbtrace.differentiation.gradients_result",
    "Image": "nbtrace.images.image",
    "ImageOptions": "nbtrace.compare.images",
    "InProcessCapture": "nbtrace.capturing.in_process",
    "ImagesResult": "nbtrace.compare.images",
    "InputError": "nbtrace.errors",
    "MismatchError": "nbtrace.errors",
    "NbtraceError": "nbtrace.errors",
    "PhiResult": "nbtrace.compare.phi",
    "Policy": "nbtrace.verdicts.tolerance",
    "ProgramError": "nbtrace.errors",
    "Record": "nbtrace.records",
    "ReflectionsResult": "nbtrace.compare.reflections.compare_reflections",
    "ScalingResult": "nbtrace.compare.scaling",
    "SelfCheck": "nbtrace.compare.self_check",
    "SeveralLogs": "nbtrace.compare.several_logs",
    "Side": "nbtrace.records",
    "Status": "nbtrace.verdicts.status",
    "StepsResult": "nbtrace.compare.steps",
    "SweepResult": "nbtrace.compare.sweep_result",
    "Trace": "nbtrace.records",
    "TrendResult": "nbtrace.history.trend",
    "UsageError": "nbtrace.errors",
    "Verdict": "nbtrace.verdicts.status",
    "Vocabulary": "nbtrace.vocabulary.vocabulary",
    "Waiver": "nbtrace.verdicts.waivers",
    "capture": "nbtrace.capturing.in_process",
    "check": "nbtrace.longlogs.check_logs",
    "compare_arrays": "nbtrace.compare.arrays",
    "compare_detectors": "nbtrace.detector.compare_detectors",
    "compare_images": "nbtrace.compare.images",
    "compare_phi": "nbtrace.longlogs.phi_logs",
    "compare_reflections": "nbtrace.compare.reflections.compare_reflections",
    "compare_steps": "nbtrace.longlogs.steps_logs",
    "compare_suite": "nbtrace.suite_runs",
    "diff": "nbtrace.longlogs.diff_logs",
    "diff_several": "nbtrace.longlogs.diff_several",
    "explain": "nbtrace.explanation.explain",
    "gradients": "nbtrace.embedded.gradient_runs",
    "judge_waivers": "nbtrace.verdicts.waivers",
    "load_vocabulary": "nbtrace.vocabulary.registry:load",
    "log": "nbtrace.loggers.nbtrace_log",
    "log_index": "nbtrace.loggers.nbtrace_log",
    "log_to": "nbtrace.loggers.nbtrace_log",
    "parse_trace": "nbtrace.parsers",
    "read_history": "nbtrace.history.history_file",
    "read_image": "nbtrace.images.read",
    "read_sides": "nbtrace.parsers",
    "read_trace": "nbtrace.parsers",
    "read_waivers": "nbtrace.verdicts.waiver_file",
    "render_html": "nbtrace.presented",
    "render_json": "nbtrace.presented",
    "render_markdown": "nbtrace.presented",
    "render_text": "nbtrace.presented",
    "scaling_chain": "nbtrace.longlogs.scaling_logs",
    "sweep": "nbtrace.compare.sweep",
    "trace_pixel": "nbtrace.embedded.traces",
    "trend": "nbtrace.history.trend",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, own = _HOME[name].partition(":")
    value = getattr(import_module(module), own or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _OldNames:
    """Asked for modules that are nowhere: those of version 0.1 that have another place now."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> "ModuleSpec | None":
        """Return the spec of a module under its old name; None for any other."""
        del path, target
        if not name.startswith(f"{__name__}."):
            return None
        from nbtrace.moved import spec_of  # noqa: PLC0415 - only for names that are nowhere

        return spec_of(name)


sys.meta_path.append(_OldNames)

"""What `nbtrace diff` does, once its words are read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.cli.destinations import Destinations
from nbtrace.cli.given_waivers import (
    GivenWaivers,
    document_with,
    given_waivers,
    waived_code,
    waived_or_plain,
    waiver_files,
)
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.process import keep_loaded
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.compare.diff import DiffResult, diff_traces, in_order
from nbtrace.compare.repeatability import repeatability
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.documents import load
from nbtrace.errors import ExitCode, InputError, UsageError
from nbtrace.files import first_bytes
from nbtrace.longlogs.diff_logs import diff
from nbtrace.longlogs.long_files import PAYING, are_long
from nbtrace.parsers import read_pair, read_trace
from nbtrace.parsers.source import read_raw
from nbtrace.physics.nanobragg.reflection_files import are_reflections
from nbtrace.records import Pixel, Side, Trace
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.unified import unified, unified_of_long
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy, resolve_policy
from nbtrace.vocabulary.chosen import chosen

if TYPE_CHECKING:
    from nbtrace.verdicts.waivers import WaiverReport

_HEAD = 4096
_BEFORE_A_DOCUMENT = b" \t\r\n\0\xef\xbb\xbf\xff\xfe"
"""Blanks, the marks at the beginning of a text, and the second bytes of letters of two."""


def run_diff(
    c_log: str,
    py_log: str,
    *,
    tolerance: list[str] | None = None,
    policy: Path | None = None,
    noise: Path | None = None,
    waivers: Path | None = None,
    case: str | None = None,
    vocabulary: str | None = None,
    brief: bool = False,
    unified_view: bool = False,
    strict: bool = False,
    pixel: Pixel | None = None,
    destinations: Destinations,
) -> ExitCode:
    """Compare two logs, one pixel of two whole-detector traces, or two tables of structure factors.

    Options are keywords of their own, each with what it is by default: a plain call comes here without typer, which
    groups of options would load.
    """
    words = chosen(vocabulary, Path())
    inputs = (c_log, py_log, *words.inputs, *(() if noise is None else (str(noise),)))
    waived = given_waivers(waivers, case, words.vocabulary)
    inputs += waiver_files(waived)
    delivery = Delivery("diff", inputs, destinations)
    limits = resolve_policy(tolerance or [], policy, Path(), words.vocabulary)
    if pixel is None and words.is_default and are_reflections(c_log, py_log):
        if noise is not None or unified_view or waivers is not None:
            raise UsageError("--noise, --unified and --waivers are for traces; leave them out for structure factors")
        return _diff_reflections(c_log, py_log, limits, delivery)
    if pixel is None and words.is_default:
        refuse_reflections_beside(c_log, py_log)
    keep_loaded()
    if pixel is not None:
        if noise is not None:
            raise UsageError("--noise is for logs; leave it out with --pixel")
        traces = _of_pixel(c_log, py_log, pixel, limits)
        result = diff_traces(*traces, limits, strict=strict)
    elif noise is not None:
        result = _diff_with_noise((c_log, py_log), limits, noise, strict=strict, by_records=waived is not None)
    elif waived is not None:  # which are held against every value
        result = diff_traces(*read_pair(c_log, py_log, words.vocabulary), limits, strict=strict)
    else:
        result = diff(c_log, py_log, limits, strict=strict, columns_from=PAYING)
    refuse_misspelt(limits, result.notices)
    printed = unified_of(result) if unified_view else None
    if unified_view and printed is None and pixel is None:
        by_records = diff_traces(*read_pair(c_log, py_log, words.vocabulary), result.policy, strict=strict)
        printed = unified(replace(by_records, notices=result.notices))
    report = None if waived is None else _held(waived, case, result, strict=strict)
    view = waived_or_plain(diff_view(result, brief=brief), report)
    code = waived_code(EXIT_OF[result.verdict], report)
    return delivery.deliver(view, lambda: _document(result, report), printed=printed, code=code)


def _of_pixel(c_log: str, py_log: str, pixel: Pixel, limits: Policy) -> tuple[Trace, Trace]:
    """Return the traces of one pixel of two whole-detector traces."""
    from nbtrace.detector.one_pixel import pixel_traces  # noqa: PLC0415 - numpy and pyarrow

    if min(pixel) < 0:
        raise UsageError(f"--pixel {pixel[0]} {pixel[1]}: a pixel has no negative coordinates")
    return pixel_traces(c_log, py_log, pixel, limits.vocabulary)


def _held(waivers: GivenWaivers, case: str | None, result: DiffResult, *, strict: bool) -> "WaiverReport":
    """Hold waivers against a comparison, which is explained where there is something to waive."""
    from nbtrace.cli.compared_parts import ComparedPart  # noqa: PLC0415 - few projects have waivers
    from nbtrace.explanation.explain import explain  # noqa: PLC0415 - the catalogue of causes
    from nbtrace.explanation.judged_traces import judged_traces  # noqa: PLC0415
    from nbtrace.verdicts.case_names import pair_case  # noqa: PLC0415

    name = case or pair_case(result.c.source, result.py.source)
    wanted = result.verdict is Verdict.DIFFER and result.divergences and waivers.of(name)
    explanation = explain(result.c, result.py, policy=result.policy) if wanted else None
    return waivers.judge([judged_traces(name, result, explanation, strict=strict)], ComparedPart.TRACES)


def unified_of(result: DiffResult) -> str | Callable[[], Iterator[str]] | None:
    """Return the unified diff of a result, of long logs as what yields its lines; None if only records give it."""
    if type(result) is DiffResult:
        return unified(result)
    # What imports numpy, as long logs have.
    from nbtrace.longlogs.aligned_blocks import are_in_blocks  # noqa: PLC0415
    from nbtrace.longlogs.aligned_steps import are_steps_shown  # noqa: PLC0415
    from nbtrace.longlogs.long_result import LongDiffResult  # noqa: PLC0415

    if not isinstance(result, LongDiffResult):
        return None
    is_shown = are_in_blocks if result.has_whole_blocks else are_steps_shown
    return partial(unified_of_long, result) if is_shown(result) else None


def refuse_reflections_beside(c_log: str, py_log: str) -> None:
    """Raise InputError where one file holds structure factors and the other one does not, or is missing."""
    for some, other in ((c_log, py_log), (py_log, c_log)):
        if not are_reflections(some) or are_reflections(other):
            continue
        if other != "-" and not Path(other).exists():
            read_raw(other)  # which says that it is missing
        if Path(other).is_file() and not first_bytes(Path(other), 1):
            raise InputError(f"{other} is empty; {some} is a list of structure factors")
        if Path(other).is_file():
            raise InputError(f"{some} is a list of structure factors; the first lines of {other} are not all h k l F")


def _document(result: DiffResult, report: "WaiverReport | None") -> Mapping[str, object]:
    from nbtrace.report.documents.trace_documents import diff_document  # noqa: PLC0415 - the models of documents

    return document_with(diff_document(result), report)


def _diff_reflections(c: str, py: str, limits: Policy, delivery: Delivery) -> ExitCode:
    """Compare two tables of structure factors."""
    # numpy, which only such files need.
    from nbtrace.compare.reflections.compare_reflections import compare_reflections  # noqa: PLC0415
    from nbtrace.report.documents.reflections_document import reflections_document  # noqa: PLC0415
    from nbtrace.report.views.reflections_view import reflections_view  # noqa: PLC0415

    result = compare_reflections(c, py, limits)
    return delivery.deliver(reflections_view(result), lambda: reflections_document(result))


def _diff_with_noise(
    logs: tuple[str, str], limits: Policy, file: Path, *, strict: bool, by_records: bool
) -> DiffResult:
    """Compare two logs with tolerances no finer than the reference's own scatter."""
    are_columns = are_long(*logs, least=PAYING) and not by_records
    result = long_with_noise(logs, limits, file, strict=strict) if are_columns else None
    if result is not None:
        return result
    return traces_with_noise(*in_order(*read_pair(*logs, limits.vocabulary)), limits, file, strict=strict)


def traces_with_noise(
    c: Trace, py: Trace, limits: Policy, file: Path, *, strict: bool, keeps_order: bool = False
) -> DiffResult:
    """Compare two traces, the reference's first, with tolerances no finer than the reference's own scatter."""
    if _is_document(file):
        from nbtrace.compare.noise import read_noise  # noqa: PLC0415 - imports numpy, which only such a file needs

        noise, pixel = read_noise(file), whereabouts(c).pixel
        raised = noise.applied(limits, pixel)
        notice = noise.told(limits, raised, pixel)
    else:
        moves = repeatability(c, read_trace(str(file), Side.C, vocabulary=limits.vocabulary), py)
        raised = moves.applied(limits)
        notice = moves.told(limits, raised)
    result = diff_traces(c, py, raised, strict=strict, keeps_order=keeps_order)
    return replace(result, notices=(notice, *result.notices))


def long_with_noise(
    logs: tuple[str, str], limits: Policy, file: Path, *, strict: bool, keeps_order: bool = False
) -> DiffResult | None:
    """Compare two long logs with these tolerances; None if one of the logs is to be read line by line."""
    from nbtrace.compare.noise import read_noise  # noqa: PLC0415 - imports numpy, as long logs do
    from nbtrace.longlogs.long_repeatability import long_repeatability  # noqa: PLC0415
    from nbtrace.longlogs.stream import diff_long  # noqa: PLC0415

    found = diff_long(*logs, limits, strict=strict, keeps_order=keeps_order)
    if found is None:
        return None
    if _is_document(file):
        noise, pixel = read_noise(file), whereabouts(found.c).pixel
        raised = noise.applied(limits, pixel)
        notice = noise.told(limits, raised, pixel)
    else:
        moves = long_repeatability(found, str(file))
        if moves is None:
            return None
        raised = moves.applied(limits)
        notice = moves.told(limits, raised)
    result = found if raised == limits else diff_long(*logs, raised, strict=strict, keeps_order=keeps_order)
    return None if result is None else replace(result, notices=(notice, *result.notices))


def _is_document(file: Path) -> bool:
    """Whether a file of noise is a document of a command, whatever its name; any other is a log of the reference.

    A long log is not read for it, and a pipe, which can be read once, is a log.
    """
    if not first_bytes(file, _HEAD).translate(None, _BEFORE_A_DOCUMENT).startswith(b"{"):
        return False
    try:
        document = load(file)
    except InputError:
        return False
    return isinstance(document, dict) and "format" in document

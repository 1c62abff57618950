"""`nbtrace diff`."""

import gc
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import (
    CLog,
    PolicyFile,
    PyLog,
    Tolerances,
    VocabularyName,
)
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.panels import OUTPUT, TOLERANCE
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.cli.waiver_options import GivenWaivers, WaiverOptions, waived_code
from nbtrace.compare.diff import DiffResult, diff_traces, in_order
from nbtrace.compare.repeatability import repeatability
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.documents import load
from nbtrace.errors import ExitCode, InputError, UsageError
from nbtrace.files import first_bytes
from nbtrace.longlogs.diff_logs import diff
from nbtrace.parsers import read_pair, read_trace
from nbtrace.parsers.source import read_raw
from nbtrace.physics.nanobragg.reflection_files import are_reflections
from nbtrace.records import Side
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.unified import unified
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy, resolve_policy
from nbtrace.verdicts.waivers import WaiverReport
from nbtrace.vocabulary.chosen import chosen

EXAMPLE = "Example: nbtrace diff c.log py.log --md report.md --json metrics.json"


@two_sided
@grouped
def diff_command(
    c_log: CLog,
    py_log: PyLog,
    *,
    tolerance: Tolerances = None,
    policy: PolicyFile = None,
    noise: Annotated[
        Path | None,
        typer.Option(
            "--noise",
            metavar="JSON|LOG",
            help="What nbtrace trust wrote, or a second log of the reference: no tolerance is finer than C's own "
            "scatter between runs.",
            rich_help_panel=TOLERANCE,
        ),
    ] = None,
    waived: WaiverOptions,
    vocabulary: VocabularyName = None,
    brief: Annotated[
        bool, typer.Option("--brief", "-b", help="Leave out the quantities that agree.", rich_help_panel=OUTPUT)
    ] = False,
    unified_view: Annotated[
        bool,
        typer.Option(
            "--unified", "-u", help="Print the aligned trace as a plain diff -u instead.", rich_help_panel=OUTPUT
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="A quantity on one side only, or an unreadable line, is a difference.")
    ] = False,
    outputs: Outputs,
) -> None:
    """Compare two traces: the first quantity that diverges, ratios Py/C, a status for each quantity.

    Each log is first held against itself, and what stands between the two and a fair comparison is said before the
    table: different pixels, units, φ steps or configurations.
    """
    words = chosen(vocabulary, Path())
    inputs = (c_log, py_log, *words.inputs, *(() if noise is None else (str(noise),)))
    waivers = waived.given(words.vocabulary)
    inputs += () if waivers is None else (str(waivers.file),)
    delivery = Delivery("diff", inputs, outputs.destinations(brief=brief))
    limits = resolve_policy(tolerance or [], policy, Path(), words.vocabulary)
    if words.is_default and are_reflections(c_log, py_log):
        if noise is not None or unified_view or waived.waivers is not None:
            raise UsageError("--noise, --unified and --waivers are for traces; leave them out for structure factors")
        raise typer.Exit(_diff_reflections(c_log, py_log, limits, delivery))
    if words.is_default:
        _refuse_reflections_beside(c_log, py_log)
    gc.freeze()  # what was imported stays; looking through it again and again takes as long as reading megabytes
    if noise is not None:
        result = _diff_with_noise((c_log, py_log), limits, noise, strict=strict)
    elif unified_view or waivers is not None:  # every value is printed, or held against a bound
        result = diff_traces(*read_pair(c_log, py_log, words.vocabulary), limits, strict=strict)
    else:
        result = diff(c_log, py_log, limits, strict=strict)
    refuse_misspelt(limits, result.notices)
    printed = unified(result) if unified_view else None
    report = None if waivers is None else _held(waivers, waived.case, result, strict=strict)
    code = waived_code(EXIT_OF[result.verdict], report)
    view = diff_view(result, brief=brief)
    if report is not None:
        from nbtrace.report.views.waivers_view import waived_view  # noqa: PLC0415 - few projects have waivers

        view = waived_view(view, report)
    code = delivery.deliver(view, lambda: _document(result, report), printed=printed, code=code)
    raise typer.Exit(code)


def _held(waivers: GivenWaivers, case: str | None, result: DiffResult, *, strict: bool) -> WaiverReport:
    """Hold waivers against a comparison, which is explained where there is something to waive."""
    from nbtrace.explanation.explain import explain  # noqa: PLC0415 - the catalogue of causes
    from nbtrace.explanation.judged_traces import judged_traces  # noqa: PLC0415
    from nbtrace.verdicts.case_names import pair_case  # noqa: PLC0415

    name = case or pair_case(result.c.source, result.py.source)
    wanted = result.verdict is Verdict.DIFFER and result.divergences and waivers.of(name)
    explanation = explain(result.c, result.py, policy=result.policy) if wanted else None
    return waivers.judge([judged_traces(name, result, explanation, strict=strict)])


def _refuse_reflections_beside(c_log: str, py_log: str) -> None:
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


def _document(result: DiffResult, report: WaiverReport | None) -> Mapping[str, object]:
    from nbtrace.report.documents.trace_documents import diff_document  # noqa: PLC0415 - the models of documents
    from nbtrace.report.documents.waivers_document import with_waivers  # noqa: PLC0415

    return with_waivers(diff_document(result), report)


def _diff_reflections(c: str, py: str, limits: Policy, delivery: Delivery) -> ExitCode:
    """Compare two tables of structure factors."""
    # numpy, which only such files need.
    from nbtrace.compare.reflections.compare_reflections import compare_reflections  # noqa: PLC0415
    from nbtrace.report.documents.reflections_document import reflections_document  # noqa: PLC0415
    from nbtrace.report.views.reflections_view import reflections_view  # noqa: PLC0415

    result = compare_reflections(c, py, limits)
    return delivery.deliver(reflections_view(result), lambda: reflections_document(result))


def _diff_with_noise(logs: tuple[str, str], limits: Policy, file: Path, *, strict: bool) -> DiffResult:
    """Compare two logs with tolerances no finer than the reference's own scatter."""
    c, py = in_order(*read_pair(*logs, limits.vocabulary))
    if _is_document(file):
        from nbtrace.compare.noise import read_noise  # noqa: PLC0415 - imports numpy, which only such a file needs

        noise, pixel = read_noise(file), whereabouts(c).pixel
        raised = noise.applied(limits, pixel)
        notice = noise.told(limits, raised, pixel)
    else:
        moves = repeatability(c, read_trace(str(file), Side.C, vocabulary=limits.vocabulary), py)
        raised = moves.applied(limits)
        notice = moves.told(limits, raised)
    result = diff_traces(c, py, raised, strict=strict)
    return replace(result, notices=(notice, *result.notices))


def _is_document(file: Path) -> bool:
    """Whether a file of noise is a document of a command, whatever its name; any other is a log of the reference."""
    try:
        document = load(file)
    except InputError:
        return False
    return isinstance(document, dict) and "format" in document

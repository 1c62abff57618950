"""What `nbtrace diff` does with more than two logs, once its words are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.cli.compared_parts import ComparedPart
from nbtrace.cli.destinations import Destinations
from nbtrace.cli.given_waivers import (
    GivenWaivers,
    document_with,
    given_waivers,
    waived_code,
    waived_or_plain,
    waiver_files,
)
from nbtrace.cli.output import Delivery
from nbtrace.cli.process import keep_loaded
from nbtrace.cli.run_diff import long_with_noise, refuse_reflections_beside, traces_with_noise, unified_of
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.compare.diff import DiffResult, diff_traces, in_order
from nbtrace.compare.several_logs import LogAgainstReference, SeveralLogs
from nbtrace.errors import ExitCode, UsageError
from nbtrace.longlogs.diff_several import diff_several, each_against, require_different
from nbtrace.longlogs.long_files import PAYING
from nbtrace.physics.nanobragg.reflection_files import are_reflections
from nbtrace.report.view import clean
from nbtrace.report.views.several_logs_view import several_logs_view
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy, resolve_policy
from nbtrace.vocabulary.chosen import chosen

if TYPE_CHECKING:
    from nbtrace.verdicts.waivers import JudgedCase, WaiverReport


def run_diff_several(
    reference: str,
    logs: Sequence[str],
    *,
    tolerance: list[str] | None = None,
    policy: Path | None = None,
    noise: Path | None = None,
    waivers: Path | None = None,
    vocabulary: str | None = None,
    brief: bool = False,
    unified_view: bool = False,
    strict: bool = False,
    destinations: Destinations,
) -> ExitCode:
    """Compare logs with one, and deliver the result."""
    words = chosen(vocabulary, Path())
    inputs = (reference, *logs, *words.inputs, *(() if noise is None else (str(noise),)))
    waived = given_waivers(waivers, None, words.vocabulary)
    inputs += waiver_files(waived)
    delivery = Delivery("diff_several", inputs, destinations)
    limits = resolve_policy(tolerance or [], policy, Path(), words.vocabulary)
    require_different(reference, logs)
    if words.is_default:
        for log in logs:
            _refuse_reflections(reference, log)
    keep_loaded()
    result = _compared(reference, logs, limits, noise, strict=strict, by_records=waived is not None)
    refuse_misspelt(limits, *(log.diff.notices for log in result.logs if log.diff is not None))
    report = None
    if waived is not None:
        result, cases = _explained(waived, result, strict=strict)
        report = waived.judge(cases, ComparedPart.TRACES)
    view = waived_or_plain(several_logs_view(result, brief=brief), report)
    code = waived_code(result.exit_code, report)
    printed = partial(_unified, result) if unified_view else None
    return delivery.deliver(view, lambda: _document(result, report), printed=printed, code=code)


def _refuse_reflections(reference: str, log: str) -> None:
    if are_reflections(reference, log):
        raise UsageError(
            f"{reference} and {log} hold structure factors, which are compared two at a time: nbtrace diff A.hkl B.hkl"
        )
    refuse_reflections_beside(reference, log)


def _compared(
    reference: str, logs: Sequence[str], limits: Policy, noise: Path | None, *, strict: bool, by_records: bool
) -> SeveralLogs:
    if noise is not None:
        by_traces = partial(traces_with_noise, limits=limits, file=noise, strict=strict, keeps_order=True)
        by_columns = partial(_long_with_noise, limits, noise, strict=strict)
        return each_against(reference, logs, limits, by_traces, None if by_records else by_columns, PAYING)
    if by_records:  # waivers are held against every value
        whole = partial(diff_traces, policy=limits, strict=strict, keeps_order=True)
        return each_against(reference, logs, limits, whole)
    return diff_several(reference, logs, limits, strict=strict, columns_from=PAYING)


def _long_with_noise(limits: Policy, noise: Path, reference: str, log: str, *, strict: bool) -> DiffResult | None:
    return long_with_noise((reference, log), limits, noise, strict=strict, keeps_order=True)


def _explained(
    waivers: GivenWaivers, result: SeveralLogs, *, strict: bool
) -> tuple[SeveralLogs, "tuple[JudgedCase, ...]"]:
    """Return the logs with side and cause, where there is something to waive, and each as waivers are held against."""
    from nbtrace.verdicts.waivers import JudgedCase  # noqa: PLC0415 - few projects have waivers

    logs, cases = [], []
    for log in result.logs:
        name = result.cases[log.source]
        if log.diff is None:
            logs.append(log)
            cases.append(JudgedCase(name, (), (log.reason,)))
            continue
        own, case = _judged(log, log.diff, name, wanted=bool(waivers.of(name)), strict=strict)
        logs.append(own)
        cases.append(case)
    return replace(result, logs=tuple(logs)), tuple(cases)


def _judged(
    log: LogAgainstReference, diff: DiffResult, name: str, *, wanted: bool, strict: bool
) -> "tuple[LogAgainstReference, JudgedCase]":
    from nbtrace.explanation.explain import explain  # noqa: PLC0415 - the catalogue of causes
    from nbtrace.explanation.judged_traces import judged_traces  # noqa: PLC0415

    # An explanation takes the sides by their prefixes, which may say otherwise than the order that was given.
    keeps = in_order(diff.c, diff.py)[0] is diff.c
    wanted = wanted and keeps and diff.verdict is Verdict.DIFFER and bool(diff.divergences)
    explanation = explain(diff.c, diff.py, policy=diff.policy) if wanted else None
    case = judged_traces(name, diff, explanation, strict=strict)
    row = log.leaves_at
    own = next((item for item in case.quantities if row is not None and item.quantity == row.quantity), None)
    return (log if own is None else replace(log, side=own.side, cause=own.cause)), case


def _unified(result: SeveralLogs) -> Iterator[str]:
    """Yield the unified diff of each pair, one after the other."""
    for log in result.logs:
        if log.diff is None:
            yield f"# {clean(log.source)} is not compared: {clean(log.reason)}\n"
            continue
        told = unified_of(log.diff)
        if told is None:  # long logs of a form that only records give in order
            told = f"# {clean(log.source)}: too long to be shown beside others; nbtrace diff -u shows it alone\n"
        yield from [told] if isinstance(told, str) else told()


def _document(result: SeveralLogs, report: "WaiverReport | None") -> Mapping[str, object]:
    from nbtrace.report.documents.several_logs_document import several_logs_document  # noqa: PLC0415 - the models

    return document_with(several_logs_document(result), report)

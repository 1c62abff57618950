"""The JSON document of `nbtrace diff` on more than two logs."""

from nbtrace.compare.judge import Row
from nbtrace.compare.several_logs import LogAgainstReference, SeveralLogs, SharedDivergence
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.models.several_logs import (
    LeftAt,
    LogEntry,
    SeveralCoverage,
    SeveralLogsDocument,
    SharedEntry,
)
from nbtrace.report.documents.parts import Document, pixel_place, side_names, trace_source
from nbtrace.report.documents.trace_documents import diff_model, printed_value
from nbtrace.verdicts.status import Verdict


def several_logs_document(result: SeveralLogs) -> Document:
    """Return several logs against one."""
    return SeveralLogsDocument(
        format="nbtrace diff_several",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        tolerance_rel=result.policy.relative.value,
        names=side_names(result.names),
        reference=trace_source(result.reference),
        coverage=SeveralCoverage(
            logs=len(result.logs),
            num_agree=len(result.of(Verdict.AGREE)),
            num_differ=len(result.of(Verdict.DIFFER)),
            not_comparable=len(result.of(Verdict.NOT_COMPARABLE)),
        ),
        logs={log.source: _log(log, result.cases[log.source]) for log in result.logs},
        shared=tuple(map(_shared, result.shared)),
    ).written()


def _log(log: LogAgainstReference, case: str) -> LogEntry:
    row = log.leaves_at
    pixel = None if log.diff is None else whereabouts(log.diff.py).pixel
    return LogEntry(
        case=case,
        verdict=log.verdict.value,
        reason=log.reason,
        exit_code=None if log.error is None else int(log.error),
        first_divergence=None if row is None else row.quantity,
        left_at=None if row is None else _left_at(row),
        pixel=None if pixel is None else pixel_place(pixel),
        compared=log.compared,
        agreeing=log.agreeing,
        side=log.side,
        cause=log.cause,
        comparison=None if log.diff is None else diff_model(log.diff),
    )


def _left_at(row: Row) -> LeftAt:
    return LeftAt(
        quantity=row.quantity,
        index=row.index.label(),
        status=row.status.value,
        c_value=printed_value(row.c),
        py_value=printed_value(row.py),
        c_text=row.c.value.text,
        py_text=row.py.value.text,
        rel_delta=None if row.difference is None else row.difference.relative,
        c_line=row.c.line,
        py_line=row.py.line,
    )


def _shared(item: SharedDivergence) -> SharedEntry:
    return SharedEntry(
        logs=item.logs,
        quantity=item.row.quantity,
        index=item.row.index.label(),
        c_line=item.row.c.line,
        same_value=item.same_value,
        is_first=item.is_first,
        agree_with_each_other=item.agree_with_each_other,
        common=item.common,
        apart=item.apart,
    )

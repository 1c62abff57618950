"""An attempt as a section of a ledger: what was run, what it says, and what changed against the attempt before."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from nbtrace.documents import utc_text
from nbtrace.history.changes import AttemptChange, AttemptChanges
from nbtrace.history.history_line import VERDICT, HistoryLine
from nbtrace.report.documents.history_rows import HistoricResult
from nbtrace.report.markdown import escape
from nbtrace.report.view import listed
from nbtrace.report.views.trend_view import commit_text

_MOST = 12
"""Changes that are told one by one."""

_NOT_TOLD = "not told"


def attempt_section(
    number: int,
    results: Sequence[HistoricResult],
    lines: Sequence[HistoryLine],
    changes: AttemptChanges,
    *,
    now: datetime | None = None,
) -> str:
    """Return the section of an attempt.

    Parameters
    ----------
    number : int
    results : sequence of HistoricResult
        What the attempt gave, the oldest first.
    lines : sequence of HistoryLine
        Their lines.
    changes : AttemptChanges
    now : datetime, optional
        By default the current time.
    """
    commit = next((commit_text(line) for line in reversed(lines) if line.commit is not None), "no commit")
    time = utc_text(now or datetime.now(UTC))
    text = [f"## Attempt {number}, {time}, {escape(commit)}", ""]
    for result in results:
        text += [f"- {item}" for item in _result(result, lines)]
    text += _changes(changes, lines)
    return "\n".join(text) + "\n"


def _result(result: HistoricResult, lines: Sequence[HistoryLine]) -> Iterator[str]:
    own = [line for line in lines if (line.time, line.result) == (result.origin.time, result.origin.result)]
    verdicts = list(dict.fromkeys(line.status for line in own if line.quantity == VERDICT))
    worst = next((word for word in ("differ", "not_comparable", "agree") if word in verdicts), "")
    yield f"Command: {escape(result.origin.command or result.origin.result)} ({result.origin.time})"
    word = worst.replace("_", " ").upper() or _NOT_TOLD
    yield f"Verdict: {word}{': ' + escape(result.answer) if result.answer else ''}"
    first = list(dict.fromkeys(line.first_divergence for line in own if line.first_divergence))
    yield f"First divergence: {escape(listed(first)) if first else 'none'}"
    if first:
        causes = (f"{line.quantity}: {_cause(line)}" for line in own if line.side)
        told = list(dict.fromkeys(causes))
        yield f"Cause: {escape(listed(told, 4)) if told else _NOT_TOLD}"


def _cause(line: HistoryLine) -> str:
    return f"{line.side}, {line.cause}" if line.cause else line.side


def _changes(changes: AttemptChanges, lines: Sequence[HistoryLine]) -> Iterator[str]:
    before = changes.before
    if before is None:
        cases = listed(dict.fromkeys(line.case for line in lines), 2)
        yield f"- Against the attempt before: the history has none of {escape(cases)}"
        return
    when = f"Against the attempt before ({before.time}, {escape(commit_text(before))})"
    if not changes.changes:
        yield f"- {when}: nothing changed in {changes.compared} quantities"
        return
    yield f"- {when}: {len(changes.changes)} of {changes.compared} quantities changed"
    ranked = sorted(changes.changes, key=lambda item: -abs(item.gain))
    many = len({line.case for line in lines}) > 1
    for item in ranked[:_MOST]:
        name = f"{item.quantity} of {item.case}" if many else item.quantity
        yield f"  - {escape(name)}: {_shown(item.before)} → {_shown(item.now)}{_gain(item)}"
    if len(ranked) > _MOST:
        yield f"  - … {len(ranked) - _MOST} more"


def _gain(item: AttemptChange) -> str:
    return f" ({item.gain:+.1f} digits)" if item.gain else ""


def _shown(line: HistoryLine | None) -> str:
    if line is None:
        return "not compared"
    digits = "" if line.digits is None else f" {line.digits:.1f}"
    side = f", {_cause(line)}" if line.side else ""
    return escape(f"{line.status or _NOT_TOLD}{digits}{side}")

"""The view of a history: what lost digits and where, which tolerances could be tighter, what flickers."""

from collections.abc import Iterator

from nbtrace.history.history_line import HistoryLine
from nbtrace.history.trend import ENOUGH, TrendResult
from nbtrace.report.view import TREND, Column, Line, Section, Table, View, listed
from nbtrace.report.views.waivers_view import waived_view
from nbtrace.verdicts.status import Status

_SHORT = 10
"""Letters of a commit that are shown."""

_MOST = 40
"""Letters of a case's name that a table shows."""

_LOSSES = (
    Column("quantity"),
    Column("case", rank=2),
    Column("digits", numeric=True, rank=1),
    Column("now", numeric=True),
    Column("lost", numeric=True),
    Column("since commit"),
    Column("time", rank=4),
    Column("status", rank=3),
)
_WIDE = (
    Column("quantity"),
    Column("case", rank=2),
    Column("tolerance", numeric=True),
    Column("headroom", numeric=True),
    Column("could be", numeric=True),
)


def trend_view(result: TrendResult) -> View:
    """Return the view of a history."""
    view = View(
        title="Trend of digits of agreement",
        verdict=result.verdict,
        headline=_headline(result),
        facts=tuple(_facts(result)),
        notices=(),
        sections=tuple(section for section in _sections(result) if section.says_something),
        of=TREND,
    )
    return waived_view(view, result.waivers)


def commit_text(line: HistoryLine) -> str:
    """Return the commit of a run, marked where there were changes that are in none; else its time."""
    if line.commit is None:
        return line.time
    return line.commit[:_SHORT] + (" + changes" if line.dirty else "")


def case_text(name: str) -> str:
    """Return the name of a case for a table."""
    return name if len(name) <= _MOST else f"{name[: _MOST - 1]}…"


def _headline(result: TrendResult) -> str:
    parts = []
    if result.losses:
        worst = max(result.losses, key=lambda item: item.size)
        many = len(result.losses)
        parts.append(
            f"{many} quantit{'y' if many == 1 else 'ies'} lost half a digit or more: {worst.quantity} of "
            f"{case_text(worst.case)} {worst.before:.1f} → {worst.now:.1f} digits at {commit_text(worst.line)}"
        )
    if result.gone:
        names = listed(dict.fromkeys(item.quantity for item in result.gone), 3)
        parts.append(f"{len(result.gone)} compared no more: {names}")
    if not parts:
        parts.append("no quantity lost half a digit")
    cases = len({item.case for item in result.series})
    looked = f"{len(result.series)} quantities of {cases} case{'s' * (cases != 1)} in {_runs(result)}"
    wide = f"; {len(result.wide)} tolerances could be ten times tighter" if result.wide else ""
    flickers = f"; {len(result.flickers)} flicker" if result.flickers else ""
    return f"{'; '.join(parts)}; {looked}{wide}{flickers}"


def _facts(result: TrendResult) -> Iterator[str]:
    times = [line.time for item in result.series for line in (item.lines[0], item.newest)]
    between = f", {min(times)} to {max(times)}" if times else ""
    yield f"History: {result.source}, {_runs(result)}{between}"


def _runs(result: TrendResult) -> str:
    return f"{result.runs} run{'s' * (result.runs != 1)}"


def _sections(result: TrendResult) -> Iterator[Section]:
    yield Section("Digits lost", table=_losses(result) if result.losses else None)
    gone = (
        f"{item.quantity} of {case_text(item.case)}: not in the run at {commit_text(item.line)}" for item in result.gone
    )
    yield Section("Compared no more", items=tuple(gone))
    if result.wide:
        words = f"The last {ENOUGH} runs of each keep a digit or more away from the tolerance."
        yield Section("Tolerances that could be ten times tighter", sentences=(words,), table=_wide(result))
    flickers = (
        f"{item.quantity} of {case_text(item.case)}: {item.changes} changes in {item.runs} runs"
        + (f"; both at commit {item.commit[:_SHORT]}" if item.commit else "")
        for item in result.flickers
    )
    yield Section("Flickers between agreement and divergence", items=tuple(flickers))


def _losses(result: TrendResult) -> Table:
    lines = (
        Line(
            (
                item.quantity,
                case_text(item.case),
                f"{item.before:.1f}",
                f"{item.now:.1f}",
                f"{item.size:.1f}",
                commit_text(item.line),
                item.line.time,
                item.newest.status,
            ),
            Status.CRITICAL,
        )
        for item in result.losses
    )
    return Table(_LOSSES, tuple(lines))


def _wide(result: TrendResult) -> Table:
    lines = (
        Line(
            (
                item.quantity,
                case_text(item.case),
                f"{item.tolerance:g} {item.basis[:3]}",
                f"{item.headroom:.1f}",
                f"{item.tolerance / 10:g}",
            )
        )
        for item in sorted(result.wide, key=lambda item: -item.headroom)
    )
    return Table(_WIDE, tuple(lines))

"""What a history says: which quantities lost digits, which tolerances are too wide, which cases flicker.

It goes by digits of agreement alone, never by how long anything took.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from nbtrace.history.change_points import lasting_loss
from nbtrace.history.history_line import VERDICT, HistoryLine
from nbtrace.presentable import Presentable
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.verdicts.waivers import JudgedCase, JudgedQuantity, UnwaivedDivergence, Waiver, WaiverReport, judge_waivers
from nbtrace.vocabulary.quantity import Basis

TIGHTER = 1.0
"""Digits of headroom from which a tolerance could be ten times tighter."""

ENOUGH = 5
"""Runs that must have that headroom."""

FLICKERS = 3
"""Changes between agreement and divergence, in the runs that are looked at, from which a quantity flickers."""

MOST_RUNS = 100
"""Runs of a quantity that are looked at, the newest."""


@dataclass(frozen=True)
class QuantitySeries:
    """A quantity of a case over its runs, the oldest first."""

    case: str
    quantity: str
    lines: tuple[HistoryLine, ...]

    @cached_property
    def measured(self) -> tuple[HistoryLine, ...]:
        """The runs that tell digits."""
        return tuple(line for line in self.lines if line.digits is not None)

    @property
    def digits(self) -> tuple[float, ...]:
        """Their digits."""
        return tuple(line.digits for line in self.measured if line.digits is not None)

    @property
    def newest(self) -> HistoryLine:
        """The last run."""
        return self.lines[-1]


@dataclass(frozen=True, slots=True)
class DigitLoss:
    """A quantity that lost half a digit or more, and has not got it back.

    Attributes
    ----------
    case, quantity : str
    before, now : float
        Levels of the digits of agreement.
    line : HistoryLine
        The first run behind the loss.
    previous : HistoryLine
        The run before.
    newest : HistoryLine
    """

    case: str
    quantity: str
    before: float
    now: float
    line: HistoryLine
    previous: HistoryLine
    newest: HistoryLine

    @property
    def size(self) -> float:
        """Digits that were lost."""
        return self.before - self.now


@dataclass(frozen=True, slots=True)
class LostQuantity:
    """A quantity that the run before compared, and the newest run of its case no more."""

    case: str
    quantity: str
    line: HistoryLine
    """The newest run of the case."""


@dataclass(frozen=True, slots=True)
class WideTolerance:
    """A tolerance that could be ten times tighter: the least headroom of the last runs, and how many these are."""

    case: str
    quantity: str
    tolerance: float
    basis: str
    headroom: float
    runs: int


@dataclass(frozen=True, slots=True)
class Flicker:
    """A quantity, or a verdict, that goes to and fro.

    Attributes
    ----------
    changes, runs : int
    commit : str or None
        One at which it both agrees and diverges; None where there is none.
    """

    case: str
    quantity: str
    changes: int
    runs: int
    commit: str | None


@dataclass(frozen=True, repr=False)
class TrendResult(Presentable):
    """What a history says.

    Attributes
    ----------
    source : str
    series : tuple of QuantitySeries
    runs : int
        Results that it holds.
    losses, gone, wide, flickers : tuple
    waivers : WaiverReport or None
        Waivers held against the losses.
    """

    presented_as: ClassVar[str] = "trend"

    source: str
    series: tuple[QuantitySeries, ...]
    runs: int
    losses: tuple[DigitLoss, ...]
    gone: tuple[LostQuantity, ...]
    wide: tuple[WideTolerance, ...]
    flickers: tuple[Flicker, ...]
    waivers: WaiverReport | None = None

    def counted(self) -> tuple[str, ...]:
        """Return what was looked at."""
        cases = len({item.case for item in self.series})
        return (f"{self.runs} runs of {cases} cases, {len(self.series)} quantities",)

    @property
    def alarms(self) -> int:
        """Quantities that lost digits, or are compared no more."""
        return len(self.losses) + len(self.gone)

    @property
    def verdict(self) -> Verdict:
        """Whether nothing was lost."""
        return Verdict.DIFFER if self.alarms else Verdict.AGREE


def trend(
    lines: Iterable[HistoryLine],
    *,
    source: str = "",
    since: str = "",
    waivers: Sequence[Waiver] | None = None,
    waivers_source: str = "",
) -> TrendResult:
    """Return what a history says.

    Parameters
    ----------
    lines : iterable of HistoryLine
        In order of time.
    source : str
        Its file.
    since : str
        A time in UTC, or the beginning of one: earlier lines do not count.
    waivers : sequence of Waiver, optional
        Losses that are accepted, up to their bounds.
    waivers_source : str
        Their file.
    """
    found: dict[tuple[str, str], list[HistoryLine]] = {}
    newest: dict[tuple[str, str], list[str]] = {}
    runs = set()
    for line in lines:
        if line.time < since:
            continue
        found.setdefault((line.case, line.quantity), []).append(line)
        times = newest.setdefault((line.case, line.result), [])
        if not times or times[-1] != line.time:
            times.append(line.time)
        runs.add((line.time, line.result))
    series = tuple(QuantitySeries(*key, tuple(members[-MOST_RUNS:])) for key, members in found.items())
    losses = tuple(sorted(_losses(series), key=lambda item: (item.line.time, -item.size)))
    result = TrendResult(
        source,
        series,
        len(runs),
        losses,
        tuple(_gone(series, newest)),
        tuple(_wide(series)),
        tuple(_flickers(series)),
    )
    if waivers is None:
        return result
    return replace(result, waivers=_held(result, waivers, waivers_source))


def _losses(series: Iterable[QuantitySeries]) -> Iterator[DigitLoss]:
    for item in series:
        loss = lasting_loss(item.digits)
        if loss is not None:
            measured = item.measured
            yield DigitLoss(
                item.case,
                item.quantity,
                loss.before,
                loss.now,
                measured[loss.place],
                measured[loss.place - 1],
                measured[-1],
            )


def _gone(series: Iterable[QuantitySeries], newest: dict[tuple[str, str], list[str]]) -> Iterator[LostQuantity]:
    """Yield what the last run but one of a command compared in a case, and its last one does not."""
    last: dict[tuple[str, str], HistoryLine] = {}
    seen: list[tuple[QuantitySeries, HistoryLine]] = []
    for item in series:
        by_result = {line.result: line for line in item.lines}
        for result, line in by_result.items():
            seen.append((item, line))
            key = (item.case, result)
            if key not in last or line.time > last[key].time:
                last[key] = line
    for item, line in seen:
        times = newest[item.case, line.result]
        elsewhere = item.newest.time >= times[-1]
        if len(times) > 1 and line.time == times[-2] and not elsewhere:
            yield LostQuantity(item.case, item.quantity, last[item.case, line.result])


def _wide(series: Iterable[QuantitySeries]) -> Iterator[WideTolerance]:
    for item in series:
        recent = [line for line in item.lines if line.headroom is not None][-ENOUGH:]
        if len(recent) < ENOUGH or any(line.diverges is not False for line in recent):
            continue
        least = min(line.headroom or 0.0 for line in recent)
        tolerances = {(line.tolerance, line.basis) for line in recent}
        if least >= TIGHTER and len(tolerances) == 1 and any(line.size for line in recent):
            tolerance, basis = tolerances.pop()
            yield WideTolerance(item.case, item.quantity, tolerance or 0.0, basis, least, len(recent))


def _flickers(series: Iterable[QuantitySeries]) -> Iterator[Flicker]:
    for item in series:
        told = [line for line in item.lines if line.diverges is not None]
        changes = sum(before.diverges is not after.diverges for before, after in itertools.pairwise(told))
        commit = _both_at_one_commit(told)
        if changes >= FLICKERS or commit is not None:
            yield Flicker(item.case, item.quantity, changes, len(told), commit)


def _both_at_one_commit(lines: Iterable[HistoryLine]) -> str | None:
    """Return a commit without changes at which a quantity both agrees and diverges, by one tolerance."""
    found: dict[tuple[str, float | None], set[bool]] = {}
    for line in lines:
        if line.commit is not None and line.dirty is False and line.diverges is not None:
            outcomes = found.setdefault((line.commit, line.tolerance), set())
            outcomes.add(line.diverges)
            if len(outcomes) > 1:
                return line.commit
    return None


def _held(result: TrendResult, waivers: Sequence[Waiver], source: str) -> WaiverReport:
    """Hold waivers against the newest runs; what is left are losses that none covers, however large all else is."""
    lost = {(item.case, item.quantity): item for item in result.losses}
    cases: dict[str, list[JudgedQuantity]] = {}
    for series in result.series:
        if series.quantity != VERDICT:
            cases.setdefault(series.case, []).append(_as_judged(series, lost.get((series.case, series.quantity))))
    judged = [JudgedCase(name, tuple(quantities), agrees=True) for name, quantities in cases.items()]
    report = judge_waivers(waivers, judged, source=source)
    left = [
        UnwaivedDivergence(case, f"{quantity} lost {item.size:.1f} digits")
        for (case, quantity), item in lost.items()
        if quantity not in report.waived.get(case, ())
    ]
    left += [UnwaivedDivergence(item.case, f"{item.quantity} is compared no more") for item in result.gone]
    return replace(report, left=tuple(left))


def _as_judged(series: QuantitySeries, loss: DigitLoss | None) -> JudgedQuantity:
    line = series.newest if loss is None else loss.newest
    known = next((status for status in Status if status.value == line.status), None)
    diverges = known is not None and known.diverges
    status = (
        (known if diverges and known is not None else Status.MINOR) if loss is not None or diverges else Status.PASS
    )
    basis = Basis(line.basis)
    return JudgedQuantity(
        series.quantity,
        status,
        line.relative,
        line.absolute,
        line.digits,
        line.tolerance,
        basis,
        line.side,
        line.cause,
    )

"""One trace in several precisions and on several devices: what moves, and whether a divergence is rounding or stays."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nbtrace.compare.check import ALLOWED_SINGLE
from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.compare.metrics import difference, is_finite
from nbtrace.compare.precision import is_single_precision
from nbtrace.compare.sweep_result import (
    ROUNDING_SLACK,
    Absent,
    Measured,
    PrecisionRun,
    Reading,
    SweepOutcome,
    SweepResult,
    Swept,
    SweptValue,
    Trend,
    diverges,
)
from nbtrace.errors import InputError, UsageError
from nbtrace.records import Index, Record, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Status
from nbtrace.verdicts.tolerance import Policy


def sweep(
    runs: Sequence[PrecisionRun],
    reference: Trace | None = None,
    policy: Policy | None = None,
    *,
    absent: Sequence[Absent] = (),
    conditions: Mapping[str, float] | None = None,
) -> SweepResult:
    """Hold the traces of one pixel in several precisions and on several devices against each other.

    Parameters
    ----------
    runs : sequence of PrecisionRun
        At least two; the first of the most precise ones is what the others are held against.
    reference : Trace, optional
        What every run should agree with.
    policy : Policy, optional
        Tolerances; the defaults if not given.
    absent : sequence of Absent
        What could not be run; it is reported, not counted.
    conditions : mapping of str to float, optional
        Condition number by quantity, for the report.

    Raises
    ------
    InputError
        If there are fewer than two runs, one holds no value or several pixels, or two have nothing in common.
    UsageError
        If two runs are of one precision and device.
    """
    policy = policy or Policy()
    runs = tuple(sorted(runs, key=lambda run: run.precision.rounding))
    _must_be_two(runs, absent)
    first = runs[0]
    between = {id(run): diff_traces(first.trace, run.trace, policy) for run in runs[1:]}
    against = tuple(diff_traces(reference, run.trace, policy) for run in runs) if reference is not None else ()
    table = _Table(
        first,
        {id(run): _Held.of(between[id(run)], first.trace, is_base=True) for run in runs[1:]},
        {id(run): _Held.of(result, run.trace, is_base=False) for run, result in zip(runs, against, strict=False)},
        _Judge(reference is not None, reference is not None and is_single_precision(reference)),
    )
    grouped: dict[str, list[SweptValue]] = {}
    for place in table.places(runs):
        grouped.setdefault(place.quantity, []).append(place)
    known = conditions or {}
    return SweepResult(
        runs,
        tuple(absent),
        reference,
        policy,
        tuple(Swept(name, tuple(places), known.get(name)) for name, places in grouped.items()),
        {run.name: _lacking(between[id(run)]) for run in runs[1:]},
        against,
        tuple(_notices(runs, [between[id(run)] for run in runs[1:]], against, absent)),
    )


def _must_be_two(runs: Sequence[PrecisionRun], absent: Sequence[Absent]) -> None:
    if len(runs) < 2:
        absent_words = "".join(f"; {item.device}: {item.reason}" for item in absent)
        raise InputError(f"nothing to compare: a sweep needs two runs, there is {len(runs)}{absent_words}")
    names = [run.name for run in runs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two runs are called {twice}; name the device of one otherwise, as in float32@other=LOG")
    for run in runs:
        if len(run.trace.blocks) > 1:
            blocks = f"{len(run.trace.blocks)} {run.trace.vocabulary.block}s"
            raise InputError(f"{run.trace.source} holds {blocks}; a sweep takes one")


@dataclass(frozen=True)
class _Held:
    """The values of a trace against another one: id of the trace's record → the other record, index, measure."""

    of_record: Mapping[int, tuple[Record, Index, Measured]] = field(default_factory=dict)

    @classmethod
    def of(cls, result: DiffResult, trace: Trace, *, is_base: bool) -> "_Held":
        """Take a comparison in whichever order it was made; `is_base` tells which trace the difference starts from."""
        by_record = {}
        for row in result.rows:
            own, other = (row.c, row.py) if result.c is trace else (row.py, row.c)
            if row.difference is None:
                measured = Measured(None, None, row.status, row.reason)
            else:
                base, value = (own, other) if is_base else (other, own)
                exact = difference(base.numbers, value.numbers)
                measured = Measured(exact.relative, exact.digits, row.status)
            by_record[id(own)] = other, row.index, measured
        return cls(by_record)


@dataclass(frozen=True)
class _Table:
    """Where values are found: `moved` by the first run's records, `apart` by those of each run."""

    first: PrecisionRun
    moved: Mapping[int, _Held]
    apart: Mapping[int, _Held]
    judge: "_Judge"

    def places(self, runs: Sequence[PrecisionRun]) -> Iterator[SweptValue]:
        indexes = {key: index for held in self.moved.values() for key, (_, index, _) in held.of_record.items()}
        records = {id(record): record for record in self.first.trace.records}
        for key, index in indexes.items():
            record = records[key]
            readings = tuple(self._readings(record, runs))
            held = self.apart[id(self.first)].of_record.get(key) if self.apart else None
            reference = held[0] if held is not None else None
            outcome, trend, reason = self.judge.judged(readings, reference)
            yield SweptValue(record.quantity, index, readings, reference, outcome, trend, reason)

    def _readings(self, record: Record, runs: Sequence[PrecisionRun]) -> Iterator[Reading]:
        yield Reading(self.first, record, None, self._apart(self.first, record))
        for run in runs:
            moved = self.moved[id(run)].of_record.get(id(record)) if run is not self.first else None
            if moved is not None:
                other, _, measured = moved
                yield Reading(run, other, measured, self._apart(run, other))

    def _apart(self, run: PrecisionRun, record: Record) -> Measured | None:
        held = self.apart.get(id(run))
        measured = held.of_record.get(id(record)) if held is not None else None
        return measured[2] if measured is not None else None


@dataclass(frozen=True)
class _Judge:
    """Tells rounding from defects; `single` says that the reference itself is of single precision."""

    has_reference: bool
    single: bool

    def judged(self, readings: Sequence[Reading], reference: Record | None) -> tuple[SweepOutcome, Trend, str]:
        """Return outcome, trend and reason of one value."""
        top = readings[0].apart
        if top is None or reference is None:
            outcome, reason = _movement(readings)
            absent = "not in the reference" if self.has_reference else ""
            trend = Trend.UNKNOWN if self.has_reference else Trend.NO_REFERENCE
            return outcome, trend, "; ".join(filter(None, (reason, absent)))
        if top.status is Status.PASS:
            outcome, reason = _movement(readings)
            worst = _worst([reading for reading in readings if diverges(reading.apart)])
            if worst is None:
                return outcome, Trend.AGREES, reason
            return outcome, Trend.SHRINKS, f"{_off(worst)}, within the tolerance in {readings[0].run.name}"
        if top.status is Status.MISSING or not is_finite(reference.numbers):
            return SweepOutcome.UNDECIDED, Trend.UNKNOWN, top.reason
        if top.relative is None:
            return SweepOutcome.DEFECT, Trend.STAYS, f"{top.reason}: precision does not change that"
        return self._diverging(readings, abs(top.relative))

    def _diverging(self, readings: Sequence[Reading], size: float) -> tuple[SweepOutcome, Trend, str]:
        """Judge a value that is not the reference's in the most precise run."""
        first = readings[0]
        if self.single and size <= ALLOWED_SINGLE:
            reason = f"{_off(first)}; the reference is of single precision, and no closer to what it stands for"
            return SweepOutcome.ROUNDING, Trend.UNKNOWN, reason
        if size <= first.run.precision.rounding * ROUNDING_SLACK:
            return SweepOutcome.ROUNDING, Trend.UNKNOWN, f"{_off(first)}, which is no more than rounding"
        lower = [
            item for item in readings[1:] if item.run.precision is not first.run.precision and item.apart is not None
        ]
        worst = _worst(lower)
        if worst is None:
            reason = f"{_off(first)}; no run of another precision tells whether that is rounding"
            return SweepOutcome.UNDECIDED, Trend.UNKNOWN, reason
        if _shrinks_as_rounding(first, worst):
            reason = f"{_off(worst, first)}: shrinks as rounding does, and is still over the tolerance"
            return SweepOutcome.PRECISION_LIMITED, Trend.SHRINKS, reason
        return SweepOutcome.DEFECT, Trend.STAYS, _off(first, worst)


def _shrinks_as_rounding(precise: Reading, coarse: Reading) -> bool:
    if precise.apart is None or coarse.apart is None or precise.apart.relative is None:
        return False
    finer = precise.run.precision.rounding / coarse.run.precision.rounding
    before = math.inf if coarse.apart.relative is None else abs(coarse.apart.relative)
    return abs(precise.apart.relative) <= before * finer * ROUNDING_SLACK < math.inf


def _movement(readings: Sequence[Reading]) -> tuple[SweepOutcome, str]:
    """Return what the runs alone say of a value: whether it is the same in all of them."""
    others = [reading for reading in readings if reading.moved is not None]
    lost = next((item for item in others if item.moved is not None and item.moved.relative is None), None)
    if lost is not None and lost.moved is not None and (lost.moved.status.diverges):
        outcome = SweepOutcome.PRECISION_LIMITED if lost.moved.status is Status.NOT_FINITE else SweepOutcome.UNDECIDED
        same = readings[0].record.value.text == lost.record.value.text
        return (SweepOutcome.UNDECIDED if same else outcome), f"{lost.run.name}: {lost.moved.reason}"
    worst = max(others, key=lambda item: abs((item.moved and item.moved.relative) or 0.0))
    if worst.moved is None or not worst.moved.relative:
        return SweepOutcome.STABLE, ""
    moves = f"moves by {worst.moved.relative:+.1e} in {worst.run.name}"
    over = next((item for item in others if diverges(item.moved)), None)
    if over is None:
        return SweepOutcome.ROUNDING, moves
    return SweepOutcome.PRECISION_LIMITED, f"{moves}, over the tolerance"


def _worst(readings: Sequence[Reading]) -> Reading | None:
    """Return the reading farthest from the reference; one that cannot be subtracted is farther than any other."""

    def distance(reading: Reading) -> float:
        apart = reading.apart
        return math.inf if apart is None or apart.relative is None else abs(apart.relative)

    return max(readings, key=distance, default=None)


def _off(*readings: Reading) -> str:
    """Return how far runs are from the reference."""
    return "off by " + ", ".join(f"{_size(reading.apart)} in {reading.run.name}" for reading in readings)


def _size(apart: Measured | None) -> str:
    if apart is None or apart.relative is None:
        return apart.reason if apart is not None else "nothing"
    return f"{apart.relative:+.1e}" if math.isfinite(apart.relative) else "something (the reference is 0)"


def _lacking(result: DiffResult) -> tuple[str, ...]:
    covered = result.coverage
    names = (covered.missing_on_c, covered.missing_on_py, covered.unknown_on_c, covered.unknown_on_py)
    return tuple(name for group in names for name in group)


_OF_RUNS = frozenset({Subject.PIXEL, Subject.POINT, Subject.UNIT, Subject.CONFIGURATION})
"""Subjects that say something of two runs of one program; what else is noticed of one is true of both."""

_OF_PAIR = frozenset({Subject.SIDES, Subject.PRECISION})
"""Subjects of a comparison with the reference that a sweep shows otherwise, or that it makes on purpose."""


def _notices(
    runs: Sequence[PrecisionRun], between: Sequence[DiffResult], against: Sequence[DiffResult], absent: Sequence[Absent]
) -> Iterator[Notice]:
    """Yield what must be known before the table, the gravest first."""
    notices = [
        Notice(Subject.DEVICE, Weight.WARNING if item.asked else Weight.INFO, f"no run on {item.device}: {item.reason}")
        for item in absent
    ]
    for run, result in zip(runs[1:], between, strict=True):
        sides = result.names
        words = f"{runs[0].name} ({sides.reference}) against {run.name} ({sides.candidate}): "
        notices += [replace(item, text=words + item.text) for item in result.notices if item.subject in _OF_RUNS]
        if names := _lacking(result):
            text = f"{runs[0].name} and {run.name} do not print the same: {', '.join(names[:6])}"
            notices.append(Notice(Subject.LINES, Weight.WARNING, text))
    shown = against[0].notices if against else between[0].notices
    left_out = _OF_PAIR if against else frozenset(Subject) - {Subject.TOLERANCE}
    notices += [item for item in shown if item.subject not in left_out and item.weight > Weight.INFO]
    yield from sorted(dict.fromkeys(notices), key=lambda notice: -notice.weight)

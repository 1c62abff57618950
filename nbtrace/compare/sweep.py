"""One trace in several precisions and on several devices: what moves, and whether a divergence is rounding or stays."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from nbtrace.compare.check import ALLOWED_SINGLE
from nbtrace.compare.comparability import Notice, Subject, Weight
from nbtrace.compare.diff import DiffResult, diff
from nbtrace.compare.metrics import difference, is_finite
from nbtrace.compare.precision import is_single_precision
from nbtrace.compare.status import NoTruth, Status, Verdict
from nbtrace.compare.tolerance import Policy
from nbtrace.errors import InputError, UsageError
from nbtrace.quantities import QUANTITIES
from nbtrace.records import Index, Record, Trace

ROUNDING_SLACK = 2.0**10
"""Factor by which a rounding error may shrink less than the spacing of numbers does: it is a sum of random signs."""


class Precision(StrEnum):
    """The number type of a run."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"

    @property
    def rounding(self) -> float:
        """Largest relative error of rounding a number to this type."""
        return 2.0**-53 if self is Precision.FLOAT64 else 2.0**-24


class Outcome(NoTruth):
    """What a sweep says of one quantity; the last is the gravest."""

    STABLE = "STABLE"
    ROUNDING = "ROUNDING"
    PRECISION_LIMITED = "PRECISION_LIMITED"
    UNDECIDED = "UNDECIDED"
    DEFECT = "DEFECT"


class Trend(NoTruth):
    """What becomes of the divergence from the reference as the precision rises."""

    NO_REFERENCE = "no reference"
    AGREES = "agrees"
    SHRINKS = "shrinks"
    STAYS = "stays"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Run:
    """A trace, and what it was computed in and on."""

    precision: Precision
    device: str
    trace: Trace

    @property
    def name(self) -> str:
        """The run's name in reports."""
        return f"{self.precision.value} {self.device}"


@dataclass(frozen=True)
class Absent:
    """A device that was asked for, or that a sweep would take, and that is not there."""

    device: str
    reason: str
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """How far a value is from another one.

    Attributes
    ----------
    relative : float or None
        Difference of the worst component over the norm of the other value; None where there is no difference to take.
    digits : float or None
        Decimal digits in agreement; None if all of them agree or `relative` is None.
    status : Status
        By the tolerance of the quantity and the digits that were printed.
    reason : str
        Why, where the status does not say it.
    """

    relative: float | None
    digits: float | None
    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One quantity in one run.

    Attributes
    ----------
    run : Run
    record : Record
    moved : Measured or None
        Against the first run; None for the first run itself.
    apart : Measured or None
        Against the reference; None where it has no such value.
    """

    run: Run
    record: Record
    moved: Measured | None
    apart: Measured | None


@dataclass(frozen=True, slots=True)
class Place:
    """One quantity at one place of the computation: its value in every run that has it, the most precise first."""

    quantity: str
    index: Index
    readings: tuple[Reading, ...]
    reference: Record | None
    outcome: Outcome
    trend: Trend
    reason: str

    @property
    def label(self) -> str:
        """Quantity and index, as reports print them."""
        index = self.index.label()
        return f"{self.quantity} {index}" if index else self.quantity

    @property
    def digits(self) -> float | None:
        """Fewest digits that a run keeps of the first run's value; None if every run keeps all of them."""
        kept = [_digits(reading.moved) for reading in self.readings if reading.moved is not None]
        return min((digits for digits in kept if digits is not None), default=None)


def _digits(moved: Measured) -> float | None:
    return 0.0 if moved.relative is None and moved.status.diverges else moved.digits


@dataclass(frozen=True)
class Swept:
    """All places of one quantity.

    Attributes
    ----------
    quantity : str
    places : tuple of Place
        In execution order.
    condition : float or None
        Relative change of the quantity per relative change of its inputs, where it is known.
    """

    quantity: str
    places: tuple[Place, ...]
    condition: float | None = None

    @cached_property
    def shown(self) -> Place:
        """The place that stands for the quantity: of the gravest the first, or the one that keeps fewest digits."""
        gravest = max((place.outcome for place in self.places), key=_gravity)
        alike = [place for place in self.places if place.outcome is gravest]
        if gravest in {Outcome.DEFECT, Outcome.UNDECIDED}:
            return alike[0]
        return min(alike, key=lambda place: math.inf if place.digits is None else place.digits)

    @property
    def outcome(self) -> Outcome:
        """The outcome of that place."""
        return self.shown.outcome

    @property
    def largest_move(self) -> float:
        """Largest relative change of a run against the first run; infinite where a value cannot be subtracted."""
        moves = (reading.moved for place in self.places for reading in place.readings if reading.moved is not None)
        return max((_move(moved) for moved in moves), default=0.0)

    @property
    def moving(self) -> int:
        """At how many places a run has another value than the first run."""
        return sum(place.digits is not None for place in self.places)


def _move(moved: Measured) -> float:
    if moved.relative is None:
        return math.inf if moved.status.diverges else 0.0
    return abs(moved.relative)


def _gravity(outcome: Outcome) -> int:
    return tuple(Outcome).index(outcome)


@dataclass(frozen=True)
class SweepResult:
    """A sweep.

    Attributes
    ----------
    runs : tuple of Run
        The most precise first; the others are held against it.
    absent : tuple of Absent
        Devices without a run.
    reference : Trace or None
    policy : Policy
    quantities : tuple of Swept
        In execution order.
    lacking : mapping of str to tuple of str
        Run → quantities that it lacks and the first run has, or the other way round.
    against : tuple of DiffResult
        Each run against the reference; empty without one.
    notices : tuple of Notice
    """

    runs: tuple[Run, ...]
    absent: tuple[Absent, ...]
    reference: Trace | None
    policy: Policy
    quantities: tuple[Swept, ...]
    lacking: Mapping[str, tuple[str, ...]]
    against: tuple[DiffResult, ...]
    notices: tuple[Notice, ...]

    def exceeds_rounding(self, item: Swept) -> bool:
        """Whether a quantity moves much more than the rounding of its inputs and of itself can make it.

        What its inputs move by, and one rounding, times its condition number, with :data:`ROUNDING_SLACK`; False where
        an input or the condition number is not known.
        """
        known = QUANTITIES.get(item.quantity)
        moved = {one.quantity: one.largest_move for one in self.quantities}
        if item.condition is None or known is None or not set(known.inputs) <= moved.keys():
            return False
        coarsest = max(run.precision.rounding for run in self.runs)
        inputs = max((moved[name] for name in known.inputs), default=0.0)
        return item.largest_move > ROUNDING_SLACK * max(1.0, item.condition) * max(inputs, coarsest)

    def of_outcome(self, outcome: Outcome) -> tuple[Swept, ...]:
        """Return the quantities of one outcome, in execution order."""
        return tuple(item for item in self.quantities if item.outcome is outcome)

    @property
    def moving(self) -> tuple[Swept, ...]:
        """The quantities that do not have the same value in every run."""
        return tuple(item for item in self.quantities if item.moving)

    @property
    def first_defect(self) -> Swept | None:
        """The first quantity in execution order whose divergence from the reference stays."""
        return next(iter(self.of_outcome(Outcome.DEFECT)), None)

    @property
    def roots(self) -> tuple[str, ...]:
        """The quantities of outcome DEFECT that follow from no other one."""
        defects = {item.quantity for item in self.of_outcome(Outcome.DEFECT)}
        named = (item.group.quantity for result in self.against[:1] for item in result.roots)
        return tuple(name for name in named if name in defects)

    @property
    def compared(self) -> int:
        """Values of the first run that were held against another run."""
        return sum(len(item.places) for item in self.quantities)

    @property
    def verdict(self) -> Verdict:
        """DIFFER if a divergence from the reference is not known to be rounding."""
        if any(notice.weight is Weight.BLOCKING for notice in self.notices):
            return Verdict.NOT_COMPARABLE
        undecided = any(
            _diverges(place.readings[0].apart)
            for item in self.of_outcome(Outcome.UNDECIDED)
            for place in item.places
            if place.outcome is Outcome.UNDECIDED
        )
        return Verdict.DIFFER if self.first_defect or undecided or self._unfinished else Verdict.AGREE

    @property
    def _unfinished(self) -> bool:
        """Whether a run differs from the reference although none of its values does: one of them is cut short."""
        return any(result.verdict is Verdict.DIFFER and not result.divergences for result in self.against)


def sweep(
    runs: Sequence[Run],
    reference: Trace | None = None,
    policy: Policy | None = None,
    *,
    absent: Sequence[Absent] = (),
    conditions: Mapping[str, float] | None = None,
) -> SweepResult:
    """Hold the traces of one pixel in several precisions and on several devices against each other.

    Parameters
    ----------
    runs : sequence of Run
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
    between = {id(run): diff(first.trace, run.trace, policy) for run in runs[1:]}
    against = tuple(diff(reference, run.trace, policy) for run in runs) if reference is not None else ()
    table = _Table(
        first,
        {id(run): _Held.of(between[id(run)], first.trace, is_base=True) for run in runs[1:]},
        {id(run): _Held.of(result, run.trace, is_base=False) for run, result in zip(runs, against, strict=False)},
        _Judge(reference is not None, reference is not None and is_single_precision(reference)),
    )
    grouped: dict[str, list[Place]] = {}
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


def _must_be_two(runs: Sequence[Run], absent: Sequence[Absent]) -> None:
    if len(runs) < 2:
        gone = "".join(f"; {item.device}: {item.reason}" for item in absent)
        raise InputError(f"nothing to compare: a sweep needs two runs, there is {len(runs)}{gone}")
    names = [run.name for run in runs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two runs are called {twice}; name the device of one otherwise, as in float32@other=LOG")
    for run in runs:
        if len(run.trace.blocks) > 1:
            raise InputError(f"{run.trace.source} holds {len(run.trace.blocks)} pixels; a sweep takes one")


@dataclass(frozen=True)
class _Held:
    """The values of a trace against another one: id of the trace's record → the other record, index, measure."""

    of_record: Mapping[int, tuple[Record, Index, Measured]] = field(default_factory=dict)

    @classmethod
    def of(cls, result: DiffResult, trace: Trace, *, is_base: bool) -> "_Held":
        """Take a comparison in whichever order it was made; `is_base` tells which trace the difference starts from."""
        found = {}
        for row in result.rows:
            own, other = (row.c, row.py) if result.c is trace else (row.py, row.c)
            if row.difference is None:
                measured = Measured(None, None, row.status, row.reason)
            else:
                base, value = (own, other) if is_base else (other, own)
                exact = difference(base.numbers, value.numbers)
                measured = Measured(exact.relative, exact.digits, row.status)
            found[id(own)] = other, row.index, measured
        return cls(found)


@dataclass(frozen=True)
class _Table:
    """Where values are found: `moved` by the first run's records, `apart` by those of each run."""

    first: Run
    moved: Mapping[int, _Held]
    apart: Mapping[int, _Held]
    judge: "_Judge"

    def places(self, runs: Sequence[Run]) -> Iterator[Place]:
        indexes = {key: index for held in self.moved.values() for key, (_, index, _) in held.of_record.items()}
        records = {id(record): record for record in self.first.trace.records}
        for key, index in indexes.items():
            record = records[key]
            readings = tuple(self._readings(record, runs))
            held = self.apart[id(self.first)].of_record.get(key) if self.apart else None
            reference = held[0] if held is not None else None
            outcome, trend, reason = self.judge.judged(readings, reference)
            yield Place(record.quantity, index, readings, reference, outcome, trend, reason)

    def _readings(self, record: Record, runs: Sequence[Run]) -> Iterator[Reading]:
        yield Reading(self.first, record, None, self._apart(self.first, record))
        for run in runs:
            found = self.moved[id(run)].of_record.get(id(record)) if run is not self.first else None
            if found is not None:
                other, _, measured = found
                yield Reading(run, other, measured, self._apart(run, other))

    def _apart(self, run: Run, record: Record) -> Measured | None:
        held = self.apart.get(id(run))
        found = held.of_record.get(id(record)) if held is not None else None
        return found[2] if found is not None else None


@dataclass(frozen=True)
class _Judge:
    """Tells rounding from defects; `single` says that the reference itself is of single precision."""

    has_reference: bool
    single: bool

    def judged(self, readings: Sequence[Reading], reference: Record | None) -> tuple[Outcome, Trend, str]:
        """Return outcome, trend and reason of one value."""
        top = readings[0].apart
        if top is None or reference is None:
            outcome, reason = _movement(readings)
            absent = "not in the reference" if self.has_reference else ""
            trend = Trend.UNKNOWN if self.has_reference else Trend.NO_REFERENCE
            return outcome, trend, "; ".join(filter(None, (reason, absent)))
        if top.status is Status.PASS:
            outcome, reason = _movement(readings)
            worst = _worst([reading for reading in readings if _diverges(reading.apart)])
            if worst is None:
                return outcome, Trend.AGREES, reason
            return outcome, Trend.SHRINKS, f"{_off(worst)}, within the tolerance in {readings[0].run.name}"
        if top.status is Status.MISSING or not is_finite(reference.numbers):
            return Outcome.UNDECIDED, Trend.UNKNOWN, top.reason
        if top.relative is None:
            return Outcome.DEFECT, Trend.STAYS, f"{top.reason}: precision does not change that"
        return self._diverging(readings, abs(top.relative))

    def _diverging(self, readings: Sequence[Reading], size: float) -> tuple[Outcome, Trend, str]:
        """Judge a value that is not the reference's in the most precise run."""
        first = readings[0]
        if self.single and size <= ALLOWED_SINGLE:
            reason = f"{_off(first)}; the reference is of single precision, and no closer to what it stands for"
            return Outcome.ROUNDING, Trend.UNKNOWN, reason
        if size <= first.run.precision.rounding * ROUNDING_SLACK:
            return Outcome.ROUNDING, Trend.UNKNOWN, f"{_off(first)}, which is no more than rounding"
        lower = [
            item for item in readings[1:] if item.run.precision is not first.run.precision and item.apart is not None
        ]
        worst = _worst(lower)
        if worst is None:
            reason = f"{_off(first)}; no run of another precision tells whether that is rounding"
            return Outcome.UNDECIDED, Trend.UNKNOWN, reason
        if _shrinks_as_rounding(first, worst):
            reason = f"{_off(worst, first)}: shrinks as rounding does, and is still over the tolerance"
            return Outcome.PRECISION_LIMITED, Trend.SHRINKS, reason
        return Outcome.DEFECT, Trend.STAYS, _off(first, worst)


def _shrinks_as_rounding(precise: Reading, coarse: Reading) -> bool:
    if precise.apart is None or coarse.apart is None or precise.apart.relative is None:
        return False
    finer = precise.run.precision.rounding / coarse.run.precision.rounding
    before = math.inf if coarse.apart.relative is None else abs(coarse.apart.relative)
    return abs(precise.apart.relative) <= before * finer * ROUNDING_SLACK < math.inf


def _movement(readings: Sequence[Reading]) -> tuple[Outcome, str]:
    """Return what the runs alone say of a value: whether it is the same in all of them."""
    others = [reading for reading in readings if reading.moved is not None]
    lost = next((item for item in others if item.moved is not None and item.moved.relative is None), None)
    if lost is not None and lost.moved is not None and (lost.moved.status.diverges):
        outcome = Outcome.PRECISION_LIMITED if lost.moved.status is Status.NOT_FINITE else Outcome.UNDECIDED
        same = readings[0].record.value.text == lost.record.value.text
        return (Outcome.UNDECIDED if same else outcome), f"{lost.run.name}: {lost.moved.reason}"
    worst = max(others, key=lambda item: abs((item.moved and item.moved.relative) or 0.0))
    if worst.moved is None or not worst.moved.relative:
        return Outcome.STABLE, ""
    moves = f"moves by {worst.moved.relative:+.1e} in {worst.run.name}"
    over = next((item for item in others if _diverges(item.moved)), None)
    return (Outcome.ROUNDING, moves) if over is None else (Outcome.PRECISION_LIMITED, f"{moves}, over the tolerance")


def _diverges(measured: Measured | None) -> bool:
    return measured is not None and measured.status.diverges


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
    runs: Sequence[Run], between: Sequence[DiffResult], against: Sequence[DiffResult], absent: Sequence[Absent]
) -> Iterator[Notice]:
    """Yield what must be known before the table, the gravest first."""
    found = [
        Notice(Subject.DEVICE, Weight.WARNING if item.asked else Weight.INFO, f"no run on {item.device}: {item.reason}")
        for item in absent
    ]
    for run, result in zip(runs[1:], between, strict=True):
        words = f"{runs[0].name} (C) against {run.name} (Py): "
        found += [replace(item, text=words + item.text) for item in result.notices if item.subject in _OF_RUNS]
        if names := _lacking(result):
            text = f"{runs[0].name} and {run.name} do not print the same: {', '.join(names[:6])}"
            found.append(Notice(Subject.LINES, Weight.WARNING, text))
    shown = against[0].notices if against else between[0].notices
    left_out = _OF_PAIR if against else frozenset(Subject) - {Subject.TOLERANCE}
    found += [item for item in shown if item.subject not in left_out and item.weight > Weight.INFO]
    yield from sorted(dict.fromkeys(found), key=lambda notice: -notice.weight)

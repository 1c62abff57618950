"""What a sweep over precisions and devices finds: runs, values that move, divergences that stay or are rounding."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import ClassVar

from nbtrace.compare.diff import DiffResult
from nbtrace.presentable import Presentable
from nbtrace.records import Index, Record, Trace
from nbtrace.verdicts.notices import Notice, Weight
from nbtrace.verdicts.status import NoTruth, Status, Verdict
from nbtrace.verdicts.tolerance import Policy

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


class SweepOutcome(NoTruth):
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
class PrecisionRun:
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
    run : PrecisionRun
    record : Record
    moved : Measured or None
        Against the first run; None for the first run itself.
    apart : Measured or None
        Against the reference; None where it has no such value.
    """

    run: PrecisionRun
    record: Record
    moved: Measured | None
    apart: Measured | None


@dataclass(frozen=True, slots=True)
class SweptValue:
    """One quantity at one place of the computation: its value in every run that has it, the most precise first."""

    quantity: str
    index: Index
    readings: tuple[Reading, ...]
    reference: Record | None
    outcome: SweepOutcome
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
    places : tuple of SweptValue
        In execution order.
    condition : float or None
        Relative change of the quantity per relative change of its inputs, where it is known.
    """

    quantity: str
    places: tuple[SweptValue, ...]
    condition: float | None = None

    @cached_property
    def shown(self) -> SweptValue:
        """The place that stands for the quantity: of the gravest the first, or the one that keeps fewest digits."""
        gravest = max((place.outcome for place in self.places), key=_gravity)
        alike = [place for place in self.places if place.outcome is gravest]
        if gravest in {SweepOutcome.DEFECT, SweepOutcome.UNDECIDED}:
            return alike[0]
        return min(alike, key=lambda place: math.inf if place.digits is None else place.digits)

    @property
    def outcome(self) -> SweepOutcome:
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


def _gravity(outcome: SweepOutcome) -> int:
    return tuple(SweepOutcome).index(outcome)


@dataclass(frozen=True, repr=False)
class SweepResult(Presentable):
    """A sweep.

    Attributes
    ----------
    runs : tuple of PrecisionRun
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

    presented_as: ClassVar[str] = "sweep"

    runs: tuple[PrecisionRun, ...]
    absent: tuple[Absent, ...]
    reference: Trace | None
    policy: Policy
    quantities: tuple[Swept, ...]
    lacking: Mapping[str, tuple[str, ...]]
    against: tuple[DiffResult, ...]
    notices: tuple[Notice, ...]

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        runs = ", ".join(run.name for run in self.runs)
        return (f"runs: {runs}; {len(self.moving)} of {len(self.quantities)} quantities move",)

    def exceeds_rounding(self, item: Swept) -> bool:
        """Whether a quantity moves much more than the rounding of its inputs and of itself can make it.

        What its inputs move by, and one rounding, times its condition number, with :data:`ROUNDING_SLACK`; False where
        the condition number is not known, or an input is not in every run. Where it is known, the formula has taken
        those of the inputs that are there.
        """
        known = self.policy.vocabulary.quantities.get(item.quantity)
        moved = {one.quantity: one.largest_move for one in self.quantities}
        lost = {name for names in self.lacking.values() for name in names}
        if item.condition is None or known is None or not lost.isdisjoint(known.inputs):
            return False
        coarsest = max(run.precision.rounding for run in self.runs)
        inputs = max((moved[name] for name in known.inputs if name in moved), default=0.0)
        return item.largest_move > ROUNDING_SLACK * max(1.0, item.condition) * max(inputs, coarsest)

    def of_outcome(self, outcome: SweepOutcome) -> tuple[Swept, ...]:
        """Return the quantities of one outcome, in execution order."""
        return tuple(item for item in self.quantities if item.outcome is outcome)

    @property
    def moving(self) -> tuple[Swept, ...]:
        """The quantities that do not have the same value in every run."""
        return tuple(item for item in self.quantities if item.moving)

    @property
    def first_defect(self) -> Swept | None:
        """The first quantity in execution order whose divergence from the reference stays."""
        return next(iter(self.of_outcome(SweepOutcome.DEFECT)), None)

    @property
    def roots(self) -> tuple[str, ...]:
        """The quantities of outcome DEFECT that follow from no other one."""
        defects = {item.quantity for item in self.of_outcome(SweepOutcome.DEFECT)}
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
            diverges(place.readings[0].apart)
            for item in self.of_outcome(SweepOutcome.UNDECIDED)
            for place in item.places
            if place.outcome is SweepOutcome.UNDECIDED
        )
        return Verdict.DIFFER if self.first_defect or undecided or self._unfinished else Verdict.AGREE

    @property
    def _unfinished(self) -> bool:
        """Whether a run differs from the reference although none of its values does: one of them is cut short."""
        return any(result.verdict is Verdict.DIFFER and not result.divergences for result in self.against)


def diverges(measured: Measured | None) -> bool:
    """Whether a value is further from the other than is allowed; False where there is none."""
    return measured is not None and measured.status.diverges

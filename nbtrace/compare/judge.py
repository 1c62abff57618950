"""Judging a pair of records: difference, allowed difference, status."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from nbtrace.compare.align import Pair
from nbtrace.compare.metrics import Difference, component_name, difference, is_finite, norm
from nbtrace.compare.precision import NumberFormat, are_counts
from nbtrace.plain_text import shortened
from nbtrace.records import Index, Record, Shape
from nbtrace.verdicts.status import Status, band
from nbtrace.verdicts.tolerance import Tolerance
from nbtrace.vocabulary import dimensions
from nbtrace.vocabulary.quantity import Basis, Quantity
from nbtrace.vocabulary.sides import Names

ROUNDING = 1.0 + 1e-9
"""Slack on the printed resolution: half a digit on each side, plus the rounding of the subtraction."""


@dataclass(frozen=True, slots=True)
class Row:
    """One compared quantity.

    Attributes
    ----------
    quantity : str
    index : Index
    c, py : Record
    difference : Difference or None
        None where the values cannot be subtracted.
    tolerance : Tolerance
        As the policy says.
    limit : float
        Allowed |Py − C| of the worst component, in the record unit: the tolerance, or what the printed digits can tell.
    limited_by_print : bool
        Whether the printed digits set the limit.
    status : Status
    reason : str
        Why, where the status does not say it.
    """

    quantity: str
    index: Index
    c: Record
    py: Record
    difference: Difference | None
    tolerance: Tolerance
    limit: float
    limited_by_print: bool
    status: Status
    reason: str = ""

    def __repr__(self) -> str:
        apart = "" if self.difference is None else f", Δ rel {self.difference.relative:+.3e}"
        values = f"{self.c.value.text} against {self.py.value.text}{apart}"
        return shortened(f"<Row {self.label}: {self.status.value}; {values}>")

    @property
    def known(self) -> Quantity | None:
        """What the vocabulary says of the quantity."""
        return self.py.known

    @property
    def label(self) -> str:
        """Quantity and index, as reports print them."""
        index = self.index.label()
        return f"{self.quantity} {index}" if index else self.quantity

    @property
    def severity(self) -> float:
        """How far beyond its limit the difference is; infinite where it cannot be measured."""
        if self.difference is None:
            return math.inf if self.status.diverges else 0.0
        worst = abs(self.difference.delta[self.difference.worst])
        if worst == 0:
            return 0.0
        return worst / self.limit if self.limit > 0 else math.inf

    @property
    def component(self) -> str:
        """Name of the worst component, empty for a scalar."""
        if self.difference is None or len(self.difference.delta) == 1:
            return ""
        return component_name(self.difference.worst, self.c.value.names, len(self.difference.delta))


def judge(
    pair: Pair,
    tolerance: Tolerance,
    c_formats: Mapping[str, NumberFormat],
    py_formats: Mapping[str, NumberFormat],
    names: Names,
) -> Row:
    """Return the row of a pair; its reason calls the sides by their names.

    The allowed difference is the tolerance, but never less than half a printed digit of each side.
    """
    c, py = pair.c, pair.py
    if c.unit != py.unit:
        py = _in_unit_of(c, py)
    unmeasured = _unmeasured(c, py, names)
    if unmeasured is not None:
        return Row(pair.quantity, pair.index, c, py, None, tolerance, 0.0, False, *unmeasured)  # noqa: FBT003
    measured = difference(c.numbers, py.numbers)
    allowed = tolerance.allowed(measured.norm_c)
    printed = _PrintedDigits(c, py, (c_formats.get(c.family), py_formats.get(py.family)))
    if len(measured.delta) > 1 and (worst := _worst(measured, printed, allowed)) != measured.worst:
        measured = difference(c.numbers, py.numbers, worst)
    limit = max(allowed, printed.of(measured.worst))
    if limit > allowed and limit >= max(measured.norm_c, norm(py.numbers)) and measured.relative:
        blind = Status.MISSING, "too few digits are printed to compare"
        return Row(pair.quantity, pair.index, c, py, None, tolerance, limit, True, *blind)  # noqa: FBT003
    status = status_of(measured, limit, tolerance)
    return Row(pair.quantity, pair.index, c, py, measured, tolerance, limit, limit > allowed, status)


def _in_unit_of(c: Record, py: Record) -> Record:
    """Return Py's value of a quantity that no vocabulary knows in the unit that C printed beside its own."""
    if not _have_own_units(c, py) or (ratio := _ratio(py, c)) is None:
        return py
    return replace(py, unit=c.unit, scale=py.scale * ratio)


def _have_own_units(c: Record, py: Record) -> bool:
    """Whether both sides print a value that no vocabulary knows with a unit, and not with the same one."""
    if py.known is not None or c.unit == py.unit or c.unit is None or py.unit is None:
        return False
    return dimensions.known(c.unit) and dimensions.known(py.unit)


def _ratio(source: Record, target: Record) -> float | None:
    """Return the number of one value's units in one unit of another; None where they measure different things."""
    return dimensions.factor(dimensions.parse(source.unit or ""), dimensions.parse(target.unit or ""))


def _unmeasured(c: Record, py: Record, names: Names) -> tuple[Status, str] | None:
    """Return status and reason of a pair that has no numeric difference."""
    shapes = c.value.shape, py.value.shape
    if Shape.SENTINEL in shapes:
        side, word = (names.reference, c) if c.value.shape is Shape.SENTINEL else (names.candidate, py)
        return Status.MISSING, f"{side} prints {word.value.text} in place of a value"
    if Shape.TEXT in shapes:
        if c.value.text.casefold() == py.value.text.casefold():
            return Status.PASS, "same text"
        told = (f"{name} {shortened(text.value.text)}" for name, text in ((names.reference, c), (names.candidate, py)))
        return Status.CRITICAL, f"text differs: {', '.join(told)}"
    of_c, of_py = c.numbers, py.numbers
    if len(of_c) != len(of_py):
        return Status.SHAPE, f"{names.reference} has {len(of_c)} numbers, {names.candidate} {len(of_py)}"
    if _have_own_units(c, py) and _ratio(py, c) is None:
        units = f"{names.reference} prints {c.unit}, {names.candidate} {py.unit}"
        return Status.SHAPE, f"{units}, which measure different things"
    if c.value.names != py.value.names and c.value.names and py.value.names:
        keys, others = (" ".join(record.value.names) for record in (c, py))
        return Status.SHAPE, f"{names.reference} names {keys}, {names.candidate} {others}"
    if not is_finite(of_c) or not is_finite(of_py):
        sides = [side for side, record in zip(names.pair, (c, py), strict=True) if not is_finite(record.numbers)]
        return Status.NOT_FINITE, f"not finite on {' and '.join(sides)}"
    return None


@dataclass(frozen=True, slots=True)
class _PrintedDigits:
    """What the printed digits of two values allow: half of the last one of each."""

    c: Record
    py: Record
    formats: tuple[NumberFormat | None, NumberFormat | None]

    @property
    def own(self) -> bool:
        """Whether every number has digits of its own."""
        one, other = self.formats
        return (one is not None and one.own) or (other is not None and other.own)

    def of(self, component: int) -> float:
        """Return the largest |Py − C| of a component that the digits cannot tell from none."""
        token, other = self.c.value.tokens[component], self.py.value.tokens[component]
        if self.own and (are_counts(token) if token == other else are_counts(token, other)):
            return 0.0
        of_c, of_py = self.formats
        last = 0.0 if of_c is None else of_c.resolution(token, self.c.scale, beside=self.py.numbers[component])
        if of_py is not None:
            last += of_py.resolution(other, self.py.scale, beside=self.c.numbers[component])
        return last / 2 * ROUNDING


def _worst(measured: Difference, printed: _PrintedDigits, allowed: float) -> int:
    """Return the component that counts: the one that is furthest apart, or beyond the digits that it has of its own."""
    if not printed.own:
        return measured.worst
    limits = [max(allowed, printed.of(component)) for component in range(len(measured.delta))]
    over = [abs(delta) > limit for delta, limit in zip(measured.delta, limits, strict=True)]
    if over[measured.worst] or not any(over):
        return measured.worst
    return max(range(len(over)), key=lambda at: (over[at], abs(measured.delta[at])))


def status_of(measured: Difference, limit: float, tolerance: Tolerance) -> Status:
    """Return the status of a measured difference: PASS within the limit, else the band of its size."""
    worst = abs(measured.delta[measured.worst])
    if worst <= limit:
        return Status.PASS
    return band(abs(measured.relative) if tolerance.basis is Basis.RELATIVE else worst, *tolerance.bands)

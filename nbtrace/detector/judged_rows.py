"""One quantity of many rows judged at once, by the rules of :mod:`nbtrace.compare.judge` for exact numbers.

Most rows agree to the last bit, so differences are looked at first, and only rows that may diverge are measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbtrace.compare.judge import ROUNDING
from nbtrace.compare.judged_columns import bands, relatives
from nbtrace.compare.precision import EXACT
from nbtrace.detector.detector_file import Flags, Numbers, Ordinals
from nbtrace.detector.paired_rows import QuantityValues
from nbtrace.records import INT_MIN
from nbtrace.verdicts.status import Status
from nbtrace.verdicts.tolerance import Tolerance
from nbtrace.vocabulary.quantity import Basis

STATUSES = tuple(Status)
"""Statuses by the numbers that stand for them in columns; the first ones are the bands."""

_PASS, _MISSING, _NOT_FINITE = map(STATUSES.index, (Status.PASS, Status.MISSING, Status.NOT_FINITE))

_LARGEST = np.finfo(np.float64).max
_SMALLEST_DIGIT = -307
_TINY = 1e-14
"""Share of a value below which lie the last digits of all numbers but the faintest."""
_FAINT = 1e-290


@dataclass(frozen=True, eq=False)
class JudgedRows:
    """The rows in which a quantity diverges.

    Attributes
    ----------
    compared : int
        Rows in which both sides have a value that could be compared.
    expected : int
        Rows in which at least one side has one.
    compared_rows : ndarray or None
        Whether that is so in each row; None for all of them.
    rows : ndarray
        Those that diverge, ascending; what follows is of them.
    status : ndarray
        Numbers in :data:`STATUSES`.
    component : ndarray
        Which one is farthest apart.
    c, py : ndarray
        Its values; nan where there is none.
    relative : ndarray
        Py − C over the norm of C; infinite where it cannot be measured.
    severity : ndarray
        |Py − C| over what is allowed; infinite where it cannot be measured.
    """

    compared: int
    expected: int
    compared_rows: Flags | None
    rows: Ordinals
    status: npt.NDArray[np.uint8]
    component: npt.NDArray[np.uint8]
    c: Numbers
    py: Numbers
    relative: Numbers
    severity: Numbers


def judged(c: QuantityValues, py: QuantityValues, tolerance: Tolerance) -> JudgedRows:
    """Judge a quantity in every row."""
    size = len(c.components[0])
    doubtful, missing, nothing = _doubtful(c, py, tolerance)
    expected = size - (0 if nothing is None else int(nothing.sum()))
    rows = np.flatnonzero(doubtful)
    some = slice(None) if len(rows) == size else rows
    own, other = (np.array([column[some] for column in side.components]) for side in (c, py))
    lacking = np.zeros(len(rows), dtype=bool) if missing is None else missing[rows]
    status, component, relative, severity = _measured(own, other, tolerance)
    status[lacking], relative[lacking], severity[lacking] = _MISSING, np.inf, np.inf
    uncompared = (status == _MISSING) | (status == _NOT_FINITE)
    compared_rows = None
    if nothing is not None or uncompared.any():
        compared_rows = np.ones(size, dtype=bool) if nothing is None else ~nothing
        compared_rows[rows[uncompared]] = False
    kept = np.flatnonzero(status != _PASS)
    if len(kept) < len(rows):
        rows, status, component = rows[kept], status[kept], component[kept]
        relative, severity = relative[kept], severity[kept]
    of_c, of_py = (_chosen(values, component, kept) for values in (own, other))
    for value, side in ((of_c, c), (of_py, py)):
        if side.absent is not None:
            value[side.absent[rows]] = np.nan
    return JudgedRows(
        expected - int(uncompared.sum()),
        expected,
        compared_rows,
        rows,
        status,
        component.astype(np.uint8),
        of_c,
        of_py,
        relative,
        severity,
    )


def _doubtful(c: QuantityValues, py: QuantityValues, tolerance: Tolerance) -> tuple[Flags, Flags | None, Flags | None]:
    """Return which rows may diverge, in which a side lacks a value, and in which both do."""
    size = len(c.components[0])
    doubtful = np.zeros(size, dtype=bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for own, other in zip(c.components, py.components, strict=True):
            apart = np.subtract(other, own)
            if apart.any():  # nan is, too: what is left is equal and finite, or beyond all numbers on no side
                np.abs(apart, out=apart)
                allowed = _allowed_at_least(own, tolerance)
                doubtful |= ~(apart <= np.minimum(allowed, _LARGEST))
                doubtful |= (apart > 0) & (np.abs(own) < _FAINT)  # whose last digits tell little
            for numbers in (own, other):
                if (unset := numbers == INT_MIN).any():
                    doubtful |= unset
    if c.absent is None and py.absent is None:
        return doubtful, None, None
    none = np.zeros(size, dtype=bool)
    absent_c, absent_py = (none if side.absent is None else side.absent for side in (c, py))
    partial_c, partial_py = (none if side.partial is None else side.partial for side in (c, py))
    nothing = absent_c & absent_py
    missing = ((absent_c | absent_py) & ~nothing) | partial_c | partial_py
    return (doubtful | missing) & ~nothing, missing, nothing


def _allowed_at_least(own: Numbers, tolerance: Tolerance) -> Numbers | float:
    """Return a difference of one component that is allowed whatever the others are."""
    if tolerance.basis is Basis.ABSOLUTE:
        return tolerance.value
    return tolerance.value * np.abs(own)


_Measured = tuple[npt.NDArray[np.uint8], Ordinals, Numbers, Numbers]


def _measured(c: npt.NDArray[np.float64], py: npt.NDArray[np.float64], tolerance: Tolerance) -> _Measured:
    """Return status, worst component, relative difference and severity of columns of values, a row per component."""
    with np.errstate(all="ignore"):
        delta = py - c
        component, worst = _farthest(delta)
        every = np.arange(delta.shape[1])
        apart = _chosen(delta, component, every)
        norm_c = _norm(c)
        relative = relatives(apart, c[0] if len(c) == 1 else norm_c)
        allowed = (
            tolerance.value * norm_c if tolerance.basis is Basis.RELATIVE else np.full(len(worst), tolerance.value)
        )
        near = np.flatnonzero((allowed <= _TINY * norm_c) | (norm_c < _FAINT))
        digits = np.zeros(len(worst))
        digits[near] = _last_digits(_chosen(c, component[near], near), _chosen(py, component[near], near))
        limit = np.maximum(allowed, digits)
        blind = (digits > allowed) & (limit >= norm_c) & (relative != 0)
        blind[blind] = limit[blind] >= _norm(py[:, blind])
        finite = _all_finite(c) & _all_finite(py)
        status = bands(worst, relative, tolerance)
        status[worst <= limit] = _PASS
        status[blind] = _MISSING
        status[~finite] = _NOT_FINITE
        unmeasured = blind | ~finite
        relative[unmeasured] = np.inf
        severity = np.where(worst == 0, 0.0, worst / limit)
        severity[unmeasured | np.isnan(severity)] = np.inf
    # What is not finite is not farthest apart in any component: the first such one is told.
    if not finite.all():
        component[~finite] = np.argmax(~(_finite(c) & _finite(py)), axis=0)[~finite]
    return status, component, relative, severity


def _farthest(delta: npt.NDArray[np.float64]) -> tuple[Ordinals, Numbers]:
    """Return the component of the largest difference of each column, the first of equal ones, and its size.

    A nan counts as no difference where another component has one.
    """
    sizes = np.abs(delta)
    component = np.zeros(delta.shape[1], dtype=np.int64)
    largest = np.fmax(sizes[0], 0.0)
    for number in range(1, len(sizes)):
        larger = sizes[number] > largest
        component[larger] = number
        np.fmax(largest, sizes[number], out=largest)
    return component, _chosen(sizes, component, np.arange(delta.shape[1])) if np.isnan(delta).any() else largest


def _chosen(values: npt.NDArray[np.float64], component: npt.NDArray[np.integer], columns: Ordinals) -> Numbers:
    """Return a component of each of some columns."""
    chosen: Numbers = values[0].take(columns) if len(values) == 1 else values[component, columns]
    return chosen


def _finite(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    finite: npt.NDArray[np.bool_] = np.isfinite(values) & (values != INT_MIN)
    return finite


def _all_finite(values: npt.NDArray[np.float64]) -> Flags:
    every = np.logical_and.reduce(_finite(values), axis=0)
    return np.asarray(every, dtype=bool)


def _norm(values: Sequence[Numbers] | npt.NDArray[np.float64]) -> Numbers:
    size = np.abs(values[0])
    for column in values[1:]:
        size = np.hypot(size, column)
    return np.minimum(size, _LARGEST)


def _last_digits(c: Numbers, py: Numbers) -> Numbers:
    """Return what half a digit of each side comes to."""
    digits: Numbers = (_last_digit(c, py) + _last_digit(py, c)) / 2 * ROUNDING
    return digits


def _last_digit(values: Numbers, beside: Numbers) -> Numbers:
    """Return the value of the last digit that tells a number from its neighbours, beside the one it is held against."""
    power = np.floor(np.log10(np.abs(values)))
    power = np.where(beside == 0, power, np.minimum(power, np.floor(np.log10(np.abs(beside)))))
    return np.where(values == 0, 0.0, 10.0 ** np.maximum(power - EXACT + 1, _SMALLEST_DIGIT))

"""Comparing arrays element by element, under their names."""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.array_relations import relation_words
from nbtrace.compare.array_tolerances import ArrayTolerance, ArrayTolerances
from nbtrace.compare.named_arrays import Arrays, NamedArray, named_arrays
from nbtrace.errors import InputError
from nbtrace.presentable import Presentable
from nbtrace.verdicts.status import ABSOLUTE_DIVERGENT, ABSOLUTE_MINOR, Status, Verdict, band
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names

if TYPE_CHECKING:
    import pandas as pd

_Array: TypeAlias = npt.NDArray[Any]
_Marks: TypeAlias = npt.NDArray[np.bool_]

_INTEGERS = "biu"
_NUMBERS = "biufc"


@dataclass(frozen=True, slots=True)
class ArrayElement:
    """An element that differs.

    Attributes
    ----------
    index : tuple of int
        Its place; empty for a single number.
    label : str
        What a table calls its row; empty where there are no labels.
    c, py : object
        Its values.
    difference : float or complex or None
        Py − C; None where it cannot be taken.
    relative : float or None
        |Py − C|/max(|C|, |Py|).
    """

    index: tuple[int, ...]
    label: str
    c: object
    py: object
    difference: float | complex | None
    relative: float | None

    @property
    def place(self) -> str:
        """Its place as reports print it: `[3, 7]`, or `['Fe']` of a table; empty for a single number."""
        if self.label:
            return f"[{self.label}]"
        return f"[{', '.join(map(str, self.index))}]" if self.index else ""


@dataclass(frozen=True)
class ComparedArray:
    """One array on both sides.

    Attributes
    ----------
    name : str
    shapes : (tuple of int or None, tuple of int or None)
        Of C and of Py; None where a side has no such array.
    types : (str, str)
        The number types of C and of Py; empty where a side has no such array.
    tolerance : ArrayTolerance
    compared, beyond : int
        Elements that were compared, and those beyond the tolerance.
    left_out : int
        Elements that are nan on both sides, where that was asked to agree.
    worst : ArrayElement or None
        Of the elements beyond the tolerance, the first that is not finite, else the one with the largest |Py − C|.
    first : ArrayElement or None
        The first of them, in the order of their places.
    status : Status
        The gravest of its elements.
    reason : str
        Why, where the status does not say it.
    relation : str
        How Py is made from C, where that is simple: a factor, an offset, exchanged axes.
    """

    name: str
    shapes: tuple[tuple[int, ...] | None, tuple[int, ...] | None]
    types: tuple[str, str]
    tolerance: ArrayTolerance
    compared: int = 0
    beyond: int = 0
    left_out: int = 0
    worst: ArrayElement | None = None
    first: ArrayElement | None = None
    status: Status = Status.PASS
    reason: str = ""
    relation: str = ""


@dataclass(frozen=True, repr=False)
class ArraysResult(Presentable):
    """Arrays of two sides compared.

    Attributes
    ----------
    arrays : tuple of ComparedArray
        In the order of C, then what only Py has.
    names : Names
        What reports call the two sides.
    """

    presented_as: ClassVar[str] = "arrays"

    arrays: tuple[ComparedArray, ...]
    names: Names = field(default_factory=lambda: registry.default().names)

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        return (f"arrays: {len(self.arrays)}; elements compared: {self.compared}, beyond the tolerance: {self.beyond}",)

    @property
    def compared(self) -> int:
        """Elements that were compared."""
        return sum(array.compared for array in self.arrays)

    @property
    def beyond(self) -> int:
        """Elements beyond the tolerance."""
        return sum(array.beyond for array in self.arrays)

    @property
    def diverging(self) -> tuple[ComparedArray, ...]:
        """The arrays that differ."""
        return tuple(array for array in self.arrays if array.status.diverges)

    @property
    def first_divergence(self) -> ComparedArray | None:
        """The first array that differs."""
        return next(iter(self.diverging), None)

    @property
    def verdict(self) -> Verdict:
        """Agreement only if every array is on both sides and every element agrees."""
        return Verdict.DIFFER if self.diverging else Verdict.AGREE

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per array, as a pandas DataFrame."""
        import pandas as pd  # noqa: PLC0415 - slow to import, and only a notebook needs it

        return pd.DataFrame([_cells(array) for array in self.arrays])


def _cells(array: ComparedArray) -> dict[str, object]:
    worst = {} if array.worst is None else {f"worst_{name}": value for name, value in asdict(array.worst).items()}
    counts = {"compared": array.compared, "beyond": array.beyond, "left_out": array.left_out}
    about = {"shape_c": array.shapes[0], "shape_py": array.shapes[1], "tolerance": str(array.tolerance)}
    return {"name": array.name, "status": array.status.value, **counts, **about, **worst, "reason": array.reason}


def compare_arrays(
    c: Arrays,
    py: Arrays,
    tolerances: ArrayTolerances | None = None,
    *,
    equal_nan: bool = False,
    names: Names | None = None,
) -> ArraysResult:
    """Compare arrays element by element; nothing is broadcast, and nothing that is missing agrees.

    Parameters
    ----------
    c, py : number, array of any shape, tensor, Series, DataFrame, or mapping of such by their names
        The reference's and the port's.
    tolerances : ArrayTolerances, optional
        Of all elements, and of single arrays. Integers, texts and times are compared exactly where no tolerance is
        given for them.
    equal_nan : bool
        Elements that are nan on both sides are left out, and counted; otherwise a nan is always a difference.
    names : Names, optional
        What messages call the two sides.

    Raises
    ------
    UsageError
        If something is no array, or a tolerance names an array that neither side has.
    InputError
        If there is nothing to compare: no array, or no element in any.
    """
    names = names or registry.default().names
    tolerances = tolerances or ArrayTolerances()
    of_c, of_py = (named_arrays(given, side) for given, side in zip((c, py), names.pair, strict=True))
    order = list(dict.fromkeys((*of_c, *of_py)))
    if not order:
        raise InputError(f"there is nothing to compare: {names.both} hold no array")
    tolerances.refuse_unknown(order)
    compared = tuple(
        _compared(name, of_c.get(name), of_py.get(name), tolerances, names, equal_nan=equal_nan) for name in order
    )
    if not any(array.compared for array in compared) and all(_holds_nothing(array) for array in compared):
        raise InputError(f"there is nothing to compare: {compared[0].name}: {compared[0].reason}")
    return ArraysResult(compared, names)


def _holds_nothing(array: ComparedArray) -> bool:
    """Whether both sides have it and neither has an element to compare."""
    return array.status is Status.MISSING and None not in array.shapes


def _compared(
    name: str,
    c: NamedArray | None,
    py: NamedArray | None,
    tolerances: ArrayTolerances,
    names: Names,
    *,
    equal_nan: bool,
) -> ComparedArray:
    limits = tolerances.of(name, exact=_is_exact(c) and _is_exact(py))
    head: dict[str, Any] = {
        "name": name,
        "shapes": (None if c is None else c.elements.shape, None if py is None else py.elements.shape),
        "types": ("" if c is None else c.elements.dtype.name, "" if py is None else py.elements.dtype.name),
        "tolerance": limits,
    }
    if c is None or py is None:
        lacking = names.reference if c is None else names.candidate
        return ComparedArray(**head, status=Status.MISSING, reason=f"{lacking} has no {name}")
    wrong = _unlike(c, py, names)
    if wrong:
        return ComparedArray(**head, status=Status.SHAPE, reason=wrong)
    if c.is_same_as(py):
        reason = f"{names.both} hold the same object, which tells nothing"
        return ComparedArray(**head, status=Status.MISSING, reason=reason)
    return ComparedArray(**head, **_measured(c, py, limits, names, equal_nan=equal_nan))


def _is_exact(array: NamedArray | None) -> bool:
    return array is not None and array.elements.dtype.kind in _INTEGERS


def _unlike(c: NamedArray, py: NamedArray, names: Names) -> str:
    """Return why two arrays cannot be laid on each other; empty if they can."""
    if c.elements.shape != py.elements.shape:
        shapes = (f"{side} has shape {array.elements.shape}" for side, array in zip(names.pair, (c, py), strict=True))
        return ", ".join(shapes)
    kinds = {array.elements.dtype.kind for array in (c, py)}
    if not kinds <= set(_NUMBERS) and len(kinds) > 1:
        types = f"{c.elements.dtype.name} and {py.elements.dtype.name}"
        return f"{names.both} hold other types, {types}"
    if c.labels is not None and py.labels is not None:
        rows = zip(c.labels, py.labels, strict=True)
        for number, (one, other) in enumerate(rows):
            if one != other and not (one != one and other != other):  # noqa: PLR0124 - a label may be nan
                return f"row {number} is called {one} in {names.reference}, {other} in {names.candidate}"
    return ""


def _measured(
    c: NamedArray, py: NamedArray, limits: ArrayTolerance, names: Names, *, equal_nan: bool
) -> dict[str, Any]:
    """Return what is found of two arrays of one shape."""
    if not c.elements.size:
        return {"status": Status.MISSING, "reason": "it holds no element"}
    if c.elements.dtype.kind not in _NUMBERS:
        return _of_texts(c, py)
    kind = np.result_type(c.elements.dtype, py.elements.dtype, np.float64)
    left, right = (array.elements.astype(kind) for array in (c, py))
    with np.errstate(all="ignore"):
        delta = right - left
        size = np.abs(delta)
        scale = np.maximum(np.abs(left), np.abs(right))
        relative = np.where(scale > 0, size / np.where(scale > 0, scale, 1), 0.0)
        outside = ~(size <= np.maximum(limits.relative * scale, limits.absolute))
    if _is_exact(c) and _is_exact(py) and limits.is_exact:
        outside = c.elements != py.elements  # float64 does not hold every integer
    finite = np.isfinite(left) & np.isfinite(right)
    outside |= ~finite
    both_nan = np.isnan(left) & np.isnan(right) if equal_nan else np.zeros(left.shape, dtype=bool)
    outside &= ~both_nan
    left_out = int(both_nan.sum())
    counts = {"compared": left.size - left_out, "beyond": int(outside.sum()), "left_out": left_out}
    if left_out == left.size:
        return {**counts, "status": Status.MISSING, "reason": f"{names.both} hold nothing but nan"}
    if not counts["beyond"]:
        return counts
    field_of = _Elements(c, py, delta, relative)
    bad = outside & ~finite
    first, worst = _first(outside), _first(bad) if bad.any() else _largest(size, outside)
    status = Status.NOT_FINITE if bad.any() else _band(size[outside], relative[outside], limits)
    reason = f"not finite: {int(bad.sum())}" if bad.any() else ""
    relation = "" if bad.any() or left_out else relation_words(left, right, limits, names)
    return {
        **counts,
        "first": field_of.at(first),
        "worst": field_of.at(worst),
        "status": status,
        "reason": reason,
        "relation": relation,
    }


def _of_texts(c: NamedArray, py: NamedArray) -> dict[str, Any]:
    """Return what is found of texts or times, which are the same or not; no time (NaT) is a difference."""
    outside: _Marks = np.asarray(c.elements != py.elements)
    counts = {"compared": c.elements.size, "beyond": int(outside.sum())}
    if not counts["beyond"]:
        return counts
    element = _Elements(c, py, None, None).at(_first(outside))
    return {**counts, "first": element, "worst": element, "status": Status.CRITICAL, "reason": "the values differ"}


def _first(marks: _Marks) -> tuple[int, ...]:
    return tuple(int(place) for place in np.unravel_index(int(np.argmax(marks)), marks.shape))


def _largest(size: _Array, among: _Marks) -> tuple[int, ...]:
    place = int(np.argmax(np.where(among, size, -1.0)))
    return tuple(int(part) for part in np.unravel_index(place, size.shape))


def _band(size: _Array, relative: _Array, limits: ArrayTolerance) -> Status:
    """Return the gravest status of the elements beyond the tolerance."""
    if limits.relative == 0 and limits.absolute > 0:
        return band(float(size.max()) / limits.absolute, ABSOLUTE_MINOR, ABSOLUTE_DIVERGENT)
    return band(float(relative.max()))


@dataclass(frozen=True)
class _Elements:
    """Makes elements of two arrays, with their differences where there are any."""

    c: NamedArray
    py: NamedArray
    delta: _Array | None
    relative: _Array | None

    def at(self, place: tuple[int, ...]) -> ArrayElement:
        """Return the element at a place."""
        labels = self.c.labels if self.c.labels is not None else self.py.labels
        label = "" if labels is None else f"{labels[place[0]]!r}"
        delta = None if self.delta is None else self.delta[place].item()
        finite = delta is not None and bool(np.isfinite(delta))
        relative = float(self.relative[place]) if self.relative is not None and finite else None
        return ArrayElement(
            place, label, self.c.elements[place].item(), self.py.elements[place].item(), delta, relative
        )

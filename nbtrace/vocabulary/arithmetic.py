"""The functions of formulas, on components whose numbers are floats or arrays.

With floats, what has no finite value (a logarithm of 0, a division by 0, an overflow, a root of −1) raises an
ArithmeticError or a ValueError; in arrays it is nan or inf, silently. Sums run from left to right, as in programs.
"""

import math
import operator
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import reduce
from typing import TYPE_CHECKING, Any

from nbtrace.vocabulary.formula import Components, Number

if TYPE_CHECKING:
    from types import ModuleType

MATRIX = 9
"""Components of a matrix, row by row."""


class Law(Enum):
    """What a function asks of the units of its arguments, and what its result measures."""

    SAME = auto()
    """One unit in, the same one out."""
    PURE = auto()
    """Numbers in, a number out."""
    RATIO = auto()
    """One unit in, a number out."""
    PRODUCT = auto()
    ROOT = auto()
    CUBE = auto()


def _plain(*numbers: Number) -> bool:
    return all(isinstance(number, float | int) for number in numbers)


def _quietly(operation: Callable[..., Number], *numbers: Number) -> Number:
    import numpy as np  # noqa: PLC0415 - only where arrays come in

    with np.errstate(all="ignore"):
        return operation(np, *numbers)


def _finite(result: float, *numbers: float) -> float:
    if not math.isfinite(result) and all(map(math.isfinite, numbers)):
        raise OverflowError("the result is too large")
    return result


def _one(
    of_float: Callable[[float], float], of_array: Callable[["ModuleType", Number], Number]
) -> Callable[..., Number]:
    """Return a function of one number, of a float or an array."""

    def compute(number: Number) -> Number:
        if _plain(number):
            return _finite(float(of_float(number)), number)
        return _quietly(of_array, number)

    return compute


def _numpy(name: str) -> Callable[["ModuleType", Number], Number]:
    return lambda np, number: getattr(np, name)(number)


def _two(operation: Callable[[Any, Any], Any]) -> Callable[[Number, Number], Number]:
    """Return an operation on two numbers that warns of nothing in arrays and overflows in floats."""

    def compute(a: Number, b: Number) -> Number:
        # Most numbers are floats; asking that first halves the time of a formula.
        if (type(a) is float and type(b) is float) or _plain(a, b):
            result = operation(a, b)
            return result if -math.inf < result < math.inf else _finite(result, a, b)
        return _quietly(lambda _, x, y: operation(x, y), a, b)

    return compute


add = _two(operator.add)
subtract = _two(operator.sub)
multiply = _two(operator.mul)
divide = _two(operator.truediv)


def power(a: Number, b: Number) -> Number:
    """Return a power; a root of a negative number has no value."""
    if _plain(a, b):
        return math.pow(a, b)
    return _quietly(lambda np, x, y: np.power(np.asarray(x, float), y), a, b)


def negative(a: Number) -> Number:
    """Return −a."""
    return -a


def _sign(number: float) -> float:
    return number if math.isnan(number) else float((number > 0) - (number < 0))


def _float32(number: float) -> float:
    return float(struct.unpack("f", struct.pack("f", number))[0])


def _atan2(y: Number, x: Number) -> Number:
    return math.atan2(y, x) if _plain(y, x) else _quietly(lambda np, a, b: np.arctan2(a, b), y, x)


def _smaller(a: Number, b: Number) -> Number:
    if _plain(a, b):
        return a if a < b or math.isnan(a) else b
    return _quietly(lambda np, x, y: np.minimum(x, y), a, b)


def _larger(a: Number, b: Number) -> Number:
    if _plain(a, b):
        return a if a > b or math.isnan(a) else b
    return _quietly(lambda np, x, y: np.maximum(x, y), a, b)


square_root = _one(math.sqrt, _numpy("sqrt"))


def each(function: Callable[..., Number], *values: Components) -> Components:
    """Apply a function component by component; scalars go with every component."""
    size = max(map(len, values))
    if size == 1:
        return (function(*(value[0] for value in values)),)
    return tuple(map(function, *(value * size if len(value) == 1 else value for value in values)))


def total(values: Sequence[Components]) -> Components:
    """Return the sum of one value or more."""
    return reduce(lambda a, b: each(add, a, b), values)


def multiplied(values: Sequence[Components]) -> Components:
    """Return the product, component by component, of one value or more."""
    return reduce(lambda a, b: each(multiply, a, b), values)


def dot(a: Components, b: Components) -> Components:
    """Return the scalar product."""
    return (reduce(add, map(multiply, a, b)),)


def cross(a: Components, b: Components) -> Components:
    """Return the vector product of two vectors of 3."""
    pairs = ((1, 2), (2, 0), (0, 1))
    return tuple(subtract(multiply(a[i], b[j]), multiply(a[j], b[i])) for i, j in pairs)


def norm(a: Components) -> Components:
    """Return the length of a vector."""
    return (square_root(dot(a, a)[0]),)


def unit(a: Components) -> Components:
    """Return a vector over its length."""
    return each(divide, a, norm(a))


def matmul(a: Components, b: Components) -> Components:
    """Return the product of a matrix with a vector of 3 or a matrix."""
    width = len(b) // 3
    return tuple(dot(a[3 * i : 3 * i + 3], b[j::width])[0] for i in range(3) for j in range(width))


def transpose(a: Components) -> Components:
    """Return the transposed matrix."""
    return tuple(a[3 * j + i] for i in range(3) for j in range(3))


def determinant(a: Components) -> Components:
    """Return the determinant of a matrix."""
    return dot(a[0:3], cross(a[3:6], a[6:9]))


def trace(a: Components) -> Components:
    """Return the sum of the diagonal of a matrix."""
    return (add(add(a[0], a[4]), a[8]),)


def choose(condition: Number, chosen: Callable[[], Components], other: Callable[[], Components]) -> Components:
    """Return one of two values; where the condition is one truth value, only that one is computed."""
    if isinstance(condition, bool):
        return chosen() if condition else other()
    return each(
        lambda a, b: _quietly(lambda np, x, y: np.where(condition, x, y), a, b), _or_nan(chosen), _or_nan(other)
    )


def _or_nan(compute: Callable[[], Components]) -> Components:
    """Return a value that some of an array takes; what has none is nan there, as in the rest of the array."""
    try:
        return compute()
    except (ArithmeticError, ValueError):
        return (math.nan,)


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def compared(sign: str) -> Callable[[Number, Number], Number]:
    """Return the comparison that a sign stands for; its result is a bool, or an array of them."""
    operation = _COMPARISONS[sign]
    return lambda a, b: bool(operation(a, b)) if _plain(a, b) else operation(a, b)


def all_of(conditions: Sequence[Number]) -> Number:
    """Return whether all conditions are true."""
    return reduce(operator.and_, conditions)


def any_of(conditions: Sequence[Number]) -> Number:
    """Return whether one of the conditions is true."""
    return reduce(operator.or_, conditions)


def opposite(condition: Number) -> Number:
    """Return whether a condition is false."""
    return not condition if isinstance(condition, bool) else ~condition


@dataclass(frozen=True, slots=True)
class Function:
    """A function of formulas.

    Attributes
    ----------
    compute : callable
        Takes and returns components.
    law : Law
    size : callable
        Components of the result by those of the arguments; None where they do not fit.
    takes : str
        The arguments, for people.
    least, most : int
        Number of arguments.
    """

    compute: Callable[..., Components]
    law: Law
    size: Callable[..., int | None]
    takes: str
    least: int = 1
    most: int = 1


def broadcast(*sizes: int) -> int | None:
    """Return the size of what works component by component, None if the sizes do not fit."""
    largest = max(sizes)
    return largest if all(size in {1, largest} for size in sizes) else None


def _matmul_size(a: int, b: int) -> int | None:
    return b if a == MATRIX and b in {3, MATRIX} else None


def _componentwise(number: Callable[[Number], Number], law: Law) -> Function:
    return Function(lambda value: each(number, value), law, broadcast, "one value")


def _extreme(number: Callable[[Number, Number], Number]) -> Function:
    def compute(*values: Components) -> Components:
        if len(values) == 1:
            return (reduce(number, values[0]),)
        return reduce(lambda a, b: each(number, a, b), values)

    return Function(
        compute, Law.SAME, lambda *sizes: 1 if len(sizes) == 1 else broadcast(*sizes), "one vector, or values", 1, 20
    )


_ROUNDINGS = {
    "abs": _one(abs, _numpy("abs")),
    "floor": _one(math.floor, _numpy("floor")),
    "ceil": _one(math.ceil, _numpy("ceil")),
    "round": _one(round, _numpy("rint")),
    "float32": _one(_float32, lambda np, number: np.asarray(number).astype(np.float32).astype(float)),
}
_PURE = {
    "exp": _one(math.exp, _numpy("exp")),
    "log": _one(math.log, _numpy("log")),
    "log10": _one(math.log10, _numpy("log10")),
    "sin": _one(math.sin, _numpy("sin")),
    "cos": _one(math.cos, _numpy("cos")),
    "tan": _one(math.tan, _numpy("tan")),
    "asin": _one(math.asin, _numpy("arcsin")),
    "acos": _one(math.acos, _numpy("arccos")),
    "atan": _one(math.atan, _numpy("arctan")),
}

FUNCTIONS: dict[str, Function] = {
    **{name: _componentwise(number, Law.SAME) for name, number in _ROUNDINGS.items()},
    **{name: _componentwise(number, Law.PURE) for name, number in _PURE.items()},
    "sqrt": _componentwise(square_root, Law.ROOT),
    "sign": _componentwise(_one(_sign, _numpy("sign")), Law.RATIO),
    "atan2": Function(lambda y, x: each(_atan2, y, x), Law.RATIO, broadcast, "y and x", 2, 2),
    "min": _extreme(_smaller),
    "max": _extreme(_larger),
    "dot": Function(dot, Law.PRODUCT, lambda a, b: 1 if a == b else None, "two vectors of one length", 2, 2),
    "cross": Function(cross, Law.PRODUCT, lambda a, b: 3 if a == b == 3 else None, "two vectors of 3", 2, 2),
    "norm": Function(norm, Law.SAME, lambda _: 1, "a vector"),
    "unit": Function(unit, Law.RATIO, lambda a: a, "a vector"),
    "matmul": Function(matmul, Law.PRODUCT, _matmul_size, "a matrix of 9, and a vector of 3 or a matrix", 2, 2),
    "transpose": Function(transpose, Law.SAME, lambda a: a if a == MATRIX else None, "a matrix of 9"),
    "det": Function(determinant, Law.CUBE, lambda a: 1 if a == MATRIX else None, "a matrix of 9"),
    "trace": Function(trace, Law.SAME, lambda a: 1 if a == MATRIX else None, "a matrix of 9"),
}
"""The functions that take values alone, by name; those of a place or a condition belong to the grammar."""

"""Functions of numbers that are floats or, of many values at once, arrays: a column has the bits of its values."""

import math
from collections.abc import Callable

from nbtrace.compare.vectors import Column


class SingleValuesError(Exception):
    """These values are computed one by one alone."""


def is_column(number: Column) -> bool:
    """Whether a number is an array of many."""
    return not isinstance(number, float | int)


def each(function: Callable[..., float], *numbers: Column) -> Column:
    """Return a function of floats at every place; the functions of arrays may round otherwise than those of floats."""
    if not any(map(is_column, numbers)):
        return function(*numbers)
    import numpy as np  # noqa: PLC0415 - arrays have come in

    columns = np.broadcast_arrays(*numbers)
    return np.fromiter(map(function, *(column.tolist() for column in columns)), float, columns[0].size)


def summed_exactly(*numbers: Column) -> Column:
    """Return a sum that is rounded once; nan where a term is no finite number."""
    return each(_sum, *numbers)


def _sum(*numbers: float) -> float:
    return math.fsum(numbers) if all(map(math.isfinite, numbers)) else math.nan

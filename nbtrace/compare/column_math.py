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
    if any(map(is_column, numbers)):
        import numpy as np  # noqa: PLC0415 - arrays have come in

        columns = np.broadcast_arrays(*numbers)
        if all(np.isfinite(column).all() for column in columns):
            rows = zip(*(column.tolist() for column in columns), strict=True)
            return np.fromiter(map(math.fsum, rows), float, columns[0].size)
    return each(_sum, *numbers)


def _sum(*numbers: float) -> float:
    return math.fsum(numbers) if all(map(math.isfinite, numbers)) else math.nan


def added_up(total: float, terms: Column, weight: float) -> float:
    """Return a sum to which terms are added one after the other, each time multiplied with a weight."""
    if is_column(terms) and weight == 1:
        import numpy as np  # noqa: PLC0415 - arrays have come in

        return float(np.add.accumulate(np.concatenate([[total], terms]))[-1])
    for term in terms.tolist() if is_column(terms) else terms:
        total = (total + term) * weight
    return total


def weighed_terms(terms: Column, weight: float) -> Column:
    """Return what each of the terms of a column is in such a sum."""
    if weight == 1:
        return terms
    import numpy as np  # noqa: PLC0415 - arrays have come in

    return terms * weight ** np.arange(len(terms), 0, -1.0)

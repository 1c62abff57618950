"""Functions of numbers that are floats or, of many values at once, arrays: a column has the bits of its values."""

import math
from collections.abc import Callable

from nbtrace.compare.vectors import Column

_THREE = 3

PORTION = 20_000
"""Turns of a loop that are computed at a time."""


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
        if len(columns) == _THREE:
            with np.errstate(all="ignore"):
                return _sum_of_three(*columns)
    return each(_sum, *numbers)


def _sum(*numbers: float) -> float:
    return math.fsum(numbers) if all(map(math.isfinite, numbers)) else math.nan


def _sum_of_three(a: Column, b: Column, c: Column) -> Column:
    """Return the sum of three columns; each operation's error is found exactly, so that few sums are done by fsum."""
    import numpy as np  # noqa: PLC0415 - arrays have come in

    first, error = _with_error(a, b)
    total, further = _with_error(first, c)
    rest = error + further
    slack = np.abs(rest) * 2.0**-52
    result = total + (rest - slack)
    sure = (result == total + (rest + slack)) & (result != 0) & np.isfinite(result)
    at = np.flatnonzero(~sure)
    result[at] = list(map(_sum, a[at].tolist(), b[at].tolist(), c[at].tolist()))
    return result


def _with_error(a: Column, b: Column) -> tuple[Column, Column]:
    """Return a + b as rounded, and by how much it is too small [1]_.

    References
    ----------
    .. [1] D. E. Knuth, The Art of Computer Programming, volume 2, section 4.2.2.
    """
    total = a + b
    of_b = total - a
    return total, (a - (total - of_b)) + (b - of_b)


def added_up(total: float, terms: Column, weight: float) -> float:
    """Return a sum to which terms are added one after the other, each time multiplied with a weight."""
    if not isinstance(terms, list) and weight == 1:
        import numpy as np  # noqa: PLC0415 - arrays have come in

        return float(np.add.accumulate(np.concatenate([[total], terms]))[-1])
    for term in terms if isinstance(terms, list) else terms.tolist():
        total = (total + term) * weight
    return total


def weighed_terms(terms: Column, weight: float) -> Column:
    """Return what each of the terms of a column is in such a sum."""
    if weight == 1:
        return terms
    import numpy as np  # noqa: PLC0415 - arrays have come in

    return terms * weight ** np.arange(len(terms), 0, -1.0)

"""What people use otherwise: `numpy.allclose` over the common values, and a line-by-line diff."""

from collections.abc import Iterator

from nbtrace.compare.align import Pair, align
from nbtrace.records import Trace


def allclose_differs(c: Trace, py: Trace) -> bool:
    """Whether numpy.allclose, with its default tolerances, says that the common values differ."""
    import numpy as np  # noqa: PLC0415 - only this command needs it

    return any(not np.allclose(pair.py.numbers, pair.c.numbers) for pair in _numeric(c, py))


def first_differing_line(c: Trace, py: Trace) -> str | None:
    """Return the quantity of the first common line whose text differs, None if there is none."""
    return next((pair.quantity for pair in _numeric(c, py) if pair.c.value.text != pair.py.value.text), None)


def _numeric(c: Trace, py: Trace) -> Iterator[Pair]:
    return (pair for pair in align(c, py).pairs if len(pair.c.numbers) == len(pair.py.numbers) > 0)

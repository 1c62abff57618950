"""Many rows judged at once are judged as one by one."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from nbtrace.compare.align import Pair
from nbtrace.compare.judge import Row, judge
from nbtrace.compare.precision import EXACT, NumberFormat
from nbtrace.detector.judged_rows import STATUSES, JudgedRows, judged
from nbtrace.detector.paired_rows import QuantityValues
from nbtrace.records import INT_MIN, NOWHERE, Record, Shape, Side, Value
from nbtrace.verdicts.status import Status
from nbtrace.verdicts.tolerance import Tolerance
from nbtrace.vocabulary.quantity import Basis
from nbtrace.vocabulary.sides import Names

ORDINARY = (0.0, -0.0, 1.0, -1.0, 1.0 + 1e-7, 1.0 + 2e-6, 1.05)
ODD = (*ORDINARY, math.nan, math.inf, -math.inf, INT_MIN, 1e-310, 3e-320, 1e308, -1e308)
TOLERANCES = [
    Tolerance(1e-6, Basis.RELATIVE),
    Tolerance(0.0, Basis.RELATIVE),
    Tolerance(10.0, Basis.RELATIVE),
    Tolerance(5e-4, Basis.ABSOLUTE),
    Tolerance(0.0, Basis.ABSOLUTE),
]


def record(numbers: tuple[float, ...]) -> Record:
    tokens = tuple(map(repr, numbers))
    shape = Shape.SCALAR if len(numbers) == 1 else Shape.VECTOR
    return Record("q", "q", Value(shape, numbers, tokens, " ".join(tokens)), "1", 1.0, Side.C, "Parquet", 1)


def one_by_one(c: tuple[float, ...], py: tuple[float, ...], tolerance: Tolerance) -> Row:
    formats = {"Parquet": NumberFormat(EXACT)}
    return judge(Pair("q", NOWHERE, record(c), record(py)), tolerance, formats, formats, Names("C", "Py"))


def values(rows: list[tuple[float, ...]]) -> QuantityValues:
    return QuantityValues(tuple(np.array(column) for column in zip(*rows, strict=True)), None, None)


def assert_as_one_by_one(pairs: list[tuple[tuple[float, ...], tuple[float, ...]]], tolerance: Tolerance) -> JudgedRows:
    found = judged(values([c for c, _ in pairs]), values([py for _, py in pairs]), tolerance)
    told = {int(row): place for place, row in enumerate(found.rows)}
    for row, (c, py) in enumerate(pairs):
        expected = one_by_one(c, py, tolerance)
        status = STATUSES[found.status[told[row]]] if row in told else Status.PASS
        assert status is expected.status, (c, py, tolerance)
        if row not in told or expected.difference is None:
            continue
        place = told[row]
        assert found.component[place] == expected.difference.worst, (c, py)
        assert found.relative[place] == pytest.approx(expected.difference.relative, rel=1e-12)
        assert found.severity[place] == pytest.approx(expected.severity, rel=1e-9)
        assert (found.c[place], found.py[place]) == (c[found.component[place]], py[found.component[place]])
    return found


@pytest.mark.parametrize("tolerance", TOLERANCES, ids=str)
def test_numbers_are_judged_as_one_by_one(tolerance: Tolerance) -> None:
    pairs: list[Any] = [((c,), (py,)) for c, py in itertools.product(ODD, repeat=2)]
    found = assert_as_one_by_one(pairs, tolerance)
    assert 0 < len(found.rows) < len(pairs)


@pytest.mark.parametrize("tolerance", TOLERANCES, ids=str)
def test_vectors_are_judged_as_one_by_one(tolerance: Tolerance) -> None:
    random = np.random.default_rng(7)
    pairs: list[Any] = []
    for size in (1e-9, 1e-6, 1e-3, 1.0):
        for _ in range(60):
            c = random.normal(size=3) * 10.0 ** random.integers(-20, 20)
            c[random.random(3) < 0.2] = 0.0
            py = c * (1 + size * random.normal(size=3) * (random.random(3) < 0.6))
            pairs.append((tuple(c.tolist()), tuple(py.tolist())))
    pairs += [((x, 1.0, 2.0), (1.0, y, 2.0)) for x, y in itertools.product(ODD, repeat=2)]
    assert len(assert_as_one_by_one(pairs, tolerance).rows)


def test_a_value_of_one_side_alone_is_missing_and_one_of_neither_is_not_compared() -> None:
    column = np.array([1.0, 1.0, 1.0, 2.0])
    absent = np.array([False, True, True, False])
    c = QuantityValues((column,), absent, None)
    py = QuantityValues((column,), np.array([False, False, True, False]), None)
    found = judged(c, py, TOLERANCES[0])
    assert (found.compared, found.expected) == (2, 3)
    assert [STATUSES[status] for status in found.status] == [Status.MISSING]
    assert found.rows.tolist() == [1]
    assert math.isnan(found.c[0])
    assert found.py[0] == 1.0
    assert found.compared_rows is not None
    assert found.compared_rows.tolist() == [True, False, False, True]


def test_a_vector_that_lacks_a_component_never_agrees() -> None:
    columns = (np.array([1.0]), np.array([2.0]))
    torn = QuantityValues(columns, np.array([False]), np.array([True]))
    found = judged(torn, torn, TOLERANCES[0])
    assert [STATUSES[status] for status in found.status] == [Status.MISSING]

"""The functions of formulas: floats and arrays alike, against numpy's own."""

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.vocabulary import arithmetic
from nbtrace.vocabulary.arithmetic import FUNCTIONS

numbers = st.floats(-1e3, 1e3)
vectors = st.tuples(numbers, numbers, numbers)
matrices = st.tuples(*[numbers] * 9)

ORACLES: dict[str, Callable[..., Any]] = {
    "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "log10": np.log10, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "abs": np.abs, "sign": np.sign, "floor": np.floor,
    "ceil": np.ceil, "round": np.round, "float32": lambda x: np.float64(np.float32(x)),
}  # fmt: skip


@pytest.mark.parametrize("name", ORACLES)
@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_function_of_one_number(name: str, number: float) -> None:
    with np.errstate(all="ignore"):
        wanted = float(ORACLES[name](np.float64(number)))
    compute = FUNCTIONS[name].compute
    (of_array,) = compute((np.array([number, number]),))
    np.testing.assert_allclose(of_array, [wanted, wanted], rtol=1e-14)
    if math.isfinite(wanted):
        (of_float,) = compute((number,))
        assert type(of_float) is float
        assert of_float == pytest.approx(wanted, rel=1e-14, abs=0)
    else:
        with pytest.raises((ArithmeticError, ValueError)):
            compute((number,))


@given(vectors, vectors)
def test_products_of_vectors(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    assert arithmetic.dot(a, b)[0] == pytest.approx(np.dot(a, b), rel=1e-12, abs=1e-9)
    assert arithmetic.cross(a, b) == pytest.approx(tuple(np.cross(a, b)), rel=1e-12, abs=1e-9)
    assert arithmetic.norm(a)[0] == pytest.approx(np.linalg.norm(a), rel=1e-14)


@given(matrices, matrices, vectors)
def test_products_of_matrices(a: tuple[float, ...], b: tuple[float, ...], v: tuple[float, ...]) -> None:
    one, other = np.reshape(a, (3, 3)), np.reshape(b, (3, 3))
    assert arithmetic.matmul(a, b) == pytest.approx(tuple((one @ other).ravel()), rel=1e-12, abs=1e-8)
    assert arithmetic.matmul(a, v) == pytest.approx(tuple(one @ np.array(v)), rel=1e-12, abs=1e-8)
    assert arithmetic.transpose(a) == tuple(one.T.ravel())
    assert arithmetic.trace(a)[0] == pytest.approx(np.trace(one), rel=1e-12, abs=1e-9)
    assert arithmetic.determinant(a)[0] == pytest.approx(np.linalg.det(one), rel=1e-9, abs=1e-3)


@given(vectors.filter(lambda a: max(map(abs, a)) > 1e-100))
def test_a_vector_over_its_length(a: tuple[float, ...]) -> None:
    assert arithmetic.unit(a) == pytest.approx(tuple(np.array(a) / np.linalg.norm(a)), rel=1e-13)


@given(st.lists(st.floats(-1e3, 1e3, allow_nan=False), min_size=2, max_size=5))
def test_extremes_are_those_of_numbers_of_components_and_of_arrays(values: list[float]) -> None:
    for name, wanted in (("min", min(values)), ("max", max(values))):
        compute = FUNCTIONS[name].compute
        assert compute(tuple(values)) == (wanted,)
        assert compute(*((value,) for value in values)) == (wanted,)
        (column,) = compute(*((np.array([value, 0.0]),) for value in values))
        assert column.tolist() == [wanted, 0.0]


def test_nan_is_the_extreme_of_what_holds_one() -> None:
    for name in ("min", "max"):
        for values in ((math.nan, 1.0), (1.0, math.nan)):
            assert math.isnan(FUNCTIONS[name].compute(values)[0])


@pytest.mark.parametrize(
    ("compute", "a", "b", "array"),
    [
        (arithmetic.divide, 1.0, 0.0, math.inf),
        (arithmetic.multiply, 1e200, 1e200, math.inf),
        (arithmetic.add, 1.7e308, 1.7e308, math.inf),
        (arithmetic.subtract, -1.7e308, 1.7e308, -math.inf),
        (arithmetic.power, -1.0, 0.5, math.nan),
        (arithmetic.power, 10.0, 400.0, math.inf),
        (arithmetic.power, 0.0, -1.0, math.inf),
    ],
)
def test_what_has_no_finite_value(compute: Callable[..., Any], a: float, b: float, array: float) -> None:
    with pytest.raises((ZeroDivisionError, OverflowError, ValueError)):
        compute(a, b)
    np.testing.assert_equal(compute(np.array([a]), b), [array])
    np.testing.assert_equal(compute(np.array([a]), np.array([b])), [array])


def test_what_is_not_finite_goes_on_quietly() -> None:
    assert arithmetic.add(math.inf, 1.0) == math.inf
    assert math.isnan(arithmetic.multiply(math.nan, 0.0))


def test_scalars_go_with_every_component() -> None:
    assert arithmetic.each(arithmetic.multiply, (2.0,), (1.0, 2.0, 3.0)) == (2.0, 4.0, 6.0)
    assert arithmetic.total([(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]) == (9.0, 12.0)
    assert arithmetic.multiplied([(2.0,), (3.0,), (4.0,)]) == (24.0,)


def test_float32_is_the_nearest_of_32_bits() -> None:
    assert FUNCTIONS["float32"].compute((0.1,)) == (0.10000000149011612,)
    with pytest.raises(OverflowError):
        FUNCTIONS["float32"].compute((1e300,))
    assert FUNCTIONS["float32"].compute((np.array([1e300, 0.1]),))[0].tolist() == [math.inf, 0.10000000149011612]


def test_only_what_is_taken_is_computed() -> None:
    assert arithmetic.choose(True, lambda: (1.0,), lambda: (1 / 0,)) == (1.0,)
    (column,) = arithmetic.choose(np.array([True, False]), lambda: (1.0,), lambda: (1 / 0,))
    assert column[0] == 1.0
    assert math.isnan(column[1])


def test_numpy_is_loaded_by_arrays_alone() -> None:
    code = (
        "import sys; from nbtrace.vocabulary.arithmetic import FUNCTIONS\n"
        "for name in ('exp', 'norm', 'float32', 'min'): FUNCTIONS[name].compute((1.0,))\n"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

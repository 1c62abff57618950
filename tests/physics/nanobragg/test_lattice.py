import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbtrace import parse_trace, read_trace
from nbtrace.physics.nanobragg.lattice import infer_cells, lattice_factor, work_out

indices = st.one_of(st.floats(-40, 40), st.integers(-40, 40).map(float), st.integers(-80, 80).map(lambda i: i / 2))


def summed(index: float, cells: int) -> float:
    """Sum of the waves of a row of cells, seen from its middle: real, since the row is symmetric about it."""
    places = np.arange(cells) - (cells - 1) / 2
    total = np.exp(2j * np.pi * places * index).sum()
    assert abs(total.imag) < 1e-8 * cells
    return float(total.real)


@given(indices, st.integers(1, 60))
@example(5e-324, 4)
def test_the_lattice_factor_is_the_sum_over_cells(index: float, cells: int) -> None:
    # The oracle loses digits to its large phases; the modulus is also that of the sum from the row's end.
    assert lattice_factor(index, cells) == pytest.approx(summed(index, cells), abs=1e-9 * cells**2)
    from_end = abs(np.exp(2j * np.pi * np.arange(cells) * index).sum())
    assert abs(lattice_factor(index, cells)) == pytest.approx(from_end, abs=1e-9 * cells**2)


@given(st.integers(-30, 30), st.floats(-0.5, 0.5), st.integers(1, 60))
def test_the_sign_at_h_and_at_its_distance_from_the_index(h0: int, rest: float, cells: int) -> None:
    sign = -1 if cells % 2 == 0 and h0 % 2 else 1
    at_distance = (h0 + rest) - h0
    assert lattice_factor(h0 + rest, cells) == pytest.approx(sign * lattice_factor(at_distance, cells), rel=1e-12)


def test_huge_indices_are_integers() -> None:
    assert lattice_factor(1e308, 36) == 36.0
    assert lattice_factor(2.0**52 + 1, 36) == -36.0


@given(st.lists(indices, min_size=1, max_size=8), st.integers(1, 60))
@example([0.0, 3.0, -3.0, 5e-324, 0.5, 1.5, 2.5], 4)
def test_many_indices_have_the_bits_of_each(many: list[float], cells: int) -> None:
    with np.errstate(invalid="ignore"):  # as where formulas are held: 0/0 at an integer, which is not taken
        together = lattice_factor(np.array(many), cells)
    assert [float(value).hex() for value in together] == [lattice_factor(index, cells).hex() for index in many]


@given(st.floats(0.01, 0.49), st.integers(-20, 20), st.integers(1, 300))
def test_cells_are_inferred_or_not_at_all(rest: float, h0: int, cells: int) -> None:
    index = h0 + rest
    assert infer_cells(index, lattice_factor(index, cells)) in {cells, None}
    assert infer_cells(index, -lattice_factor(index, cells)) in {cells, None}


@pytest.mark.parametrize("cells", [1, 2, 5, 36, 47, 300, 4096])
def test_cells_are_inferred(cells: int) -> None:
    index = -6.87952060245011
    assert infer_cells(index, lattice_factor(index, cells)) == cells


@pytest.mark.parametrize(
    ("index", "factor"),
    [(math.nan, 1.0), (0.3, math.inf), (0.5, 1.0), (0.3, 1e9), (0.25, 0.0)],
    ids=["nan", "inf", "many fit", "none fits", "zero"],
)
def test_no_cells_where_no_number_or_several_fit(index: float, factor: float) -> None:
    assert infer_cells(index, factor) is None


def test_worked_factors_of_a_recorded_log(pairs: Path) -> None:
    trace = read_trace(str(pairs / "supervisor__685_1039" / "c.log"))
    worked = work_out(trace)
    assert [(item.cells, item.cells_from, item.rounded) for item in worked] == [
        (36, "stated", -7),
        (47, "stated", -1),
        (29, "stated", -14),
    ]
    for item in worked:
        assert item.at_index == pytest.approx(item.logged, rel=1e-10)
        assert item.at_index == pytest.approx(summed(item.index, item.cells or 0), rel=1e-8)
    given_cells = work_out(trace, (5, 5, 5))
    assert {item.cells_from for item in given_cells} == {"given"}
    assert given_cells[0].at_index != worked[0].at_index


@pytest.mark.parametrize(("index", "rounded"), [(0.5, 0), (-0.5, -1), (1.5, 1), (-7.4, -7), (-7.6, -8), (3.0, 3)])
def test_the_nearest_index_is_that_of_the_reference(index: float, rounded: int) -> None:
    (trace,) = parse_trace(f"TRACE_C: hkl_frac {index} 0 0\n")
    assert work_out(trace)[0].rounded == rounded

"""Structure factors from the list of a configuration: the lookup, and a wrong one with its side and its cause."""

import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import trace_pixel
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.explain import Explanation, explain
from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.formulas.reflections import Reflections, reflections_of
from nbtrace.records import Side
from nbtrace.writers import trace_text
from simulator.arguments import parse
from simulator.config import Config
from simulator.hkl import ReflectionTable
from simulator.parameters import Parameters
from simulator.structure_factors import build_structure_factors, nearest_F, tricubic_F
from simulator.vectors import vector
from tests.places import GOLDEN_SUITE

FLAGS = "-mat A.mat -lambda 1.1 -hkl small.hkl -default_F 7.5 -N 12 -distance 80 -detpixels 96 -pixel 0.8 -oversample 1"
PIXEL = (34, 32)
RNG = np.random.default_rng(7)
TABLE = ReflectionTable(RNG.uniform(1.0, 500.0, (9, 10, 11)), -4, 4, -4, 5, -5, 5, 3.25, 990)
inside = st.floats(-1.9, 1.9)


def of_simulator(hkl: tuple[float, float, float]) -> tuple[float, float]:
    factors = build_structure_factors(Parameters(Config(), {}), TABLE, torch.float64)
    miller = vector(hkl).map(lambda x: x.reshape(1))
    nearest = miller.map(lambda x: torch.ceil(x - 0.5))
    return float(nearest_F(factors, nearest)), float(tricubic_F(factors, miller))


@given(h=inside, k=inside, l=inside)
def test_the_lookup_is_that_of_the_simulator(h: float, k: float, l: float) -> None:  # noqa: E741 - an index
    nearest, tricubic = of_simulator((h, k, l))
    listed = Reflections(TABLE, interpolated=True)
    assert listed.within((h, k, l))
    assert listed.nearest(tuple(float(np.ceil(x - 0.5)) for x in (h, k, l))) == nearest
    assert listed.tricubic((h, k, l)) == pytest.approx(tricubic, rel=1e-12, abs=1e-9)


@given(h=inside, k=inside, l=inside, powers=st.tuples(*[st.integers(0, 3)] * 3))
def test_interpolation_is_exact_for_cubics(h: float, k: float, l: float, powers: tuple[int, int, int]) -> None:  # noqa: E741
    axes = np.meshgrid(np.arange(-4.0, 5), np.arange(-4.0, 6), np.arange(-5.0, 6), indexing="ij")
    values = np.prod([axis**power for axis, power in zip(axes, powers, strict=True)], axis=0)
    listed = Reflections(ReflectionTable(values, -4, 4, -4, 5, -5, 5, 0.0, 990), interpolated=True)
    expected = h ** powers[0] * k ** powers[1] * l ** powers[2]
    assert listed.tricubic((h, k, l)) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_beyond_the_list_is_the_default() -> None:
    listed = Reflections(TABLE, interpolated=False)
    assert listed.nearest((5.0, 0.0, 0.0)) == listed.nearest((0.0, 0.0, -6.0)) == 3.25
    assert not listed.within((2.1, 0.0, 0.0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("list")
    for name in ("A.mat", "small.hkl"):
        shutil.copyfile(GOLDEN_SUITE / "inputs" / name, place / name)
    return place


def configured(folder: Path, *more: str) -> Config:
    words = [str(folder / word) if word in {"A.mat", "small.hkl"} else word for word in FLAGS.split()]
    return parse([*words, "-dump", str(folder / "none.bin"), *more]).config


def with_structure_factor(text: str, value: float) -> str:
    """Return a trace of one step with another structure factor, and everything that follows from it."""
    old = number(text, "F_cell")
    for key, power in (("F_cell", 1), ("I_before_scaling", 2), ("I_pixel_final", 2)):
        changed = number(text, key) * (value / old) ** power
        text = text.replace(line(text, key), f"TRACE_PY: {key} {changed:.15g}")
    stored = float(np.float32(number(text, "I_pixel_final")))
    return text.replace(line(text, "floatimage_accumulated"), f"TRACE_PY: floatimage_accumulated {stored:.15g}")


def line(text: str, key: str) -> str:
    return next(item for item in text.splitlines() if item.startswith(f"TRACE_PY: {key} "))


def number(text: str, key: str) -> float:
    return float(line(text, key).split()[-1])


def hkl(text: str, key: str = "hkl_rounded") -> tuple[float, ...]:
    return tuple(map(float, line(text, key).split()[2:]))


Made = Callable[[Reflections, str], float]


def moved(*step: int) -> Made:
    return lambda listed, text: listed.nearest(tuple(x + d for x, d in zip(hkl(text), step, strict=True)))


def times(*sign: int) -> Made:
    return lambda listed, text: listed.nearest(tuple(x * d for x, d in zip(hkl(text), sign, strict=True)))


def ordered(*places: int) -> Made:
    return lambda listed, text: listed.nearest(tuple(hkl(text)[i] for i in places))


WRONG: dict[str, tuple[Made, str, str]] = {
    "neighbour along k": (moved(0, 1, 0), "other_reflection", "one off along k"),
    "neighbour along l": (moved(0, 0, -1), "other_reflection", "one off along l"),
    "Friedel mate": (times(-1, -1, -1), "other_reflection", "the Friedel mate"),
    "other sign of k": (times(1, -1, 1), "other_reflection", "the other sign of k"),
    "h and k exchanged": (ordered(1, 0, 2), "other_reflection", "the indices in the order k h l"),
    "default": (lambda listed, _: listed.table.default_F, "structure_factor", "the default structure factor"),
    "interpolated": (lambda listed, text: listed.tricubic(hkl(text, "hkl_frac")), "structure_factor", "interpolated"),
    "squared": (lambda _, text: number(text, "F_cell") ** 2, "square", "square"),
}


def explained(config: Config, text: str, wrong: str, side: Side) -> Explanation:
    right = parse_trace(text, "right.log")[0]
    made = parse_trace(wrong, "wrong.log")[0]
    return explain(made, right, config) if side is Side.C else explain(right, made, config)


@pytest.mark.parametrize("side", [Side.C, Side.PY])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_structure_factor_gets_a_side_and_a_cause(name: str, side: Side, folder: Path) -> None:
    make, cause, words = WRONG[name]
    config = configured(folder, "-nointerpolate")
    listed = reflections_of(config)
    assert listed is not None
    text = trace_text(trace_pixel(config, PIXEL, Emit()).records)
    value = make(listed, text)
    assert value not in {number(text, "F_cell"), 0.0}
    result = explained(config, text, with_structure_factor(text, value), side)
    (root,) = result.roots
    assert (root.quantity, root.side) == ("F_cell", side)
    assert root.status in {AuditStatus.INTRODUCED_C, AuditStatus.INTRODUCED_PY}
    assert root.cause is not None
    assert root.cause.signature.name == cause
    assert words in root.cause.text
    assert result.attribution.shares[0].of_log_ratio == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("side", [Side.C, Side.PY])
def test_the_nearest_reflection_for_an_interpolated_one(side: Side, folder: Path) -> None:
    config = configured(folder, "-interpolate", "-mode", "spec")
    listed = reflections_of(config)
    assert listed is not None
    text = trace_text(trace_pixel(config, PIXEL, Emit()).records)
    assert listed.within(hkl(text, "hkl_frac"))
    assert number(text, "F_cell") == pytest.approx(listed.tricubic(hkl(text, "hkl_frac")), rel=1e-11)
    (root,) = explained(config, text, with_structure_factor(text, listed.nearest(hkl(text))), side).roots
    assert (root.quantity, root.side) == ("F_cell", side)
    assert root.cause is not None
    assert root.cause.text == "the nearest reflection, not interpolated"


def test_a_value_that_many_reflections_have_names_none(folder: Path, tmp_path: Path) -> None:
    flat = tmp_path / "flat.hkl"
    flat.write_text(
        "".join(f"{at[0]} {at[1]} {at[2]} {100 + 10 * (at[0] % 3)}\n" for at in product(range(-9, 9), repeat=3))
    )
    config = configured(folder, "-nointerpolate", "-hkl", str(flat))
    text = trace_text(trace_pixel(config, PIXEL, Emit()).records)
    other = next(x for x in (100.0, 110.0, 120.0) if x != number(text, "F_cell"))
    (root,) = explained(config, text, with_structure_factor(text, other), Side.PY).roots
    assert (root.quantity, root.side) == ("F_cell", Side.PY)
    assert "other_reflection" not in {cause.signature.name for cause in root.search.causes}


def test_an_unreadable_list_leaves_the_quantity_unchecked(folder: Path, tmp_path: Path) -> None:
    config = configured(folder, "-nointerpolate", "-hkl", str(tmp_path / "none.hkl"))
    assert reflections_of(config) is None

"""Every signature, on a value that its mistake gives."""

import math
from dataclasses import replace

import pytest

from nbtrace.explanation.catalogue import CATALOGUE
from nbtrace.explanation.formulas import single
from nbtrace.explanation.scene import Fact, Node, Scene, Vector
from nbtrace.explanation.selftest import run
from nbtrace.explanation.signatures import Case, search


def case(base: Scene, node: Node, logged: Vector, right: Vector | None = None) -> Case:
    value = right if right is not None else base.values[node]
    allowed = tuple(1e-13 * max(map(abs, value)) for _ in value)
    inputs = tuple(other for other in base.values if other.name in {"I_before_scaling", "polar", "omega_pixel"})
    return Case(base, base.values, base.values, node, logged, value, allowed, inputs)


@pytest.fixture(scope="module")
def base() -> Scene:
    return dict(run.scenes((), ("phi_from_nonzero",)))["phi_from_nonzero__43_45"]


SCALAR, VECTOR = Node("I_before_scaling"), Node("scattering_vec_A_inv", 0)


@pytest.mark.parametrize(
    ("node", "factor", "name"),
    [
        (VECTOR, 1e-10, "unit"),
        (SCALAR, 1e5, "power_of_ten"),
        (VECTOR, 2 * math.pi, "two_pi"),
        (VECTOR, 180 / math.pi, "angle_unit"),
        (VECTOR, 0.5, "two"),
        (VECTOR, math.pi, "pi"),
        (VECTOR, math.sqrt(2), "root_two"),
        (VECTOR, -1.0, "sign"),
        (VECTOR, 0.0, "zero"),
    ],
)
def test_a_factor_is_named(base: Scene, node: Node, factor: float, name: str) -> None:
    logged = tuple(x * factor for x in base.values[node])
    assert search(case(base, node, logged), CATALOGUE).causes[0].signature.name == name


def test_an_order_a_square_and_single_precision_are_named(base: Scene) -> None:
    x, y, z = base.values[VECTOR]
    (value,) = base.values[SCALAR]
    floors = tuple(float(math.floor(index)) for index in base.values[Node("hkl_frac", 0)])
    found = {
        "order": search(case(base, VECTOR, (y, x, z)), CATALOGUE),
        "square": search(case(base, SCALAR, (value**2,)), CATALOGUE),
        "power": search(case(base, SCALAR, (1 / value,)), CATALOGUE),
        "float32": search(case(base, VECTOR, (single(x), single(y), single(z))), CATALOGUE),
        "rounding": search(case(base, Node("hkl_rounded", 0), floors), CATALOGUE),
    }
    assert {name: result.causes[0].signature.name for name, result in found.items()} == {name: name for name in found}


def test_a_stale_step_is_named(base: Scene) -> None:
    node = Node("phi_F_latt_b", 0, 2)
    result = search(case(base, node, base.values[Node("phi_F_latt_b", 0, 1)]), CATALOGUE)
    assert "stale" in {cause.signature.name for cause in result.causes}


def test_labels_that_include_the_end_point_are_named(base: Scene) -> None:
    node = Node("phi_deg", 0, 2)
    start, end = (base.facts[name].numbers[0] for name in ("phi_start_deg", "phi_end_deg"))
    result = search(case(base, node, (start + 2 * (end - start) / 4,)), CATALOGUE)
    assert result.causes[0].signature.name == "phi_label"


def test_a_normal_taken_as_given_is_recovered_from_the_corner() -> None:
    base = dict(run.scenes((), ("custom_vectors_mat_hkl_phi",)))["custom_vectors_mat_hkl_phi__24_51"]
    node = Node("pix0_vector_meters", 0)
    fast, slow = base.values[Node("fdet_vec", 0)], base.values[Node("sdet_vec", 0)]
    close, F, S = (base.values[Node(name)][0] for name in ("close_distance_m", "Fclose_m", "Sclose_m"))
    normal = (-0.000088, 0.004914, -0.999988)
    logged = tuple(close * o - F * f - S * s for o, f, s in zip(normal, fast, slow, strict=True))
    cause = search(case(base, node, logged), CATALOGUE).causes[0]
    assert cause.signature.name == "given_normal"
    assert "(-8.8e-05, 0.004914, -0.999988)" in cause.text


def test_a_configuration_value_is_named(base: Scene) -> None:
    node = Node("steps")
    told = replace(case(base, node, (15.0,)), inputs=(), told=("phi_steps", "oversample"))
    text = " ".join(cause.text for cause in search(told, CATALOGUE).causes)
    assert base.values[node] == (5.0,)
    assert "15" not in text  # nothing that the catalogue varies makes 15 of 5
    twice = replace(told, logged=(6.0,), scene=replace(base, facts={**base.facts, "sources": Fact((1.0,))}))
    assert search(twice, CATALOGUE).causes[0].signature.name in {"divisor", "configuration"}


def test_ratios_near_one_are_left_alone(base: Scene) -> None:
    named = 0
    for i in range(200):
        (value,) = base.values[SCALAR]
        factor = math.exp(0.4 * (i * 0.6180339887498949 % 1) - 0.2)
        named += bool(search(case(base, SCALAR, (value * factor,)), CATALOGUE).causes)
    assert named <= 10


def test_a_cause_always_says_what_it_leaves(base: Scene) -> None:
    result = search(case(base, VECTOR, tuple(-x for x in base.values[VECTOR])), CATALOGUE)
    assert all(cause.residual_rel >= 0 and cause.chance <= 0.05 for cause in result.causes)
    assert result.tried > 50


def test_names_of_signatures_are_unique() -> None:
    assert len({signature.name for signature in CATALOGUE}) == len(CATALOGUE)

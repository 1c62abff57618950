"""Every signature, on a value that its mistake gives."""

import math
from dataclasses import replace

import pytest

from nbtrace.compare.precision import as_single
from nbtrace.compare.scene import Fact, Node, Scene, Vector
from nbtrace.explanation.causes.catalogue import catalogue
from nbtrace.explanation.causes.search import Case, search
from nbtrace.physics.nanobragg.judgement import NanoBragg
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.physics.nanobragg.selftest import scoring
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY

CATALOGUE = catalogue(NanoBragg(VOCABULARY))


def case(base: Scene, node: Node, logged: Vector, right: Vector | None = None) -> Case:
    value = right if right is not None else base.values[node]
    allowed = tuple(1e-13 * max(map(abs, value)) for _ in value)
    inputs = tuple(other for other in base.values if other.name in {"I_before_scaling", "polar", "omega_pixel"})
    return Case(base, base.values, base.values, node, logged, value, allowed, inputs)


@pytest.fixture(scope="module")
def base() -> Scene:
    return dict(scoring.scenes((), ("phi_from_nonzero",)))["phi_from_nonzero__43_45"]


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
        "float32": search(case(base, VECTOR, (as_single(x), as_single(y), as_single(z))), CATALOGUE),
        "rounding": search(case(base, Node("hkl_rounded", 0), floors), CATALOGUE),
    }
    assert {name: result.causes[0].signature.name for name, result in found.items()} == {name: name for name in found}


def test_a_stale_step_is_named(base: Scene) -> None:
    node = Node("phi_F_latt_b", 0, ((PHI_TIC, 2),))
    result = search(case(base, node, base.values[Node("phi_F_latt_b", 0, ((PHI_TIC, 1),))]), CATALOGUE)
    assert "stale" in {cause.signature.name for cause in result.causes}


def test_labels_that_include_the_end_point_are_named(base: Scene) -> None:
    node = Node("phi_deg", 0, ((PHI_TIC, 2),))
    start, end = (base.facts[name].numbers[0] for name in ("phi_start_deg", "phi_end_deg"))
    result = search(case(base, node, (start + 2 * (end - start) / 4,)), CATALOGUE)
    assert result.causes[0].signature.name == "phi_label"


def test_a_normal_taken_as_given_is_recovered_from_the_corner() -> None:
    base = dict(scoring.scenes((), ("custom_vectors_mat_hkl_phi",)))["custom_vectors_mat_hkl_phi__24_51"]
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
    texts = [cause.text for cause in search(told, CATALOGUE).causes]
    assert base.values[node] == (5.0,)
    assert "number of φ steps 15 instead of 5" in texts  # solved for, not one more or less
    twice = replace(told, logged=(6.0,), scene=replace(base, facts={**base.facts, "sources": Fact((1.0,))}))
    assert search(twice, CATALOGUE).causes[0].signature.name in {"divisor", "configuration"}


@pytest.mark.slow
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


def test_a_copy_fits_exactly_or_is_none(base: Scene) -> None:
    node = Node("F_latt_c", 0)
    steps = base.values[Node("steps")][0]
    exact = search(case(base, node, (steps,), (2.3,)), CATALOGUE)
    assert "another_quantity" in {cause.signature.name for cause in exact.causes}
    close = search(case(base, node, (steps * (1 - 1.6e-4),), (2.3,)), CATALOGUE)
    assert "another_quantity" not in {cause.signature.name for cause in close.causes}


def test_a_lattice_factor_with_n_below_is_named(base: Scene) -> None:
    node = Node("F_latt_a", 0)
    index, count = base.values[Node("hkl_frac", 0)][0], base.facts["N_a"].numbers[0]
    logged = math.sin(math.pi * index) / (count * math.sin(math.pi * index / count))
    cause = search(case(base, node, (logged,)), CATALOGUE).causes[0]
    assert (cause.signature.name, cause.exact) == ("lattice_factor", True)


def test_a_component_that_is_0_is_named(base: Scene) -> None:
    _, y, z = base.values[VECTOR]
    assert search(case(base, VECTOR, (0.0, y, z)), CATALOGUE).causes[0].text == "x is 0"


@pytest.mark.parametrize(("beam", "words"), [(None, "the beam"), ((1.0, 0.0, 0.0), "a beam along (1, 0, 0)")])
def test_an_exchanged_pivot_is_named_without_the_distance(beam: Vector | None, words: str) -> None:
    tilted = dict(scoring.scenes((), ("tilted_sample_pivot",)))["tilted_sample_pivot__56_40"]
    node = Node("pix0_vector_meters", 0)
    fast, slow, x = (tilted.values[Node(name, 0)] for name in ("fdet_vec", "sdet_vec", "incident_vec"))
    tipped = (0.9, 0.3, 0.0) if beam is not None else x
    normal = (
        fast[1] * slow[2] - fast[2] * slow[1],
        fast[2] * slow[0] - fast[0] * slow[2],
        fast[0] * slow[1] - fast[1] * slow[0],
    )
    along = tuple(value / math.hypot(*tipped) for value in tipped)
    close = sum(o * p for o, p in zip(normal, tilted.values[node], strict=True))
    distance = close / sum(o * b for o, b in zip(normal, along, strict=True))
    logged = tuple(
        p - close * o + distance * b
        for p, o, b in zip(tilted.values[node], normal, beam if beam is not None else along, strict=True)
    )
    known = replace(tilted, values={**tilted.values, Node("incident_vec", 0): tipped})
    causes = search(case(known, node, logged), CATALOGUE).causes
    assert f"pivot about {words} instead of the sample" in {cause.text for cause in causes}


def test_the_default_direction_of_a_convention_is_named(base: Scene) -> None:
    found = search(case(base, Node("fdet_vec", 0), (0.0, 0.0, 1.0), (0.6, 0.8, 0.0)), CATALOGUE)
    assert found.causes[0].text == "the fast axis of the MOSFLM, DENZO and CUSTOM conventions (0 0 1)"


def test_cell_vectors_without_the_volume_are_named(base: Scene) -> None:
    stars = {Node(f"vec_{axis}_star"): tuple(0.013 * (i == j) for j in range(3)) for i, axis in enumerate("abc")}
    node = Node("vec_a")
    given = replace(case(base, node, (0.013**2 * 1e10, 0.0, 0.0), (1 / 0.013, 0.0, 0.0)), theirs=stars)
    cause = search(given, CATALOGUE).causes[0]
    assert cause.text.endswith("the cell volume taken as 1 Å³, and printed as metres")


def test_the_reference_prints_the_beam_centre_over_1000(base: Scene) -> None:
    node = Node("beam_center_m")
    for centre, named in (((5e-5, 6e-5, 0.1), True), ((5.01e-5, 6e-5, 0.1), False)):
        causes = search(case(base, node, centre, (0.05, 0.06, 0.1)), CATALOGUE).causes
        assert ("over_1000" in {cause.signature.name for cause in causes}) is named


def test_what_float32_operations_give_is_named_single_precision(base: Scene) -> None:
    scattering, node = base.values[VECTOR], Node("hkl_frac", 0)
    logged = []
    for axis in "abc":
        total = 0.0
        for x, y in zip(base.values[Node(f"rot_{axis}_angstroms", 0)], scattering, strict=True):
            total = as_single(total + as_single(as_single(x) * as_single(y * 1e-10)))
        logged.append(total)
    assert tuple(logged) != tuple(map(as_single, base.values[node]))
    (cause, *_) = search(case(base, node, tuple(logged)), CATALOGUE).causes
    assert (cause.signature.name, cause.text) == ("float32", "computed in single precision")
    in_double = tuple(x * (1 + 2.3e-7) for x in base.values[node])
    assert search(case(base, node, in_double), CATALOGUE).causes == ()


def test_two_mistakes_of_one_value_are_both_named(base: Scene) -> None:
    logged = tuple(-1e-10 * x for x in base.values[VECTOR])
    (cause, *_) = search(case(base, VECTOR, logged), CATALOGUE).causes
    assert cause.signature.name == "unit and sign"
    assert cause.text.endswith("(Å⁻¹ for m⁻¹); and the opposite sign")
    assert cause.tried > 1000
    assert cause.chance < 1e-9


def test_two_mistakes_that_undo_each_other_are_no_cause(base: Scene) -> None:
    right = case(base, SCALAR, base.values[SCALAR])
    two_steps = replace(right, values={**right.values, Node("steps"): (2.0,)})  # 2 steps, and multiplied by ½
    assert search(two_steps, CATALOGUE).causes == ()


@pytest.mark.parametrize(
    ("exponents", "words"),
    [
        ((1, 1), "multiplied by polar·omega_pixel: each of them twice"),
        ((-1, -1), "divided by polar·omega_pixel: left out"),
    ],
)
def test_several_factors_of_the_chain_are_named_together(base: Scene, exponents: tuple[int, int], words: str) -> None:
    final = Node("I_pixel_final")
    (value,), (polar,), (omega,) = (base.values[node] for node in (final, Node("polar"), Node("omega_pixel")))
    logged = (value * polar ** exponents[0] * omega ** exponents[1],)
    (cause, *_) = search(case(base, final, logged), CATALOGUE).causes
    assert (cause.signature.name, cause.text) == ("several_factors", words)


def test_a_factor_that_comes_later_is_one_after_which_a_value_was_logged(base: Scene) -> None:
    (value,), (polar,), (omega,) = (base.values[node] for node in (SCALAR, Node("polar"), Node("omega_pixel")))
    plain = replace(case(base, SCALAR, (value * polar * omega,)), inputs=())
    (cause, *_) = search(plain, CATALOGUE).causes
    assert cause.text == "multiplied by polar·omega_pixel: logged after both were applied"


def test_two_values_that_hold_each_other_explain_nothing(base: Scene) -> None:
    fast, slow = Node("Fbeam_m"), Node("Sbeam_m")
    wrong = {**base.values, fast: (0.00518,), slow: (0.00518,)}
    theirs = {**base.values, fast: (0.0513,), slow: (0.0513,)}
    doubtful = Case(base, wrong, theirs, fast, (0.00518,), (0.0513,), (1e-15,))
    assert search(doubtful, CATALOGUE).causes == ()
    agreed = replace(doubtful, theirs={**theirs, slow: (0.00518,)})
    assert search(agreed, CATALOGUE).causes[0].signature.name in {"another_quantity", "beam_centre"}


def test_a_beam_centre_half_a_pixel_off_is_the_convention(base: Scene) -> None:
    known = replace(base, facts={**base.facts, "pixel_m": Fact((1e-4,))})
    node = Node("Fbeam_m")
    off = Case(known, {**base.values, node: (0.05135,)}, base.values, node, (0.05135,), (0.0513,), (1e-15,))
    (cause, *_) = search(off, CATALOGUE).causes
    assert cause.text.startswith("half a pixel more: the MOSFLM convention adds half a pixel")


def test_the_two_theta_axis_of_another_convention_is_named(base: Scene) -> None:
    node = Node("twotheta_axis")
    (cause, *_) = search(case(base, node, (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)), CATALOGUE).causes
    assert cause.text == "the two-theta axis of the DIALS and CUSTOM conventions (0 1 0)"


def test_the_number_of_cells_is_solved_for_along_all_axes(base: Scene) -> None:
    factors = {Node(f"F_latt_{axis}", 0): grating(base, axis, 37) for axis in "abc"}
    node = Node("F_latt_b", 0)
    known = replace(base, facts={**base.facts, **{f"N_{axis}": Fact((12.0,)) for axis in "abc"}})
    other = Case(known, {**base.values, **factors}, base.values, node, factors[node], base.values[node], (1e-12,))
    (cause, *_) = search(other, CATALOGUE).causes
    assert (cause.signature.name, cause.text) == ("cells", "37x37x37 cells instead of 12x12x12")


def grating(base: Scene, axis: str, cells: int) -> Vector:
    index = base.values[Node("hkl_frac", 0)]["abc".index(axis)]
    return (math.sin(math.pi * cells * index) / math.sin(math.pi * index),)


@pytest.mark.parametrize(
    ("factor", "words"),
    [(0.9970915, "one common factor"), (2 * math.pi, "2π"), (0.97950, "multiplied by the wavelength in Å (0.9795)")],
)
def test_a_factor_of_all_reciprocal_vectors_is_one_cause(base: Scene, factor: float, words: str) -> None:
    nodes = [Node(f"rot_{axis}_star_A_inv", 0) for axis in "abc"]
    scaled = {node: tuple(x * factor for x in base.values[node]) for node in nodes}
    wavelength = {Node("lambda_meters", 0): (0.9795e-10,)}
    values = {**base.values, **scaled, **wavelength}
    for node in nodes:
        wrong = Case(base, values, base.values, node, scaled[node], base.values[node], (1e-16,) * 3)
        causes = search(wrong, CATALOGUE).causes
        named = next(cause for cause in causes if cause.signature.name == "common_scale")
        assert (
            named.text == f"all three reciprocal vectors times {factor:.9g}{',' if 'common' in words else ':'} {words}"
        )


def test_a_setting_of_few_digits_is_solved_for(base: Scene) -> None:
    node = Node("omega_pixel_sr", 0)
    seen = replace(base, facts={**base.facts, "pixel_m": Fact((1e-4,))})
    right = (base.values[node][0],)
    sized = replace(case(seen, node, (0.0,), right), inputs=(Node("R_distance_meters", 0),), told=("pixel_m",))
    logged = sized.with_facts({"pixel_m": (1.72e-4,)})
    found = search(replace(sized, logged=logged, right=sized.with_facts({})), CATALOGUE)
    assert "pixel size 0.000172 instead of 0.0001" in [cause.text for cause in found.causes]


def test_the_odds_are_over_all_candidates(base: Scene) -> None:
    (value,) = base.values[SCALAR]
    found = search(case(base, SCALAR, (value * 1e5,)), CATALOGUE)
    (cause, *_) = found.causes
    assert cause.tried == found.tried > 100
    assert cause.odds.endswith(f"by chance over {found.tried} candidates")

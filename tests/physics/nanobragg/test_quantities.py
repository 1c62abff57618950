"""The vocabulary holds together."""

from collections import Counter
from graphlib import TopologicalSorter

import pytest

from nbtrace import units
from nbtrace.errors import UsageError
from nbtrace.physics.nanobragg.chain import ScalingChain
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.vocabulary.quantity import Basis, Kind, Quantity, Scope

FLAGS = {"oversample_thick", "oversample_polar", "oversample_omega"}
EACH = pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=list(QUANTITIES))


@EACH
def test_inputs_are_known_and_come_no_later(quantity: Quantity) -> None:
    for name in quantity.inputs:  # flags are set before anything is computed, and printed last
        assert name in QUANTITIES
        assert name != quantity.name
        assert name in FLAGS or QUANTITIES[name].scope <= quantity.scope
    assert len(set(quantity.inputs)) == len(quantity.inputs)


@EACH
def test_units_are_known_and_aliases_measure_the_same(quantity: Quantity) -> None:
    assert units.canonical(quantity.unit) == quantity.unit
    for _, unit in quantity.aliases:
        assert units.factor(unit, quantity.unit) > 0


@EACH
def test_descriptions_are_written_alike(quantity: Quantity) -> None:
    first = quantity.description[0]
    assert first.isupper() or not first.isascii()
    assert not quantity.description.endswith(".")
    assert "  " not in quantity.description
    assert quantity.description.strip() == quantity.description != ""


def test_descriptions_tell_quantities_apart() -> None:
    assert [text for text, count in Counter(q.description for q in QUANTITIES.values()).items() if count > 1] == []


def test_the_graph_has_no_cycle() -> None:
    order = list(TopologicalSorter({name: quantity.inputs for name, quantity in QUANTITIES.items()}).static_order())
    assert set(order) == set(QUANTITIES)


def test_no_two_quantities_share_a_key() -> None:
    keys = [key for q in QUANTITIES.values() for key in (q.name, *(alias for alias, _ in q.aliases))]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_ranks_follow_how_often_quantities_are_computed() -> None:
    rank = VOCABULARY.rank
    assert list(rank) == list(QUANTITIES)
    scopes = [QUANTITIES[name].scope for name in sorted(rank, key=lambda name: rank[name])]
    assert scopes == sorted(scopes)
    assert set(scopes) == set(Scope)


def test_fractional_indices_are_the_absolute_ones() -> None:
    absolute = {quantity.name for quantity in QUANTITIES.values() if quantity.basis is Basis.ABSOLUTE}
    assert absolute == {"hkl_frac", "phi_h_frac", "phi_k_frac", "phi_l_frac", "sample_hkl_frac"}


def test_the_scaling_chain_is_known_and_made_of_scalars() -> None:
    assert len(ScalingChain.names) == 9
    assert {QUANTITIES[name].kind for name in ScalingChain.names} == {Kind.SCALAR}
    factors = set(ScalingChain.names) - {"I_pixel_final", "cos_2theta"}
    assert factors < set(QUANTITIES["I_pixel_final"].inputs)


@pytest.mark.parametrize(
    ("key", "quantity", "unit", "scale"),
    [
        ("I_before_scaling_pre_polar", "I_before_scaling", "1", 1.0),
        ("F_cell_nearest", "F_cell", "e⁻", 1.0),
        ("fluence", "fluence_photons_per_m2", "m⁻²", 1.0),
        ("r_e^2", "r_e_sqr", "m²", 1.0),
        ("last_polar", "polar", "1", 1.0),
        ("omega_sr", "omega_pixel_sr", "sr", 1.0),
        ("pixel_pos_angstroms", "pixel_pos_meters", "Å", 1e-10),
        ("distance_mm", "distance_m", "mm", 1e-3),
        ("scattering_vec_A_inv", "scattering_vec_A_inv", "m⁻¹", 1.0),
        ("scattering_vec_inv_A", "scattering_vec_A_inv", "Å⁻¹", 1e10),
        ("DETECTOR_FAST_AXIS", "fdet_after_twotheta", "1", 1.0),
    ],
)
def test_an_alias_is_a_quantity_in_a_unit_of_its_own(key: str, quantity: str, unit: str, scale: float) -> None:
    found = VOCABULARY.meaning(key)
    assert (found.quantity, found.unit, found.scale) == (quantity, unit, scale)


def test_an_unknown_key_is_a_quantity_of_its_own() -> None:
    assert (
        VOCABULARY.meaning("speed").quantity,
        VOCABULARY.meaning("speed").unit,
        VOCABULARY.meaning("speed").scale,
    ) == ("speed", None, 1.0)
    assert (VOCABULARY.meaning("speed", "m").unit, VOCABULARY.meaning("speed", "m").scale) == ("m", 1.0)


def test_a_printed_unit_counts() -> None:
    found = VOCABULARY.meaning("pixel_pos", "mm")
    assert (found.quantity, found.unit, found.scale) == ("pixel_pos_meters", "mm", 1e-3)
    assert VOCABULARY.meaning("pixel_pos", "m") == VOCABULARY.meaning("pixel_pos")
    with pytest.raises(UsageError, match="measure different things"):
        VOCABULARY.meaning("pixel_pos", "deg")


def test_ancestors_are_all_that_a_quantity_follows_from() -> None:
    assert VOCABULARY.ancestors("speed") == frozenset()
    assert VOCABULARY.ancestors("F_latt") >= {
        "F_latt_b",
        "hkl_frac",
        "rot_b_angstroms",
        "scattering_vec_A_inv",
        "pix0_vector_meters",
    }
    assert "F_latt" in VOCABULARY.ancestors("I_pixel_final")
    for name in QUANTITIES:
        assert name not in VOCABULARY.ancestors(name)
        assert VOCABULARY.ancestors(name) >= set(QUANTITIES[name].causes)


def test_nothing_follows_from_what_formulas_take_in_place_of_something_else() -> None:
    assert "rot_a_star_A_inv" in QUANTITIES["rot_b_angstroms"].inputs
    assert "rot_a_star_A_inv" not in VOCABULARY.ancestors("I_pixel_final")
    assert "vec_a_star" in VOCABULARY.ancestors("rot_b_angstroms")
    assert "close_distance_m" in VOCABULARY.ancestors("distance_m")
    for quantity in QUANTITIES.values():
        assert set(quantity.weak) <= set(quantity.inputs)


def test_equivalents_are_mutual_and_of_one_unit() -> None:
    assert VOCABULARY.equivalent_names("pix0_vector") == {"pix0_vector_meters", "pix0_after_twotheta"}
    assert VOCABULARY.equivalent_names("polar") == frozenset()
    for name in QUANTITIES:
        for other in VOCABULARY.equivalent_names(name):
            assert name in VOCABULARY.equivalent_names(other)
            assert (QUANTITIES[name].unit, QUANTITIES[name].kind) == (QUANTITIES[other].unit, QUANTITIES[other].kind)

from nbtrace.glossary.lookup import mentioning, pages_of
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.vocabulary.registry import load
from tests.places import EXAMPLES


def test_a_word_is_found_in_any_case_and_with_dashes() -> None:
    for word in ("inherited", "Stale-Rotation", "stale rotation", "f_LATT", "EXIT 4", "4"):
        assert len(pages_of(word, VOCABULARY)) == 1, word


def test_a_word_may_have_several_pages() -> None:
    assert [page.kind.split()[1] for page in pages_of("stale", VOCABULARY)] == ["cause", "word"]


def test_a_quantity_tells_unit_formula_inputs_and_keys() -> None:
    (page,) = pages_of("scattering_vec_A_inv", VOCABULARY)
    assert "Unit: m⁻¹" in page.what
    assert "computed from diffracted_vec, incident_vec, lambda_meters" in page.what
    assert "scattering_vec_inv_A [Å⁻¹]" in page.what
    (alias,) = pages_of("Final intensity", VOCABULARY)
    assert alias.word == "I_pixel_final"


def test_quantities_of_a_vocabulary_of_ones_own_have_pages() -> None:
    rod = load(EXAMPLES / "heat" / "rod.toml")
    (page,) = pages_of("flux_w_m2", rod)
    assert page.kind == "quantity of rod"
    assert "-kappa * (T_K[cell+1] - T_K[cell]) / dx_m" in page.what
    assert not pages_of("F_latt", rod)
    assert not pages_of("stale_rotation", rod)  # which is of nanoBragg alone
    assert pages_of("stale", rod)


def test_pages_that_mention_a_text_are_found() -> None:
    assert "stale_phi_rotation" in mentioning("thread", VOCABULARY)

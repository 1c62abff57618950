"""Mistakes made on purpose: found, placed and named."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrace.compare.scene import Scene
from nbtrace.explanation.explain import explain
from nbtrace.physics.nanobragg.selftest import inject, scoring
from nbtrace.physics.nanobragg.selftest.defects import DEFECTS, LOGS, NAMELESS
from nbtrace.physics.nanobragg.selftest.inject import KnownMistake
from nbtrace.records import Side
from tests.places import ROOT

CLASSES = 60
CONFIGURATIONS = 10


@pytest.fixture(scope="module")
def rotated() -> Scene:
    return dict(scoring.scenes((), ("phi_from_nonzero",)))["phi_from_nonzero__43_45"]


def test_there_are_enough_mistakes_and_configurations() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= CLASSES
    assert len(scoring.sources()) >= CONFIGURATIONS
    assert set(scoring.provenance()) == {f"{name}.log" for name in scoring.sources()}  # type: ignore[call-overload]


UNMADE = {"rotation with the end point included"}
"""Mistakes that no log of those that come shows: they state the rotated axes of step 0 alone, where this is none."""


def test_every_mistake_is_made_somewhere_and_the_page_counts_them() -> None:
    bases = dict(scoring.scenes((), ()))
    found = [defect.name for base in bases.values() for defect in DEFECTS if scoring.made(base, defect) is not None]
    assert {defect.name for defect in DEFECTS} - set(found) == UNMADE
    page = " ".join((ROOT / "docs" / "guide" / "scores.md").read_text(encoding="utf-8").split())
    assert f"makes {len(set(found))} kinds of mistakes" in page
    assert f"on either side of {len(bases)} recorded configurations" in page
    assert f"says of the {2 * len(found)} pairs" in page


@pytest.mark.slow
def test_one_configuration_is_scored_without_a_miss() -> None:
    chosen = [*DEFECTS[::8], *(defect for defect in DEFECTS if "rotation" in defect.name)]
    result = scoring.run(configurations=("phi_from_nonzero",), defects=chosen)
    assert len(result.outcomes) > 2 * 10
    assert not [item for item in result.outcomes if item.change > scoring.MATTERS and not item.detected]
    assert not [item for item in result.clean if item.alarms]
    for score in ("quantity", "right_side", "right_kind"):
        wrong = [item.defect for item in result.outcomes if not getattr(item, score)]
        assert len(wrong) <= 0.05 * len(result.outcomes), (score, wrong)
    wrong = [item.defect for item in result.outcomes if not item.first]
    assert len(wrong) <= 0.15 * len(result.outcomes), wrong


def test_a_nameless_mistake_gets_no_name() -> None:
    result = scoring.run(configurations=("cubic_default",), defects=NAMELESS)
    named = [(item.defect, item.found) for item in result.outcomes if not item.first]
    assert len(named) <= 0.15 * len(result.outcomes), named
    assert all(item.quantity and item.right_side for item in result.outcomes)


def test_what_only_the_log_has_wrong_is_not_blamed_on_the_pixel() -> None:
    result = scoring.run(configurations=("polar_09",), defects=LOGS)
    assert {item.right_kind for item in result.outcomes} == {True}


@settings(max_examples=10)
@given(
    quantity=st.sampled_from(["R_distance_meters", "scattering_vec_A_inv", "polar", "I_before_scaling", "omega_pixel"]),
    exponent=st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3),
    side=st.sampled_from([Side.C, Side.PY]),
)
def test_a_wrong_value_is_one_root_at_its_place(quantity: str, exponent: float, side: Side) -> None:
    base = dict(scoring.scenes((), ("cubic_default",)))["cubic_default__22_22"]
    factor = math.exp(exponent)
    defect = KnownMistake("x", (quantity,), lambda _, right: tuple(x * factor for x in right), frozenset())
    values = inject.injected(base, defect)
    c, py = (values, base.values) if side is Side.C else (base.values, values)
    found = explain(*scoring.pair(base, c, py)).roots
    assert [root.quantity for root in found if root.status.value.startswith("INTRODUCED")][:1] == [quantity]
    assert found[0].side is side


def test_two_mistakes_are_two_roots_each_with_its_share(rotated: Scene) -> None:
    polar = next(defect for defect in DEFECTS if defect.name == "polarisation without ½")
    steps = next(defect for defect in DEFECTS if defect.name == "fluence per mm²")
    result = explain(*scoring.pair(rotated, inject.injected(rotated, steps), inject.injected(rotated, polar)))
    assert [(root.quantity, root.side) for root in result.roots] == [
        ("fluence_photons_per_m2", Side.C),
        ("polar", Side.PY),
    ]
    shares = [share.of_log_ratio or 0.0 for share in result.attribution.shares]
    whole = math.log(2) + 6 * math.log(10)
    assert shares == pytest.approx([6 * math.log(10) / whole, math.log(2) / whole], rel=1e-9)
    assert abs(result.attribution.left or 0.0) < 1e-12

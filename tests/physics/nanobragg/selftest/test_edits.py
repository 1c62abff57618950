"""Single edits of recorded logs: the untouched side is never blamed."""

from collections import Counter

import pytest

from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.selftest.edits import Edit, EditAnswer, edits, judge, sample
from nbtrace.physics.nanobragg.selftest.scoring import sources
from nbtrace.records import Side, Trace
from tests.places import PAIRS

STRIDE = 97
FEWER = {"custom_vectors_mat_hkl_phi__24_51/py.log": 4 * STRIDE}
"""Of the longest log, whose edits are many and take long to judge."""
NAMED = (EditAnswer.ROOT, EditAnswer.UNDECIDED)


def text_of(name: str) -> str:
    path = PAIRS / name
    return path.read_text(encoding="utf-8") if path.exists() else sources()[name]


def parsed(name: str) -> Trace:
    return parse_trace(text_of(name), name)[0]


def edit_of(name: str, quantity: str, kind: str, *, last: bool = False) -> Edit:
    found = [edit for edit in edits(name, text_of(name)) if (edit.quantity, edit.kind) == (quantity, kind)]
    return found[-1 if last else 0]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("hkl_interpolate__18_16/py.log", marks=pytest.mark.slow),
        "sourcefile__43_61/py.log",
        "round_xtal__45_18/c.log",
        pytest.param("custom_vectors_mat_hkl_phi__24_51/py.log", marks=pytest.mark.slow),
        "phi_through_zero__0_0",
        "tilted_sample_pivot__56_40",
    ],
)
def test_no_edit_is_blamed_on_the_untouched_side(name: str) -> None:
    original = parsed(name)
    found = [
        judge(edit, original, side)
        for edit in sample(name, text_of(name), FEWER.get(name, STRIDE))
        for side in (Side.C, Side.PY)
    ]
    counts = Counter(item.answer for item in found)
    assert len(found) >= 8
    assert counts[EditAnswer.WRONG] == 0, [item for item in found if item.answer is EditAnswer.WRONG]
    assert sum(counts[answer] for answer in NAMED) + counts[EditAnswer.STOPPED] >= 0.9 * len(found), counts


@pytest.mark.parametrize("side", [Side.C, Side.PY])
@pytest.mark.parametrize(
    ("name", "quantity", "kind"),
    [
        ("supervisor__685_1039/c.log", "rot_a_angstroms", "×1.01"),
        ("supervisor__685_1039/c.log", "rot_c_angstroms", "all other signs"),
        ("phi_through_zero__0_0", "phi_k_frac", "+1"),
        ("polar_09__35_24/py.log", "I_before_scaling", "×1e10"),
        ("round_xtal__45_18/py.log", "F_latt_a", "×10"),
        ("supervisor__685_1039/py.log", "rot_a_angstroms", "×1.01"),
    ],
)
def test_an_edited_log_is_blamed_although_the_original_breaks_the_formula_too(
    name: str, quantity: str, kind: str, side: Side
) -> None:
    found = judge(edit_of(name, quantity, kind), parsed(name), side)
    assert found.answer in NAMED, found


def test_a_step_angle_of_0_is_no_placeholder() -> None:
    name = "supervisor__685_1039/py.log"
    found = judge(edit_of(name, "phi_deg", "1"), parsed(name), Side.C)
    assert found.answer in NAMED, found


def test_a_line_that_repeats_a_value_is_held_against_the_other_lines() -> None:
    name = "supervisor__685_1039/c.log"
    edit = edit_of(name, "fdet_after_twotheta", "0", last=True)
    assert edit.before.startswith("DETECTOR_FAST_AXIS")
    found = judge(edit, parsed(name), Side.PY)
    assert found.answer is EditAnswer.ROOT
    assert "LOG_ONLY" in found.found[0]


def test_a_value_that_no_formula_knows_is_a_root_without_a_side() -> None:
    name = "supervisor__685_1039/py.log"
    found = judge(edit_of(name, "phi_S_x", "×2"), parsed(name), Side.C)
    assert (found.answer, found.found[0].split()[:2]) == (EditAnswer.UNDECIDED, ["unknown", "UNKNOWN"])


def test_an_edit_changes_one_line_and_one_quantity() -> None:
    name = "thick_sensor__44_31/c.log"
    text = text_of(name)
    lines = text.split("\n")
    values = {(record.line, record.key): record.value.numbers for record in parse_trace(text, name)[0].records}
    kinds = set()
    for edit in sample(name, text, 37):
        kinds.add(edit.kind)
        edited = edit.text.split("\n")
        assert [i + 1 for i, (x, y) in enumerate(zip(lines, edited, strict=True)) if x != y] == [edit.line]
        new = {(record.line, record.key): record.value.numbers for record in parse_trace(edit.text, name)[0].records}
        moved = {place for place in values.keys() | new.keys() if values.get(place) != new.get(place)}
        assert {line for line, _ in moved} <= {edit.line}
    assert {"×1.01", "other sign"} <= kinds
    assert len(kinds) > 8

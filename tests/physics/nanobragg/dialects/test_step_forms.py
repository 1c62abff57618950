"""Lines of a φ step, held against the model of the entries of per-φ documents: the same fields, the same words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nbtrace.physics.nanobragg.dialects.per_phi_schema import PerPhiEntry
from nbtrace.physics.nanobragg.dialects.step_forms import PHI_LINE, ROT_STAR_LINE
from nbtrace.schema import reason

LINE = {"phi_tic": 3.0, "phi_deg": 0.03, "k_frac": -0.6, "F_latt_b": 1.0, "F_latt": 2.0}
WHOLE = [0.0, -0.0, 9.0, -1.0, 2.0**31 - 1, 2.0**31, 2.0**53]
ORDINALS = st.sampled_from([*WHOLE, 0.5, -0.5, math.nan, math.inf, -math.inf])


@given(st.dictionaries(st.sampled_from([*LINE, "S_x"]), st.floats()), ORDINALS)
def test_a_line_must_hold_what_an_entry_of_a_document_must(values: dict[str, float], tic: float) -> None:
    values = {**values, "phi_tic": tic} if "phi_tic" in values else values
    try:
        PerPhiEntry.model_validate(values)
        complaint = None
    except ValidationError as error:
        complaint = reason(error)
    assert PHI_LINE.misfit(values) == complaint


def test_an_ordinal_beyond_the_largest_is_none() -> None:
    assert PHI_LINE.misfit(LINE) is None
    assert PHI_LINE.misfit({**LINE, "phi_tic": 1e300}) == "phi_tic: Input should be less than or equal to 2147483647"


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({}, None),
        ({"dp_y": 4.0}, "dp_y: Extra inputs are not permitted"),
        ({"phi_tic": 0.5}, "phi_tic: Input should be a valid integer, got a number with a fractional part"),
    ],
)
def test_rotated_vectors_have_three_components(changed: dict[str, float], complaint: str | None) -> None:
    line = {"phi_tic": 0.0, "ap_y": 1.0, "bp_y": 2.0, "cp_y": 3.0}
    assert ROT_STAR_LINE.misfit(line | changed) == complaint
    assert ROT_STAR_LINE.misfit({key: value for key, value in line.items() if key != "bp_y"}) == "bp_y is missing"

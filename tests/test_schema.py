"""What a line or a document must hold before it becomes records."""

import pytest
from pydantic import ValidationError

from nbtrace import schema
from nbtrace.parsers.values import read_value
from nbtrace.physics.nanobragg.dialects.per_phi_schema import PerPhiDocument, PhiLine, RotStarLine
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY


def failure(model: type[PhiLine], **fields: object) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(fields)
    return schema.reason(caught.value)


@pytest.mark.parametrize(
    ("key", "text", "complaint"),
    [
        ("polar", "1", None),
        ("polar", "NOT_EXTRACTED", None),
        ("polar", "one", "polar needs 1 number, found no number"),
        ("polar", "1 2", "polar needs 1 number, found 2 numbers"),
        ("fdet_vec", "1", "fdet_vec needs 3 numbers, found 1 number"),
        ("R_total", "[1 0 0; 0 1 0; 0 0 1]", None),
        ("R_total", "1 0 0 0 1 0 0 0 1", None),
        ("R_total", "1 0 0", "R_total needs 9 numbers, found 3 numbers"),
        ("angles_rad", "rotx:1", None),
        ("angles_rad", "1", "angles_rad needs name:number pairs"),
        ("detector_convention", "MOSFLM", None),
        ("Fdet", "0 1", "Fdet needs 3 numbers, found 2 numbers"),
        ("unheard_of", "anything at all", None),
    ],
)
def test_keyed_values_have_the_shape_of_their_quantity(key: str, text: str, complaint: str | None) -> None:
    value = read_value(text)
    known = VOCABULARY.quantities.get(VOCABULARY.meaning(key).quantity)
    assert schema.misfit(key, known, value.shape, value.numbers) == complaint


def test_a_phi_line_has_all_its_fields_and_a_whole_tic() -> None:
    fields = {"phi_tic": 3.0, "phi_deg": 0.03, "k_frac": -0.6, "F_latt_b": 1.0, "F_latt": 2.0}
    line = PhiLine.model_validate(fields | {"S_x": 0.25})
    assert (line.phi_tic, line.model_dump()["S_x"]) == (3, 0.25)
    assert (
        failure(PhiLine, **{name: value for name, value in fields.items() if name != "k_frac"}) == "k_frac is missing"
    )
    assert failure(PhiLine, **fields | {"phi_tic": -1}).startswith("phi_tic: ")
    assert failure(PhiLine, **fields | {"phi_tic": 0.5}).startswith("phi_tic: ")


def test_lines_do_not_change() -> None:
    line = schema.TracedPixel(slow=1, fast=2)
    assert line.pixel == (1, 2)
    with pytest.raises(ValidationError, match="frozen"):
        line.slow = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        RotStarLine.model_validate({"phi_tic": 0, "ap_y": 1, "bp_y": 2, "cp_y": 3, "dp_y": 4})


def test_older_documents_are_read_as_newer_ones() -> None:
    entry = {"phi_tic": 0, "phi_deg": 0, "k_frac": 1, "F_latt_b": 2, "F_latt": 3}
    old = {"metadata": {"timestamp": "t", "pixel_s": 1, "pixel_f": 2, "dtype": "float64"}, "traces": [entry]}
    new = {"timestamp": "t", "pixel": {"slow": 1, "fast": 2}, "dtype": "float64", "per_phi_entries": [entry]}
    assert PerPhiDocument.model_validate(old) == PerPhiDocument.model_validate(new)
    assert old.keys() == {"metadata", "traces"}

"""Which printed values cannot be one of the quantity that their key names."""

import pytest

from nbtrace.parsers.misfits import misfit
from nbtrace.parsers.values import read_value
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY


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
    assert misfit(key, known, value.shape, value.numbers) == complaint

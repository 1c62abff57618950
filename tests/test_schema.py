"""What a document must hold before it becomes records."""

import pytest
from pydantic import ValidationError

from nbtrace import schema
from nbtrace.physics.nanobragg.dialects.per_phi_schema import PerPhiDocument


def test_pixels_do_not_change() -> None:
    line = schema.TracedPixel(slow=1, fast=2)
    assert line.pixel == (1, 2)
    with pytest.raises(ValidationError, match="frozen"):
        line.slow = 3  # type: ignore[misc]


def test_older_documents_are_read_as_newer_ones() -> None:
    entry = {"phi_tic": 0, "phi_deg": 0, "k_frac": 1, "F_latt_b": 2, "F_latt": 3}
    old = {"metadata": {"timestamp": "t", "pixel_s": 1, "pixel_f": 2, "dtype": "float64"}, "traces": [entry]}
    new = {"timestamp": "t", "pixel": {"slow": 1, "fast": 2}, "dtype": "float64", "per_phi_entries": [entry]}
    assert PerPhiDocument.model_validate(old) == PerPhiDocument.model_validate(new)
    assert old.keys() == {"metadata", "traces"}

"""Whether numbers of long logs are float32 values: each as its text says."""

import random
import struct
from pathlib import Path

import pytest

from nbtrace.compare.precision import is_single_precision
from nbtrace.longlogs.columnar import ColumnReader
from nbtrace.longlogs.printed_forms import PrintedForms
from nbtrace.parsers import read_trace


def _of_columns(log: Path) -> bool:
    forms = PrintedForms()
    for columns in ColumnReader(str(log), with_figures=True).chunks():
        forms.add(columns)
    return forms.single


@pytest.mark.parametrize("token", ["-6.87923829012504e-10", "-5.89175652709883e-11", "5.89175652709893e-11"])
def test_a_float32_that_is_half_a_digit_from_its_text_is_told_from_one_that_is_more(tmp_path: Path, token: str) -> None:
    """What the text is off by as a double is a tenth of its last digit."""
    log = tmp_path / "log"
    log.write_text(f"TRACE_PY: F_latt {token}\n" * 20)
    assert is_single_precision(read_trace(str(log))) is token.startswith("-")
    assert _of_columns(log) is token.startswith("-")


def test_every_one_of_many_float32_values_is_one(tmp_path: Path) -> None:
    """A fifth of the numbers may be others, and nearly are."""
    chance, log = random.Random(3), tmp_path / "log"  # noqa: S311 - no secret
    values = [chance.uniform(-1, 1) * 10.0 ** chance.randint(-30, 30) for _ in range(4000)]
    singles = [struct.unpack("f", struct.pack("f", value))[0] for value in values]
    log.write_text("".join(f"TRACE_PY: F_latt {value:.15g}\n" for value in [*singles, *values[:920]]))
    assert is_single_precision(read_trace(str(log)))
    assert _of_columns(log)

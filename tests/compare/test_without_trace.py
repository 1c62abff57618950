"""Standard output without a trace: what programs state, and their closing statistics."""

import re

import pytest

from nbtrace import Trace, diff
from nbtrace.errors import InputError
from nbtrace.parsers import parse_trace
from nbtrace.verdicts.status import Verdict
from tests.places import PAIRS

FOLDER = PAIRS / "thick_sensor__44_31"
STATISTICS = ("image_max", "image_mean", "image_rms", "image_rmsd")


def plain(name: str, *, trace: bool = False) -> str:
    text = (FOLDER / name).read_text()
    return text if trace else "".join(line for line in text.splitlines(keepends=True) if "TRACE" not in line)


def read(text: str) -> Trace:
    (trace,) = parse_trace(text)
    return trace


def test_two_outputs_of_the_reference_are_compared() -> None:
    result = diff(read(plain("c.log")), read(plain("c.log")))
    assert result.verdict is Verdict.AGREE
    assert {*STATISTICS, "fluence_photons_per_m2", "N_a", "intfile_scale"} <= {row.quantity for row in result.rows}


def test_another_fluence_comes_before_what_it_does() -> None:
    other = re.sub(r"fluence: \S+", "fluence: 1e+24", plain("c.log")).replace("max_I = 27257", "max_I = 0.2165")
    first = diff(read(plain("c.log")), read(other)).first_divergence
    assert first is not None
    assert first.quantity == "fluence_photons_per_m2"


def test_both_programs_print_them_in_their_own_words() -> None:
    result = diff(read(plain("c.log")), read(plain("py.log")))
    compared = {row.quantity: (row.c.numbers[0], row.py.numbers[0]) for row in result.rows}
    assert compared["image_max"] == (27257.0, 22310.0)
    assert compared["image_rmsd"] == (1614.27, 894.5)
    assert result.verdict is Verdict.DIFFER
    assert any(notice.text.startswith("the C log holds no trace") for notice in result.notices)


def test_statistics_are_told_beside_a_trace_and_not_in_its_table() -> None:
    result = diff(read(plain("c.log", trace=True)), read(plain("py.log", trace=True)))
    assert not {row.quantity for row in result.rows} & set(STATISTICS)
    (told,) = [notice.text for notice in result.notices if "statistics" in notice.text]
    assert "image_max 0.8185" in told


def test_few_digits_are_no_difference() -> None:
    c, py = (f"TRACE_{side}: F_latt 1.5\n" for side in ("C", "PY"))
    result = diff(
        read(f"{c}mean= 328.985 rms= 1647.47 rmsd= 1614.27\n"), read(f"{py}  Mean: 3.290e+02\n  RMS: 1.6e+03\n")
    )
    assert not [notice.text for notice in result.notices if "statistics" in notice.text]


def test_what_is_stated_before_the_computation_proves_nothing() -> None:
    begun = plain("c.log").partition("solid angle")[0].replace("DETECTOR_", "detector ")
    with pytest.raises(InputError, match="holds no trace values"):
        diff(read(begun), read(begun))


def test_a_log_without_a_trace_never_agrees_with_one_that_has_one() -> None:
    trace = plain("c.log", trace=True)
    assert diff(read(plain("c.log")), read(trace)).verdict is Verdict.DIFFER

"""What must be known before two logs are compared, and what must not be claimed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace import Trace, diff, read_trace
from nbtrace.compare.artefacts import POWERS
from nbtrace.compare.notices.side_notices import side_notices
from nbtrace.parsers import parse_trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Verdict
from tests.places import PAIR_FOLDERS

Read = Callable[..., Trace]


def about(subject: Subject, notices: tuple[Notice, ...]) -> list[str]:
    return [notice.text for notice in notices if notice.subject is subject]


@given(st.sampled_from(POWERS), st.booleans(), st.tuples(*[st.floats(0.1, 9)] * 3))
def test_a_power_of_ten_under_one_key_is_a_unit(
    read: Read, power: int, smaller: bool, vector: tuple[float, float, float]
) -> None:
    exponent = -power if smaller else power
    py = " ".join(repr(x * 10.0**exponent) for x in vector)
    c = " ".join(map(repr, vector))
    result = diff(read(f"TRACE_C: rot_a_angstroms {c}\n"), read(f"TRACE_PY: rot_a_angstroms {py}\n"))
    (text,) = about(Subject.UNIT, result.notices)
    assert text.startswith(f"rot_a_angstroms: Py/C is 10^{exponent}, so the two logs use different units")
    assert result.verdict is Verdict.DIFFER


@pytest.mark.parametrize(
    ("key", "c", "py"),
    [
        ("polar", "0.005", "0.5"),
        ("steps", "1", "1000"),
        ("rot_a_angstroms", "1 1 1", "10 10 10"),
        ("rot_a_angstroms", "1 2 3", "1000 3000 2000"),
        ("r_e_sqr", "7.9e-30", "8.9e-20"),
    ],
    ids=["no unit", "a count", "one power is chance", "not every component", "no power of ten"],
)
def test_what_is_no_other_unit(read: Read, key: str, c: str, py: str) -> None:
    result = diff(read(f"TRACE_C: {key} {c}\n"), read(f"TRACE_PY: {key} {py}\n"))
    assert about(Subject.UNIT, result.notices) == []


@pytest.mark.parametrize(
    ("key", "c", "py"),
    [
        ("steps", "10", "1"),
        ("fluence_photons_per_m2", "1e+24", "1.26e+29"),
        ("oversample_omega", "0", "1"),
        ("incident_vec", "1 0 0", "0 0 1"),
    ],
)
def test_another_configuration_is_said(read: Read, key: str, c: str, py: str) -> None:
    result = diff(read(f"TRACE_C: {key} {c}\n"), read(f"TRACE_PY: {key} {py}\n"))
    (text,) = about(Subject.CONFIGURATION, result.notices)
    assert f"{key} {c} against {py}" in text


def test_other_reflections_are_said(read: Read) -> None:
    result = diff(read("TRACE_C: hkl_rounded 1 2 3\n"), read("TRACE_PY: hkl_rounded 1 2 4\n"))
    assert about(Subject.CONFIGURATION, result.notices) == [
        "the two logs are of different reflections: C 1 2 3, Py 1 2 4"
    ]


def test_rounding_is_no_other_configuration(read: Read) -> None:
    result = diff(read("TRACE_C: lambda_meters 9.768e-11\n"), read("TRACE_PY: lambda_meters 9.76802e-11\n"))
    assert result.verdict is Verdict.DIFFER
    assert result.notices == ()


def test_banners_that_differ_are_said(read: Read) -> None:
    banner = "  {} phi steps from 0 to 0.1 degrees\n  parallelpiped xtal: {}x47x29 cells\n"
    values = "TRACE_{}: polar 0.5\n"
    c, py = read(banner.format(10, 36) + values.format("C")), read(banner.format(1, 5) + values.format("PY"))
    (text,) = about(Subject.CONFIGURATION, diff(c, py).notices)
    assert "φ steps 10 against 1" in text
    assert "cells along a 36 against 5" in text
    assert "shape" not in text
    assert "along b" not in text


@pytest.mark.parametrize(("shape", "told"), [("ellipsoidal", 1), ("square", 0)])
def test_another_shape_of_the_crystal_is_said_and_another_word_for_it_is_not(shape: str, told: int, read: Read) -> None:
    banner = "  {} xtal: 5x47x29 cells\nTRACE_{}: polar 0.5\n"
    notices = diff(read(banner.format("parallelpiped", "C")), read(banner.format(shape, "PY"))).notices
    texts = about(Subject.CONFIGURATION, notices)
    assert sum("crystal shape parallelpiped against ellipsoidal" in text for text in texts) == len(texts) == told


def test_lattice_values_of_other_steps_are_said(read: Read) -> None:
    def log(tag: str, tic: int) -> str:
        ks = [-0.5 - 0.01 * i for i in range(3)]
        steps = "".join(f"{tag}_PHI phi_tic={i} phi_deg={i} k_frac={k} F_latt_b=1 F_latt=1\n" for i, k in enumerate(ks))
        return f"{tag}: hkl_frac 1.5 {ks[tic]} 2.5\n" + steps

    (text,) = about(Subject.STEP, diff(read(log("TRACE_C", 0)), read(log("TRACE_PY", 2))).notices)
    assert text == "the lattice values are of different φ steps: C of tic 0, Py of tic 2"
    assert about(Subject.STEP, diff(read(log("TRACE_C", 1)), read(log("TRACE_PY", 1))).notices) == []


@pytest.mark.parametrize("folder", PAIR_FOLDERS, ids=lambda folder: folder.name)
def test_single_precision_is_said_of_the_recorded_port(folder: Path) -> None:
    result = diff(read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log")))
    (text,) = about(Subject.PRECISION, result.notices)
    assert text.startswith("Py printed single-precision values")
    weights = [notice.weight for notice in result.notices]
    assert weights == sorted(weights, reverse=True)


def test_values_printed_twice_are_said(read: Read) -> None:
    c = read("TRACE_C:distance_m=0.1\nTRACE_C:distance_m=0.2\n")
    result = diff(c, read("TRACE_PY: distance_m 0.2\n"))
    (text,) = about(Subject.LINES, result.notices)
    assert text.startswith("C prints distance_m more than once with different values (distance_m: lines 1 and 2)")
    assert result.verdict is Verdict.AGREE


def test_a_missing_line_end_is_said(read: Read) -> None:
    result = diff(read("TRACE_C: steps 10\n"), read("TRACE_PY: steps 10\nTRACE_PY: polar 0.9"))
    assert about(Subject.LINES, result.notices) == ["Py log ends without a line end; its last value may be cut"]


def test_two_logs_of_one_program_are_said(read: Read) -> None:
    result = diff(read("TRACE_C: steps 10\n"), read("TRACE_C: steps 10\n"))
    assert {(notice.subject, notice.weight) for notice in result.notices} == {(Subject.SIDES, Weight.INFO)}
    assert result.notices[0].text.startswith("both logs carry the prefixes of C")
    assert result.verdict is Verdict.AGREE


def test_what_a_log_says_against_itself_comes_with_the_comparison(read: Read) -> None:
    result = diff(read("TRACE_C: polar 0\nTRACE_C: steps 1\n"), read("TRACE_PY: polar 0.5\nTRACE_PY: steps 1\n"))
    assert about(Subject.LOG, result.notices) == [
        "C log against itself: polar is 0: no computation gives that; a placeholder"
    ]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("TRACE_C: polar 1\n", "TRACE_C: polar 1\n", "both logs carry the prefixes of C"),
        ("TRACE_C: polar 1\n", "TRACE_PY: polar 1\n", None),
        ("TRACE_PY: polar 1\n", "TRACE_C: polar 1\n", "by their prefixes"),
    ],
)
def test_which_log_is_taken_as_which_is_said_with_the_reason(
    read: Read, first: str, second: str, said: str | None
) -> None:
    told = about(Subject.SIDES, diff(read(first), read(second)).notices)
    told = [text for text in told if "copy" not in text]
    assert [text.startswith(said or "?") for text in told] == ([] if said is None else [True])


def test_files_are_named_and_by_more_than_their_own_name_where_that_is_one() -> None:
    def trace(source: str) -> Trace:
        return parse_trace("TRACE_C: polar 1\n", source)[0]

    (one,) = side_notices("logs", trace("a/c.log"), trace("b/fresh.log"), exchanged=False)
    assert one.text.endswith("by their order c.log is taken as C, fresh.log as Py")
    (two,) = side_notices("logs", trace("a/c.log"), trace("b/c.log"), exchanged=False)
    assert two.text.endswith("by their order a/c.log is taken as C, b/c.log as Py")
    (same,) = side_notices("logs", trace("c.log"), trace("c.log"), exchanged=False)
    assert same.text.endswith("the same file is taken as C and as Py")


def test_a_log_that_does_not_tell_gets_the_other_side() -> None:
    told = parse_trace("TRACE_PY: polar 1\n", "py.log")[0]
    silent = Trace("x.log", (), {}, told.account)
    (one,) = side_notices("logs", silent, told, exchanged=True)
    assert one.text == "only one of the two logs tells whose it is, that of Py; so x.log is taken as C, py.log as Py"
    (none,) = side_notices("files", silent, replace(silent, source="y.log"), exchanged=False)
    assert none.text == "neither of the two files tells whose it is; by their order x.log is taken as C, y.log as Py"

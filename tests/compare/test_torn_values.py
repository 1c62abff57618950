"""Logs that end within a number: what stands of it is no value, whatever the other log has there."""

from pathlib import Path

import pytest

from nbtrace import Policy, Verdict, compare_phi, diff, parse_trace
from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.compare.torn_values import without_torn_values
from nbtrace.records import Trace
from nbtrace.report.views.diff_view import diff_view, headline
from tests.places import SUPERVISOR_PAIR

C = "TRACE_C: F_latt_a 2.5\nTRACE_C: F_latt 298.0294147\n"
PY = C.replace("TRACE_C", "TRACE_PY")


def pair(c: str, py: str) -> tuple[Trace, Trace]:
    return parse_trace(c)[0], parse_trace(py)[0]


@pytest.mark.parametrize(
    ("stands", "has"),
    [
        ("29", "298.0294147"),
        ("298.", "298.9294147"),
        ("1.5e-1", "1.5e-12"),
        ("1.5", "1.5e-12"),
        ("-3", "-35.25"),
        ("298.0", "298.0929"),
        ("298", "298.0294147"),
    ],
)
def test_the_beginning_of_the_number_of_the_other_log_is_no_value(stands: str, has: str) -> None:
    c = C.replace("298.0294147", has)
    result = diff_traces(*pair(c, f"TRACE_PY: F_latt_a 2.5\nTRACE_PY: F_latt {stands}"))
    assert result.first_divergence is None
    assert result.verdict is Verdict.DIFFER  # what is lost may have been another
    account = result.py.account
    assert (account.torn, account.used, account.unreadable[0].line) == (True, 1, 2)
    assert account.unreadable[0].reason == f"F_latt: '{stands}' has no line end, and {has} begins so in the other log"


@pytest.mark.parametrize(
    ("stands", "has"),
    [
        ("29\n", "298.0294147"),  # the line is whole
        ("27", "298.0294147"),  # begins otherwise
        ("298.1", "298.0294147"),
        ("298.0294147", "298.0294147"),
        ("298.03", "298.0294147"),
        ("298.0294147", "29"),
    ],
)
def test_other_numbers_are_compared(stands: str, has: str) -> None:
    c = C.replace("298.0294147", has)
    result = diff_traces(*pair(c, f"TRACE_PY: F_latt_a 2.5\nTRACE_PY: F_latt {stands}"))
    assert result.coverage.compared == 2
    assert not result.py.account.torn


def test_vectors_end_within_a_number_or_between_two() -> None:
    c = "TRACE_C: F_latt 2.5\nTRACE_C: pix0_vector_meters 0.5 0.25 298.029\n"
    for stands in ("0.5 0.25 29", "0.5 0.25", "0.5 0.2"):
        result = diff_traces(*pair(c, f"TRACE_PY: F_latt 2.5\nTRACE_PY: pix0_vector_meters {stands}"))
        assert (result.coverage.compared, result.verdict) == (1, Verdict.DIFFER)
        assert result.py.account.torn
    whole = diff_traces(*pair(c, "TRACE_PY: F_latt 2.5\nTRACE_PY: pix0_vector_meters 0.75 0.25 29"))
    assert whole.first_divergence is not None  # its first number is another, too


def test_the_only_value_of_a_log_is_compared() -> None:
    result = diff_traces(*pair("TRACE_C: F_latt 298.03\n", "TRACE_PY: F_latt 29"))
    assert result.first_divergence is not None


def test_the_value_of_the_same_turn_and_pixel_counts() -> None:
    block = "TRACE_CONFIG: tracing pixel (spixel={1}, fpixel=5)\n{0}: F_cell 1.5\n{0}: I_pixel_final {2}\n"
    c = "".join(block.format("TRACE_C", number, 100 * number + 7) for number in (1, 2, 3))
    py = "".join(block.format("TRACE_PY", number, 100 * number + 7) for number in (3, 2, 1))
    traces = pair(c, py.removesuffix("07\n"))
    assert traces[1].records[-1].value.text == "1"  # of the pixel that C has first
    kept = without_torn_values(traces, Policy())[1]
    assert [kept.account.torn, len(kept.records)] == [True, 5]
    traces = pair(c, py.removesuffix("107\n") + "2")
    assert without_torn_values(traces, Policy()) == traces
    repeated = "TRACE_{}: own_name 1.5\nTRACE_{}: own_name 298.03\n"
    result = diff_traces(*pair(repeated.replace("{}", "C"), repeated.replace("{}", "PY").removesuffix("8.03\n")))
    assert result.py.account.torn


def test_of_two_logs_that_agree_one_cut_anywhere_never_diverges(tmp_path: Path) -> None:
    whole = (SUPERVISOR_PAIR / "c.log").read_bytes()
    other = whole.replace(b"TRACE_C", b"TRACE_PY")
    start = other.rindex(b"TRACE_PY: I_pixel_final") - 200
    (tmp_path / "c.log").write_bytes(whole)
    for stop in range(start, len(other) - 1, 7):
        (tmp_path / "py.log").write_bytes(other[:stop])
        result = diff(tmp_path / "c.log", tmp_path / "py.log")
        assert result.first_divergence is None, other[stop - 60 : stop]
    (tmp_path / "py.log").write_bytes(other[: other.rindex(b"F_latt ") + 8])
    result = diff(tmp_path / "c.log", tmp_path / "py.log")
    assert headline(result).endswith(f"its log seems cut off in line {result.py.account.total}")
    assert not any("init-logging" in str(section) for section in diff_view(result).sections)


def test_steps_end_within_a_number() -> None:
    step = "{0}_PHI phi_tic={1} phi_deg=0.{1} k_frac=1.{1} F_latt_b=12.5 F_latt=2{1}8.25\n"
    c, py = ("".join(step.format(side, number) for number in range(3)) for side in ("TRACE_C", "TRACE_PY"))
    found = compare_phi(*pair(c, py.removesuffix("8.25\n")))
    assert [found.first_divergence is None, len(found.py.records)] == [False, 8]
    assert found.first_divergence is not None
    assert found.first_divergence.phi_tic == 2
    assert found.verdict is Verdict.DIFFER


def mixed(stands: str, has: str) -> DiffResult:
    """Compare logs without prefixes of which one ends without a line end."""
    lines = "mass = 2.512345\nspeed = 3.512345\n"
    return diff_traces(*pair(f"{lines}{has}\n", f"{lines}{stands}"))


@pytest.mark.parametrize(
    ("stands", "has"),
    [
        ("heat = -4.", "heat = -4.422823"),  # agrees within its own digits, of which there were to be more
        ("heat = 2.4297e-", "heat = 2.4297e-01"),
        ("heat = 0.1442D-", "heat = 0.1442D-12"),
        ("v = [1.5, 2.5,", "v = [1.5, 2.5, 3.5]"),
        ("v = 1.5 2.5 -", "v = 1.5 2.5 -3.5"),
        ("v = [1.5, 2.5", "v = [1.5, 2.5, 3.5]"),
        ("v = [0.1D+05, 0.2D+05, 0.3D+1", "v = [0.1D+05, 0.2D+05, 0.3D+12]"),
        ("v = [nan, -inf, 1", "v = [nan, -inf, 1.5]"),
        ("energy = 10, heat = 1", "energy = 10, heat = 15"),
    ],
)
def test_what_is_left_of_a_value_is_told_in_every_form(stands: str, has: str) -> None:
    result = mixed(stands, has)
    assert (result.py.account.torn, result.verdict) == (True, Verdict.DIFFER)
    assert result.first_divergence is None


@pytest.mark.parametrize(("stands", "has"), [("-", "-35.25"), ("1.5e-", "1.5e-12"), ("conv", "converged")])
def test_the_first_letters_of_a_value_are_no_text_that_differs(stands: str, has: str) -> None:
    c, py = (
        f"TRACE_{side}: own_mass 2.5\nTRACE_{side}: own_state {text}" for side, text in (("C", has), ("PY", stands))
    )
    result = diff_traces(*pair(f"{c}\n", py))
    assert (result.first_divergence, result.verdict) == (None, Verdict.DIFFER)
    assert diff_traces(*pair(f"{c}\n", f"{py}\n")).first_divergence is not None


@pytest.mark.parametrize(
    ("stands", "has"),
    [
        ("length = 1 mm", "length = 10 mm"),
        ("v = [1.5, 2.5, 3]", "v = [1.5, 2.5, 35]"),
        ("v = [1.5, 2]", "v = [1.5, 2, 3.5]"),
        ("energy = 1, heat = 15", "energy = 10, heat = 15"),
    ],
)
def test_a_number_with_something_behind_it_is_whole(stands: str, has: str) -> None:
    result = mixed(stands, has)
    assert result.first_divergence is not None
    assert not result.py.account.torn


@pytest.mark.parametrize(
    "log",
    [
        '{{"name": "mass", "value": 2.5}}\n{{"name": "count", "value": {}}}',
        "| quantity | value |\n|---|---|\n| mass | 2.5 |\n| count | {} |",
    ],
)
def test_documents_whose_last_number_is_closed_are_whole(log: str) -> None:
    result = diff_traces(*pair(log.format(10), log.format(1)))
    assert result.first_divergence is not None
    assert result.first_divergence.quantity == "count"


def test_a_log_whose_numbers_all_have_few_digits_agrees_as_far_as_they_go() -> None:
    lines = "mass = 2.51\nspeed = 3.52\nheat = 4.43"
    fine = lines.replace("2.51", "2.512345").replace("3.52", "3.521234").replace("4.43", "4.431234")
    assert diff_traces(*pair(f"{fine}\n", lines)).verdict is Verdict.AGREE

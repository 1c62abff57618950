"""What logs suffer: every line is accounted for, and no damaged line gives a value."""

import math

import pytest

from nbtrace.parsers import parse_trace
from nbtrace.records import Account, Trace


def adds_up(account: Account) -> bool:
    return account.total == account.used + account.structure + account.ignored + len(account.unreadable)


def read(text: str) -> Trace:
    (trace,) = parse_trace(text)
    assert adds_up(trace.account)
    return trace


def counts(trace: Trace) -> tuple[int, int, int, int]:
    account = trace.account
    return account.used, account.structure, account.ignored, len(account.unreadable)


def test_progress_lines_between_the_lines_of_a_pixel() -> None:
    trace = read("10% done\nTRACE_C: F_latt_a 1\n99% done\n  20% done\nTRACE_C: F_latt_c 3\n\n")
    assert [(record.key, record.line) for record in trace.records] == [("F_latt_a", 2), ("F_latt_c", 5)]
    assert counts(trace) == (2, 0, 4, 0)


def test_a_traceback_and_warnings_are_no_trace() -> None:
    text = (
        "/usr/lib/x.py:3: UserWarning: TRACE output is on\n  warnings.warn(\nTRACE_PY: polar 1\nTraceback (most recent call last):\n"
        '  File "x.py", line 3, in <module>\n    print(f"TRACE_PY: {x}")\nNameError: name x\n'
    )
    assert counts(read(text)) == (1, 0, 6, 0)


@pytest.mark.parametrize(
    "line",
    [
        "TRACE_C: R_distance_meters 0.2312[New Thread 0x7ffff6a00640 (LWP 12)]",
        "TRACE_C: unheard_of 0.2312[New Thread 0x7ffff6a00640 (LWP 12)]",
        "TRACE_C: detector_convention MOS[New Thread 0x7ffff6a00640 (LWP 12)]",
        "TRACE_C: F_latt_a 0.5TRACE_C: F_latt_b 0.6",
        "TRACE_C: unheard_of 0.5TRACE_C: F_latt_b 0.6",
        "TRACE_C: unheard_of 0.5 TRACE_C: F_latt_b 0.6",
        "TRACE_C: F_lTRACE_C: F_latt 0.5",
        "TRACE_C: TRACE_C: F_latt 0.5",
        "TRACE:   a = [1, 2, 3]TRACE:   b = [1, 2, 3]",
        "12% doneTRACE_C: F_latt 1",
        "[New Thread 0x7ffff6a00640 (LWP 12)]TRACE_C: F_latt 1",
        "progress 10%\rTRACE_C: F_latt 1",
        "TRACE_C: F_latt 1\rTRACE_C: F_cell 2",
    ],
)
def test_a_torn_line_gives_no_value_and_is_named(line: str) -> None:
    trace = read(f"TRACE_C: polar 1\n{line}\nTRACE_C: F_cell 100\n")
    assert [record.key for record in trace.records] == ["polar", "F_cell"]
    (problem,) = trace.account.unreadable
    assert problem.line == 2
    assert problem.text == line


def test_cut_after_4096_bytes_in_the_middle_of_a_number() -> None:
    line = "TRACE_C: fdet_vec 0.125 0.25 0.5\n"
    text = ("some words\n" + line * 200)[:4096]
    assert text.endswith("\nTRACE_C: fdet_vec 0.125 0.")
    trace = read(text)
    (problem,) = trace.account.unreadable
    assert problem.reason == "fdet_vec needs 3 numbers, found 2 numbers"
    assert (problem.line, trace.account.ignored, trace.account.cut) == (trace.account.total, 1, True)


def test_a_cut_log_says_so() -> None:
    whole = "TRACE_C: pix0_vector_meters 0.1 0.2 0.3\nTRACE_C: F_latt 1.25\n"
    for size in range(1, len(whole)):
        trace = read(whole[:size])
        assert trace.account.cut is (whole[size - 1] != "\n")
    assert not read(whole).account.cut
    (problem,) = read(whole[:33]).account.unreadable
    assert (problem.line, problem.reason) == (1, "pix0_vector_meters needs 3 numbers, found 2 numbers")


def test_line_ends_of_windows() -> None:
    text = "TRACE_C: polar 1\nTRACE_PHI\nTRACE_C: detector_convention MOSFLM\nTRACE_C: === x ===\n"
    unix, windows = read(text), read(text.replace("\n", "\r\n"))
    assert unix.records == windows.records
    assert unix.account == windows.account
    assert unix.records[1].value.text == "MOSFLM"


def test_a_missing_last_newline_loses_nothing() -> None:
    trace = read("TRACE_C: polar 1\nTRACE_C: F_latt 2")
    assert [record.numbers for record in trace.records] == [(1.0,), (2.0,)]
    assert trace.account.total == 2
    assert trace.account.cut


def test_an_empty_log() -> None:
    assert counts(read("")) == (0, 0, 0, 0)
    assert counts(read("\n")) == (0, 0, 1, 0)
    assert read("").records == ()


def test_duplicates_are_all_kept() -> None:
    trace = read("TRACE_C: polar 1\nTRACE_C: polar 1\nTRACE_C: polar 2\n")
    assert [(record.numbers[0], record.line) for record in trace.by_quantity["polar"]] == [(1.0, 1), (1.0, 2), (2.0, 3)]


@pytest.mark.parametrize(
    "line",
    [
        "TRACE_C_TAP5=1 ./nanoBragg -cell 100 100 100 90 90 90 -lambda 0.5",
        "TRACE_C_TAP5_HKL=1 TRACE_C_HKL_BOUNDS=1 ./run",
        "export TRACE_C_TAP5=1",
        "TRACE COMPARISON: C against Py",
        "=== TRACE: Pixel (1, 2) ===",
        "- `TRACE_C: polar 1`",
        "see TRACE_C_PHI below",
        "grep TRACE_PY: out.log",
        "| TRACE_C: polar | 1 |",
        "TRACES: 5",
        "trace_c: polar 1",
    ],
)
def test_what_only_looks_like_trace_is_ignored(line: str) -> None:
    assert counts(read(line + "\n")) == (0, 0, 1, 0)


@pytest.mark.parametrize("lead", ["    ", "\t", " 12→", "7→ "])
def test_quoted_lines_are_read(lead: str) -> None:
    (record,) = read(f"{lead}TRACE_C: polar 0.5\n").records
    assert (record.key, record.numbers) == ("polar", (0.5,))


def test_arrows_and_greek_letters_and_bytes_that_are_no_text() -> None:
    trace = read(
        "TRACE_PY:convention_mapping=Fbeam←Ybeam\nTRACE_PY: φ_tic 3\nTRACE_PY: polar 0.\ufffd5\nTRACE_PY: x \udcff\n"
    )
    assert [record.key for record in trace.records] == ["convention_mapping", "φ_tic", "x"]
    assert [problem.line for problem in trace.account.unreadable] == [3]


def test_control_characters_inside_lines_do_not_end_them() -> None:
    trace = read("TRACE_C: note a\x0bb\x0cc\x85d\u2028e\nTRACE_C: polar 1\n")
    assert trace.account.total == 2
    assert trace.records[0].value.text == "a\x0bb\x0cc\x85d\u2028e"


def test_mixed_prefixes_in_one_log() -> None:
    trace = read(
        "TRACE: polar = 1\nTRACE_C: F_latt 2\nTRACE_C:Fbeam_m=3\nTRACE_ROTATE:input_vector=[1 0 0]\nTRACE_C_PHI\n"
    )
    assert [record.family for record in trace.records] == ["TRACE", "TRACE_C", "TRACE_C", "TRACE_ROTATE"]
    assert counts(trace) == (4, 0, 0, 1)


@pytest.mark.parametrize(
    "line",
    [
        "TRACE_C: F_latt " + "1" * 1_000_000,
        "TRACE_C: foo " + "1" * 200_000 + "x",
        "TRACE_C_PHI " + "a" * 1_000_000,
        "TRACE_C_PHI phi_tic=" + " " * 200_000 + "x",
        "TRACE: a = " + "tensor(" * 100_000,
        "TRACE_CONFIG: tracing pixel (spixel=" + "9" * 10_000 + ", fpixel=1)",
    ],
)
def test_an_endless_line_is_unreadable(line: str) -> None:
    trace = read(f"TRACE_C: polar 1\n{line}\n{'x' * 300_000}\n")
    (problem,) = trace.account.unreadable
    assert problem.line == 2
    assert len(problem.text) < 200
    assert f"{len(line)} characters" in problem.reason
    assert counts(trace) == (1, 0, 1, 1)


@pytest.mark.parametrize(
    "line",
    [
        "TRACE_C: foo " + "1" * 4000 + "x",
        "TRACE_C: foo " + "1 " * 2000 + "x",
        "TRACE_C: foo " + "a:1 " * 1000 + "!",
        "TRACE_C_PHI " + "a" * 4000,
        "TRACE_C_PHI a=" + " " * 4000 + "x",
        "TRACE_C_TAP4: a" + " nan" * 1000 + " !",
        "TRACE_C_TAP4: a" + " " * 4000 + "!",
        "TRACE: " + " a: " * 1000 + "= x",
        "TRACE: a = " + "tensor(, dtype=" * 250,
        "=== " + " (" * 2000,
        " " * 4000 + "x",
        "a: " * 1300,
    ],
)
def test_no_line_takes_long(line: str) -> None:
    """A line whose reading backtracks without bound would never come to an end here."""
    labelled = "polar: 1\nairpath: 2 m\nF_cell: 3\n"
    for text in (line + "\n", labelled + line + "\n"):
        assert all(adds_up(trace.account) for trace in parse_trace(text))


def test_a_torn_number_is_no_other_number() -> None:
    trace = read(
        "TRACE_C: F_latt 0.5.5\nTRACE_C: F_latt 0.5-\nTRACE_C: F_latt 5e\nTRACE_C: F_latt --5\nTRACE_C: F_latt 0,5\n"
    )
    assert trace.records == ()
    assert len(trace.account.unreadable) == 5


def test_reasons_stay_short() -> None:
    (problem,) = read("TRACE_C_PHI " + "word " * 500 + "\n").account.unreadable
    assert len(problem.reason) < 200
    assert len(problem.text) < 200


def test_int_min_is_kept_as_printed() -> None:
    (record,) = read("TRACE_C: hkl_rounded -2147483648 -2147483648 3\n").records
    assert record.value.tokens == ("-2147483648", "-2147483648", "3")
    assert not any(math.isnan(number) for number in record.numbers)

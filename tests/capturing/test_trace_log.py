import io

from nbtrace.capturing.hits import CapturedValue, Hit
from nbtrace.capturing.trace_log import log_text, number_text, prints_trace
from nbtrace.parsers import read_trace

HITS = (
    Hit(1, (CapturedValue("term", ("0.10000000000000001",), "m"),), {"step": 0}),
    Hit(1, (CapturedValue("axis", ("1", "-0", "nan")),)),
)


def test_a_log_is_in_the_trace_format() -> None:
    text = log_text(HITS, "TRACE_C", provenance=["from prog"], header="at 3", printed="hello\nworld")
    assert text.splitlines() == [
        "TRACE_FORMAT 1",
        "# from prog",
        "hello",
        "world",
        "at 3",
        "TRACE_C: step=0 term 0.10000000000000001 m",
        "TRACE_C: axis 1 -0 nan",
    ]
    trace = read_trace(io.StringIO(text))
    assert [(record.key, record.value.tokens) for record in trace.records] == [
        ("term", ("0.10000000000000001",)),
        ("axis", ("1", "-0", "nan")),
    ]
    assert not trace.account.unreadable


def test_numbers_have_all_digits_of_their_type() -> None:
    assert float(number_text(1 / 3)) == 1 / 3
    assert number_text(1 / 3, single=True) == "0.333333333"
    assert number_text(2**70) == str(2**70)


def test_output_with_trace_lines_of_its_own_is_told() -> None:
    assert prints_trace("x\n  TRACE_C: a 1\n", "TRACE_C")
    assert prints_trace("TRACE_FORMAT 1\n", "MINE")
    assert prints_trace("a\0b", "TRACE_C")
    assert prints_trace("10:00:00 INFO TRACE_C: b 1\n", "TRACE_C")
    assert prints_trace("TRACE_PY: b 1\n", "TRACE_C")
    assert prints_trace("[info] MINE: b 1\n", "MINE")
    assert not prints_trace("MINES: b 1\nno TRACE of it\n", "MINE")


def test_a_name_with_ends_of_lines_makes_no_trace_line() -> None:
    text = log_text(HITS, "TRACE_C", provenance=["from prog\nTRACE_C: term 5\r\x1b[2K\u2028TRACE_C: x 1"])
    assert [line[:2] for line in text.splitlines()] == ["TR", "# ", "TR", "TR"]
    assert [record.key for record in read_trace(io.StringIO(text)).records] == ["term", "axis"]

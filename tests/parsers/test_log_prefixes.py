"""What loggers put in front of a line; Python's own are made by its logging."""

import logging
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbtrace import diff, read_trace
from nbtrace.compare.steps import compare_steps
from nbtrace.parsers import parse_trace
from nbtrace.parsers.log_prefixes import message, prefix_of, ranks_among
from nbtrace.verdicts.status import Verdict
from tests.logged_lines import PREFIXES
from tests.places import PAIRS

LINE = "TRACE_PY: F_latt -2.38"

FORMATS = (
    logging.BASIC_FORMAT,
    "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
    "%(asctime)s %(levelname)-8s %(message)s",
    "%(asctime)s | %(levelname)-8s | %(name)s:%(funcName)s:%(lineno)d - %(message)s",
    "[%(asctime)s] [%(levelname)s] %(message)s",
    "[%(levelname)s] %(message)s",
    "%(levelname)s: %(message)s",
    "%(levelname)s %(name)s: %(message)s",
    "%(name)s - %(levelname)s - %(message)s",
    "%(asctime)s [%(threadName)s] %(levelname)s %(name)s - %(message)s",
    "%(levelname)-8s %(name)s:%(filename)s:%(lineno)d %(message)s",
)


def logged(form: str, text: str, level: int = logging.INFO) -> str:
    record = logging.LogRecord("port.core", level, "/srv/port/core.py", 12, text, None, None, "run")
    return logging.Formatter(form).format(record)


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", [LINE, "F_latt = -2.38", "F_latt: -2.38"])
def test_what_python_logs_is_its_message(form: str, level: int, text: str) -> None:
    assert message(logged(form, text, level)) == text


@pytest.mark.parametrize(
    ("line", "rank"),
    [
        (f"2026-01-02 03:04:05.123 | INFO     | __main__:run:12 - {LINE}", None),
        (f"[2026-01-02 03:04:05.123] [info] {LINE}", None),
        (f"[2026-01-02 03:04:05.123] [port] [debug] {LINE}", None),
        (f"I0102 03:04:05.123456 1234 file.cc:12] {LINE}", None),
        (f"Jan  2 03:04:05 host port[1234]: {LINE}", None),
        (f"2026-01-02T03:04:05+0100 host port[1234]: {LINE}", None),
        (f"2026-01-02T03:04:05.123456Z  INFO port::core: {LINE}", None),
        (f"[  12.345678] {LINE}", None),
        (f"[1,3]<stdout>: {LINE}", 3),
        (f"[rank2]: {LINE}", 2),
        (f"rank 2: {LINE}", 2),
        (f"2: {LINE}", 2),
        (f"[2] {LINE}", 2),
        (f"[2] INFO:root:{LINE}", 2),
        (f"2026-01-02 03:04:05,123 [rank 2] INFO {LINE}", 2),
    ],
)
def test_other_loggers_and_launchers(line: str, rank: int | None) -> None:
    prefix = prefix_of(line)
    assert prefix is not None
    assert (line[prefix.end :], prefix.rank) == (LINE, rank)
    (trace,) = parse_trace(f"{line}\n")
    assert [record.numbers for record in trace.records] == [(-2.38,)]


@pytest.mark.parametrize(
    "line",
    [
        LINE, "F_latt = 1", "error = 1e-3", "error: 1e-3", "info = 3", "1: 2", "[1 2 3]", "[1.5, 2]", "0% done",
        "a - b = 3", "12 sources", "time = 12", "name: value", "", "   ", "[", "TRACE: a = [1, 0, 0]", "(1.0 mm)",
    ],
)  # fmt: skip
def test_a_line_of_its_own_has_no_prefix(line: str) -> None:
    assert prefix_of(line) is None


@example("FATAL")
@example("2026-01-02 03:04:05 INFO")
@example("INFO\x0bx")
@given(st.text())
def test_a_prefix_leaves_something(line: str) -> None:
    prefix = prefix_of(line)
    assert prefix is None or (0 < prefix.end < len(line) and not line[prefix.end].isspace())


@pytest.mark.parametrize("form", FORMATS)
def test_a_logged_trace_has_the_values_of_the_plain_one(form: str) -> None:
    plain = (PAIRS / "supervisor__685_1039" / "c.log").read_text()
    (trace,) = parse_trace("".join(f"{logged(form, line)}\n" for line in plain.splitlines()))
    (once,) = parse_trace(plain)
    own = [(record.key, record.value, record.index, record.line) for record in once.records]
    assert [(record.key, record.value, record.index, record.line) for record in trace.records] == own
    assert (trace.pixels, len(trace.settings)) == (once.pixels, len(once.settings))


@pytest.mark.parametrize("side", ["c", "py"])
@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
def test_a_log_behind_any_prefix_holds_what_it_holds_without(prefix: str, side: str) -> None:
    plain = (PAIRS / "supervisor__685_1039" / f"{side}.log").read_text()
    (trace,) = parse_trace("".join(f"{prefix}{line}\n" for line in plain.splitlines()))
    (once,) = parse_trace(plain)
    own = [(record.key, record.value, record.index, record.line) for record in once.records]
    assert [(record.key, record.value, record.index, record.line) for record in trace.records] == own
    assert (trace.pixels, trace.settings) == (once.pixels, once.settings)


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
def test_a_program_without_a_trace_prefix_is_read_behind_any_other(prefix: str) -> None:
    lines = ("F_latt = -2.38", "F_latt_a: 2.5", "distance = 100 mm", "error: 1e-3")
    (trace,) = parse_trace("".join(f"{prefix}{line}\n" for line in lines))
    assert [(record.quantity, record.numbers) for record in trace.records] == [
        ("F_latt", (-2.38,)), ("F_latt_a", (2.5,)), ("distance_m", (0.1,)), ("error", (1e-3,)),
    ]  # fmt: skip


def test_a_trace_line_behind_an_unknown_prefix_is_not_lost() -> None:
    (trace,) = parse_trace(f"{LINE}\n<<port>> TRACE_PY: F_cell 5\n")
    (bad,) = trace.account.unreadable
    assert (bad.line, bad.quantities) == (2, ("F_cell",))
    assert "in front of the trace line" in bad.reason


def test_a_trace_line_behind_words_is_not_lost() -> None:
    (trace,) = parse_trace(f"INFO:root:now at {LINE}\n")
    (bad,) = trace.account.unreadable
    assert (bad.line, bad.quantities) == (1, ("F_latt",))


def ranked(*values: float) -> str:
    return "".join(
        f"[{rank}] TRACE_PY: F_latt {value}\n[{rank}] TRACE_PY: F_cell 5\n" for rank, value in enumerate(values)
    )


def test_processes_that_print_the_same_keys_are_an_index() -> None:
    (trace,) = parse_trace(ranked(1.0, 2.0, 3.0))
    found = [(record.quantity, record.index.ordinal("rank")) for record in trace.records]
    assert found == [(name, rank) for rank in (None, 1, 2) for name in ("F_latt", "F_cell")]


def test_the_process_that_differs_is_named() -> None:
    (left,), (right,) = parse_trace(ranked(1.0, 2.0, 3.0)), parse_trace(ranked(1.0, 2.0, 3.5))
    first = diff(left, right).first_divergence
    assert first is not None
    assert first.index.ordinal("rank") == 2
    turn = compare_steps(left, right, "rank").first_divergence
    assert turn is not None
    assert turn.ordinal == 2


def test_lines_of_processes_may_come_in_any_order() -> None:
    lines = ranked(1.0, 2.0, 3.0).splitlines(keepends=True)
    (left,), (right,) = parse_trace("".join(lines)), parse_trace("".join(reversed(lines)))
    assert diff(left, right).verdict is Verdict.AGREE


def test_a_process_that_one_log_lacks_is_a_difference() -> None:
    (left,), (right,) = parse_trace(ranked(1.0, 2.0)), parse_trace(ranked(1.0))
    result = diff(left, right)
    assert result.verdict is Verdict.DIFFER
    assert any("fewer times" in notice.text for notice in result.notices)


def test_one_process_compares_with_none() -> None:
    (left,), (right,) = parse_trace(ranked(1.0)), parse_trace("TRACE_C: F_latt 1.0\nTRACE_C: F_cell 5\n")
    assert diff(right, left).verdict is Verdict.AGREE


def test_numbers_that_count_the_lines_are_no_ranks() -> None:
    assert ranks_among({1: 1, 2: 1, 3: 1}, named=False) == ()
    assert ranks_among({0: 1, 1: 1, 2: 1}, named=True) == (0, 1, 2)
    assert ranks_among({7: 12}, named=False) == ()


def test_pixels_on_which_processes_do_not_agree_stay_open(tmp_path: Path) -> None:
    path = tmp_path / "two.log"
    path.write_text(
        "".join(f"[{r}] Tracing pixel (1, {r})\n[{r}] TRACE_PY: F_latt 1\n[{r}] TRACE_PY: polar 1\n" for r in (0, 1))
    )
    trace = read_trace(path)
    assert trace.pixels == {}
    account = trace.account
    assert account.total == account.used + account.structure + account.ignored + len(account.unreadable)


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        (f"INFO {'1, ' * 200}mean", 5),
        (f"a{':aaaaaaaa' * 20}!", None),
        (f"INFO a{':a1.a.a1' * 20}:7 TRACE_C: polar 1", 5 + 1 + 20 * 8 + 3),
    ],
    ids=["numbers and a word", "names that end in nothing", "names and a line"],
)
def test_a_line_of_many_parts_is_read_at_once(line: str, begins: int | None) -> None:
    """Each part could be read in several ways; all of them together would never be tried to the end."""
    prefix = prefix_of(line)
    assert (prefix and prefix.end) == begins

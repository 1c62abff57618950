"""Whatever happens to a log, reading it ends, every line is accounted for, and what is printed is what is read."""

import math
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrace.errors import InputError
from nbtrace.parsers import parse_trace, read_sides
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.records import Trace
from nbtrace.vocabulary.quantity import Kind
from tests.places import PAIRS

PATHS = sorted(PAIRS.glob("*/*.log"))
LOGS = [path.read_bytes() for path in PATHS]
FRAGMENTS = [
    b"[New Thread 0x7ffff6a00640 (LWP 12)]", b"TRACE_C: ", b"TRACE_PY_PHI ", b"nan", b"-inf", b"=", b"[", b"]", b";",
    b":", b"\r\n", b"\r", b"\n", b"\0", b"\xff", b"\xed\xa0\x80", b"\t", b"\xe2\x86\x90", b"tensor(", b"{",
    b"--- a\n+++ b\n", b"99% done", b"999999999999999999999999", b"1e999", b"\xc2\xb2", b"===", b"|a| = ",
]  # fmt: skip
PREFIXES = (
    "",
    "TRACE_C: ",
    "TRACE_C:polar=",
    "TRACE_PY_PHI ",
    "TRACE: ",
    "TRACE_C_TAP4: ",
    "polar: 1\nR: 2\nF_cell: 3\n",
)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)
scalars = st.sampled_from([name for name, quantity in QUANTITIES.items() if quantity.kind is Kind.SCALAR])
vectors = st.sampled_from([name for name, quantity in QUANTITIES.items() if quantity.kind is Kind.VECTOR])
calm = settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    log = draw(st.sampled_from(LOGS))
    lines = log.splitlines(keepends=True)
    start = draw(st.integers(0, len(lines) - 1))
    lines = lines[start : start + draw(st.integers(1, 60))]
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "double", "join", "cut", "insert", "flip", "swap"])):
            case "drop" if len(lines) > 1:
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "join":
                lines[at] = lines[at].rstrip(b"\n")
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case "insert":
                where = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:where] + draw(st.sampled_from(FRAGMENTS)) + lines[at][where:]
            case "flip" if lines[at]:
                where = draw(st.integers(0, len(lines[at]) - 1))
                lines[at] = lines[at][:where] + bytes([draw(st.integers(0, 255))]) + lines[at][where + 1 :]
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
    return b"".join(lines)


def hold(trace: Trace) -> None:
    account = trace.account
    assert account.total == account.used + account.structure + account.ignored + len(account.unreadable)
    assert min(account.used, account.structure, account.ignored) >= 0
    places = [problem.line for problem in account.unreadable]
    assert places == sorted(set(places))
    for line in (*places, *(record.line for record in trace.records), *(s.line for s in trace.settings.values())):
        assert 1 <= line <= account.total
    assert len({record.line for record in trace.records}) <= account.used
    assert not {record.line for record in trace.records} & set(places)
    for record in trace.records:
        assert len(record.value.tokens) == len(record.value.numbers) == len(record.numbers)
        for token, number in zip(record.value.tokens, record.value.numbers, strict=True):
            plain = token.casefold().replace("d", "e")  # Fortran's 1.5D-10
            assert float(plain) == number or math.isnan(number)


@calm
@given(data=mutilated())
def test_a_mutilated_log(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(data)
    if b"\0" in data:
        with pytest.raises(InputError, match="is binary"):
            read_sides(str(path))
        return
    for trace in read_sides(str(path)):
        hold(trace)
        assert trace.account.total == len(data.removesuffix(b"\n").split(b"\n")) * bool(data)


@calm
@given(text=st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for prefix in (
        "",
        "TRACE_C: ",
        "TRACE_C:polar=",
        "TRACE_PY_PHI ",
        "TRACE: ",
        "TRACE_C_TAP4: ",
        "polar: 1\nR: 2\nF_cell: 3\n",
    ):
        traces = parse_trace(prefix + text)
        assert traces  # an empty one, where there is nothing to read
        for trace in traces:
            hold(trace)


@given(
    name=scalars,
    number=numbers,
    precision=st.sampled_from([15, 17]),
    form=st.sampled_from(["TRACE_C: {} {}", "TRACE_PY:{}={}"]),
)
def test_a_number_reads_back_as_it_was_printed(name: str, number: float, precision: int, form: str) -> None:
    token = f"{number:.{precision}g}"
    (trace,) = parse_trace(form.format(name, token) + "\n")
    (record,) = trace.records
    assert (record.quantity, record.value.tokens) == (name, (token,))
    assert struct.pack("d", record.numbers[0]) == struct.pack("d", float(token))
    if precision == 17:
        assert struct.pack("d", record.numbers[0]) == struct.pack("d", number)


@given(
    name=vectors,
    triple=st.tuples(numbers, numbers, numbers),
    form=st.sampled_from(["{} {} {}", "[{}, {}, {}]", "[{} {}  {}]"]),
)
def test_a_vector_reads_back_as_it_was_printed(name: str, triple: tuple[float, ...], form: str) -> None:
    tokens = tuple(f"{number:.17g}" for number in triple)
    (trace,) = parse_trace(f"TRACE_PY: {name} {form.format(*tokens)}\n")
    (record,) = trace.records
    assert (record.value.tokens, record.numbers) == (tokens, triple)


@given(values=st.lists(numbers, min_size=4, max_size=4), tic=st.integers(0, 10**6))
def test_a_phi_line_reads_back_as_it_was_printed(values: list[float], tic: int) -> None:
    names = ("phi_deg", "k_frac", "F_latt_b", "F_latt")
    body = " ".join(f"{name}={value:.17g}" for name, value in zip(names, values, strict=True))
    (trace,) = parse_trace(f"TRACE_C_PHI phi_tic={tic} {body}\n")
    assert [record.numbers[0] for record in trace.records] == values
    assert {record.index.ordinal("phi_tic") for record in trace.records} == {tic}


@pytest.mark.parametrize("log", LOGS, ids=[str(path.relative_to(PAIRS)) for path in sorted(PAIRS.glob("*/*.log"))])
def test_every_line_end_of_an_example_gives_the_same_records(log: bytes) -> None:
    text = log.decode()
    (unix,), (windows,) = parse_trace(text), parse_trace(text.replace("\n", "\r\n"))
    assert unix.records == windows.records
    hold(unix)

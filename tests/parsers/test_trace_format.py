"""The trace format: what a line of it is, and that both dialects read it so."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.parsers import parse_trace
from nbtrace.parsers.dialect import dialect_of
from nbtrace.parsers.format_check import check_format
from nbtrace.parsers.outcome import Structure, UnreadableLine
from nbtrace.parsers.source import LogLines
from nbtrace.parsers.trace_format import FormatError, parse_body, split_index, version_stated
from nbtrace.records import Shape, Side
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.file import vocabulary_of
from tests.places import ROOT

OWN = b"""format_version = 1
name = "toy"
sides = { one = ["TRACE_C"], other = ["OTHER>"] }
indices = ["step", "cell"]

[quantities]
T_K = { unit = "K" }
p_Pa = { unit = "Pa" }
v = { unit = "m/s", shape = 3 }
"""
TOY = vocabulary_of(OWN, "toy.toml")


def test_a_line_has_an_index_a_key_numbers_and_a_unit() -> None:
    line = parse_body(" step=3  cell=7 flux 1 -2.5e-3 nan J/(m2 s)")
    assert dict(line.index) == {"step": 3, "cell": 7}
    assert (line.key, line.rows, line.unit) == ("flux", (("1", "-2.5e-3", "nan"),), "J/(m2 s)")


def test_a_matrix_has_rows() -> None:
    assert parse_body(" R [1 0; 0 1] m").rows == (("1", "0"), ("0", "1"))


def test_text_is_no_number() -> None:
    assert parse_body(" method forward euler").text == "forward euler"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("T_K 1", "no blank"),
        (" ", "nothing stands behind"),
        (" step=3 ", "no key"),
        (" T_K", "has no value"),
        (" T_K=1", "is no key"),
        (" T.x 1", "is no key"),
        (" nan 1", "is no key"),
        (" 1 2", "is no key"),
        (" step=3 step=4 T_K 1", "stands twice"),
        (" step=99999999999 T_K 1", "beyond"),
        (" T_K 1 2 furlong_per_fortnight", "is no unit"),
        (" T_K 1.5D+03", "begins with e"),
        (" T_K 1.0-308", "begins with e"),
        (" T_K ****", "too narrow"),
        (" T_K 306,5", "decimal sign is a point"),
        (" T_K Infinity", "print nan, inf or -inf"),
        (" T_K -nan(ind)", "print nan, inf or -inf"),
        (" T_K [1 2; 3]", "rows"),
        (" T_K [1 x]", "is no number"),
        (" T_K []", "rows"),
        (" note a=b", "sign of equality"),
        (" T_K ١", "is no number"),
    ],
)
def test_what_is_no_line_says_why(body: str, reason: str) -> None:
    with pytest.raises(FormatError, match=re.escape(reason)):
        parse_body(body)


@pytest.mark.parametrize("line", ["TRACE_FORMAT 1", "TRACE_FORMAT  1 ", "TRACE_FORMAT: 1", " TRACE_FORMAT 1\r"])
def test_the_version_is_structure(line: str) -> None:
    assert isinstance(version_stated(line), Structure)
    for vocabulary in (registry.default(), TOY):
        (trace,) = parse_trace(f"{line}\nTRACE_C: T_K 1\n", vocabulary=vocabulary)
        assert (trace.account.structure, trace.account.used, trace.account.unreadable) == (1, 1, ())


@pytest.mark.parametrize("line", ["TRACE_FORMAT 2", "TRACE_FORMAT", "TRACE_FORMAT one", "TRACE_FORMAT 1 1"])
def test_another_version_is_told(line: str) -> None:
    assert isinstance(version_stated(line), UnreadableLine)
    for vocabulary in (registry.default(), TOY):
        (trace,) = parse_trace(f"{line}\nTRACE_C: T_K 1\n", vocabulary=vocabulary)
        assert [bad.line for bad in trace.account.unreadable] == [1]
        assert "this nbtrace reads 1" in trace.account.unreadable[0].reason


@pytest.mark.parametrize("line", ["TRACE_FORMATTER 1", "see TRACE_FORMAT 1", "TRACE_FORMAT_1: T 1"])
def test_other_lines_state_no_version(line: str) -> None:
    assert version_stated(line) is None


def test_a_log_of_both_programs_has_one_version_for_both() -> None:
    c, py = parse_trace("TRACE_FORMAT 1\nTRACE_C: T_K 1\nTRACE_PY: T_K 2\n")
    assert (c.side, py.side) == (Side.C, Side.PY)
    assert c.account.structure == py.account.structure == 1


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name.lower() not in {"nan", "inf", "infinity", "none"}
)


@given(
    index=st.dictionaries(names, st.integers(0, 2**31 - 1), max_size=3),
    numbers=st.lists(st.floats(), min_size=1, max_size=4),
    unit=st.sampled_from(["", "K", "m/s", "W/(m K)", "m^-1"]),
)
def test_any_dialect_reads_what_a_line_of_the_format_says(
    index: dict[str, int], numbers: list[float], unit: str
) -> None:
    places = " ".join(f"{name}={place}" for name, place in index.items())
    text = " ".join(f"{number:.17g}" for number in numbers)
    body = f" {places} own_key {text} {unit}".rstrip()
    line = parse_body(body)
    assert (dict(line.index), line.key, line.unit) == (index, "own_key", unit)
    known = {
        key for quantity in registry.default().quantities.values() for key in (quantity.name, *dict(quantity.aliases))
    }
    if known & index.keys():
        return  # a key of nanoBragg's is no loop
    (trace,) = parse_trace(f"TRACE_C:{body}\n")
    (record,) = trace.records
    assert list(map(repr, record.value.numbers)) == [repr(float(token)) for token in text.split()]
    assert record.key == "own_key"
    assert {place for _, place in record.index.loops} <= set(index.values())


def test_a_loop_of_ones_own_is_an_index_without_a_vocabulary() -> None:
    (trace,) = parse_trace("TRACE_C: step=0 T_K 1 K\nTRACE_C: step=1 T_K 2 K\n")
    assert [(record.quantity, record.unit, record.index.loops) for record in trace.records] == [
        ("T_K", "K", (("step", 0),)),
        ("T_K", "K", (("step", 1),)),
    ]


def test_a_key_of_nanobragg_in_a_loop_of_another_program_is_another_quantity() -> None:
    (trace,) = parse_trace("TRACE_C: F_latt 3\nTRACE_C: step=0 F_latt 1\n")
    assert [record.quantity for record in trace.records] == ["F_latt", "step: F_latt"]


@pytest.mark.parametrize(
    ("line", "quantity"),
    [
        ("TRACE_C: phi_tic=3 k_frac -0.5", "phi_k_frac"),
        ("TRACE_C: phi_tic=3 phi_k_frac -0.5", "phi_k_frac"),
        ("TRACE_PY: source=3 F_cell -0.5", "source_F_cell"),
        ("TRACE_PY: source=0 phi_tic=3 mosaic=1 F_latt -0.5", "sample_F_latt"),
        ("TRACE_PY: subpixel_slow=1 subpixel_fast=0 phi_tic=3 F_latt -0.5", "sample_F_latt"),
    ],
)
def test_words_of_nanobragg_place_its_quantities(line: str, quantity: str) -> None:
    (trace,) = parse_trace(f"{line}\n")
    (record,) = trace.records
    assert (record.quantity, record.value.numbers) == (quantity, (-0.5,))
    assert 3 in (record.index.phi_tic, record.index.source)
    assert record.index.subpixel in {(1, 0), None, ()}


def test_a_known_key_with_a_sign_of_equality_is_no_loop() -> None:
    (trace,) = parse_trace("TRACE_C: steps=10\nTRACE_C: polar=1\n")
    assert [(record.quantity, record.value.numbers) for record in trace.records] == [
        ("steps", (10.0,)),
        ("polar", (1.0,)),
    ]


def test_a_loop_that_a_vocabulary_does_not_name_is_told() -> None:
    (trace,) = parse_trace("TRACE_C: step=1 T_K 5\nTRACE_C: stop=1 T_K 5\n", vocabulary=TOY)
    (bad,) = trace.account.unreadable
    assert "stop is no loop of the vocabulary toy" in bad.reason
    assert bad.line == 2


@pytest.mark.parametrize(
    ("line", "keys"),
    [("n=3 K m=4", ["n", "m"]), ("n=3 W / m", ["n"]), ("n=3 m=4 5", ["n", "m"]), ("n=3", ["n"])],
)
def test_an_unknown_key_with_a_unit_is_no_loop(line: str, keys: list[str]) -> None:
    (trace,) = parse_trace(f"OTHER> {line}\n", vocabulary=TOY)
    assert [record.key for record in trace.records] == keys


def test_an_index_without_a_key_is_told() -> None:
    (trace,) = parse_trace("TRACE_C: step=1 T_K\nTRACE_C: step=1 a=2\n")
    assert [bad.line for bad in trace.account.unreadable] == [1, 2]


def test_units_stand_behind_vectors_and_matrices() -> None:
    (trace,) = parse_trace("TRACE_C: v 1 2 3 m/s\nTRACE_C: step=0 W [1 0; 0 1] W/(m K)\n")
    assert [(item.unit, item.value.shape) for item in trace.records] == [
        ("m/s", Shape.VECTOR),
        ("W/(m K)", Shape.MATRIX),
    ]


def test_an_index_is_split_off() -> None:
    assert split_index("a=1 b=2 key 3") == ({"a": 1, "b": 2}, "key 3")
    assert split_index("key 3") == ({}, "key 3")


def test_the_examples_of_the_page_are_in_the_format() -> None:
    page = (ROOT / "docs" / "trace-format.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```trace\n(.*?)```", page, re.DOTALL)
    result = check_format(LogLines.of([example.encode()]), "page", dialect_of(registry.default()))
    assert (result.is_valid, result.valid, result.faults) == (True, 6, ())
    (trace,) = parse_trace(example)
    assert trace.account.unreadable == ()

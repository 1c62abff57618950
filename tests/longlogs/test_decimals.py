"""Decimal numbers in bulk against `float`."""

import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrace.longlogs.decimals import PAD, Decimals, parse

_SPELLINGS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).flatmap(
        lambda x: st.sampled_from([f"{x:.15g}", f"{x:.17g}", f"{x:.15e}", f"{x:.6g}", repr(x)])
    ),
    st.tuples(st.integers(0, 10**18), st.integers(-340, 320)).map(lambda draw: f"{draw[0]}e{draw[1]:+03d}"),
    st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)).map(lambda draw: f"-{draw[0]}.{draw[1]:09d}"),
    st.integers(2**53 - 5, 2**54).map(str),
    st.text("0123456789.eE+-", max_size=28),
)


def _parse(tokens: list[str]) -> Decimals:
    text = "".join(f"{token} " for token in tokens).encode()
    size = len(text) + 2 * PAD
    buffer = np.full(size + -size % 8, ord("\n"), dtype=np.uint8)
    buffer[PAD : PAD + len(text)] = np.frombuffer(text, dtype=np.uint8)
    length = np.array([len(token) for token in tokens], dtype=np.int64)
    stop = PAD + np.cumsum(length + 1) - 1
    dot = np.array([token.find(".") for token in tokens], dtype=np.int64)
    return parse(buffer, stop - length, stop, np.where(dot >= 0, stop - length + dot, -1))


@settings(max_examples=400)
@given(st.lists(_SPELLINGS.filter(lambda token: token.count(".") < 2), min_size=1, max_size=30))
def test_every_accepted_token_is_what_float_gives(tokens: list[str]) -> None:
    found = _parse(tokens)
    accepted = np.flatnonzero(found.valid).tolist()
    assert [struct.pack("d", found.values[at]) for at in accepted] == [
        struct.pack("d", float(tokens[at])) for at in accepted
    ]


@settings(max_examples=200)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_numbers_as_programs_print_them_are_accepted(numbers: list[float]) -> None:
    tokens = [spelling for x in numbers for spelling in (f"{x:.15g}", f"{x:.15e}", f"{x:g}")]
    assert _parse(tokens).valid.all()


def test_halfway_cases_round_to_even() -> None:
    tokens = ["9007199254740993", "9007199254740995", "900719925474099300e-02", "1e+23", "8.5e+22", "0.5e-323"]
    assert _parse(tokens).values.tolist() == [float(token) for token in tokens]


@given(st.lists(st.one_of(st.integers(0, 10**18 - 1), st.integers(1, 18).map(lambda n: 10**n - 1)), min_size=1))
def test_digits_are_those_of_the_whole_number(numbers: list[int]) -> None:
    found = _parse([str(number) for number in numbers])
    assert found.figures().digits.tolist() == [len(str(number)) for number in numbers]

"""Lines that are read by the plan of their skeleton say what they say when each is read for itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nbtrace import Trace, Vocabulary, load_vocabulary
from nbtrace.parsers import parse_trace
from nbtrace.parsers.outcome import Outcome
from nbtrace.parsers.planned_lines import LinePlan
from nbtrace.parsers.untagged import UntaggedForm, UntaggedReader
from nbtrace.vocabulary import registry
from tests.places import EXAMPLES

ROD = load_vocabulary(EXAMPLES / "heat" / "rod.toml")
SPEED = f"speed {'x' * 31} {{}} y {{}} ns/day\n"
"""A speed of the machine, if the unit is not too far from the word."""
KNOWN = "F_latt = -2.38\nF_cell = 100\npolar = 0.5\nlambda_meters = 1e-10\n"
WORDS = [
    *("energy", "max force", "Step", "F_latt", "hkl_frac", "h", "k", "l", "wall", "speed", "rank", "process", "core"),
    *(
        "elapsed",
        "Time",
        "E(RHF)",
        "a(5)",
        "F2",
        "cell",
        "info",
        "took",
        "pixel_pos_meters",
        "distance_m",
        "T_K",
        "Jan",
    ),
]
BETWEEN = [
    " ",
    " = ",
    "=",
    ": ",
    "  ",
    ", ",
    " | ",
    " (",
    ") ",
    " [",
    "/",
    " + ",
    " * ",
    ":",
    "\t",
    " K ",
    " K, ",
    " m ",
]
NUMBERS = st.one_of(
    st.integers(-5, 12).map(str),
    st.integers(0, 10**12).map(str),
    st.floats(-1e3, 1e3).map("{:.3f}".format),
    st.floats(-1e9, 1e9).map(repr),
    st.sampled_from(["1", "+1", "-1", "+2.5", "1e5", "-1.5E-07", "1.", ".5", "1.5D+02", "nan", "12:30", "1/3", "1,5"]),
)
_NUMBER = "\0"
templates = st.lists(st.sampled_from([*WORDS, *BETWEEN, *[_NUMBER] * 12]), min_size=2, max_size=10).map("".join)
fronts = st.sampled_from(
    ["", "", "", "  ", f"2026-01-02 03:04:0{_NUMBER} - port - INFO - ", f"[{_NUMBER}] ", "rank 1: "]
)


@st.composite
def logs(draw: st.DrawFn) -> str:
    """Return a log of several lines of each of a few templates."""
    forms = draw(st.lists(st.tuples(fronts, templates).map("".join), min_size=1, max_size=3))
    rest = st.sampled_from(["geometry:", "", "=== a ===", "random words", "converged: yes"])
    order = draw(st.lists(st.one_of(*[st.sampled_from(forms)] * 9, rest), min_size=8, max_size=20))
    lines = ["".join(draw(NUMBERS) if part == _NUMBER else part for part in line) for line in order]
    return KNOWN + "\n".join(lines) + "\n"


def told(traces: tuple[Trace, ...]) -> list[object]:
    """Return all that traces hold, numbers as text: a NaN is no other."""
    return [
        (
            [
                (item.line, item.key, item.quantity, item.unit, item.scale, item.index, repr(item.value), item.known)
                for item in (*trace.records, *trace.statistics)
            ],
            (trace.settings, trace.account, trace.dialects, trace.pixels, trace.readings, trace.untagged),
        )
        for trace in traces
    ]


@contextmanager
def each_line_for_itself() -> Iterator[None]:
    used = AssertionError("a line is read by a plan")
    with patch("nbtrace.parsers.bare_lines.LONGEST", -1), patch.object(LinePlan, "fields", side_effect=used):
        yield


def hold(text: str, vocabulary: Vocabulary) -> tuple[Trace, ...]:
    quick = parse_trace(text, vocabulary=vocabulary)
    with each_line_for_itself():
        assert told(quick) == told(parse_trace(text, vocabulary=vocabulary))
    return quick


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=logs(), vocabulary=st.sampled_from([registry.default(), ROD]))
@example(text=KNOWN + "T: 5.5 K 2\n" * 3 + "T: 5.5 K 1\n", vocabulary=registry.default())
@example(text=KNOWN + "x = 1.5 2.5 = 3.5\n" * 4 + "x = 1.5 -2.5 = 3.5\n", vocabulary=registry.default())
@example(text=KNOWN + "h = 3\nk = 4\nl = 5\n" * 6, vocabulary=registry.default())
@example(text=KNOWN + "process 5.5 a 3\n" * 4 + "process -5.5 a 3\n", vocabulary=registry.default())
@example(text=KNOWN + "wall 5.5 a 3\n" * 4 + "wall -5.5 a 3\n", vocabulary=registry.default())
@example(
    text=KNOWN + SPEED.format(2.5, 2.5) * 4 + SPEED.format("1.23456789012345678e-10", 2.5),
    vocabulary=registry.default(),
)
@example(text=KNOWN + SPEED.format(2, 2) * 4 + SPEED.format("2" * 25, 2), vocabulary=registry.default())
@example(text="T_K 5.5 x 1.5\n" + "step 3 T_K 5.5 dx_m 3\n" * 4 + "step 99999999999 T_K 5 dx_m 3\n", vocabulary=ROD)
def test_planned_lines_say_what_each_of_them_says(text: str, vocabulary: Vocabulary) -> None:
    hold(text, vocabulary)


SENTENCES = {
    "words": "STEP {n} TEMP = 30{n}.5 K, pressure 1.{n}e5",
    "pairs": "a={n} beta=-{n}.25",
    "an assignment": "residual = {n}.5 m",
    "a label": "  gradient: [{n}.5, -0.{n}, 1e-{n}]",
    "a row": "  {n}  1.{n}25  yes",
    "a time stamp": "2026-01-02 03:04:0{n},123 - port - INFO - Step {n}: energy = -1.{n}5",
    "a share": "Epoch {n}/9: loss=0.{n}5 acc=0.5",
    "a time": "took 0.{n} s",
    "a line of no value": "done with {n} of them",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_lines_of_one_skeleton_are_read_by_words_a_few_times_alone(name: str) -> None:
    text = KNOWN + "".join(f"{SENTENCES[name].format(n=turn % 10)}\n" for turn in range(100))
    read: list[str] = []
    whole = UntaggedReader.whole

    def noted(reader: UntaggedReader, line: str) -> tuple[Outcome, UntaggedForm] | None:
        read.append(line)
        return whole(reader, line)

    with patch.object(UntaggedReader, "whole", noted):
        (trace,) = parse_trace(text)
    assert len(read) < 30
    assert name in {"a time", "a line of no value"} or len(trace.records) >= 100
    hold(text, registry.default())


def test_random_words_are_read_one_by_one() -> None:
    text = KNOWN + "".join(f"{chr(97 + n % 26)}{n}q weight = {n}.5 of {n}r{n} tons\n" for n in range(60))
    assert len(hold(text, registry.default())[0].records) >= 60

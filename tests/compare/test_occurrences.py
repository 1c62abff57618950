"""Keys that come again at one place."""

import pytest

from nbtrace import Trace, diff
from nbtrace.compare.steps import compare_steps
from nbtrace.parsers import parse_trace
from nbtrace.verdicts.status import Verdict

FORMS = ("{side}: F_latt {value}\n", "F_latt = {value}\n", "{side}: own_key {value}\n")


def log(form: str, side: str, values: list[float]) -> Trace:
    (trace,) = parse_trace("".join(form.format(side=side, value=value) for value in values))
    return trace


def pair(form: str, c: list[float], py: list[float]) -> tuple[Trace, Trace]:
    return log(form, "TRACE_C", c), log(form, "TRACE_PY", py)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wrong", [0, 1, 6, 9])
def test_the_first_turn_that_diverges_is_named(form: str, wrong: int) -> None:
    values = [1.123456 + turn for turn in range(10)]
    c, py = pair(form, values, [value * (1.5 if turn >= wrong else 1) for turn, value in enumerate(values)])
    result = diff(c, py)
    first = result.first_divergence
    assert first is not None
    assert (first.index.ordinal("repeat") or 0) == wrong
    assert (result.coverage.compared, result.coverage.expected) == (10, 10)
    turn = compare_steps(c, py, "repeat").first_divergence
    assert turn is not None
    assert turn.ordinal == wrong


@pytest.mark.parametrize("form", FORMS)
def test_equal_turns_agree(form: str) -> None:
    values = [1.123456 + turn for turn in range(10)]
    result = diff(*pair(form, values, values))
    assert result.verdict is Verdict.AGREE
    assert result.coverage.compared == 10


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("counts", [(10, 9), (9, 10), (10, 1), (3, 2)])
def test_other_numbers_of_turns_never_agree(form: str, counts: tuple[int, int]) -> None:
    for step in (1.0, 0.0):
        c, py = (([1.123456 + step * turn for turn in range(count)]) for count in counts)
        result = diff(*pair(form, c, py))
        assert result.verdict is Verdict.DIFFER
        assert any("fewer times" in notice.text for notice in result.notices)


def test_what_one_log_prints_once_more_is_still_unclear() -> None:
    result = diff(*pair(FORMS[0], [1.5, 2.5], [2.5]))
    assert result.verdict is Verdict.DIFFER
    assert any("more than once with different values" in notice.text for notice in result.notices)


def test_an_echo_of_one_value_is_no_turn() -> None:
    assert diff(*pair(FORMS[0], [1.5, 1.5], [1.5])).verdict is Verdict.AGREE


def test_what_the_reference_prints_again_at_the_end_is_no_turn() -> None:
    (c,) = parse_trace("TRACE_C:fdet_after_rotz=0 1 0\nTRACE_C:fdet_after_rotz=0 0 1\nTRACE_C:fdet_after_rotz=0 0 1\n")
    (py,) = parse_trace("TRACE_PY:fdet_after_rotz=0 0 1\n")
    assert diff(c, py).verdict is Verdict.AGREE

"""`= fresh` of `--set`: what the formula gives, from what is captured in the same run."""

from pathlib import Path

import pytest

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.capture_result import CaptureResult
from nbtrace.capturing.certificate import Certificate
from nbtrace.capturing.hits import CapturedValue, Hit
from nbtrace.capturing.injection import Injection, parse_injection
from nbtrace.errors import InputError
from nbtrace.proving.fresh_values import with_fresh_values
from tests.proving.meter import PROBES, request, vocabulary


def captured(where: Path, probes: str = PROBES) -> CaptureResult:
    """Return a capture in which the gain is stale, reached twice."""
    values = [("base", "2"), ("offset", "1"), ("gain", "2.5")]
    hit = Hit(1, tuple(CapturedValue(name, (number,)) for name, number in values))
    certificate = Certificate((), (), None, "", "", 1)
    return CaptureResult(request(where, probes=probes), certificate, (hit, hit), BackEnd.GDB, "", False, 0.0, 0.0)


def test_the_formula_gives_the_value_once_or_at_every_hit(tmp_path: Path) -> None:
    result = captured(tmp_path)
    (once,) = with_fresh_values(result, [parse_injection("gain = fresh")], vocabulary())
    assert (once.quantity, once.numbers, once.after, once.fresh) == ("gain", (3.0,), 0, False)
    every = with_fresh_values(result, [parse_injection("gain@every = fresh")], vocabulary())
    assert [(item.numbers, item.after) for item in every] == [((3.0,), 0), ((3.0,), 1)]


def test_numbers_that_are_given_stay(tmp_path: Path) -> None:
    result = captured(tmp_path)
    given = [parse_injection("base = 4"), parse_injection("gain = fresh")]
    first, second = with_fresh_values(result, given, vocabulary())
    assert first == given[0]
    assert second.words == "gain = 3"


def test_what_has_no_formula_is_one_line(tmp_path: Path) -> None:
    result = captured(tmp_path)
    with pytest.raises(InputError, match="no formula gives offset from what was captured"):
        with_fresh_values(result, [parse_injection("offset = fresh")], vocabulary())
    with pytest.raises(InputError, match="the vocabulary meter knows no reading"):
        with_fresh_values(result, [parse_injection("reading = fresh")], vocabulary())


def test_a_fresh_value_is_typed_as_a_word() -> None:
    assert parse_injection("gain@step=1,every = fresh") == Injection("gain", (), {"step": 1}, every=True, fresh=True)
    assert parse_injection("gain = fresh").words == "gain = fresh"

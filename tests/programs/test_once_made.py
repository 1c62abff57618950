"""A side that several comparisons ask."""

from dataclasses import dataclass, field

import pytest

from nbtrace.errors import ProgramError
from nbtrace.programs.command import FlagLine
from nbtrace.programs.once_made import OnceMade
from nbtrace.programs.side_source import Made, PixelTrace
from nbtrace.records import Pixel
from tests.programs.quick_sides import QuickSide


@dataclass(frozen=True)
class Counted(QuickSide):
    """Counts what it is asked; one with `fails` gives nothing."""

    asked: list[object] = field(default_factory=list)
    fails: bool = False

    def make(self, repeat: int) -> Made:
        self.asked.append(repeat)
        if self.fails:
            raise ProgramError("it crashes")
        return super().make(repeat)

    def trace(self, pixel: Pixel) -> PixelTrace:
        self.asked.append(pixel)
        return super().trace(pixel)


def test_a_side_is_asked_once_for_each_thing(line: FlagLine) -> None:
    source = Counted(line, candidate=False)
    once = OnceMade(source)
    assert once.make(2) is once.make(2)
    assert once.trace((1, 2)) is once.trace((1, 2))
    assert once.trace((1, 3)) is not once.trace((1, 2))
    assert once.make(3).milliseconds == (1.0,) * 3
    assert source.asked == [2, (1, 2), (1, 3), 3]
    assert (once.identity, once.threads) == (source.identity, source.threads)


def test_a_side_that_fails_does_not_run_again(line: FlagLine) -> None:
    source = Counted(line, candidate=False, fails=True)
    once = OnceMade(source)
    for _ in range(3):
        with pytest.raises(ProgramError, match="it crashes"):
            once.make(1)
    assert source.asked == [1]

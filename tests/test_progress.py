"""Progress: told to a display, to nobody by default."""

import io
import time
from dataclasses import dataclass, field

from nbtrace.cli.progress_bars import Bars, progress_on
from nbtrace.progress import displayed, stage, step, tracked


@dataclass
class Told:
    """A display that remembers what it was told."""

    lines: list[str] = field(default_factory=list)
    last: int = 0

    def begin(self, what: str, total: int | None) -> int:
        self.last += 1
        self.lines.append(f"begin {self.last} {what} {total}")
        return self.last

    def advance(self, stage: int, count: int) -> None:
        self.lines.append(f"advance {stage} {count}")

    def end(self, stage: int) -> None:
        self.lines.append(f"end {stage}")


def test_stages_are_told_and_steps_are_of_the_innermost() -> None:
    told = Told()
    with displayed(told), stage("outer", 2):
        step()
        with stage("inner"):
            step(5)
        step()
    assert told.lines == [
        "begin 1 outer 2",
        "advance 1 1",
        "begin 2 inner None",
        "advance 2 5",
        "end 2",
        "advance 1 1",
        "end 1",
    ]


def test_a_stage_ends_with_an_error() -> None:
    told = Told()
    try:
        with displayed(told):
            for item in tracked([1, 0], "divisions", 2):
                1 / item
    except ZeroDivisionError:
        pass
    assert told.lines[0] == "begin 1 divisions 2"
    assert told.lines.count("advance 1 1") == 1
    step()  # after it nothing is open
    assert told.lines.count("advance 1 1") == 1


def test_without_a_display_nothing_is_told() -> None:
    with stage("alone"):
        step()
    assert list(tracked("abc", "letters")) == ["a", "b", "c"]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_bars_come_late_and_go() -> None:
    stream = Terminal()
    bars = Bars(stream, after=0.01)
    number = bars.begin("runs of \x1b[31mthe reference", 3)
    bars.advance(number, 2)
    deadline = time.monotonic() + 20
    while "2 of 3" not in stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.02)
    bars.end(number)
    text = stream.getvalue()
    assert "2 of 3" in text
    assert "runs of \\x1b[31mthe reference" in text  # no command reaches the terminal
    assert text.endswith("\x1b[2K") or "\x1b[2K" in text.rpartition("2 of 3")[2]  # the line is taken away
    assert bars._shown is None


def test_what_is_quick_shows_nothing() -> None:
    stream = Terminal()
    bars = Bars(stream, after=60)
    bars.end(bars.begin("a moment", None))
    assert stream.getvalue() == ""


def test_a_stream_that_is_no_terminal_stays_empty() -> None:
    stream = io.StringIO()
    with progress_on(stream), stage("long", 2):
        step()
        time.sleep(0.6)
    assert stream.getvalue() == ""

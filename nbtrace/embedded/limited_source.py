"""The embedded simulator with a time limit, which a program has and a function of this process has not."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from nbtrace.errors import ProgramError
from nbtrace.programs.side_source import Made, PixelTrace, WrappedSource
from nbtrace.records import Pixel


@dataclass(frozen=True)
class LimitedSource(WrappedSource):
    """A side whose image and traces are given up after some time each.

    Outside the main thread, where no alarm reaches, there is no limit; within a single call of compiled code it waits
    for the end of that.

    Attributes
    ----------
    seconds : float or None
        None for no limit.
    """

    seconds: float | None

    def make(self, repeat: int) -> Made:
        """Make the image; raises ProgramError when the time is over, and what the source raises."""
        with given_up_after(self.seconds):
            return self.source.make(repeat)

    def trace(self, pixel: Pixel) -> PixelTrace:
        """Return the trace of a pixel; raises ProgramError when the time is over."""
        with given_up_after(self.seconds):
            return self.source.trace(pixel)


@contextmanager
def given_up_after(seconds: float | None) -> Iterator[None]:
    """Raise ProgramError inside after some seconds of real time, where an alarm can be set."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(_: int, __: FrameType | None) -> None:
        raise ProgramError(f"the embedded simulator was given up after {seconds:g} s (--timeout)")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

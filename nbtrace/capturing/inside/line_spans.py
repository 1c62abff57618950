"""Which spans of lines a frame is inside of: what both back ends make of the events of an interpreter."""

from __future__ import annotations

import dis
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from .frame_probes import CodeProbes, FrameProbe, Tracer

_RUNS_ON = 0x20 | 0x80 | 0x200
"""Flags of a code object whose frame can be left and entered again: generators and coroutines."""
_ITERATES = ("FOR_ITER", "SEND", "YIELD_FROM", "GET_ANEXT", "END_ASYNC_FOR")
_SUSPENDS = ("YIELD_VALUE", "YIELD_FROM", "SEND")


class FrameSpans:
    """The spans that one frame is inside of."""

    __slots__ = ("_lines", "_tracer", "inside")

    def __init__(self, probes: CodeProbes, tracer: Tracer) -> None:
        self._lines: dict[int, list[FrameProbe]] = probes.lines
        self._tracer = tracer
        self.inside: dict[FrameProbe, list[Any]] = {}
        """Each probe, with the instruction at which its span was entered and whether an exception was raised since."""

    def line(self, frame: FrameType, line: int) -> None:
        """Take note that a line is about to run."""
        for probe, (start, raised) in list(self.inside.items()):
            outside = not probe.first <= line <= probe.last
            if outside or (frame.f_lasti == start and line == probe.first):
                del self.inside[probe]
                if not raised:
                    self._tracer.left(probe, frame)
            elif raised:  # it was handled inside the span
                self.inside[probe][1] = False
        for probe in self._lines.get(line, ()):
            if probe not in self.inside:
                self.inside[probe] = [frame.f_lasti, False]
                self._tracer.entered(probe, frame)

    def raised(self, code: CodeType, instruction: int, kind: object) -> None:
        """Take note of an exception; the one that ends an iteration is none."""
        if self.inside and not (kind in {StopIteration, StopAsyncIteration} and _is_at(code, instruction, _ITERATES)):
            for state in self.inside.values():
                state[1] = True

    def returned(self, frame: FrameType) -> None:
        """Take note that the frame is left for good, by `return` or at its end."""
        for probe, (_, raised) in list(self.inside.items()):
            if not raised and frame.f_lineno not in probe.returns:
                self._tracer.left(probe, frame)
        self.inside.clear()


def is_suspended(frame: FrameType) -> bool:
    """Tell whether a frame that seems to return only gives a value or waits, and goes on later.

    Up to Python 3.10 one that waits stands before the instruction by which it does.
    """
    code, instruction = frame.f_code, frame.f_lasti
    return bool(code.co_flags & _RUNS_ON) and (
        _is_at(code, instruction, _SUSPENDS) or _is_at(code, instruction + 2, ("YIELD_FROM",))
    )


def _is_at(code: CodeType, instruction: int, names: Any) -> bool:
    return 0 <= instruction < len(code.co_code) and dis.opname[code.co_code[instruction]].startswith(names)

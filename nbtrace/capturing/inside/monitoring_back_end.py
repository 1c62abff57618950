"""The back end for Python 3.12 and newer: `sys.monitoring`, which costs nothing in functions without probes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .line_spans import FrameSpans

if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from .frame_probes import Tracer

NAME = "sys.monitoring"
TOOL = "nbtrace"
_TOOLS = (4, 3, 2, 1, 0)
"""Numbers of tools that are asked for, those first that Python gives no other meaning; 5 is an optimiser's."""


class NoToolError(Exception):
    """Other tools have taken all numbers that `sys.monitoring` has."""


class MonitoringBackEnd:
    """Hears of each function once, and of the lines of those that have probes."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        self._events = self._monitoring.events
        self._tool = -1
        self._frames: dict[FrameType, FrameSpans] = {}
        """Frames that are inside of a span."""
        self._codes: dict[CodeType, Any] = {}

    def begin(self) -> None:
        """Begin to listen.

        Raises
        ------
        NoToolError
            If there are too many other tools.
        """
        free = [tool for tool in _TOOLS if self._monitoring.get_tool(tool) is None]
        if not free:
            raise NoToolError("all tools of sys.monitoring are taken by others")
        self._tool = free[0]
        self._monitoring.use_tool_id(self._tool, TOOL)
        for event, function in self._functions().items():
            self._monitoring.register_callback(self._tool, event, function)
        self._monitoring.set_events(
            self._tool, self._events.PY_START | self._events.RAISE | self._events.RERAISE | self._events.PY_UNWIND
        )

    def end(self) -> None:
        """End it, and tell if something else had taken its place meanwhile."""
        if self._monitoring.get_tool(self._tool) != TOOL:
            self._tracer.log.once("displaced", what="sys.monitoring")
            return
        self._monitoring.set_events(self._tool, 0)
        for code in self._codes:
            self._monitoring.set_local_events(self._tool, code, 0)
        for event in self._functions():
            self._monitoring.register_callback(self._tool, event, None)
        self._monitoring.free_tool_id(self._tool)

    def _functions(self) -> dict[int, Any]:
        events = self._events
        return {
            events.PY_START: self._started,
            events.LINE: self._line,
            events.PY_RETURN: self._returned,
            events.PY_UNWIND: self._unwound,
            events.RAISE: self._raised,
            events.RERAISE: self._raised,
        }

    def _started(self, code: CodeType, _: int) -> Any:
        probes = self._tracer.probes_of(code)
        if probes is not None and code not in self._codes:
            self._codes[code] = probes
            self._monitoring.set_local_events(self._tool, code, self._events.LINE | self._events.PY_RETURN)
        return self._monitoring.DISABLE

    def _line(self, code: CodeType, line: int) -> None:
        probes = self._codes.get(code)
        if probes is None:
            return
        frame = sys._getframe(1)
        spans = self._frames.get(frame)
        if spans is None:
            if line not in probes.lines:
                return
            spans = self._frames[frame] = FrameSpans(probes, self._tracer)
        spans.line(frame, line)
        if not spans.inside:
            del self._frames[frame]

    def _returned(self, code: CodeType, _: int, value: object) -> None:
        del code, value
        if self._frames:
            frame = sys._getframe(1)
            spans = self._frames.pop(frame, None)
            if spans is not None:
                spans.returned(frame)

    def _unwound(self, code: CodeType, _: int, error: object) -> None:
        del code, error
        if self._frames:
            self._frames.pop(sys._getframe(1), None)

    def _raised(self, code: CodeType, instruction: int, error: BaseException) -> None:
        if self._frames:
            spans = self._frames.get(sys._getframe(1))
            if spans is not None:
                spans.raised(code, instruction, type(error))

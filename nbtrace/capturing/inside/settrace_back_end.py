"""The back end for Python 3.8 to 3.11: `sys.settrace`, with lines told only in the functions that have probes."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from .line_spans import FrameSpans, is_suspended

if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .frame_probes import Tracer

NAME = "sys.settrace"


class SettraceBackEnd:
    """Traces all threads that begin after it."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._settrace = sys.settrace
        self._thread_settrace = threading.settrace
        self._function = _called(tracer)

    def begin(self) -> None:
        """Begin to trace."""
        sys.settrace = self._other
        threading.settrace = self._other_threads  # type: ignore[assignment]
        self._thread_settrace(self._function)
        self._settrace(self._function)

    def end(self) -> None:
        """End it, and tell if something else had taken its place meanwhile."""
        if sys.gettrace() is not self._function:
            self._displaced("sys.settrace")
        else:
            self._settrace(None)
        self._thread_settrace(None)
        sys.settrace = self._settrace
        threading.settrace = self._thread_settrace

    def _other(self, function: Any) -> None:
        """Stand in for sys.settrace while a capture runs."""
        if function is not self._function:
            self._displaced("sys.settrace")
        self._settrace(function)

    def _other_threads(self, function: Any) -> None:
        self._displaced("threading.settrace")
        self._thread_settrace(function)

    def _displaced(self, what: str) -> None:
        self._tracer.log.once("displaced", what=what)


def _called(tracer: Tracer) -> Any:
    """Return the function that decides of each function which is called whether its lines are told."""
    empty, probes_of = tracer.without_probes, tracer.probes_of

    def called(frame: FrameType, _event: str, _: object) -> Any:
        if frame.f_code.co_filename in empty:  # nearly all: this line is the cost of a capture
            return None
        probes = probes_of(frame.f_code)
        if probes is None:
            return None
        going_on = frame.f_trace  # a generator that goes on
        return going_on if isinstance(going_on, _FrameTrace) else _FrameTrace(probes, tracer)

    return called


class _FrameTrace(FrameSpans):
    """The trace function of one frame."""

    __slots__ = ()

    def __call__(self, frame: FrameType, event: str, arg: Any) -> _FrameTrace | None:
        if event == "line":
            line = frame.f_lineno
            if self.inside or line in self._lines:
                self.line(frame, line)
        elif event == "return":
            if self.inside and not is_suspended(frame):
                self.returned(frame)
        elif event == "exception":
            self.raised(frame.f_code, frame.f_lasti, arg[0])
        return self

"""The line of a test that made a comparison, for the report of its failure."""

import linecache
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from textwrap import dedent
from types import CodeType, FrameType

_MOST_LINES = 8
_OWN = frozenset({"nbtrace.parity", __name__, "contextlib"})
"""Modules between a test and the comparison."""


@dataclass(frozen=True)
class CallingLine:
    """Where a call stands: the file, its line from 1, and the source of the call."""

    path: str
    line: int
    source: tuple[str, ...]

    def words(self, project: Path) -> tuple[str, ...]:
        """Return the place and the source, the file named from the folder of the project where it lies there."""
        path = Path(self.path)
        name = path.relative_to(project) if path.is_relative_to(project) else path
        return (f"{name}:{self.line}", *(f">   {line}" for line in self.source))


def calling_lines(test: CodeType | None) -> tuple[CallingLine, ...]:
    """Return the line of a test that is under way and, where it called through others, the one that called last.

    Parameters
    ----------
    test : code or None
        Of the test's function; where it is not known, or not under way, only the last caller is told.
    """
    callers = list(_callers())
    last = callers[:1]
    own = [frame for frame in callers[1:] if frame.f_code is test]
    return tuple(_line_of(frame) for frame in (*own[:1], *last))


def _callers() -> Iterator[FrameType]:
    """Yield the frames of the running call, from the innermost that is not of this package's fixture."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") in _OWN:
        frame = frame.f_back
    while frame is not None:
        yield frame
        frame = frame.f_back


def _line_of(frame: FrameType) -> CallingLine:
    """Return the place that a frame is at: all lines of a call that stands on several."""
    code = frame.f_code
    start, end, *_ = next(islice(code.co_positions(), frame.f_lasti // 2, None), (None, None, None, None))
    first = start or frame.f_lineno
    lines = linecache.getlines(code.co_filename, frame.f_globals)[first - 1 : end or first]
    source = dedent("".join(lines)).rstrip().splitlines()
    more = ["…"] if len(source) > _MOST_LINES else []
    return CallingLine(code.co_filename, first, (*source[:_MOST_LINES], *more))

"""Progress on a terminal: bars on standard error that come after half a second and are gone at the end."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Timer
from typing import TYPE_CHECKING, TextIO

from nbtrace.cli.printing import shown
from nbtrace.progress import displayed

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_AFTER = 0.5
"""Seconds for which nothing is shown."""

_LONGEST = 50
"""Letters of what is being done."""

_NO_BARS = frozenset({"dumb", "unknown"})
"""Terminals on which a line cannot be written anew."""


@contextmanager
def progress_on(stream: TextIO) -> Iterator[None]:
    """Show the progress of what happens inside, where the stream is a terminal."""
    if not stream.isatty() or os.environ.get("TERM", "") in _NO_BARS:
        yield
        return
    bars = Bars(stream)
    try:
        with displayed(bars):
            yield
    finally:
        bars.close()


@dataclass(eq=False, repr=False)
class _OpenStage:
    """A stage under way, and its bar once there is one."""

    what: str
    total: int | None
    done: int = 0
    task: "TaskID | None" = None

    @property
    def count(self) -> str:
        """The steps that are done, for people; empty where a stage counts none."""
        if self.total is not None:
            return f"{self.done} of {self.total}"
        return str(self.done) if self.done else ""


@dataclass(eq=False, repr=False)
class Bars:
    """A bar for each open stage.

    Attributes
    ----------
    stream : TextIO
        A terminal.
    after : float
        Seconds for which nothing is shown, so that what is quick shows nothing.
    """

    stream: TextIO
    after: float = _AFTER
    _stages: dict[int, _OpenStage] = field(default_factory=dict)
    _last: int = 0
    _timer: Timer | None = None
    _shown: "Progress | None" = None
    _lock: Lock = field(default_factory=Lock)

    def begin(self, what: str, total: int | None) -> int:
        """Open a stage."""
        with self._lock:
            self._last += 1
            self._stages[self._last] = stage = _OpenStage(shown(what)[:_LONGEST], total)
            if self._shown is not None:
                self._add(self._shown, stage)
            elif self._timer is None:
                self._timer = Timer(self.after, self._show)
                self._timer.daemon = True
                self._timer.start()
            return self._last

    def advance(self, stage: int, count: int) -> None:
        """Show that a stage has come further."""
        with self._lock:
            there = self._stages.get(stage)
            if there is None:
                return
            there.done += count
            if self._shown is not None and there.task is not None:
                self._shown.update(there.task, completed=there.done, count=there.count)

    def end(self, stage: int) -> None:
        """Close a stage; with the last one the bars go."""
        with self._lock:
            there = self._stages.pop(stage, None)
            if self._shown is not None and there is not None and there.task is not None:
                self._shown.remove_task(there.task)
            if not self._stages:
                self._hide()

    def close(self) -> None:
        """Take the bars away, whatever is open."""
        with self._lock:
            self._stages.clear()
            self._hide()

    def _show(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - only for what takes long
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        with self._lock:
            if not self._stages or self._shown is not None or self._timer is None:
                return
            bars = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(20),
                TextColumn("{task.fields[count]}", markup=False),
                TimeElapsedColumn(),
                console=Console(file=self.stream),
                transient=True,
                # A line that is written to this very stream then goes above the bars; one that is kept stays kept.
                redirect_stderr=sys.stderr is self.stream,
                redirect_stdout=False,
            )
            for stage in self._stages.values():
                self._add(bars, stage)
            bars.start()
            self._shown = bars

    @staticmethod
    def _add(bars: "Progress", stage: _OpenStage) -> None:
        stage.task = bars.add_task(stage.what, total=stage.total, completed=stage.done, count=stage.count)

    def _hide(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._shown is not None:
            self._shown.stop()
            self._shown = None

"""How far a long piece of work has come, told to whoever wants to show it; by default to nobody.

A piece of work opens a :func:`stage` and calls :func:`step` for what it has done. A program that shows progress sets a
:class:`ProgressDisplay` by :func:`displayed`; without one, both cost next to nothing, and nothing is printed.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

_Item = TypeVar("_Item")


class ProgressDisplay(Protocol):
    """Something that shows stages, of which several may be open, one inside the other."""

    def begin(self, what: str, total: int | None) -> int:
        """Open a stage and return its number; `total` is how many steps it has, None where nobody knows."""

    def advance(self, stage: int, count: int) -> None:
        """Show that a stage has come so many steps further."""

    def end(self, stage: int) -> None:
        """Close a stage."""


_DISPLAY: ContextVar[ProgressDisplay | None] = ContextVar("nbtrace_progress_display", default=None)
_STAGE: ContextVar[int | None] = ContextVar("nbtrace_progress_stage", default=None)


@contextmanager
def displayed(display: ProgressDisplay) -> Iterator[None]:
    """Show on a display what happens inside."""
    token = _DISPLAY.set(display)
    try:
        yield
    finally:
        _DISPLAY.reset(token)


@contextmanager
def stage(what: str, total: int | None = None) -> Iterator[None]:
    """Make a stage of what happens inside.

    Parameters
    ----------
    what : str
        What is being done, or what is counted: `reading c.log`, `runs of the reference`.
    total : int, optional
        How many steps there will be, where that is known.
    """
    display = _DISPLAY.get()
    if display is None:
        yield
        return
    number = display.begin(what, total)
    token = _STAGE.set(number)
    try:
        yield
    finally:
        _STAGE.reset(token)
        display.end(number)


def step(count: int = 1) -> None:
    """Tell that the innermost open stage has come so many steps further."""
    display, number = _DISPLAY.get(), _STAGE.get()
    if display is not None and number is not None:
        display.advance(number, count)


def tracked(items: Iterable[_Item], what: str, total: int | None = None) -> Iterator[_Item]:
    """Yield items, each a step of a stage that ends with the last of them."""
    with stage(what, total):
        for item in items:
            yield item
            step()

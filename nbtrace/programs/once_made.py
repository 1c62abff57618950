"""A side that is asked for the same things by several comparisons: what it gives, or why not, is found once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from nbtrace.errors import NbtraceError
from nbtrace.programs.side_source import Made, PixelTrace, WrappedSource
from nbtrace.records import Pixel

_Key = TypeVar("_Key")
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class OnceMade(WrappedSource):
    """A side whose images and traces are kept while it is there."""

    _made: dict[int, Made | NbtraceError] = field(default_factory=dict, repr=False)
    _traces: dict[Pixel, PixelTrace | NbtraceError] = field(default_factory=dict, repr=False)

    def make(self, repeat: int) -> Made:
        """Return what so many runs made; a side that failed fails again, without another run."""
        return _once(self._made, repeat, self.source.make)

    def trace(self, pixel: Pixel) -> PixelTrace:
        """Return the trace of a pixel."""
        return _once(self._traces, pixel, self.source.trace)


def _once(known: dict[_Key, _Found | NbtraceError], key: _Key, find: Callable[[_Key], _Found]) -> _Found:
    if key not in known:
        try:
            known[key] = find(key)
        except NbtraceError as error:
            known[key] = error
    found = known[key]
    if isinstance(found, NbtraceError):
        raise found
    return found

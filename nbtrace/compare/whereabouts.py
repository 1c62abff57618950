"""Which pixel a trace is of: what the log states, and what its values say."""

import math

from nbtrace.compare.logs import logs_of
from nbtrace.frozen import frozen
from nbtrace.records import Pixel, Trace

_ON_THE_EDGE = 1e-6
"""Pixels by which a rounded coordinate may fall short of a pixel's lower edge."""


@frozen
class Whereabouts:
    """The pixel of one block of a trace.

    Attributes
    ----------
    stated : Pixel or None
        As the log states it.
    position : (float, float) or None
        (slow, fast) coordinates of the sampled point in pixels, as the logged values tell them.
    pixel_size : float or None
        Metres.
    """

    stated: Pixel | None
    position: tuple[float, float] | None
    pixel_size: float | None

    @property
    def derived(self) -> Pixel | None:
        """The pixel in which the sampled point lies."""
        if self.position is None:
            return None
        slow, fast = (math.floor(coordinate + _ON_THE_EDGE) for coordinate in self.position)
        return slow, fast

    @property
    def pixel(self) -> Pixel | None:
        """What the values say, else what the log states."""
        return self.derived or self.stated

    @property
    def contradicts_itself(self) -> bool:
        """Whether the log states another pixel than its own values say."""
        return self.stated is not None and self.derived is not None and self.stated != self.derived


def whereabouts(trace: Trace, block: int = 0) -> Whereabouts:
    """Return which pixel a block of a trace is of."""
    position, size = logs_of(trace.vocabulary).position(trace, block)
    return Whereabouts(trace.pixels.get(block), position, size)

"""How much memory a run takes, and what that means for the portions in which pixels are computed."""

import math

from simulator.config import Config
from simulator.errors import ResourceError
from simulator.files import present_bytes

LARGEST_PORTION = 1 << 15
"""Pixels of a portion that is as fast as any: its intermediate tensors fit the processor's cache."""

SMALLEST_PORTION = 1 << 8
BYTES_PER_PORTION_PIXEL = 400
"""Intermediate tensors that are alive at once, about fifty numbers for each pixel of a portion."""

BYTES_PER_IMAGE_PIXEL = 48
"""Index, value in double and single precision, and the copies that statistics and files need."""


def portion_size(config: Config) -> int:
    """Return how many pixels are computed at once within the memory budget of the configuration."""
    budget = config.execution.memory_mb
    if budget is None:
        return LARGEST_PORTION
    return min(max(budget * 1_000_000 // BYTES_PER_PORTION_PIXEL, SMALLEST_PORTION), LARGEST_PORTION)


def needed_bytes(config: Config) -> int:
    """Return an estimate of what a run allocates besides the program and the structure factors."""
    return math.prod(config.shape_slow_fast) * BYTES_PER_IMAGE_PIXEL + portion_size(config) * BYTES_PER_PORTION_PIXEL


def check_memory(config: Config) -> None:
    """Refuse a run that the machine cannot hold.

    Raises
    ------
    ResourceError
        With the estimate, before anything is allocated.
    """
    needed = needed_bytes(config)
    present = present_bytes()
    if needed > present:
        slow, fast = config.shape_slow_fast
        raise ResourceError(
            f"a detector of {slow} x {fast} pixels (slow x fast) takes about {needed / 2**30:.3g} GiB, "
            f"and this machine has {present / 2**30:.3g} GiB; give fewer pixels"
        )

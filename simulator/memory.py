"""How much memory a run takes, and what that means for the portions in which pixels are computed."""

import math

import torch

from simulator.config import Config
from simulator.device import device_name, device_of, is_available
from simulator.errors import ResourceError
from simulator.files import present_bytes

LARGEST_PORTION = 1 << 15
"""Pixels of a portion that is as fast as any: its intermediate tensors fit the processor's cache."""

LARGEST_GPU_PORTION = 1 << 25
"""Pixels of a portion on a GPU, which has no use for small ones: every portion costs some hundred launches."""

SMALLEST_PORTION = 1 << 8
BYTES_PER_PORTION_PIXEL = 400
"""Intermediate tensors that are alive at once, about fifty numbers for each pixel of a portion."""

BYTES_PER_IMAGE_PIXEL = 48
"""Index, value in double and single precision, and the copies that statistics and files need."""


def portion_size(config: Config) -> int:
    """Return how many pixels are computed at once: within the configured budget, or half of a GPU's memory."""
    device = device_of(device_name(config))
    on_gpu = device.type == "cuda" and is_available(device)
    largest = LARGEST_GPU_PORTION if on_gpu else LARGEST_PORTION
    if config.execution.memory_mb is not None:
        budget = config.execution.memory_mb * 1_000_000
    elif on_gpu:
        budget = torch.cuda.mem_get_info(device)[0] // 2
    else:
        return largest
    return min(max(budget // BYTES_PER_PORTION_PIXEL, SMALLEST_PORTION), largest)


def needed_bytes(config: Config) -> int:
    """Return an estimate of what a run allocates in main memory besides the program and the structure factors."""
    pixels = math.prod(config.shape_slow_fast)
    portion = portion_size(config) if device_name(config) == "cpu" else 0
    return pixels * BYTES_PER_IMAGE_PIXEL + portion * BYTES_PER_PORTION_PIXEL


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

"""How much a run computes, as far as its flags tell, and from where on compiled code pays."""

import math

from simulator.config import Config

WORTHWHILE_SAMPLES = 2_000_000
"""Samples from which an image is left to compiled code.

The eager sweep takes some 0.1 s of a core for each million, compiled code a sixth of that at ten samples of a pixel, a
ninth at a hundred; to make it takes some seconds, once, most of it beside the import of torch. Where it is in the
cache it pays from some 200,000 samples on, but there a tenth of a second is less than the bits of traces are worth, and
which bits an image has must not depend on a cache.
"""

AUTO = "auto"
"""The name of a device that leaves the choice to the samples."""

PAYING_SAMPLES = 400_000_000
"""Samples that take two processor cores some two to five seconds: longer than a GPU takes to start and compute them."""


def is_worthwhile(samples: int) -> bool:
    """Tell whether an image of so many samples is left to compiled code where nothing else is asked for."""
    return samples >= WORTHWHILE_SAMPLES


def least_samples(config: Config) -> int:
    """Return the samples of an image that are certain before files are read: divergence and oversampling may add to it.

    A sample is one pixel, layer, subpixel, source, φ step and mosaic domain.
    """
    first_f, last_f, first_s, last_s = config.roi
    pixels = (last_f - first_f + 1) * (last_s - first_s + 1)
    subpixels = max(config.sampling.oversample or 1, 1) ** 2
    crystal = config.crystal
    return math.prod((pixels, subpixels, crystal.rotation.count, crystal.domain_count, config.detector.layers.count))


def may_use_native(config: Config) -> bool:
    """Tell whether a run is likely to want the native engine, so that it may be loaded beside other work."""
    match config.execution.compile:
        case "always":
            wanted = True
        case "auto":
            wanted = is_worthwhile(least_samples(config))
        case _:
            wanted = False
    device = config.execution.device
    return wanted and (device == "cpu" or (device == AUTO and least_samples(config) < PAYING_SAMPLES))

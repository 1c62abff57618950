"""What a simulator makes of the pixels of an image, as the search for causes asks for it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.explanation.simulations.run import Config

Doubles: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.int64]
"""Flat indices of pixels, ascending."""


class ImageSimulator(ABC):
    """Runs of configurations; each method raises :class:`~nbtrace.errors.NbtraceError` where it cannot."""

    @abstractmethod
    def shape(self, config: Config) -> tuple[int, int]:
        """Return the numbers of pixels, slow and fast."""

    @abstractmethod
    def visited(self, config: Config) -> Places:
        """Return the pixels that a run computes."""

    @abstractmethod
    def values(self, config: Config, pixels: Places) -> Doubles:
        """Return the values of some pixels of a run, all of them visited; many are computed side by side."""

    @abstractmethod
    def samples(self, config: Config) -> int:
        """Return the samples that one pixel takes."""

    @abstractmethod
    def factors(self, config: Config, pixels: Places) -> Mapping[str, Doubles]:
        """Return the factors of the value of each pixel, by their names; positive numbers."""

    @abstractmethod
    def constants(self, config: Config) -> Mapping[str, float]:
        """Return numbers of a configuration by which a whole image may be off, by what they are."""

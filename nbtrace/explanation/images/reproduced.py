"""Runs of a simulator held against one image: how many of its pixels a run has, and how far the others are."""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.explanation.images.image_simulator import Doubles
from nbtrace.explanation.simulations.run import Change

Pixels: TypeAlias = npt.NDArray[Any]

CLOSE = 2e-5
"""Relative difference up to which a pixel is reproduced: single precision, and the cancellation of a lattice sum."""

FAINT = 1e-6
"""Share of the largest value below which a difference is taken of that instead of the pixel's own value."""

_HALF = 0.5 * (1 + 1e-6)


@dataclass(frozen=True)
class Target:
    """The pixels of an image that runs are held against.

    Attributes
    ----------
    values : ndarray
        Flat, float64.
    whole : bool
        The file holds integers, so half a count is nothing.
    largest : float
        Largest size of a value in the image.
    """

    values: Doubles
    whole: bool
    largest: float

    @classmethod
    def of(cls, pixels: Pixels, largest: float) -> "Target":
        """Return the target of an image's pixels."""
        return cls(pixels.astype(np.float64), pixels.dtype.kind in "ui", largest)

    def off(self, made: Doubles) -> Doubles:
        """Return by how much each pixel is off, as a share of the larger value, and not of less than a faint one."""
        with np.errstate(over="ignore", invalid="ignore"):
            apart = np.abs(made - self.values)
            if self.whole:
                apart = np.maximum(apart - _HALF, 0.0)
            size = np.maximum(np.maximum(np.abs(made), np.abs(self.values)), FAINT * self.largest)
            return np.nan_to_num(apart / np.maximum(size, 1e-300), nan=1.0, posinf=1.0)

    def apart(self, made: Doubles) -> float:
        """Return the mean difference of logarithms, above what is faint."""
        floor = max(FAINT * self.largest, 1e-300)
        with np.errstate(over="ignore", invalid="ignore"):
            logs = np.log(np.maximum(made, 0.0) + floor) - np.log(np.maximum(self.values, 0.0) + floor)
        mean = float(np.abs(logs).mean())
        return mean if math.isfinite(mean) else math.inf


@dataclass(frozen=True)
class Fit:
    """How well a run has an image.

    Attributes
    ----------
    held : float
        Share of the pixels that are reproduced.
    typical : float
        Median relative difference.
    worst : float
        The largest one.
    factor : float
        Number by which the run is multiplied.
    offset : float
        Number that is added then, in a file of integers.
    apart : float
        Mean difference of the logarithms, for what is far from any run.
    """

    held: float
    typical: float
    worst: float
    factor: float = 1.0
    offset: float = 0.0
    apart: float = 0.0

    @property
    def rank(self) -> tuple[float, float]:
        """Larger for a better one."""
        held = round(self.held, 2) if self.held > _SOME else 0.0
        return held, -math.log(max(self.typical, 1e-12)) if held else -self.apart


_SOME = 0.2
"""Share of the pixels up to which it may be chance that they are reproduced."""


def fit_of(target: Target, made: Doubles, factor: float = 1.0, offset: float = 0.0) -> Fit:
    """Return how well a run, multiplied by a number and with another one added, has an image."""
    run = made * factor + offset if (factor, offset) != (1.0, 0.0) else made
    off = target.off(run)
    return Fit(float((off <= CLOSE).mean()), float(np.median(off)), float(off.max()), factor, offset, target.apart(run))


def common_line(target: Target, made: Doubles) -> tuple[float, float] | None:
    """Return factor and offset by which a file of integers is a run, by least squares; None if there is no line."""
    usable = np.isfinite(made) & (target.values < target.largest)
    x, y = made[usable], target.values[usable]
    if x.size < _LINE or not np.ptp(x) > 0:
        return None
    spread = x - x.mean()
    factor = float((spread * y).sum() / (spread * spread).sum())
    offset = float(y.mean() - factor * x.mean())
    return (factor, float(np.rint(offset))) if factor > 0 else None


_LINE = 30


def common_factor(target: Target, made: Doubles) -> float | None:
    """Return the median ratio of an image to a run; None where it says nothing."""
    used = (made > 0) & (target.values > FAINT * target.largest)
    if np.count_nonzero(used) < 10:
        return None
    factor = float(np.median(target.values[used] / made[used]))
    return factor if factor > 0 and math.isfinite(factor) else None


@dataclass(frozen=True)
class ImageReproduction:
    """The run that has most of an image.

    Attributes
    ----------
    changes : tuple of Change
        What has to be changed in the configuration; none where it is as configured.
    as_well : tuple of Change
        Single changes that do the same to the telling pixels.
    factor, offset : float
        Numbers by which the run is multiplied, and that are added; 1 and 0 where nothing is fitted.
    named : str
        What that number is, where a number of the configuration is the same.
    few : Fit
        Over the telling pixels.
    telling : int
        How many they are.
    configured : Fit
        The run as configured, over the same.
    whole : Fit or None
        Over the pixels of the image on which it was verified; None where it was not.
    correlation : float or None
        Over the same.
    pixels : int
        How many they are.
    all : bool
        Whether they are all that count.
    off : int
        Of them, pixels that the run does not have.
    """

    changes: tuple[Change, ...]
    as_well: tuple[Change, ...]
    factor: float
    offset: float
    named: str
    few: Fit
    telling: int
    configured: Fit
    whole: Fit | None = None
    correlation: float | None = None
    pixels: int = 0
    all: bool = False
    off: int = 0

    @property
    def widest(self) -> Fit:
        """The fit over the most pixels that were looked at."""
        return self.whole or self.few

    @property
    def holds(self) -> bool:
        """Whether the run has the image: in the telling pixels and in those it was verified on."""
        return self.few.held >= MOST_TELLING and self.whole is not None and self.whole.held >= MOST


MOST = 0.999
"""Share of the pixels of an image that must be reproduced; a thread of the reference may make one otherwise."""

MOST_TELLING = 0.985
"""The same of the telling pixels, which are few."""

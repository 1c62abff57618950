"""Why two images differ, from runs of a simulator: what each of them is, and what their ratio is made of."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.compare.images.orientation import PLACEMENTS
from nbtrace.compare.images.result import ImagesResult
from nbtrace.errors import NbtraceError
from nbtrace.explanation.images.image_search import best_run, verified
from nbtrace.explanation.images.image_simulator import ImageSimulator, Places
from nbtrace.explanation.images.known_factors import RatioFactors, named_number, ratio_factors
from nbtrace.explanation.images.reproduced import FAINT, ImageReproduction, Target
from nbtrace.explanation.images.solving import Unknown
from nbtrace.explanation.images.telling import telling_pixels
from nbtrace.explanation.images.telling_runs import TellingRuns
from nbtrace.explanation.simulations.run import Change, Config, Experiments
from nbtrace.progress import stage
from nbtrace.records import Side

Pixels: TypeAlias = npt.NDArray[Any]

SEARCH_SECONDS = 8.0
_LARGE = 6_000_000
VERIFYING_SECONDS = 3.0
"""For the run that is held against the whole of one image."""
_TRIAL = 20_000
_FACTOR_PIXELS = 20_000


@dataclass(frozen=True)
class ImageExperiments:
    """What may be varied, as the search in images asks for it.

    Attributes
    ----------
    simulator : ImageSimulator
    experiments : Experiments
    options : callable
        Returns the single changes of a configuration.
    unknowns : callable
        Returns its numbers that may be solved for.
    seconds : float
        For all runs of telling pixels of one image.
    """

    simulator: ImageSimulator
    experiments: Experiments
    options: Callable[[Config], Sequence[Change]]
    unknowns: Callable[[Config], Sequence[Unknown]]
    seconds: float = SEARCH_SECONDS

    def seconds_for(self, pixels: int) -> float:
        """Return the time for runs of the telling pixels: a little less where the images themselves take long."""
        return self.seconds * (1 - 0.4 * min(pixels / _LARGE, 1.0))


@dataclass(frozen=True)
class ImageCauses:
    """What runs of a simulator say of two images.

    Attributes
    ----------
    refused : str
        Why nothing was run; empty if it was.
    reproductions : mapping of Side to ImageReproduction
    factors : RatioFactors or None
        Py/C as a product of known factors.
    telling : int
        Pixels on which changes were tried.
    tried : int
        Runs that were made of them.
    unfinished : bool
        Whether there was no time for some.
    laid : str
        How Py was laid on C for that; empty as it is.
    """

    refused: str = ""
    reproductions: Mapping[Side, ImageReproduction] = field(default_factory=dict)
    factors: RatioFactors | None = None
    telling: int = 0
    tried: int = 0
    unfinished: bool = False
    laid: str = ""


def image_causes(result: ImagesResult, config: Config, experiments: ImageExperiments) -> ImageCauses:
    """Return what runs of a simulator say of two images that were compared.

    Parameters
    ----------
    result : ImagesResult
    config : Config
        What both were made with.
    experiments : ImageExperiments
    """
    simulator = experiments.simulator
    try:
        with stage("runs of the simulator"):
            return _searched(result, config, experiments, simulator)
    except NbtraceError as error:
        return ImageCauses(refused=str(error))


def _searched(
    result: ImagesResult, config: Config, experiments: ImageExperiments, simulator: ImageSimulator
) -> ImageCauses:
    shape = simulator.shape(config)
    if shape != result.c.shape:
        own = f"{result.c.shape[0]} x {result.c.shape[1]}"
        return ImageCauses(
            refused=f"the flags are of {shape[0]} x {shape[1]} pixels (slow x fast), the images have {own}"
        )
    usable = _usable(result, simulator.visited(config))
    images = {Side.C: result.c.pixels, Side.PY: _laid(result)}
    places = telling_pixels(images[Side.C], images[Side.PY], usable)
    if places.size == 0:
        return ImageCauses(refused="no compared pixel is one that a run of these flags computes")
    runs = TellingRuns(
        simulator, experiments.experiments, config, places, experiments.seconds_for(result.c.pixels.size)
    )
    options, unknowns = experiments.options(config), experiments.unknowns(config)
    wholes = np.flatnonzero(usable.ravel()).astype(np.int64)
    constants = simulator.constants(config)
    factors = _factors(result, config, simulator, wholes, constants)
    product = factors is not None and factors.exact
    reproductions: dict[Side, ImageReproduction] = {}
    for side in _sides(result):
        pixels = images[side]
        largest = float(np.abs(pixels.ravel()[wholes].astype(np.float64)).max())
        found = best_run(Target.of(pixels.ravel()[places], largest), runs, options, unknowns, deep=not product)
        if found is None:
            continue
        found = replace(found, named=named_number(found.factor, constants))
        chosen = experiments.experiments.applied(config, found.changes)
        some = _affordable(simulator, chosen, wholes)
        target = Target.of(pixels.ravel()[some], largest)
        reproductions[side] = verified(found, target, simulator, chosen, some, all_=some.size == wholes.size)
    return ImageCauses(
        reproductions=reproductions,
        factors=factors,
        telling=places.size,
        tried=len(runs.made),
        unfinished=runs.unfinished,
        laid="" if images[Side.PY] is result.py.pixels or result.placement is None else result.placement.name,
    )


def _sides(result: ImagesResult) -> tuple[Side, ...]:
    """Return the sides to hold against runs: not the one that is made of the other, to the last digit."""
    relation = result.relation
    if relation is not None and relation.exact:
        return (Side.C,) if relation.made is Side.PY else (Side.PY,)
    return Side.C, Side.PY


def _laid(result: ImagesResult) -> Pixels:
    """Return Py as it lies on C best, where nothing is cut off by that."""
    placement = result.placement
    if placement is None or placement.shift != (0, 0):
        return result.py.pixels
    laid: Pixels = np.ascontiguousarray(PLACEMENTS[placement.name](result.py.pixels))
    return laid


def _usable(result: ImagesResult, visited: Places) -> npt.NDArray[np.bool_]:
    compared = result.selection.compared
    usable = np.zeros(result.c.shape, bool)
    usable.ravel()[visited] = True
    return usable if compared is None else usable & compared


def _affordable(simulator: ImageSimulator, config: Config, places: Places) -> Places:
    """Return the pixels that a run computes in the time there is: all, or evenly spread ones."""
    trial = _spread(places, _TRIAL)
    clock = time.monotonic()
    simulator.values(config, trial)
    seconds = time.monotonic() - clock
    affordable = int(trial.size * VERIFYING_SECONDS / max(seconds, 1e-3))
    return _spread(places, affordable)


def _spread(places: Places, count: int) -> Places:
    """Return about so many places, evenly spread; a stride without a common divisor with rows reaches all columns."""
    if count >= places.size:
        return places
    steps = np.arange(count, dtype=np.int64)
    return places[(steps * (places.size - 1)) // max(count - 1, 1)]


def _factors(
    result: ImagesResult, config: Config, simulator: ImageSimulator, wholes: Places, constants: Mapping[str, float]
) -> RatioFactors | None:
    """Return Py/C as a product of factors, over pixels that are not faint in either image."""
    if result.relation is not None and result.relation.exact:
        return None
    c, py = (pixels.ravel()[wholes].astype(np.float64) for pixels in (result.c.pixels, _laid(result)))
    loud = (c > FAINT * c.max()) & (py > FAINT * py.max())
    some = _spread(np.flatnonzero(loud).astype(np.int64), _FACTOR_PIXELS)
    if some.size == 0:
        return None
    places = wholes[some]
    slow, fast = np.divmod(places, result.c.shape[1])
    where = slow / result.c.shape[0], fast / result.c.shape[1]
    return ratio_factors(py[some] / c[some], simulator.factors(config, places), constants, where)

"""Runs of one pixel by the simulator, each made once, and by how much their values move with the inputs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from nbtrace.errors import NbtraceError
from nbtrace.explanation.runs.alternatives import Change, with_changes
from nbtrace.explanation.scene import Node, Values, Vector
from nbtrace.records import Pixel
from simulator.config import Config

_BUDGET = 3_000
"""Samples that all runs together may take; a run also costs as much as :data:`_OVERHEAD` samples."""
_OVERHEAD = 20
MANY = 200
"""Samples of a run from which on the condition of its values is not measured."""
_STEP = 1e-7
"""Relative change of an input by which the condition of a value is measured."""


@dataclass(frozen=True, slots=True)
class Run:
    """A pixel as the simulator computes it: values by what they are, and the samples that it took."""

    values: Values
    samples: int = 1


Simulate = Callable[[Config, Pixel], Run]
"""Runs one pixel (slow, fast); raises :class:`NbtraceError` where it cannot."""


@dataclass
class Runs:
    """Runs of one pixel, each made once."""

    simulate: Simulate
    config: Config
    pixel: Pixel
    samples: int = 0
    spent: int = 0
    untried: set[str] = field(default_factory=set)
    made: dict[Config, Values | None] = field(default_factory=dict)

    def base(self) -> Values:
        """Return the run as configured; raises NbtraceError if it cannot be made."""
        run = self.simulate(self.config, self.pixel)
        self.samples = run.samples
        self.spent += run.samples + _OVERHEAD
        self.made[self.config] = run.values
        return run.values

    def of(self, chosen: tuple[Change, ...]) -> Values | None:
        """Return the values with some changes; None if the run cannot be made, or there is no time for it."""
        config = with_changes(self.config, chosen)
        if config not in self.made:
            if self.spent > _BUDGET:
                self.untried.add(chosen[-1].text)
                return None
            self.made[config] = self._made(config)
        return self.made[config]

    def _made(self, config: Config) -> Values | None:
        self.spent += _OVERHEAD
        try:
            run = self.simulate(config, self.pixel)
        except NbtraceError:
            return None
        self.spent += run.samples
        return run.values


def condition_of(runs: Runs, chosen: tuple[Change, ...], values: Values) -> dict[Node, Vector]:
    """Return by how much each value changes per relative change of wavelength, distance and pixel size together."""
    if runs.samples > MANY:
        return {}
    total = {node: [0.0] * len(value) for node, value in values.items()}
    for nudge in _nudges(with_changes(runs.config, chosen)):
        moved = runs.of((*chosen, nudge))
        for node, value in values.items():
            other = moved.get(node, value) if moved is not None else value
            if len(other) == len(value):
                for i, (x, y) in enumerate(zip(value, other, strict=True)):
                    total[node][i] += abs(x - y) / _STEP
    return {node: tuple(change) for node, change in total.items()}


def _nudges(config: Config) -> Iterator[Change]:
    detector = config.detector
    numbers = {
        "beam.wavelength_angstrom": config.beam.wavelength_angstrom,
        "detector.pixel_mm": detector.pixel_mm,
        "detector.distance_mm": detector.distance_mm,
        "detector.close_distance_mm": detector.close_distance_mm,
    }
    for name, value in numbers.items():
        if value is not None:
            yield Change("nudge", name, fields={name: value * (1 + _STEP), **_kept_size(config, name)})


def _kept_size(config: Config, name: str) -> dict[str, object]:
    """Return the number of pixels, which must not change with their size."""
    if name != "detector.pixel_mm":
        return {}
    fast, slow = config.detector.pixels
    return {"detector.detpixels_fast": fast, "detector.detpixels_slow": slow}

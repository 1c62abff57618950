"""Runs of one place of a computation, each made once, and by how much their values move with the inputs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from nbtrace.compare.scene import Node, Values, Vector
from nbtrace.errors import NbtraceError
from nbtrace.frozen import frozen
from nbtrace.progress import step
from nbtrace.records import Pixel

if TYPE_CHECKING:
    from nbtrace.explanation.simulations.match import Logged

_BUDGET = 9_000
"""Samples that all runs together may take; a run also costs as much as :data:`_OVERHEAD` samples."""
_OVERHEAD = 20
MANY = 200
"""Samples of a run from which on the condition of its values is not measured."""
STEP = 1e-7
"""Relative change of an input by which the condition of a value is measured."""

Config: TypeAlias = Hashable
"""A configuration, of which only its physics knows what is in it."""


class Change(Hashable, Protocol):
    """One thing that differs from a configuration."""

    @property
    def name(self) -> str:
        """Of the kind of change."""

    @property
    def text(self) -> str:
        """What is done, as a report says it after "with"."""

    @property
    def moves(self) -> tuple[str, ...]:
        """Quantities of which it moves at least one before any other, if that can be said."""

    @property
    def mends(self) -> str:
        """What is wrong without the change, if it takes a known defect out; empty if it departs from what is meant."""

    @property
    def odds(self) -> float | None:
        """How likely such a change reproduces by chance what it was solved from; None if it was not solved for."""


class Experiments(ABC):
    """What may be varied in a configuration."""

    @abstractmethod
    def changes(self, config: Config, pixel: Pixel) -> tuple[Change, ...]:
        """Return every change that a configuration allows, the likely ones first."""

    def solved(
        self, config: Config, log: "Logged", run: Callable[[tuple[Change, ...]], Values | None]
    ) -> Iterator[Change]:
        """Yield changes that are solved for from a log's values, of a configuration and what runs of it give."""
        del config, log, run
        return iter(())

    @abstractmethod
    def applied(self, config: Config, chosen: tuple[Change, ...]) -> Config:
        """Return a configuration with changes."""

    @abstractmethod
    def words(self, config: Config) -> str:
        """Return the name of the mode that a configuration has."""

    @abstractmethod
    def modes(self, config: Config) -> Mapping[str, tuple[Change, ...]]:
        """Return the modes, each with what has to be changed in a configuration for it."""

    @abstractmethod
    def nudges(self, config: Config) -> Iterator[Change]:
        """Yield changes of single inputs by the share :data:`STEP`."""

    @abstractmethod
    def shape(self, config: Config) -> tuple[int, int]:
        """Return the numbers of pixels, slow and fast."""

    @property
    @abstractmethod
    def switches(self) -> tuple[str, ...]:
        """Names of the changes that turn a switch."""

    @property
    @abstractmethod
    def shortening(self) -> frozenset[str]:
        """Names of the changes by which a run may take fewer samples."""


@frozen
class SimulatedPixel:
    """A pixel as a simulator computes it: values by what they are, and the samples that it took."""

    values: Values
    samples: int = 1


Simulate = Callable[[Config, Pixel], SimulatedPixel]
"""Runs one pixel (slow, fast); raises :class:`NbtraceError` where it cannot."""


@dataclass
class Runs:
    """Runs of one pixel, each made once."""

    simulate: Simulate
    experiments: Experiments
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

    def of(self, chosen: tuple[Change, ...], *, needed: bool = False) -> Values | None:
        """Return the values with some changes; None if the run cannot be made, or there is no time for it.

        A run that is needed is made, whatever the time.
        """
        config = self.experiments.applied(self.config, chosen)
        if config not in self.made:
            if self.spent > _BUDGET and not needed:
                self.untried.add(chosen[-1].text)
                return None
            self.made[config] = self._made(config)
        return self.made[config]

    def _made(self, config: Config) -> Values | None:
        self.spent += _OVERHEAD
        step()
        try:
            run = self.simulate(config, self.pixel)
        except NbtraceError:
            return None
        self.spent += run.samples
        return run.values


def condition_of(runs: Runs, chosen: tuple[Change, ...], values: Values) -> dict[Node, Vector]:
    """Return by how much each value changes per relative change of the inputs together."""
    if runs.samples > MANY:
        return {}
    total = {node: [0.0] * len(value) for node, value in values.items()}
    for nudge in runs.experiments.nudges(runs.experiments.applied(runs.config, chosen)):
        moved = runs.of((*chosen, nudge))
        for node, value in values.items():
            other = moved.get(node, value) if moved is not None else value
            if len(other) == len(value):
                for i, (x, y) in enumerate(zip(value, other, strict=True)):
                    total[node][i] += abs(x - y) / STEP
    return {node: tuple(change) for node, change in total.items()}

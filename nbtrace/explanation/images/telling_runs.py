"""Runs of the telling pixels of two images, within the time there is.

It is the processor's, so that what is found does not depend on what else the machine does.
"""

import time
from dataclasses import dataclass, field

from nbtrace.errors import NbtraceError
from nbtrace.explanation.images.image_simulator import Doubles, ImageSimulator, Places
from nbtrace.explanation.simulations.run import Change, Config, Experiments
from nbtrace.progress import step

_LATE = 0.25
"""Share of the time that a run may take beyond it."""

_TICK = 1e-6
"""Least time of a run, in s: clocks tick."""


@dataclass
class TellingRuns:
    """Runs of the telling pixels, each made once."""

    simulator: ImageSimulator
    experiments: Experiments
    config: Config
    places: Places
    seconds: float
    made: dict[Config, Doubles | None] = field(default_factory=dict)
    unfinished: bool = False
    _started: float = field(default_factory=time.process_time)
    share: float = 1.0
    _fastest: float = 0.0

    def begin(self) -> None:
        """Begin with another image: all the time is there again."""
        self._started = time.process_time()
        self.allow(1.0)

    def allow(self, share: float) -> None:
        """Allow runs until a share of the time has gone."""
        self.share = share

    @property
    def in_time(self) -> bool:
        """Whether there is time for another run."""
        return time.process_time() - self._started < self.share * self.seconds

    def of(self, chosen: tuple[Change, ...]) -> Doubles | None:
        """Return the values with some changes; None if the run cannot be made, or there is no time for it."""
        config = self.experiments.applied(self.config, chosen)
        if config not in self.made:
            if not self.in_time:
                self.unfinished = True
                return None
            self.made[config] = self._run(config)
        return self.made[config]

    def _run(self, config: Config) -> Doubles | None:
        if self.simulator.shape(config) != self.simulator.shape(self.config):
            return None
        step()
        try:
            samples = self.simulator.samples(config)
            if not self._is_affordable(samples):
                self.unfinished = True
                return None
            begun = time.process_time()
            values = self.simulator.values(config, self.places)
        except NbtraceError:
            return None
        self._fastest = max(self._fastest, samples / max(time.process_time() - begun, _TICK))
        return values

    def _is_affordable(self, samples: int) -> bool:
        """Whether a run is over soon after the time, by the most samples that one has made in a second so far.

        Of what a number is solved for may be a crystal of which one run takes minutes.
        """
        left = self.seconds - (time.process_time() - self._started)
        return samples <= self._fastest * max(left, _LATE * self.seconds) or not self._fastest

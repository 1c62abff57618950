"""What may be varied in a run of the simulator, as the search for the run that reproduces a log asks for it."""

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING, cast

from nbtrace.compare.scene import Values
from nbtrace.explanation.simulations.match import Logged
from nbtrace.explanation.simulations.run import STEP, Change, Experiments
from nbtrace.explanation.simulations.run import Config as AnyConfig
from nbtrace.physics.nanobragg.alternatives import changes
from nbtrace.physics.nanobragg.configuration_change import ConfigurationChange, kept_size
from nbtrace.physics.nanobragg.solved import solved
from nbtrace.records import Pixel
from simulator.defects import Defect, Mode, mode_name

if TYPE_CHECKING:
    from simulator.config import Config


class Simulator(Experiments):
    """The embedded simulator's switches and configuration values."""

    switches = tuple(defect.value for defect in Defect)
    shortening = frozenset({"oversample", "phi_steps", "mosaic", "sources", "sensor"})

    def changes(self, config: AnyConfig, pixel: Pixel) -> tuple[Change, ...]:
        """Return the switches, then the values."""
        return changes(cast("Config", config), pixel)

    def applied(self, config: AnyConfig, chosen: tuple[Change, ...]) -> AnyConfig:
        """Return a configuration with changes."""
        own = cast("tuple[ConfigurationChange, ...]", chosen)
        return reduce(lambda changed, change: change.applied(changed), own, cast("Config", config))

    def solved(
        self, config: AnyConfig, log: Logged, run: Callable[[tuple[Change, ...]], Values | None]
    ) -> Iterator[Change]:
        """Yield numbers and counts that a log needs."""
        return solved(cast("Config", config), log, run)

    def words(self, config: AnyConfig) -> str:
        """Return the name of the mode, else the names of its switches."""
        return mode_name(cast("Config", config).execution.defects)

    def modes(self, config: AnyConfig) -> Mapping[str, tuple[Change, ...]]:
        """Return for each mode the switches that have to be turned."""
        given = cast("Config", config).execution.defects
        turned = {mode.value: sorted(given ^ mode.defects, key=lambda defect: defect.value) for mode in Mode}
        return {
            mode: tuple(ConfigurationChange(defect.value, defect.value, defect) for defect in defects)
            for mode, defects in turned.items()
        }

    def nudges(self, config: AnyConfig) -> Iterator[Change]:
        """Yield the wavelength, the distances and the pixel size, each a little larger."""
        own = cast("Config", config)
        detector = own.detector
        numbers = {
            "beam.wavelength_angstrom": own.beam.wavelength_angstrom,
            "detector.pixel_mm": detector.pixel_mm,
            "detector.distance_mm": detector.distance_mm,
            "detector.close_distance_mm": detector.close_distance_mm,
        }
        for name, value in numbers.items():
            if value is not None:
                kept = kept_size(own) if name == "detector.pixel_mm" else {}
                yield ConfigurationChange("nudge", name, fields={name: value * (1 + STEP), **kept})

    def shape(self, config: AnyConfig) -> tuple[int, int]:
        """Return the numbers of pixels, slow and fast."""
        return cast("Config", config).shape_slow_fast

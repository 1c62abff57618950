"""One thing that differs from a configuration of the simulator: a switch turned, or values in place of others."""

from collections.abc import Mapping
from dataclasses import field
from typing import TypeAlias

from nbtrace.frozen import frozen
from simulator.config import Config
from simulator.defects import Defect

Fields: TypeAlias = Mapping[str, object]
"""Values by section and name: `{"beam.flux_per_s": 0.0}`."""


@frozen
class ConfigurationChange:
    """One thing that differs from the configuration.

    Attributes
    ----------
    name : str
        Of the alternative, or of the switch.
    text : str
        What is done, as a report says it after "with".
    switch : Defect, optional
        Turned the other way.
    fields : mapping of str to object
        Configuration values.
    moves : tuple of str
        Quantities of which it moves at least one before any other, if that can be said.
    mends : str
        What is wrong without the change, if it takes a known defect out; empty if it departs from what is meant.
    odds : float or None
        How likely such a change reproduces by chance what it was solved from; None if it was not solved for.
    """

    name: str
    text: str
    switch: Defect | None = None
    fields: Fields = field(default_factory=dict)
    moves: tuple[str, ...] = ()
    mends: str = ""
    odds: float | None = None

    def applied(self, config: Config) -> Config:
        """Return the configuration with the change in it."""
        values = dict(self.fields)
        if self.switch is not None:
            values["execution.defects"] = config.execution.defects ^ {self.switch}
        for key, value in values.items():
            section, _, name = key.partition(".")
            changed = getattr(config, section).model_copy(update={name: value})
            config = config.model_copy(update={section: changed})
        return config


def kept_size(config: Config) -> Fields:
    """Return the number of pixels, which must not change with their size."""
    fast, slow = config.detector.pixels
    return {"detector.detpixels_fast": fast, "detector.detpixels_slow": slow}

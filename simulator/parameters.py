"""The numbers that a gradient may be asked for, as tensors.

The builders read every differentiable quantity through :class:`Parameters`. It holds the configuration, and tensors
that take the place of configured numbers; a graph behind such a tensor reaches the image.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import torch
from torch import Tensor

from simulator.config import Config
from simulator.device import device_name, device_of


class Parameter(StrEnum):
    """What may be given as a tensor; the value is the field's path in the configuration, in its unit."""

    CELL = "crystal.cell"
    """Six numbers: a, b, c (Å), α, β, γ (degrees)."""
    MISSET = "crystal.misset_deg"
    """Three angles about x, y, z."""
    MOSAIC_SPREAD = "crystal.mosaic_spread_deg"
    PHI = "crystal.phi_deg"
    WAVELENGTH = "beam.wavelength_angstrom"
    FLUENCE = "beam.fluence_per_m2"
    KAHN_FACTOR = "beam.kahn_factor"
    DISTANCE = "detector.distance_mm"
    CLOSE_DISTANCE = "detector.close_distance_mm"
    ROTX = "detector.rotx_deg"
    ROTY = "detector.roty_deg"
    ROTZ = "detector.rotz_deg"
    TWOTHETA = "detector.twotheta_deg"
    XBEAM = "detector.Xbeam_mm"
    YBEAM = "detector.Ybeam_mm"
    STRUCTURE_FACTORS = "structure.F"
    """The dense table of structure factors, h slowest."""
    DEFAULT_F = "structure.default_F"


@dataclass(frozen=True)
class Parameters:
    """A configuration with tensors in place of some of its numbers."""

    config: Config
    tensors: Mapping[Parameter, Tensor] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        """Where the tensors live.

        Raises
        ------
        ConfigurationError
            If the configured name is none that torch knows.
        """
        return device_of(device_name(self.config))

    def number(self, value: float) -> Tensor:
        """Return a float64 scalar on the device."""
        return torch.tensor(value, dtype=torch.float64, device=self.device)

    def numbers(self, values: tuple[float, ...]) -> tuple[Tensor, ...]:
        """Return float64 scalars on the device."""
        return torch.tensor(values, dtype=torch.float64, device=self.device).unbind()

    def given(self, name: Parameter) -> Tensor | None:
        """Return the tensor given for `name`, if there is one."""
        tensor = self.tensors.get(name)
        return None if tensor is None else tensor.to(dtype=torch.float64, device=self.device)

    def scalar(self, name: Parameter, default: float = 0.0) -> Tensor:
        """Return the tensor for `name`, or the configured number, or `default` where that is not given."""
        tensor = self.given(name)
        if tensor is not None:
            return tensor
        section, _, attribute = name.value.partition(".")
        value = getattr(getattr(self.config, section), attribute)
        return self.number(default if value is None else value)

    def has(self, name: Parameter) -> bool:
        """Tell whether `name` is given, as a tensor or in the configuration."""
        section, _, attribute = name.value.partition(".")
        return name in self.tensors or getattr(getattr(self.config, section), attribute) is not None

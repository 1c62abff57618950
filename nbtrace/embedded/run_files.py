"""What runs of configurations that differ little share: the files that they name, and the pixels that they visit."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from torch import Tensor

from simulator.build import Inputs, Mask, read_inputs
from simulator.config import Config
from simulator.defects import Defect
from simulator.run import visited_pixels


@dataclass
class RunFiles:
    """Inputs and visited pixels, each read or worked out once."""

    read: dict[Hashable, Inputs] = field(default_factory=dict)
    pixels: dict[Hashable, Tensor] = field(default_factory=dict)

    def inputs(self, config: Config) -> Inputs:
        """Return what the files of a configuration hold."""
        structure = config.structure
        names = config.crystal.matrix_file, config.beam.source_file, config.sampling.mask_file, structure.hkl_file
        defect = Defect.CACHE_WHITE_SPACE in config.execution.defects
        key = (*names, structure.dump_file, structure.default_F, defect, config.shape_slow_fast)
        if key not in self.read:
            self.read[key] = read_inputs(config)
        return self.read[key]

    def visited(self, config: Config, mask: Mask | None) -> Tensor:
        """Return the pixels that a run computes, as flat indices, ascending."""
        key = config.roi, config.sampling.mask_file, config.shape_slow_fast
        if key not in self.pixels:
            self.pixels[key] = visited_pixels(config, mask)
        return self.pixels[key]

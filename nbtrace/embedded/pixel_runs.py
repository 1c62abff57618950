"""The embedded simulator as `nbtrace explain` runs it: one pixel, many configurations. Importing it imports torch."""

from typing import cast

import torch

from nbtrace.compare.scene import Node, Values, node_of
from nbtrace.embedded.choice import simulator_errors
from nbtrace.embedded.recorder import Observed, Recorder, quantity_of
from nbtrace.embedded.run_files import RunFiles
from nbtrace.errors import ProgramError
from nbtrace.explanation.simulations.run import Config as AnyConfig
from nbtrace.explanation.simulations.run import Simulate, SimulatedPixel
from nbtrace.parsers.values import read_value
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Pixel, Shape
from simulator.build import build_model
from simulator.config import Config
from simulator.defects import Defect
from simulator.memory import check_memory
from simulator.run import trace_values

LONGEST = 500
"""Samples of a pixel that are too many to be taken again and again."""

_SCANNED = 1 << 16
"""Earlier pixels that may be looked at for what the reference carries from pixel to pixel."""


class _Lean(Recorder):
    """Notes what logs print; what only a fuller trace has is not computed."""

    def __call__(self, name: str, value: Observed) -> None:
        """Note a value."""
        if not name.startswith(_UNLOGGED):
            super().__call__(name, value)


_UNLOGGED = ("base.", "sample.", "source", "phi.rot_", "phi.contribution")


def pixel_runs() -> Simulate:
    """Return a function that runs one pixel of a configuration; what several runs share is read once.

    It raises :class:`~nbtrace.errors.NbtraceError` where the run cannot be made.
    """
    files = RunFiles()

    def run(configured: AnyConfig, pixel: Pixel) -> SimulatedPixel:
        config = cast("Config", configured)
        recorder = _Lean()
        with simulator_errors(), torch.no_grad():
            check_memory(config)
            inputs = files.inputs(config)
            model = build_model(config, inputs, observe=recorder)
            samples = model.steps * model.layers.count
            if samples > LONGEST:
                raise ProgramError(f"the pixel has {samples} samples, too many to be taken for every alternative")
            visited = files.visited(config, inputs.mask)
            if _has_long_past(config) and len(visited) > _SCANNED:
                raise ProgramError(f"what {len(visited)} pixels leave behind for later ones takes too long to follow")
            trace_values(model, visited, pixel, recorder)
        return SimulatedPixel(_values(recorder), samples)

    return run


def _has_long_past(config: Config) -> bool:
    """Whether earlier pixels have to be computed to know what the reference carries to a later one."""
    defects = config.execution.defects
    switches = Defect.INTERPOLATION_SWITCH_OFF in defects and config.interpolates
    return switches or (config.beam.dmin_angstrom > 0 and Defect.STALE_PHI_ROTATION in defects)


def _values(recorder: Recorder) -> Values:
    """Return what a run shows by what it is and where it belongs, in record units."""
    values: dict[Node, tuple[float, ...]] = {}
    for step in recorder.steps:
        meant = quantity_of(step.family, step.key)
        numbers, shape = step.numbers, None
        if step.text is not None:
            read = read_value(step.text)
            numbers, shape = read.numbers, read.shape
        if meant.quantity in VOCABULARY.quantities and shape not in {Shape.TEXT, Shape.SENTINEL} and numbers:
            node = node_of(VOCABULARY, meant.quantity, step.index)
            values[node] = tuple(number * meant.scale for number in numbers)
    return values

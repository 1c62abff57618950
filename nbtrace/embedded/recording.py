"""One run of the embedded simulator with a recorder that watches one pixel. Importing this imports torch."""

import torch

from nbtrace.embedded.choice import simulator_errors
from nbtrace.embedded.recorder import Recorder
from nbtrace.parsers.outcome import Stated
from nbtrace.physics.nanobragg.dialects.banner import banner as stated
from nbtrace.records import Pixel
from simulator.banner import banner
from simulator.build import Inputs, build_model, read_inputs
from simulator.config import Config
from simulator.memory import check_memory
from simulator.model import Model
from simulator.run import trace_values, visited_pixels


def observed_run(config: Config, pixel: Pixel, *, samples: bool) -> tuple[Recorder, tuple[str, ...], int]:
    """Run a configuration for one pixel; return what was recorded, the header of its trace, and the number of φ steps.

    Parameters
    ----------
    config : Config
    pixel : (int, int)
        Slow, fast.
    samples : bool
        Record every innermost sample.

    Raises
    ------
    UsageError, InputError, ProgramError
        If the run cannot be made or does not visit the pixel.
    """
    recorder = Recorder(samples=samples)
    with simulator_errors(), torch.no_grad():
        check_memory(config)
        inputs = read_inputs(config)
        model = build_model(config, inputs, observe=recorder)
        trace_values(model, visited_pixels(config, inputs.mask), pixel, recorder)
        header = _header(model, inputs, pixel)
    return recorder, header, len(model.crystal.phi_rad)


def _header(model: Model, inputs: Inputs, pixel: Pixel) -> tuple[str, ...]:
    """Return the lines of the banner that nbtrace reads settings from, and the traced pixel."""
    execution = model.config.execution
    return (
        f"# nbtrace harness, mode {execution.mode}",
        f"Device: {execution.device}, Dtype: {execution.dtype}",
        *(line for line in banner(model, inputs) if isinstance(stated(line), Stated)),
        f"# Tracing pixel: (slow={pixel[0]}, fast={pixel[1]})",
    )

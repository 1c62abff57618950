"""A whole run as the command does it: inputs, banner, image, files, trace."""

import math
import shlex
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from simulator.banner import banner
from simulator.build import Inputs, build_model, read_inputs
from simulator.config import Config
from simulator.fused import fused_engine, is_possible, is_worthwhile
from simulator.kernel import EAGER
from simulator.memory import check_memory
from simulator.model import Engine, Model
from simulator.observe import Observable, Value, resolve
from simulator.outputs import RunNotes, write_dump, write_outputs
from simulator.random import Generator
from simulator.run import simulate, trace_values, visited_pixels
from simulator.vectors import Matrix, Vector

Print = Callable[[str], None]

PHI_FIELDS = ("phi_tic", "phi_deg", "k_frac", "F_latt_b", "F_latt")
"""What the reference prints of a φ step."""


def simulate_command(config: Config, canonical: Sequence[str], say: Print) -> None:
    """Run a configuration, print what the reference prints, and write its files.

    Raises
    ------
    SimulatorError
        With one line that says what is wrong; no output is left half written.
    """
    check_memory(config)
    inputs = read_inputs(config)
    generator = Generator()
    model = build_model(config, inputs, generator=generator)
    for line in banner(model, inputs):
        say(line)
    say(f"flags: {shlex.join(canonical)}")
    if config.output.print_pixels:
        say("WARNING: -printout prints nothing here; -trace_pixel slow fast prints every step of a pixel")
    write_dump(model, inputs)
    if config.execution.trace_pixel_slow_fast is not None:
        _trace(model, inputs, config.execution.trace_pixel_slow_fast, say)
    notes = RunNotes()
    image = simulate(model, inputs.mask, notes, chosen_engine(model))
    if notes.interpolation_ends_at is not None:
        slow, fast = divmod(notes.interpolation_ends_at, config.shape_slow_fast[1])
        say(f"WARNING: out of range for interpolation at pixel slow {slow} fast {fast}; from there on it is off")
    say("")
    for line in write_outputs(model, inputs, image, notes.total_sr, generator):
        say(line)


def chosen_engine(model: Model) -> Engine:
    """Return the compiled fast path where it is possible and asked for, or pays; else the eager one."""
    wish = model.config.execution.compile
    if wish == "never":
        return EAGER
    with torch.no_grad():
        possible = is_possible(model)
    worthwhile = wish == "always" or is_worthwhile(model, math.prod(model.config.shape_slow_fast))
    return fused_engine() if possible and worthwhile else EAGER


def _trace(model: Model, inputs: Inputs, pixel: tuple[int, int], say: Print) -> None:
    say(f"TRACE_CONFIG: tracing pixel (spixel={pixel[0]}, fpixel={pixel[1]})")
    lines = TraceLines()
    with torch.no_grad():
        trace_values(model, visited_pixels(model.config, inputs.mask), pixel, lines)
    for line in lines.finished():
        say(line)


class TraceLines:
    """An observer that writes the lines of the reference's pixel block, with the tag TRACE_PY."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._phi: int | None = None

    def __call__(self, name: str, value: Observable) -> None:
        """Note a value that the reference prints."""
        family, _, key = name.rpartition(".")
        if family == "":
            self._lines.append(f"TRACE_PY: {key} {number_text(resolve(value))}")
        elif family == "source2":
            self._lines.append(f"TRACE_PY_SOURCE2: {key} {number_text(resolve(value))}")
        elif family == "phi" and key in PHI_FIELDS:
            if key == PHI_FIELDS[0]:
                self._phi = len(self._lines)
                self._lines.append("TRACE_PY_PHI")
            if self._phi is not None:
                self._lines[self._phi] += f" {key}={number_text(resolve(value))}"

    def finished(self) -> list[str]:
        """Return the lines so far."""
        return list(self._lines)


def number_text(value: Value) -> str:
    """Return a value of a single pixel as the reference prints it: %.15g, components with blanks between."""
    match value:
        case Vector():
            return " ".join(number_text(component) for component in value)
        case Matrix():
            return "[" + "; ".join(number_text(row) for row in value) + "]"
        case Tensor():
            return f"{value.item():.15g}"
        case float():
            return f"{value:.15g}"
    return str(value)

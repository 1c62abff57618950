"""A whole run as the command does it: inputs, banner, image, files, trace."""

import math
import shlex
from collections.abc import Callable, Sequence
from enum import Enum

import numpy as np
import torch
from torch import Tensor

from simulator.banner import banner
from simulator.build import Inputs, build_model, read_inputs
from simulator.config import Config
from simulator.device import gpu_pays, on_available_device
from simulator.engines import EngineKind, chosen_engine
from simulator.errors import ConfigurationError
from simulator.memory import check_memory
from simulator.model import Model
from simulator.observe import Observable, Value, resolve
from simulator.outputs import RunNotes, write_dump, write_outputs
from simulator.random import Generator
from simulator.run import places_of, simulate, trace_values, visited_indices, visited_pixels
from simulator.vectors import Matrix, Vector
from simulator.work import AUTO

Print = Callable[[str], None]

MOST_SAMPLES = 1e14
"""Samples of an image that take months at the best of rates."""


class RunEnd(Enum):
    """How a run ended."""

    COMPLETE = "at least one pixel is a number"
    ALL_NAN = "no pixel is a number"


PHI_FIELDS = ("phi_tic", "phi_deg", "k_frac", "F_latt_b", "F_latt")
"""What the reference prints of a φ step."""


def simulate_command(
    config: Config, canonical: Sequence[str], say: Print, chose: Callable[[EngineKind], None] = lambda _: None
) -> RunEnd:
    """Run a configuration, print what the reference prints, and write its files; `chose` is told what computes it.

    Raises
    ------
    SimulatorError
        With one line that says what is wrong; no output is left half written.
    """
    asked = config.execution.device
    config, warning = on_available_device(config)
    if warning is not None:
        say(f"WARNING: {warning}")
    elif config.execution.device == "cpu" and asked != AUTO and gpu_pays(config):
        say("NOTE: there is a GPU, and -device auto would compute this image on it; last digits may differ")
    check_memory(config)
    inputs = read_inputs(config)
    generator = Generator()
    model = build_model(config, inputs, generator=generator)
    _check_work(model)
    for line in banner(model, inputs):
        say(line)
    say(f"flags: {shlex.join(canonical)}")
    if config.output.print_pixels:
        say("WARNING: -printout prints nothing here; -trace_pixel slow fast prints every step of a pixel")
    write_dump(model, inputs)
    if config.execution.trace_pixel_slow_fast is not None:
        _trace(model, inputs, config.execution.trace_pixel_slow_fast, say)
    chosen = chosen_engine(model)
    chose(chosen.kind)
    if chosen.said:
        say(chosen.said)
    notes = RunNotes()
    image = simulate(model, inputs.mask, notes, chosen.engine)
    if notes.interpolation_ends_at is not None:
        slow, fast = divmod(notes.interpolation_ends_at, config.shape_slow_fast[1])
        say(f"WARNING: out of range for interpolation at pixel slow {slow} fast {fast}; from there on it is off")
    say("")
    for line in write_outputs(model, inputs, image, notes.total_sr, generator):
        say(line)
    visited = visited_indices(config, inputs.mask)
    if not len(visited) or not np.isnan(image.reshape(-1)[places_of(visited)]).all():
        return RunEnd.COMPLETE
    say(f"WARNING: every pixel is NaN{_reason(model, visited_pixels(config, inputs.mask))}")
    return RunEnd.ALL_NAN


def _check_work(model: Model) -> None:
    """Refuse a run that nobody will see the end of.

    Raises
    ------
    ConfigurationError
        With the number of samples, before the first is computed.
    """
    first_f, last_f, first_s, last_s = model.config.roi
    pixels = (last_f - first_f + 1) * (last_s - first_s + 1)
    samples = float(pixels) * model.steps * model.layers.count
    if samples > MOST_SAMPLES:
        raise ConfigurationError(
            f"{pixels} pixels of {model.steps} steps and {model.layers.count} layers are {samples:.2g} samples, more "
            f"than {MOST_SAMPLES:.0e}, which no run would finish; check -oversample, -phisteps, -mosaic_domains, "
            "the sources and the size of the detector"
        )


class _FirstLost:
    """An observer that notes the first quantity that is no number or infinite."""

    def __init__(self) -> None:
        self.name: str | None = None

    def __call__(self, name: str, value: Observable) -> None:
        """Note a quantity."""
        if self.name is None and not name.startswith(("at.", "run.")) and not _is_finite(resolve(value)):
            self.name = name.rpartition(".")[2]


def _is_finite(value: Value) -> bool:
    """Tell whether a value of a single pixel has finite numbers alone; a text has none."""
    match value:
        case Vector() | Matrix():
            return all(map(_is_finite, value))
        case Tensor():
            return bool(torch.isfinite(value).all())
        case str():
            return True
    return math.isfinite(value)


def _reason(model: Model, visited: Tensor) -> str:
    """Return the first quantity of the first pixel that is no finite number."""
    lost = _FirstLost()
    slow, fast = divmod(int(visited[0]), model.config.shape_slow_fast[1])
    with torch.no_grad():
        trace_values(model, visited, (slow, fast), lost)
    if lost.name is None:
        return ""
    return f": {lost.name} is the first quantity that is no finite number; check the flags that it follows from"


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
            text = number_text(resolve(value))
            # The reference prints Miller indices as integers, which know no negative zero.
            text = " ".join(str(int(word)) for word in text.split()) if key == "hkl_rounded" else text
            self._lines.append(f"TRACE_PY: {key} {text}")
        elif family == "source2":
            self._lines.append(f"TRACE_PY_SOURCE2: {key} {number_text(resolve(value))}")
        elif family == "phi" and key in PHI_FIELDS:
            if key == PHI_FIELDS[0]:
                self._phi = len(self._lines)
                self._lines.append("TRACE_PY_PHI")
            if self._phi is not None:
                self._lines[self._phi] += f" {key}={number_text(resolve(value))}"

    def finished(self) -> list[str]:
        """Return the lines so far; a φ step that lacks a field of the reference's line (no square crystal) has none."""
        return [line for line in self._lines if not line.startswith("TRACE_PY_PHI") or _is_whole(line)]


def _is_whole(line: str) -> bool:
    return all(f" {field}=" in line for field in PHI_FIELDS)


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

"""Traces of many pixels as Parquet files. Importing this imports torch: do it inside a command only."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from nbtrace.detector.parquet_writer import ParquetTable
from nbtrace.embedded.choice import canonical, command_text, input_files
from nbtrace.embedded.portions import (
    MOST_WORKERS,
    Pixels,
    Tracing,
    column_layout,
    loaded,
    trace_pixels,
    visited,
)
from nbtrace.errors import InputError, UsageError
from nbtrace.evidence.provenance import Provenance
from nbtrace.files import read_bytes
from nbtrace.programs.command import require_on_detector
from nbtrace.progress import tracked
from nbtrace.records import Pixel
from simulator.config import Config
from simulator.engines import ChosenEngine, chosen_engine
from simulator.memory import portion_size
from simulator.model import Model

_ROWS = 1 << 16
"""Rows of the larger table in one portion."""


@dataclass(frozen=True)
class PixelChoice:
    """Which pixels: those in a file, a window S0 S1 F0 F1 (ends included), or, without either, all of the run."""

    file: Path | None
    window: tuple[int, int, int, int] | None

    def pixels(self, config: Config, run: Pixels) -> Pixels:
        """Return the flat indices of the chosen pixels of a run, ascending.

        Raises
        ------
        UsageError
            If one is not on the detector or not computed by the run, or there are none.
        InputError
            If the file cannot be read.
        """
        n_fast = config.shape_slow_fast[1]
        if self.file is not None:
            listed = read_pixels(self.file)
            for pixel in listed:
                require_on_detector(config.shape_slow_fast, pixel)
            chosen = np.unique(np.array([slow * n_fast + fast for slow, fast in listed], dtype=np.int64))
            skipped = chosen[~np.isin(chosen, run)]
            if len(skipped):
                slow, fast = divmod(int(skipped[0]), n_fast)
                raise UsageError(
                    f"{self.file}: pixel slow {slow}, fast {fast} is masked, or outside the region of interest"
                )
            return chosen
        if self.window is None:
            return run
        return self._in_window(config, run)

    def _in_window(self, config: Config, run: Pixels) -> Pixels:
        first_slow, last_slow, first_fast, last_fast = self.window or (0, 0, 0, 0)
        for corner in ((first_slow, first_fast), (last_slow, last_fast)):
            require_on_detector(config.shape_slow_fast, corner)
        slow, fast = np.divmod(run, config.shape_slow_fast[1])
        chosen = run[(slow >= first_slow) & (slow <= last_slow) & (fast >= first_fast) & (fast <= last_fast)]
        if not len(chosen):
            raise UsageError(
                f"the run computes no pixel of slow {first_slow} to {last_slow}, fast {first_fast} to {last_fast}"
            )
        return chosen


def read_pixels(path: Path) -> list[Pixel]:
    """Read a list of pixels, a line `SLOW FAST` each; blank lines and what follows a # are skipped.

    Raises
    ------
    InputError
        If a line is anything else, or there is none.
    """
    pixels: list[Pixel] = []
    for number, line in enumerate(read_bytes(path).decode("utf-8", "replace").splitlines(), start=1):
        words = line.partition("#")[0].replace(",", " ").split()
        if not words:
            continue
        try:
            slow, fast = map(int, words)
        except ValueError:
            raise InputError(f"{path}:{number}: {line.strip()!r} is not a pixel; a line is SLOW FAST") from None
        pixels.append((slow, fast))
    if not pixels:
        raise InputError(f"{path} lists no pixel; a line is SLOW FAST")
    return pixels


@dataclass(frozen=True)
class Written:
    """What tables hold.

    Attributes
    ----------
    pixels : int
    rows : mapping of Path to int
        Rows of each file.
    engine : ChosenEngine
        What added up the samples of the pixels.
    """

    pixels: int
    rows: Mapping[Path, int]
    engine: ChosenEngine


def write_tables(config: Config, selection: PixelChoice, path: Path, *, force: bool) -> Written:
    """Trace the selected pixels and write `path`, and beside it `…_per_phi.parquet`.

    Raises
    ------
    UsageError
        If pyarrow is absent, a file exists (and not `force`), or a pixel is not one of the run.
    """
    per_phi = path.with_name(f"{path.stem}_per_phi{path.suffix}")
    with ExitStack() as stack:
        samples, phi_steps = (stack.enter_context(ParquetTable(file, force=force)) for file in (path, per_phi))
        inputs, model = loaded(config)
        run = visited(config, inputs)
        chosen = selection.pixels(config, run) if len(run) else run
        if not len(chosen):
            raise UsageError("the run computes no pixel: region of interest and mask leave none")
        engine = chosen_engine(model, len(chosen))
        samples.metadata = phi_steps.metadata = _metadata(config, engine)
        traced = stack.enter_context(closing(trace_pixels(model, run, chosen, _tracing(model, int(chosen[0]), engine))))
        for table in tracked(traced, "portions of pixels traced"):
            samples.add(table.samples())
            phi_steps.add(table.phi_steps())
    return Written(len(chosen), {path: samples.rows, per_phi: phi_steps.rows}, engine)


def _metadata(config: Config, engine: ChosenEngine) -> dict[str, object]:
    execution = config.execution
    provenance = Provenance.collect(inputs=list(input_files(config)), device=execution.device, dtype=execution.dtype)
    return provenance.document() | {
        "mode": execution.mode,
        "flags": command_text(canonical(config)),
        "engine": engine.kind.value,
        "shape_slow_fast": list(config.shape_slow_fast),
    }


def _tracing(model: Model, pixel: int, chosen: ChosenEngine) -> Tracing:
    on_cpu = model.detector.pix0.x.device.type == "cpu"
    workers = min(torch.get_num_threads(), MOST_WORKERS) if on_cpu and chosen.engine.in_threads else 1
    return Tracing(column_layout(model, pixel), _portion(model), chosen.engine, workers)


def _portion(model: Model) -> int:
    """Return how many pixels make a portion: about `_ROWS` rows, within the memory that the run may use."""
    points = model.layers.count * model.oversample * model.oversample
    rows = _ROWS // (points * len(model.crystal.phi_rad))
    return min(max(rows, 1), portion_size(model.config))

"""The embedded simulator as one side of a comparison. Importing this imports torch: do it inside a command only."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.embedded.choice import Choice, canonical, simulator_errors
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import EmbeddedTrace, trace_pixel
from nbtrace.errors import UsageError
from nbtrace.images.read import read_image
from nbtrace.programs.command import FlagLine
from nbtrace.programs.side_source import Identity, Made, OneRun, PixelTrace, made_of
from nbtrace.records import Pixel
from nbtrace.temporary import temporary_folder
from nbtrace.writers import PHI, trace_lines
from simulator.config import Config
from simulator.session import simulate_command

if TYPE_CHECKING:
    from simulator.engines import EngineKind

NAME = "embedded simulator"


@dataclass(frozen=True)
class EmbeddedSource:
    """The embedded simulator and what it runs: the whole command in this process, its files included.

    Attributes
    ----------
    line : FlagLine
    choice : Choice
        Mode, device and precision over those of the flags.
    threads : int
        Threads of the reference whose memory of earlier pixels is reproduced, where the flags do not say.
    """

    line: FlagLine
    choice: Choice
    threads: int = 1

    @cached_property
    def config(self) -> Config:
        """The configuration that runs.

        Raises
        ------
        UsageError
            If a mode, device or precision is unknown.
        """
        chosen = self.choice.in_environment(self.line.words)
        config = chosen.applied(chosen.reread(self.line.words, self.line.config))
        if self.threads == 1 or "-threads_emulated" in self.line.words:
            return config
        execution = config.execution.model_copy(update={"threads_emulated": self.threads})
        return config.model_copy(update={"execution": execution})

    @cached_property
    def identity(self) -> Identity:
        """The simulator, its mode, precision and device."""
        execution = self.config.execution
        name = f"{NAME}, mode {execution.mode}, {execution.dtype} on {execution.device}"
        return Identity(name, ("python", "-m", "simulator", *canonical(self.config)), None)

    def make(self, repeat: int) -> Made:
        """Run it `repeat` times.

        Raises
        ------
        UsageError, InputError, ProgramError
            If the run cannot be made.
        """
        return made_of(self._run() for _ in range(repeat))

    def _run(self) -> OneRun:
        printed: list[str] = []
        engines: list[EngineKind] = []
        with temporary_folder() as folder, simulator_errors():
            clock = time.perf_counter()
            simulate_command(self._placed_in(folder), canonical(self.config), printed.append, engines.append)
            elapsed = time.perf_counter() - clock
            image = read_image(folder / self.line.float_name, shape=self.line.shape)
        stdout = "".join(f"{line}\n" for line in printed)
        return OneRun(replace(image, source=NAME), elapsed * 1e3, stdout, engine=engines[0].value)

    def _placed_in(self, folder: Path) -> Config:
        """Return the configuration as a program in that folder would run it, which names no file of another."""
        output, structure = self.config.output, self.config.structure
        files = {name: folder / getattr(output, name).name for name in ("int_file", "pgm_file", "noise_file")}
        return self.config.model_copy(
            update={
                "output": output.model_copy(update=files | {"float_file": folder / self.line.float_name}),
                "structure": structure.model_copy(update={"dump_file": folder / structure.dump_file}),
            }
        )

    def trace(self, pixel: Pixel) -> PixelTrace:
        """Trace a pixel, every φ step included; a pixel that is not computed has no trace."""
        try:
            with temporary_folder() as folder:
                traced = trace_pixel(self._placed_in(folder), pixel, Emit())
        except UsageError as error:
            return PixelTrace(None, str(error))
        return PixelTrace("".join(f"{line}\n" for line in (*traced.header, *_whole_steps(traced))))


def _whole_steps(traced: EmbeddedTrace) -> Iterator[str]:
    """Yield the lines of a trace, its φ steps with all that is known of them; a step stands there once."""
    steps = trace_lines(traced.per_phi)
    for line in trace_lines(traced.records):
        yield next(steps, line) if line.startswith(f"{PHI} ") else line
    yield from steps

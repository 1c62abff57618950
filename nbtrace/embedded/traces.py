"""The trace of one pixel by the embedded simulator. torch is imported by the first trace, not with this module."""

from collections.abc import Sequence
from dataclasses import dataclass

from nbtrace.embedded.choice import parsed_flags, require_simulator
from nbtrace.embedded.recorder import Emit
from nbtrace.parsers import parse_trace
from nbtrace.plain_text import shortened
from nbtrace.records import Pixel, Record, Trace
from nbtrace.writers import trace_text
from simulator.config import Config


@dataclass(frozen=True)
class EmbeddedTrace:
    """The trace of one pixel.

    Attributes
    ----------
    records, per_phi : tuple of Record
        Those of the trace and of the per-φ log.
    header : tuple of str
        Lines that state the configuration.
    expected_phi : int
        Lines that the per-φ log must have: φ steps × sampled points, 0 where F_latt has no factors per axis.
    """

    records: tuple[Record, ...]
    per_phi: tuple[Record, ...]
    header: tuple[str, ...]
    expected_phi: int

    def __repr__(self) -> str:
        about = self.header[0].removeprefix("# ") if self.header else ""
        return shortened(f"<EmbeddedTrace: {len(self.records)} records, {len(self.per_phi)} per φ step; {about}>")

    @property
    def trace(self) -> Trace:
        """The trace as a reader of its log has it, for :func:`nbtrace.diff` and the like."""
        (trace,) = parse_trace(trace_text(self.records, self.header))
        return trace


def trace_pixel(config: Config | Sequence[str], pixel: Pixel, emit: Emit | None = None) -> EmbeddedTrace:
    """Trace one pixel of a run.

    Parameters
    ----------
    config : Config or sequence of str
        A configuration, or nanoBragg's flags.
    pixel : (int, int)
        Slow, fast.
    emit : Emit, optional
        What is traced beyond the reference's own lines.

    Raises
    ------
    UsageError, InputError, ProgramError
        If the run cannot be made or does not visit the pixel; :class:`UsageError` too if PyTorch is not installed.
    """
    configured = config if isinstance(config, Config) else parsed_flags(config)
    require_simulator()
    from nbtrace.embedded.recording import observed_run  # noqa: PLC0415 - imports torch

    emit = emit or Emit()
    recorder, header, steps = observed_run(configured, pixel, samples=emit.everything)
    return EmbeddedTrace(
        records=recorder.trace(emit, first_line=len(header) + 1),
        per_phi=recorder.per_phi(emit),
        header=header,
        expected_phi=steps * recorder.sampled if recorder.has_step_factors else 0,
    )

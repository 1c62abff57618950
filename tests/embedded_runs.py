"""Runs of the embedded simulator, as the tests of its traces use them."""

from collections.abc import Iterator

import pytest
import torch

from nbtrace import read_trace
from nbtrace.embedded.choice import Choice, parsed_file
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import EmbeddedTrace, trace_pixel
from nbtrace.records import Record, Trace
from tests.places import SUPERVISOR_CONFIGURATION, SUPERVISOR_PAIR

PIXEL = (685, 1039)
PLAIN = "-cell 60 70 80 80 95 105 -default_F 100 -N 6 -lambda 1.1 -distance 40 -detpixels 48 -pixel 1.5"
"""A small experiment that needs no file."""

DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")),
]
DTYPES = ["float64", "float32"]
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
"""Relative agreement with the reference, which computes in double precision."""


def supervisor(
    mode: str = "c-parity", device: str = "cpu", dtype: str = "float64", emit: Emit | None = None
) -> EmbeddedTrace:
    """Trace the pixel of the configuration `supervisor`."""
    config = Choice(mode, device, dtype).applied(parsed_file(SUPERVISOR_CONFIGURATION).command.config)
    return trace_pixel(config, PIXEL, emit or Emit())


def reference(name: str = "c.log") -> Trace:
    """Return the reference's trace of the same pixel."""
    return read_trace(str(SUPERVISOR_PAIR / name))


def value(trace: EmbeddedTrace | Trace, quantity: str, phi_tic: int | None = None) -> tuple[float, ...]:
    """Return the numbers of a quantity, or of one of its φ steps."""
    return next(_matching(trace.records, quantity, phi_tic)).numbers


def _matching(records: tuple[Record, ...], quantity: str, phi_tic: int | None) -> Iterator[Record]:
    return (item for item in records if item.quantity == quantity and item.index.ordinal("phi_tic") == phi_tic)

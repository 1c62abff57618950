"""The simulator against recorded runs of the reference: images and every line of every trace."""

import math
from pathlib import Path

import numpy as np
import pytest

from nbtrace import parse_trace
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import trace_pixel
from nbtrace.parity import Parity
from nbtrace.writers import trace_text as records_text
from simulator.arguments import parse
from simulator.build import build_model
from simulator.config import Config, CrystalShape
from simulator.config_file import load_config
from simulator.defects import Mode
from simulator.errors import ConfigurationError
from simulator.run import simulate
from tests.places import SUPERVISOR_CONFIGURATION
from tests.simulator.golden import (
    Line,
    cases,
    flat,
    recorded_lines,
    trace,
    trace_text,
    traces,
)

TRACE_RELATIVE = 1e-12
COMMON = "-cell 60 70 80 85 95 100 -misset 10 20 30 -default_F 100 -N 5 -lambda 1 -distance 80 -pixel 0.4 -detpixels 40"


@pytest.mark.parametrize("name", sorted(cases()))
def test_image_is_the_references(name: str, tmp_path: Path, parity: Parity) -> None:
    case = cases()[name]
    image, expected = simulate(case.model(tmp_path)), case.image
    visible = np.abs(expected) > 1e-12 * np.abs(expected).max()
    assert image.shape == expected.shape == case.shape
    parity.images(expected, image, mask=visible, tolerance=1e-6)
    np.testing.assert_allclose(image[~visible], expected[~visible], rtol=0.0, atol=1e-12 * expected.max())


def visited() -> list[tuple[str, tuple[int, int]]]:
    """Return case and pixel of the recorded traces whose pixel the run computes."""
    return [place for place in traces() if "I_pixel_final" in trace_text(*place)]


@pytest.mark.parametrize(("name", "pixel"), sorted(set(traces()) - set(visited())))
def test_a_pixel_that_the_reference_leaves_out_is_refused(name: str, pixel: tuple[int, int], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="outside the region"):
        trace(cases()[name].config(tmp_path), pixel)


@pytest.mark.parametrize(("name", "pixel"), visited())
def test_every_trace_line_is_the_references(name: str, pixel: tuple[int, int], tmp_path: Path, parity: Parity) -> None:
    config = cases()[name].config(tmp_path)
    text = trace_text(name, pixel)
    assert_compared(parity, text, config, pixel)
    expected = recorded_lines(text)
    square = config.crystal.shape is CrystalShape.SQUARE
    lines = [line for line in trace(config, pixel).lines if square or not line[0].startswith("phi.")]
    assert [key for key, _ in lines] == [key for key, _ in expected]
    differing = [(a, b) for a, b in zip(expected, lines, strict=True) if not _agree(a, b)]
    assert not differing


def assert_compared(parity: Parity, text: str, config: Config, pixel: tuple[int, int]) -> None:
    """Compare with nbtrace what the reference printed with the trace that the harness makes; nothing is left out."""
    traced = trace_pixel(config, pixel, Emit(everything=True))
    (reference,) = parse_trace(text, "the reference")
    (found,) = parse_trace(records_text(traced.records, traced.header), "the embedded simulator")
    covered = parity.traces(reference, found, tolerance=TRACE_RELATIVE).coverage
    assert not covered.skipped
    assert not (*covered.missing_on_py, *covered.unknown_on_c)


def _agree(expected: Line, found: Line) -> bool:
    (_, reference), (_, value) = expected, found
    if isinstance(reference, str) or isinstance(value, str):
        return reference == value
    near_zero = TRACE_RELATIVE * max(map(abs, reference))
    return len(value) == len(reference) and all(
        math.isclose(u, v, rel_tol=TRACE_RELATIVE, abs_tol=near_zero if u == 0.0 else 0.0)
        for u, v in zip(reference, value, strict=True)
    )


@pytest.fixture
def supervisor() -> Config:
    named = load_config(SUPERVISOR_CONFIGURATION)
    assert named.trace_pixel_slow_fast == (685, 1039)
    return named.command.config


def test_supervisor_trace_is_the_references(supervisor: Config, parity: Parity) -> None:
    assert_compared(parity, trace_text("supervisor_c", (685, 1039)), supervisor, (685, 1039))
    expected = recorded_lines(trace_text("supervisor_c", (685, 1039)))
    found = trace(supervisor, (685, 1039)).lines
    assert [key for key, _ in found] == [key for key, _ in expected]
    assert not [(a, b) for a, b in zip(expected, found, strict=True) if not _agree(a, b)]


def test_supervisor_in_spec_mode_is_the_reference_before_any_carry_over(supervisor: Config, parity: Parity) -> None:
    execution = supervisor.execution.model_copy(update={"defects": Mode.SPEC.defects})
    spec = supervisor.model_copy(update={"execution": execution})
    text = trace_text("supervisor_c_roi_fresh", (685, 1039))
    assert_compared(parity, text, spec, (685, 1039))
    found = trace(spec, (685, 1039)).lines
    expected = recorded_lines(text)
    assert [key for key, _ in found] == [key for key, _ in expected]
    assert not [(a, b) for a, b in zip(expected, found, strict=True) if not _agree(a, b)]


@pytest.mark.parametrize(
    ("flags", "threads", "total", "largest", "pixel_11_23", "pixel_0_0"),
    [
        ("-oversample 1", 1, 51379.91, 3539.773, 3.672884, 1.434591),
        ("-oversample 2 -oversample_omega", 1, 12899.41, 946.9843, 3.872145, 0.0868571),
        ("-oversample 1 -mosaic 1", 1, 49337.79, 2751.24, 4.060405, 16.36461),
        ("-oversample 1 -misset_seed 77 -misset random -Nb 5", 1, 56729.56, 3675.62, 0.1891138, 0.0569695),
        ("-oversample 1 -osc 1 -phisteps 4", 1, 54780.53, 3603.432, 7.975173, 0.4074413),
        ("-oversample 1 -osc 1 -phisteps 4", 3, 54780.65, 3603.432, 7.975173, 0.4074413),
        (
            "-oversample 1 -detector_abs 234 -detector_thick 450 -thicksteps 5",
            1,
            14202.73,
            1032.694,
            1.887569,
            0.1153734,
        ),
        ("-oversample 1 -point_pixel", 1, 3.221832e11, 2.217731e10, 2.29832e7, 9059903),
        ("-oversample 1 -dmin 10", 1, 40514.36, 3539.773, 3.672884, 0),
        ("-oversample 1 -dials -polar 0.9", 1, 46874.43, 3101.477, 0.2546267, 0.01113896),
        ("-oversample 1 -adxv", 1, 58907.27, 3906.25, 0.01828436, 0.06301136),
        ("-oversample 1 -denzo", 1, 54546.53, 3906.25, 0.684127, 8.69122),
        (
            "-oversample 1 -xds -ORGX 17.2 -ORGY 22.9 -detector_rotx 3 -detector_roty -4 -detector_rotz 7 -twotheta 12",
            *(1, 53623.82, 2818.33, 0.3482001, 3.697657),
        ),
        (
            "-oversample 1 -dispersion 2 -dispsteps 3 -divergence 6 -divsteps 5",
            *(1, 50325.63, 862.4734, 10.93771, 7.900032),
        ),
    ],
)
def test_published_numbers_of_the_reference(
    flags: str, threads: int, total: float, largest: float, pixel_11_23: float, pixel_0_0: float
) -> None:
    common = (
        "-cell 60 70 80 85 95 100 -misset 10 20 30 -default_F 100 -N 5 -lambda 1 -distance 80 -pixel 0.4 -detpixels 40"
    )
    image = simulate(build_model(parsed(f"{common} {flags} -threads_emulated {threads}")))
    found = image.sum(dtype=float), image.max(), image[11, 23], image[0, 0]
    np.testing.assert_allclose(found, [total, largest, pixel_11_23, pixel_0_0], rtol=1e-6)


def parsed(flags: str) -> Config:
    return parse(flags.split()).config


def test_text_of_a_trace_reads_back() -> None:
    assert flat("rotx:0.5 roty:-1e-3 rotz:0 twotheta:2") == (0.5, -0.001, 0.0, 2.0)

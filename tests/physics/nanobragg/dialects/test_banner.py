"""What programs state of their configuration."""

import re

import pytest

from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.dialects import banner as banner_lines
from nbtrace.records import Side, Trace


def read(text: str) -> Trace:
    (trace,) = parse_trace(text)
    return trace


@pytest.mark.parametrize(
    ("line", "settings"),
    [
        (
            "parallelpiped xtal: 36x47x29 cells",
            {"crystal_shape": "parallelpiped", "N_a": "36", "N_b": "47", "N_c": "29"},
        ),
        ("  tophat-spot xtal: 2x3x4 cells", {"crystal_shape": "tophat", "N_a": "2", "N_b": "3", "N_c": "4"}),
        ("  wave=9.768e-11 meters +/- 0% in 1 steps", {"lambda_m": "9.768e-11"}),
        ("  Kahn polarization factor: 0.900000", {"kahn_factor": "0.900000"}),
        ("  incident fluence: 1e+24 photons/m^2", {"fluence_per_m2": "1e+24"}),
        (
            "  distance=0.08 detsize=0.05x0.06  pixel=0.0008 meters (64x75 pixels)",
            {
                "distance_m": "0.08",
                "detsize_fast_m": "0.05",
                "detsize_slow_m": "0.06",
                "pixel_m": "0.0008",
                "pixels_fast": "64",
                "pixels_slow": "75",
            },
        ),
        (
            "  sensor is 0.00045 m thick in 4 layers with mu= 3333.33",
            {"sensor_m": "0.00045", "layers": "4", "mu_per_m": "3333.33"},
        ),
        ("  3 sources", {"sources": "3"}),
        ("  5 mosaic domains over mosaic spread of 0.5 degrees", {"mosaic_domains": "5", "mosaic_spread_deg": "0.5"}),
        ("  10 phi steps from 0 to 0.1 degrees", {"phi_steps": "10", "phi_start_deg": "0", "phi_end_deg": "0.1"}),
        ("  2x2 pixel oversample steps", {"oversample": "2"}),
        ("  64333 initialized hkls (all others =0)", {"reflections": "64333", "default_F": "0"}),
        ("INCIDENT_BEAM_DIRECTION= 0.000513879 0 -1", {"beam_vector": "0.000513879 0 -1"}),
        ("custom convention selected.", {"convention": "custom"}),
        ("pivoting detector around sample", {"pivot": "sample"}),
        ("  Detector: 2463x2527 pixels", {"pixels_fast": "2463", "pixels_slow": "2527"}),
        ("  Device: cuda:0, Dtype: torch.float64", {"device": "cuda:0", "dtype": "float64"}),
        ("  Wavelength: 1.10 Å", {"wavelength_rounded_A": "1.10"}),
    ],
)
def test_a_banner_line_gives_its_settings(line: str, settings: dict[str, str]) -> None:
    trace = read(f"first line\n{line}\n")
    assert {name: setting.value for name, setting in trace.settings.items()} == settings
    assert {setting.line for setting in trace.settings.values()} == {2}
    assert (trace.account.used, trace.account.ignored) == (1, 1)


def test_the_first_statement_counts() -> None:
    assert read("  3 sources\n  4 sources\n").settings["sources"].value == "3"


@pytest.mark.parametrize(
    "line",
    [
        "  Tracing pixel (slow=22, fast=14)",
        "# Tracing pixel (slow=22, fast=14)",
        "Tracing pixel: (22, 14)",
        "=== TRACE: Pixel (22, 14) [slow, fast] ===",
        "=== PyTorch Trace for Pixel (22, 14) ===",
        "TRACE_PY: === PIXEL (22, 14) TRACE START ===",
        "Target pixel: (22, 14)",
    ],
)
def test_a_line_that_names_the_pixel_states_it(line: str) -> None:
    assert read(line + "\n").pixels == {0: (22, 14)}


def test_detector_lines_are_records_of_either_program() -> None:
    trace = read("DETECTOR_PIX0_VECTOR 0.1 0.2 -0.3\nDETECTOR_FAST_AXIS 0 0 1\nDETECTOR_SLOW_AXIS 0 -1\n")
    assert [(r.quantity, r.numbers, r.unit, r.side) for r in trace.records] == [
        ("pix0_vector", (0.1, 0.2, -0.3), "m", Side.UNKNOWN),
        ("fdet_after_twotheta", (0.0, 0.0, 1.0), "1", Side.UNKNOWN),
    ]
    assert (trace.account.used, trace.account.ignored) == (2, 1)


@pytest.mark.parametrize("line", ["  sources", "distance=far", "3 sources of error", "Detector: broken", "50% done"])
def test_other_lines_state_nothing(line: str) -> None:
    trace = read(line + "\n")
    assert (trace.settings, trace.account.ignored) == ({}, 1)


def test_the_words_by_which_a_line_is_looked_at_stand_in_its_pattern_outside_of_choices() -> None:
    """Else a line that fits the pattern would be passed over."""
    for words, pattern, _ in banner_lines._SETTINGS:
        without_choices = re.sub(r"\([^()]*\||\|[^()]*\)|\[[^\]]*\]", "#", pattern)
        assert words in without_choices

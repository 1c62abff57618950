"""Which flag of nanoBragg sets what: the command line with another value is held against its own configuration."""

import math
import shlex
from collections.abc import Callable

import pytest

from nbtrace.physics.nanobragg.configuration_change import ConfigurationChange
from nbtrace.physics.nanobragg.flag_changes import changed_flags, flags_of_change
from simulator.arguments import parse
from simulator.config import Config
from simulator.defects import Defect

BASE = shlex.split(
    "-cell 100 110 120 80 90 95 -default_F 100 -N 5 -lambda 0.9768 -distance 100 -detpixels 16 -pixel 0.1 -flux 1e18 "
    "-exposure 1 -beamsize 1 -osc 2 -phisteps 4"
)


@pytest.mark.parametrize(
    ("needed", "flags", "told"),
    [
        ({"stated_lambda_m": (1e-10,)}, "-lambda 1", lambda config: config.beam.wavelength_angstrom == 1.0),
        (
            {"lambda_meters": (9.79e-11,), "lambda_angstroms": (0.979,)},
            "-lambda 0.979",
            lambda config: config.beam.wavelength_angstrom == 0.979,
        ),
        (
            {"fluence_photons_per_m2": (1.25932e29,)},
            "-fluence 1.25932e+29",
            lambda config: config.beam.total_fluence_per_m2 == 1.25932e29,
        ),
        (
            {"N_a": (5.0,), "N_b": (7.0,), "N_c": (6.0,)},
            "-Na 5 -Nb 7 -Nc 6",
            lambda config: (config.crystal.Na, config.crystal.Nb, config.crystal.Nc) == (5, 7, 6),
        ),
        (
            {"phi_start_deg": (1.0,), "phi_end_deg": (4.0,)},
            "-phi 1 -osc 3",
            lambda config: config.crystal.phi_deg == 1.0 and math.isclose(config.crystal.osc_deg, 3.0),
        ),
        ({"default_F": (0.0,)}, "-default_F 0", lambda config: config.structure.default_F == 0.0),
        (
            {"cell_lengths": (90.0, 110.0, 120.0)},
            "-cell 90 110 120 80 90 95",
            lambda config: config.crystal.cell.a_angstrom == 90.0,
        ),
        ({"phi_steps": (10.0,)}, "-phisteps 10", lambda config: config.crystal.rotation.count == 10),
    ],
    ids=["banner", "log", "fluence", "cells", "sweep", "default", "cell", "steps"],
)
def test_the_flags_set_what_is_asked_for(
    needed: dict[str, tuple[float, ...]], flags: str, told: Callable[[Config], bool]
) -> None:
    change = changed_flags(BASE, needed, {})
    assert change is not None
    assert " ".join(item.after for item in change.flags) == flags
    assert told(parse(change.arguments).config)
    assert not told(parse(BASE).config)
    assert change.image_width == 16


def test_what_said_it_before_is_gone() -> None:
    change = changed_flags([*BASE, "-wave", "1.2"], {"stated_lambda_m": (1e-10,)}, {})
    assert change is not None
    assert change.flags[0].before == "-lambda 0.9768 -wave 1.2"
    assert "-wave" not in change.arguments
    fluence = changed_flags(BASE, {"stated_fluence": (1e20,)}, {})
    assert fluence is not None
    assert "-flux" not in fluence.arguments


def test_a_logged_quantity_tells_more_digits_than_the_banner() -> None:
    change = changed_flags(BASE, {"stated_lambda_m": (9.7912e-11,)}, {"lambda_meters": (9.79123e-11,), "polar": (1.0,)})
    assert change is not None
    assert change.flags[0].after == "-lambda 0.979123"


@pytest.mark.parametrize(
    "needed",
    [
        {},
        {"omega_pixel": (1.0,)},
        {"stated_lambda_m": (1e-10,), "omega_pixel": (1.0,)},
        {"spindle_axis": (1.0, 0.0, 0.0)},
        {"N_a": (2.5,)},
        {"cell_lengths": (1.0,)},
    ],
    ids=["nothing", "no flag", "one of two", "another convention", "half a cell", "too few"],
)
def test_what_no_flag_sets_alone_is_not_changed(needed: dict[str, tuple[float, ...]]) -> None:
    assert changed_flags(BASE, needed, {}) is None


def test_an_image_of_other_pixels_is_no_answer() -> None:
    assert changed_flags([*BASE[:-4], "-detsize", "2"], {"pixel_m": (0.2e-3,)}, {}) is not None
    sized = [word for word in BASE if word not in {"-detpixels", "16"}] + ["-detsize", "2"]
    assert changed_flags(sized, {"pixel_m": (0.2e-3,)}, {}) is None


def test_flags_that_describe_no_experiment_are_not_changed() -> None:
    assert changed_flags(["-lambda", "x"], {"stated_lambda_m": (1e-10,)}, {}) is None


def test_a_change_of_a_run_is_said_by_flags() -> None:
    polarised = ConfigurationChange("kahn", "", fields={"beam.polarized": True, "beam.kahn_factor": 0.9})
    change = flags_of_change(BASE, polarised)
    assert change is not None
    assert change.arguments[-2:] == ("-polar", "0.9")
    assert parse(change.arguments).config == polarised.applied(parse(BASE).config)


@pytest.mark.parametrize(
    "change",
    [
        ConfigurationChange("switch", "", Defect.STALE_PHI_ROTATION),
        ConfigurationChange("region", "", fields={"sampling.roi_fast_slow": None}),
        ConfigurationChange("half", "", fields={"beam.kahn_factor": 0.9, "detector.curved": True}),
        ConfigurationChange("nothing", ""),
    ],
    ids=["defect", "none", "one of two", "nothing"],
)
def test_what_no_flag_says_of_a_run_is_not_changed(change: ConfigurationChange) -> None:
    assert flags_of_change(BASE, change) is None

"""Runs of the simulator against logs: pairs with one switch or one value changed, and what is known of recorded ones.

The oracle is the change that was made: it has to be named from the two texts and the flags alone.
"""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from nbtrace.cli.embedded import trace_pixel
from nbtrace.cli.simulated import pixel_runs
from nbtrace.errors import UsageError
from nbtrace.explanation.alternatives import ALTERNATIVES, Change, changes
from nbtrace.explanation.counterfactual import Logged, Reproduction, Run, Simulated, counterfactual
from nbtrace.explanation.evidence import SIMULATOR, evidence
from nbtrace.explanation.explain import Explanation, explain
from nbtrace.explanation.scene import scene
from nbtrace.parsers import parse_trace, read_trace
from nbtrace.recorder import Emit
from nbtrace.records import Pixel, Side, Trace
from nbtrace.writers import trace_text
from simulator.arguments import parse
from simulator.config import Config
from simulator.config_file import load_config
from simulator.defects import Defect

ROOT = Path(__file__).parents[2]
PAIRS = ROOT / "examples" / "pairs"
GOLDEN = ROOT / "tests" / "golden"
INPUTS = ("A.mat", "small.hkl", "sources.txt", "sparse.hkl")
CELL = "-cell 60 70 80 80 95 105 -default_F 100 -lambda 1.1"
SMALL = f"{CELL} -N 6 -distance 40 -detpixels 48 -pixel 1.5 -oversample 1"
TURNED = f"{CELL} -Na 6 -Nb 7 -Nc 8 -distance 90 -detpixels 80 -pixel 0.8 -oversample 1 -osc 1 -phisteps 5"
VECTORS = (
    "-odet_vector -0.000088 0.004914 -0.999988 -sdet_vector -0.005998 -0.999970 -0.004913 "
    "-fdet_vector 0.999982 -0.005998 -0.000118 -beam_vector 0.00051387949 0.0 -0.99999986"
)


@dataclass(frozen=True)
class Experiment:
    """A small experiment, a pixel of it, and the names of the changes to make in it."""

    flags: str
    pixel: Pixel
    names: tuple[str, ...]


EXPERIMENTS = {
    "turned": Experiment(
        f"{TURNED} -flux 1e12 -exposure 0.5 -beamsize 0.02 -polar 0.9 -Xbeam 30 -Ybeam 33 -misset 10 20 30",
        (43, 45),
        (
            *("stale_phi_rotation", "cell_c_star_z", "fluence", "wavelength", "polarisation", "polar_vector"),
            *("oversample", "phi_steps", "spindle", "orientation", "cells", "convention", "beam_centre", "surface"),
        ),
    ),
    "sensor": Experiment(
        f"{SMALL} -detector_abs 300 -detector_thick 450 -detector_thicksteps 3",
        (20, 31),
        ("last_layer_capture", "sensor", "per_sample"),
    ),
    "per sample": Experiment(f"{SMALL} -oversample 2 -oversample_omega", (20, 31), ("running_products",)),
    "water": Experiment(f"{SMALL} -water 10 -flux 1e12 -beamsize 0.05", (20, 31), ("squared_water_scaling", "cuts")),
    "sparse list": Experiment(
        "-mat A.mat -lambda 1.1 -hkl sparse.hkl -default_F 20 -N 3 -distance 80 -detpixels 64 -pixel 0.8 "
        "-nointerpolate -oversample 1",
        (30, 34),
        ("reflections",),
    ),
    "interpolated": Experiment(
        "-mat A.mat -lambda 1.1 -hkl small.hkl -N 2 -distance 80 -detpixels 64 -pixel 0.8 -interpolate -oversample 1 "
        "-roi 20 40 20 40",
        (30, 34),
        ("interpolation",),
    ),
    "list": Experiment(
        "-mat A.mat -lambda 1.1 -hkl small.hkl -N 2 -distance 80 -detpixels 64 -pixel 0.8 -interpolate -oversample 1",
        (18, 16),
        ("interpolation_switch_off",),
    ),
    "tilted": Experiment(
        f"{CELL} -N 5 -distance 100 -detpixels 96 -pixel 1.0 -detector_rotx 4 -detector_roty -3 -twotheta 12 -oversample 1",
        (42, 48),
        ("tilt", "pivot", "distance"),
    ),
    "mosaic": Experiment(
        f"{SMALL} -osc 0.5 -phisteps 3 -mosaic_spread 0.3 -mosaic_domains 4 -mosaic_seed 7", (30, 35), ("mosaic",)
    ),
    "sources": Experiment(
        f"{SMALL} -hdivrange 4 -vdivrange 4 -hdivsteps 3 -vdivsteps 3 -dispersion 2 -dispsteps 2",
        (31, 12),
        ("sources",),
    ),
    "custom": Experiment(
        f"-mat A.mat -hkl small.hkl -nointerpolate -oversample 1 -Xbeam 38.7 -Ybeam 36.9 -distance 90.27 -lambda 1.1 "
        f"-pixel 0.8 -detpixels_x 96 -detpixels_y 90 {VECTORS} -N 16 -twotheta_axis 0.1 1 0",
        (24, 51),
        ("flag_collisions", "beam_direction"),
    ),
    "gauss": Experiment(f"{SMALL} -gauss_xtal -fudge 1.2", (25, 24), ("shape",)),
}
MADE = [(name, change) for name, experiment in EXPERIMENTS.items() for change in experiment.names]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    for name in INPUTS:
        (folder / name).write_bytes(gzip.decompress((GOLDEN / "inputs" / f"{name}.gz").read_bytes()))
    return folder


def configured(flags: str, folder: Path) -> Config:
    words = [str(folder / word) if word in INPUTS else word for word in flags.split()]
    return parse([*words, "-dump", str(folder / "Fdump.bin")]).config


def logged(config: Config, pixel: Pixel, tag: str) -> Trace:
    """Return the text of a trace, read back, with the prefixes of a program."""
    traced = trace_pixel(config, pixel, Emit())
    return parse_trace(trace_text(traced.records, traced.header).replace("TRACE_PY", tag), f"{tag}.log")[0]


def simulated(c: Trace, py: Trace, config: Config) -> Simulated:
    sides = {Side.C: Logged(scene(c, Side.C, {})), Side.PY: Logged(scene(py, Side.PY, {}))}
    return counterfactual(sides, config, pixel_runs())


def named(found: Reproduction) -> set[str]:
    """Return the names under which a reproduction by one change goes."""
    return {found.changes[0].name, *(change.name for change in found.as_well[0])} if len(found.changes) == 1 else set()


def visible(config: Config, pixel: Pixel, name: str) -> list[Change]:
    """Return the changes of a name that show in a log of the pixel."""
    base = trace_text(trace_pixel(config, pixel, Emit()).records)
    options = (change for change in changes(config, pixel) if change.name == name)
    return [item for item in options if trace_text(trace_pixel(item.applied(config), pixel, Emit()).records) != base]


def test_every_alternative_and_every_switch_is_made_somewhere() -> None:
    made = {name for _, name in MADE}
    known = {alternative.name for alternative in ALTERNATIVES} | {defect.value for defect in Defect}
    # A cache is read where there is one; the last test makes one.
    assert known - made == {"cache_white_space"}


@pytest.mark.parametrize(("experiment", "name"), MADE)
def test_a_change_is_named_from_the_logs_and_the_flags(experiment: str, name: str, inputs: Path) -> None:
    made = EXPERIMENTS[experiment]
    config = configured(made.flags, inputs)
    shown = visible(config, made.pixel, name)
    assert shown, "the change leaves no trace in this pixel"
    for change in (shown[0], shown[-1]):
        c = logged(config, made.pixel, "TRACE_C")
        py = logged(change.applied(config), made.pixel, "TRACE_PY")
        found = simulated(c, py, config)
        assert not found.reproductions[Side.C].changes
        assert not found.reproductions[Side.C].left
        mine = found.reproductions[Side.PY]
        assert name in named(mine), (change.text, [item.text for item in mine.changes])
        texts = {mine.changes[0].text, *(item.text for item in mine.as_well[0])}
        assert change.text in texts
        assert not mine.left
        assert mine.largest < 1e-9
        assert [item.change for item in found.differences] == list(mine.changes)

"""Runs of the simulator against logs: pairs with one switch or one value changed, and what is known of recorded ones.

The oracle is the change that was made: it has to be named from the two texts and the flags alone.
"""

import json
import math
import shutil
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from nbtrace.compare.scene import scene
from nbtrace.embedded.pixel_runs import pixel_runs
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import trace_pixel
from nbtrace.errors import ProgramError, UsageError
from nbtrace.explanation.audit.roots import Grounds
from nbtrace.explanation.explain import Explanation, explain
from nbtrace.explanation.simulations.counterfactual import Simulated, counterfactual
from nbtrace.explanation.simulations.evidence import SIMULATOR, evidence
from nbtrace.explanation.simulations.match import Logged
from nbtrace.explanation.simulations.reproduction import Reproduction
from nbtrace.explanation.simulations.run import SimulatedPixel
from nbtrace.parsers import parse_trace, read_trace
from nbtrace.physics.nanobragg.alternatives import ALTERNATIVES, changes
from nbtrace.physics.nanobragg.configuration_change import ConfigurationChange
from nbtrace.physics.nanobragg.experiments import Simulator
from nbtrace.records import Pixel, Side, Trace
from nbtrace.writers import trace_text
from simulator.arguments import parse
from simulator.config import Config
from simulator.config_file import load_config
from simulator.defects import Defect
from simulator.hkl import ReflectionTable, write_cache
from tests.places import GOLDEN_SUITE, PAIRS, SUPERVISOR_CONFIGURATION
from tests.simulator.golden import INPUTS

pytestmark = pytest.mark.slow  # dozens of runs of the simulator

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
        f"{CELL} -N 5 -distance 100 -detpixels 96 -pixel 1.0 -oversample 1 "
        "-detector_rotx 4 -detector_roty -3 -twotheta 12",
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
    "source file": Experiment(f"{SMALL} -sourcefile sources.txt", (31, 12), ("source_weights_ignored",)),
    "custom": Experiment(
        f"-mat A.mat -hkl small.hkl -nointerpolate -oversample 1 -Xbeam 38.7 -Ybeam 36.9 -distance 90.27 -lambda 1.1 "
        f"-pixel 0.8 -detpixels_x 96 -detpixels_y 90 {VECTORS} -N 16 -polar_vector 0 1 0 -twotheta_axis 0.1 1 0",
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
        shutil.copyfile(GOLDEN_SUITE / "inputs" / name, folder / name)
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
    return counterfactual(sides, config, pixel_runs(), Simulator())


def named(found: Reproduction) -> set[str]:
    """Return the names under which a reproduction by one change goes."""
    return {found.changes[0].name, *(change.name for change in found.as_well[0])} if len(found.changes) == 1 else set()


def visible(config: Config, pixel: Pixel, name: str) -> list[ConfigurationChange]:
    """Return the changes of a name that show in a log of the pixel, and take no long run."""
    base = trace_text(trace_pixel(config, pixel, Emit()).records)
    options = (change for change in changes(config, pixel) if change.name == name and is_short(config, pixel, change))
    return [item for item in options if trace_text(trace_pixel(item.applied(config), pixel, Emit()).records) != base]


def is_short(config: Config, pixel: Pixel, change: ConfigurationChange) -> bool:
    try:
        return pixel_runs()(change.applied(config), pixel).samples < 200
    except ProgramError:
        return False


def test_every_alternative_and_every_switch_is_made_somewhere() -> None:
    made = {name for _, name in MADE}
    known = {alternative.name for alternative in ALTERNATIVES} | {defect.value for defect in Defect}
    # How a command line is read shows in no log, but for an axis that is taken for an angle too.
    reading = {defect.value for defect in Defect if defect.of_command_line and defect is not Defect.FLAG_COLLISIONS}
    # A cache is read where there is one; the last test makes one.
    assert known - made == {"cache_white_space"} | reading


def case(experiment: str, name: str) -> ParameterSet:
    """Return a change as a case; all but the first of an experiment are slow."""
    first = name == EXPERIMENTS[experiment].names[0]
    return pytest.param(experiment, name, marks=[] if first else [pytest.mark.slow])


@pytest.mark.parametrize(("experiment", "name"), [case(*made) for made in MADE])
def test_a_change_is_named_from_the_logs_and_the_flags(experiment: str, name: str, inputs: Path) -> None:
    made = EXPERIMENTS[experiment]
    config = configured(made.flags, inputs)
    shown = visible(config, made.pixel, name)
    assert shown, "the change leaves no trace in this pixel"
    for change in (shown[0], shown[-1]) if name == made.names[0] else shown[-1:]:
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


@cache
def supervisor(py: str) -> Explanation:
    folder = PAIRS / "supervisor__685_1039"
    config = load_config(SUPERVISOR_CONFIGURATION).command.config
    c, other = read_trace(str(folder / "c.log"), Side.C), read_trace(str(folder / py), Side.PY)
    return explain(c, other, config, simulate=pixel_runs())


def test_the_reference_is_the_simulator_at_every_value_and_the_port_with_two_changes() -> None:
    result = supervisor("py.log")
    assert result.simulated is not None
    c, py = (result.simulated.reproductions[side] for side in (Side.C, Side.PY))
    assert (c.changes, c.left) == ((), ())
    assert len(c.matches) > 100
    assert c.largest < 2e-13
    assert {change.name for change in py.changes} == {"stale_phi_rotation", "fluence"}
    # The port's log gives its vectors in metres and computes its indices from them; the intensity knows better.
    assert {match.node.name for match in py.left} <= py.excused
    final = py.final
    assert final is not None
    assert final.holds
    assert final.residual_rel < 5e-3
    shares = {item.change.name: item.share for item in result.simulated.differences}
    assert shares["fluence"] == pytest.approx(1.0137, abs=1e-3)
    assert shares["stale_phi_rotation"] == pytest.approx(-0.0135, abs=1e-3)


def test_the_runs_confirm_the_causes_that_the_formulas_name() -> None:
    result = supervisor("py.log")
    said = {root.quantity: evidence(root, result.simulated) for root in result.roots if root.side is Side.C}
    stale = said["rot_a_angstroms"]
    assert stale is not None
    assert (stale.difference.change.name, stale.difference.side) == ("stale_phi_rotation", Side.PY)
    fluence = next(root for root in result.roots if root.quantity == "fluence_photons_per_m2")
    assert [cause.signature.name for cause in fluence.search.causes[:2]] == ["simulator", "constant"]
    assert evidence(fluence, result.simulated) is not None


def test_a_fresh_rotation_explains_the_whole_of_the_fourteen_percent() -> None:
    result = supervisor("c_roi_fresh.log")
    assert result.simulated is not None
    (difference,) = result.simulated.differences
    assert (difference.change.name, difference.side) == ("stale_phi_rotation", Side.PY)
    assert difference.ratio == pytest.approx(0.855386695, rel=1e-9)
    assert difference.share == pytest.approx(1.0, abs=1e-9)
    assert not result.simulated.reproductions[Side.PY].left
    others = result.simulated.reproductions[Side.PY].as_well[0]
    assert {change.name for change in others} == {"region"}


def arguments(name: str) -> str:
    return str(json.loads((PAIRS / "provenance.json").read_text())["pairs"][name]["arguments"])


@pytest.mark.parametrize(
    "name",
    [
        "supervisor__685_1039",
        "custom_vectors_mat_hkl_phi__24_51",
        "hkl_interpolate__18_16",
        "oversample_2_omega__22_14",
        "sourcefile__43_61",
        "thick_sensor__44_31",
    ],
)
def test_the_reference_is_reproduced_at_every_value_of_a_recorded_pair(name: str, inputs: Path) -> None:
    if name.startswith("supervisor"):
        config = load_config(SUPERVISOR_CONFIGURATION).command.config
    else:
        config = configured(arguments(name), inputs)
    found = simulated(read_trace(str(PAIRS / name / "c.log")), read_trace(str(PAIRS / name / "py.log")), config)
    c = found.reproductions[Side.C]
    assert not c.changes
    assert not c.left, [(match.node.label, match.residual_rel) for match in c.left]
    assert len(c.matches) > 50
    assert c.largest < 1e-12


def test_switches_without_a_trace_are_those_that_change_no_line(inputs: Path) -> None:
    for experiment in ("turned", "sensor", "water"):
        made = EXPERIMENTS[experiment]
        config = configured(made.flags, inputs)
        c = logged(config, made.pixel, "TRACE_C")
        found = simulated(c, logged(config, made.pixel, "TRACE_PY"), config)
        showing = {defect for defect in Defect if visible(config, made.pixel, defect.value)}
        assert set(found.traceless) == {defect.value for defect in set(Defect) - showing}
        assert not found.differences


def test_two_changes_are_found_on_the_side_that_has_them_and_on_either(inputs: Path) -> None:
    made = EXPERIMENTS["turned"]
    config = configured(made.flags, inputs)
    options = {change.text: change for change in changes(config, made.pixel)}
    fresh = next(change for change in options.values() if change.name == "stale_phi_rotation")
    other = fresh.applied(options["an unpolarised beam"].applied(config))
    for mine, theirs in ((Side.C, Side.PY), (Side.PY, Side.C)):
        logs = {mine: logged(other, made.pixel, "TRACE_C"), theirs: logged(config, made.pixel, "TRACE_PY")}
        found = simulated(logs[Side.C], logs[Side.PY], config)
        assert {change.name for change in found.reproductions[mine].changes} == {"stale_phi_rotation", "polarisation"}
        assert {item.side for item in found.differences} == {mine}
        assert not found.reproductions[theirs].changes
        assert math.fsum(item.share or 0.0 for item in found.differences) == pytest.approx(1.0, abs=1e-9)


def test_an_alien_factor_is_left_and_gets_no_name(inputs: Path) -> None:
    made = EXPERIMENTS["turned"]
    config = configured(made.flags, inputs)
    text = trace_text(trace_pixel(config, made.pixel, Emit()).records)
    line = next(line for line in text.splitlines() if line.startswith("TRACE_PY: polar "))
    value = float(line.split()[-1])
    py = parse_trace(text.replace(line, f"TRACE_PY: polar {1.0371 * value:.15g}"), "py.log")[0]
    found = simulated(logged(config, made.pixel, "TRACE_C"), py, config).reproductions[Side.PY]
    assert not found.changes
    assert [match.node.name for match in found.left] == ["polar"]
    assert found.left[0].residual_rel == pytest.approx(1 - 1 / 1.0371, rel=1e-6)


def test_a_root_without_a_cause_gets_the_one_that_the_runs_tell(inputs: Path) -> None:
    made = EXPERIMENTS["mosaic"]
    config = configured(made.flags, inputs)
    change = visible(config, made.pixel, "mosaic")[0]
    c = logged(config, made.pixel, "TRACE_C")
    py = logged(change.applied(config), made.pixel, "TRACE_PY")
    before = explain(c, py, config)
    after = explain(c, py, config, simulate=pixel_runs())
    assert any(root.cause is None for root in before.roots)
    (root,) = after.roots
    assert (root.side, root.basis) == (Side.PY, Grounds.BOTH_RUNS)
    assert root.cause is not None
    assert root.cause.signature is SIMULATOR
    assert after.attribution.shares[0].of_log_ratio == pytest.approx(1.0, abs=1e-9)


def test_a_run_that_cannot_be_made_is_said_and_breaks_nothing() -> None:
    def refusing(config: object, pixel: Pixel) -> SimulatedPixel:
        assert isinstance(config, Config)
        raise UsageError(f"no run of {pixel} on {config.shape_slow_fast}")

    folder = PAIRS / "polar_09__35_24"
    c, py = (read_trace(str(folder / name)) for name in ("c.log", "py.log"))
    result = explain(c, py, parse(arguments("polar_09__35_24").split()).config, simulate=refusing)
    assert result.simulated is not None
    assert result.simulated.refused == "no run of (35, 24) on (64, 64)"
    assert result.roots


def test_a_cache_with_white_space_is_told_from_one_without(inputs: Path, tmp_path: Path) -> None:
    config = configured(f"{SMALL} -default_F 100", inputs)
    # The first F is made of bytes that are white space: the reference skips them, and the table shifts.
    blank = struct.unpack("<d", b"\x20\x20\x20\x20\x20\x20\x20\x20")[0]
    values = np.arange(1.0, 1.0 + 61**3).reshape(61, 61, 61)
    values[0, 0, 0] = blank
    cache = write_cache(tmp_path / "Fdump.bin", ReflectionTable(values, -30, 30, -30, 30, -30, 30, 0.0, 61**3))
    config = configured(SMALL.replace("-default_F 100", ""), inputs)
    structure = config.structure.model_copy(update={"dump_file": cache, "interpolate": False})
    config = config.model_copy(update={"structure": structure})
    change = next(item for item in changes(config, (20, 31)) if item.name == "cache_white_space")
    py = logged(change.applied(config), (20, 31), "TRACE_PY")
    found = simulated(logged(config, (20, 31), "TRACE_C"), py, config).reproductions[Side.PY]
    assert [item.name for item in found.changes] == ["cache_white_space"]
    assert not found.left

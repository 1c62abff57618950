"""The plain formulas against the simulator: every quantity of random experiments, and their condition numbers."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from torch import Tensor

from nbtrace.compare.evaluate import evaluate
from nbtrace.compare.scene import Node, Scene, Vector, in_order, scene
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import trace_pixel
from nbtrace.errors import UsageError
from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.chain import ScalingChain
from nbtrace.physics.nanobragg.facts import facts_of
from nbtrace.physics.nanobragg.formulas.sweep_places import tic_of
from nbtrace.physics.nanobragg.formulas.table import FORMULAS
from nbtrace.records import Side
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.writers import trace_text
from simulator.arguments import parse
from simulator.beam import BeamSource, scattering_vector
from simulator.build import build_model
from simulator.config import Config
from simulator.lattice import axis_factor, miller_indices, nearest_reflection
from simulator.polarization import polarization_factor
from simulator.rays import solid_angle
from simulator.vectors import Vector as Tensors
from simulator.vectors import vector

PIXELS = 40


# The formulas are those of the reference, with its last layer and its running products, but not its stale rotation; its
# c* is told from the right one where a cell length shows it, which the recorded traces hold.
@st.composite
def flags(draw: st.DrawFn) -> str:
    """Return the flags of a small experiment."""

    def number(low: float, high: float) -> str:
        return f"{round(draw(st.floats(low, high)), 9):.6g}"

    def optional(words: str) -> str:
        return draw(st.sampled_from(["", words]))

    angles = " ".join(number(70, 110) for _ in range(3))
    lengths = " ".join(number(30, 120) for _ in range(3))
    cells = " ".join(f"-N{axis} {draw(st.integers(1, 30))}" for axis in "abc")
    tilt = " ".join(f"-detector_rot{axis} {number(-15, 15)}" for axis in "xyz")
    turns = f"-phi {number(-20, 20)} -osc {number(0.1, 5)} -phisteps {draw(st.integers(1, 4))}"
    sensor = f"-detector_abs {number(100, 500)} -detector_thick {number(50, 500)} -detector_thicksteps 2"
    return " ".join(
        (
            draw(st.sampled_from(["", "-mosflm", "-denzo", "-adxv", "-xds", "-dials"])),
            f"-cell {lengths} {angles} -misset {number(0, 360)} {number(0, 360)} {number(0, 360)}",
            f"-default_F {number(1, 300)} {cells} -lambda {number(0.5, 6)} -distance {number(40, 300)}",
            f"-detpixels {PIXELS} -pixel {number(0.1, 1.5)} -oversample {draw(st.integers(1, 2))}",
            optional(tilt),
            optional(f"-twotheta {number(-20, 20)}"),
            optional(turns),
            optional(sensor),
            optional(f"-Xbeam {number(0, 40)} -Ybeam {number(0, 40)}"),
            draw(st.sampled_from(["", "-nopolar", f"-polar {number(-1, 1)}"])),
            optional(f"-flux {number(1e8, 1e14)} -exposure {number(0.1, 10)} -beamsize {number(0.01, 1)}"),
            optional("-point_pixel"),
            optional("-detector_thick 300"),
            "-mode last_layer_capture,running_products -dump none.bin",
        )
    )


def traced(config: Config, pixel: tuple[int, int]) -> Scene:
    """Return the values of a trace, read back from its text."""
    shown = trace_pixel(config, pixel, Emit())
    log = parse_trace(trace_text(shown.records, shown.header), "py.log")[0]
    return scene(log, Side.PY, facts_of(log, log, config))


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(words=flags(), slow=st.integers(0, PIXELS - 1), fast=st.integers(0, PIXELS - 1))
def test_every_formula_gives_what_the_simulator_gives(words: str, slow: int, fast: int) -> None:
    try:
        config = parse(words.split()).config
        base = traced(config, (slow, fast))
    except UsageError:
        reject()
    broken, held = {}, set()
    for node in in_order(base.vocabulary, base.values):
        try:
            computed = evaluate(base, base.values, node)
        except UnloggedError:
            continue
        if not computed.allows(base.values[node]):
            broken[node.label] = (base.values[node], computed.value, computed.allowed)
        else:
            held.add(node.name)
    assert not broken
    assert held >= ALWAYS
    assert held <= FORMULAS.keys()


ALWAYS = frozenset(FORMULAS) & frozenset(ScalingChain.names) | frozenset(
    {
        *("pixel_pos_meters", "R_distance_meters", "omega_pixel_sr", "obliquity_factor", "diffracted_vec"),
        *("incident_vec", "lambda_meters", "scattering_vec_A_inv", "hkl_frac", "hkl_rounded", "F_cell", "F_latt"),
        *(f"rot_{axis}_angstroms" for axis in "abc"),
        *(f"F_latt_{axis}" for axis in "abc"),
        *("phi_deg", "phi_k_frac", "phi_F_latt_b", "phi_F_latt", "floatimage_accumulated"),
    }
)
"""Quantities that every one of these experiments lets be computed."""


TILTED = (
    "-cell 61 72 83 81 94 103 -misset 10 20 30 -default_F 100 -Na 7 -Nb 12 -Nc 5 -lambda 1.1 -distance 90 "
    "-detpixels 40 -pixel 0.8 -oversample 1 -detector_rotx 7 -twotheta 11 -polar 0.8 -mode spec -dump none.bin"
)
Function = Callable[..., Tensor | Tensors]


def tensors(*values: Vector) -> list[Tensor]:
    return [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in values]


def by_autograd(function: Function, inputs: list[Tensor]) -> tuple[Vector, float]:
    """Return the value of a function and Σ |∂y/∂xᵢ|·|x|/|y| over all components of its inputs."""
    result = function(*inputs)
    rows = list(result) if isinstance(result, Tensors) else [result.reshape(())]
    size = math.sqrt(sum(float(row.detach()) ** 2 for row in rows))
    jacobian = [torch.autograd.grad(row, inputs, retain_graph=True, allow_unused=True) for row in rows]
    condition = 0.0
    for place, given_ in enumerate(inputs):
        columns = [torch.zeros_like(given_) if row[place] is None else row[place] for row in jacobian]
        condition += float(torch.stack(columns).norm(dim=0).sum() * given_.detach().norm()) / size
    return tuple(float(row.detach()) for row in rows), condition


@pytest.fixture(scope="module")
def tilted() -> tuple[Config, Scene]:
    config = parse(TILTED.split()).config
    return config, traced(config, (23, 31))


def value(base: Scene, name: str) -> Vector:
    return next(numbers for node, numbers in base.values.items() if node.name == name and tic_of(node) < 1)


def functions(config: Config, base: Scene) -> dict[str, tuple[Function, list[Tensor]]]:
    """Return the simulator's own function of each quantity, and its inputs as logged."""
    detector = build_model(config).detector
    kahn = torch.tensor(config.beam.kahn_factor, dtype=torch.float64)
    polar = vector((0.0, 0.0, 1.0))

    def lattice(cells: int, place: int) -> Function:
        def factor(hkl: Tensor) -> Tensor:
            index = hkl[place]
            return axis_factor(index, torch.ceil(index.detach() - 0.5), cells, torch.float64)

        return factor

    def indices(a: Tensor, b: Tensor, c: Tensor, scattering: Tensor) -> Tensors:
        cell = vector(a * 1e-10), vector(b * 1e-10), vector(c * 1e-10)
        return miller_indices(cell, vector(scattering))

    def scattering(diffracted: Tensor, incident: Tensor, wavelength: Tensor) -> Tensors:
        return scattering_vector(vector(diffracted), BeamSource(vector(incident), wavelength[0], -vector(incident)))

    def omega(radius: Tensor, close: Tensor) -> Tensor:
        return solid_angle(replace(detector, close_m=close[0]), radius[0])

    def factor(incident: Tensor, diffracted: Tensor) -> Tensor:
        return polarization_factor(kahn, vector(incident), vector(diffracted), polar)

    axes = [value(base, f"rot_{axis}_angstroms") for axis in "abc"]
    hkl = [value(base, "hkl_frac")]
    return {
        "scattering_vec_A_inv": (
            scattering,
            tensors(value(base, "diffracted_vec"), value(base, "incident_vec"), value(base, "lambda_meters")),
        ),
        "omega_pixel_sr": (omega, tensors(value(base, "R_distance_meters"), value(base, "close_distance_meters"))),
        "hkl_frac": (indices, tensors(*axes, value(base, "scattering_vec_A_inv"))),
        "F_latt_a": (lattice(config.crystal.Na, 0), tensors(*hkl)),
        "F_latt_b": (lattice(config.crystal.Nb, 1), tensors(*hkl)),
        "F_latt_c": (lattice(config.crystal.Nc, 2), tensors(*hkl)),
        "polar": (factor, tensors(value(base, "incident_vec"), value(base, "diffracted_vec"))),
    }


@pytest.mark.parametrize(
    "name", ["scattering_vec_A_inv", "omega_pixel_sr", "hkl_frac", "F_latt_a", "F_latt_b", "F_latt_c", "polar"]
)
def test_condition_numbers_are_those_of_autograd_through_the_simulator(name: str, tilted: tuple[Config, Scene]) -> None:
    config, base = tilted
    function, inputs = functions(config, base)[name]
    result, condition = by_autograd(function, inputs)
    node = next(node for node in base.values if node.name == name)
    computed = evaluate(base, base.values, node)
    assert computed.value == pytest.approx(result, rel=1e-12, abs=1e-15)
    # The step is as small as the printed digits, so the numeric derivative itself has few.
    assert computed.condition == pytest.approx(condition, rel=0.1)
    assert condition > 0.1


def test_a_lattice_factor_near_its_zero_has_a_large_condition_number_either_way(tilted: tuple[Config, Scene]) -> None:
    config, base = tilted
    h, k, l = value(base, "hkl_frac")  # noqa: E741 - the indices' own letters
    near = (math.floor(h) + (1 + 1e-5) / config.crystal.Na, k, l)
    node = Node("hkl_frac", 0)
    changed = {**base.values, node: near}
    function, _ = functions(config, base)["F_latt_a"]
    _, condition = by_autograd(function, tensors(near))
    computed = evaluate(replace(base, values=changed), changed, Node("F_latt_a", 0))
    assert condition > 1e4
    assert computed.condition == pytest.approx(condition, rel=0.1)


def test_the_nearest_reflection_is_that_of_the_simulator(tilted: tuple[Config, Scene]) -> None:
    _, base = tilted
    nearest = nearest_reflection(vector(value(base, "hkl_frac")))
    assert evaluate(base, base.values, Node("hkl_rounded", 0)).value == tuple(float(x) for x in nearest)

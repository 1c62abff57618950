"""Derivatives by compiled code against those of the eager kernel: every shape, lookup, factor and parameter."""

import ctypes

import numpy as np
import pytest
import torch
from torch import Tensor

from simulator.arguments import parse
from simulator.build import Inputs, build_model
from simulator.engines import EngineKind, chosen_engine
from simulator.hkl import ReflectionTable
from simulator.kernel import EAGER
from simulator.model import Engine
from simulator.native_library import NativeLibrary, NativeUnavailableError, loaded_library
from simulator.native_slopes import SlopeArguments, differentiable_engine
from simulator.parameters import Parameter
from simulator.run import image_values

COMMON = (
    "-cell 60 70 80 85 95 100 -misset 10 20 30 -default_F 100 -N 4 -lambda 1.3 -distance 80 -pixel 5 -detpixels 9"
    " -Xbeam 12 -Ybeam 16 -oversample 1 -flux 1e20"
)
VALUES: dict[Parameter, float | list[float]] = {
    Parameter.CELL: [60.0, 70.0, 80.0, 85.0, 95.0, 100.0],
    Parameter.MISSET: [10.0, 20.0, 30.0],
    Parameter.DISTANCE: 80.0,
    Parameter.WAVELENGTH: 1.3,
    Parameter.ROTY: 0.0,
    Parameter.PHI: 0.0,
    Parameter.MOSAIC_SPREAD: 1.0,
    Parameter.FLUENCE: 1.0,
}
SHAPES = ("", "-round_xtal -fudge 1.1", "-gauss_xtal -fudge 0.8", "-tophat_spots -fudge 1e-4")
SUMS = {
    "still": "-Nb 1",
    "phi and domains": "-osc 1 -phisteps 3 -mosaic 1 -mosaic_dom 4",
    "sources and a limit": "-dispersion 2 -dispsteps 2 -dmin 3",
    "factors of samples": "-oversample 2 -oversample_omega -oversample_polar -water 3",
    "layers": "-detector_abs 200 -detector_thick 400 -thicksteps 2 -oversample_thick -mosaic 1 -mosaic_dom 2",
}
LOOKUPS = {"no list": "", "nearest": "-nointerpolate", "tricubic": "-interpolate"}
CASES = [
    pytest.param(
        sums,
        shape,
        lookup,
        ("spec", "c-parity")[(i + j) // 2 % 2],
        marks=[pytest.mark.slow] if (i + j) % 2 else [],
    )
    for i, sums in enumerate(SUMS)
    for j, shape in enumerate(SHAPES)
    for lookup in (list(LOOKUPS)[(i + j) % 3],)
]


@pytest.fixture(scope="module")
def library() -> NativeLibrary:
    try:
        return loaded_library()
    except NativeUnavailableError as error:
        pytest.skip(str(error))


def derivatives(flags: str, engine: Engine, inputs: Inputs) -> tuple[Tensor, dict[Parameter, Tensor]]:
    """Return an image, and the derivatives of a weighted sum of it with respect to all that may be given."""
    given = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in VALUES.items()}
    given[Parameter.DEFAULT_F] = torch.tensor(100.0, dtype=torch.float64, requires_grad=True)
    if inputs.reflections is not None:
        given[Parameter.STRUCTURE_FACTORS] = torch.from_numpy(inputs.reflections.values).requires_grad_()
    model = build_model(parse(f"{COMMON} {flags}".split()).config, inputs, given)
    image = image_values(model, torch.arange(81), engine=engine)
    weights = torch.linspace(1.0, 2.0, len(image), dtype=torch.float64)
    found = torch.autograd.grad(
        (image * weights).sum(), list(given.values()), allow_unused=True, materialize_grads=True
    )
    return image.detach(), dict(zip(given, found, strict=True))


def inputs_of(lookup: str) -> Inputs:
    if lookup == "no list":
        return Inputs()
    box = np.random.default_rng(5).uniform(10.0, 90.0, (13, 15, 17))
    return Inputs(reflections=ReflectionTable(box, -6, 6, -7, 7, -8, 8, 3.0, box.size))


def assert_the_same(flags: str, engine: Engine, lookup: str, part: float = 1e-8) -> None:
    inputs = inputs_of(lookup)
    flags = f"{flags} {LOOKUPS[lookup]}"
    (image, eager), (ours, found) = (derivatives(flags, chosen, inputs) for chosen in (EAGER, engine))
    torch.testing.assert_close(ours, image, rtol=1e-8, atol=1e-9 * float(image.max()))
    for name, expected in eager.items():
        atol = part * float(expected.abs().max())
        assert torch.allclose(found[name], expected, rtol=part, atol=atol), (name, found[name], expected)
    assert float(eager[Parameter.DISTANCE].abs()) > 0.0


@pytest.mark.parametrize(("sums", "shape", "lookup", "mode"), CASES)
def test_they_are_those_of_the_eager_kernel(
    sums: str, shape: str, lookup: str, mode: str, library: NativeLibrary
) -> None:
    assert_the_same(f"{SUMS[sums]} {shape} -mode {mode}", differentiable_engine(library), lookup)


def test_without_a_compiler_they_are_computed_some_samples_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.native_slopes.RECOMPUTED_NUMBERS", 200)
    flags = f"{SUMS['phi and domains']} -oversample 2 -oversample_omega -oversample_polar -mode"
    for mode in ("spec", "c-parity"):
        assert_the_same(f"{flags} {mode}", differentiable_engine(None), "nearest", 1e-12)


def test_at_a_reflection_they_are_numbers(library: NativeLibrary) -> None:
    """The beam through the centre of a pixel: F_latt is largest there, so nothing but the polarisation changes."""
    flags = "-cell 100 100 100 90 90 90 -default_F 1 -N 5 -distance 100 -pixel 1 -detpixels 3 -xds -ORGX 2 -ORGY 2"
    cell = torch.tensor([100.0, 100.0, 100.0, 90.0, 90.0, 90.0], dtype=torch.float64, requires_grad=True)
    for shape in SHAPES:
        config = parse(f"{flags} -oversample 1 {shape}".split()).config
        centre = image_values(
            build_model(config, Inputs(), {Parameter.CELL: cell}),
            torch.tensor([4]),
            engine=differentiable_engine(library),
        )
        slope = torch.autograd.grad(centre.sum(), cell)[0]
        assert slope.abs().max() <= 1e-9 * centre.detach().abs().max()


@pytest.mark.usefixtures("library")
def test_an_engine_is_chosen_for_them_where_they_are_wanted() -> None:
    config = parse(f"{COMMON} -compile always".split()).config
    for name in (Parameter.CELL, Parameter.DISTANCE, Parameter.FLUENCE):
        given = {name: torch.tensor(VALUES[name], dtype=torch.float64, requires_grad=True)}
        model = build_model(config, Inputs(), given)
        chosen = chosen_engine(model)
        assert chosen.kind is EngineKind.NATIVE
        assert chosen.said.endswith(", with derivatives")
        with torch.no_grad():
            assert not chosen_engine(model).said.endswith(", with derivatives")
    plain = chosen_engine(build_model(config, Inputs()))
    assert plain.engine.in_threads
    assert not plain.said.endswith(", with derivatives")


def test_the_structure_has_the_size_of_the_compiled_one(library: NativeLibrary) -> None:
    assert library.slopes_size == ctypes.sizeof(SlopeArguments)

"""Derivatives of the image reach every parameter that may be given as a tensor."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from simulator.arguments import parse
from simulator.build import Inputs, build_model
from simulator.hkl import ReflectionTable
from simulator.parameters import Parameter
from simulator.run import image_values

COMMON = (
    "-cell 60 70 80 85 95 100 -misset 10 20 30 -default_F 100 -N 3 -lambda 1.1 -distance 80 -pixel 2 -detpixels 8"
    " -oversample 1 -Xbeam 7 -Ybeam 9 -detector_rotx 2 -detector_roty -3 -detector_rotz 4 -twotheta 5 -polar 0.8"
    " -nointerpolate -flux 1e20"
)
PIXELS = torch.tensor([3, 17, 30, 52])
VALUES = {
    Parameter.CELL: [60.0, 70.0, 80.0, 85.0, 95.0, 100.0],
    Parameter.MISSET: [10.0, 20.0, 30.0],
    Parameter.WAVELENGTH: 1.1,
    Parameter.FLUENCE: 2.0,
    Parameter.KAHN_FACTOR: 0.8,
    Parameter.DISTANCE: 80.0,
    Parameter.ROTX: 2.0,
    Parameter.ROTY: -3.0,
    Parameter.ROTZ: 4.0,
    Parameter.TWOTHETA: 5.0,
    Parameter.XBEAM: 7.0,
    Parameter.YBEAM: 9.0,
    Parameter.DEFAULT_F: 100.0,
    Parameter.PHI: 1.0,
    Parameter.MOSAIC_SPREAD: 1.0,
}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["c-parity", "spec"])
@pytest.mark.parametrize("parameter", [name for name in VALUES if name is not Parameter.MOSAIC_SPREAD])
def test_the_gradient_of_a_parameter_is_its_finite_difference(parameter: Parameter, mode: str) -> None:
    flags = f"{COMMON} -phi 1 -osc 2 -phisteps 2 -mode {mode}"
    tensor = torch.tensor(VALUES[parameter], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(_relative_image(flags, parameter), tensor, eps=1e-6, atol=1e-5, rtol=1e-3)
    gradient = torch.autograd.grad(_relative_image(flags, parameter)(tensor).sum(), tensor)[0]
    assert gradient.abs().max() > 0


def _relative_image(flags: str, parameter: Parameter) -> Callable[[torch.Tensor], torch.Tensor]:
    def function(tensor: torch.Tensor) -> torch.Tensor:
        return image_values(build_model(parse(flags.split()).config, Inputs(), {parameter: tensor}), PIXELS)

    size = float(function(torch.tensor(VALUES[parameter], dtype=torch.float64)).abs().max())
    return lambda tensor: function(tensor) / size


@pytest.mark.parametrize("shape", ["-square_xtal", "-round_xtal", "-gauss_xtal"])
def test_gradient_through_every_smooth_shape(shape: str) -> None:
    flags = f"{COMMON} {shape} -fudge 1.1"
    tensor = torch.tensor(VALUES[Parameter.CELL], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(_relative_image(flags, Parameter.CELL), tensor, eps=1e-6, atol=1e-5, rtol=1e-3)


def test_gradient_to_mosaic_spread() -> None:
    flags = f"{COMMON} -mosaic_spread 1 -mosaic_domains 4"
    tensor = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    # The angle is rounded to single precision, so the difference quotient needs a wide step.
    assert torch.autograd.gradcheck(
        _relative_image(flags, Parameter.MOSAIC_SPREAD), tensor, eps=1e-3, atol=1e-3, rtol=1e-2
    )


@pytest.mark.parametrize("lookup", ["-nointerpolate", "-interpolate"])
def test_gradient_to_structure_factors(lookup: str) -> None:
    box = np.random.default_rng(4).uniform(50.0, 100.0, (61, 61, 61))
    table = ReflectionTable(box, -30, 30, -30, 30, -30, 30, 5.0, box.size)
    tensor = torch.from_numpy(box).requires_grad_()
    flags = f"{COMMON} {lookup}"
    model = build_model(parse(flags.split()).config, Inputs(reflections=table), {Parameter.STRUCTURE_FACTORS: tensor})
    result = image_values(model, PIXELS[:1])
    gradient = torch.autograd.grad(result.sum(), tensor)[0]
    # The image is a quadratic form in F: Euler's theorem gives its value back.
    torch.testing.assert_close((gradient * tensor.detach()).sum(), 2.0 * result.sum().detach(), rtol=1e-10, atol=0.0)
    assert int((gradient != 0).sum()) == (64 if lookup == "-interpolate" else 1)


@pytest.mark.parametrize("axis", ["-polar_vector 1 0 0", "-polar_vector 0 0 0", "-beam_vector 0 0 0"])
@pytest.mark.parametrize("parameter", [Parameter.KAHN_FACTOR, Parameter.ROTY, Parameter.WAVELENGTH])
def test_gradient_is_finite_where_a_direction_has_no_length(axis: str, parameter: Parameter) -> None:
    flags = f"{COMMON} -phi 1 {axis}"
    tensor = torch.tensor(VALUES[parameter], dtype=torch.float64, requires_grad=True)
    image = image_values(build_model(parse(flags.split()).config, Inputs(), {parameter: tensor}), PIXELS)
    gradient = torch.autograd.grad(image.sum(), tensor)[0]
    assert image.isfinite().all()
    assert gradient.isfinite().all()


def test_gradient_is_finite_at_a_reflection() -> None:
    flags = "-cell 100 100 100 90 90 90 -default_F 1 -N 5 -distance 100 -pixel 1 -detpixels 3 -xds -ORGX 2 -ORGY 2"
    tensor = torch.tensor([100.0, 100.0, 100.0, 90.0, 90.0, 90.0], dtype=torch.float64, requires_grad=True)
    model = build_model(parse([*flags.split(), "-oversample", "1"]).config, Inputs(), {Parameter.CELL: tensor})
    centre = image_values(model, torch.tensor([4]))
    assert torch.isfinite(torch.autograd.grad(centre.sum(), tensor)[0]).all()

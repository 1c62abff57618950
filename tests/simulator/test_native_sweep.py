"""The native engine against the eager kernel: every shape, lookup, factor and precision, any geometry."""

import ctypes
import dataclasses
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter

from simulator.arguments import parse
from simulator.build import Inputs, build_model
from simulator.crystal import Orientations
from simulator.hkl import ReflectionTable
from simulator.kernel import EAGER, pixel_values
from simulator.model import Engine, Model
from simulator.native_library import NativeLibrary, NativeUnavailableError, loaded_library
from simulator.native_sweep import RayArguments, SweepArguments, is_possible, native_engine
from simulator.rays import pixel_ray
from simulator.run import history, image_values, simulate, visited_pixels
from simulator.structure_factors import NearestLookup
from tests.simulator.golden import cases

COMMON = "-cell 60 70 80 85 95 100 -misset 10 20 30 -default_F 100 -N 5 -lambda 1 -distance 80 -pixel 0.8 -detpixels 20"
SHAPES = ("", "-round_xtal", "-gauss_xtal", "-tophat_spots -fudge 1e-4")
SUMS = {
    "still": "-oversample 1",
    "one cell along a": "-oversample 1 -Na 1 -Nc 9",
    "phi": "-oversample 1 -osc 1 -phisteps 4 -threads_emulated 3",
    "phi and domains": "-oversample 1 -osc 1 -phisteps 3 -mosaic 1 -mosaic_dom 4",
    "sources": "-oversample 2 -dispersion 2 -dispsteps 3 -divergence 6 -divsteps 3 -polar 0.7",
    "layers": "-oversample 1 -detector_abs 200 -detector_thick 400 -thicksteps 3",
    "dmin": "-oversample 1 -dmin 8 -dispersion 20 -dispsteps 2 -osc 1 -phisteps 2",
    "factors of samples": "-oversample 2 -oversample_omega -oversample_polar -mosaic 1 -mosaic_dom 3",
    "factors and a limit": "-oversample 1 -oversample_polar -dmin 8 -dispersion 20 -dispsteps 2",
    "capture of samples": "-oversample 2 -oversample_thick -detector_abs 200 -detector_thick 400 -thicksteps 3",
    "water": "-oversample 1 -water 5 -oversample_polar -osc 1 -phisteps 2",
    "curved": "-oversample 1 -curved_det -nopolar",
}
LOOKUPS = ("-nointerpolate", "-interpolate")
PARTS = {"float64": 1e-9, "float32": 1e-5}


@pytest.fixture(scope="module")
def library() -> NativeLibrary:
    try:
        return loaded_library()
    except NativeUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def native(library: NativeLibrary) -> Engine:
    return native_engine(library)


def table(seed: int = 5) -> ReflectionTable:
    box = np.random.default_rng(seed).uniform(10.0, 90.0, (13, 15, 17))
    return ReflectionTable(box, -6, 6, -7, 7, -8, 8, 3.0, box.size)


def model_of(flags: str, inputs: Inputs | None = None) -> Model:
    return build_model(parse(f"{COMMON} {flags}".split()).config, inputs or Inputs())


def assert_the_engines_agree(flags: str, native: Engine, inputs: Inputs | None = None) -> None:
    """Hold a pixel to a part of the largest intensity among its neighbours, in both precisions.

    Intensities that a float32 has no full digits of are held to its smallest normal number.
    """
    double = model_of(flags, inputs)
    visited = visited_pixels(double.config, None)
    with torch.no_grad():
        eager = image_values(double, visited).numpy().reshape(20, 20)
        around = maximum_filter(np.abs(eager), 3)
        for dtype, part in PARTS.items():
            model = double if dtype == "float64" else model_of(f"{flags} -dtype {dtype}", inputs)
            found = image_values(model, visited, engine=native).numpy().reshape(20, 20)
            least = float(np.finfo(np.float32).tiny) if dtype == "float32" else 0.0
            worst = np.max(np.abs(found - eager) - np.maximum(part * around, least))
            assert worst <= 0.0, (dtype, worst)


MODES = ("c-parity", "spec")
COMBINED = [
    (sums, shape, MODES[(number + place) % 2])
    for number, sums in enumerate(SUMS)
    for place, shape in enumerate(("", SHAPES[1 + number % 3]))
]
"""Every sum with a square crystal and one other, in turn in both modes."""


@pytest.mark.parametrize(("sums", "shape", "mode"), COMBINED)
def test_the_native_engine_agrees_with_the_eager_one(sums: str, shape: str, mode: str, native: Engine) -> None:
    assert_the_engines_agree(f"{SUMS[sums]} {shape} -mode {mode}", native)


@pytest.mark.parametrize(
    ("lookup", "shape", "mode"),
    [("-nointerpolate", "", "spec"), *(("-interpolate", shape, mode) for shape in SHAPES[:3] for mode in MODES)],
)
def test_structure_factors_are_found_alike(lookup: str, shape: str, mode: str, native: Engine) -> None:
    """With the carry-over of interpolation, which ends at the pixel where the eager kernel ends it."""
    flags = f"-oversample 1 -distance 200 -Xbeam 3 -Ybeam 8 -dispersion 30 -dispsteps 2 {lookup} {shape} -mode {mode}"
    inputs = Inputs(reflections=table())
    assert_the_engines_agree(flags, native, inputs)
    model = model_of(flags, inputs)
    visited = visited_pixels(model.config, None)
    assert history(model, visited, native) == history(model, visited)


angles = st.floats(-180, 180).map(lambda x: round(x, 3))


@settings(max_examples=12, deadline=None)
@given(
    misset=st.tuples(angles, angles, angles),
    cells=st.tuples(*[st.integers(1, 400)] * 3),
    wavelength=st.floats(0.3, 6.0),
    shape=st.sampled_from(SHAPES),
    lookup=st.sampled_from(LOOKUPS),
    rotation=st.floats(0, 5).map(lambda x: round(x, 2)),
)
def test_any_crystal_gives_the_same_image(
    misset: tuple[float, ...],
    cells: tuple[int, ...],
    wavelength: float,
    shape: str,
    lookup: str,
    rotation: float,
    library: NativeLibrary,
) -> None:
    words = ("-misset {} {} {}".format(*misset), "-Na {} -Nb {} -Nc {}".format(*cells), shape, lookup)
    flags = f"-oversample 1 {' '.join(words)} -lambda {wavelength} -osc {rotation} -phisteps 2 -mode spec"
    assert_the_engines_agree(flags, native_engine(library), Inputs(reflections=table()))


RECORDED = (
    *("phi_through_zero", "hkl_interpolate", "dmin_cut", "oversample_2_omega", "thick_sensor_oversample_thick"),
    *("round_xtal", "gauss_xtal", "tophat_xtal", "water_background", "sourcefile"),
)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_images_are_the_references(name: str, tmp_path: Path, native: Engine) -> None:
    case = cases()[name]
    image, expected = simulate(case.model(tmp_path), engine=native), case.image
    np.testing.assert_allclose(image, expected, rtol=1e-6, atol=1e-12 * np.abs(expected).max())


def test_a_pixel_depends_on_neither_its_neighbours_nor_the_number_of_threads(native: Engine) -> None:
    model = model_of("-oversample 1 -osc 1 -phisteps 3 -mosaic 1 -mosaic_dom 4")
    visited = visited_pixels(model.config, None)
    with torch.no_grad():
        image = image_values(model, visited, engine=native)
        assert torch.equal(image_values(model, visited, engine=native, workers=3), image)
        lookup = NearestLookup(model.factors)
        for first, last in ((77, 78), (77, 140), (78, 142), (300, 365)):
            assert torch.equal(pixel_values(model, visited[first:last], lookup, engine=native), image[first:last])


def test_at_a_reflection_the_ratio_is_the_number_of_cells(native: Engine) -> None:
    """The beam through the centre of a pixel: h = k = l = 0, where sines give 0/0."""
    flags = "-cell 100 100 100 90 90 90 -misset 0 0 0 -xds -ORGX 2 -ORGY 2 -detpixels 3 -pixel 1 -distance 100 -nopolar"
    for dtype in PARTS:
        model = model_of(f"{flags} -oversample 1 -N 7 -dtype {dtype} -point_pixel")
        with torch.no_grad():
            found = image_values(model, torch.tensor([4]), engine=native)
        exact = (100.0 * 7**3) ** 2 / 0.1**2 * float(model.beam.fluence_per_m2) * 7.94079248018965e-30
        assert float(found[0]) == pytest.approx(exact, rel=1e-6)


def test_next_to_a_reflection_no_digits_are_lost(native: Engine) -> None:
    """The beam through the centre of a pixel but for rounding: h and k are tiny, and l is 0."""
    flags = (
        "-cell 88.5 88.5 88.5 90 90 90 -misset 0 0 0 -Xclose 6.91 -Yclose 5.99 -close_distance 111 -lambda 0.879 "
        "-Na 12 -Nb 6 -Nc 3 -oversample 1 -detpixels_x 23 -detpixels_y 21 -pixel 0.831 -mode spec"
    )
    values = []
    for dtype in PARTS:
        model = model_of(f"{flags} -dtype {dtype}")
        with torch.no_grad():
            values += [float(image_values(model, torch.tensor([265]), engine=engine)[0]) for engine in (EAGER, native)]
    assert values == pytest.approx([values[0]] * 4, rel=1e-6)


def test_crystals_of_very_many_cells_take_the_sines_of_the_library(native: Engine) -> None:
    """Phases of more half turns than the parts of π allow: the values are the eager ones, whatever they are worth."""
    model = model_of("-oversample 1 -N 900000")
    with torch.no_grad():
        eager, found = (image_values(model, torch.arange(400), engine=engine) for engine in (EAGER, native))
    np.testing.assert_allclose(found, eager, rtol=1e-9, atol=1e-9 * float(eager.max()))


def test_what_is_no_number_stays_none(native: Engine) -> None:
    model = model_of("-oversample 1 -osc 1 -phisteps 2", Inputs(reflections=table()))
    nowhere = model.beam.sources[0].wavelength_m * math.nan
    sources = (dataclasses.replace(model.beam.sources[0], wavelength_m=nowhere),)
    lost = dataclasses.replace(model, beam=dataclasses.replace(model.beam, sources=sources))
    with torch.no_grad():
        assert image_values(lost, torch.arange(70), engine=native).isnan().all()


def test_rays_have_the_bits_of_the_eager_ones(native: Engine) -> None:
    flags = "-detector_rotx 3 -detector_roty -4 -detector_rotz 7 -twotheta 12 -detpixels_x 23 -detpixels_y 19"
    detector = model_of(f"-oversample 3 {flags}").detector
    pixels = torch.cat([torch.arange(60, 200), torch.tensor([5, 4, 400, 23 * 19 - 1])])
    for subpixel, depth in (((0, 0), 0.0), ((2, 1), 3e-4)):
        eager, found = (ray(detector, pixels, subpixel, 3, depth) for ray in (pixel_ray, native.ray))
        assert torch.equal(eager.distance, found.distance)
        for expected, vector in ((eager.position, found.position), (eager.direction, found.direction)):
            assert all(map(torch.equal, expected, vector))


def test_many_domains_are_the_mean_of_their_parts(native: Engine) -> None:
    many = model_of("-oversample 1 -mosaic 1 -mosaic_dom 20000 -detpixels 3 -mode spec")
    with torch.no_grad():
        found = image_values(many, torch.arange(9), engine=native)
        a, b, c = many.crystal.orientations.basis
        total = torch.zeros(9, dtype=torch.float64)
        for first in range(0, 20000, 5000):
            narrow = partial(torch.narrow, dim=1, start=first, length=5000)
            part = Orientations((a.map(narrow), b.map(narrow), c.map(narrow)))
            crystal = dataclasses.replace(many.crystal, orientations=part)
            total += image_values(dataclasses.replace(many, crystal=crystal), torch.arange(9), engine=native) / 4
    np.testing.assert_allclose(found, total, rtol=1e-12)


@pytest.mark.parametrize(
    ("number", "function", "low", "high", "allowed"),
    [
        (0, lambda x: np.abs(np.sin(x)), -1e7, 1e7, 4e-16),
        (0, lambda x: np.abs(np.sin(x)), -1.5, 1.5, 4e-16),
        (1, np.cos, -math.pi / 2, math.pi / 2, 4e-16),
        (2, np.exp, -30.0, 0.0, 4e-16),
        (2, np.exp, -700.0, 700.0, 4e-16 * math.exp(700.0)),
        (3, lambda x: np.sin(np.pi * x.astype(np.float32).astype(float)), -0.5, 0.5, 2e-7),
    ],
)
def test_functions_of_a_number_are_as_exact_as_their_comments_say(
    number: int, function: Callable[[Any], Any], low: float, high: float, allowed: float, library: NativeLibrary
) -> None:
    x = np.random.default_rng(number).uniform(low, high, 20000)
    y = np.empty_like(x)
    library.function(number, len(x), x.ctypes.data, y.ctypes.data)
    wide = x.astype(np.longdouble) if number < 3 else x
    y = np.abs(y) if number == 0 else y  # its sign goes with half turns, and no intensity knows it
    assert np.max(np.abs(y - function(wide))) <= allowed


@pytest.mark.parametrize(
    ("x", "value"), [(-1e4, 0.0), (1e4, math.inf), (-740.0, math.exp(-740.0)), (math.nan, math.nan)]
)
def test_exponentials_end_where_numbers_do(x: float, value: float, library: NativeLibrary) -> None:
    arguments, found = np.array([x]), np.empty(1)
    library.function(2, 1, arguments.ctypes.data, found.ctypes.data)
    np.testing.assert_allclose(found[0], value, rtol=0.2 if value and value < 1e-300 else 0.0)


def test_the_structures_have_the_sizes_of_the_compiled_ones(library: NativeLibrary) -> None:
    assert library.sweep_size == ctypes.sizeof(SweepArguments)
    assert library.rays_size == ctypes.sizeof(RayArguments)


def test_gradients_and_other_devices_are_left_to_the_eager_engine() -> None:
    model = model_of("-oversample 1")
    with torch.enable_grad():
        assert not is_possible(model)
    with torch.no_grad():
        assert is_possible(model)
        meta = dataclasses.replace(model.detector, pix0=model.detector.pix0.map(lambda c: c.to("meta")))
        assert not is_possible(dataclasses.replace(model, detector=meta))

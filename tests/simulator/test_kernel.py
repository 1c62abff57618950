"""Properties of the kernel: what observing, batching, precision and the fast path may not change, and symmetries."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from scipy.special import spherical_jn

from simulator.arguments import parse
from simulator.build import Inputs, build_model
from simulator.config import Config
from simulator.crystal import carried_steps
from simulator.defects import Defect, Mode
from simulator.errors import ConfigurationError, InputFileError
from simulator.fused import FusedSweep, is_possible, sample_weight_needed, sweep_sum
from simulator.hkl import ReflectionTable
from simulator.kernel import EAGER
from simulator.lattice import COSINE_COEFFICIENTS, ROUND_COEFFICIENTS, SINE_COEFFICIENTS, lattice_factor
from simulator.model import Model
from simulator.observe import Observable, resolve
from simulator.run import (
    history,
    image_values,
    portions,
    row_blocks,
    selected_values,
    simulate,
    trace_values,
    visited_pixels,
)
from simulator.structure_factors import NearestLookup
from simulator.text_inputs import SourceRow
from simulator.vectors import Vector, norm

COMMON = "-cell 60 70 80 85 95 100 -misset 10 20 30 -default_F 100 -N 5 -lambda 1 -distance 80 -pixel 0.8 -detpixels 20"
VARIANTS = {
    "still": "-oversample 1",
    "oversample": "-oversample 2 -polar 0.7",
    "omega": "-oversample 2 -oversample_omega -oversample_polar",
    "phi": "-oversample 1 -osc 1 -phisteps 4 -threads_emulated 3",
    "mosaic": "-oversample 1 -mosaic 1 -mosaic_dom 3 -osc 0.5 -phisteps 2",
    "sources": "-oversample 1 -dispersion 2 -dispsteps 3 -divergence 6 -divsteps 3",
    "layers": "-oversample 1 -detector_abs 200 -detector_thick 400 -thicksteps 3",
    "dmin": "-oversample 1 -dmin 8 -dispersion 20 -dispsteps 2 -osc 1 -phisteps 2",
    "water": "-oversample 1 -water 5",
    "curved": "-oversample 1 -curved_det -nopolar",
    "round": "-oversample 1 -round_xtal",
    "gauss": "-oversample 1 -gauss_xtal -point_pixel",
}


def model_of(flags: str, inputs: Inputs | None = None) -> Model:
    return build_model(parse(f"{COMMON} {flags}".split()).config, inputs or Inputs())


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("variant", VARIANTS)
def test_one_pixel_is_bit_identical_to_the_image_and_observing_changes_nothing(variant: str, mode: str) -> None:
    model = model_of(f"{VARIANTS[variant]} -mode {mode}")
    visited = visited_pixels(model.config, None)
    image = image_values(model, visited)
    seen: list[tuple[str, object]] = []

    def note(name: str, value: Observable) -> None:
        seen.append((name, resolve(value)))

    for pixel in (0, 1, 77, 140, 266, 399):
        alone = trace_values(model, visited, divmod(pixel, 20), note)
        assert alone[0] == image[pixel]
    assert {"pixel_pos_meters", "I_pixel_final", "sample.F_latt"} <= {name for name, _ in seen}
    assert torch.equal(image_values(model, visited, _look), image)


@pytest.mark.parametrize("variant", ["phi", "mosaic", "sources"])
def test_the_size_of_portions_changes_nothing(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(VARIANTS[variant])
    whole = simulate(model)
    monkeypatch.setattr("simulator.run.portion_size", lambda _: 37)
    np.testing.assert_array_equal(simulate(model), whole)


@pytest.mark.parametrize("variant", VARIANTS)
def test_single_precision_agrees_with_double(variant: str) -> None:
    double = simulate(model_of(f"{VARIANTS[variant]} -nointerpolate")).astype(float)
    single = simulate(model_of(f"{VARIANTS[variant]} -nointerpolate -dtype float32"))
    np.testing.assert_allclose(single, double, rtol=2e-5, atol=1e-9 * double.max())


def test_lattice_factors_next_to_a_reflection_keep_their_digits_in_single_precision() -> None:
    """The product of three sines of such distances is no number of single precision."""
    crystal = model_of("-N 7 -dtype float32").crystal
    tiny = [1e-6, 3e-10, 1e-12, 4e-15, 1e-15, 2e-16, 1e-31]
    index = torch.cartesian_prod(*[torch.tensor(tiny, dtype=torch.float64)] * 3)
    for rows in (index, *(row[None] for row in index[::7])):
        miller = Vector(*rows.T)
        nearest = Vector(*torch.zeros_like(rows).T)
        found = lattice_factor(crystal, miller, nearest, torch.float32).unsigned
        assert found.tolist() == pytest.approx([343.0] * len(rows), rel=1e-6)


@pytest.mark.parametrize("cells", ["-N 5", "-N 6", "-Na 1 -Nb 4 -Nc 7"])
def test_lattice_factors_have_their_signs_in_both_precisions(cells: str) -> None:
    """Shown on demand in single precision, where the image needs no sign."""
    shown: list[dict[str, torch.Tensor]] = []
    for dtype in ("float64", "float32"):
        values: dict[str, torch.Tensor] = {}

        def note(name: str, value: Observable, values: dict[str, torch.Tensor] = values) -> None:
            if name.startswith("F_latt"):
                factor = resolve(value)
                assert isinstance(factor, torch.Tensor)
                values[name] = factor

        model = model_of(f"-oversample 1 {cells} -dtype {dtype}")
        image_values(model, torch.arange(400), note)
        shown.append(values)
    double, single = shown
    assert list(double) == list(single) == ["F_latt_a", "F_latt_b", "F_latt_c", "F_latt"]
    assert bool((double["F_latt"] < 0).any())
    for name, factor in double.items():
        np.testing.assert_allclose(single[name], factor, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("variant", ["still", "oversample", "phi", "mosaic", "sources", "layers", "water", "curved"])
def test_the_fast_path_agrees_with_the_eager_one(variant: str, dtype: str) -> None:
    model = model_of(f"{VARIANTS[variant]} -dtype {dtype}")
    engine = dataclasses.replace(EAGER, sweep=FusedSweep())
    eager = simulate(model)
    tolerance = 2e-7 if dtype == "float64" else 2e-5
    np.testing.assert_allclose(simulate(model, engine=engine), eager, rtol=tolerance, atol=1e-9 * eager.max())


@pytest.mark.slow
def test_the_fast_path_compiles_as_one_graph() -> None:
    model = model_of(VARIANTS["mosaic"])
    traced = torch.compile(sweep_sum, dynamic=True, fullgraph=True, backend="eager")
    image = simulate(model, engine=dataclasses.replace(EAGER, sweep=FusedSweep(traced)))
    np.testing.assert_allclose(image, simulate(model), rtol=2e-7, atol=1e-9 * image.max())


def test_the_fast_path_is_refused_where_it_would_be_wrong() -> None:
    possible = {name for name, flags in VARIANTS.items() if _possible(model_of(flags))}
    assert possible <= set(VARIANTS) - {"omega", "dmin", "round", "gauss"}
    assert sample_weight_needed(model_of(VARIANTS["omega"]))
    with torch.enable_grad():
        assert not is_possible(model_of("-oversample 1"))


def _look(name: str, value: Observable) -> None:
    resolve(value)


def _possible(model: Model) -> bool:
    with torch.no_grad():
        return is_possible(model)


def test_the_image_is_linear_in_fluence() -> None:
    one, two = (simulate(model_of(f"-oversample 1 -fluence {fluence}")) for fluence in (1e28, 2e28))
    np.testing.assert_allclose(two, 2.0 * one, rtol=2e-7)


def test_a_centric_pair_of_reflections_is_equally_strong() -> None:
    """Friedel's law: without anomalous scattering the image knows F only through F(hkl) = F(-h -k -l)."""
    box = np.random.default_rng(3).uniform(10.0, 90.0, (41, 41, 41))
    images = []
    for values in (box, box[::-1, ::-1, ::-1]):
        table = ReflectionTable(np.ascontiguousarray(values), -20, 20, -20, 20, -20, 20, 0.0, values.size)
        flags = "-oversample 1 -nointerpolate -cell 60 70 80 90 90 90 -misset 0 0 0"
        images.append((values, model_of(flags, Inputs(reflections=table))))
    (_, direct), (_, inverted) = images
    miller = torch.tensor([[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0]], dtype=torch.float64)
    from_direct = NearestLookup(direct.factors)
    from_inverted = NearestLookup(inverted.factors)
    forward = type(direct.detector.pix0)(*miller.T)
    everywhere = torch.ones(2, dtype=torch.bool)
    assert torch.equal(from_direct(forward, forward, everywhere), from_inverted(-forward, -forward, everywhere))


@settings(max_examples=25)
@given(st.tuples(*[st.floats(-180, 180)] * 3))
def test_turning_everything_about_the_beam_turns_the_image(angles: tuple[float, float, float]) -> None:
    """The crystal turned by 180° about the beam gives the image turned by 180°, for an unpolarised beam."""
    base = Rotation.from_euler("xyz", angles, degrees=True)
    turned = (Rotation.from_euler("x", 180, degrees=True) * base).as_euler("xyz", degrees=True)
    flags = "-oversample 1 -Xbeam 7.6 -Ybeam 7.6"
    first, second = (
        simulate(model_of(f"{flags} -misset {x!r} {y!r} {z!r}")) for x, y, z in (angles, tuple(map(float, turned)))
    )
    np.testing.assert_allclose(second[::-1, ::-1], first, rtol=1e-5, atol=1e-7 * first.max())


@given(st.lists(st.sampled_from([0.0, 0.1, -0.2]), min_size=1, max_size=6))
def test_carried_steps_follow_the_threads_copy_of_the_cell(phi: list[float]) -> None:
    copy: int | None = None
    for _ in range(3):
        expected = []
        before = copy
        for step, angle in enumerate(phi):
            copy = step if angle != 0.0 else copy
            expected.append(copy)
        assert carried_steps(phi, before) == expected


@given(st.integers(1, 60), st.integers(1, 8))
def test_row_blocks_cover_the_detector_in_order(rows: int, threads: int) -> None:
    blocks = list(row_blocks(rows, threads))
    assert [row for block in blocks for row in block] == list(range(rows))
    assert len(blocks) == threads
    assert max(map(len, blocks)) - min(map(len, blocks)) <= 1


def test_portions_single_out_the_pixels_with_a_history() -> None:
    model = model_of(VARIANTS["phi"])
    visited = visited_pixels(model.config, None)
    past = history(model, visited)
    parts = list(portions(past, visited, 50))
    assert past.fresh == (0, 7 * 20, 14 * 20)
    assert torch.equal(torch.cat(parts), visited)
    assert all(part.numel() == 1 for part in parts if int(part[0]) in past.fresh)
    assert max(part.numel() for part in parts) <= 50


def test_each_defect_changes_its_own_case() -> None:
    table = ReflectionTable(np.full((9, 9, 9), 50.0), -4, 4, -4, 4, -4, 4, 10.0, 729)
    table.values[2:6, 3:7, 4:8] = 90.0
    flags = {
        Defect.STALE_PHI_ROTATION: "-osc 1 -phisteps 2",
        Defect.CELL_C_STAR_Z: "",
        Defect.LAST_LAYER_CAPTURE: "-detector_abs 200 -detector_thick 400 -thicksteps 3",
        Defect.RUNNING_PRODUCTS: "-oversample_omega -osc 1 -phisteps 2 -phi 5",
        Defect.SQUARED_WATER_SCALING: "-water 5 -fluence 1e28",
        Defect.INTERPOLATION_SWITCH_OFF: "-interpolate",
    }
    for defect, words in flags.items():
        inputs = Inputs(reflections=table) if defect is Defect.INTERPOLATION_SWITCH_OFF else Inputs()
        with_it = simulate(model_of(f"-oversample 1 {words} -mode {defect.value}", inputs))
        without = simulate(model_of(f"-oversample 1 {words} -mode spec", inputs))
        assert not np.allclose(with_it, without, rtol=1e-3), defect


SOURCES = tuple(
    SourceRow((-10.0, shift, 0.0, weight, wavelength))
    for shift, weight, wavelength in ((0.0, 1.0, 1e-10), (0.05, 0.1, 1.02e-10), (-0.03, 2.5, 0.99e-10))
)


def weighted_model(flags: str, rows: Sequence[SourceRow] = SOURCES) -> Model:
    return model_of(f"-oversample 1 -nopolar -sourcefile any.txt {flags}", Inputs(sources=tuple(rows)))


@pytest.mark.parametrize("flags", ["", "-osc 1 -phisteps 3 -phi 4", "-mosaic 1", "-water 0.02", "-dtype float32"])
def test_sources_count_by_their_weights_in_spec_mode(flags: str) -> None:
    """The image is the weighted mean of what each source gives alone; the reference takes the plain mean."""
    alone = [simulate(weighted_model(f"{flags} -mode spec", [row])).astype(float) for row in SOURCES]
    weights = [row.weight for row in SOURCES]
    spec = weighted_model(f"{flags} -mode spec")
    tolerance = 3e-7 if "float32" not in flags else 1e-5
    np.testing.assert_allclose(simulate(spec), np.average(alone, axis=0, weights=weights), rtol=tolerance)
    ignored = weighted_model(f"{flags} -mode spec,+source_weights_ignored")
    np.testing.assert_allclose(simulate(ignored), np.mean(alone, axis=0), rtol=tolerance)
    assert not np.allclose(simulate(spec), simulate(ignored), rtol=1e-2)
    fused = simulate(spec, engine=dataclasses.replace(EAGER, sweep=FusedSweep()))
    np.testing.assert_allclose(fused, simulate(spec), rtol=20 * tolerance, atol=1e-9 * fused.max())


def test_weights_have_no_unit_and_equal_ones_change_no_bit() -> None:
    doubled = [SourceRow((*row.columns[:3], 2.0 * row.weight, row.columns[4])) for row in SOURCES]
    np.testing.assert_array_equal(
        simulate(weighted_model("-mode spec", doubled)), simulate(weighted_model("-mode spec"))
    )
    equal = [SourceRow((*row.columns[:3], 0.3, row.columns[4])) for row in SOURCES]
    parity = simulate(weighted_model("-mode spec,+source_weights_ignored", equal))
    np.testing.assert_array_equal(simulate(weighted_model("-mode spec", equal)), parity)


@pytest.mark.parametrize("weights", [(-1.0, 2.0), (0.0, -0.0, 0.0), (1e308, 1e308, 1.0)])
def test_weights_that_are_none_are_refused_where_they_count(weights: tuple[float, ...]) -> None:
    rows = [SourceRow((-10.0, 0.01 * n, 0.0, weight)) for n, weight in enumerate(weights)]
    with pytest.raises(InputFileError, match="weights of the sources"):
        weighted_model("-mode spec", rows)
    weighted_model("-mode c-parity", rows)


def test_layers_add_up_to_the_sensor_in_spec_mode() -> None:
    """Captured fractions of the layers sum to that of the whole depth where all see nearly the same intensity."""
    flags = "-oversample 1 -gauss_xtal -fudge 1e-6 -detector_abs 20 -detector_thick 0.3 -mode spec"
    sensitive = simulate(model_of(f"{flags} -thicksteps 3")) / simulate(
        model_of("-oversample 1 -gauss_xtal -fudge 1e-6")
    )
    depth = 0.3 * 3 / 2
    assert sensitive.min() > 1 - np.exp(-depth / 20)
    assert sensitive.max() < 1.3 * (1 - np.exp(-depth / 20))


def test_the_water_background_is_what_a_detector_would_count_in_spec_mode() -> None:
    flags = "-oversample 1 -default_F 1e-9 -point_pixel -nopolar -water 100 -fluence 1e24"
    spec, squared = (simulate(model_of(f"{flags} -mode {mode}")) for mode in ("spec", "c-parity"))
    molecules = 1e-12 * 1e6 * 6.02214179e23 / 18.0
    photons_per_sr = 2.57**2 * 7.94079248018965e-30 * 1e24 * molecules
    corner = float(norm(model_of(flags).detector.pix0))
    assert spec[0, 0] == pytest.approx(photons_per_sr / corner**2, rel=2e-2)
    np.testing.assert_allclose(squared, spec * 7.94079248018965e-30 * 1e24, rtol=1e-6)


@pytest.mark.parametrize("variant", ["phi", "dmin", "sources"])
def test_some_pixels_have_the_values_of_the_whole_image(variant: str) -> None:
    model = model_of(VARIANTS[variant])
    visited = visited_pixels(model.config, None)
    pixels = torch.tensor([0, 5, 139, 140, 141, 280, 399])
    assert torch.equal(selected_values(model, visited, pixels, _look), image_values(model, visited)[pixels])
    with pytest.raises(ConfigurationError, match="slow 7 fast 0 is masked"):
        selected_values(model, visited[:140], pixels, _look)
    assert selected_values(model, visited, pixels[:0], _look).shape == (0,)


def test_masked_pixels_are_skipped_and_the_memory_goes_on_from_the_first_visited_one() -> None:
    model = model_of(VARIANTS["phi"] + " -threads_emulated 1 -roi 2 18 3 15")
    mask = np.ones((20, 20), dtype=bool)
    mask[3, :7] = False
    masked, whole = simulate(model, mask), simulate(model)
    assert history(model, visited_pixels(model.config, mask)).fresh == (3 * 20 + 7,)
    assert history(model, visited_pixels(model.config, None)).fresh == (3 * 20 + 2,)
    assert not masked[~mask].any()
    assert not whole[:3].any()
    assert not whole[:, :2].any()
    later = np.s_[4:16, 2:19]
    np.testing.assert_array_equal(masked[later], whole[later])
    assert masked[3, 7] != whole[3, 7]


def test_the_first_thread_is_fresh_only_after_its_first_uncut_source() -> None:
    """A pixel within the resolution limit's shadow executes no sweep, so the one after it is the fresh one."""
    model = model_of("-oversample 1 -dmin 40 -osc 1 -phisteps 3 -Xbeam 8 -Ybeam 8")
    visited = visited_pixels(model.config, None)
    image = simulate(model).reshape(-1)
    first_bright = int(np.flatnonzero(image)[0])
    assert history(model, visited).fresh == (first_bright,)


@pytest.mark.parametrize("mode", list(Mode))
def test_interpolation_ends_where_the_reference_ends_it(mode: str) -> None:
    box = np.random.default_rng(5).uniform(10.0, 90.0, (13, 13, 13))
    table = ReflectionTable(box, -6, 6, -6, 6, -6, 6, 3.0, box.size)
    flags = f"-oversample 1 -distance 200 -Xbeam 3 -Ybeam 8 -mode {mode} -dispersion 30 -dispsteps 2"
    tricubic, nearest = (model_of(f"{flags} {lookup}", Inputs(reflections=table)) for lookup in LOOKUPS)
    visited = visited_pixels(tricubic.config, None)
    past = history(tricubic, visited)
    image, plain = image_values(tricubic, visited), image_values(nearest, visited)
    if Mode(mode) is Mode.SPEC:
        assert past.switch is None
        assert not torch.equal(image[300:], plain[300:])
    else:
        assert past.switch is not None
        assert 20 < past.switch < 380
        assert not torch.equal(image[: past.switch], plain[: past.switch])
        assert torch.equal(image[past.switch + 1 :], plain[past.switch + 1 :])
    assert trace_values(tricubic, visited, (16, 7), _look)[0] == image[16 * 20 + 7]
    some = torch.tensor([10, 300, 319, 321, 350])
    assert torch.equal(selected_values(tricubic, visited, some, _look), image[some])


LOOKUPS = ("-interpolate", "-nointerpolate")


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_configuration_survives_being_written_as_json(variant: str) -> None:
    config = parse(f"{COMMON} {VARIANTS[variant]}".split()).config
    assert Config.model_validate_json(config.model_dump_json()) == config


def test_polynomials_of_the_compiled_sums_are_as_exact_as_they_say() -> None:
    turns = np.linspace(1e-6, 0.5, 1001)
    sine = np.polyval(SINE_COEFFICIENTS, turns**2)
    assert np.abs(sine - np.sin(np.pi * turns) / turns).max() < 2e-10
    assert np.abs(np.polyval(COSINE_COEFFICIENTS, turns**2) - np.cos(np.pi * turns)).max() < 1e-12
    x = np.linspace(1e-3, 1.0, 1001)
    assert np.abs(np.polyval(ROUND_COEFFICIENTS, x**2) - 3.0 * spherical_jn(1, x) / x).max() < 1e-10

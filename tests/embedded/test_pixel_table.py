"""The columns of many pixels against the traces of the same pixels, value by value."""

import math
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from nbtrace.detector.parquet_writer import Column
from nbtrace.embedded.choice import parsed_flags
from nbtrace.embedded.pixel_table import column_names
from nbtrace.embedded.portions import Pixels, Tracing, column_layout, loaded, trace_pixels, visited
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import EmbeddedTrace, trace_pixel
from simulator.config import Config
from simulator.engines import AGREEMENT, EngineKind, chosen_engine
from simulator.native_library import NativeUnavailableError, loaded_library
from simulator.run import history, simulate
from tests.embedded_runs import PLAIN
from tests.simulator.golden import cases

pq = pytest.importorskip("pyarrow.parquet")

EXPERIMENTS = [
    "-oversample 1",
    "-oversample 2 -oversample_omega -phisteps 2 -osc 1 -detector_thick 100 -thicksteps 2",
    "-oversample 1 -dmin 3",
    "-oversample 2 -dmin 2.4 -phisteps 2 -osc 1",
    "-oversample 1 -tophat_spots",
    "-oversample 1 -tophat_spots -water 5",
    "-oversample 1 -round_xtal -phisteps 2",
    "-oversample 1 -dispersion 2 -dispsteps 3 -roi 5 40 7 30",
]


def columns(config: Config, chosen: Pixels, size: int = 7) -> tuple[dict[str, Column], dict[str, Column]]:
    """Return the rows of both tables of a run, portion by portion joined."""
    inputs, model = loaded(config)
    run = visited(config, inputs)
    with torch.no_grad():
        engine = chosen_engine(model, len(chosen)).engine
    tracing = Tracing(column_layout(model, int(chosen[0])), size, engine, workers=2)
    parts = [(table.samples(), table.phi_steps()) for table in trace_pixels(model, run, chosen, tracing)]
    return _joined([samples for samples, _ in parts]), _joined([phi for _, phi in parts])


def _joined(parts: list[dict[str, Column]]) -> dict[str, Column]:
    return {name: np.ma.array(np.ma.hstack([part[name] for part in parts])) for name in parts[0]}


@pytest.mark.parametrize("flags", EXPERIMENTS)
def test_columns_hold_what_the_traces_of_the_pixels_hold(flags: str) -> None:
    config = parsed_flags(f"{PLAIN} {flags}".split())
    run = visited(config, loaded(config)[0])
    chosen = run[:: max(len(run) // 9, 1)]
    assert len(chosen) >= 9
    samples, phi = columns(config, chosen)
    n_fast = config.shape_slow_fast[1]
    for flat in chosen.tolist():
        pixel = divmod(flat, n_fast)
        rows = (samples["slow"] == pixel[0]) & (samples["fast"] == pixel[1])
        steps = (phi["slow"] == pixel[0]) & (phi["fast"] == pixel[1])
        _same_as_traced(
            trace_pixel(config, pixel, Emit()),
            {name: column[rows] for name, column in samples.items()},
            {name: column[steps] for name, column in phi.items()},
        )


PLACES = {"slow", "fast", "layer", "subpixel_slow", "subpixel_fast", "phi_tic"}


def _same_as_traced(traced: EmbeddedTrace, rows: dict[str, Column], steps: dict[str, Column]) -> None:
    expected: dict[str, list[tuple[float, ...]]] = {}
    for record in traced.records:
        if record.index.ordinal("phi_tic") is None:
            expected.setdefault(record.quantity, []).append(record.numbers)
    count = len(rows["slow"])
    assert count
    assert expected
    for quantity, values in expected.items():
        width = len(values[0])
        names = [name for name in rows if name == quantity or (name.rpartition("_")[0] == quantity and width == 3)]
        assert len(names) == width, quantity
        shown = [row for row in zip(*(rows[name] for name in names), strict=True) if row[0] is not np.ma.masked]
        once = len(values) == 1 and count > 1
        assert len(shown) == (count if once else len(values)), quantity
        for row, value in zip(shown, values * count if once else values, strict=True):
            assert all(math.isclose(a, b, rel_tol=1e-14) for a, b in zip(row, value, strict=True)), quantity
    unexplained = {name for name in rows if name not in PLACES and not np.ma.getmaskarray(rows[name]).all()}
    assert {name for name in unexplained if name not in expected and name.rpartition("_")[0] not in expected} == set()
    phi = [record.numbers[0] for record in traced.per_phi if record.key == "k_frac"]
    if traced.expected_phi:
        np.testing.assert_allclose(np.ma.compressed(steps["phi_k_frac"]), np.array(phi), rtol=1e-14)


BLIND = [
    "-oversample 2 -oversample_omega -phisteps 3 -osc 1 -mosaic 1 -mosaic_dom 4",
    "-oversample 1 -dmin 3 -dispersion 2 -dispsteps 4 -mosaic 1 -mosaic_dom 2",
    "-oversample 1 -tophat_spots -water 5 -phisteps 2 -osc 1",
    "-oversample 1 -round_xtal -dtype float32 -detector_thick 100 -thicksteps 2",
]
OF_SUMS = {"I_before_scaling", "I_pixel_final", "floatimage_accumulated"}


@pytest.mark.parametrize("flags", BLIND)
def test_columns_by_compiled_code_are_those_of_the_eager_kernel_but_for_the_sums(flags: str) -> None:
    try:
        loaded_library()
    except NativeUnavailableError as error:
        pytest.skip(str(error))
    words = f"{PLAIN} {flags}".split()
    eager, blind = (parsed_flags([*words, "-compile", wish]) for wish in ("never", "always"))
    inputs, model = loaded(blind)
    run = visited(blind, inputs)
    expected, found = columns(eager, run, size=700), columns(blind, run, size=700)
    for tables in zip(expected, found, strict=True):
        assert tables[0].keys() == tables[1].keys()
        for name in tables[0].keys() - OF_SUMS:
            np.testing.assert_array_equal(tables[0][name], tables[1][name], err_msg=name)
    intensity = expected[0]["I_pixel_final"]
    off = np.abs(found[0]["I_pixel_final"] - intensity)
    assert off.max() <= AGREEMENT[model.dtype] * intensity.max()
    with torch.no_grad():
        chosen = chosen_engine(model)
    assert chosen.kind is EngineKind.NATIVE
    image = simulate(model, inputs.mask, engine=chosen.engine)
    accumulated = found[0]["floatimage_accumulated"].astype(np.float32)
    np.testing.assert_array_equal(image[found[0]["slow"], found[0]["fast"]], accumulated)


@pytest.mark.parametrize("size", [1, 6, 100])
def test_portions_come_in_the_order_of_the_pixels_and_an_error_ends_those_that_wait(size: int) -> None:
    config = parsed_flags(f"{PLAIN} -oversample 1".split())
    inputs, model = loaded(config)
    run = visited(config, inputs)[:40]
    tracing = Tracing(column_layout(model, 0), size, workers=3)
    traced = [table.samples()["I_pixel_final"] for table in trace_pixels(model, run, run, tracing)]
    assert np.array_equal(np.concatenate(traced), columns(config, run)[0]["I_pixel_final"])
    portions, before = trace_pixels(model, run, run, tracing), threading.active_count()
    next(portions)
    portions.close()
    assert threading.active_count() == before


def test_a_pixel_in_which_interpolation_is_switched_off_parts_the_pixels_around_it(tmp_path: Path) -> None:
    config = cases()["hkl_interpolate"].config(tmp_path)
    inputs, model = loaded(config)
    run = visited(config, inputs)
    switch = history(model, torch.from_numpy(run)).switch
    assert switch is not None
    chosen = np.array([switch - 2, switch - 1, switch + 1, switch + 2])
    chosen = chosen[(chosen >= 0) & np.isin(chosen, run)]
    assert (chosen < switch).any()
    assert (chosen > switch).any()
    samples, _ = columns(config, chosen, size=100)
    assert set(samples["slow"] * config.shape_slow_fast[1] + samples["fast"]) == set(chosen.tolist())
    for slow, fast, F_cell in zip(samples["slow"], samples["fast"], samples["F_cell"], strict=True):
        traced = trace_pixel(config, (int(slow), int(fast)), Emit())
        (expected,) = [record.numbers[0] for record in traced.records if record.quantity == "F_cell"]
        assert F_cell == pytest.approx(expected, rel=1e-14)


def test_vector_columns_are_named_by_their_axes() -> None:
    assert column_names("hkl_frac") == ("hkl_frac_h", "hkl_frac_k", "hkl_frac_l")
    assert column_names("fdet_vec") == ("fdet_vec_x", "fdet_vec_y", "fdet_vec_z")
    assert column_names("phi.k_frac") == ("phi_k_frac",)
    assert column_names("source2.F_latt") == ("source_F_latt",)

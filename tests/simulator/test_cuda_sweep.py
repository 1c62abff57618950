"""The CUDA engine against the eager one: on a GPU where there is one, else by Triton's interpreter."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from simulator.__main__ import main
from simulator.arguments import parse
from simulator.build import build_model, read_inputs
from simulator.config import Config
from simulator.device import device_name, device_of, gpu_pays, on_available_device
from simulator.engines import AGREEMENT, EngineKind, check_engine, chosen_engine
from simulator.errors import ConfigurationError
from simulator.kernel import EAGER
from simulator.memory import LARGEST_GPU_PORTION, LARGEST_PORTION, needed_bytes, portion_size
from simulator.native_sweep import LARGEST_TABLE
from simulator.parameters import Parameter
from simulator.run import history, image_values, visited_pixels
from simulator.work import PAYING_SAMPLES

ON_GPU = torch.cuda.is_available()
SMALL = (
    "-cell 70 80 90 75 85 95 -default_F 100 -lambda 1.5 -distance 100 -detpixels 12 -pixel 1 -oversample 1 -N 5 "
    f"-device {'cuda' if ON_GPU else 'cpu'}"
)
LARGE = (
    "-cell 70 80 90 90 90 90 -default_F 1 -N 5 -lambda 1 -distance 100 -detpixels 2000 -mosaic_spread 1"
    " -mosaic_domains 400"
)

CASES = {
    "cells that differ, one of them alone": "-Na 3 -Nb 1 -Nc 7 -hkl F.hkl -nointerpolate",
    "round": "-round_xtal",
    "gauss": "-gauss_xtal",
    "top-hat": "-tophat_spots -oversample_omega",
    "stale rotation": "-osc 1 -phisteps 3 -mosaic_spread 1 -mosaic_domains 2 -hkl F.hkl -nointerpolate",
    "factors of subpixels": "-oversample 2 -oversample_omega -oversample_polarization",
    "a thick sensor": "-detector_thick 450 -thicksteps 3 -detector_abs 200 -oversample_thick",
    "tricubic": "-hkl F.hkl -interpolate",
    "tricubic up to the edges of the list": "-hkl near.hkl -interpolate -lambda 0.7",
    "a resolution limit": "-dmin 3",
    "a pixel that is a point, no beam polarised": "-point_pixel -nopolar",
    "an unpolarised beam": "-polar 0 -curved_det",
    "water": "-water 100 -oversample_omega",
    "sources": "-dispersion 2 -dispsteps 3 -hdivrange 1 -hdivsteps 2",
    "sources of one direction": "-dispersion 5 -dispsteps 4 -polar 0.9 -oversample_polar",
    "listed sources": "-sourcefile sources.txt -polar 0.5 -detector_thick 450 -thicksteps 2 -detector_abs 200",
    "more domains than are tried": "-mosaic_spread 1 -mosaic_domains 5",
}


def config_of(words: str, folder: Path) -> Config:
    box = product(range(-9, 10), repeat=3)
    rows = [f"{h} {k} {index} {10 + (7 * h + 5 * k + 3 * index) % 23}" for h, k, index in box]
    (folder / "F.hkl").write_text("\n".join(rows))
    (folder / "sources.txt").write_text("-10 0.01 0 0.5 1.5e-10\n-10 0.01 0 1.5 1.6e-10\n-10 -0.02 0.01 1 1.4e-10\n")
    box = product(range(-4, 5), repeat=3)
    (folder / "near.hkl").write_text("\n".join(f"{h} {k} {index} {10 + (7 * h + 5 * k) % 23}" for h, k, index in box))
    for name in ("F.hkl", "near.hkl", "sources.txt"):
        words = words.replace(name, str(folder / name))
    return parse(words.split()).config


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mode", ["c-parity", "spec"])
@pytest.mark.parametrize("name", CASES)
def test_it_agrees_with_the_eager_engine(
    name: str, mode: str, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not ON_GPU:
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    pytest.importorskip("triton")
    from simulator.cuda_sweep import cuda_engine  # noqa: PLC0415 - where Triton is installed

    config = config_of(f"{SMALL} {CASES[name]} -mode {mode} -dtype {dtype}", tmp_path)
    model, visited = build_model(config, read_inputs(config)), visited_pixels(config, None)
    engine = cuda_engine(model)
    with torch.no_grad():
        check_engine(model, engine)
        eager = image_values(model, visited).cpu().numpy().reshape(12, 12)
        found = image_values(model, visited, engine=engine).cpu().numpy().reshape(12, 12)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(np.abs(eager), 2, mode="edge"), (5, 5)).max((2, 3))
    assert np.all(np.abs(found - eager) <= AGREEMENT[model.dtype] * around)
    assert found.max() > 0.0


TURNED = "-phi 3 -osc 1 -phisteps 2 -mosaic_spread 0.5 -mosaic_domains 2"
DIFFERENTIATED = (
    "",
    "-osc 1 -phisteps 2 -Nb 1",
    "-hkl F.hkl -nointerpolate",
    "-round_xtal -fudge 1.2 -Na 3 -dispersion 2 -dispsteps 2",
    "-round_xtal -hkl F.hkl -nointerpolate -N 1",
    "-gauss_xtal -fudge 0.5 -Nc 2 -osc 1 -phisteps 2",
    "-gauss_xtal -hkl F.hkl -nointerpolate -N 2 -mosaic_spread 0.5 -mosaic_domains 3",
    "-tophat_spots -hkl F.hkl -nointerpolate -N 1",
    "-hkl F.hkl -interpolate",
    "-round_xtal -hkl F.hkl -interpolate -N 2",
    "-gauss_xtal -hkl F.hkl -interpolate -N 2",
    "-tophat_spots -hkl F.hkl -interpolate -N 1",
    "-hkl near.hkl -interpolate -mode spec -N 3 -lambda 0.7",
    f"{TURNED} -mosaic_domains 3 -hkl F.hkl -nointerpolate",
    f"{TURNED} -gauss_xtal -N 2",
    f"{TURNED} -hkl F.hkl -interpolate -N 2",
)
"""Crystals of every shape, F of the nearest reflection or interpolated, up to the edges of the list, too.

Of the last ones φ is differentiated as well, so that each sample has a derivative by its own cell vectors.
"""


@pytest.mark.parametrize("words", DIFFERENTIATED)
def test_its_derivatives_are_those_of_the_eager_engine(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not ON_GPU:
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    pytest.importorskip("triton")
    from simulator.cuda_sweep import cuda_engine  # noqa: PLC0415 - where Triton is installed

    config = config_of(f"{SMALL} {words}", tmp_path)
    inputs, visited = read_inputs(config), visited_pixels(config, None)
    given = {
        Parameter.CELL: torch.tensor([70.0, 80.0, 90.0, 75.0, 85.0, 95.0], dtype=torch.float64, requires_grad=True),
        Parameter.DISTANCE: torch.tensor(100.0, dtype=torch.float64, requires_grad=True),
    }
    if inputs.reflections is not None:
        given[Parameter.STRUCTURE_FACTORS] = torch.from_numpy(inputs.reflections.values).requires_grad_()
    if TURNED in words:
        given[Parameter.PHI] = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    if "F.hkl" not in words:
        given[Parameter.DEFAULT_F] = torch.tensor(100.0, dtype=torch.float64, requires_grad=True)
    derivatives = []
    by_eager = []
    monkeypatch.setattr("simulator.cuda_sweep.eager_sweep", lambda *_: by_eager.append(1))
    # Several blocks, the last of which is not full.
    for name in ("cuda_sums.BLOCK_PIXELS", "cuda_sums.TRICUBIC_BLOCK", "cuda_stage_slopes.BLOCK"):
        monkeypatch.setattr(f"simulator.{name}", 64)
    for is_ours in (False, True):
        model = build_model(config, inputs, given)
        engine = cuda_engine(model) if is_ours else EAGER
        image = image_values(model, visited, engine=engine)
        weights = torch.arange(1.0, len(image) + 1.0, dtype=torch.float64, device=image.device)
        wanted = list(given.values())
        derivatives.append(torch.autograd.grad((image * weights).sum(), wanted, materialize_grads=True))
    assert by_eager == []
    for name, eager, found in zip(given, *derivatives, strict=True):
        # Where a top-hat spot has no edge, nothing follows from the cell.
        assert eager.abs().max() > 0.0 or (name is Parameter.CELL and "tophat" in words)
        torch.testing.assert_close(found, eager, rtol=1e-8, atol=1e-9 * float(eager.abs().max()))


GIVEN = {
    Parameter.ROTX: 3.0,
    Parameter.TWOTHETA: 5.0,
    Parameter.DISTANCE: 100.0,
    Parameter.WAVELENGTH: 1.5,
    Parameter.KAHN_FACTOR: 0.9,
    Parameter.FLUENCE: 1e20,
}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("-polar 0.9 -detector_thick 450 -thicksteps 2 -detector_abs 200", list(GIVEN)[:4]),
        ("-point_pixel -nopolar -oversample 2 -oversample_omega -mode spec", list(GIVEN)[:4]),
        ("-dispersion 2 -dispsteps 2 -polar 0.9", list(GIVEN)),
        ("-curved_det -polar 0", list(GIVEN)[2:4]),
    ],
)
def test_derivatives_of_the_steps_around_the_sum_are_those_of_the_eager_engine(
    words: str, names: list[Parameter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down to the angles of the detector and the beam: through rays, scattering vectors, factors and photons."""
    if not ON_GPU:
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    pytest.importorskip("triton")
    from simulator.cuda_sweep import cuda_engine  # noqa: PLC0415 - where Triton is installed

    for name in ("cuda_sums.BLOCK_PIXELS", "cuda_stage_slopes.BLOCK"):
        monkeypatch.setattr(f"simulator.{name}", 32)
    config = config_of(f"{SMALL} -detpixels 7 {words}", tmp_path)
    given = {name: torch.tensor(GIVEN[name], dtype=torch.float64, requires_grad=True) for name in names}
    derivatives = []
    for is_ours in (False, True):
        model = build_model(config, read_inputs(config), given)
        image = image_values(model, visited_pixels(config, None), engine=cuda_engine(model) if is_ours else EAGER)
        weights = torch.arange(1.0, len(image) + 1.0, dtype=torch.float64, device=image.device)
        derivatives.append(torch.autograd.grad((image * weights).sum(), list(given.values())))
    for eager, found in zip(*derivatives, strict=True):
        assert eager != 0.0
        torch.testing.assert_close(found, eager, rtol=1e-8, atol=0.0)


def test_where_interpolation_ends_is_what_the_eager_engine_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends in the first pixel that has a counted sample out of the table's range."""
    if not ON_GPU:
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    pytest.importorskip("triton")
    from simulator.cuda_sweep import cuda_engine  # noqa: PLC0415 - where Triton is installed

    ends = []
    for words in ("", "-dmin 40", "-tophat_spots -N 40", "-tophat_spots -N 40 -water 1"):
        config = config_of(f"{SMALL} {words} -roi 4 11 4 11 -hkl near.hkl -interpolate", tmp_path)
        model, visited = build_model(config, read_inputs(config)), visited_pixels(config, None)
        monkeypatch.setattr("simulator.cuda_sweep.eager_sweep", None)
        ends.append(history(model, visited, cuda_engine(model)).switch)
        assert ends[-1] == history(model, visited).switch
    # Within the limit the sample is another one; spots of a large crystal are too small for any, but water counts all.
    assert ends == [58, 82, None, 58]


def test_no_place_in_a_portion_or_a_table_is_beyond_32_bits() -> None:
    """The kernels count places in 32 bits: seven numbers of a ray for each pixel of a portion, and those of a table."""
    assert 7 * (LARGEST_GPU_PORTION + 512) < 1 << 31
    assert LARGEST_TABLE <= 1 << 31


@pytest.mark.skipif(not ON_GPU, reason="this machine has no CUDA")
@pytest.mark.parametrize("wish", ["auto", "always"])
def test_a_run_on_cuda_takes_it(wish: str, tmp_path: Path) -> None:
    config = config_of(f"{SMALL} -compile {wish}", tmp_path)
    chosen = chosen_engine(build_model(config, read_inputs(config)))
    assert chosen.kind is EngineKind.TRITON, chosen.said


def test_auto_takes_a_gpu_where_there_is_one_and_the_image_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = (config_of(f"{words} -device auto", tmp_path) for words in (LARGE, SMALL))
    assert PAYING_SAMPLES <= 2000 * 2000 * 400
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert [device_name(large), device_name(small)] == ["cpu", "cpu"]
    assert on_available_device(large)[0].execution.device == "cpu"
    assert on_available_device(large)[1] is None
    assert portion_size(large) == LARGEST_PORTION
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    assert [device_name(large), device_name(small)] == ["cuda", "cpu"]
    assert gpu_pays(large)
    assert not gpu_pays(small)
    assert on_available_device(large)[0].execution.device == "cuda"


def test_a_gpu_that_would_pay_is_told_in_one_line_and_only_where_it_was_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = f"{SMALL.partition(' -device')[0]} -nonoise -nopgm".split()
    told = []
    for gpus, paying, device in ((1, 1, "cpu"), (1, PAYING_SAMPLES, "cpu"), (0, 1, "cpu"), (0, 1, "auto")):
        monkeypatch.setattr("torch.cuda.device_count", lambda gpus=gpus: gpus)
        monkeypatch.setattr("simulator.device.PAYING_SAMPLES", paying)
        assert main([*words, "-device", device]) == 0
        told.append([line for line in capsys.readouterr().out.splitlines() if "GPU" in line])
    line = "NOTE: there is a GPU, and -device auto would compute this image on it; last digits may differ"
    assert told == [[line], [], [], []]


def test_portions_follow_the_memory_of_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda _: (2_000_000_000, 4_000_000_000))
    config = config_of(f"{LARGE} -device cuda", tmp_path)
    assert portion_size(config) == 2_500_000
    assert portion_size(config_of(f"{LARGE} -device cuda -memory_mb 4", tmp_path)) == 10_000
    # What lies on the GPU takes no main memory.
    assert needed_bytes(config) < needed_bytes(config_of(LARGE, tmp_path))


def test_a_device_without_double_precision_is_refused_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*SMALL.partition(" -device")[0].split(), "-device", "mps"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "device mps has no float64" in line
    with pytest.raises(ConfigurationError, match="mps has no float64"):
        device_of("mps")
    with pytest.raises(ConfigurationError, match="'abacus' is unknown; give cpu, cuda, cuda:N or auto"):
        device_of("abacus")

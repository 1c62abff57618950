"""The CUDA engine against the eager one: on a GPU where there is one, else by Triton's interpreter."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from simulator.arguments import parse
from simulator.build import build_model, read_inputs
from simulator.config import Config
from simulator.device import device_name, device_of, gpu_pays, on_available_device
from simulator.engines import AGREEMENT, EngineKind, check_engine, chosen_engine
from simulator.errors import ConfigurationError
from simulator.kernel import EAGER
from simulator.memory import LARGEST_PORTION, needed_bytes, portion_size
from simulator.parameters import Parameter
from simulator.run import image_values, visited_pixels
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
    "a resolution limit": "-dmin 3",
    "water": "-water 100 -oversample_omega",
    "sources": "-dispersion 2 -dispsteps 3 -hdivrange 1 -hdivsteps 2",
}


def config_of(words: str, folder: Path) -> Config:
    box = product(range(-9, 10), repeat=3)
    rows = [f"{h} {k} {index} {10 + (7 * h + 5 * k + 3 * index) % 23}" for h, k, index in box]
    (folder / "F.hkl").write_text("\n".join(rows))
    return parse(words.replace("F.hkl", str(folder / "F.hkl")).split()).config


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
    engine = cuda_engine(model, compiled_stages=False)
    with torch.no_grad():
        check_engine(model, engine)
        eager = image_values(model, visited).cpu().numpy().reshape(12, 12)
        found = image_values(model, visited, engine=engine).cpu().numpy().reshape(12, 12)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(np.abs(eager), 2, mode="edge"), (5, 5)).max((2, 3))
    assert np.all(np.abs(found - eager) <= AGREEMENT[model.dtype] * around)
    assert found.max() > 0.0


@pytest.mark.parametrize("words", ["", "-osc 1 -phisteps 2 -Nb 1", "-hkl F.hkl -nointerpolate", "-round_xtal"])
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
    else:
        given[Parameter.DEFAULT_F] = torch.tensor(100.0, dtype=torch.float64, requires_grad=True)
    derivatives = []
    for is_ours in (False, True):
        model = build_model(config, inputs, given)
        engine = cuda_engine(model, compiled_stages=False) if is_ours else EAGER
        image = image_values(model, visited, engine=engine)
        weights = torch.arange(1.0, len(image) + 1.0, dtype=torch.float64, device=image.device)
        derivatives.append(torch.autograd.grad((image * weights).sum(), list(given.values())))
    for eager, found in zip(*derivatives, strict=True):
        assert eager.abs().max() > 0.0
        torch.testing.assert_close(found, eager, rtol=1e-8, atol=1e-9 * float(eager.abs().max()))


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


def test_portions_follow_the_memory_of_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda _: (2_000_000_000, 4_000_000_000))
    config = config_of(f"{LARGE} -device cuda", tmp_path)
    assert portion_size(config) == 2_500_000
    assert portion_size(config_of(f"{LARGE} -device cuda -memory_mb 4", tmp_path)) == 10_000
    # What lies on the GPU takes no main memory.
    assert needed_bytes(config) < needed_bytes(config_of(LARGE, tmp_path))


def test_a_device_without_double_precision_is_refused_and_said() -> None:
    with pytest.raises(ConfigurationError, match="mps has no float64"):
        device_of("mps")
    with pytest.raises(ConfigurationError, match="'abacus' is unknown; give cpu, cuda, cuda:N or auto"):
        device_of("abacus")

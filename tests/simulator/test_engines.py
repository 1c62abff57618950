"""Which engine a run takes, and that one which is wrong is not taken."""

import dataclasses
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from simulator import engines
from simulator.__main__ import main
from simulator.arguments import parse
from simulator.build import Inputs, build_model
from simulator.engines import EngineDisagreesError, EngineKind, check_engine, chosen_engine
from simulator.hkl import ReflectionTable
from simulator.kernel import EAGER
from simulator.model import Engine, Model, PixelState, SweepContext
from simulator.native_library import NativeUnavailableError, loaded_library
from simulator.native_sweep import native_engine
from simulator.samples import eager_sweep

SMALL = "-cell 60 70 80 80 95 105 -default_F 100 -N 3 -lambda 1.1 -distance 60 -detpixels 16 -pixel 1.5 -oversample 1"


def model_of(flags: str) -> Model:
    return build_model(parse(f"{SMALL} {flags}".split()).config, Inputs())


@pytest.fixture
def native() -> Engine:
    try:
        return native_engine(loaded_library())
    except NativeUnavailableError as error:
        pytest.skip(str(error))


def test_a_small_image_is_eager_and_nothing_is_said_of_it() -> None:
    for flags in ("", "-compile never"):
        chosen = chosen_engine(model_of(flags))
        assert (chosen.kind, chosen.engine, chosen.said) == (EngineKind.EAGER, EAGER, "")


@pytest.mark.usefixtures("native")
def test_a_large_image_is_native_and_any_is_where_it_is_asked_for() -> None:
    for flags in ("-detpixels 3200", "-compile always"):
        chosen = chosen_engine(model_of(flags))
        assert chosen.kind is EngineKind.NATIVE
        assert chosen.said.startswith("engine: native, compiled by ")
        assert chosen.said.endswith("; within 1e-9 of the eager engine, which makes traces")
    assert chosen_engine(model_of("-detpixels 3200 -compile never")).kind is EngineKind.EAGER
    assert "within 1e-5" in chosen_engine(model_of("-compile always -dtype float32")).said


def test_the_reason_is_said_where_the_compiled_code_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        raise NativeUnavailableError("no C++ compiler: none is there")

    monkeypatch.setattr(engines, "loaded_library", nothing)
    chosen = chosen_engine(model_of("-compile always"))
    assert (chosen.kind, chosen.engine) == (EngineKind.EAGER, EAGER)
    assert chosen.said == "engine: eager, since no C++ compiler: none is there"


@pytest.mark.parametrize("flags", ["-compile always", "-detpixels 3200"])
def test_a_list_that_compiled_code_cannot_count_is_said(flags: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.engines.native_sweep.LARGEST_TABLE", 5)
    row = ReflectionTable(np.ones((1, 1, 1)), 0, 0, 0, 0, 0, 0, 1.0, 1)
    model = build_model(parse(f"{SMALL} {flags}".split()).config, Inputs(reflections=row))
    chosen = chosen_engine(model)
    assert chosen.kind is EngineKind.EAGER
    assert chosen.said == "engine: eager, since the list of reflections is too large for the compiled one"


@pytest.mark.skipif(find_spec("triton") is not None, reason="Triton is installed")
def test_without_triton_a_gpu_computes_eagerly() -> None:
    chosen = engines._cuda(model_of(""))
    assert chosen.said == "engine: eager, since Triton, which comes with PyTorch for CUDA, is not installed"


def test_torch_compile_stays_a_choice() -> None:
    assert chosen_engine(model_of("-compile torch -round_xtal")).said.startswith("engine: eager, since torch.compile")


@pytest.mark.parametrize("flags", ["", "-round_xtal -dmin 3", "-oversample_polar -mosaic 1", "-dtype float32 -phi 1"])
def test_code_that_is_right_passes_and_code_that_is_wrong_does_not(flags: str, native: Engine) -> None:
    model = model_of(flags)

    def off_by_little(context: SweepContext, state: PixelState) -> None:
        native.sweep(context, state)
        state.intensity[engines.CHECKED_PIXELS - 1] += 1e-3 * state.intensity.mean()

    def lost(context: SweepContext, state: PixelState) -> None:
        native.sweep(context, state)
        state.intensity[3] = float("nan")

    with torch.no_grad():
        check_engine(model, native)
        check_engine(model, EAGER) if model.dtype == torch.float64 else None
        for wrong in (off_by_little, lost):
            with pytest.raises(EngineDisagreesError, match="disagrees"):
                check_engine(model, dataclasses.replace(native, sweep=wrong))


@pytest.mark.usefixtures("native")
def test_spots_that_single_precision_loses_are_no_disagreement() -> None:
    """Gaussian spots of a large crystal are 0 in it almost everywhere, where double precision has 1e-60."""
    chosen = chosen_engine(model_of("-gauss_xtal -N 15 -dtype float32 -compile always"))
    assert chosen.kind is EngineKind.NATIVE


def test_a_run_that_its_check_refuses_is_eager(monkeypatch: pytest.MonkeyPatch, native: Engine) -> None:
    def wrong(context: SweepContext, state: PixelState) -> None:
        eager_sweep(context, state)
        state.intensity = state.intensity * 1.01

    monkeypatch.setattr(
        "simulator.engines.native_sweep.native_engine", lambda _: dataclasses.replace(native, sweep=wrong)
    )
    chosen = chosen_engine(model_of("-compile always"))
    assert chosen.kind is EngineKind.EAGER
    assert chosen.said == "engine: eager, since the compiled code disagrees with it on pixels of this run"


@pytest.mark.usefixtures("native")
def test_the_command_says_what_computed_the_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    images = []
    for wish in ("always", "never"):
        assert main(f"{SMALL} -compile {wish} -nonoise -nopgm".split()) == 0
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("engine: ")]
        assert len(lines) == (wish == "always")
        images.append((tmp_path / "floatimage.bin").read_bytes())
    assert len(images[0]) == len(images[1]) == 4 * 16 * 16

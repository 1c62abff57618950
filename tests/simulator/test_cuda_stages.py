"""What an image asks of a GPU: launches, copies and waits, counted without one.

The tensors are those of torch's ``meta`` device, which have no values, and a launch of a kernel is a mark in a list.
"""

import importlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import simulator
from simulator.arguments import parse
from simulator.build import build_model
from simulator.canonical import canonical_arguments
from simulator.config_file import load_config
from simulator.model import Engine, Model
from simulator.outputs import RunNotes
from simulator.run import image_values, simulate, visited_indices

SUPERVISOR = Path(__file__).parents[2] / "examples" / "supervisor" / "supervisor.toml"
WHOLE = 1 << 25
MOST_WITH_DERIVATIVES = 50
"""Launches of an image and its derivatives by detector, crystal and structure factors."""

NO_KERNEL = {
    *("view", "select", "slice", "split", "unbind", "expand", "as_strided", "alias", "detach", "unsqueeze", "squeeze"),
    *("lift_fresh", "empty", "empty_like", "empty_strided", "t", "transpose", "permute", "_unsafe_view", "reshape"),
}
"""Operations on memory or on the shape of a tensor."""


class GpuOfNone(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what a GPU would be asked for, by the name of the operation or ``kernel NAME``."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.asked: Counter[str] = Counter()

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        named = dict(named or {})
        name = str(function).split(".")[1]
        there = [value.is_meta for value in _tensors((arguments, tuple(named.values())))]
        if name not in NO_KERNEL and (any(there) or str(named.get("device")) == "meta"):
            self.asked[name] += 1
        if name == "_local_scalar_dense" and any(there):
            return 0.0
        if name == "copy_" and not arguments[0].is_meta and arguments[1].is_meta:
            return arguments[0]
        # Memory that cannot be swapped out is CUDA's to give.
        named.pop("pin_memory", None)
        if name == "_to_copy" and any(there) and str(named.get("device")) == "cpu":
            return torch.zeros(arguments[0].shape, dtype=arguments[0].dtype)
        return function(*arguments, **named)

    @property
    def reads(self) -> int:
        """How often a number is read back, for which the CPU waits."""
        return sum(self.asked[name] for name in ("_local_scalar_dense", "is_nonzero", "equal", "nonzero"))

    @property
    def copies(self) -> int:
        """Copies between the memories."""
        return self.asked["copy_"]

    @property
    def launches(self) -> int:
        """Kernels, ours and the library's."""
        return self.asked.total() - self.reads - self.copies


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _tensors(part)


def moved(value: Any, *, with_graph: bool = False) -> Any:
    """Return a copy whose tensors have no values."""
    if isinstance(value, torch.Tensor):
        return torch.empty_like(value, device="meta").requires_grad_(with_graph and value.is_floating_point())
    if isinstance(value, tuple):
        parts = [moved(part, with_graph=with_graph) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if is_dataclass(value) and not isinstance(value, type):
        own = {part.name: moved(getattr(value, part.name), with_graph=with_graph) for part in fields(value)}
        return replace(value, **own)
    return value


class _Kernel:
    """What stands in for a kernel of Triton's: its launches are counted."""

    def __init__(self, function: Callable[..., Any], asked: Counter[str]) -> None:
        self._name, self._asked = f"kernel {function.__name__}", asked

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        def launch(*_: object, **__: object) -> None:
            self._asked[self._name] += min(grid[0], 1)

        return launch


class _Constant:
    def __init__(self, value: object) -> None:
        self.value = value


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[GpuOfNone]:
    """A GPU that only counts, and a Triton whose kernels are only launched."""
    importlib.import_module("torch._dynamo")  # looks for Triton once, and must find what there is
    counting = GpuOfNone()

    def jit(function: Callable[..., Any] | None = None, **_: object) -> Any:
        return jit if function is None else _Kernel(function, counting.asked)

    triton, language = ModuleType("triton"), ModuleType("triton.language")
    vars(language).update(constexpr=_Constant)
    vars(triton).update(jit=jit, cdiv=lambda a, b: -(-a // b), language=language)
    # The modules of the kernels are read anew, and as they were found afterwards.
    found = {name: sys.modules.pop(name) for name in [*sys.modules] if name.startswith("simulator.cuda_")}
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "triton", triton)
        patched.setitem(sys.modules, "triton.language", language)
        patched.setattr("simulator.run.portion_size", lambda _: WHOLE)
        yield counting
    for name in [name for name in sys.modules if name.startswith("simulator.cuda_")]:
        del sys.modules[name]
        delattr(simulator, name.rpartition(".")[2])
    for name, module in found.items():
        sys.modules[name] = module
        setattr(simulator, name.rpartition(".")[2], module)


def supervisor(words: str = "") -> Model:
    """Return the full-size model, and other flags."""
    config = load_config(SUPERVISOR).command.config
    return build_model(parse([*canonical_arguments(config), *words.split()]).config)


def engine_of(model: Model) -> Engine:
    from simulator.cuda_sweep import cuda_engine  # noqa: PLC0415 - by the stand-in of Triton

    with torch.no_grad():
        return cuda_engine(model)


OURS = ("ray", "solid_angle", "scattering", "polarization", "photons")


def test_the_supervisor_image_is_at_most_forty_kernels_and_one_copy(gpu: GpuOfNone) -> None:
    """Its first pixel, in which nothing was carried over, is a portion of its own."""
    model = supervisor()
    with gpu:
        there = moved(model)
        engine = engine_of(there)
        simulate(there, engine=engine)
        gpu.asked.clear()
        image = simulate(there, observe=RunNotes(), engine=engine)
    assert image.shape == (2527, 2463)
    assert {name: gpu.asked[name] for name in gpu.asked if name.startswith("kernel ")} == {
        **{f"kernel _{name}_kernel": 2 for name in OURS},
        "kernel sweep_kernel": 2,
    }
    assert gpu.launches <= 40, gpu.asked
    # Nothing is brought there, and nothing but the image comes back; nobody waits in between.
    assert (gpu.copies, gpu.reads) == (1, 0), gpu.asked


def test_portions_subpixels_and_sources_add_launches_and_no_waits(
    gpu: GpuOfNone, monkeypatch: pytest.MonkeyPatch
) -> None:
    launches = []
    for words, portion in (
        ("", WHOLE),
        ("", 2_000_000),
        ("-oversample 2", WHOLE),
        ("-dispersion 1 -dispsteps 2", WHOLE),
    ):
        monkeypatch.setattr("simulator.run.portion_size", lambda _, size=portion: size)
        model = supervisor(words)
        with gpu:
            there = moved(model)
            engine = engine_of(there)
            simulate(there, engine=engine)
            gpu.asked.clear()
            simulate(there, engine=engine)
        launches.append(gpu.launches)
        assert (gpu.copies, gpu.reads) == (1, 0), gpu.asked
    whole, portions, subpixels, sources = launches
    last = 2  # the portions of the image become one, in single precision
    assert portions - last == (whole - last) // 2 * 5
    # Rays, scattering vectors, sums and their addition for each subpixel; the last two of them for each source.
    assert subpixels - whole == 2 * 3 * 4
    assert sources - whole == 2 * 3


def test_a_resolution_limit_is_not_asked_of_the_gpu_for_each_source(gpu: GpuOfNone) -> None:
    model = supervisor("-phi 1 -dmin 2 -dispersion 1 -dispsteps 3")
    with gpu:
        there = moved(model)
        engine = engine_of(there)
        simulate(there, engine=engine)
        gpu.asked.clear()
        simulate(there, engine=engine)
    assert gpu.asked["kernel sweep_kernel"] == 3
    assert (gpu.copies, gpu.reads) == (1, 0), gpu.asked


@pytest.mark.parametrize("turned_without_graph", [False, True])
def test_derivatives_of_an_image_wait_for_nothing(gpu: GpuOfNone, turned_without_graph: bool) -> None:
    model = supervisor("-phi 1")
    orientations = replace(model.crystal.orientations, turned_without_graph=turned_without_graph)
    model = replace(model, crystal=replace(model.crystal, orientations=orientations))
    with gpu:
        there = replace(moved(model, with_graph=True), beam=moved(model.beam))
        engine = engine_of(there)
        for _ in range(2):
            gpu.asked.clear()
            image = image_values(there, visited_indices(model.config, None), engine=engine)
            a, b, c = there.crystal.real_m if turned_without_graph else there.crystal.orientations.basis
            numbers = [*there.detector.pix0, there.detector.close_m, *a, *b, *c, there.factors.bordered]
            torch.autograd.grad(image.sum(), numbers)
    back = {f"kernel _{name}_slope_kernel" for name in OURS} | {"kernel slope_kernel"}
    assert back == {name for name, count in gpu.asked.items() if "slope" in name and count == 1}
    assert (gpu.copies, gpu.reads) == (0, 0), gpu.asked
    assert gpu.launches <= MOST_WITH_DERIVATIVES, gpu.asked

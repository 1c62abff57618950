"""What the simulator reaches on a GPU, each figure beside its goal: sums, supervisor image, precision, derivatives.

usage: python benchmarks/gpu_goals.py [--device cuda] [--pixels 1024] [--repeat 7]

The goals and limits are those of an H100: its limit is what the instructions of a sample take, 188 G samples/s in
float64 and 360 with the factors in float32. Without CUDA the engine of the CPU runs on a small image, to try the script
out; what only a GPU has is skipped with one line. Every row is a median of warm rounds; times on a GPU are those of its
own events. It takes one or two minutes there, compilation included.

No time is printed of what is wrong: each image, and the derivatives, are held against the eager kernel in double
precision on some of the pixels first. If one of them is off, or another engine than the compiled one ran, its row says
so and the script ends with 1.
"""

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from simulator.arguments import parse
from simulator.beam import scattering_vector
from simulator.build import build_model, read_inputs
from simulator.canonical import canonical_arguments
from simulator.config import Config
from simulator.config_file import load_config
from simulator.device import device_of, is_available
from simulator.engines import EngineKind, chosen_engine
from simulator.kernel import EAGER
from simulator.model import Engine, Model
from simulator.observe import silent
from simulator.parameters import Parameter
from simulator.rays import pixel_ray
from simulator.run import image_values, interpolates, selected_values, simulate, visited_pixels
from simulator.structure_factors import NearestLookup, TricubicLookup

ROOT = Path(__file__).parents[1]
LIMIT = {"float64": 188.0, "float32": 360.0}
"""G samples/s that the instruction counts of the kernel allow on an H100."""
GOAL = {"float64": 140.0, "float32": 170.0}
CLOSE = {"float64": 1e-9, "float32": 1e-5}
CLOSE_DERIVATIVES = 1e-7
COMPILED = (EngineKind.NATIVE, EngineKind.TRITON)
CELL = [70.0, 80.0, 90.0, 85.0, 95.0, 100.0]


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--pixels", type=int, help="along a side; 1024, or 256 on a CPU")
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    if not is_available(device_of(options.device)):
        parser.error(f"this machine has no device {options.device}")
    bench = Bench(options.device, options.pixels or (1024 if options.device != "cpu" else 256), options.repeat)
    print(f"{bench.name}, torch {torch.__version__}, {bench.pixels} x {bench.pixels} pixels", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        bench.list = Path(folder) / "F.hkl"
        box = product(range(-30, 31), repeat=3)
        bench.list.write_text("\n".join(f"{h} {k} {m} {10 + (7 * h + 5 * k + 3 * m) % 23}" for h, k, m in box))
        for row in bench.rows():
            print(row, flush=True)
    sys.exit(1 if bench.failed else 0)


class NotRightError(Exception):
    """What was to be timed is not what the eager kernel computes, or not computed by compiled code."""


class Bench:
    """The figures of one device."""

    def __init__(self, device: str, pixels: int, repeat: int) -> None:
        self.device, self.pixels, self.repeat = device, pixels, repeat
        self.on_gpu = device != "cpu"
        self.name = torch.cuda.get_device_name(device) if self.on_gpu else "a CPU"
        self.list = Path()
        self.failed = False

    def rows(self) -> Iterator[str]:
        """Yield the lines of the table."""
        for dtype, domains in product(("float64", "float32"), (10, 1000)):
            yield self.row(f"sum, {dtype}, {domains:4} samples a pixel", partial(self.throughput, dtype, domains))
        yield self.row("the same, F interpolated, float64", self.interpolated)
        yield self.row("an image of 10 samples a pixel, float64", self.image)
        for dtype in ("float64", "float32"):
            yield self.row(f"worst pixel, {dtype}", partial(self.precision, dtype))
        yield self.row("supervisor image, in main memory", self.supervisor)
        yield self.row("supervisor image, kernels", self.kernels)
        yield self.row("image with derivatives, over the image", self.derivatives)

    def row(self, name: str, figure: Callable[[], str]) -> str:
        """Return a line of the table."""
        try:
            found = figure()
        except NotRightError as error:
            self.failed = True
            found = f"   WRONG: {error}"
        return f"{name:40} {found}"

    def flags(self, dtype: str, domains: int, lookup: str = "-nointerpolate") -> str:
        """Return a rotating crystal of many domains with a list of reflections."""
        return (
            f"-cell {' '.join(map(str, CELL))} -hkl {self.list} {lookup} -N 20 -lambda 1 -distance 100 "
            f"-oversample 1 -detpixels {self.pixels} -pixel {100 / self.pixels} -mosaic 0.5 -mosaic_domains {domains}"
            f" -phi 1 -dtype {dtype} -device {self.device} -compile always"
        )

    def throughput(self, dtype: str, domains: int, lookup: str = "-nointerpolate") -> str:
        """Return samples per second, table look-up included."""
        domains = domains if self.on_gpu else min(domains, 40)
        config = parse(self.flags(dtype, domains, lookup).split()).config
        model, visited, engine = prepared(config)
        check_image(config, blind_values(model, visited, engine))
        whole = partial(blind_values, model, visited, engine)
        taken = self.sum_seconds(model, visited) if self.on_gpu else self.seconds(whole)
        rate = len(visited) * domains / taken / 1e9
        goal = f"; goal {GOAL[dtype]:.0f}, {rate / LIMIT[dtype]:.2f} of the limit of {LIMIT[dtype]:.0f} (H100)"
        return f"{rate:8.3f} G samples/s{goal if self.on_gpu and lookup == '-nointerpolate' else ''}"

    def sum_seconds(self, model: Model, visited: Tensor) -> float:
        """Return the time of the sum alone, of many in a graph: one of few samples is shorter than its launch."""
        from simulator.cuda_functions import constants_of  # noqa: PLC0415 - Triton
        from simulator.cuda_stages import joined  # noqa: PLC0415
        from simulator.cuda_sums import CudaTask, cuda_sums, kernel_lookup  # noqa: PLC0415

        lookup = TricubicLookup(model.factors) if interpolates(model) else NearestLookup(model.factors)
        task = CudaTask(model, constants_of(model).to(self.device), kernel_lookup(lookup, model.factors))
        ray = pixel_ray(model.detector, visited.to(self.device), (0, 0), 1, 0.0)
        scattering = joined(scattering_vector(ray.direction, model.beam.sources[0]))
        whole = torch.stack([component for v in model.crystal.orientations.basis for component in v], dim=-1)
        orientations = whole[model.crystal.nominal_rows()].reshape(-1, 9)
        table = model.factors.bordered
        assert table is not None
        in_a_row, graph = 20, torch.cuda.CUDAGraph()
        cuda_sums(task, scattering, orientations, table)
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            for _ in range(in_a_row):
                cuda_sums(task, scattering, orientations, table)
        return self.seconds(graph.replay) / in_a_row

    def image(self) -> str:
        """Return the time of an image with few samples: most of it is the launches."""
        model, visited, engine = prepared(parse(self.flags("float64", 10).split()).config)
        return f"{self.seconds(lambda: blind_values(model, visited, engine)) * 1e3:8.2f} ms"

    def interpolated(self) -> str:
        """Return samples per second where F is interpolated between 64 nodes."""
        return self.throughput("float64", 100, "-interpolate -mode spec")

    def precision(self, dtype: str) -> str:
        """Return how far the worst pixel of an image is off the eager kernel in double precision."""
        words = self.flags(dtype, 10).replace(f"-detpixels {self.pixels}", "-detpixels 64")
        config = parse(words.split()).config
        worst = check_image(config, blind_values(*prepared(config)), some=64 * 64)
        return f"{worst:8.1e} of what is around it; goal {CLOSE[dtype]:.0e}"

    def supervisor(self) -> str:
        """Return the wall time of the supervisor image, the image in main memory."""
        config = self.supervisor_config()
        model, _, engine = prepared(config)
        check_image(config, torch.from_numpy(simulate(model, engine=engine)), close=1e-6)
        taken = self.seconds(lambda: simulate(model, engine=engine), wall=True)
        return f"{taken * 1e3:8.1f} ms{'; goal 15' if self.on_gpu else ''}"

    def kernels(self) -> str:
        """Return how many kernels and copies an image takes, and how long they run."""
        from torch.profiler import ProfilerActivity, profile  # noqa: PLC0415 - for this line alone

        if not self.on_gpu:
            return "   skipped: this device is no GPU"
        model, _, engine = prepared(self.supervisor_config())
        simulate(model, engine=engine)
        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
            simulate(model, engine=engine)
            torch.cuda.synchronize()
        events = [event for event in seen.events() if event.device_type.name == "CUDA"]
        kernels = [event for event in events if not event.name.startswith("Mem")]
        if not any("sweep_kernel" in event.name for event in kernels):
            raise NotRightError("the profiler saw no kernel of ours")
        milliseconds = sum(event.device_time for event in kernels) / 1e3
        copies = len(events) - len(kernels)
        return f"{len(kernels):8} (goal 40), {milliseconds:.2f} ms (goal 2), {copies} copies and fills"

    def supervisor_config(self) -> Config:
        """Return the full-size configuration; on a CPU a part of its rows."""
        config = load_config(ROOT / "examples" / "supervisor" / "supervisor.toml").command.config
        part = [] if self.on_gpu else ["-roi", "0", "2462", "600", "700"]
        return parse([*canonical_arguments(config), *part, "-device", self.device, "-compile", "always"]).config

    def derivatives(self) -> str:
        """Return the time of an image with derivatives (cell, misset, distance, F), over that of the image."""
        config = parse(self.flags("float64", 1000 if self.on_gpu else 40).split()).config
        inputs = read_inputs(config)
        model, visited, engine = prepared(config)
        assert inputs.reflections is not None
        given = {
            Parameter.CELL: self.leaf(CELL),
            Parameter.MISSET: self.leaf([0.0, 0.0, 0.0]),
            Parameter.DISTANCE: self.leaf(100.0),
            Parameter.STRUCTURE_FACTORS: self.leaf(inputs.reflections.values),
        }
        moving = build_model(config, inputs, given)
        chosen = chosen_engine(moving)
        if chosen.kind not in COMPILED:
            raise NotRightError(chosen.said)

        def gradient(pixels: Tensor, by: Engine) -> tuple[Tensor, ...]:
            image = image_values(moving, pixels, engine=by)
            return torch.autograd.grad(image.sum(), list(given.values()), retain_graph=True)

        # Pixels of the diagonal: at the edge of the detector no reflection is listed, and every derivative is 0.
        few = visited[:: max((len(visited) + self.pixels) // 64, 1)]
        for name, found, expected in zip(given, gradient(few, chosen.engine), gradient(few, EAGER), strict=True):
            worst = float((found - expected).abs().max() / expected.abs().max())
            if not worst <= CLOSE_DERIVATIVES:
                raise NotRightError(f"the derivative by {name.value} is off by {worst:.1e}")
        forward = self.seconds(lambda: blind_values(model, visited, engine))
        taken = self.seconds(lambda: gradient(visited, chosen.engine))
        return f"{taken / forward:8.2f} times; goal 4"

    def leaf(self, values: Any) -> Tensor:
        """Return numbers by which derivatives are taken, on the device."""
        return torch.tensor(values, dtype=torch.float64, device=self.device, requires_grad=True)

    def seconds(self, action: Callable[[], object], *, wall: bool = False) -> float:
        """Return the median time of an action that is warm."""
        times = []
        for counted in range(self.repeat + 2):
            taken = self.one(action, wall=wall)
            if counted > 1:
                times.append(taken)
        return median(times)

    def one(self, action: Callable[[], object], *, wall: bool) -> float:
        """Return the time of an action: by the GPU's events, or by the clock."""
        if not self.on_gpu:
            start = time.perf_counter()
            action()
            return time.perf_counter() - start
        torch.cuda.synchronize()
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start = time.perf_counter()
        begin.record()
        action()
        end.record()
        torch.cuda.synchronize()
        return time.perf_counter() - start if wall else begin.elapsed_time(end) / 1e3


def prepared(config: Config) -> tuple[Model, Tensor, Engine]:
    """Return a model, the pixels of its image, and the compiled engine that computes it.

    Raises
    ------
    NotRightError
        If that is none of compiled code.
    """
    model = build_model(config)
    with torch.no_grad():
        chosen = chosen_engine(model)
    if chosen.kind not in COMPILED:
        raise NotRightError(chosen.said)
    return model, visited_pixels(config, None), chosen.engine


def check_image(config: Config, image: Tensor, some: int = 200, close: float | None = None) -> float:
    """Return how far the worst of some pixels and of the brightest ones is off the eager kernel in double precision.

    A deviation counts as a part of the largest value within two pixels.

    Raises
    ------
    NotRightError
        If that is more than the precision allows.
    """
    close = CLOSE[config.execution.dtype] if close is None else close
    exact = config.model_copy(update={"execution": config.execution.model_copy(update={"dtype": "float64"})})
    model, visited = build_model(exact), visited_pixels(config, None)
    values = image.detach().to("cpu", torch.float64).reshape(-1)
    whole = torch.zeros(math.prod(config.shape_slow_fast), dtype=torch.float64)
    whole[visited] = values if len(values) == len(visited) else values[visited]
    brightest = visited[whole[visited].topk(min(50, len(visited))).indices]
    pixels = torch.tensor(sorted({*visited[:: max(len(visited) // some, 1)].tolist(), *brightest.tolist()}))
    with torch.no_grad():
        expected = selected_values(model, visited, pixels, silent).cpu()
    shaped = whole.abs().reshape(1, *config.shape_slow_fast)
    around = torch.nn.functional.max_pool2d(shaped, 5, stride=1, padding=2).reshape(-1)[pixels]
    worst = float(((whole[pixels] - expected).abs() / torch.maximum(around, expected.abs()).clamp(min=1e-300)).max())
    if not worst <= close or not float(expected.max()) > 0.0:
        raise NotRightError(f"a pixel is {worst:.1e} off the eager kernel")
    return worst


def blind_values(model: Model, visited: Tensor, engine: Engine) -> Tensor:
    """Return an image without derivatives, on its device."""
    with torch.no_grad():
        return image_values(model, visited, engine=engine, workers=torch.get_num_threads() if engine.in_threads else 1)


if __name__ == "__main__":
    main()

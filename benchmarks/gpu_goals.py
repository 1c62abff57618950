"""What the simulator reaches on a GPU, each figure beside its goal: sums, supervisor image, precision, derivatives.

usage: python benchmarks/gpu_goals.py [--device cuda] [--pixels 1024] [--repeat 7]

The goals and limits are those of an H100: its limit is what the instructions of a sample take, 188 G samples/s in
float64 and 360 with the factors in float32. Without CUDA the engine of the CPU runs on a small image, to try the script
out; what only a GPU has is skipped with one line. Every row is a median of warm rounds; times on a GPU are those of its
own events.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from simulator.arguments import parse
from simulator.build import build_model, read_inputs
from simulator.canonical import canonical_arguments
from simulator.config import Config
from simulator.config_file import load_config
from simulator.device import device_of, is_available
from simulator.engines import chosen_engine
from simulator.kernel import EAGER
from simulator.model import Engine, Model
from simulator.parameters import Parameter
from simulator.run import image_values, simulate, visited_pixels

ROOT = Path(__file__).parents[1]
LIMIT = {"float64": 188.0, "float32": 360.0}
"""G samples/s that the instruction counts of the kernel allow on an H100."""
GOAL = {"float64": 140.0, "float32": 170.0}
CLOSE = {"float64": 1e-9, "float32": 1e-5}
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


class Bench:
    """The figures of one device."""

    def __init__(self, device: str, pixels: int, repeat: int) -> None:
        self.device, self.pixels, self.repeat = device, pixels, repeat
        self.on_gpu = device != "cpu"
        self.name = torch.cuda.get_device_name(device) if self.on_gpu else "a CPU"
        self.list = Path()

    def rows(self) -> Iterator[str]:
        """Yield the lines of the table."""
        for dtype, domains in product(("float64", "float32"), (10, 1000)):
            yield self.throughput(dtype, domains if self.on_gpu else min(domains, 40))
        for dtype in ("float64", "float32"):
            yield self.precision(dtype)
        yield self.supervisor()
        yield (
            self.kernels() if self.on_gpu else "supervisor image, kernels                skipped: this device is no GPU"
        )
        yield self.derivatives()

    def flags(self, dtype: str, domains: int) -> str:
        """Return a rotating crystal of many domains with a list of reflections."""
        return (
            f"-cell {' '.join(map(str, CELL))} -hkl {self.list} -nointerpolate -N 20 -lambda 1 -distance 100 "
            f"-oversample 1 -detpixels {self.pixels} -pixel {100 / self.pixels} -mosaic 0.5 -mosaic_domains {domains}"
            f" -phi 1 -dtype {dtype} -device {self.device} -compile always"
        )

    def throughput(self, dtype: str, domains: int) -> str:
        """Return the line of samples per second, table look-up included."""
        config = parse(self.flags(dtype, domains).split()).config
        model, visited, engine = prepared(config)
        taken = self.seconds(lambda: blind_values(model, visited, engine))
        rate = len(visited) * domains / taken / 1e9
        line = f"sum, {dtype}, {domains:4} samples a pixel            {rate:8.3f} G samples/s"
        if not self.on_gpu:
            return line
        share = f"{rate / LIMIT[dtype]:.2f} of the limit of {LIMIT[dtype]:.0f}"
        return f"{line}; goal {GOAL[dtype]:.0f}, {share} (H100)"

    def precision(self, dtype: str) -> str:
        """Return how far the worst pixel is off the eager kernel in double precision, over what is around it."""
        words = self.flags(dtype, 10).replace(f"-detpixels {self.pixels}", "-detpixels 64")
        model, visited, engine = prepared(parse(words.split()).config)
        exact = build_model(parse(words.replace("float32", "float64").split()).config)
        found, expected = blind_values(model, visited, engine), blind_values(exact, visited, EAGER)
        around = torch.nn.functional.max_pool2d(expected.abs().reshape(1, 64, 64), 5, stride=1, padding=2).reshape(-1)
        worst = float(((found - expected).abs() / around.clamp(min=1e-300)).max())
        return f"worst pixel, {dtype}                       {worst:8.1e} of what is around it; goal {CLOSE[dtype]:.0e}"

    def supervisor(self) -> str:
        """Return the wall time of the supervisor image, the image in main memory."""
        model = build_model(self.supervisor_config())
        engine = chosen_engine_of(model)
        taken = self.seconds(lambda: simulate(model, engine=engine), wall=True)
        goal = "; goal 15" if self.on_gpu else ""
        return f"supervisor image, in main memory          {taken * 1e3:8.1f} ms{goal}"

    def kernels(self) -> str:
        """Return how many kernels and copies an image takes, and how long they run."""
        from torch.profiler import ProfilerActivity, profile  # noqa: PLC0415 - for this line alone

        model = build_model(self.supervisor_config())
        engine = chosen_engine_of(model)
        simulate(model, engine=engine)
        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
            simulate(model, engine=engine)
        events = [event for event in seen.events() if event.device_type.name == "CUDA"]
        kernels = [event for event in events if not event.name.startswith("Mem")]
        milliseconds = sum(event.device_time for event in kernels) / 1e3
        return (
            f"supervisor image, kernels                 {len(kernels):8} (goal 40), {milliseconds:.2f} ms (goal 2), "
            f"{len(events) - len(kernels)} copies and fills"
        )

    def supervisor_config(self) -> Config:
        """Return the full-size configuration; on a CPU a part of its rows."""
        config = load_config(ROOT / "examples" / "supervisor" / "supervisor.toml").command.config
        part = [] if self.on_gpu else ["-roi", "0", "2462", "600", "700"]
        return parse([*canonical_arguments(config), *part, "-device", self.device, "-compile", "always"]).config

    def derivatives(self) -> str:
        """Return the time of an image with derivatives (cell, misset, distance, F), over that of the image."""
        config = parse(self.flags("float64", 100 if self.on_gpu else 40).split()).config
        inputs = read_inputs(config)
        model, visited, engine = prepared(config)
        forward = self.seconds(lambda: blind_values(model, visited, engine))
        assert inputs.reflections is not None
        given = {
            Parameter.CELL: torch.tensor(CELL, dtype=torch.float64, requires_grad=True),
            Parameter.MISSET: torch.zeros(3, dtype=torch.float64, requires_grad=True),
            Parameter.DISTANCE: torch.tensor(100.0, dtype=torch.float64, requires_grad=True),
            Parameter.STRUCTURE_FACTORS: torch.from_numpy(inputs.reflections.values).requires_grad_(),
        }
        moving = build_model(config, inputs, given)
        differentiable = chosen_engine(moving).engine

        def both() -> None:
            image = image_values(moving, visited, engine=differentiable)
            torch.autograd.grad(image.sum(), list(given.values()), retain_graph=True)

        taken = self.seconds(both)
        return f"image with derivatives, over the image    {taken / forward:8.2f} times; goal 4"

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
    """Return a model, the pixels of its image, and the engine that computes it."""
    model = build_model(config)
    return model, visited_pixels(config, None), chosen_engine_of(model)


def chosen_engine_of(model: Model) -> Engine:
    """Return the engine of an image without derivatives, and print why it is none of compiled code."""
    with torch.no_grad():
        chosen = chosen_engine(model)
    if chosen.engine is EAGER:
        print(chosen.said, flush=True)
    return chosen.engine


def blind_values(model: Model, visited: Tensor, engine: Engine) -> Tensor:
    """Return an image without derivatives, on its device."""
    with torch.no_grad():
        return image_values(model, visited, engine=engine, workers=torch.get_num_threads() if engine.in_threads else 1)


if __name__ == "__main__":
    main()

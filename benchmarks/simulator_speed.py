"""The simulator on the full-size supervisor configuration beside a reference binary: whole processes, and warm images.

usage: NB_C_BIN=./nanoBragg python benchmarks/simulator_speed.py [--hkl FILE] [--repeat 5]

All that is measured runs in turn, round after round, so that a machine that others use too slows all alike; each row
shows medians, and their ratio to the reference with as many threads as torch has: of the time, and of the processor
time, which other work disturbs less. Without --hkl the one-reflection list of the example serves; the number of samples
is the same. A first round compiles, and is not counted.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

from simulator.arguments import parse
from simulator.build import build_model
from simulator.canonical import canonical_arguments
from simulator.config import Config
from simulator.config_file import load_config
from simulator.engines import chosen_engine
from simulator.run import simulate, trace_values, visited_pixels

ROOT = Path(__file__).parents[1]
REFERENCE = "reference, whole process"


def process(command: list[str]) -> None:
    """Run a command in an empty folder, with all its output files."""
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | threads
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def whole_process(config: Config, *more: str) -> Callable[[], None]:
    """Return a run of the command."""
    return lambda: process([sys.executable, "-m", "simulator", *canonical_arguments(config), *more])


def reference(config: Config, binary: str) -> Callable[[], None]:
    """Return a run of the reference with the same flags but ours."""
    words = canonical_arguments(config)
    del words[words.index("-mode") : words.index("-mode") + 2]
    return lambda: process([str(Path(binary).resolve()), *words])


def warm(config: Config, dtype: str, wish: str) -> Callable[[], object]:
    """Return an image of a model that stands."""
    model = build_model(parse([*canonical_arguments(config), "-dtype", dtype, "-compile", wish]).config)
    engine = chosen_engine(model).engine
    return lambda: simulate(model, engine=engine)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hkl", type=Path, help="list of structure factors in place of the example's")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    config = load_config(ROOT / "examples" / "supervisor" / "supervisor.toml").command.config
    words = ["-hkl", str(options.hkl.resolve())] if options.hkl is not None else []
    config = parse([*canonical_arguments(config), *words, "-nonoise", "-dump", "Fdump.bin"]).config
    actions: dict[str, Callable[[], object]] = {}
    if "NB_C_BIN" in os.environ:
        actions[REFERENCE] = reference(config, os.environ["NB_C_BIN"])
    actions["simulator, whole process"] = whole_process(config)
    actions["simulator, whole process, eager"] = whole_process(config, "-compile", "never")
    for dtype in ("float64", "float32"):
        actions[f"warm image, native, {dtype}"] = warm(config, dtype, "always")
        actions[f"warm image, eager, {dtype}"] = warm(config, dtype, "never")
    model, visited = build_model(config), visited_pixels(config, None)
    actions["warm trace of one pixel"] = lambda: trace_values(model, visited, (685, 1039), print_nothing)
    print(f"{len(visited)} pixels, torch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    table(actions, options.repeat)


def table(actions: dict[str, Callable[[], object]], repeat: int) -> None:
    """Run all in turn and print a row for each."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in actions}
    for counted in range(repeat + 1):
        for name, action in actions.items():
            start, start_processor = time.perf_counter(), processor_seconds()
            action()
            if counted:
                taken[name].append((time.perf_counter() - start, processor_seconds() - start_processor))
    medians = {name: [median(column) for column in zip(*rows, strict=True)] for name, rows in taken.items()}
    for name, (wall, processor) in medians.items():
        row = f"{name:36} {wall:7.3f} s, {processor:7.3f} s of a processor"
        if REFERENCE in medians:
            peer, peer_processor = medians[REFERENCE]
            row += f"; {wall / peer:6.3f} and {processor / peer_processor:6.3f} of the reference"
        print(row, flush=True)


def processor_seconds() -> float:
    """Return the processor time of this process and of those that it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def print_nothing(name: str, value: object) -> None:
    """Observe without keeping anything."""


if __name__ == "__main__":
    main()

"""Measure the simulator on the full-size supervisor configuration, as whole processes and warm.

usage: python benchmarks/simulator_speed.py [--hkl FILE] [--repeat 5]

The reference took 3.9 s (2 threads) on a machine with two cores. Without --hkl the one-reflection list of the example
serves; the number of samples is the same.
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
from simulator.fused import fused_engine
from simulator.kernel import EAGER
from simulator.model import Engine
from simulator.run import simulate, trace_values, visited_pixels

ROOT = Path(__file__).parents[1]


def timed(action: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Return the smallest and the median time of an action in seconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times), median(times)


def report(what: str, times: tuple[float, float]) -> None:
    """Print a line of the table."""
    print(f"{what:44s} best {times[0]:7.3f} s   median {times[1]:7.3f} s", flush=True)


def whole_process(config: Config, more: list[str]) -> None:
    """Run the command in a new process in an empty folder, with all its output files."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "simulator", *canonical_arguments(config), "-dump", "Fdump.bin", *more]
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def warm(config: Config, engine: Engine, repeat: int) -> tuple[float, float]:
    """Return the time of an image after a first one."""
    model = build_model(config)
    simulate(model, engine=engine)
    return timed(lambda: simulate(model, engine=engine), repeat)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hkl", type=Path, help="list of structure factors in place of the example's")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    config = load_config(ROOT / "examples" / "supervisor" / "supervisor.toml").command.config
    if options.hkl is not None:
        config = parse([*canonical_arguments(config), "-hkl", str(options.hkl.resolve())]).config
    print(
        f"{config.shape_slow_fast[0]} x {config.shape_slow_fast[1]} pixels, torch {torch.__version__}, "
        f"{torch.get_num_threads()} threads"
    )
    report(
        "whole process, -nopgm -nonoise", timed(lambda: whole_process(config, ["-nopgm", "-nonoise"]), options.repeat)
    )
    report("whole process, every file but noise", timed(lambda: whole_process(config, []), options.repeat))
    for dtype in ("float64", "float32"):
        chosen = parse([*canonical_arguments(config), "-dtype", dtype]).config
        report(f"warm image, eager, {dtype}", warm(chosen, EAGER, options.repeat))
        report(f"warm image, compiled, {dtype}", warm(chosen, fused_engine(), options.repeat))
    model = build_model(config)
    visited = visited_pixels(config, None)
    report("warm trace of one pixel", timed(lambda: trace_values(model, visited, (685, 1039), print_nothing), 20))


def print_nothing(name: str, value: object) -> None:
    """Observe without keeping anything."""


if __name__ == "__main__":
    main()

"""What the plain formulas of an explanation cost, against the simulator's own functions with autograd.

usage: python benchmarks/formulas_autograd.py

For each key quantity: the plain value, the plain value with its numeric condition number (`evaluate`), the simulator's
function on scalar tensors, and the same with the gradient of every component. Then how often an explanation evaluates
a formula, and what that would come to. Medians of several runs, in processor time of one thread.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from nbtrace.compare import evaluate
from nbtrace.compare.evaluate import Computed, value_at
from nbtrace.compare.scene import Node, Scene, Values
from nbtrace.explanation.audit import audit, findings, logonly
from nbtrace.explanation.explain import explain
from nbtrace.parsers import read_trace
from nbtrace.records import Side
from simulator.arguments import parse
from tests.physics.nanobragg.formulas.test_against_simulator import TILTED, by_autograd, functions, traced

PAIR = Path(__file__).parents[1] / "examples" / "pairs" / "supervisor__685_1039"
SELFTEST_PAIRS = 2304


def microseconds(work: Callable[[], object], repeats: int = 200, runs: int = 7) -> float:
    """Return the median processor time of one call."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        for _ in range(repeats):
            work()
        times.append((time.process_time() - start) / repeats * 1e6)
    return statistics.median(times)


def quantities() -> list[float]:
    """Print a line per quantity and return the ratios of autograd to the plain condition number."""
    config = parse(TILTED.split()).config
    base = traced(config, (23, 31))
    print(f"{'quantity':24s} {'plain':>9s} {'condition':>10s} {'tensor':>9s} {'autograd':>9s}   µs")
    ratios = []
    for name, (function, inputs) in functions(config, base).items():
        node = next(node for node in base.values if node.name == name)

        def tensor(function: Callable[..., object] = function, inputs: list[torch.Tensor] = inputs) -> None:
            with torch.no_grad():
                function(*inputs)

        plain = microseconds(lambda node=node: value_at(base, base.values, node))  # type: ignore[misc]
        numeric = microseconds(lambda node=node: evaluate.evaluate(base, base.values, node))  # type: ignore[misc]
        forward = microseconds(tensor)
        backward = microseconds(lambda f=function, i=inputs: by_autograd(f, i), repeats=50)  # type: ignore[misc]
        print(f"{name:24s} {plain:9.1f} {numeric:10.1f} {forward:9.1f} {backward:9.1f}")
        ratios.append(backward / numeric)
    return ratios


def counted() -> tuple[int, float]:
    """Return how many formulas an explanation evaluates with their condition, and how long it takes in seconds."""
    calls = 0
    original = evaluate.evaluate

    def counting(scene: Scene, values: Values, node: Node) -> Computed:
        nonlocal calls
        calls += 1
        return original(scene, values, node)

    c, py = read_trace(str(PAIR / "c.log"), Side.C), read_trace(str(PAIR / "py.log"), Side.PY)
    for module in (evaluate, findings, logonly, audit):
        if getattr(module, "evaluate", None) is original:
            module.evaluate = counting  # type: ignore[attr-defined]
    explain(c, py)
    for module in (evaluate, findings, logonly, audit):
        if getattr(module, "evaluate", None) is counting:
            module.evaluate = original  # type: ignore[attr-defined]
    return calls, microseconds(lambda: explain(c, py), repeats=1) / 1e6


def main() -> None:
    """Print both tables."""
    torch.set_num_threads(1)
    ratio = statistics.median(quantities())
    calls, seconds = counted()
    print(f"\nautograd over the plain condition number: {ratio:.1f} times (median)")
    print(f"an explanation of the supervisor pair evaluates {calls} formulas in {seconds:.2f} s")
    print(f"with autograd: about {ratio * seconds:.1f} s, and the import of torch")
    print(f"the self-test of {SELFTEST_PAIRS} pairs would take {ratio:.1f} times as long")


if __name__ == "__main__":
    main()

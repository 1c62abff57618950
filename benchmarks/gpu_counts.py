"""What the CUDA kernels are compiled to for an H100, without one: instructions of a sample, registers, local memory.

usage: python benchmarks/gpu_counts.py

It needs Triton, whose wheel brings the compiler and the disassembler. A count is no measurement: it says what the units
for float64 and the four schedulers of a multiprocessor allow at most, at the clock that the goals assume.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from simulator.cuda_functions import NEAREST, SHAPES, TRICUBIC
from simulator.cuda_slopes import SLOPE_BLOCK, SLOPE_REGISTERS, SLOPE_WARPS, slope_kernel
from simulator.cuda_sums import (
    BLOCK_PIXELS,
    SAMPLES_AT_ONCE,
    SINGLE_BLOCK,
    SIZES,
    TRICUBIC_BLOCK,
    WARPS,
    sweep_kernel,
)

TOOLS = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
MULTIPROCESSORS, CLOCK_GHZ = 132, 1.78
FLOAT64_A_CLOCK, ISSUED_A_CLOCK = 64, 128
FLOAT64 = {"DFMA", "DMUL", "DADD", "DSETP", "DMNMX"}
CONVERSIONS = {"FRND", "F2I", "I2F", "F2F"}


def main() -> None:
    """Print a line for each kernel."""
    print(f"{'':42} float64   all  conversions  registers  local bytes  at most G samples/s")
    for name, kernel, real, constants in kernels():
        print(f"{name:42} {counted(kernel, real, constants)}", flush=True)


def kernels() -> Iterator[tuple[str, Any, str, dict[str, Any]]]:
    """Yield name, kernel, precision of the factors, and what is compiled of it."""
    along = {f"ALONG_{axis}": True for axis in "ABC"}
    for (shape, place), real, lookup in product(SHAPES.items(), ("fp64", "fp32"), (NEAREST, TRICUBIC)):
        if lookup is TRICUBIC and shape.value != "square":
            continue
        block = TRICUBIC_BLOCK if lookup is TRICUBIC else SINGLE_BLOCK if real == "fp32" else BLOCK_PIXELS
        common = {**along, "SHAPE": place.value, "HAS_TABLE": True, "LOOKUP": lookup.value, "BLOCK": block}
        own = {"SINGLE": real == "fp32", "RUNNING": False, "SKIPS_ZERO": True, "AT_ONCE": SAMPLES_AT_ONCE}
        lookup_name = "interpolated" if lookup is TRICUBIC else "nearest"
        name = f"{shape.value}, {lookup_name}"
        yield f"sum, {name}, {real}", sweep_kernel, real, common | own
        if real == "fp64":
            wanted = {"BLOCK": SLOPE_BLOCK, "OF_TABLE": True, "OF_STAR": shape.value == "gauss"}
            cell, each = {"OF_BASIS": False, "OF_CELL": True}, {"OF_BASIS": True, "OF_CELL": False}
            yield f"derivatives, {name}", slope_kernel, real, common | wanted | cell
            if shape.value == "square":
                yield f"the same, by each orientation, {lookup_name}", slope_kernel, real, common | wanted | each


def counted(kernel: Any, real: str, constants: dict[str, Any]) -> str:
    """Return the counts of the loop over the samples, for one sample of one pixel."""
    types = {name: "i32" if name in SIZES else "*fp64" for name in kernel.arg_names}
    types |= {"table": f"*{real}"} | dict.fromkeys(constants, "constexpr")
    aligned = {(i,): [["tt.divisibility", 16]] for i, name in enumerate(kernel.arg_names) if types[name][0] == "*"}
    source = ASTSource(kernel, types, constants, aligned)
    warps = SLOPE_WARPS if kernel is slope_kernel else WARPS
    options = {"num_warps": warps, "enable_fp_fusion": True}
    if kernel is slope_kernel:
        options["maxnreg"] = SLOPE_REGISTERS
    built = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options)
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(built.asm["cubin"])
        file.flush()
        text = _printed("nvdisasm", "-c", file.name)
        use = re.search(r"REG:(\d+) STACK:(\d+)", _printed("cuobjdump", "-res-usage", file.name))
    assert use is not None
    pixels = constants["BLOCK"] / (32 * warps)
    loop = _longest_inner_loop(text)
    float64, conversions = (sum(word in words for word in loop) / pixels for words in (FLOAT64, CONVERSIONS))
    whole = len(loop) / pixels
    clocks = max(float64 / FLOAT64_A_CLOCK, whole / ISSUED_A_CLOCK)
    most = MULTIPROCESSORS * CLOCK_GHZ / clocks
    return f"{float64:7.1f} {whole:5.0f} {conversions:12.1f} {use[1]:>10} {use[2]:>12} {most:20.0f}"


def _printed(tool: str, *words: str) -> str:
    return subprocess.run([TOOLS / tool, *words], capture_output=True, text=True, check=True).stdout


def _longest_inner_loop(text: str) -> list[str]:
    """Return the names of the instructions between a label and the last branch back to it, of a loop without others.

    The sum of some samples at once is the inner one of two loops.
    """
    names: list[str] = []
    labels: dict[str, int] = {}
    loops: list[tuple[int, int]] = []
    for line in text.splitlines():
        if label := re.match(r"(\.L_\w+):", line.strip()):
            labels[label[1]] = len(names)
        elif found := re.match(r"\s+/\*[0-9a-f]+\*/\s+(?:@!?U?P\w+\s+)?([A-Z0-9]+)[A-Z0-9_.]*(.*)", line):
            names.append(found[1])
            target = re.search(r"`\((\.L_\w+)\)", found[2])
            if found[1] == "BRA" and target is not None and target[1] in labels:
                loops.append((labels[target[1]], len(names)))
    float64 = [(start, stop) for start, stop in loops if FLOAT64 & {*names[start:stop]}]
    inner = [one for one in float64 if not any(one != o and one[0] <= o[0] and o[1] <= one[1] for o in float64)]
    start, stop = max(inner, key=lambda loop: loop[1] - loop[0])
    return names[start:stop]


if __name__ == "__main__":
    main()

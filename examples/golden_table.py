"""Compare the simulator with the recorded runs of the reference and print a table.

usage: python examples/golden_table.py

The same cases through the commands of nbtrace: nbtrace compare --suite examples/golden_suite/suite.toml.
Columns: worst relative difference of a pixel above 1e-12 of the maximum, share of pixels with identical bits, and the
worst relative difference of a traced number.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from simulator.run import simulate
from tests.simulator.golden import Case, cases, recorded_lines, trace, trace_text, traces


def main() -> None:
    """Print a line per case."""
    print(f"{'case':32s} {'worst pixel':>12s} {'identical':>10s} {'worst traced':>13s}")
    with tempfile.TemporaryDirectory() as folder:
        for name, case in sorted(cases().items()):
            worst, identical = compare_images(case, Path(folder))
            number = max((compare_traces(case, pixel, Path(folder)) for n, pixel in traces() if n == name), default=0.0)
            print(f"{name:32s} {worst:12.1e} {identical:10.6f} {number:13.1e}")


def compare_images(case: Case, folder: Path) -> tuple[float, float]:
    """Return the worst relative difference and the share of identical pixels."""
    image, expected = simulate(case.model(folder)), case.image
    visible = np.abs(expected) > 1e-12 * np.abs(expected).max()
    difference = np.abs(image[visible].astype(float) / expected[visible].astype(float) - 1.0)
    return float(difference.max()), float((image == expected).mean())


def compare_traces(case: Case, pixel: tuple[int, int], folder: Path) -> float:
    """Return the worst relative difference of a number in the trace of a pixel; 0 for a pixel that is not visited."""
    expected = recorded_lines(trace_text(case.name, pixel))
    if not any(key == "I_pixel_final" for key, _ in expected):
        return 0.0
    keys = {key for key, _ in expected}
    found = [line for line in trace(case.config(folder), pixel).lines if line[0] in keys]
    worst = 0.0
    for (_, reference), (_, value) in zip(expected, found, strict=True):
        if not isinstance(reference, str) and not isinstance(value, str):
            for u, v in zip(reference, value, strict=True):
                worst = max(worst, abs(u - v) / abs(u) if u else abs(v))
    return worst


if __name__ == "__main__":
    main()

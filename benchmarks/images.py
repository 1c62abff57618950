"""`nbtrace images` on two images of 2527 x 2463 floats: wall time of the whole command, without and with pictures.

Usage: python -m benchmarks.images [RUNS]
"""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

SHAPE = (2527, 2463)
SPOTS = 3000
ROOT = Path(__file__).parents[1]


def write_pair(folder: Path) -> list[str]:
    """Write two images of spots over nine decades that differ by rounding and in one spot; return their names."""
    rng = np.random.default_rng(1)
    image = rng.lognormal(-12, 3, SHAPE)
    for slow, fast in rng.integers(3, np.array(SHAPE) - 3, (SPOTS, 2)):
        image[slow - 1 : slow + 2, fast - 1 : fast + 2] += rng.lognormal(2, 2)
    other = image * (1 + 1e-7 * rng.standard_normal(SHAPE))
    other[1000:1003, 1200:1203] *= 1.1
    names = [folder / "c.bin", folder / "py.bin"]
    for name, pixels in zip(names, (image, other), strict=True):
        pixels.astype(np.float32).tofile(name)
    return [str(name) for name in names]


def measure(label: str, arguments: list[str], runs: int) -> None:
    """Print the wall and processor seconds of a command, run `runs` times."""
    wall, processor = [], []
    for _ in range(runs):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "nbtrace", "images", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ,
        )
        wall.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert done.returncode in {0, 1}, done.stderr
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{label:18} wall {median(wall):.2f} s ({min(wall):.2f}-{max(wall):.2f}), "
        f"processor {median(processor):.2f} s, peak memory {peak:.0f} MB"
    )


def main(runs: int) -> None:
    """Print the times without pictures, with pictures, and of an image that has to be laid on the other."""
    with TemporaryDirectory() as folder:
        c, py = write_pair(Path(folder))
        shape = ["--shape", *map(str, SHAPE)]
        turned = str(Path(folder) / "turned.bin")
        np.fromfile(py, np.float32).reshape(SHAPE)[::-1].tofile(turned)
        measure("metrics", [c, py, *shape], runs)
        measure("shifted, flipped", [c, turned, *shape], runs)
        measure("with pictures", [c, py, *shape, "--pictures", str(Path(folder) / "p"), "--force"], runs)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)

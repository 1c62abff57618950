"""`nbtrace images` on pairs of float32 images that differ in several ways: processor and wall time, peak memory.

Usage: python -m benchmarks.images [RUNS] [SLOW FAST] [NAME ...]

Two trees are compared by calling it in both, in turn. The images have 2527 x 2463 pixels if nothing else is said;
4371 x 4150 is an Eiger 16M. Names: few, round, every, noise, twice, blur, moved, shift, flip; each with `+` draws
pictures, too. All without pictures, and round and every with them, if none is named.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate, gaussian_filter

SHAPE = (2527, 2463)
PIXELS_PER_SPOT = 2000
ROOT = Path(__file__).parents[1]
NAMES = ("few", "round", "every", "noise", "twice", "blur", "moved", "shift", "flip")


def spots(shape: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return spots over nine decades."""
    image = rng.lognormal(-12, 3, shape)
    for slow, fast in rng.integers(3, np.array(shape) - 3, (image.size // PIXELS_PER_SPOT, 2)):
        image[slow - 1 : slow + 2, fast - 1 : fast + 2] += rng.lognormal(2, 2)
    return image


def pair(name: str, shape: tuple[int, int]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return two images that differ in that way."""
    rng = np.random.default_rng(1)
    image = spots(shape, rng)
    # Counts of a detector: three of background, and no spot of one pixel.
    counts = (
        np.minimum(1e5, 3 + 2 * gaussian_filter(image, 1.5)) if name in {"noise", "twice", "blur", "moved"} else image
    )
    other = image.copy()
    match name:
        case "few":
            other.flat[rng.integers(0, other.size, 200)] *= 1.1
        case "round":
            other *= 1 + 1e-7 * rng.standard_normal(shape)
            other[1000:1003, 1200:1203] *= 1.1
        case "every":
            other *= 1 + 1e-3 * rng.standard_normal(shape)
        case "noise":
            return counts, rng.poisson(counts).astype(np.float64)
        case "twice":
            return rng.poisson(counts).astype(np.float64), rng.poisson(counts).astype(np.float64)
        case "blur":
            return counts, gaussian_filter(counts, 0.8, mode="constant", truncate=2.5)
        case "moved":
            return counts, correlate(counts, np.outer([0.3, 0.7, 0], [0.4, 0.6, 0]), mode="constant")
        case "shift":
            other[5:, 3:], other[:5], other[:, :3] = image[:-5, :-3], 0, 0
        case "flip":
            other = image[::-1]
        case _:
            raise SystemExit(f"{name}: one of {', '.join(NAMES)}")
    return image, other


def write_pair(name: str, shape: tuple[int, int], files: Sequence[str]) -> None:
    """Write two images that differ in that way."""
    for file, pixels in zip(files, pair(name, shape), strict=True):
        pixels.astype(np.float32).tofile(file)


def measure(label: str, arguments: list[str], runs: int) -> None:
    """Print the wall and processor seconds of a command, run `runs` times, and its memory."""
    wall, processor, memory = [], [], []
    for _ in range(runs):
        start = time.perf_counter()
        started = subprocess.Popen(
            [sys.executable, "-m", "nbtrace", "images", *arguments],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            env=os.environ,
        )
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        wall.append(time.perf_counter() - start)
        processor.append(used.ru_utime + used.ru_stime)
        memory.append(used.ru_maxrss / 1024)
        assert started.returncode in {0, 1}, started.returncode
    print(
        f"{label:8} wall {median(wall):.2f} s ({min(wall):.2f}-{max(wall):.2f}), "
        f"processor {median(processor):.2f} s, peak memory {max(memory):.0f} MB",
        flush=True,
    )


def main(words: list[str]) -> None:
    """Measure each pair that is named."""
    numbers = [int(word) for word in words if word.isdigit()]
    names = [word for word in words if not word.isdigit()] or [*NAMES, "round+", "every+"]
    runs, shape = (numbers or [5])[0], (numbers[1], numbers[2]) if len(numbers) > 2 else SHAPE
    with TemporaryDirectory() as folder:
        files = [str(Path(folder) / name) for name in ("c.bin", "py.bin")]
        for name in names:
            # In a process of its own: the memory of this one counts as that of those that it starts.
            writing = get_context("spawn").Process(target=write_pair, args=(name.removesuffix("+"), shape, files))
            writing.start()
            writing.join()
            drawn = ["--pictures", str(Path(folder) / "p"), "--force"] if name.endswith("+") else []
            measure(name, [*files, "--shape", *map(str, shape), *drawn], runs)


if __name__ == "__main__":
    main(sys.argv[1:])

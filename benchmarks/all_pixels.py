"""`nbtrace diff --all-pixels` beside a bare script in pyarrow that only reads two files and subtracts, in turns.

The detector has 1024 x 1024 pixels and 75 columns. The pairs: equal; different in a region, some columns and a pixel;
different everywhere.

Usage: python -m benchmarks.all_pixels [RUNS]
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.diff_peer import run

SIDE = 1024
ROWS = 1 << 16
VECTORS = """
pix0_vector_meters fdet_vec sdet_vec pixel_pos_meters diffracted_vec incident_vec scattering_vec_A_inv
rot_a_angstroms rot_b_angstroms rot_c_angstroms rot_a_star_A_inv rot_b_star_A_inv rot_c_star_A_inv
"""
INDICES = ("hkl_frac", "hkl_rounded")
SCALARS = """
R_distance_meters omega_pixel_sr close_distance_meters obliquity_factor lambda_meters lambda_angstroms
F_latt_a F_latt_b F_latt_c F_latt F_cell I_before_scaling r_e_meters r_e_sqr fluence_photons_per_m2 steps
oversample_thick oversample_polar oversample_omega capture_fraction polar omega_pixel cos_2theta
I_pixel_final floatimage_accumulated
"""
CONSTANT = """
fdet_vec_x fdet_vec_y fdet_vec_z sdet_vec_x sdet_vec_y sdet_vec_z lambda_meters lambda_angstroms r_e_meters r_e_sqr
fluence_photons_per_m2 steps oversample_thick oversample_polar oversample_omega capture_fraction
"""
NAMES = (
    *(f"{name}_{axis}" for name in VECTORS.split() for axis in "xyz"),
    *(f"{name}_{axis}" for name in INDICES for axis in "hkl"),
    *SCALARS.split(),
)

BARE = """
import sys
import numpy as np
import pyarrow.parquet as pq
c, py = (pq.ParquetFile(name, pre_buffer=False) for name in sys.argv[1:])
found = 0
for one, other in zip(c.iter_batches(batch_size=65536), py.iter_batches(batch_size=65536)):
    for number in range(len(one.columns)):
        own = one.column(number).to_numpy()
        found += int((np.abs(other.column(number).to_numpy() - own) > 1e-6 * np.abs(own)).sum())
print(found)
"""

Change = Callable[[str, Any, Any, Any], Any]


def region(name: str, values: Any, slow: Any, fast: Any) -> Any:
    """Change F_cell in a region, polar in a few columns, and the rotation in one pixel."""
    if name == "F_cell":
        return np.where((slow > 300) & (fast < 500), 1.01 * values, values)
    if name == "polar":
        return np.where(fast > 1000, 1.001 * values, values)
    return np.where((slow == 700) & (fast == 77), values + 1.0, values) if name == "rot_a_angstroms_y" else values


def write(path: Path, change: Change) -> None:
    """Write a trace, portion by portion."""
    import pyarrow as pa  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415

    writer = None
    for start in range(0, SIDE * SIDE, ROWS):
        random = np.random.default_rng(start)
        slow, fast = np.divmod(np.arange(start, start + ROWS, dtype=np.int32), SIDE)
        zero = np.zeros(ROWS, dtype=np.int32)
        columns: dict[str, Any] = {
            "slow": slow,
            "fast": fast,
            "layer": zero,
            "subpixel_slow": zero,
            "subpixel_fast": zero,
        }
        for name in NAMES:
            values = np.full(ROWS, 1.5) if name in CONSTANT.split() else random.normal(1.0, 0.1, ROWS)
            columns[name] = change(name, values, slow, fast)
        table = pa.table(columns)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def main(runs: int) -> None:
    """Print the median processor seconds of either and the greatest memory, and the ratio of the medians."""
    changes: dict[str, Change] = {
        "equal": lambda _, values, *__: values,
        "in parts": region,
        "everywhere": lambda _, values, slow, fast: values * (1.0 + 1e-5 * np.sin(slow + fast)),
    }
    with TemporaryDirectory() as folder:
        c = Path(folder, "c.parquet")
        write(c, changes["equal"])
        for label, change in changes.items():
            py = Path(folder, "py.parquet")
            write(py, change)
            ours, bare = [], []
            for _ in range(runs):
                ours.append(run([sys.executable, "-m", "nbtrace", "diff", "--all-pixels", str(c), str(py)], {0, 1})[1:])
                bare.append(run([sys.executable, "-c", BARE, str(c), str(py)], {0})[1:])
            (own, peak), (peer, peer_peak) = (map(median, zip(*times, strict=True)) for times in (ours, bare))
            print(
                f"{label:10} {own:.2f} s, {peak:.0f} MB; bare {peer:.2f} s, {peer_peak:.0f} MB: {own / peer:.2f} times"
            )


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["5"])[0]))

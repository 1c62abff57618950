"""Small whole-detector traces for tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SHAPE = (4, 5)
"""Pixels of the detector (slow, fast)."""


def columns() -> dict[str, Any]:
    """Return a trace of two sampled points in each pixel: quantities of the points, and of the pixel."""
    pixels = SHAPE[0] * SHAPE[1]
    rows = 2 * pixels
    pixel = np.repeat(np.arange(pixels), 2)
    count = np.arange(rows, dtype=np.float64)
    return {
        "slow": (pixel // SHAPE[1]).astype(np.int32),
        "fast": (pixel % SHAPE[1]).astype(np.int32),
        "layer": np.zeros(rows, dtype=np.int32),
        "subpixel_slow": np.zeros(rows, dtype=np.int32),
        "subpixel_fast": np.tile(np.arange(2, dtype=np.int32), pixels),
        "rot_a_angstroms_x": 100.0 + count,
        "rot_a_angstroms_y": np.full(rows, 1e-3),
        "rot_a_angstroms_z": np.zeros(rows),
        "hkl_frac_h": 0.25 + count,
        "hkl_frac_k": 0.5 - count,
        "hkl_frac_l": np.zeros(rows),
        "F_cell": 10.0 + count,
        "polar": np.repeat(0.9 + 0.001 * np.arange(pixels), 2),
        "I_pixel_final": np.repeat(1.0 + np.arange(pixels), 2),
    }


def row_of(slow: int, fast: int, point: int = 0) -> int:
    """Return where the row of a sampled point stands."""
    return 2 * (slow * SHAPE[1] + fast) + point


def written(path: Path, table: Mapping[str, Any], **options: Any) -> Path:
    """Write a table."""
    pq.write_table(pa.table(dict(table)), path, **options)
    return path


def changed(changes: Mapping[str, Mapping[int, float]]) -> dict[str, Any]:
    """Return the trace with other values: column → row → value."""
    table = columns()
    for name, values in changes.items():
        for row, value in values.items():
            table[name][row] = value
    return table

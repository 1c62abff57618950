"""The least that a comparison of two logs must do, in polars: parse every line, pair by key and turn, subtract.

Usage: python -m benchmarks.polars_diff C.log PY.log

It knows no prefix but `TRACE_C:` and `TRACE_PY:`, no unit, no pixel and no sample, judges nothing, and prints the
largest difference: what `nbtrace diff` takes beyond its time is what knowing the rest costs. polars is installed for it
alone.
"""

import sys
from importlib import import_module
from typing import Any

_NUMBERS = (2, 3, 4)
"""Parts of a line that may be numbers: the third to the fifth."""


def values(path: str) -> Any:
    """Return the values of a log: key, how often it came before, up to three numbers."""
    pl = import_module("polars")

    parts = pl.col("line").str.splitn(" ", 5).alias("parts")
    fields = [(f"field_{n}", f"x{n}") for n in _NUMBERS]
    numbers = [pl.col("parts").struct.field(field).cast(pl.Float64, strict=False).alias(name) for field, name in fields]
    lines = pl.scan_csv(path, has_header=False, separator="\x1f", quote_char=None, new_columns=["line"])
    rows = lines.filter(pl.col("line").str.starts_with("TRACE_C: ") | pl.col("line").str.starts_with("TRACE_PY: "))
    named = rows.select(parts).select(pl.col("parts").struct.field("field_1").alias("key"), *numbers)
    return named.with_columns(turn=pl.int_range(pl.len()).over("key"))


def main(c: str, py: str) -> None:
    """Print how many values were paired and the largest difference."""
    pl = import_module("polars")

    pairs = values(c).join(values(py), on=["key", "turn"])
    apart = pl.max_horizontal(*((pl.col(f"x{n}_right") - pl.col(f"x{n}")).abs() for n in _NUMBERS))
    print(pairs.select(pl.len(), apart.max().alias("largest")).collect())


if __name__ == "__main__":
    main(*sys.argv[1:3])

"""Parquet files as traces: what their columns state of themselves."""

from pathlib import Path

import pytest

from nbtrace.errors import UsageError
from nbtrace.parsers import read_trace

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def written(path: Path, columns: dict[str, float], unit: bytes) -> Path:
    fields = [pa.field(name, pa.float64(), metadata={b"unit": unit}) for name in columns]
    arrays = [pa.array([number]) for number in columns.values()]
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), path)
    return path


@pytest.mark.parametrize(("unit", "factor"), [(b"mm", 1e-3), (b"m", 1.0), (b"metres", 1.0), (b"", 1.0)])
def test_values_are_in_the_unit_that_their_column_states(tmp_path: Path, unit: bytes, factor: float) -> None:
    vector = {f"pixel_pos_meters_{axis}": value for axis, value in zip("xyz", (100.0, 2.0, -3.0), strict=True)}
    found = read_trace(written(tmp_path / "one.parquet", {"close_distance_meters": 100.0, **vector}, unit))
    read = {record.quantity: record.numbers for record in found.records}
    assert read["close_distance_meters"] == pytest.approx((100.0 * factor,))
    assert read["pixel_pos_meters"] == pytest.approx((100.0 * factor, 2.0 * factor, -3.0 * factor))


def test_a_unit_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"one\.parquet: column close_distance_meters: sr and m measure different"):
        read_trace(written(tmp_path / "one.parquet", {"close_distance_meters": 100.0}, b"sr"))

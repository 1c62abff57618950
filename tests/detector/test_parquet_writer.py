"""Parquet files that grow portion by portion."""

import builtins
import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nbtrace.detector.parquet_writer import Column, ParquetTable
from nbtrace.errors import UsageError

pq = pytest.importorskip("pyarrow.parquet")


def _rows(values: list[float]) -> dict[str, Column]:
    return {"slow": np.arange(len(values), dtype=np.int32), "hkl_frac_h": np.ma.masked_invalid(np.array(values))}


def test_a_parquet_file_keeps_values_nulls_units_and_provenance(tmp_path: Path) -> None:
    path = tmp_path / "new" / "t.parquet"
    with ParquetTable(path, {"mode": "spec"}) as table:
        table.add(_rows([1.5, math.nan]))
        table.add(_rows([2.5]))
        assert not path.exists()
    read = pq.read_table(path)
    assert read.column("hkl_frac_h").to_pylist() == [1.5, None, 2.5]
    assert read.schema.field("hkl_frac_h").metadata == {b"unit": b"1"}
    assert json.loads(read.schema.metadata[b"nbtrace"]) == {"mode": "spec"}
    assert table.rows == 3


def test_an_error_leaves_no_parquet_file(tmp_path: Path) -> None:
    def fail() -> None:
        with ParquetTable(tmp_path / "t.parquet", {}) as table:
            table.add(_rows([1.0]))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def fail() -> None:
        with ParquetTable(tmp_path / "t.parquet", {}) as table:
            table.add(_rows([1.0]))
            monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
            table.add(_rows([2.0]))

    with pytest.raises(UsageError, match=r"t.parquet cannot be written: No space left on device"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_parquet_file_needs_force(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_text("mine")
    with pytest.raises(UsageError, match="exists; give --force"):
        ParquetTable(path, {})
    assert path.read_text() == "mine"
    with ParquetTable(path, {}, force=True) as table:
        table.add(_rows([1.0]))
    assert pq.read_table(path).num_rows == 1


def test_without_pyarrow_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *arguments: Any, **options: Any) -> ModuleType:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError, match=r"pip install 'nbtrace\[tables\]'"):
        ParquetTable(tmp_path / "t.parquet", {})

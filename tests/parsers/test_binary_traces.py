"""npz and Parquet files as traces."""

import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nbtrace.compare.diff import diff_traces
from nbtrace.errors import InputError
from nbtrace.longlogs.diff_logs import diff
from nbtrace.parsers import read_trace
from nbtrace.records import Trace
from nbtrace.verdicts.status import Verdict


def npz(path: Path, **arrays: Any) -> Path:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    path.write_bytes(stream.getvalue())
    return path


def values(trace: Trace) -> dict[str, tuple[float, ...]]:
    return {record.quantity: record.numbers for record in trace.records}


def test_arrays_are_quantities(tmp_path: Path) -> None:
    path = npz(tmp_path / "a", F_latt=np.float64(-2.38), rot_a_angstroms=np.arange(3.0), pixel=np.array([7, 9]))
    trace = read_trace(path)
    assert values(trace) == {"F_latt": (-2.38,), "rot_a_angstroms": (0.0, 1.0, 2.0)}
    assert trace.pixels == {0: (7, 9)}


def test_arrays_of_one_length_are_columns(tmp_path: Path) -> None:
    good = {"phi_tic": np.arange(10), "k_frac": np.linspace(0, 1, 10), "rot_a_angstroms": np.ones(3)}
    bad = {**good, "k_frac": good["k_frac"] + 0.01 * (np.arange(10) == 4)}
    result = diff(npz(tmp_path / "c", **good), npz(tmp_path / "py", **bad))
    (row,) = [row for row in result.rows if row.status.diverges]
    assert (row.quantity, row.index.ordinal("phi_tic")) == ("phi_k_frac", 4)


def test_objects_are_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pytest.fail, ("unpickled",)

    path = npz(tmp_path / "a", F_latt=np.array([Trap()], dtype=object), F_cell=np.float64(1))
    trace = read_trace(path)
    assert values(trace) == {"F_cell": (1.0,)}
    assert trace.account.unreadable[0].quantities == ("F_latt",)


def test_numbers_without_a_text_are_exact(tmp_path: Path) -> None:
    good, bad = {f"F_latt_{axis}": np.arange(1.0, 5.0) for axis in "abc"}, 4.1
    path = npz(tmp_path / "c", **good)
    good["F_latt_b"][3] = bad
    assert diff(path, npz(tmp_path / "py", **good)).verdict is Verdict.DIFFER


TABLE: dict[str, list[Any]] = {
    "slow": [1, 1], "fast": [3, 4], "F_cell": [1.0, 2.0], "V_cell": [5.0, 6.0],
    "hkl_frac_h": [0.1, 0.2], "hkl_frac_k": [0.1, 0.2], "hkl_frac_l": [0.1, None],
}  # fmt: skip


def parquet(path: Path, table: dict[str, list[Any]]) -> Path:
    pq.write_table(pa.table(table), path)
    return path


def test_rows_of_a_parquet_table_are_pixels(tmp_path: Path) -> None:
    trace = read_trace(parquet(tmp_path / "a", TABLE))
    assert trace.pixels == {0: (1, 3), 1: (1, 4)}
    assert [record.numbers for record in trace.by_quantity["F_cell"]] == [(1.0,), (2.0,)]
    assert trace.by_quantity["hkl_frac"][0].numbers == (0.1, 0.1, 0.1)


def test_what_is_computed_once_but_differs_from_row_to_row_is_compared_in_each(tmp_path: Path) -> None:
    c = read_trace(parquet(tmp_path / "c", TABLE))
    py = read_trace(parquet(tmp_path / "py", {**TABLE, "V_cell": [5.5, 6.0]}))
    assert [row.quantity for row in diff_traces(c, py).rows if row.status.diverges] == ["V_cell"]


def test_a_packed_table_is_the_same_table(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a", TABLE)
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert values(read_trace(packed)) == values(read_trace(path))


@pytest.mark.parametrize("kept", [30, 200, -20])
def test_a_cut_file_is_one_line(tmp_path: Path, kept: int) -> None:
    for name, path in (("p", parquet(tmp_path / "p", TABLE)), ("n", npz(tmp_path / "n", F_latt=np.arange(30.0)))):
        path.write_bytes(path.read_bytes()[:kept])
        with pytest.raises(InputError) as caught:
            read_trace(path)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_file_without_a_known_name_holds_no_trace(tmp_path: Path) -> None:
    for path in (npz(tmp_path / "n", image=np.zeros((20, 20))), parquet(tmp_path / "p", {"own": [1.0]})):
        with pytest.raises(InputError, match="no trace values"):
            read_trace(path)

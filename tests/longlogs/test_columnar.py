"""The columnar reader against the line reader: the same bytes give the same trace."""

import gzip
import os
import struct
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrace.errors import InputError
from nbtrace.longlogs.columnar import ColumnReader, NotColumnarError
from nbtrace.parsers import read_sides
from nbtrace.parsers.reader import LogReader
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.records import Pixel, Side, Trace
from nbtrace.vocabulary.quantity import Kind
from tests.column_trace import column_trace
from tests.logged_lines import PREFIXES
from tests.places import PAIRS

_ARITY = {Kind.SCALAR: 1, Kind.VECTOR: 3}
_VALUES = sorted((name, _ARITY[q.kind]) for name, q in QUANTITIES.items() if q.kind in _ARITY)
_BLOCK = (
    ("pix0_vector_meters", 3),
    ("pixel_pos_meters", 3),
    ("R_distance_meters", 1),
    ("hkl_frac", 3),
    ("F_latt", 1),
    ("F_cell_interpolated", 1),
    ("F_cell_nearest", 1),
)
_CHAIN = (("I_before_scaling", 1), ("steps", 1), ("polar", 1), ("I_pixel_final", 1))

_ordinary = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: f"{x:.15g}"),
    st.floats(-1e4, 1e4).map(lambda x: f"{x:.15g}"),
    st.floats(-1e4, 1e4).map(lambda x: f"{x:.15e}"),
    st.integers(-999, 999).map(str),
)
_strange = st.sampled_from(
    (
        *(
            "nan",
            "-nan",
            "inf",
            "-inf",
            "-0",
            "0.0",
            "1e5",
            "+1",
            "1.",
            ".5",
            "1e-400",
            "1e+999",
            "5e-324",
            "0x1",
            "1e+",
        ),
        *("12345678901234567890", "0.000698670797392963", "1.2.3", "NOT_EXTRACTED", "9007199254740993", "--", "."),
    )
)
_number = st.one_of(*[_ordinary] * 6, _strange)


def _numbers(count: int) -> st.SearchStrategy[str]:
    return st.lists(_number, min_size=count, max_size=count).map(" ".join)


def _keyed(name: str, count: int, prefix: str) -> st.SearchStrategy[str]:
    return _numbers(count).map(lambda text: f"{prefix}: {name} {text}")


_side = st.sampled_from(["TRACE_C", "TRACE_PY"])
_spaced = st.tuples(_side, st.sampled_from(_VALUES), st.integers(0, 4)).flatmap(
    lambda draw: _keyed(draw[1][0], draw[1][1] if draw[2] else 2, draw[0])
)
_tight = st.tuples(_side, st.sampled_from(_VALUES)).flatmap(
    lambda draw: _numbers(draw[1][1]).map(lambda text: f"{draw[0]}:{draw[1][0]}={text}")
)
_phi = st.tuples(
    st.sampled_from(["TRACE_C_PHI", "TRACE_PY_PHI"]),
    st.integers(-1, 4),
    st.permutations(["phi_deg", "k_frac", "F_latt_b", "F_latt"]),
    st.lists(_number, min_size=4, max_size=4),
    st.booleans(),
).map(
    lambda draw: (
        f"{draw[0]} "
        + f"phi_tic={draw[1]} " * (not draw[4])
        + " ".join(f"{key}={value}" for key, value in zip(draw[2], draw[3], strict=True))
        + f" phi_tic={draw[1]}" * draw[4]
    )
)
_rotstar = st.tuples(st.integers(0, 3), _numbers(3)).map(
    lambda draw: "TRACE_PY_ROTSTAR phi_tic={} ap_y={} bp_y={} cp_y={}".format(draw[0], *draw[1].split())
)
_node = st.tuples(st.integers(0, 3), st.integers(0, 12), _number).map(
    lambda draw: f"TRACE_PY_TRICUBIC: [0,{draw[0]},{draw[1]}]={draw[2]}"
)
_source = st.tuples(st.sampled_from(["_SOURCE 1", "_SOURCE2"]), _number).map(
    lambda draw: f"TRACE_PY{draw[0]}: F_cell {draw[1]}"
)
_odd = st.sampled_from(
    [
        "",
        "  ",
        "progress 35% done",
        "TRACE_CONFIG: tracing pixel (spixel=4, fpixel=46)",
        "TRACE_CONFIG: tracing pixel (spixel=5, fpixel=1)",
        "TRACE_C:Rx=[1 0 0; 0 1 -0; 0 0 1]",
        "TRACE_C:angles_rad=rotx:0 roty:0 rotz:0 twotheta:0",
        "TRACE_C:convention_mapping=Fbeam←Ybeam_mm(+0.5px),beam_vec=[1 0 0]",
        "TRACE: After re-generation:",
        "TRACE:   V_cell = 1e+06, V_star = 1e-06",
        "TRACE:   After re-generation: a_star = [0.01, 0, 0] |a_star| = 0.01",
        "TRACE: hkl_frac -8.2e-01 1.27e+01 -9.9e-02",
        "TRACE_BEAM_CENTER:final_close_calc dot_products:",
        "  Fclose = -dot_product(pix0_vector,fdet_vector) = 0.0257",
        "  1 phi steps from 0 to 1 degrees",
        "TRACE_C_TAP4: pixel 0 0 subpixel 0 1 source 0 mos 0 phi 0 h -7.9 F_cell 3",
        "TRACE_PY: key = 1.5 m",
        "TRACE_PY: === section ===",
        "TRACE_PY_TRICUBIC_GRID_START",
        "TRACE_PY_TRICUBIC_H_COORDS: [-2.0, -1.0, 0.0, 1.0]",
        "TRACE_C: F_latt 1 2 ",
        " TRACE_C: F_latt 1",
        "TRACE_C: F_latt  1",
        "TRACE_C: F_latt\t1",
        "TRACE_C:polar=1=2",
        "TRACE_C_PHI phi_tic=0 phi_deg=0 k_frac=1 F_latt_b=2 F_latt=3 F_latt=4",
        "DETECTOR_FAST_AXIS 0 0 1",
        "TRACE_SOMETHING_NEW: value 12",
    ]
)
_block = st.tuples(_side, st.integers(1, 3), st.integers(0, 3)).flatmap(
    lambda draw: st.tuples(
        *[_keyed(name, count, draw[0]) for _ in range(draw[1]) for name, count in _BLOCK],
        *[_phi for _ in range(draw[2])],
        *[_keyed(name, count, draw[0]) for name, count in _CHAIN],
    )
)
_one_line = st.one_of(*[_spaced] * 3, _tight, _phi, _rotstar, _node, _source, _odd)
_part = st.one_of(_block, st.lists(_one_line, max_size=6).map(tuple))


_mostly = st.integers(0, 9).map(bool)


@st.composite
def _logs(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(_part, max_size=4))
    repeated = [line for part in parts for line in part * draw(st.integers(1, 2))]
    repeated = _of_one_program(repeated, draw(st.sampled_from(["TRACE_C", "TRACE_PY"]))) if draw(_mostly) else repeated
    lines = [bytearray(line.encode()) for line in repeated]
    for _ in range(draw(st.integers(0, 2)) if lines else 0):
        torn = draw(st.integers(0, len(lines) - 1))
        at = draw(st.integers(0, max(len(lines[torn]) - 1, 0)))
        lines[torn][at : at + draw(st.integers(0, 9))] = draw(
            st.sampled_from([b"", b"\xff", b"\r", b"TRACE_C: ", b"="])
        )
    end = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    text = end.join(map(bytes, lines)) + draw(st.sampled_from([end, b"", b"\r"]))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text


def _of_one_program(lines: list[str], prefix: str) -> list[str]:
    other = "TRACE_PY" if prefix == "TRACE_C" else "TRACE_C"
    lines = [line.replace(f"{other}:", f"{prefix}:").replace(f"{other}_PHI", f"{prefix}_PHI") for line in lines]
    foreign = (f"{other}_", "DETECTOR", "TRACE_BEAM", "TRACE_SOMETHING") if prefix == "TRACE_PY" else (f"{other}_",)
    return [line for line in lines if not line.strip().startswith(foreign)]


def _facts(trace: Trace) -> tuple[object, ...]:
    bits = tuple(struct.pack(f"{len(record.numbers)}d", *record.value.numbers) for record in trace.records)
    return (
        [repr([getattr(record, item.name) for item in fields(record)]) for record in trace.records],
        bits,
        dict(trace.settings),
        trace.account,
        trace.dialects,
        dict(trace.pixels),
    )


def _same(path: Path, size: int) -> bool:
    """Compare both readers on a file; False if only the line reader reads it."""
    wanted = read_sides(str(path))
    try:
        found = [column_trace(ColumnReader(str(path), size))]
    except NotColumnarError:
        return False
    assert len(found) == len(wanted)
    for mine, theirs in zip(found, wanted, strict=True):
        assert _facts(mine) == _facts(theirs)
    return True


_sizes = st.one_of(st.integers(2, 300), st.just(1 << 20))


@pytest.mark.slow
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(log=_logs(), size=_sizes)
def test_both_readers_give_the_same_trace(tmp_path_factory: pytest.TempPathFactory, log: bytes, size: int) -> None:
    _assert_same_or_none(tmp_path_factory.getbasetemp() / "generated.log", log, size)


@pytest.mark.slow
@settings(max_examples=250, suppress_health_check=list(HealthCheck))
@given(log=_logs(), size=_sizes)
def test_both_readers_give_the_same_trace_of_many_logs(
    tmp_path_factory: pytest.TempPathFactory, log: bytes, size: int
) -> None:
    _assert_same_or_none(tmp_path_factory.getbasetemp() / "generated.log", log, size)


def _assert_same_or_none(path: Path, log: bytes, size: int) -> None:
    """Hold both readers against each other; the columnar one may refuse what is of two programs, or of none."""
    path.write_bytes(log)
    if not _same(path, size):
        traces = read_sides(str(path))
        tagged = any(record.family.startswith("TRACE") for trace in traces for record in trace.records)
        assert len(traces) == 2 or not tagged


OTHERWISE_WRITTEN = {
    "logged": b"2026-01-02 03:04:05,123 - port - INFO - TRACE_PY: polar 0.5\nTRACE_PY: F_cell 5\n",
    "one process": b"rank 0: TRACE_PY: polar 0.5\nrank 0: TRACE_PY: F_cell 5\n",
    "coloured": b"\x1b[32mTRACE_PY:\x1b[0m polar 0.5\nTRACE_PY: F_cell \x1b[1m5\x1b[0m\n",
    "latin-1": b"TRACE_PY: wavelength = 6.2 \xc5\nTRACE_PY: polar 0.5\n",
    "utf-16": "TRACE_PY: polar 0.5\nTRACE_PY: F_cell 5\n".encode("utf-16"),
    "fortran": b"TRACE_PY: polar 0.5D+00\nTRACE_PY: hkl_frac 1.5-100 0x1p3 nan(0x8)\n",
    "repeated": b"TRACE_PY: own 1\nTRACE_PY: own 2\nTRACE_PY: own 3\n",
    "statistics": b"TRACE_C: polar 1\n\nmax_I = 11410  at 0.02 0.02\nmean= 86.9572 rms= 562.762 rmsd= 556.002\n",
}


@pytest.mark.parametrize("size", [7, 1 << 20])
@pytest.mark.parametrize("log", OTHERWISE_WRITTEN.values(), ids=OTHERWISE_WRITTEN)
def test_lines_in_other_forms_are_read_in_the_same_way(tmp_path: Path, log: bytes, size: int) -> None:
    path = tmp_path / "otherwise.log"
    path.write_bytes(log)
    assert _same(path, size)


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
def test_logged_lines_are_read_in_the_same_way(tmp_path: Path, prefix: str) -> None:
    path = tmp_path / "logged.log"
    lines = (PAIRS / "polar_09__35_24" / "py.log").read_text().splitlines()
    path.write_text("".join(f"{prefix}{line}\n" for line in (*lines, *lines)))
    (trace,) = read_sides(str(path))
    assert trace.side is Side.PY
    # What begins with a bracket may be JSON, and is left to the line reader.
    assert _same(path, 1000) or prefix.startswith("[")


def test_regular_lines_do_not_reach_the_line_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = [f"TRACE_PY: {name} {' '.join(['0.25'] * count)}" for name, count in (*_BLOCK, *_CHAIN)]
    block += [
        "TRACE_PY_PHI phi_tic=0 phi_deg=0 k_frac=-3.5 F_latt_b=1.7 F_latt=-0.06",
        "TRACE_PY_TRICUBIC: [0,0,1]=1",
        "",
    ]
    path = tmp_path / "py.log"
    path.write_text("\n".join(block * 50) + "\n")
    seen: list[str] = []
    read = LogReader.read

    def note(self: LogReader, lines: list[str]) -> None:
        seen.extend(lines)
        read(self, lines)

    monkeypatch.setattr(LogReader, "read", note)
    trace = column_trace(ColumnReader(str(path)))
    assert seen == []
    assert trace.account.used == 50 * (len(block) - 1)
    assert max(record.index.block for record in trace.records) == 49


def _keyed_log(blocks: int) -> bytes:
    lines = [
        f"TRACE_PY: {name} {' '.join([str(number / 7)] * count)}"
        for number in range(blocks)
        for name, count in (*_BLOCK, *_CHAIN)
    ]
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize("members", [1, 3])
def test_gzip_is_read_as_the_line_reader_reads_it(tmp_path: Path, members: int) -> None:
    path = tmp_path / "py.log.gz"
    path.write_bytes(b"".join(gzip.compress(_keyed_log(40)) for _ in range(members)))
    assert _same(path, 500)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [0.2, 0.7, 0.999])
def test_cut_gzip_is_read_as_far_as_it_goes(tmp_path: Path, kept: float) -> None:
    packed = gzip.compress(_keyed_log(2000))
    path = tmp_path / "py.log.gz"
    path.write_bytes(packed[: int(len(packed) * kept)])
    assert _same(path, 1 << 16)
    assert read_sides(str(path))[0].account.cut


def test_damaged_gzip_is_left_to_the_line_reader(tmp_path: Path) -> None:
    path = tmp_path / "py.log.gz"
    packed = bytearray(gzip.compress(_keyed_log(20)))
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(NotColumnarError):
        column_trace(ColumnReader(str(path)))


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\0", b"TRACE_C: steps 1\n\0\0"])
def test_what_cannot_be_read_is_refused_in_the_same_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.log"
    path.write_bytes(content)
    with pytest.raises(InputError) as by_lines:
        read_sides(str(path))
    with pytest.raises(InputError) as by_columns:
        column_trace(ColumnReader(str(path)))
    assert str(by_columns.value) == str(by_lines.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"per_phi_entries": []}',
        b"--- a\n+++ b\n-TRACE_C: polar 1\n+TRACE_C: polar 2\n",
        b"TRACE_C: steps 1\nTRACE_C: polar 1\tTRACE_PY: polar 1\n",
        b"TRACE_C: steps 1\n" * 20 + b"TRACE_C: polar 1\tTRACE_PY: polar 1\n",
        b"Detector:\n  Wavelength: 1 A\n",
        b"[0] TRACE_PY: polar 1\n[1] TRACE_PY: polar 2\n",
        b"TRACE_PY: polar 1\nTRACE_PY: Rx [[1 0 0]\n [0 1 0]\n [0 0 1]]\n",
        b"F_latt = 1\nF_cell = 2\npolar = 3\n",
    ],
)
def test_other_forms_are_left_to_the_line_reader(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.log"
    path.write_bytes(content)
    with pytest.raises(NotColumnarError):
        column_trace(ColumnReader(str(path), 20))


def test_a_prefix_after_a_tab_in_prose_makes_no_second_column(tmp_path: Path) -> None:
    path = tmp_path / "py.log"
    path.write_bytes(_keyed_log(5) + b"note\tTRACE_PY: polar 1\n" + _keyed_log(5))
    assert _same(path, 300)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(log=_logs(), share=st.floats(0, 1), length=st.integers(0, 60))
def test_a_part_gives_the_same_records(
    tmp_path_factory: pytest.TempPathFactory, log: bytes, share: float, length: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "parted.log"
    path.write_bytes(log)
    with suppress(NotColumnarError):
        for columns in ColumnReader(str(path), 2000).chunks():
            low = int(share * columns.kind.size)
            high = min(low + length, columns.kind.size)
            expected = [columns.record(row) for row in range(low, high)]
            assert list(columns.part(low, high).records()) == expected


def test_a_part_keeps_nothing_else_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "py.log"
    path.write_bytes(_keyed_log(2000))
    for columns in ColumnReader(str(path)).chunks():
        part = columns.part(100, 110)
        arrays = [value for item in fields(part) if isinstance(value := getattr(part, item.name), np.ndarray)]
        assert len(arrays) == 10
        assert all(array.base is None and array.nbytes < 1000 for array in arrays)


@pytest.mark.corpus
@pytest.mark.parametrize("size", [1000, 1 << 20])
def test_every_file_of_the_corpus_gives_the_same_trace(size: int) -> None:
    folder = os.environ.get("NBTRACE_CORPUS")
    if not folder:
        pytest.skip("NBTRACE_CORPUS names no folder of logs")
    files = [path for path in sorted(Path(folder).rglob("*")) if path.suffix in {".log", ".txt"}]
    assert sum(_same(path, size) for path in files) > 20


class _ReadOn(dict[int, Pixel]):
    """Pixels of a log to which another thread adds one while they are looked through."""

    def items(self) -> Any:
        for item in super().items():
            self[len(self)] = (0, 0)
            yield item


def test_what_another_thread_reads_on_is_copied_before_it_is_looked_through(tmp_path: Path) -> None:
    log = tmp_path / "c.log"
    log.write_text("TRACE_CONFIG: tracing pixel (spixel=4, fpixel=5)\nTRACE_C: hkl_frac 1 2 3.5\n")
    reader = ColumnReader(str(log))
    records = [record for columns in reader.chunks() for record in columns.records()]
    reader.pixels = _ReadOn(reader.pixels)
    assert reader.trace(records, {0}).pixels == {0: (4, 5)}
    assert reader.trace(records, {0}).settings is not reader.settings

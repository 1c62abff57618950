"""Where a log comes from: plain, compressed or standard input; and what is none."""

import gzip
import io
import sys
import zlib
from pathlib import Path

import pytest

from nbtrace.errors import InputError
from nbtrace.parsers import parse_trace, read_trace

LOG = "".join(f"TRACE_C: key_{number} {number * 0.37:.15g}\n" for number in range(2000))


def with_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_plain_and_gzip_are_the_same(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.log", tmp_path / "a.log.gz"
    plain.write_text(LOG)
    packed.write_bytes(gzip.compress(LOG.encode()))
    assert read_trace(str(plain)).records == read_trace(str(packed)).records
    assert read_trace(str(packed)).account.cut is False


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "no_extension"
    path.write_bytes(gzip.compress(LOG.encode()))
    assert len(read_trace(str(path)).records) == 2000


@pytest.mark.parametrize("members", [1, 3])
def test_truncated_gzip_gives_what_it_holds(tmp_path: Path, members: int) -> None:
    data = gzip.compress(LOG.encode()) * members
    path = tmp_path / "cut.gz"
    path.write_bytes(data[:-400])
    trace = read_trace(str(path))
    assert trace.account.cut
    assert 2000 * (members - 1) < len(trace.records) < 2000 * members
    whole = LOG.splitlines() * members
    complete = trace.records[:-1]
    assert [f"TRACE_C: {record.key} {record.value.text}" for record in complete] == whole[: len(complete)]


def test_gzip_with_a_broken_middle_gives_what_comes_before(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(LOG.encode()))
    middle = len(data) // 2
    data[middle : middle + 64] = bytes(64)
    path = tmp_path / "broken.gz"
    path.write_bytes(data)
    trace = read_trace(str(path))
    assert trace.account.cut
    assert 500 < len(trace.records) < 2000


def test_gzip_followed_by_something_else(tmp_path: Path) -> None:
    path = tmp_path / "tail.gz"
    path.write_bytes(gzip.compress(LOG.encode()) + b"tail")
    trace = read_trace(str(path))
    assert len(trace.records) == 2000
    assert trace.account.cut


@pytest.mark.parametrize("data", [b"\x1f\x8b", b"\x1f\x8bnot really", gzip.compress(LOG.encode(), mtime=0)[:12]])
def test_gzip_of_which_nothing_can_be_read(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.gz"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"bad\.gz is a damaged gzip file"):
        read_trace(str(path))


def test_standard_input_is_read_plain_and_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    with_stdin(monkeypatch, LOG.encode())
    trace = read_trace("-")
    assert (trace.source, len(trace.records)) == ("-", 2000)
    assert trace.where(trace.records[4]) == "-:5"
    with_stdin(monkeypatch, gzip.compress(LOG.encode()))
    assert read_trace("-").records == trace.records


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        read_trace("-")


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02",
        LOG.encode("utf-16-le"),
        b"\xff\xfe" + bytes(range(1, 255)) * 9,
        zlib.compress(b"x") + bytes(9),
        b"SIMV\0" * 9,
    ],
)
def test_binary_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"image\.bin is binary, not a trace log"):
        read_trace(str(path))


def test_a_nul_byte_far_into_a_log_stays_in_its_line(tmp_path: Path) -> None:
    path = tmp_path / "nul.log"
    path.write_bytes(b"TRACE_C: polar 1\n" * 5000 + b"TRACE_C: F_latt 0.\x005\nTRACE_C: F_cell 7\n")
    trace = read_trace(str(path))
    assert trace.records[-1].numbers == (7.0,)
    assert [problem.line for problem in trace.account.unreadable] == [5001]


def test_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.log"
    path.write_bytes(b"TRACE_PY: wavelength = 6.2 \xc5\nTRACE_PY: polar 1\nTRACE_PY: F_latt 1\xff\n\xed\xa0\x80\n")
    trace = read_trace(str(path))
    assert [(record.key, record.unit, record.line) for record in trace.records] == [
        ("wavelength", "Å", 1),
        ("polar", "1", 2),
    ]
    assert [problem.line for problem in trace.account.unreadable] == [3]
    assert (trace.account.total, trace.account.ignored) == (4, 1)


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "bom.log"
    path.write_bytes(b"\xef\xbb\xbfTRACE_PY: polar 1\n")
    assert read_trace(str(path)).account.used == 1


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.log cannot be read: No such file"):
        read_trace(str(tmp_path / "none.log"))
    with pytest.raises(InputError, match="Is a directory"):
        read_trace(str(tmp_path))
    with pytest.raises(InputError, match="no name that a file can have"):
        read_trace("a\0b")


@pytest.mark.parametrize("blank", ["\x0c", "\u2028", "\xa0", "\u2003 "])
def test_a_blank_that_nobody_sees_hides_no_line(blank: str) -> None:
    (trace,) = parse_trace(f"{blank}TRACE_PY: polar 1\n")
    assert [record.quantity for record in trace.records] == ["polar"]

"""Gzip files that unpack to much from little, or that consist of very many members."""

import gzip
import io
import random
import tracemalloc
import zlib
from pathlib import Path

import pytest

from nbtrace.errors import InputError
from nbtrace.longlogs.columnar import ColumnReader
from nbtrace.parsers import read_trace
from nbtrace.parsers.source import LogLines
from nbtrace.parsers.unpack import ALWAYS_UNPACKED, MOST_TIMES, Ending, unpacked

LINE = b"TRACE_C: steps 1\n"


def newlines(count: int) -> bytes:
    """A gzip file of so many newlines, made without holding them."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6) as stream:
        for _ in range(count >> 20):
            stream.write(b"\n" * (1 << 20))
    return packed.getvalue()


def all_of(data: bytes) -> tuple[bytes, Ending]:
    ending = Ending()
    return b"".join(unpacked([data], "log.gz", ending)), ending


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000, 100_000])
@pytest.mark.parametrize("members", [1, 2, 5])
@pytest.mark.parametrize("padding", [0, 7, 600])
def test_members_are_joined(size: int, members: int, padding: int) -> None:
    content = random.Random(size).randbytes(size)  # noqa: S311 - no secret
    data = b"".join(gzip.compress(content) + b"\0" * padding for _ in range(members))
    assert all_of(data) == (content * members, Ending())


@pytest.mark.parametrize("block", [1, 100, 4096])
def test_blocks_of_any_size_give_the_same(block: int) -> None:
    data = gzip.compress(LINE * 500) * 3
    blocks = (data[start : start + block] for start in range(0, len(data), block))
    ending = Ending()
    assert b"".join(unpacked(blocks, "log.gz", ending)) == LINE * 1500
    assert ending == Ending()


def test_what_comes_before_an_end_or_damage_is_given() -> None:
    content = random.Random(1).randbytes(50_000)  # noqa: S311 - no secret
    data = gzip.compress(content)
    part, ending = all_of(data[:-3000])
    assert ending == Ending(cut=True)
    assert content.startswith(part)
    assert len(part) > len(content) - 4000
    part, ending = all_of(data + b"something else")
    assert (part, ending) == (content, Ending(damaged=True))


@pytest.mark.parametrize("reader", ["lines", "columns"])
def test_a_small_file_of_very_many_newlines_is_refused_in_little_memory(tmp_path: Path, reader: str) -> None:
    path = tmp_path / "newlines.gz"
    path.write_bytes(newlines(ALWAYS_UNPACKED + (8 << 20)))
    read = read_trace if reader == "lines" else lambda name: list(ColumnReader(name).chunks())
    tracemalloc.start()
    with pytest.raises(InputError, match="unpacks to more than 64 MB and more than 32 times its size"):
        read(str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 250e6


@pytest.mark.slow
def test_blank_lines_take_a_byte_or_two(tmp_path: Path) -> None:
    path = tmp_path / "newlines.gz"
    path.write_bytes(newlines(32 << 20))
    tracemalloc.start()
    trace = read_trace(str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (trace.account.total, trace.account.ignored) == (32 << 20, 32 << 20)
    assert peak < 3 * (32 << 20)


def test_large_files_that_unpack_as_logs_do_are_read() -> None:
    """Ten times its size is what a trace log unpacks to; random digits stand for one."""
    chance = random.Random(0)  # noqa: S311 - no secret
    block = ("".join(chance.choice("0123456789") for _ in range(1 << 20)) + "\n").encode()
    data = gzip.compress(block, 1) * 80
    ending = Ending()
    given = sum(map(len, unpacked([data], "log.gz", ending)))
    assert given == 80 * len(block) > ALWAYS_UNPACKED
    assert given < MOST_TIMES * len(data)


def test_many_members_cost_their_bytes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given to zlib is a few times the file, not the rest of the file for every member."""
    given = 0
    make = zlib.decompressobj

    class Counting:
        def __init__(self, wbits: int) -> None:
            self._engine = make(wbits=wbits)

        def __getattr__(self, name: str) -> object:
            return getattr(self._engine, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            nonlocal given
            given += len(data)
            return self._engine.decompress(data, most)

    monkeypatch.setattr("nbtrace.parsers.unpack.zlib.decompressobj", Counting)
    data = gzip.compress(LINE) * 5000
    content, ending = all_of(data)
    assert content == LINE * 5000
    assert ending == Ending()
    assert given < 10 * len(data)


@pytest.mark.parametrize("sizes", [(1,), (7, 3), (70_000,), (200_000, 1)])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n\n"])
def test_lines_are_those_of_the_text(sizes: tuple[int, ...], end: str) -> None:
    chance = random.Random(str(sizes) + end)  # noqa: S311 - no secret
    text = "".join(chance.choice("ab é\n\n\r\n") for _ in range(sum(sizes))) + end
    data, blocks = text.encode(), []
    for size in sizes:
        blocks.append(data[:size])
        data = data[size:]
    lines = LogLines.of([*blocks, data])
    expected = text.split("\n")
    open_end = expected.pop() if text.endswith("\n") else None
    assert open_end in {None, ""}
    assert [line.strip() for line in lines] == [line.strip() for line in expected]
    assert lines.text == text
    assert lines.cut is (not text.endswith("\n"))

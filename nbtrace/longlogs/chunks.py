"""The bytes of a log in pieces of bounded size, each of whole lines; plain, gzip or standard input."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nbtrace.errors import InputError
from nbtrace.longlogs.decimals import PAD, Bytes
from nbtrace.parsers.source import text_only
from nbtrace.parsers.unpack import GZIP, Ending, unpacked

CHUNK = 1 << 20
"""Bytes read at a time: few enough that the arrays made of them stay in the processor's cache."""

_PACKED = 1 << 16
"""Bytes of a packed log that are read at a time."""

_PADDING = b"\n" * PAD


class NotColumnarError(Exception):
    """The log has a form that only the line reader reads: a document, two columns, labels without a prefix."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a log.

    Attributes
    ----------
    data : bytes
        `data[start:stop]` is the text; at least `PAD` bytes precede it, the last of them a newline, and follow it.
        The length is a multiple of 8.
    start, stop : int
        The text ends with a newline, added to a last line that has none.
    cut : bool
        Whether that newline was added, or the compressed form of the log ends too early.
    """

    data: bytes
    start: int
    stop: int
    cut: bool = False

    @property
    def buffer(self) -> Bytes:
        """The data as an array, without a copy."""
        return np.frombuffer(self.data, dtype=np.uint8)

    @property
    def text(self) -> bytes:
        """A copy of the bytes of the lines."""
        return self.data[self.start : self.stop]

    @property
    def is_blank(self) -> bool:
        """Whether every line is empty, or of white space."""
        return self.data.isspace()

    @property
    def last_line(self) -> bytes:
        """The last line, with its end."""
        return self.data[self.data.rfind(b"\n", 0, self.stop - 1) + 1 : self.stop]

    def without_last_line(self) -> "Chunk":
        """Return the lines but for the last one."""
        return _chunk([self.text[: -len(self.last_line)]], cut=self.cut)

    def has(self, sought: bytes) -> bool:
        """Return whether bytes other than newlines occur in the text."""
        return sought in self.data


def read_chunks(source: str, size: int = CHUNK) -> Iterator[Chunk]:
    """Yield the lines of a log in order.

    Parameters
    ----------
    source : str
        File name, plain or gzip; `-` for standard input.
    size : int
        Bytes read at a time; a chunk without a whole line grows until it has one.

    Raises
    ------
    InputError
        If the source is missing, unreadable or binary.
    NotColumnarError
        If it is a gzip file that is damaged rather than cut short.
    """
    if source == "-" and sys.stdin is None:
        raise InputError("standard input is closed; give a file name")
    with ExitStack() as stack:
        try:
            stream: BinaryIO = sys.stdin.buffer if source == "-" else stack.enter_context(Path(source).open("rb"))
            head = stream.read(len(GZIP))
        except OSError as error:
            name = "standard input" if source == "-" else source
            raise InputError(f"{name} cannot be read: {error.strerror}") from error
        end = Ending()
        packed = head == GZIP
        blocks = _blocks(head, stream, _PACKED if packed else size)
        blocks = _gathered(_unzipped(blocks, source, end), size) if packed else blocks
        yield from _whole_lines(text_only(blocks, source), end)


def _blocks(head: bytes, stream: BinaryIO, size: int) -> Iterator[bytes]:
    block = head
    while block:
        yield block
        block = stream.read(size)


def _whole_lines(blocks: Iterator[bytes], end: Ending) -> Iterator[Chunk]:
    parts: list[bytes | memoryview] = []
    for block in blocks:
        line_end = block.rfind(b"\n") + 1
        parts.append(memoryview(block)[:line_end] if line_end else block)
        if line_end:
            yield _chunk(parts)
            parts = [block[line_end:]]
    if any(parts):
        yield _chunk([*parts, b"\n"], cut=True)
    elif end.cut:
        yield _chunk([], cut=True)


def _chunk(parts: Sequence[bytes | memoryview], *, cut: bool = False) -> Chunk:
    size = sum(map(len, parts))
    data = b"".join([_PADDING, *parts, _PADDING, b"\n" * (-size % 8)])
    return Chunk(data, PAD, PAD + size, cut)


def _gathered(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield blocks joined to at least so many bytes: a packed log comes in pieces far smaller than a chunk."""
    parts: list[bytes] = []
    held = 0
    for block in blocks:
        parts.append(block)
        held += len(block)
        if held >= size:
            yield b"".join(parts)
            parts.clear()
            held = 0
    if parts:
        yield b"".join(parts)


def _unzipped(packed_blocks: Iterator[bytes], name: str, ending: Ending) -> Iterator[bytes]:
    readable = False
    for data in unpacked(packed_blocks, name, ending):
        readable = True
        yield data
    if ending.damaged:
        raise NotColumnarError(f"{name} is a damaged gzip file")
    if ending.cut and not readable:
        raise InputError(f"{name} is a damaged gzip file; nothing of it can be read")

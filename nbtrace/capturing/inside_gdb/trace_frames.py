"""Trace frames as gdbserver keeps them: what was collected each time that a tracepoint was reached.

The layout is that of the trace file format in gdb's manual: a number, a size, and blocks of registers and memory.
"""

import struct
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD, _MEMORY = struct.Struct("<hI"), struct.Struct("<QH")
_REGISTERS = 17
"""Registers of 8 bytes with which the block of an x86-64 begins, in the order of their numbers."""


class FrameError(ValueError):
    """Bytes that are no trace frames, or a value that is not in one."""


class TraceFrame:
    """What was collected at one time: the tracepoint's number, the registers, pieces of memory."""

    __slots__ = ("_pieces", "number", "registers")

    def __init__(self, number: int, registers: bytes, pieces: "list[tuple[int, bytes]]") -> None:
        self.number, self.registers, self._pieces = number, registers, pieces

    def register(self, number: int) -> int:
        """Return a register of 8 bytes by its number."""
        if number >= _REGISTERS:
            raise FrameError(f"register {number} is not taken from a trace frame")
        return int.from_bytes(self.registers[8 * number : 8 * number + 8], "little")

    def memory(self, address: int, size: int) -> bytes:
        """Return bytes of memory."""
        for start, held in self._pieces:
            if start <= address and address + size <= start + len(held):
                return held[address - start : address - start + size]
        raise FrameError("a value was not collected")


def trace_frames(stream: BinaryIO, count: int, register_bytes: int) -> "Iterator[TraceFrame]":
    """Give `count` frames, one after the other.

    Raises
    ------
    FrameError
        If what stands there are no such frames.
    """
    for _ in range(count):
        number, size = _HEAD.unpack(_taken(stream, _HEAD.size))
        yield _frame(number, _taken(stream, size), register_bytes)


def _taken(stream: BinaryIO, size: int) -> bytes:
    held = stream.read(size)
    if len(held) != size:
        raise FrameError("they end too early")
    return held


def _frame(number: int, held: bytes, register_bytes: int) -> TraceFrame:
    registers, pieces, at = None, [], 0
    while at < len(held):
        kind, at = held[at : at + 1], at + 1
        if kind == b"R":
            registers, at = held[at : at + register_bytes], at + register_bytes
        elif kind == b"M" and at + _MEMORY.size <= len(held):
            address, size = _MEMORY.unpack_from(held, at)
            at += _MEMORY.size
            pieces.append((address, held[at : at + size]))
            at += size
        else:
            raise FrameError(f"a block begins with {kind!r}")
    if at != len(held) or registers is None or number <= 0:
        raise FrameError("a block ends elsewhere than its frame")
    return TraceFrame(number, registers, pieces)

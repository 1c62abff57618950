import io
import struct

import pytest

from nbtrace.capturing.inside_gdb.trace_frames import FrameError, trace_frames

REGISTERS = struct.pack("<17Q", *range(100, 117)) + bytes(8)


def frame(number: int, *blocks: bytes) -> bytes:
    held = b"".join(blocks)
    return struct.pack("<hI", number, len(held)) + held


def memory(address: int, held: bytes) -> bytes:
    return b"M" + struct.pack("<QH", address, len(held)) + held


def test_registers_and_pieces_of_memory_are_found_in_each_frame() -> None:
    held = frame(2, b"R", REGISTERS, memory(0x1000, b"abcdefgh")) + frame(5, b"R", REGISTERS, memory(0x1000, b"z"))
    first, second = trace_frames(io.BytesIO(held), 2, len(REGISTERS))
    assert (first.number, second.number) == (2, 5)
    assert (first.register(6), first.register(16)) == (106, 116)
    assert first.memory(0x1002, 3) == b"cde"
    assert second.memory(0x1000, 1) == b"z"


@pytest.mark.parametrize(("address", "size"), [(0xFFF, 2), (0x1007, 2), (0x2000, 1)])
def test_what_was_not_collected_is_no_value(address: int, size: int) -> None:
    (only,) = trace_frames(io.BytesIO(frame(1, b"R", REGISTERS, memory(0x1000, b"abcdefgh"))), 1, len(REGISTERS))
    with pytest.raises(FrameError, match="not collected"):
        only.memory(address, size)
    with pytest.raises(FrameError, match="register 17"):
        only.register(17)


@pytest.mark.parametrize(
    "held",
    [
        frame(1, b"R", REGISTERS)[:-1],
        frame(1, b"R", REGISTERS[:-1]),
        frame(1, b"R", REGISTERS, b"\0"),
        frame(1, b"R", REGISTERS, memory(8, b"abc")[:-1]),
        frame(1, b"R", REGISTERS, b"M\0"),
        frame(1, memory(8, b"abc")),
        frame(0, b"R", REGISTERS),
        b"",
    ],
)
def test_bytes_that_are_no_frames_are_refused(held: bytes) -> None:
    with pytest.raises(FrameError):
        list(trace_frames(io.BytesIO(held), 1, len(REGISTERS)))

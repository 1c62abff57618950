"""The bytes of an image file, unpacked where it is compressed, and bounds that hostile files run into."""

import io
import zlib
from pathlib import Path

from nbtrace.errors import InputError
from nbtrace.files import read_bytes

MOST_BYTES = 2**31
"""Bytes that a compressed or declared image may take: 16,000 pixels square in double precision."""

_MOST_EXPANSION = 4096
"""Bytes that one compressed byte may stand for; LZW and deflate stay below."""

_ALWAYS = 2**24
"""Bytes that compressed pixels may be said to be whatever they take in the file."""

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_LEAST_PIECE = 2**10
_MOST_PIECE = 2**20


def read_content(path: Path) -> bytes:
    """Return the content of an image file; gzip is unpacked, whatever the file is called.

    Raises
    ------
    InputError
        If it is missing, empty, unreadable, a device, damaged, or more than :data:`MOST_BYTES`, also when unpacked.
    """
    content = read_bytes(path, MOST_BYTES)
    if content.startswith(_GZIP):
        content = _unpacked(content, path)
    if not content:
        raise InputError(f"{path} is empty")
    return content


def _unpacked(content: bytes, path: Path) -> bytes:
    """Return what the members of a gzip file hold, one after another."""
    unpacked, start = io.BytesIO(), 0
    while content.startswith(_GZIP, start):
        start = _unpack_member(content, start, path, unpacked)
    if content[start:].strip(b"\0"):
        raise InputError(f"{path} is damaged: {len(content) - start} bytes behind its gzip stream are none of it")
    return unpacked.getvalue()


def _unpack_member(content: bytes, start: int, path: Path, unpacked: io.BytesIO) -> int:
    """Append what the member from `start` on holds; return where it ends.

    It is given in pieces that grow: what lies behind a member is copied, and a file may have many small ones.
    """
    member = zlib.decompressobj(_GZIP_WINDOW)
    piece = _LEAST_PIECE
    while start < len(content):
        given = content[start : start + piece]
        try:
            unpacked.write(member.decompress(given, MOST_BYTES + 1 - unpacked.tell()))
        except zlib.error as error:
            raise InputError(f"{path} is damaged: {error}") from None
        check_size(path, unpacked.tell())
        start += len(given) - len(member.unused_data)
        if member.eof:
            return start
        piece = min(2 * piece, _MOST_PIECE)
    raise InputError(f"{path} is damaged: its gzip stream ends too early")


def check_size(path: Path, size: int) -> None:
    """Raise :class:`InputError` if an image is larger than nbtrace reads."""
    if size > MOST_BYTES:
        raise InputError(f"{path} would take more than {MOST_BYTES // 2**20} MB of memory: no detector image does")


def check_expansion(path: Path, size: int, packed: int) -> None:
    """Raise :class:`InputError` if `size` bytes of an image cannot come from `packed` compressed bytes."""
    check_size(path, size)
    if size > max(_ALWAYS, _MOST_EXPANSION * packed):
        raise InputError(f"{path} is damaged: {packed} compressed bytes cannot be the {size} bytes that it declares")


def behind(content: bytes, end: int) -> tuple[str, ...]:
    """Return the remark on what a file holds behind its pixels, none where that is nothing but zeros."""
    rest = memoryview(content)[end:]
    if not any(
        bytes(rest[start : start + _MOST_PIECE]).strip(b"\0 \n\r\t") for start in range(0, len(rest), _MOST_PIECE)
    ):
        return ()
    return (f"{len(rest)} bytes behind the pixels are not read",)

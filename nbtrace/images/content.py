"""The bytes of an image file, unpacked where it is compressed, and bounds that hostile files run into."""

import zlib
from pathlib import Path

from nbtrace.errors import InputError
from nbtrace.files import read_bytes

MOST_BYTES = 2**31
"""Bytes that a compressed or declared image may take: 16,000 pixels square in double precision."""

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


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
    parts, room = [], MOST_BYTES
    while content.startswith(_GZIP):
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            part = member.decompress(content, room + 1)
        except zlib.error as error:
            raise InputError(f"{path} is damaged: {error}") from None
        check_size(path, MOST_BYTES - room + len(part))
        if not member.eof:
            raise InputError(f"{path} is damaged: its gzip stream ends too early")
        room -= len(part)
        parts.append(part)
        content = member.unused_data
    return b"".join(parts)


def check_size(path: Path, size: int) -> None:
    """Raise :class:`InputError` if an image is larger than nbtrace reads."""
    if size > MOST_BYTES:
        raise InputError(f"{path} would take more than {MOST_BYTES // 2**20} MB of memory: no detector image does")

"""Where a log comes from: a file, a gzip file, or standard input; always text in the end, or one clear line why not."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from nbtrace.errors import InputError
from nbtrace.files import read_bytes

_GZIP = b"\x1f\x8b"
_PROBE = 1 << 16
_PIECE = 256
"""Bytes of a damaged gzip file that are read at once: so many may be lost before the damage."""


def read_text(source: str) -> tuple[str, bool]:
    """Return the text of a log, and whether its compressed form was cut short.

    Bytes that are no UTF-8 become the replacement character; a line that holds one is read as far as it can be.

    Raises
    ------
    InputError
        If the source is missing, unreadable or binary.
    """
    data = _standard_input() if source == "-" else read_bytes(Path(source))
    cut = False
    if data.startswith(_GZIP):
        data, cut = _unzip(data, source)
    if b"\0" in data[:_PROBE]:
        raise InputError(f"{source} is binary, not a trace log")
    return data.decode("utf-8-sig", errors="replace"), cut


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise InputError("standard input is closed; give a file name")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise InputError(f"standard input cannot be read: {error.strerror}") from error


def _unzip(data: bytes, source: str) -> tuple[bytes, bool]:
    try:
        return gzip.decompress(data), False
    except (EOFError, zlib.error, gzip.BadGzipFile):
        readable = b"".join(_readable_part(data))
    if not readable:
        raise InputError(f"{source} is a damaged gzip file; nothing of it can be read")
    return readable, True


def _readable_part(data: bytes) -> Iterator[bytes]:
    """Yield what can be read of a damaged gzip file of one or more members, up to the damage."""
    rest = data
    while rest.startswith(_GZIP):
        engine = zlib.decompressobj(wbits=31)
        for start in range(0, len(rest), _PIECE):
            piece = rest[start : start + _PIECE]
            try:
                yield engine.decompress(piece)
            except zlib.error:
                return
            if engine.eof:
                rest = engine.unused_data + rest[start + _PIECE :]
                break
        else:
            return


def split_lines(text: str) -> tuple[list[str], bool]:
    r"""Return the lines without their ends (`\n` or `\r\n`), and whether the last one has no end."""
    if not text:
        return [], False
    cut = not text.endswith("\n")
    lines = text.split("\n")
    if not cut:
        lines.pop()
    return [line.removesuffix("\r") for line in lines], cut

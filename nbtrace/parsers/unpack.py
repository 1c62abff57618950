"""Gzip files of one or more members, unpacked in small pieces and up to a limit."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nbtrace.errors import InputError

GZIP = b"\x1f\x8b"
"""The first bytes of a gzip file."""

ALWAYS_UNPACKED = 64 * 2**20
"""Bytes up to which every file is unpacked."""

MOST_TIMES = 32
"""A file of more bytes than that is unpacked to this many times its packed size; trace logs stay below 15 times."""

_FED = 256
"""Packed bytes that are taken at once: what they give is all that is lost where the file is damaged."""

_PIECE = 1 << 20
"""Unpacked bytes that are given at once, whatever a few packed ones would give."""


HEAD = 4096
"""First bytes that tell what a file is."""


def beginning(head: bytes) -> bytes:
    """Return the first bytes of a file, unpacked as far as they go where it is gzip; empty where they are damaged."""
    if not head.startswith(GZIP):
        return head[:HEAD]
    try:
        return zlib.decompressobj(wbits=31).decompress(head[:HEAD], HEAD)
    except zlib.error:
        return b""


@dataclass(slots=True)
class Ending:
    """How a packed file ended.

    Attributes
    ----------
    cut : bool
        It ended within a member.
    damaged : bool
        From some place on it was no gzip file.
    """

    cut: bool = False
    damaged: bool = False


def unpacked(packed: Iterable[bytes], name: str, ending: Ending) -> Iterator[bytes]:
    """Yield what the blocks of a gzip file hold; how they ended is in `ending` afterwards.

    Raises
    ------
    InputError
        If it holds more than nbtrace unpacks.
    """
    engine = zlib.decompressobj(wbits=31)
    taken = given = 0
    for block in packed:
        for start in range(0, len(block), _FED):
            rest = block[start : start + _FED]
            taken += len(rest)
            while rest:
                if engine.eof:
                    rest = rest.lstrip(b"\0")
                    if not rest:
                        break
                    engine = zlib.decompressobj(wbits=31)
                try:
                    data = engine.decompress(rest, _PIECE)
                except zlib.error:
                    ending.damaged = True
                    return
                rest = engine.unused_data if engine.eof else engine.unconsumed_tail
                given += len(data)
                if given > max(ALWAYS_UNPACKED, MOST_TIMES * taken):
                    raise InputError(_too_much(name))
                if data:
                    yield data
    ending.cut = not engine.eof


def _too_much(name: str) -> str:
    return (
        f"{name} unpacks to more than {ALWAYS_UNPACKED // 2**20} MB and more than {MOST_TIMES} times its size, "
        "unlike any trace log; if it is one, unpack it and give the file that comes out"
    )

"""What the headers of CBF, EDF and TIFF files declare, held against the files before fabio reads them.

A header that declares more pixels than its file can hold is refused here, at once and with the reason.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from nbtrace.errors import InputError
from nbtrace.images.content import check_expansion, check_size

_LONGEST_HEADER = 2**18
_UNKNOWN = 2**24
"""Bytes of pixels that are expected at least where the first header does not say."""

_SHOWN = 40


@dataclass(frozen=True)
class Declared:
    """What a header declares.

    Attributes
    ----------
    size : int
        Bytes of the pixels in memory; the most that are expected where the header does not say.
    remarks : tuple of str
        What in the file contradicts itself, or is not read.
    """

    size: int
    remarks: tuple[str, ...] = ()


def declared(content: bytes, path: Path, kind: str) -> Declared:
    """Return what the header of a CBF, EDF or TIFF file declares.

    Raises
    ------
    InputError
        If it is cut off, declares no pixels, or more than the file can hold.
    """
    return _READERS[kind](content, path)


_CBF_SECTION = b"--CIF-BINARY-FORMAT-SECTION--"
_CBF_START = b"\x0c\x1a\x04\xd5"
_CBF_FIELD = re.compile(rb"^\s*(X-Binary-[\w-]+|Content-MD5)[^\S\n]*:[^\S\n]*\"?([^\r\n\"]*)", re.MULTILINE)
_CBF_CONVERSION = re.compile(rb"conversions[^\S\n]*=[^\S\n]*\"?([\w-]+)")
_CBF_BITS = re.compile(r"(?:un)?signed (8|16|32|64)-bit integer")
_CBF_DEFAULT_BITS = 32
_BYTE_OFFSET = "x-cbf_byte_offset"


def _cbf(content: bytes, path: Path) -> Declared:
    """Return what a CBF file declares: byte offsets take at least a byte for each pixel."""
    section = content.find(_CBF_SECTION)
    start = content.find(_CBF_START, section, section + _LONGEST_HEADER) if section >= 0 else -1
    if start < 0:
        raise InputError(f"{path} is damaged: the header of its CBF image does not end, so that no pixels begin")
    head = content[section:start]
    fields = {key.decode(): value.decode("latin-1").strip() for key, value in _CBF_FIELD.findall(head)}
    conversion = _CBF_CONVERSION.search(head)
    if conversion is None or conversion[1].decode().lower() != _BYTE_OFFSET:
        how = conversion[1][:_SHOWN].decode() if conversion else "in no way that its header tells"
        raise InputError(f"{path} is compressed {how}; nbtrace reads CBF compressed by byte offsets, x-CBF_BYTE_OFFSET")
    names = ("X-Binary-Size-Fastest-Dimension", "X-Binary-Size-Second-Dimension", "X-Binary-Size")
    fast, slow, packed = (_count(fields.get(name, ""), path, name) for name in names)
    pixels = content[start + len(_CBF_START) :][:packed]
    if len(pixels) < packed:
        raise InputError(f"{path} is cut off: its pixels take {packed} bytes, {len(pixels)} are there")
    if fast * slow > packed:
        raise InputError(f"{path} is damaged: {packed} bytes cannot be {slow} x {fast} pixels (slow x fast)")
    bits = _CBF_BITS.match(fields.get("X-Binary-Element-Type", ""))
    size = fast * slow * (int(bits[1]) if bits else _CBF_DEFAULT_BITS) // 8
    check_size(path, size)
    return Declared(size, tuple(_cbf_remarks(content[start + packed :], pixels, fields.get("Content-MD5"))))


def _cbf_remarks(behind: bytes, pixels: bytes, stated: str | None) -> list[str]:
    remarks = []
    digest = base64.b64encode(hashlib.md5(pixels, usedforsecurity=False).digest()).decode()
    if stated is not None and stated != digest:
        remarks.append("the MD5 checksum in its header is not that of its pixels")
    more = behind.count(b"X-Binary-Size-Fastest-Dimension")
    if more:
        remarks.append(f"it is the first of {more + 1} images in the file; the others are not compared")
    return remarks


def _count(text: str, path: Path, name: str) -> int:
    """Return a number above zero of a header."""
    if re.fullmatch(r"0*[1-9]\d{0,9}", text, re.ASCII) is None:
        raise InputError(f"{path} does not say how large it is: its header needs {name}, a number above zero")
    return int(text)


_EDF_SIZES: Mapping[str, int] = {
    **dict.fromkeys(("signedbyte", "signed8", "unsignedbyte", "unsigned8"), 1),
    **dict.fromkeys(("signedshort", "signed16", "unsignedshort", "unsigned16", "unsignedshortinteger"), 2),
    **dict.fromkeys(("signedinteger", "signed32", "unsignedinteger", "unsigned32", "signedlong", "unsignedlong"), 4),
    **dict.fromkeys(("signed64", "unsigned64"), 8),
    **dict.fromkeys(("floatvalue", "float", "floatieee32", "float32"), 4),
    **dict.fromkeys(("double", "doublevalue", "floatieee64", "doubleieee64"), 8),
    **dict.fromkeys(("floatieee128", "doubleieee128", "quadruplevalue"), 16),
}
"""Bytes of EDF's number formats, by name in lower case."""

_EDF_AXIS = re.compile(r"dim_(\d+)", re.ASCII)
_EDF_PLAIN = frozenset({"", "none", "no", "nocompression"})


def _edf(content: bytes, path: Path) -> Declared:
    end = content.find(b"}", 0, _LONGEST_HEADER)
    if end < 0:
        raise InputError(f"{path} is damaged: the header of its EDF image does not end")
    lines = (line.partition("=") for line in content[:end].decode("latin-1").lstrip("\r\n {").split(";"))
    fields = {key.strip().lower(): value.strip() for key, _, value in lines}
    if "dim_1" not in fields:  # a block of general information comes first
        return Declared(max(len(content), _UNKNOWN))
    kind = fields.get("datatype", "unsignedshort").lower()
    if kind not in _EDF_SIZES:
        raise InputError(f"{path} has pixels of type {fields['datatype'][:_SHOWN]}, which EDF does not know")
    size = _EDF_SIZES[kind]
    for name, value in fields.items():
        if (axis := _EDF_AXIS.fullmatch(name)) is not None:
            if len(axis[1]) > 1:  # fabio would count up to it
                raise InputError(f"{path} is damaged: its header has an axis {name[:_SHOWN].capitalize()}")
            size *= _count(value, path, name.capitalize())
    available = len(content) - end - 1
    if fields.get("compression", "").lower() not in _EDF_PLAIN:
        check_expansion(path, size, available)
    elif size > available:
        raise InputError(f"{path} is cut off: its header declares {size} bytes of pixels, {available} are there")
    return Declared(size)


class _Tag(IntEnum):
    """Numbers of the fields of a TIFF directory."""

    WIDTH = 256
    LENGTH = 257
    BITS = 258
    COMPRESSION = 259
    STRIP_OFFSETS = 273
    SAMPLES = 277
    STRIP_COUNTS = 279


_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of the field types of TIFF 6.0."""

_TIFF_ENTRY = 12
_TIFF_WHOLE = frozenset({1, 3, 4})
_UNCOMPRESSED = 1
_SMALL_BITS = frozenset({1, 4, 8, 16, 32, 64})


@dataclass(frozen=True)
class _Tiff:
    """A TIFF file and its byte order."""

    content: bytes
    order: str
    path: Path

    def number(self, at: int, size: int) -> int:
        """Return the whole number of `size` bytes at a place."""
        if not 0 <= at <= len(self.content) - size:
            raise InputError(f"{self.path} is damaged: its TIFF directory points behind the end of the file")
        return int.from_bytes(self.content[at : at + size], "little" if self.order == "II" else "big")

    def directory(self, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
        """Return the whole numbers of a directory by tag, and where the next one is (0: nowhere)."""
        count = self.number(at, 2)
        entries = (at + 2 + _TIFF_ENTRY * i for i in range(count))
        end = at + 2 + _TIFF_ENTRY * count
        return {self.number(entry, 2): self._values(entry) for entry in entries}, self.number(end, 4)

    def _values(self, entry: int) -> tuple[int, ...]:
        kind, count = self.number(entry + 2, 2), self.number(entry + 4, 4)
        size = _TIFF_SIZES.get(kind, 1)
        if size * count > len(self.content):
            raise InputError(f"{self.path} is damaged: a field of its TIFF directory is longer than the file")
        if kind not in _TIFF_WHOLE:
            return ()
        start = entry + 8 if size * count <= 4 else self.number(entry + 8, 4)
        return tuple(self.number(start + size * i, size) for i in range(count))


def _tiff(content: bytes, path: Path) -> Declared:
    """Return what the first image of a TIFF file declares; directories that point at each other in a circle end it."""
    tiff = _Tiff(content, content[:2].decode("latin-1"), path)
    at = tiff.number(4, 4)
    fields, following = tiff.directory(at)
    size, unpacked = _tiff_sizes(fields, path)
    seen = {at}
    while following:
        if following in seen:
            raise InputError(f"{path} is damaged: its TIFF directories point at each other in a circle")
        seen.add(following)
        following = tiff.number(following + 2 + _TIFF_ENTRY * tiff.number(following, 2), 4)
    if fields.get(_Tag.COMPRESSION, (_UNCOMPRESSED,))[:1] != (_UNCOMPRESSED,):
        check_expansion(path, size, len(content))
        return Declared(unpacked)
    strips = zip(fields.get(_Tag.STRIP_OFFSETS, ()), fields.get(_Tag.STRIP_COUNTS, ()), strict=False)
    available = sum(count for start, count in strips if start + count <= len(content))
    if size > len(content) or (_Tag.STRIP_COUNTS in fields and size > available):
        raise InputError(f"{path} is cut off: its header declares {size} bytes of pixels, {available} are there")
    return Declared(unpacked)


def _tiff_sizes(fields: Mapping[int, tuple[int, ...]], path: Path) -> tuple[int, int]:
    """Return the bytes of the pixels that a TIFF directory declares, in the file and in memory."""
    sizes = [fields.get(tag, (0,))[:1] for tag in (_Tag.WIDTH, _Tag.LENGTH)]
    if not all(size and size[0] > 0 for size in sizes):
        raise InputError(
            f"{path} does not say how large it is: its TIFF directory needs a width and a length above zero"
        )
    samples, bits = (fields.get(tag, (1,)) for tag in (_Tag.SAMPLES, _Tag.BITS))
    if samples != (1,):
        raise InputError(f"{path} holds {max(samples, default=0)} samples a pixel; an image has one, its intensity")
    if len(bits) != 1 or bits[0] not in _SMALL_BITS:
        raise InputError(f"{path} has pixels of {bits[0] if bits else 0} bits, which TIFF images of detectors have not")
    (width,), (length,) = sizes
    unpacked = width * length * max(bits[0] // 8, 1)
    check_size(path, unpacked)
    return -(-width * bits[0] // 8) * length, unpacked


_READERS: Mapping[str, Callable[[bytes, Path], Declared]] = {"CBF": _cbf, "EDF": _edf, "TIFF": _tiff}

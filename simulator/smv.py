"""SMV images: the reference's header written byte for byte, and headers and pixels read as the reference reads them."""

import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from simulator.arrays import Uint16
from simulator.errors import InputFileError
from simulator.files import read_bytes, write_whole

Vector = tuple[float, float, float]

HEADER_BYTES = 512
ByteOrder: TypeAlias = Literal["declared", "native"]
_LONGEST_HEADER = 2**20
_SHOWN = 40
_START = b"{\nHEADER_BYT"
_ANY_START = re.compile(rb"\{\s*HEADER_BYTES\s*=")
_FIRST_LINES = 64
_END = b"}\f"
_UNSIGNED_SHORT = "unsigned_short"
_ORDERS = {"little_endian": "little", "big_endian": "big"}
_BYTE_ORDER = re.compile(r"\bBYTE_ORDER\s*=\s*(\w+)")
_TYPE = re.compile(r"\b(?:Data_type|TYPE)\s*=\s*([\w ]+)")

PIXEL_TYPES: Mapping[str, type[np.number]] = {
    "unsigned_char": np.uint8,
    "signed_char": np.int8,
    "unsigned_short": np.uint16,
    "unsigned_short_int": np.uint16,
    "short": np.int16,
    "short_int": np.int16,
    "signed_short": np.int16,
    "unsigned_long": np.uint32,
    "unsigned_long_int": np.uint32,
    "unsigned_integer": np.uint32,
    "long": np.int32,
    "long_int": np.int32,
    "long_integer": np.int32,
    "integer": np.int32,
    "float": np.float32,
    "float_ieee": np.float32,
    "double": np.float64,
}
"""Pixel types by the words that SMV headers of ADSC and d*TREK have for them, blanks as underscores."""


@dataclass(frozen=True)
class SmvHeader:
    """What the reference writes into a header besides the image's size; lengths in mm, angles in degrees.

    Attributes
    ----------
    pixel_size, distance, close_distance : float
        Distance is the one recomputed from the detector's corner, in mm.
    wavelength : float
        Å.
    beam_center : (float, float)
        X and Y of the convention in mm, as given or by default.
    fast_beam, slow_beam : float
        The direct beam on the detector along its fast and slow axis, recomputed from the corner, in mm.
    slow_size : float
        Size of the detector along its slow axis in mm.
    dials_origin : (float, float, float)
        The detector's corner in the frame of DIALS, in mm.
    xds_origin : (float, float)
        ORGX, ORGY in pixels.
    phi, oscillation, two_theta : float
        Degrees.
    """

    pixel_size: float
    distance: float
    close_distance: float
    wavelength: float
    beam_center: tuple[float, float]
    fast_beam: float
    slow_beam: float
    slow_size: float
    dials_origin: Vector
    xds_origin: tuple[float, float]
    phi: float
    oscillation: float
    two_theta: float

    def encode(self, slow_pixels: int, fast_pixels: int) -> bytes:
        """Return the header of an image of that size: 512 bytes, or more where its numbers take more."""
        lines = [
            "{",
            f"HEADER_BYTES={HEADER_BYTES};",
            "DIM=2;",
            f"BYTE_ORDER={sys.byteorder}_endian;",
            "TYPE=unsigned_short;",
            f"SIZE1={fast_pixels};",
            f"SIZE2={slow_pixels};",
            *self._geometry(),
            "DETECTOR_SN=000;",
            "BEAMLINE=fake;",
        ]
        return ("\n".join(lines).encode() + b"\n" + _END).ljust(HEADER_BYTES)

    def _geometry(self) -> list[str]:
        half_pixel = self.pixel_size / 2
        numbers: dict[str, float | Vector] = {
            "PIXEL_SIZE": self.pixel_size,
            "DISTANCE": self.distance,
            "WAVELENGTH": self.wavelength,
            "BEAM_CENTER_X": self.beam_center[0],
            "BEAM_CENTER_Y": self.beam_center[1],
            "ADXV_CENTER_X": self.fast_beam,
            "ADXV_CENTER_Y": self.slow_size - self.slow_beam,
            "MOSFLM_CENTER_X": self.slow_beam - half_pixel,
            "MOSFLM_CENTER_Y": self.fast_beam - half_pixel,
            "DENZO_X_BEAM": self.slow_beam,
            "DENZO_Y_BEAM": self.fast_beam,
            "DIALS_ORIGIN": self.dials_origin,
            "XDS_ORGX": self.xds_origin[0],
            "XDS_ORGY": self.xds_origin[1],
            "CLOSE_DISTANCE": self.close_distance,
            "PHI": self.phi,
            "OSC_START": self.phi,
            "OSC_RANGE": self.oscillation,
            "TWOTHETA": self.two_theta,
        }
        return [_line(name, value) for name, value in numbers.items()]


def _line(name: str, value: float | Vector) -> str:
    if isinstance(value, tuple):
        return f"{name}=" + ",".join(f"{part:g}" for part in value)
    return f"{name}={value:g};"


def write_smv(path: Path, pixels: Uint16, header: SmvHeader) -> Path:
    """Write `pixels`, uint16 of shape (slow, fast), below `header`.

    Raises
    ------
    ResourceError
        If `path` cannot be written.
    """
    return write_whole(path, [header.encode(*pixels.shape), np.ascontiguousarray(pixels).data])


@dataclass(frozen=True)
class SmvImage:
    """An SMV image that was read.

    Attributes
    ----------
    header : str
        The header's text, up to its closing brace.
    pixels : ndarray
        Shape (slow, fast), of the header's type.
    end : int
        Where the pixels end in the file.
    """

    header: str
    pixels: npt.NDArray[Any]
    end: int

    def number(self, keyword: str) -> float | None:
        """Return the number that the header has for `keyword`, or None; see :func:`header_number`."""
        return header_number(self.header, keyword)


@dataclass(frozen=True)
class SmvGeometry:
    """What ``-img`` and ``-mask`` take from a header; None where the header does not say.

    Lengths in mm, wavelength in Å, angles in degrees, ORGX and ORGY in pixels, as in the header.
    """

    fast_pixels: int
    slow_pixels: int
    pixel_size: float | None
    distance: float | None
    close_distance: float | None
    wavelength: float | None
    beam_center_x: float | None
    beam_center_y: float | None
    orgx: float | None
    orgy: float | None
    phi: float | None
    oscillation: float | None


_NUMBER = re.compile(r"\s*(?:=\s*)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)


def header_number(header: str, keyword: str) -> float | None:
    """Return the number after the last occurrence of `keyword`, anywhere in the header, or None.

    The occurrence need not be a whole word: DISTANCE finds CLOSE_DISTANCE, ORGX finds XDS_ORGX, as in the reference.
    """
    place = header.rfind(keyword)
    match = _NUMBER.match(header, place + len(keyword)) if place >= 0 else None
    return float(match[1]) if match else None


def read_geometry(image: SmvImage) -> SmvGeometry:
    """Return what the header of `image` says about the experiment."""
    slow_pixels, fast_pixels = image.pixels.shape
    return SmvGeometry(
        fast_pixels,
        slow_pixels,
        pixel_size=image.number("PIXEL_SIZE"),
        distance=image.number("DISTANCE"),
        close_distance=image.number("CLOSE_DISTANCE"),
        wavelength=image.number("WAVELENGTH"),
        beam_center_x=image.number("BEAM_CENTER_X"),
        beam_center_y=image.number("BEAM_CENTER_Y"),
        orgx=image.number("ORGX"),
        orgy=image.number("ORGY"),
        phi=image.number("PHI"),
        oscillation=image.number("OSC_RANGE"),
    )


def read_smv(path: Path, *, byte_order: ByteOrder = "declared") -> SmvImage:
    """Read an SMV image of unsigned 16-bit pixels that starts as the reference demands.

    Parameters
    ----------
    path : Path
        The image.
    byte_order : {"declared", "native"}
        The header's word, or, as the reference reads masks, this machine's order whatever the header says.

    Raises
    ------
    InputFileError
        If the file cannot be read, is no SMV image, has other pixels than unsigned_short, or is too short.
    """
    content = read_bytes(path)
    if not content.startswith(_START):
        raise InputFileError(f"{path} is not an SMV image: it does not start with '{{', a new line and HEADER_BYTES")
    return decode_smv(content, str(path), byte_order=byte_order, types={_UNSIGNED_SHORT: np.uint16})


def is_smv(content: bytes) -> bool:
    """Whether a file begins as an SMV image does, blanks and line ends of any kind allowed."""
    return _ANY_START.match(content) is not None


def decode_smv(
    content: bytes, name: str, *, byte_order: ByteOrder = "declared", types: Mapping[str, type[np.number]] = PIXEL_TYPES
) -> SmvImage:
    """Return the SMV image that a file holds.

    A header may be longer than it declares, as the reference's own is where its numbers are many digits long: the
    pixels are then looked for right behind the form feed, provided that the file ends where they end.

    Parameters
    ----------
    content : bytes
        The whole file.
    name : str
        The file's name, for messages.
    byte_order : {"declared", "native"}
        The header's word, or this machine's order whatever the header says.
    types : mapping
        Pixel types that are allowed, by the header's word for them.

    Raises
    ------
    InputFileError
        If it has pixels of another type or byte order, does not say its size, or is too short.
    """
    start = _count(_text(content, _FIRST_LINES), "HEADER_BYTES") or HEADER_BYTES
    if start < 0:
        raise InputFileError(f"{name} is no SMV image: its header says HEADER_BYTES={start}")
    header = _text(content, start)
    dtype = np.dtype(_pixel_type(header, name, types))
    fast, slow = _count(header, "SIZE1"), _count(header, "SIZE2")
    if fast <= 0 or slow <= 0:
        raise InputFileError(f"{name} does not say how large it is: its header needs SIZE1 and SIZE2 above zero")
    needed = dtype.itemsize * fast * slow
    end = content.find(_END, 0, _LONGEST_HEADER) + len(_END)
    if end > start and len(content) == end + needed:
        header, start = _text(content, end), end
    if len(content) < start + needed:
        raise InputFileError(
            f"{name} is too short: {slow} x {fast} pixels need {needed} bytes behind the header, "
            f"and {max(len(content) - start, 0)} are there"
        )
    swapped = byte_order == "declared" and dtype.itemsize > 1 and _byte_order(header, name) != sys.byteorder
    pixels = np.frombuffer(content, dtype, count=fast * slow, offset=start).reshape(slow, fast)
    return SmvImage(header, pixels.byteswap() if swapped else pixels.copy(), start + needed)


def _count(header: str, keyword: str) -> int:
    """Return the number after `keyword` as an integer, 0 where there is none that can be one."""
    number = header_number(header, keyword)
    return int(number) if number is not None and math.isfinite(number) else 0


def _byte_order(header: str, name: str) -> str:
    """Return the byte order that the header declares, this machine's where it declares none."""
    stated = _BYTE_ORDER.search(header)
    if stated is None:
        return sys.byteorder
    order = _ORDERS.get(stated[1].lower())
    if order is None:
        raise InputFileError(f"{name} has BYTE_ORDER={stated[1][:_SHOWN]}; only {' and '.join(_ORDERS)} can be read")
    return order


def _pixel_type(header: str, name: str, types: Mapping[str, type[np.number]]) -> type[np.number]:
    stated = _TYPE.search(header)
    word = re.sub(r"[ _]+", "_", stated[1].strip().lower()) if stated else _UNSIGNED_SHORT
    if word not in types:
        raise InputFileError(f"{name} has pixels of type {word[:_SHOWN]}; only {', '.join(sorted(types))} can be read")
    return types[word]


def _text(content: bytes, end: int) -> str:
    """Return the header's text before its closing brace, which stands before `end` or is missing."""
    return content[: min(end, _LONGEST_HEADER)].partition(b"}")[0].decode("latin-1")

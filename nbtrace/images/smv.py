"""SMV images, headers longer than they declare included; the simulator, which writes the format, knows it."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nbtrace.errors import InputError
from nbtrace.images.content import behind
from nbtrace.images.image import Image, Pixels
from nbtrace.images.resolution import smv_geometry

_COMPRESSION = "RAXIS_COMPRESSION_RATIO"
_RATIO = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_RANGE = 0x7FFF
_SHOWN = 20
_KEYWORD = re.compile(r"^[^\S\n]*([A-Za-z_]\w*)\s*=\s*([^;\n]*)", re.MULTILINE)


def is_smv(content: bytes) -> bool:
    """Tell whether a file begins as an SMV image does."""
    if not content.startswith(b"{"):
        return False
    from simulator.smv import is_smv as begins_so  # noqa: PLC0415 - see below

    return begins_so(content)


def read_smv(content: bytes, path: Path) -> Image:
    """Return an SMV image with its header, and the geometry where the header tells enough of it.

    Raises
    ------
    InputError
        If it is malformed, cut off, or has pixels of an unknown type.
    """
    from simulator.errors import InputFileError  # noqa: PLC0415 - loaded for images in this format alone
    from simulator.smv import decode_smv  # noqa: PLC0415

    try:
        image = decode_smv(content, str(path))
    except InputFileError as error:
        raise InputError(str(error)) from None
    header = dict(_KEYWORD.findall(image.header))
    geometry = smv_geometry(header, path.name)
    pixels, remarks = _expanded(image.pixels, header)
    return Image(pixels, str(path), "SMV", header, geometry, (*remarks, *behind(content, image.end)))


def _expanded(pixels: Pixels, header: Mapping[str, str]) -> tuple[Pixels, tuple[str, ...]]:
    """Return pixels with those above the range of 15 bits written out, and the remark on them.

    Rigaku's detectors store v/R of a pixel above 32767 and set the highest bit; R is RAXIS_COMPRESSION_RATIO.
    """
    stated = header.get(_COMPRESSION)
    if stated is None or pixels.dtype.kind not in "ui" or pixels.dtype.itemsize != 2:
        return pixels, ()
    stored = pixels.view(np.uint16)
    packed = stored > _RANGE
    count = int(np.count_nonzero(packed))
    if not count:
        return pixels, ()
    if _RATIO.fullmatch(stated.strip()) is None:
        return pixels, (f"{count} pixels have the highest bit set, and {_COMPRESSION}={stated[:_SHOWN]} is no ratio",)
    ratio = int(stated)
    expanded = np.where(packed, (stored & _RANGE).astype(np.int64) * ratio, stored).astype(np.int32)
    return expanded, (
        f"{count} pixels with the highest bit set are (v & {_RANGE}) x {ratio}, by {_COMPRESSION} of its header",
    )


def smv_header(head: bytes) -> Mapping[str, str]:
    """Return the header of the SMV image that begins with `head`; empty if that is none."""
    return dict(_KEYWORD.findall(head.partition(b"}")[0].decode("latin-1"))) if is_smv(head) else {}

"""Images as portable grey maps: binary PGM of one or two bytes a pixel."""

import re
from pathlib import Path

import numpy as np

from nbtrace.errors import InputError
from nbtrace.images.content import behind
from nbtrace.images.image import Image

MAGIC = b"P5"
_GAP = rb"(?:\s|#[^\n]*\n)+"
_HEADER = re.compile(rb"P5" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,5})\s")
_COMMENT = re.compile(rb"#\s*([^\n]*)\n")
_ONE_BYTE = 255
_LARGEST = 65535
_LONGEST_HEADER = 2**16


def read_pgm(content: bytes, path: Path) -> Image:
    """Return a binary PGM; its comment, in which the reference states its scale, is kept in the header.

    Raises
    ------
    InputError
        If the header is malformed or the file too short.
    """
    match = _HEADER.match(content[:_LONGEST_HEADER])
    if match is None:
        raise InputError(f"{path} begins as a PGM image but has no width, height and largest value after it")
    fast, slow, largest = (int(number) for number in match.groups())
    if not 0 < largest <= _LARGEST:
        raise InputError(f"{path} is no PGM image: its largest value is {largest}, and must be 1 to {_LARGEST}")
    dtype = np.dtype(np.uint8 if largest <= _ONE_BYTE else ">u2")
    needed = slow * fast * dtype.itemsize
    if not needed or len(content) < match.end() + needed:
        raise InputError(
            f"{path} is cut off: {slow} x {fast} pixels need {needed} bytes, {len(content) - match.end()} are there"
        )
    pixels = np.frombuffer(content, dtype, count=slow * fast, offset=match.end()).reshape(slow, fast)
    comments = _COMMENT.findall(content[: match.end()])
    header = {"comment": b"; ".join(comments).decode("latin-1")} if comments else {}
    remarks = behind(content, match.end() + needed)
    return Image(pixels, str(path), f"PGM, {8 * dtype.itemsize} bits", header, remarks=remarks)

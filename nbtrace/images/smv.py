"""SMV images, headers longer than they declare included; the simulator, which writes the format, knows it."""

import re
from collections.abc import Mapping
from pathlib import Path

from nbtrace.errors import InputError
from nbtrace.images.content import behind
from nbtrace.images.image import Image
from nbtrace.images.resolution import smv_geometry
from simulator.errors import InputFileError
from simulator.smv import decode_smv, is_smv

__all__ = ["is_smv", "read_smv", "smv_header"]

_KEYWORD = re.compile(r"^[^\S\n]*([A-Za-z_]\w*)\s*=\s*([^;\n]*)", re.MULTILINE)


def read_smv(content: bytes, path: Path) -> Image:
    """Return an SMV image with its header, and the geometry where the header tells enough of it.

    Raises
    ------
    InputError
        If it is malformed, cut off, or has pixels of an unknown type.
    """
    try:
        image = decode_smv(content, str(path))
    except InputFileError as error:
        raise InputError(str(error)) from None
    header = dict(_KEYWORD.findall(image.header))
    geometry = smv_geometry(header, path.name)
    return Image(image.pixels, str(path), "SMV", header, geometry, behind(content, image.end))


def smv_header(head: bytes) -> Mapping[str, str]:
    """Return the header of the SMV image that begins with `head`; empty if that is none."""
    return dict(_KEYWORD.findall(head.partition(b"}")[0].decode("latin-1"))) if is_smv(head) else {}

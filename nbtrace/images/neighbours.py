"""What the files beside a headerless image tell of its shape."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from nbtrace.files import first_bytes
from nbtrace.frozen import frozen
from nbtrace.images.file_names import SMV_SUFFIXES
from nbtrace.images.image import Geometry
from nbtrace.images.resolution import smv_geometry
from nbtrace.images.smv import smv_header

_ARGUMENTS = "args.txt"
_CASE = "case.json"
_HEADER_BYTES = 2048
_LARGEST = 2**20
_MOST_FILES = 1000
_BOTH = ("-detpixels",)
_FAST = ("-detpixels_f", "-detpixels_x")
_SLOW = ("-detpixels_s", "-detpixels_y")
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


@frozen
class Told:
    """A shape (slow, fast), who tells it, and the geometry if that is told as well."""

    shape: tuple[int, int]
    origin: str
    geometry: Geometry | None = None


def shapes_beside(path: Path) -> Iterator[Told]:
    """Yield the shapes that SMV headers, `args.txt` and `case.json` in the folder of `path` tell."""
    folder = path.absolute().parent
    try:
        names = sorted(folder.iterdir())[:_MOST_FILES]
    except OSError:
        return
    for name in names:
        if name.suffix in SMV_SUFFIXES:
            declared = _told_by_header(name)
        else:
            declared = _told_by_case(name) if name.name in {_ARGUMENTS, _CASE} else None
        if declared is not None and min(declared.shape) > 0:
            yield declared


def _told_by_header(path: Path) -> Told | None:
    header = smv_header(first_bytes(path, _HEADER_BYTES))
    try:
        shape = int(header["SIZE2"]), int(header["SIZE1"])
    except (KeyError, ValueError):
        return None
    return Told(shape, f"shape from {path.name}", smv_geometry(header, path.name))


def _told_by_case(path: Path) -> Told | None:
    content = first_bytes(path, _LARGEST)
    shape = _shape_of_case(content) if path.name == _CASE else shape_of_flags(content.decode(errors="replace").split())
    return Told(shape, f"shape from {path.name}") if shape is not None else None


def _shape_of_case(content: bytes) -> tuple[int, int] | None:
    """Return the shape of a recorded case: as stated, else from its arguments."""
    try:
        case = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(case, dict):
        return None
    match case.get("shape_slow_fast"), case.get("args"):
        case [int(slow), int(fast)], _ if not isinstance(slow, bool) and not isinstance(fast, bool):
            return slow, fast
        case _, [*words]:
            return shape_of_flags([str(word) for word in words])
    return None


def shape_of_flags(words: Sequence[str]) -> tuple[int, int] | None:
    """Return (slow, fast) as the reference's `-detpixels` flags state it; None if they do not state both."""
    slow = fast = None
    for flag, value in pairwise(words):
        if flag not in {*_BOTH, *_FAST, *_SLOW} or _COUNT.fullmatch(value) is None:
            continue
        slow = int(value) if flag in {*_BOTH, *_SLOW} else slow
        fast = int(value) if flag in {*_BOTH, *_FAST} else fast
    return (slow, fast) if slow and fast else None

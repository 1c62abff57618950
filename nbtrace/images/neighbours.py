"""What the files beside a headerless image tell of its shape."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbtrace.images.smv import smv_shape

_HEAD = 2048
_LARGEST = 2**20
_MOST_FILES = 1000
_BOTH = ("-detpixels",)
_FAST = ("-detpixels_f", "-detpixels_x")
_SLOW = ("-detpixels_s", "-detpixels_y")


@dataclass(frozen=True)
class Told:
    """A shape (slow, fast), and who tells it."""

    shape: tuple[int, int]
    origin: str


def shapes_beside(path: Path) -> Iterator[Told]:
    """Yield the shapes that SMV headers, `args.txt` and `case.json` in the folder of `path` tell."""
    folder = path.absolute().parent
    try:
        names = sorted(folder.iterdir())[:_MOST_FILES]
    except OSError:
        return
    for name in names:
        shape = _shape_told_by(name)
        if shape is not None:
            yield Told(shape, f"shape from {name.name}")


def _shape_told_by(path: Path) -> tuple[int, int] | None:
    if path.suffix not in {".img", ".smv"} and path.name not in {"args.txt", "case.json"}:
        return None
    try:
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            head = stream.read(_HEAD if path.suffix in {".img", ".smv"} else _LARGEST)
    except OSError:
        return None
    if path.name == "args.txt":
        return shape_of_flags(head.decode(errors="replace").split())
    return _shape_of_case(head) if path.name == "case.json" else smv_shape(head)


def _shape_of_case(content: bytes) -> tuple[int, int] | None:
    """Return the shape of a recorded case: as stated, else from its arguments."""
    try:
        case = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(case, dict):
        return None
    match case.get("shape_slow_fast"), case.get("args"):
        case [int(slow), int(fast)], _:
            return slow, fast
        case _, [*words]:
            return shape_of_flags([str(word) for word in words])
    return None


def shape_of_flags(words: Sequence[str]) -> tuple[int, int] | None:
    """Return (slow, fast) as the reference's `-detpixels` flags state it; None if they do not state both."""
    slow = fast = None
    for flag, value in zip(words, words[1:], strict=False):
        if flag not in {*_BOTH, *_FAST, *_SLOW} or not value.isdecimal():
            continue
        slow = int(value) if flag in {*_BOTH, *_SLOW} else slow
        fast = int(value) if flag in {*_BOTH, *_FAST} else fast
    return (slow, fast) if slow and fast else None

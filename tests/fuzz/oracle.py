"""A second reader of plain keyed logs, made to be simple, which decides whether AGREE is true.

It shares no code with `nbtrace.parsers` or `nbtrace.compare`. It knows `TRACE_C: key v…`, `TRACE_C:key=v…`, their
`TRACE_PY` forms and the per-φ lines, and nothing else: no aliases, no units, no prose. A value belongs to the pixel
block that its line stands in; a block ends where a key of the pixel comes after `floatimage_accumulated`.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Place: TypeAlias = tuple[int, str, int]
"""Pixel block, key, φ step (−1 outside the per-φ lines)."""

_LAST_OF_BLOCK = "floatimage_accumulated"
_spaced = re.compile(r"TRACE_(?:C|PY): (\w+) (\S.*)").fullmatch
_tight = re.compile(r"TRACE_(?:C|PY):(\w+)=(\S.*)").fullmatch
_step = re.compile(r"TRACE_(?:C|PY)_PHI phi_tic=([0-9]+) (\S.*)").fullmatch
_number = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII).fullmatch

RELATIVE = 1e-6
ABSOLUTE = 5e-4
ABSOLUTE_KEYS = frozenset({"hkl_frac"})


@dataclass(frozen=True)
class Reading:
    """The values of a log by place; several where a place stands in it more than once."""

    values: Mapping[Place, list[str]]

    def blocks(self) -> set[int]:
        """Return the numbers of its pixel blocks."""
        return {block for block, _, _ in self.values}


def read(text: str) -> Reading:
    """Read a log."""
    values: defaultdict[Place, list[str]] = defaultdict(list)
    block, closed = 0, False
    for line in text.replace("\r\n", "\n").split("\n"):
        for key, step, value in _values(line):
            if step < 0 and "=" not in line:
                if closed and key != _LAST_OF_BLOCK:
                    block, closed = block + 1, False
                closed = closed or key == _LAST_OF_BLOCK
            values[block if "=" not in line or step >= 0 else -1, key, step].append(value)
    return Reading(dict(values))


def _values(line: str) -> Iterator[tuple[str, int, str]]:
    line = line.rstrip()
    if found := _spaced(line) or _tight(line):
        yield found[1], -1, found[2]
    elif found := _step(line):
        for pair in found[2].split():
            key, _, value = pair.partition("=")
            yield key, int(found[1]), value


def numbers(text: str) -> tuple[float, ...] | None:
    """Return the numbers that a value consists of; None if it is anything else."""
    words = text.split()
    return tuple(map(float, words)) if words and all(map(_number, words)) else None


def same(key: str, a: str, b: str) -> bool:
    """Whether two printed values are equal within the default tolerance of their key."""
    left, right = numbers(a), numbers(b)
    if left is None or right is None:
        return left is None and right is None and a.casefold() == b.casefold() and not _broken(a)
    if len(left) != len(right) or not all(map(math.isfinite, (*left, *right))):
        return False
    apart = max(abs(x - y) for x, y in zip(left, right, strict=True))
    allowed = ABSOLUTE if key in ABSOLUTE_KEYS else RELATIVE * min(math.hypot(*left), 1e308)
    return apart <= allowed * (1 + 1e-6)


def _broken(text: str) -> bool:
    """Whether what both print alike stands for no value."""
    return text.split(maxsplit=1)[0].lower().lstrip("+-") in {"nan", "inf", "infinity"}


@dataclass(frozen=True)
class Objection:
    """A place at which two logs do not agree: what C and Py print there, nothing where one has no such place."""

    place: Place
    c: tuple[str, ...]
    py: tuple[str, ...]

    def __str__(self) -> str:
        block, key, step = self.place
        where = f"{key} of block {block}" + (f", step {step}" if step >= 0 else "")
        return f"{where}: C {' / '.join(self.c) or 'nothing'}, Py {' / '.join(self.py) or 'nothing'}"


def objections(c: str, py: str, common: Iterable[Place]) -> list[Objection]:
    """Return what contradicts the statement that two logs agree in the places of `common`."""
    left, right = read(c).values, read(py).values
    found = []
    for place in sorted(common):
        mine, theirs = left.get(place, []), right.get(place, [])
        agree = all(same(place[1], a, b) for a in mine for b in theirs) and bool(mine) is bool(theirs)
        if not agree:
            found.append(Objection(place, tuple(mine), tuple(theirs)))
    return found

"""A second reader of plain keyed logs, made to be simple, which decides whether AGREE is true.

It shares no code with `nbtrace.parsers` or `nbtrace.compare`. It knows `TRACE_C: key v…`, `TRACE_C:key=v…`, their
`TRACE_PY` forms and the per-φ lines, and nothing else: no aliases, no units, no prose. A value belongs to the pixel
block that its line stands in; the next block begins where, after `floatimage_accumulated`, a key comes that is not of
the scaling chain's end.
"""

import math
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Place: TypeAlias = tuple[int, str, int]
"""Pixel block, key, φ step (−1 outside the per-φ lines)."""

_LAST_OF_BLOCK = "floatimage_accumulated"
_END_OF_BLOCK = frozenset(
    {"r_e_meters", "r_e_sqr", "fluence_photons_per_m2", "steps", "oversample_thick", "oversample_polar", "cos_2theta"}
    | {"oversample_omega", "capture_fraction", "polar", "omega_pixel", "I_pixel_final", _LAST_OF_BLOCK}
)
_prefixed = re.compile(r"(?:\d+→ ?)?TRACE(?:_C|_PY)?(_PHI)?(?P<mark>: ?| )(\S.*)").fullmatch
_assigned = re.compile(r"(\w+)=(\S.*)").fullmatch
_number = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII).fullmatch
_colour = re.compile(r"\x1b\[[0-9;:]*[mK]")
_between = re.compile(r"[\s\[\],;:]+").split

_MOST_STEPS = 1e9
RELATIVE = 1e-6
ABSOLUTE = 5e-4
ABSOLUTE_KEYS = frozenset({"hkl_frac", "k_frac"})


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
    for line in _colour.sub("", text).split("\n"):
        prefix = _prefixed(" ".join(line.split()))
        if prefix is None:
            continue
        phi, mark, body = prefix.groups()
        if phi:
            step, *pairs = body.split(" ")
            number = _step_of(step)
            fields = [pair.partition("=") for pair in pairs]
            if number is not None and all(_number(value) for _, _, value in fields):
                for key, _, value in fields:
                    values[block, key, number].append(value)
        elif mark == ":" and (assigned := _assigned(body)):
            values[-1, assigned[1], -1] = [assigned[2]]  # the reference prints its detector on the way, and at the end
        else:
            key, _, value = body.partition(" ")
            if closed and key not in _END_OF_BLOCK:
                block, closed = block + 1, False
            closed = closed or key == _LAST_OF_BLOCK
            values[block, key, -1].append(value.removeprefix("= "))
    return Reading(dict(values))


def _step_of(text: str) -> int | None:
    name, _, number = text.partition("=")
    step = float(number) if name == "phi_tic" and _number(number) else math.nan
    return int(step) if 0 <= step < _MOST_STEPS and step.is_integer() else None


def same(key: str, a: str, b: str, slack: float = 1.0) -> bool:
    """Whether two printed values are equal: number by number within the default tolerance, and word by word.

    With ten times the tolerance, what one log prints twice may be one value with more and with fewer digits.
    """
    left, right = _parts(a), _parts(b)
    if len(left) != len(right) or not all(map(_alike, left, right)):
        return False
    pairs = [(x, y) for x, y in zip(left, right, strict=True) if isinstance(x, float) and isinstance(y, float)]
    apart = max((abs(x - y) for x, y in pairs), default=0.0)
    size = min(math.hypot(*(x for x, _ in pairs)), sys.float_info.max)
    return apart <= (ABSOLUTE if key in ABSOLUTE_KEYS else RELATIVE * size) * slack * (1 + 1e-6)


def _parts(text: str) -> list[float | str]:
    words = _between(text)
    return [float(word) if _number(word) else word.casefold() for word in words if word]


def _alike(a: float | str, b: float | str) -> bool:
    """Whether both are numbers, or the same word; what stands for no value is like nothing."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isfinite(a) and math.isfinite(b)
    return a == b and str(a).lstrip("+-") not in {"nan", "inf", "infinity"}


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


def objections(c: str, py: str, common: Mapping[Place, str]) -> list[Objection]:
    """Return what contradicts the statement that two logs agree.

    `common` holds the places that both had once, with what they printed there. One at which neither has anything of
    that form any more is not looked at.
    """
    left, right = read(c).values, read(py).values
    found = []
    for place, once in sorted(common.items()):
        mine, theirs = _at(left, place), _at(right, place)
        if not any(_like(once, value) for value in (*mine, *theirs)):
            continue
        pairs = [(a, b) for a in mine for b in theirs]
        agree = any(same(place[1], *pair) for pair in pairs) and all(same(place[1], *pair, 10.0) for pair in pairs)
        if not agree:
            found.append(Objection(place, tuple(mine), tuple(theirs)))
    return found


def _at(values: Mapping[Place, list[str]], place: Place) -> list[str]:
    """Return what stands at a place; a line of the detector may be written like one of a pixel, and the reverse."""
    _, key, step = place
    return values.get(place) or values.get((-1, key, step)) or (values.get((0, key, step), []) if place[0] < 0 else [])


def _like(once: str, now: str) -> bool:
    """Whether a value has numbers and words where another one has them."""
    return [type(part) for part in _parts(once)] == [type(part) for part in _parts(now)]

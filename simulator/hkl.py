"""Structure factors as the reference reads them: the text list h k l F, and the binary cache it leaves behind."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from simulator.arrays import Float64
from simulator.errors import InputFileError, MissingInputError, ResourceError
from simulator.files import present_bytes, read_bytes, write_whole

Limits = tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class ReflectionTable:
    """Structure factor amplitudes on a box of Miller indices.

    Attributes
    ----------
    values : ndarray
        F in electrons, shape (n_h, n_k, n_l) with n = max − min + 1; `default_F` at indices that no line gave.
    h_min, h_max, k_min, k_max, l_min, l_max : int
        The box, inclusive.
    default_F : float
        F outside the box, in electrons.
    reflections : int
        How many reflections the reference says it initialised: lines of a list, entries of a cache.
    """

    values: Float64
    h_min: int
    h_max: int
    k_min: int
    k_max: int
    l_min: int
    l_max: int
    default_F: float
    reflections: int

    @property
    def limits(self) -> Limits:
        """The box as the cache writes it: h_min, h_max, k_min, k_max, l_min, l_max."""
        return self.h_min, self.h_max, self.k_min, self.k_max, self.l_min, self.l_max

    def lookup(self, indices: npt.ArrayLike) -> Float64:
        """Return F, shape (n,), at Miller `indices`, integers of shape (n, 3)."""
        offsets = np.asarray(indices, dtype=np.int64) - self.limits[::2]
        inside = ((offsets >= 0) & (offsets < self.values.shape)).all(axis=1)
        values = np.full(len(offsets), self.default_F)
        values[inside] = self.values[tuple(offsets[inside].T)]
        return values


_LINES = re.compile(
    rb"(?:[ \t]*+(?:[+-]?[0-9]{1,9}[ \t]++){3}[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?[ \t]*+"
    rb"(?:\r?\n|\Z)|[ \t]*+\r?\n)*+[ \t]*+"
)
_SPACE = rb"[ \t\n\v\f\r]*+"
_INTEGER = rb"([+-]?[0-9]++)"
_REAL = rb"([+-]?(?:(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?|inf(?:inity)?|nan))"
_FOUR_REALS = re.compile((_SPACE + _REAL) * 4, re.IGNORECASE)
_THREE_INTEGERS_AND_A_REAL = re.compile((_SPACE + _INTEGER) * 3 + _SPACE + _REAL, re.IGNORECASE)


def read_hkl(path: Path, default_F: float, *, strict: bool = True) -> ReflectionTable:
    """Read a list of reflections, ``h k l F`` on each line; a reflection given twice has its last value.

    Parameters
    ----------
    path : Path
        The list. No header, no fifth column; blank lines are passed over.
    default_F : float
        F of reflections that are not in the list, in electrons.
    strict : bool
        A line of any other form is an error. Otherwise the reference's two passes are followed: the first reads four
        reals at a time and finds the limits, the second three integers and a real; each ends at the first thing it
        cannot read, so that a decimal index leaves the rest of the table at `default_F`.

    Raises
    ------
    InputFileError
        If the file cannot be read, or (strict) has a malformed line.
    MissingInputError
        If there is no reflection at all.
    ResourceError
        If the box that the indices span does not fit the memory.
    """
    content = read_bytes(path)
    clean_to = _end_of_clean_lines(content)
    if clean_to == len(content):
        numbers = _numbers(content)
        corners = numbers[:, :3]
    elif strict:
        raise InputFileError(f"{path}:{_malformed_line(content, clean_to)}")
    else:
        corners = np.trunc(_scan(_FOUR_REALS, content)[:, :3])
        numbers = _scan(_THREE_INTEGERS_AND_A_REAL, content)
    if not len(corners) or not np.isfinite(corners).all():
        raise MissingInputError(f"{path} has not enough reflections: it starts with nothing like h k l F")
    low, high = corners.min(axis=0), corners.max(axis=0)
    values = _box(path, low, high, default_F)
    within = numbers[((numbers[:, :3] >= low) & (numbers[:, :3] <= high)).all(axis=1)]
    values[tuple((within[:, :3] - low).astype(np.int64).T)] = within[:, 3]
    h_min, k_min, l_min = (int(value) for value in low)
    h_max, k_max, l_max = (int(value) for value in high)
    return ReflectionTable(values, h_min, h_max, k_min, k_max, l_min, l_max, default_F, len(corners))


def reflections_in(content: bytes, name: str) -> Float64:
    """Return the rows h k l F of a list, shape (n, 4), in their order; `name` is what messages call the file.

    Raises
    ------
    InputFileError
        If a line is malformed.
    MissingInputError
        If there is no reflection.
    """
    clean_to = _end_of_clean_lines(content)
    if clean_to < len(content):
        raise InputFileError(f"{name}:{_malformed_line(content, clean_to)}")
    numbers = _numbers(content)
    if not len(numbers):
        raise MissingInputError(f"{name} holds no reflection")
    return numbers


def _numbers(content: bytes) -> Float64:
    """Return what a list of nothing but clean lines holds, shape (n, 4)."""
    if content.isspace() or not content:  # of which numpy would make one number
        return np.empty((0, 4))
    return np.fromstring(content, sep=" ").reshape(-1, 4)


def _end_of_clean_lines(content: bytes) -> int:
    match = _LINES.match(content)
    return match.end() if match else 0


def _malformed_line(content: bytes, offset: int) -> str:
    """Return number and text of the line around `offset`, and what is expected of it."""
    start = content.rfind(b"\n", 0, offset) + 1
    number = content.count(b"\n", 0, start) + 1
    text = content[start : start + 60].split(b"\n")[0].decode("utf-8", "replace").strip()
    return f"{number}: {text!r} is not a reflection; a line holds three integers and a number: h k l F"


def _scan(group: re.Pattern[bytes], content: bytes) -> Float64:
    """Return the groups of four numbers that C's scanf would read one after another, shape (n, 4)."""
    rows = []
    offset = 0
    while match := group.match(content, offset):
        rows.append([float(text) for text in match.groups()])
        offset = match.end()
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


_COPIES = 3
"""The table itself, with a border for the lookup, and padded for the cache."""


def _box(path: Path, low: Float64, high: Float64, default_F: float) -> Float64:
    shape = tuple(int(edge) for edge in high - low + 1)
    needed = _COPIES * (shape[0] + 2) * (shape[1] + 2) * (shape[2] + 2) * 8
    memory = present_bytes()
    if needed > memory / 2:
        raise ResourceError(
            f"{path} spans {shape[0]} x {shape[1]} x {shape[2]} Miller indices; tables of {needed / 2**30:.3g} GiB are "
            f"more than half of this machine's memory of {memory / 2**30:.3g} GiB; look for a wrong index in it"
        )
    return np.full(shape, default_F)


_CACHE_HEADER = re.compile(rb"\s*([+-]?\d+)\s+([+-]?\d+)\s+([+-]?\d+)\s+([+-]?\d+)\s+([+-]?\d+)\s+([+-]?\d+)(?=\s)")
_CACHE_SEPARATOR = b"\n\f"


def write_cache(path: Path, table: ReflectionTable) -> Path:
    """Write `table` as the reference's binary cache (``Fdump.bin``).

    The limits as text, a newline and a form feed, then doubles with h slowest; each axis has one entry more than the
    table, which holds 0.

    Raises
    ------
    ResourceError
        If `path` cannot be written.
    """
    padded = np.pad(table.values, [(0, 1)] * 3)
    header = " ".join(map(str, table.limits)).encode() + _CACHE_SEPARATOR
    return write_whole(path, [header, padded.data])


def read_cache(path: Path, default_F: float, *, swallow_white_space: bool) -> ReflectionTable:
    """Read a binary cache that :func:`write_cache` or the reference wrote.

    Parameters
    ----------
    path : Path
        The cache.
    default_F : float
        F outside the cached box, in electrons; inside it rules what was the default when the cache was written.
    swallow_white_space : bool
        Whether to repeat a defect of the reference: where the first bytes of the data happen to be white space in
        ASCII, it skips them too, and the whole table is shifted by so many bytes. What is then missing at the end is 0.

    Raises
    ------
    InputFileError
        If the file cannot be read, does not start with six limits, or is too short.
    """
    return cache_in(read_bytes(path), path, default_F, swallow_white_space=swallow_white_space)


def cache_in(content: bytes, name: object, default_F: float, *, swallow_white_space: bool) -> ReflectionTable:
    """Return the cache in the bytes of a file, as :func:`read_cache` does; `name` is what messages call the file.

    Raises
    ------
    InputFileError
        If it does not start with six limits, or is too short.
    """
    match = _CACHE_HEADER.match(content)
    if match is None:
        raise InputFileError(f"{name} is not a cache of structure factors: it does not start with six integers")
    limits = cast("Limits", tuple(int(text) for text in match.groups()))
    low, high = np.array(limits[::2]), np.array(limits[1::2])
    shape = tuple(int(edge) for edge in high - low + 1)
    start = match.end() + len(_CACHE_SEPARATOR)
    expected = (shape[0] + 1) * (shape[1] + 1) * (shape[2] + 1) * 8
    if min(shape) < 1 or len(content) < start + expected or content[match.end() : start] != _CACHE_SEPARATOR:
        raise InputFileError(
            f"{name} is not a cache of the {shape[0]} x {shape[1]} x {shape[2]} structure factors that it announces; "
            f"delete it and give -hkl again"
        )
    data = content[start : start + expected]
    if swallow_white_space:
        data = data.lstrip(b" \t\n\v\f\r").ljust(expected, b"\0")
    padded = np.frombuffer(data, dtype=np.float64).reshape([edge + 1 for edge in shape])
    return ReflectionTable(padded[:-1, :-1, :-1].copy(), *limits, default_F, shape[0] * shape[1] * shape[2])

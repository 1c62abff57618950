"""Small text files as the reference reads them: a MOSFLM matrix, and a list of sources."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.c_numbers import whole_real
from simulator.errors import InputFileError
from simulator.files import read_bytes

_SEPARATORS = str.maketrans(",;:!", "    ")


@dataclass(frozen=True)
class SourceRow:
    """A line of a source file: what was given of x, y, z, weight and wavelength (m)."""

    columns: tuple[float, ...]

    @property
    def weight(self) -> float:
        """The fourth column; 1 where it is missing."""
        return self.columns[3] if len(self.columns) > 3 else 1.0

    @property
    def wavelength_m(self) -> float | None:
        """The fifth column; None where it is missing."""
        return self.columns[4] if len(self.columns) > 4 else None


def read_matrix(path: Path) -> tuple[float, ...]:
    """Read the first nine numbers of a MOSFLM matrix file.

    Raises
    ------
    InputFileError
        If the file cannot be read or does not start with nine finite numbers.
    """
    words = read_bytes(path).decode("utf-8", "replace").split()[:9]
    try:
        numbers = tuple(whole_real(word) for word in words)
    except ValueError as error:
        raise InputFileError(f"{path} is not a matrix: it must start with nine numbers ({error})") from None
    if len(numbers) < 9 or not all(map(math.isfinite, numbers)):
        raise InputFileError(f"{path} is not a matrix: it must start with nine finite numbers, and has {len(numbers)}")
    return numbers


def read_sources(path: Path) -> tuple[SourceRow, ...]:
    """Read a source file: x y z, weight and wavelength (m) on each line; trailing columns may be missing.

    Raises
    ------
    InputFileError
        If the file cannot be read, holds no source, or a line has no direction or a wavelength that is not positive.
    """
    rows = []
    for number, line in enumerate(read_bytes(path).decode("utf-8", "replace").splitlines(), start=1):
        words = line.translate(_SEPARATORS).split()
        if words:
            rows.append(_source_row(words, f"{path}:{number}"))
    if not rows:
        raise InputFileError(f"{path} holds no source; a line is x y z, weight, wavelength in metres")
    return tuple(rows)


def _source_row(words: Sequence[str], place: str) -> SourceRow:
    try:
        columns = tuple(whole_real(word) for word in words[:5])
    except ValueError as error:
        raise InputFileError(
            f"{place}: not a source ({error}); a line is x y z, weight, wavelength in metres"
        ) from None
    if not all(map(math.isfinite, columns)):
        raise InputFileError(f"{place}: a source needs finite numbers")
    if len(columns) >= 3 and not any(columns[:3]):
        raise InputFileError(f"{place}: the source is at the sample itself, so it has no direction")
    if len(columns) > 4 and columns[4] <= 0.0:
        raise InputFileError(f"{place}: the wavelength {columns[4]:g} m is not positive; it stands in the fifth column")
    return SourceRow(columns)


def stated_cell(path: Path) -> tuple[float, ...] | None:
    """Return the cell that a MOSFLM matrix file states: a b c (Å) α β γ (degrees); None if it states none.

    After the nine numbers of A stand three angles, the nine numbers of U, and the cell.
    """
    words = read_bytes(path).decode("utf-8", "replace").split()[_BEFORE_CELL : _BEFORE_CELL + 6]
    try:
        cell = tuple(whole_real(word) for word in words)
    except ValueError:
        return None
    lengths, angles = cell[:3], cell[3:]
    is_cell = len(cell) == 6 and all(0.0 < a < math.inf for a in lengths) and all(0.0 < a < 180.0 for a in angles)
    return cell if is_cell else None


_BEFORE_CELL = 9 + 3 + 9
"""Numbers of a MOSFLM matrix file before its cell."""


def cell_of_matrix(matrix: Sequence[float], wavelength_angstrom: float) -> tuple[float, ...] | None:
    """Return the cell of a MOSFLM matrix at a wavelength: a b c (Å) α β γ (degrees); None if the matrix is singular.

    Parameters
    ----------
    matrix : sequence of float
        Nine numbers by rows; its columns are λa*, λb*, λc* (Busing and Levy's A, which contains λ).
    wavelength_angstrom : float
    """
    stars = [[row / wavelength_angstrom for row in matrix[axis::3]] for axis in range(3)]
    crossed = [_cross(stars[(axis + 1) % 3], stars[(axis + 2) % 3]) for axis in range(3)]
    volume = _dot(stars[0], crossed[0])
    if volume == 0.0 or not math.isfinite(volume):
        return None
    real = [[component / volume for component in vector] for vector in crossed]
    lengths = [math.sqrt(_dot(vector, vector)) for vector in real]
    if not all(0.0 < length < math.inf for length in lengths):
        return None
    angles = []
    for axis in range(3):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        cosine = _dot(real[one], real[other]) / (lengths[one] * lengths[other])
        angles.append(math.degrees(math.acos(max(-1.0, min(1.0, cosine)))))
    return (*lengths, *angles)


def _cross(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [
        one[(axis + 1) % 3] * other[(axis + 2) % 3] - one[(axis + 2) % 3] * other[(axis + 1) % 3] for axis in range(3)
    ]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))

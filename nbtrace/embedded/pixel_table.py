"""The trace of many pixels as columns.

One row per sampled point (pixel × layer × subpixel); what is known once per pixel is repeated in each of its rows. The
values of the φ steps have a table of their own, with one row per step. A vector has three columns. A value that a
trace of the pixel would not print is null.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.detector.parquet_writer import Column
from nbtrace.embedded.recorder import quantity_of
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.vocabulary.quantity import Kind

Convert: TypeAlias = Callable[[object], npt.NDArray[np.float64]]

SAMPLE_PLACES = ("layer", "subpixel_slow", "subpixel_fast")
PHI_PLACES = (*SAMPLE_PLACES, "phi_tic")
_SKIPPED_WITH = {"F_cell": "counted"}
"""Values that the reference prints of counted samples only; all others of a sample need it to be within resolution."""


@dataclass(frozen=True)
class Layout:
    """Columns of the two tables, by the names under which a simulation shows their values.

    Attributes
    ----------
    samples, phi : tuple of str
        Observed names: `hkl_frac`, `phi.k_frac`.
    """

    samples: tuple[str, ...]
    phi: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Layout":
        """Return the layout for the names that a simulation of one pixel shows."""
        known = [name for name in dict.fromkeys([*names, "F_cell"]) if _quantity(name) in QUANTITIES]
        known.sort(key=lambda name: list(QUANTITIES).index(_quantity(name)))
        return cls(
            samples=tuple(name for name in known if "." not in name or name.startswith("source")),
            phi=tuple(name for name in known if name.startswith("phi.") and _kind(name) is Kind.SCALAR),
        )


def _quantity(name: str) -> str:
    family, _, key = name.rpartition(".")
    return quantity_of(family, key).quantity


def _kind(name: str) -> Kind:
    return QUANTITIES[_quantity(name)].kind


def column_names(name: str) -> tuple[str, ...]:
    """Return the columns of an observed name: its quantity, with `_x`, `_y`, `_z` (`_h`, `_k`, `_l`) for a vector."""
    quantity = _quantity(name)
    if _kind(name) is Kind.VECTOR:
        axes = "hkl" if quantity.startswith("hkl") else "xyz"
        return tuple(f"{quantity}_{axis}" for axis in axes)
    return (quantity,)


@dataclass
class PixelTable:
    """An observer that notes the values of a batch of pixels.

    Parameters
    ----------
    layout : Layout
    n_fast : int
        Pixels in a row of the detector.
    convert : callable
        Turns a number or a tensor of the simulation into a float64 array.
    """

    layout: Layout
    n_fast: int
    convert: Convert
    _pixels: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _rows: list[dict[str, Column]] = field(default_factory=list)
    _phi_rows: list[dict[str, Column]] = field(default_factory=list)
    _of_pixel: dict[str, Column] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)
    _masks: dict[str, Column] = field(default_factory=dict)

    def begin(self, pixels: npt.NDArray[np.int64]) -> None:
        """Forget everything and expect the values of these pixels (flat indices)."""
        self._pixels = pixels
        self._rows, self._phi_rows = [], []
        self._of_pixel, self._places, self._masks = {}, {}, {}

    def __call__(self, name: str, value: object) -> None:
        """Note a value of every pixel."""
        if name.startswith("at."):
            self._place(name.removeprefix("at."), value)
            return
        if name == "phi.phi_tic":
            self._phi_rows.append(self._placed(PHI_PLACES))
        wanted = self.layout.phi if name.startswith("phi.") else self.layout.samples
        if name in wanted:
            columns = self._columns(name, value() if callable(value) else value)
            self._target(name).update(columns)

    def _place(self, key: str, value: object) -> None:
        if isinstance(value, int):
            self._places[key] = value
            if key == "subpixel_fast":
                self._rows.append(self._placed(SAMPLE_PLACES))
                self._masks = {}
        elif key in {"used", "counted"}:
            self._masks[key] = self.convert(value) != 0.0

    def _placed(self, keys: Sequence[str]) -> dict[str, Column]:
        return {key: np.full(len(self._pixels), self._places.get(key, 0), dtype=np.int32) for key in keys}

    def _target(self, name: str) -> dict[str, Column]:
        if name.startswith("phi."):
            return self._phi_rows[-1]
        return self._of_pixel if QUANTITIES[_quantity(name)].section == "scaling" else self._rows[-1]

    def _columns(self, name: str, value: object) -> dict[str, Column]:
        parts = value if isinstance(value, tuple) else (value,)
        arrays = [np.broadcast_to(self.convert(part), self._pixels.shape) for part in parts]
        mask = self._masks.get(_SKIPPED_WITH.get(name, "used")) if self._needs_sample(name) else None
        if mask is not None:
            arrays = [np.ma.array(array, mask=~mask) for array in arrays]
        return dict(zip(column_names(name), arrays, strict=True))

    def _needs_sample(self, name: str) -> bool:
        return QUANTITIES[_quantity(name)].section in {"lattice", "phi", "source"}

    def samples(self) -> dict[str, Column]:
        """Return the columns of the sampled points, pixel by pixel; masked where there is no value."""
        return self._joined([row | self._of_pixel for row in self._rows], SAMPLE_PLACES, self.layout.samples)

    def phi_steps(self) -> dict[str, Column]:
        """Return the columns of the φ steps, pixel by pixel; masked where there is no value."""
        return self._joined(self._phi_rows, PHI_PLACES, self.layout.phi)

    def _joined(
        self, rows: Sequence[Mapping[str, Column]], places: Sequence[str], names: Sequence[str]
    ) -> dict[str, Column]:
        each, shape = len(rows), self._pixels.shape
        joined: dict[str, Column] = {
            "slow": np.repeat(self._pixels // self.n_fast, each).astype(np.int32),
            "fast": np.repeat(self._pixels % self.n_fast, each).astype(np.int32),
        }
        for name in places:
            joined[name] = _pixel_by_pixel([row[name] for row in rows], shape, np.int32)
        missing = np.ma.array(np.zeros(shape), mask=True)
        for column in (column for name in names for column in column_names(name)):
            joined[column] = _pixel_by_pixel([row.get(column, missing) for row in rows], shape, np.float64)
        return joined


def _pixel_by_pixel(rows: Sequence[Column], shape: tuple[int, ...], dtype: type[np.generic]) -> Column:
    """Return the values of rows of pixels with all values of a pixel next to one another."""
    stacked: Column = np.ma.stack(rows, axis=1) if rows else np.ma.zeros((*shape, 0), dtype=dtype)
    return stacked.reshape(-1).astype(dtype)

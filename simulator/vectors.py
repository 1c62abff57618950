"""Vectors as three tensors, so that every product and sum is explicit.

A component has any shape; components of different shapes broadcast. No reduction is left to the library: one pixel
gives the same bits alone and inside an image.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Vector(NamedTuple):
    """Three components in the laboratory frame; sums, differences and scaling work by component."""

    x: Tensor
    y: Tensor
    z: Tensor

    def __add__(self, other: "Vector") -> "Vector":  # type: ignore[override]
        """Component-wise sum (not the concatenation that a tuple would give)."""
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other: "Vector") -> "Vector":
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def __neg__(self) -> "Vector":
        return Vector(-self.x, -self.y, -self.z)

    def __mul__(self, factor: Tensor | float) -> "Vector":  # type: ignore[override]
        """Product with a scalar field."""
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def __truediv__(self, divisor: Tensor | float) -> "Vector":
        return Vector(self.x / divisor, self.y / divisor, self.z / divisor)

    def map(self, function: Callable[[Tensor], Tensor]) -> "Vector":
        """Return the vector of `function` of each component."""
        return Vector(function(self.x), function(self.y), function(self.z))


class Matrix(NamedTuple):
    """A 3×3 matrix by its rows; it acts on column vectors."""

    row_x: Vector
    row_y: Vector
    row_z: Vector


def vector(components: Sequence[float] | Tensor, device: torch.device | None = None) -> Vector:
    """Return three float64 scalars as a vector; a tensor of three keeps its graph."""
    if isinstance(components, Tensor):
        return Vector(components[..., 0], components[..., 1], components[..., 2])
    return Vector(*torch.tensor(list(components), dtype=torch.float64, device=device).unbind())


def plain(scalar: Tensor) -> float:
    """Return the number of a scalar tensor, without its graph."""
    return float(scalar.detach())


def dot(a: Vector, b: Vector) -> Tensor:
    """Return a·b as three explicit products."""
    return a.x * b.x + a.y * b.y + a.z * b.z


def cross(a: Vector, b: Vector) -> Vector:
    """Return a×b."""
    return Vector(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)


def norm(a: Vector) -> Tensor:
    """Return the length of a."""
    return square_root(dot(a, a))


def square_root(x: Tensor) -> Tensor:
    """Return √x, correctly rounded on a CPU unless a graph is recorded.

    The vector library behind torch.sqrt may be off by the last bit, which a lattice factor near its zeros magnifies.
    """
    if x.requires_grad or torch.compiler.is_compiling() or x.device.type != "cpu":
        return torch.sqrt(x)
    return torch.as_tensor(np.sqrt(x.numpy()))


def unit(a: Vector) -> Vector:
    """Return a/|a|; a vector of length 0 stays one, as in the reference."""
    squared = dot(a, a)
    none = squared == 0.0
    direction = a / square_root(torch.where(none, 1.0, squared))
    return Vector(*(torch.where(none, 0.0, component) for component in direction))


def rotate_about_axis(v: Vector, axis: Vector, angle: Tensor) -> Vector:
    """Rotate v by `angle` radians about `axis`, right-handed (Rodrigues); the axis is used with the length it has."""
    sine, cosine = torch.sin(angle), torch.cos(angle)
    along = dot(axis, v) * (1.0 - cosine)
    return axis * along + v * cosine + cross(axis, v) * sine


def transform(matrix: Matrix, v: Vector) -> Vector:
    """Return matrix·v."""
    return Vector(dot(matrix.row_x, v), dot(matrix.row_y, v), dot(matrix.row_z, v))


def rotation_matrices(angles: Vector) -> tuple[Matrix, Matrix, Matrix]:
    """Return the right-handed rotations about the laboratory x, y and z axes by `angles` (radians)."""
    sx, sy, sz = (torch.sin(angle) for angle in angles)
    cx, cy, cz = (torch.cos(angle) for angle in angles)
    one, zero = torch.ones_like(sx), torch.zeros_like(sx)
    about_x = Matrix(Vector(one, zero, zero), Vector(zero, cx, -sx), Vector(zero, sx, cx))
    about_y = Matrix(Vector(cy, zero, sy), Vector(zero, one, zero), Vector(-sy, zero, cy))
    about_z = Matrix(Vector(cz, -sz, zero), Vector(sz, cz, zero), Vector(zero, zero, one))
    return about_x, about_y, about_z


def rotate_about_xyz(v: Vector, angles: Vector) -> Vector:
    """Rotate v about the laboratory x, then y, then z axis by the components of `angles` (radians)."""
    for rotation in rotation_matrices(angles):
        v = transform(rotation, v)
    return v


def product(left: Matrix, right: Matrix) -> Matrix:
    """Return the matrix product left·right."""
    columns = (
        Vector(right.row_x.x, right.row_y.x, right.row_z.x),
        Vector(right.row_x.y, right.row_y.y, right.row_z.y),
        Vector(right.row_x.z, right.row_y.z, right.row_z.z),
    )
    return Matrix(*(Vector(*(dot(row, column) for column in columns)) for row in left))

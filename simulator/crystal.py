"""The crystal: reciprocal and real cell, orientation, size, mosaic domains and spindle rotation."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from simulator.config import CrystalConfig, CrystalShape
from simulator.constants import ANGSTROM_M, ANGSTROMS_PER_M, RADIANS_TO_DEGREES
from simulator.defects import Defect
from simulator.errors import ConfigurationError, MissingInputError
from simulator.frames import frame_of
from simulator.observe import Observer, silent
from simulator.parameters import Parameter, Parameters
from simulator.random import (
    DEFAULT_MOSAIC_SEED,
    Generator,
    Stream,
    mosaic_domains,
    random_misset_angles,
)
from simulator.vectors import (
    Matrix,
    Vector,
    cross,
    dot,
    norm,
    plain,
    rotate_about_axis,
    rotate_about_xyz,
    square_root,
    transform,
    unit,
    vector,
)

Basis = tuple[Vector, Vector, Vector]


@dataclass(frozen=True)
class Orientations:
    """Real cell vectors (m) in every orientation that a sample may have.

    Components have shape (rows, domains): a row for each spindle step, and a last one without spindle rotation.
    """

    basis: Basis
    turned_without_graph: bool = False
    """No rotation has a graph: every derivative of the basis follows from that of the unrotated cell."""

    def at(self, row: int, domain: int) -> Basis:
        """Return a, b, c of one orientation; components are scalars."""
        a, b, c = (v.map(lambda component: component[row, domain]) for v in self.basis)
        return a, b, c

    @property
    def unrotated(self) -> int:
        """Row of the cell that the spindle has not turned."""
        return self.basis[0].x.shape[0] - 1


@dataclass(frozen=True)
class Crystal:
    """The crystal as a pixel needs it."""

    real_m: Basis
    reciprocal: Basis
    """Å⁻¹, before spindle and mosaic rotation."""
    volume: Tensor
    """Of the cell, Å³; by the formula where a cell was given."""
    N: tuple[int, int, int]
    """Cells along a, b, c."""
    shape: CrystalShape
    fudge: float
    orientations: Orientations
    phi_rad: tuple[float, ...]
    """Nominal spindle angles."""
    spindle: Vector
    misset_rad: tuple[float, float, float] | None

    @property
    def domain_count(self) -> int:
        """Number of mosaic domains."""
        return self.orientations.basis[0].x.shape[1]

    def stale_rows(self) -> list[int]:
        """Return the row that each φ step uses in every sweep but the first of a thread: see :func:`carried_steps`."""
        last = next((t for t in reversed(range(len(self.phi_rad))) if self.phi_rad[t] != 0.0), None)
        return self._rows(carried_steps(self.phi_rad, last))

    def fresh_rows(self) -> list[int]:
        """Return the row that each φ step uses in the first sweep of a thread."""
        return self._rows(carried_steps(self.phi_rad, None))

    def nominal_rows(self) -> list[int]:
        """Return the row of each φ step as it is meant."""
        return self._rows([t if phi != 0.0 else None for t, phi in enumerate(self.phi_rad)])

    def _rows(self, steps: Sequence[int | None]) -> list[int]:
        return [self.orientations.unrotated if step is None else step for step in steps]


def carried_steps(phi_rad: Sequence[float], before: int | None) -> list[int | None]:
    """Return for each step the step whose rotation the reference uses; None is the unrotated cell.

    Parameters
    ----------
    phi_rad : sequence of float
        Nominal angles. The reference rotates only where the angle is not exactly 0, and else keeps what it had.
    before : int or None
        The step whose rotation the cell still has when the sweep begins.
    """
    steps: list[int | None] = []
    current = before
    for step, phi in enumerate(phi_rad):
        current = step if phi != 0.0 else current
        steps.append(current)
    return steps


def build_crystal(
    parameters: Parameters,
    matrix: Sequence[float] | None,
    generator: Generator,
    observe: Observer = silent,
) -> Crystal:
    """Orient the crystal.

    Parameters
    ----------
    parameters : Parameters
        Configuration and differentiable numbers.
    matrix : sequence of 9 float, optional
        Rows of the MOSFLM matrix: x of a*, b*, c*, then y, then z; it contains the wavelength.
    generator : Generator
        Draws the random misset first, then the mosaic domains.
    observe : Observer
        Sees the steps under the family ``base``.

    Raises
    ------
    MissingInputError
        If there is neither a matrix nor a cell.
    ConfigurationError
        If the vectors span no volume.
    """
    config = parameters.config.crystal
    cell = _cell_values(parameters)
    if matrix is None and cell is None:
        raise MissingInputError("no crystal: give -cell a b c alpha beta gamma or -mat FILE")
    reciprocal = _from_cell(parameters, cell) if matrix is None else _from_matrix(parameters, matrix)
    _observe_basis(observe, "input", reciprocal)
    misset = _misset(parameters, generator)
    if misset is not None:
        reciprocal = _each(reciprocal, lambda v: rotate_about_xyz(v, misset))
        _observe_basis(observe, "misset", reciprocal)
    real, reciprocal, volume = _real_cell(reciprocal, cell, observe)
    real_m = _each(real, lambda v: v * ANGSTROM_M)
    if config.shape is not CrystalShape.SQUARE:
        observe("base.shape_fudge", config.fudge)
    spindle = unit(vector(frame_of(parameters.config.detector).spindle, parameters.device))
    return Crystal(
        real_m=real_m,
        reciprocal=reciprocal,
        volume=volume,
        N=cell_counts(config, parameters.config.beam.beamsize_mm, real_m),
        shape=config.shape,
        fudge=config.fudge,
        orientations=_orientations(parameters, real_m, spindle, generator),
        phi_rad=config.phi_rad,
        spindle=spindle,
        misset_rad=None if misset is None else (plain(misset.x), plain(misset.y), plain(misset.z)),
    )


def _each(basis: Basis, function: Callable[[Vector], Vector]) -> Basis:
    a, b, c = basis
    return function(a), function(b), function(c)


def _observe_basis(observe: Observer, stage: str, reciprocal: Basis) -> None:
    for name, v in zip("abc", reciprocal, strict=True):
        observe(f"base.{name}_star_{stage}_A_inv", v)


def _cell_values(parameters: Parameters) -> tuple[Tensor, ...] | None:
    """Return a, b, c (Å), α, β, γ (radians)."""
    given = parameters.given(Parameter.CELL)
    cell = parameters.config.crystal.cell
    if given is not None:
        values = given.unbind()
    elif cell is not None:
        values = parameters.numbers(
            (cell.a_angstrom, cell.b_angstrom, cell.c_angstrom, cell.alpha_deg, cell.beta_deg, cell.gamma_deg)
        )
    else:
        return None
    return (*values[:3], *(angle / RADIANS_TO_DEGREES for angle in values[3:]))


def cell_volume(cell: Sequence[Tensor]) -> Tensor:
    """Return the volume (Å³) of a cell a, b, c (Å), α, β, γ (radians)."""
    a, b, c, alpha, beta, gamma = cell
    half = (alpha + beta + gamma) / 2.0
    skew = torch.sin(half) * torch.sin(half - alpha) * torch.sin(half - beta) * torch.sin(half - gamma)
    return 2.0 * a * b * c * square_root(torch.abs(skew))


def _bounded_cosine(cosine: Tensor) -> Tensor:
    """Return the cosine; the reference replaces one whose square exceeds 1 by +1."""
    return torch.where(cosine * cosine > 1.0, 1.0, cosine)


def _from_cell(parameters: Parameters, cell: tuple[Tensor, ...] | None) -> Basis:
    """Return a*, b*, c* (Å⁻¹) in the default orientation: a* along x, b* in the xy plane."""
    if cell is None:
        raise MissingInputError("no crystal: give -cell a b c alpha beta gamma or -mat FILE")
    a, b, c, alpha, beta, gamma = cell
    volume = cell_volume(cell)
    volume_star = 1.0 / volume
    a_star = b * c * torch.sin(alpha) * volume_star
    b_star = c * a * torch.sin(beta) * volume_star
    c_star = a * b * torch.sin(gamma) * volume_star
    cos_a, cos_b, cos_g = (_bounded_cosine(cosine) for cosine in _reciprocal_cosines(alpha, beta, gamma))
    sine = torch.clamp(c * volume_star / (a_star * b_star), -1.0, 1.0)
    if Defect.CELL_C_STAR_Z in parameters.config.execution.defects:
        unit_volume = volume / (a * b * c)
    else:
        unit_volume = volume_star / (a_star * b_star * c_star)
    zero = torch.zeros_like(a)
    return (
        Vector(a_star, zero, zero),
        Vector(b_star * cos_g, b_star * sine, zero),
        Vector(c_star * cos_b, c_star * (cos_a - cos_b * cos_g) / sine, c_star * unit_volume / sine),
    )


def _reciprocal_cosines(alpha: Tensor, beta: Tensor, gamma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    sa, sb, sg = torch.sin(alpha), torch.sin(beta), torch.sin(gamma)
    ca, cb, cg = torch.cos(alpha), torch.cos(beta), torch.cos(gamma)
    return (cb * cg - ca) / (sb * sg), (cg * ca - cb) / (sg * sa), (ca * cb - cg) / (sa * sb)


def _from_matrix(parameters: Parameters, matrix: Sequence[float]) -> Basis:
    """Return a*, b*, c* (Å⁻¹) of a MOSFLM matrix: its columns divided by the wavelength."""
    rows = parameters.numbers(tuple(matrix))
    scale = ANGSTROM_M / (parameters.scalar(Parameter.WAVELENGTH) / ANGSTROMS_PER_M)
    a, b, c = (Vector(rows[i] * scale, rows[i + 3] * scale, rows[i + 6] * scale) for i in range(3))
    return a, b, c


def _misset(parameters: Parameters, generator: Generator) -> Vector | None:
    """Return the angles (radians) about x, y and z, or None."""
    config = parameters.config.crystal
    given = parameters.given(Parameter.MISSET)
    if given is not None:
        return vector(given / RADIANS_TO_DEGREES)
    if config.misset_random:
        seed = int(time.time()) if config.misset_seed is None else config.misset_seed
        return vector(random_misset_angles(generator, Stream.from_seed(seed)).tolist(), parameters.device)
    if config.misset_deg is None:
        return None
    return Vector(*(angle / RADIANS_TO_DEGREES for angle in parameters.numbers(config.misset_deg)))


def _real_cell(reciprocal: Basis, cell: tuple[Tensor, ...] | None, observe: Observer) -> tuple[Basis, Basis, Tensor]:
    """Return the real cell (Å), the reciprocal cell (Å⁻¹) regenerated from it, and the volume (Å³)."""
    a_star, b_star, c_star = reciprocal
    crossed = cross(b_star, c_star), cross(c_star, a_star), cross(a_star, b_star)
    volume_star = dot(a_star, crossed[0])
    if not math.isfinite(plain(volume_star)) or plain(volume_star) == 0.0:
        raise ConfigurationError("the crystal's vectors span no volume; check the cell or the matrix file")
    if cell is not None:
        volume = cell_volume(cell)
        a, b, c = (v * (length / volume / norm(v)) for v, length in zip(crossed, cell[:3], strict=True))
        crossed = a, b, c
        volume_star = 1.0 / volume
    volume = 1.0 / volume_star
    observe("base.V_star_A_inv3", volume_star)
    observe("base.V_cell_A3", volume)
    a, b, c = (v * volume for v in crossed)
    for name, v in zip("abc", (a, b, c), strict=True):
        observe(f"base.{name}_A", v)
    regenerated = cross(b, c) * volume_star, cross(c, a) * volume_star, cross(a, b) * volume_star
    _observe_basis(observe, "regenerated", regenerated)
    return (a, b, c), regenerated, volume


def cell_counts(config: CrystalConfig, beamsize_mm: float, real_m: Basis) -> tuple[int, int, int]:
    """Return the number of cells along a, b, c: from the edges where given, at least 1.

    Edges along b and c are cut to the beam.
    """
    edges = [config.size_x_mm / 1000.0, config.size_y_mm / 1000.0, config.size_z_mm / 1000.0]
    if beamsize_mm >= 0.0:
        edges[1:] = (min(edge, beamsize_mm / 1000.0) for edge in edges[1:])
    counts = []
    for edge, flag, v in zip(edges, (config.Na, config.Nb, config.Nc), real_m, strict=True):
        count = math.ceil(edge / plain(norm(v))) if edge > 0.0 else flag
        counts.append(max(count, 1))
    return counts[0], counts[1], counts[2]


def _orientations(parameters: Parameters, real_m: Basis, spindle: Vector, generator: Generator) -> Orientations:
    config = parameters.config.crystal
    rotation = config.rotation
    start = parameters.scalar(Parameter.PHI) / RADIANS_TO_DEGREES
    steps = torch.arange(rotation.count, dtype=torch.float64, device=parameters.device)
    phi = start + rotation.step * steps
    rotated = []
    for v in real_m:
        turned = rotate_about_axis(v, spindle, phi)
        rotated.append(Vector(*(torch.cat([t, u.reshape(1)])[:, None] for t, u in zip(turned, v, strict=True))))
    a, b, c = rotated
    domains = _mosaic_matrices(parameters, generator)
    basis = (a, b, c) if domains is None else _each((a, b, c), lambda v: transform(domains, v))
    angles = () if domains is None else (element for row in domains for element in row)
    return Orientations(basis, not any(angle.requires_grad for angle in (start, *spindle, *angles)))


def _mosaic_matrices(parameters: Parameters, generator: Generator) -> Matrix | None:
    """Return the rotations of the domains, elements of shape (1, domains), or None without mosaicity."""
    config = parameters.config.crystal
    stream = Stream.from_seed(DEFAULT_MOSAIC_SEED if config.mosaic_seed is None else config.mosaic_seed)
    # The reference draws without a spread too, and a negative seed of the noise goes on from what it leaves.
    drawn = mosaic_domains(generator, stream, config.domain_count)
    if (config.mosaic_spread_deg or 0.0) <= 0.0:
        return None
    spread = parameters.scalar(Parameter.MOSAIC_SPREAD) / RADIANS_TO_DEGREES
    exact = torch.from_numpy(drawn.angles(plain(spread))).to(parameters.device)
    smooth = spread * torch.from_numpy(drawn.unit_angles).to(parameters.device)
    # The reference rounds the angle to single precision: its value is taken, with the slope of the unrounded one.
    angle = exact + (smooth - smooth.detach())
    axes = vector(torch.from_numpy(drawn.axes).to(parameters.device))
    rows = [_rotation_row(axes, angle, i) for i in range(3)]
    return Matrix(*rows)


def _rotation_row(axis: Vector, angle: Tensor, row: int) -> Vector:
    """Return a row of the rotations by `angle` about `axis`, both (n,), elements of shape (1, n)."""
    sine, cosine = torch.sin(angle), torch.cos(angle)
    zero = torch.zeros_like(angle)
    skew = ((zero, -axis.z, axis.y), (axis.z, zero, -axis.x), (-axis.y, axis.x, zero))[row]
    outer = axis * (axis[row] * (1.0 - cosine))
    elements = [o + s * sine for o, s in zip(outer, skew, strict=True)]
    elements[row] = elements[row] + cosine
    return Vector(*(element[None, :] for element in elements))

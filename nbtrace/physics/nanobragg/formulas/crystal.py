"""The crystal's formulas, on logged values: rotation, Miller indices and lattice factors along the φ sweep."""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

from nbtrace.compare.column_math import SingleValuesError, each, is_column, summed_exactly
from nbtrace.compare.metrics import dot, norm
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Vector
from nbtrace.compare.vectors import Column, cross, scaled, unit, where
from nbtrace.physics.nanobragg.formulas.cell import OTHERS, as_stated
from nbtrace.physics.nanobragg.formulas.geometry import about_axis
from nbtrace.physics.nanobragg.formulas.shapes import is_square, lattice_at
from nbtrace.physics.nanobragg.formulas.sweep_places import at_step, tic_of
from nbtrace.physics.nanobragg.lattice import lattice_factor
from nbtrace.units import ANGSTROM
from nbtrace.vocabulary.formula import Lack, UnloggedError

AXES = "abc"
_REACH_DEG = 5.0
"""How far beyond the sweep an angle may lie that a logged index is taken to tell."""

_ROUNDED = 1e-12
"""Relative difference of two lengths that rounding alone makes."""

_KEPT = 4096
"""Results that are kept: where one input of many is varied, most of what is computed from them stays."""

_KEPT_COLUMNS = 8
"""Columns of results that are kept."""


def base_cell(at: NodeView, axis: str) -> Vector:
    """Return a cell vector (Å) before rotation: from the unrotated reciprocal vectors, else as logged.

    The reference's reciprocal vectors are dual to the real ones but for a common factor, which is not 1 where the cell
    is triclinic and given without a matrix; the stated cell lengths tell it. The real vectors have few digits in its
    logs.
    """
    stars = [f"rot_{name}_star_A_inv" for name in AXES]
    if at.logged(f"vec_{axis}") and not all(map(at.logged, stars)):
        return at[f"vec_{axis}"]
    dual = _dual(*(at[name] for name in stars), axis)
    if dual is None:
        raise UnloggedError("reciprocal vectors that span a volume", Lack.NUMBER)
    return as_stated(at, axis, dual)


@lru_cache(maxsize=_KEPT)
def _dual(a_star: Vector, b_star: Vector, c_star: Vector, axis: str) -> Vector | None:
    """Return the real vector (Å) along an axis that is dual to reciprocal ones; None if they span no volume."""
    volume = dot(a_star, cross(b_star, c_star))
    stars = {"a": a_star, "b": b_star, "c": c_star}
    first, second = OTHERS[axis]
    return scaled(cross(stars[first], stars[second]), 1 / volume) if volume else None


def spindle(at: NodeView) -> Vector:
    """Return the unit spindle axis."""
    for name in ("spindle_axis_normalized", "given_spindle", "spindle_axis"):
        if name in at:
            return unit(at[name])
    raise UnloggedError("spindle_axis_normalized")


def step_count(at: NodeView) -> int:
    """Return the number of φ steps."""
    return int(at.number("phi_steps"))


def nominal_deg(at: NodeView, tic: Column) -> Column:
    """Return φ₀ + tic·Δφ, degrees."""
    count = step_count(at)
    start, end = at.number("phi_start_deg"), at.number("phi_end_deg")
    return start + tic * (end - start) / count


def nominal_angle(at: NodeView) -> Vector:
    """Return the formula of the angle of a step."""
    return (nominal_deg(at, tic_of(at.node)),)


def labelled_deg(at: NodeView, tic: Column) -> Column:
    """Return the angle of a step as logged, else the nominal one."""
    here = at_step(at, max(at.node.sample, 0), tic)
    return here.number("phi_deg") if here.logged("phi_deg") else nominal_deg(at, tic)


def rotated_cell(at: NodeView, axis: str, angle_deg: float) -> Vector:
    """Return a cell vector (Å) at a spindle angle; without mosaic spread."""
    base = base_cell(at, axis)
    return about_axis(base, spindle(at), math.radians(angle_deg)) if angle_deg else base


def rotated(axis: str) -> Callable[[NodeView], Vector]:
    """Return the formula of a cell vector in the keyed lines, which are those of φ step 0 and mosaic domain 0."""

    def formula(at: NodeView) -> Vector:
        return rotated_cell(at, axis, labelled_deg(at, 0))

    return formula


def swept_base(at: NodeView, axis: str) -> Vector:
    """Return a cell vector (Å) before rotation, of the length that the keyed one has: no rotation changes it."""
    base = base_cell(at, axis)
    name = f"rot_{axis}_angstroms"
    if not at.logged(name) or not norm(base):
        return base
    ratio = norm(at[name]) / norm(base)
    return scaled(base, ratio) if abs(ratio - 1) > _ROUNDED else base


def index_at(at: NodeView, axis: str, angle_deg: Column) -> Column:
    """Return a fractional Miller index at a spindle angle."""
    index = _indices if is_column(angle_deg) else _index
    return index(swept_base(at, axis), spindle(at), angle_deg, at["scattering_vec_A_inv"])


def _indices(base: Vector, axis: Vector, angle_deg: Column, scattering: Vector) -> Column:
    """Return the same of many angles."""
    cos, sin = _turns(angle_deg.tobytes())
    along = dot(axis, base) * (1 - cos)
    turned = (a * along + x * cos + t * sin for a, x, t in zip(axis, base, cross(axis, base), strict=True))
    products = (where(angle_deg != 0, new, x) * s for new, x, s in zip(turned, base, scattering, strict=True))
    return summed_exactly(*products) * ANGSTROM


@lru_cache(maxsize=_KEPT_COLUMNS)
def _turns(angles_deg: bytes) -> tuple[Column, Column]:
    """Return the cosines and sines of a column of angles: where one input of many is varied, the angles stay."""
    import numpy as np  # noqa: PLC0415 - arrays have come in

    angles = each(math.radians, np.frombuffer(angles_deg))
    return each(math.cos, angles), each(math.sin, angles)


@lru_cache(maxsize=_KEPT)
def _index(base: Vector, axis: Vector, angle_deg: float, scattering: Vector) -> float:
    """Return the Miller index along a cell vector (Å) turned about an axis."""
    turned = about_axis(base, axis, math.radians(angle_deg)) if angle_deg else base
    return dot(turned, scattering) * ANGSTROM


def step_index(axis: str) -> Callable[[NodeView], Vector]:
    """Return the formula of a Miller index at a step: of the keyed cell vector at step 0, else on the curve."""

    def formula(at: NodeView) -> Vector:
        if _is_first(at) and at.logged(f"rot_{axis}_angstroms"):
            return (dot(at[f"rot_{axis}_angstroms"], at["scattering_vec_A_inv"]) * ANGSTROM,)
        return (index_at(at, axis, labelled_deg(at, tic_of(at.node))),)

    return formula


def effective_deg(at: NodeView) -> Column:
    """Return the spindle angle that the logged k of a step tells, near the labelled one.

    k = A + B·cos φ + C·sin φ with A along the spindle; the solution nearest to the label is taken.
    """
    label = labelled_deg(at, tic_of(at.node))
    if not at.logged("phi_k_frac"):
        return label
    k, scattering = at.number("phi_k_frac"), at["scattering_vec_A_inv"]
    span = abs(at.number("phi_end_deg") - at.number("phi_start_deg")) if "phi_end_deg" in at else 0.0
    base, axis = swept_base(at, "b"), spindle(at)
    if is_column(k):
        off = _turns_told(base, axis, label, k, scattering)
        return where(abs(off) > span + _REACH_DEG, math.nan, label + off)
    off = _turn_told(base, axis, label, k, scattering)
    if off is None or abs(off) > span + _REACH_DEG:
        raise UnloggedError("an angle that the logged k tells", Lack.NUMBER)
    return label + off


@lru_cache(maxsize=_KEPT)
def _turn_told(base: Vector, axis: Vector, label_deg: float, k: float, scattering: Vector) -> float | None:
    """Return how far from its label an angle is at which b (Å) has the index k, degrees; None if there is none."""
    along = dot(axis, base) * dot(axis, scattering) * ANGSTROM
    cosine = dot(base, scattering) * ANGSTROM - along
    sine = dot(cross(axis, base), scattering) * ANGSTROM
    amplitude = math.hypot(cosine, sine)
    if amplitude <= 1e-9 * norm(base) * norm(scattering) * ANGSTROM or abs(k - along) > amplitude:
        close = abs(k - _index(base, axis, label_deg, scattering)) <= 1e-9 * max(abs(k), 1.0)
        return 0.0 if close else None
    centre, half = math.atan2(sine, cosine), math.acos((k - along) / amplitude)
    angles = [math.degrees(angle) for angle in (centre - half, centre + half)]
    return min(((angle - label_deg + 180) % 360 - 180 for angle in angles), key=abs)


def _turns_told(base: Vector, axis: Vector, label_deg: Column, k: Column, scattering: Vector) -> Column:
    """Return the same of many labels and indices; nan where there is none."""
    along = dot(axis, base) * dot(axis, scattering) * ANGSTROM
    cosine = dot(base, scattering) * ANGSTROM - along
    sine = dot(cross(axis, base), scattering) * ANGSTROM
    amplitude = math.hypot(cosine, sine)
    untold = (abs(k - along) > amplitude) | (amplitude <= 1e-9 * norm(base) * norm(scattering) * ANGSTROM)
    index = _indices(base, axis, label_deg, scattering)
    close = where(abs(k - index) <= 1e-9 * where(abs(k) > 1.0, abs(k), 1.0), 0.0, math.nan)
    if untold.all():
        return close
    centre, half = math.atan2(sine, cosine), each(math.acos, where(untold, math.nan, (k - along) / amplitude))
    turns = [(each(math.degrees, angle) - label_deg + 180) % 360 - 180 for angle in (centre - half, centre + half)]
    return where(untold, close, where(abs(turns[1]) < abs(turns[0]), turns[1], turns[0]))


def cells(at: NodeView, axis: str) -> int:
    """Return the number of cells along an axis."""
    return int(at.number(f"N_{axis}"))


def grating(index: Column, count: int) -> Column:
    """Return sin(πNh)/sin(πh), 1 for a single cell."""
    return lattice_factor(index, count) if count > 1 else 1.0


def factor(axis: str) -> Callable[[NodeView], Vector]:
    """Return the formula of the lattice factor along an axis in the keyed lines."""
    place = AXES.index(axis)

    def formula(at: NodeView) -> Vector:
        return (grating(at["hkl_frac"][place], cells(at, axis)),)

    return formula


def step_factor(axis: str) -> Callable[[NodeView], Vector]:
    """Return the formula of the lattice factor along an axis at a step."""
    letter = "hkl"[AXES.index(axis)]

    def formula(at: NodeView) -> Vector:
        return (grating(at.number(f"phi_{letter}_frac"), cells(at, axis)),)

    return formula


def _is_first(at: NodeView) -> bool:
    """Whether a place is of step 0, which columns leave out."""
    tic = tic_of(at.node)
    return not is_column(tic) and tic == 0


def step_indices(at: NodeView) -> Vector:
    """Return h, k, l at a step: logged, those of the keyed lines, or those of the angle that k tells."""
    names = [f"phi_{letter}_frac" for letter in "hkl"]
    if all(at.logged(name) for name in names):
        return tuple(at.number(name) for name in names)
    if _is_first(at) and at.logged("hkl_frac"):
        h, k, l = at["hkl_frac"]  # noqa: E741 - the indices' own letters
        if not at.logged("phi_k_frac") or math.isclose(k, at.number("phi_k_frac"), rel_tol=1e-7, abs_tol=1e-300):
            return h, k, l
    angle = effective_deg(at)
    return tuple(index_at(at, axis, angle) for axis in AXES)


def cell_at_step(at: NodeView, axis: str) -> Vector:
    """Return a cell vector (Å) at a φ step: the keyed one at step 0, else turned from the real ones before rotation."""
    tic = tic_of(at.node)
    if tic == 0 and at.logged(f"rot_{axis}_angstroms"):
        return at[f"rot_{axis}_angstroms"]
    base = at[f"vec_{axis}"] if at.logged(f"vec_{axis}") else swept_base(at, axis)
    angle = labelled_deg(at, tic)
    return about_axis(base, spindle(at), math.radians(angle)) if angle else base


def reciprocal_at_step(at: NodeView, axis: str) -> Vector:
    """Return the reciprocal vector (Å⁻¹) along an axis that is dual to the cell at a φ step."""
    vectors = {name: cell_at_step(at, name) for name in AXES}
    first, second = OTHERS[axis]
    product = cross(vectors[first], vectors[second])
    return scaled(product, 1 / dot(vectors[axis], product))


def reciprocal_as_set_up(axis: str) -> Callable[[NodeView], Vector]:
    """Return the formula of a reciprocal vector in the keyed lines, which is the one of the cell before rotation."""

    def formula(at: NodeView) -> Vector:
        if not at.logged(f"vec_{axis}_star"):
            raise UnloggedError(f"vec_{axis}_star")
        return at[f"vec_{axis}_star"]

    return formula


def lattice(at: NodeView) -> Vector:
    """Return the lattice factor of the keyed lines: the product of the three as logged, or that of the spot."""
    if is_square(at):
        return (math.prod(at.number(f"F_latt_{axis}") for axis in AXES),)
    return (lattice_at(at, at["hkl_frac"]),)


def step_lattice(at: NodeView) -> Vector:
    """Return the lattice factor at a step, for a parallelepiped the product of the three: as logged, else computed.

    The keyed factors are those of step 0.
    """
    if not is_square(at):
        if is_column(tic_of(at.node)):
            raise SingleValuesError
        return (lattice_at(at, step_indices(at)),)
    logged = {axis: at.number(f"phi_F_latt_{axis}") for axis in AXES if at.logged(f"phi_F_latt_{axis}")}
    return (math.prod((_factors_of_step(at, logged) | logged).values()),)


def _factors_of_step(at: NodeView, logged: Mapping[str, Column]) -> dict[str, Column]:
    """Return the lattice factors at a step, those that are keyed as they are; none where the step's own are logged."""
    if len(logged) == len(AXES):
        return {}
    names = [f"F_latt_{axis}" for axis in AXES]
    if _is_first(at) and all(at.logged(name) for name in names) and at.logged("hkl_frac"):
        return {axis: at.number(name) for axis, name in zip(AXES, names, strict=True)}
    return {axis: grating(index, cells(at, axis)) for axis, index in zip(AXES, step_indices(at), strict=True)}


def roughness(axis: str) -> Callable[[NodeView], Column]:
    """Return the rounding of sin(πNh)/sin(πh) taken at h itself, which grows where h is close to an integer."""
    letter, place = "hkl"[AXES.index(axis)], AXES.index(axis)

    def rough(at: NodeView) -> Column:
        name = f"phi_{letter}_frac"
        index = at.number(name) if at.logged(name) else at["hkl_frac"][place]
        return _rough(index, cells(at, axis))

    return rough


def roughness_of_product(at: NodeView) -> Column:
    """Return the same for the product of the three at a step."""
    return product_roughness(at, step_indices(at))


def product_roughness(at: NodeView, indices: Vector) -> Column:
    """Return the same for the product of the three, relative to each factor; 0 where it is no product."""
    if not is_square(at):
        return 0.0
    rough = [_rough(index, cells(at, axis)) for index, axis in zip(indices, AXES, strict=True)]
    factors = [grating(index, cells(at, axis)) for index, axis in zip(indices, AXES, strict=True)]
    whole = math.prod(factors)
    a, b, c = (_share(r, whole, f) for r, f in zip(rough, factors, strict=True))
    return a + b + c


def _share(rough: Column, product: Column, factor: Column) -> Column:
    """Return the rounding of a product that one factor makes; 0 for a factor of 0."""
    if is_column(factor):
        return where(factor != 0, rough * abs(product / factor), 0.0)
    return rough * abs(product / factor) if factor else 0.0


def _rough(index: Column, count: int) -> Column:
    if is_column(index):
        sines = abs(each(math.sin, math.pi * (index - index.round())))
        rough = 0.15 * count * math.pi * abs(index) / where(sines > 1e-12, sines, 1e-12)
        return rough if count > 1 else 0.0
    sine = abs(math.sin(math.pi * (index - round(index))))
    return 0.15 * count * math.pi * abs(index) / max(sine, 1e-12) if count > 1 and index else 0.0

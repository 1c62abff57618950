"""The detector's formulas, on logged values: rotations, axes, the first corner, the sampled point.

Vectors are in the laboratory frame, lengths in metres, matrices row by row. Sources: the reference's geometry as the
simulator's :mod:`simulator.detector` has it.
"""

import math
from collections.abc import Callable

from nbtrace.compare.metrics import dot, norm
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Vector
from nbtrace.compare.vectors import added, cross, scaled, unit
from nbtrace.vocabulary.formula import Lack, UnloggedError


def about_axis(v: Vector, axis: Vector, angle_rad: float) -> Vector:
    """Return v rotated about an axis, right-handed (Rodrigues), the axis taken as it is."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    along = dot(axis, v) * (1 - cos)
    turned = cross(axis, v)
    return tuple(a * along + x * cos + t * sin for a, x, t in zip(axis, v, turned, strict=True))


def applied(matrix: Vector, v: Vector) -> Vector:
    """Return the product of a row-major 3×3 matrix and a vector."""
    return tuple(dot(matrix[row : row + 3], v) for row in (0, 3, 6))


def product(a: Vector, b: Vector) -> Vector:
    """Return the product of two row-major 3×3 matrices."""
    columns = [b[column::3] for column in range(3)]
    return tuple(dot(a[row : row + 3], column) for row in (0, 3, 6) for column in columns)


def rotation_about(position: int) -> Callable[[NodeView], Vector]:
    """Return the formula of the rotation about x, y or z by a detector angle."""

    def formula(at: NodeView) -> Vector:
        angle = at["angles_rad"][position]
        cos, sin = math.cos(angle), math.sin(angle)
        matrix = [0.0] * 9
        i, j = (position + 1) % 3, (position + 2) % 3
        matrix[4 * position] = 1.0
        matrix[4 * i] = matrix[4 * j] = cos
        matrix[3 * i + j], matrix[3 * j + i] = -sin, sin
        return tuple(matrix)

    return formula


def total_rotation(at: NodeView) -> Vector:
    """Return Rz·Ry·Rx."""
    return product(at["Rz"], product(at["Ry"], at["Rx"]))


def _turned(at: NodeView, v: Vector) -> Vector:
    """Return v after the detector rotations."""
    if at.logged("R_total"):
        return applied(at["R_total"], v)
    for position in range(3):
        v = applied(rotation_about(position)(at), v)
    return v


def _about_twotheta(at: NodeView, v: Vector) -> Vector:
    angle = at["angles_rad"][3]
    return about_axis(v, at["twotheta_axis"], angle) if angle else v


def initial_axis(name: str) -> Callable[[NodeView], Vector]:
    """Return the formula of an axis before rotations: the given one, normalised; a normal is fast × slow then."""

    def formula(at: NodeView) -> Vector:
        if f"given_{name}" not in at:
            return _by_its_length(at, name)
        if name != "odet":
            return unit(at[f"given_{name}"])
        given = at["given_odet"]
        if norm(given) == 1.0:
            return given
        return unit(cross(initial_axis("fdet")(at), initial_axis("sdet")(at)))

    return formula


def _by_its_length(at: NodeView, name: str) -> Vector:
    """Return an axis as its own length tells it: a direction has length 1; a normal that has not is fast × slow."""
    own = f"initial_{name}"
    if not at.logged(own):
        raise UnloggedError(f"given_{name}", Lack.FACT)
    if name != "odet" or abs(norm(at[own]) - 1) <= _UNIT_LENGTH:
        return unit(at[own])
    return unit(cross(unit(at["initial_fdet"]), unit(at["initial_sdet"])))


_UNIT_LENGTH = 1e-14
"""Deviation of a length from 1 that rounding makes."""


def beam_on_normal(at: NodeView) -> Vector:
    """Return b̂·ô, the cosine between the beam and the rotated normal."""
    if not _sample_pivot(at):
        raise UnloggedError("initial_odet")  # with the beam as pivot the reference prints constants
    beam = at["given_beam" if "given_beam" in at else "stated_beam"]
    return (dot(unit(beam), rotated_normal(at)),)


def rotated_normal(at: NodeView) -> Vector:
    """Return the normal after the detector rotations."""
    return _turned(at, at["initial_odet"])


def nominal_distance(at: NodeView) -> Vector:
    """Return close distance/ratio, the distance along the beam."""
    return (at.number("close_distance_m") / at.number("ratio"),)


def final_axis(name: str) -> Callable[[NodeView], Vector]:
    """Return the formula of an axis after all rotations."""

    def formula(at: NodeView) -> Vector:
        if at.logged(f"{name}_after_rotz") and _has_both_stages(at):
            return _about_twotheta(at, at[f"{name}_after_rotz"])
        if at.logged(f"initial_{name}") and (_sample_pivot(at) or at.number("mosflm_frame")):
            return _about_twotheta(at, _turned(at, at[f"initial_{name}"]))
        if f"given_{name}" not in at:
            raise UnloggedError(f"given_{name}", Lack.FACT)
        return _about_twotheta(at, _turned(at, initial_axis(name)(at)))

    return formula


def rotated_axis(name: str) -> Callable[[NodeView], Vector]:
    """Return the formula of an axis after the detector rotations, where the log prints it apart from the final one."""

    def formula(at: NodeView) -> Vector:
        if not _has_both_stages(at):
            raise UnloggedError(f"{name} before the two-theta rotation")
        return _turned(at, at[f"initial_{name}"])

    return formula


def _sample_pivot(at: NodeView) -> bool:
    return at.logged("Fclose_m")


def _has_both_stages(at: NodeView) -> bool:
    """Whether the log tells the axes between the rotations: with the beam as pivot it prints the final ones twice."""
    return _sample_pivot(at)


def term(length: str, axis: str, sign: float) -> Callable[[NodeView], Vector]:
    """Return the formula of a term of the first corner, length·axis."""

    def formula(at: NodeView) -> Vector:
        return scaled(at[axis], sign * at.number(length))

    return formula


def term_beam(at: NodeView) -> Vector:
    """Return distance·b̂ with the configured direction."""
    return scaled(unit(at["given_beam"]), at.number("distance_m"))


def summed(*names: str) -> Callable[[NodeView], Vector]:
    """Return the formula of a sum of vectors."""

    def formula(at: NodeView) -> Vector:
        return added(*(at[name] for name in names))

    return formula


def pix0_after_rotations(at: NodeView) -> Vector:
    """Return R_total·pix0."""
    return _turned(at, at["pix0_before_rotation"])


def pix0_after_twotheta(at: NodeView) -> Vector:
    """Return the corner after the two-theta rotation."""
    return _about_twotheta(at, at["pix0_after_rotz"])


def corner(at: NodeView) -> Vector:
    """Return the first corner: a copy of the geometry block's, else from the axes and the configuration."""
    for name in ("pix0_after_twotheta", "pix0_vector"):
        if at.logged(name):
            return at[name]
    if "Fclose_m" in at:
        return corner_by_sample(at, at.number("close_distance_m"))
    return corner_by_beam(at)


def corner_by_sample(at: NodeView, close_m: float) -> Vector:
    """Return −Fclose·f̂ − Sclose·ŝ + close·ô with the detector pivoted about the sample.

    The rotations turn the sum as they turn the axes, so that the final axes give the same.
    """
    fast, slow, normal = at["fdet_vec"], at["sdet_vec"], normal_of(at)
    return added(scaled(fast, -at.number("Fclose_m")), scaled(slow, -at.number("Sclose_m")), scaled(normal, close_m))


def corner_by_beam(at: NodeView) -> Vector:
    """Return −Fbeam·f̂ − Sbeam·ŝ + distance·b̂ with the detector pivoted about the direct beam."""
    fast, slow = at["fdet_vec"], at["sdet_vec"]
    along = at["term_beam"] if "term_beam" in at else scaled(at["incident_vec"], at.number("distance_m"))
    return added(scaled(fast, -at.number("Fbeam_m")), scaled(slow, -at.number("Sbeam_m")), along)


def normal_of(at: NodeView) -> Vector:
    """Return the detector's normal: as logged, else f̂ × ŝ, its opposite where the axes are left-handed."""
    for name in ("odet_vec", "odet_after_twotheta"):
        if at.logged(name):
            return at[name]
    crossed = unit(cross(at["fdet_vec"], at["sdet_vec"]))
    return scaled(crossed, -1) if "left_handed" in at and at.number("left_handed") else crossed


def axis_of_pixel(name: str) -> Callable[[NodeView], Vector]:
    """Return the formula of an axis in the pixel block: a copy of the geometry block's, else unit length."""

    def formula(at: NodeView) -> Vector:
        if at.logged(f"{name}_after_twotheta"):
            return at[f"{name}_after_twotheta"]
        if f"given_{name}" in at and "angles_rad" in at and not any(at["angles_rad"]):
            return initial_axis(name)(at)
        raise UnloggedError(f"initial_{name}")

    return formula


def coordinates_px(at: NodeView) -> tuple[float, float, int]:
    """Return slow and fast coordinates of the sampled point in pixels, and its sensor layer."""
    slow, fast = at["pixel_slow_fast"]
    layers = int(at.number("layers")) if "layers" in at else 1
    n = int(at.number("oversample")) if "oversample" in at else math.isqrt(len(at.samples() or (0,)) // max(layers, 1))
    if not n:
        raise UnloggedError("oversampling", Lack.FACT)
    layer, subpixel = divmod(max(at.node.sample, 0), n * n)
    if layer >= max(layers, 1):
        raise UnloggedError("subpixel", Lack.TURN)
    sub_slow, sub_fast = divmod(subpixel, n)
    return slow + (sub_slow + 0.5) / n, fast + (sub_fast + 0.5) / n, layer


def layer_step_m(at: NodeView) -> float:
    """Return the thickness of one sensor layer: as configured, else what the number of layers tells."""
    if "sensor_m" not in at or not at.number("sensor_m"):
        return 0.0
    if "layer_step_m" in at:
        return at.number("layer_step_m")
    layers = at.number("layers")
    # A given number of layers divides by one less; a thickness alone is cut in two halves, and so is told by neither.
    if layers == 2:
        raise UnloggedError("thickness of a layer", Lack.FACT)
    return at.number("sensor_m") / (layers - 1)


def position(at: NodeView) -> Vector:
    """Return X = F·f̂ + S·ŝ + depth·ô + P₀ of the sampled point."""
    flat = position_at(at, *coordinates_px(at))
    return _curved(at, flat) if "curved" in at and at.number("curved") else flat


def _curved(at: NodeView, flat: Vector) -> Vector:
    """Return the point of a curved detector that the reference puts in place of one of the flat detector.

    Of X only its y and z are used, as arcs: distance·b̂ is turned about ŝ by X_y/distance, then about f̂ by X_z/distance.
    """
    beam, distance = _beam(at), _curvature(at)
    about_slow = about_axis(scaled(beam, distance), at["sdet_vec"], flat[1] / distance)
    return about_axis(about_slow, at["fdet_vec"], flat[2] / distance)


def _beam(at: NodeView) -> Vector:
    """Return the direction of the beam itself, whatever its sources are."""
    return unit(at[next((name for name in ("given_beam", "stated_beam") if name in at), "incident_vec")])


def _curvature(at: NodeView) -> float:
    """Return the radius of a curved detector (m), its distance along the beam."""
    if "distance_m" in at:
        return at.number("distance_m")
    return dot(at["pix0_vector_meters"], normal_of(at)) / dot(_beam(at), normal_of(at))


def position_at(at: NodeView, slow_px: float, fast_px: float, layer: int) -> Vector:
    """Return X of a point given in pixels."""
    pixel = at.number("pixel_m")
    flat = added(
        scaled(at["fdet_vec"], fast_px * pixel), scaled(at["sdet_vec"], slow_px * pixel), at["pix0_vector_meters"]
    )
    depth = layer * layer_step_m(at) if layer else 0.0
    return added(flat, scaled(normal_of(at), depth)) if depth else flat


def close_distance(at: NodeView) -> Vector:
    """Return P₀·ô."""
    return (dot(at["pix0_vector_meters"], normal_of(at)),)

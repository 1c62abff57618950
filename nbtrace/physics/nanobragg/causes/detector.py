"""Causes that belong to the detector: another corner, another point, another solid angle."""

import math
from collections.abc import Iterator

from nbtrace.compare.metrics import dot, norm
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Node, Vector
from nbtrace.compare.vectors import added, scaled, unit
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case, distance
from nbtrace.physics.nanobragg.formulas import geometry
from nbtrace.physics.nanobragg.formulas.geometry import about_axis

_SMALL_TILT = 1e-3
"""Difference of two normals that one and the same detector can have."""
_FEW_DIGITS = 1e-8
"""Difference of directions at which an implied normal is one of few digits, and not merely close to one."""

_ROUND_DIGITS = 6
"""Decimals of vectors that users give."""


def other_point(case: Case) -> Iterator[Candidate]:
    """Yield the position of another point: half and whole pixels off, slow and fast exchanged."""
    view = case.view()
    slow, fast, layer = geometry.coordinates_px(view)
    for size in (0.5, 1.0):
        words = "half a pixel" if size == 0.5 else "one pixel"
        for ds, df in ((0, 1), (1, 0), (1, 1), (0, -1), (-1, 0), (-1, -1), (1, -1), (-1, 1)):
            where = " and ".join(n for n, d in (("slow", ds), ("fast", df)) if d)
            value = geometry.position_at(view, slow + ds * size, fast + df * size, layer)
            yield Candidate(value, f"{words} off along {where} ({ds * size:+g}, {df * size:+g})")
    yield Candidate(geometry.position_at(view, fast, slow, layer), "slow and fast exchanged")
    yield Candidate(geometry.position_at(view, slow, fast, 0), "without the depth in the sensor")
    yield Candidate(
        added(geometry.position_at(view, slow, fast, layer), scaled(view["pix0_vector_meters"], -1)), "P₀ left out"
    )


def other_corner(case: Case) -> Iterator[Candidate]:
    """Yield the first corner by another distance, pivot, centre or normal."""
    view = case.view()
    yield from _pivots_exchanged(case)
    pixel = view.number("pixel_m")
    yield from _centre_variants(case, pixel)
    if "Fclose_m" in view and "distance_m" in view:
        yield Candidate(
            geometry.corner_by_sample(view, view.number("distance_m")), "nominal distance for close distance"
        )
        beam = {"Fbeam_m": view["Fclose_m"], "Sbeam_m": view["Sclose_m"]}
        facts = {**beam, "distance_m": view["distance_m"]}
        yield from _by_beam(case, facts, "pivot about the beam instead of the sample")
        yield from _half_a_pixel_further(case, pixel)
    if "Fbeam_m" in view and "distance_m" in view:
        yield from _by_sample(view)


def _pivots_exchanged(case: Case) -> Iterator[Candidate]:
    """Yield the corner with the other pivot: both have one close distance, which lies along the normal or the beam."""
    view = case.view()
    if not all(name in view for name in ("incident_vec", "fdet_vec", "sdet_vec")):
        return
    normal, beam = geometry.normal_of(view), unit(view["incident_vec"])
    close, cosine = dot(case.right, normal), dot(beam, normal)
    if not cosine:
        return
    directions = [(beam, "the beam")]
    along_axis = tuple(float(round(x)) for x in beam)
    if norm(along_axis) == 1:
        directions.append((along_axis, f"a beam along {_shown(along_axis)}"))
    for direction, words in directions:
        change = added(scaled(direction, close / cosine), scaled(normal, -close))
        yield Candidate(added(case.right, change), f"pivot about {words} instead of the sample")
        yield Candidate(added(case.right, scaled(change, -1)), f"pivot about the sample instead of {words}")


def _half_a_pixel_further(case: Case, pixel: float) -> Iterator[Candidate]:
    """Yield the corner as the MOSFLM convention has it: half a pixel added to the beam centre, about the beam."""
    view = case.view()
    fast, slow = view.number("Fclose_m") + pixel / 2, view.number("Sclose_m") + pixel / 2
    plane = added(scaled(view["fdet_vec"], -fast), scaled(view["sdet_vec"], -slow))
    along = scaled(geometry.normal_of(view), view.number("distance_m"))
    text = "the corner of the MOSFLM convention: nominal distance, half a pixel added to the beam centre"
    yield Candidate(added(plane, along), text)


def other_sum(case: Case) -> Iterator[Candidate]:
    """Yield the sum of the three terms before rotation with another third term: another distance, or the beam's."""
    view = case.view()
    plane = added(view["term_fast_before_rot"], view["term_slow_before_rot"])
    distance = view.number("distance_m")
    lengths = [(distance, "")]
    if Node("distance_m") in case.theirs:
        lengths.append((case.theirs[Node("distance_m")][0], " (that of the other side)"))
    for length, whose in lengths:
        nominal = added(plane, scaled(view["initial_odet"], length))
        yield Candidate(nominal, f"nominal distance{whose} for close distance")
    beam = next((name for name in ("incident_vec", "given_beam", "stated_beam") if name in view), None)
    if beam is not None:
        text = "pivot about the beam instead of the sample: distance·b̂ in place of close·ô"
        yield Candidate(added(plane, scaled(view[beam], distance)), text)
    yield Candidate(plane, "the term along the normal left out")


def _by_sample(view: NodeView) -> Iterator[Candidate]:
    normal = geometry.normal_of(view)
    distance, beam = view.number("distance_m"), view["incident_vec"]
    lengths = {"": distance, ", close distance along the final normal": distance * dot(beam, normal)}
    if "angles_rad" in view and "twotheta_axis" in view:
        before_twotheta = about_axis(normal, view["twotheta_axis"], -view["angles_rad"][3])
        lengths[", close distance"] = distance * dot(beam, before_twotheta)
    for words, length in lengths.items():
        by_sample = added(
            scaled(view["fdet_vec"], -view.number("Fbeam_m")),
            scaled(view["sdet_vec"], -view.number("Sbeam_m")),
            scaled(normal, length),
        )
        yield Candidate(by_sample, f"pivot about the sample instead of the beam{words}")


def _by_beam(case: Case, facts: dict[str, Vector], text: str) -> Iterator[Candidate]:
    view = case.view()
    if "incident_vec" not in view:
        return
    terms = (
        scaled(view["fdet_vec"], -facts["Fbeam_m"][0]),
        scaled(view["sdet_vec"], -facts["Sbeam_m"][0]),
        scaled(view["incident_vec"], facts["distance_m"][0]),
    )
    yield Candidate(added(*terms), text)


def _centre_variants(case: Case, pixel: float) -> Iterator[Candidate]:
    view = case.view()
    fast, slow = view["fdet_vec"], view["sdet_vec"]
    for df, ds in ((1, 0), (0, 1), (1, 1), (-1, 0), (0, -1), (-1, -1)):
        for size, words in ((0.5, "half a pixel"), (1.0, "one pixel")):
            shift = added(scaled(fast, df * size * pixel), scaled(slow, ds * size * pixel))
            yield Candidate(
                added(case.right, shift), f"beam centre {words} off ({-ds * size:+g} slow, {-df * size:+g} fast)"
            )
    for first, second in (("Fclose_m", "Sclose_m"), ("Fbeam_m", "Sbeam_m")):
        if first in view and second in view:
            change = view.number(first) - view.number(second)
            shift = added(scaled(fast, change), scaled(slow, -change))
            yield Candidate(added(case.right, shift), "slow and fast beam centre exchanged")


def given_normal(case: Case) -> Iterator[Candidate]:
    """Yield the corner with the normal as given: known, or the one with few decimals that the corner implies."""
    view = case.view()
    words = "the given normal {} as it is; its length is not 1, so the reference replaces it by fast × slow"
    if case.name == "close_distance_meters":
        for normal in _given_normals(view, view["pix0_vector_meters"], case.values.get(Node("pix0_vector_meters"))):
            yield Candidate((dot(view["pix0_vector_meters"], normal),), words.format(_shown(normal)))
        return
    for normal in _given_normals(view, case.logged, None):
        beam = view.get("incident_vec")
        close = view.number("close_distance_m")
        lengths = {"": close}
        if beam is not None and "distance_m" in view:
            lengths = {" and its own close distance": abs(dot(beam, normal)) * view.number("distance_m"), **lengths}
        for extra, length in lengths.items():
            value = added(
                scaled(view["fdet_vec"], -view.number("Fclose_m")),
                scaled(view["sdet_vec"], -view.number("Sclose_m")),
                scaled(normal, length),
            )
            yield Candidate(value, words.format(_shown(normal)) + extra)


def _given_normals(view: NodeView, corner: Vector, _: Vector | None) -> Iterator[Vector]:
    if "given_odet" in view:
        yield view["given_odet"]
        return
    along = added(
        corner, scaled(view["fdet_vec"], view.number("Fclose_m")), scaled(view["sdet_vec"], view.number("Sclose_m"))
    )
    guess = tuple(round(x / norm(along), _ROUND_DIGITS) for x in along)
    few_digits = distance(unit(guess), unit(along)) < _FEW_DIGITS
    if few_digits and distance(guess, geometry.normal_of(view)) < _SMALL_TILT:
        yield guess


def _shown(vector: Vector) -> str:
    return "(" + ", ".join(f"{x:g}" for x in vector) + ")"


def as_given(case: Case) -> Iterator[Candidate]:
    """Yield the vector before it was normalised: the other side's, rounded to the digits that users give."""
    given = {"incident_vec": "given_beam", "fdet_vec": "given_fdet", "sdet_vec": "given_sdet", "odet_vec": "given_odet"}
    name = given.get(case.name)
    view = case.view()
    if name in view and name is not None:
        yield Candidate(view[name], f"as given, not normalised (length {norm(view[name]):.12g})")
    elif len(case.logged) == 3 and abs(norm(case.right) - 1) < 1e-12 < abs(norm(case.logged) - 1) < 1e-3:
        yield Candidate(scaled(case.right, norm(case.logged)), f"not normalised (length {norm(case.logged):.12g})")


def unscaled_beam(case: Case) -> Iterator[Candidate]:
    """Yield the cosine between the normal and the beam as logged, whose length need not be 1."""
    view = case.view()
    beam = view["incident_vec"]
    yield Candidate((dot(beam, geometry.rotated_normal(view)),), f"with the beam as given (length {norm(beam):.12g})")


def solid_angle(case: Case) -> Iterator[Candidate]:
    """Yield solid angles without the obliquity, of a point, and of other points."""
    view = case.view().of(max(case.node.sample, 0))
    radius, close = view.number("R_distance_meters"), view.number("close_distance_meters")
    area = view.number("pixel_m") ** 2
    yield Candidate((area / radius**2,), "without the obliquity")
    yield Candidate((1 / radius**2,), "of a point pixel, 1/R²")
    yield Candidate((close / radius**3,), "without the pixel area")
    yield Candidate((area * close**2 / radius**4,), "the obliquity twice")
    yield Candidate((area / close**2,), "at the close distance instead of R")
    yield Candidate((area * close / radius**2,), "R² for R³")
    yield Candidate((area**0.5 * close / radius**3,), "the pixel size, not its area")
    for sample in view.samples():
        here = view.of(sample)
        own = area * here.number("close_distance_meters") / here.number("R_distance_meters") ** 3
        yield Candidate((own,), f"of sample {sample}" + (" itself" if sample == case.node.sample else ""))


def capture(case: Case) -> Iterator[Candidate]:
    """Yield captured fractions of other layers, of all, and without the slant."""
    view = case.view()
    layers = int(view.number("layers"))
    samples = view.samples() or (0,)
    last = view.of(min((layers - 1) * max(len(samples) // layers, 1), samples[-1]))
    slant = dot(last["diffracted_vec"], geometry.normal_of(last))
    depth = geometry.layer_step_m(view) * view.number("mu_per_m")
    for layer in range(layers + 1):
        value = math.exp(-layer * depth / slant) - math.exp(-(layer + 1) * depth / slant)
        yield Candidate((value,), f"of layer {layer} of {layers}")
    whole = view.number("sensor_m") * view.number("mu_per_m") / slant
    thinner = math.exp(-(layers - 1) / layers * whole) - math.exp(-whole)
    text = f"layers of 1/{layers} of the thickness; the reference's are 1/{max(layers - 1, 1)} of it"
    yield Candidate((thinner,), text)
    yield Candidate((1 - math.exp(-layers * depth / slant),), "of all layers together")
    yield Candidate((math.exp(-(layers - 1) * depth) - math.exp(-layers * depth),), "without the slanted path")
    yield Candidate((math.exp(-layers * depth / slant),), "what passes, not what is absorbed")
    yield Candidate((1.0,), "absorption not computed")

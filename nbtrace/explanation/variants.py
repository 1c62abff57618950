"""Causes that belong to one quantity: another formula, another step, another point."""

import math
from collections.abc import Callable, Iterator

from nbtrace.compare.metrics import dot, norm
from nbtrace.explanation import geometry, sweep
from nbtrace.explanation.formulas import kahn
from nbtrace.explanation.geometry import about_axis, added, scaled, unit
from nbtrace.explanation.scene import At, Node, UnloggedError, Vector
from nbtrace.explanation.signatures import Candidate, Case, Signature, distance
from nbtrace.units import ANGSTROM
from simulator.defects import Defect

_SMALL_TILT = 1e-3
"""Difference of two normals that one and the same detector can have."""

_ROUND_DIGITS = 6
"""Decimals of vectors that users give."""


def _stale_rotation(case: Case) -> Iterator[Candidate]:
    """Yield the orientation of another step of the sweep."""
    for tic, angle in _angles(case):
        if tic == max(case.node.tic, 0):
            continue
        last = " (the last step)" if tic == sweep.step_count(case.view()) - 1 else ""
        text = f"the rotation of phi_tic {tic}{last} in place of that of phi_tic {max(case.node.tic, 0)}"
        yield from _turned(case, angle, text)


def _other_rotation(case: Case) -> Iterator[Candidate]:
    view = case.view()
    tic = max(case.node.tic, 0)
    angle = sweep.labelled_deg(view, tic)
    start, end, count = view.number("phi_start_deg"), view.number("phi_end_deg"), sweep.step_count(view)
    step = (end - start) / count
    others = {
        "no spindle rotation": 0.0,
        "the rotation in the opposite sense": -angle,
        "the middle of the step": angle + step / 2,
        "one step too far": angle + step,
        "one step behind": angle - step,
        "degrees taken for radians": math.degrees(angle),
        "radians taken for degrees": math.radians(angle),
        "the start angle left out": angle - start,
        "twice the angle": 2 * angle,
    }
    if count > 1:
        others["steps that include the end point"] = start + tic * (end - start) / (count - 1)
    for words, other in others.items():
        yield from _turned(case, other, words)
    for name, axis in (("x", (1.0, 0.0, 0.0)), ("y", (0.0, 1.0, 0.0)), ("z", (0.0, 0.0, 1.0))):
        for sign, letter in ((1.0, ""), (-1.0, "−")):
            yield from _turned(case, angle, f"rotation about {letter}{name}", scaled(axis, sign))


def _angles(case: Case) -> list[tuple[int, float]]:
    view = case.view()
    return [(tic, sweep.nominal_deg(view, tic)) for tic in range(min(sweep.step_count(view), 400))]


def _turned(case: Case, angle_deg: float, text: str, axis: Vector | None = None) -> Iterator[Candidate]:
    """Yield the value of a cell vector or index with another spindle rotation."""
    view, name = case.view(), case.name
    letter = name[4] if name.startswith("rot_") else "abc"["hkl".index(name[4])]
    about = axis or sweep.spindle(view)
    base = sweep.base_cell(view, letter) if name.startswith("rot_") else sweep.swept_base(view, letter)
    vector = about_axis(base, about, math.radians(angle_deg)) if angle_deg else base
    if name.startswith("rot_"):
        yield Candidate(vector, text)
    else:
        yield Candidate((dot(vector, view["scattering_vec_A_inv"]) * ANGSTROM,), text)


def _rotated_log(case: Case) -> Iterator[Candidate]:
    """Yield reciprocal vectors rotated to a step: some programs print them so."""
    view = case.view()
    for tic, angle in _angles(case):
        if angle:
            turned = about_axis(case.right, sweep.spindle(view), math.radians(angle))
            yield Candidate(turned, f"printed after the rotation of phi_tic {tic}, not before")


def _not_dual(case: Case) -> Iterator[Candidate]:
    """Yield reciprocal vectors that are not dual to the real ones but for a common factor."""
    view = case.view()
    letter = case.name[4]
    name = f"rot_{letter}_angstroms"
    if name not in view or sweep.labelled_deg(view, 0):
        return
    factor = dot(case.logged, view[name])
    if abs(dot(case.right, view[name]) - 1) < 1e-5 < abs(factor - 1):
        words = f"{factor:.9g} of the dual ones: the cell volume of a triclinic cell given without a matrix is another"
        yield Candidate(scaled(case.right, factor), f"{words} (defect {Defect.CELL_C_STAR_Z.value})")


def _pixel_value(case: Case) -> Iterator[Candidate]:
    """Yield the pixel from the intensity after polarisation."""
    view = case.view()
    if "I_before_scaling_post_polar" not in view or "I_before_scaling" not in view:
        return
    after = view.number("I_before_scaling_post_polar") / view.number("I_before_scaling")
    polar = view.number("polar") if "polar" in view and not view.get("oversample_polar", (0.0,))[0] else 1.0
    text = f"from I_before_scaling_post_polar, {after:.6g} of I_before_scaling, without the logged polar"
    yield Candidate((case.right[0] * after / polar,), text)


def _end_point(case: Case) -> Iterator[Candidate]:
    view = case.view()
    start, end, count = view.number("phi_start_deg"), view.number("phi_end_deg"), sweep.step_count(view)
    if count > 1:
        yield Candidate((start + case.node.tic * (end - start) / (count - 1),), "labels that include the end point")
    yield Candidate((start + (case.node.tic + 1) * (end - start) / count,), "one step too far")
    yield Candidate((start + (case.node.tic + 0.5) * (end - start) / count,), "the middle of the step")
    yield Candidate((case.right[0] - start,), "the start angle left out")


def _other_point(case: Case) -> Iterator[Candidate]:
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


def _other_corner(case: Case) -> Iterator[Candidate]:
    """Yield the first corner by another distance, pivot, centre or normal."""
    view = case.view()
    pixel = view.number("pixel_m")
    yield from _centre_variants(case, pixel)
    if "Fclose_m" in view and "distance_m" in view:
        yield Candidate(
            geometry.corner_by_sample(view, view.number("distance_m")), "nominal distance for close distance"
        )
        beam = {"Fbeam_m": view["Fclose_m"], "Sbeam_m": view["Sclose_m"]}
        facts = {**beam, "distance_m": view["distance_m"]}
        yield from _by_beam(case, facts, "pivot about the beam instead of the sample")
    if "Fbeam_m" in view and "distance_m" in view:
        yield from _by_sample(view)


def _by_sample(view: At) -> Iterator[Candidate]:
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


def _given_normal(case: Case) -> Iterator[Candidate]:
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


def _given_normals(view: At, corner: Vector, _: Vector | None) -> Iterator[Vector]:
    if "given_odet" in view:
        yield view["given_odet"]
        return
    along = added(
        corner, scaled(view["fdet_vec"], view.number("Fclose_m")), scaled(view["sdet_vec"], view.number("Sclose_m"))
    )
    guess = tuple(round(x / norm(along), _ROUND_DIGITS) for x in along)
    if distance(guess, geometry.normal_of(view)) < _SMALL_TILT:
        yield guess


def _shown(vector: Vector) -> str:
    return "(" + ", ".join(f"{x:g}" for x in vector) + ")"


def _as_given(case: Case) -> Iterator[Candidate]:
    """Yield the vector before it was normalised: the other side's, rounded to the digits that users give."""
    given = {"incident_vec": "given_beam", "fdet_vec": "given_fdet", "sdet_vec": "given_sdet", "odet_vec": "given_odet"}
    name = given.get(case.name)
    view = case.view()
    if name in view and name is not None:
        yield Candidate(view[name], f"as given, not normalised (length {norm(view[name]):.12g})")
    elif len(case.logged) == 3 and abs(norm(case.right) - 1) < 1e-12 < abs(norm(case.logged) - 1) < 1e-3:
        yield Candidate(scaled(case.right, norm(case.logged)), f"not normalised (length {norm(case.logged):.12g})")


def _polarisation(case: Case) -> Iterator[Candidate]:
    view = case.view()
    first = view.at(0)
    incoming, outgoing = first["incident_vec"], first["diffracted_vec"]
    cosine = dot(incoming, outgoing)
    K = view.number("kahn_factor") if "kahn_factor" in view else 0.0
    yield Candidate((0.5 * (1 + cosine**2),), "an unpolarised beam (Kahn factor 0)")
    yield Candidate((1.0,), "polarisation not computed")
    yield Candidate((1 + cosine**2,), "without the factor ½")
    yield Candidate((0.5 * (1 + cosine),), "cos 2θ for cos²2θ")
    yield Candidate((cosine**2,), "cos²2θ alone")
    yield Candidate((0.5 * (1 + dot(unit(incoming), unit(outgoing)) ** 2),), "of normalised directions")
    if K:
        base = kahn(view, first)[0]
        plain = 0.5 * (1 + cosine**2)
        yield Candidate((2 * plain - base,), "the other sign of the polarised term")
        yield Candidate((plain + (base - plain) * 2,), "the polarised term without ½")
    for sample in view.samples()[1:]:
        here = view.at(sample)
        yield Candidate(kahn(view, here), f"of sample {sample} instead of the first")
    for other in (1.0, -1.0, 0.5, 0.9, 0.95, 0.99):
        try:
            yield Candidate(case.with_facts({"kahn_factor": (other,)}), f"Kahn factor {other:g} instead of {K:g}")
        except UnloggedError:
            continue


def _solid_angle(case: Case) -> Iterator[Candidate]:
    view = case.view().at(max(case.node.sample, 0))
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
        here = view.at(sample)
        own = area * here.number("close_distance_meters") / here.number("R_distance_meters") ** 3
        yield Candidate((own,), f"of sample {sample}" + (" itself" if sample == case.node.sample else ""))


def _lattice(case: Case) -> Iterator[Candidate]:
    """Yield other lattice factors: of other shapes, of h − h₀, without the division, products that lack an axis."""
    view = case.view()
    if case.name in {"F_latt", "phi_F_latt"}:
        yield from _products(view, case)
        return
    axis = case.name[-1]
    index = (
        view["hkl_frac"]["abc".index(axis)]
        if case.name.startswith("F_latt")
        else view.number(f"phi_{'hkl'['abc'.index(axis)]}_frac")
    )
    count = sweep.cells(view, axis)
    rest = index - math.ceil(index - 0.5)
    yield Candidate((sweep.grating(rest, count),), "of h − h₀ instead of h")
    yield Candidate((abs(sweep.grating(index, count)),), "without its sign")
    if rest:
        yield Candidate((math.sin(math.pi * count * rest) / (math.pi * rest),), "sin(πNh)/πh: no sine below")
        yield Candidate((count * math.exp(-((count * rest / 0.63) ** 2)),), "a Gaussian spot")
        yield Candidate((sweep.grating(index * math.pi, count),), "π taken twice")
        yield Candidate((math.sin(count * index) / math.sin(index),), "π left out")
    yield Candidate((sweep.grating(index, count) / count,), "divided by N")


def _products(view: At, case: Case) -> Iterator[Candidate]:
    names = [f"F_latt_{axis}" for axis in "abc"]
    if case.name == "F_latt" and all(name in view for name in names):
        a, b, c = (view.number(name) for name in names)
        yield Candidate((a + b + c,), "the sum instead of the product")
        yield Candidate((a * b,), "without the factor along c")
        yield Candidate((b * c,), "without the factor along a")
        yield Candidate((a * c,), "without the factor along b")
        yield Candidate((abs(a * b * c),), "without its sign")
        yield Candidate((math.hypot(a, b, c),), "the norm instead of the product")
    elif case.name == "phi_F_latt":
        indices = sweep.step_indices(view)
        factors = [sweep.grating(h, sweep.cells(view, axis)) for h, axis in zip(indices, "abc", strict=True)]
        for i, axis in enumerate("abc"):
            rest = [factor for j, factor in enumerate(factors) if j != i]
            yield Candidate((math.prod(rest),), f"without the factor along {axis}")
        yield Candidate((abs(math.prod(factors)),), "without its sign")
        yield Candidate((sum(factors),), "the sum instead of the product")


def _intensity(case: Case) -> Iterator[Candidate]:
    """Yield other sums over the steps."""
    view = case.view()
    terms, amplitudes = _terms(view)
    total, count, F_cell = math.fsum(terms), len(terms), view.number("F_cell")
    if not total:
        return
    if "polar" in view:
        yield Candidate((case.right[0] * view.number("polar"),), "logged after polarisation (times polar)")
    yield Candidate((case.right[0] / count,), "divided by the number of steps already")
    for i, term in enumerate(terms) if count > 1 else ():
        yield Candidate((case.right[0] - term * case.right[0] / total,), f"the sum lacks term {i} of {count}")
        yield Candidate((term * case.right[0] / total,), f"only term {i} of {count}")
        yield Candidate((case.right[0] * (1 + term / total),), f"term {i} of {count} twice")
        yield Candidate((term * count * case.right[0] / total,), f"term {i} of {count} for all")
    if count > 1:
        yield Candidate((math.fsum(amplitudes) ** 2,), "the square of the sum, not the sum of the squares")
        yield Candidate((abs(math.fsum(amplitudes)),), "amplitudes instead of intensities")
    else:
        yield Candidate((total,), "(F_cell·F_latt)² of the one step that the log shows")
    if F_cell:
        yield Candidate((case.right[0] / F_cell,), "F_cell not squared")
        yield Candidate((case.right[0] / F_cell**2,), "F_cell left out")
        yield Candidate((F_cell**2 * sum(abs(a / F_cell) for a in amplitudes),), "F_latt not squared")


def _terms(view: At) -> tuple[list[float], list[float]]:
    F_cell = view.number("F_cell")
    amplitudes = []
    for sample in view.samples() or (0,):
        here = view.at(sample)
        tics = here.tics("phi_F_latt")
        factors = [view.at(sample, tic).number("phi_F_latt") for tic in tics] or [here.number("F_latt")]
        amplitudes += [F_cell * factor for factor in factors]
    return [a * a for a in amplitudes], amplitudes


def _capture(case: Case) -> Iterator[Candidate]:
    view = case.view()
    layers = int(view.number("layers"))
    per_layer = max(len(view.samples()) // layers, 1)
    last = view.at((layers - 1) * per_layer)
    slant = dot(last["diffracted_vec"], geometry.normal_of(last))
    depth = geometry.layer_step_m(view) * view.number("mu_per_m")
    for layer in range(layers + 1):
        value = math.exp(-layer * depth / slant) - math.exp(-(layer + 1) * depth / slant)
        yield Candidate((value,), f"of layer {layer} of {layers}")
    yield Candidate((1 - math.exp(-layers * depth / slant),), "of all layers together")
    yield Candidate((math.exp(-(layers - 1) * depth) - math.exp(-layers * depth),), "without the slanted path")
    yield Candidate((math.exp(-layers * depth / slant),), "what passes, not what is absorbed")
    yield Candidate((1.0,), "absorption not computed")


def _structure_factor(case: Case) -> Iterator[Candidate]:
    view = case.view()
    if "F_cell_interpolated" in view:
        yield Candidate(view["F_cell_interpolated"], "interpolated instead of the nearest reflection")
    if "default_F" in view:
        yield Candidate(view["default_F"], "the default structure factor")


def _not_stored(case: Case) -> Iterator[Candidate]:
    yield Candidate(case.view()["I_pixel_final"], "not rounded to float32")


def _divisor(case: Case) -> Iterator[Candidate]:
    for name, words in (("sources", "sources"), ("mosaic_domains", "mosaic domains"), ("phi_steps", "φ steps")):
        yield Candidate((case.right[0] / case.view().number(name),), f"the {words} are not counted")
    n = case.view().number("oversample")
    yield Candidate((case.right[0] / n,), "subpixels counted along one direction only")
    yield Candidate((case.right[0] / n**2,), "the subpixels are not counted")
    yield Candidate((case.right[0] + 1,), "one step too many")
    yield Candidate((case.right[0] - 1,), "one step too few")


def _only(
    names: frozenset[str], function: Callable[[Case], Iterator[Candidate]]
) -> Callable[[Case], Iterator[Candidate]]:
    def candidates(case: Case) -> Iterator[Candidate]:
        if case.name in names:
            yield from function(case)

    return candidates


_ORIENTATION = frozenset({*(f"rot_{axis}_angstroms" for axis in "abc"), *(f"phi_{letter}_frac" for letter in "hkl")})
_STARS = frozenset(f"rot_{axis}_star_A_inv" for axis in "abc")
_CORNER = frozenset({"pix0_vector_meters", "pix0_vector"})
_DIRECTIONS = frozenset({"incident_vec", "fdet_vec", "sdet_vec", "odet_vec"})
_FACTORS = frozenset({"F_latt", "phi_F_latt", *(f"{p}F_latt_{a}" for p in ("", "phi_") for a in "abc")})

VARIANTS: tuple[Signature, ...] = (
    Signature("stale_rotation", "the rotation of another step", 2, _only(_ORIENTATION, _stale_rotation)),
    Signature("other_rotation", "another spindle rotation", 3, _only(_ORIENTATION, _other_rotation)),
    Signature("rotated_in_log", "printed after a rotation", 3, _only(_STARS, _rotated_log)),
    Signature("cell_c_star_z", "not dual to the real vectors", 2, _only(_STARS, _not_dual)),
    Signature("post_polar", "after polarisation", 2, _only(frozenset({"I_pixel_final"}), _pixel_value)),
    Signature("phi_label", "another division of the sweep", 2, _only(frozenset({"phi_deg"}), _end_point)),
    Signature("pixel_shift", "another point of the detector", 2, _only(frozenset({"pixel_pos_meters"}), _other_point)),
    Signature("corner", "another beam centre, distance or pivot", 3, _only(_CORNER, _other_corner)),
    Signature(
        "given_normal", "the given normal", 2, _only(_CORNER | frozenset({"close_distance_meters"}), _given_normal)
    ),
    Signature("not_normalised", "a direction as given", 1, _only(_DIRECTIONS, _as_given)),
    Signature("polarisation", "another polarisation factor", 2, _only(frozenset({"polar"}), _polarisation)),
    Signature(
        "solid_angle", "another solid angle", 2, _only(frozenset({"omega_pixel", "omega_pixel_sr"}), _solid_angle)
    ),
    Signature("lattice_factor", "another lattice factor", 2, _only(_FACTORS, _lattice)),
    Signature("intensity_sum", "another sum", 2, _only(frozenset({"I_before_scaling"}), _intensity)),
    Signature("capture", "another captured fraction", 2, _only(frozenset({"capture_fraction"}), _capture)),
    Signature("structure_factor", "another structure factor", 2, _only(frozenset({"F_cell"}), _structure_factor)),
    Signature("not_stored", "double precision", 2, _only(frozenset({"floatimage_accumulated"}), _not_stored)),
    Signature("divisor", "another number of steps", 2, _only(frozenset({"steps"}), _divisor)),
)
"""Signatures of single quantities."""

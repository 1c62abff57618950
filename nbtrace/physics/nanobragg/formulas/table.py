"""Every quantity that a formula gives, with the formula, in execution order.

A formula sees the values of one log (:class:`~nbtrace.compare.scene.NodeView`); the quantities that it asks for stand
in the table of quantities as its inputs, the configuration values here as its facts. Where the self-check of a log has
the same relation, it is taken from there.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from nbtrace.compare.metrics import dot
from nbtrace.compare.precision import as_single
from nbtrace.compare.scene import ALL, NodeView, Vector
from nbtrace.compare.vectors import cross, scaled, unit
from nbtrace.physics.nanobragg import relations
from nbtrace.physics.nanobragg.formulas import cell, crystal, geometry
from nbtrace.physics.nanobragg.formulas.reflections import Reflections
from nbtrace.physics.nanobragg.formulas.sweep_places import at_step, tic_of, tics
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.physics.nanobragg.relations import RELATIONS
from nbtrace.vocabulary.formula import Formula, Lack, UnloggedError

THOMSON_M2 = 7.94079248018965e-30
"""r_e² of the reference."""

REFLECTIONS = "reflections"
"""Name of the table that is the list of reflections."""

DEFAULT_FLUENCE = 125932015286227086360700780544.0
"""Fluence without any flag, for which r_e²·fluence = 1."""


def _relation(name: str) -> Formula:
    """Return a relation of the self-check as a formula."""
    relation = _BY_NAME[name]
    compute = relation.compute
    if relation.single:
        return Formula(name, relation.formula, lambda at: tuple(map(as_single, compute(at))), single=True)
    return Formula(name, relation.formula, compute)


_BY_NAME = {relation.name: relation for relation in RELATIONS}


def several_sources(at: NodeView) -> bool:
    """Whether the beam is known to have more than one source; a log prints the values of the first or the last."""
    return any(name in at and at.number(name) > most for name, most in (("several_sources", 0), ("sources", 1)))


def wavelength(at: NodeView) -> Vector:
    """Return the configured wavelength, m; with one source that of the banner."""
    if several_sources(at):
        raise UnloggedError("wavelength of the source", Lack.TURN)
    return at["configured_lambda_m" if "configured_lambda_m" in at else "stated_lambda_m"]


def fluence(at: NodeView) -> Vector:
    """Return the configured fluence, else that of the banner."""
    return at["configured_fluence" if "configured_fluence" in at else "stated_fluence"]


def incident(at: NodeView) -> Vector:
    """Return the direction of a single source: the given beam vector, normalised, or that of the geometry block."""
    if several_sources(at):
        raise UnloggedError("direction of the source", Lack.TURN)
    return unit(at[next((name for name in ("given_beam", "term_beam") if name in at), "stated_beam")])


def solid_angle(at: NodeView) -> Vector:
    """Return Ω = p²·close/R³, that of the first point unless it is taken anew at every one; 1/R² of a point."""
    fresh = _per_point_flag(at, "oversample_omega")
    here = at if fresh or at.node.sample <= 0 else at.of(0)
    radius, close = here.number("R_distance_meters"), here.number("close_distance_meters")
    if "point_pixel" in at and at.number("point_pixel"):
        return (relations.solid_angle_of_a_point(radius),)
    return (relations.solid_angle(at.number("pixel_m"), close, radius),)


def applied_solid_angle(at: NodeView) -> Vector:
    """Return the solid angle of the chain: that of the first point, of the last one where it is taken anew."""
    fresh = _per_point_flag(at, "oversample_omega")
    samples = at.samples()
    return at.of(samples[-1] if fresh and samples else 0)["omega_pixel_sr"]


def _listed(at: NodeView) -> Reflections | None:
    """Return the list of reflections that the configuration names."""
    reflections: Reflections | None = at.scene.tables.get(REFLECTIONS)
    return reflections


def structure_factor(at: NodeView) -> Vector:
    """Return the structure factor: that of the list at the logged indices, or the one that every reflection has.

    A key that says nearest is one even where the run interpolates.
    """
    listed = _listed(at)
    if listed is None:
        if at.number("reflections") != 0:
            raise UnloggedError("list of reflections", Lack.FACT)
        return at["default_F"]
    record = at.scene.records.get(at.node)
    if not listed.interpolated or (record is not None and record.key.endswith("_nearest")):
        return (listed.nearest(at["hkl_rounded"]),)
    return (listed.at(at["hkl_frac"], at["hkl_rounded"]),)


def interpolated_structure_factor(at: NodeView) -> Vector:
    """Return the structure factor interpolated in the list, where the indices are within it."""
    listed = _listed(at)
    if listed is None:
        raise UnloggedError("list of reflections", Lack.FACT)
    if not listed.within(at["hkl_frac"]):
        raise UnloggedError("indices within the list", Lack.NUMBER)
    return (listed.tricubic(at["hkl_frac"]),)


def _structure_factors(at: NodeView, tics: tuple[int, ...]) -> list[float]:
    """Return F_cell of every step; the log tells only that of step 0, the list those of other reflections."""
    value = at.number("F_cell")
    if _listed(at) is None and "reflections" in at and at.number("reflections") == 0:
        return [value] * len(tics)
    if len(tics) < 2 or not at.logged("hkl_rounded"):
        return [value] * len(tics)
    first = at["hkl_rounded"]
    return [value, *(_at_step(at, tic, first, value) for tic in tics[1:])]


def _at_step(at: NodeView, tic: int, first: Vector, value: float) -> float:
    """Return F_cell of a later step: that of step 0 where the reflection is the same, and not interpolated."""
    listed = _listed(at)
    try:
        hkl = crystal.step_indices(at_step(at if listed is not None else at.aside(), max(at.node.sample, 0), tic))
    except UnloggedError:
        return value
    here = relations.nearest_indices(hkl)
    if here == first and (listed is None or not listed.interpolated):
        return value
    if listed is None:
        raise UnloggedError(f"F_cell of phi_tic {tic}", Lack.TURN)
    return listed.at(hkl, here)


def _terms(at: NodeView) -> list[float]:
    """Return F_cell²·F_latt² of every step of a sampled point."""
    logged = tics(at, "phi_F_latt")
    count = crystal.step_count(at) if "phi_steps" in at else len(logged)
    if not count and at.get("steps", (0.0,)) != (1.0,):
        raise UnloggedError("phi_steps", Lack.FACT)
    count = max(count, 1)
    F_cells = _structure_factors(at, tuple(range(count)))
    sample = max(at.node.sample, 0)
    if len(logged) >= count:
        factors = [at_step(at, sample, tic).number("phi_F_latt") for tic in range(count)]
    elif count == 1:
        factors = [at.number("F_latt")]
    else:
        factors = [at.number("F_latt"), *(_modelled(at, sample, tic) for tic in range(1, count))]
    return [(F_cell * factor) ** 2 for F_cell, factor in zip(F_cells, factors, strict=True)]


def _modelled(at: NodeView, sample: int, tic: int) -> float:
    """Return the lattice factor of a step that the log does not print."""
    here = at_step(at, sample, tic)
    angle = crystal.nominal_deg(here, tic)
    return math.prod(
        crystal.grating(crystal.index_at(here, axis, angle), crystal.cells(here, axis)) for axis in crystal.AXES
    )


def intensity(at: NodeView) -> Vector:
    """Return ΣF_cell²·F_latt² over steps and sampled points; with a factor applied per point, the running product."""
    if "other_shape" in at and at.number("other_shape"):
        raise UnloggedError("lattice factors of a crystal that is no parallelepiped", Lack.FACT)
    if "water_um" in at and at.number("water_um"):
        raise UnloggedError("scattering of the water", Lack.FACT)
    if several_sources(at):
        raise UnloggedError("values of the other sources", Lack.TURN)
    if "mosaic_domains" in at and at.number("mosaic_domains") > 1:
        raise UnloggedError("values of the other mosaic domains", Lack.TURN)
    samples = at.samples() or (0,)
    expected = (at.number("oversample") if "oversample" in at else 1) ** 2
    expected *= at.number("layers") if "layers" in at else 1
    if len(samples) != max(expected, 1):
        raise UnloggedError("values of the other sampled points", Lack.TURN)
    total = 0.0
    for sample in samples:
        here = at.of(sample)
        weight = math.prod(_per_point(here))
        for term in _terms(here):
            total = (total + term) * weight
    return (total,)


def _per_point(at: NodeView) -> list[float]:
    """Return the factors that a flag applies to every point."""
    factors = []
    if _per_point_flag(at, "oversample_thick"):
        factors.append(captured(at)[0])
    if _per_point_flag(at, "oversample_polar"):
        factors.append(kahn(at, at)[0])
    if _per_point_flag(at, "oversample_omega"):
        factors.append(at.number("omega_pixel_sr"))
    return factors


def after_polarisation(at: NodeView) -> Vector:
    """Return I·polar."""
    return (at.number("I_before_scaling") * at.number("polar"),)


def divisor(at: NodeView) -> Vector:
    """Return sources · mosaic domains · φ steps · subpixels."""
    names = ("sources", "mosaic_domains", "phi_steps", "oversample", "oversample")
    return (math.prod(at.number(name) for name in names),)


def captured(at: NodeView) -> Vector:
    """Return exp(−iΔμ/κ) − exp(−(i+1)Δμ/κ) of the last layer, κ = d̂·ô; 1 without a sensor thickness."""
    if not at.number("sensor_m"):
        return (1.0,)
    layers = int(at.number("layers"))
    if at.node.sample == ALL and _per_point_flag(at, "oversample_thick") and at.samples():
        here = at.of(at.samples()[-1])
        layer = geometry.coordinates_px(here)[2]
    elif at.node.sample == ALL:
        layer = layers - 1
        per_layer = len(at.samples()) // layers if at.samples() else 0
        here = at.of(layer * per_layer)
    else:
        here, layer = at, geometry.coordinates_px(at)[2]
    if not per_sample(here):
        raise UnloggedError("direction of the last layer", Lack.TURN)
    slant = dot(here["diffracted_vec"], geometry.normal_of(here))
    depth = geometry.layer_step_m(at) * at.number("mu_per_m") / slant
    return (math.exp(-layer * depth) - math.exp(-(layer + 1) * depth),)


def _per_point_flag(at: NodeView, name: str) -> bool:
    """Whether a factor is applied to every point."""
    return name in at and at.number(name) != 0


def per_sample(at: NodeView) -> bool:
    """Whether the log has values of the sampled point that a view is at."""
    return max(at.node.sample, 0) in (at.samples() or (0,))


def polarisation(at: NodeView) -> Vector:
    """Return the Kahn factor of the first source at the first point; 1 where it is switched off."""
    if "nopolar" in at and at.number("nopolar"):
        return (1.0,)
    samples = at.samples() or (0,)
    return kahn(at, at.of(samples[-1] if _per_point_flag(at, "oversample_polar") else 0))


def kahn_plain(at: NodeView) -> Vector:
    """Return ½(1 + cos²2θ), the factor of an unpolarised beam."""
    return (0.5 * (1 + dot(at["incident_vec"], at["diffracted_vec"]) ** 2),)


def kahn(at: NodeView, here: NodeView) -> Vector:
    """Return ½[1 + cos²2θ − K·cos 2ψ·sin²2θ] of a point, with the configured K."""
    return _kahn(at, here, at.number("kahn_factor"))


def polar_by(at: NodeView, K: float) -> Vector:
    """Return the same of the first point with any K."""
    return _kahn(at, at.of(0), K)


def _kahn(at: NodeView, here: NodeView, K: float) -> Vector:
    incoming, outgoing = here["incident_vec"], here["diffracted_vec"]
    cosine = dot(incoming, outgoing) ** 2
    azimuthal = K * cos_twice_psi(at, incoming, outgoing) * (1 - cosine) if K else 0.0
    return (0.5 * (1 + cosine - azimuthal),)


def cos_twice_psi(at: NodeView, incoming: Vector, outgoing: Vector) -> float:
    """Return cos 2ψ of the azimuth ψ about the beam, from the plane of polarisation."""
    across = unit(cross(at["polar_axis"], incoming)) if "polar_axis" in at else scaled(unit(at["vertical_axis"]), -1)
    along = unit(cross(incoming, across))
    return math.cos(2 * math.atan2(dot(outgoing, across), dot(outgoing, along)))


def scattering_cosine(at: NodeView) -> Vector:
    """Return î·d̂ of the last point; with one source."""
    if several_sources(at):
        raise UnloggedError("direction of the last source", Lack.TURN)
    return relations.scattering_cosine(at.of(at.samples()[-1]) if at.samples() else at)


_AXES = ("fdet", "sdet", "odet")
_GIVEN_AXES = tuple(f"given_{name}" for name in _AXES)
_SOURCES = ("sources", "several_sources")
_SWEEP = ("phi_steps", "phi_start_deg", "phi_end_deg")
_ORIENTATION = ("cell_lengths", "given_spindle", "spindle_axis", *_SWEEP)
_CELLS = tuple(f"N_{axis}" for axis in crystal.AXES)
_POINTS = ("pixel_slow_fast", "oversample", "layers")
_LAYERS = ("sensor_m", "layer_step_m")
_ABSORPTION = (*_POINTS, *_LAYERS, "mu_per_m", "left_handed")
_POSITION = (*_POINTS, *_LAYERS, "pixel_m", "left_handed", "curved")
_WAVELENGTH = ("configured_lambda_m", "stated_lambda_m")
_FLUENCE = ("configured_fluence", "stated_fluence")
_STEPS = ("sources", "mosaic_domains", "phi_steps", "oversample")
_POLARISATION = ("nopolar", "kahn_factor", "vertical_axis")
_REFLECTIONS = ("reflections", "default_F")
_SUMMED = ("reflections", "other_shape", "water_um", "mosaic_domains", *_SOURCES)
_INTENSITY = (*_SUMMED, *_CELLS, *_ORIENTATION, *_ABSORPTION, "kahn_factor", "vertical_axis")


def _of_the_detector() -> Iterator[Formula]:
    yield from (
        Formula(f"initial_{n}", f"{n} as given, normalised", geometry.initial_axis(n), facts=_GIVEN_AXES) for n in _AXES
    )
    yield from (Formula(f"R{n}", f"rotation about {n}", geometry.rotation_about(i)) for i, n in enumerate("xyz"))
    yield Formula("R_total", "Rz·Ry·Rx", geometry.total_rotation)
    yield Formula("ratio", "b̂·ô", geometry.beam_on_normal, facts=("given_beam", "stated_beam"))
    yield Formula("term_fast_before_rot", "−Fclose·f̂", geometry.term("Fclose_m", "initial_fdet", -1))
    yield Formula("term_slow_before_rot", "−Sclose·ŝ", geometry.term("Sclose_m", "initial_sdet", -1))
    yield Formula("term_close_before_rot", "close·ô", geometry.term("close_distance_m", "initial_odet", 1))
    terms = ("term_fast_before_rot", "term_slow_before_rot", "term_close_before_rot")
    yield Formula("pix0_before_rotation", "sum of the three terms", geometry.summed(*terms))
    yield Formula("pix0_after_rotz", "R_total·pix0", geometry.pix0_after_rotations)
    yield from (Formula(f"{n}_after_rotz", f"R_total·{n}", geometry.rotated_axis(n)) for n in _AXES)
    for n in _AXES:
        facts = ("mosflm_frame", *_GIVEN_AXES)
        yield Formula(f"{n}_after_twotheta", f"{n} after all rotations", geometry.final_axis(n), facts=facts)
    yield Formula("distance_m", "close distance/ratio", geometry.nominal_distance)
    yield Formula("term_fast", "−Fbeam·f̂", geometry.term("Fbeam_m", "fdet_after_twotheta", -1))
    yield Formula("term_slow", "−Sbeam·ŝ", geometry.term("Sbeam_m", "sdet_after_twotheta", -1))
    yield Formula("term_beam", "distance·b̂", geometry.term_beam, facts=("given_beam",))
    yield Formula("pix0_vector", "sum of the three terms", geometry.summed("term_fast", "term_slow", "term_beam"))
    yield Formula("pix0_after_twotheta", "pix0 after all rotations", geometry.pix0_after_twotheta)


def _of_the_pixel() -> Iterator[Formula]:
    yield Formula("pix0_vector_meters", "corner from the geometry", geometry.corner, facts=("left_handed",))
    yield from (
        Formula(f"{n}_vec", f"{n} from the geometry", geometry.axis_of_pixel(n), facts=_GIVEN_AXES) for n in _AXES
    )
    yield Formula("pixel_pos_meters", "F·f̂ + S·ŝ + P₀", geometry.position, facts=_POSITION)
    yield Formula("close_distance_meters", "P₀·ô", geometry.close_distance, facts=("left_handed",))
    yield Formula("omega_pixel_sr", _BY_NAME["omega_pixel_sr"].formula, solid_angle, facts=("pixel_m", "point_pixel"))
    yield Formula("incident_vec", "given beam, normalised", incident, facts=(*_SOURCES, "given_beam", "stated_beam"))
    yield Formula("lambda_meters", "as configured", wavelength, facts=(*_SOURCES, *_WAVELENGTH))


def _of_the_crystal() -> Iterator[Formula]:
    yield Formula("V_cell", "1/V*", cell.volume)
    for axis, text in zip(crystal.AXES, cell.TEXTS, strict=True):
        yield Formula(f"vec_{axis}", text, cell.real_vector(axis), facts=("cell_lengths",))
    for axis in crystal.AXES:
        yield Formula(f"rot_{axis}_angstroms", f"{axis} turned by φ", crystal.rotated(axis), facts=_ORIENTATION)
    for axis in crystal.AXES:
        grating, facts, rough = crystal.factor(axis), (f"N_{axis}",), crystal.roughness(axis)
        yield Formula(f"F_latt_{axis}", "sin(πNh)/sin(πh)", grating, facts=facts, rough=rough)
    yield Formula("F_cell", "F of the reflection", structure_factor, facts=_REFLECTIONS)
    yield Formula("F_cell_interpolated", "F interpolated between reflections", interpolated_structure_factor)
    yield Formula("phi_deg", "φ₀ + tic·Δφ", lambda at: (crystal.nominal_deg(at, tic_of(at.node)),), facts=_SWEEP)
    for letter, axis in zip("hkl", crystal.AXES, strict=True):
        yield Formula(f"phi_{letter}_frac", f"{axis}(φ)·S", crystal.step_index(axis), facts=_ORIENTATION)
    for axis in crystal.AXES:
        grating, facts, rough = crystal.step_factor(axis), (f"N_{axis}",), crystal.roughness(axis)
        yield Formula(f"phi_F_latt_{axis}", "sin(πNh)/sin(πh)", grating, facts=facts, rough=rough)
    of_a_step, rough = (*_CELLS, *_ORIENTATION), crystal.roughness_of_product
    yield Formula("phi_F_latt", "product of the three at φ", crystal.step_lattice, facts=of_a_step, rough=rough)


def _of_the_intensity() -> Iterator[Formula]:
    yield Formula("I_before_scaling", "ΣF_cell²·F_latt²", intensity, facts=_INTENSITY)
    yield Formula("I_before_scaling_post_polar", "I·polar", after_polarisation)
    yield Formula("r_e_meters", "√(r_e²) of the reference", lambda _: (math.sqrt(THOMSON_M2),))
    yield Formula("fluence_photons_per_m2", "as configured", fluence, facts=_FLUENCE)
    yield Formula("steps", "sources·domains·φ steps·subpixels", divisor, facts=_STEPS)
    yield Formula("capture_fraction", "absorbed in the last layer", captured, facts=_ABSORPTION)
    yield Formula("polar", "Kahn factor", polarisation, facts=_POLARISATION)
    yield Formula("omega_pixel", "omega_pixel_sr", applied_solid_angle)
    yield Formula("cos_2theta", _BY_NAME["cos_2theta"].formula, scattering_cosine, facts=_SOURCES)


def _table() -> dict[str, Formula]:
    parts = (_of_the_detector(), _of_the_pixel(), _of_the_crystal(), _of_the_intensity())
    own = {formula.quantity: formula for part in parts for formula in part}
    table = {**{name: _relation(name) for name in _BY_NAME}, **own}
    return {
        name: replace(table[name], inputs=quantity.inputs) for name, quantity in QUANTITIES.items() if name in table
    }


FORMULAS: dict[str, Formula] = _table()
"""By quantity, in execution order."""

"""Every quantity that a formula gives, with the formula, in execution order.

A formula sees the values of one log (:class:`~nbtrace.compare.scene.At`); what it asks for are its inputs. Where
the self-check of a log has the same relation, it is taken from there.
"""

import math

from nbtrace.compare.metrics import dot
from nbtrace.compare.precision import as_single
from nbtrace.compare.scene import ALL, At, Vector
from nbtrace.compare.vectors import cross, scaled, unit
from nbtrace.physics.nanobragg.formulas import cell, crystal, geometry
from nbtrace.physics.nanobragg.formulas.reflections import Reflections
from nbtrace.physics.nanobragg.formulas.steps import at_step, tic_of, tics
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.physics.nanobragg.relations import RELATIONS
from nbtrace.vocabulary.formula import Formula, UnloggedError

THOMSON_M2 = 7.94079248018965e-30
"""r_e² of the reference."""

REFLECTIONS = "reflections"
"""Name of the table that is the list of reflections."""

DEFAULT_FLUENCE = 125932015286227086360700780544.0
"""Fluence without any flag, for which r_e²·fluence = 1."""


def _relation(name: str) -> Formula:
    """Return a relation of the self-check as a formula."""
    identity = next(item for item in RELATIONS if item.name == name)
    return Formula(name, identity.formula, lambda at: identity.sides(at).computed)


def several_sources(at: At) -> bool:
    """Whether the beam is known to have more than one source; a log prints the values of the first or the last."""
    return "several_sources" in at or ("sources" in at and at.number("sources") > 1)


def wavelength(at: At) -> Vector:
    """Return the configured wavelength, m; with one source that of the banner."""
    if several_sources(at):
        raise UnloggedError("wavelength of the source")
    return at["configured_lambda_m" if "configured_lambda_m" in at else "stated_lambda_m"]


def fluence(at: At) -> Vector:
    """Return the configured fluence, else that of the banner."""
    return at["configured_fluence" if "configured_fluence" in at else "stated_fluence"]


def incident(at: At) -> Vector:
    """Return the direction of a single source: the given beam vector, normalised, or that of the geometry block."""
    if several_sources(at):
        raise UnloggedError("direction of the source")
    return unit(at[next((name for name in ("given_beam", "term_beam") if name in at), "stated_beam")])


def solid_angle(at: At) -> Vector:
    """Return Ω = p²·close/R³, that of the first point unless it is taken anew at every one; 1/R² of a point."""
    fresh = _per_point_flag(at, "oversample_omega")
    here = at if fresh or at.node.sample <= 0 else at.of(0)
    radius, close = here.number("R_distance_meters"), here.number("close_distance_meters")
    if "point_pixel" in at and at.number("point_pixel"):
        return (1 / radius**2,)
    return (at.number("pixel_m") ** 2 * close / radius**3,)


def applied_solid_angle(at: At) -> Vector:
    """Return the solid angle of the chain: that of the first point, of the last one where it is taken anew."""
    fresh = _per_point_flag(at, "oversample_omega")
    samples = at.samples()
    return at.of(samples[-1] if fresh and samples else 0)["omega_pixel_sr"]


def rounded(at: At) -> Vector:
    """Return ⌈hkl_frac − ½⌉."""
    return crystal.whole_indices(at["hkl_frac"])


def _listed(at: At) -> Reflections | None:
    """Return the list of reflections that the configuration names."""
    found: Reflections | None = at.scene.tables.get(REFLECTIONS)
    return found


def structure_factor(at: At) -> Vector:
    """Return the structure factor: that of the list at the logged indices, or the one that every reflection has.

    A key that says nearest is one even where the run interpolates.
    """
    listed = _listed(at)
    if listed is None:
        if at.number("reflections") != 0:
            raise UnloggedError("list of reflections")
        return at["default_F"]
    record = at.scene.records.get(at.node)
    if not listed.interpolated or (record is not None and record.key.endswith("_nearest")):
        return (listed.nearest(at["hkl_rounded"]),)
    return (listed.at(at["hkl_frac"], at["hkl_rounded"]),)


def interpolated_structure_factor(at: At) -> Vector:
    """Return the structure factor interpolated in the list, where the indices are within it."""
    listed = _listed(at)
    if listed is None:
        raise UnloggedError("list of reflections")
    if not listed.within(at["hkl_frac"]):
        raise UnloggedError("indices within the list")
    return (listed.tricubic(at["hkl_frac"]),)


def _structure_factors(at: At, tics: tuple[int, ...]) -> list[float]:
    """Return F_cell of every step; the log tells only that of step 0, the list those of other reflections."""
    value = at.number("F_cell")
    if _listed(at) is None and "reflections" in at and at.number("reflections") == 0:
        return [value] * len(tics)
    if len(tics) < 2 or not at.logged("hkl_rounded"):
        return [value] * len(tics)
    first = at["hkl_rounded"]
    return [value, *(_at_step(at, tic, first, value) for tic in tics[1:])]


def _at_step(at: At, tic: int, first: Vector, value: float) -> float:
    """Return F_cell of a later step: that of step 0 where the reflection is the same, and not interpolated."""
    listed = _listed(at)
    try:
        hkl = crystal.step_indices(at_step(at if listed is not None else at.aside(), max(at.node.sample, 0), tic))
    except UnloggedError:
        return value
    here = crystal.whole_indices(hkl)
    if here == first and (listed is None or not listed.interpolated):
        return value
    if listed is None:
        raise UnloggedError(f"F_cell of phi_tic {tic}")
    return listed.at(hkl, here)


def _terms(at: At) -> list[float]:
    """Return F_cell²·F_latt² of every step of a sampled point."""
    logged = tics(at, "phi_F_latt")
    count = crystal.step_count(at) if "phi_steps" in at else len(logged)
    if not count and at.get("steps", (0.0,)) != (1.0,):
        raise UnloggedError("phi_steps")
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


def _modelled(at: At, sample: int, tic: int) -> float:
    """Return the lattice factor of a step that the log does not print."""
    here = at_step(at, sample, tic)
    angle = crystal.nominal_deg(here, tic)
    return math.prod(
        crystal.grating(crystal.index_at(here, axis, angle), crystal.cells(here, axis)) for axis in crystal.AXES
    )


def intensity(at: At) -> Vector:
    """Return ΣF_cell²·F_latt² over steps and sampled points; with a factor applied per point, the running product."""
    if "other_shape" in at:
        raise UnloggedError("lattice factors of a crystal that is no parallelepiped")
    if "water_um" in at and at.number("water_um"):
        raise UnloggedError("scattering of the water")
    if several_sources(at):
        raise UnloggedError("values of the other sources")
    if "mosaic_domains" in at and at.number("mosaic_domains") > 1:
        raise UnloggedError("values of the other mosaic domains")
    samples = at.samples() or (0,)
    expected = (at.number("oversample") if "oversample" in at else 1) ** 2
    expected *= at.number("layers") if "layers" in at else 1
    if len(samples) != max(expected, 1):
        raise UnloggedError("values of the other sampled points")
    total = 0.0
    for sample in samples:
        here = at.of(sample)
        weight = math.prod(_per_point(here))
        for term in _terms(here):
            total = (total + term) * weight
    return (total,)


def _per_point(at: At) -> list[float]:
    """Return the factors that a flag applies to every point."""
    factors = []
    if _per_point_flag(at, "oversample_thick"):
        factors.append(captured(at)[0])
    if _per_point_flag(at, "oversample_polar"):
        factors.append(kahn(at, at)[0])
    if _per_point_flag(at, "oversample_omega"):
        factors.append(at.number("omega_pixel_sr"))
    return factors


def after_polarisation(at: At) -> Vector:
    """Return I·polar."""
    return (at.number("I_before_scaling") * at.number("polar"),)


def divisor(at: At) -> Vector:
    """Return sources · mosaic domains · φ steps · subpixels."""
    names = ("sources", "mosaic_domains", "phi_steps", "oversample", "oversample")
    return (math.prod(at.number(name) for name in names),)


def captured(at: At) -> Vector:
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
        raise UnloggedError("direction of the last layer")
    slant = dot(here["diffracted_vec"], geometry.normal_of(here))
    depth = geometry.layer_step_m(at) * at.number("mu_per_m") / slant
    return (math.exp(-layer * depth) - math.exp(-(layer + 1) * depth),)


def _per_point_flag(at: At, name: str) -> bool:
    """Whether a factor is applied to every point."""
    return name in at and at.number(name) != 0


def per_sample(at: At) -> bool:
    """Whether the log has values of the sampled point that a view is at."""
    return max(at.node.sample, 0) in (at.samples() or (0,))


def polarisation(at: At) -> Vector:
    """Return the Kahn factor of the first source at the first point; 1 where it is switched off."""
    if "nopolar" in at and at.number("nopolar"):
        return (1.0,)
    samples = at.samples() or (0,)
    return kahn(at, at.of(samples[-1] if _per_point_flag(at, "oversample_polar") else 0))


def kahn_plain(at: At) -> Vector:
    """Return ½(1 + cos²2θ), the factor of an unpolarised beam."""
    return (0.5 * (1 + dot(at["incident_vec"], at["diffracted_vec"]) ** 2),)


def kahn(at: At, here: At) -> Vector:
    """Return ½[1 + cos²2θ − K·cos 2ψ·sin²2θ] of a point, with the configured K."""
    return _kahn(at, here, at.number("kahn_factor"))


def polar_by(at: At, K: float) -> Vector:
    """Return the same of the first point with any K."""
    return _kahn(at, at.of(0), K)


def _kahn(at: At, here: At, K: float) -> Vector:
    incoming, outgoing = here["incident_vec"], here["diffracted_vec"]
    cosine = dot(incoming, outgoing) ** 2
    azimuthal = K * cos_twice_psi(at, incoming, outgoing) * (1 - cosine) if K else 0.0
    return (0.5 * (1 + cosine - azimuthal),)


def cos_twice_psi(at: At, incoming: Vector, outgoing: Vector) -> float:
    """Return cos 2ψ of the azimuth ψ about the beam, from the plane of polarisation."""
    across = unit(cross(at["polar_axis"], incoming)) if "polar_axis" in at else scaled(unit(at["vertical_axis"]), -1)
    along = unit(cross(incoming, across))
    return math.cos(2 * math.atan2(dot(outgoing, across), dot(outgoing, along)))


def scattering_cosine(at: At) -> Vector:
    """Return î·d̂ of the last point; with one source."""
    if several_sources(at):
        raise UnloggedError("direction of the last source")
    here = at.of(at.samples()[-1]) if at.samples() else at
    return (dot(here["incident_vec"], here["diffracted_vec"]),)


def stored(at: At) -> Vector:
    """Return the pixel value in single precision."""
    value = at.number("I_pixel_final")
    return (as_single(value),)


def _table() -> dict[str, Formula]:
    plain = [
        *(Formula(f"initial_{n}", f"{n} as given, normalised", geometry.initial_axis(n)) for n in _AXES),
        *(Formula(f"R{n}", f"rotation about {n}", geometry.rotation_about(i)) for i, n in enumerate("xyz")),
        Formula("R_total", "Rz·Ry·Rx", geometry.total_rotation),
        Formula("ratio", "b̂·ô", geometry.beam_on_normal),
        Formula("term_fast_before_rot", "−Fclose·f̂", geometry.term("Fclose_m", "initial_fdet", -1)),
        Formula("term_slow_before_rot", "−Sclose·ŝ", geometry.term("Sclose_m", "initial_sdet", -1)),
        Formula("term_close_before_rot", "close·ô", geometry.term("close_distance_m", "initial_odet", 1)),
        Formula(
            "pix0_before_rotation",
            "sum of the three terms",
            geometry.summed("term_fast_before_rot", "term_slow_before_rot", "term_close_before_rot"),
        ),
        Formula("pix0_after_rotz", "R_total·pix0", geometry.pix0_after_rotations),
        *(Formula(f"{n}_after_rotz", f"R_total·{n}", geometry.rotated_axis(n)) for n in _AXES),
        *(Formula(f"{n}_after_twotheta", f"{n} after all rotations", geometry.final_axis(n)) for n in _AXES),
        Formula("distance_m", "close distance/ratio", geometry.nominal_distance),
        Formula("term_fast", "−Fbeam·f̂", geometry.term("Fbeam_m", "fdet_after_twotheta", -1)),
        Formula("term_slow", "−Sbeam·ŝ", geometry.term("Sbeam_m", "sdet_after_twotheta", -1)),
        Formula("term_beam", "distance·b̂", geometry.term_beam),
        Formula("pix0_vector", "sum of the three terms", geometry.summed("term_fast", "term_slow", "term_beam")),
        Formula("pix0_after_twotheta", "pix0 after all rotations", geometry.pix0_after_twotheta),
        Formula("V_cell", "1/V*", cell.volume),
        *(Formula(f"vec_{n}", text, cell.real_vector(n)) for n, text in zip("abc", cell.TEXTS, strict=True)),
        Formula("pix0_vector_meters", "corner from the geometry", geometry.corner),
        *(Formula(f"{n}_vec", f"{n} from the geometry", geometry.axis_of_pixel(n)) for n in _AXES),
        Formula("pixel_pos_meters", "F·f̂ + S·ŝ + P₀", geometry.position),
        Formula("close_distance_meters", "P₀·ô", geometry.close_distance),
        Formula("omega_pixel_sr", "pixel²·close_distance/R³", solid_angle),
        Formula("incident_vec", "given beam, normalised", incident),
        Formula("lambda_meters", "as configured", wavelength),
        *(Formula(f"rot_{n}_angstroms", f"{n} turned by φ", crystal.rotated(n)) for n in crystal.AXES),
        Formula("hkl_rounded", "⌈hkl_frac − ½⌉", rounded),
        *(
            Formula(f"F_latt_{n}", "sin(πNh)/sin(πh)", crystal.factor(n), rough=crystal.roughness(n))
            for n in crystal.AXES
        ),
        Formula("F_cell", "F of the reflection", structure_factor),
        Formula("F_cell_interpolated", "F interpolated between reflections", interpolated_structure_factor),
        Formula("phi_deg", "φ₀ + tic·Δφ", lambda at: (crystal.nominal_deg(at, tic_of(at.node)),)),
        *(
            Formula(f"phi_{letter}_frac", f"{axis}(φ)·S", crystal.step_index(axis))
            for letter, axis in zip("hkl", crystal.AXES, strict=True)
        ),
        *(
            Formula(f"phi_F_latt_{n}", "sin(πNh)/sin(πh)", crystal.step_factor(n), rough=crystal.roughness(n))
            for n in crystal.AXES
        ),
        Formula("phi_F_latt", "product of the three at φ", crystal.step_lattice, rough=crystal.roughness_of_product),
        Formula("I_before_scaling", "ΣF_cell²·F_latt²", intensity),
        Formula("I_before_scaling_post_polar", "I·polar", after_polarisation),
        Formula("r_e_meters", "√(r_e²) of the reference", lambda _: (math.sqrt(THOMSON_M2),)),
        Formula("fluence_photons_per_m2", "as configured", fluence),
        Formula("steps", "sources·domains·φ steps·subpixels", divisor),
        Formula("capture_fraction", "absorbed in the last layer", captured),
        Formula("polar", "Kahn factor", polarisation),
        Formula("omega_pixel", "omega_pixel_sr", applied_solid_angle),
        Formula("cos_2theta", "incident·diffracted", scattering_cosine),
        Formula("floatimage_accumulated", "float32(I_pixel_final)", stored, single=True),
    ]
    taken = [_relation(name) for name in _RELATIONS]
    found = {formula.quantity: formula for formula in (*plain, *taken)}
    return {name: found[name] for name in QUANTITIES if name in found}


_AXES = ("fdet", "sdet", "odet")
_RELATIONS = (
    "R_distance_meters",
    "obliquity_factor",
    "diffracted_vec",
    "lambda_angstroms",
    "scattering_vec_A_inv",
    "hkl_frac",
    "F_latt",
    "r_e_sqr",
    "I_pixel_final",
)

FORMULAS: dict[str, Formula] = _table()
"""By quantity, in execution order."""

"""Every quantity that a formula gives, with the formula, in execution order.

A formula sees the values of one log (:class:`~nbtrace.compare.node_view.NodeView`); the quantities that it asks for
stand in the table of quantities as its inputs, the configuration values here as its facts. Where the self-check of a
log has the same relation, it is taken from there.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from nbtrace.compare.precision import as_single
from nbtrace.physics.nanobragg.formulas import cell, crystal, factors, geometry, innermost, intensity, sources
from nbtrace.physics.nanobragg.formulas.intensity import REFLECTIONS, THOMSON_M2
from nbtrace.physics.nanobragg.quantities import QUANTITIES, SOURCE
from nbtrace.physics.nanobragg.relations import RELATIONS
from nbtrace.vocabulary.formula import Formula

__all__ = ["DEFAULT_FLUENCE", "FORMULAS", "REFLECTIONS"]

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


_AXES = ("fdet", "sdet", "odet")
_GIVEN_AXES = tuple(f"given_{name}" for name in _AXES)
_SOURCES = ("sources", "several_sources")
_SWEEP = ("phi_steps", "phi_start_deg", "phi_end_deg")
_ORIENTATION = ("cell_lengths", "given_spindle", "spindle_axis", *_SWEEP)
_CELLS = tuple(f"N_{axis}" for axis in crystal.AXES)
_POINTS = ("pixel_slow_fast", "oversample", "layers")
_LAYERS = ("sensor_m", "layer_step_m")
_ABSORPTION = (*_POINTS, *_LAYERS, "mu_per_m", "left_handed")
_POSITION = (*_POINTS, *_LAYERS, "pixel_m", "left_handed", "curved", "given_beam", "stated_beam")
_WAVELENGTH = ("configured_lambda_m", "stated_lambda_m")
_FLUENCE = ("configured_fluence", "stated_fluence")
_STEPS = ("sources", "mosaic_domains", "phi_steps", "oversample")
_POLARISATION = ("nopolar", "kahn_factor", "vertical_axis")
_REFLECTIONS = ("reflections", "default_F")
_SUMMED = ("reflections", "water_um", "configured_fluence", "dmin_angstrom", "mosaic_domains", *_SOURCES)
_SPOT = ("shape", "fudge", "other_shape", *_CELLS)
_INTENSITY = (*_SUMMED, *_SPOT, *_ORIENTATION, *_ABSORPTION, "kahn_factor", "vertical_axis")


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
    yield Formula(
        "omega_pixel_sr", _BY_NAME["omega_pixel_sr"].formula, factors.solid_angle, facts=("pixel_m", "point_pixel")
    )
    yield Formula(
        "incident_vec", "given beam, normalised", sources.incident, facts=(*_SOURCES, "given_beam", "stated_beam")
    )
    yield Formula("lambda_meters", "as configured", sources.wavelength, facts=(*_SOURCES, *_WAVELENGTH))


def _of_the_crystal() -> Iterator[Formula]:
    yield Formula("shape_fudge", "as configured", lambda at: at["configured_fudge"], facts=("configured_fudge",))
    yield Formula("V_cell", "1/V*", cell.volume)
    for axis, text in zip(crystal.AXES, cell.TEXTS, strict=True):
        yield Formula(f"vec_{axis}", text, cell.real_vector(axis), facts=("cell_lengths",))
    for axis in crystal.AXES:
        copied = crystal.reciprocal_as_set_up(axis)
        yield Formula(f"rot_{axis}_star_A_inv", f"{axis}* before rotation", copied)
    for axis in crystal.AXES:
        yield Formula(f"rot_{axis}_angstroms", f"{axis} turned by φ", crystal.rotated(axis), facts=_ORIENTATION)
    for axis in crystal.AXES:
        grating, facts, rough = crystal.factor(axis), (f"N_{axis}",), crystal.roughness(axis)
        yield Formula(f"F_latt_{axis}", "sin(πNh)/sin(πh)", grating, facts=facts, rough=rough)
    yield Formula("F_latt", _BY_NAME["F_latt"].formula, crystal.lattice, facts=_SPOT)
    yield Formula("F_cell", "F of the reflection", intensity.structure_factor, facts=_REFLECTIONS)
    yield Formula("F_cell_interpolated", "F interpolated between reflections", intensity.interpolated_structure_factor)
    angle = crystal.nominal_angle
    yield Formula("phi_deg", "φ₀ + tic·Δφ", angle, facts=_SWEEP, takes_columns=True)
    for axis in crystal.AXES:
        y = cell.turned_component(crystal.cell_at_step, axis, 1)
        yield Formula(f"phi_{axis}p_y", f"y of {axis}(φ)", y, facts=_ORIENTATION)
        for place, name in enumerate("xyz"):
            component = cell.turned_component(crystal.reciprocal_at_step, axis, place)
            yield Formula(f"phi_rot_{axis}_star_A_inv_{name}", f"{name} of {axis}*(φ)", component, facts=_ORIENTATION)
    for letter, axis in zip("hkl", crystal.AXES, strict=True):
        index = crystal.step_index(axis)
        yield Formula(f"phi_{letter}_frac", f"{axis}(φ)·S", index, facts=_ORIENTATION, takes_columns=True)
    for axis in crystal.AXES:
        grating, facts, rough = crystal.step_factor(axis), (f"N_{axis}",), crystal.roughness(axis)
        name = f"phi_F_latt_{axis}"
        yield Formula(name, "sin(πNh)/sin(πh)", grating, facts=facts, rough=rough, takes_columns=True)
    of_a_step, rough = (*_SPOT, *_ORIENTATION), crystal.roughness_of_product
    product = crystal.step_lattice
    yield Formula("phi_F_latt", "product of the three at φ", product, facts=of_a_step, rough=rough, takes_columns=True)
    yield Formula("phi_F_cell", "F of the reflection", intensity.step_structure_factor, facts=_REFLECTIONS)
    yield Formula("phi_contribution", "F_cell²·F_latt²", intensity.step_contribution)


def _of_the_innermost_samples() -> Iterator[Formula]:
    direction, wavelength = innermost.of_source("incident_vec", "direction"), innermost.of_source("lambda_meters", "λ")
    yield Formula("sample_incident_vec", "î of the source", direction)
    yield Formula("sample_lambda_meters", "λ of the source", wavelength)
    yield Formula("sample_scattering_vec_A_inv", "(d̂ − î)/λ", innermost.scattering)
    for axis in crystal.AXES:
        turned = innermost.cell_vector(axis)
        yield Formula(f"sample_rot_{axis}_angstroms", f"{axis} turned by φ and the domain", turned, facts=_ORIENTATION)
    yield Formula("sample_hkl_frac", "(a·S, b·S, c·S)", innermost.indices)
    yield Formula("sample_hkl_rounded", "⌈hkl − ½⌉", innermost.rounded)
    yield Formula(
        "sample_F_latt", "lattice factor of the spot", innermost.lattice, facts=_SPOT, rough=innermost.roughness
    )
    yield Formula("sample_F_cell", "F of the reflection", intensity.sampled_structure_factor, facts=_REFLECTIONS)
    yield Formula("sample_contribution", "F_cell²·F_latt²", innermost.contribution)
    yield Formula("source_lambda_angstroms", "λ of the source", sources.source_wavelength)
    for name in ("F_cell", "F_latt"):
        yield Formula(f"source_{name}", f"{name} of the source", sources.of_innermost(f"sample_{name}"))
        yield Formula(f"source_{name}_squared", f"{name}²", sources.squared(f"source_{name}"))
    yield Formula("source_I_contribution", "F_cell²·F_latt²", sources.source_contribution)
    yield Formula("source_polar", "Kahn factor", factors.source_polarisation, facts=_POLARISATION)
    yield Formula("source_index", "the ordinal", lambda at: (float(at.ordinal(SOURCE)),))
    yield Formula("source_cos_2theta", "î·d̂ of the source", sources.source_cosine)


def _of_the_intensity() -> Iterator[Formula]:
    whole, terms = intensity.intensity, intensity.intensity_terms
    yield Formula("I_before_scaling", "ΣF_cell²·F_latt²", whole, facts=_INTENSITY, terms=terms)
    yield Formula("I_before_scaling_post_polar", "I·polar", factors.after_polarisation)
    yield Formula("r_e_meters", "√(r_e²) of the reference", lambda _: (math.sqrt(THOMSON_M2),))
    yield Formula("fluence_photons_per_m2", "as configured", sources.fluence, facts=_FLUENCE)
    yield Formula("steps", "sources·domains·φ steps·subpixels", factors.divisor, facts=_STEPS)
    yield Formula("capture_fraction", "absorbed in the last layer", factors.captured, facts=_ABSORPTION)
    yield Formula("polar", "Kahn factor", factors.polarisation, facts=_POLARISATION)
    yield Formula("omega_pixel", "omega_pixel_sr", factors.applied_solid_angle)
    yield Formula("cos_2theta", _BY_NAME["cos_2theta"].formula, sources.scattering_cosine, facts=_SOURCES)


def _table() -> dict[str, Formula]:
    parts = (_of_the_detector(), _of_the_pixel(), _of_the_crystal(), _of_the_innermost_samples(), _of_the_intensity())
    own = {formula.quantity: formula for part in parts for formula in part}
    table = {**{name: _relation(name) for name in _BY_NAME}, **own}
    return {
        name: replace(table[name], inputs=quantity.inputs) for name, quantity in QUANTITIES.items() if name in table
    }


FORMULAS: dict[str, Formula] = _table()
"""By quantity, in execution order."""

"""The intensity's formulas: structure factors, and the sum over steps, sources, mosaic domains and sampled points."""

import math
from collections.abc import Mapping

from nbtrace.compare.column_math import added_up, weighed_terms
from nbtrace.compare.metrics import norm
from nbtrace.compare.node_view import MANY, NodeView
from nbtrace.compare.scene import Vector
from nbtrace.compare.vectors import Column
from nbtrace.physics.nanobragg import relations
from nbtrace.physics.nanobragg.formulas import crystal
from nbtrace.physics.nanobragg.formulas.factors import captured, kahn, per_point_flag
from nbtrace.physics.nanobragg.formulas.innermost import contributions
from nbtrace.physics.nanobragg.formulas.reflections import Reflections
from nbtrace.physics.nanobragg.formulas.shapes import is_square, lattice_at
from nbtrace.physics.nanobragg.formulas.sources import several_sources
from nbtrace.physics.nanobragg.formulas.sweep_places import at_step
from nbtrace.physics.nanobragg.formulas.swept import first_elsewhere, modelled_factors
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.units import ANGSTROM
from nbtrace.vocabulary.formula import Lack, UnloggedError

REFLECTIONS = "reflections"
"""Name of the table that is the list of reflections."""

THOMSON_M2 = 7.94079248018965e-30
"""r_e² of the reference."""

AVOGADRO = 6.02214179e23
WATER_F = 2.57
"""Electrons that a molecule of water scatters with in forward direction."""
WATER_WEIGHT = 18.0
"""Molecular weight of water, g/mol."""


def _listed(at: NodeView) -> Reflections | None:
    """Return the list of reflections that the configuration names."""
    reflections: Reflections | None = at.scene.tables.get(REFLECTIONS)
    return reflections


def structure_factor(at: NodeView) -> Vector:
    """Return the structure factor: that of the list at the logged indices, or the one that every reflection has.

    A key that says nearest is one even where the run interpolates.
    """
    record = at.scene.records.get(at.node)
    nearest = record is not None and record.key.endswith("_nearest")
    return _looked_up(at, "hkl_frac", "hkl_rounded", nearest=nearest)


def sampled_structure_factor(at: NodeView) -> Vector:
    """Return the same of an innermost sample."""
    return _looked_up(at, "sample_hkl_frac", "sample_hkl_rounded")


def step_structure_factor(at: NodeView) -> Vector:
    """Return the same at a φ step, whose nearest indices no line prints."""
    listed = _listed(at)
    if listed is None:
        return _common(at)
    hkl = tuple(at.number(f"phi_{letter}_frac") for letter in "hkl")
    return (listed.at(hkl, relations.nearest_indices(hkl)),)


def step_contribution(at: NodeView) -> Vector:
    """Return F_cell²·F_latt² of a φ step."""
    return ((at.number("phi_F_cell") * at.number("phi_F_latt")) ** 2,)


def _looked_up(at: NodeView, hkl: str, rounded: str, *, nearest: bool = False) -> Vector:
    listed = _listed(at)
    if listed is None:
        return _common(at)
    if nearest or not listed.interpolated:
        return (listed.nearest(at[rounded]),)
    return (listed.at(at[hkl], at[rounded]),)


def _common(at: NodeView) -> Vector:
    """Return the structure factor that every reflection has where there is no list."""
    if at.number("reflections") != 0:
        raise UnloggedError("list of reflections", Lack.FACT)
    return at["default_F"]


def interpolated_structure_factor(at: NodeView) -> Vector:
    """Return the structure factor interpolated in the list, where the indices are within it."""
    listed = _listed(at)
    if listed is None:
        raise UnloggedError("list of reflections", Lack.FACT)
    if not listed.within(at["hkl_frac"]):
        raise UnloggedError("indices within the list", Lack.NUMBER)
    return (listed.tricubic(at["hkl_frac"]),)


def _structure_factors(at: NodeView, tics: range) -> list[float]:
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


def _terms(at: NodeView) -> Column:
    """Return F_cell²·F_latt² of every step of a sampled point, of very many as a column."""
    logged = at.count_of("phi_F_latt", PHI_TIC)
    count = crystal.step_count(at) if "phi_steps" in at else logged
    if not count and at.get("steps", (0.0,)) != (1.0,):
        raise UnloggedError("phi_steps", Lack.FACT)
    count = max(count, 1)
    if count >= MANY and (terms := _terms_of_many(at, count, all_logged=logged >= count)) is not None:
        return terms
    F_cells = _structure_factors(at, range(count))
    sample = max(at.node.sample, 0)
    if logged >= count:
        factors = [at_step(at, sample, tic).number("phi_F_latt") for tic in range(count)]
    else:
        factors = [_first_factor(at), *(_modelled(at, sample, tic) for tic in range(1, count))]
    return [(F_cell * factor) ** 2 for F_cell, factor in zip(F_cells, factors, strict=True)]


def _terms_of_many(at: NodeView, count: int, *, all_logged: bool) -> Column | None:
    """Return the same as a column; None where they must be found one after the other."""
    if _listed(at) is not None or not (all_logged or is_square(at)):
        return None
    F_cell = at.number("F_cell")
    if not ("reflections" in at and at.number("reflections") == 0) and at.logged("hkl_rounded"):
        elsewhere = first_elsewhere(at, at["hkl_rounded"], count)
        if elsewhere is not None:
            raise UnloggedError(f"F_cell of phi_tic {elsewhere}", Lack.TURN)
    factors = at.column("phi_F_latt", PHI_TIC, count) if all_logged else modelled_factors(at, count)
    return None if factors is None else (F_cell * factors) * (F_cell * factors)


def _first_factor(at: NodeView) -> float:
    """Return the lattice factor of step 0: as logged, else that of the spot's shape at the logged indices."""
    if at.logged("F_latt") or is_square(at):
        return at.number("F_latt")
    return lattice_at(at, at["hkl_frac"])


def _modelled(at: NodeView, sample: int, tic: int) -> float:
    """Return the lattice factor of a step that the log does not print."""
    here = at_step(at, sample, tic)
    angle = crystal.nominal_deg(here, tic)
    return lattice_at(here, tuple(crystal.index_at(here, axis, angle) for axis in crystal.AXES))


def intensity(at: NodeView) -> Vector:
    """Return ΣF_cell²·F_latt² over all samples, and water's scattering before them.

    A factor that a flag applies to every sample is applied to the running sum, as the reference does.
    """
    total = _background(at)
    for sample in _points(at):
        here = at.of(sample)
        for terms, weight in _weighed(here):
            total = added_up(total, terms, weight)
    return (total,)


def intensity_terms(at: NodeView) -> Mapping[tuple[str, int, str], Column]:
    """Return what the steps of each sampled point add to the intensity, where they are columns."""
    found: dict[tuple[str, int, str], Column] = {}
    for sample in _points(at):
        here = at.of(sample)
        for terms, weight in _weighed(here):
            found = {key: column * weight ** len(terms) for key, column in found.items()}
            if not isinstance(terms, list):
                found["phi_F_latt", sample, PHI_TIC] = weighed_terms(terms, weight)
    return found


def _points(at: NodeView) -> tuple[int, ...]:
    """Return the sampled points of the pixel, which must be all that there are."""
    samples = at.samples() or (0,)
    expected = (at.number("oversample") if "oversample" in at else 1) ** 2
    expected *= at.number("layers") if "layers" in at else 1
    if len(samples) != max(expected, 1):
        raise UnloggedError("values of the other sampled points", Lack.TURN)
    return samples


def _weighed(at: NodeView) -> list[tuple[Column, float]]:
    """Return F_cell²·F_latt² of the samples of a point, each with the factors that flags apply to it."""
    inner = contributions(at)
    if inner:
        used = [here for here in inner if not _cut(here, "sample_scattering_vec_A_inv")]
        return [([here.number("sample_contribution")], math.prod(_per_point(here))) for here in used]
    if several_sources(at):
        raise UnloggedError("values of the other sources", Lack.TURN)
    if "mosaic_domains" in at and at.number("mosaic_domains") > 1:
        raise UnloggedError("values of the other mosaic domains", Lack.TURN)
    if _cut(at, "scattering_vec_A_inv"):
        return []
    return [(_terms(at), math.prod(_per_point(at)))]


def _cut(at: NodeView, scattering: str) -> bool:
    """Whether a source sees the point at a resolution better than the limit that is set."""
    limit = at.number("dmin_angstrom") if "dmin_angstrom" in at else 0.0
    if not limit:
        return False
    inverse = norm(at[scattering]) * ANGSTROM
    return inverse > 0 and limit > 1 / inverse


def _background(at: NodeView) -> float:
    """Return the scattering of the water that the reference adds before it scales: F²·r_e²·fluence·w³·10⁶·N_A/18."""
    edge = at.number("water_um") * 1e-6 if "water_um" in at else 0.0
    if not edge:
        return 0.0
    molecules = edge**3 * 1e6 * AVOGADRO / WATER_WEIGHT
    return WATER_F**2 * THOMSON_M2 * at.number("configured_fluence") * molecules


def _per_point(at: NodeView) -> list[float]:
    """Return the factors that a flag applies to every sample."""
    factors = []
    if per_point_flag(at, "oversample_thick"):
        factors.append(captured(at)[0])
    if per_point_flag(at, "oversample_polar"):
        factors.append(kahn(at, at)[0])
    if per_point_flag(at, "oversample_omega"):
        factors.append(at.number("omega_pixel_sr"))
    return factors

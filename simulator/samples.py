"""One sweep: the samples of a source over all φ steps and mosaic domains, in the reference's order."""

import operator
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from simulator.beam import BeamSource
from simulator.constants import ANGSTROM_M, RADIANS_TO_DEGREES
from simulator.crystal import Basis, Crystal
from simulator.defects import Defect
from simulator.lattice import LatticeFactor, lattice_factor, miller_indices, nearest_reflection
from simulator.model import PixelState, Sweep, SweepContext, last_cos_2theta, sample_weight
from simulator.observe import Observer, silent
from simulator.structure_factors import NearestLookup, TricubicLookup
from simulator.vectors import Vector, cross, dot

_THIRD = 2
"""The source of which the reference prints one sample."""


class _Place(NamedTuple):
    step: int
    domain: int


def eager_sweep(context: SweepContext, state: PixelState) -> None:
    """Add the contributions of all φ steps and mosaic domains of one source."""
    model, observe = context.model, context.observe
    crystal = model.crystal
    rows = crystal.fresh_rows() if state.first_sweep else state.rows
    state.first_sweep = False
    for step, row in enumerate(rows):
        observe("at.phi_tic", step)
        for domain in range(crystal.domain_count):
            observe("at.mosaic_domain", domain)
            basis = crystal.orientations.at(row, domain)
            sample = _evaluated(context, basis)
            _observe_sample(context, sample, _Place(step, domain), state)
            _add(context, state, sample.contribution, sample.counted)


def shown_sweep(sweep: Sweep) -> Sweep:
    """Return a sweep with the sum of another one, which is blind, and a view of the samples that a pixel's log has.

    They are the first domain's at every φ step of the first source, and the first sample of the third source: what a
    pixel's trace has under other names than ``sample.``. Lookups that remember samples are left to the eager sweep.
    """

    def shown(context: SweepContext, state: PixelState) -> None:
        if not isinstance(context.lookup, NearestLookup | TricubicLookup):
            eager_sweep(context, state)
            return
        crystal = context.model.crystal
        rows = crystal.fresh_rows() if state.first_sweep else state.rows
        sweep(replace(context, observe=silent), state)
        steps = len(rows) if context.source_index == 0 else 1 if context.source_index == _THIRD else 0
        for step, row in enumerate(rows[:steps]):
            context.observe("at.phi_tic", step)
            context.observe("at.mosaic_domain", 0)
            basis = crystal.orientations.at(row, 0)
            _observe_sample(context, _evaluated(context, basis), _Place(step, 0), state)

    return shown


def add_sample(context: SweepContext, state: PixelState, basis: Basis) -> None:
    """Add one innermost evaluation, that of a cell in one orientation, to the intensity; nothing is shown of it."""
    sample = _evaluated(context, basis)
    _add(context, state, sample.contribution, sample.counted)


def _evaluated(context: SweepContext, basis: Basis) -> "_Sample":
    """Return one innermost evaluation."""
    model = context.model
    miller = miller_indices(basis, context.scattering)
    nearest = nearest_reflection(miller)
    lattice = lattice_factor(model.crystal, miller, nearest, model.dtype)
    if model.config.beam.water_um == 0.0:
        counted = lattice.unsigned != 0.0
    else:
        counted = torch.ones_like(lattice.unsigned, dtype=torch.bool)
    if context.used is not None:
        counted = counted & context.used
    F_cell = context.lookup(miller, nearest, counted)
    term = F_cell * F_cell * lattice.unsigned * lattice.unsigned
    return _Sample(basis, miller, nearest, lattice, F_cell, term, counted)


def _add(context: SweepContext, state: PixelState, term: Tensor, counted: Tensor) -> None:
    """Add a sample's intensity, or what the reference makes of it where a factor belongs to every sample."""
    model, used = context.model, context.used
    weight, share = sample_weight(model, state), state.share
    if context.source.weight != 1.0:
        term, share = term * context.source.weight, share * context.source.weight
    if weight is None:
        added = state.intensity + (term + share)
        state.intensity = added if used is None else torch.where(used, added, state.intensity)
    elif model.has(Defect.RUNNING_PRODUCTS):
        state.intensity = torch.where(counted, (state.intensity + term) * weight, state.intensity)
    else:
        added = state.intensity + (term + share) * weight
        state.intensity = added if used is None else torch.where(used, added, state.intensity)


@dataclass(frozen=True)
class _Sample:
    basis: Basis
    miller: Vector
    nearest: Vector
    lattice: LatticeFactor
    F_cell: Tensor
    contribution: Tensor
    counted: Tensor


def _observe_sample(context: SweepContext, sample: _Sample, place: _Place, state: PixelState) -> None:
    """Show a sample: whole at the first one of a subpixel, a line per φ step, the third source, every one."""
    observe = context.observe
    observe("at.counted", sample.counted)
    if context.used is not None:
        observe("at.used", context.used)
    first_domain = place.domain == 0
    first = first_domain and place.step == 0
    if context.source_index == 0 and first_domain:
        if first:
            _observe_orientation(context.model.crystal, sample, observe)
        _observe_phi(context.model.crystal, sample, place, observe)
        if first and bool(sample.counted.any()):
            observe("F_cell", sample.F_cell)
    if context.source_index == _THIRD and first:
        _observe_third_source(context.source, sample, state, observe)
    observe("sample.incident_vec", context.source.incident)
    observe("sample.lambda_meters", context.source.wavelength_m)
    observe("sample.scattering_vec_A_inv", context.scattering)
    for name, v in zip("abc", sample.basis, strict=True):
        observe(f"sample.rot_{name}_angstroms", partial(operator.truediv, v, ANGSTROM_M))
    observe("sample.hkl_frac", sample.miller)
    observe("sample.hkl_rounded", sample.nearest)
    observe("sample.F_latt", sample.lattice.total)
    observe("sample.F_cell", sample.F_cell)
    observe("sample.contribution", sample.contribution)


def _observe_orientation(crystal: Crystal, sample: _Sample, observe: Observer) -> None:
    for name, v in zip("abc", sample.basis, strict=True):
        observe(f"rot_{name}_angstroms", partial(operator.truediv, v, ANGSTROM_M))
    for name, v in zip("abc", crystal.reciprocal, strict=True):
        observe(f"rot_{name}_star_A_inv", v)
    observe("hkl_frac", sample.miller)
    observe("hkl_rounded", sample.nearest)
    for name, factor in zip("abc", sample.lattice.axes, strict=False):
        observe(f"F_latt_{name}", factor)
    if sample.lattice.axes:
        observe("F_latt", sample.lattice.total)


def _observe_phi(crystal: Crystal, sample: _Sample, place: _Place, observe: Observer) -> None:
    """Show a φ step: first what the reference prints, then what it does not."""
    observe("phi.phi_tic", place.step)
    observe("phi.phi_deg", crystal.phi_rad[place.step] * RADIANS_TO_DEGREES)
    observe("phi.k_frac", sample.miller.y)
    axes = dict(zip(("F_latt_a", "F_latt_b", "F_latt_c"), sample.lattice.axes, strict=False))
    if axes:
        observe("phi.F_latt_b", axes["F_latt_b"])
    observe("phi.F_latt", sample.lattice.total)
    observe("phi.h_frac", sample.miller.x)
    observe("phi.l_frac", sample.miller.z)
    for name in ("F_latt_a", "F_latt_c"):
        if axes:
            observe(f"phi.{name}", axes[name])
    observe("phi.F_cell", sample.F_cell)
    observe("phi.contribution", sample.contribution)
    for index, name in enumerate("abc"):
        observe(f"phi.rot_{name}_angstroms", partial(operator.truediv, sample.basis[index], ANGSTROM_M))
        observe(f"phi.rot_{name}_star_A_inv", partial(_reciprocal, sample.basis, index))


def _reciprocal(basis: Basis, index: int) -> Vector:
    """Return a*, b* or c* (Å⁻¹) of a real cell in metres."""
    a, b, c = basis[index], basis[(index + 1) % 3], basis[(index + 2) % 3]
    crossed = cross(b, c)
    return crossed / dot(a, crossed) * ANGSTROM_M


def _observe_third_source(source: BeamSource, sample: _Sample, state: PixelState, observe: Observer) -> None:
    F_cell, F_latt = sample.F_cell, sample.lattice.unsigned
    observe("source2.F_cell", F_cell)
    observe("source2.F_latt", sample.lattice.total)
    observe("source2.F_cell_squared", lambda: F_cell * F_cell)
    observe("source2.F_latt_squared", lambda: F_latt * F_latt)
    observe("source2.I_contribution", sample.contribution)
    observe("source2.polar", state.polar)
    observe("source2.cos2theta", partial(last_cos_2theta, state))
    observe("source2.lambda_angstroms", lambda: source.wavelength_m / ANGSTROM_M)
    observe("source2.source_index", 2)

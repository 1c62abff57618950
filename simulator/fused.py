"""The sum of a sweep by torch.compile: one compiled loop over all samples.

It evaluates the same expressions on tensors of shape (samples, pixels) and leaves the fusion to torch.compile; the
sines are polynomials of range-reduced indices. It agrees with the eager sweep to 1e-9 of the value, and shows no sample
to an observer. Compiling takes many seconds: on a CPU the native engine (`native_sweep.py`) does more, sooner.
"""

import os
import shutil
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from simulator.config import CrystalShape
from simulator.crystal import Basis
from simulator.detector import Detector
from simulator.kernel import SMALLEST_BATCH
from simulator.lattice import miller_indices, nearest_reflection, reduced_lattice_factor
from simulator.model import Engine, Model, PixelState, SweepContext, sample_weight
from simulator.rays import Ray, detector_coordinates, ray_to
from simulator.run import interpolates
from simulator.samples import eager_sweep
from simulator.structure_factors import StructureFactors, nearest_F
from simulator.vectors import Vector

SweepSum = Callable[[Vector, Basis, StructureFactors, Sequence[int], torch.dtype], Tensor]


def sweep_sum(
    scattering: Vector, basis: Basis, factors: StructureFactors, cells: Sequence[int], dtype: torch.dtype
) -> Tensor:
    """Return the sum of F_cell² F_latt² over samples, shape (n,).

    Parameters
    ----------
    scattering : Vector
        S in 1/m, components of shape (n,).
    basis : tuple of Vector
        a, b, c in m for each sample, components of shape (samples, 1).
    factors : StructureFactors
    cells : sequence of int
        Cells along a, b, c.
    dtype : torch.dtype
        Precision of the lattice factor and the sum.
    """
    miller = miller_indices(basis, scattering)
    nearest = nearest_reflection(miller)
    amplitude = reduced_lattice_factor(cells, miller, nearest, dtype) * nearest_F(factors, nearest)
    return (amplitude * amplitude).sum(0)


def is_possible(model: Model) -> bool:
    """Tell whether the fast path has all that the model needs: square crystal, plain sum, nearest reflections."""
    return (
        model.crystal.shape is CrystalShape.SQUARE
        and model.config.beam.dmin_angstrom <= 0.0
        and not interpolates(model)
        and not sample_weight_needed(model)
        and not torch.is_grad_enabled()
        and model.detector.pix0.x.device.type == "cpu"
        and shutil.which(os.environ.get("CXX", "g++")) is not None
    )


def sample_weight_needed(model: Model) -> bool:
    """Tell whether a factor belongs to every sample instead of the sum."""
    one = torch.ones(())
    return sample_weight(model, PixelState(one, one, one, one, [], first_sweep=False, share=one)) is not None


def fused_engine() -> Engine:
    """Return the engine whose steps are compiled at their first use."""
    ray: Callable[[Detector, Tensor, Tensor, Tensor], Ray] = torch.compile(ray_to, dynamic=True)
    total: SweepSum = torch.compile(sweep_sum, dynamic=True)

    def compiled_ray(
        detector: Detector, pixels: Tensor, subpixel: tuple[int, int], oversample: int, depth_m: float
    ) -> Ray:
        fast_m, slow_m = detector_coordinates(detector, pixels, subpixel, oversample)
        if len(fast_m) < SMALLEST_BATCH:
            return ray_to(detector, fast_m, slow_m, depth_m)
        return ray(detector, fast_m, slow_m, torch.tensor(depth_m, dtype=torch.float64))

    return Engine(compiled_ray, FusedSweep(total))


class FusedSweep:
    """A sweep of the kernel by one function for all samples."""

    def __init__(self, total: SweepSum = sweep_sum) -> None:
        self._total = total

    def __call__(self, context: SweepContext, state: PixelState) -> None:
        """Add the contributions of all φ steps and mosaic domains of one source."""
        if len(state.omega) < SMALLEST_BATCH:
            eager_sweep(context, state)
            return
        model = context.model
        rows = torch.tensor(state.rows)
        a, b, c = (v.map(lambda t: t[rows].reshape(-1, 1)) for v in model.crystal.orientations.basis)
        total = self._total(context.scattering, (a, b, c), model.factors, model.crystal.N, model.dtype)
        samples = float(len(state.rows) * model.crystal.domain_count)
        added = total + samples * state.share
        state.intensity = state.intensity + (added if context.source.weight == 1.0 else added * context.source.weight)

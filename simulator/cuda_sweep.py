"""The engine on CUDA: a sweep is one launch for all its samples, and each step around it one launch, too."""

import torch
from torch import Tensor

from simulator.cuda_functions import constants_of
from simulator.cuda_slopes import differentiable_sums
from simulator.cuda_stages import CudaStages, joined
from simulator.cuda_sums import CudaTask, cuda_sums, kernel_lookup
from simulator.defects import Defect
from simulator.model import Engine, Model, PixelState, SweepContext, sample_weight
from simulator.samples import eager_sweep
from simulator.structure_factors import RangeScan


class CudaSweep:
    """A sweep of :func:`simulator.kernel.pixel_values` by one launch for all its samples.

    The eager sweep takes what is left: the lookup that switches itself off, and derivatives of running products.
    """

    def __init__(self, model: Model) -> None:
        self._numbers = constants_of(model).to(model.detector.pix0.x.device)
        self._known = model.crystal.orientations
        self._orientations: dict[tuple[int, ...], Tensor] = {}
        self._rows: dict[tuple[int, ...], Tensor] = {}
        """Rows of the orientations on the device; a copy is waited for."""

    def __call__(self, context: SweepContext, state: PixelState) -> None:
        """Add the contributions of all φ steps and mosaic domains of one source."""
        model = context.model
        weight = sample_weight(model, state)
        running = weight is not None and model.has(Defect.RUNNING_PRODUCTS)
        lookup = kernel_lookup(context.lookup, model.factors)
        if lookup is None or (running and (torch.is_grad_enabled() or context.source.weight == 0.0)):
            eager_sweep(context, state)
            return
        rows = tuple(model.crystal.fresh_rows() if state.first_sweep else state.rows)
        state.first_sweep = False
        task = CudaTask(model, self._numbers, lookup)
        scattering = joined(context.scattering)
        orientations = self._table_of(model, rows)
        table = model.factors.default_F if model.factors.bordered is None else model.factors.bordered
        if isinstance(context.lookup, RangeScan):
            _note_range(context.lookup, cuda_sums(task, scattering, orientations, table) > 0.0, context.used)
            return
        brightness = context.source.weight
        before = state.intensity.to(torch.float64)
        if weight is not None and running:
            # I = (I + brightness term) weight is brightness (I / brightness + term) weight.
            start = before if brightness == 1.0 else before / brightness
            product = start.contiguous(), weight.to(torch.float64).contiguous()
            total = cuda_sums(task, scattering, orientations, table, product)
            total = total if brightness == 1.0 else total * brightness
        else:
            added = (differentiable_sums if torch.is_grad_enabled() else cuda_sums)(
                task, scattering, orientations, table
            )
            if model.config.beam.water_um != 0.0:
                added = added + float(len(orientations)) * state.share.to(torch.float64)
            if brightness != 1.0:
                added = added * brightness
            total = before + (added if weight is None else added * weight)
        if context.used is not None:
            total = torch.where(context.used, total, before)
        state.intensity = total.to(model.dtype)

    def _table_of(self, model: Model, rows: tuple[int, ...]) -> Tensor:
        """Return a, b, c (m) of each sample, (samples, 9); those of the engine's model are kept."""
        known = model.crystal.orientations is self._known and not torch.is_grad_enabled()
        if known and rows in self._orientations:
            return self._orientations[rows]
        if rows not in self._rows:
            self._rows[rows] = torch.tensor(rows, device=self._numbers.device)
        whole = torch.stack([component for v in model.crystal.orientations.basis for component in v], dim=-1)
        table = whole[self._rows[rows]].reshape(-1, 9)
        if known:
            self._orientations[rows] = table
        return table


def _note_range(scan: RangeScan, left: Tensor, used: Tensor | None) -> None:
    left = left if used is None else left & used
    scan.left_range = left if scan.left_range is None else scan.left_range | left


def cuda_engine(model: Model) -> Engine:
    """Return the engine of a model on CUDA; each step around the sweep is one launch, too."""
    stages = CudaStages(model)
    return Engine(stages.ray, CudaSweep(model), stages.stage, smallest_batch=1)

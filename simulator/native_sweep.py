"""The native engine: all samples of a sweep by one call of compiled code, for images on a CPU.

`native_sweep.cpp` takes the operations of the eager sweep in their order, for every shape of crystal, resolution limit,
factor of single samples and lookup of structure factors. An image agrees with the eager one of double precision to 1e-9
of the intensities around a pixel, in single precision to 1e-5. It shows no sample to an observer.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from simulator.config import CrystalShape
from simulator.defects import Defect
from simulator.detector import Detector
from simulator.lattice import SHAPE_CONSTANTS
from simulator.model import Engine, Model, PixelState, SweepContext, sample_weight
from simulator.native_library import NativeLibrary
from simulator.rays import Ray, pixel_ray
from simulator.samples import eager_sweep
from simulator.structure_factors import INTERPOLATION_MARGIN, Lookup, NearestLookup, RangeScan, TricubicLookup
from simulator.vectors import Vector, norm, plain

LARGEST_TABLE = 1 << 31
"""Structure factors that the compiled code can count."""

MOST_HALF_TURNS = 1 << 25
"""Half turns N·h of a phase that the compiled sines take off without loss; beyond, the library's sines are used."""

_SHAPES = (CrystalShape.SQUARE, CrystalShape.ROUND, CrystalShape.GAUSS, CrystalShape.TOPHAT)
_NEAREST, _TRICUBIC, _RANGE_SCAN = range(3)
_NO_WEIGHT, _WEIGHTED, _RUNNING = range(3)


class SweepArguments(ctypes.Structure):
    """What the compiled function takes: see `struct SweepArguments` in `native_sweep.cpp`."""

    _fields_ = (
        ("pixels", ctypes.c_int64),
        ("scattering", ctypes.c_void_p * 3),
        ("basis", ctypes.c_void_p * 9),
        ("rows", ctypes.c_void_p),
        ("row_count", ctypes.c_int64),
        ("domain_count", ctypes.c_int64),
        ("single", ctypes.c_int64),
        ("shape", ctypes.c_int64),
        ("lookup", ctypes.c_int64),
        ("weighting", ctypes.c_int64),
        ("counts_all", ctypes.c_int64),
        ("far", ctypes.c_int64),
        ("cells", ctypes.c_double * 3),
        ("fudge", ctypes.c_double),
        ("of_shape", ctypes.c_double),
        ("reciprocal", ctypes.c_double * 9),
        ("low", ctypes.c_double * 3),
        ("counts", ctypes.c_double * 3),
        ("margin", ctypes.c_double),
        ("table", ctypes.c_void_p),
        ("default_F", ctypes.c_double),
        ("share", ctypes.c_double),
        ("source_weight", ctypes.c_double),
        ("weight", ctypes.c_void_p),
        ("used", ctypes.c_void_p),
        ("intensity", ctypes.c_void_p),
        ("left_range", ctypes.c_void_p),
    )


class RayArguments(ctypes.Structure):
    """What the compiled function of rays takes: see `struct RayArguments` in `native_sweep.cpp`."""

    _fields_ = (
        ("count", ctypes.c_int64),
        ("pixels", ctypes.c_void_p),
        ("n_fast", ctypes.c_int64),
        ("oversample", ctypes.c_int64),
        ("subpixel_slow", ctypes.c_int64),
        ("subpixel_fast", ctypes.c_int64),
        ("pixel_m", ctypes.c_double),
        ("depth_m", ctypes.c_double),
        ("fast", ctypes.c_double * 3),
        ("slow", ctypes.c_double * 3),
        ("normal", ctypes.c_double * 3),
        ("pix0", ctypes.c_double * 3),
        ("position", ctypes.c_void_p * 3),
        ("distance", ctypes.c_void_p),
        ("direction", ctypes.c_void_p * 3),
    )


def is_possible(model: Model) -> bool:
    """Tell whether the compiled code can take a model: on a CPU, without gradients, with a table that it can count."""
    bordered = model.factors.bordered
    return (
        not torch.is_grad_enabled()
        and model.detector.pix0.x.device.type == "cpu"
        and (bordered is None or bordered.numel() < LARGEST_TABLE)
    )


def native_engine(library: NativeLibrary) -> Engine:
    """Return the engine whose sweeps are compiled code."""
    return Engine(partial(_native_ray, library), NativeSweep(library), in_threads=True)


def _native_ray(
    library: NativeLibrary,
    detector: Detector,
    pixels: Tensor,
    subpixel: tuple[int, int],
    oversample: int,
    depth_m: float,
) -> Ray:
    """Return what :func:`simulator.rays.pixel_ray` returns, bit for bit; rays to a curved detector are left to it."""
    if detector.curved:
        return pixel_ray(detector, pixels, subpixel, oversample, depth_m)
    pixels = pixels.contiguous()
    *position, distance, x, y, z = torch.empty((7, len(pixels)), dtype=torch.float64).unbind()
    library.rays(
        RayArguments(
            count=len(pixels),
            pixels=pixels.data_ptr(),
            n_fast=detector.shape_slow_fast[1],
            oversample=oversample,
            subpixel_slow=subpixel[0],
            subpixel_fast=subpixel[1],
            pixel_m=detector.pixel_m,
            depth_m=depth_m,
            fast=_numbers(detector.fast),
            slow=_numbers(detector.slow),
            normal=_numbers(detector.normal),
            pix0=_numbers(detector.pix0),
            position=_addresses(ctypes.c_void_p * 3, position),
            distance=distance.data_ptr(),
            direction=_addresses(ctypes.c_void_p * 3, (x, y, z)),
        )
    )
    return Ray(Vector(*position), distance, Vector(x, y, z))


def _numbers(v: Vector) -> tuple[float, ...]:
    return tuple(map(plain, v))


@dataclass(frozen=True)
class _Prepared:
    """What is the same for all sweeps of a model."""

    model: Model
    arguments: SweepArguments
    kept: tuple[Tensor, ...]
    """The memory that the arguments point to."""
    longest_m: float
    """The longest edge of the crystal, N|a|."""


class NativeSweep:
    """A sweep of the kernel by compiled code; several threads may call it at once."""

    def __init__(self, library: NativeLibrary) -> None:
        self._library = library
        self._prepared: _Prepared | None = None

    def __call__(self, context: SweepContext, state: PixelState) -> None:
        """Add the contributions of all φ steps and mosaic domains of one source."""
        lookup = _number_of(context.lookup)
        if lookup is None:
            eager_sweep(context, state)
            return
        prepared = self._prepared
        if prepared is None or prepared.model is not context.model:
            prepared = self._prepared = _prepare(context.model)
        arguments = SweepArguments.from_buffer_copy(prepared.arguments)
        arguments.lookup = lookup
        kept = [*_place_samples(arguments, context, state, prepared), *_place_factors(arguments, context, state)]
        self._library.sweep(arguments)
        del kept
        state.first_sweep = False


def prepared_sweep(context: SweepContext, state: PixelState) -> tuple[SweepArguments, tuple[Tensor, ...]]:
    """Return the arguments for plain sums of F² F_latt² over the samples of a sweep, and what they point to.

    They lack the place of the sums; the lookup has to be one that remembers no samples.
    """
    prepared = _prepare(context.model)
    arguments = SweepArguments.from_buffer_copy(prepared.arguments)
    arguments.lookup = _number_of(context.lookup)
    arguments.source_weight = 1.0
    return arguments, (*prepared.kept, *_place_samples(arguments, context, state, prepared))


def _number_of(lookup: Lookup) -> int | None:
    """Return the number of a lookup; None for one that the compiled code does not know, which remembers samples."""
    match lookup:
        case NearestLookup():
            return _NEAREST
        case TricubicLookup():
            return _TRICUBIC
        case RangeScan():
            return _RANGE_SCAN
    return None


def _prepare(model: Model) -> _Prepared:
    crystal, factors = model.crystal, model.factors
    kept = [component.contiguous() for v in crystal.orientations.basis for component in v]
    arguments = SweepArguments(
        basis=_addresses(ctypes.c_void_p * 9, kept),
        domain_count=crystal.domain_count,
        single=int(model.dtype == torch.float32),
        shape=_SHAPES.index(crystal.shape),
        counts_all=int(model.config.beam.water_um != 0.0),
        cells=crystal.N,
        fudge=crystal.fudge,
        of_shape=SHAPE_CONSTANTS.get(crystal.shape, 0.0),
        reciprocal=tuple(plain(component) for v in crystal.reciprocal for component in v),
        low=factors.low,
        counts=factors.counts,
        margin=INTERPOLATION_MARGIN,
        default_F=plain(factors.default_F),
    )
    if factors.bordered is not None:
        kept.append(factors.bordered.contiguous())
        arguments.table = kept[-1].data_ptr()
    longest_m = max(count * plain(norm(v)) for count, v in zip(crystal.N, crystal.real_m, strict=True))
    return _Prepared(model, arguments, tuple(kept), longest_m)


def _place_samples(
    arguments: SweepArguments, context: SweepContext, state: PixelState, prepared: _Prepared
) -> list[Tensor]:
    """Say which samples are taken of which pixels; return the memory that must live until then."""
    rows = torch.tensor(context.model.crystal.fresh_rows() if state.first_sweep else state.rows)
    scattering = [component.contiguous() for component in context.scattering]
    arguments.pixels = len(state.omega)
    arguments.scattering = _addresses(ctypes.c_void_p * 3, scattering)
    arguments.rows = rows.data_ptr()
    arguments.row_count = len(rows)
    # |S| is at most 2/λ.
    arguments.far = int(prepared.longest_m * 2.0 / plain(context.source.wavelength_m) > MOST_HALF_TURNS)
    return [rows, *scattering]


def _place_factors(arguments: SweepArguments, context: SweepContext, state: PixelState) -> list[Tensor]:
    """Say what comes to each sample and where the sums go; return the memory that must live until then."""
    model, kept = context.model, []
    arguments.share = plain(state.share)
    arguments.source_weight = context.source.weight
    weight = sample_weight(model, state)
    if weight is not None:
        kept.append(weight.contiguous())
        arguments.weight = kept[-1].data_ptr()
        arguments.weighting = _RUNNING if model.has(Defect.RUNNING_PRODUCTS) else _WEIGHTED
    if context.used is not None:
        kept.append(context.used.contiguous())
        arguments.used = kept[-1].data_ptr()
    if isinstance(context.lookup, RangeScan):
        if context.lookup.left_range is None:
            context.lookup.left_range = torch.zeros(len(state.omega), dtype=torch.bool)
        arguments.left_range = context.lookup.left_range.data_ptr()
    else:
        state.intensity = state.intensity.clone()
        arguments.intensity = state.intensity.data_ptr()
    return kept


def _addresses(kind: type[ctypes.Array[ctypes.c_void_p]], tensors: Sequence[Tensor]) -> ctypes.Array[ctypes.c_void_p]:
    return kind(*(tensor.data_ptr() for tensor in tensors))

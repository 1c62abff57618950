"""Which engine computes an image: the eager one, compiled code of ours, or torch.compile."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import torch
from torch import Tensor

from simulator import native_sweep
from simulator.constants import CLASSICAL_ELECTRON_RADIUS_SQR_M2
from simulator.crystal import Orientations
from simulator.errors import shown
from simulator.kernel import EAGER, pixel_values
from simulator.model import Engine, Model
from simulator.native_library import NativeUnavailableError, loaded_library
from simulator.run import interpolates
from simulator.structure_factors import Lookup, NearestLookup, StructureFactors, TricubicLookup
from simulator.vectors import plain
from simulator.work import is_worthwhile


class EngineKind(StrEnum):
    """What computes the samples of an image."""

    EAGER = "eager"
    NATIVE = "native"
    COMPILED = "torch.compile"
    TRITON = "triton"


@dataclass(frozen=True)
class ChosenEngine:
    """An engine for a model."""

    kind: EngineKind
    engine: Engine
    said: str = ""
    """The line that a run prints of the choice: empty where the eager one was meant."""


IS_EAGER = ChosenEngine(EngineKind.EAGER, EAGER)

AGREEMENT = {torch.float64: 1e-9, torch.float32: 1e-5}
"""How far a pixel of the native engine may be off the eager one in double precision, as a part of what is around it."""


TOO_LARGE = "the list of reflections is too large for the compiled one"


def chosen_engine(model: Model, pixels: int | None = None) -> ChosenEngine:
    """Return the engine that the flags ask for; by themselves they ask for compiled code where an image is large.

    Parameters
    ----------
    model : Model
    pixels : int, optional
        How many pixels are to be computed; those of the region of interest if not given.
    """
    wish = model.config.execution.compile
    if model.detector.pix0.x.device.type == "cuda" and wish != "never":
        return _cuda(model)
    match wish:
        case "never":
            return IS_EAGER
        case "torch":
            return _compiled(model)
        case "auto" if not is_worthwhile(_samples(model, pixels)):
            return IS_EAGER
    return _differentiable(model) if has_graph(model) else _native(model)


def has_graph(model: Model) -> bool:
    """Tell whether derivatives of an image may be wanted: torch records them, and a number of the model has a graph."""
    detector, beam, factors = model.detector, model.beam, model.factors
    numbers = (
        *(component for v in (detector.fast, detector.slow, detector.pix0) for component in v),
        *(component for v in model.crystal.orientations.basis for component in v),
        *(source.wavelength_m for source in beam.sources),
        *(beam.fluence_per_m2, beam.kahn_factor, factors.default_F, factors.bordered),
    )
    return torch.is_grad_enabled() and any(number is not None and number.requires_grad for number in numbers)


def _samples(model: Model, pixels: int | None) -> int:
    if pixels is None:
        first_f, last_f, first_s, last_s = model.config.roi
        pixels = (last_f - first_f + 1) * (last_s - first_s + 1)
    return math.prod((pixels, model.steps, model.layers.count))


def _native(model: Model) -> ChosenEngine:
    with torch.no_grad():
        if not native_sweep.is_possible(model):
            return _eager_since(TOO_LARGE)
        try:
            library = loaded_library()
            engine = native_sweep.native_engine(library)
            check_engine(model, engine)
        except (NativeUnavailableError, EngineDisagreesError) as error:
            return _eager_since(str(error))
    said = (
        f"engine: native, compiled by {library.origin}; within {_short(AGREEMENT[model.dtype])} of the eager engine, "
        "which makes traces"
    )
    return ChosenEngine(EngineKind.NATIVE, engine, said)


def _differentiable(model: Model) -> ChosenEngine:
    from simulator.native_slopes import differentiable_engine  # noqa: PLC0415 - only where derivatives are wanted

    by_parts = replace(IS_EAGER, engine=differentiable_engine(None))
    with torch.no_grad():
        if not native_sweep.is_possible(model):
            return replace(by_parts, said=_since(TOO_LARGE))
    try:
        library = loaded_library()
        engine = differentiable_engine(library)
        check_engine(model, engine)
    except (NativeUnavailableError, EngineDisagreesError) as error:
        return replace(by_parts, said=_since(str(error)))
    said = f"engine: native, compiled by {library.origin}, with derivatives"
    return ChosenEngine(EngineKind.NATIVE, engine, said)


def _cuda(model: Model) -> ChosenEngine:
    try:
        from simulator.cuda_sweep import cuda_engine  # noqa: PLC0415 - imports Triton
    except ImportError:
        return _eager_since("Triton, which comes with PyTorch for CUDA, is not installed")
    if (bordered := model.factors.bordered) is not None and bordered.numel() >= native_sweep.LARGEST_TABLE:
        return _eager_since(TOO_LARGE)
    with torch.no_grad():
        engine = cuda_engine(model)
        try:
            check_engine(model, engine)
        except EngineDisagreesError as error:
            return _eager_since(str(error))
        except Exception as error:  # noqa: BLE001 - Triton, its compilers and the driver fail in ways of their own
            return _eager_since(f"Triton failed: {shown(str(error).partition(chr(10))[0])}")
    said = f"engine: Triton; within {_short(AGREEMENT[model.dtype])} of the eager engine, which makes traces"
    return ChosenEngine(EngineKind.TRITON, engine, said)


def _short(number: float) -> str:
    return f"{number:.0e}".replace("e-0", "e-")


def _compiled(model: Model) -> ChosenEngine:
    from simulator import fused  # noqa: PLC0415 - only for this choice

    with torch.no_grad():
        if not fused.is_possible(model):
            return _eager_since(
                "torch.compile needs a square crystal, the nearest reflections, plain sums and $CXX or g++"
            )
    return ChosenEngine(EngineKind.COMPILED, fused.fused_engine(), "engine: torch.compile")


def _eager_since(reason: str) -> ChosenEngine:
    return replace(IS_EAGER, said=_since(reason))


def _since(reason: str) -> str:
    return f"engine: eager, since {reason}"


_SAMPLES_OF_A_CHECK = 100
"""More than one has, whose sums may lose as much each."""

CHECKED_PIXELS = 70
"""A number that fills one block of the compiled code and not the next."""


class EngineDisagreesError(Exception):
    """An engine gives other values than the eager one."""


def check_engine(model: Model, engine: Engine) -> None:
    """Hold an engine against the eager kernel, on some pixels and samples of the very run.

    Raises
    ------
    EngineDisagreesError
        If a pixel is off by more than :data:`AGREEMENT`: the compiler, the processor or a damaged file is to blame.
    """
    few = _with_few_samples(model)
    exact = replace(few, dtype=torch.float64, factors=_in_double(few.factors))
    pixels = _spread_pixels(model).to(model.detector.pix0.x.device)
    expected = pixel_values(exact, pixels, _lookup(exact))
    found = pixel_values(few, pixels, _lookup(few), engine=engine)
    allowed = AGREEMENT[model.dtype] * (expected.abs() + expected[expected.isfinite()].abs().mean()) + _lost(few)
    same = (found == expected) | (found.isnan() & expected.isnan()) | ((found - expected).abs() <= allowed)
    if not bool(same.all()):
        raise EngineDisagreesError("the compiled code disagrees with it on pixels of this run")


def _lost(model: Model) -> float:
    """Return the photons that no sum in the model's precision is small enough for, as of Gaussian spots far away."""
    smallest = _SAMPLES_OF_A_CHECK * torch.finfo(model.dtype).tiny
    return CLASSICAL_ELECTRON_RADIUS_SQR_M2 * plain(model.beam.fluence_per_m2) * smallest


def _with_few_samples(model: Model) -> Model:
    """Return a model with the first two φ steps, domains and sources of another, and whole pixels."""
    crystal = model.crystal
    a, b, c = (v.map(lambda component: component[:, :2]) for v in crystal.orientations.basis)
    return replace(
        model,
        crystal=replace(crystal, phi_rad=crystal.phi_rad[:2], orientations=Orientations((a, b, c))),
        beam=replace(model.beam, sources=model.beam.sources[:2]),
        oversample=1,
    )


def _in_double(factors: StructureFactors) -> StructureFactors:
    bordered = None if factors.bordered is None else factors.bordered.to(torch.float64)
    return replace(factors, bordered=bordered, default_F=factors.default_F.to(torch.float64))


def _spread_pixels(model: Model) -> Tensor:
    first_f, last_f, first_s, last_s = model.config.roi
    slow = torch.linspace(first_s, last_s, CHECKED_PIXELS).to(torch.int64)
    fast = first_f + (torch.arange(CHECKED_PIXELS) * 7919) % (last_f - first_f + 1)
    return slow * model.config.shape_slow_fast[1] + fast


def _lookup(model: Model) -> Lookup:
    return TricubicLookup(model.factors) if interpolates(model) else NearestLookup(model.factors)

"""What tells the shape of the spots: a configuration, a banner, and values that the default shape factor gives."""

import math

from nbtrace.compare.scene import Fact, Facts, Vector
from nbtrace.physics.nanobragg.formulas.shapes import REFERENCE, SpotShape, spot_factor
from nbtrace.records import Trace
from simulator.config import Config, CrystalShape

_WORDS = {
    "parallelpiped": SpotShape.SQUARE,
    "square": SpotShape.SQUARE,
    "ellipsoidal": SpotShape.ROUND,
    "round": SpotShape.ROUND,
    "gaussian": SpotShape.GAUSS,
    "tophat": SpotShape.TOPHAT,
}
_SHAPES = {
    CrystalShape.SQUARE: SpotShape.SQUARE,
    CrystalShape.ROUND: SpotShape.ROUND,
    CrystalShape.GAUSS: SpotShape.GAUSS,
    CrystalShape.TOPHAT: SpotShape.TOPHAT,
}
_ROUNDING = 1e-6
"""Relative difference up to which a logged value is the one that the default shape factor gives."""


def spot_facts(trace: Trace, other: Trace, config: Config | None) -> Facts:
    """Return the facts `shape` and `fudge`, and what else a configuration fixes that formulas of the intensity take.

    Without a configuration the shape factor is taken for the default of 1 only where a value of either log bears it
    out: no log but one with everything in it prints it.
    """
    if config is not None:
        crystal = config.crystal
        return _facts(
            "configuration",
            shape=float(_SHAPES[crystal.shape]),
            fudge=crystal.fudge,
            configured_fudge=crystal.fudge,
            dmin_angstrom=config.beam.dmin_angstrom,
        )
    for log, origin in ((trace, "banner"), (other, "other log")):
        stated = log.settings.get("crystal_shape")
        if stated is None or stated.value not in _WORDS:
            continue
        shape = _WORDS[stated.value]
        fudge = 1.0 if shape is SpotShape.SQUARE else _fudge(trace, other, shape)
        known = {} if fudge is None else {"fudge": fudge}
        return _facts(origin, shape=float(shape), **known)
    return {}


def _facts(origin: str, **numbers: float) -> Facts:
    return {name: Fact((number,), 0.0, origin) for name, number in numbers.items()}


def _fudge(trace: Trace, other: Trace, shape: SpotShape) -> float | None:
    """Return the shape factor that a log prints, else the default where it gives a value of a log; else None."""
    for log in (trace, other):
        logged = log.number("shape_fudge")
        if logged is not None:
            return logged
    return 1.0 if any(_has_default(log, other, shape) for log in (trace, other)) else None


def _has_default(log: Trace, other: Trace, shape: SpotShape) -> bool:
    """Whether the lattice factor that a log prints, or that its intensity tells, is the one for a shape factor of 1."""
    hkl, cells, stars = _vector(log, "hkl_frac"), _cells(log) or _cells(other), _stars(log)
    logged = _lattice_factor(log)
    if logged is None or hkl is None or cells is None or (stars is None and shape is not SpotShape.ROUND):
        return False
    factor = spot_factor(REFERENCE[shape], hkl, cells, stars or (), 1.0)
    return math.isclose(abs(factor), abs(logged), rel_tol=_ROUNDING) and factor != 0


def _lattice_factor(log: Trace) -> float | None:
    """Return the first lattice factor of a log, but for its sign: as logged, else from an intensity of one sample."""
    for name in ("F_latt", "sample_F_latt"):
        record = log.get(name)
        if record is not None and len(record.numbers) == 1:
            return record.numbers[0]
    F_cell, intensity, steps = (log.number(name) for name in ("F_cell", "I_before_scaling", "steps"))
    if not F_cell or intensity is None or steps != 1.0 or intensity < 0:
        return None
    return math.sqrt(intensity) / abs(F_cell)


def _vector(log: Trace, name: str) -> Vector | None:
    record = log.get(name)
    return record.numbers if record is not None and len(record.numbers) == 3 else None


def _cells(log: Trace) -> tuple[int, ...] | None:
    stated = [log.settings.get(f"N_{axis}") for axis in "abc"]
    numbers = [float(item.value) for item in stated if item is not None]
    return tuple(map(int, numbers)) if len(numbers) == len(stated) else None


def _stars(log: Trace) -> tuple[Vector, ...] | None:
    vectors = [_vector(log, f"rot_{axis}_star_A_inv") for axis in "abc"]
    known = tuple(vector for vector in vectors if vector is not None)
    return known if len(known) == len(vectors) else None

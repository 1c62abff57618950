"""Configuration values that a log needs, solved for from its values instead of guessed.

Lengths, angles and other numbers are found by Gauss and Newton's method on runs of the simulator, from the values that
they move first; counts follow from the values that they are a factor of. A solution is an alternative like any other:
the run with it has to reproduce the log, and numbers that come out with few digits are no chance.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Node, Values, Vector
from nbtrace.explanation.simulations.match import Logged, ValueMatch, matched
from nbtrace.explanation.simulations.run import Change
from nbtrace.frozen import frozen
from nbtrace.physics.nanobragg.configuration_change import ConfigurationChange, Fields, kept_size
from nbtrace.physics.nanobragg.lattice import infer_cells
from simulator.config import Config, CrystalShape, Pivot
from simulator.frames import beam_centre, closest_point, frame_of, keeps_closest_point

Run = Callable[[tuple[Change, ...]], Values | None]

_STEPS = 8
"""Steps of the iteration."""
_NUDGE = 1e-5
"""Change of a number, relative to its size, by which its effect is measured."""
_FEWEST, _MOST = 1, 12
"""Digits of a solution."""
_UNCERTAIN_DIGITS = 15
_EXACT = 6
"""Digits of a number that comes out exact, where a value fixes it and nothing else holds it against chance."""
_MOST_ALIKE = 40
"""Numbers of cells that are tried one by one."""
_NOTHING = 1e-9
"""Size of a number over that of its neighbours that is none."""


Numbers = Mapping[str, tuple[str, str, float]]
"""Label, unit and value of each number in a configuration, by field."""


@frozen
class UnknownNumbers:
    """Numbers of a configuration that are solved for together.

    Attributes
    ----------
    name : str
        Of the alternative.
    words : str
        What they are.
    start : callable
        The numbers that a configuration has; empty where it has none.
    seen_in : tuple of str
        Quantities that they are solved from.
    compose : callable or None
        Fields that have some numbers; by default each number is a field of its own.
    joint : bool
        They are of two kinds, and one kind alone is another unknown.
    """

    name: str
    words: str
    start: Callable[[Config], Numbers]
    seen_in: tuple[str, ...]
    compose: Callable[[Config, Sequence[float]], Fields] | None = None
    joint: bool = False


def solved(config: Config, log: Logged, run: Run) -> Iterator[ConfigurationChange]:
    """Yield what has to be changed in a configuration for a log to have some of its values.

    Parameters
    ----------
    config : Config
        With what was found before in it.
    log : Logged
    run : callable
        Runs the pixel with changes.
    """
    base = run(())
    if base is None:
        return
    missed = {match.node.name for match in matched(log, base, {}) if not match.holds}
    for unknown in UNKNOWNS:
        if missed.intersection(unknown.seen_in):
            change = _solution(unknown, config, log, run, base)
            if change is not None:
                yield change
    yield from _counted(config, log, base, missed)


def _solution(
    unknown: UnknownNumbers, config: Config, log: Logged, run: Run, base: Values
) -> ConfigurationChange | None:
    start = unknown.start(config)
    nodes = [node for node in log.nodes if node.name in unknown.seen_in and node in base]
    if not start or not nodes:
        return None
    problem = _Problem(unknown, config, log, run, tuple(start), nodes)
    numbers = problem.solve([value for _, _, value in start.values()])
    if numbers is None:
        return None
    rounded, digits = problem.rounded(numbers)
    were = [value for _, _, value in start.values()]
    if rounded == were or (unknown.joint and (rounded[-1] == were[-1] or rounded[:-1] == were[:-1])):
        return None
    odds = problem.odds(digits)
    changed = [pair for pair in zip(start.values(), rounded, strict=True) if pair[0][2] != pair[1]]
    now = _listed([(label, unit, number) for (label, unit, _), number in changed])
    before = _listed([number for number, _ in changed])
    text = f"{unknown.words} {now} in place of {before}"
    return ConfigurationChange(unknown.name, text, fields=problem.fields(rounded), odds=odds)


def _listed(numbers: Sequence[tuple[str, str, float]]) -> str:
    return ", ".join(
        f"{label} {number:.9g}{'' if unit == _DEGREES else ' '}{unit}".strip() for label, unit, number in numbers
    )


_DEGREES = "°"


@dataclass
class _Problem:
    """Numbers to be found such that a run has a log's values."""

    unknown: UnknownNumbers
    config: Config
    log: Logged
    run: Run
    names: tuple[str, ...]
    nodes: list[Node]

    def fields(self, numbers: Sequence[float]) -> Fields:
        """Return the fields that have some numbers."""
        if self.unknown.compose is not None:
            return self.unknown.compose(self.config, numbers)
        return dict(zip(self.names, numbers, strict=True))

    def _matches(self, numbers: Sequence[float]) -> list[ValueMatch] | None:
        change = ConfigurationChange(self.unknown.name, "", fields=self.fields(numbers))
        values = self.run((change,))
        if values is None or any(node not in values for node in self.nodes):
            return None
        wanted = set(self.nodes)
        return [match for match in matched(self.log, values, {}) if match.node in wanted]

    def solve(self, start: Sequence[float]) -> list[float] | None:
        """Return the numbers; None if no solution has the log's values."""
        numbers = list(start)
        for _ in range(_STEPS):
            matches = self._matches(numbers)
            if matches is None or any(len(match.logged) != len(match.simulated) for match in matches):
                return None
            if all(match.holds for match in matches):
                return numbers
            change = self._step(numbers, matches)
            if change is None:
                return None
            numbers = [number + step for number, step in zip(numbers, change, strict=True)]
            if not all(map(math.isfinite, numbers)):
                return None
        matches = self._matches(numbers)
        return numbers if matches is not None and all(match.holds for match in matches) else None

    def _step(self, numbers: Sequence[float], matches: Sequence[ValueMatch]) -> list[float] | None:
        """Return the least-squares step, each component of a value over its size."""
        sizes = [norm(match.logged) or 1.0 for match in matches]
        here = _flat([match.simulated for match in matches], sizes)
        target = _flat([match.logged for match in matches], sizes)
        columns = []
        for i, number in enumerate(numbers):
            nudge = _NUDGE * max(abs(number), 1.0)
            moved = self._matches([x + nudge if j == i else x for j, x in enumerate(numbers)])
            if moved is None:
                return None
            there = _flat([match.simulated for match in moved], sizes)
            columns.append([(x - y) / nudge for x, y in zip(there, here, strict=True)])
        return _least_squares(columns, [x - y for x, y in zip(target, here, strict=True)])

    def rounded(self, numbers: Sequence[float]) -> tuple[list[float], int]:
        """Return the numbers with as few digits as still have the log's values, and how many those are."""
        # Beside a number that was 0, what is left of one is rounding.
        was_nothing = any(start == 0.0 for _, _, start in self.unknown.start(self.config).values())
        least = _NOTHING * max(float(was_nothing), *map(abs, numbers))
        for digits in range(_FEWEST, _MOST + 1):
            short = [float(f"{number:.{digits}g}") if abs(number) > least else 0.0 for number in numbers]
            matches = self._matches(short)
            if matches is not None and all(match.holds for match in matches):
                return short, digits
        return list(numbers), _UNCERTAIN_DIGITS

    def odds(self, digits: int) -> float:
        """Return how likely numbers with so few digits have the log's values by chance."""
        values = self.run(()) or {}
        known = math.inf
        components = 0
        for match in matched(self.log, values, {}):
            if match.node in self.nodes and norm(match.logged):
                known = min(known, -math.log10(max(norm(match.allowed) / norm(match.logged), 1e-15)))
                components += len(match.logged)
        spare = max(components - len(self.names), 0)
        if not spare and digits > _EXACT:
            return 1.0
        round_ = min(10.0 ** (digits - known), 1.0) ** len(self.names)
        return max(round_ * 10.0 ** (-known * spare), 1e-300) if math.isfinite(known) else 1.0


def _flat(values: Sequence[Vector], sizes: Sequence[float]) -> list[float]:
    return [x / size for value, size in zip(values, sizes, strict=True) for x in value]


def _least_squares(columns: Sequence[Sequence[float]], wanted: Sequence[float]) -> list[float] | None:
    """Return the x of least |A·x − b|; None where there is no single one."""
    import numpy as np  # noqa: PLC0415 - only runs solve, and they load it

    numbers, _, rank, _ = np.linalg.lstsq(np.array(columns).T, np.array(wanted), rcond=None)
    return [float(number) for number in numbers] if rank == len(columns) else None


def _counted(config: Config, log: Logged, base: Values, missed: set[str]) -> Iterator[ConfigurationChange]:
    """Yield counts that make whole factors: cells of the lattice factors, the rest of the number of steps."""
    yield from _cells(config, log, missed)
    steps = Node("steps")
    logged, here = log.scene.values.get(steps), base.get(steps)
    if "steps" not in missed or not logged or not here or not here[0]:
        return
    factor = logged[0] / here[0]
    counts = (
        ("crystal.phisteps", "φ steps", config.crystal.rotation.count, factor),
        ("crystal.mosaic_domains", "mosaic domains", config.crystal.domain_count, factor),
        ("sampling.oversample", "oversampling", config.sampling.oversample or 1, math.sqrt(abs(factor))),
    )
    for field, words, count, times in counts:
        other = count * times
        whole = round(other)
        if whole >= 1 and whole != count and abs(other - whole) < 1e-9 * whole:
            text = f"{words} {whole} in place of {count}"
            yield ConfigurationChange("counts", text, fields={field: whole}, moves=("steps",))


def _cells(config: Config, log: Logged, missed: set[str]) -> Iterator[ConfigurationChange]:
    crystal, values = config.crystal, log.scene.values
    if crystal.shape is not CrystalShape.SQUARE and missed & {"F_latt", "I_before_scaling"}:
        yield from _alike(config)
    hkl = values.get(Node("hkl_frac", 0)) or values.get(Node("hkl_frac"))
    if not missed.intersection(f"F_latt_{axis}" for axis in "abc") or hkl is None or len(hkl) != len("abc"):
        return
    found = []
    for axis, index in zip("abc", hkl, strict=True):
        factor = values.get(Node(f"F_latt_{axis}", 0)) or values.get(Node(f"F_latt_{axis}"))
        found.append(infer_cells(index, factor[0]) if factor is not None else None)
    counts = (crystal.Na, crystal.Nb, crystal.Nc)
    if not all(found) or tuple(found) == counts:
        return
    text = f"{_by(found)} cells in place of {_by(counts)}"
    yield ConfigurationChange(
        "cells",
        text,
        fields={f"crystal.N{axis}": n for axis, n in zip("abc", found, strict=True)},
        moves=("F_latt_a", "F_latt_b", "F_latt_c", "F_latt"),
    )


def _alike(config: Config) -> Iterator[ConfigurationChange]:
    """Yield one number of cells along all axes, for spots whose factor is no product of three."""
    crystal = config.crystal
    for n in range(1, _MOST_ALIKE + 1):
        if (n, n, n) != (crystal.Na, crystal.Nb, crystal.Nc):
            text = f"{_by((n, n, n))} cells in place of {_by((crystal.Na, crystal.Nb, crystal.Nc))}"
            yield ConfigurationChange(
                "cells", text, fields={f"crystal.N{axis}": n for axis in "abc"}, moves=("F_latt", "I_before_scaling")
            )


def _by(counts: Sequence[int | None]) -> str:
    return " x ".join(str(count) for count in counts)


def _beam_centre(config: Config) -> Numbers:
    detector = config.detector
    pivot = detector.pivot or frame_of(detector).pivot or Pivot.BEAM
    if detector.ORGX_px is not None or detector.ORGY_px is not None or keeps_closest_point(detector, pivot):
        x, y = (number / (detector.pixel_mm / 1000.0) + 0.5 for number in closest_point(detector))
        return {"detector.ORGX_px": ("ORGX", "pixels", x), "detector.ORGY_px": ("ORGY", "pixels", y)}
    if detector.Xclose_mm is not None and detector.Yclose_mm is not None:
        return {
            "detector.Xclose_mm": ("Xclose", "mm", detector.Xclose_mm),
            "detector.Yclose_mm": ("Yclose", "mm", detector.Yclose_mm),
        }
    x, y = (1000.0 * number for number in beam_centre(detector))
    return {"detector.Xbeam_mm": ("X", "mm", x), "detector.Ybeam_mm": ("Y", "mm", y)}


def _distance(config: Config) -> Numbers:
    detector = config.detector
    if detector.distance_mm is not None:
        return {"detector.distance_mm": ("", "mm", detector.distance_mm)}
    if detector.close_distance_mm is not None:
        return {"detector.close_distance_mm": ("", "mm", detector.close_distance_mm)}
    return {}


def _beam_and_distance(config: Config) -> Numbers:
    distance = _distance(config)
    return {**_beam_centre(config), **distance} if distance else {}


def _one(field: str, unit: str) -> Callable[[Config], Numbers]:
    """Return the one number of a field that a configuration has."""
    section, _, name = field.partition(".")

    def start(config: Config) -> Numbers:
        value = getattr(getattr(config, section), name)
        return {} if value is None else {field: ("", unit, float(value))}

    return start


def _fluence(config: Config) -> Numbers:
    return {"beam.fluence_per_m2": ("", "photons/m²", config.beam.total_fluence_per_m2)}


def _rotations(config: Config) -> Numbers:
    detector = config.detector
    return {f"detector.rot{axis}_deg": (axis, _DEGREES, float(getattr(detector, f"rot{axis}_deg"))) for axis in "xyz"}


def _misset(config: Config) -> Numbers:
    if config.crystal.misset_random:
        return {}
    angles = config.crystal.misset_deg or (0.0, 0.0, 0.0)
    return {axis: (axis, _DEGREES, angle) for axis, angle in zip("xyz", angles, strict=True)}


def _with_misset(config: Config, numbers: Sequence[float]) -> Fields:
    del config
    return {"crystal.misset_deg": tuple(numbers)}


_CELL = {"a": "Å", "b": "Å", "c": "Å", "alpha": _DEGREES, "beta": _DEGREES, "gamma": _DEGREES}


def _cell(config: Config) -> Numbers:
    cell = config.crystal.cell
    if cell is None or config.crystal.matrix_file is not None:
        return {}
    fields = {name: f"{name}_{'angstrom' if unit == 'Å' else 'deg'}" for name, unit in _CELL.items()}
    return {name: (name, _CELL[name], float(getattr(cell, field))) for name, field in fields.items()}


def _with_cell(config: Config, numbers: Sequence[float]) -> Fields:
    assert config.crystal.cell is not None  # noqa: S101 - `_cell` had its numbers
    names = [f"{name}_{'angstrom' if unit == 'Å' else 'deg'}" for name, unit in _CELL.items()]
    return {"crystal.cell": config.crystal.cell.model_copy(update=dict(zip(names, numbers, strict=True)))}


def _default_F(config: Config) -> Numbers:
    structure = config.structure
    return {"structure.default_F": ("", "e⁻", structure.default_F)} if structure.hkl_file is None else {}


def _with_kahn_factor(config: Config, numbers: Sequence[float]) -> Fields:
    del config
    return {"beam.polarized": True, "beam.kahn_factor": numbers[0]}


def _with_fluence(config: Config, numbers: Sequence[float]) -> Fields:
    del config
    return {"beam.flux_per_s": 0.0, "beam.fluence_per_m2": numbers[0]}


def _with_pixel(config: Config, numbers: Sequence[float]) -> Fields:
    return {"detector.pixel_mm": numbers[0], **kept_size(config)}


_DETECTOR = ("pix0_vector_meters",)
_ORIENTED = ("rot_a_angstroms", "rot_b_angstroms", "rot_c_angstroms")
_FACES = ("fdet_vec", "sdet_vec", "odet_vec")


UNKNOWNS: tuple[UnknownNumbers, ...] = (
    UnknownNumbers("beam_centre", "the beam centre", _beam_centre, _DETECTOR),
    UnknownNumbers("distance", "the distance", _distance, _DETECTOR),
    UnknownNumbers("beam_and_distance", "beam centre and distance", _beam_and_distance, _DETECTOR, joint=True),
    UnknownNumbers("wavelength", "the wavelength", _one("beam.wavelength_angstrom", "Å"), ("lambda_meters",)),
    UnknownNumbers("fluence", "the fluence", _fluence, ("fluence_photons_per_m2",), _with_fluence),
    UnknownNumbers("kahn_factor", "the polarisation", _one("beam.kahn_factor", ""), ("polar",), _with_kahn_factor),
    UnknownNumbers("pixel", "the pixel size", _one("detector.pixel_mm", "mm"), ("omega_pixel_sr",), _with_pixel),
    UnknownNumbers("twotheta", "two-theta", _one("detector.twotheta_deg", _DEGREES), _FACES),
    UnknownNumbers("tilt", "the detector rotations", _rotations, _FACES),
    UnknownNumbers("osc", "the oscillation", _one("crystal.osc_deg", _DEGREES), (*_ORIENTED, "phi_deg", "phi_k_frac")),
    UnknownNumbers("phi", "φ", _one("crystal.phi_deg", _DEGREES), _ORIENTED),
    UnknownNumbers("misset", "the misset", _misset, _ORIENTED, _with_misset),
    UnknownNumbers("cell", "the cell", _cell, _ORIENTED, _with_cell),
    UnknownNumbers("thickness", "the sensor's thickness", _one("detector.thickness_um", "µm"), ("capture_fraction",)),
    UnknownNumbers("default_F", "the default structure factor", _default_F, ("F_cell",)),
)
"""Numbers that are solved for, the simplest first."""

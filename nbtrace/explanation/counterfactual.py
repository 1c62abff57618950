"""What the simulator makes of the traced pixel: with the configuration as given, and with one thing changed at a time.

Each side is held against the run whole, every value at the digits and the precision of its log. Changes are added one
after the other, the one that reproduces most of the log first, as long as what they reproduce is no chance. What is
found is evidence beside the audit, which alone says who is wrong.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

from nbtrace.compare.metrics import norm
from nbtrace.compare.pixel import whereabouts
from nbtrace.errors import NbtraceError
from nbtrace.explanation.alternatives import Change, base_words, changes, with_changes
from nbtrace.explanation.formulas import FORMULAS
from nbtrace.explanation.scene import At, Node, Scene, UnloggedError, Values, Vector, rank
from nbtrace.quantities import QUANTITIES, Stage, ancestors
from nbtrace.records import Pixel, Side
from simulator.config import Config
from simulator.defects import Defect, Mode

MOST_CHANGES = 3
"""Changes that are combined at most."""

_BUDGET = 3_000
"""Samples that all runs together may take; a run also costs as much as :data:`_OVERHEAD` samples."""
_OVERHEAD = 20
_MANY = 200
"""Samples of a run from which on the condition of its values is not measured."""
_BY_CHANCE = 0.05
"""Largest expected number of changes that reproduce as much by chance."""
_STEP = 1e-7
"""Relative change of an input by which the condition of a value is measured."""
_FLOOR = 1e-15
_WHOLE = frozenset({"steps", "hkl_rounded", "oversample_thick", "oversample_polar", "oversample_omega"})
"""Quantities that are whole numbers, of which a few are tried by many changes."""
_SHORTENING = frozenset({"oversample", "phi_steps", "mosaic", "sources", "sensor"})
"""Alternatives by which a run may take fewer samples: of a long one, they are tried first."""
_SINGLE_RESULT = 2.0**-23


@dataclass(frozen=True, slots=True)
class Run:
    """A pixel as the simulator computes it: values by what they are, and the samples that it took."""

    values: Values
    samples: int = 1


Simulate = Callable[[Config, Pixel], Run]
"""Runs one pixel (slow, fast); raises :class:`NbtraceError` where it cannot."""


@dataclass(frozen=True)
class Logged:
    """A side's log as runs are held against it.

    Attributes
    ----------
    scene : Scene
    factors : mapping of Node to float
        Values that are in another unit, and by which factor.
    excused : frozenset of str
        Quantities that are wrong in the log alone, and what the log computes from them.
    """

    scene: Scene
    factors: Mapping[Node, float] = field(default_factory=dict)
    excused: frozenset[str] = frozenset()

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The logged values in execution order."""
        return tuple(sorted((node for node in self.scene.values if node.name in QUANTITIES), key=rank))

    def excuses(self, node: Node) -> bool:
        """Whether a value is wrong in the log alone, and not merely in another unit."""
        return node.name in self.excused and node not in self.factors

    @property
    def pixels(self) -> tuple[Pixel, ...]:
        """The pixels that the log may be of: as stated, and by its own geometry."""
        at = whereabouts(self.scene.trace)
        return tuple(pixel for pixel in (at.stated, at.derived) if pixel is not None)


@dataclass(frozen=True, slots=True)
class Match:
    """A logged value against the simulated one.

    Attributes
    ----------
    node : Node
    logged, simulated : tuple of float
    allowed : tuple of float
        Difference of each component that digits and precision make, here and in all that goes before.
    """

    node: Node
    logged: Vector
    simulated: Vector
    allowed: Vector

    @property
    def holds(self) -> bool:
        """Whether the run reproduces the logged value."""
        if len(self.logged) != len(self.simulated):
            return False
        return all(abs(x - y) <= z for x, y, z in zip(self.logged, self.simulated, self.allowed, strict=True))

    @property
    def residual_rel(self) -> float:
        """|logged − simulated| over |logged|; infinite if one of them has another number of components."""
        if len(self.logged) != len(self.simulated):
            return float("inf")
        residual = norm(tuple(x - y for x, y in zip(self.logged, self.simulated, strict=True)))
        return residual / (norm(self.logged) or norm(self.simulated) or 1.0)


@dataclass(frozen=True)
class Reproduction:
    """The run that reproduces most of a side's log.

    Attributes
    ----------
    side : Side
    base : str
        The mode of the configuration as given.
    changes : tuple of Change
        What has to be changed in it.
    as_well : tuple of tuple of Change
        For each of them, other changes that reproduce the same values.
    chances : tuple of float
        For each of them, the expected number of changes that reproduce as much by chance.
    matches : tuple of Match
        Every logged value that the run has, in execution order.
    excused : frozenset of str
        Quantities that are wrong in the log alone, and what the log computes from them.
    """

    side: Side
    base: str
    changes: tuple[Change, ...]
    as_well: tuple[tuple[Change, ...], ...]
    chances: tuple[float, ...]
    matches: tuple[Match, ...]
    excused: frozenset[str]

    @property
    def held(self) -> tuple[Match, ...]:
        """The values that the run reproduces."""
        return tuple(match for match in self.matches if match.holds)

    @property
    def left(self) -> tuple[Match, ...]:
        """Those that no setting reproduces."""
        return tuple(match for match in self.matches if not match.holds)

    @property
    def largest(self) -> float:
        """The largest relative residual of a value that the run reproduces."""
        return max((match.residual_rel for match in self.held), default=0.0)

    def at(self, node: Node) -> Match | None:
        """Return a value; None if the log or the run does not have it."""
        return next((match for match in self.matches if match.node == node), None)

    @property
    def final(self) -> Match | None:
        """The pixel value."""
        return self.at(Node("I_pixel_final")) or self.at(Node("floatimage_accumulated"))


@dataclass(frozen=True)
class Difference:
    """A change that one side's run has and the other's has not.

    Attributes
    ----------
    change : Change
    side : Side
        Whose run has it.
    moved : tuple of Node
        Values that it moves, in execution order.
    chance : float
        Expected number of changes that reproduce as much by chance.
    ratio : float or None
        Factor by which it changes the final value of that side's run.
    share : float or None
        Its share of log(Py/C) of the final value.
    """

    change: Change
    side: Side
    moved: tuple[Node, ...]
    chance: float
    ratio: float | None
    share: float | None


@dataclass(frozen=True)
class Simulated:
    """What the simulator says of a pair.

    Attributes
    ----------
    pixel : Pixel or None
    refused : str
        Why nothing was run; empty if it was.
    reproductions : mapping of Side to Reproduction
    modes : mapping of (Side, str) to (int, float)
        For each side and mode without any change: how many values are reproduced, and the largest relative residual.
    differences : tuple of Difference
        What the two runs differ in.
    traceless : tuple of Defect
        Switches that leave no trace in this pixel.
    tried : int
        Runs that were made.
    untried : int
        Changes for which there was no time.
    """

    pixel: Pixel | None
    refused: str = ""
    reproductions: Mapping[Side, Reproduction] = field(default_factory=dict)
    modes: Mapping[tuple[Side, str], tuple[int, float]] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    traceless: tuple[Defect, ...] = ()
    tried: int = 0
    untried: int = 0


@dataclass
class _Runs:
    """Runs of one pixel, each made once."""

    simulate: Simulate
    config: Config
    pixel: Pixel
    samples: int = 0
    spent: int = 0
    untried: set[str] = field(default_factory=set)
    made: dict[Config, Values | None] = field(default_factory=dict)

    def base(self) -> Values:
        """Return the run as configured; raises NbtraceError if it cannot be made."""
        run = self.simulate(self.config, self.pixel)
        self.samples = run.samples
        self.spent += run.samples + _OVERHEAD
        self.made[self.config] = run.values
        return run.values

    def of(self, chosen: tuple[Change, ...]) -> Values | None:
        """Return the values with some changes; None if the run cannot be made, or there is no time for it."""
        config = with_changes(self.config, chosen)
        if config not in self.made:
            if self.spent > _BUDGET:
                self.untried.add(chosen[-1].text)
                return None
            self.made[config] = self._made(config)
        return self.made[config]

    def _made(self, config: Config) -> Values | None:
        self.spent += _OVERHEAD
        try:
            run = self.simulate(config, self.pixel)
        except NbtraceError:
            return None
        self.spent += run.samples
        return run.values


def counterfactual(logged: Mapping[Side, Logged], config: Config, simulate: Simulate) -> Simulated:
    """Hold both logs against runs of the simulator.

    Parameters
    ----------
    logged : mapping of Side to Logged
    config : Config
        What both were run with.
    simulate : callable
        Runs one pixel.
    """
    try:
        runs = _runs(logged, config, simulate)
    except NbtraceError as error:
        return Simulated(None, refused=str(error))
    if runs is None:
        return Simulated(None, refused="neither log tells a pixel that is on the detector")
    options = changes(config, runs.pixel)
    if runs.samples > _MANY:
        options = tuple(sorted(options, key=lambda change: change.name not in _SHORTENING))
    found = {side: _reproduction(log, runs, options) for side, log in logged.items()}
    return Simulated(
        pixel=runs.pixel,
        reproductions=found,
        modes=dict(_modes(logged, runs)),
        differences=tuple(_differences(found, runs)),
        traceless=tuple(_traceless(runs, options)),
        tried=len(runs.made),
        untried=len(runs.untried),
    )


def _runs(logged: Mapping[Side, Logged], config: Config, simulate: Simulate) -> _Runs | None:
    """Return the runs of the pixel of which the logs hold most: they may state one and be of another."""
    told = [pixel for log in logged.values() for pixel in log.pixels]
    slow, fast = config.shape_slow_fast
    best: tuple[int, _Runs] | None = None
    refused: NbtraceError | None = None
    for pixel in dict.fromkeys(p for p in told if 0 <= p[0] < slow and 0 <= p[1] < fast):
        runs = _Runs(simulate, config, pixel)
        try:
            values = runs.base()
        except NbtraceError as error:
            refused = error
            continue
        held = sum(match.holds for log in logged.values() for match in _matches(log, values, {}))
        if best is None or held > best[0]:
            best = held, runs
    if best is None and refused is not None:
        raise refused
    return best[1] if best is not None else None


def _matches(log: Logged, values: Values, condition: Mapping[Node, Vector]) -> Iterator[Match]:
    """Yield every logged value that a run has, with the difference that digits and precision allow."""
    for node in log.nodes:
        if node in values:
            yield _match(log, node, values[node], condition.get(node, ()))


def _match(log: Logged, node: Node, simulated: Vector, condition: Vector) -> Match:
    scene = log.scene
    factor = log.factors.get(node, 1.0)
    size = scene.rounding_at(node) * norm(simulated)
    size += _roughness(scene, node, simulated)
    digits = scene.digits.get(node, ())
    allowed = tuple(
        size
        + (digits[i] / abs(factor) if i < len(digits) else 0.0)
        + (scene.rounding_at(node) * condition[i] if i < len(condition) else 0.0)
        for i in range(len(simulated))
    )
    return Match(node, tuple(x / factor for x in scene.values[node]), simulated, allowed)


def _roughness(scene: Scene, node: Node, simulated: Vector) -> float:
    """Return by how much a value may differ for the way in which it is computed: in single precision, near a zero."""
    formula = FORMULAS.get(node.name)
    if formula is None:
        return 0.0
    rough = _SINGLE_RESULT * norm(simulated) if formula.single else 0.0
    if formula.rough is not None:
        with suppress(UnloggedError):
            rough += scene.rounding_at(node) * formula.rough(At(scene, scene.values, node))
    return rough


def _condition(runs: _Runs, chosen: tuple[Change, ...], values: Values) -> dict[Node, Vector]:
    """Return by how much each value changes per relative change of wavelength, distance and pixel size together."""
    if runs.samples > _MANY:
        return {}
    total = {node: [0.0] * len(value) for node, value in values.items()}
    for nudge in _nudges(with_changes(runs.config, chosen)):
        moved = runs.of((*chosen, nudge))
        for node, value in values.items():
            other = moved.get(node, value) if moved is not None else value
            if len(other) == len(value):
                for i, (x, y) in enumerate(zip(value, other, strict=True)):
                    total[node][i] += abs(x - y) / _STEP
    return {node: tuple(change) for node, change in total.items()}


def _nudges(config: Config) -> Iterator[Change]:
    detector = config.detector
    numbers = {
        "beam.wavelength_angstrom": config.beam.wavelength_angstrom,
        "detector.pixel_mm": detector.pixel_mm,
        "detector.distance_mm": detector.distance_mm,
        "detector.close_distance_mm": detector.close_distance_mm,
    }
    for name, value in numbers.items():
        if value is not None:
            yield Change("nudge", name, fields={name: value * (1 + _STEP), **_kept_size(config, name)})


def _kept_size(config: Config, name: str) -> dict[str, object]:
    """Return the number of pixels, which must not change with their size."""
    if name != "detector.pixel_mm":
        return {}
    fast, slow = config.detector.pixels
    return {"detector.detpixels_fast": fast, "detector.detpixels_slow": slow}


def _reproduction(log: Logged, runs: _Runs, options: tuple[Change, ...]) -> Reproduction:
    """Return the run that reproduces most of a log, with as few changes as possible."""
    chosen: tuple[Change, ...] = ()
    as_well: list[tuple[Change, ...]] = []
    chances: list[float] = []
    current = runs.of(()) or {}
    condition = _condition(runs, (), current)
    for _ in range(MOST_CHANGES):
        before = tuple(_matches(log, current, condition))
        step = _best_step(runs, _Step(chosen, options, before, condition, log))
        if step is None:
            break
        chosen, chance, others = (*chosen, step.change), step.chance, step.as_well
        as_well.append(others)
        chances.append(chance)
        current = runs.of(chosen) or current
        condition = _condition(runs, chosen, current)
    matches = tuple(_matches(log, current, condition))
    return Reproduction(
        side=log.scene.side,
        base=base_words(runs.config),
        changes=chosen,
        as_well=tuple(as_well),
        chances=tuple(chances),
        matches=matches,
        excused=log.excused,
    )


@dataclass(frozen=True)
class _Step:
    """Where a search stands: changes made, those to try, what is reproduced so far."""

    chosen: tuple[Change, ...]
    options: tuple[Change, ...]
    before: tuple[Match, ...]
    condition: Mapping[Node, Vector]
    log: Logged

    @cached_property
    def open(self) -> frozenset[Node]:
        """What is not reproduced, and might be."""
        return frozenset(match.node for match in self.before if not match.holds and not self.log.excuses(match.node))

    @cached_property
    def ready(self) -> frozenset[str]:
        """Quantities that a change may make right now: not reproduced, and not for what goes before; or not logged."""
        logged = {match.node.name for match in self.before}
        open_ = {node.name for node in self.open if QUANTITIES[node.name].stage >= Stage.PIXEL}
        waiting = {name for name in open_ if ancestors(name) & open_}
        return frozenset(QUANTITIES.keys() - logged | {node.name for node in self.open} - waiting)


@dataclass(frozen=True)
class _Taken:
    """A change that reproduces more."""

    change: Change
    gain: int
    gained: frozenset[Node]
    values: tuple[Vector, ...]
    chance: float
    as_well: tuple[Change, ...] = ()


def _best_step(runs: _Runs, step: _Step) -> _Taken | None:
    """Return the change that reproduces most of what is open, the first of those that do alike."""
    if not step.open:
        return None
    taken = []
    tried = 0
    for change in step.options:
        if change in step.chosen or not _concerns(runs, change, step):
            continue
        values = runs.of((*step.chosen, change))
        if values is not None:
            tried += 1
            found = _gain(values, change, step)
            taken += [found] if found is not None else []
    judged = [_weighed(item, tried) for item in taken]
    judged = [item for item in judged if item.chance <= _BY_CHANCE]
    if not judged:
        return None
    best = max(judged, key=lambda item: item.gain)
    same = tuple(item.change for item in judged if item.gained == best.gained and item is not best)
    return replace(best, as_well=same)


def _concerns(runs: _Runs, change: Change, step: _Step) -> bool:
    """Whether a change, alone, moves anything that is not reproduced yet."""
    if change.moves and not step.ready.intersection(change.moves):
        return False
    alone, base = runs.of((change,)), runs.of(())
    return alone is not None and any(alone.get(node) != (base or {}).get(node) for node in step.open)


def _gain(values: Values, change: Change, step: _Step) -> _Taken | None:
    """Return what a change reproduces beyond what is reproduced already; None if it loses more."""
    before = {match.node: match for match in step.before}
    after = [match for match in _matches(step.log, values, step.condition) if match.node in before]
    gained = [match for match in after if match.holds and not before[match.node].holds]
    lost = len(before) - len(after) + sum(before[m.node].holds and not m.holds for m in after)
    if not gained or lost * 4 > len(gained):
        return None
    reach = min(_reach(before[match.node], match) for match in gained)
    nodes = frozenset(match.node for match in gained)
    return _Taken(change, len(gained) - lost, nodes, tuple(match.simulated for match in after), reach)


def _reach(before: Match, after: Match) -> float:
    """Return how likely a change hits the logged value by chance: its reach over the distance, for each component."""
    gap = norm(tuple(x - y for x, y in zip(before.logged, before.simulated, strict=False)))
    width = norm(after.allowed) if after.node.name not in _WHOLE else max(norm(after.allowed), 0.5)
    moved = sum(x != y for x, y in zip(before.simulated, after.simulated, strict=False))
    return min(max(width / gap if gap else 1.0, _FLOOR), 1.0) ** max(moved, 1)


def _weighed(item: _Taken, tried: int) -> _Taken:
    return replace(item, chance=item.chance * tried)


def _modes(logged: Mapping[Side, Logged], runs: _Runs) -> Iterator[tuple[tuple[Side, str], tuple[int, float]]]:
    """Yield how much of each log the two modes reproduce without any other change."""
    for mode in Mode:
        turned = runs.config.execution.defects ^ mode.defects
        chosen = tuple(Change(defect.value, defect.value, defect) for defect in sorted(turned, key=lambda d: d.value))
        values = runs.of(chosen)
        if values is None:
            continue
        condition = _condition(runs, chosen, values)
        for side, log in logged.items():
            matches = list(_matches(log, values, condition))
            worst = max((match.residual_rel for match in matches), default=0.0)
            yield (side, mode.value), (sum(match.holds for match in matches), worst)


def _traceless(runs: _Runs, options: Iterable[Change]) -> Iterator[Defect]:
    """Yield the switches that move nothing in this pixel."""
    base = runs.of(())
    turned = {Defect(change.name): change for change in options if change.name in {d.value for d in Defect}}
    for defect in Defect:
        change = turned.get(defect)
        if change is None or runs.of((change,)) == base:
            yield defect


def _differences(found: Mapping[Side, Reproduction], runs: _Runs) -> Iterator[Difference]:
    """Yield what one side's run has changed and the other's has not, with what it moves."""
    for side, reproduction in found.items():
        other = found[Side.PY if side is Side.C else Side.C]
        for change, chance in zip(reproduction.changes, reproduction.chances, strict=True):
            if change in other.changes:
                continue
            rest = tuple(item for item in reproduction.changes if item != change)
            with_it, without = runs.of(reproduction.changes) or {}, runs.of(rest) or {}
            moved = sorted((node for node in with_it if with_it[node] != without.get(node)), key=rank)
            if not any(match.holds for match in other.matches if match.node in set(moved)):
                continue  # The other log does not tell whether it has the change too.
            ratio = _final_ratio(with_it, without)
            whole = _logged_ratio(found)
            sign = 1 if side is Side.PY else -1
            share = sign * math.log(ratio) / whole if ratio and whole else None
            yield Difference(change, side, tuple(moved), chance, ratio, share)


def _final_ratio(values: Values, others: Values) -> float | None:
    numbers = [found.get(Node("I_pixel_final"), (0.0,))[0] for found in (values, others)]
    return numbers[0] / numbers[1] if all(number > 0 for number in numbers) else None


def _logged_ratio(found: Mapping[Side, Reproduction]) -> float | None:
    """Return log(Py/C) of the final value as logged."""
    finals = [found[side].final for side in (Side.C, Side.PY)]
    logged = [match.logged[0] for match in finals if match is not None and match.logged[0] > 0]
    return math.log(logged[1] / logged[0]) if len(logged) == 2 and logged[0] != logged[1] else None

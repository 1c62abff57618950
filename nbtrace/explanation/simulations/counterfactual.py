"""What the simulator makes of the traced pixel: with the configuration as given, and with one thing changed at a time.

Each side is held against the run whole. What the runs say of the roots is in :mod:`ruling`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from nbtrace.compare.scene import Node, Values, in_order
from nbtrace.errors import NbtraceError
from nbtrace.explanation.simulations.match import Logged, matched
from nbtrace.explanation.simulations.reproduction import Reproduction, reproduction_of
from nbtrace.explanation.simulations.run import MANY, Change, Config, Experiments, Runs, Simulate, condition_of
from nbtrace.frozen import frozen
from nbtrace.records import Pixel, Side

NO_RATIO = 1e-12
"""Relative difference of final values up to which it is rounding of double precision: nothing has a share of it."""


@frozen
class RunDifference:
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
        Its share of log(Py/C) of the final value, on the way from C's run to Py's, one change after the other.
    as_well : tuple of Change
        Other changes that reproduce the same values.
    """

    change: Change
    side: Side
    moved: tuple[Node, ...]
    chance: float
    ratio: float | None
    share: float | None
    as_well: tuple[Change, ...] = ()

    @property
    def blamed(self) -> Side:
        """The side that departs from what is meant: that with the change, or the one that lacks what mends it."""
        return self.side.other if self.change.mends else self.side


@frozen
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
    differences : tuple of RunDifference
        What the two runs differ in.
    traceless : tuple of str
        Switches that leave no trace in this pixel.
    tried : int
        Runs that were made.
    untried : int
        Changes for which there was no time.
    defective : frozenset of Node
        Values of the run as configured that known defects of the reference make.
    """

    pixel: Pixel | None
    refused: str = ""
    reproductions: Mapping[Side, Reproduction] = field(default_factory=dict)
    modes: Mapping[tuple[Side, str], tuple[int, float]] = field(default_factory=dict)
    differences: tuple[RunDifference, ...] = ()
    traceless: tuple[str, ...] = ()
    tried: int = 0
    untried: int = 0
    defective: frozenset[Node] = frozenset()


def counterfactual(
    logged: Mapping[Side, Logged], config: Config, simulate: Simulate, experiments: Experiments
) -> Simulated:
    """Hold both logs against runs of the simulator.

    Parameters
    ----------
    logged : mapping of Side to Logged
    config : Config
        What both were run with.
    simulate : callable
        Runs one pixel.
    experiments : Experiments
        What may be varied.
    """
    try:
        runs = _runs(logged, config, simulate, experiments)
    except NbtraceError as error:
        return Simulated(None, refused=str(error))
    if runs is None:
        return Simulated(None, refused="neither log names a pixel on the detector")
    options = experiments.changes(config, runs.pixel)
    if runs.samples > MANY:
        options = tuple(sorted(options, key=lambda change: change.name not in experiments.shortening))
    reproductions = {side: reproduction_of(log, runs, options) for side, log in logged.items()}
    return Simulated(
        pixel=runs.pixel,
        reproductions=reproductions,
        modes=dict(_modes(logged, runs)),
        differences=tuple(_differences(reproductions, runs)),
        traceless=tuple(_traceless(runs, options)),
        tried=len(runs.made),
        untried=len(runs.untried),
        defective=frozenset(_defective(runs, options)),
    )


def _runs(logged: Mapping[Side, Logged], config: Config, simulate: Simulate, experiments: Experiments) -> Runs | None:
    """Return the runs of the pixel of which the logs hold most: they may state one and be of another."""
    pixels = [pixel for log in logged.values() for pixel in log.pixels]
    slow, fast = experiments.shape(config)
    best: tuple[int, Runs] | None = None
    refused: NbtraceError | None = None
    for pixel in dict.fromkeys(p for p in pixels if 0 <= p[0] < slow and 0 <= p[1] < fast):
        runs = Runs(simulate, experiments, config, pixel)
        try:
            values = runs.base()
        except NbtraceError as error:
            refused = error
            continue
        held = sum(match.holds for log in logged.values() for match in matched(log, values, {}))
        if best is None or held > best[0]:
            best = held, runs
    if best is None and refused is not None:
        raise refused
    return best[1] if best is not None else None


def _modes(logged: Mapping[Side, Logged], runs: Runs) -> Iterator[tuple[tuple[Side, str], tuple[int, float]]]:
    """Yield how much of each log the two modes reproduce without any other change."""
    for mode, chosen in runs.experiments.modes(runs.config).items():
        values = runs.of(chosen)
        if values is None:
            continue
        condition = condition_of(runs, chosen, values)
        for side, log in logged.items():
            matches = list(matched(log, values, condition))
            worst = max((match.residual_rel for match in matches), default=0.0)
            yield (side, mode), (sum(match.holds for match in matches), worst)


def _traceless(runs: Runs, options: Iterable[Change]) -> Iterator[str]:
    """Yield the switches that move nothing in this pixel."""
    base = runs.of(())
    turned = {change.name: change for change in options}
    for switch in runs.experiments.switches:
        if switch not in turned or runs.of((turned[switch],)) == base:
            yield switch


def _defective(runs: Runs, options: Iterable[Change]) -> Iterator[Node]:
    """Yield the values that known defects make in the run as configured."""
    base = runs.of(()) or {}
    for change in options:
        without = runs.of((change,)) if change.mends else None
        if without is not None:
            yield from (node for node in base if base[node] != without.get(node))


def _differences(reproductions: Mapping[Side, Reproduction], runs: Runs) -> Iterator[RunDifference]:
    """Yield what one side's run has changed and the other's has not, with what it moves."""
    shares = _shares(reproductions, runs)
    for side, reproduction in reproductions.items():
        other = reproductions[side.other]
        found = zip(reproduction.changes, reproduction.chances, reproduction.as_well, strict=True)
        for change, chance, as_well in found:
            if change in other.changes:
                continue
            rest = tuple(item for item in reproduction.changes if item != change)
            with_it, without = (runs.of(chosen, needed=True) or {} for chosen in (reproduction.changes, rest))
            words = reproduction.vocabulary
            moved = in_order(words, (node for node in with_it if with_it[node] != without.get(node)))
            if not any(match.holds for match in other.matches if match.node in set(moved)):
                continue  # The other log does not tell whether it has the change too.
            ratio = _final_ratio(with_it, without, words.final)
            share = next((share for own, of, share in shares if own is side and of == change), None)
            yield RunDifference(change, side, tuple(moved), chance, ratio, share, as_well)


def _shares(reproductions: Mapping[Side, Reproduction], runs: Runs) -> tuple[tuple[Side, Change, float | None], ...]:
    """Return what each change does on the way from C's run to Py's: C's own are taken back, then Py's own are made."""
    c, py = (reproductions[side].changes for side in (Side.C, Side.PY))
    final, whole = reproductions[Side.C].vocabulary.final, _logged_ratio(reproductions)
    own = [(Side.C, change) for change in c if change not in py] + [
        (Side.PY, change) for change in py if change not in c
    ]
    here, shares = c, []
    for side, change in own:
        there = tuple(item for item in here if item != change) if side is Side.C else (*here, change)
        values = [runs.of(chosen, needed=True) or {} for chosen in (there, here)]
        ratio = _final_ratio(values[0], values[1], final)
        shares.append((side, change, math.log(ratio) / whole if ratio and whole else None))
        here = there
    return tuple(shares)


def _final_ratio(values: Values, others: Values, final: str | None) -> float | None:
    numbers = [of_run.get(Node(final or ""), (0.0,))[0] for of_run in (values, others)]
    return numbers[0] / numbers[1] if all(number > 0 for number in numbers) else None


def _logged_ratio(reproductions: Mapping[Side, Reproduction]) -> float | None:
    """Return log(Py/C) of the final value as logged; None where the two are the same but for rounding."""
    finals = [reproductions[side].final for side in (Side.C, Side.PY)]
    logged = [match.logged[0] for match in finals if match is not None and match.logged[0] > 0]
    if len(logged) < 2 or math.isclose(*logged, rel_tol=NO_RATIO):
        return None
    return math.log(logged[1] / logged[0])

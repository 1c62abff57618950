"""The run of the simulator that reproduces most of a log, with as few changes as possible.

Changes are added one after the other, the one that reproduces most of the log first, as long as what they reproduce is
no chance.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Node, Values, Vector
from nbtrace.explanation.simulations.match import Logged, ValueMatch, matched
from nbtrace.explanation.simulations.run import MANY, Change, Runs, condition_of
from nbtrace.frozen import frozen
from nbtrace.records import Side
from nbtrace.vocabulary.quantity import Scope
from nbtrace.vocabulary.vocabulary import Vocabulary

MOST_CHANGES = 3
"""Changes that are combined at most."""

_SEVERAL = 50
"""Samples of a run from which on numbers that are solved for come before named alternatives."""
_BY_CHANCE = 0.05
"""Largest expected number of changes that reproduce as much by chance."""
_FLOOR = 1e-15


@frozen
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
    matches : tuple of ValueMatch
        Every logged value that the run has, in execution order.
    excused : frozenset of str
        Quantities that are wrong in the log alone, and what the log computes from them.
    vocabulary : Vocabulary
    """

    side: Side
    base: str
    changes: tuple[Change, ...]
    as_well: tuple[tuple[Change, ...], ...]
    chances: tuple[float, ...]
    matches: tuple[ValueMatch, ...]
    excused: frozenset[str]
    vocabulary: Vocabulary

    @property
    def held(self) -> tuple[ValueMatch, ...]:
        """The values that the run reproduces."""
        return tuple(match for match in self.matches if match.holds)

    @property
    def left(self) -> tuple[ValueMatch, ...]:
        """Those that no setting reproduces."""
        return tuple(match for match in self.matches if not match.holds)

    @property
    def largest(self) -> float:
        """The largest relative residual of a value that the run reproduces."""
        return max((match.residual_rel for match in self.held), default=0.0)

    def at(self, node: Node) -> ValueMatch | None:
        """Return a value; None if the log or the run does not have it."""
        return next((match for match in self.matches if match.node == node), None)

    @property
    def final(self) -> ValueMatch | None:
        """The final value."""
        matches = (self.at(Node(name)) for name in self.vocabulary.finals[:2])
        return next((match for match in matches if match is not None), None)


def reproduction_of(log: Logged, runs: Runs, options: tuple[Change, ...]) -> Reproduction:
    """Return the run that reproduces most of a log, with as few changes as possible."""
    chosen: tuple[Change, ...] = ()
    as_well: list[tuple[Change, ...]] = []
    chances: list[float] = []
    current = runs.of(()) or {}
    condition = condition_of(runs, (), current)
    for _ in range(MOST_CHANGES):
        before = tuple(matched(log, current, condition))
        step = _best_step(runs, _Step(chosen, options, before, condition, log))
        if step is None:
            break
        chosen, chance, others = (*chosen, step.change), step.chance, step.as_well
        as_well.append(others)
        chances.append(chance)
        current = runs.of(chosen) or current
        condition = condition_of(runs, chosen, current)
    matches = tuple(matched(log, current, condition))
    return Reproduction(
        side=log.scene.side,
        base=runs.experiments.words(runs.config),
        changes=chosen,
        as_well=tuple(as_well),
        chances=tuple(chances),
        matches=matches,
        excused=log.excused,
        vocabulary=log.scene.vocabulary,
    )


def _solved(runs: Runs, chosen: tuple[Change, ...], log: Logged) -> Iterator[Change]:
    """Yield the changes that are solved for from a log, with some made."""
    if runs.samples > MANY:
        return
    config = runs.experiments.applied(runs.config, chosen)
    yield from runs.experiments.solved(config, log, lambda extra: runs.of((*chosen, *extra)))


@frozen
class _Step:
    """Where a search stands: changes made, those to try, what is reproduced so far."""

    chosen: tuple[Change, ...]
    options: tuple[Change, ...]
    before: tuple[ValueMatch, ...]
    condition: Mapping[Node, Vector]
    log: Logged

    @cached_property
    def open(self) -> frozenset[Node]:
        """What is not reproduced, and might be."""
        return frozenset(match.node for match in self.before if not match.holds and not self.log.excuses(match.node))

    @cached_property
    def ready(self) -> frozenset[str]:
        """Quantities that a change may make right now: not reproduced, and not for what goes before; or not logged."""
        words = self.log.scene.vocabulary
        logged = {match.node.name for match in self.before}
        open_ = {node.name for node in self.open if words.quantities[node.name].scope is not Scope.RUN}
        waiting = {name for name in open_ if words.ancestors(name) & open_}
        return frozenset(words.quantities.keys() - logged | {node.name for node in self.open} - waiting)


@frozen
class _Taken:
    """A change that reproduces more."""

    change: Change
    gain: int
    gained: frozenset[Node]
    values: tuple[Vector, ...]
    chance: float
    as_well: tuple[Change, ...] = ()


def _best_step(runs: Runs, step: _Step) -> _Taken | None:
    """Return the change that reproduces most of what is open, the first of those that do alike."""
    if not step.open:
        return None
    solved = _solved(runs, step.chosen, step.log)
    # Of a pixel of many samples few runs can be made: what the log itself tells comes first.
    kinds = (solved, step.options) if runs.samples > _SEVERAL else (step.options, solved)
    taken: list[_Taken] = []
    judged: list[_Taken] = []
    tried = 0
    for changes in kinds:
        made, count = _tried(runs, step, changes)
        taken, tried = [*taken, *made], tried + count
        judged = [item for item in (_weighed(item, tried) for item in taken) if item.chance <= _BY_CHANCE]
        if any(item.gained == step.open for item in judged):
            break  # Nothing is left for others to reproduce.
    if not judged:
        return None
    best = max(judged, key=lambda item: item.gain)
    config = runs.experiments.applied(runs.config, (*step.chosen, best.change))
    same = tuple(
        item.change
        for item in judged
        if item.gained == best.gained
        and item is not best
        and runs.experiments.applied(runs.config, (*step.chosen, item.change)) != config
    )
    return replace(best, as_well=same)


def _tried(runs: Runs, step: _Step, changes: Iterable[Change]) -> tuple[list[_Taken], int]:
    """Return which changes reproduce more, and how many were run."""
    taken, tried = [], 0
    names = {change.name for change in step.chosen}
    for change in changes:
        if change.name in names or not _concerns(runs, change, step):
            continue
        values = runs.of((*step.chosen, change))
        if values is not None:
            tried += 1
            gain = _gain(values, change, step)
            taken += [gain] if gain is not None else []
    return taken, tried


def _concerns(runs: Runs, change: Change, step: _Step) -> bool:
    """Whether a change, alone, moves anything that is not reproduced yet."""
    if change.moves and not step.ready.intersection(change.moves):
        return False
    alone, base = runs.of((change,)), runs.of(())
    return alone is not None and any(alone.get(node) != (base or {}).get(node) for node in step.open)


def _gain(values: Values, change: Change, step: _Step) -> _Taken | None:
    """Return what a change reproduces beyond what is reproduced already; None if it loses more."""
    before = {match.node: match for match in step.before}
    after = [match for match in matched(step.log, values, step.condition) if match.node in before]
    gained = [match for match in after if match.holds and not before[match.node].holds]
    lost = len(before) - len(after) + sum(before[m.node].holds and not m.holds for m in after)
    if not gained or lost * 4 > len(gained):
        return None
    whole = step.log.physics.whole
    reach = min(_reach(before[match.node], match, whole=match.node.name in whole) for match in gained)
    if change.odds is not None:
        reach = change.odds
    nodes = frozenset(match.node for match in gained)
    return _Taken(change, len(gained) - lost, nodes, tuple(match.simulated for match in after), reach)


def _reach(before: ValueMatch, after: ValueMatch, *, whole: bool) -> float:
    """Return how likely a change hits the logged value by chance: its reach over the distance, for each component."""
    gap = norm(tuple(x - y for x, y in zip(before.logged, before.simulated, strict=False)))
    width = max(norm(after.allowed), 0.5) if whole else norm(after.allowed)
    moved = sum(x != y for x, y in zip(before.simulated, after.simulated, strict=False))
    return min(max(width / gap if gap else 1.0, _FLOOR), 1.0) ** max(moved, 1)


def _weighed(item: _Taken, tried: int) -> _Taken:
    return replace(item, chance=item.chance * tried)

"""Whether the turns of a loop on which both sides agree may stand in columns, and no audit looks at them one by one.

They may where nothing ever changes them: all that their formulas read of no turn is the same on both sides, they read
no other turn, and neither a final value nor what carries a mistake on to one is among them. So may turns that one side
alone has, where their formulas give what is logged. Formulas, and causes by which a value is the copy of another, find
them nevertheless.
"""

from collections.abc import Iterable, Iterator, Mapping

from nbtrace.compare.scene import Node, Scene
from nbtrace.explanation.audit.findings import Audit, held_of, matches
from nbtrace.explanation.physics import Physics
from nbtrace.records import Side


def may_stand_apart(scenes: Mapping[Side, Scene], physics: Physics) -> bool:
    """Whether the columns of both sides need no finding each: every one of their values agrees and stays as it is."""
    names = {key.name for key in scenes[Side.C].apart}
    both = tuple(scenes.values())
    if any(scene.single or scene.singles or not _is_plain(scene, names) for scene in both):
        return False
    if not _stay_in_their_turns(physics, names) or not _is_above_alike(scenes, names):
        return False
    return all(_hold_alone(scene, other) for scene, other in (both, both[::-1]))


def num_apart(c: Scene, py: Scene) -> int:
    """Return how many values of turns stand in columns, each counted once where both sides have it."""
    if not c.apart and not py.apart:
        return 0
    import numpy as np  # noqa: PLC0415 - columns have come in

    return sum(int(np.union1d(column.ordinals, py.apart[key].ordinals).size) for key, column in c.apart.items())


def _is_plain(scene: Scene, names: set[str]) -> bool:
    """Whether records are of no other turns than those of the columns' quantities, and stand in the order of turns."""
    of_turns = [node for node in scene.values if node.place]
    if {node.name for node in of_turns} != names or any(len(node.place) != 1 or node.sample for node in of_turns):
        return False
    last: dict[str, int] = {}
    for node in of_turns:
        ordinal = node.place[0][1]
        if ordinal <= last.get(node.name, -1):
            return False
        last[node.name] = ordinal
    return True


def _stay_in_their_turns(physics: Physics, names: set[str]) -> bool:
    """Whether formulas of the quantities read their own turn alone, and causes and shares do so, too."""
    words = physics.vocabulary
    formulas = (words.formulas[name] for name in names if name in words.formulas)
    if words.recurrent is not None or physics.has_terms or physics.carriers is None:
        return False
    set_apart = {*words.finals, *physics.carriers, *physics.collectors, *physics.steep}
    return names.isdisjoint(set_apart) and all(formula.takes_columns for formula in formulas)


def _is_above_alike(scenes: Mapping[Side, Scene], names: set[str]) -> bool:
    """Whether all values of no turn from which those of the turns are computed are the same on both sides."""
    result = Audit(dict(scenes), {side: scene.values for side, scene in scenes.items()})
    above = {name for scene in scenes.values() for own in names for name in scene.order.read_for(own)} - names
    return all(_agrees(result, node) for node in _nodes_of(scenes.values(), above))


def _agrees(result: Audit, node: Node) -> bool:
    """Whether both sides have the same value, or one alone, which no formula contradicts."""
    own = [side for side, scene in result.scenes.items() if node in scene.values]
    if len(own) == len(result.scenes):
        return matches(result, node)
    return not any(held_of(result, side, node).broken for side in own)


def _hold_alone(scene: Scene, other: Scene) -> bool:
    """Whether the formulas of turns that one side alone has in columns give what it logs; all must be known."""
    import numpy as np  # noqa: PLC0415 - columns have come in

    from nbtrace.compare.formula_columns import held  # noqa: PLC0415
    from nbtrace.compare.turns_view import Turns, in_groups  # noqa: PLC0415

    for key, column in scene.apart.items():
        alone = np.setdiff1d(column.ordinals, other.apart[key].ordinals)
        if alone.size and key.name not in scene.vocabulary.formulas:
            return False
        for turns in in_groups(scene, Turns(*key, alone)) if alone.size else ():
            found = held(scene, turns)
            if found is None or not found.formed.all() or found.broken.any():
                return False
    return True


def _nodes_of(scenes: Iterable[Scene], names: set[str]) -> Iterator[Node]:
    return (node for scene in scenes for node in scene.values if node.name in names)

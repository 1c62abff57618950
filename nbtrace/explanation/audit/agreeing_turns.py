"""Whether the turns of a loop on which both sides agree may stand in columns, and no audit looks at them one by one.

They may where nothing ever changes them: all that their formulas read of no turn is the same on both sides, they read
no other turn, and neither a final value nor what carries a mistake on to one is among them. Formulas, and causes by
which a value is the copy of another, find them nevertheless.
"""

from collections.abc import Iterable, Iterator, Mapping

from nbtrace.compare.scene import Node, Scene
from nbtrace.explanation.audit.findings import Audit, matches
from nbtrace.explanation.physics import Physics
from nbtrace.records import Side


def may_stand_apart(scenes: Mapping[Side, Scene], physics: Physics) -> bool:
    """Whether the columns of both sides need no finding each: every one of their values agrees and stays as it is."""
    names = {key.name for key in scenes[Side.C].apart}
    both = tuple(scenes.values())
    if any(scene.single or scene.singles or not _is_plain(scene, names) for scene in both):
        return False
    return _stay_in_their_turns(physics, names) and _is_above_alike(scenes, names)


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
    c = scenes[Side.C]
    above = {name for own in names for name in c.order.read_for(own)} - names
    return all(matches(result, node) for node in _nodes_of(scenes.values(), above))


def _nodes_of(scenes: Iterable[Scene], names: set[str]) -> Iterator[Node]:
    return (node for scene in scenes for node in scene.values if node.name in names)

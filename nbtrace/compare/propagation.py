"""Changing values of a log: everything that is computed from them is computed anew, in the order of execution."""

from collections import ChainMap
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from heapq import heapify, heappop, heappush

from nbtrace.compare.computed_turns import ComputedTurns
from nbtrace.compare.evaluate import formula_of, measured, sharpened, value_at
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Node, Scene, Values, Vector
from nbtrace.compare.takers import order_of, takers
from nbtrace.vocabulary.formula import UnloggedError

_NO_DEVIATION = 1e-11
"""Relative deviation of a value from its formula that is rounding, and not worth carrying on."""


def propagate(
    scene: Scene, values: Values, changes: Mapping[Node, Vector], mended: Mapping[Node, Vector | None] | None = None
) -> Values:
    """Return the values of a log after changes, everything downstream computed anew.

    A value that its own formula does not give keeps its deviation from it: the ratio of a scalar, the difference of a
    vector. What has no formula, or lacks inputs, stays as it is. Those that are to be mended become the formula's, in
    the digits of the other side's value where that is it (see :func:`sharpened`), and that value where no formula can
    be evaluated; again, where what they are computed from changes on the way, as along a loop that feeds itself.
    """
    return values | changed_by(scene, values, changes, mended)


def changed_by(
    scene: Scene,
    values: Values,
    changes: Mapping[Node, Vector],
    mended: Mapping[Node, Vector | None] | None = None,
    among: AbstractSet[str] | None = None,
) -> Values:
    """Return those values that :func:`propagate` changes; `among` names the quantities that are computed anew."""
    mended = mended or {}
    moving = _Moving(scene, values, changes, mended)

    def visit(node: Node) -> bool:
        return (among is None or node.name in among) and moving.visit(node)

    known = all(node in values for node in mended)
    order = order_of(scene, values if known else {**values, **mended})
    for node in mended:
        visit(node)
    waiting = {node for node in (*mended, *takers(scene, order, moving.moved)) if node in order.positions}
    queue = [(order.positions[node], node) for node in waiting]
    heapify(queue)
    while queue:
        position, node = heappop(queue)
        if visit(node):
            further = {taker for taker in takers(scene, order, (node,)) if order.positions[taker] > position}
            for taker in further - waiting:
                heappush(queue, (order.positions[taker], taker))
            waiting |= further
    return moving.changed


class _Moving:
    """Values on their way from what they are to what they become.

    Attributes
    ----------
    changed : dict of Node to tuple of float
        Those that are others by now.
    moved : set of Node
        Where something changes or is mended.
    """

    def __init__(
        self, scene: Scene, values: Values, changes: Mapping[Node, Vector], mended: Mapping[Node, Vector | None]
    ) -> None:
        self.changed: Values = dict(changes)
        self.moved = {*changes, *mended}
        self._scene, self._values, self._given, self._mended = scene, values, changes, mended
        self._new = ChainMap(self.changed, values)
        self._before, self._after = ComputedTurns(errors=False), ComputedTurns(errors=False)
        self._right = ComputedTurns()

    def visit(self, node: Node) -> bool:
        """Compute a value anew; return whether it is another then."""
        if node in self._given:
            return False
        try:
            after = self._put_right(node, self._mended[node]) if node in self._mended else self._followed(node)
        except UnloggedError:
            after = self._mended.get(node)
        if after is None or after == self._new.get(node):
            return False
        self.changed[node] = after
        self.moved.add(node)
        self._after.forget(node.name)
        self._right.forget(node.name)
        return True

    def _followed(self, node: Node) -> Vector | None:
        """Return a value after the changes; None where it reads nothing that moved.

        Raises
        ------
        UnloggedError
            If it cannot be computed.
        """
        if formula_of(self._scene, node) is None:
            return None
        before = self._before.at(self._scene, self._values, node)
        if before is None:
            value, at = value_at(self._scene, self._values, node)
            read: Iterable[Node] = at.read
        else:
            value, read = before.value, before.inputs
        if self.moved.isdisjoint(read):
            return None
        after = self._after.at(self._scene, self._new, node)
        new = value_at(self._scene, self._new, node)[0] if after is None else after.value
        return carried(self._values[node], value, new)

    def _put_right(self, node: Node, theirs: Vector | None) -> Vector:
        """Return the value of a formula, in the digits of the other side's where that is it.

        Raises
        ------
        UnloggedError
            If it cannot be computed.
        """
        computed = self._right.at(self._scene, self._new, node)
        return sharpened(computed or measured(self._scene, self._new, node, theirs), theirs)


def carried(logged: Vector, before: Vector, after: Vector) -> Vector:
    """Return the value after a change, with the deviation that the logged one has from its formula."""
    if len(logged) != len(after):
        return logged
    if norm(tuple(x - y for x, y in zip(logged, before, strict=True))) <= _NO_DEVIATION * norm(before):
        return after
    if len(logged) == 1 and before[0]:
        return (logged[0] * (after[0] / before[0]),)
    return tuple(x + (z - y) for x, y, z in zip(logged, before, after, strict=True))

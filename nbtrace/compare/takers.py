"""Which formulas may read a value of a log: what has to be looked at where one of its values is taken to be another.

The log of a long sweep has a hundred thousand values, of which a value of one step matters to a few.
"""

from collections.abc import Iterable, Iterator, Mapping

from nbtrace.compare.scene import Node, NodeOrder, Place, Scene

_MANY = 50
"""Values of a quantity from which on it is found out which turns of a loop its formula reads."""


def order_of(scene: Scene, values: Mapping[Node, object]) -> NodeOrder:
    """Return where some values belong, which are those of a scene, some of them changed, and perhaps further ones."""
    return scene.order if len(values) == len(scene.values) else NodeOrder(scene.vocabulary, values)


def takers(scene: Scene, order: NodeOrder, nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield every node whose formula may read one of some nodes, and perhaps others; a node may come again."""
    whole: set[str] = set()
    for node in nodes:
        for name in order.taking.get(node.name, ()):
            if name in whole:
                continue
            turns = _own_turns(scene, order, name) if node.place else {}
            if not turns:
                whole.add(name)
                yield from order.by_name[name]
            else:
                yield from turns.get(node.place, ())
                yield from turns[()]


def leads_to(scene: Scene, order: NodeOrder, node: Node, end: Node) -> bool:
    """Whether a value may be computed from another one, directly or through others."""
    if end.name in order.taking.get(node.name, ()) and end in takers(scene, order, (node,)):
        return True
    found, waiting = {node}, [node]
    while waiting:
        further = set(takers(scene, order, (waiting.pop(),))) - found
        if end in further:
            return True
        found |= further
        waiting += further
    return False


def takes_from_its_turn_alone(scene: Scene, order: NodeOrder, node: Node, names: Iterable[str]) -> bool:
    """Whether it is known of a value that it is computed from no value of another turn of some quantities.

    Neither directly nor by way of others. It is not known of a value of the first turn, or of none.
    """
    if len(node.place) != 1 or node.place[0][1] <= 0:
        return False
    asked = node.name, frozenset(names)
    known = order.own_turn.get(asked)
    if known is None or known[0] is not scene.facts:
        on_the_way = (order.read_for(node.name) | {node.name}) & order.by_name.keys()
        takers_of = (name for name in on_the_way if not asked[1].isdisjoint(order.read_for(name)))
        known = scene.facts, all(_stays_in_its_turn(scene, order, name) for name in takers_of)
        order.own_turn[asked] = known
    return known[1]


def _stays_in_its_turn(scene: Scene, order: NodeOrder, name: str) -> bool:
    """Whether all values of a quantity are of turns, and all but the first read no value of another turn."""
    turns = _own_turns(scene, order, name)
    return bool(turns) and all(len(node.place) == 1 and node.place[0][1] <= 0 for node in turns[()])


def _own_turns(scene: Scene, order: NodeOrder, name: str) -> Mapping[Place, tuple[Node, ...]]:
    """Return the nodes of a quantity by the turn that they are of, and under () those that may read any turn.

    Empty if that is not known of its formula, or there are few of them.
    """
    nodes = order.by_name[name]
    if len(nodes) < _MANY or not scene.vocabulary.formulas[name].takes_columns or order.nodes is not scene.values:
        return {}
    known = order.turns.get(name)
    if known is None or known[0] is not scene.facts:
        known = order.turns[name] = scene.facts, _by_turn(scene, nodes)
    return known[1]


def _by_turn(scene: Scene, nodes: tuple[Node, ...]) -> Mapping[Place, tuple[Node, ...]]:
    from nbtrace.compare.formula_columns import reads_its_turn_alone  # noqa: PLC0415 - numpy, for long sweeps alone

    further = [node for node in nodes if len(node.place) == 1 and node.place[0][1] > 0]
    last = {(node.sample, node.place[0][0]): node for node in further}
    if not all(reads_its_turn_alone(scene, node) for node in last.values()):
        return {}
    found: dict[Place, list[Node]] = {(): []}
    for node in nodes:
        own = len(node.place) == 1 and node.place[0][1] > 0
        found.setdefault(node.place if own else (), []).append(node)
    return {place: tuple(of_turn) for place, of_turn in found.items()}

"""Evaluating a formula on a log: its value, how exactly the log lets it be known, and which inputs it took."""

import math
from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace

from nbtrace.compare.metrics import norm
from nbtrace.compare.node_view import NodeView, Varied
from nbtrace.compare.scene import Node, Scene, Vector
from nbtrace.frozen import frozen
from nbtrace.vocabulary.formula import Formula, Lack, UnloggedError

SINGLE_RESULT = 2.0**-23

_COPIED = 500
"""Values of a log from which on copying them for each formula takes longer than looking into two mappings."""


@frozen
class Computed:
    """The value of a formula.

    Attributes
    ----------
    value : tuple of float
    allowed : tuple of float
        By how much a program that obeys the formula may differ: digits and precision of the inputs, propagated, and its
        own printed digits.
    condition : float
        Relative change of the result per relative change of the inputs.
    inputs : tuple of Node
    facts : tuple of str
    """

    value: Vector
    allowed: Vector
    condition: float
    inputs: tuple[Node, ...]
    facts: tuple[str, ...]

    def allows(self, logged: Vector) -> bool:
        """Whether a logged value is the formula's, as far as digits and precision tell."""
        return _within(logged, self.value, self.allowed)


def formula_of(scene: Scene, node: Node) -> Formula | None:
    """Return the formula of a quantity."""
    return scene.vocabulary.formulas.get(node.name)


def value_at(scene: Scene, values: Mapping[Node, Vector], node: Node) -> tuple[Vector, NodeView]:
    """Return the value of a node's formula and what it read.

    Raises
    ------
    UnloggedError
        If there is no formula, an input is missing, or the inputs make no number.
    """
    formula = formula_of(scene, node)
    if formula is None:
        raise UnloggedError("a formula", Lack.FORMULA)
    at = NodeView(scene, values, node)
    try:
        value = formula.compute(at)
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise UnloggedError(f"finite inputs ({error})", Lack.NUMBER) from None
    except IndexError:  # a value with fewer numbers than it is to have, such as the last one of a log that was cut off
        raise UnloggedError("inputs with all of their numbers", Lack.NUMBER) from None
    if not all(map(math.isfinite, value)):
        raise UnloggedError("finite inputs", Lack.NUMBER)
    at.read.pop(node, None)
    return value, at


def evaluate(scene: Scene, values: MutableMapping[Node, Vector], node: Node) -> Computed:
    """Return the value of a formula with the error that the log allows it.

    Raises
    ------
    UnloggedError
        As :func:`value_at`.
    """
    value, at = value_at(scene, values, node)
    size = norm(value)
    allowed = _own_error(at, value)
    condition = 0.0
    for changes, relative in _perturbed(scene, values, node, at, value):
        allowed = [bound + change for bound, change in zip(allowed, changes, strict=True)]
        if size and relative:
            condition += norm(tuple(changes)) / size / relative
    if at.turned:
        from nbtrace.compare.turned_inputs import changed_by_turns  # noqa: PLC0415 - imports numpy

        for change, relative in changed_by_turns(scene, values, node, at):
            allowed = [bound + change for bound in allowed]
            condition += relative / size if size else 0.0
    return Computed(value, tuple(allowed), condition, tuple(at.read), tuple(at.told))


def measured(scene: Scene, values: MutableMapping[Node, Vector], node: Node, against: Vector | None = None) -> Computed:
    """Return the value of a formula with enough of the error that the log allows it to tell whether a value is it.

    Most do so without the uncertainty of their inputs, which takes far longer to find out than the value itself.

    Parameters
    ----------
    scene : Scene
    values : mapping of Node to tuple of float
    node : Node
    against : tuple of float, optional
        The value that is held against it; by default the one that the values have.

    Raises
    ------
    UnloggedError
        As :func:`value_at`.
    """
    value, at = value_at(scene, values, node)
    own = tuple(_own_error(at, value))
    if _within(values[node] if against is None else against, value, own):
        return Computed(value, own, 0.0, tuple(at.read), tuple(at.told))
    return evaluate(scene, values, node)


def obeys(scene: Scene, values: MutableMapping[Node, Vector], node: Node) -> bool:
    """Whether a logged value is the formula's, as far as digits and precision tell.

    Raises
    ------
    UnloggedError
        As :func:`value_at`.
    """
    return measured(scene, values, node).allows(values[node])


def _own_error(at: NodeView, value: Vector) -> list[float]:
    """Return the error that the digits and the precision of a value itself allow, component by component."""
    scene, node = at.scene, at.node
    formula = scene.vocabulary.formulas[node.name]
    size = norm(value)
    own = scene.digits.get(node, ())
    allowed = [
        scene.rounding_at(node) * size + digit for digit in (own if len(own) == len(value) else (0.0,) * len(value))
    ]
    if formula.single:
        allowed = [SINGLE_RESULT * size + bound for bound in allowed]
    if formula.rough is not None:
        allowed = [bound + scene.rounding_at(node) * formula.rough(at) for bound in allowed]
    return allowed


def _within(logged: Vector, value: Vector, allowed: Sequence[float]) -> bool:
    if len(logged) != len(value):
        return False
    return not any(abs(x - y) > bound for x, y, bound in zip(logged, value, allowed, strict=True))


def sharpened(computed: Computed, theirs: Vector | None) -> Vector:
    """Return the other side's value where it is the formula's as far as the log tells that, else the formula's."""
    if theirs is None or len(theirs) != len(computed.value):
        return computed.value
    near = zip(theirs, computed.value, computed.allowed, strict=True)
    return theirs if all(abs(x - y) <= bound for x, y, bound in near) else computed.value


def _perturbed(
    scene: Scene, values: MutableMapping[Node, Vector], node: Node, at: NodeView, value: Vector
) -> Iterator[tuple[list[float], float]]:
    """Yield by how much each input's uncertainty changes the result, and that uncertainty relative to the input."""
    changed = _varying(values, at)
    for read in at.read:
        if at.turned and at.reads_turned(read):
            continue
        original = values[read]
        scale = norm(original)
        for i, number in enumerate(original):
            step = scene.uncertainty(read, i, scale)
            if step == 0.0:
                continue
            changed[read] = (*original[:i], number + step, *original[i + 1 :])
            yield _changes(scene, changed, node, value), step / scale if scale else 0.0
        changed[read] = original
    for name in at.told:
        if scene.facts[name].uncertainty:
            yield _changes(with_fact_moved(scene, name), changed, node, value), 0.0


def _varying(values: MutableMapping[Node, Vector], at: NodeView) -> MutableMapping[Node, Vector]:
    """Return values that can be changed, and stay as they are where they come from."""
    maps = values.maps if isinstance(values, ChainMap) else [values]
    if at.turned:
        return Varied({}, *maps)
    copied = len(maps) == 1 and type(maps[0]) is dict and len(values) < _COPIED
    return dict(values) if copied else ChainMap({}, *maps)


def _changes(scene: Scene, values: Mapping[Node, Vector], node: Node, value: Vector) -> list[float]:
    try:
        other, _ = value_at(scene, values, node)
    except UnloggedError:
        return [0.0] * len(value)
    return [abs(x - y) for x, y in zip(other, value, strict=True)]


def with_fact_moved(scene: Scene, name: str) -> Scene:
    """Return a scene with a configuration value moved by its uncertainty."""
    fact = scene.facts[name]
    moved = replace(fact, numbers=tuple(number + fact.uncertainty for number in fact.numbers))
    return replace(scene, facts={**scene.facts, name: moved})

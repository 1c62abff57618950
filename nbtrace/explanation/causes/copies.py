"""Causes by which a value is a copy of another one: of another turn of a loop, or of another quantity."""

from collections.abc import Callable, Iterator

from nbtrace.compare.evaluate import obeys, value_at
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import ALL, Node, Vector
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case, distance
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.quantity import Kind

_AGREE = 1e-6
"""Relative difference up to which both sides agree on a value."""

_EQUAL = 1e-9
"""Relative difference up to which a value is a copy of another one."""


def stale(case: Case) -> Iterator[Candidate]:
    """Yield the same quantity at other samples and steps."""
    places = [values[n] for values in (case.values, case.theirs) for n in values if n.name == case.name]
    if all(distance(value, case.logged) <= 1e-9 * norm(case.logged) for value in places if value != case.right):
        return
    for node, value in case.values.items():
        if node.name == case.name and node != case.node and not _is_beside(node, case):
            yield Candidate(value, f"stale: repeats the value of {node.label}")
    yield from _lagging(case)


def _is_beside(node: Node, case: Case) -> bool:
    """Whether a value is of the same turn of the outermost loop: its copy is of a wrong index, not of an older turn."""
    return case.physics.has_terms and len(node.place) > 1 and node.place[0] == case.node.place[0]


def _lagging(case: Case) -> Iterator[Candidate]:
    """Yield what the formula gives in the turn before, which a program that lags behind holds in every turn."""
    for index, _ in case.node.place[:1] if case.physics.has_terms else ():
        before = neighbour(case.node, index, -1)
        try:
            value, _ = value_at(case.scene, case.values, before)
        except UnloggedError:
            continue
        yield Candidate(value, f"stale: the value of {before.label}")


def another(case: Case) -> Iterator[Candidate]:
    """Yield the values of other quantities of the same kind, or the same unit, that are right themselves."""
    kind, quantities = case.quantity.kind, case.vocabulary.quantities
    if kind is not Kind.SCALAR:
        names = _names(case, lambda name: quantities[name].kind is kind)
        for node, value in case.values.items():
            if node.name in names and node.sample in {case.node.sample, ALL}:
                yield from _copy(node, value, case)
    # Many quantities are 0 or 1: sharing such a value says nothing.
    elif abs(case.logged[0]) not in {0.0, 1.0}:
        names = _names(case, lambda name: quantities[name].unit == case.quantity.unit)
        for node, value in case.values.items():
            if node.name in names and len(value) == 1:
                yield from _copy(node, value, case)


def _names(case: Case, alike: Callable[[str], bool]) -> frozenset[str]:
    """Return the other quantities of a kind that do not depend on the one in question."""
    names = {node.name for node in case.values} - {case.name}
    return frozenset(name for name in names if alike(name) and before(Node(name), case))


def _copy(node: Node, value: Vector, case: Case) -> Iterator[Candidate]:
    """Yield what another quantity has, unless it has just as doubtful a value: two of them explain each other alone."""
    if (
        len(value) != len(case.logged)
        or distance(value, case.logged) > _EQUAL * norm(case.logged)
        or _is_right(node, case)
    ):
        yield Candidate(value, f"holds {node.label}")


def _is_right(node: Node, case: Case) -> bool:
    """Whether both sides agree on a value, or its own formula gives it, or there is nothing to doubt it by."""
    own, theirs = case.values[node], case.theirs.get(node)
    if theirs is not None and distance(own, theirs) <= _AGREE * norm(own):
        return True
    try:
        return obeys(case.scene, case.values, node)
    except UnloggedError:
        return theirs is None


def before(node: Node, case: Case) -> bool:
    """Whether a quantity does not itself depend on the one in question."""
    words, family = case.vocabulary, case.physics.family
    same = family(node.name) == family(case.name) or node.name in words.equivalent_names(case.name)
    return case.name not in words.ancestors_here(node.name) and not same


def neighbour(node: Node, index: str, step: int) -> Node:
    """Return the same quantity some turns of a loop further."""
    place = tuple((name, ordinal + step if name == index else ordinal) for name, ordinal in node.place)
    return node._replace(place=place)

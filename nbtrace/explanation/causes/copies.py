"""Causes by which a value is a copy of another one: of another turn of a loop, or of another quantity."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from nbtrace.compare.apart_values import ALIKE
from nbtrace.compare.evaluate import obeys, value_at
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import ALL, Node, Vector
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Candidates, Case, distance
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.quantity import Kind

if TYPE_CHECKING:
    from nbtrace.explanation.causes.many_candidates import ManyCandidates

_EQUAL = 1e-9
"""Relative difference up to which a value is a copy of another one."""


def stale(case: Case) -> Iterator[Candidates]:
    """Yield the same quantity at other samples and steps."""
    places = [values[n] for values in (case.values, case.theirs) for n in values if n.name == case.name]
    apart = _stand_apart(case, (case.name,))
    if all(distance(value, case.logged) <= _EQUAL * norm(case.logged) for value in places if value != case.right) and (
        not apart or not _is_another_apart(case)
    ):
        return
    if apart:
        yield _apart(case, lambda node: node.name == case.name and node != case.node, (case.name,), _STALE)
        return
    for node, value in case.values.items():
        if node.name == case.name and node != case.node and not _is_beside(node, case):
            yield Candidate(value, _STALE.format(node.label))
    yield from _lagging(case)


_STALE = "stale: repeats the value of {}"


def _stand_apart(case: Case, names: Iterable[str]) -> bool:
    """Whether a number may be a copy of turns of some quantities that stand in columns."""
    with_turns = {key.name for key, column in case.scene.apart.items() if column.lines is not None}
    return len(case.logged) == 1 and not with_turns.isdisjoint(names)


def _is_another_apart(case: Case) -> bool:
    """Whether a turn in a column is another value than the right one and the logged one, on either side."""
    from nbtrace.explanation.causes.copied_turns import is_another  # noqa: PLC0415 - imports numpy

    (right,), (logged,) = case.right, case.logged
    sides = (case.values, case.theirs)
    return any(is_another(values, case.name, right, logged, _EQUAL * norm(case.logged)) for values in sides)


def _apart(case: Case, takes: Callable[[Node], bool], names: Sequence[str], words: str) -> "ManyCandidates":
    """Return single numbers of records that are taken, and those of quantities that stand in columns."""
    from nbtrace.explanation.causes.copied_turns import copied_turns  # noqa: PLC0415 - imports numpy

    nodes = [node for node, value in case.values.items() if len(value) == 1 and takes(node)]
    return copied_turns(case.scene, case.values, nodes, names, lambda node: words.format(node.label))


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


def another(case: Case) -> Iterator[Candidates]:
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
        if _stand_apart(case, names):
            printed = [name for name in dict.fromkeys(node.name for node in case.values if node.place) if name in names]
            yield _apart(case, lambda node: node.name in names and _may_be_copied(node, case), printed, _HOLDS)
            return
        for node, value in case.values.items():
            if node.name in names and len(value) == 1:
                yield from _copy(node, value, case)


def _names(case: Case, alike: Callable[[str], bool]) -> frozenset[str]:
    """Return the other quantities of a kind that do not depend on the one in question."""
    names = {node.name for node in case.values} - {case.name}
    return frozenset(name for name in names if alike(name) and before(Node(name), case))


def _copy(node: Node, value: Vector, case: Case) -> Iterator[Candidate]:
    """Yield what another quantity has, unless it has just as doubtful a value: two of them explain each other alone."""
    if _may_be_copied(node, case):
        yield Candidate(value, _HOLDS.format(node.label))


_HOLDS = "holds {}"


def _may_be_copied(node: Node, case: Case) -> bool:
    value = case.values[node]
    far = len(value) != len(case.logged) or distance(value, case.logged) > _EQUAL * norm(case.logged)
    return far or _is_right(node, case)


def _is_right(node: Node, case: Case) -> bool:
    """Whether both sides agree on a value, or its own formula gives it, or there is nothing to doubt it by."""
    own, theirs = case.values[node], case.theirs.get(node)
    if theirs is not None and distance(own, theirs) <= ALIKE * norm(own):
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

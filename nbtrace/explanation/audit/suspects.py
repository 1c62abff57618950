"""The breaks of a side that an audit has found so far, by what they are of and by the turn of a loop that they are in.

A sweep may have thousands, of which only those of its own turn, and those of none, matter to a value of one turn.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from nbtrace.compare.scene import Node, NodeOrder, Place, Scene
from nbtrace.compare.takers import leads_to, takes_from_its_turn_alone
from nbtrace.records import Side

if TYPE_CHECKING:
    from nbtrace.explanation.audit.findings import Finding

_Numbered = dict[int, "Finding"]


class Suspects:
    """What a side introduces, each finding with its number in the order of execution."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[Side, str], _Numbered] = {}
        self._by_place: dict[tuple[Side, str], dict[Place, _Numbered]] = {}
        self._numbers: dict[int, int] = {}

    def add(self, number: int, finding: "Finding") -> None:
        """Take in a finding, which comes after all others."""
        key, place = (finding.side, finding.node.name), finding.node.place
        self._by_name.setdefault(key, {})[number] = finding
        self._by_place.setdefault(key, {}).setdefault(place, {})[number] = finding
        self._numbers[id(finding)] = number

    def drop(self, finding: "Finding") -> int:
        """Leave out a finding; return its number."""
        key, number = (finding.side, finding.node.name), self._numbers.pop(id(finding))
        del self._by_name[key][number]
        del self._by_place[key][finding.node.place][number]
        return number

    def names(self, side: Side) -> list[str]:
        """Return the quantities that a side breaks, in the order of the first break of each."""
        found = {name: next(iter(own)) for (of, name), own in self._by_name.items() if of is side and own}
        return sorted(found, key=found.__getitem__)

    def count(self, side: Side, names: Iterable[str]) -> int:
        """Return how many breaks of some quantities there are."""
        return sum(len(self._by_name[side, name]) for name in names)

    def of(self, side: Side, names: Iterable[str]) -> "list[Finding]":
        """Return all breaks of some quantities, in order."""
        return _in_order(self._by_name[side, name] for name in names)

    def leading_to(
        self, scene: Scene, order: NodeOrder, side: Side, names: Sequence[str], node: Node
    ) -> "list[Finding]":
        """Return those of some quantities that a value of a turn may be computed from, and those of no turn."""
        if takes_from_its_turn_alone(scene, order, node, names):
            of_names = [self._by_place[side, name] for name in names]
            some = _in_order(places.get(place, {}) for places in of_names for place in ((), node.place))
        else:
            some = self.of(side, names)
        return [item for item in some if not item.node.place or leads_to(scene, order, item.node, node)]


def _in_order(numbered: Iterable[Mapping[int, "Finding"]]) -> "list[Finding]":
    every = [pair for findings in numbered for pair in findings.items()]
    return [finding for _, finding in sorted(every, key=lambda pair: pair[0])]

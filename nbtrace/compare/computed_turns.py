"""What formulas give at the turns of loops that have many, found out for all turns of a quantity at once.

A formula that takes columns reads nothing of another turn, so that a value that becomes another changes what comes of
its own turn alone; one that is of no turn changes all.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from nbtrace.compare.evaluate import Computed
from nbtrace.compare.node_view import MANY
from nbtrace.compare.scene import Node, Place, Scene, Vector

if TYPE_CHECKING:
    from nbtrace.compare.formula_columns import ComputedColumn

_Key = tuple[str, int, str]

_MOST_TIMES = 5
"""How often the same is found out for all turns, of which most would be found out in vain."""


class ComputedTurns:
    """What formulas give of one side's values, while those and the configuration stay what they are.

    Attributes
    ----------
    places : frozenset of Place or None
        The turns that are asked for; None of all.
    errors : bool
        Whether all of the error that the log allows is found out.
    """

    def __init__(self, places: frozenset[Place] | None = None, *, errors: bool = True) -> None:
        self.places, self.errors = places, errors
        self._columns: dict[_Key, tuple[ComputedColumn, ...]] = {}
        self._times: dict[_Key, int] = {}
        self._moved: set[Place] = set()
        self._last: tuple[Node, Computed] | None = None

    def at(self, scene: Scene, values: Mapping[Node, Vector], node: Node) -> Computed | None:
        """Return what a formula gives; None where it gives nothing, or is for one value after the other."""
        name, sample, place = node
        if len(place) != 1 or place[0][1] <= 0 or place in self._moved:
            return None
        formula, key = scene.vocabulary.formulas.get(name), (name, sample, place[0][0])
        if formula is None or not formula.takes_columns:
            return None
        if key not in self._columns:
            self._times[key] = self._times.get(key, 0) + 1
            some = self._times[key] <= _MOST_TIMES
            self._columns[key] = tuple(self._computed(scene, values, key)) if some else ()
        if self._last is None or self._last[0] != node:
            computed = next((found for column in self._columns[key] if (found := column.at(place)) is not None), None)
            if computed is None:
                return None
            self._last = node, computed
        return self._last[1]

    def move(self, nodes: Iterable[Node]) -> None:
        """Take notice that some values, or their digits, are others than before: of their turns nothing is known."""
        self._last = None
        for node in nodes:
            if node.place:
                self._moved.add(node.place)
            else:
                self._columns.clear()

    def forget(self, name: str) -> None:
        """Take notice that values of a quantity are others than before: what reads them is found out again."""
        self._last = None
        read = [key for key, columns in self._columns.items() if any(column.reads(name) for column in columns)]
        for key in read:
            del self._columns[key]

    def _computed(self, scene: Scene, values: Mapping[Node, Vector], key: _Key) -> "Iterator[ComputedColumn]":
        if len(scene.order.by_name.get(key[0], ())) < MANY:
            return
        import numpy as np  # noqa: PLC0415 - which short logs do not need

        from nbtrace.compare.formula_columns import computed  # noqa: PLC0415
        from nbtrace.compare.turns_view import Turns, in_groups  # noqa: PLC0415

        column = scene.columns.columns.get(key)  # type: ignore[call-overload]
        if column is None:
            return
        asked = [place[0][1] for place in self.places or () if len(place) == 1 and place[0][0] == key[2]]
        own = column.ordinals if self.places is None else np.intersect1d(column.ordinals, asked)
        for turns in in_groups(scene, Turns(*key, own[own > 0])):
            if turns.ordinals.size >= MANY:
                yield from computed(scene, turns, values, errors=self.errors) or ()

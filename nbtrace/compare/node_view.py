"""What a formula sees of one side of a comparison, from where its value belongs."""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nbtrace.compare.scene import ALL, Node, Place, Scene, Vector
from nbtrace.vocabulary.formula import FormulaView, Lack, UnloggedError

if TYPE_CHECKING:
    from nbtrace.compare.turn_columns import TurnColumn

MANY = 50
"""Turns of a loop from which on their values are held as columns."""


class Varied(ChainMap[Node, Vector]):
    """Values some of which vary, which are in the first mapping, but none that a column holds."""


def unvaried(values: Mapping[Node, Vector]) -> Mapping[Node, Vector]:
    """Return values as they are where none of them varies."""
    if not isinstance(values, Varied):
        return values
    return values.maps[1] if len(values.maps) == _ONE_BESIDE else ChainMap(*values.maps[1:])


_ONE_BESIDE = 2


class NodeView(FormulaView):
    """What a formula sees at a node: values of the same place, sample and block, then the facts.

    It notes what it was asked for, so that a formula's inputs are known without a list of them.

    Attributes
    ----------
    read : dict of Node to None
    told : dict of str to None
        The facts.
    turned : dict of (str, int, str) to int
        What was read as a column, and how many turns of it.
    """

    def __init__(
        self,
        scene: Scene,
        values: Mapping[Node, Vector],
        node: Node,
        moved: Mapping[tuple[str, int, str], Any] | None = None,
    ) -> None:
        self._moved = moved or {}
        self.scene = scene
        self.node = node
        self.read: dict[Node, None] = {}
        self.told: dict[str, None] = {}
        self.turned: dict[tuple[str, int, str], int] = {}
        self._values = values
        self._places: dict[str, Node | None] = {}

    def _find(self, name: str) -> Node | None:
        if name not in self._places:
            self._places[name] = self._place(name)
        return self._places[name]

    def _place(self, name: str) -> Node | None:
        _, sample, place = self.node
        wanted = self.scene.loops.get(name, ())
        here = place if len(place) == len(wanted) else tuple(pair for pair in place if pair[0] in wanted)
        # A plain tuple finds what the named one of the same values is the key of, and costs less.
        for candidate in ((name, sample, here), (name, ALL, here)):
            if candidate in self._values:
                return Node(*candidate)
        if sample == ALL and (name, 0, here) in self._values:
            return Node(name, 0, here)
        return None

    def __getitem__(self, name: str) -> Vector:
        """Return a value; raise :class:`UnloggedError` if neither log nor facts hold it."""
        node = self._find(name)
        if node is not None:
            self.read[node] = None
            return self._values[node]
        if name in self.scene.facts:
            self.told[name] = None
            return self.scene.facts[name].numbers
        raise UnloggedError(name, Lack.VALUE if name in self.scene.vocabulary.quantities else Lack.FACT)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (self._find(name) is not None or name in self.scene.facts)

    def __iter__(self) -> Iterator[str]:
        return iter({node.name for node in self._values} | set(self.scene.facts))

    def __len__(self) -> int:
        return len(set(iter(self)))

    def number(self, name: str) -> float:
        """Return a scalar."""
        return self[name][0]

    def logged(self, name: str) -> bool:
        """Whether the log itself holds a value, at this place or above."""
        return self._find(name) is not None

    def of(self, sample: int, place: Place = ()) -> "NodeView":
        """Return the same view at another sample and place; what it reads counts as read here."""
        other = NodeView(self.scene, self._values, Node(self.node.name, sample, place), self._moved)
        other.read, other.told, other.turned = self.read, self.told, self.turned
        return other

    def at(self, **index: int) -> "NodeView":
        """Return the same view at other ordinals of the named loops; what it reads counts as read here.

        Raises
        ------
        UnloggedError
            If the log has no such place.
        """
        for name, ordinal in index.items():
            if ordinal not in self.scene.ordinals.get(name, ()):
                raise UnloggedError(f"{name} {ordinal}", Lack.TURN)
        order = self.scene.trace.vocabulary.indices
        place = {**dict(self.node.place), **index}
        return self.of(self.node.sample, tuple((name, place[name]) for name in order if name in place))

    def ordinal(self, index: str) -> int:
        """Return the ordinal of a loop here; raise :class:`UnloggedError` where the place has none."""
        own = self.node.ordinal(index)
        if own == ALL:
            raise UnloggedError(index, Lack.TURN)
        return own

    def ordinals(self, index: str) -> tuple[int, ...]:
        """Return the ordinals that the log has of a loop, in order."""
        return tuple(self.scene.ordinals.get(index, ()))

    def aside(self) -> "NodeView":
        """Return the same view for a check on which no value depends: what it reads does not count."""
        return NodeView(self.scene, self._values, self.node)

    def column(self, name: str, loop: str, count: int) -> Any | None:
        """Return a quantity at so many first turns of a loop, as a column; None where it is for one after the other.

        It is where there are few, or they are not all logged. What is read counts as read here.
        """
        key = (name, max(self.node.sample, 0), loop)
        column = self.scene.columns.columns.get(key) if count >= MANY else None  # type: ignore[call-overload]
        if column is None or not column.starts_with(count):
            return None
        numbers = self.numbers_of(column, slice(0, count))
        if numbers is None:
            return None
        self.turned[key] = count
        self.read.update(dict.fromkeys(column.nodes[:count]))
        return self._moved.get(key, numbers)

    def numbers_of(self, column: "TurnColumn", at: Any) -> Any | None:
        """Return what the values have at some turns of a column of the scene; None where they cannot be one."""
        values = unvaried(self._values)
        return column.numbers[at] if values is self.scene.values else column.numbers_in(values, at)

    def reads_turned(self, node: Node) -> bool:
        """Whether a node was read as one of the turns of a column."""
        name, sample, place = node
        return len(place) == 1 and place[0][1] < self.turned.get((name, sample, place[0][0]), 0)

    @property
    def has_logged_values(self) -> bool:
        """Whether all values are those that the log prints."""
        return self._values is self.scene.values

    def unvaried(self) -> "NodeView":
        """Return the same view for a check on which no value depends, of the values before any of them is varied."""
        return NodeView(self.scene, unvaried(self._values), self.node)

    def groups_of_turns(self, loop: str, ordinals: Any) -> "Iterator[NodeView]":
        """Yield views at many turns of a loop, of which columns are read; in each, all turns find the same."""
        from nbtrace.compare.turns_view import Turns, TurnsView, in_groups  # noqa: PLC0415 - imports numpy

        for turns in in_groups(self.scene, Turns(self.node.name, max(self.node.sample, 0), loop, ordinals)):
            yield TurnsView(self.scene, turns, self._values)

    def worked_out(self, key: tuple[object, ...], compute: Callable[["NodeView"], Any]) -> Any:
        """Return what `compute` gives of this view; as it gave first, while all values that it read are the same.

        `key` names it. Columns do not change. What it reads counts as read here.
        """
        kept = self.scene.worked_out.get(key)
        if kept is None or any(self._values.get(node) != value for node, value in kept[0].items()):
            view = NodeView(self.scene, self._values, self.node, self._moved)
            result = compute(view)
            found = {node: self._values[node] for node in view.read}, view.told, result
            kept = self.scene.worked_out.setdefault(key, found) if kept is None else found
        self.read.update(dict.fromkeys(kept[0]))
        self.told.update(kept[1])
        return kept[2]

    def samples(self) -> tuple[int, ...]:
        """Return the sampled points that the log has."""
        return self.scene.samples

    def places_of(self, name: str, sample: int) -> tuple[Place, ...]:
        """Return the turns of the loops at which a quantity is logged for a sample."""
        return self.scene.places_of(name, sample)

    def count_of(self, name: str, loop: str) -> int:
        """Return at how many turns a quantity is logged for this sample, all of which are turns of one loop."""
        sample = max(self.node.sample, 0)
        apart = self.scene.apart.get((name, sample, loop))  # type: ignore[call-overload]
        return len(self.scene.places.get((name, sample), ())) + (0 if apart is None else int(apart.ordinals.size))

    def ordinals_of(self, name: str, index: str) -> tuple[int, ...]:
        """Return the ordinals of a loop at which a quantity is logged for this sample."""
        places = self.places_of(name, max(self.node.sample, 0))
        return tuple(sorted(next((own for loop, own in place if loop == index), ALL) for place in places))

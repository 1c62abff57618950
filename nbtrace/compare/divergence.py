"""Which divergence comes first, and which follow from others."""

from collections.abc import Iterable, Mapping

from nbtrace.compare.artefacts import is_habit
from nbtrace.compare.judge import Row
from nbtrace.compare.logs import logs_of
from nbtrace.frozen import frozen
from nbtrace.verdicts.status import DIVERGENT_BELOW, MINOR_BELOW, Status
from nbtrace.vocabulary.vocabulary import Vocabulary


@frozen
class Group:
    """All rows of one quantity.

    Attributes
    ----------
    quantity : str
    rows : tuple of Row
        In execution order.
    first : Row or None
        The first row that diverges.
    worst : Row
        The row with the largest difference beyond its limit.
    """

    quantity: str
    rows: tuple[Row, ...]
    first: Row | None
    worst: Row

    @property
    def shown(self) -> Row:
        """The row that stands for the group: the first that diverges, else the one closest to its limit."""
        return self.first or self.worst

    @property
    def status(self) -> Status:
        """The status of that row."""
        return self.shown.status

    @property
    def compared(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    @property
    def diverging(self) -> int:
        """How many rows diverge."""
        return sum(row.status.diverges for row in self.rows)


@frozen
class Divergence:
    """A diverging quantity in the graph of inputs.

    Attributes
    ----------
    group : Group
    follows : tuple of str
        Diverging quantities that it depends on; empty for a root.
    consequences : tuple of str
        Diverging quantities that depend on it.
    """

    group: Group
    follows: tuple[str, ...]
    consequences: tuple[str, ...]

    @property
    def is_root(self) -> bool:
        """Whether nothing that it depends on diverges."""
        return not self.follows


def group_rows(rows: Iterable[Row]) -> tuple[Group, ...]:
    """Group rows by quantity; groups stand in the order of their first rows."""
    by_quantity: dict[str, list[Row]] = {}
    for row in rows:
        by_quantity.setdefault(row.quantity, []).append(row)
    return tuple(_group(name, tuple(members)) for name, members in by_quantity.items())


def _group(name: str, rows: tuple[Row, ...]) -> Group:
    first = next((row for row in rows if row.status.diverges), None)
    return Group(name, rows, first, max(rows, key=lambda row: row.severity))


def divergences(groups: Iterable[Group], vocabulary: Vocabulary) -> tuple[Divergence, ...]:
    """Return the diverging quantities in order, each with what it follows from and what follows from it.

    A quantity whose own inputs were not logged may still follow from one further up: the whole graph is searched. From
    one that differs by a habit of logging nothing follows: the program computes with another value than it prints.
    """
    logs = logs_of(vocabulary)
    habits = {group.quantity for group in groups if group.first is not None and is_habit(group.first, vocabulary)}
    diverging = [group for group in groups if group.first is not None]
    names = [group.quantity for group in diverging]
    turns = {group.quantity: _turn(group.first, vocabulary) for group in diverging if group.first is not None}
    above = {name: _above(name, vocabulary, turns) for name in names}
    for name in logs.looked_up & above.keys():
        if not set(vocabulary.quantities[name].causes) & above.keys():
            above[name] = frozenset()
    order = {name: number for number, name in enumerate(names)}
    follows = {
        name: tuple(
            sorted(
                (other for other in inputs if other in order and other != name and other not in habits),
                key=order.__getitem__,
            )
        )
        for name, inputs in above.items()
    }
    consequences: dict[str, list[str]] = {name: [] for name in names}
    for name in names:
        for other in follows[name]:
            consequences[other].append(name)
    return tuple(Divergence(group, follows[group.quantity], tuple(consequences[group.quantity])) for group in diverging)


def _turn(row: Row, vocabulary: Vocabulary) -> tuple[int, int]:
    """Return when a value is computed: in which turn of the loop that formulas reach back along, and its rank there."""
    turn = row.index.ordinal(vocabulary.recurrent)
    return -1 if turn is None else turn, vocabulary.rank.get(row.quantity, -1)


def _above(name: str, vocabulary: Vocabulary, turns: Mapping[str, tuple[int, int]]) -> frozenset[str]:
    """Return what `name` depends on, also under the names that other blocks give the same values.

    Of two quantities that depend on each other, in turn after turn, the one that diverges first is above.
    """
    inputs = vocabulary.ancestors(name)
    under_any_name = inputs.union(*(vocabulary.equivalent_names(other) for other in inputs)) - {name}
    return frozenset(
        other
        for other in under_any_name
        if name not in vocabulary.ancestors(other)
        or (vocabulary.recurrent is not None and other in turns and turns[other] < turns[name])
    )


def first_by_band(rows: Iterable[Row]) -> dict[str, Row | None]:
    """Return the first divergence at the tolerance, the first of at least 1e-4, and the first of at least 1e-2.

    The later two are the material ones: the first divergence at 1e-6 is often only how a vector was normalised. Rows
    with an absolute tolerance, and those that cannot be measured, count by their status.
    """
    over = [row for row in rows if row.status.diverges]
    return {
        "tolerance": next(iter(over), None),
        f"{MINOR_BELOW:g}": next((row for row in over if row.status is not Status.MINOR), None),
        f"{DIVERGENT_BELOW:g}": next((row for row in over if row.status not in {Status.MINOR, Status.DIVERGENT}), None),
    }

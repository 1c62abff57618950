"""Values of turns that stand in columns, looked up one by one as those of records are."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from nbtrace.compare.turn_columns import Columns, TurnColumn

_Vector = tuple[float, ...]

ALIKE = 1e-6
"""Relative difference up to which both sides agree on a value where one is taken for a copy of it."""


class ApartNodes(frozenset[Any]):
    """The nodes of float32 values: some that are told, and those of columns; it is true even without any.

    It finds every node of the columns.
    """

    _columns: "Columns"

    def __new__(cls, columns: "Columns", told: Iterable[Any] = ()) -> Self:
        """Make one of columns, and of nodes besides."""
        made = super().__new__(cls, told)
        made._columns = columns
        return made

    def __bool__(self) -> bool:
        return True

    def __contains__(self, node: object) -> bool:
        if super().__contains__(node):
            return True
        found = self.place(node)
        return found is not None and bool(found[0].single[found[1]])

    def place(self, node: Any) -> "tuple[TurnColumn, int] | None":
        """Return the column that holds a node, and where in it."""
        name, sample, place = node
        if len(place) != 1:
            return None
        column = self._columns.get((name, sample, place[0][0]))  # type: ignore[call-overload]
        at = None if column is None else column.place(place[0][1])
        return None if column is None or at is None else (column, at)

    def numbers(self, node: Any) -> _Vector | None:
        """Return the value of a node in a column."""
        found = self.place(node)
        return None if found is None else (float(found[0].numbers[found[1]]),)

    def digits(self, node: Any) -> _Vector | None:
        """Return half a unit of the last printed digit of a node in a column."""
        found = self.place(node)
        return None if found is None else (float(found[0].halves[found[0].half[found[1]]]),)


class ApartVectors(dict[Any, _Vector]):
    """Vectors by node: those of records are its own, those of columns are found besides, and not counted.

    Attributes
    ----------
    columns : mapping of ColumnKey to TurnColumn
    """

    def __init__(self, own: dict[Any, _Vector], columns: "Columns", found: Callable[[Any], _Vector | None]) -> None:
        super().__init__(own)
        self.columns = columns
        self._found = found

    def copy(self) -> "ApartVectors":
        """Return a copy, which finds the same in columns."""
        return ApartVectors(self, self.columns, self._found)

    def __or__(self, other: Any) -> "ApartVectors":  # type: ignore[override]
        changed = self.copy()
        changed.update(other)
        return changed

    def __missing__(self, node: Any) -> _Vector:
        value = self._found(node)
        if value is None:
            raise KeyError(node)
        return value

    def __contains__(self, node: object) -> bool:
        return super().__contains__(node) or self._found(node) is not None

    def get(self, node: Any, default: Any = None) -> Any:
        """Return the vector of a node, else the default."""
        try:
            return self[node]
        except KeyError:
            return default

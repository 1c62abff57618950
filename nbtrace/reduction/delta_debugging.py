"""Delta debugging: of many things, the few without which a failure is gone. Knows nothing of what the things are.

After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), with complements alone, in
passes of pieces that are halved.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import TypeAlias, TypeVar

_Item = TypeVar("_Item")

FirstSame: TypeAlias = Callable[[Iterable[tuple[_Item, ...]]], int | None]
"""Returns the number of the first candidate, from 0, whose answer is SAME; None if no answer is."""


class Answer(Enum):
    """What a run of a candidate says."""

    SAME = "fails in the same way"
    OTHER = "passes, or fails in another way"
    UNRESOLVED = "cannot be run"


def fewest(items: Sequence[_Item], first_same: FirstSame[_Item], *, pieces: int | None = None) -> tuple[_Item, ...]:
    """Return items of which none can go, in their order, such that what they make still fails in the same way.

    Parameters
    ----------
    items : sequence
        With all of them it fails.
    first_same : callable
        Gets candidates: tuples of the items that stay. It is asked lazily, and in an order that depends on its answers
        alone.
    pieces : int, optional
        Of more items than that, only every so many'th part is held to be needed: none of that number of pieces can go.
        By default no single item can.
    """
    kept, size = tuple(items), len(items)
    while kept:
        finest = 1 if pieces is None else max(1, len(kept) // pieces)
        size = max(min(size, len(kept)), finest)
        left = _without_pieces(kept, size, first_same)
        if left == kept and size == finest:
            break
        size = size if left != kept and size == finest else size // 2
        kept = left
    return kept


def _without_pieces(kept: tuple[_Item, ...], size: int, first_same: FirstSame[_Item]) -> tuple[_Item, ...]:
    """Return what is left when each piece of `size` items that can go has gone, one after the other."""
    start = 0
    while start < len(kept):
        places = range(start, len(kept), size)
        # The last piece may be smaller; each candidate is made when it is asked for.
        found = first_same(_complements(kept, places, size))
        if found is None:
            break
        start = places[found]
        kept = (*kept[:start], *kept[start + size :])
    return kept


def _complements(kept: tuple[_Item, ...], places: Sequence[int], size: int) -> Iterable[tuple[_Item, ...]]:
    return ((*kept[:place], *kept[place + size :]) for place in places)

"""Pairing the records of two traces by what they are and where they belong."""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TypeAlias

from nbtrace.compare.metrics import is_finite
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.frozen import frozen
from nbtrace.records import NOWHERE, Index, Pixel, Record, Trace
from nbtrace.vocabulary.quantity import Quantity, Scope
from nbtrace.vocabulary.vocabulary import REPEAT, UNNAMED, Vocabulary

Place = tuple[str, Index]
"""A quantity and where in the computation it belongs."""

_SAME_VALUE = 1e-5
"""Relative difference up to which two printed values are one value with more and with fewer digits."""

Twice: TypeAlias = Mapping[Place, tuple[tuple[Record, Record], ...]]
"""Places that one side fills twice with different values, and each time the record left out and the one taken."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The records of both sides for one quantity at one place."""

    quantity: str
    index: Index
    c: Record
    py: Record

    @property
    def known(self) -> Quantity | None:
        """What the vocabulary says of the quantity."""
        return self.py.known


@frozen
class Alignment:
    """All pairs in execution order, and what stands alone on either side.

    Attributes
    ----------
    pairs : tuple of Pair
    only_c, only_py : tuple of Record
        Records whose place the other side does not have.
    twice : (mapping of Place to tuple of (Record, Record), the same)
        Places that C, and that Py, fills twice with different values: the record left out and the one taken.
    again : tuple of (Record, Record)
        What both print a second time, under one key in lines of one further prefix, and differently: C's and Py's.
    """

    pairs: tuple[Pair, ...]
    only_c: tuple[Record, ...]
    only_py: tuple[Record, ...]
    twice: tuple[Twice, Twice] = ({}, {})
    again: tuple[tuple[Record, Record], ...] = ()

    @property
    def duplicates(self) -> tuple[tuple[Record, Record], ...]:
        """The records that were left out and those taken for them, C's first."""
        return tuple(pair for side in self.twice for pairs in side.values() for pair in pairs)


def align(c: Trace, py: Trace, block_of: Mapping[int, int] | None = None) -> Alignment:
    """Pair the records of two traces.

    Parameters
    ----------
    c, py : Trace
    block_of : mapping of int to int, optional
        Which pixel block of C a block of Py belongs to; by default the one with the same number.
    """
    vocabulary = c.vocabulary
    left, left_twice, left_again = _by_place(c.records, {})
    right, right_twice, right_again = _by_place(py.records, block_of or {})
    pairs, only_c = list[Pair](), dict[Place, Record]()
    for place, record in left.items():
        other = right.get(place)
        if other is None:
            only_c[place] = record
        else:
            pairs.append(Pair(place[0], place[1], record, other))
    lonely = len(right) - len(pairs)
    only_py = {place: record for place, record in right.items() if place not in left} if lonely else {}
    pairs += _through_equivalents(only_c, only_py, {pair.quantity for pair in pairs}, vocabulary)
    if _is_told_by_lines(pairs, vocabulary):
        pairs.sort(key=lambda pair: pair.c.line)
    else:
        order = ExecutionOrder(vocabulary, (*c.records, *py.records))
        pairs.sort(key=lambda pair: (*order.of(pair.quantity, pair.index), pair.c.line))
    return Alignment(
        tuple(pairs),
        tuple(sorted(only_c.values(), key=lambda record: record.line)),
        tuple(sorted(only_py.values(), key=lambda record: record.line)),
        (left_twice, right_twice),
        tuple(
            pair
            for at, mine in left_again.items()
            for pair in _printed_again(mine, right_again.get(at, []))
            if differ_again(*pair)
        ),
    )


def _is_told_by_lines(pairs: Iterable[Pair], vocabulary: Vocabulary) -> bool:
    """Return whether the lines of the first log alone tell the order: nobody names a loop, and only turns follow turns.

    A value that is printed once, behind a loop, is of no turn: it comes after all of them.
    """
    if vocabulary.indices and any(pair.c.known is not None for pair in pairs):
        return False
    return all(name == REPEAT for pair in pairs for name, _ in pair.index.loops)


def pair_blocks(c: Trace, py: Trace) -> dict[int, int]:
    """Return which pixel block of C each block of Py belongs to.

    The n-th block of a pixel belongs to the n-th of the same pixel, a block whose pixel is not known to the one in its
    place. A block without a partner gets a number that C does not have, and no other block of Py.
    """
    if len(c.blocks) == 1 and len(py.blocks) == 1:
        return dict(zip(py.blocks, c.blocks, strict=True))
    of_pixel: dict[Pixel, list[int]] = {}
    for block in c.blocks:
        pixel = whereabouts(c, block).pixel
        if pixel is not None:
            of_pixel.setdefault(pixel, []).append(block)
    waiting = {pixel: iter(blocks) for pixel, blocks in of_pixel.items()}
    beyond = max(c.blocks) + 1
    partners = {}
    for block in py.blocks:
        pixel = whereabouts(py, block).pixel
        known = pixel is not None and bool(of_pixel)
        alone = beyond + block
        if known and pixel is not None:
            partners[block] = next(waiting.get(pixel, iter(())), alone)
        else:
            partners[block] = block if block in c.blocks else alone
    return partners


def _by_place(
    records: Iterable[Record], block_of: Mapping[int, int]
) -> tuple[dict[Place, Record], Twice, dict[tuple[Place, str, str], list[Record]]]:
    """Return the record taken for each place, those left out of the same family, and of others by key and family."""
    chosen: dict[Place, Record] = {}
    again: dict[tuple[Place, str, str], list[Record]] = {}
    twice: dict[Place, list[tuple[Record, Record]]] = {}
    for record in records:
        place = record.quantity, _place(record, block_of)
        earlier = chosen.setdefault(place, record)
        if earlier is record:
            continue
        loser, winner = sorted((earlier, record), key=lambda candidate: candidate.rank)
        chosen[place] = winner
        if loser.family != winner.family:
            again.setdefault((place, loser.key, loser.family), []).append(loser)
        elif _is_another(loser, winner):
            twice.setdefault(place, []).append((loser, winner))
    return chosen, {place: tuple(pairs) for place, pairs in twice.items()}, again


def _printed_again(mine: list[Record], others: list[Record]) -> Iterable[tuple[Record, Record]]:
    """Return the pairs of what two logs print again: each if they do so as often, else the last, which counts."""
    return zip(mine, others, strict=True) if len(mine) == len(others) else zip(mine[-1:], others[-1:], strict=False)


def differ_again(mine: Record, other: Record) -> bool:
    """Whether what two logs print again differs."""
    return mine.value.shape is other.value.shape and not _alike(mine, other)


def _is_another(one: Record, other: Record) -> bool:
    """Whether two records hold different values; numbers are the same in other digits, too, and a NaN is another's."""
    apart = one.numbers != other.numbers or not one.numbers
    return apart and one.value.text != other.value.text


def place_of(record: Record) -> Index:
    """Return the place of a value that is of the block that its log says."""
    return _place(record, {})


def _place(record: Record, block_of: Mapping[int, int]) -> Index:
    index, known = record.index, record.known
    block = block_of.get(index.block, index.block)
    if known is None:
        return index if block == index.block else replace(index, block=block)
    own = index.within((*known.indices, *UNNAMED)) if index.loops else NOWHERE
    if known.scope is Scope.RUN:
        return replace(own, grids=index.grids) if index.grids else own
    if known.scope is Scope.BLOCK:
        return replace(own, block=block, grids=index.grids)
    return replace(own, block=block, sample=index.sample, grids=() if known.indices else index.grids)


def _through_equivalents(
    only_c: dict[Place, Record], only_py: dict[Place, Record], paired: AbstractSet[str], vocabulary: Vocabulary
) -> list[Pair]:
    """Pair what both sides print only under different names; takes the paired ones out of both dictionaries."""
    pairs = []
    order = {place: number for number, place in enumerate(only_c)}
    waiting: dict[str, deque[Place]] = {}
    for place in only_c:
        waiting.setdefault(place[0], deque()).append(place)
    for name, index in tuple(only_py):
        others = vocabulary.equivalent_names(name)
        unpaired = [waiting[other] for other in others if waiting.get(other)]
        if unpaired and not others & paired:
            partner = min(unpaired, key=lambda places: order[places[0]]).popleft()
            pairs.append(Pair(name, index, only_c.pop(partner), only_py.pop((name, index))))
    return pairs


def conflicting(alignment: Alignment) -> tuple[tuple[Record, Record], ...]:
    """Return the values of a pixel that one log prints twice and differently; nobody can tell which one is meant.

    The detector block is left out, unless one of the two is no number: the reference prints it on the way and again at
    the end. What both logs print twice in the same way is no conflict; what they print again, each otherwise, is one.
    """
    conflicts = []
    for mine, others in (alignment.twice, alignment.twice[::-1]):
        for place, pairs in mine.items():
            echoes = others.get(place, ())
            for number, pair in enumerate(pairs):
                echoed = number < len(echoes) and all(map(_alike, pair, echoes[number]))
                if not echoed and _in_conflict(*pair):
                    conflicts.append(pair)
    return (*conflicts, *alignment.again)


def _in_conflict(loser: Record, winner: Record) -> bool:
    if is_finite(loser.numbers) is not is_finite(winner.numbers):
        return True
    return winner.scope not in {Scope.RUN, None} and not _alike(loser, winner)


def _alike(a: Record, b: Record) -> bool:
    """Whether two values are one value, printed with more and with fewer digits."""
    pairs = zip(a.numbers, b.numbers, strict=False)
    return len(a.numbers) == len(b.numbers) and all(
        math.isclose(x, y, rel_tol=_SAME_VALUE) or (math.isnan(x) and math.isnan(y)) for x, y in pairs
    )


class ExecutionOrder:
    """The order of execution of the values of two logs."""

    def __init__(self, vocabulary: Vocabulary, records: Iterable[Record]) -> None:
        self._quantities = vocabulary.quantities
        self._ranks: dict[str, float] = {name: float(rank) for name, rank in vocabulary.rank.items()}
        self._names = tuple(vocabulary.quantities)
        self._loops = vocabulary.indices
        self._unnamed = tuple(name for name in UNNAMED if name not in vocabulary.indices)
        self._has_blocks = vocabulary.has_blocks
        records = tuple(records)
        stated = {name for record in records for name, _ in record.index.loops}
        self._outer = next((name for name in vocabulary.indices if name in stated), None)
        looped = [float(len(self._names))]
        last = -1.0
        # A quantity that the vocabulary does not know follows its predecessor in the log.
        for record in records:
            if record.known is not None:
                last = self._ranks[record.quantity]
            else:
                self._ranks.setdefault(record.quantity, last + 0.5)
            if self._outermost(record.index) is not None:
                looped.append(self._ranks[record.quantity])
        self._loops_begin = min(looped)

    def of(self, quantity: str, index: Index) -> tuple[int, tuple[int, ...], int, int, int, float, tuple[int, ...]]:
        """Return the key by which a value is sorted.

        The turns of a loop that nobody names follow one another, and within one the samples, and within a sample the
        turns of its loops; what is computed once for a block comes after all of them. Within a turn of the outermost
        loop, quantities stand in their order.
        """
        rank = self._ranks.get(quantity, float(len(self._names)))
        phase = self._phase(quantity, rank, index)
        turns = tuple(ordinal for _, ordinal in index.places(self._loops)) if phase == 1 else ()
        outer = turns[0] if turns else -1
        unnamed = tuple(index.ordinal(name) or 0 for name in self._unnamed)
        block, sample = index.block if phase else 0, index.sample if phase == 1 else 0
        return block, unnamed, phase, sample, outer, rank, turns[1:]

    def _outermost(self, index: Index) -> int | None:
        """Return the ordinal of the outermost loop that the logs have; None for a value of none of its turns."""
        return None if self._outer is None else index.ordinal(self._outer)

    def _phase(self, quantity: str, rank: float, index: Index) -> int:
        """Return whether a value comes before the loops (0), is of one of their turns (1), or comes after them (2)."""
        if not self._has_blocks:
            return 1 if self._outermost(index) is not None else 2 if rank > self._loops_begin else 0
        known = self._quantities.get(quantity)
        return int(known.scope if known else self._scope_at(rank))

    def _scope_at(self, rank: float) -> Scope:
        if rank < 0:
            return Scope.RUN
        return self._quantities[self._names[min(int(rank), len(self._names) - 1)]].scope

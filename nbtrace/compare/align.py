"""Pairing the records of two traces by what they are and where they belong."""

from collections import deque
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeAlias

from nbtrace.quantities import QUANTITIES, RANK, Stage, equivalents
from nbtrace.records import Index, Record, Trace

Place = tuple[str, Index]
"""A quantity and where in the computation it belongs."""

Twice: TypeAlias = Mapping[Place, tuple[tuple[Record, Record], ...]]
"""Places that one side fills twice with different values, and each time the record left out and the one taken."""

_UNKNOWN_RANK = len(RANK)


@dataclass(frozen=True, slots=True)
class Pair:
    """The records of both sides for one quantity at one place."""

    quantity: str
    index: Index
    c: Record
    py: Record


@dataclass(frozen=True)
class Alignment:
    """All pairs in execution order, and what stands alone on either side.

    Attributes
    ----------
    pairs : tuple of Pair
    only_c, only_py : tuple of Record
        Records whose place the other side does not have.
    twice : (mapping of Place to tuple of (Record, Record), the same)
        Places that C, and that Py, fills twice with different values: the record left out and the one taken.
    """

    pairs: tuple[Pair, ...]
    only_c: tuple[Record, ...]
    only_py: tuple[Record, ...]
    twice: tuple[Twice, Twice] = ({}, {})

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
    left, left_twice = _by_place(c.records, {})
    right, right_twice = _by_place(py.records, block_of or {})
    ranks = _ranks((*c.records, *py.records))
    pairs = [Pair(place[0], place[1], left[place], right[place]) for place in left.keys() & right.keys()]
    only_c = {place: record for place, record in left.items() if place not in right}
    only_py = {place: record for place, record in right.items() if place not in left}
    pairs += _through_equivalents(only_c, only_py, {pair.quantity for pair in pairs})
    pairs.sort(key=lambda pair: (*_order(pair.quantity, pair.index, ranks), pair.c.line))
    return Alignment(
        tuple(pairs),
        tuple(sorted(only_c.values(), key=lambda record: record.line)),
        tuple(sorted(only_py.values(), key=lambda record: record.line)),
        (left_twice, right_twice),
    )


def _by_place(records: Iterable[Record], block_of: Mapping[int, int]) -> tuple[dict[Place, Record], Twice]:
    chosen: dict[Place, Record] = {}
    twice: dict[Place, list[tuple[Record, Record]]] = {}
    for record in records:
        place = record.quantity, _place(record, block_of)
        earlier = chosen.get(place)
        if earlier is None:
            chosen[place] = record
            continue
        loser, winner = sorted((earlier, record), key=lambda candidate: candidate.rank)
        chosen[place] = winner
        if loser.numbers != winner.numbers and loser.family == winner.family:
            twice.setdefault(place, []).append((loser, winner))
    return chosen, {place: tuple(pairs) for place, pairs in twice.items()}


def _place(record: Record, block_of: Mapping[int, int]) -> Index:
    index = record.index
    block = block_of.get(index.block, index.block)
    match record.stage:
        case Stage.GEOMETRY | Stage.CELL:
            return Index()
        case Stage.PIXEL | Stage.LATTICE:
            return Index(block=block, sample=index.sample, node=index.node)
        case Stage.PHI:
            return Index(block=block, sample=index.sample, phi_tic=index.phi_tic)
        case Stage.SOURCE:
            return Index(block=block, source=index.source)
        case Stage.SCALING:
            return Index(block=block)
        case _:
            return Index(
                block, index.sample, index.phi_tic, index.source, index.mosaic, None, index.subpixel, index.node
            )


def _through_equivalents(
    only_c: dict[Place, Record], only_py: dict[Place, Record], paired: AbstractSet[str]
) -> list[Pair]:
    """Pair what both sides print only under different names; takes the paired ones out of both dictionaries."""
    pairs = []
    order = {place: number for number, place in enumerate(only_c)}
    waiting: dict[str, deque[Place]] = {}
    for place in only_c:
        waiting.setdefault(place[0], deque()).append(place)
    for name, index in tuple(only_py):
        others = equivalents(name)
        there = [waiting[other] for other in others if waiting.get(other)]
        if there and not others & paired:
            found = min(there, key=lambda places: order[places[0]]).popleft()
            pairs.append(Pair(name, index, only_c.pop(found), only_py.pop((name, index))))
    return pairs


def _ranks(records: Iterable[Record]) -> dict[str, float]:
    """Return the place of every quantity in execution order; an unknown one follows its predecessor in the log."""
    ranks: dict[str, float] = {name: float(rank) for name, rank in RANK.items()}
    last = -1.0
    for record in records:
        if record.quantity in RANK:
            last = float(RANK[record.quantity])
        else:
            ranks.setdefault(record.quantity, last + 0.5)
    return ranks


def _order(quantity: str, index: Index, ranks: Mapping[str, float]) -> tuple[int, int, int, int, float]:
    known = QUANTITIES.get(quantity)
    rank = ranks.get(quantity, float(_UNKNOWN_RANK))
    stage = known.stage if known else Stage.GEOMETRY if rank < 0 else _stage_at(rank)
    # Samples follow one another, and within a sample its φ steps; the scaling chain comes after all of them.
    in_loop = stage in {Stage.PIXEL, Stage.LATTICE, Stage.PHI}
    phase = 0 if stage < Stage.PIXEL else 1 if in_loop else 2
    block = index.block if phase else 0
    return block, phase, index.sample if in_loop else 0, index.phi_tic or 0 if stage is Stage.PHI else -1, rank


def _stage_at(rank: float) -> Stage:
    names = tuple(QUANTITIES)
    return QUANTITIES[names[min(int(rank), len(names) - 1)]].stage

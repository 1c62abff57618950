"""Keys that come again at one place: the turns of a loop that no line names, not one value written over another.

A script prints its values in a loop and no number of the turn. The n-th value of one log belongs to the n-th of the
other; what one of them prints less often is missing there. What is computed once for a run is left out, which the
reference prints on the way and again at the end, and so is a value that one log alone prints once more: nobody can tell
which of the two is meant.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from nbtrace.records import Index, Record, Shape, Trace
from nbtrace.vocabulary.quantity import Scope
from nbtrace.vocabulary.vocabulary import RANK, REPEAT

_LOOPED = 3
"""Values of one log at one place that are a loop, whatever the other log has."""

_Place = tuple[str, Index]
_Places = Mapping[_Place, tuple[Record, ...]]


def numbered(c: Trace, py: Trace, partners: Mapping[int, int]) -> tuple[Trace, Trace]:
    """Return two traces whose values at one place bear the ordinal of their turn; the first one bears none.

    `partners` says which pixel block of C each block of Py belongs to.
    """
    if REPEAT in c.vocabulary.indices:
        return c, py
    own = {block: block for block in c.blocks}
    of_c, of_py = _places(c.records, own), _places(py.records, partners)
    looped = {place for place in of_c.keys() | of_py.keys() if _is_loop(of_c.get(place, ()), of_py.get(place, ()))}
    return _with_turns(c, of_c, looped), _with_turns(py, of_py, looped)


def _places(records: Iterable[Record], block_of: Mapping[int, int]) -> _Places:
    """Return the values at each place that has several, or may have a partner that has."""
    places: defaultdict[_Place, list[Record]] = defaultdict(list)
    for record in records:
        if record.scope is not Scope.RUN and record.value.shape is not Shape.SENTINEL:
            block = block_of.get(record.index.block, record.index.block)
            index = record.index if block == record.index.block else replace(record.index, block=block)
            places[record.quantity, index].append(record)
    return {place: tuple(several) for place, several in places.items()}


def _is_loop(mine: tuple[Record, ...], others: tuple[Record, ...]) -> bool:
    fewer, more = sorted((len(mine), len(others)))
    if more < 2 or not fewer:
        return False
    if any(len({(record.key, record.family) for record in side}) > 1 for side in (mine, others)):
        return False
    unknown = mine[0].known is None and len({record.numbers for record in (mine if len(mine) == more else others)}) > 1
    return more >= _LOOPED or fewer > 1 or unknown


def _with_turns(trace: Trace, places: _Places, looped: set[_Place]) -> Trace:
    turns = {id(record): turn for place in looped for turn, record in enumerate(places.get(place, ())) if turn}
    if not turns:
        return trace
    indices: dict[tuple[int, int], Index] = {}
    records = list(trace.records)
    for number, record in enumerate(records):
        turn = turns.get(id(record))
        if turn is not None:
            place = id(record.index), turn  # most records of a log without a prefix have one index, the very same
            index = indices.get(place)
            if index is None:
                index = indices[place] = _at_turn(record.index, turn)
            records[number] = record.placed(index)
    return replace(trace, records=tuple(records))


def _at_turn(index: Index, turn: int) -> Index:
    process = tuple(pair for pair in index.loops if pair[0] == RANK)
    others = tuple(pair for pair in index.loops if pair[0] != RANK)
    return Index(index.block, index.sample, (*process, (REPEAT, turn), *others), index.grids)

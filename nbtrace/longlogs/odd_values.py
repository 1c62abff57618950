"""Values from irregular lines that need no comparison: those of the run, and those that only one log ever prints."""

from collections import Counter
from collections.abc import Iterable

from nbtrace.compare.align import differ_again
from nbtrace.compare.metrics import is_finite
from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.windows import Slots, WindowPart
from nbtrace.records import Record, Shape
from nbtrace.vocabulary.quantity import Scope


def is_ordinary(record: Record) -> bool:
    """Whether a value is one, and finite."""
    return record.value.shape is not Shape.SENTINEL and is_finite(record.numbers)


def is_of_run(record: Record) -> bool:
    """Whether a value stands for the run, and is an ordinary one."""
    return record.scope is Scope.RUN and is_ordinary(record)


def lone_and_irregular(odd: Iterable[Record], elsewhere: set[str]) -> tuple[list[Record], list[Record]]:
    """Return the values that no vocabulary knows and the other log never prints, and those that are to be compared.

    `elsewhere` are the names of what the other log has printed so far.
    """
    odd = [record for record in odd if not is_of_run(record)]
    times = Counter((record.quantity, record.index) for record in odd)
    lone: list[Record] = []
    irregular: list[Record] = []
    for record in odd:
        unknown = record.known is None and record.quantity not in elsewhere
        alone = unknown and is_ordinary(record) and times[record.quantity, record.index] == 1
        (lone if alone else irregular).append(record)
    return lone, irregular


def by_rank(
    odd: Iterable[Record], part: WindowPart, table: Ints, slots: Slots, first_block: int
) -> tuple[list[Record], list[Record]]:
    """Return the values that count, and those whose place in their block another line fills.

    Programs print in the banner of each run what they print in its trace once more, which counts. `table` is that of
    the values that stand once in a block.
    """
    odd = list(odd)
    times = Counter((record.quantity, record.index.block) for record in odd)
    counting: list[Record] = []
    outranked: list[Record] = []
    for record in odd:
        once = times[record.quantity, record.index.block] == 1
        is_outranked = once and _is_outranked(record, part, table, slots, first_block)
        (outranked if is_outranked else counting).append(record)
    return counting, outranked


def blocks_apart(c: Iterable[Record], py: Iterable[Record]) -> list[int]:
    """Return the blocks in which two logs print again, each in the same way, values that differ."""
    own = {(record.quantity, record.key, record.family, record.index.block): record for record in c}
    others = ((own.get((record.quantity, record.key, record.family, record.index.block)), record) for record in py)
    return [record.index.block for mine, record in others if mine is not None and differ_again(mine, record)]


def _is_outranked(record: Record, part: WindowPart, table: Ints, slots: Slots, first_block: int) -> bool:
    index, slot = record.index, slots.find(record.quantity)
    if slot is None or record.scope is not Scope.BLOCK or index.loops or index.grids or not is_ordinary(record):
        return False
    row = int(table[slot, index.block - first_block])
    if row < 0:
        return False
    other = part.record(row)
    return other.family != record.family and other.rank > record.rank

"""The turns of a loop in two long logs, read as columns: the ordinary result without a row for each value."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from nbtrace.compare.align import ExecutionOrder, Pair, place_of
from nbtrace.compare.judge import Row, judge
from nbtrace.compare.precision import NumberFormat, number_formats
from nbtrace.compare.steps import (
    StepsResult,
    Turn,
    in_common,
    judged,
    known_loop,
    no_such_loop,
    no_turn,
    notices_of,
    only_on,
    printed,
    verdict_of_turns,
)
from nbtrace.compare.turns import Loop
from nbtrace.frozen import frozen
from nbtrace.late import Late
from nbtrace.longlogs.by_turn import grown
from nbtrace.longlogs.chunks import CHUNK
from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.lacked_values import LackedInTurn
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.stream import diff_long
from nbtrace.longlogs.turn_counts import TurnCounts
from nbtrace.records import Record, Side
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.vocabulary import UNNAMED

_TOGETHER = 2000
"""Turns whose rows are made together."""


@dataclass(frozen=True, slots=True)
class CountedTurn(Turn):
    """One turn of the loop, with its first value that diverges as its only row.

    Attributes
    ----------
    total, total_diverging : int
        Values that were compared, and those of them that diverge.

    What a side lacks is a :class:`LackedInTurn`, or nothing.
    """

    total: int = 0
    total_diverging: int = 0

    @property
    def first(self) -> Row | None:
        """The first value in execution order that diverges."""
        return self.rows[0] if self.rows else None

    @property
    def compared(self) -> int:
        """How many values have a difference, or a text to compare."""
        return self.total

    @property
    def diverging(self) -> int:
        """How many values diverge."""
        return self.total_diverging

    @property
    def diverges(self) -> bool:
        """Whether a value diverges or is lacking."""
        return bool(self.total_diverging or self.only_on is not None or self.lacking_c or self.lacking_py)

    def lacked(self, side: Side) -> Sequence[str]:
        """Return the quantity of each value that a side lacks here and prints in another turn."""
        lacking = self.lacking_c if side is Side.C else self.lacking_py
        return lacking.quantities if isinstance(lacking, LackedInTurn) else ()


@frozen
class LongStepsResult(StepsResult):
    """Two long traces compared along a loop.

    Attributes
    ----------
    both_have : frozenset of str
        Quantities that both logs have in one of the turns.
    """

    both_have: frozenset[str] = frozenset()

    @property
    def looped(self) -> AbstractSet[str]:
        """Quantities that both logs have in one of the turns."""
        return self.both_have


def compare_long_steps(
    first: str, second: str, index: str | None, policy: Policy, *, chunk: int = 3 * CHUNK // 2
) -> StepsResult | None:
    """Compare two long logs turn by turn.

    Parameters
    ----------
    first, second : str
        File names.
    index : str or None
        Name of the loop; None for the outermost one that the vocabulary names.
    policy : Policy
    chunk : int
        Bytes read at a time.

    Returns
    -------
    StepsResult or None
        None if the logs, or their turns, have a form that only the ordinary comparison handles.

    Raises
    ------
    InputError
        If a log is missing, unreadable or binary, has no turn of that loop, or no turn is in both.
    UsageError
        If there is no such loop.
    """
    known = known_loop(policy.vocabulary, index)
    loop = Loop(known or index or "")
    result = diff_long(first, second, policy, chunk=chunk, turns_of=loop.name)
    if result is None or result.turns is None or not any(row.c.known is not None for row in result.rows):
        return None
    counts = result.turns
    c, py = counts.stated
    if not known:
        given = (c, py) if result.c.source == first else (py, c)
        stated = [name for own in given for name in sorted(own.loops, key=own.loops.__getitem__)]
        if loop.name not in stated:
            raise no_such_loop(policy.vocabulary, loop.name, dict.fromkeys(stated))
    if not known or (known in UNNAMED and _has_turns(result, counts)):
        return None
    there = tuple(set(np.flatnonzero(own.there).tolist()) for own in (c, py))
    for trace, own, turns in zip((result.c, result.py), (c, py), there, strict=True):
        if not turns:
            raise no_turn(trace, loop, own.loops.keys())
    present = in_common((result.c, result.py), (there[0], there[1]), loop)
    return _Turns(replace(result, turns=None), counts).result(present)


def _has_turns(result: LongDiffResult, counts: TurnCounts) -> bool:
    """Whether a value is of a turn of a loop that no line names."""
    records = (*result.c.records, *result.py.records)
    found = any(record.index.ordinal(counts.loop.name) is not None for record in records)
    return found or any(own.there.any() for own in counts.stated)


class _Turns:
    """The turns of a comparison, put together from what was counted in arrays and what stands in records."""

    def __init__(self, diff: LongDiffResult, counts: TurnCounts) -> None:
        self._diff = diff
        self._counts = counts
        self._rows: dict[int, list[Row]] = {}
        self._outside: list[Row] = []
        self._batch: dict[int, Row] = {}
        for row in counts.rows:
            ordinal = counts.loop.turn(row.quantity, row.index)
            (self._outside if ordinal is None else self._rows.setdefault(ordinal, [])).append(row)

    def result(self, present: tuple[AbstractSet[int], AbstractSet[int]]) -> LongStepsResult:
        """Return the comparison; `present` are the turns of C and of Py."""
        diff, counts = self._diff, self._counts
        turns = self._turns(present)
        sides = zip(counts.prints, (Side.C, Side.PY), counts.stated, strict=True)
        repeats = tuple(repeat for prints, side, own in sides for repeat in prints.repeats(side, own.printed))
        notices = notices_of(repeats, self._apart(), diff, counts.loop.name)
        names = frozenset(counts.names | {row.quantity for rows in self._rows.values() for row in rows})
        unjudged = LongStepsResult(diff, counts.loop.name, turns, repeats, notices, Verdict.AGREE, names)
        return replace(unjudged, verdict=verdict_of_turns(unjudged))

    def _turns(self, present: tuple[AbstractSet[int], AbstractSet[int]]) -> tuple[CountedTurn, ...]:
        counts, traces, chunk = self._counts, (self._diff.c, self._diff.py), self._diff.reading.chunk
        lacking_py, lacking_c = (
            own.by_turn(printed(other), trace, chunk)
            for own, trace, other in zip(counts.lacked, traces, traces[::-1], strict=True)
        )
        ordinals = judged(present, counts.loop, traces[0].vocabulary)
        compared, diverging = (_at(ordinals, numbers) for numbers in (counts.compared, counts.diverging))
        turn = self._firsts[0]
        places = np.searchsorted(turn, ordinals).tolist()
        there = np.isin(ordinals, turn).tolist()
        found = []
        for ordinal, total, over, at, is_there in zip(ordinals, compared, diverging, places, there, strict=True):
            rows = self._rows.get(ordinal, ())
            own = Turn(ordinal, rows) if rows else None
            found.append(
                CountedTurn(
                    ordinal,
                    self._first_of(ordinal, at) if is_there or any(row.status.diverges for row in rows) else (),
                    only_on(ordinal, present),
                    lacking_c.get(ordinal, ()),
                    lacking_py.get(ordinal, ()),
                    total if own is None else total + own.compared,
                    over if own is None else over + own.diverging,
                )
            )
        return tuple(found)

    @cached_property
    def _firsts(self) -> tuple[Ints, Ints, Ints]:
        return self._counts.first.of_turns()

    def _first_of(self, ordinal: int, at: int) -> Sequence[Row]:
        """Return the first row that diverges of a turn in which one does, made when it is asked for."""
        return Late(1, partial(self._made, ordinal, at))

    def _made(self, ordinal: int, at: int, number: int) -> Row:
        """Return the first row of a turn whose values are the ones at a place among those of all turns, or after it."""
        del number
        if ordinal not in self._batch:
            self._batch = self._some(ordinal, at)
        return self._batch[ordinal]

    def _some(self, ordinal: int, at: int) -> dict[int, Row]:
        """Return the first rows of a turn and of some after it."""
        turn, c, py = self._firsts
        last = turn[min(at + _TOGETHER, turn.size) - 1] if at < turn.size else -1
        some = slice(at, int(np.searchsorted(turn, last, side="right")))
        pairs = self._counts.first.records(c[some].tolist(), py[some].tolist())
        found: dict[int, list[Row]] = {ordinal: []}
        for of, pair in zip(turn[some].tolist(), pairs, strict=True):
            found.setdefault(of, []).append(self._row(pair))
        for of in found:
            found[of] += [row for row in self._rows.get(of, ()) if row.status.diverges][:1]
        return {of: rows[0] if len(rows) == 1 else min(rows, key=self._order) for of, rows in found.items()}

    def _apart(self) -> list[str]:
        """Return the quantities that differ outside of the loop, in execution order."""
        rows = [row for row in self._outside if row.status.diverges]
        rows += map(self._row, self._counts.first.outside())
        return list(dict.fromkeys(row.quantity for row in sorted(rows, key=self._order)))

    def _row(self, pair: tuple[Record, Record]) -> Row:
        c, py = pair
        own = Pair(c.quantity, place_of(c), c, py)
        return judge(own, self._diff.policy.of(c.quantity), *self._formats, self._diff.names)

    @cached_property
    def _formats(self) -> tuple[Mapping[str, NumberFormat], Mapping[str, NumberFormat]]:
        return number_formats(self._diff.c), number_formats(self._diff.py)

    def _order(self, row: Row) -> tuple[object, ...]:
        return (*self._execution.of(row.quantity, row.index), row.c.line)

    @cached_property
    def _execution(self) -> ExecutionOrder:
        return ExecutionOrder(self._diff.c.vocabulary, (*self._diff.c.records, *self._diff.py.records))


def _at(ordinals: Sequence[int], numbers: Ints) -> list[int]:
    """Return the numbers of some turns; 0 where there is none."""
    turns = np.array(ordinals, dtype=np.int64)
    longer = grown(numbers, int(turns.max(initial=-1)) + 1)
    found: list[int] = longer[turns].tolist()
    return found

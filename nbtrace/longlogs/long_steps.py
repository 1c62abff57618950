"""The turns of a loop in two long logs, read as columns: the ordinary result without a row for each value."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from nbtrace.compare.align import ExecutionOrder, Pair, place_of
from nbtrace.compare.judge import Row, judge
from nbtrace.compare.precision import NumberFormat, number_formats
from nbtrace.compare.steps import (
    StepsResult,
    ToldTurn,
    Turn,
    TurnTotals,
    is_traced_by_choice,
    known_loop,
    no_such_loop,
    no_turn,
    none_in_common,
    notices_of,
    printed,
    verdict_of_turns,
)
from nbtrace.compare.turns import Loop
from nbtrace.frozen import frozen
from nbtrace.late import Late
from nbtrace.longlogs.by_turn import fitted
from nbtrace.longlogs.chunks import CHUNK
from nbtrace.longlogs.counted_turns import ON_BOTH, ONLY_C, ONLY_PY, CountedTurns, TurnTable
from nbtrace.longlogs.decimals import Flags
from nbtrace.longlogs.first_judged import JudgedFirsts
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.stream import diff_long
from nbtrace.longlogs.turn_counts import TurnCounts
from nbtrace.records import Record, Side
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.vocabulary import UNNAMED

_TOGETHER = 2000
"""Turns whose rows are made together."""


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

    def diverging_turns(self) -> Iterator[Turn]:
        """Yield the turns that diverge."""
        return self.turns.diverging() if isinstance(self.turns, CountedTurns) else super().diverging_turns()

    @cached_property
    def totals(self) -> TurnTotals:
        """What all turns add up to."""
        return self.turns.totals() if isinstance(self.turns, CountedTurns) else super().totals

    def told(self, first: int = 0) -> Iterator[ToldTurn]:
        """Yield what is told of each turn from the one at a place on."""
        return self.turns.told(first) if isinstance(self.turns, CountedTurns) else super().told(first)


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
    size = max(own.there.size for own in (c, py))
    of_c, of_py = there = fitted(c.there, size), fitted(py.there, size)
    for trace, own, turns in zip((result.c, result.py), (c, py), there, strict=True):
        if not turns.any():
            raise no_turn(trace, loop, own.loops.keys())
    if not (of_c & of_py).any():
        raise none_in_common(result.c, result.py, loop)
    return _Turns(replace(result, turns=None), counts).result((of_c, of_py))


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
        self._pairs = counts.first.taken()
        self._rows: dict[int, list[Row]] = {}
        self._outside: list[Row] = []
        self._batch: dict[int, Row] = {}
        self._together = 1
        for row in counts.rows:
            ordinal = counts.loop.turn(row.quantity, row.index)
            (self._outside if ordinal is None else self._rows.setdefault(ordinal, [])).append(row)

    def result(self, there: tuple[Flags, Flags]) -> LongStepsResult:
        """Return the comparison; `there` are the turns that C and that Py has."""
        diff, counts = self._diff, self._counts
        turns = self._turns(there)
        sides = zip(counts.prints, (Side.C, Side.PY), counts.stated, strict=True)
        repeats = tuple(repeat for prints, side, own in sides for repeat in prints.repeats(side, own.printed))
        notices = notices_of(repeats, self._apart(), diff, counts.loop.name)
        names = frozenset(counts.names | {row.quantity for rows in self._rows.values() for row in rows})
        unjudged = LongStepsResult(diff, counts.loop.name, turns, repeats, notices, Verdict.AGREE, names)
        return replace(unjudged, verdict=verdict_of_turns(unjudged))

    def _turns(self, there: tuple[Flags, Flags]) -> CountedTurns:
        counts, traces, chunk = self._counts, (self._diff.c, self._diff.py), self._diff.reading.chunk
        lacking_py, lacking_c = (
            own.by_turn(printed(other), trace, chunk)
            for own, trace, other in zip(counts.lacked, traces, traces[::-1], strict=True)
        )
        c, py = there
        fewest = min(int(np.count_nonzero(own)) for own in there)
        ordinals = np.flatnonzero(c & py if is_traced_by_choice(counts.loop, traces[0].vocabulary, fewest) else c | py)
        compared, diverging = (fitted(numbers, c.size)[ordinals] for numbers in (counts.compared, counts.diverging))
        for ordinal, rows in self._rows.items():
            at = int(np.searchsorted(ordinals, ordinal))
            if at < ordinals.size and ordinals[at] == ordinal:
                own = Turn(ordinal, rows)
                compared[at] += own.compared
                diverging[at] += own.diverging
        only_on = np.where(c & py, ON_BOTH, np.where(c, ONLY_C, ONLY_PY)).astype(np.int8)[ordinals]
        table = TurnTable(counts.loop.name, ordinals, compared, diverging, only_on, lacking_c, lacking_py)
        judged = JudgedFirsts(self._pairs, self._diff.policy, counts.loop.name, self._formats, self._rows.keys())
        return CountedTurns(table, judged, self._first)

    def _first(self, ordinal: int) -> Sequence[Row]:
        """Return the first row that diverges of a turn, made when it is asked for; nothing where none does."""
        at = int(np.searchsorted(self._pairs.turn, ordinal))
        is_there = at < self._pairs.turn.size and self._pairs.turn[at] == ordinal
        if is_there or any(row.status.diverges for row in self._rows.get(ordinal, ())):
            return Late(1, partial(self._made, ordinal, at))
        return ()

    def _made(self, ordinal: int, at: int, number: int) -> Row:
        """Return the first row of a turn whose values are the ones at a place among those of all turns, or after it."""
        del number
        if ordinal not in self._batch:
            self._batch = self._some(ordinal, at)
            self._together = min(2 * self._together, _TOGETHER)
        return self._batch[ordinal]

    def _some(self, ordinal: int, at: int) -> dict[int, Row]:
        """Return the first rows of a turn and of some after it."""
        turn, (c, py) = self._pairs.turn, self._pairs.numbers
        last = turn[min(at + self._together, turn.size) - 1] if at < turn.size else -1
        some = slice(at, int(np.searchsorted(turn, last, side="right")))
        pairs = self._pairs.records(zip(c[some].tolist(), py[some].tolist(), strict=True))
        found: dict[int, list[Row]] = {ordinal: []}
        for of, pair in zip(turn[some].tolist(), pairs, strict=True):
            found.setdefault(of, []).append(self._row(pair))
        for of in found:
            found[of] += [row for row in self._rows.get(of, ()) if row.status.diverges][:1]
        return {of: rows[0] if len(rows) == 1 else min(rows, key=self._order) for of, rows in found.items()}

    def _apart(self) -> list[str]:
        """Return the quantities that differ outside of the loop, in execution order."""
        rows = [row for row in self._outside if row.status.diverges]
        rows += map(self._row, self._pairs.records(self._pairs.outside))
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

"""The turns of a loop in two long logs as columns: each becomes a turn when somebody asks for it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

from nbtrace.compare.judge import Row
from nbtrace.compare.steps import MOST_LACKING, ToldTurn, Turn, TurnTotals
from nbtrace.late import Late
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.first_judged import JudgedFirsts
from nbtrace.longlogs.lacked_values import LackedByTurn, LackedInTurn
from nbtrace.records import Side
from nbtrace.verdicts.status import Status

_TOGETHER = 4096
"""Turns that are told together."""

ON_BOTH, ONLY_C, ONLY_PY = 0, 1, 2
"""Which side has a turn."""

_SIDES = {ONLY_C: Side.C, ONLY_PY: Side.PY}

_AGREES = (None, "", None, None, None, None, None, Status.PASS.value, "", (), (), None, None, None)
"""What is told of a turn in which all agrees, beside its counts."""


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


@dataclass(frozen=True, slots=True, eq=False)
class TurnTable:
    """What is known of the turns that are judged; each column has an element for each of them.

    Attributes
    ----------
    loop : str
    ordinals, compared, diverging : array of int64
    only_on : array of int8
        `ON_BOTH`, `ONLY_C` or `ONLY_PY`.
    lacking_c, lacking_py : LackedByTurn
        What C and what Py lacks, by ordinals.
    """

    loop: str
    ordinals: Ints
    compared: Ints
    diverging: Ints
    only_on: npt.NDArray[np.int8]
    lacking_c: LackedByTurn
    lacking_py: LackedByTurn

    def lacking(self) -> Flags:
        """Return in which turns a side lacks a value."""
        found: Flags = np.zeros(self.ordinals.size, dtype=np.bool_)
        for lacked in (self.lacking_c, self.lacking_py):
            if lacked:
                found |= np.isin(self.ordinals, lacked.turns)
        return found


class CountedTurns(Late[CountedTurn]):
    """The turns of a comparison, each made of columns whenever it is asked for.

    Parameters
    ----------
    table : TurnTable
    judged : JudgedFirsts
        The first values that diverge, as far as columns tell what is said of them.
    first : callable
        The first row that diverges in the turn with an ordinal; empty where there is none.
    """

    def __init__(self, table: TurnTable, judged: JudgedFirsts, first: Callable[[int], Sequence[Row]]) -> None:
        super().__init__(table.ordinals.size, self._turn)
        self._table = table
        self._judged = judged
        self._first = first
        self._lacking = table.lacking()
        self._diverges = (table.diverging > 0) | (table.only_on != ON_BOTH) | self._lacking

    def _turn(self, at: int) -> CountedTurn:
        table = self._table
        ordinal = int(table.ordinals[at])
        return CountedTurn(
            ordinal,
            self._first(ordinal),
            _SIDES.get(int(table.only_on[at])),
            table.lacking_c.get(ordinal, ()),
            table.lacking_py.get(ordinal, ()),
            int(table.compared[at]),
            int(table.diverging[at]),
        )

    def diverging(self) -> Iterator[CountedTurn]:
        """Yield the turns that diverge."""
        return map(self._turn, map(int, np.flatnonzero(self._diverges)))

    def totals(self) -> TurnTotals:
        """Return what all turns add up to."""
        table = self._table
        lacking = np.flatnonzero(self._lacking & (table.only_on == ON_BOTH))[:MOST_LACKING]
        return TurnTotals(
            int(np.count_nonzero(self._diverges)),
            int(table.compared.sum()),
            tuple(table.ordinals[table.only_on == ONLY_C].tolist()),
            tuple(table.ordinals[table.only_on == ONLY_PY].tolist()),
            tuple(map(self._turn, lacking.tolist())),
        )

    def told(self, first: int = 0) -> Iterator[ToldTurn]:
        """Yield what is told of each turn from the one at a place on."""
        for begin in range(first, len(self), _TOGETHER):
            yield from self._told(slice(begin, min(begin + _TOGETHER, len(self))))

    def _told(self, some: slice) -> Iterator[ToldTurn]:
        table, diverges = self._table, self._diverges[some]
        columns = [table.ordinals[some].tolist(), table.compared[some].tolist(), table.diverging[some].tolist()]
        if not diverges.any():
            yield from map(ToldTurn._make, zip(*columns, *map(repeat, _AGREES), strict=False))
            return
        judged = self._judged.of(int(table.ordinals[some.start]), int(table.ordinals[some.stop - 1]) + 1)
        apart = (self._lacking[some] | (table.only_on[some] != ON_BOTH)).tolist()
        places = zip(range(some.start, some.stop), *columns, diverges.tolist(), apart, strict=True)
        for at, ordinal, compared, diverging, does_diverge, is_apart in places:
            if not does_diverge:
                yield ToldTurn(ordinal, compared, diverging, *_AGREES)
            elif ordinal in judged and not is_apart:
                yield ToldTurn(ordinal, compared, diverging, *judged[ordinal])
            else:
                yield ToldTurn.of(self._turn(at), table.loop)

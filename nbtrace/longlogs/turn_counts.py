"""The turns of a loop in two long logs, counted as arrays are compared: what diverges in each, and what a side lacks.

What is set aside for the ordinary comparison is not counted; its rows and records are given at the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from nbtrace.compare.judge import Row
from nbtrace.compare.turns import Loop
from nbtrace.longlogs.by_turn import counted
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.first_rows import FirstRows, keys
from nbtrace.longlogs.lacked_values import LackedValues
from nbtrace.longlogs.stated_turns import NO_TURN, StatedTurns, turn_of, turns_of
from nbtrace.longlogs.tally import Window
from nbtrace.longlogs.templates import TemplateKind
from nbtrace.longlogs.turn_prints import Places, TurnPrints
from nbtrace.longlogs.windows import CellLoop, Slots
from nbtrace.records import Record


@dataclass
class TurnCounts:
    """What was counted of the turns of a loop.

    Attributes
    ----------
    loop : Loop
    slots : Slots
    compared, diverging : array of int64
        Values that both logs have, and those of them that diverge, by turns.
    names : set of str
        Quantities that both have in one of the turns.
    first : FirstRows
    lacked : (LackedValues, LackedValues)
        What C, and what Py, has in a turn and the other one lacks.
    prints : (TurnPrints, TurnPrints)
        What the turns of C, and of Py, print.
    stated : tuple of StatedTurns
        The turns of C and of Py, when both have been read.
    rows : list of Row
        Those that are not counted in arrays, in execution order.
    """

    loop: Loop
    slots: Slots
    compared: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    diverging: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    names: set[str] = field(default_factory=set)
    first: FirstRows = field(default_factory=FirstRows)
    lacked: tuple[LackedValues, LackedValues] = field(default_factory=lambda: (LackedValues(), LackedValues()))
    stated: tuple[StatedTurns, ...] = ()
    rows: list[Row] = field(default_factory=list)
    _of_kinds: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    _looped: set[int] = field(default_factory=set)
    _turns: list[Ints] = field(default_factory=list)
    _indices: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)

    def __post_init__(self) -> None:
        vocabulary = self.slots.vocabulary
        self.prints = TurnPrints(self.loop, vocabulary), TurnPrints(self.loop, vocabulary)
        self._rank = vocabulary.rank
        self._known = vocabulary.quantities

    def begin(self, window: Window) -> None:
        """Look at the window that is compared next, when it is known what of it is set aside."""
        self._turns, self._indices = [], []
        for number, side in enumerate(window.sides):
            part = side.part
            kinds = part.pieces[-1][0].kinds if part.pieces else []
            self._note(self._of_kinds[number], kinds[: int(part.kind.max(initial=-1)) + 1])
            self.lacked[number].begin(part)
            self._indices.append(window.indices(number))
            self._turns.append(turns_of(self._of_kinds[number], part.kind, self._indices[-1][2]))
        for number in (0, 1):
            self._print(window, number)

    def end(self) -> None:
        """Keep of the window what stands for its turns, when it has been compared."""
        self.first.settle()
        self._turns, self._indices = [], []

    def _note(self, of_kinds: list[int], kinds: list[TemplateKind]) -> None:
        for kind in kinds[len(of_kinds) :]:
            of_kinds.append(turn_of(kind, self.loop.name))
            if of_kinds[-1] != NO_TURN:
                self._looped.add(self.slots.of(kind))

    def _are_looped(self, slots: Ints) -> Flags:
        """Return which of some slots hold a value of a turn."""
        looped: Flags = np.isin(slots, list(self._looped))
        return looped

    def _print(self, window: Window, number: int) -> None:
        side = window.sides[number]
        turns, (block, sample, step) = self._turns[number], self._indices[number]
        is_sweep = self.loop.name == self.slots.vocabulary.sweep
        for cell_loop, table in side.tables.items():
            kept = np.repeat(~window.aside, window.shape.cells_per_block(cell_loop))
            for slot in self._looped:
                if self.slots.quantity[slot] in self._known:
                    rows = table[slot][kept & (table[slot] >= 0)]
                    rows = rows[turns[rows] != NO_TURN]
                    if not rows.size:
                        continue
                    of_step = np.full(rows.size, -1) if is_sweep else step[rows]
                    places = Places(turns[rows], block[rows], sample[rows], of_step)
                    index = self.slots.place(slot, self.loop.name)
                    what = self.slots.quantity[slot], index.loops, index.grids
                    self.prints[number].add(side.part, rows, what, int(window.arity[slot]), places)

    def alone(self, window: Window, cell_loop: CellLoop, number: int, cells: Flags) -> None:
        """Note values that one side alone has; `cells` has the shape of a table."""
        side = window.sides[number]
        for slot in self._looped:
            rows = side.tables[cell_loop][slot][cells[slot]]
            turn = self._turns[number][rows]
            rows, turn = rows[turn != NO_TURN], turn[turn != NO_TURN]
            if rows.size:
                self.lacked[number].add(side.part, rows, turn, self.slots.quantity[slot])

    def alone_on_odd_line(self, number: int, record: Record) -> None:
        """Note a value of an irregular line that one side alone has."""
        self.lacked[number].add_records(self._in_turns([record]))

    def judged(self, window: Window, cell_loop: CellLoop, slots: Ints, both: Flags, over: Flags) -> None:
        """Count values that both sides have; `both` and `over`, which diverge, have a row for each of some slots."""
        looped = self._are_looped(slots)
        c, py = (side.tables[cell_loop] for side in window.sides)
        for at in np.flatnonzero(over.any(axis=1) & ~looped).tolist():
            cell = int(over[at].argmax())
            slot = int(slots[at])
            self._outside(window, slot, (int(c[slot, cell]), int(py[slot, cell])))
        for at in np.flatnonzero(looped).tolist():
            slot = int(slots[at])
            self._count(window, slot, (c[slot][both[at]], py[slot][both[at]]), over[at][both[at]])

    def _count(self, window: Window, slot: int, rows: tuple[Ints, Ints], over: Flags) -> None:
        """Count the values of a slot; `over` says which diverge."""
        turn = self._turns[0][rows[0]]
        if (turn != self._turns[1][rows[1]]).any():
            raise NotColumnarError("values of different turns in one place")
        inside = turn != NO_TURN
        if inside.any():
            self.names.add(self.slots.quantity[slot])
            self.compared = counted(self.compared, turn[inside])
            self.diverging = counted(self.diverging, turn[inside & over])
        outside = np.flatnonzero(over & ~inside)[:1].tolist()
        for at in outside:
            self._outside(window, slot, (int(rows[0][at]), int(rows[1][at])))
        which = np.flatnonzero(over & inside)
        if which.size:
            self._offer(window, slot, (rows[0][which], rows[1][which]), turn[which])

    def _offer(self, window: Window, slot: int, rows: tuple[Ints, Ints], turn: Ints) -> None:
        parts = window.sides[0].part, window.sides[1].part
        name = self.slots.quantity[slot]
        block, sample, _ = self._indices[0]
        if name in self._known:
            key = keys(self._known[name], self._rank[name], block[rows[0]], sample[rows[0]])
            self.first.offer(parts, rows, turn, key)
        else:
            self.first.offer_unknown((slot, type(window)), parts, rows, turn)

    def _outside(self, window: Window, slot: int, rows: tuple[int, int]) -> None:
        self.first.offer_outside((slot, type(window)), (window.sides[0].part, window.sides[1].part), rows)

    def add_others(
        self,
        rows: Iterable[Row],
        alone: tuple[Iterable[Record], Iterable[Record]],
        own: tuple[Iterable[Record], Iterable[Record]],
    ) -> None:
        """Add what the ordinary comparison alone compares.

        Parameters
        ----------
        rows : iterable of Row
            In execution order.
        alone : (iterable of Record, iterable of Record)
            Values of C and of Py that the other side lacks, in file order.
        own : (iterable of Record, iterable of Record)
            All values of C and of Py, in file order.
        """
        self.rows += rows
        for lacked, prints, lacking, every in zip(self.lacked, self.prints, alone, own, strict=True):
            lacked.add_records(self._in_turns(lacking))
            prints.add_records(every)

    def _in_turns(self, records: Iterable[Record]) -> list[tuple[int, Record]]:
        turns = ((self.loop.turn(record.quantity, record.index), record) for record in records)
        return [(turn, record) for turn, record in turns if turn is not None]

"""One of two long logs that are compared: what reads it, what is kept of it, and what is counted of it alone."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from nbtrace.compare.check import states_float32
from nbtrace.compare.excerpt import WholeLog
from nbtrace.compare.logs import logs_of
from nbtrace.compare.repeats import phi_steps
from nbtrace.longlogs.columnar import ColumnReader, Columns
from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.first_turns import FirstTurns
from nbtrace.longlogs.held_relations import Assumed, HeldRelations
from nbtrace.longlogs.odd_values import lone_and_irregular
from nbtrace.longlogs.printed_forms import PrintedForms
from nbtrace.longlogs.repeat_counts import RepeatCounts
from nbtrace.longlogs.run_values import RunValues
from nbtrace.longlogs.stated_turns import StatedTurns
from nbtrace.longlogs.tally import Representatives
from nbtrace.longlogs.windows import ENDLESS, Kept, SideStream, Slots, WindowPart
from nbtrace.records import Record, Side, Trace, Unreadable

if TYPE_CHECKING:
    from nbtrace.compare.precision import NumberFormat

LONG_SWEEP = 2000
"""Values of the steps of the first block from which on they are taken out of it."""


class LongSweepError(Exception):
    """A log has a sweep of so many steps that they are better taken out of its blocks."""


class FirstSweep:
    """Tells from the first pixel block of a log, as it is read, whether its sweeps are long."""

    def __init__(self) -> None:
        self._block: int | None = None
        self._steps = 0

    @property
    def is_long(self) -> bool:
        """Whether the first block has more values of steps than a table should, as far as it has been read."""
        return self._steps > LONG_SWEEP

    def add(self, columns: Columns) -> None:
        """Look at the next part of the log; the block may begin at the end of one, behind much other output."""
        if columns.kind.size:
            first = int(columns.block[0])
            self._block = first if self._block is None else self._block
            self._steps += columns.count_steps() if first == self._block else 0


class StreamedLog:
    """One of the two logs: what reads it, and what is counted of it alone."""

    keeps_marks = True

    def __init__(
        self,
        name: str,
        chunk: int,
        slots: Slots,
        executor: ThreadPoolExecutor,
        chosen: Representatives,
        turns_of: str | None = None,
        torn: Unreadable | None = None,
    ) -> None:
        vocabulary = slots.vocabulary
        self.reader = ColumnReader(name, chunk, vocabulary, with_figures=True, keeps_marks=self.keeps_marks, torn=torn)
        self.kept: dict[int, Kept] = {}
        self.repeats = RepeatCounts()
        self.turns = FirstTurns()
        self.held = HeldRelations(vocabulary, chosen, name)
        self.run = RunValues(chosen, name)
        self.names: set[str] = set()
        self.lone: list[Record] = []
        self.lone_names: set[str] = set()
        self.forms = PrintedForms()
        self.stated = None if turns_of is None else StatedTurns(turns_of)
        self.first_sweep = FirstSweep()
        self._first: tuple[bool, dict[str, NumberFormat]] | None = None
        self.stream = SideStream(self.reader, slots, executor, self._counted())

    def _counted(self) -> Iterator[Columns]:
        for columns in self.reader.chunks():
            self.forms.add(columns)
            if self.stated is not None:
                self.stated.add(columns)
            if self._first is None and (columns.kind.size or columns.odd):
                self._first = self.forms.single, self.forms.formats_in_arrays()
            self.first_sweep.add(columns)
            yield columns

    def begin(self) -> None:
        """Read on until a prefix tells whose log it is, or to its end: much may be printed before the first value.

        It may stand at the end of what was read: the part behind it tells whether sweeps are long.
        """
        while self.stream.last_block < ENDLESS:
            is_told = self.reader.side is not Side.UNKNOWN
            self.stream.advance()
            if is_told:
                return

    def assumed(self) -> Assumed:
        """Return what the first part of the log shows, of which the first block is kept."""
        return self.assumed_of(self.trace(self.kept.keys()))

    def assumed_of(self, trace: Trace) -> Assumed:
        """Return what the first part of the log shows, some of whose values are those of a trace."""
        single, formats = self._first or (False, {})
        return Assumed(single or states_float32(trace), formats, logs_of(trace.vocabulary).stated(trace))

    def set_odd_apart(
        self, part: WindowPart, slots: Slots, elsewhere: set[str], arity: Ints
    ) -> tuple[Ints, list[Record]]:
        """Set the values apart that only this log prints; return the arity of the others, and the irregular ones."""
        self.lone, irregular = lone_and_irregular(part.odd, elsewhere)
        known = slots.vocabulary.quantities
        lone = [name not in known and name not in elsewhere for name in slots.quantity]
        self.lone_names |= {record.quantity for record in self.lone}
        self.lone_names |= {name for name, alone in zip(slots.quantity, lone, strict=True) if alone}
        return np.where(np.array(lone, dtype=np.bool_), -1, arity), irregular

    def found(self) -> Assumed:
        """Return what is known of the log when it has been read."""
        trace = self.trace(self.kept.keys())
        single = self.forms.single or states_float32(trace)
        return Assumed(single, self.forms.formats_in_arrays(), logs_of(trace.vocabulary).stated(trace))

    def trace(self, blocks: AbstractSet[int]) -> Trace:
        """Return some of the kept blocks as a trace."""
        records = [record for block in blocks & self.kept.keys() for record in self.kept[block].records]
        return self.reader.trace(records, blocks)

    def whole(self, side: Side, aside: AbstractSet[int]) -> WholeLog:
        """Return what was counted in the whole log; `aside` are the blocks that are counted as records."""
        steps = phi_steps(self.trace(aside))
        repeated, sweeps = self.repeats.all(side, steps)
        return WholeLog(self.forms.single, self.forms.formats(), len(self.kept), sweeps, repeated)

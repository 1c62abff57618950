"""Holding a long log with sweeps of many steps against itself: the steps are held as columns, apart from their blocks.

All else goes the way of :mod:`nbtrace.longlogs.long_check`. The first and the last step of each sweep, and those that
are irregular, are kept as records; of the others, formulas see columns, as they do of a log that is read line by line.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import numpy as np

from nbtrace.compare.excerpt import WholeLog
from nbtrace.compare.formula_checks import MOST_BLOCKS
from nbtrace.compare.logs import logs_of
from nbtrace.compare.repeats import SWEEPS_OF_A_BLOCK, phi_steps
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.columnar import Columns
from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.held_relations import Assumed
from nbtrace.longlogs.last_digits import LastDigits
from nbtrace.longlogs.long_check import CheckPass
from nbtrace.longlogs.regular_steps import RegularSteps
from nbtrace.longlogs.step_columns import StepColumns
from nbtrace.longlogs.step_queue import STEP_BITS, DistinctTurns, StepPart, StepQueue, block_of, distinct, first_of
from nbtrace.longlogs.step_repeats import StepRepeats
from nbtrace.longlogs.tally import Representatives, Window
from nbtrace.longlogs.windows import ENDLESS, Kept, WindowPart
from nbtrace.records import Record, Trace
from nbtrace.vocabulary.vocabulary import Vocabulary

_MOST_ASIDE = 2000
"""Irregular steps that may be kept; logs with more are not for arrays."""

_WINDOW = 20_000
"""Values of steps that are held at a time."""

_MOST_SWEEPS = 500
"""Sweeps that may have steps: the first and the last one are kept of each."""


class SweepCheckPass(CheckPass):
    """One reading of the log, its steps apart."""

    refuses_long_sweeps = False

    def __init__(self, vocabulary: Vocabulary, assumed: Assumed | None) -> None:
        super().__init__(vocabulary, assumed)
        self._steps = StepQueue(vocabulary.sweep or "")
        self._columns = StepColumns(self._slots, first_of(MOST_BLOCKS))
        self._step_repeats = StepRepeats()
        self._ends = Representatives()
        self._sweeps: set[int] = set()
        self._steps_aside: set[int] = set()
        self._kept_steps: dict[int, Kept] = {}
        self._turns_of_steps = DistinctTurns()
        self._regular: RegularSteps | None = None

    def _counted(self) -> Iterator[Columns]:
        return map(self._steps.without_steps, super()._counted())

    def _windows(self) -> Iterator[tuple[int, WindowPart]]:
        done, stream = 0, self._stream
        while done < ENDLESS:
            stream.advance()
            self._steps.take()
            complete, stop = max(self._steps.last, first_of(max(stream.last_block, 0))), 0
            while stop < complete:
                stop = min(complete, self._steps.stop_within(_WINDOW))
                self._add_steps(self._steps.cut(stop, stream))
            stop = stream.last_block
            if stop > done:
                part = stream.cut(stop)
                if part.block.size or part.odd:
                    yield done, part
                done = stop

    def _add_steps(self, part: StepPart) -> None:
        """Hold the steps that have been read."""
        every = part.all_numbers()
        if not every.size:
            return
        self._note_turns(every)
        self._regular = self._regular or RegularSteps(self._stream, self._slots)
        aside = self._regular.irregular(part, every)
        self._steps_aside.update(every[aside].tolist())
        if len(self._steps_aside) > _MOST_ASIDE or len(self._sweeps) > _MOST_SWEEPS:
            raise NotColumnarError("thousands of irregular steps")
        rows_of = self._regular.rows(part, every, aside)
        formats = self.assumed.formats if self.assumed is not None else dict((self._first or (False, {}))[1])
        self._columns.add(part, rows_of, LastDigits(part.part, formats))
        parts = logs_of(self._vocabulary).parts_of_a_step
        names = self._slots.quantity
        self._step_repeats.add(
            part, {parts[names[slot]]: rows for slot, rows in rows_of.items() if names[slot] in parts}
        )
        wanted = self._steps_aside | self._ends.blocks
        self._kept_steps = {number: kept for number, kept in self._kept_steps.items() if number in wanted}
        new = wanted.intersection(every.tolist())
        self._kept_steps |= part.kept(new)

    def _note_turns(self, every: Ints) -> None:
        """Remember which turns there are, and where sweeps begin and end."""
        self._turns_of_steps.add(every)
        sweeps = distinct(every >> STEP_BITS)
        first = np.searchsorted(every, sweeps << STEP_BITS)
        ends = [*first.tolist(), every.size][1:]
        for sweep, start, end in zip(sweeps.tolist(), first.tolist(), ends, strict=True):
            self._ends.first(("first of a sweep", sweep), int(every[start]))
            self._ends.last(("last of a sweep", sweep), int(every[end - 1]))
            self._sweeps.add(sweep)

    def _set_aside(self, window: Window) -> None:
        super()._set_aside(window)
        first = window.shape.first_block
        own = {sweep // SWEEPS_OF_A_BLOCK - first for sweep in self._sweeps}
        window.aside[[block for block in own if 0 <= block < window.shape.blocks]] = True

    def _step_records(self) -> Iterator[Record]:
        return (record for kept in self._kept_steps.values() for record in kept.records)

    def _trace(self, blocks: AbstractSet[int]) -> Trace:
        of_steps = set(map(block_of, self._kept_steps))
        records = [record for block in blocks & self._kept.keys() for record in self._kept[block].records]
        return self._reader.trace([*records, *self._step_records()], blocks | of_steps)

    def _whole(self, aside: Trace) -> WholeLog:
        del aside
        irregular = [
            record
            for number, kept in self._kept_steps.items()
            if number in self._steps_aside
            for record in kept.records
        ]
        steps = phi_steps(self._reader.trace(irregular, set()))
        repeated, sweeps = self._step_repeats.all(self._reader.side, steps)
        apart, turns = self._columns.by_block(), self._turns_of_steps.all().size
        forms = self._forms
        return WholeLog(forms.single, forms.formats(), self._blocks, sweeps, repeated, turns, apart)

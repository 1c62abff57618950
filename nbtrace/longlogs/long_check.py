"""Holding a long log against itself in bounded memory: the result of the ordinary check, instances counted in arrays.

The first blocks, those that arrays cannot hold, and those that hold a first or worst value, are kept as records and go
through the ordinary check. Of all others it is the arrays that say how many obey a relation: they do the operations of
the relations on floats in the same order, and allow each value what its own digits allow.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from nbtrace.compare.check import check, instances_of, remarks_on, states_float32
from nbtrace.compare.excerpt import WholeLog, excerpt_of
from nbtrace.compare.formula_checks import MOST_BLOCKS
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.precision import NumberFormat
from nbtrace.compare.repeats import phi_steps
from nbtrace.compare.self_check import SelfCheck
from nbtrace.longlogs.chunks import CHUNK, NotColumnarError
from nbtrace.longlogs.columnar import ColumnReader, Columns
from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.first_turns import FirstTurns, firsts
from nbtrace.longlogs.held_relations import Assumed, HeldRelations
from nbtrace.longlogs.places import contradicted, points
from nbtrace.longlogs.printed_forms import PrintedForms
from nbtrace.longlogs.repeat_counts import RepeatCounts
from nbtrace.longlogs.streamed_log import FirstSweep, LongSweepError
from nbtrace.longlogs.tally import Representatives, Window, WindowSide
from nbtrace.longlogs.windows import (
    CellLoop,
    Kept,
    SideStream,
    Slots,
    TableShape,
    WindowPart,
    arity_of,
    as_single_numbers,
    irregular_blocks,
    windows_of,
)
from nbtrace.progress import stage, step
from nbtrace.records import Trace
from nbtrace.vocabulary.vocabulary import Vocabulary

_MOST_ASIDE = 2000
"""Blocks that may be kept; logs with more irregular ones are not for arrays."""

_MOST_CELLS = 20_000_000


def check_long(log: str, vocabulary: Vocabulary, *, chunk: int = 3 * CHUNK // 2) -> SelfCheck | None:
    """Hold a long log against itself.

    Parameters
    ----------
    log : str
        File name.
    vocabulary : Vocabulary
    chunk : int
        Bytes read at a time.

    Returns
    -------
    SelfCheck or None
        Its trace holds the blocks that stand for the rest. None if the log has a form that only the ordinary check
        handles: another layout than that of a plain log, no relations, thousands of irregular blocks.

    Raises
    ------
    InputError
        If it is missing, unreadable or binary.
    """
    if not logs_of(vocabulary).relations:
        return None
    try:
        return checked(CheckPass, log, vocabulary, chunk)
    except LongSweepError:
        from nbtrace.longlogs.long_sweep_check import SweepCheckPass  # noqa: PLC0415 - which is made of what stands here

    result = checked(SweepCheckPass, log, vocabulary, chunk)
    return checked(WholeBlocksPass, log, vocabulary, chunk) if result is None else result


def checked(kind: "type[CheckPass]", log: str, vocabulary: Vocabulary, chunk: int) -> SelfCheck | None:
    """Return a long log held against itself in one way; None if it has a form that this way does not handle."""
    assumed = None
    try:
        for _ in range(2):
            passed = kind(vocabulary, assumed)
            found = passed.run(log, chunk)
            if passed.assumed == found:
                return passed.result()
            assumed = found
    except NotColumnarError:
        return None
    return None


class CheckPass:
    """One reading of the log, with what is assumed of it; by default what its first part shows."""

    refuses_long_sweeps = True

    def __init__(self, vocabulary: Vocabulary, assumed: Assumed | None) -> None:
        self.assumed = assumed
        self._vocabulary = vocabulary
        self._relations = logs_of(vocabulary).relations or ()
        self._forms = PrintedForms()
        self._slots = Slots(vocabulary)
        self._aside: set[int] = set()
        self._kept: dict[int, Kept] = {}
        self._chosen = Representatives()
        self._held = HeldRelations(vocabulary, self._chosen)
        self._blocks = 0
        self._repeats = RepeatCounts()
        self._turns = FirstTurns()
        self._first: tuple[bool, Mapping[str, NumberFormat]] | None = None

    def run(self, log: str, chunk: int) -> Assumed:
        """Read the log; return what is known of it then."""
        self._reader = ColumnReader(log, chunk, self._vocabulary, with_figures=True)
        with ThreadPoolExecutor(1) as executor, as_single_numbers(), stage("megabytes checked"):
            self._stream = SideStream(self._reader, self._slots, executor, self._counted())
            told = 0
            for start, part in self._windows():
                self._add(start, part)
                read = self._reader.unpacked // 1_000_000
                step(read - told)
                told = read
        return self._known(self._forms.single, self._forms.formats_in_arrays())

    def _counted(self) -> Iterator[Columns]:
        refuses = self.refuses_long_sweeps and logs_of(self._vocabulary).of_a_step(KEY)
        first_sweep = FirstSweep()
        for columns in self._reader.chunks():
            self._forms.add(columns)
            if self._first is None and (columns.kind.size or columns.odd):
                self._first = self._forms.single, self._forms.formats_in_arrays()
            first_sweep.add(columns)
            if refuses and first_sweep.is_long:
                raise LongSweepError
            yield columns

    def _windows(self) -> Iterator[tuple[int, WindowPart]]:
        return windows_of(self._stream)

    def _assume(self, start: int, part: WindowPart) -> Assumed:
        """Return what the first part of the log shows."""
        self._keep(start, part, {start})
        return self._known(*(self._first or (False, {})))

    def _known(self, single: bool, formats: Mapping[str, NumberFormat]) -> Assumed:  # noqa: FBT001 - a pair
        trace = self._trace(self._kept.keys())
        stated = logs_of(self._vocabulary).stated(trace)
        return Assumed(single or states_float32(trace), dict(formats), stated)

    def _add(self, start: int, part: WindowPart) -> None:
        shape = TableShape.around(start, (part,))
        if shape.cells(CellLoop.STEP) * (len(self._slots.quantity) + 1) > _MOST_CELLS:
            raise NotColumnarError("too many turns of loops")
        slot = self._stream.slot_of(part)
        assumed = self.assumed = self.assumed or self._assume(start, part)
        aside = np.zeros(shape.blocks, dtype=np.bool_)
        aside[irregular_blocks(part, slot, arity_of(self._slots), part.odd) - start] = True
        aside[part.block[self._slots.placed(slot)] - start] = True
        aside[part.block[slot < 0] - start] = True  # values of no loop
        tables = self._stream.tables(part, shape, aside)
        side = WindowSide(part, tables, self._slots, shape, assumed.stated)
        window = Window(shape, (side, side), self._slots, arity_of(self._slots), aside)
        self._set_aside(window)
        self._note(window, slot)
        self._repeats.add(window, 0)
        self._held.hold(window, 0, assumed.formats, single=assumed.single)
        self._aside.update((start + np.flatnonzero(aside)).tolist())
        wanted = self._aside | self._chosen.blocks
        if len(wanted) > _MOST_ASIDE:
            raise NotColumnarError("thousands of irregular blocks")
        self._keep(start, part, wanted)

    def _keep(self, start: int, part: WindowPart, wanted: set[int]) -> None:
        self._kept.update(part.kept({block for block in wanted if block >= start} - self._kept.keys()))
        for block in self._kept.keys() - wanted:
            del self._kept[block]

    def _set_aside(self, window: Window) -> None:
        """Mark the blocks that formulas are held in, and those that are of another pixel."""
        aside, side, first = window.aside, window.sides[0], window.shape.first_block
        names_of_steps = logs_of(self._vocabulary).parts_of_a_step
        present = side.present
        aside[np.flatnonzero(present)[: max(0, MOST_BLOCKS - self._blocks)]] = True
        self._blocks += side.num_blocks
        names = self._slots.quantity
        if any(name in names_of_steps and self._slots.find(name) != at for at, name in enumerate(names)):
            aside[window.repeated_steps(0)] = True  # Some steps are of a source or another place of their own.
        stated = {at - first: pixel for at, pixel in self._reader.pixels_so_far().items() if at >= first}
        aside[contradicted(stated, *points(window.places(0)))] = True
        aside[[block - first for block in self._turns.blocks(side.part)]] = True

    def _note(self, window: Window, slot: Ints) -> None:
        """Remember the first block of each quantity."""
        for number, row in firsts(slot + 1):
            self._chosen.first(("seen", number), int(window.sides[0].part.block[row]))

    def _trace(self, blocks: AbstractSet[int]) -> Trace:
        records = [record for block in blocks & self._kept.keys() for record in self._kept[block].records]
        return self._reader.trace(records, blocks)

    def _whole(self, aside: Trace) -> WholeLog:
        """Return what was counted in the whole log; `aside` holds the blocks that are counted as records."""
        repeated, sweeps = self._repeats.all(self._reader.side, phi_steps(aside))
        return WholeLog(self._forms.single, self._forms.formats(), self._blocks, sweeps, repeated)

    def result(self) -> SelfCheck:
        """Hold the kept blocks against themselves, and count all of them."""
        aside = self._trace(self._aside)
        whole = self._whole(aside)
        trace = excerpt_of(self._trace(self._kept.keys()), whole)
        held = check(trace)
        of_aside = held if self._kept.keys() <= self._aside else check(excerpt_of(aside, whole), formulas=False)
        by_quantity = {item.quantity: item for item in of_aside.checks}
        names = {relation.name for relation in self._relations}
        checks = tuple(
            self._held.with_counts(item, by_quantity[item.quantity]) if item.quantity in names else item
            for item in held.checks
        )
        if checks == held.checks:
            return held
        return replace(held, checks=checks, remarks=tuple(remarks_on(trace, checks, tuple(instances_of(trace)))))


class WholeBlocksPass(CheckPass):
    """The same, of a log whose sweeps are long."""

    refuses_long_sweeps = False

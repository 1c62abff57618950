"""Comparing two long logs with sweeps of many steps: steps are compared in windows of their own, within a block.

All else of a block goes the way of :mod:`nbtrace.longlogs.stream`. The steps that hold a first or worst value, and
those that are irregular, are kept as records, but not the others of their block.
"""

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from nbtrace.compare.excerpt import WholeLog
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.repeats import SWEEPS_OF_A_BLOCK, phi_steps, repeats
from nbtrace.longlogs.chunks import CHUNK, NotColumnarError
from nbtrace.longlogs.columnar import Columns
from nbtrace.longlogs.decimals import Floats, Ints
from nbtrace.longlogs.held_relations import Assumed
from nbtrace.longlogs.long_result import LongDiffResult
from nbtrace.longlogs.reading_again import ROWS_AROUND_STEPS, StepSpread
from nbtrace.longlogs.step_queue import (
    STEP_BITS,
    DistinctTurns,
    StepPart,
    StepQueue,
    block_of,
    distinct,
    first_of,
    step_of,
)
from nbtrace.longlogs.step_windows import STEP_VALUES, TURN, StepWindow, step_window
from nbtrace.longlogs.stream import BlockComparison, OrdinaryNeededError
from nbtrace.longlogs.streamed_log import StreamedLog
from nbtrace.longlogs.tally import Representatives, Tally
from nbtrace.longlogs.torn_lines import NOT_TORN, Torn
from nbtrace.longlogs.windows import ENDLESS, CellLoop, Kept, Slots, WindowPart
from nbtrace.records import Record, Side, Trace, Unreadable
from nbtrace.verdicts.tolerance import Policy

_MOST_ASIDE = 2000
"""Steps that may be set aside, or looked for by their values; logs with more are compared as records."""

_MOST_SWEEPS = 500
"""Sweeps of which either log may have steps: the first and the last one are kept of each."""

_MOST_WAITING = 2000


def diff_sweeps(
    c: str,
    py: str,
    policy: Policy,
    *,
    strict: bool = False,
    chunk: int = 3 * CHUNK,
    torn: Torn = NOT_TORN,
    all_extremes: bool = False,
    keeps_order: bool = False,
    turns_of: str | None = None,
) -> LongDiffResult | None:
    """Compare two long logs; as :func:`~nbtrace.longlogs.stream.diff_long`, of logs with sweeps of many steps.

    None if the logs have a form that only the ordinary comparison handles, or no steps.
    """
    assumed: tuple[Assumed, Assumed] | None = None
    wanted: frozenset[int] = frozenset()
    try:
        for _ in range(3):
            comparison = SweepComparison(policy, strict=strict, chunk=chunk, assumed=assumed, keeps_order=keeps_order)
            comparison.wanted = wanted
            comparison.count_turns(turns_of)
            comparison.tally.all_extremes = comparison.step_tally.all_extremes = all_extremes
            found = comparison.run(c, py, torn)
            needed = comparison.needed()
            if comparison.assumed == found and not needed:
                return comparison.result()
            assumed, wanted = found, wanted | needed
    except (NotColumnarError, OrdinaryNeededError):
        return None
    return None


class SweepLog(StreamedLog):
    """One of the two logs, its steps apart."""

    keeps_marks = False

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
        self.steps = StepQueue(slots.vocabulary.sweep or "")
        self.kept_steps: dict[int, Kept] = {}
        self._turns = DistinctTurns()
        self._known: list[tuple[Ints, Floats]] = []
        super().__init__(name, chunk, slots, executor, chosen, turns_of, torn)

    def _counted(self) -> Iterator[Columns]:
        return map(self.steps.without_steps, super()._counted())

    @property
    def complete(self) -> int:
        """The step before which all have been read."""
        return max(self.steps.last, first_of(max(self.stream.last_block, 0)))

    def so_far(self) -> Trace:
        """Return the first values that wait for the rest of their block."""
        return self.reader.trace(self.stream.waiting(_MOST_WAITING), {0})

    def keep(self, part: StepPart, numbers: Ints, wanted: set[int]) -> None:
        """Note which turns there are; keep the values of some steps, and drop those that are no longer wanted."""
        self._turns.add(part.numbers)
        self.kept_steps = {number: kept for number, kept in self.kept_steps.items() if number in wanted}
        new = wanted.intersection(numbers.tolist())
        self.kept_steps |= {number: kept for number, kept in part.kept(new).items() if kept.columns or kept.odd}

    def note(self, numbers: Ints, keys: Floats) -> None:
        """Note the values by which steps are known."""
        self._known.append((numbers, keys))

    def known(self) -> tuple[Ints, Floats]:
        """Return all steps that have a value which they are known by, and that value; in the order of the steps."""
        found = [(number, fields[KEY].numbers[0]) for number, fields in self._kept_phi_steps().items()]
        odd = np.array([number for number, _ in found], dtype=np.int64), np.array([key for _, key in found])
        numbers, keys = (np.concatenate(parts) for parts in zip(odd, *self._known, strict=True))
        numbers, first = np.unique(numbers, return_index=True)
        return numbers, keys[first]

    def _kept_phi_steps(self) -> dict[int, dict[str, Record]]:
        steps = phi_steps(self.reader.trace(self._step_records(), set()))
        return {(sweep << STEP_BITS) + step: dict(fields) for (sweep, step), fields in steps.items()}

    def _step_records(self) -> Iterator[Record]:
        return (record for kept in self.kept_steps.values() for record in kept.records)

    def trace(self, blocks: AbstractSet[int]) -> Trace:
        """Return some of the kept blocks as a trace, with what is kept of their steps."""
        records = [record for block in blocks & self.kept.keys() for record in self.kept[block].records]
        records += [record for record in self._step_records() if record.index.block in blocks]
        return self.reader.trace(records, blocks)

    def whole(self, side: Side, aside: AbstractSet[int]) -> WholeLog:
        """Return what was counted in the whole log."""
        del aside
        numbers, _ = self.known()
        repeated = repeats(phi_steps(self.reader.trace(self._step_records(), set())), side, numbers.size)
        sweeps = np.unique(numbers >> STEP_BITS).size
        turns = distinct(self._turns.all(), np.array(sorted(self.steps.turns), dtype=np.int64)).size
        return WholeLog(self.forms.single, self.forms.formats(), len(self.kept), sweeps, repeated, turns)

    def alike(self) -> set[int]:
        """Return the steps that have the key of another one of their sweep."""
        numbers, keys = self.known()
        sweeps = numbers >> STEP_BITS
        order = np.lexsort((keys, sweeps))
        sweeps, keys = sweeps[order], keys[order]
        same = (sweeps[1:] == sweeps[:-1]) & ((keys[1:] == keys[:-1]) | (np.isnan(keys[1:]) & np.isnan(keys[:-1])))
        again = np.concatenate([same, [False]]) | np.concatenate([[False], same])
        return set(numbers[order[again[: order.size]]].tolist())

    def traced(self) -> set[int]:
        """Return a step of each turn whose values may stand in the lines that name no turn."""
        between = logs_of(self.reader.vocabulary).traced_key(self.trace(self.kept.keys()))
        if between is None:
            return set()
        numbers, keys = self.known()
        near = numbers[(keys >= between[0]) & (keys <= between[1])]
        return set(near[np.unique(near & TURN, return_index=True)[1]].tolist())


class SweepComparison(BlockComparison):
    """One reading of both logs, their steps apart."""

    refuses_long_sweeps = False
    in_blocks = False
    log_type = SweepLog
    _logs: tuple[SweepLog, SweepLog]

    def __init__(
        self,
        policy: Policy,
        *,
        strict: bool,
        chunk: int,
        assumed: tuple[Assumed, Assumed] | None = None,
        keeps_order: bool = False,
    ) -> None:
        super().__init__(policy, strict=strict, chunk=chunk, assumed=assumed, keeps_order=keeps_order)
        self._spread = StepSpread()
        self.step_tally = Tally(policy, logs_of(policy.vocabulary).configured, spread=self._spread)
        self.wanted: frozenset[int] = frozenset()
        self._steps_aside: set[int] = set()
        self._blocks_of_steps: set[int] = set()
        self._shared: set[int] = set()
        self._sweeps: set[int] = set()

    def count_turns(self, loop: str | None) -> None:
        """Count the turns of a loop, too, if one is given."""
        super().count_turns(loop)
        self.step_tally.beside = self.tally.beside

    def _windows(self) -> Iterator[tuple[int, WindowPart, WindowPart]]:
        done = 0
        while done < ENDLESS:
            for log in self._logs:
                log.steps.take()
            behind = min(self._logs, key=lambda log: (log.stream.last_block, log.steps.last))
            behind.stream.advance()
            behind.steps.take()
            complete, stop = min(log.complete for log in self._logs), 0
            while stop < complete:
                stop = min(complete, *(log.steps.stop_within(STEP_VALUES) for log in self._logs))
                self._add_steps(stop)
            stop = min(log.stream.last_block for log in self._logs)
            if stop > done:
                c, py = (log.stream.cut(stop) for log in self._logs)
                if any(part.block.size or part.odd for part in (c, py)):
                    yield done, c, py
                done = stop

    def _add(self, start: int, parts: tuple[WindowPart, WindowPart]) -> None:
        super()._add(start, parts)
        c, py = (set(np.unique(part.block).tolist()) for part in parts)
        self._shared |= c & py

    def _standing(self) -> set[int]:
        return super()._standing() | set(map(block_of, self._standing_steps()))

    def _standing_steps(self) -> set[int]:
        return self._steps_aside | self.step_tally.chosen.blocks | self.wanted

    def _add_steps(self, stop: int) -> None:
        """Compare the steps that have been read on both sides."""
        parts = [log.steps.cut(stop, log.stream) for log in self._logs]
        every = [part.all_numbers() for part in parts]
        numbers = distinct(*every)
        if not numbers.size:
            return
        if self.assumed is None:
            self.assumed = (
                self._logs[0].assumed_of(self._logs[0].so_far()),
                self._logs[1].assumed_of(self._logs[1].so_far()),
            )
        window = step_window([log.stream for log in self._logs], self._slots, parts, numbers, self.assumed)
        self.step_tally.blind(window)
        self._represent(window, every)
        self._spread.begin(numbers)
        if self._turns is not None:
            self._turns.begin(window)
        for loop in (CellLoop.STEP, CellLoop.BLOCK):
            self.step_tally.compare(loop, window)
        if self._turns is not None:
            self._turns.end()
        self._steps_aside.update(numbers[window.aside].tolist())
        self._blocks_of_steps.update((distinct(numbers >> STEP_BITS) // SWEEPS_OF_A_BLOCK).tolist())
        if len(self._steps_aside) > _MOST_ASIDE:
            raise OrdinaryNeededError
        standing = self._standing_steps()
        for log, part in zip(self._logs, parts, strict=True):
            log.keep(part, numbers, standing)

    def _represent(self, window: StepWindow, given: list[Ints]) -> None:
        """Keep where sweeps begin and end, which often repeat each other; note by which values steps are known."""
        names, chosen = self._slots.quantity, self.step_tally.chosen
        logs = logs_of(self._policy.vocabulary)
        if any(name in logs.parts_of_a_step and self._slots.find(name) != at for at, name in enumerate(names)):
            raise OrdinaryNeededError  # Some steps are of a source or another place of their own.
        for number, numbers in enumerate(given):
            sweeps = distinct(numbers >> STEP_BITS)
            first = np.searchsorted(numbers, sweeps << STEP_BITS)
            ends = [*first.tolist(), numbers.size][1:]
            for sweep, start, end in zip(sweeps.tolist(), first.tolist(), ends, strict=True):
                chosen.first(("first of a sweep", number, sweep), int(numbers[start]))
                chosen.last(("last of a sweep", number, sweep), int(numbers[end - 1]))
                self._sweeps.add(sweep)
        if len(self._sweeps) > _MOST_SWEEPS:
            raise OrdinaryNeededError
        slot = self._slots.find(logs.of_a_step(KEY))
        for log, side in zip(self._logs, window.sides, strict=True):
            if slot is not None and side.part.kind.size:
                rows = side.tables[CellLoop.STEP][slot][1::2]
                there = np.flatnonzero(rows >= 0)
                log.note(window.numbers[there], side.values(rows[there], 1)[:, 0])

    def needed(self) -> frozenset[int]:
        """Return the steps that must be kept, too.

        Raises
        ------
        OrdinaryNeededError
            If they are thousands.
        """
        needed = {number for log in self._logs for number in (*log.alike(), *log.traced())}
        if len(needed) > _MOST_ASIDE:
            raise OrdinaryNeededError
        return frozenset(needed - self._standing_steps())

    def _is_own(self, record: Record) -> bool:
        step = step_of(record, self._policy.vocabulary.sweep)
        return super()._is_own(record) if step is None else step in self._steps_aside

    def _are_crossed(self, partners: Mapping[int, int], of_c: Collection[int]) -> bool:
        """Whether a block belongs to another one than that of its number, or steps to a block of one log alone."""
        del of_c
        alone = self._blocks_of_steps - self._shared
        return bool(alone) or any(block != of for block, of in partners.items())

    def result(self) -> LongDiffResult:
        """Return the comparison of what was kept, with the counts of all."""
        tally, steps = self.tally, self.step_tally
        tally.compared.update(steps.compared)
        tally.over.update(steps.over)
        tally.alone.update(steps.alone)
        tally.configured_over.update(steps.configured_over)
        for number in (0, 1):
            tally.alone_names[number].update(steps.alone_names[number])
            tally.lacking[number].add(steps.lacking[number])
        only_c, only_py = tally.alone_names
        if any(self._policy.vocabulary.equivalent_names(name) & only_c for name in only_py):
            raise OrdinaryNeededError
        found = super().result()
        numbers, aside = self._spread.numbers, np.array(sorted(self._steps_aside), dtype=np.int64)
        begins = np.flatnonzero(np.diff(numbers >> STEP_BITS, prepend=-1))
        given = np.concatenate([aside, numbers[begins], numbers[begins - 1]])
        near = self._spread.steps_near(given, ROWS_AROUND_STEPS)
        return replace(found, reading=replace(found.reading, steps=near, steps_aside=frozenset(self._steps_aside)))

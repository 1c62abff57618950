"""What one log lacks of what it prints elsewhere: lost values, whole φ steps, whole pixel blocks.

Programs print different quantities, so a quantity that a log never prints is no fault of it. One that it prints in
another pixel block, sample or step, or on a line that cannot be read, is lost where it lacks it and the other log has
it. A log that traces a single sampled point of each pixel, or a single source, does so by choice: ports print the first
point alone, the reference one source. The other points and sources are not lost there; they are counted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeAlias

from nbtrace.compare.align import Alignment
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.metrics import is_finite
from nbtrace.frozen import frozen
from nbtrace.records import Index, Record, Shape, Trace
from nbtrace.vocabulary.quantity import Scope

_Turns: TypeAlias = tuple[tuple[str, int], ...]
"""Loops and their ordinals."""

_Step: TypeAlias = tuple[int, int, _Turns]
"""A turn of the loops: its block, its sample, and the ordinals that its lines state."""


@frozen
class Gaps:
    """What one side lacks of what the other one has.

    Attributes
    ----------
    blocks : int
        Pixel blocks that are missing altogether.
    steps, steps_there : int
        φ steps that are missing altogether, and those that the other side has, in the blocks that both have.
    lost : mapping of str to int
        Values of each quantity that are lost one by one, in the blocks and steps that both have.
    hidden : tuple of str
        Quantities of unreadable lines of which nothing is missing: another line fills the place, and nobody can tell
        which value is meant; or the other log's line cannot be read either, so that nothing is held against anything.
    by_choice : int
        Values of further sampled points or sources, where this side traces a single one.
    first : mapping of str to Record
        The other side's first value of each lost quantity.
    first_step : Index or None
        The first missing step.
    unpaired : int
        Pixel blocks of the other side alone, those among them that this side is not expected to have.
    """

    blocks: int = 0
    steps: int = 0
    steps_there: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    by_choice: int = 0
    first: Mapping[str, Record] = field(default_factory=dict)
    first_step: Index | None = None
    unpaired: int = 0

    @property
    def are_differences(self) -> bool:
        """Whether the two logs differ by them, whatever else agrees."""
        return bool(self.blocks or self.steps or self.lost or self.hidden)


@dataclass(eq=False, repr=False)
class LackCount:
    """What one side lacks, as it is counted.

    Attributes
    ----------
    values : Counter of (str, bool, tuple of (str, int))
        Values that only the other side has, in the blocks and steps that both have: by quantity, whether they are of a
        further sampled point, and the turns of loops judged apart (the source) that they are of.
    blocks, steps, steps_there : int
        As :class:`Gaps` has them.
    sampled_further : bool
        Whether this side traces more than the first sampled point anywhere.
    apart : set of (str, int)
        The turns of loops judged apart that this side prints.
    """

    values: Counter[tuple[str, bool, _Turns]] = field(default_factory=Counter)
    blocks: int = 0
    steps: int = 0
    steps_there: int = 0
    sampled_further: bool = False
    apart: set[tuple[str, int]] = field(default_factory=set)

    def add(self, other: "LackCount") -> None:
        """Add what was counted in other blocks."""
        self.values.update(other.values)
        self.blocks += other.blocks
        self.steps += other.steps
        self.steps_there += other.steps_there
        self.sampled_further = self.sampled_further or other.sampled_further
        self.apart |= other.apart

    def by_choice(self, further: bool, apart: _Turns) -> bool:  # noqa: FBT001 - a part of the keys of `values`
        """Whether a value is lacking because this side traces one sampled point, or one source, of several."""
        traced = Counter(name for name, _ in self.apart)
        another = any(turn not in self.apart and traced[turn[0]] == 1 for turn in apart)
        return (further and not self.sampled_further) or another


@frozen
class LackRecords:
    """What one side lacks, as records of the other one in file order.

    Attributes
    ----------
    values : tuple of Record
        Values in the blocks and steps that both have.
    steps : tuple of Record
        One record of each missing step.
    steps_there : tuple of Record
        One record of each step that the other side has, in the blocks that both have.
    blocks : tuple of int
        The other side's blocks that are missing.
    """

    values: tuple[Record, ...]
    steps: tuple[Record, ...]
    steps_there: tuple[Record, ...]
    blocks: tuple[int, ...]

    def count(
        self, trace: Trace, blocks: AbstractSet[int] | None = None, counts: Callable[[Record], bool] = lambda _: True
    ) -> LackCount:
        """Return the count, of all blocks and records or of some and the run; `trace` is the side that lacks them."""
        apart = trace.vocabulary.judged_apart
        return LackCount(
            Counter(_key(record, apart) for record in self.values if record.scope is Scope.RUN or counts(record)),
            sum(blocks is None or block in blocks for block in self.blocks),
            sum(map(counts, self.steps)),
            sum(map(counts, self.steps_there)),
            any(record.index.sample for record in trace.records if of_a_block(record)),
            {turn for record in trace.records for turn in record.index.loops if turn[0] in apart},
        )

    def gaps(self, count: LackCount, trace: Trace, other: Trace) -> Gaps:
        """Return the gaps of `trace`; of long logs, traces of enough blocks to hold every quantity do."""
        # Where a log has pixels, one of the steps of a sweep alone has no final value to print; any other log has one.
        ends = any(map(of_a_block, trace.records)) or not trace.vocabulary.has_blocks
        traces_steps = any(map(_step_of, _step_records(trace)))
        unreadable = dict.fromkeys(name for bad in trace.account.unreadable for name in bad.quantities)
        printed = {*trace.by_quantity, *unreadable} | ({trace.vocabulary.final or ""} if ends else set())
        lost: Counter[str] = Counter()
        chosen = 0
        for (name, further, apart), number in count.values.items():
            if name not in printed:
                continue
            if count.by_choice(further, apart):
                chosen += number
            else:
                lost[name] += number
        first: dict[str, Record] = {}
        for record in self.values:
            name, further, apart = _key(record, trace.vocabulary.judged_apart)
            if name in lost and not count.by_choice(further, apart):
                first.setdefault(name, record)
        steps = count.steps if traces_steps else 0
        missing = {*lost, *(name for name in unreadable if steps and _of_step(trace, name))}
        there = {*other.by_quantity, *(name for bad in other.account.unreadable for name in bad.quantities)}
        return Gaps(
            count.blocks if ends or traces_steps else 0,
            steps,
            count.steps_there,
            {name: lost[name] for name in sorted(lost)},
            tuple(name for name in unreadable if name in there and name not in missing),
            chosen,
            first,
            self.steps[0].index if self.steps else None,
            count.blocks,
        )


def lacks(alignment: Alignment, c: Trace, py: Trace, partners: Mapping[int, int]) -> tuple[LackRecords, LackRecords]:
    """Return what C lacks and what Py lacks; `partners` says which block of C each block of Py belongs to."""
    shared_c = set(partners.values()) & set(c.blocks)
    shared_py = {block for block, partner in partners.items() if partner in shared_c}
    steps_c, steps_py = (_steps(trace.records) for trace in (c, py))
    there_c, there_py = (_first_of_steps(_step_records(trace)) for trace in (c, py))
    number_in_py = {partner: block for block, partner in partners.items()}
    of_c = _lack(alignment.only_py, py.blocks, shared_py, there_py, _renumbered(steps_c, number_in_py))
    of_py = _lack(alignment.only_c, c.blocks, shared_c, there_c, _renumbered(steps_py, partners))
    return of_c, of_py


def _renumbered(steps: AbstractSet[_Step], number: Mapping[int, int]) -> set[_Step]:
    """Return one log's steps under the numbers that their blocks have in the other."""
    return {(number[block], sample, turn) for block, sample, turn in steps if block in number}


def _lack(
    lacking: Iterable[Record],
    blocks: Iterable[int],
    shared: AbstractSet[int],
    steps_there: Mapping[_Step, Record],
    steps_here: AbstractSet[_Step],
) -> LackRecords:
    values: list[Record] = []
    steps: dict[_Step, Record] = {}
    for record in lacking:
        step = _step_of(record)
        if record.value.shape is Shape.SENTINEL or (record.scope is not Scope.RUN and record.index.block not in shared):
            continue
        if step is not None and step in steps_there and step not in steps_here:
            steps.setdefault(step, record)
        else:
            values.append(record)
    steps_shared = tuple(record for record in steps_there.values() if record.index.block in shared)
    return LackRecords(
        tuple(values), tuple(steps.values()), steps_shared, tuple(block for block in blocks if block not in shared)
    )


def _step_records(trace: Trace) -> tuple[Record, ...]:
    """Return the records that show which turns a log has."""
    key = logs_of(trace.vocabulary).of_a_step(KEY)
    return trace.by_quantity.get(key, ()) if key else trace.records


def _steps(records: Iterable[Record]) -> set[_Step]:
    return {step for record in records if (step := _step_of(record))}


def _first_of_steps(records: Iterable[Record]) -> dict[_Step, Record]:
    first: dict[_Step, Record] = {}
    for record in records:
        step = _step_of(record)
        if step is not None:
            first.setdefault(step, record)
    return first


def _step_of(record: Record) -> _Step | None:
    index, known = record.index, record.known
    if known is None or known.scope is Scope.BLOCK:
        return None
    places = index.places(known.indices)
    return (index.block, index.sample, places) if places else None


def of_a_block(record: Record) -> bool:
    """Whether a value shows that a log traces a pixel: it is computed for a block, and not in a turn of a loop."""
    return record.known is not None and record.known.scope is not Scope.RUN and not record.known.indices


def _of_step(trace: Trace, name: str) -> bool:
    known = trace.vocabulary.quantities.get(name)
    return known is not None and bool(known.indices) and known.scope is not Scope.BLOCK


def _key(record: Record, judged_apart: AbstractSet[str]) -> tuple[str, bool, _Turns]:
    """Return what a lacking value is counted under; one that is no number is nobody's choice."""
    if not is_finite(record.numbers):
        return record.quantity, False, ()
    further = record.index.sample > 0 and of_a_block(record)
    return record.quantity, further, record.index.within(judged_apart).loops if record.known is not None else ()

"""Comparing two long logs in bounded memory: the result of the ordinary comparison, rows counted by quantity.

Both logs are read as columns and compared window by window. Only counts are taken from the arrays. The pixel blocks
that hold a first or worst value, a gap, or anything irregular are kept as records, and go through the ordinary
comparison; its rows are those that a report shows.
"""

from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nbtrace.compare.align import Alignment, Pair, align, pair_blocks
from nbtrace.compare.check import ALLOWED_DOUBLE, ALLOWED_SINGLE, check, instances_of, remarks_on
from nbtrace.compare.diff import Coverage, DiffResult, conflicts_of, coverage, verdict_of
from nbtrace.compare.divergence import Group, group_rows
from nbtrace.compare.gaps import Gaps, LackRecords, lacks
from nbtrace.compare.judge import Row, judge
from nbtrace.compare.logs import logs_of
from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.compare.notices.kinds import all_notices
from nbtrace.compare.occurrences import numbered
from nbtrace.compare.precision import is_single_precision, number_formats
from nbtrace.compare.self_check import RelationState, SelfCheck
from nbtrace.longlogs.chunks import CHUNK, NotColumnarError
from nbtrace.longlogs.columnar import ColumnReader
from nbtrace.longlogs.decimals import Floats
from nbtrace.longlogs.places import contradicted, points
from nbtrace.longlogs.tally import UNSURE, Tally, Window, WindowSide
from nbtrace.longlogs.windows import (
    CellLoop,
    Kept,
    SideStream,
    Slots,
    TableShape,
    WindowPart,
    arity_of,
    irregular_blocks,
    windows,
)
from nbtrace.progress import stage, step
from nbtrace.records import Side, Trace
from nbtrace.verdicts.tolerance import Policy

if TYPE_CHECKING:
    from nbtrace.compare.relations import Values

_MOST_ASIDE = 500
"""Blocks that may be set aside; logs with more irregular ones are not for arrays."""

_MOST_CELLS = 20_000_000
_FINEST_TOLERANCE = 1e-9
"""Below this the printed digits decide; arrays do not look at them closely enough."""

_SAME_POINT = 0.02


class _OrdinaryNeeded(Exception):  # noqa: N818 - a way out, not an error
    """The logs have a form that only the ordinary comparison handles."""


@dataclass(frozen=True, slots=True)
class CountedGroup(Group):
    """The rows that stand for a quantity, with the counts of all of them."""

    total: int
    total_diverging: int

    @property
    def compared(self) -> int:
        """How many rows there are."""
        return self.total

    @property
    def diverging(self) -> int:
        """How many rows diverge."""
        return self.total_diverging


@dataclass(frozen=True)
class LongDiffResult(DiffResult):
    """Two long traces compared; traces and rows are those of the blocks that stand for the rest.

    Attributes
    ----------
    counts : dict of str to (int, int)
        Values of each quantity that were compared, and those that diverge.
    whole : (int, int)
        Pixel blocks of C and of Py.
    """

    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    whole: tuple[int, int] = (1, 1)

    @property
    def num_blocks(self) -> tuple[int, int]:
        """How many pixel blocks the whole logs have."""
        return self.whole

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The rows by quantity, in execution order, with the counts of the whole logs."""
        return tuple(
            CountedGroup(group.quantity, group.rows, group.first, group.worst, *self.counts[group.quantity])
            for group in group_rows(self.rows)
        )


def diff_long(
    c: str, py: str, policy: Policy | None = None, *, strict: bool = False, chunk: int = 3 * CHUNK
) -> DiffResult | None:
    """Compare two long logs.

    Parameters
    ----------
    c, py : str
        File names.
    policy, strict
        As for :func:`~nbtrace.compare.diff.diff`.
    chunk : int
        Bytes read at a time.

    Returns
    -------
    DiffResult or None
        None if the logs have a form that only the ordinary comparison handles: other layouts than plain logs, blocks in
        another order, tolerances near the printed digits, thousands of irregular blocks.

    Raises
    ------
    InputError
        If one of them is missing, unreadable or binary.
    """
    policy = policy or Policy()
    limits = [policy.relative, *policy.overrides.values()]
    if any(limit.value < _FINEST_TOLERANCE for limit in limits):
        return None
    try:
        return _Comparison(policy, strict=strict, chunk=chunk).run(c, py)
    except (NotColumnarError, _OrdinaryNeeded):
        return None


class _Comparison:
    def __init__(self, policy: Policy, *, strict: bool, chunk: int) -> None:
        self._policy = policy
        self._strict = strict
        self._chunk = chunk
        self._slots = Slots(policy.vocabulary)
        relations = logs_of(policy.vocabulary).relations or ()
        self._rounded = frozenset(relation.name for relation in relations if relation.single)
        self._tally = Tally(policy, logs_of(policy.vocabulary).configured)
        self._exchanged = False
        self._aside: set[int] = set()
        self._kept: tuple[dict[int, Kept], dict[int, Kept]] = ({}, {})
        self._single: tuple[bool, ...] = ()
        self._stated: tuple[Values, ...] = ()
        self._blocks = [0, 0]

    def run(self, c: str, py: str) -> DiffResult:
        """Compare two files."""
        with ThreadPoolExecutor(2) as executor:
            first, second = (
                SideStream(ColumnReader(name, self._chunk, self._policy.vocabulary), self._slots, executor)
                for name in (c, py)
            )
            for side in (first, second):
                side.advance()
            self._exchanged = first.reader.side is Side.PY and second.reader.side is Side.C
            self._streams = (second, first) if self._exchanged else (first, second)
            with stage("megabytes compared"):
                told = 0
                for start, c_part, py_part in windows(*self._streams):
                    self._add(start, (c_part, py_part))
                    read = (first.reader.unpacked + second.reader.unpacked) // 1_000_000
                    step(read - told)
                    told = read
        return self._result()

    def _add(self, start: int, parts: tuple[WindowPart, WindowPart]) -> None:
        if start == 0:
            self._look_at_first(parts)
        window = self._window(start, parts)
        residuals = [window.residuals(number) for number in (0, 1)]
        self._set_aside(window, residuals)
        for number, side in enumerate(window.sides):
            self._blocks[number] += side.num_blocks
        for loop in (CellLoop.SAMPLE, CellLoop.STEP, CellLoop.BLOCK):
            self._tally.compare(loop, window)
        self._tally.lonely(window)
        for number, residual in enumerate(residuals):
            allowed = {name: _allowed(name, self._rounded, single=self._single[number]) for name in residual}
            self._tally.check(number, window, residual, allowed)
        self._aside.update((start + np.flatnonzero(window.aside)).tolist())
        only_c, only_py = self._tally.alone_names
        if len(self._aside) > _MOST_ASIDE or any(
            self._policy.vocabulary.equivalent_names(name) & only_c for name in only_py
        ):
            raise _OrdinaryNeeded
        self._keep(start, parts)

    def _look_at_first(self, parts: tuple[WindowPart, WindowPart]) -> None:
        """Learn from the first blocks what holds for a whole log: its precision and the pixel size that it states."""
        traces = [
            Trace(
                reader.source,
                tuple(part.kept({0})[0].records()),
                reader.settings,
                reader.account,
                vocabulary=reader.vocabulary,
            )
            for reader, part in zip((stream.reader for stream in self._streams), parts, strict=True)
        ]
        self._single = tuple(is_single_precision(trace) for trace in traces)
        self._stated = tuple(logs_of(trace.vocabulary).stated(trace) for trace in traces)

    def _window(self, start: int, parts: tuple[WindowPart, WindowPart]) -> Window:
        shape = TableShape.around(start, parts)
        if shape.cells(CellLoop.STEP) * len(self._slots.quantity) > _MOST_CELLS:
            raise _OrdinaryNeeded
        irregular = np.zeros(shape.blocks, dtype=np.bool_)
        irregular[: start == 0] = True
        arity = arity_of(self._slots)
        sides = []
        for stream, part, stated in zip(self._streams, parts, self._stated, strict=True):
            irregular[irregular_blocks(part, stream.slot_of(part), arity) - start] = True
            sides.append(WindowSide(part, stream.tables(part, shape, irregular), self._slots, shape, stated))
        return Window(shape, (sides[0], sides[1]), self._slots, arity, irregular)

    def _set_aside(self, window: Window, residuals: list[dict[str, Floats]]) -> None:
        """Mark the blocks whose relations hang on the printed digits, and those that are not of one pixel."""
        for number, of_side in enumerate(residuals):
            for name, residual in of_side.items():
                allowed = _allowed(name, self._rounded, single=self._single[number])
                unsure = (residual > allowed) & (residual <= allowed + UNSURE)
                window.aside[np.flatnonzero(unsure) // window.shape.samples] = True
        for number in (0, 1):
            window.aside[window.repeated_steps(number)] = True
        first = window.shape.first_block
        places = [window.places(number) for number in (0, 1)]
        pixels, known = zip(*map(points, places), strict=True)
        differ = (pixels[0] != pixels[1]).any(axis=1) | (np.abs(places[0] - places[1]) > _SAME_POINT).any(axis=1)
        both = window.sides[0].present & window.sides[1].present
        window.aside[both & ((known[0] != known[1]) | (known[0] & known[1] & differ))] = True
        for number, stream in enumerate(self._streams):
            stated = {block - first: pixel for block, pixel in stream.reader.pixels.items() if block >= first}
            window.aside[contradicted(stated, pixels[number], known[number])] = True

    def _keep(self, start: int, parts: tuple[WindowPart, WindowPart]) -> None:
        """Keep the values of the blocks that stand for the rest, and drop those that no longer do."""
        wanted = self._aside | self._tally.chosen.blocks
        for kept, part in zip(self._kept, parts, strict=True):
            kept.update(part.kept({block for block in wanted if block >= start}))
            for block in kept.keys() - wanted:
                del kept[block]

    def _trace(self, number: int, blocks: set[int]) -> Trace:
        reader = self._streams[number].reader
        kept = self._kept[number]
        records = [record for block in sorted(blocks & kept.keys()) for record in kept[block].records()]
        pixels = {block: pixel for block, pixel in reader.pixels.items() if block in blocks}
        records.sort(key=lambda record: record.line)
        return Trace(
            reader.source,
            tuple(records),
            reader.settings,
            reader.account,
            reader.dialects,
            pixels,
            reader.vocabulary,
            statistics=reader.statistics,
        )

    def _result(self) -> DiffResult:
        blocks = self._aside | self._tally.chosen.blocks
        c, py = self._trace(0, blocks), self._trace(1, blocks)
        partners = pair_blocks(c, py)
        c, py = numbered(c, py, partners)
        alignment = align(c, py, partners)
        if not alignment.pairs or c.side is Side.UNKNOWN or py.side is Side.UNKNOWN:
            raise _OrdinaryNeeded
        if any(map(self._counted_alone, alignment.pairs)):
            raise _OrdinaryNeeded
        formats, names = (number_formats(c), number_formats(py)), c.vocabulary.names
        rows = tuple(judge(pair, self._policy.of(pair.quantity), *formats, names) for pair in alignment.pairs)
        checks = self._checked(0, c), self._checked(1, py)
        gaps = self._gaps(lacks(alignment, c, py, partners), (c, py))
        notices = all_notices(
            ComparedLogs(
                c,
                py,
                partners,
                checks,
                alignment,
                (*rows, *self._further_rows(rows)),
                self._policy,
                gaps,
                self._exchanged,
            )
        )
        covered = self._coverage(alignment, rows)
        verdict = verdict_of(rows, notices, covered, alignment, (c, py), gaps, strict=self._strict)
        return LongDiffResult(
            c,
            py,
            self._policy,
            rows,
            notices,
            checks,
            covered,
            verdict,
            gaps,
            conflicts_of(alignment),
            self._counts(rows),
            (self._blocks[0], self._blocks[1]),
        )

    def _gaps(self, lacking: tuple[LackRecords, LackRecords], traces: tuple[Trace, Trace]) -> tuple[Gaps, Gaps]:
        """Return the gaps: those of the blocks that were set aside, and those that were counted in the arrays."""
        gaps = []
        for number, lack in enumerate(lacking):
            trace, other = traces[number], traces[1 - number]
            count = lack.count(trace, self._aside)
            count.add(self._tally.lacking[number])
            gaps.append(lack.gaps(count, trace, other))
        return gaps[0], gaps[1]

    def _counted_alone(self, pair: Pair) -> bool:
        """Whether a pair was made of two names for one value, of which the arrays counted one as standing alone."""
        in_records = {pair.c.index.block, pair.py.index.block} <= self._aside
        return pair.c.quantity != pair.py.quantity and not in_records

    def _own(self, row: Row) -> bool:
        """Whether a row is not among those that were counted in the arrays."""
        return row.c.index.block in self._aside

    def _counts(self, rows: tuple[Row, ...]) -> dict[str, tuple[int, int]]:
        counts = {}
        for group in group_rows(rows):
            own = [row for row in group.rows if self._own(row)]
            name = group.quantity
            diverging = sum(row.status.diverges for row in own)
            counts[name] = len(own) + self._tally.compared[name], diverging + self._tally.over[name]
        return counts

    def _further_rows(self, rows: tuple[Row, ...]) -> list[Row]:
        """Return, for each configured quantity, one of its rows as often as rows are missing from the result."""
        further = []
        for name, total in self._tally.configured_over.items():
            shown = [row for row in rows if row.quantity == name and row.status.diverges and not self._own(row)]
            further += shown[-1:] * (total - len(shown))
        return further

    def _coverage(self, alignment: Alignment, rows: tuple[Row, ...]) -> Coverage:
        covered = coverage(alignment, rows)
        own = sum(map(self._own, rows))
        alone = sum(record.index.block in self._aside for record in (*alignment.only_c, *alignment.only_py))
        counted = self._tally.compared.total()
        return replace(
            covered,
            expected=own + alone + counted + self._tally.alone.total(),
            compared=own - len(covered.skipped) + counted,
        )

    def _checked(self, number: int, trace: Trace) -> SelfCheck:
        """Hold the kept blocks against themselves, and count all of them."""
        worst = check(trace, formulas=False)
        by_quantity = {item.quantity: item for item in check(self._trace(number, self._aside), formulas=False).checks}
        counted = tuple(
            item
            if item.finding is RelationState.NOT_CHECKED
            else replace(
                item,
                instances=by_quantity[item.quantity].instances + self._tally.instances[number, item.quantity],
                broken=by_quantity[item.quantity].broken + self._tally.broken[number, item.quantity],
            )
            for item in worst.checks
        )
        return replace(worst, checks=counted, remarks=tuple(remarks_on(trace, counted, tuple(instances_of(trace)))))


def _allowed(name: str, rounded: AbstractSet[str], *, single: bool) -> float:
    return ALLOWED_SINGLE if single or name in rounded else ALLOWED_DOUBLE

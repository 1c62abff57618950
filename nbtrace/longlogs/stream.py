"""Comparing two long logs in bounded memory: the result of the ordinary comparison, rows counted by quantity.

Both logs are read as columns and compared window by window. Only counts are taken from the arrays. The pixel blocks
that hold a first or worst value, a gap, or anything irregular are kept as records, and go through the ordinary
comparison; its rows are those that a report shows.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from nbtrace.compare.align import Alignment, Pair, align, pair_blocks
from nbtrace.compare.check import check, instances_of, remarks_on
from nbtrace.compare.configured import matters
from nbtrace.compare.diff import Coverage, conflicts_of, coverage, verdict_of
from nbtrace.compare.divergence import group_rows
from nbtrace.compare.excerpt import WholeLog, excerpt_of
from nbtrace.compare.gaps import Gaps, LackRecords, lacks
from nbtrace.compare.judge import Row, judge
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.compare.notices.kinds import all_notices
from nbtrace.compare.occurrences import numbered
from nbtrace.compare.precision import number_formats
from nbtrace.compare.self_check import SelfCheck
from nbtrace.compare.turns import Loop
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.longlogs.chunks import CHUNK, NotColumnarError
from nbtrace.longlogs.decimals import Floats
from nbtrace.longlogs.held_relations import Assumed
from nbtrace.longlogs.last_digits import LastDigits
from nbtrace.longlogs.long_result import LongDiffResult, LongReading
from nbtrace.longlogs.odd_values import blocks_apart, by_rank
from nbtrace.longlogs.places import contradicted, points
from nbtrace.longlogs.reading_again import ROWS_AROUND, BlockSpread, ReadingAgain
from nbtrace.longlogs.streamed_log import LongSweepError, StreamedLog
from nbtrace.longlogs.tally import Tally, Window, WindowSide
from nbtrace.longlogs.torn_lines import NOT_TORN, Torn, torn_lines
from nbtrace.longlogs.windows import (
    CellLoop,
    Slots,
    TableShape,
    WindowPart,
    arity_of,
    as_single_numbers,
    irregular_blocks,
    windows,
)
from nbtrace.progress import stage, step
from nbtrace.records import Record, Side, Trace
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.quantity import Scope

if TYPE_CHECKING:
    from nbtrace.longlogs.turn_counts import TurnCounts

_MOST_ASIDE = 500
"""Blocks that may be set aside; logs with more irregular ones are not for arrays."""

_MOST_CELLS = 20_000_000
_SAME_POINT = 0.02


class OrdinaryNeededError(Exception):
    """The logs have a form that only the ordinary comparison handles."""


class _Wishes(TypedDict):
    strict: bool
    chunk: int
    torn: Torn
    all_extremes: bool
    keeps_order: bool
    turns_of: str | None


def diff_long(
    c: str,
    py: str,
    policy: Policy | None = None,
    *,
    strict: bool = False,
    chunk: int = 3 * CHUNK // 2,
    all_extremes: bool = False,
    keeps_order: bool = False,
    turns_of: str | None = None,
) -> LongDiffResult | None:
    """Compare two long logs.

    Parameters
    ----------
    c, py : str
        File names.
    policy, strict
        As for :func:`~nbtrace.compare.diff.diff`.
    chunk : int
        Bytes read at a time.
    all_extremes : bool
        Whether the rows hold the largest value and the largest difference of each quantity, too.
    keeps_order : bool
        The first stands for the reference whatever its prefixes say.
    turns_of : str, optional
        A loop of which every turn is counted by itself.

    Returns
    -------
    LongDiffResult or None
        None if the logs have a form that only the ordinary comparison handles: other layouts than plain logs, blocks in
        another order, tolerances near the printed digits, thousands of irregular blocks.

    Raises
    ------
    InputError
        If one of them is missing, unreadable or binary.
    """
    wishes = _Wishes(
        strict=strict,
        chunk=chunk,
        torn=NOT_TORN,
        all_extremes=all_extremes,
        keeps_order=keeps_order,
        turns_of=turns_of,
    )
    policy = policy or Policy()
    result = _compared(c, py, policy, wishes)
    torn = NOT_TORN if result is None else torn_lines((result.c, result.py), policy, chunk)
    return _compared(c, py, policy, {**wishes, "torn": torn}) if torn else result


def _compared(c: str, py: str, policy: Policy, wishes: _Wishes) -> LongDiffResult | None:
    """Return the comparison of two logs; None if only the ordinary one handles them."""
    try:
        return _by_blocks(BlockComparison, (c, py), policy, **wishes)
    except LongSweepError:
        from nbtrace.longlogs.long_sweeps import diff_sweeps  # noqa: PLC0415 - which is made of what stands here

    result = diff_sweeps(c, py, policy, **wishes)
    return _by_blocks(WholeBlocks, (c, py), policy, **wishes) if result is None else result


def _by_blocks(
    kind: "type[BlockComparison]",
    logs: tuple[str, str],
    policy: Policy,
    *,
    strict: bool,
    chunk: int,
    torn: Torn,
    all_extremes: bool,
    keeps_order: bool,
    turns_of: str | None,
) -> LongDiffResult | None:
    """Compare two long logs, of whose pixel blocks the whole is kept or nothing."""
    assumed = None
    try:
        for _ in range(2):
            comparison = kind(policy, strict=strict, chunk=chunk, assumed=assumed, keeps_order=keeps_order)
            comparison.count_turns(turns_of)
            comparison.tally.all_extremes = all_extremes
            found = comparison.run(*logs, torn)
            if comparison.assumed == found:
                return comparison.result()
            assumed = found
    except (NotColumnarError, OrdinaryNeededError):
        return None
    return None


class BlockComparison:
    """One reading of both logs, with what is assumed of them; by default what their first parts show."""

    refuses_long_sweeps = True
    in_blocks = True
    log_type = StreamedLog
    _logs: tuple[StreamedLog, StreamedLog]

    def __init__(
        self,
        policy: Policy,
        *,
        strict: bool,
        chunk: int,
        assumed: tuple[Assumed, Assumed] | None = None,
        keeps_order: bool = False,
    ) -> None:
        self.assumed = assumed
        self._keeps_order = keeps_order
        self._policy = policy
        self._strict = strict
        self._chunk = chunk
        self._slots = Slots(policy.vocabulary)
        self.tally = Tally(policy, logs_of(policy.vocabulary).configured)
        self.tally.spread = BlockSpread() if self.in_blocks else None
        self._turns: TurnCounts | None = None
        self._exchanged = False
        self._aside: set[int] = set()
        self._blocks = [0, 0]
        self._pixels: list[Floats] = []

    def count_turns(self, loop: str | None) -> None:
        """Count the turns of a loop, too, if one is given."""
        if loop is not None:
            from nbtrace.longlogs.turn_counts import TurnCounts  # noqa: PLC0415 - which few commands need

            self.tally.beside = self._turns = TurnCounts(Loop(loop), self._slots)

    def run(self, c: str, py: str, torn: Torn = NOT_TORN) -> tuple[Assumed, Assumed]:
        """Read two files, without last lines whose number is torn; return what is known of them then."""
        with ThreadPoolExecutor(2) as executor, as_single_numbers():
            loop = None if self._turns is None else self._turns.loop.name
            first, second = (
                self.log_type(name, self._chunk, self._slots, executor, self.tally.chosen, loop, torn.get(name))
                for name in (c, py)
            )
            self._logs = first, second
            for log in self._logs:
                log.begin()
            self._refuse_long_sweeps()
            crossed = first.reader.side is Side.PY and second.reader.side is Side.C
            self._exchanged = crossed and not self._keeps_order
            self._logs = (second, first) if self._exchanged else (first, second)
            with stage("megabytes compared"):
                told = 0
                for start, c_part, py_part in self._windows():
                    self._add(start, (c_part, py_part))
                    read = (first.reader.unpacked + second.reader.unpacked) // 1_000_000
                    step(read - told)
                    told = read
        return self._logs[0].found(), self._logs[1].found()

    def _refuse_long_sweeps(self) -> None:
        """Refuse logs whose first block has long sweeps, as far as it has been read."""
        steps = logs_of(self._policy.vocabulary).of_a_step(KEY)
        if self.refuses_long_sweeps and steps and any(log.first_sweep.is_long for log in self._logs):
            raise LongSweepError

    def _windows(self) -> Iterator[tuple[int, WindowPart, WindowPart]]:
        c, py = self._logs
        return windows(c.stream, py.stream)

    def _add(self, start: int, parts: tuple[WindowPart, WindowPart]) -> None:
        if start == 0:
            self._refuse_long_sweeps()
        if self.assumed is None:
            self._keep(start, parts, {start})
            self.assumed = self._logs[0].assumed(), self._logs[1].assumed()
        window = self._window(start, parts, self.assumed)
        self._set_aside(window)
        if self._turns is not None:
            self._turns.begin(window)
        for number, side in enumerate(window.sides):
            self._blocks[number] += side.num_blocks
        for loop in (CellLoop.SAMPLE, CellLoop.STEP, CellLoop.BLOCK):
            self.tally.compare(loop, window)
        if self._turns is not None:
            self._turns.end()
        self.tally.lonely(window)
        for number, (log, known) in enumerate(zip(self._logs, self.assumed, strict=True)):
            self.tally.alone_on_odd_lines(number, window, log.lone)
            log.run.add(parts[number], log.stream.run_slots(parts[number]))
            log.repeats.add(window, number)
            log.held.hold(window, number, known.formats, single=known.single)
        self._aside.update((start + np.flatnonzero(window.aside)).tolist())
        only_c, only_py = self.tally.alone_names
        if len(self._aside) > _MOST_ASIDE or any(
            self._policy.vocabulary.equivalent_names(name) & only_c for name in only_py
        ):
            raise OrdinaryNeededError
        self._keep(start, parts, self._standing())

    def _standing(self) -> set[int]:
        """Return the blocks that stand for the rest so far."""
        return self._aside | self.tally.chosen.blocks

    def _window(self, start: int, parts: tuple[WindowPart, WindowPart], assumed: tuple[Assumed, Assumed]) -> Window:
        shape = TableShape.around(start, parts)
        if shape.cells(CellLoop.STEP) * len(self._slots.quantity) > _MOST_CELLS:
            raise OrdinaryNeededError
        aside = np.zeros(shape.blocks, dtype=np.bool_)
        aside[: start == 0] = True
        slots = [log.stream.slot_of(part) for log, part in zip(self._logs, parts, strict=True)]
        arity = arity_of(self._slots)
        sides, digits, outranked = [], [], []
        for log, part in zip(self._logs, parts, strict=True):
            log.names |= {kind.item.meaning.quantity for columns, *_ in part.pieces[-1:] for kind in columns.kinds}
            log.names |= {record.quantity for record in part.odd}
        if any(log.lone_names & other.names for log, other in (self._logs, self._logs[::-1])):
            raise OrdinaryNeededError
        others = self._logs[1].names, self._logs[0].names
        for log, part, slot, known, elsewhere in zip(self._logs, parts, slots, assumed, others, strict=True):
            own, irregular = log.set_odd_apart(part, self._slots, elsewhere, arity)
            tables = log.stream.tables(part, shape, aside)
            counting, again = by_rank(irregular, part, tables[CellLoop.BLOCK], self._slots, start)
            outranked.append(again)
            aside[irregular_blocks(part, slot, own, counting) - start] = True
            sides.append(WindowSide(part, tables, self._slots, shape, known.stated))
            digits.append(LastDigits(part, known.formats))
        aside[[block - start for block in blocks_apart(*outranked)]] = True
        return Window(shape, (sides[0], sides[1]), self._slots, arity, aside, tuple(digits))

    def _set_aside(self, window: Window) -> None:
        """Mark the blocks of which too few digits are printed, and those that are not of one pixel."""
        self.tally.blind(window)
        names = self._slots.quantity
        of_a_step = logs_of(self._policy.vocabulary).parts_of_a_step
        if any(name in of_a_step and self._slots.find(name) != at for at, name in enumerate(names)):
            for number in (0, 1):  # Some steps are of a source or another place of their own.
                window.aside[window.repeated_steps(number)] = True
        first = window.shape.first_block
        places = [window.places(number) for number in (0, 1)]
        pixels, known = zip(*map(points, places), strict=True)
        differ = (pixels[0] != pixels[1]).any(axis=1) | (np.abs(places[0] - places[1]) > _SAME_POINT).any(axis=1)
        both = window.sides[0].present & window.sides[1].present
        window.aside[both & ((known[0] != known[1]) | (known[0] & known[1] & differ))] = True
        for number, log in enumerate(self._logs):
            stated = {at - first: pixel for at, pixel in log.reader.pixels_so_far().items() if at >= first}
            window.aside[contradicted(stated, pixels[number], known[number])] = True
            window.aside[[block - first for block in log.turns.blocks(window.sides[number].part)]] = True
        for number, mine in enumerate((window.sides[0].present, window.sides[1].present & ~both)):
            self._pixels.append(pixels[number][mine & known[number] & ~window.aside])

    def _keep(self, start: int, parts: tuple[WindowPart, WindowPart], wanted: set[int]) -> None:
        """Keep the values of the blocks that stand for the rest, and drop those that no longer do."""
        for log, part in zip(self._logs, parts, strict=True):
            log.kept.update(part.kept({block for block in wanted if block >= start}))
            for block in log.kept.keys() - wanted:
                del log.kept[block]

    def result(self) -> LongDiffResult:
        """Return the comparison of the blocks that were kept, with the counts of all."""
        blocks = self._standing()
        wholes = [log.whole(side, self._aside) for log, side in zip(self._logs, (Side.C, Side.PY), strict=True)]
        kept = [excerpt_of(log.trace(blocks), whole) for log, whole in zip(self._logs, wholes, strict=True)]
        partners = pair_blocks(kept[0], kept[1])
        if self._are_crossed(partners, kept[0].blocks) or self._are_of_one_pixel(kept):
            raise OrdinaryNeededError
        c, py = numbered(kept[0], kept[1], partners)
        alignment = align(c, py, partners)
        if not alignment.pairs or c.side is Side.UNKNOWN or py.side is Side.UNKNOWN:
            raise OrdinaryNeededError
        if any(map(self._counted_alone, alignment.pairs)):
            raise OrdinaryNeededError
        formats, names = (number_formats(c), number_formats(py)), c.vocabulary.names
        rows = tuple(judge(pair, self._policy.of(pair.quantity), *formats, names) for pair in alignment.pairs)
        checks = self._checked(0, c, wholes[0]), self._checked(1, py, wholes[1])
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
        self._add_turns(rows, alignment, (c, py))
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
            LongReading(self._chunk, self.assumed or (), frozenset(self._aside), self.in_blocks, self._again()),
            (self._blocks[0], self._blocks[1]),
            self._turns,
        )

    def _add_turns(self, rows: tuple[Row, ...], alignment: Alignment, traces: tuple[Trace, Trace]) -> None:
        """Add to the turns what arrays do not count."""
        if self._turns is not None:
            alone = alignment.only_c, alignment.only_py
            every = (*alone, *(trace.records for trace in traces))
            of_c, of_py, c, py = (filter(self._is_own, records) for records in every)
            self._turns.add_others(filter(self._own, rows), (of_c, of_py), (c, py))
            self._turns.stated = tuple(log.stated for log in self._logs if log.stated is not None)

    def _again(self) -> tuple[ReadingAgain, ...]:
        """Return how those blocks of both logs are read once more that diverge, or stand next to one that does."""
        if self.tally.spread is None:
            return ()
        wanted = self.tally.spread.near(frozenset(self._aside), ROWS_AROUND)
        return tuple(log.reader.reading_again(wanted) for log in self._logs)

    def _are_crossed(self, partners: Mapping[int, int], of_c: Collection[int]) -> bool:
        """Whether a block belongs to another one than that of its number, with which arrays compare it."""
        in_arrays = set(of_c) - self._aside
        return any(block != of and (block in in_arrays or of in in_arrays) for block, of in partners.items())

    def _are_of_one_pixel(self, kept: Iterable[Trace]) -> bool:
        """Whether a block that was set aside is of the pixel of one that arrays count: they may be partners."""
        places = (whereabouts(trace, block).pixel for trace in kept for block in trace.blocks if block in self._aside)
        pixels = {pixel for pixel in places if pixel is not None}
        if not pixels or not self._pixels:
            return False
        own, others = np.array(sorted(pixels), dtype=np.float64), np.concatenate(self._pixels)
        return bool(np.isin(_numbers(own), _numbers(others)).any())

    def _gaps(self, lacking: tuple[LackRecords, LackRecords], traces: tuple[Trace, Trace]) -> tuple[Gaps, Gaps]:
        """Return the gaps: those of the blocks that were set aside, and those that were counted in the arrays."""
        gaps = []
        for number, lack in enumerate(lacking):
            trace, other = traces[number], traces[1 - number]
            count = lack.count(trace, self._aside, self._is_own)
            count.add(self.tally.lacking[number])
            gaps.append(lack.gaps(count, trace, other))
        return gaps[0], gaps[1]

    def _counted_alone(self, pair: Pair) -> bool:
        """Whether a pair was made of two names for one value, of which the arrays counted one as standing alone."""
        in_records = self._is_own(pair.c) and self._is_own(pair.py)
        return pair.c.quantity != pair.py.quantity and not in_records

    def _own(self, row: Row) -> bool:
        """Whether a row is not among those that were counted in the arrays."""
        return self._is_own(row.c)

    def _is_own(self, record: Record) -> bool:
        return record.scope is Scope.RUN or record.index.block in self._aside

    def _counts(self, rows: tuple[Row, ...]) -> dict[str, tuple[int, int]]:
        counts = {}
        for group in group_rows(rows):
            own = [row for row in group.rows if self._own(row)]
            name = group.quantity
            diverging = sum(row.status.diverges for row in own)
            counts[name] = len(own) + self.tally.compared[name], diverging + self.tally.over[name]
        return counts

    def _further_rows(self, rows: tuple[Row, ...]) -> list[Row]:
        """Return, for each configured quantity, one of its rows as often as rows are missing from the result."""
        further = []
        for name, total in self.tally.configured_over.items():
            diverging = (row for row in rows if row.quantity == name and row.status.diverges and not self._own(row))
            shown = list(filter(matters, diverging))
            further += shown[-1:] * (total - len(shown))
        return further

    def _coverage(self, alignment: Alignment, rows: tuple[Row, ...]) -> Coverage:
        covered = coverage(alignment, rows)
        own = sum(map(self._own, rows))
        alone = sum(map(self._is_own, (*alignment.only_c, *alignment.only_py)))
        counted = self.tally.compared.total()
        return replace(
            covered,
            expected=own + alone + counted + self.tally.alone.total(),
            compared=own - len(covered.skipped) + counted,
        )

    def _checked(self, number: int, trace: Trace, whole: WholeLog) -> SelfCheck:
        """Hold the kept blocks against themselves, and count all of them."""
        log = self._logs[number]
        worst = check(trace, formulas=False)
        own = check(excerpt_of(log.trace(self._aside), whole), formulas=False).checks
        counted = tuple(log.held.with_counts(*pair) for pair in zip(worst.checks, own, strict=True))
        return replace(worst, checks=counted, remarks=tuple(remarks_on(trace, counted, tuple(instances_of(trace)))))


def _numbers(pixels: Floats) -> Floats:
    """Return a number for each pixel (slow, fast), shape (n, 2)."""
    complex_plane: Floats = pixels[:, 0] + 1j * pixels[:, 1]
    return complex_plane


class WholeBlocks(BlockComparison):
    """The same, of logs whose sweeps are long."""

    refuses_long_sweeps = False

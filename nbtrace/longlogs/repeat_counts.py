"""Steps that repeat others, found in arrays: which repeats which, and in how many sweeps."""

from dataclasses import dataclass, field

import numpy as np

from nbtrace.compare.logs import KEY, LABEL, logs_of
from nbtrace.compare.repeats import FIELDS, SWEEPS_OF_A_BLOCK, Repeat, Steps, repeated_later, sweeps_of, unless_all
from nbtrace.longlogs.decimals import Flags, Floats, Ints
from nbtrace.longlogs.tally import Window, WindowSide
from nbtrace.longlogs.windows import CellLoop
from nbtrace.records import Side

_Order = tuple[int, int, int]
"""Where a repeated step comes in a log: sweep, first step with the same values, step."""


@dataclass
class RepeatCounts:
    """The steps of one log, counted, but for those of its blocks that are kept as records.

    Attributes
    ----------
    steps, sweeps : int
        Steps that have a value which they are known by, and sweeps that have such a step.
    """

    steps: int = 0
    sweeps: int = 0
    _times: dict[tuple[int, int], int] = field(default_factory=dict)
    _first: dict[tuple[int, int], _Order] = field(default_factory=dict)
    _last: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, window: Window, number: int) -> None:
        """Count the steps of one side of a window."""
        logs = logs_of(window.slots.vocabulary)
        side, shape = window.sides[number], window.shape
        kept = np.repeat(~window.aside, shape.samples)
        rows = {
            part: side.tables[CellLoop.STEP][slot].reshape(-1, shape.steps)[:, 1:]
            for name, part in logs.parts_of_a_step.items()
            if (slot := window.slots.find(name)) is not None
        }
        if KEY not in rows or not side.part.kind.size:
            return
        there = rows[KEY][kept] >= 0
        self.steps += int(np.count_nonzero(there))
        self.sweeps += int(np.count_nonzero(there.any(axis=1)))
        samples = window.samples_repeating(number)
        samples = samples[kept[samples]]
        if samples.size:
            block, point = np.divmod(samples, shape.samples)
            sweep = (shape.first_block + block) * SWEEPS_OF_A_BLOCK + point
            self._find(side, {part: own[samples] for part, own in rows.items()}, sweep)

    def _find(self, side: WindowSide, rows: dict[str, Ints], sweep: Ints) -> None:
        """Count the repeated steps of some sweeps; each table of rows has shape (sweeps, steps)."""
        alike = _alike(np.where(rows[KEY] >= 0, side.values(rows[KEY], 1)[..., 0], np.nan))
        at, tic = np.nonzero(alike)
        own = {name: table[at, tic] for name, table in rows.items()}
        texts = np.column_stack([at, *(side.part.texts(own[name]) for name in FIELDS if name in own)])
        label = own.get(LABEL, np.full(at.size, -1))
        angle = np.where(label >= 0, side.values(label, 1)[..., 0], np.nan)
        order = np.lexsort(texts.T[::-1])  # stable: the steps of a group keep their order
        new = np.concatenate([[True], (texts[order][1:] != texts[order][:-1]).any(axis=1)])
        group = np.cumsum(new) - 1
        ends = np.concatenate([np.flatnonzero(new)[1:], [order.size]]) - 1
        starts = np.flatnonzero(new)
        first, last = order[starts[group]], order[ends[group]]
        same_angle = (angle[order] == angle[last]) | (np.isnan(angle[order]) & np.isnan(angle[last]))
        repeated = np.flatnonzero((order != last) & ~same_angle)
        self._count(tic[order][repeated], tic[last][repeated], sweep[at[order]][repeated], tic[first][repeated])

    def _count(self, tic: Ints, of_tic: Ints, sweep: Ints, first_tic: Ints) -> None:
        if not tic.size:
            return
        order = np.lexsort((tic, first_tic, sweep))
        pairs = np.stack([tic[order], of_tic[order]], axis=1)
        found, first, times = np.unique(pairs, axis=0, return_index=True, return_counts=True)
        for (step, of), at, many in zip(found.tolist(), order[first].tolist(), times.tolist(), strict=True):
            self._note((step, of), many, (int(sweep[at]), int(first_tic[at]), step), int(sweep.max()))

    def _note(self, pair: tuple[int, int], times: int, first: _Order, last: int) -> None:
        self._times[pair] = self._times.get(pair, 0) + times
        self._first[pair] = min(self._first.get(pair, first), first)
        self._last[pair] = max(self._last.get(pair, last), last)

    def all(self, side: Side, aside: Steps) -> tuple[tuple[Repeat, ...], int]:
        """Return the steps that repeat others, unless all do, and how many sweeps there are; `aside` are the others."""
        every = RepeatCounts(0, 0, dict(self._times), dict(self._first), dict(self._last))
        for at, repeat in enumerate(repeated_later(aside, side)):
            every._note((repeat.phi_tic, repeat.of_tic), 1, (repeat.sample, at, 0), repeat.sample)
        in_order = sorted(every._first, key=every._first.__getitem__)
        repeated = tuple(Repeat(side, *pair, every._last[pair], every._times[pair]) for pair in in_order)
        return unless_all(repeated, self.steps + len(aside)), self.sweeps + sweeps_of(aside)


def _alike(keys: Floats) -> Flags:
    """Return which numbers another one of their row is equal to, shape (rows, columns)."""
    order = np.argsort(keys, axis=1)
    ordered = np.take_along_axis(keys, order, axis=1)
    same = ordered[:, 1:] == ordered[:, :-1]
    again = np.zeros(keys.shape, dtype=np.bool_)
    again[:, 1:] |= same
    again[:, :-1] |= same
    alike: Flags = np.zeros(keys.shape, dtype=np.bool_)
    np.put_along_axis(alike, order, again, axis=1)
    return alike

"""Pixel blocks, samples and φ passes of many values at once.

:class:`~nbtrace.parsers.reader.Placement` tells for one value after another where it belongs. The same rules read as
arrays: a block begins where an opening value follows a closing one; a sample where a per-sample value comes before its
predecessor in execution order and was seen in this sample already; a φ pass where the step falls back.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from nbtrace.longlogs.decimals import Flags, Ints

_NEVER = -2
_BEFORE = -1


@dataclass(frozen=True, slots=True)
class Roles:
    """What values mean for the blocks and samples of a log; each array has shape (n,).

    Attributes
    ----------
    opens, closes : array of bool
        Whether a value begins a block after a closed one; whether it closes one.
    rank : array of int64
        Place in execution order of a value whose repetition begins a sample, -1 for others.
    per_sample : array of bool
        Whether the value belongs to a sample.
    phi_key : array of int64
        A number for the key of a per-φ value, -1 for others.
    """

    opens: Flags
    closes: Flags
    rank: Ints
    per_sample: Flags
    phi_key: Ints

    def take(self, kind: Ints) -> "Roles":
        """Return the roles of values of the given kinds."""
        return Roles(self.opens[kind], self.closes[kind], self.rank[kind], self.per_sample[kind], self.phi_key[kind])

    def insert(self, at: Ints, other: "Roles") -> "Roles":
        """Return these roles with others before the given positions."""
        return Roles(
            np.insert(self.opens, at, other.opens),
            np.insert(self.closes, at, other.closes),
            np.insert(self.rank, at, other.rank),
            np.insert(self.per_sample, at, other.per_sample),
            np.insert(self.phi_key, at, other.phi_key),
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """Where values belong.

    Attributes
    ----------
    block, sample : array of int64, shape (n,)
    """

    block: Ints
    sample: Ints
    _block_before: int
    _closed_before: bool
    _turns: Ints
    _closing: Flags

    def state_before(self, row: int) -> tuple[int, bool]:
        """Return the pixel block under way before a value, and whether it is closed."""
        turn = int(np.searchsorted(self._turns, row)) - 1
        closed = bool(self._closing[turn]) if turn >= 0 else self._closed_before
        return (int(self.block[row - 1]) if row else self._block_before), closed


@dataclass
class ColumnPlacement:
    """Places the values of a log, one chunk after another."""

    block: int = 0
    sample: int = 0
    closed: bool = False
    _last_rank: int = -1
    _seen: set[int] = field(default_factory=set)
    _phi: "_PhiState | None" = None

    def copy(self) -> "ColumnPlacement":
        """Return a placement that goes on from here by itself."""
        return replace(self, _seen=self._seen.copy())

    def place(self, roles: Roles, step: Ints) -> Placed:
        """Return where the values of the next chunk belong, `step` being the one that their lines name."""
        turns = np.flatnonzero(roles.opens | roles.closes)
        closing = roles.closes[turns]
        after_closed = np.concatenate([[self.closed], closing[:-1]]).astype(np.bool_)[: turns.size]
        starts = turns[after_closed & ~closing]
        size = roles.rank.size
        block = self.block + _steps(np.arange(starts.size + 1), starts, size)
        boundaries = self._boundaries(roles.rank, starts, block)
        under_way = self._samples(starts, boundaries, size)
        sample = np.where(roles.per_sample, under_way, 0)
        at = np.flatnonzero(roles.phi_key >= 0)
        if at.size:
            sample[at] = self._passes(block[at], under_way[at], step[at], roles.phi_key[at])
        placed = Placed(block, sample, self.block, self.closed, turns, closing)
        self.closed = bool(closing[-1]) if turns.size else self.closed
        if size:
            self.block, self.sample = int(block[-1]), int(under_way[-1])
        return placed

    def _boundaries(self, rank: Ints, starts: Ints, block: Ints) -> Ints:
        """Return where samples begin within a block, and remember what this chunk leaves behind."""
        at = np.flatnonzero(rank >= 0)
        ranks = rank[at]
        before = np.concatenate([[self._last_rank], ranks[:-1]])[: at.size]
        falls = np.flatnonzero(ranks < before)
        falls = falls[~np.isin(at[falls], starts)]
        cuts: list[int] = []
        if falls.size:
            earlier = self._earlier_in_block(ranks, block[at])[falls]
            seen = earlier != _NEVER
            last = _BEFORE
            for fall, previous in zip(falls[seen].tolist(), earlier[seen].tolist(), strict=True):
                if previous >= last:
                    cuts.append(fall)
                    last = fall
        boundaries = at[cuts]
        cut = max(int(boundaries[-1]) if cuts else -1, int(starts[-1]) if starts.size else -1)
        if cut >= 0:
            self._seen.clear()
        self._seen.update(np.unique(ranks[np.searchsorted(at, cut) :]).tolist())
        self._last_rank = int(ranks[-1]) if at.size else self._last_rank
        return boundaries

    def _earlier_in_block(self, ranks: Ints, block: Ints) -> Ints:
        """Return where each rank stood last in the same block: a position, `_BEFORE` this chunk, or `_NEVER`."""
        order = np.argsort(ranks.astype(np.int16), kind="stable")
        earlier = np.full(ranks.shape, _NEVER)
        again = np.flatnonzero((ranks[order[1:]] == ranks[order[:-1]]) & (block[order[1:]] == block[order[:-1]]))
        earlier[order[again + 1]] = order[again]
        carried = np.flatnonzero((block == self.block) & (earlier == _NEVER))
        earlier[carried[np.isin(ranks[carried], list(self._seen))]] = _BEFORE
        return earlier

    def _samples(self, starts: Ints, boundaries: Ints, size: int) -> Ints:
        """Return the sample under way at each value."""
        cuts = np.concatenate([starts, boundaries])
        order = np.argsort(cuts, kind="stable")
        position = np.arange(cuts.size)
        base = np.maximum.accumulate(np.where(order < starts.size, position, -1))
        number = np.where(base >= 0, position - base, position + 1 + self.sample)
        return _steps(np.concatenate([[self.sample], number]), cuts[order], size)

    def _passes(self, block: Ints, sample: Ints, step: Ints, key: Ints) -> Ints:
        """Return the pass through the φ steps that each per-φ value belongs to.

        With p the pass of the value before, p → max(sample, p + 1) where the sample is another, p + 1 where the step
        falls back, p otherwise; sums and running maxima do that for all values at once.
        """
        state = self._phi or _PhiState(-1, 0, 0, -1, -1)
        new = block != np.concatenate([[state.block], block[:-1]])
        group = np.cumsum(new)
        own_key = np.concatenate([[state.key], key[new]])[group]
        changed = sample != np.concatenate([[state.sample], sample[:-1]])
        last_step = np.concatenate([[state.step], step[:-1]])
        falls = (step < last_step) | ((step == last_step) & (key == own_key))
        advance = np.cumsum((changed | falls) & ~new)
        apart = int(sample.max()) + state.number + block.size + 2
        least = np.where(new | changed, sample + group * apart, -1) - advance
        number: Ints = np.maximum.accumulate(np.concatenate([[state.number], least]))[1:] + advance - group * apart
        self._phi = _PhiState(int(block[-1]), int(sample[-1]), int(number[-1]), int(step[-1]), int(own_key[-1]))
        return number


@dataclass(frozen=True, slots=True)
class _PhiState:
    """The last per-φ value: its block, the sample under way, its pass, its step, and the first key of its block."""

    block: int
    sample: int
    number: int
    step: int
    key: int


def _steps(values: Ints, cuts: Ints, size: int) -> Ints:
    """Return `size` values that change to the next of `values` at each cut."""
    result: Ints = np.repeat(values, np.diff(np.concatenate([[0], cuts, [size]])))
    return result

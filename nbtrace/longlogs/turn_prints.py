"""What each turn of a loop prints in one long log, as numbers: which turns print what others do, digit for digit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from nbtrace.compare.turns import TELLING, Loop, TurnRepeat, TurnValues, are_telling, divided, repeats_among
from nbtrace.longlogs.by_turn import grown
from nbtrace.longlogs.columnar import TEXT_WORDS
from nbtrace.longlogs.decimals import Flags, Ints, Words
from nbtrace.longlogs.step_repeats import words_of
from nbtrace.longlogs.windows import WindowPart
from nbtrace.records import Record, Side
from nbtrace.vocabulary.vocabulary import Vocabulary

_MOST_NUMBERS = 9
_FACTORS = np.random.default_rng(1).integers(1, 2**63, (_MOST_NUMBERS, TEXT_WORDS), dtype=np.uint64) * np.uint64(2) + 1
"""Two turns that print different values have the same number hardly ever: one pair in 2⁶³."""

_WORD = (1 << 64) - 1
_NO_STEP = -1

_What = tuple[str, tuple[tuple[str, int], ...], tuple[tuple[str, tuple[int, ...]], ...]]
"""A quantity, the turns of loops that are no sweep, and places on grids."""

_Group = str | bool
"""The quantities that are summed up together: whether they are computed; of a recurrent loop, each by its name."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where in the computation some values are: the turn of the loop, and what else tells one from another.

    `step` is that of a sweep, where the loop is another one.
    """

    turn: Ints
    block: Ints
    sample: Ints
    step: Ints


@dataclass
class TurnPrints:
    """The turns of one log; each has the sum of a number for each value, its text and its place in the turn."""

    loop: Loop
    vocabulary: Vocabulary
    _sums: dict[_Group, Words] = field(default_factory=dict)
    _tell: dict[_Group, Flags] = field(default_factory=dict)
    _known: dict[_What, int] = field(default_factory=dict)

    def add(self, part: WindowPart, rows: Ints, what: _What, size: int, places: Places) -> None:
        """Add values of one kind, each of `size` numbers; no other one has any of their places."""
        text = np.zeros(rows.size, dtype=np.uint64)
        for component in range(size):
            text += (part.texts(rows, component) * _FACTORS[component]).sum(axis=1, dtype=np.uint64)
        assert part.figures is not None  # noqa: S101 - readers of what is compared tell them
        at = (part.first[rows][:, None] + np.arange(size)).ravel()
        figures = part.figures.at(at)
        telling = ((figures.digits >= TELLING) & (figures.mantissa != 0)).reshape(-1, size).any(axis=1)
        self._add(what[0], places.turn, text * self._factors(what, places), telling)

    def add_records(self, records: Iterable[Record]) -> None:
        """Add all values of some blocks or steps; of several at one place, the last one counts."""
        tokens: dict[tuple[int, int, int, int, _What], tuple[str, ...]] = {}
        sweep = None if self.loop.name == self.vocabulary.sweep else self.vocabulary.sweep
        for record in records:
            turn, index = self.loop.turn(record.quantity, record.index), record.index
            if turn is not None and record.known is not None and record.value.tokens:
                step = index.ordinal(sweep)
                what = record.quantity, index.without(self.loop.name).without(sweep).loops, index.grids
                place = turn, index.block, index.sample, _NO_STEP if step is None else step, what
                tokens[place] = record.value.tokens
        for (turn, block, sample, step, what), printed in tokens.items():
            own = Places(*(np.array([number], dtype=np.int64) for number in (turn, block, sample, step)))
            text = np.array([_number_of(printed)], dtype=np.uint64)
            telling = np.array([are_telling(printed)])
            self._add(what[0], own.turn, text * self._factors(what, own), telling)

    def _add(self, name: str, turn: Ints, numbers: Words, telling: Flags) -> None:
        if not turn.size or name not in self.vocabulary.quantities:
            return
        size, group = int(turn.max()) + 1, self._group(name)
        self._sums[group] = grown(self._sums.get(group, np.zeros(0, dtype=np.uint64)), size)
        np.add.at(self._sums[group], turn, numbers)
        if group:
            self._tell[group] = grown(self._tell.get(group, np.zeros(0, dtype=np.bool_)), size, fill=False)
            self._tell[group][turn[telling]] = True

    def _group(self, name: str) -> _Group:
        is_recurrent = self.loop.name == self.vocabulary.recurrent
        return name if is_recurrent else bool(self.vocabulary.quantities[name].inputs)

    def _divided(self) -> tuple[list[_Group], list[_Group]]:
        """Return the groups of what a program is given in the loop, and of what it computes."""
        given, computed = divided([group for group in self._sums if isinstance(group, str)], self.vocabulary, self.loop)
        return [*given, *({False} & self._sums.keys())], [*computed, *({True} & self._sums.keys())]

    def _factors(self, what: _What, places: Places) -> Words:
        """Return an odd number for each place."""
        kind = np.uint64(self._known.setdefault(what, len(self._known)) + 1)
        mixed = _mixed(places.block.astype(np.uint64) + (kind << np.uint64(40)))
        mixed = _mixed(mixed ^ places.sample.astype(np.uint64))
        return _mixed(mixed ^ places.step.astype(np.uint64)) | np.uint64(1)

    def repeats(self, side: Side, printed: Flags) -> tuple[TurnRepeat, ...]:
        """Return the turns that repeat an earlier one; `printed` says which turns print a number."""
        given, computed = self._divided()
        turns = np.flatnonzero(printed)
        starts, results = (self._sum(names, printed.size)[turns] for names in (given, computed))
        tell = np.zeros(printed.size, dtype=np.bool_)
        for group in computed:
            tell[: self._tell[group].size] |= self._tell[group][: tell.size]
        telling = tell[turns]
        if np.unique(results[telling]).size == np.count_nonzero(telling):
            return ()
        values: Mapping[int, TurnValues] = {
            turn: TurnValues(*of_turn)
            for turn, *of_turn in zip(turns.tolist(), starts.tolist(), results.tolist(), telling.tolist(), strict=True)
        }
        return repeats_among(values, side, self.loop, self.vocabulary)

    def _sum(self, groups: Iterable[_Group], size: int) -> Words:
        result = np.zeros(size, dtype=np.uint64)
        for group in groups:
            own = self._sums[group][:size]
            result[: own.size] += own
        return result


def _mixed(numbers: Words) -> Words:
    """Return numbers whose bits all depend on all bits of these."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: Words = numbers ^ (numbers >> np.uint64(31))
    return result


def _number_of(tokens: tuple[str, ...]) -> int:
    """Return the number of the text of a value, as arrays have it."""
    if len(tokens) > _MOST_NUMBERS:
        return int.from_bytes(blake2b("\n".join(tokens).encode(), digest_size=8).digest(), "little")
    pairs = zip(_FACTORS.tolist(), (words_of(token.encode()) for token in tokens), strict=False)
    number: int = sum(word * factor for factors, words in pairs for word, factor in zip(words, factors, strict=True))
    return number & _WORD

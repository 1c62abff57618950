"""The steps of long sweeps that repeat others, found by a number for the text of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from nbtrace.compare.logs import KEY, LABEL
from nbtrace.compare.repeats import FIELDS, Repeat, Steps, unless_all
from nbtrace.longlogs.columnar import TEXT_WORDS
from nbtrace.longlogs.decimals import Flags, Floats, Ints, Words
from nbtrace.longlogs.grown_arrays import GrownArray
from nbtrace.longlogs.step_queue import STEP_BITS, StepPart, distinct
from nbtrace.records import Record, Side

_LONGEST = 8 * (TEXT_WORDS - 1)
_FACTORS = np.random.default_rng(0).integers(1, 2**63, (len(FIELDS), TEXT_WORDS), dtype=np.uint64) * np.uint64(2) + 1
"""Two texts have the same number hardly ever: one pair in 2⁶³."""

_TURN = (1 << STEP_BITS) - 1
_WORD = (1 << 64) - 1


@dataclass
class StepRepeats:
    """The steps of one log that have a value which they are known by."""

    _steps: GrownArray = field(default_factory=lambda: GrownArray(np.int64))
    _texts: GrownArray = field(default_factory=lambda: GrownArray(np.uint64))
    _labels: GrownArray = field(default_factory=lambda: GrownArray(np.float64))

    def add(self, part: StepPart, rows_of: Mapping[str, Ints]) -> None:
        """Note steps; `rows_of` are the rows of each part of a step, all of them finite numbers."""
        if KEY not in rows_of or not rows_of[KEY].size:
            return
        steps = part.numbers[rows_of[KEY]]
        text = np.zeros(steps.size, dtype=np.uint64)
        before = np.zeros(steps.size, dtype=np.int64)
        for name in FIELDS:
            if name in rows_of:
                rows, has = _at(steps, part.numbers, rows_of[name])
                words = part.part.texts(rows)
                text[has] += (words * _FACTORS[before[has]]).sum(axis=1, dtype=np.uint64)
                before += has
        label = np.full(steps.size, np.nan)
        if LABEL in rows_of:
            rows, has = _at(steps, part.numbers, rows_of[LABEL])
            label[has] = part.part.numbers[part.part.first[rows]]
        self._steps.add(steps)
        self._texts.add(text)
        self._labels.add(label)

    def all(self, side: Side, aside: Steps) -> tuple[tuple[Repeat, ...], int]:
        """Return the steps that repeat others, unless all do, and how many sweeps there are, and forget them.

        `aside` are the others.
        """
        own = list(aside.items())
        numbers = np.array([(sweep << STEP_BITS) + tic for (sweep, tic), _ in own], dtype=np.int64)
        texts = np.array([_number_of(fields) for _, fields in own], dtype=np.uint64)
        of_columns: Floats = self._labels.taken()
        self._steps.add(numbers)
        self._texts.add(texts)
        steps, text = self._steps.taken(), self._texts.taken()
        sweeps = int(distinct(steps >> STEP_BITS).size)
        again = _again(text)
        if not again.any():
            return (), sweeps
        labels = np.array([fields[LABEL].numbers[0] if LABEL in fields else np.nan for _, fields in own])
        lacking = np.array([LABEL not in fields for _, fields in own], dtype=np.bool_)
        label = np.concatenate([of_columns, labels])[again]
        absent = np.concatenate([np.isnan(of_columns), lacking])[again]
        many = steps.size
        found = _repeated(steps[again], text[again], label, absent)
        if found[0].size >= many - 1:
            return (), sweeps
        columns = (found[0] & _TURN, found[1] & _TURN, found[0] >> STEP_BITS)
        each = zip(*(column.tolist() for column in columns), strict=True)
        return unless_all(tuple(Repeat(side, tic, of, sweep) for tic, of, sweep in each), many), sweeps


def _again(texts: Words) -> Flags:
    """Return which texts come more than once."""
    ordered = np.sort(texts)
    same = ordered[1:][ordered[1:] == ordered[:-1]]
    again: Flags = np.isin(texts, same) if same.size else np.zeros(texts.shape, dtype=np.bool_)
    return again


def _repeated(steps: Ints, text: Words, label: Floats, absent: Flags) -> tuple[Ints, Ints]:
    """Return the steps that repeat a later one of their sweep under another label, and that one; by first of all."""
    order = np.lexsort((steps, text, steps >> STEP_BITS))
    steps, text, label, absent = steps[order], text[order], label[order], absent[order]
    begins = np.ones(steps.size + 1, dtype=np.bool_)
    begins[1:-1] = (text[1:] != text[:-1]) | ((steps[1:] >> STEP_BITS) != (steps[:-1] >> STEP_BITS))
    group = np.cumsum(begins[:-1]) - 1
    first, last = np.flatnonzero(begins[:-1])[group], np.flatnonzero(begins[1:])[group]
    same = (label == label[last]) | (absent & absent[last])
    found = np.flatnonzero((np.arange(steps.size) != last) & ~same)
    found = found[np.lexsort((steps[found], steps[first[found]]))]
    return steps[found], steps[last[found]]


def _at(steps: Ints, numbers: Ints, rows: Ints) -> tuple[Ints, Flags]:
    """Return which of some rows are of the steps, and which of the steps have one."""
    own = numbers[rows]
    return rows[np.isin(own, steps)], np.isin(steps, own)


def _number_of(fields: Mapping[str, Record]) -> int:
    """Return the number for the text of a step that stands in records."""
    texts = [fields[name].value.text.encode() for name in FIELDS if name in fields]
    pairs = zip(_FACTORS.tolist(), map(words_of, texts), strict=False)
    number: int = sum(word * factor for factors, words in pairs for word, factor in zip(words, factors, strict=True))
    return number & _WORD


def words_of(text: bytes) -> list[int]:
    """Return a text as words: its end, and its length; of one that is longer than any in a column, another number."""
    ends = [max(0, len(text) - 8 * back) for back in range(TEXT_WORDS)]
    words = [int.from_bytes(text[low:high], "little") for high, low in pairwise(ends)]
    of_all = int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
    return [*words, len(text) if len(text) <= _LONGEST else of_all]

"""The steps of long sweeps that repeat others, found by a number for the text of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from nbtrace.compare.logs import KEY, LABEL
from nbtrace.compare.repeats import FIELDS, Repeat, Steps, unless_all
from nbtrace.longlogs.columnar import TEXT_WORDS
from nbtrace.longlogs.decimals import Floats, Ints, Words
from nbtrace.longlogs.step_queue import STEP_BITS, StepPart
from nbtrace.longlogs.windows import WindowPart
from nbtrace.records import Record, Side

_LONGEST = 8 * (TEXT_WORDS - 1)
_FACTORS = np.random.default_rng(0).integers(1, 2**63, (len(FIELDS), TEXT_WORDS), dtype=np.uint64) * np.uint64(2) + 1
"""Two texts have the same number hardly ever: one pair in 2⁶³."""

_TURN = (1 << STEP_BITS) - 1


@dataclass
class StepRepeats:
    """The steps of one log that have a value which they are known by."""

    _steps: list[Ints] = field(default_factory=list)
    _texts: list[Words] = field(default_factory=list)
    _labels: list[Floats] = field(default_factory=list)

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
                words = _words(part.part, rows)
                text[has] += (words * _FACTORS[before[has]]).sum(axis=1, dtype=np.uint64)
                before += has
        label = np.full(steps.size, np.nan)
        if LABEL in rows_of:
            rows, has = _at(steps, part.numbers, rows_of[LABEL])
            label[has] = part.part.numbers[part.part.first[rows]]
        self._steps.append(steps)
        self._texts.append(text)
        self._labels.append(label)

    def all(self, side: Side, aside: Steps) -> tuple[tuple[Repeat, ...], int]:
        """Return the steps that repeat others, unless all do, and how many sweeps there are; `aside` are the others."""
        own = list(aside.items())
        numbers = np.array([(sweep << STEP_BITS) + tic for (sweep, tic), _ in own], dtype=np.int64)
        texts = np.array([_number_of(fields) for _, fields in own], dtype=np.uint64)
        labels = np.array([fields[LABEL].numbers[0] if LABEL in fields else np.nan for _, fields in own])
        lacking = np.array([LABEL not in fields for _, fields in own], dtype=np.bool_)
        step, text, label = (
            np.concatenate([*found, last])
            for found, last in ((self._steps, numbers), (self._texts, texts), (self._labels, labels))
        )
        absent = np.concatenate([*(np.isnan(labels) for labels in self._labels), lacking])
        order = np.lexsort((step, text, step >> STEP_BITS))
        step, text, label, absent = step[order], text[order], label[order], absent[order]
        new = np.ones(step.size + 1, dtype=np.bool_)
        new[1:-1] = (text[1:] != text[:-1]) | ((step[1:] >> STEP_BITS) != (step[:-1] >> STEP_BITS))
        starts = np.flatnonzero(new[:-1])
        last = (np.flatnonzero(new[1:]))[np.cumsum(new[:-1]) - 1]
        first = starts[np.cumsum(new[:-1]) - 1]
        same = (label == label[last]) | (absent & absent[last])
        found = np.flatnonzero((np.arange(step.size) != last) & ~same)
        found = found[np.lexsort((step[found], step[first[found]]))]
        repeated = zip(
            (step[found] & _TURN).tolist(),
            (step[last[found]] & _TURN).tolist(),
            (step[found] >> STEP_BITS).tolist(),
            strict=True,
        )
        many = int(np.unique(step >> STEP_BITS).size)
        if found.size >= step.size - 1:
            return (), many
        return unless_all(tuple(Repeat(side, tic, of, sweep) for tic, of, sweep in repeated), step.size), many


def _at(steps: Ints, numbers: Ints, rows: Ints) -> "tuple[Ints, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]":
    """Return which of some rows are of the steps, and which of the steps have one."""
    own = numbers[rows]
    return rows[np.isin(own, steps)], np.isin(steps, own)


def _words(part: WindowPart, rows: Ints) -> Words:
    return part.texts(rows)


def _number_of(fields: Mapping[str, Record]) -> int:
    """Return the number for the text of a step that stands in records."""
    texts = [fields[name].value.text.encode() for name in FIELDS if name in fields]
    number = 0
    for factors, text in zip(_FACTORS.tolist(), texts, strict=False):
        words = [
            int.from_bytes(text[max(0, len(text) - 8 * back - 8) : max(0, len(text) - 8 * back)], "little")
            for back in range(TEXT_WORDS - 1)
        ]
        size = len(text)
        if size > _LONGEST:
            size = int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
        number += sum(word * factor for word, factor in zip((*words, size), factors, strict=True))
    return number & 0xFFFF_FFFF_FFFF_FFFF

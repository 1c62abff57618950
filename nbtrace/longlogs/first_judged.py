"""The first value that diverges in each turn of a loop, judged in columns: what is told of it, without a record."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np

from nbtrace.compare.align import place_of
from nbtrace.compare.judged_columns import BANDS, bands, relatives
from nbtrace.compare.precision import NumberFormat
from nbtrace.longlogs.by_turn import firsts
from nbtrace.longlogs.decimals import Floats, Ints
from nbtrace.longlogs.first_rows import FirstPairs
from nbtrace.records import INT_MIN
from nbtrace.verdicts.tolerance import Policy

_FEWEST_DIGITS = 2
"""Digits of a format from which on every number can be told from 0."""

_KIND_BITS = 31

_Told: TypeAlias = tuple[Any, ...]
"""What is told of a turn beside its counts, as :class:`~nbtrace.compare.steps.ToldTurn` has it."""


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Some pairs of values of one kind in C and one in Py, of one number each, both of which are finite."""

    turn: Ints
    numbers: tuple[Ints, Ints]
    scaled: tuple[Floats, Floats]


@dataclass(eq=False)
class JudgedFirsts:
    """The first pairs of turns, of which those are judged in columns that are of one number each.

    Every pair diverges, as arrays have found; what is told here is how far it is apart. Where the form of a value
    decides about more than that, nothing is told, and the ordinary comparison judges it.

    Attributes
    ----------
    pairs : FirstPairs
    policy : Policy
    loop : str
    formats : (mapping, mapping)
        The number formats of C and of Py, by families.
    others : set of int
        Turns of which something was compared as a record.
    """

    pairs: FirstPairs
    policy: Policy
    loop: str
    formats: tuple[Mapping[str, NumberFormat], Mapping[str, NumberFormat]]
    others: AbstractSet[int]
    _labels: dict[tuple[int, int, int], str] = field(default_factory=dict)

    def of(self, begin: int, end: int) -> dict[int, _Told]:
        """Return what is told of the turns from `begin` to `end`, by their ordinals, where columns tell it."""
        low, high = np.searchsorted(self.pairs.turn, [begin, end]).tolist()
        turn = self.pairs.turn[low:high]
        alone = firsts(turn)
        alone[:-1] &= alone[1:]
        if self.others:
            alone &= ~np.isin(turn, list(self.others))
        at = np.flatnonzero(alone) + low
        numbers = self.pairs.numbers[0][at], self.pairs.numbers[1][at]
        kinds = [kept.kind[own].astype(np.int64) for kept, own in zip(self.pairs.kept, numbers, strict=True)]
        told: dict[int, _Told] = {}
        for both in np.unique((kinds[0] << _KIND_BITS) + kinds[1]).tolist():
            c, py = both >> _KIND_BITS, both & (1 << _KIND_BITS) - 1
            if self._is_judged(c, py):
                which = np.flatnonzero((kinds[0] == c) & (kinds[1] == py))
                told.update(self._told(c, self._pairs(at[which])))
        return told

    def _is_judged(self, c: int, py: int) -> bool:
        """Whether two kinds are of one known quantity of the sweep, and print digits enough to be compared."""
        own, other = self.pairs.kept[0].kinds[c], self.pairs.kept[1].kinds[py]
        same = own.known is not None and own.known == other.known
        in_sweep = self.loop == own.sweep == other.sweep
        units = own.item.meaning.unit == other.item.meaning.unit
        digits = (formats.get(kind.family) for formats, kind in zip(self.formats, (own, other), strict=True))
        return same and in_sweep and units and all(map(_tells, digits))

    def _pairs(self, at: Ints) -> _Pairs:
        """Return the pairs at some places that are of one finite number each."""
        numbers = self.pairs.numbers[0][at], self.pairs.numbers[1][at]
        good = np.ones(at.size, dtype=np.bool_)
        scaled = []
        for kept, own in zip(self.pairs.kept, numbers, strict=True):
            begin, count = kept.spans(own)
            good &= count == 1
            value = kept.printed[np.minimum(begin, kept.printed.size - 1)]
            scale = kept.kinds[int(kept.kind[own[0]])].item.meaning.scale
            value = value if scale == 1.0 else value * scale
            good &= np.isfinite(value) & (value != INT_MIN)
            scaled.append(value)
        c, py = (own[good] for own in numbers)
        return _Pairs(self.pairs.turn[at][good], (c, py), (scaled[0][good], scaled[1][good]))

    def _told(self, kind: int, pairs: _Pairs) -> Iterator[tuple[int, _Told]]:
        known = self.pairs.kept[0].kinds[kind]
        c, py = pairs.scaled
        delta = py - c
        relative, tolerance = relatives(delta, c), self.policy.of(known.item.meaning.quantity)
        texts = (kept.texts(own) for kept, own in zip(self.pairs.kept, pairs.numbers, strict=True))
        lines = (kept.line[own].tolist() for kept, own in zip(self.pairs.kept, pairs.numbers, strict=True))
        told = zip(
            repeat(known.item.meaning.quantity),
            self._labelled(pairs.numbers[0]),
            repeat(None),
            *texts,
            relative.tolist(),
            [own / base if base else None for base, own in zip(c.tolist(), py.tolist(), strict=True)],
            [BANDS[number].value for number in bands(np.abs(delta), relative, tolerance).tolist()],
            repeat(""),
            repeat(()),
            repeat(()),
            *lines,
            repeat(None),
        )
        return zip(pairs.turn.tolist(), told, strict=False)

    def _labelled(self, numbers: Ints) -> list[str]:
        """Return where values stand in the other loops, by their numbers in C."""
        kept = self.pairs.kept[0]
        places = list(zip(*(own[numbers].tolist() for own in (kept.kind, kept.block, kept.sample)), strict=True))
        for place, number in dict(zip(places, numbers.tolist(), strict=True)).items():
            if place not in self._labels:
                (record,) = kept.records([number]).values()
                self._labels[place] = place_of(record).without(self.loop).label()
        return [self._labels[place] for place in places]


def _tells(form: NumberFormat | None) -> bool:
    """Whether a format has no number of which too few digits are printed to compare it."""
    return form is None or (form.decimals is None and not form.own and form.digits >= _FEWEST_DIGITS)

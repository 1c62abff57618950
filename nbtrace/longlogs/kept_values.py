"""Values of a long log that are kept, with their text, and made records of when they are wanted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nbtrace.longlogs.columnar import record_of
from nbtrace.longlogs.decimals import Bytes, Floats, Ints
from nbtrace.longlogs.grown_arrays import GrownArray
from nbtrace.longlogs.scan import ranges
from nbtrace.longlogs.templates import TemplateKind
from nbtrace.longlogs.windows import WindowPart
from nbtrace.records import Record

_PLACES = {"kind": np.int16, "line": np.int32, "block": np.int16, "sample": np.int16, "step": np.int32}
"""What is kept of the place of a value, in the narrowest form that is likely to hold it."""

_WIDER = (np.int16, np.int32, np.int64)


@dataclass
class KeptValues:
    """Values of one log, each of which has a number by which it is found again."""

    _kinds: list[TemplateKind] = field(default_factory=list)
    _places: dict[str, GrownArray] = field(
        default_factory=lambda: {name: GrownArray(form) for name, form in _PLACES.items()}
    )
    _count: GrownArray = field(default_factory=lambda: GrownArray(np.uint8))
    _number: GrownArray = field(default_factory=lambda: GrownArray(np.float64))
    _size: GrownArray = field(default_factory=lambda: GrownArray(np.uint8))
    _text: GrownArray = field(default_factory=lambda: GrownArray(np.uint8))

    def add(self, part: WindowPart, rows: Ints) -> Ints:
        """Keep some values, no one of them twice; return their numbers."""
        order = np.argsort(rows)
        rows = rows[order]
        numbers = np.empty(rows.size, dtype=np.int64)
        numbers[order] = self._count.size + np.arange(rows.size)
        first = 0
        for columns, low, high in part.pieces:
            begin, end = np.searchsorted(rows, [first, first + high - low]).tolist()
            if end > begin:
                which = rows[begin:end] + low - first
                self._kinds = columns.kinds
                for name, held in self._places.items():
                    self._places[name] = _added(held, getattr(columns, name)[which])
                self._count = _added(self._count, columns.offset[which + 1] - columns.offset[which])
                number, size, text = columns.printed(which)
                self._number.add(number)
                self._size = _added(self._size, size)
                self._text.add(text)
            first += high - low
        return numbers

    def taken(self) -> "KeptColumns":
        """Return the values, and have none from then on."""
        kind, line, block, sample, step = (held.taken() for held in self._places.values())
        count, size = self._count.taken(), self._size.taken()
        numbers, text = self._number.taken(), self._text.taken()
        return KeptColumns(self._kinds, kind, line, block, sample, step, numbers, _ends(count), _ends(size), text)


@dataclass(frozen=True, slots=True)
class KeptColumns:
    """Values of one log by their numbers.

    Attributes
    ----------
    kinds : list of TemplateKind
    kind, line, block, sample, step : array of int
        As :class:`~nbtrace.longlogs.columnar.Columns` has them.
    printed : array of float64
        The numbers of one value after the other, as printed, not scaled.
    """

    kinds: list[TemplateKind]
    kind: Ints
    line: Ints
    block: Ints
    sample: Ints
    step: Ints
    printed: Floats
    _offset: npt.NDArray[np.integer]
    _text_at: npt.NDArray[np.integer]
    _text: Bytes

    def texts(self, numbers: Ints) -> list[str]:
        """Return the printed text of some values of one number each."""
        return self._tokens(self.spans(numbers)[0])

    def spans(self, numbers: Ints) -> tuple[Ints, Ints]:
        """Return where the printed numbers of some values begin, and how many there are of each."""
        begin = self._offset[numbers].astype(np.int64)
        return begin, self._offset[numbers + 1] - begin

    def _tokens(self, at: Ints) -> list[str]:
        begin, end = (self._text_at[numbers].astype(np.int64) for numbers in (at, at + 1))
        low = int(begin.min(initial=self._text.size))
        text = self._text[low : int(end.max(initial=low))].tobytes().decode()
        return [text[first:last] for first, last in zip((begin - low).tolist(), (end - low).tolist(), strict=True)]

    def records(self, numbers: Iterable[int]) -> dict[int, Record]:
        """Return values as the line reader gives them, by their numbers."""
        wanted = sorted(set(numbers))
        return dict(zip(wanted, self._records(np.array(wanted, dtype=np.int64)), strict=True))

    def _records(self, some: Ints) -> Iterator[Record]:
        places = (column[some].tolist() for column in (self.kind, self.line, self.block, self.sample, self.step))
        begin, count = self.spans(some)
        at = ranges(begin, count)
        tokens, numbers, ends = self._tokens(at), self.printed[at].tolist(), np.cumsum(count).tolist()
        for kind, line, block, sample, step, low, high in zip(*places, [0, *ends], ends, strict=False):
            place = line, block, sample, step
            yield record_of(self.kinds[kind], tuple(tokens[low:high]), tuple(numbers[low:high]), place)


def _added(held: GrownArray, more: Ints) -> GrownArray:
    """Add whole numbers to an array, or to a wider one if they are too large for it; return it."""
    most = int(more.max(initial=0))
    if most > np.iinfo(held.dtype).max:
        held = held.widened(next(form for form in _WIDER if most <= np.iinfo(form).max))
    held.add(more)
    return held


def _ends(counts: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Return where each of some ranges that follow each other begins, and where the last one ends."""
    total = int(counts.sum(dtype=np.int64))
    result: npt.NDArray[np.integer] = np.zeros(
        counts.size + 1, dtype=np.uint32 if total <= np.iinfo(np.uint32).max else np.int64
    )
    np.cumsum(counts, out=result[1:])
    return result

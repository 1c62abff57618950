"""Logs of millions of lines as columns: the values, places and account that the line reader gives, in bounded memory.

Regular lines become arrays; every other line goes through the line reader itself, in its place among the others.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

import numpy as np

from nbtrace.longlogs.chunks import CHUNK, Chunk, NotColumnarError, read_chunks
from nbtrace.longlogs.column_knowledge import columns_of
from nbtrace.longlogs.decimals import PAD, Bytes, Figures, Flags, Floats, Ints, Words, word_at
from nbtrace.longlogs.odd_lines import OddLines
from nbtrace.longlogs.placing import ColumnPlacement
from nbtrace.longlogs.plain_logs import PlainLogSniffer
from nbtrace.longlogs.reading_again import ChunkMark, ReadingAgain
from nbtrace.longlogs.scan import BLANK, Scan, ranges, scan
from nbtrace.longlogs.templates import TemplateKind, Templates
from nbtrace.parsers.dialect import dialect_of
from nbtrace.parsers.reader import LogReader
from nbtrace.parsers.source import open_end, text_of
from nbtrace.records import Account, Index, Pixel, Record, Setting, Shape, Side, Trace, Unreadable, Value
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

__all__ = ["ColumnReader", "Columns", "NotColumnarError"]

_FEW = 4
"""Times as many rows from which on some of them get a text of their own."""

TEXT_WORDS = 5
"""Words that hold the text of a number of up to 32 characters, and its length."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The values of some consecutive lines; row i is one value, in file order.

    Attributes
    ----------
    kinds : list of TemplateKind
        What the values of a kind have in common; shared by all chunks of a log.
    kind, line, block, sample : array of int64, shape (n,)
        Kind, line number (from 1), pixel block and sample of each value.
    step : array of int64, shape (n,)
        Step of the sweep that the line names, -1 if it names none.
    offset : array of int64, shape (n + 1,)
        Numbers of value i are `numbers[offset[i]:offset[i + 1]]`, as printed (not scaled).
    numbers : array of float64, shape (m,)
    odd : tuple of Record
        Values from the lines that the line reader read, complete.
    figures : Figures or None
        How each of the numbers was printed, where the reader was asked for it.
    """

    kinds: list[TemplateKind]
    kind: Ints
    line: Ints
    block: Ints
    sample: Ints
    step: Ints
    offset: Ints
    numbers: Floats
    odd: tuple[Record, ...]
    _text: Bytes
    _text_start: Ints
    _text_stop: Ints
    figures: Figures | None = None

    def tokens(self, row: int) -> tuple[str, ...]:
        """Return the printed text of each number of a value."""
        low, high = self.offset[row : row + 2].tolist()
        return tuple(map(self.token, range(low, high)))

    def token(self, number: int) -> str:
        """Return the printed text of a number."""
        return self._text[self._text_start[number] : self._text_stop[number]].tobytes().decode()

    def value_texts(self, rows: Ints) -> list[str]:
        """Return the printed text of values."""
        if not rows.size:
            return []
        low, high = self.offset[rows], self.offset[rows + 1]
        start, stop = self._text_start[low], self._text_stop[high - 1]
        begin = int(start.min())
        text = self._text[begin : int(stop.max())].tobytes().decode("latin-1")
        texts = [text[first:end] for first, end in zip((start - begin).tolist(), (stop - begin).tolist(), strict=True)]
        several = np.flatnonzero(high - low > 1)
        low, high = low[several], high[several]
        lengths = np.concatenate([[0], np.cumsum(self._text_stop - self._text_start)])
        one_blank = stop[several] - start[several] == lengths[high] - lengths[low] + high - low - 1
        for at in several[~one_blank].tolist():
            texts[at] = " ".join(self.tokens(int(rows[at])))
        return texts

    def texts(self, rows: Ints, component: int = 0) -> Words:
        """Return the printed text of a number of each value as words, shape (n, words): its end, and its length."""
        number = self.offset[rows] + component
        stop = self._text_stop[number]
        length = stop - self._text_start[number]
        words = self._text.view(np.uint64)
        result = np.zeros((rows.size, TEXT_WORDS), dtype=np.uint64)
        for back in range(min(TEXT_WORDS - 1, -(-int(length.max(initial=0)) // 8))):
            left = np.clip(length - 8 * back, 0, 8)  # bytes of the word that are of the text, its last ones
            text = word_at(words, stop - 8 * (back + 1)) >> (64 - 8 * np.maximum(left, 1)).astype(np.uint64)
            result[:, back] = np.where(left > 0, text, 0)
        result[:, -1] = length
        return result

    def printed(self, rows: Ints) -> tuple[Floats, Ints, Bytes]:
        """Return the numbers of some values, how long the text of each number is, and the texts behind one another."""
        low, high = self.offset[rows], self.offset[rows + 1]
        at = ranges(low, high - low)
        start, size = self._text_start[at], self._text_stop[at] - self._text_start[at]
        return self.numbers[at], size, self._text[ranges(start, size)]

    def part(self, low: int, high: int) -> "Columns":
        """Return rows `low` to `high` without the odd values, as a copy that keeps nothing else in memory."""
        first, last = self.offset[[low, high]].tolist()
        start, stop = (int(self._text_start[first]), int(self._text_stop[last - 1])) if last > first else (0, 0)
        return Columns(
            kinds=self.kinds,
            kind=self.kind[low:high].copy(),
            line=self.line[low:high].copy(),
            block=self.block[low:high].copy(),
            sample=self.sample[low:high].copy(),
            step=self.step[low:high].copy(),
            offset=self.offset[low : high + 1] - first,
            numbers=self.numbers[first:last].copy(),
            odd=(),
            _text=self._text[start:stop].copy(),
            _text_start=self._text_start[first:last] - start,
            _text_stop=self._text_stop[first:last] - start,
        )

    def count_steps(self) -> int:
        """Return how many values of the first block are of a step that their line names."""
        return int(np.count_nonzero((self.step >= 0) & (self.block == self.block[:1]))) if self.kind.size else 0

    def some(self, which: Ints, odd: tuple[Record, ...] = ()) -> "Columns":
        """Return some rows, in order, with these odd values; few of many keep nothing else in memory."""
        low, high = self.offset[which], self.offset[which + 1]
        at = ranges(low, high - low)
        start, stop, text = self._text_start[at], self._text_stop[at], self._text
        if which.size * _FEW < self.kind.size:
            begin = start[np.cumsum(high - low) - (high - low)]
            end = self._text_stop[high - 1] if which.size else begin
            size = end - begin + PAD
            moved = np.cumsum(size) - size + PAD - begin
            text = np.zeros(-(-int(size.sum() + 2 * PAD) // 8) * 8, dtype=np.uint8)
            source = ranges(begin, end - begin)
            text[source + np.repeat(moved, end - begin)] = self._text[source]
            moved = np.repeat(moved, high - low)
            start, stop = start + moved, stop + moved
        return Columns(
            kinds=self.kinds,
            kind=self.kind[which],
            line=self.line[which],
            block=self.block[which],
            sample=self.sample[which],
            step=self.step[which],
            offset=np.concatenate([[0], np.cumsum(high - low)]),
            numbers=self.numbers[at],
            odd=odd,
            _text=text,
            _text_start=start,
            _text_stop=stop,
            figures=None if self.figures is None else self.figures.at(at),
        )

    def of_blocks(self, again: ReadingAgain) -> "Columns":
        """Return the values of the blocks that are read again."""
        wanted = again.are_wanted(self.block)
        odd = tuple(record for record in self.odd if again.are_wanted(np.array([record.index.block])).all())
        return self if wanted.all() and len(odd) == len(self.odd) else self.some(np.flatnonzero(wanted), odd)

    def record(self, row: int) -> Record:
        """Return a value as the line reader gives it."""
        return next(self.some(np.array([row]))._rows())

    def _rows(self) -> Iterator[Record]:
        """Yield the values of regular lines."""
        text, numbers, offset = self._text.tobytes(), self.numbers.tolist(), self.offset.tolist()
        start, stop = self._text_start.tolist(), self._text_stop.tolist()
        places = (column.tolist() for column in (self.kind, self.line, self.block, self.sample, self.step))
        for kind, line, block, sample, step, low, high in zip(*places, offset, offset[1:], strict=False):
            tokens = tuple(text[start[at] : stop[at]].decode() for at in range(low, high))
            place = line, block, sample, step
            yield record_of(self.kinds[kind], tokens, tuple(numbers[low:high]), place)

    def records(self) -> Iterator[Record]:
        """Yield all values of the chunk in file order."""
        odd = iter(self.odd)
        pending = next(odd, None)
        for record in self._rows():
            while pending is not None and pending.line < record.line:
                yield pending
                pending = next(odd, None)
            yield record
        if pending is not None:
            yield pending
        yield from odd


def record_of(
    kind: TemplateKind, tokens: tuple[str, ...], numbers: tuple[float, ...], place: tuple[int, int, int, int]
) -> Record:
    """Return a value of a regular line, of which the number, the block, the sample and the step are given."""
    line, block, sample, step = place
    meaning, index = kind.item.meaning, kind.item.index
    loops = index.loops
    if kind.sweep is not None:
        loops = tuple((name, step if name == kind.sweep else ordinal) for name, ordinal in loops)
    return Record(
        key=kind.item.key,
        quantity=meaning.quantity,
        value=Value(Shape.SCALAR if len(tokens) == 1 else Shape.VECTOR, numbers, tokens, " ".join(tokens)),
        unit=meaning.unit,
        scale=meaning.scale,
        side=kind.side,
        family=kind.family,
        line=line,
        index=Index(block, sample, loops, index.grids),
        known=kind.known,
    )


@dataclass
class ColumnReader:
    """Reads one log by chunks; what it says of the whole log is complete once :meth:`chunks` has ended.

    Attributes
    ----------
    source : str
        File name, plain or gzip; `-` for standard input.
    size : int
        Bytes to read at a time.
    vocabulary : Vocabulary
    with_figures : bool
        Whether columns tell how their numbers were printed.
    keeps_marks : bool
        Whether some blocks of the log may be read once more.
    again : ReadingAgain or None
        Which blocks of the log are read, where it is read once more; by default all.
    torn : Unreadable or None
        What is said of the last line, where it is not to be read because its number is not whole.
    settings : dict of str to Setting
    pixels : dict of int to Pixel
        As :class:`~nbtrace.records.Trace` has them.
    """

    source: str
    size: int = CHUNK
    vocabulary: Vocabulary = field(default_factory=registry.default)
    with_figures: bool = False
    settings: dict[str, Setting] = field(default_factory=dict)
    pixels: dict[int, Pixel] = field(default_factory=dict)
    keeps_marks: bool = False
    again: ReadingAgain | None = None
    torn: Unreadable | None = None
    _sweep_keys: dict[str, int] = field(default_factory=dict)
    _places: ColumnPlacement = field(default_factory=ColumnPlacement)
    _dialects: dict[str, int] = field(default_factory=dict)
    _used: int = 0
    _ignored: int = 0
    _total: int = 0
    _cut: bool = False
    _open_line: str = ""
    _unpacked: int = 0
    _tagged: bool = False
    _sides: set[Side] = field(default_factory=set)
    _marks: list[ChunkMark] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.again is not None:
            self._sweep_keys.update(self.again.sweep_keys)
        self._dialect = dialect_of(self.vocabulary)
        self._templates = Templates(self._dialect)
        self._knowledge = columns_of(self.vocabulary)
        self._roles = self._knowledge.roles([], {})
        self._lines = OddLines(self.source, self._dialect, self.settings)
        self._sniffer = PlainLogSniffer()

    def chunks(self) -> Iterator[Columns]:
        """Yield the log from its first line to its last.

        Raises
        ------
        InputError
            If the source is missing, unreadable or binary.
        NotColumnarError
            If only the line reader can read it; may come after chunks that then mean nothing.
        """
        left_out = False
        last_line = b""
        for number, whole in enumerate(read_chunks(self.source, self.size)):
            chunk, last_line = self._without_torn_line(whole)
            if self.again is not None and self.again.leaves_out(number):
                left_out = True
                continue
            if self.again is not None and left_out and number < len(self.again.marks):
                mark = self.again.marks[number]
                self._total, self._places, left_out = mark.lines, mark.places.copy(), False
            self._sniffer.look(chunk)
            self._unpacked += chunk.stop - chunk.start
            self._cut = self._cut or chunk.cut
            lines, places, odd = self._total, self._places.copy(), self._lines.total
            if chunk.is_blank:
                # Many blank lines would make arrays a hundred times their size.
                blank = chunk.text.count(b"\n")
                self._total += blank
                self._ignored += blank
            elif chunk.stop > chunk.start:
                columns = self._columns(scan(chunk, self._templates))
                self._mark(lines, places, is_regular=odd == self._lines.total)
                yield columns if self.again is None else columns.of_blocks(self.again)
                continue
            self._mark(lines, places, is_regular=False)
        if last_line:
            self._pass_over(text_of(last_line).rstrip("\n"))
        if not self._tagged and not self._used:
            raise NotColumnarError(f"{self.source} has no line with a trace prefix")
        if len(self._lines.ranks) > 1:
            raise NotColumnarError(f"several processes have printed into {self.source}")

    def _without_torn_line(self, chunk: Chunk) -> tuple[Chunk, bytes]:
        """Return a chunk without its last line where that is torn, and the line; take notice of one without an end."""
        if not chunk.cut:
            return chunk, b""
        self._open_line = open_end(chunk.last_line.removesuffix(b"\n"))
        return (chunk, b"") if self.torn is None else (chunk.without_last_line(), chunk.last_line)

    def _pass_over(self, line: str) -> None:
        """Count a line that is not read, and the form that it has."""
        self._total += 1
        alone = LogReader(self.source, self._dialect)
        alone.read([line])
        for dialect in alone.dialects:
            self._note(dialect, self._total)

    def _mark(self, lines: int, places: ColumnPlacement, *, is_regular: bool) -> None:
        if self.keeps_marks:
            self._marks.append(ChunkMark(lines, places, self._places.block, is_regular))

    @property
    def account(self) -> Account:
        """What became of the lines read so far."""
        lines = self._lines
        return Account(
            self._total,
            self._used + lines.used,
            lines.structure,
            self._ignored + lines.ignored,
            (*lines.unreadable, *([self.torn] if self.torn is not None and self._cut else [])),
            self._cut,
            self._open_line,
        )

    def reading_again(self, wanted: Flags) -> ReadingAgain:
        """Return how some blocks of the log are read once more, when it has been read."""
        return ReadingAgain(tuple(self._marks), self._sweep_keys.copy(), wanted)

    @property
    def unpacked(self) -> int:
        """Bytes of the log that have been read so far, as they are unpacked."""
        return self._unpacked

    @property
    def statistics(self) -> tuple[Record, ...]:
        """What the lines read so far say of the whole result."""
        return tuple(self._lines.statistics)

    @property
    def side(self) -> Side:
        """The program whose prefix the lines read so far carry."""
        return next((side for side in (Side.C, Side.PY) if side in self._sides), Side.UNKNOWN)

    @property
    def dialects(self) -> tuple[str, ...]:
        """Names of the dialects found so far, in the order of their first lines."""
        found = self._dialects.copy()  # Another thread may read on.
        return tuple(sorted(found, key=found.__getitem__))

    def trace(self, records: Iterable[Record], blocks: AbstractSet[int]) -> Trace:
        """Return some values of the lines read so far as a trace, with the pixels of the given blocks.

        What it says of the log is a copy: another thread may read on meanwhile.
        """
        return Trace(
            self.source,
            tuple(sorted(records, key=lambda record: record.line)),
            self.settings.copy(),
            self.account,
            self.dialects,
            {block: pixel for block, pixel in self.pixels_so_far().items() if block in blocks},
            self.vocabulary,
            statistics=self.statistics,
        )

    def pixels_so_far(self) -> dict[int, Pixel]:
        """Return the pixels of the lines read so far, as a copy: another thread may read on meanwhile."""
        return self.pixels.copy()

    def _columns(self, scanned: Scan) -> Columns:
        first_line = self._total + 1
        self._total += scanned.template.size
        self._count(scanned, first_line)
        for dialect, number in self._lines.read_odd(scanned, first_line):
            self._note(dialect, number)
        records, items = self._lines.taken()
        self._tagged = self._tagged or any(self._dialect.is_prefixed(record.family) for record in records)
        self._sides.update(record.side for record in records)
        if self._sides >= {Side.C, Side.PY}:
            raise NotColumnarError(f"{self.source} holds the traces of both programs")
        new = self._templates.kinds[self._roles.rank.size :]
        if new:
            self._roles = self._roles.insert(
                np.full(len(new), self._roles.rank.size),
                self._knowledge.roles([kind.item for kind in new], self._sweep_keys),
            )
        roles, step, line = self._roles.take(scanned.kind), scanned.step, scanned.row_line + first_line
        odd_line = np.array([record.line for record in records], dtype=np.int64)
        at = np.searchsorted(line, odd_line)
        if records:
            stated = [item.index.ordinal(self.vocabulary.sweep) for item in items]
            odd_step = [-1 if ordinal is None else ordinal for ordinal in stated]
            roles, step = (
                roles.insert(at, self._knowledge.roles(items, self._sweep_keys)),
                np.insert(step, at, odd_step),
            )
        placed = self._places.place(roles, step)
        self._lines.place_pixels(placed, np.insert(line, at, odd_line), self.pixels)
        own = np.ones(placed.block.shape, dtype=np.bool_)
        odd_row = at + np.arange(at.size)
        own[odd_row] = False
        return Columns(
            kinds=self._templates.kinds,
            kind=scanned.kind,
            line=line,
            block=placed.block[own] if records else placed.block,
            sample=placed.sample[own] if records else placed.sample,
            step=scanned.step,
            offset=scanned.offset,
            numbers=scanned.numbers,
            odd=tuple(
                replace(record, index=replace(record.index, block=int(block), sample=int(sample)))
                for record, block, sample in zip(records, placed.block[odd_row], placed.sample[odd_row], strict=True)
            ),
            _text=scanned.chunk.buffer,
            _text_start=scanned.text_start,
            _text_stop=scanned.text_stop,
            figures=scanned.figures() if self.with_figures else None,
        )

    def _count(self, scanned: Scan, first_line: int) -> None:
        regular = scanned.template[scanned.template >= 0]
        self._used += regular.size
        self._ignored += int(np.count_nonzero(scanned.template == BLANK))
        present = np.flatnonzero(np.bincount(regular)).tolist()
        self._sides.update(self._templates.templates[at].side for at in present)
        fresh = [
            (number, template.dialect)
            for number, template in enumerate(self._templates.templates)
            if template.dialect not in self._dialects
        ]
        for number, dialect in fresh:
            at = np.flatnonzero(scanned.template == number)
            if at.size:
                self._note(dialect, int(at[0]) + first_line)

    def _note(self, dialect: str, line: int) -> None:
        self._dialects[dialect] = min(line, self._dialects.get(dialect, line))

"""From the rows of a structured file to a trace: records with their places, and an account of every line."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from nbtrace.errors import InputError, UsageError
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.misfits import misfit
from nbtrace.parsers.placed_rows import CellRow, PlacedRow
from nbtrace.parsers.sheets import Sheet, Sheets, with_vectors
from nbtrace.parsers.structured_cells import cell_value, has_thousands, named_numbers
from nbtrace.records import Account, Index, Pixel, Record, Shape, Side, Trace, Unreadable, Value
from nbtrace.vocabulary.quantity import Kind, Meaning, Quantity, Scope
from nbtrace.vocabulary.vocabulary import REPEAT

MOST_VALUES = 200_000
"""Values of one structured file; a file of more is no trace that anybody reads."""

_SHOWN = 120


def fitted(odd: tuple[Unreadable, ...], lines: int) -> tuple[Unreadable, ...]:
    """Return as many problems as the file has lines, so that its account adds up; the last stands for the rest, too."""
    if len(odd) <= lines:
        return odd
    rest = tuple(name for bad in odd[lines:] for name in bad.quantities)
    return (*odd[: lines - 1], replace(odd[lines - 1], quantities=(*odd[lines - 1].quantities, *rest)))


def traces_of(read: Sheets, source: str, lines: int, dialect: Dialect, *, cut: bool = False) -> tuple[Trace, ...]:
    """Return the trace of each program in a structured file.

    Parameters
    ----------
    read : Sheets
    source : str
        The name that records and messages give.
    lines : int
        Lines of the file.
    dialect : Dialect
    cut : bool
        The file ends too early.

    Raises
    ------
    InputError
        If it holds more values than a trace has.
    """
    return tuple(_trace(sheet, read, source, lines, dialect, cut=cut) for sheet in read.sheets)


def _trace(sheet: Sheet, read: Sheets, source: str, lines: int, dialect: Dialect, *, cut: bool) -> Trace:
    builder = TraceBuilder(source, dialect, sheet.side, read.form, named=sheet.named)
    for row in sheet.rows:
        builder.add(row)
    odd = fitted((*read.unreadable, *builder.unreadable), lines)
    records = builder.finished()
    if not records:
        account = Account(lines, 0, 0, lines - len(odd), odd, cut)
        form = f"{read.form} without a trace"
        return Trace(source, (), {}, account, (form,), vocabulary=dialect.vocabulary, readings=read.readings)
    structure = min(read.structure, lines - len(odd))
    readable = lines - len(odd) - structure
    used = readable if read.used is None else min(read.used, readable)
    account = Account(lines, used, structure, readable - used, odd, cut)
    readings = (*read.readings, *builder.readings)
    pixels, forms = builder.pixels, (read.form,)
    return Trace(source, records, {}, account, forms, pixels, dialect.vocabulary, readings, structured=True)


@dataclass
class TraceBuilder:
    """Makes records of rows, in order."""

    source: str
    dialect: Dialect
    side: Side
    form: str
    named: bool = False
    pixels: dict[int, Pixel] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)
    _records: list[Record] = field(default_factory=list)
    _knows: bool = False
    _blocks: dict[Pixel, int] = field(default_factory=dict)
    _points: dict[int, dict[tuple[object, ...], int]] = field(default_factory=dict)
    _counts: dict[tuple[int, Index], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, row: CellRow) -> None:
        """Use the cells of a row."""
        parts = self.dialect.json_parts
        cells = with_vectors(row.cells, self.dialect.vocabulary, parts)
        placed = self.dialect.placed_row(replace(row, cells=cells))
        if placed.problem is not None:
            self.unreadable.append(Unreadable(row.line, placed.problem[:_SHOWN], placed.problem[:_SHOWN]))
        block, index = self._place(placed, row)
        values = [(key, raw) for key, raw in placed.cells.items() if self._value(key, raw, placed, row.line)]
        if placed.pixel is not None and (values or row.number is None):
            self.pixels.setdefault(block, placed.pixel)
        for key, raw in values:
            self._take(key, raw, placed, index, row.line)

    def _place(self, placed: PlacedRow, row: CellRow) -> tuple[int, Index]:
        vocabulary, index, block = self.dialect.vocabulary, placed.index, 0
        if placed.pixel is not None and row.number is not None:
            block = self._blocks.setdefault(placed.pixel, len(self._blocks))
        elif placed.counted and vocabulary.has_blocks:
            block = row.number or 0
        sample = 0
        if placed.point:
            points = self._points.setdefault(block, {})
            sample = points.setdefault(placed.point, len(points))
        elif placed.counted and not vocabulary.has_blocks and row.number:
            index = replace(index, loops=((REPEAT, row.number), *index.loops))
        elif placed.counted and placed.pixel is not None:
            sample = self._counts[block, index]
            self._counts[block, index] += 1
        return block, replace(index, block=block, sample=sample)

    def _meaning(self, key: str, placed: PlacedRow, unit: str | None = None) -> Meaning:
        own = placed.meaning(key) if placed.meaning is not None else None
        return self.dialect.vocabulary.meaning(key, unit) if own is None else own

    def _value(self, key: str, raw: object, placed: PlacedRow, line: int) -> Value | None:
        """Return the value of a cell that counts; what should be one and is none is noted."""
        meant = self._meaning(key, placed)
        known = self.dialect.vocabulary.quantities.get(meant.quantity)
        if known is None:
            return self._of_unknown(raw, own=placed.meaning is not None)
        value = _of_known(raw, known)
        complaint = _complaint(key, raw, value, known)
        if value is not None and value.shape is Shape.SENTINEL and self._in_sweep(placed):
            complaint = f"{key} has no value in this row"
        if complaint is not None:
            self.unreadable.append(Unreadable(line, f"{key}: {raw!r}"[:_SHOWN], complaint, (known.name,)))
            return None
        return value

    def _in_sweep(self, placed: PlacedRow) -> bool:
        """Whether a row is a step of the sweep of the vocabulary, whose values are numbers or nothing."""
        return placed.index.ordinal(self.dialect.vocabulary.sweep) is not None

    def _of_unknown(self, raw: object, *, own: bool) -> Value | None:
        value = None if isinstance(raw, bool) and not own else cell_value(raw)
        if value is None or value.shape is Shape.TEXT:
            return None
        return value if value.tokens or (self.named and value.shape is Shape.SENTINEL) else None

    def _take(self, key: str, raw: object, placed: PlacedRow, index: Index, line: int) -> None:
        vocabulary = self.dialect.vocabulary
        known = vocabulary.quantities.get(self._meaning(key, placed).quantity)
        value = cell_value(raw) if known is None else _of_known(raw, known)
        if value is None:
            return
        try:
            meant = self._meaning(key, placed, value.unit)
        except UsageError as error:
            names = (known.name,) if known is not None else ()
            self.unreadable.append(Unreadable(line, f"{key}: {raw!r}"[:_SHOWN], f"{key}: {error}", names))
            return
        if len(self._records) >= MOST_VALUES:
            raise InputError(
                f"{self.source} holds more than {MOST_VALUES} values, which nbtrace does not read as a trace"
            )
        self._knows = self._knows or known is not None or placed.meaning is not None
        self._records.append(
            Record(
                key=key,
                quantity=meant.quantity,
                value=value,
                unit=meant.unit,
                scale=meant.scale,
                side=self.side,
                family=self.form,
                line=line,
                index=index,
                known=known,
            )
        )

    def finished(self) -> tuple[Record, ...]:
        """Return the records; none where the vocabulary knows no key of a file that does not say that they are one."""
        if not self._knows and not self.named:
            return ()
        return tuple(_by_rows(self._records))


def _of_known(raw: object, known: Quantity) -> Value | None:
    if known.kind is Kind.TEXT:
        text = str(raw).strip() if isinstance(raw, str | int | float) else None
        return None if text is None else Value(Shape.TEXT, (), (), text)
    if known.kind is Kind.NAMED and isinstance(raw, dict):
        return named_numbers(raw)
    value = cell_value(raw)
    if value is not None and value.shape is Shape.MATRIX and known.kind is not Kind.MATRIX:
        return replace(value, shape=Shape.VECTOR)
    return value


def _complaint(key: str, raw: object, value: Value | None, known: Quantity) -> str | None:
    """Return what is wrong with the value of a quantity; None where nothing is."""
    if isinstance(raw, str) and has_thousands(raw) and known.size == 1:
        return f"{key}: {raw.strip()!r} has a comma between its digits; write the number without"
    if value is None or (value.shape is Shape.TEXT and known.kind is not Kind.TEXT):
        return f"{key} is no number"
    return misfit(key, known, value.shape, value.numbers)


def _by_rows(records: list[Record]) -> Iterable[Record]:
    """Yield records; what is computed once in a run but differs from row to row is a quantity of each row there."""
    seen: dict[str, dict[tuple[float, ...], None]] = defaultdict(dict)
    places: dict[str, dict[Index, None]] = defaultdict(dict)
    for record in records:
        if record.scope is Scope.RUN:
            seen[record.quantity][record.numbers] = None
            places[record.quantity][record.index] = None
    varying = {name for name, numbers in seen.items() if len(numbers) > 1 and len(places[name]) > 1}
    for record in records:
        yield replace(record, known=None) if record.quantity in varying else record

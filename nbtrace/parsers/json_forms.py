"""The forms of JSON that hold a trace: flat or nested, lists of records, a table, or both programs in one file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.placed_rows import PIXEL_KEYS, CellRow, pixel_in
from nbtrace.parsers.sheets import Sheet, Sheets
from nbtrace.parsers.side_titles import side_columns
from nbtrace.parsers.structured_cells import cell_value
from nbtrace.parsers.titled_tables import TableRow, TitledTable, read_table
from nbtrace.records import Pixel, Side
from nbtrace.vocabulary.quantity import Kind
from nbtrace.vocabulary.vocabulary import Vocabulary

_TRACES = frozenset({"trace", "traces", "quantities", "values"})
"""Keys of an object of which every key is a quantity."""

_MOST_ROWS = 100_000
_Path: TypeAlias = tuple[str, ...]


def read_json_forms(data: object, dialect: Dialect) -> Sheets | None:
    """Return what a JSON document holds; None where it is no trace of any form."""
    for table in _tables(data):
        read = read_table(table, "JSON table", dialect.vocabulary, dialect.json_parts)
        if read is not None and len(read.sheets) == 2:
            return read
    if isinstance(data, dict) and (both := _both(data, dialect)) is not None:
        return both
    if isinstance(data, dict) and (frame := _data_frame(data, dialect.vocabulary)) is not None:
        return read_table(frame, "JSON table", dialect.vocabulary, dialect.json_parts)
    if isinstance(data, list):
        return _listed(data, dialect)
    return _of_one(data, dialect, Side.UNKNOWN) if isinstance(data, dict) else None


def read_records(records: list[tuple[int, Mapping[str, Any]]], dialect: Dialect, form: str) -> Sheets | None:
    """Return what records, each with its line, hold: a quantity each, the cells of rows, or parts of one row."""
    titles = tuple(dict.fromkeys(key for _, record in records for key in record))
    table = TitledTable(
        titles,
        tuple(TableRow(tuple(record.get(title, "") for title in titles), line) for line, record in records),
        is_list=False,
    )
    alike = len(records) > 1 and set.intersection(*(set(record) for _, record in records))
    if alike:
        read = read_table(table, form, dialect.vocabulary, dialect.json_parts)
        if read is not None and (len(read.sheets) == 2 or read.sheets[0].named):
            return read
    found = _Found(dialect)
    repeated = len({key for _, record in records for key in record}) < sum(len(record) for _, record in records)
    for number, (line, record) in enumerate(records):
        found.record(record, line, number if repeated or len(records) == 1 else None)
    return found.sheets(form, Side.UNKNOWN)


def _listed(data: list[Any], dialect: Dialect) -> Sheets | None:
    if not data or len(data) > _MOST_ROWS or not all(isinstance(item, dict) for item in data):
        return None
    return read_records([(1, item) for item in data], dialect, "JSON records")


def _tables(data: object) -> Iterator[TitledTable]:
    """Yield whatever has the form of a table, from the top down."""
    level = [data]
    while level:
        for node in level:
            if isinstance(node, dict):
                yield from _of_objects(node)
                yield from _of_columns(node)
            elif isinstance(node, list) and len(node) <= _MOST_ROWS and all(isinstance(item, dict) for item in node):
                titles = tuple(dict.fromkeys(key for item in node for key in item))
                yield TitledTable(titles, tuple(TableRow(tuple(map(item.get, titles))) for item in node), is_list=False)
        level = [inner for node in level for inner in _inside(node)]


def _inside(node: object) -> list[Any]:
    held = node.values() if isinstance(node, dict) else ()
    return [inner for inner in held if isinstance(inner, dict | list)]


def _of_objects(node: Mapping[str, Any]) -> Iterator[TitledTable]:
    """Yield the table of an object of objects, each of which is a row under its key."""
    rows = {key: item for key, item in node.items() if isinstance(item, dict)}
    if rows and len(rows) == len(node):
        titles = tuple(dict.fromkeys(key for item in rows.values() for key in item))
        if "quantity" not in titles:
            cells = (TableRow((key, *map(item.get, titles))) for key, item in rows.items())
            yield TitledTable(("quantity", *titles), tuple(cells), is_list=False)


def _of_columns(node: Mapping[str, Any]) -> Iterator[TitledTable]:
    """Yield the table of an object of columns, or of a list of titles beside a list of rows."""
    columns = {key: item for key, item in node.items() if isinstance(item, list)}
    lengths = {len(item) for item in columns.values()}
    if len(columns) == len(node) > 1 and len(lengths) == 1 and max(lengths) <= _MOST_ROWS:
        yield TitledTable(tuple(columns), tuple(map(TableRow, zip(*columns.values(), strict=True))), is_list=False)
    yield from _of_titles(node)


def _of_titles(node: Mapping[str, Any]) -> Iterator[TitledTable]:
    titles, rows = node.get("columns"), node.get("data", node.get("rows"))
    if not isinstance(titles, list) or not isinstance(rows, list) or not rows:
        return
    if all(isinstance(title, str) for title in titles) and all(_is_row(row, len(titles)) for row in rows):
        yield TitledTable(tuple(titles), tuple(TableRow(tuple(row)) for row in rows))


def _data_frame(node: Mapping[str, Any], vocabulary: Vocabulary) -> TitledTable | None:
    """Return the table of a document as pandas writes it: titles and rows, or each column as an object of its rows.

    Lists of one length are columns where one of them has the turns of a loop.
    """
    titled = next(_of_titles(node), None)
    if titled is not None:
        return titled
    if any(isinstance(column, list) and name in vocabulary.indices for name, column in node.items()):
        return next(_of_columns(node), None)
    columns = list(node.values())
    if not columns or not all(isinstance(column, dict) for column in columns):
        return None
    numbers = list(columns[0])
    if numbers != [str(number) for number in range(len(numbers))] or any(list(other) != numbers for other in columns):
        return None
    cells = zip(*(column.values() for column in columns), strict=True)
    return TitledTable(tuple(node), tuple(map(TableRow, cells)), is_list=False)


def _is_row(row: object, length: int) -> bool:
    return isinstance(row, list) and len(row) == length


def _both(data: Mapping[str, Any], dialect: Dialect) -> Sheets | None:
    """Return the traces of an object with one object for each program; None where it is none."""
    held = {key: item for key, item in data.items() if isinstance(item, dict)}
    sides = side_columns(held, dialect.vocabulary)
    if sides is None:
        return None
    shared = {key: item for key, item in data.items() if key not in held}
    read = [_of_one({**shared, **held[key]}, dialect, side) for key, side in ((sides.c, Side.C), (sides.py, Side.PY))]
    if None in read or not any(one is not None and _knows(one, dialect.vocabulary) for one in read):
        return None
    sheets = tuple(replace(one.sheets[0], named=True) for one in read if one is not None)
    readings = tuple(dict.fromkeys(text for one in read if one is not None for text in one.readings))
    unused = [key for key in held if key not in {sides.c, sides.py}]
    more = (f"{', '.join(unused[:5])} beside {sides.c} and {sides.py} are not compared",) if unused else ()
    return Sheets(sheets, "JSON of both programs", (*readings, *more))


def _knows(read: Sheets, vocabulary: Vocabulary) -> bool:
    keys = (key for row in read.sheets[0].rows for key in row.cells)
    return any(map(vocabulary.knows, keys))


def _of_one(data: Mapping[str, Any], dialect: Dialect, side: Side) -> Sheets | None:
    found = _Found(dialect)
    found.walk(data, ())
    flat = not any(isinstance(item, dict) for item in data.values()) and not found.rows
    return found.sheets("flat JSON" if flat else "nested JSON", side)


@dataclass
class _Found:
    """What is found in one document."""

    dialect: Dialect
    rows: list[CellRow] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)
    _cells: dict[_Path, Any] = field(default_factory=dict)
    _pixels: dict[Pixel, dict[str, Any]] = field(default_factory=dict)
    _named: bool = False

    @property
    def vocabulary(self) -> Vocabulary:
        return self.dialect.vocabulary

    def walk(self, node: Mapping[str, Any], path: _Path) -> None:
        """Take what an object holds: values, objects inside it, lists of records."""
        pixel, keys, problem = pixel_in(node)
        if pixel is not None:
            self._pixels.setdefault(pixel, {key: node[key] for key in keys})
        elif problem is not None:
            self._cells |= {(*path, key): node[key] for key in keys}
        for key, item in node.items():
            if key in keys:
                continue
            if _are_records(item):
                self.records(item)
            elif isinstance(item, dict) and not self._is_value(key, item):
                self._named = self._named or key in _TRACES
                self.walk(item, (*path, key))
            elif isinstance(item, dict | list) or not isinstance(item, str) or self.vocabulary.knows(key):
                self._cells[*path, key] = item

    def _is_value(self, key: str, item: Mapping[str, Any]) -> bool:
        known = self.vocabulary.known(key)
        if known is not None and known.kind is Kind.NAMED:
            return True
        return key not in PIXEL_KEYS and cell_value(item) is not None

    def records(self, items: list[Mapping[str, Any]]) -> None:
        """Take a list of records as rows, one place each."""
        table = read_records([(1, item) for item in items], self.dialect, "JSON records") if len(items) > 1 else None
        if table is not None and len(table.sheets) == 1 and table.sheets[0].named:
            self.rows += table.sheets[0].rows
            self._named = True
            return
        for number, item in enumerate(items):
            self.record(item, 1, number)

    def record(self, item: Mapping[str, Any], line: int, number: int | None) -> None:
        """Take one record; what it holds in objects inside it counts under its own keys."""
        inner = _Found(self.dialect)
        inner.walk(item, ())
        places = next(iter(inner._pixels.values()), {}) if len(inner._pixels) == 1 else {}
        self.rows.append(CellRow({**places, **inner._unique()}, line, number))
        self.rows += inner.rows
        self._named = self._named or inner._named

    def sheets(self, form: str, side: Side) -> Sheets | None:
        """Return all that was found as rows; None where it is nothing."""
        whole = self._unique()
        if len(self._pixels) == 1:
            whole |= next(iter(self._pixels.values()))
        several = len(self.rows) > 1 and any(row.number for row in self.rows)
        own = [row for row in self.rows if row.number is not None]
        if several and own and all(self.dialect.placed_row(row).counted for row in own):
            self.readings.append(
                f"its {len(own)} records say no step or pixel; each is taken as a place of its own, in order"
            )
        rows = ([CellRow(whole)] if whole else []) + self.rows
        return Sheets((Sheet(tuple(rows), side, named=self._named),), form, tuple(self.readings)) if rows else None

    def _unique(self) -> dict[str, Any]:
        """Return the values under the shortest keys that tell them apart."""
        keyed: dict[str, dict[_Path, Any]] = {}
        for path, item in self._cells.items():
            keyed.setdefault(self._key(path), {})[path] = item
        unique: dict[str, Any] = {}
        for key, items in keyed.items():
            if len({repr(item) for item in items.values()}) == 1:
                unique[key] = next(iter(items.values()))
                continue
            names = [".".join(path) for path in items]
            unique |= dict(zip(names, items.values(), strict=True))
            self.readings.append(f"{key} stands in it as {', '.join(names[:3])}; each is a quantity of its own")
        return unique

    def _key(self, path: _Path) -> str:
        joined = "_".join(path[-2:])
        return joined if len(path) > 1 and self.vocabulary.knows(joined) else path[-1]


def _are_records(item: object) -> bool:
    return isinstance(item, list) and 0 < len(item) <= _MOST_ROWS and all(isinstance(inner, dict) for inner in item)

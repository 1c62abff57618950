"""CSV and TSV files: fields parted by commas, semicolons or tabs, perhaps quoted."""

import csv
import re
from collections.abc import Sequence
from itertools import islice

from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.sheets import Sheets, with_lost_rows
from nbtrace.parsers.source import LogLines
from nbtrace.parsers.structured_cells import is_decimal_comma, is_numeric_text, with_decimal_point
from nbtrace.parsers.titled_tables import TableRow, TitledTable, read_table
from nbtrace.records import Unreadable

_DELIMITERS = "\t;,"
_HEAD = 20
_LONGEST_FIELD = 1 << 16
_SHOWN = 120
_word = re.compile(r"\w+(?=\s*[=:]|\s)").match
"""The key of a line of another form in the middle of a file: `F_cell = 300`."""


def read_delimited(lines: LogLines, dialect: Dialect) -> Sheets | None:
    """Return what a CSV or TSV file holds; None where it is none with quantities."""
    delimiter = _delimiter(lines.first(_HEAD))
    if delimiter is None:
        return None
    rows, odd, comments = _rows(lines, delimiter)
    if len(rows) < 2:
        return None
    rows, readings = _decimal(rows, delimiter)
    header = _header(rows, dialect)
    body = rows if header is None else rows[1:]
    titles = header or ("quantity", "value")
    table = TitledTable(titles, tuple(row for row in body if len(row.cells) == len(titles)), line=rows[0].line)
    form = "TSV" if delimiter == "\t" else "CSV"
    read = read_table(table, form, dialect.vocabulary, dialect.json_parts)
    if read is None:
        return None
    wrong = [_misshapen(row, titles) for row in body if len(row.cells) != len(titles)]
    lost = tuple(sorted((*odd, *wrong), key=lambda bad: bad.line))
    read = with_lost_rows(read, lost)
    titled = int(header is not None)
    bad = (*read.unreadable, *lost)
    said = (*readings, *read.readings)
    return Sheets(read.sheets, form, said, bad, used=len(table.rows), structure=titled + comments)


def _delimiter(head: Sequence[str]) -> str | None:
    """Return what parts the fields of the first lines, the same number of times in each of them."""
    filled = [line for line in head if line.strip() and not line.startswith("#")]
    if len(filled) < 2 or any("TRACE" in line for line in filled):
        return None
    for delimiter in _DELIMITERS:
        try:
            counts = [len(row) for line in filled for row in csv.reader([line], delimiter=delimiter)]
        except csv.Error:
            continue
        if counts[0] > 1 and counts[0] in counts[1:]:
            return delimiter
    return None


def _rows(lines: LogLines, delimiter: str) -> tuple[list[TableRow], list[Unreadable], int]:
    """Return the rows of a file, the lines that cannot be read, and how many are comments."""
    rows, odd, comments = [], [], 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if line.startswith("#"):
            comments += 1
            continue
        cells = _cells(line, delimiter)
        if cells is None:
            name = line.partition(delimiter)[0].strip().strip('"')[:_SHOWN]
            odd.append(Unreadable(number, line.strip()[:_SHOWN], "no row of a table: a quote has no end", (name,)))
        else:
            rows.append(TableRow(cells, number))
    return rows, odd, comments


def _cells(line: str, delimiter: str) -> tuple[str, ...] | None:
    if len(line) > _LONGEST_FIELD or line.count('"') % 2:
        return None
    try:
        (row,) = islice(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True), 1)
    except (csv.Error, ValueError):
        return None
    return tuple(cell.strip() for cell in row)


def _decimal(rows: list[TableRow], delimiter: str) -> tuple[list[TableRow], tuple[str, ...]]:
    """Return rows with decimal points, and what is said of it: between semicolons a comma is a decimal one."""
    cells = [cell for row in rows for cell in row.cells]
    if delimiter == "," or not any(map(is_decimal_comma, cells)):
        return rows, ()
    if any("." in cell and is_numeric_text(cell) for cell in cells):
        return rows, ()
    mended = [TableRow(tuple(map(with_decimal_point, row.cells)), row.line) for row in rows]
    return mended, ("its numbers have a decimal comma",)


def _header(rows: Sequence[TableRow], dialect: Dialect) -> tuple[str, ...] | None:
    """Return the titles of the columns; None where the first row is one like the others: a key and its value."""
    first = rows[0].cells
    if len(first) == 2 and is_numeric_text(first[1]) and not is_numeric_text(first[0]):
        known = dialect.vocabulary.quantities
        if any(dialect.vocabulary.meaning(row.cells[0]).quantity in known for row in rows):
            return None
    return tuple(map(str, first))


def _misshapen(row: TableRow, titles: Sequence[str]) -> Unreadable:
    shown = ",".join(map(str, row.cells))[:_SHOWN]
    first = str(row.cells[0]) if row.cells else ""
    word = _word(first)
    name = (first if word is None else word[0],)
    return Unreadable(row.line, shown, f"{len(row.cells)} fields where the first row has {len(titles)}", name)

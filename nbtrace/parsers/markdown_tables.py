"""Markdown tables in a file: cells between bars, with a line of dashes under the titles."""

import re
from collections.abc import Iterator
from dataclasses import replace

from nbtrace.parsers.dialect import LONGEST_LINE, Dialect
from nbtrace.parsers.sheets import Sheet, Sheets, with_lost_rows
from nbtrace.parsers.source import LogLines
from nbtrace.parsers.titled_tables import TableRow, TitledTable, read_table
from nbtrace.records import Unreadable

_rule = re.compile(r"\|?\s*+:?+-++:?+\s*+(?:\|\s*+:?+-++:?+\s*+)*+\|?").fullmatch
_bar = re.compile(r"(?<!\\)\|")
_SHOWN = 120


def read_markdown(lines: LogLines, dialect: Dialect) -> Sheets | None:
    """Return what the tables of a file hold: that of both programs, else that of one; None where there is none."""
    if not lines.holds(b"|"):
        return None
    read = [
        (one, table, odd)
        for table, odd in _tables(lines)
        if (one := read_table(table, "Markdown table", dialect.vocabulary, dialect.json_parts)) is not None
    ]
    if not read:
        return None
    refused = tuple(bad for one, _, _ in read for bad in one.unreadable)
    tables = [item for item in read if not item[0].unreadable] or read
    most = max(len(one.sheets) for one, _, _ in tables)
    chosen = [item for item in tables if len(item[0].sheets) == most]
    left = len(tables) - len(chosen)
    rows = [tuple(row for one, _, _ in chosen for row in one.sheets[side].rows) for side in range(most)]
    readings = dict.fromkeys(text for one, _, _ in chosen for text in one.readings)
    if len(chosen) > 1 and any(rows):
        readings[f"its {len(chosen)} tables are read as one"] = None
    if left:
        readings[f"{left} more {'table is' if left == 1 else 'tables are'} of one program, and not read"] = None
    sheets = tuple(
        Sheet(own, sheet.side, named=sheet.named) for own, sheet in zip(rows, chosen[0][0].sheets, strict=True)
    )
    lost = (*refused, *(bad for _, _, odd in chosen for bad in odd))
    used = sum(len(table.rows) for _, table, _ in chosen)
    read_rows = with_lost_rows(Sheets(sheets, "Markdown table", tuple(readings)), lost)
    return replace(read_rows, unreadable=lost, used=used, structure=2 * len(chosen))


def _tables(lines: LogLines) -> Iterator[tuple[TitledTable, list[Unreadable]]]:
    """Yield the tables of a file, each with the rows that are none."""
    above: tuple[str, ...] | None = None
    titles: tuple[str, ...] | None = None
    rows: list[TableRow] = []
    odd: list[Unreadable] = []
    begun = 1
    for number, line in enumerate(lines, start=1):
        cells = _cells(line)
        if titles is not None and cells is not None:
            if len(cells) == len(titles):
                rows.append(TableRow(cells, number))
            else:
                reason = f"{len(cells)} cells where the table has {len(titles)} columns"
                odd.append(Unreadable(number, line.strip()[:_SHOWN], reason, cells[:1]))
            continue
        if titles is not None:
            yield TitledTable(titles, tuple(rows), line=begun), odd
            titles, rows, odd = None, [], []
        if above is not None and cells is not None and len(cells) == len(above) and _rule(line.strip()):
            titles, above, begun = above, None, number - 1
            continue
        above = cells
    if titles is not None:
        yield TitledTable(titles, tuple(rows), line=begun), odd


def _cells(line: str) -> tuple[str, ...] | None:
    """Return the cells of a line of a table, None for a line of none."""
    text = line.strip()
    if "|" not in text or len(text) > LONGEST_LINE:
        return None
    inner = text.removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return tuple(_bare(cell) for cell in _bar.split(inner))


def _bare(cell: str) -> str:
    """Return the text of a cell without emphasis and code marks; a minus sign of print becomes that of programs."""
    text = cell.strip().replace("\\|", "|").replace("\\_", "_").replace("\N{MINUS SIGN}", "-")
    for mark in ("**", "`", "*"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            text = text[len(mark) : -len(mark)].strip()
    return text

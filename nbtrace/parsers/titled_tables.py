"""Tables with a title for each column: a quantity per row, or a quantity per column, of one program or of both."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbtrace import units
from nbtrace.frozen import frozen
from nbtrace.parsers.placed_rows import PIXEL_KEYS, PIXEL_PAIRS, ROW_KEYS, CellRow
from nbtrace.parsers.sheets import Sheet, Sheets, with_vectors
from nbtrace.parsers.side_titles import SideColumns, first_two, side_columns, side_of_title
from nbtrace.parsers.structured_cells import is_missing, is_numeric_text
from nbtrace.parsers.values import read_value
from nbtrace.records import Shape, Side, Unreadable
from nbtrace.vocabulary.vocabulary import Vocabulary

_NAMES = frozenset({
    "quantity", "quantities", "name", "key", "factor", "parameter", "variable", "field", "term", "metric",
    "symbol", "observable",
})  # fmt: skip
_VALUES = frozenset({"value", "values", "val"})
_SHOWN = 120
_UNITS = frozenset({"unit", "units"})
_DERIVED = frozenset({
    "delta", "diff", "difference", "differences", "abs", "rel", "relative", "error", "err", "ratio", "status",
    "match", "matches", "description", "note", "notes", "comment", "tolerance", "tol", "verdict", "ok",
    "percent", "digits", "meaning", "remark", "agree", "pass", "result", "max_diff", "residual", "band",
})  # fmt: skip
_words = re.compile(r"[^\W_]+").findall
_side_first = re.compile(r"([^\W_]+\+*)[ _.:/](.+)").fullmatch
_side_last = re.compile(r"(.+)[ _.:/(]([^\W_]+\+*)\)?").fullmatch
_PLACES = frozenset({*ROW_KEYS, *PIXEL_KEYS, *(key for pair in PIXEL_PAIRS for key in pair)})


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of one row, in the order of the titles, and its line in the file."""

    cells: tuple[Any, ...]
    line: int = 1


@frozen
class TitledTable:
    """A table.

    Attributes
    ----------
    titles : tuple of str
    rows : tuple of TableRow
        Each with as many cells as there are titles.
    is_list : bool
        Whether its form alone shows that it is a table, so that two columns may be sides whose titles do not tell so.
    line : int
        Line of the titles in the file.
    """

    titles: tuple[str, ...]
    rows: tuple[TableRow, ...]
    is_list: bool = True
    line: int = 1

    def column(self, title: str) -> tuple[Any, ...]:
        """Return the cells of a column."""
        place = self.titles.index(title)
        return tuple(row.cells[place] for row in self.rows)


def read_table(
    table: TitledTable, form: str, vocabulary: Vocabulary, parts: Mapping[str, tuple[str, ...]] | None = None
) -> Sheets | None:
    """Return what a table holds; None where it is no table of quantities.

    `parts` holds the vectors whose components have names of their own.
    """
    if not table.rows or not table.titles:
        return None
    if len(set(table.titles)) < len(table.titles):
        return _no_table(table, form, "two columns have one title", vocabulary)
    names = _name_column(table, vocabulary)
    if names is not None:
        return _by_name(table, names, form, vocabulary)
    return _wide_sides(table, form, vocabulary) or _by_title(table, form, vocabulary, parts or {})


def _name_column(table: TitledTable, vocabulary: Vocabulary) -> str | None:
    """Return the title of the column that names the quantities; None where columns are quantities."""
    titled = next((title for title in table.titles if title.strip().casefold() in _NAMES), None)
    if titled is not None and all(isinstance(cell, str) for cell in table.column(titled)):
        return titled
    first = table.titles[0]
    cells = [cell.strip() for cell in table.column(first) if isinstance(cell, str)]
    known = [cell for cell in cells if vocabulary.knows(cell)]
    return first if known and len(cells) == len(table.rows) and not any(map(is_numeric_text, cells)) else None


def _by_name(table: TitledTable, names: str, form: str, vocabulary: Vocabulary) -> Sheets | None:
    """Read a table with a quantity in each row."""
    places = [title for title in table.titles if _is_place(title, vocabulary)]
    unit = next((title for title in table.titles if title.strip().casefold() in _UNITS), None)
    others = [title for title in table.titles if title not in {names, unit, *places} and not _is_derived(title)]
    readings: list[str] = []
    sides = side_columns(others, vocabulary)
    if sides is None:
        valued = [title for title in others if _is_valued(table.column(title))]
        value = next((title for title in others if title.strip().casefold() in _VALUES), None)
        if value is None and len(valued) == 1:
            value = valued[0]
        if value is not None:
            return Sheets((Sheet(_named_rows(table, names, value, unit, places), named=True),), form, ())
        sides = first_two(valued) if table.is_list else None
        if sides is None:
            reason = f"the columns {', '.join(valued[:5])} are not those of one program or of two"
            return _no_table(table, form, reason, vocabulary) if valued and table.is_list else None
        readings.append(_untold(sides, vocabulary))
    unused = [title for title in others if title not in {sides.c, sides.py} and _is_valued(table.column(title))]
    readings += _of_neither(unused)
    sheets = tuple(
        Sheet(_named_rows(table, names, title, unit, places), side, named=True)
        for title, side in ((sides.c, Side.C), (sides.py, Side.PY))
    )
    return Sheets(sheets, form, tuple(readings))


def _no_table(table: TitledTable, form: str, reason: str, vocabulary: Vocabulary) -> Sheets | None:
    """Return why a table cannot be read, where it is one of quantities; None for any other."""
    words = (*table.titles, *(str(cell) for row in table.rows for cell in row.cells[:1]))
    named = dict.fromkeys(vocabulary.meaning(word.strip()).quantity for word in words if vocabulary.knows(word.strip()))
    lost = Unreadable(table.line, ", ".join(table.titles)[:_SHOWN], reason[:_SHOWN], tuple(named))
    return Sheets((Sheet(()),), form, unreadable=(lost,)) if named else None


def _untold(sides: SideColumns, vocabulary: Vocabulary) -> str:
    name = vocabulary.names.reference
    return f"the titles {sides.c} and {sides.py} tell no side; {sides.c}, the first, is taken as {name}"


def _named_rows(
    table: TitledTable, names: str, value: str, unit: str | None, places: Sequence[str]
) -> tuple[CellRow, ...]:
    rows = []
    seen: Counter[str] = Counter()
    repeated = any(count > 1 for count in Counter(map(_bare, table.column(names))).values())
    for row in table.rows:
        cells = dict(zip(table.titles, row.cells, strict=True))
        name, printed = _bare(cells[names]), cells[value]
        if unit is not None and isinstance(cells[unit], str) and units.canonical(cells[unit].strip()):
            printed = {"value": printed, "unit": cells[unit].strip()}
        own = {title: cells[title] for title in places if not is_missing(cells[title])}
        number = seen[name] if own or repeated else None
        seen[name] += 1
        rows.append(CellRow({**own, name: printed}, row.line, number))
    return tuple(rows)


def _bare(name: object) -> str:
    return str(name).strip()


def _is_place(title: str, vocabulary: Vocabulary) -> bool:
    bare = title.strip()
    return bare in vocabulary.indices or (bare.casefold() in _PLACES and not vocabulary.knows(bare))


def _is_derived(title: str) -> bool:
    """Whether a column is made from those of the sides: a difference, a ratio, a status."""
    words = {word.casefold() for word in _words(title)}
    return not words or "Δ" in title or "δ" in title or bool(words & _DERIVED) or title.strip().startswith("Unnamed:")


def _is_valued(cells: Sequence[Any]) -> bool:
    """Whether some cell of a column holds numbers, and no other a text."""
    kinds = [_kind(cell) for cell in cells if not is_missing(cell)]
    return bool(kinds) and all(kinds)


def _kind(cell: object) -> bool:
    if isinstance(cell, str):
        return read_value(cell).shape is not Shape.TEXT
    return isinstance(cell, int | float | list | tuple) and not isinstance(cell, bool)


def _wide_sides(table: TitledTable, form: str, vocabulary: Vocabulary) -> Sheets | None:
    """Read a table in which a quantity has two columns, `k_frac_c` and `k_frac_py`; None where none has.

    Of a quantity with the column of one side alone, the other side's values are missing.
    """
    found: dict[str, dict[Side, str]] = {}
    for title in table.titles:
        for base, side in _sided(title, vocabulary):
            found.setdefault(base, {}).setdefault(side, title)
    both = {base: titles for base, titles in found.items() if set(titles) == {Side.C, Side.PY}}
    if not both:
        return None
    places = [title for title in table.titles if _is_place(_plain(title), vocabulary)]
    paired = {title for titles in both.values() for title in titles.values()}
    alone = {
        base: titles
        for base, titles in found.items()
        if base not in both
        and vocabulary.knows(base)
        and not any(vocabulary.knows(_plain(title)) for title in titles.values())
    }
    used = {*places, *paired, *(title for titles in alone.values() for title in titles.values())}
    valued = [title for title in table.titles if not _is_derived(title) and _is_valued(table.column(title))]
    sheets = []
    for side in (Side.C, Side.PY):
        rows = []
        for number, row in enumerate(table.rows):
            cells = dict(zip(table.titles, row.cells, strict=True))
            own = {_plain(title): cells[title] for title in places}
            values = {base: cells[titles[side]] if side in titles else "" for base, titles in (both | alone).items()}
            rows.append(CellRow(own | values, row.line, number))
        sheets.append(Sheet(tuple(rows), side, named=True))
    readings = (*_of_neither([title for title in valued if title not in used]), *_counted(table, places))
    return Sheets(tuple(sheets), form, readings)


def _of_neither(titles: Sequence[str]) -> tuple[str, ...]:
    """Return what is said of columns that belong to no side."""
    if not titles:
        return ()
    more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
    are = "columns" if len(titles) > 1 else "column"
    verb = "are" if len(titles) > 1 else "is"
    return (f"{are} {', '.join(titles[:_NAMED])}{more} {verb} of neither side and not compared",)


_NAMED = 5
"""Columns that a sentence names."""


def _plain(title: str) -> str:
    return title.strip().replace("φ", "phi")


def _sided(title: str, vocabulary: Vocabulary) -> list[tuple[str, Side]]:
    """Return the quantities that a title may name, with the side that it names beside each."""
    sided = []
    if first := _side_first(title.strip()):
        sided.append((_plain(first[2]), side_of_title(first[1], vocabulary)))
    if last := _side_last(title.strip()):
        sided.append((_plain(last[1]), side_of_title(last[2], vocabulary)))
    return [(base, side) for base, side in sided if side is not Side.UNKNOWN and not _is_derived(base)]


def _by_title(
    table: TitledTable, form: str, vocabulary: Vocabulary, parts: Mapping[str, tuple[str, ...]]
) -> Sheets | None:
    """Read a table with a quantity in each column."""
    titles = with_vectors(dict.fromkeys(map(_plain, table.titles), 0.0), vocabulary, parts)
    places = [title for title in table.titles if _is_place(_plain(title), vocabulary)]
    if not places and not any(map(vocabulary.knows, titles)):
        return None
    rows = tuple(
        CellRow(
            {_plain(title): cell for title, cell in zip(table.titles, row.cells, strict=True) if not _is_empty(cell)},
            row.line,
            number,
        )
        for number, row in enumerate(table.rows)
    )
    return Sheets((Sheet(rows),), form, _counted(table, places))


def _is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _counted(table: TitledTable, places: Sequence[str]) -> tuple[str, ...]:
    if places or len(table.rows) == 1:
        return ()
    return (f"no column says what its {len(table.rows)} rows are of; each is taken as a place of its own, in order",)

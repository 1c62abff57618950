"""Parquet files as traces: a quantity in each column, or in each row; the tables that nbtrace writes, and others."""

from collections.abc import Collection, Iterator
from typing import Any

from nbtrace.errors import InputError, UsageError
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.placed_rows import CellRow, PlacedRow
from nbtrace.parsers.sheets import Sheets, with_vectors
from nbtrace.parsers.titled_tables import TableRow, TitledTable, read_table
from nbtrace.parsers.trace_builder import MOST_VALUES
from nbtrace.vocabulary.quantity import Meaning


def read_parquet(content: bytes, source: str, dialect: Dialect) -> tuple[Sheets | None, int]:
    """Return what a Parquet file holds, and how many rows; None where no column is a quantity.

    Raises
    ------
    InputError
        If it is damaged, or holds more values than a trace has.
    UsageError
        If pyarrow is not installed, or a column states a unit of something else than its quantity.
    """
    arrow, parquet = _pyarrow(source)
    try:
        file = parquet.ParquetFile(arrow.BufferReader(content))
        rows, columns = file.metadata.num_rows, len(file.schema_arrow.names)
        if rows * columns > MOST_VALUES:
            raise InputError(
                f"{source} holds {rows} rows of {columns} columns; as a trace nbtrace reads up to {MOST_VALUES} "
                "values; nbtrace diff --all-pixels compares whole-detector traces, and --pixel SLOW FAST one pixel"
            )
        table = file.read()
        titled = titled_rows(table, source, dialect)
    except (arrow.ArrowException, OSError, ValueError, MemoryError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{source} is no Parquet file that can be read: {reason}") from None
    return read_table(titled, "Parquet", dialect.vocabulary, dialect.json_parts), int(rows)


def titled_rows(table: Any, source: str, dialect: Dialect) -> TitledTable:
    """Return the rows of a pyarrow table; where a column states another unit than its title stands for, in that one.

    Raises
    ------
    UsageError
        If a column states a unit of something else than its quantity.
    """
    titles = tuple(map(str, table.column_names))
    stated = dict(zip(titles, map(stated_unit, table.schema), strict=True))
    factors = dict(_factors(source, stated, dialect)) if any(stated.values()) else {}
    lists = [
        _scaled(column.to_pylist(), factors.get(title)) for title, column in zip(titles, table.columns, strict=True)
    ]
    rows = enumerate(zip(*lists, strict=True), start=1)
    return TitledTable(titles, tuple(TableRow(cells, number) for number, cells in rows))


def _factors(source: str, stated: dict[str, str | None], dialect: Dialect) -> Iterator[tuple[str, float]]:
    """Yield the columns that state another unit than their titles stand for, and what to multiply them by."""
    titles = tuple(stated)
    cells = with_vectors(
        {title: float(number) for number, title in enumerate(titles)}, dialect.vocabulary, dialect.json_parts
    )
    placed = dialect.placed_row(CellRow(cells, number=0))
    for key, raw in placed.cells.items():
        own = [titles[int(number)] for number in (raw if isinstance(raw, list) else [raw])]
        plain = plain_meaning(key, placed, dialect)
        meant = stated_meaning(source, own[0], plain, [stated[title] for title in own], dialect)
        if meant.scale != plain.scale:
            yield from ((title, meant.scale / plain.scale) for title in own)


def plain_meaning(key: str, placed: PlacedRow, dialect: Dialect) -> Meaning:
    """Return what a key of a row stands for, by its name alone."""
    return placed.meaning(key) if placed.meaning is not None else dialect.vocabulary.meaning(key)


def stated_meaning(
    source: str, title: str, plain: Meaning, stated: Collection[str | None], dialect: Dialect
) -> Meaning:
    """Return what a quantity is whose columns, of which `title` is the first, state these units.

    Raises
    ------
    UsageError
        If they state a unit of something else than the quantity.
    """
    units = set(stated)
    unit = next(iter(units)) if len(units) == 1 else None
    if unit is None or unit == plain.unit or plain.quantity not in dialect.vocabulary.quantities:
        return plain
    try:
        return dialect.vocabulary.meaning(plain.quantity, unit)
    except UsageError as error:
        raise UsageError(f"{source}: column {title}: {error}") from None


def stated_unit(field: Any) -> str | None:
    """Return the unit that a column of a pyarrow schema states; None where it states none."""
    return (field.metadata or {}).get(b"unit", b"").decode("utf-8", "replace").strip() or None


def _scaled(cells: list[Any], factor: float | None) -> list[Any]:
    return cells if factor is None else [_times(cell, factor) for cell in cells]


def _times(cell: Any, factor: float) -> Any:
    if isinstance(cell, list):
        return [_times(item, factor) for item in cell]
    return cell * factor if isinstance(cell, int | float) and not isinstance(cell, bool) else cell


def _pyarrow(source: str) -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError(f'{source} is a Parquet file, which takes pyarrow: pip install "nbtrace[tables]"') from None
    return pa, parquet

"""Parquet files as traces: a quantity in each column, or in each row; the tables that nbtrace writes, and others."""

from typing import Any

from nbtrace.errors import InputError, UsageError
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.sheets import Sheets
from nbtrace.parsers.titled_tables import TableRow, TitledTable, read_table
from nbtrace.parsers.trace_builder import MOST_VALUES


def read_parquet(content: bytes, source: str, dialect: Dialect) -> tuple[Sheets | None, int]:
    """Return what a Parquet file holds, and how many rows; None where no column is a quantity.

    Raises
    ------
    InputError
        If it is damaged, or holds more values than a trace has.
    UsageError
        If pyarrow is not installed.
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
        lists = [column.to_pylist() for column in table.columns]
    except (arrow.ArrowException, OSError, ValueError, MemoryError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{source} is no Parquet file that can be read: {reason}") from None
    titled = TitledTable(
        tuple(map(str, table.column_names)),
        tuple(TableRow(cells, number) for number, cells in enumerate(zip(*lists, strict=True), start=1)),
    )
    return read_table(titled, "Parquet", dialect.vocabulary, dialect.json_parts), int(rows)


def _pyarrow(source: str) -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError(f'{source} is a Parquet file, which takes pyarrow: pip install "nbtrace[tables]"') from None
    return pa, parquet

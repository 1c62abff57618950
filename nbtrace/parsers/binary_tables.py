"""Traces that a binary file holds: the arrays of numpy's archives, the columns of Parquet."""

from nbtrace.errors import InputError
from nbtrace.files import NPY_MAGIC, ZIP_MAGIC
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.sheets import Sheets
from nbtrace.parsers.trace_builder import traces_of
from nbtrace.records import Trace


def read_binary(content: bytes, source: str, dialect: Dialect) -> tuple[Trace, ...]:
    """Return the trace of one program, or those of both, that a binary file holds.

    Raises
    ------
    InputError
        If it is damaged, or holds no quantities.
    UsageError
        If it is Parquet and pyarrow is not installed.
    """
    read, rows = _sheets(content, source, dialect)
    traces = () if read is None else traces_of(read, source, max(rows, 1), dialect)
    if not any(trace.records for trace in traces):
        raise InputError(f"{source} holds no trace values: no name of an array or a column is that of a quantity")
    return traces


def _sheets(content: bytes, source: str, dialect: Dialect) -> tuple[Sheets | None, int]:
    if content.startswith(NPY_MAGIC):
        raise InputError(
            f"{source} is a single array without a name; save it by name with numpy.savez, or compare images"
        )
    if content.startswith(ZIP_MAGIC):
        from nbtrace.parsers.numpy_archive import read_archive  # noqa: PLC0415 - numpy

        return read_archive(content, source, dialect)
    from nbtrace.parsers.parquet_table import read_parquet  # noqa: PLC0415 - pyarrow

    return read_parquet(content, source, dialect)

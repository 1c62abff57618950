"""Binary files as traces, known by their first bytes: npz archives and Parquet tables, also packed with gzip."""

from pathlib import Path

from nbtrace.errors import InputError
from nbtrace.files import first_bytes
from nbtrace.numpy_headers import NPY_MAGIC, ZIP_MAGIC
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.sheets import Sheets
from nbtrace.parsers.trace_builder import traces_of
from nbtrace.parsers.unpack import GZIP, HEAD, Ending, beginning, unpacked
from nbtrace.records import Trace

PARQUET = b"PAR1"
"""The first bytes of a Parquet file, and the last."""

_MAGICS = (ZIP_MAGIC, PARQUET, NPY_MAGIC)


def binary_content(data: bytes, source: str) -> bytes | None:
    """Return the bytes of a file in one of these forms, unpacked; None for any other.

    Raises
    ------
    InputError
        If it unpacks to more than nbtrace reads, or is cut off.
    """
    if data.startswith(_MAGICS):
        return data
    if not data.startswith(GZIP) or not beginning(data).startswith(_MAGICS):
        return None
    ending = Ending()
    content = b"".join(unpacked([data], source, ending))
    if ending.cut or ending.damaged:
        raise InputError(f"{source} is a damaged gzip file; the table in it cannot be read")
    return content


def begins_binary(path: Path) -> bool:
    """Return whether a file begins as one of these forms does, packed or not; False for one that cannot be read."""
    return beginning(first_bytes(path, HEAD)).startswith(_MAGICS)


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

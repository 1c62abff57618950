"""npz files as traces: every array is the quantity that its name says. Objects are never unpickled.

An array without dimensions is one value. A longer one is a value, too, where it has as many numbers as its quantity;
otherwise its first axis counts rows, one place each, and arrays of that length are the columns of one table.
"""

import io
import math
import zipfile
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from nbtrace.errors import InputError
from nbtrace.numpy_headers import DAMAGED_ARCHIVE, npy_header
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.placed_rows import PIXEL_KEYS, CellRow
from nbtrace.parsers.sheets import Sheet, Sheets
from nbtrace.parsers.titled_tables import TableRow, TitledTable, read_table
from nbtrace.parsers.trace_builder import MOST_VALUES
from nbtrace.records import Unreadable
from nbtrace.vocabulary.vocabulary import Vocabulary

_MOST_BYTES = 2**28
_MOST_ARRAYS = 10_000
_SHOWN = 120
_VECTOR = 9
"""Numbers up to which an array that the vocabulary does not know is one value."""

_Array = npt.NDArray[Any]


def read_archive(content: bytes, source: str, dialect: Dialect) -> tuple[Sheets | None, int]:
    """Return what an npz file holds, and how many rows; None where nothing of it is a quantity.

    Raises
    ------
    InputError
        If it is no such file, or damaged.
    """
    arrays, odd = _arrays(content, source)
    vocabulary = dialect.vocabulary
    lengths = {name: _rows_of(name, array, vocabulary) for name, array in arrays.items()}
    most = Counter(length for length in lengths.values() if length is not None).most_common(1)
    length = most[0][0] if most else None
    columns = {name: array for name, array in arrays.items() if length is not None and len(array.shape or ()) > 0}
    columns = {name: array for name, array in columns.items() if lengths[name] == length or _joins(array, length)}
    whole = {name: _plain(array) for name, array in arrays.items() if name not in columns}
    others = sorted(name for name in whole if lengths[name] is not None)
    for name in others:
        reason = f"the array {name} has {lengths[name]} rows where the others have {length}"
        odd.append(Unreadable(1, name, reason, (vocabulary.meaning(name).quantity,)))
    rows = [CellRow({name: item for name, item in whole.items() if name not in others})] if whole else []
    readings: tuple[str, ...] = ()
    if columns and length is not None:
        if length * len(columns) > MOST_VALUES:
            raise InputError(f"{source} holds more than {MOST_VALUES} values, which nbtrace does not read as a trace")
        lists = {name: _plain(array) for name, array in columns.items()}
        table = TitledTable(tuple(lists), tuple(TableRow(cells) for cells in zip(*lists.values(), strict=True)))
        read = read_table(table, "npz", vocabulary, dialect.json_parts)
        if read is not None:
            rows += read.sheets[0].rows
            readings = (f"arrays of {length} are columns, a place in each row", *read.readings)
    if not rows:
        return None, 0
    return Sheets((Sheet(tuple(rows)),), "npz", readings, tuple(odd)), max(length or 1, len(odd) + 1)


def _arrays(content: bytes, source: str) -> tuple[dict[str, _Array], list[Unreadable]]:
    """Return the arrays of an archive by name, and why the others are none."""
    arrays: dict[str, _Array] = {}
    odd: list[Unreadable] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            if not members:
                raise InputError(f"{source} is a zip archive without arrays, not an npz file")
            if len(members) > _MOST_ARRAYS or sum(member.file_size for member in members) > _MOST_BYTES:
                raise InputError(f"{source} unpacks to more than {_MOST_BYTES // 2**20} MB, unlike any trace")
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name in arrays:
                    raise InputError(f"{source} holds more than one array called {name!r}")
                with archive.open(member) as stream:
                    data = stream.read(member.file_size + 1)
                array = _array(data)
                if isinstance(array, str):
                    odd.append(Unreadable(1, name, f"the array {name} {array}", (name,)))
                else:
                    arrays[name] = array
    except DAMAGED_ARCHIVE as error:
        reason = str(error).partition("\n")[0] or "damaged"
        raise InputError(f"{source} is no npz file that can be read: {reason}") from None
    return arrays, odd


def _array(data: bytes) -> _Array | str:
    """Return the array of the bytes of an npy file, or why it is none of numbers."""
    header = npy_header(data)
    if header is None:
        raise ValueError("the header of an array is damaged")
    dtype = header.dtype
    if dtype is not None and dtype.hasobject:
        return "holds Python objects, which are never loaded"
    if dtype is None or dtype.kind not in "biufU":
        return f"has numbers of the kind {header.descr[:_SHOWN]}, which no quantity has"
    count = math.prod(header.shape)
    if len(data) < header.start + count * dtype.itemsize:
        raise ValueError("an array is cut off")
    flat = np.frombuffer(data, dtype, count=count, offset=header.start)
    return flat.reshape(header.shape, order="F" if header.fortran else "C")


def _rows_of(name: str, array: _Array, vocabulary: Vocabulary) -> int | None:
    """Return how many rows an array has; None where it is one value."""
    if array.ndim == 0 or array.size == 1 or (name in PIXEL_KEYS and array.size == 2):
        return None
    known = vocabulary.quantities.get(vocabulary.meaning(name).quantity)
    if known is not None and known.size:
        return None if array.size == known.size and array.ndim <= 2 else int(array.shape[0])
    return None if array.ndim == 1 and array.size <= _VECTOR and name not in vocabulary.indices else int(array.shape[0])


def _joins(array: _Array, length: int | None) -> bool:
    """Whether an array that could be one value has a number for each row of the others."""
    return array.ndim == 1 and array.shape[0] == length and array.size > 1


def _plain(array: _Array) -> Any:
    """Return the numbers of an array as Python holds them: lists, ints and floats; one number by itself."""
    return array.reshape(()).tolist() if array.size == 1 and array.ndim <= 1 else array.tolist()

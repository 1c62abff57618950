"""A whole-detector trace as a Parquet file: opened, and read in portions of whole pixels."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.detector.parquet_writer import pyarrow_modules
from nbtrace.detector.pixel_columns import PixelColumns, PixelQuantity, TitledColumn, pixel_columns
from nbtrace.errors import InputError, UsageError
from nbtrace.files import first_bytes
from nbtrace.frozen import frozen
from nbtrace.parsers.binary_traces import PARQUET
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.parquet_table import stated_unit

Numbers: TypeAlias = npt.NDArray[np.float64]
Ordinals: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

_MOST_VALUES = 1 << 21
"""Values of one side in a portion, unless a pixel has more."""

_LONGEST_SIDE = 1 << 16
_MOST_PIXELS = 1 << 26
"""The largest detector that is mapped, 8192 x 8192 pixels."""

_LARGEST_STATEMENT = 1 << 20
"""Bytes that a file may state of its run."""


@frozen
class StatedRun:
    """What a file states of the run that it is of; empty where it states nothing.

    Attributes
    ----------
    flags, mode, engine, device, dtype : str
    shape : (int, int) or None
        Pixels of the detector (slow, fast).
    """

    flags: str = ""
    mode: str = ""
    engine: str = ""
    device: str = ""
    dtype: str = ""
    shape: tuple[int, int] | None = None

    @classmethod
    def of(cls, metadata: object) -> "StatedRun":
        """Return what is stated under the key of nbtrace; what is not as nbtrace writes it counts as not stated."""
        raw = metadata.get(b"nbtrace", b"") if isinstance(metadata, dict) else b""
        try:
            stated = json.loads(raw) if 0 < len(raw) <= _LARGEST_STATEMENT else {}
        except (ValueError, RecursionError):
            stated = {}
        if not isinstance(stated, dict):
            return cls()
        words = {
            name: value
            for name in ("flags", "mode", "engine", "device", "dtype")
            if isinstance(value := stated.get(name), str)
        }
        return cls(**words, shape=_shape(stated.get("shape_slow_fast")))


def _shape(stated: object) -> tuple[int, int] | None:
    match stated:
        case [int(slow), int(fast)] if 0 < slow <= _LONGEST_SIDE and 0 < fast <= _LONGEST_SIDE:
            return slow, fast
    return None


class DetectorFile:
    """A Parquet file with rows of pixels.

    Parameters
    ----------
    source : str
    dialect : Dialect
        How the quantities of its columns are called.

    Raises
    ------
    InputError
        If it is missing, no Parquet file, damaged, or no trace of pixels.
    UsageError
        If pyarrow is not installed, or it is standard input.
    """

    def __init__(self, source: str, dialect: Dialect) -> None:
        self.source = source
        _require_parquet(source)
        self._arrow, parquet = pyarrow_modules()
        with self.readable():
            # Read ahead, the whole file would be held before its first rows are given, and it would take twice as long.
            self._file: Any = parquet.ParquetFile(source, pre_buffer=False)
            schema: Any = self._file.schema_arrow
            names = [str(name) for name in schema.names]
            self.rows: int = self._file.metadata.num_rows
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated is not None:
            raise InputError(f"{source} has two columns {repeated}")
        titled = tuple(self._titled(schema))
        self.vocabulary = dialect.vocabulary
        self.numeric = frozenset(column.title for column in titled if column.is_number)
        self.columns: PixelColumns = pixel_columns(source, titled, dialect)
        self.run = StatedRun.of(schema.metadata)
        if not self.rows:
            raise InputError(f"{source} holds no rows")

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Turn what pyarrow says of a damaged file into an error of ours."""
        try:
            yield
        except (self._arrow.ArrowException, OSError, ValueError, MemoryError) as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"{self.source} is no Parquet file that can be read: {reason}") from None

    def _titled(self, schema: Any) -> Iterator[TitledColumn]:
        kinds = self._arrow.types
        for item in schema:
            is_number = any(kind(item.type) for kind in (kinds.is_integer, kinds.is_floating, kinds.is_decimal))
            yield TitledColumn(str(item.name), is_number, stated_unit(item))

    @cached_property
    def extent(self) -> tuple[int, int]:
        """The slow and the fast coordinate of the last row and column that it may have pixels of, each plus one.

        Raises
        ------
        InputError
            If a detector so large is none.
        """
        slow, fast = (self._largest(title) + 1 for title in self.columns.pixel)
        if max(slow, fast) > _LONGEST_SIDE or slow * fast > _MOST_PIXELS:
            raise InputError(
                f"{self.source} has pixels up to slow {slow - 1}, fast {fast - 1}: no detector is so large"
            )
        return slow, fast

    def _largest(self, title: str) -> int:
        """Return the largest number of a column: as the file's statistics say, else by reading it."""
        metadata = self._file.metadata
        with self.readable():
            names = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
            chunks = (metadata.row_group(group).column(names.index(title)) for group in range(metadata.num_row_groups))
            told = [
                chunk.statistics.max if chunk.is_stats_set and chunk.statistics.has_min_max else None
                for chunk in chunks
            ]
        whole = [value for value in told if isinstance(value, int)]
        if whole and len(whole) == len(told):
            return max(whole)
        largest = 0.0
        for table in self._tables([title]):
            column = self._numbers(table, title)
            largest = max(largest, float(np.max(column, initial=0.0)))
        return int(min(largest, float(1 << 40)))

    def _tables(self, titles: Sequence[str]) -> Iterator[Any]:
        size = max(_MOST_VALUES // len(titles), 1)
        with self.readable():
            for batch in self._file.iter_batches(batch_size=size, columns=list(titles)):
                yield self._arrow.Table.from_batches([batch])

    def tables(self, quantities: Sequence[PixelQuantity], others: Sequence[str] = ()) -> Iterator["PixelRows"]:
        """Yield the rows of the file with the columns of places, of these quantities, and those of other titles.

        Raises
        ------
        InputError
            If a row has no pixel, or rows do not follow in the order of pixels.
        """
        own = [column for item in quantities for column in item.columns]
        last, row = -1, 0
        for table in self._tables([*self.columns.pixel, *self.columns.places, *own, *others]):
            if not table.num_rows:
                continue
            rows = PixelRows(self, table, self._pixels(table, row))
            if rows.pixels[0] < last or np.any(np.diff(rows.pixels) < 0):
                raise InputError(
                    f"the rows of {self.source} are not in the order of pixels: sort them by "
                    f"{', '.join((*self.columns.pixel, *self.columns.places))}"
                )
            last, row = int(rows.pixels[-1]), row + table.num_rows
            yield rows

    def _pixels(self, table: Any, before: int) -> Ordinals:
        """Return the pixel of each row as one number, slow first."""
        slow, fast = (self.ordinals(table, title, before) for title in self.columns.pixel)
        return slow * _LONGEST_SIDE + fast

    def ordinals(self, table: Any, title: str, before: int = 0) -> Ordinals:
        """Return a column of ordinals."""
        column = self._numbers(table, title)
        with np.errstate(invalid="ignore"):
            wrong = ~((column >= 0) & (column < float(1 << 31)) & (column == np.floor(column)))
        if wrong.any():
            at = int(np.argmax(wrong))
            raise InputError(f"{self.source}, row {before + at + 1}: {title} is {column[at]:g}, no ordinal")
        return column.astype(np.int64)

    def _numbers(self, table: Any, title: str) -> Numbers:
        """Return a column as numbers, nan where it has none."""
        with self.readable():
            numbers: Numbers = self._chunk(table, title).to_numpy(zero_copy_only=False)
        return numbers

    def _chunk(self, table: Any, title: str) -> Any:
        column = table.column(title)
        chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(chunk, self._arrow.ChunkedArray):  # of no rows
            chunk = self._arrow.array([], column.type)
        return chunk if chunk.type == self._arrow.float64() else chunk.cast(self._arrow.float64(), safe=False)

    def column(self, table: Any, title: str) -> tuple[Numbers, Flags | None]:
        """Return a column as numbers, and where it has none (None: it has everywhere)."""
        with self.readable():
            chunk = self._chunk(table, title)
            missing = chunk.is_null().to_numpy(zero_copy_only=False) if chunk.null_count else None
            return chunk.to_numpy(zero_copy_only=False), missing

    def joined(self, tables: Sequence[Any]) -> Any:
        """Return tables as one."""
        return self._arrow.concat_tables(tables)


def _require_parquet(source: str) -> None:
    """Refuse what is no Parquet file before it is opened as one."""
    if source == "-":
        raise UsageError("a whole-detector trace is read from a file, not from standard input")
    path = Path(source)
    try:
        there = path.exists()
    except (OSError, ValueError):
        there = False
    if not there:
        raise InputError(f"{source} cannot be read: there is no such file")
    if path.is_dir():
        raise InputError(f"{source} is a folder; give a Parquet file as nbtrace harness --all-pixels writes it")
    if not path.is_file():
        raise InputError(f"{source} is a pipe or a device; a whole-detector trace is read from a file")
    head = first_bytes(path, len(PARQUET))
    if not head:
        raise InputError(f"{source} is empty; a whole-detector trace is a Parquet file")
    if head != PARQUET:
        raise InputError(
            f"{source} is no Parquet file; whole-detector traces are, as nbtrace harness --all-pixels writes them. "
            "Logs, also of many pixels, are compared without --all-pixels and --pixel"
        )


@dataclass(frozen=True, eq=False)
class PixelRows:
    """Rows of a file, in the order of pixels.

    Attributes
    ----------
    file : DetectorFile
    table : pyarrow.Table
    pixels : ndarray
        Of each row, slow and fast as one number; ascending.
    """

    file: DetectorFile
    table: Any
    pixels: Ordinals
    _places: dict[str, Ordinals] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pixels)

    def place(self, title: str) -> Ordinals:
        """Return a column that tells where in its pixel a row belongs."""
        if title not in self._places:
            self._places[title] = self.file.ordinals(self.table, title)
        return self._places[title]

    def part(self, start: int, end: int | None = None) -> "PixelRows":
        """Return the rows from `start` to `end`, which is not among them."""
        end = len(self) if end is None else end
        return PixelRows(self.file, self.table.slice(start, end - start), self.pixels[start:end])

    def with_more(self, more: "PixelRows") -> "PixelRows":
        """Return these rows and those that follow them."""
        if not len(self):
            return more
        return PixelRows(
            self.file, self.file.joined([self.table, more.table]), np.concatenate([self.pixels, more.pixels])
        )


def pixel_of(number: int) -> tuple[int, int]:
    """Return the pixel that a number stands for, (slow, fast)."""
    return divmod(number, _LONGEST_SIDE)


def pixels_of(numbers: Ordinals) -> tuple[Ordinals, Ordinals]:
    """Return the slow and the fast coordinates of many."""
    return numbers // _LONGEST_SIDE, numbers % _LONGEST_SIDE


class _Feed:
    """Rows of one side, of which more are read when they are wanted."""

    def __init__(self, file: DetectorFile, quantities: Sequence[PixelQuantity], others: Sequence[str]) -> None:
        self._tables = file.tables(quantities, others)
        self._rows = next(self._tables)  # a file has rows
        self.ended = False

    def read(self) -> None:
        more = next(self._tables, None)
        if more is None:
            self.ended = True
        else:
            self._rows = self._rows.with_more(more)

    @property
    def last(self) -> int:
        return int(self._rows.pixels[-1]) if len(self._rows) else -1

    def before(self, pixel: int | None) -> int:
        return len(self._rows) if pixel is None else int(np.searchsorted(self._rows.pixels, pixel))

    def take(self, count: int) -> PixelRows:
        taken, self._rows = self._rows.part(0, count), self._rows.part(count)
        return taken


def portions_in_step(
    c: DetectorFile,
    py: DetectorFile,
    quantities: Sequence[tuple[PixelQuantity, PixelQuantity]],
    others: Sequence[str] = (),
) -> Iterator[tuple[PixelRows, PixelRows]]:
    """Yield the rows of both files portion by portion; all rows of a pixel are in one portion of both.

    Parameters
    ----------
    c, py : DetectorFile
    quantities : sequence of (PixelQuantity, PixelQuantity)
        Those to read, as either file has them.
    others : sequence of str
        Columns of both that hold no plain numbers, to be read, too.
    """
    feeds = _Feed(c, [own for own, _ in quantities], others), _Feed(py, [own for _, own in quantities], others)
    while True:
        going_on = [feed for feed in feeds if not feed.ended]
        # The last pixel that was read may go on in what is read next.
        bound = min((feed.last for feed in going_on), default=None)
        counts = [feed.before(bound) for feed in feeds]
        if any(counts):
            yield feeds[0].take(counts[0]), feeds[1].take(counts[1])
        if bound is None:
            return
        for feed in going_on:
            if feed.last <= bound:
                feed.read()

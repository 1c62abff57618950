"""Parquet files that grow portion by portion, and that nobody sees before they are complete."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.errors import UsageError
from nbtrace.files import place
from nbtrace.temporary import temporary_in
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pyarrow as pa

Column: TypeAlias = npt.NDArray[Any]


class ParquetTable:
    """A Parquet file that grows portion by portion, and appears under its name only when it is complete.

    Use it as a context manager; an error inside leaves no file behind.

    Parameters
    ----------
    path : Path
    metadata : mapping
        JSON values that are kept in the file under the key `nbtrace`; as they are when the first rows are added.
    force : bool
        Replace an existing file.
    vocabulary : Vocabulary, optional
        Whose quantities the columns are; the default one if not given.

    Raises
    ------
    UsageError
        If pyarrow is not installed, or the file exists or cannot be written.
    """

    def __init__(
        self,
        path: Path,
        metadata: Mapping[str, object] | None = None,
        *,
        force: bool = False,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self.path = path
        self.rows = 0
        self.metadata = metadata or {}
        self._force = force
        self._quantities = (vocabulary or registry.default()).quantities
        self._temporary = temporary_in(path.parent)
        self._writer: Any = None
        self._arrow, self._parquet = pyarrow_modules()
        if path.exists() and not force:
            raise UsageError(f"{path} exists; give --force to replace it, or another name")

    def __enter__(self) -> Self:
        return self

    def add(self, columns: Mapping[str, Any]) -> None:
        """Append rows, the same columns in every portion: of numpy, masked where there is no value, or of pyarrow."""
        table = self._table(columns)
        with self._writing():
            if self._writer is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._writer = self._parquet.ParquetWriter(self._temporary, table.schema)
            self._writer.write_table(table)
        self.rows += table.num_rows

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def _table(self, columns: Mapping[str, Any]) -> "pa.Table":
        pa = self._arrow
        metadata = {b"nbtrace": json.dumps(self.metadata).encode()}
        arrays, fields = [], []
        for name, column in columns.items():
            arrays.append(column if isinstance(column, pa.Array) else _array(pa, column))
            fields.append(pa.field(name, arrays[-1].type, metadata=self._unit(name)))
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=metadata))

    def _unit(self, column: str) -> dict[bytes, bytes] | None:
        known = self._quantities.get(column) or self._quantities.get(column.rpartition("_")[0])
        return None if known is None else {b"unit": known.unit.encode()}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._writer is not None:
                with self._writing() if kind is None else suppress(OSError):
                    self._writer.close()
                if kind is None:
                    self._finish()
        finally:
            self._temporary.unlink(missing_ok=True)

    def _finish(self) -> None:
        if self._force:
            self._temporary.replace(self.path)
            return
        try:
            place(self._temporary, self.path)
        except FileExistsError:
            raise UsageError(f"{self.path} exists; give --force to replace it, or another name") from None


def _array(pa: Any, column: Column) -> Any:
    mask = np.ma.getmaskarray(column) if np.ma.isMaskedArray(column) else None
    return pa.array(np.ma.getdata(column), mask=mask)


def pyarrow_modules() -> tuple[Any, Any]:
    """Return pyarrow and its module for Parquet.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an optional package, needed for this alone
        import pyarrow.parquet as parquet  # noqa: PLC0415, PLR0402
    except ImportError:
        raise UsageError("Parquet needs pyarrow, which is not installed: pip install 'nbtrace[tables]'") from None
    return pa, parquet

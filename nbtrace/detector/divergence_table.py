"""The first divergence of each pixel as a table: a row per pixel, in a Parquet file."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nbtrace.detector.detector_file import pixels_of
from nbtrace.detector.detector_result import AGREEING, LACKING, ONLY_C, ONLY_PY, UNCOMPARED
from nbtrace.detector.first_divergences import PortionFirsts
from nbtrace.detector.judged_rows import STATUSES
from nbtrace.detector.parquet_writer import ParquetTable, pyarrow_modules
from nbtrace.detector.pixel_columns import OrderedQuantity

OUTCOMES = ("agrees", "diverges", "only in c", "only in py", "lacks rows", "nothing compared")
"""What is said of a pixel."""

_OUTCOME_OF = {AGREEING: 0, ONLY_C: 2, ONLY_PY: 3, LACKING: 4, UNCOMPARED: 5}


class DivergenceTable:
    """Takes the first divergences of portions, and writes them; the file appears when it is complete.

    Parameters
    ----------
    path : Path
    metadata : mapping, optional
        What the file states of itself.
    force : bool
        Replace a file that exists.

    Raises
    ------
    UsageError
        If pyarrow is not installed, or the file exists or cannot be written.
    """

    def __init__(self, path: Path, metadata: dict[str, object] | None = None, *, force: bool = False) -> None:
        self._file = ParquetTable(path, metadata, force=force)
        self._arrow = pyarrow_modules()[0]

    @property
    def rows(self) -> int:
        """How many pixels it holds."""
        return self._file.rows

    def __enter__(self) -> Self:
        self._file.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def add(self, firsts: PortionFirsts, ordered: Sequence[OrderedQuantity]) -> None:
        """Append the pixels of a portion; `ordered` are the quantities by their numbers."""
        slow, fast = pixels_of(firsts.pairs.pixels)
        none = firsts.quantity < 0
        columns: dict[str, Any] = {
            "slow": slow.astype(np.int32),
            "fast": fast.astype(np.int32),
            "outcome": self._words(self._outcomes(firsts), OUTCOMES),
            "first_quantity": self._words(firsts.quantity, [item.quantity.name for item in ordered], none),
            "component": self._components(firsts, ordered),
            "status": self._words(firsts.status, [status.value for status in STATUSES], none),
        }
        for title in firsts.pairs.c.file.columns.places:
            place = firsts.pairs.place(title)
            rows = place[firsts.row] if len(place) else np.zeros(len(slow), dtype=np.int64)
            columns[title] = np.ma.array(rows.astype(np.int32), mask=none)
        for name, values in (
            ("c_value", firsts.c),
            ("py_value", firsts.py),
            ("rel_delta", firsts.relative),
            ("digits", firsts.digits()),
        ):
            columns[name] = np.ma.array(values, mask=none | np.isnan(values))
        self._file.add(columns)

    def _outcomes(self, firsts: PortionFirsts) -> npt.NDArray[np.int64]:
        codes = firsts.codes()
        outcomes = np.ones(len(codes), dtype=np.int64)
        for code, outcome in _OUTCOME_OF.items():
            outcomes[codes == code] = outcome
        return outcomes

    def _components(self, firsts: PortionFirsts, ordered: Sequence[OrderedQuantity]) -> Any:
        """Return the component that is farthest apart, null for a scalar."""
        words = sorted({name for item in ordered for name in item.quantity.components})
        width = max((len(item.quantity.components) for item in ordered), default=0)
        number = np.full((len(ordered) + 1, max(width, 1)), -1, dtype=np.int64)
        for place, item in enumerate(ordered):
            number[place, : len(item.quantity.components)] = [words.index(name) for name in item.quantity.components]
        found = number[firsts.quantity, np.minimum(firsts.component, max(width, 1) - 1)]
        return self._words(found, words, found < 0)

    def _words(
        self, numbers: npt.NDArray[Any], words: Sequence[str], without: npt.NDArray[np.bool_] | None = None
    ) -> Any:
        pa = self._arrow
        indices = pa.array(np.maximum(numbers, 0).astype(np.int32), mask=without)
        return pa.DictionaryArray.from_arrays(indices, pa.array(list(words), pa.string()))

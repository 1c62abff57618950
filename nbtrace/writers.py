"""Records written as text: the lines of the port's dialects, and the per-φ JSON document.

What is written here, :mod:`nbtrace.parsers` reads back to the same values.

| family | line |
|---|---|
| `TRACE_PY`, `TRACE_PY_SOURCE2`, … | `TRACE_PY: key v [v v]` |
| `TRACE_PY_GEOMETRY` | `TRACE_PY:key=v v v`, a matrix as `[a b c; d e f; g h i]` |
| `TRACE_PY_PHI`, `TRACE_PY_ROTSTAR`, `TRACE_PY_SAMPLE` | `TRACE_PY_PHI phi_tic=0 phi_deg=0 k_frac=…` |
| `TRACE_PY_BASE` | `TRACE_PY_BASE:   name = [x, y, z] unit` |
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from nbtrace.documents import dump, utc_text
from nbtrace.records import Pixel, Record, Shape, Value

KEYED = "TRACE_PY"
GEOMETRY = "TRACE_PY_GEOMETRY"
"""Written with the prefix `TRACE_PY:` and no blank after it, as the reference does with its geometry block."""
PHI = "TRACE_PY_PHI"
ROTSTAR = "TRACE_PY_ROTSTAR"
SAMPLE = "TRACE_PY_SAMPLE"
BASE = "TRACE_PY_BASE"

_STEP = "phi_tic"
_PAIRED = frozenset({PHI, ROTSTAR, SAMPLE})

PER_PHI_LISTS = ("per_phi_entries", "traces")
"""The names under which a per-φ document holds its entries: ours, then the one of older documents."""


def number_text(number: float) -> str:
    """Return a number as the reference prints it: %.15g, the sign of a zero included; an int with all its digits."""
    return str(number) if isinstance(number, int) else f"{number:.15g}"


def written_value(numbers: Sequence[float], *, shape: Shape | None = None, unit: str | None = None) -> Value:
    """Return numbers as the value that the written line holds: what 15 digits keep of them.

    Parameters
    ----------
    numbers : sequence of float or int
        In printed order, a matrix row by row.
    shape : Shape, optional
        By default a scalar or a vector.
    unit : str, optional
        A unit to be printed.
    """
    tokens = tuple(number_text(number) for number in numbers)
    shape = shape or (Shape.SCALAR if len(tokens) == 1 else Shape.VECTOR)
    if shape is Shape.MATRIX:
        text = "[" + "; ".join(" ".join(tokens[row : row + 3]) for row in (0, 3, 6)) + "]"
    else:
        text = " ".join(tokens)
    return Value(shape, tuple(float(token) for token in tokens), tokens, text, unit=unit)


def trace_lines(records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of records in their order; records of one line number make one line where the dialect allows."""
    for (_, family), group in groupby(records, key=lambda record: (record.line, record.family)):
        if family in _PAIRED:
            yield _pairs(family, tuple(group))
        else:
            yield from (_line(record) for record in group)


def trace_text(records: Iterable[Record], header: Iterable[str] = ()) -> str:
    """Return the text of a log: the header's lines, then those of the records."""
    return "".join(f"{line}\n" for line in (*header, *trace_lines(records)))


def _line(record: Record) -> str:
    match record.family:
        case "TRACE_PY_GEOMETRY":
            return f"{KEYED}:{record.key}={record.value.text}"
        case "TRACE_PY_BASE":
            return f"{BASE}:   {record.key} = {_with_unit(record.value)}"
    return f"{record.family}: {record.key} {record.value.text}"


def _with_unit(value: Value) -> str:
    text = value.text if value.shape is Shape.SCALAR else f"[{', '.join(value.tokens)}]"
    return f"{text} {value.unit}" if value.unit else text


def _pairs(family: str, records: Sequence[Record]) -> str:
    index = records[0].index
    places: list[tuple[str, object]] = []
    if family == SAMPLE:
        slow, fast = index.grid("subpixel") or (0, 0)
        places = [("subpixel", f"({slow},{fast})"), ("source", index.ordinal("source"))]
        places.append(("mos", index.ordinal("mosaic domain")))
    places.append(("phi" if family == SAMPLE else _STEP, index.ordinal(_STEP)))
    return " ".join([family, *(f"{key}={value}" for key, value in places), *(_pair(record) for record in records)])


def _pair(record: Record) -> str:
    return f"{record.key}={record.value.text}"


def per_phi_document(
    records: Iterable[Record], *, time: datetime, pixel: Pixel, config: str, device: str, dtype: str, mode: str
) -> str:
    """Return the text of the per-φ JSON document of a pixel; its entries stand under both names that readers know.

    Parameters
    ----------
    records : iterable of Record
        Those of the per-φ lines; each line gives one entry.
    time : datetime with time zone
    pixel : (slow, fast)
    config : str
        Name of the configuration, or its flags.
    device, dtype, mode : str
        What it ran on, in which precision, and which of the reference's defects it reproduced.
    """
    entries = []
    for _, group in groupby(records, key=lambda record: record.line):
        line = tuple(group)
        values = {record.key: record.value.numbers[0] for record in line}
        entries.append({_STEP: line[0].index.ordinal(_STEP), **values})
    return dump(
        {
            "format_version": 1,
            "timestamp": utc_text(time),
            "pixel": {"slow": pixel[0], "fast": pixel[1]},
            "config": config,
            "device": device,
            "dtype": dtype,
            "mode": mode,
            **dict.fromkeys(PER_PHI_LISTS, entries),
        }
    )

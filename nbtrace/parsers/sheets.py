"""What a structured file comes down to: the rows of one program, or of both."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from nbtrace.frozen import frozen
from nbtrace.parsers.placed_rows import CellRow, Cells
from nbtrace.records import Side, Unreadable
from nbtrace.vocabulary.quantity import Kind
from nbtrace.vocabulary.vocabulary import Vocabulary

_ENDINGS = (("_x", "_y", "_z"), ("_h", "_k", "_l"), (".x", ".y", ".z"), ("[0]", "[1]", "[2]"), ("_0", "_1", "_2"))
"""What the columns of the components of a vector end with."""

_FIRST = tuple(ending[0] for ending in _ENDINGS)


@frozen
class Sheet:
    """The rows of one program.

    Attributes
    ----------
    rows : tuple of CellRow
    side : Side
        The program, where the file tells it.
    named : bool
        Whether the file says that every key is a quantity, so that unknown ones count, too.
    """

    rows: tuple[CellRow, ...]
    side: Side = Side.UNKNOWN
    named: bool = False


@frozen
class Sheets:
    """A structured file as read.

    Attributes
    ----------
    sheets : tuple of Sheet
        One, or two of which the first is the reference's.
    form : str
        What such a file is called.
    readings : tuple of str
        What was decided in reading it, where the file could be read otherwise; sentences about the file.
    unreadable : tuple of Unreadable
        What could not be read.
    used : int or None
        Lines that gave values; None for all that are readable.
    structure : int
        Lines that hold headings and rules.
    """

    sheets: tuple[Sheet, ...]
    form: str
    readings: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    used: int | None = None
    structure: int = 0


def with_lost_rows(read: Sheets, lost: Iterable[Unreadable]) -> Sheets:
    """Return a file of both programs in which a row that cannot be read is a missing value on either side.

    It is lost to both, so that nothing else would tell that the two were not compared there.
    """
    rows = tuple(CellRow({name: None}, bad.line) for bad in lost for name in bad.quantities[:1])
    if len(read.sheets) < 2 or not rows:
        return read
    return replace(read, sheets=tuple(replace(sheet, rows=(*sheet.rows, *rows)) for sheet in read.sheets))


def with_vectors(cells: Cells, vocabulary: Vocabulary, parts: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return cells in which the components of a vector stand under its own name.

    `parts` holds the vectors whose components have names of their own.
    """
    joined = dict(cells)
    for name, keys in parts.items():
        if all(_is_number(joined.get(key)) for key in keys):
            values = [joined.pop(key) for key in keys]
            joined = {name: _vector(values), **joined}
    for key in [key for key in joined if key.endswith(_FIRST)]:
        for ending in _ENDINGS:
            base = key.removesuffix(ending[0])
            components = [base + end for end in ending]
            numbers = all(_is_number(joined.get(one)) for one in components)
            if numbers and base != key and _is_vector(base, key, vocabulary):
                joined[base] = _vector([joined.pop(one) for one in components])
                break
    return joined


def _is_vector(base: str, key: str, vocabulary: Vocabulary) -> bool:
    known = vocabulary.quantities
    quantity = known.get(vocabulary.meaning(base).quantity)
    return quantity is not None and quantity.kind is Kind.VECTOR and vocabulary.meaning(key).quantity not in known


def _is_number(raw: object) -> bool:
    if isinstance(raw, str):
        return bool(raw.strip()) and not raw.strip().startswith(("[", "(")) and len(raw.split()) == 1
    return isinstance(raw, int | float) and not isinstance(raw, bool)


def _vector(values: list[Any]) -> Any:
    return " ".join(value.strip() for value in values) if all(isinstance(value, str) for value in values) else values

"""Rows of a structured file: the cells of one place, and where that is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from nbtrace.frozen import frozen
from nbtrace.parsers.values import ordinal
from nbtrace.records import MOST, NOWHERE, Index, Pixel
from nbtrace.vocabulary.quantity import Meaning
from nbtrace.vocabulary.vocabulary import Vocabulary

Cells: TypeAlias = Mapping[str, Any]
"""The cells of a row by their keys: JSON values, or texts."""

PIXEL_PAIRS = (
    ("pixel_s", "pixel_f"),
    ("pixel_slow", "pixel_fast"),
    ("spixel", "fpixel"),
    ("slow", "fast"),
)
"""Keys of the two coordinates of a pixel."""

PIXEL_KEYS = ("pixel", "pixel_coords", "traced_pixel")
"""Keys of a pixel as [slow, fast] or {slow, fast}."""

ROW_KEYS = ("step", "index", "row", "iteration", "iter", "i", "n", "sample", "turn", "frame", "point")
"""Keys of the ordinal of a row, where no loop of the vocabulary is named."""


@frozen
class CellRow:
    """Cells that belong to one place.

    Attributes
    ----------
    cells : mapping of str to object
    line : int
        Line of the file, from 1.
    number : int or None
        Which of several rows it is, from 0; None for the cells of the file as a whole.
    """

    cells: Cells
    line: int = 1
    number: int | None = None


@frozen
class PlacedRow:
    """A row with its place.

    Attributes
    ----------
    cells : mapping of str to object
        The values; what says where they belong is not among them.
    index : Index
        Without the block.
    pixel : (int, int) or None
        The pixel that the row states.
    meaning : callable or None
        What its keys stand for, where rows of this kind have a dialect of their own; None for the vocabulary's.
    counted : bool
        Whether nothing in the row tells it from the others, so that its number must.
    point : tuple
        What tells the sampled points of one pixel apart; empty where rows are no sampled points.
    problem : str or None
        What is wrong with what the row says of its place.
    """

    cells: Cells
    index: Index = NOWHERE
    pixel: Pixel | None = None
    meaning: Callable[[str], Meaning] | None = None
    counted: bool = False
    point: tuple[object, ...] = ()
    problem: str | None = None


def whole_number(raw: object) -> int | None:
    """Return an ordinal that a cell holds; None for anything else."""
    if isinstance(raw, str):
        return ordinal(raw.strip().removesuffix(".0"))
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not abs(raw) <= MOST:
        return None
    return int(raw) if raw >= 0 and raw == int(raw) else None


def whole_numbers(raw: object) -> tuple[int, ...]:
    """Return the ordinals of a list, `(0, 1)` or `0 1`; empty for anything else."""
    items: Sequence[object] = ()
    if isinstance(raw, str):
        items = raw.strip("()[] \t").replace(",", " ").split()
    elif isinstance(raw, list | tuple):
        items = raw
    numbers = [number for item in items if (number := whole_number(item)) is not None]
    return tuple(numbers) if len(numbers) == len(items) else ()


def pixel_in(cells: Cells) -> tuple[Pixel | None, frozenset[str], str | None]:
    """Return the pixel that cells state, the keys that do, and what is wrong with them."""
    for slow, fast in PIXEL_PAIRS:
        if slow in cells and fast in cells:
            both = whole_number(cells[slow]), whole_number(cells[fast])
            return _pixel(both, (slow, fast), f"{slow}: {cells[slow]!r}, {fast}: {cells[fast]!r}")
    for key in PIXEL_KEYS:
        raw = cells.get(key)
        if isinstance(raw, Mapping):
            inner, used, wrong = pixel_in(raw)
            return inner, frozenset({key}) if used else frozenset(), wrong
        if isinstance(raw, list | tuple | str) and len(numbers := whole_numbers(raw)) == 2:
            return (numbers[0], numbers[1]), frozenset({key}), None
    return None, frozenset(), None


def placed_by_keys(row: CellRow, vocabulary: Vocabulary) -> PlacedRow:
    """Return a row with its place: the ordinals of loops that the vocabulary names, a pixel, an ordinal of its own."""
    pixel, keys, problem = pixel_in(row.cells) if vocabulary.has_blocks else (None, frozenset[str](), None)
    cells = {key: raw for key, raw in row.cells.items() if key not in keys}
    loops = []
    for name in vocabulary.indices:
        if name in cells and (number := whole_number(cells[name])) is not None:
            loops.append((name, number))
            del cells[name]
    grids: tuple[tuple[str, tuple[int, ...]], ...] = ()
    if row.number is not None and not loops:
        own = next((key for key in cells if _is_row_key(key, vocabulary)), None)
        if own is not None and (number := whole_number(cells[own])) is not None:
            grids = ((own, (number,)),)
            del cells[own]
    counted = row.number is not None and not loops and not grids
    return PlacedRow(cells, Index(loops=tuple(loops), grids=grids), pixel, counted=counted, problem=problem)


def _is_row_key(key: str, vocabulary: Vocabulary) -> bool:
    return key.casefold() in ROW_KEYS and not vocabulary.knows(key)


def _pixel(
    numbers: tuple[int | None, int | None], keys: tuple[str, str], shown: str
) -> tuple[Pixel | None, frozenset[str], str | None]:
    slow, fast = numbers
    if slow is None or fast is None:
        return None, frozenset(keys), f"{shown}: {keys[0]} and {keys[1]} are no pixel"
    return (slow, fast), frozenset(keys), None

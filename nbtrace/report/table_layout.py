"""A table in a given number of terminal cells: which columns stand, how wide each is, and how its words fold.

A number, an exponent and a status are never cut. Where a table is too wide its words fold first; then columns are left
out in the order of their ranks, and before one that may round is left out, numbers lose digits. What has rank 0 stays.
"""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells

from nbtrace.frozen import frozen
from nbtrace.report.view import Column, Table, clean

_ROOMY = 96
"""Cells from which on two blanks stand between columns, in place of one."""
_FEW_DIGITS = 6
_NAME, _WORDS, _LEAST = 24, 16, 6
"""Cells to which names in the first column, other words, and either where nothing else helps are folded.

Of a terminal of less than 60 or 80 cells the first two are at most two and one fifth.
"""
_SINGLE = 20
"""Cells up to which one word, beyond the first column, is not folded: statuses have as many."""
_WHOLE_TITLE = 18
"""Cells of a title made of names up to which it stays on one line."""
_TITLE, _NARROW_TITLE = 16, 8
"""Cells of a line of a longer one, however short the cells under it are; the second where there is no more room."""
_words = re.compile(r"[^\s/]*(?:[\s/]+|$)").findall
_parts = re.compile(r"[^_:]*(?:[_:]+|$)").findall
_blank_words = re.compile(r"\s*\S+\s*").findall
_digit = re.compile(r"\d").search


@frozen
class LaidTable:
    """A table as it is printed.

    Attributes
    ----------
    places : tuple of int
        Columns of the table that stand.
    widths : tuple of int
        Cells of each.
    gap : int
        Blanks between two columns.
    titles : tuple of tuple of str
        Lines of each heading.
    cells : tuple of tuple of tuple of str
        Per row and column that stands the lines of the cell.
    """

    places: tuple[int, ...]
    widths: tuple[int, ...]
    gap: int
    titles: tuple[tuple[str, ...], ...]
    cells: tuple[tuple[tuple[str, ...], ...], ...]


def laid_out(table: Table, width: int) -> LaidTable:
    """Return a table laid out in a number of terminal cells; it exceeds them only where what stays cannot fold."""
    plan = next((plan for plan in _plans(table, width) if plan.fits), _Plan.of(table, width, least=True, rank=0))
    return plan.laid()


def _plans(table: Table, width: int) -> Iterator["_Plan"]:
    """Yield what can be tried, the best first."""
    ranks = sorted({column.rank for column in table.columns if column.rank}, reverse=True)
    rounded = False
    for place, highest in enumerate([*ranks, 0]):
        if place and not rounded and any(item.rounds and item.rank == ranks[place - 1] for item in table.columns):
            rounded = True
            yield _Plan.of(table, width, rank=ranks[place - 1], rounded=True)
        yield _Plan.of(table, width, rank=highest, rounded=rounded)
    yield _Plan.of(table, width, rank=0, rounded=True)
    yield _Plan.of(table, width, rank=0, rounded=True, least=True)


@frozen
class _Plan:
    """A choice of columns, of digits, and of how far words fold."""

    table: Table
    width: int
    places: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]
    limits: tuple[tuple[int, int], ...]
    """Per column the fewest cells that it can have, and those that it would fill."""

    @classmethod
    def of(cls, table: Table, width: int, *, rank: int, rounded: bool = False, least: bool = False) -> "_Plan":
        places = tuple(i for i, column in enumerate(table.columns) if column.rank <= rank)
        cells = tuple(
            tuple(_shown(line.cells[i], table.columns[i], rounded=rounded or least) for line in table.lines)
            for i in places
        )
        limits = tuple(
            _limits(table.columns[i], own, width, first=i == 0, least=least)
            for i, own in zip(places, cells, strict=True)
        )
        return cls(table, width, places, cells, limits)

    @property
    def gap(self) -> int:
        return 2 if self.width >= _ROOMY else 1

    @property
    def fits(self) -> bool:
        return sum(low for low, _ in self.limits) + self.gap * (len(self.limits) - 1) <= self.width

    def laid(self) -> LaidTable:
        widths = _shared(self.limits, self.width - self.gap * (len(self.limits) - 1))
        columns = [self.table.columns[i] for i in self.places]
        titles = tuple(
            tuple(folded(clean(column.title), max(size, 1))) for column, size in zip(columns, widths, strict=True)
        )
        by_column = [[tuple(folded(text, size)) for text in own] for own, size in zip(self.cells, widths, strict=True)]
        return LaidTable(self.places, widths, self.gap, titles, tuple(zip(*by_column, strict=True)))


def _shown(cell: str, column: Column, *, rounded: bool) -> str:
    """Return a cell as it is shown; a number that may lose digits does where `rounded`."""
    cell = clean(cell)
    if not (rounded and column.rounds):
        return cell
    try:
        short = f"{float(cell):{'+' if cell.startswith('+') else ''}.{_FEW_DIGITS}g}"
    except ValueError:
        return cell
    return short if len(short) < len(cell) else cell


def _limits(column: Column, cells: Sequence[str], width: int, *, first: bool, least: bool) -> tuple[int, int]:
    """Return the fewest cells that a column can have, and those that it would fill."""
    whole = [cell_len(cell) for cell in cells if not _folds(cell, column, first=first)]
    words = [cell_len(cell) for cell in cells if _folds(cell, column, first=first)]
    comfort = _LEAST if least else min(_NAME, 2 * width // 5) if first else min(_WORDS, width // 5)
    low = max([*whole, *(min(size, comfort) for size in words)], default=0)
    full = max([*whole, *words], default=0)
    title = clean(column.title)
    if column.named and cell_len(title) > _WHOLE_TITLE:
        heading = min(cell_len(title), max(full, _TITLE if width >= _ROOMY else _NARROW_TITLE))
        return max(low, min(heading, _LEAST if least else _NARROW_TITLE)), max(full, heading)
    return max(low, *map(cell_len, title.split()), 0), max(full, cell_len(title))


def _folds(cell: str, column: Column, *, first: bool) -> bool:
    """Tell whether a cell is words that may be folded: no number, and no single word such as a status."""
    if column.numeric:
        return not _digit(cell)
    return first or " " in cell or cell_len(cell) > _SINGLE


def _shared(limits: Sequence[tuple[int, int]], room: int) -> tuple[int, ...]:
    """Return the cells of each column: what is left beyond the fewest goes to the narrowest that want more."""
    widths = [low for low, _ in limits]
    left = room - sum(widths)
    while left > 0:
        wanting = [i for i, (_, full) in enumerate(limits) if widths[i] < full]
        if not wanting:
            break
        narrowest = min(wanting, key=lambda i: widths[i])
        widths[narrowest] += 1
        left -= 1
    return tuple(widths)


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a paragraph: it breaks at blanks, within a word only where that is longer than a line."""
    lines = [""]
    for word in _blank_words(text):
        size = cell_len(word.rstrip())
        if cell_len(lines[-1]) + size <= width:
            lines[-1] += word
        else:
            pieces = chop_cells(word, width) if size > width else [word]
            lines = [*lines, *pieces] if lines[-1] else pieces
    return [line.rstrip() for line in lines]


def folded(text: str, width: int) -> list[str]:
    """Return the lines of a text: it breaks at blanks and after a `/`, within a word only where that is longer."""
    if cell_len(text) <= width:
        return [text]
    lines = [""]
    words = _words(text)
    pieces = [part for word in words for part in ([word] if cell_len(word.rstrip()) <= width else _parts(word))]
    for piece in pieces:
        if lines[-1] and cell_len(lines[-1]) + cell_len(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
        while cell_len(lines[-1].rstrip()) > width:
            head = _head(lines[-1], width)
            lines[-1:] = head, lines[-1][len(head) :]
    return [line.rstrip() for line in lines if line.strip()] or [""]


def _head(text: str, width: int) -> str:
    """Return the beginning of a text that fills a width; at least one letter."""
    size = 1
    while size < len(text) and cell_len(text[: size + 1]) <= width:
        size += 1
    return text[:size]

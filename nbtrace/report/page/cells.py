"""The markup of texts and of the rows of a table, which a template would take many times as long to print."""

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from nbtrace.report.page.tables import PageCell, PageColumn, PageTable, leading_number, tone_of
from nbtrace.report.view import clean

_NUMBERS = re.compile(r"[-+−–\d. ]{1,28}")
"""A few numbers that belong together: indices, a range."""

_EXPONENT = re.compile(r"([-+−]?\d[\d.]*e[-+]\d+)")


def unbroken(text: str) -> Markup:
    """Return text in which no line ends within a number, after the `-` of 1e-06, or within a cell of a few numbers."""
    if " " in text and _NUMBERS.fullmatch(text):
        return Markup('<span class="nb">{}</span>').format(text)
    pieces = _EXPONENT.split(clean(text))
    if len(pieces) == 1:
        return escape(pieces[0])
    return Markup("").join(
        Markup('<span class="nb">{}</span>').format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    )


def breakable(text: str) -> Markup:
    """Return a name, or the text of a cell, in which a line may end after a `_`."""
    return Markup("_<wbr>").join(map(unbroken, text.split("_"))) if "_" in text else unbroken(text)


def rows_of(table: PageTable) -> Markup:
    """Return the rows that a page shows of a table."""
    where = table.status_column
    heads = [_head(column, first=not place, wordy=table.wordy) for place, column in enumerate(table.columns)]

    def rows() -> Iterator[str]:
        for row in table.shown:
            status = "" if where is None else f' data-status="{_escaped(row[where].text.rstrip("*"))}"'
            yield f"<tr{status}>"
            for head, cell in zip(heads, row, strict=False):
                sort = cell.sort
                yield f'{head} data-sort="{sort}">' if sort else f"{head}>"
                yield _content(cell)
                yield "</th>" if head is heads[0] else "</td>"
            yield "</tr>\n"

    return Markup("".join(rows()))  # noqa: S704 - all text in them is escaped


def _head(column: PageColumn, *, first: bool, wordy: bool) -> str:
    """Return how the tag of a column's cells begins."""
    tag = '<th scope="row"' if first else "<td"
    name = "number" if column.numeric else "digest" if column.title == "sha256" else "code" if column.code else ""
    label = f' data-label="{_escaped(column.title)}"' if wordy and not first else ""
    return tag + (f' class="{name}"' if name else "") + label


def _content(cell: PageCell) -> str:
    tone = cell.tone
    if tone:
        content = f'<span class="status {tone}">{_escaped(cell.text)}</span>'
    elif status := _status_with_number(cell.text):
        word, rest = status
        content = f'<span class="status {tone_of(word)}">{_escaped(word)}</span> {_escaped(rest)}'
    elif cell.parts:
        content = "".join(f'<span class="line">{_escaped(part)}</span> ' for part in cell.parts)
    else:
        content = str(breakable(cell.text))
    return f'{content} <span class="cell-note">{_escaped(cell.note)}</span>' if cell.note else content


def _status_with_number(text: str) -> tuple[str, str] | None:
    """Return the two parts of `CRITICAL 0.96`; None of any other text."""
    word, _, rest = text.partition(" ")
    return (word, rest) if word.isupper() and leading_number(rest) is not None and tone_of(word) else None


def _escaped(text: str) -> str:
    return str(escape(clean(text)))

"""A view as text for the terminal; colour only where a terminal shows it."""

import io
import os
import re
from typing import TextIO

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from nbtrace.report.view import WEIGHT_WORDS, Column, Section, Table, View, clean
from nbtrace.verdicts.notices import Weight
from nbtrace.verdicts.status import Status, Verdict

_STATUS_STYLE = {
    Status.PASS: "green",
    Status.MINOR: "yellow",
    Status.DIVERGENT: "dark_orange",
    Status.CRITICAL: "bold red",
    Status.MISSING: "magenta",
    Status.SHAPE: "magenta",
    Status.NOT_FINITE: "bold magenta",
}
_VERDICT_STYLE = {
    Verdict.AGREE: "bold green",
    Verdict.DIFFER: "bold red",
    Verdict.NOT_COMPARABLE: "bold magenta",
}
_WEIGHT_STYLE = {Weight.BLOCKING: "bold red", Weight.WARNING: "yellow", Weight.INFO: "cyan"}
_PIPED_WIDTH = 100
_ALL_DIGITS = 96
_FEW_DIGITS = 6
_WHOLE_TITLE = 18
"""Letters of a title made of names up to which it stays on one line."""
_TITLE, _NARROW_TITLE = 16, 8
"""Letters of a line of a longer one, however short the cells under it are; the second in a narrow terminal."""
_pieces = re.compile(r"[^\s/]*(?:[\s/]+|$)").findall
_trailing = re.compile(r"[ ]+((?:\x1b\[[\d;]*m)*)$", re.MULTILINE)


def console_for(stream: TextIO) -> Console:
    """Return a console that writes to a stream: colours only on a terminal, a fixed width where there is none."""
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, force_jupyter=False)


def print_view(view: View, console: Console) -> None:
    """Print a view; no line ends in blanks."""
    with console.capture() as captured:
        _view(view, console)
    console.file.write(_trailing.sub(r"\1", captured.get()))


def render(view: View, width: int = _PIPED_WIDTH) -> str:
    """Return a view as plain text: the same in a terminal, a notebook, and where colours are asked for."""
    stream = io.StringIO()
    plain = Console(
        file=stream,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
    )
    print_view(view, plain)
    return stream.getvalue()


def _view(view: View, console: Console) -> None:
    verdict = Text(view.verdict_word + "  ", style=_VERDICT_STYLE[view.verdict])
    _hanging(console, verdict, view.headline)
    for notice in view.notices:
        _hanging(console, Text(f"{WEIGHT_WORDS[notice.weight]}  ", style=_WEIGHT_STYLE[notice.weight]), notice.text)
    console.print()
    for fact in view.facts:
        console.print(Text(clean(fact)))
    for section in view.sections:
        if not section.repeats_table:
            _section(section, console)


def _hanging(console: Console, head: Text, body: str) -> None:
    """Print text after a head, further lines indented under it."""
    grid = RichTable.grid(padding=0)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(head, Text(clean(body)))
    console.print(grid)


def _section(section: Section, console: Console) -> None:
    console.print()
    console.print(Text(clean(section.title), style="bold"))
    for sentence in section.sentences:
        console.print(Text(clean(sentence)))
    for item in section.items:
        _hanging(console, Text("  - "), item)
    for command in section.commands:
        console.print(Text(f"  # {clean(command.question)}"), soft_wrap=True)
        console.print(Text(f"  {clean(command.line)}"), soft_wrap=True)
    if section.table is not None and section.table.lines:
        console.print(_table(section.table, console.width))


def _table(table: Table, width: int) -> RichTable:
    shown = [i for i, column in enumerate(table.columns) if column.least_width <= width]
    rich = RichTable(
        box=None,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2 if width >= _ALL_DIGITS else 1, 0, 0),
        header_style="bold",
    )
    least = _TITLE if width >= _ALL_DIGITS else _NARROW_TITLE
    for i in shown:
        column = table.columns[i]
        cells = [_narrowed(line.cells[i], column, width) for line in table.lines]
        rich.add_column(
            Text(_title(column, max([least, *map(len, cells)]))),
            justify="right" if column.numeric else "left",
            overflow="fold",
            no_wrap=column.numeric or i == 0,
        )
    for line in table.lines:
        style = _STATUS_STYLE[line.status] if line.status is not None else ""
        last = len(table.columns) - 1
        cells = [_narrowed(line.cells[i], table.columns[i], width) for i in shown]
        rich.add_row(*(Text(cell, style=style if i == last else "") for i, cell in zip(shown, cells, strict=True)))
    return rich


def _title(column: Column, width: int) -> str:
    """Return a column's title, one with names in it broken into lines of a width."""
    title = clean(column.title)
    return "\n".join(_broken(title, width)) if column.named and len(title) > max(width, _WHOLE_TITLE) else title


def _broken(title: str, width: int) -> list[str]:
    """Return the lines of a title: it breaks at blanks and after a `/`, within a name only where that is longer."""
    lines = [""]
    for piece in _pieces(title):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
        while len(lines[-1].rstrip()) > width:
            lines[-1:] = lines[-1][:width], lines[-1][width:]
    return [line.rstrip() for line in lines]


def _narrowed(cell: str, column: Column, width: int) -> str:
    """Return a cell as a terminal of this width shows it: numbers lose digits before names lose letters."""
    cell = clean(cell)
    if not column.rounds or width >= _ALL_DIGITS:
        return cell
    try:
        return f"{float(cell):{'+' if cell.startswith('+') else ''}.{_FEW_DIGITS}g}"
    except ValueError:
        return cell

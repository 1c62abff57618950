"""A view as text for the terminal; colour only where a terminal shows it."""

import io
import os
import re
from collections.abc import Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from nbtrace.report.table_layout import LaidTable, folded, laid_out
from nbtrace.report.view import WEIGHT_WORDS, Section, Table, View, clean
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
_trailing = re.compile(r"[ ]+((?:\x1b\[[\d;]*m)*)$", re.MULTILINE)


def console_for(stream: TextIO) -> Console:
    """Return a console that writes to a stream: colours only on a terminal, a fixed width where there is none."""
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, force_jupyter=False)


def print_view(view: View, console: Console, *, closes: bool = False) -> None:
    """Print a view; no line ends in blanks. One that `closes` repeats the verdict in its last line."""
    with console.capture() as captured:
        _view(view, console)
        if closes:
            console.print()
            console.print(_closing(view, console.width), soft_wrap=True)
    console.file.write(_trailing.sub(r"\1", captured.get()))


def render(view: View, width: int = _PIPED_WIDTH, *, closes: bool = False) -> str:
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
    print_view(view, plain, closes=closes)
    return stream.getvalue()


def _closing(view: View, width: int) -> Text:
    """Return the last line: the verdict, and as much of the answer as one line holds."""
    word = view.verdict_word
    line = Text(word, style=_VERDICT_STYLE[view.verdict])
    room = width - len(word) - 2
    answer = folded(clean(view.headline), max(room, 1))
    if len(answer) > 1:
        beginning = folded(answer[0], max(room - 2, 1))[0]
        clauses = beginning.rpartition("; ")[0]
        beginning = clauses if 2 * len(clauses) > room else beginning
        answer = [f"{beginning.rstrip(' ,;:')} …"]
    return line.append(f"  {answer[0]}", "not bold default")


def _view(view: View, console: Console) -> None:
    verdict = Text(view.verdict_word + "  ", style=_VERDICT_STYLE[view.verdict])
    _hanging(console, verdict, view.headline)
    for notice in view.notices:
        _hanging(console, Text(f"{WEIGHT_WORDS[notice.weight]}  ", style=_WEIGHT_STYLE[notice.weight]), notice.text)
    if view.facts:
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
    if section.title:
        console.print(Text(clean(section.title), style="bold"))
    for sentence in section.sentences:
        console.print(Text(clean(sentence)))
    for item in section.items:
        _hanging(console, Text("  - "), item)
    for command in section.commands:
        for piece in folded(clean(command.question), max(console.width - 4, 1)):
            console.print(Text(f"  # {piece}"), soft_wrap=True)  # each a comment, so that a shell runs none of it
        console.print(Text(f"  {clean(command.line)}"), soft_wrap=True)
    if section.table is not None and section.table.lines:
        _table(section.table, console)
    if section.left_out:
        console.print(Text(clean(section.left_out), style="dim"))


def _table(table: Table, console: Console) -> None:
    laid = laid_out(table, console.width)
    last = len(table.columns) - 1
    _rows(laid, table, laid.titles, ["bold"] * len(laid.places), console)
    for line, cells in zip(table.lines, laid.cells, strict=True):
        style = _STATUS_STYLE[line.status] if line.status is not None else ""
        _rows(laid, table, cells, [style if i == last else "" for i in laid.places], console)


def _rows(
    laid: LaidTable, table: Table, cells: Sequence[Sequence[str]], styles: Sequence[str], console: Console
) -> None:
    """Print a row, each cell in as many lines as it has."""
    for height in range(max(map(len, cells), default=0)):
        text = Text()
        for place, size, lines, style in zip(laid.places, laid.widths, cells, styles, strict=True):
            piece = lines[height] if height < len(lines) else ""
            blanks = " " * (size - cell_len(piece))
            padded = blanks + piece if table.columns[place].numeric else piece + blanks
            text.append(padded, style)
            text.append(" " * laid.gap)
        console.print(text, soft_wrap=True)

"""A view as text for the terminal; colour only where a terminal shows it.

What has no colours is written without rich, which takes longer to load than two logs to compare.
"""

import io
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO, TypeAlias

from rich.cells import cell_len

from nbtrace.frozen import frozen
from nbtrace.report.table_layout import LaidTable, folded, laid_out, wrapped
from nbtrace.report.view import WEIGHT_WORDS, Section, Table, View, clean
from nbtrace.verdicts.notices import Weight
from nbtrace.verdicts.status import Status, Verdict

if TYPE_CHECKING:
    from rich.console import Console

_Pieces: TypeAlias = list[tuple[str, str]]
"""A line: texts, each with its style as rich names it."""

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
_COLOURED_WITHOUT_TERMINAL = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""Variables that ask rich for colours where there is no terminal."""


@frozen
class Screen:
    """What a report is printed on.

    Attributes
    ----------
    stream : TextIO
    width : int
        Letters of a line.
    console : Console, optional
        What shows colours; none where nothing does.
    """

    stream: TextIO
    width: int
    console: "Console | None" = None


def console_for(stream: TextIO) -> Screen:
    """Return what writes to a stream: colours only on a terminal, a fixed width where there is none."""
    columns = os.environ.get("COLUMNS", "")
    if not stream.isatty() and not any(map(os.environ.get, _COLOURED_WITHOUT_TERMINAL)):
        return Screen(stream, int(columns) if columns.isdecimal() else _PIPED_WIDTH)
    from rich.console import Console  # noqa: PLC0415 - only for colours

    width = None if stream.isatty() or columns else _PIPED_WIDTH
    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False, force_jupyter=False)
    return Screen(stream, console.width, console)


def print_view(view: View, screen: Screen, *, closes: bool = False) -> None:
    """Print a view; no line ends in blanks. One that `closes` repeats the verdict in its last line."""
    lines = list(_view(view, screen.width))
    if closes:
        lines += [[], _closing(view, screen.width)]
    whole = [_without_trailing_blanks(line) for line in lines]
    if screen.console is None:
        screen.stream.write("".join(f"{''.join(text for text, _ in line)}\n" for line in whole))
        return
    from rich.text import Text  # noqa: PLC0415 - only for colours

    for line in whole:
        screen.console.print(Text.assemble(*line), soft_wrap=True)


def render(view: View, width: int = _PIPED_WIDTH, *, closes: bool = False) -> str:
    """Return a view as plain text: the same in a terminal, a notebook, and where colours are asked for."""
    stream = io.StringIO()
    print_view(view, Screen(stream, width), closes=closes)
    return stream.getvalue()


def _without_trailing_blanks(line: _Pieces) -> _Pieces:
    for place in reversed(range(len(line))):
        text, style = line[place]
        if kept := text.rstrip(" "):
            return [*line[:place], (kept, style)]
    return []


def _closing(view: View, width: int) -> _Pieces:
    """Return the last line: the verdict, and as much of the answer as one line holds."""
    word = view.verdict_word
    room = width - len(word) - 2
    answer = folded(clean(view.headline), max(room, 1))
    if len(answer) > 1:
        beginning = folded(answer[0], max(room - 2, 1))[0]
        clauses = beginning.rpartition("; ")[0]
        beginning = clauses if 2 * len(clauses) > room else beginning
        answer = [f"{beginning.rstrip(' ,;:')} …"]
    return [(word, _VERDICT_STYLE[view.verdict]), (f"  {answer[0]}", "")]


def _view(view: View, width: int) -> Iterator[_Pieces]:
    yield from _hanging(view.verdict_word + "  ", view.headline, width, _VERDICT_STYLE[view.verdict])
    for notice in view.notices:
        yield from _hanging(f"{WEIGHT_WORDS[notice.weight]}  ", notice.text, width, _WEIGHT_STYLE[notice.weight])
    if view.facts:
        yield []
    for fact in view.facts:
        yield from _paragraph(fact, width)
    for section in view.sections:
        if not section.repeats_table:
            yield from _section(section, width)


def _paragraph(text: str, width: int, style: str = "") -> Iterator[_Pieces]:
    return ([(line, style)] for line in wrapped(clean(text), width))


def _hanging(head: str, body: str, width: int, style: str = "") -> Iterator[_Pieces]:
    """Yield text after a head, further lines indented under it."""
    first, *others = wrapped(clean(body), max(width - len(head), 1))
    yield [(head, style), (first, "")]
    yield from ([(" " * len(head) + line, "")] for line in others)


def _section(section: Section, width: int) -> Iterator[_Pieces]:
    yield []
    if section.title:
        yield from _paragraph(section.title, width, "bold")
    for sentence in section.sentences:
        yield from _paragraph(sentence, width)
    for item in section.items:
        yield from _hanging("  - ", item, width)
    asked = ""
    for command in section.commands:
        if command.question != asked:  # one question stands once above its commands
            for piece in folded(clean(command.question), max(width - 4, 1)):
                yield [(f"  # {piece}", "")]  # each a comment, so that a shell runs none of it
        asked = command.question
        yield [(f"  {clean(command.line)}", "")]
    if section.table is not None and section.table.lines:
        yield from _table(section.table, width)
    if section.left_out:
        yield from _paragraph(section.left_out, width, "dim")


def _table(table: Table, width: int) -> Iterator[_Pieces]:
    laid = laid_out(table, width)
    last = len(table.columns) - 1
    yield from _rows(laid, table, laid.titles, ["bold"] * len(laid.places))
    for line, cells in zip(table.lines, laid.cells, strict=True):
        style = _STATUS_STYLE[line.status] if line.status is not None else ""
        yield from _rows(laid, table, cells, [style if i == last else "" for i in laid.places])


def _rows(laid: LaidTable, table: Table, cells: Sequence[Sequence[str]], styles: Sequence[str]) -> Iterator[_Pieces]:
    """Yield a row, each cell in as many lines as it has."""
    for height in range(max(map(len, cells), default=0)):
        pieces: _Pieces = []
        for place, size, lines, style in zip(laid.places, laid.widths, cells, styles, strict=True):
            piece = lines[height] if height < len(lines) else ""
            blanks = " " * (size - cell_len(piece))
            padded = blanks + piece if table.columns[place].numeric else piece + blanks
            pieces += [(padded, style), (" " * laid.gap, "")]
        yield pieces

"""A view as a terminal shows it unless all is asked for: what agrees is counted, what is long is cut."""

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len

from nbtrace.frozen import frozen
from nbtrace.report.table_layout import folded
from nbtrace.report.terminal import render
from nbtrace.report.view import Line, Section, SectionKind, Table, View, clean
from nbtrace.verdicts.notices import Notice, Weight
from nbtrace.verdicts.status import Status

ALL = "--all"
"""The option that shows everything."""


@frozen
class ShortLimits:
    """How much of each part a short form has."""

    notices: int = 6
    facts: int = 8
    lines: int = 10
    items: int = 4
    commands: int = 3
    proofs: int = 1
    """Roots whose proof stands."""
    letters: int | None = None
    """Letters of words in a table; None for all of them."""
    screen: bool = False
    """Headings, and the names of what is left out, are left out."""


def short_form(view: View, limits: ShortLimits | None = None) -> View:
    """Return a view in its short form; the document of a result has it whole."""
    limits = limits or ShortLimits()
    shown, hidden = _chosen(view.sections, limits)
    sections = [_short_section(section, limits) for section in shown]
    if hidden and not limits.screen:
        titles = list(dict.fromkeys(section.title for section in hidden))
        sections.append(Section("", left_out=f"Left out: {_few(titles)} ({ALL})"))
    notices = view.notices[: max(limits.notices, sum(item.weight is Weight.BLOCKING for item in view.notices))]
    return replace(
        view,
        facts=view.facts[: limits.facts],
        notices=(*notices, *_more_notices(view.notices[len(notices) :])),
        sections=tuple(sections),
    )


_SCREENS = tuple(
    ShortLimits(notices=notices, facts=facts, lines=lines, items=items, commands=commands, letters=letters, screen=True)
    for notices, facts, lines, items, commands, letters in (
        (3, 3, 6, 3, 2, 120),
        (3, 1, 6, 3, 2, 60),
        (2, 1, 5, 2, 2, 60),
        (2, 1, 4, 2, 1, 60),
        (2, 1, 3, 2, 1, 60),
        (1, 1, 3, 1, 1, 60),
        (1, 1, 3, 1, 1, 40),
        (1, 1, 3, 1, 1, 30),
        (1, 0, 2, 1, 1, 24),
        (1, 0, 2, 0, 1, 24),
        (1, 0, 1, 0, 1, 24),
        (0, 0, 2, 0, 1, 24),
        (0, 0, 1, 0, 1, 24),
        (0, 0, 1, 0, 0, 24),
    )
)
"""What is tried for a screen, the most first."""


def on_a_screen(view: View, width: int, height: int) -> View:
    """Return the longest short form that a screen of so many cells and lines holds."""
    shown = view
    for limits in _SCREENS:
        shown = short_form(view, limits)
        if _height(shown, width) <= height:
            return shown
    return _cut_headline(shown, width, height)


def _height(view: View, width: int) -> int:
    """Return the lines of a screen that a view takes; a command that is longer than one takes several."""
    printed = render(view, width, closes=True)
    return sum(max(1, -(-cell_len(line) // width)) for line in printed.splitlines())


def _cut_headline(view: View, width: int, height: int) -> View:
    """Return a view with as much of its answer as a screen leaves room for."""
    over = _height(view, width) - height
    lines = folded(clean(view.headline), max(width - len(view.verdict_word) - 2, 1))
    kept = max(len(lines) - over, 2)
    return replace(view, headline=f"{' '.join(lines[:kept])} …") if kept < len(lines) else view


def _chosen(sections: Sequence[Section], limits: ShortLimits) -> tuple[list[Section], list[Section]]:
    """Return the sections that stand, and those that are left out."""
    shown: list[Section] = []
    hidden: list[Section] = []
    proofs = 0
    for section in sections:
        if section.repeats_table:
            continue
        proofs += section.kind is SectionKind.PROOF
        out = section.detail or (section.kind is SectionKind.PROOF and proofs > limits.proofs)
        (hidden if out else shown).append(section)
    return shown, hidden


def _few(titles: Sequence[str], most: int = 4) -> str:
    more = f"; {len(titles) - most} more" if len(titles) > most else ""
    return "; ".join(titles[:most]) + more


def _more_notices(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Return a notice that counts those left out; it weighs what the gravest of them does."""
    if not notices:
        return ()
    gravest = max(notices, key=lambda item: item.weight)
    return (replace(gravest, text=f"… {len(notices)} more ({ALL})", quantity=None),)


def _short_section(section: Section, limits: ShortLimits) -> Section:
    items = _cut(section.items, limits.items) if limits.items else ()
    commands = section.commands[: limits.commands]
    table, said = _short_table(section.table, limits)
    if table is not None and limits.screen and section.kind is SectionKind.ROOTS:
        table = _with_ranks(table, 1)
    title = "" if limits.screen else section.title
    return replace(section, title=title, items=items, commands=commands, table=table, left_out=said)


def _cut(items: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Return the first of some items and how many more there are; one alone is not worth counting."""
    if len(items) <= most + 1:
        return items
    return (*items[:most], f"… {len(items) - most} more ({ALL})")


def _short_table(table: Table | None, limits: ShortLimits) -> tuple[Table | None, str]:
    """Return a table without what agrees, cut to the limit, and what is said of the rest."""
    if table is None:
        return None, ""
    telling = [line for line in table.lines if not _agrees(line)]
    shown = telling if len(telling) <= limits.lines + 1 else telling[: limits.lines]
    agree = len(table.lines) - len(telling)
    more = len(telling) - len(shown)
    said = [f"{more} more"] if more else []
    said += [f"{agree} that {'agrees' if agree == 1 else 'agree'}"] if agree else []
    if limits.letters is not None:
        shown = [_shortened(line, table, limits.letters) for line in shown]
    return replace(table, lines=tuple(shown)), f"… {' and '.join(said)} ({ALL})" if said else ""


def _with_ranks(table: Table, highest: int) -> Table:
    """Return a table without the columns that a narrow terminal leaves out first."""
    places = [place for place, column in enumerate(table.columns) if column.rank <= highest]
    lines = (replace(line, cells=tuple(line.cells[place] for place in places)) for line in table.lines)
    return Table(tuple(table.columns[place] for place in places), tuple(lines))


def _shortened(line: Line, table: Table, letters: int) -> Line:
    """Return a line with words, as those of a cause, of so many letters at most; names and numbers stay."""
    cells = (
        cell
        if column.numeric or " " not in cell or len(cell) <= letters or place == 0
        else f"{folded(cell, letters)[0].rstrip(' ,;:')} …"
        for place, (cell, column) in enumerate(zip(line.cells, table.columns, strict=True))
    )
    return replace(line, cells=tuple(cells))


def _agrees(line: Line) -> bool:
    return line.status is Status.PASS and not line.kept

"""A view as Markdown; nothing that a log printed can become markup."""

import re

from nbtrace.report.view import WEIGHT_WORDS, Section, Table, View, clean

_special = re.compile(
    r"([\\`*{}\[\]|#~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=:)//|(?<=www)\.|@|^\s*[-+=](?![\d.])|^\s*\d+[.)](?=\s|$))"
)
_backticks = re.compile(r"`+").findall
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escape(text: str) -> str:
    """Return text on one line in which no character has a meaning in Markdown or HTML.

    That includes what makes a list of a line that begins with it, and links of bare addresses.
    """
    return _special.sub(_backslash, clean(text)).translate(_ENTITIES)


def _backslash(match: re.Match[str]) -> str:
    character = match[1]
    return r"\/\/" if character == "//" else f"{character[:-1]}\\{character[-1]}"


def render(view: View, *, provenance: tuple[str, ...] = ()) -> str:
    """Return a view as a Markdown document; `provenance` makes its last section."""
    parts = [f"# {escape(view.title)}\n", f"**{view.verdict_word}**: {escape(view.headline)}\n"]
    parts.append("".join(f"- {escape(fact)}\n" for fact in view.facts))
    if view.notices:
        lines = (f"> **{WEIGHT_WORDS[item.weight]}** {escape(item.text)}\n" for item in view.notices)
        parts.append(">\n".join(lines))
    parts += [_section(section) for section in view.sections]
    if provenance:
        parts.append("## Provenance\n\n" + "".join(f"- {escape(line)}\n" for line in provenance))
    return "\n".join(parts)


def _section(section: Section) -> str:
    parts = [f"## {escape(section.title)}\n"]
    parts += [f"{escape(sentence)}\n" for sentence in section.sentences]
    if section.items:
        parts.append("".join(f"- {escape(item)}\n" for item in section.items))
    if section.commands:
        parts.append("".join(f"- {escape(command.question)}: {_code(command.line)}\n" for command in section.commands))
    if section.table is not None and section.table.lines:
        parts.append(_table(section.table))
    return "\n".join(parts)


def _code(text: str) -> str:
    """Return text as a code span that none of its backticks ends."""
    text = clean(text)
    fence = "`" * (1 + max((len(run) for run in _backticks(text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _table(table: Table) -> str:
    head = "| " + " | ".join(escape(column.title) for column in table.columns) + " |\n"
    rule = "|" + "|".join(" ---: " if column.numeric else " --- " for column in table.columns) + "|\n"
    rows = ("| " + " | ".join(escape(cell) for cell in line.cells) + " |\n" for line in table.lines)
    return head + rule + "".join(rows)

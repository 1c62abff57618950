"""A view as Markdown; nothing that a log printed can become markup."""

import re

from nbtrace.report.view import VERDICT_WORDS, WEIGHT_WORDS, Section, Table, View

_special = re.compile(r"([\\`*_{}\[\]<>|#~])")


def escape(text: str) -> str:
    """Return text in which no character has a meaning in Markdown or HTML."""
    return _special.sub(r"\\\1", text.replace("&", "&amp;")).replace("\\<", "&lt;").replace("\\>", "&gt;")


def render(view: View, *, provenance: tuple[str, ...] = ()) -> str:
    """Return a view as a Markdown document; `provenance` makes its last section."""
    parts = [f"# {escape(view.title)}\n", f"**{VERDICT_WORDS[view.verdict]}**: {escape(view.headline)}\n"]
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
    if section.table is not None:
        parts.append(_table(section.table))
    return "\n".join(parts)


def _table(table: Table) -> str:
    head = "| " + " | ".join(escape(column.title) for column in table.columns) + " |\n"
    rule = "|" + "|".join(" ---: " if column.numeric else " --- " for column in table.columns) + "|\n"
    rows = ("| " + " | ".join(escape(cell) for cell in line.cells) + " |\n" for line in table.lines)
    return head + rule + "".join(rows)

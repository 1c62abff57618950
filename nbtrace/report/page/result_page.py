"""One result that lies in no bundle, as HTML: a part of a notebook, or a page of its own."""

from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata

from markupsafe import Markup

from nbtrace.documents import utc_text
from nbtrace.evidence.contents import FiledResult
from nbtrace.report.documents.parts import Document
from nbtrace.report.documents.view_document import view_document
from nbtrace.report.page.page import SCRIPTS, content_policy, environment, page_style, static
from nbtrace.report.page.prose import Tabular
from nbtrace.report.page.results import PageNotice, ResultSection, result_section
from nbtrace.report.page.tables import Tone, tone_of
from nbtrace.report.page.told import PagePart
from nbtrace.report.view import WEIGHT_WORDS, View

MOST_ROWS = 300
"""Rows of a table in a notebook, which keeps every output; of more, those that do not agree come first."""

_CLASS = ".nbtrace-result.nbtrace-result.nbtrace-result"
"""What the style of a notebook's part is nested in: thrice, to go before the notebook's own rules for tables."""


def notebook_part(name: str, view: View, document: Document) -> str:
    """Return a result as HTML that a notebook shows: no script, and a style that touches nothing else.

    Parameters
    ----------
    name : str
        Of the command whose result it is.
    view : View
    document : mapping
    """
    section = view_section(name, view, document)
    section = replace(section, parts=tuple(map(_short, _divergent_first(section.parts))))
    rules = (static("parts.css") + static("notebook.css")).replace(":root", "&")
    style = f"{_CLASS} {{\n{rules}}}\n"
    return (
        environment()
        .get_template("notebook.html.j2")
        .render(
            section=section,
            notices=page_notices(view),
            folded=True,
            style=Markup(style),  # noqa: S704 - files of this package
        )
    )


def result_page(name: str, view: View, document: Document) -> str:
    """Return a result as a whole page that loads nothing; arguments as for :func:`notebook_part`."""
    scripts = [static(script) for script in SCRIPTS]
    style = page_style()
    return (
        environment()
        .get_template("result_page.html.j2")
        .render(
            section=view_section(name, view, document),
            notices=page_notices(view),
            folded=False,
            version=metadata.version("nbtrace"),
            made=utc_text(datetime.now(UTC)),
            style=Markup(style),  # noqa: S704 - files of this package
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - files of this package
            policy=content_policy(style, scripts),
        )
    )


def view_section(name: str, view: View, document: Document) -> ResultSection:
    """Return a result as a section of a page."""
    filed = FiledResult(name, "", document, {}, "", (), view=view_document(view))
    section = result_section(filed, "result", name)
    word = view.verdict_word
    # The notices stand above, and the answer of some results is told by the view alone.
    parts = tuple(part for part in section.parts if part.title)
    return replace(section, verdict=word, tone=tone_of(word), headline=view.headline, parts=parts)


def page_notices(view: View) -> tuple[PageNotice, ...]:
    """Return the notices of a view."""
    return tuple(
        PageNotice(WEIGHT_WORDS[notice.weight], tone_of(WEIGHT_WORDS[notice.weight]), notice.text, ())
        for notice in view.notices
    )


def _divergent_first(parts: tuple[PagePart, ...]) -> tuple[PagePart, ...]:
    """Return the parts with the rows of the first one that do not agree in front, and that part whole behind them."""
    match parts:
        case [PagePart(title, [Tabular(table)], kind), *rest]:
            place = table.status_column
            apart = () if place is None else tuple(row for row in table.rows if row[place].tone is not Tone.GOOD)
            if apart and len(apart) < len(table.rows):
                words = f"{len(apart)} of {len(table.rows)} rows do not agree"
                shown = PagePart(words, (Tabular(replace(table, caption=words, rows=apart)),), kind)
                return (shown, *rest, PagePart(f"{title}: all {len(table.rows)}", (Tabular(table),), kind))
    return parts


def _short(part: PagePart) -> PagePart:
    """Return a part whose tables have no more rows than a notebook shows."""
    blocks = (
        Tabular(replace(block.table, most=MOST_ROWS)) if isinstance(block, Tabular) else block for block in part.blocks
    )
    return replace(part, blocks=tuple(blocks))

"""The Markdown of a bundle's summary as blocks that a template can print; no markup of it reaches the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from nbtrace.report.page.tables import PageCell, PageColumn, PageTable

_RULES = (
    ["heading", "list", "table", "blockquote", "code", "fence"],
    ["emphasis", "backticks", "escape", "entity", "newline"],
)


@dataclass(frozen=True)
class Span:
    """A piece of a line; `kind` is `text`, `strong` or `code`."""

    kind: str
    text: str


@dataclass(frozen=True)
class Heading:
    """A heading."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    spans: tuple[Span, ...]
    kind: str = "paragraph"


@dataclass(frozen=True)
class Items:
    """A list; each item is one line."""

    items: tuple[tuple[Span, ...], ...]
    kind: str = "items"


@dataclass(frozen=True)
class Code:
    """Lines that stand as they are."""

    lines: tuple[str, ...]
    kind: str = "code"


@dataclass(frozen=True)
class Quote:
    """Paragraphs set apart: the notices of a report."""

    paragraphs: tuple[tuple[Span, ...], ...]
    kind: str = "quote"


@dataclass(frozen=True)
class Tabular:
    """A table."""

    table: PageTable
    kind: str = "table"


Body = Paragraph | Items | Code | Quote | Tabular
Block = Heading | Body


def plain(spans: Sequence[Span]) -> str:
    """Return the text of spans."""
    return "".join(span.text for span in spans)


def read_markdown(text: str) -> tuple[Block, ...]:
    """Return the blocks of a Markdown text.

    Of Markdown this is what summaries use: headings, paragraphs, lists, tables, quotes, code, bold. Links, images and
    HTML are text.
    """
    parser = MarkdownIt("zero").enable([*_RULES[0], *_RULES[1]])
    return tuple(_blocks(parser.parse(text)))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    place = 0
    title = ""
    while place < len(tokens):
        token = tokens[place]
        end = _end(tokens, place)
        inner = tokens[place + 1 : end]
        match token.type:
            case "heading_open":
                title = plain(_line(inner))
                yield Heading(int(token.tag[1:]), title)
            case "paragraph_open":
                yield Paragraph(_line(inner))
            case "bullet_list_open":
                yield Items(tuple(_lines(inner, "list_item_open")))
            case "blockquote_open":
                yield Quote(tuple(_lines(inner, "paragraph_open")))
            case "table_open":
                yield Tabular(_table(inner, title))
            case "code_block" | "fence":
                yield Code(tuple(token.content.rstrip("\n").split("\n")))
        place = end + 1


def _end(tokens: Sequence[Token], start: int) -> int:
    """Return where the block that opens at `start` closes."""
    depth = 0
    for place in range(start, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place
    return len(tokens)


def _lines(tokens: Sequence[Token], kind: str) -> Iterator[tuple[Span, ...]]:
    """Yield the text of each block of a kind."""
    for place, token in enumerate(tokens):
        if token.type == kind:
            yield _line(tokens[place + 1 : place + 1 + _end(tokens[place:], 0)])


def _line(tokens: Sequence[Token]) -> tuple[Span, ...]:
    return tuple(span for token in tokens if token.type == "inline" for span in _spans(token.children or []))


def _spans(children: Sequence[Token]) -> Iterator[Span]:
    strong = 0
    for child in children:
        match child.type:
            case "strong_open" | "strong_close":
                strong += child.nesting
            case "code_inline":
                yield Span("code", child.content)
            case "softbreak" | "hardbreak":
                yield Span("text", " ")
            case _ if child.content:
                yield Span("strong" if strong else "text", child.content)


def _table(tokens: Sequence[Token], caption: str) -> PageTable:
    rows: list[list[str]] = []
    numeric: list[bool] = []
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            rows[-1].append(plain(_line(tokens[place + 1 : place + 2])))
            if len(rows) == 1:
                numeric.append("right" in str(token.attrs.get("style", "")))
    head, *body = rows
    return PageTable(
        caption,
        tuple(PageColumn(title, right) for title, right in zip(head, numeric, strict=True)),
        tuple(tuple(map(PageCell, row)) for row in body),
    )

"""Pages of words: what a word of a report is, why it matters, an example with real output, what to do.

Their text is Markdown, in `pages/` here for what holds of any computation, and in the room of a physics for its own. A
file has a title, one line that says what its words are, and a section for each word:

    ## INHERITED
    What it is.

    Also: other words for it
    Why: Why it matters.
    Example: What is shown, and a fenced block of what is printed.
    Do: What to do.
    See: AMPLIFIED, root

`nbtrace help` and the documentation show the same pages.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from nbtrace.frozen import frozen
from nbtrace.vocabulary.registry import knowledge
from nbtrace.vocabulary.vocabulary import Vocabulary

_FIELDS = ("Also", "Why", "Example", "Do", "See")
_FENCE = "```"
_HEADINGS = {"Why": "Why it matters", "Example": "Example", "Do": "What to do"}
_INDENT = "  "
_ORDER = (
    "terms", "statuses", "verdicts", "notices", "explanations", "causes", "relations", "outcomes", "evidence", "exits",
)  # fmt: skip
"""Files in the order in which they are listed."""


@frozen
class WordPage:
    """What there is to say of one word.

    Attributes
    ----------
    word : str
    kind : str
        What kind of word it is, such as a cause.
    what, why, example, remedy : str
        Markdown; the example holds what a command prints.
    also : tuple of str
        Other words for it.
    see : tuple of str
        Words that explain more.
    """

    word: str
    kind: str
    what: str
    why: str = ""
    example: str = ""
    remedy: str = ""
    also: tuple[str, ...] = ()
    see: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The word and all others for it."""
        return (self.word, *self.also)

    @property
    def parts(self) -> Iterator[tuple[str, str]]:
        """The parts that have a heading, each with it."""
        for name, text in (("Why", self.why), ("Example", self.example), ("Do", self.remedy)):
            if text:
                yield _HEADINGS[name], text

    @property
    def summary(self) -> str:
        """The first sentence."""
        plain = plain_words(self.what.partition("\n\n")[0])
        return re.split(r"(?<=[.:;])\s", plain, maxsplit=1)[0].rstrip(".:;")

    def text(self, width: int) -> str:
        """Return the page for a terminal of so many columns; what a command printed is never broken."""
        lines = [f"{self.word}: {plain_words(self.kind)}", "", *_wrapped(self.what, width, "")]
        for heading, text in self.parts:
            lines += ["", heading, *_wrapped(text, width, _INDENT)]
        if self.see:
            lines += ["", *textwrap.wrap(f"See also: {', '.join(self.see)}", width, subsequent_indent=_INDENT)]
        return "".join(f"{line.rstrip()}\n" for line in lines)


class WordSection(NamedTuple):
    """A file of pages: its name without ending, its title, what its words are, and the pages in its order."""

    name: str
    title: str
    kind: str
    pages: tuple[WordPage, ...]


def plain_words(markdown: str) -> str:
    """Return a paragraph of Markdown as a terminal shows it."""
    return " ".join(markdown.replace("**", "").replace("`", "").split())


def _wrapped(text: str, width: int, indent: str) -> Iterator[str]:
    """Yield the lines of a text: paragraphs wrapped, blocks as they are."""
    for number, block in enumerate(re.split(r"\n\n(?=\S)|(?<=\n)\n*(?=```\w)", text.strip())):
        if number:
            yield ""
        if block.startswith(_FENCE):
            yield from (f"{indent}{_INDENT}{line}" for line in block.strip().splitlines()[1:-1])
        else:
            yield from textwrap.wrap(
                plain_words(block), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
            )


def parsed(name: str, text: str) -> WordSection:
    """Return the pages of a file.

    Raises
    ------
    ValueError
        If it has no title, or a section no text.
    """
    head, *sections = _split(text)
    title, _, kind = head.strip().partition("\n")
    if not title.startswith("# ") or not kind.strip():
        raise ValueError(f"{name}: give a title and a line that says what its words are")
    shown = kind.strip()
    return WordSection(name, title.removeprefix("# "), shown, tuple(_page(section, shown) for section in sections))


def _split(text: str) -> list[str]:
    """Return what stands before the first section, and each section from its word on."""
    return re.split(r"^## ", text, flags=re.MULTILINE)


def _page(section: str, kind: str) -> WordPage:
    word, _, rest = section.partition("\n")
    fields = {"What": ""}
    name, fenced = "What", False
    for line in rest.strip().splitlines():
        if line.startswith(_FENCE):
            fenced = not fenced
        start, colon, after = line.partition(":")
        if not fenced and colon and start in _FIELDS:
            name, line = start, after.strip()  # noqa: PLW2901 - the rest of the line is of the field that it opens
        fields[name] = f"{fields.get(name, '')}\n{line}"
    texts = {field: text.strip() for field, text in fields.items()}
    if not texts["What"]:
        raise ValueError(f"{word}: says nothing")
    return WordPage(
        word.strip(),
        kind,
        texts["What"],
        texts.get("Why", ""),
        texts.get("Example", ""),
        texts.get("Do", ""),
        _listed(texts.get("Also", "")),
        _listed(texts.get("See", "")),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip().strip("`") for word in text.split(",") if word.strip())


def _read(folder: Traversable) -> Iterator[WordSection]:
    found = [item for item in folder.iterdir() if item.name.endswith(".md")]
    for item in sorted(found, key=lambda item: _place(item.name.removesuffix(".md"))):
        yield parsed(item.name.removesuffix(".md"), item.read_text(encoding="utf-8"))


def _place(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


@cache
def _of_any_computation() -> tuple[WordSection, ...]:
    return tuple(_read(files("nbtrace.glossary") / "pages"))


@cache
def sections_of(vocabulary: Vocabulary) -> Sequence[WordSection]:
    """Return all pages: those of any computation, then those of a vocabulary's physics."""
    folder: Traversable | None = knowledge(vocabulary, "word pages", None)
    own = tuple(_read(folder)) if folder is not None else ()
    return (*_of_any_computation(), *own)

"""`nbtrace help`: what a word of a report means."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.call_under_way import UNNAMED
from nbtrace.cli.options import VocabularyName
from nbtrace.errors import ExitCode, UsageError
from nbtrace.nearness import nearest
from nbtrace.report.view import clean

if TYPE_CHECKING:
    from nbtrace.glossary.word_pages import WordPage
    from nbtrace.vocabulary.vocabulary import Vocabulary

EXAMPLE = "Example: nbtrace help INHERITED"
_WIDEST = 100
_MOST = 8
"""Words that an error names."""


def help_command(
    word: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORD]",
            help="A status, notice, cause, defect, exit status, quantity, command or term; without, all are listed.",
            autocompletion=completed_values.words_with_pages,
        ),
    ] = None,
    *,
    vocabulary: VocabularyName = None,
) -> None:
    """Say what a word of a report means: what it is, why it matters, an example, what to do.

    Upper and lower case are the same. Exit statuses are `exit 0` to `exit 70`.
    """
    from nbtrace.vocabulary.chosen import chosen  # noqa: PLC0415 - pyproject.toml

    words = chosen(vocabulary, Path()).vocabulary
    if not word:
        sys.stdout.write(_list(words))
        return
    asked = " ".join(word)
    shown = list(_shown(asked, words))
    if not shown:
        raise UsageError(_unknown(asked, words))
    sys.stdout.write("\n".join(shown))
    raise typer.Exit(ExitCode.AGREE)


def _shown(asked: str, vocabulary: "Vocabulary") -> Iterator[str]:
    """Yield the pages of a word, then what it is as a command."""
    from nbtrace.glossary.lookup import pages_of  # noqa: PLC0415 - reads the pages

    for page in pages_of(asked, vocabulary):
        yield _printed(page)
    from nbtrace.cli.commands import TABLE  # noqa: PLC0415

    name = asked.casefold()
    if name in TABLE and name != UNNAMED:
        yield f"nbtrace {name}: command\n\n{TABLE[name].summary}\nnbtrace {name} --help lists its options.\n"


def _printed(page: "WordPage") -> str:
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    return "".join(f"{clean(line)}\n" for line in page.text(width).splitlines())


def _unknown(asked: str, vocabulary: "Vocabulary") -> str:
    from nbtrace.cli.commands import TABLE  # noqa: PLC0415
    from nbtrace.glossary.lookup import all_words, mentioning  # noqa: PLC0415 - reads the pages

    shown = clean(asked)
    near = nearest(asked, (*all_words(vocabulary), *(name for name in TABLE if name != UNNAMED)))
    if near is not None:
        return f"there is no page {shown!r}; did you mean {near}? (nbtrace help {near})"
    others = mentioning(asked, vocabulary) if len(asked) > 2 else []
    if others:
        more = ", …" * (len(others) > _MOST)
        return f"there is no page {shown!r}; these mention it: {', '.join(others[:_MOST])}{more}"
    return f"there is no page {shown!r}; nbtrace help lists all words"


def _list(vocabulary: "Vocabulary") -> str:
    """Return every word that has a page, under what it is."""
    import textwrap  # noqa: PLC0415 - only the list wraps here

    from nbtrace.cli.commands import TABLE  # noqa: PLC0415
    from nbtrace.glossary.word_pages import sections_of  # noqa: PLC0415 - reads the pages

    groups = [(section.title, [page.word for page in section.pages]) for section in sections_of(vocabulary)]
    groups.append((f"Quantities of {vocabulary.name}", list(vocabulary.quantities)))
    groups.append(("Commands", [name for name in TABLE if name != UNNAMED]))
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    lines = ["nbtrace help WORD explains one of these:"]
    for title, names in groups:
        lines += ["", title]
        lines += textwrap.wrap(
            clean(", ".join(names)), width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )
    return "".join(f"{line}\n" for line in lines)

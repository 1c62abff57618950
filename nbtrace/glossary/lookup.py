"""Which pages a word has: pages of words, and of the quantities of a vocabulary."""

from collections.abc import Iterator

from nbtrace.glossary.word_pages import WordPage, sections_of
from nbtrace.verdicts.tolerance import DEFAULT_ABSOLUTE, DEFAULT_RELATIVE
from nbtrace.vocabulary.quantity import Basis, Kind, Quantity
from nbtrace.vocabulary.vocabulary import Vocabulary

_MOST = 12
"""Quantities that a list of them names."""


def pages_of(word: str, vocabulary: Vocabulary) -> tuple[WordPage, ...]:
    """Return the pages of a word, whatever its case: a word may be a status and a cause at once."""
    wanted = _plain(word)
    found = [
        page
        for section in sections_of(vocabulary)
        for page in section.pages
        if wanted in {_plain(name) for name in page.words}
    ]
    return (*found, *(quantity_page(vocabulary, item) for item in _quantities(wanted, vocabulary)))


def all_words(vocabulary: Vocabulary) -> Iterator[str]:
    """Yield every word that has a page."""
    for section in sections_of(vocabulary):
        for page in section.pages:
            yield from page.words
    for quantity in vocabulary.quantities.values():
        yield quantity.name
        yield from (key for key, _ in quantity.aliases)


def mentioning(text: str, vocabulary: Vocabulary) -> list[str]:
    """Return the words whose pages mention a text."""
    wanted = text.casefold()
    return [
        page.word
        for section in sections_of(vocabulary)
        for page in section.pages
        if any(wanted in part.casefold() for part in (page.what, page.why, page.example, page.remedy))
    ]


def _plain(word: str) -> str:
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").split())


def _quantities(wanted: str, vocabulary: Vocabulary) -> Iterator[Quantity]:
    """Yield the quantity of a name, else those that logs print under it."""
    quantities = vocabulary.quantities.values()
    own = [quantity for quantity in quantities if _plain(quantity.name) == wanted]
    yield from own or (quantity for quantity in quantities if wanted in {_plain(key) for key, _ in quantity.aliases})


def quantity_page(vocabulary: Vocabulary, quantity: Quantity) -> WordPage:
    """Return what a vocabulary says of a quantity."""
    formula = vocabulary.formulas.get(quantity.name)
    facts = [
        f"Unit: {_unit(quantity.unit)}. Shape: {_shape(quantity)}. Tolerance: {_tolerance(quantity)}.",
        f"Formula: {formula.text}." if formula is not None else "It has no formula: it is given, or looked up.",
    ]
    if quantity.causes:
        facts.append(f"It is computed from {_some(quantity.causes)}.")
    takers = [name for name, other in vocabulary.quantities.items() if quantity.name in other.causes]
    if takers:
        facts.append(f"From it follow {_some(takers)}.")
    keys = [key if unit == quantity.unit else f"{key} [{unit}]" for key, unit in quantity.aliases]
    facts.append(f"In logs: {', '.join((quantity.name, *keys))}.")
    said = f"{quantity.description}." if quantity.description else "Its vocabulary does not say what it is."
    return WordPage(quantity.name, f"quantity of {vocabulary.name}", "\n\n".join((said, *facts)))


def _unit(unit: str) -> str:
    return "none" if unit == "1" else unit


def _shape(quantity: Quantity) -> str:
    return f"vector of {quantity.size}" if quantity.kind is Kind.VECTOR else quantity.kind.value


def _tolerance(quantity: Quantity) -> str:
    if quantity.tolerance is not None:
        return f"{quantity.tolerance:g} {quantity.basis.value}"
    return f"{DEFAULT_ABSOLUTE:g} absolute" if quantity.basis is Basis.ABSOLUTE else f"{DEFAULT_RELATIVE:g} relative"


def _some(names: tuple[str, ...] | list[str]) -> str:
    shown = ", ".join(names[:_MOST])
    return f"{shown} and {len(names) - _MOST} more" if len(names) > _MOST else shown

"""What a program has to print to be read, for who gives a log of which nothing can be."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nbtrace.vocabulary.quantity import Kind, Quantity
from nbtrace.vocabulary.vocabulary import Vocabulary

PAGE = "docs/trace-format.md"
"""The page that says how a trace is printed."""

INPUTS = "docs/guide/inputs.md"
"""The page that says what is read."""

_OF_OTHERS = "what {} of other programs mean, a vocabulary says (--vocabulary; nbtrace vocabulary init A B drafts one)"

_INSTALLED = Path(__file__).parents[1]
"""Where an installation that is no checkout has the pages."""


def readable_line(vocabulary: Vocabulary, source: str = "") -> str:
    """Return an example of what is read with a vocabulary, and what says more, as the end of a sentence.

    Of a file that is named like JSON or a table, the example is one of these.
    """
    form = _FORMS.get(Path(source).suffix.casefold())
    if form is not None:
        holds = form(_quantity(vocabulary))
        return f"one that is read holds `{holds}`; {page(INPUTS)} says what else is; {_OF_OTHERS.format('names')}"
    return (
        f"one that is read is `{_tag(vocabulary)}{_key_and_value(_quantity(vocabulary))}`; "
        f"{page()} says how to print such lines, and nbtrace init-logging c|fortran|python writes the code for it; "
        f"{_OF_OTHERS.format('lines')}"
    )


def page(name: str = PAGE) -> str:
    """Return where a page is, that on the trace format or another: in the installed package, or in a checkout."""
    installed = _INSTALLED / name
    return str(installed) if installed.is_file() else name


def _tag(vocabulary: Vocabulary) -> str:
    prefixes = [prefix for side in reversed(vocabulary.sides) for prefix in side.prefixes]
    prefix = prefixes[0] if prefixes else ""
    return f"{prefix}: " if prefix[-1:].isalnum() else f"{prefix} ".lstrip()


def _quantity(vocabulary: Vocabulary) -> Quantity:
    """Return the final quantity, or the first that is one number."""
    quantities = vocabulary.quantities
    final = quantities.get(vocabulary.final or "")
    numbers = [item for item in quantities.values() if item.kind is Kind.SCALAR]
    return final or next(iter(numbers or quantities.values()))


def _numbers(quantity: Quantity) -> list[float]:
    return [1.5] * max(quantity.size, 1)


def _key_and_value(quantity: Quantity) -> str:
    return f"{quantity.name} {' '.join(map(str, _numbers(quantity)))}"


def _as_json(quantity: Quantity) -> str:
    numbers = _numbers(quantity)
    return json.dumps({quantity.name: numbers if len(numbers) > 1 else numbers[0]})


def _as_columns(quantity: Quantity, sign: str) -> str:
    numbers = " ".join(map(str, _numbers(quantity)))
    return f"{sign.join(('quantity', 'value'))}` and below it `{sign.join((quantity.name, numbers))}"


_FORMS: dict[str, Callable[[Quantity], str]] = {
    ".json": _as_json,
    ".jsonl": _as_json,
    ".csv": partial(_as_columns, sign=","),
    ".tsv": partial(_as_columns, sign="\t"),
}
"""How a quantity stands in files of other forms, by the ends of their names."""

"""What a program has to print to be read, for who gives a log of which nothing can be."""

from nbtrace.vocabulary.quantity import Kind, Quantity
from nbtrace.vocabulary.vocabulary import Vocabulary

PAGE = "docs/trace-format.md"


def readable_line(vocabulary: Vocabulary) -> str:
    """Return an example of a line that is read with a vocabulary, and what says more, as the end of a sentence."""
    return (
        f"one that is read is `{_tag(vocabulary)}{_example(vocabulary)}`; {PAGE} says how to print such lines, and "
        "nbtrace init-logging c|fortran|python writes the code for it; what lines of other programs mean, a vocabulary "
        "says (--vocabulary; nbtrace vocabulary init A.log B.log drafts one)"
    )


def _tag(vocabulary: Vocabulary) -> str:
    prefixes = [prefix for side in reversed(vocabulary.sides) for prefix in side.prefixes]
    prefix = prefixes[0] if prefixes else ""
    return f"{prefix}: " if prefix[-1:].isalnum() else f"{prefix} ".lstrip()


def _example(vocabulary: Vocabulary) -> str:
    """Return a key and a value: the final quantity, or the first that is one number."""
    quantities = vocabulary.quantities
    final = quantities.get(vocabulary.final or "")
    numbers = [item for item in quantities.values() if item.kind is Kind.SCALAR]
    return _key_and_value(final or next(iter(numbers or quantities.values())))


def _key_and_value(quantity: Quantity) -> str:
    return f"{quantity.name} {' '.join(['1.5'] * max(quantity.size, 1))}"

"""A vocabulary for people, and as JSON."""

import io
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nbtrace.report.view import clean
from nbtrace.vocabulary.dimensions import own_words
from nbtrace.vocabulary.quantity import Basis, Kind, Quantity
from nbtrace.vocabulary.vocabulary import REPEAT, Chain, Vocabulary

FORMAT_VERSION = 1
_WIDTH = 100


def summary(vocabulary: Vocabulary) -> str:
    """Return what a vocabulary holds, in one line."""
    sides = " and ".join(side.label for side in vocabulary.sides)
    counts = (
        (len(_own(vocabulary)), "quantity", "quantities"),
        (len(vocabulary.formulas.keys() - vocabulary.constants.keys()), "formula", "formulas"),
        (len(vocabulary.constants), "constant", "constants"),
    )
    parts = [f"{count} {one if count == 1 else more}" for count, one, more in counts if count]
    said = f"{clean(vocabulary.name)}: {', '.join(parts)}; sides {clean(sides)}"
    if own := own_words(_units(vocabulary)):
        return f"{said}; words taken for units of their own: {clean(', '.join(own))}"
    return said


def _own(vocabulary: Vocabulary) -> list[Quantity]:
    """Return the quantities; constants, which logs may print like any other, are listed on their own."""
    return [quantity for name, quantity in vocabulary.quantities.items() if name not in vocabulary.constants]


def _named(vocabulary: Vocabulary) -> list[str]:
    """Return the loops that lines name."""
    return [name for name in vocabulary.indices if name != REPEAT]


def _units(vocabulary: Vocabulary) -> Iterator[str]:
    for quantity in vocabulary.quantities.values():
        yield quantity.unit
        yield from (unit for _, unit in quantity.aliases)
    for constant in vocabulary.constants.values():
        yield constant.unit


def vocabulary_text(vocabulary: Vocabulary) -> str:
    """Return a vocabulary as lines and tables, 100 columns wide; formulas and other keys are folded, not cut."""
    stream = io.StringIO()
    console = Console(file=stream, width=_WIDTH, highlight=False, markup=False, emoji=False, no_color=True)
    console.print(Text(summary(vocabulary)))
    for line in _facts(vocabulary):
        console.print(Text(clean(line)))
    if vocabulary.constants:
        console.print(_constants(vocabulary))
    for section, quantities in _sections(vocabulary):
        console.print(Text(f"\n{clean(section)}"))
        console.print(_quantities(vocabulary, quantities))
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def _facts(vocabulary: Vocabulary) -> Iterator[str]:
    if vocabulary.description:
        yield vocabulary.description
    for side, role in zip(vocabulary.sides, ("reference", "other side"), strict=True):
        yield f"{side.label} ({role}): lines that begin with {', '.join(side.prefixes)}"
    if named := _named(vocabulary):
        yield f"Indices, from the outermost: {', '.join(named)}"
    if vocabulary.final:
        yield f"Final quantity: {vocabulary.final}"
    if vocabulary.chain:
        yield f"Scaling: {_product(vocabulary.chain)}"


def _product(chain: Chain) -> str:
    powers = [(factor.quantity, factor.power) for factor in chain.factors]
    above = [name + (f"**{power}" if power != 1 else "") for name, power in powers if power > 0]
    below = [name + (f"**{-power}" if power != -1 else "") for name, power in powers if power < 0]
    return f"{chain.result} = {' · '.join(above) or '1'}{''.join(f' / {name}' for name in below)}"


def _sections(vocabulary: Vocabulary) -> Iterator[tuple[str, list[Quantity]]]:
    """Yield the headings and quantities in execution order; a heading comes again where others came between."""
    held: list[Quantity] = []
    for quantity in _own(vocabulary):
        if held and quantity.section != held[-1].section:
            yield held[-1].section, held
            held = []
        held.append(quantity)
    if held:
        yield held[-1].section, held


def _grid(*titles: str) -> Table:
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for number, title in enumerate(titles):
        table.add_column(title, overflow="fold", max_width=40 if number == 0 else None)
    return table


def _constants(vocabulary: Vocabulary) -> Table:
    table = _grid("constant", "unit", "value", "other keys")
    for constant in vocabulary.constants.values():
        numbers = " ".join(f"{number:.17g}" for number in constant.numbers)
        cells = (constant.name, constant.unit, numbers, ", ".join(constant.aliases))
        table.add_row(*(Text(clean(cell)) for cell in cells))
    return table


def _quantities(vocabulary: Vocabulary, quantities: list[Quantity]) -> Table:
    table = _grid("quantity", "unit", "shape", "formula or description; other keys")
    for quantity in quantities:
        cells = (quantity.name, quantity.unit, _shape(quantity), _said(vocabulary, quantity))
        table.add_row(*(Text(clean(cell)) for cell in cells))
    return table


def _shape(quantity: Quantity) -> str:
    return str(quantity.size) if quantity.kind is Kind.VECTOR else quantity.kind.value


def _said(vocabulary: Vocabulary, quantity: Quantity) -> str:
    formula = vocabulary.formulas.get(quantity.name)
    said = [quantity.description] if quantity.description else []
    said += [f"= {formula.text}"] if formula else []
    keys = [key if unit == quantity.unit else f"{key} [{unit}]" for key, unit in quantity.aliases]
    said += [f"also: {', '.join(keys)}"] if keys else []
    return "; ".join(said) or "–"


def vocabulary_document(vocabulary: Vocabulary) -> dict[str, object]:
    """Return a vocabulary as JSON."""
    chain = vocabulary.chain
    return {
        "format": "nbtrace vocabulary",
        "format_version": FORMAT_VERSION,
        "name": vocabulary.name,
        "description": vocabulary.description,
        "sides": [{"label": side.label, "prefixes": list(side.prefixes)} for side in vocabulary.sides],
        "indices": _named(vocabulary),
        "final": vocabulary.final,
        "constants": [
            {"name": item.name, "value": list(item.numbers), "unit": item.unit, "aliases": list(item.aliases)}
            for item in vocabulary.constants.values()
        ],
        "quantities": [_quantity(vocabulary, quantity) for quantity in _own(vocabulary)],
        "chain": None
        if chain is None
        else {
            "result": chain.result,
            "factors": [{"quantity": factor.quantity, "power": factor.power} for factor in chain.factors],
        },
    }


def _quantity(vocabulary: Vocabulary, quantity: Quantity) -> dict[str, object]:
    formula = vocabulary.formulas.get(quantity.name)
    return {
        "name": quantity.name,
        "unit": quantity.unit,
        "kind": quantity.kind.value,
        "size": quantity.size,
        "section": quantity.section,
        "description": quantity.description,
        "indices": [name for name in quantity.indices if name != REPEAT],
        "aliases": [{"key": key, "unit": unit} for key, unit in quantity.aliases],
        "inputs": list(quantity.inputs),
        "formula": formula.text if formula else None,
        "facts": list(formula.facts) if formula else [],
        "tolerance": quantity.tolerance,
        "tolerance_basis": "absolute" if quantity.basis is Basis.ABSOLUTE else "relative",
        "never_zero": quantity.never_zero,
        "has_default": quantity.has_default,
    }

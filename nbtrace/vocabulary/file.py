"""A vocabulary that a person wrote as TOML, read and checked; every complaint names its line."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from nbtrace import units
from nbtrace.errors import UsageError
from nbtrace.files import read_bytes
from nbtrace.vocabulary import dimensions, names
from nbtrace.vocabulary.entries import ConstantEntry, QuantityEntry, ToleranceEntry, VocabularyFile
from nbtrace.vocabulary.expressions import RESERVED, Expression, NameRole, Symbol, Words, parse
from nbtrace.vocabulary.formula import Formula
from nbtrace.vocabulary.key_lines import KeyLines
from nbtrace.vocabulary.quantity import Basis, Kind, Quantity, Scope
from nbtrace.vocabulary.vocabulary import REPEAT, Chain, ChainFactor, Constant, SideName, Vocabulary

LARGEST = 2**20
"""Bytes of a file that is read."""

MOST_QUANTITIES = 10_000
_MOST_INDICES = 20
CONSTANTS = "Constants"
"""The heading of constants."""

SECTION = "Quantities"
"""The heading of quantities that state none."""

_at_line = re.compile(r"\(at line (\d+), column (\d+)\)$")
_factor = re.compile(r"(?P<divisor>1\s*/\s*)?(?P<name>.+?)(?:\s*(?:\*\*|\^)\s*(?P<power>-?\d{1,2}))?").fullmatch


def read_vocabulary(path: Path) -> Vocabulary:
    """Return the vocabulary in a TOML file.

    Raises
    ------
    InputError
        If the file cannot be read, or has more than 1 MB.
    UsageError
        If it is no TOML or no vocabulary; the message is one line that begins with file and line.
    """
    return vocabulary_of(read_bytes(path, LARGEST), str(path))


def vocabulary_of(content: bytes, source: str) -> Vocabulary:
    """Return the vocabulary in the bytes of a TOML file; `source` names it in messages.

    Raises
    ------
    UsageError
        As :func:`read_vocabulary`.
    """
    text = _text(content, source)
    document = _document(text, source)
    place = _Place(source, KeyLines(text))
    if not document:
        place.fault((), "the file is empty; a vocabulary has at least format_version, name, sides and [quantities]")
    try:
        entry = VocabularyFile.model_validate(document)
    except ValidationError as error:
        place.fault(*_complaint(error))
    return _Builder(entry, place).vocabulary()


def _text(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageError(f"{source}:{line}: the file is no text in UTF-8") from None


def _document(text: str, source: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Python tells the place in the message alone.
        match = _at_line.search(str(error))
        line = int(match[1]) if match else max(text.rstrip().count("\n") + 1, 1)
        reason = _at_line.sub("", str(error)).replace("(at end of document)", "").strip()
        raise UsageError(f"{source}:{line}: no TOML: {_one_line(reason)}{_advice(text, line)}") from None
    except RecursionError:
        raise UsageError(f"{source}:1: no TOML that can be used: it is nested too deeply") from None
    except ValueError:
        raise UsageError(f"{source}:1: no TOML that can be used: a number or a date in it has no value") from None


def _advice(text: str, line: int) -> str:
    key = text.split("\n")[line - 1].partition("=")[0].strip()
    return "; a key with letters such as λ stands in quotes" if not key.isascii() and key[:1].isalpha() else ""


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where complaints point to."""

    source: str
    lines: KeyLines

    def fault(self, path: tuple[str, ...], what: str) -> NoReturn:
        raise UsageError(f"{self.source}:{self.lines.of(path)}: {_one_line(what)}")


_SHORT = {
    "missing": "is missing",
    "literal_error": "{msg}",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "list_type": "must be a list in brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table such as { unit = \"m\" }",
}  # fmt: skip


def _complaint(error: ValidationError) -> tuple[tuple[str, ...], str]:
    """Return where the first complaint of the models is, and what it is."""
    first = error.errors(include_url=False)[0]
    path = tuple(str(part) for part in first["loc"])
    where = ".".join(part if part.isprintable() else repr(part) for part in path)[:300]
    if path == ("format_version",) and first["type"] == "literal_error":
        return path, f"format_version {first['input']!r:.40} is not known here; this nbtrace reads 1"
    if first["type"] == "extra_forbidden":
        return path, f"{where}: no such key{names.hint(path[-1], _keys_beside(path))}"
    message = _SHORT.get(first["type"], "{msg}").replace("{msg}", first["msg"].removeprefix("Value error, "))
    return path, f"{where} {message}" if first["type"] in _SHORT else f"{where}: {message}"


def _keys_beside(path: tuple[str, ...]) -> Iterable[str]:
    if len(path) == 1:
        return VocabularyFile.model_fields
    if len(path) == 4:
        return ToleranceEntry.model_fields
    return (QuantityEntry if path[0] == "quantities" else ConstantEntry).model_fields


@dataclass(slots=True)
class _Builder:
    """Turns a file whose forms are right into a vocabulary, if its contents are right too."""

    entry: VocabularyFile
    place: _Place
    _owners: dict[str, str] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary."""
        entry = self.entry
        self._check_texts()
        self._check_counts()
        sides = self._sides()
        self._check_names()
        words = Words(self._symbols(), tuple(entry.indices))
        expressions = dict(self._expressions(words))
        self._check_inputs()
        self._check_graph(expressions)
        if entry.final is not None and entry.final not in entry.quantities:
            self._unknown(("final",), entry.final)
        return Vocabulary(
            name=entry.name,
            description=entry.description,
            sides=sides,
            quantities={
                **{name: self._as_quantity(name, constant) for name, constant in entry.constants.items()},
                **{name: self._quantity(name, expressions.get(name)) for name in entry.quantities},
            },
            indices=(REPEAT, *entry.indices),
            final=entry.final,
            constants=dict(self._constants()),
            formulas={
                **{name: _as_stated(name, constant) for name, constant in entry.constants.items()},
                **{name: expression.formula(name) for name, expression in expressions.items()},
            },
            chain=self._chain(words),
            origin=self.place.source,
            recurrent=self._recurrent(expressions),
        )

    def _recurrent(self, expressions: Mapping[str, Expression]) -> str | None:
        """Return the outermost index if formulas take values of its other turns."""
        outer = self.entry.indices[0] if self.entry.indices else None
        return outer if any(outer in expression.indices for expression in expressions.values()) else None

    def _fault(self, path: tuple[str, ...], what: str) -> NoReturn:
        self.place.fault(path, what)

    def _unknown(self, path: tuple[str, ...], name: str) -> NoReturn:
        if name in self.entry.constants:
            self._fault(path, f"{name} is a constant; a quantity is expected")
        self._fault(path, f"{name[:80]!r} is no quantity{names.hint(name, self.entry.quantities)}")

    # Texts, numbers of things, sides

    def _check_texts(self) -> None:
        entry = self.entry
        if why := names.fault(entry.name):
            self._fault(("name",), why)
        described: list[tuple[tuple[str, ...], str]] = [(("description",), entry.description)]
        for name, quantity in entry.quantities.items():
            described += [(("quantities", name), quantity.description), (("quantities", name), quantity.section)]
        for path, text in described:
            if not text.isprintable():
                self._fault(path, "a description or section is one line without control characters")

    def _check_counts(self) -> None:
        if not self.entry.quantities:
            self._fault(("quantities",), "no quantity is listed")
        if len(self.entry.quantities) > MOST_QUANTITIES:
            self._fault(("quantities",), f"{len(self.entry.quantities)} quantities; at most {MOST_QUANTITIES} are read")
        if len(self.entry.indices) > _MOST_INDICES:
            self._fault(("indices",), f"{len(self.entry.indices)} indices; at most {_MOST_INDICES} are read")

    def _sides(self) -> tuple[SideName, SideName]:
        sides = self.entry.sides
        if len(sides) != 2:
            self._fault(("sides",), f"there are two sides, the reference first; here are {len(sides)}")
        taken: list[str] = []
        for label, prefixes in sides.items():
            if why := names.fault(label):
                self._fault(("sides", label), why)
            if not prefixes:
                self._fault(("sides", label), f"{label} has no prefix, so none of its lines could be told")
            for prefix in prefixes:
                self._check_prefix(label, prefix, taken)
                taken.append(prefix)
        reference, candidate = (SideName(label, tuple(prefixes)) for label, prefixes in sides.items())
        return reference, candidate

    def _check_prefix(self, label: str, prefix: str, taken: list[str]) -> None:
        path = ("sides", label)
        if not prefix.isprintable() or not prefix or prefix != prefix.strip() or len(prefix) > names.LONGEST:
            self._fault(path, f"{prefix[:80]!r} is no prefix: it is printable text without blanks around it")
        for other in taken:
            if prefix == other:
                self._fault(path, f"the prefix {prefix!r} stands twice")
            if prefix.startswith(other) or other.startswith(prefix):
                self._fault(path, f"the prefixes {other!r} and {prefix!r}: one begins with the other; make them differ")

    # Names

    def _check_names(self) -> None:
        entry = self.entry
        for index in entry.indices:
            if not index.isidentifier():
                self._fault(("indices",), f"{index[:80]!r} is no name of an index: letters, digits and _ make one")
            self._claim(index, f"the index {index}", ("indices",))
        for group, kind, items in (
            ("constants", "constant", entry.constants), ("quantities", "quantity", entry.quantities)
        ):  # fmt: skip
            for name in items:
                self._claim(name, f"the {kind} {name}", (group, name))
        keys = [
            (group, name, key)
            for group, items in (("constants", entry.constants), ("quantities", entry.quantities))
            for name, item in items.items()
            for key in item.alias
        ]
        for group, name, key in keys:
            self._claim(key, f"an alias of {name}", (group, name, "alias"), alias=True)

    def _claim(self, name: str, owner: str, path: tuple[str, ...], *, alias: bool = False) -> None:
        """Note whose name a name is; two things with one name cannot be told apart, in logs or in formulas."""
        if why := names.fault(name):
            self._fault(path, why)
        folded = names.folded(name)
        if not alias and folded in RESERVED:
            self._fault(path, f"{name} is a word of formulas; take another name, and {name!r} as its alias")
        if name in self._owners:
            self._fault(path, f"{name!r} is {owner} and also {self._owners[name]}; one key has one meaning")
        self._owners[name] = owner
        if not alias and self._folded.setdefault(folded, name) != name:
            self._fault(path, f"{name!r} and {self._folded[folded]!r} are one name in formulas; rename one of them")

    def _symbols(self) -> Mapping[str, Symbol]:
        """Return what formulas may name."""
        symbols: dict[str, Symbol] = {}
        for name, constant in self.entry.constants.items():
            unit = self._unit(constant.unit, ("constants", name))
            symbols[names.folded(name)] = Symbol(name, NameRole.CONSTANT, unit, len(constant.value))
        for name, quantity in self.entry.quantities.items():
            role = NameRole.NOT_NUMERIC if quantity.kind == "text" else NameRole.QUANTITY
            unit = self._unit(quantity.unit, ("quantities", name))
            self._check_shape(name, quantity)
            symbols[names.folded(name)] = Symbol(name, role, unit, quantity.shape)
        for items in (self.entry.constants, self.entry.quantities):
            for name, item in items.items():
                for key in item.alias:
                    symbols.setdefault(names.folded(key), Symbol(name, NameRole.OTHER_KEY))
        return symbols

    def _unit(self, text: str, path: tuple[str, ...]) -> dimensions.Unit:
        try:
            return dimensions.parse(text)
        except dimensions.UnitError as error:
            self._fault((*path, "unit"), f"{'.'.join(path)}: {error}")

    def _check_shape(self, name: str, quantity: QuantityEntry) -> None:
        if quantity.kind != "text":
            return
        numeric = [key for key in ("shape", "tolerance", "formula", "never_zero") if key in quantity.model_fields_set]
        if numeric or dimensions.parse(quantity.unit) != dimensions.ONE:
            self._fault(("quantities", name), f"{name} is text, so it has no {numeric[0] if numeric else 'unit'}")

    # Formulas

    def _expressions(self, words: Words) -> Iterator[tuple[str, Expression]]:
        for name, quantity in self.entry.quantities.items():
            if quantity.formula is None:
                continue
            path = ("quantities", name, "formula")
            if quantity.inputs is not None:
                self._fault(path, f"{name}: the inputs are what the formula reads; leave out inputs")
            try:
                expression = parse(quantity.formula, words)
                expression.check(dimensions.parse(quantity.unit), quantity.shape)
            except UsageError as error:
                self._fault(path, f"{name}: {error}")
            yield name, expression

    def _check_inputs(self) -> None:
        for name, quantity in self.entry.quantities.items():
            path = ("quantities", name, "inputs")
            inputs = quantity.inputs or []
            for other in inputs:
                if other not in self.entry.quantities:
                    self._unknown(path, other)
            if len(set(inputs)) < len(inputs):
                self._fault(path, f"{name}: an input stands twice")

    def _check_graph(self, expressions: Mapping[str, Expression]) -> None:
        """Check that what is read at the same place has been computed before."""
        graph = {
            name: expressions[name].here if name in expressions else tuple(quantity.inputs or ())
            for name, quantity in self.entry.quantities.items()
        }
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycle = list(reversed(error.args[1]))
            self._fault(("quantities", cycle[0]), f"these need one another: {_arrows(cycle)}")
        rank = {name: place for place, name in enumerate(graph)}
        for name, others in graph.items():
            late = next((other for other in others if rank[other] > rank[name]), None)
            if late is not None:
                self._fault(
                    ("quantities", name),
                    f"{name} reads {late}, which stands below it; quantities stand in execution order, {late} first",
                )

    # What comes out

    def _quantity(self, name: str, expression: Expression | None) -> Quantity:
        entry = self.entry.quantities[name]
        for index in entry.indices:
            if index not in self.entry.indices:
                self._fault(
                    ("quantities", name, "indices"),
                    f"{index[:80]!r} is no index{names.hint(index, self.entry.indices)}",
                )
        limit = entry.tolerance or ToleranceEntry()
        if entry.tolerance is not None and (limit.relative is None) == (limit.absolute is None):
            self._fault(("quantities", name, "tolerance"), f"{name}: give a relative or an absolute tolerance")
        return Quantity(
            name=name,
            unit=_spelled(entry.unit),
            kind=Kind.TEXT if entry.kind == "text" else _KINDS.get(entry.shape, Kind.VECTOR),
            basis=Basis.RELATIVE if limit.absolute is None else Basis.ABSOLUTE,
            scope=Scope.RUN,
            section=entry.section or SECTION,
            inputs=tuple(entry.inputs or ()) if expression is None else expression.reads,
            aliases=tuple((key, self._alias_unit(name, key, unit)) for key, unit in entry.alias.items()),
            description=entry.description,
            indices=(REPEAT, *(index for index in self.entry.indices if not entry.indices or index in entry.indices)),
            here=None if expression is None else expression.here,
            size=0 if entry.kind == "text" else entry.shape,
            tolerance=limit.relative if limit.absolute is None else limit.absolute,
            never_zero=entry.never_zero,
            has_default=entry.default,
        )

    def _alias_unit(self, name: str, key: str, unit: str | None) -> str:
        own = self.entry.quantities[name].unit
        if unit is None:
            return _spelled(own)
        path = ("quantities", name, "alias")
        if dimensions.factor(self._unit(unit, path), dimensions.parse(own)) is None:
            self._fault(path, f"{key} in {unit} and {name} in {own} measure different things")
        return _spelled(unit)

    def _as_quantity(self, name: str, constant: ConstantEntry) -> Quantity:
        """Return a constant as the quantity that it is where a log prints it."""
        size = len(constant.value)
        unit = _spelled(constant.unit)
        return Quantity(
            name=name,
            unit=unit,
            kind=_KINDS.get(size, Kind.VECTOR),
            basis=Basis.RELATIVE,
            scope=Scope.RUN,
            section=CONSTANTS,
            inputs=(),
            aliases=tuple((key, unit) for key in constant.alias),
            description=constant.description,
            indices=(REPEAT, *self.entry.indices),
            size=size,
        )

    def _constants(self) -> Iterator[tuple[str, Constant]]:
        for name, constant in self.entry.constants.items():
            yield name, Constant(name, tuple(constant.value), _spelled(constant.unit), tuple(constant.alias))

    # The chain

    def _chain(self, words: Words) -> Chain | None:
        chains = self.entry.chain
        if not chains:
            return None
        if len(chains) > 1:
            self._fault(("chain",), f"there is one chain; here are {len(chains)}: {', '.join(chains)[:100]}")
        result, factors = next(iter(chains.items()))
        path = ("chain", result)
        if result not in self.entry.quantities:
            self._unknown(path, result)
        if not factors:
            self._fault(path, f"the chain of {result} has no factors")
        parts = [self._chain_factor(text, path) for text in factors]
        twice = next(
            (item.quantity for item in parts if [other.quantity for other in parts].count(item.quantity) > 1),
            "",
        )
        if twice:
            self._fault(path, f"{twice} stands twice in the chain; write {twice}**2")
        if result in {item.quantity for item in parts}:
            self._fault(path, f"{result} is a factor of itself")
        self._check_product(result, parts, words)
        return Chain(result, tuple(parts))

    def _chain_factor(self, text: str, path: tuple[str, ...]) -> ChainFactor:
        text = text.strip()[: 2 * names.LONGEST]
        known = {*self.entry.quantities, *self.entry.constants}
        if text in known:
            return ChainFactor(text)
        match = _factor(text)
        name = match["name"] if match else text
        if match is None or name not in known:
            shape = 'a chain is a product of factors such as "area", "1/steps" or "r**2"'
            self._fault(path, f"{text[:80]!r} is no quantity{names.hint(name, known)}; {shape}")
        power = int(match["power"] or 1) * (-1 if match["divisor"] else 1)
        if not power:
            self._fault(path, f"{text!r} has no effect on a product")
        return ChainFactor(name, power)

    def _check_product(self, result: str, factors: list[ChainFactor], words: Words) -> None:
        """Check that the product of the factors measures what the result does."""
        path = ("chain", result)
        for name in (result, *(factor.quantity for factor in factors)):
            symbol = words.symbols[names.folded(name)]
            if symbol.role is NameRole.NOT_NUMERIC or symbol.size != 1:
                self._fault(path, f"{name} is no single number and cannot stand in a product")
        renamed = {f"x{number}": words.symbols[names.folded(factor.quantity)] for number, factor in enumerate(factors)}
        product = " * ".join(f"x{number}**({factor.power})" for number, factor in enumerate(factors))
        try:
            parse(product, Words(renamed)).check(words.symbols[names.folded(result)].unit, 1, "the product")
        except UsageError as error:
            self._fault(path, f"the chain of {result}: {error}")


def _as_stated(name: str, constant: ConstantEntry) -> Formula:
    """Return the formula of a constant: its value, which a log that prints another departs from."""
    numbers = tuple(constant.value)
    shown = " ".join(f"{number:.15g}" for number in numbers)
    text = f"{shown} {_spelled(constant.unit)}" if _spelled(constant.unit) != "1" else shown
    return Formula(name, text, lambda _: numbers)


_KINDS = {1: Kind.SCALAR, 9: Kind.MATRIX}


def _arrows(cycle: list[str]) -> str:
    shown = cycle if len(cycle) <= 12 else [*cycle[:6], "…", *cycle[-5:]]
    return " → ".join(shown)


def _spelled(unit: str) -> str:
    """Return a unit as reports print it: in the spelling of traces where that means the same (`A` is ampere here)."""
    usual = units.canonical(unit)
    same = usual is not None and dimensions.parse(usual) == dimensions.parse(unit)
    return usual if usual is not None and same else unit.strip() or "1"

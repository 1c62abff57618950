"""Formulas as one-liners: `-kappa * (T[cell+1] - T[cell]) / dx`.

Python's own parser reads a formula; then every node must be in the list below. Nothing is ever executed as Python: no
attribute, no string, no comprehension, no call but of the functions listed. A formula becomes a function of the values
at one place.

- `+ - * / **`, brackets, numbers, `@` or `matmul`; the functions of :mod:`nbtrace.vocabulary.arithmetic`.
- Names are quantities, constants, `pi`, `e`; the name of an index is its ordinal here.
- `v[0]` is a component. `T[cell+1]`, `T[step-1, cell]` and `T[cell == 0]` are values at other places; what stands in
  front of the bracket may be any expression, and all of it moves. Where there is no such place, no relation is formed.
- `previous(x)` is `x[step-1]` for the outermost index, `previous(x, cell)` the same along another: the ordinal less
  1, not the one that the log printed before. `first(x, cell)` and `last(x, cell)` are at the ends.
- `sum(x, cell)` and `product(x, cell)` run over all ordinals that the log has.
- `where(a < b, x, y)`, with `and`, `or`, `not`: only the value that is taken must exist.

Units are checked as declared: values are numbers in the units of the vocabulary, so metres do not add to millimetres.
The number 0 has any unit; angles and counts are numbers.
"""

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from fractions import Fraction
from functools import reduce
from typing import TypeAlias

from nbtrace.vocabulary import arithmetic, syntax
from nbtrace.vocabulary.arithmetic import FUNCTIONS, Law
from nbtrace.vocabulary.dimensions import ONE, Unit
from nbtrace.vocabulary.formula import Components, Formula, FormulaView, Lack, UnloggedError
from nbtrace.vocabulary.names import folded, hint
from nbtrace.vocabulary.syntax import LARGEST_EXPONENT, LONGEST, FormulaError, shown, written

Compute: TypeAlias = Callable[[FormulaView], Components]


class NameRole(Enum):
    """What a name stands for in formulas."""

    QUANTITY = auto()
    CONSTANT = auto()
    NOT_NUMERIC = auto()
    """A quantity whose values are text."""
    OTHER_KEY = auto()
    """A key of a quantity in logs, which formulas do not use."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a name stands for.

    Attributes
    ----------
    name : str
        Of the quantity or constant, as the vocabulary spells it.
    role : NameRole
    unit : Unit
    size : int
        Components.
    """

    name: str
    role: NameRole
    unit: Unit = ONE
    size: int = 1


@dataclass(frozen=True, slots=True)
class Words:
    """What formulas may name: symbols by folded name, and the indices from the outermost to the innermost."""

    symbols: Mapping[str, Symbol]
    indices: tuple[str, ...] = ()


_CONSTANTS = {"pi": math.pi, "e": math.e}
_OF_PLACES = {"sum": 2, "product": 2, "previous": 1, "first": 2, "last": 2, "where": 3}
"""Functions of the grammar, and how many arguments they need."""

RESERVED = frozenset({*FUNCTIONS, *_CONSTANTS, *_OF_PLACES})
"""Names that a quantity, a constant or an index cannot have."""


@dataclass(frozen=True, slots=True)
class Read:
    """A value that a formula reads.

    Attributes
    ----------
    name : str
    here : bool
        At the place itself, or over all places of an index: it must be known before the formula is evaluated.
    """

    name: str
    here: bool


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula that has been read and checked.

    Attributes
    ----------
    text : str
    reads : tuple of str
        Quantities, as they come.
    here : tuple of str
        Those of them that are read at the place itself.
    facts : tuple of str
        Constants, as they come.
    indices : tuple of str
        Indices that it names.
    size : int
        Components of the result.
    unit : Unit or None
        What the result measures; None for a 0, which has any unit.
    single : bool
        The result is rounded to float32.
    compute : callable
        The value at a place.
    """

    text: str
    reads: tuple[str, ...]
    here: tuple[str, ...]
    facts: tuple[str, ...]
    indices: tuple[str, ...]
    size: int
    unit: Unit | None
    single: bool
    compute: Compute

    def formula(self, quantity: str) -> Formula:
        """Return the formula of a quantity."""
        return Formula(quantity, self.text, self.compute, self.reads, self.facts, self.single)

    def check(self, unit: Unit, size: int, what: str = "the formula") -> None:
        """Check that the result is a value of a quantity.

        Raises
        ------
        FormulaError
            If it has another number of components, or measures something else, or is off by a factor.
        """
        if self.size != size:
            raise FormulaError(f"{what} gives {_components(self.size)}, the quantity has {size}")
        if self.unit is not None and (why := _unlike(self.unit, unit)):
            raise FormulaError(f"{what} is in {self.unit}, the quantity in {unit}{why}")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a formula: how it is computed, how many components it has, and its unit (None: a 0)."""

    compute: Compute
    size: int = 1
    unit: Unit | None = ONE
    condition: bool = False


def parse(text: str, words: Words) -> Expression:
    """Return the formula that a text states.

    Raises
    ------
    FormulaError
        If it is none, in one line.
    """
    text = " ".join(text.split()) if len(text) <= LONGEST else text
    tree = syntax.tree(text)
    reader = _Reader(words)
    part = reader.number(tree)
    single = isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "float32"
    return Expression(
        text,
        tuple(dict.fromkeys(read.name for read in reader.reads)),
        tuple(dict.fromkeys(read.name for read in reader.reads if read.here)),
        tuple(dict.fromkeys(reader.facts)),
        tuple(dict.fromkeys(reader.named)),
        part.size,
        part.unit,
        single,
        part.compute,
    )


def _components(size: int) -> str:
    return "one number" if size == 1 else f"{size} components"


@dataclass(slots=True)
class _Reader:
    """Turns a syntax tree into functions; notes what it reads, and where."""

    words: Words
    reads: list[Read] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    _offsets: tuple[int, ...] = ()
    _elsewhere: bool = False
    _summed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._offsets = (0,) * len(self.words.indices)

    def number(self, node: ast.expr) -> _Part:
        """Read what must be a value."""
        part = self._any(node)
        if part.condition:
            raise FormulaError(f"{shown(node)} is a condition, which only where(condition, a, b) takes")
        return part

    def condition(self, node: ast.expr) -> _Part:
        """Read what must be a condition."""
        part = self._any(node)
        if not part.condition:
            raise FormulaError(f"{shown(node)} is no condition; compare it with something, as in {shown(node)} > 0")
        return part

    def _any(self, node: ast.expr) -> _Part:
        match node:
            case ast.Constant():
                return _literal(node.value)
            case ast.Name():
                return self._name(node.id)
            case ast.BinOp():
                return self._operation(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
            case ast.Compare() | ast.BoolOp():
                return self._condition(node)
        raise FormulaError(f"{syntax.kind(node)} cannot stand in a formula")

    # Names

    def _name(self, name: str) -> _Part:
        if name in _CONSTANTS:
            number = _CONSTANTS[name]
            return _Part(lambda _: (number,))
        if (index := self._index(name)) is not None:
            self.named.append(index)
            return _Part(lambda view: (view.ordinal(index) * 1.0,))
        symbol = self.words.symbols.get(name)
        if symbol is None:
            raise FormulaError(self._unknown(name))
        return self._symbol(name, symbol)

    def _symbol(self, name: str, symbol: Symbol) -> _Part:
        own = symbol.name
        match symbol.role:
            case NameRole.OTHER_KEY:
                raise FormulaError(f"{name} is another key of {own}; a formula names {own}")
            case NameRole.NOT_NUMERIC:
                raise FormulaError(f"{own} is text; a formula takes numbers")
            case NameRole.CONSTANT:
                self.facts.append(own)
            case NameRole.QUANTITY:
                past = next((offset for offset in self._offsets if offset), 0)
                self.reads.append(Read(own, here=past == 0 and not self._elsewhere))
        return _Part(lambda view: view[own], symbol.size, symbol.unit)

    def _unknown(self, name: str) -> str:
        if name in FUNCTIONS or name in _OF_PLACES:
            return f"{name} is a function and needs arguments in brackets"
        near = hint(name, (*self.words.symbols, *self.words.indices, *_CONSTANTS))
        return f"{name[:80]!r} is neither a quantity nor a constant nor an index{near}"

    def _index(self, name: str) -> str | None:
        return next((index for index in self.words.indices if folded(index) == name), None)

    # Operations

    def _operation(self, node: ast.BinOp) -> _Part:
        if isinstance(node.op, ast.Pow):
            return self._power(node)
        left, right = self.number(node.left), self.number(node.right)
        if isinstance(node.op, ast.MatMult):
            return _apply("matmul", (left, right), node)
        if type(node.op) not in _OPERATIONS:
            raise FormulaError(f"the operation in {shown(node)} cannot stand in a formula")
        function, sign = _OPERATIONS[type(node.op)]
        size = arithmetic.broadcast(left.size, right.size)
        if size is None:
            raise FormulaError(
                f"{shown(node)}: {_components(left.size)} and {_components(right.size)} do not go together"
            )
        unit = _sum_unit(left, right, node) if sign == 0 else _product_unit(left, right, sign)
        return _Part(lambda view: arithmetic.each(function, left.compute(view), right.compute(view)), size, unit)

    def _power(self, node: ast.BinOp) -> _Part:
        base = self.number(node.left)
        exponent = written(node.right)
        if exponent is not None:
            if abs(exponent) > LARGEST_EXPONENT:
                raise FormulaError(f"{shown(node)}: an exponent beyond {LARGEST_EXPONENT} is refused")
            number = exponent.numerator / exponent.denominator
            return _Part(
                lambda view: arithmetic.each(arithmetic.power, base.compute(view), (number,)),
                base.size,
                _to(base.unit, exponent, node),
            )
        right = self.number(node.right)
        _pure((base, right), node)
        if right.size != 1:
            raise FormulaError(f"{shown(node)}: an exponent is one number")
        return _Part(
            lambda view: arithmetic.each(arithmetic.power, base.compute(view), right.compute(view)), base.size, ONE
        )

    def _unary(self, node: ast.UnaryOp) -> _Part:
        if isinstance(node.op, ast.Not):
            part = self.condition(node.operand)
            return replace(part, compute=lambda view: arithmetic.each(arithmetic.opposite, part.compute(view)))
        part = self.number(node.operand)
        if isinstance(node.op, ast.UAdd):
            return part
        if not isinstance(node.op, ast.USub):
            raise FormulaError(f"the operation in {shown(node)} cannot stand in a formula")
        return replace(part, compute=lambda view: arithmetic.each(arithmetic.negative, part.compute(view)))

    # Conditions

    def _condition(self, node: ast.Compare | ast.BoolOp) -> _Part:
        if isinstance(node, ast.Compare):
            return _joined(arithmetic.all_of, list(self._comparisons(node)))
        parts = [self.condition(value) for value in node.values]
        return _joined(arithmetic.all_of if isinstance(node.op, ast.And) else arithmetic.any_of, parts)

    def _comparisons(self, node: ast.Compare) -> Iterator[_Part]:
        parts = [self.number(operand) for operand in (node.left, *node.comparators)]
        for left, right, operator in zip(parts, parts[1:], node.ops, strict=False):
            sign = _SIGNS.get(type(operator))
            if sign is None:
                raise FormulaError(f"{shown(node)} is no comparison of numbers")
            if left.size != 1 or right.size != 1:
                raise FormulaError(f"{shown(node)} compares vectors; compare their components or norms")
            _sum_unit(left, right, node)
            yield _compared(sign, left, right)

    # Places

    def _subscript(self, node: ast.Subscript) -> _Part:
        inner = node.slice
        if isinstance(inner, ast.Constant) and type(inner.value) is int:
            return self._component(node, inner.value)
        places = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        moves = [self._move(place, node) for place in places]
        indices = [index for index, _, _ in moves]
        if not moves or len(set(indices)) < len(indices):
            raise FormulaError(f"{shown(node)} names an index twice, or none")
        return self._moved(node.value, moves)

    def _component(self, node: ast.Subscript, number: int) -> _Part:
        part = self.number(node.value)
        if not 0 <= number < part.size or part.size == 1:
            what = f"has components 0 to {part.size - 1}" if part.size > 1 else "is one number and has no components"
            raise FormulaError(f"{shown(node)}: {shown(node.value)} {what}")
        return replace(part, compute=lambda view: (part.compute(view)[number],), size=1)

    def _move(self, place: ast.expr, node: ast.Subscript) -> tuple[str, int, bool]:
        """Return the index, the step or ordinal, and whether it is an ordinal, of `cell+1` or `cell == 0`."""
        match place:
            case ast.Name(name):
                return self._known_index(name, node), 0, False
            case ast.BinOp(ast.Name(name), ast.Add() | ast.Sub() as sign, ast.Constant(int(step))) if step is not True:
                return self._known_index(name, node), -step if isinstance(sign, ast.Sub) else step, False
            case ast.Compare(ast.Name(name), [ast.Eq()], [ast.Constant(int(ordinal))]) if ordinal is not True:
                return self._known_index(name, node), ordinal, True
        raise FormulaError(f"{shown(node)}: in the brackets stands a component (0) or a place (cell+1, cell == 0)")

    def _known_index(self, name: str, node: ast.expr) -> str:
        index = self._index(name)
        if index is None:
            known = ", ".join(self.words.indices) or "none"
            raise FormulaError(f"{shown(node)}: {name[:80]!r} is no index; there is {known}")
        self.named.append(index)
        return index

    def _moved(self, node: ast.expr, moves: list[tuple[str, int, bool]]) -> _Part:
        offsets = list(self._offsets)
        for index, step, absolute in moves:
            offsets[self.words.indices.index(index)] += 0 if absolute else step
            if abs(step) > 10**6:
                raise FormulaError(f"a step of {step if abs(step) < 10**20 else 'so many'} along {index} is refused")
        part = self._elsewhere_read(node, tuple(offsets), elsewhere=any(absolute for _, _, absolute in moves))

        def compute(view: FormulaView) -> Components:
            places = {index: step if absolute else view.ordinal(index) + step for index, step, absolute in moves}
            return part.compute(view.at(**places))

        return replace(part, compute=compute)

    def _elsewhere_read(self, node: ast.expr, offsets: tuple[int, ...], *, elsewhere: bool) -> _Part:
        before = self._offsets, self._elsewhere
        self._offsets, self._elsewhere = offsets, self._elsewhere or elsewhere
        part = self.number(node)
        self._offsets, self._elsewhere = before
        return part

    # Functions

    def _call(self, node: ast.Call) -> _Part:
        if not isinstance(node.func, ast.Name):
            raise FormulaError(f"{shown(node)}: only the functions of formulas can be called")
        name = node.func.id
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise FormulaError(f"{name[:80]}: arguments stand one after the other, without names or stars")
        if name in _OF_PLACES:
            return self._of_place(name, node)
        if name not in FUNCTIONS:
            raise FormulaError(f"{name[:80]!r} is no function{hint(name, (*FUNCTIONS, *_OF_PLACES))}")
        function = FUNCTIONS[name]
        if not function.least <= len(node.args) <= function.most:
            raise FormulaError(f"{name} takes {function.takes}")
        return _apply(name, tuple(self.number(argument) for argument in node.args), node)

    def _of_place(self, name: str, node: ast.Call) -> _Part:
        if name == "where":
            return self._where(node)
        most = 2
        if not _OF_PLACES[name] <= len(node.args) <= most:
            raise FormulaError(f"{name} takes a value and an index")
        index = self._index_argument(name, node)
        if name == "previous":
            return self._moved(node.args[0], [(index, -1, False)])
        if name in {"first", "last"}:
            return self._at_end(node.args[0], index, -1 if name == "last" else 0)
        return self._over(name, node, index)

    def _index_argument(self, name: str, node: ast.Call) -> str:
        if len(node.args) == 1:
            if not self.words.indices:
                raise FormulaError(f"{name} needs an index, and the vocabulary has none")
            self.named.append(self.words.indices[0])
            return self.words.indices[0]
        argument = node.args[1]
        if not isinstance(argument, ast.Name):
            raise FormulaError(f"{name} takes a value and the name of an index, not {shown(argument)}")
        return self._known_index(argument.id, node)

    def _at_end(self, node: ast.expr, index: str, end: int) -> _Part:
        part = self._elsewhere_read(node, self._offsets, elsewhere=True)

        def compute(view: FormulaView) -> Components:
            ordinals = view.ordinals(index)
            if not ordinals:
                raise UnloggedError(f"no {index}", Lack.TURN)
            return part.compute(view.at(**{index: ordinals[end]}))

        return replace(part, compute=compute)

    def _over(self, name: str, node: ast.Call, index: str) -> _Part:
        if index in self._summed:
            raise FormulaError(f"{shown(node)} runs over {index} twice")
        before = self._summed
        self._summed = (*before, index)
        part = self.number(node.args[0])
        self._summed = before
        if name == "product":
            _pure((part,), node)
        joined = arithmetic.total if name == "sum" else arithmetic.multiplied

        def compute(view: FormulaView) -> Components:
            values = [part.compute(place) for place in view.along(index)]
            if not values:
                raise UnloggedError(f"no {index}", Lack.TURN)
            return joined(values)

        return replace(part, compute=compute)

    def _where(self, node: ast.Call) -> _Part:
        if len(node.args) != 3:
            raise FormulaError("where takes a condition and two values")
        condition = self.condition(node.args[0])
        one, other = self.number(node.args[1]), self.number(node.args[2])
        size = arithmetic.broadcast(one.size, other.size)
        if size is None:
            raise FormulaError(f"{shown(node)}: its values have {one.size} and {other.size} components")

        def compute(view: FormulaView) -> Components:
            chosen = arithmetic.choose(
                condition.compute(view)[0], lambda: one.compute(view), lambda: other.compute(view)
            )
            return chosen * size if len(chosen) < size else chosen

        return _Part(compute, size, _sum_unit(one, other, node))


_OPERATIONS: dict[type[ast.operator], tuple[Callable[..., object], int]] = {
    ast.Add: (arithmetic.add, 0),
    ast.Sub: (arithmetic.subtract, 0),
    ast.Mult: (arithmetic.multiply, 1),
    ast.Div: (arithmetic.divide, -1),
}
"""Operation and the power of its right side's unit; 0: both sides have one unit."""
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


def _literal(value: object) -> _Part:
    if isinstance(value, bool) or not isinstance(value, int | float):
        kind = {complex: "an imaginary number", str: "text", bytes: "text"}.get(type(value), "a word of Python")
        raise FormulaError(f"{kind} cannot stand in a formula")
    if isinstance(value, int) and value >= 10**25:
        raise FormulaError("a whole number in the formula is too large; write it as 1e30")
    number = float(value)
    if not math.isfinite(number):
        raise FormulaError("a number in the formula is too large")
    return _Part(lambda _: (number,), unit=ONE if number else None)


def _to(unit: Unit | None, exponent: Fraction, node: ast.expr) -> Unit | None:
    """Return the unit of a power."""
    if unit is None or unit.plain == ONE:
        return ONE
    if exponent.denominator > 12:
        raise FormulaError(f"{shown(node)}: the exponent of a unit is a fraction such as 1/2, not {float(exponent):g}")
    return unit.to(exponent)


def _unlike(one: Unit, other: Unit) -> str | None:
    """Return how two units differ, None if they are one in formulas."""
    ratio = one.plain.over(other.plain)
    if ratio.dimension:
        return ", which measure different things"
    if ratio.scale:
        return f", which differ by the factor {ratio.size:.12g}; {_CONVERSION}"
    return None


_CONVERSION = 'a constant such as { value = 1000, unit = "mm/m" } converts'


def _sum_unit(left: _Part, right: _Part, node: ast.expr) -> Unit | None:
    if left.unit is None or right.unit is None:
        return right.unit if left.unit is None else left.unit
    if why := _unlike(left.unit, right.unit):
        raise FormulaError(f"{shown(node)}: {left.unit} and {right.unit}{why}")
    return left.unit


def _product_unit(left: _Part, right: _Part, power: int) -> Unit:
    return (left.unit or ONE).times((right.unit or ONE).to(Fraction(power)))


def _pure(parts: tuple[_Part, ...], node: ast.expr) -> None:
    for part in parts:
        if part.unit is not None and (why := _unlike(part.unit, ONE)):
            raise FormulaError(f"{shown(node)} takes numbers without a unit (angles in rad): 1 and {part.unit}{why}")


def _joined(function: Callable[..., object], parts: list[_Part]) -> _Part:
    return _Part(lambda view: (function([part.compute(view)[0] for part in parts]),), condition=True)


def _compared(sign: str, left: _Part, right: _Part) -> _Part:
    comparison = arithmetic.compared(sign)
    return _Part(
        lambda view: arithmetic.each(comparison, left.compute(view), right.compute(view)), unit=ONE, condition=True
    )


def _apply(name: str, parts: tuple[_Part, ...], node: ast.expr) -> _Part:
    """Return a call of a function of values."""
    function = FUNCTIONS[name]
    size = function.size(*(part.size for part in parts))
    if size is None:
        raise FormulaError(f"{shown(node)}: {name} takes {function.takes}, not {_sizes(parts)}")
    unit = _law(function.law, parts, node)
    return _Part(lambda view: function.compute(*(part.compute(view) for part in parts)), size, unit)


def _sizes(parts: tuple[_Part, ...]) -> str:
    return " and ".join(_components(part.size) for part in parts)


def _law(law: Law, parts: tuple[_Part, ...], node: ast.expr) -> Unit | None:
    match law:
        case Law.PURE:
            _pure(parts, node)
            return ONE
        case Law.PRODUCT:
            return reduce(lambda unit, part: unit.times(part.unit or ONE), parts, Unit())
        case Law.ROOT:
            return _to(parts[0].unit, Fraction(1, 2), node)
        case Law.CUBE:
            return _to(parts[0].unit, Fraction(3), node)
        case Law.SAME | Law.RATIO:
            common = reduce(lambda a, b: _Part(a.compute, unit=_sum_unit(a, b, node)), parts).unit
            return common if law is Law.SAME else ONE

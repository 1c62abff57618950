"""The text of a formula as a syntax tree, within bounds; nothing here knows what a formula means."""

import ast
import keyword
import re
import warnings
from fractions import Fraction

from nbtrace.errors import UsageError

LONGEST = 2000
"""Letters of a formula."""

DEEPEST = 100
"""Levels of a formula; a sum of more terms is no one-liner."""

LARGEST_EXPONENT = 100
"""Largest written exponent."""


class FormulaError(UsageError):
    """A formula that cannot be used."""


def tree(text: str) -> ast.expr:
    """Return the syntax tree of a formula, within bounds that make everything after it short."""
    if len(text) > LONGEST:
        raise FormulaError(f"a formula of {len(text)} letters is too long; at most {LONGEST} are read")
    if not text:
        raise FormulaError("the formula is empty")
    for mark, why in _FOREIGN.items():
        if mark in text:
            raise FormulaError(why)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise FormulaError(_syntax(text, error)) from None
    except (RecursionError, MemoryError):
        raise FormulaError("the formula is nested too deeply") from None
    except (ValueError, Warning):
        raise FormulaError("the formula cannot be read") from None
    _check_depth(parsed)
    return parsed


_FOREIGN = {
    "#": "a formula holds no comment",
    "\\": "a formula holds no backslash",
    "^": "^ is no power in a formula; write **",
}


def _syntax(text: str, error: SyntaxError) -> str:
    """Return why Python cannot read a formula, with the column."""
    taken = next((word for word in re.findall(r"\w+", text) if word in _TAKEN), None)
    if taken is not None:
        return f"{taken!r} is a word of Python and cannot stand in a formula; give the quantity another name and alias"
    if re.search(r"\[[^\]]*[^=]=[^=]", text):
        return "a place is written with two equals signs, as in T[cell == 0]"
    column = min(max(error.offset or 1, 1), len(text) + 1)
    return f"the formula breaks off or goes wrong at column {column}: {text[max(column - 10, 0) : column + 10]!r}"


_TAKEN = frozenset(keyword.kwlist) - {"and", "or", "not", "if", "else", "for", "in"}


def _check_depth(whole: ast.expr) -> None:
    waiting: list[tuple[ast.AST, int]] = [(whole, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise FormulaError(f"the formula is nested too deeply; at most {DEEPEST} levels are read")
        waiting += [(inner, depth + 1) for inner in ast.iter_child_nodes(node)]


def shown(node: ast.expr) -> str:
    """Return the text of a part of a formula, for a message."""
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}…"


def kind(node: ast.expr) -> str:
    """Return what a node is, for a message that refuses it."""
    return _KINDS.get(type(node)) or f"{shown(node)!r}"


_KINDS: dict[type[ast.expr], str] = {
    ast.Attribute: "an attribute (a dot after a name)",
    ast.NamedExpr: "an assignment",
    ast.Lambda: "a lambda",
    ast.IfExp: "if and else (write where(condition, a, b))",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.JoinedStr: "text",
    ast.List: "a list",
    ast.Tuple: "a list of values",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.Starred: "a star",
    ast.Slice: "a slice",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.Await: "await",
}


def written(node: ast.expr) -> Fraction | None:
    """Return the value of an exponent that is written out: `2`, `-0.5`, `(1/3)`; None for any other."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Fraction(repr(value)) if abs(value) < 10**9 else Fraction(10**9)
        case ast.UnaryOp(ast.USub(), operand):
            inner = written(operand)
            return None if inner is None else -inner
        case ast.BinOp(left, ast.Div(), right):
            above, below = written(left), written(right)
            return above / below if above is not None and below else None
        case ast.BinOp(left, ast.Pow(), right):
            return _tower(written(left), written(right))
    return None


def _tower(base: Fraction | None, exponent: Fraction | None) -> Fraction | None:
    """Return a whole power of written numbers, or a large number for any that is large: it is not worked out."""
    if not base or exponent is None or exponent.denominator != 1:
        return None
    if abs(exponent) > 9 or abs(base) > LARGEST_EXPONENT:
        return Fraction(10**9)
    return base ** int(exponent)

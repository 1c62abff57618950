"""Expressions of a probe: Python's own, evaluated in a frame of the program, which they only read.

Names, attributes, indices, arithmetic, comparisons, and calls of what changes nothing (`abs`, `len`, `.norm()`, …). A
probe file may come from anywhere, so whatever else Python can do is refused.
"""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType

FUNCTIONS = {
    "abs": abs,
    "bool": bool,
    "complex": complex,
    "float": float,
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "round": round,
    "sum": sum,
    "sqrt": math.sqrt,
}
"""Functions that an expression may call, whatever the program means by their names."""

METHODS = frozenset(
    [
        "abs",
        "all",
        "any",
        "argmax",
        "argmin",
        "conj",
        "cross",
        "detach",
        "diagonal",
        "dot",
        "double",
        "flatten",
        "float",
        "item",
        "max",
        "mean",
        "min",
        "norm",
        "prod",
        "ravel",
        "real",
        "reshape",
        "sqrt",
        "squeeze",
        "sum",
        "tolist",
        "trace",
        "transpose",
        "view",
    ]
)
"""Methods of arrays and tensors, and functions of their modules, that change nothing."""

_NODES = (
    ast.Expression,
    ast.Name,
    ast.Load,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.UnaryOp,
    ast.unaryop,
    ast.BinOp,
    ast.operator,
    ast.Compare,
    ast.cmpop,
    ast.BoolOp,
    ast.boolop,
    ast.IfExp,
    ast.Call,
    ast.keyword,
)
_OLDER = tuple(getattr(ast, name) for name in ("Index", "ExtSlice") if name in vars(ast))
_LONGEST = 500


class ForbiddenError(Exception):
    """A text is no expression that a probe may evaluate; the message says why."""


def parsed(text: str) -> ast.Expression:
    """Return the syntax tree of an expression that only reads.

    Raises
    ------
    ForbiddenError
        If it is none.
    """
    if len(text) > _LONGEST:
        raise ForbiddenError(f"an expression has at most {_LONGEST} letters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ForbiddenError(f"{text} is no Python expression: {error}") from None
    for node in ast.walk(tree):
        _check(node, text)
    return tree


def compiled(text: str) -> CodeType:
    """Return the code of an expression that only reads; see :func:`parsed` for what is raised."""
    return compile(parsed(text), "<probe>", "eval")


def names_of(text: str) -> frozenset[str]:
    """Return the names that an expression reads."""
    return frozenset(node.id for node in ast.walk(parsed(text)) if isinstance(node, ast.Name)) - set(FUNCTIONS)


def _check(node: ast.AST, text: str) -> None:
    if not isinstance(node, _NODES + _OLDER):
        raise ForbiddenError(f"{text}: a probe only reads; {type(node).__name__} is more than that")
    name = getattr(node, "attr", getattr(node, "id", ""))
    if name.startswith("__"):
        raise ForbiddenError(f"{text}: {name} is no name that a probe may read")
    if isinstance(node, ast.Call) and not _harmless(node.func):
        raise ForbiddenError(
            f"{text}: a probe only reads, and a call may change the program; {', '.join(sorted(FUNCTIONS))} and "
            "methods such as .norm() may be called"
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.LShift)) and _large(node.right):
        raise ForbiddenError(f"{text}: the exponent is too large")


def _harmless(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id in FUNCTIONS
    return isinstance(called, ast.Attribute) and called.attr in METHODS


def _large(node: ast.expr) -> bool:
    inner = list(ast.walk(node))
    return any(
        (isinstance(one, ast.BinOp) and isinstance(one.op, (ast.Pow, ast.Mult, ast.LShift)))
        or (isinstance(one, ast.Constant) and isinstance(one.value, (int, float)) and one.value > 64)
        for one in inner
    )

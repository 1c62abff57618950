"""Expressions of a probe: those of the program's own language, with ranges of elements and a unit behind."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

MOST_ELEMENTS = 4096
"""Elements of a range; a line of a log could not hold more."""

RETURNED = "return"
"""The expression for what a function has returned."""

_UNIT = re.compile(r"(?s)(.*\S)\s+\[([^\[\]]+)\]\s*")
_RANGE = re.compile(r"([\[(])\s*([^\[\]()]*?)\s*\.\.\s*([^\[\]()]*?)\s*([\])])")
_ROOT = re.compile(r"(?s)sqrt\s*\((.*)\)\s*")
_FACTOR = re.compile(r"(?s)(.*\S)\s*([*/])\s*([0-9.][0-9.eE+-]*)\s*")
_TARGET = re.compile(r"[A-Za-z_]\w*(?:\s*(?:\.|->|%)\s*[A-Za-z_]\w*|\s*[\[(][\w\s+*-]*[\])])*")
_CHANGES = re.compile(r"\+\+|--(?!\d)|<<=|>>=|(?<![=<>!])=(?!=)|[;{}$\\`]")
_PAIRS = {"(": ")", "[": "]"}


class ExpressionError(ValueError):
    """What is wrong with an expression, in words."""


@dataclass(frozen=True)
class ProbeExpression:
    """One expression of a quantity, which gives a number or, with a range, several.

    Attributes
    ----------
    text : str
        In the program's language, without the root; a range stands as `{}`.
    low, high : str
        Expressions for the ends of the range, both included; empty where there is none.
    root : bool
        The square root of what it gives is meant.
    """

    text: str
    low: str = ""
    high: str = ""
    root: bool = False

    def elements(self, evaluate: Callable[[str], int]) -> tuple[str, ...]:
        """Return the expressions in the program's language, one for each number.

        Parameters
        ----------
        evaluate : callable
            Gives the integer that an end of the range is.

        Raises
        ------
        ExpressionError
            If the range is empty or has too many elements.
        """
        if not self.low:
            return (self.text,)
        low, high = evaluate(self.low), evaluate(self.high)
        if not 0 <= high - low < MOST_ELEMENTS:
            raise ExpressionError(f"{self.low}..{self.high} is {low}..{high}: 1 to {MOST_ELEMENTS} elements are read")
        return tuple(self.text.replace("{}", str(at)) for at in range(low, high + 1))

    def target(self) -> "WriteTarget | None":
        """Return what is to be written so that the expression has a given value; None if it is no place to write to."""
        text, factor = self.text, Fraction(1)
        while not _TARGET.fullmatch(text.replace("{}", "0")):
            match = _FACTOR.fullmatch(text)
            number = _number(match[3]) if match else None
            if match is None or not number:
                return None
            factor = factor * number if match[2] == "*" else factor / number
            text = match[1]
            if text.startswith("(") and _closing(text, 0) == len(text) - 1:
                text = text[1:-1].strip()
        return None if text == RETURNED else WriteTarget(ProbeExpression(text, self.low, self.high), factor, self.root)


@dataclass(frozen=True)
class WriteTarget:
    """A variable of the program, or its elements, of which an expression is a multiple.

    Attributes
    ----------
    expression : ProbeExpression
        What is written.
    factor : Fraction
        What the expression multiplies it by.
    root : bool
        The expression is the square root of the product.
    """

    expression: ProbeExpression
    factor: Fraction
    root: bool

    def written(self, value: float) -> float:
        """Return what to write so that the expression has `value`, as near as double precision allows."""
        if not math.isfinite(value):
            return value / float(self.factor)
        exact = Fraction(value)
        wanted = float((exact * exact if self.root else exact) / self.factor)
        near = (wanted, math.nextafter(wanted, math.inf), math.nextafter(wanted, -math.inf))
        return min(near, key=lambda number: abs(self.seen(number) - value))

    def seen(self, number: float) -> float:
        """Return what the expression gives, in double precision, where `number` stands in the variable."""
        product = number * float(self.factor)
        return math.sqrt(product) if self.root and product >= 0 else product


def parse_quantity(text: str) -> tuple[tuple[ProbeExpression, ...], str]:
    """Return the expressions of a quantity, and its unit, from `h, k, l` or `a[1..3]*1e10 [Angstrom]`.

    Raises
    ------
    ExpressionError
        If it is none, or would change the program.
    """
    match = _UNIT.fullmatch(text)
    body, unit = (match[1], match[2].strip()) if match and not _RANGE.fullmatch(f"[{match[2]}]") else (text, "")
    return tuple(parse_expression(part) for part in split_list(body)), unit


def parse_expression(text: str) -> ProbeExpression:
    """Return one expression.

    Raises
    ------
    ExpressionError
        If it is none, or would change the program.
    """
    text = text.strip()
    if not text:
        raise ExpressionError("an expression is empty")
    if change := _CHANGES.search(text):
        raise ExpressionError(f"{text!r} holds {change[0]!r}: a probe only reads")
    _check_brackets(text)
    root = False
    if (match := _ROOT.fullmatch(text)) and _closing(text, text.index("(")) == len(text.rstrip()) - 1:
        text, root = match[1].strip(), True
    ranges = list(_RANGE.finditer(text))
    if len(ranges) > 1:
        raise ExpressionError(f"{text!r} has two ranges; one expression has one")
    if not ranges:
        return ProbeExpression(text, root=root)
    (found,) = ranges
    if not found[2] or not found[3] or _PAIRS[found[1]] != found[4]:
        raise ExpressionError(f"{found[0]!r} is no range; write [1..3], or [0..n-1] with variables of the program")
    return ProbeExpression(
        f"{text[: found.start()]}{found[1]}{{}}{found[4]}{text[found.end() :]}", found[2], found[3], root
    )


def split_list(text: str) -> list[str]:
    """Return the parts between commas that stand outside brackets.

    Raises
    ------
    ExpressionError
        If brackets do not match.
    """
    _check_brackets(text)
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def names_in(text: str) -> Sequence[str]:
    """Return the variables that an expression begins with or holds, without members and called functions."""
    found = re.finditer(r"(?<![\w.%])(?<!->)(?<!\d[eE])([A-Za-z_]\w*)", re.sub(r"\b[0-9.]+[eE][+-]?[0-9]+", "0", text))
    return list(dict.fromkeys(match[1] for match in found if match[1] not in {RETURNED, "sizeof"}))


def _number(text: str) -> Fraction | None:
    try:
        return Fraction(float(text))
    except (ValueError, OverflowError):
        return None


def _check_brackets(text: str) -> None:
    open_ones: list[str] = []
    for letter in text:
        if letter in _PAIRS:
            open_ones.append(_PAIRS[letter])
        elif letter in _PAIRS.values() and (not open_ones or open_ones.pop() != letter):
            raise ExpressionError(f"{text!r} has brackets that do not match")
    if open_ones:
        raise ExpressionError(f"{text!r} has brackets that do not match")


def _closing(text: str, start: int) -> int:
    """Return where the bracket at `start` closes."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([") - (text[at] in ")]")
        if depth == 0:
            return at
    return -1

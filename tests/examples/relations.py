"""Logs held against the formulas of a vocabulary file, by an evaluator that shares no code with nbtrace.

A formula of a step or cell that has no neighbour where it needs one is not formed.
"""

import ast
import operator
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Place: TypeAlias = tuple[int, ...]
Array: TypeAlias = npt.NDArray[np.float64]
Log: TypeAlias = Mapping[str, Mapping[Place, Array]]
"""Quantity → ordinals of the outermost indices → value, in the unit of the vocabulary."""

_SCALES = {"mm": 1e-3, "g": 1e-3, "t": 1e3}
"""Aliases' units in those of their quantities (m, kg)."""

_OPERATORS: Mapping[type[ast.operator], Callable[[Array, Array], Array]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.MatMult: lambda matrix, vector: matrix.reshape(3, 3) @ vector,
}


_FUNCTIONS: Mapping[str, Callable[..., Array]] = {"dot": np.dot, "exp": np.exp, "cos": np.cos, "sin": np.sin}


class NotFormedError(LookupError):
    """A formula needs a value that the log does not hold."""


@dataclass(frozen=True)
class Words:
    """A vocabulary file."""

    document: Mapping[str, Any]

    @property
    def indices(self) -> list[str]:
        """Names of the indices, the outermost first."""
        return list(self.document["indices"])

    @property
    def formulas(self) -> Mapping[str, str]:
        """Formulas by quantity."""
        return {name: entry["formula"] for name, entry in self.document["quantities"].items() if "formula" in entry}

    @property
    def constants(self) -> Mapping[str, Array]:
        """Values of the constants."""
        return {"pi": np.array(np.pi)} | {
            name: np.array(entry["value"], dtype=np.float64) for name, entry in self.document["constants"].items()
        }

    @property
    def meanings(self) -> Mapping[str, tuple[str, float]]:
        """Printed key → quantity and factor to its unit."""
        found = {}
        for name, entry in self.document["quantities"].items():
            found[name] = (name, 1.0)
            found |= {key: (name, _SCALES[unit]) for key, unit in entry.get("alias", {}).items()}
        return found


def read_words(text: str) -> Words:
    """Read a vocabulary file."""
    return Words(tomllib.loads(text))


def read_log(text: str, words: Words) -> Log:
    """Read the lines of one side."""
    log: dict[str, dict[Place, Array]] = {}
    for line in text.splitlines():
        tokens = line.split()[1:]
        place = tuple(int(token.partition("=")[2]) for token in tokens if token.partition("=")[0] in words.indices)
        for key, numbers in _values(tokens[len(place) :]):
            if key in words.meanings:
                name, scale = words.meanings[key]
                log.setdefault(name, {})[place] = np.array(numbers if len(numbers) > 1 else numbers[0]) * scale
    return log


def _values(tokens: list[str]) -> Iterator[tuple[str, list[float]]]:
    if "=" in tokens[0]:
        yield from ((token.partition("=")[0], [float(token.partition("=")[2])]) for token in tokens)
    else:
        yield tokens[0].rstrip(":"), [float(token) for token in tokens[1:] if _is_number(token)]


def _is_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Evaluator:
    """What a formula gives at a place of a log."""

    words: Words
    log: Log

    def value(self, node: ast.expr, place: Place) -> Array:
        """Return the value of an expression; raise NotFormedError where the log does not hold what it takes."""
        match node:
            case ast.Constant(value=int() | float() as number):
                return np.array(float(number))
            case ast.Name(id=name):
                return self._named(name, place)
            case ast.Subscript(value=name, slice=where):
                return self.value(name, self._elsewhere(where, place))
            case ast.BinOp(left=left, op=op, right=right):
                return np.asarray(_OPERATORS[type(op)](self.value(left, place), self.value(right, place)))
            case ast.UnaryOp(operand=operand):
                return -self.value(operand, place)
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self._call(function, arguments, place)
        raise AssertionError(ast.dump(node))

    def _named(self, name: str, place: Place) -> Array:
        if name in self.words.constants:
            return self.words.constants[name]
        for length in range(len(place), -1, -1):
            if place[:length] in self.log[name]:
                return self.log[name][place[:length]]
        raise NotFormedError(name)

    def _elsewhere(self, where: ast.expr, place: Place) -> Place:
        match where:
            case ast.Name():
                return place
            case ast.BinOp(left=ast.Name(id=index), op=ast.Add(), right=ast.Constant(value=int() as by)):
                return self._moved(place, index, by)
            case ast.BinOp(left=ast.Name(id=index), op=ast.Sub(), right=ast.Constant(value=int() as by)):
                return self._moved(place, index, -by)
            case ast.Compare(left=ast.Name(id=index), ops=[ast.Eq()], comparators=[ast.Constant(value=int() as at)]):
                outer = self.words.indices.index(index)
                return (*place[:outer], at, *place[outer + 1 :])
        raise AssertionError(ast.dump(where))

    def _moved(self, place: Place, index: str, by: int) -> Place:
        at = self.words.indices.index(index)
        if at >= len(place):
            raise NotFormedError(index)
        return (*place[:at], place[at] + by, *place[at + 1 :])

    def _call(self, function: str, arguments: list[ast.expr], place: Place) -> Array:
        if function == "previous":
            return self.value(arguments[0], self._moved(place, self.words.indices[0], -1))
        if function == "sum":
            return np.asarray(np.sum(list(self._along(arguments[0], place)), axis=0))
        return np.asarray(_FUNCTIONS[function](*(self.value(argument, place) for argument in arguments)))

    def _along(self, node: ast.expr, place: Place) -> Iterator[Array]:
        ordinal = 0
        while True:
            try:
                yield self.value(node, (*place, ordinal))
            except NotFormedError:
                return
            ordinal += 1


def held(log: Log, words: Words, within: float) -> tuple[Counter[str], Counter[str]]:
    """Return how often each formula is formed, and how often it is broken by more than `within`, relative."""
    formed: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    evaluator = Evaluator(words, log)
    for name, formula in words.formulas.items():
        expression = ast.parse(formula, mode="eval").body
        for place, logged in log[name].items():
            try:
                value = evaluator.value(expression, place)
            except NotFormedError:
                continue
            formed[name] += 1
            broken[name] += bool(np.max(np.abs(value - logged)) > within * np.max(np.abs(logged)))
    return formed, +broken

"""One value of the running program overwritten at a probe, once."""

from __future__ import annotations

import ast
import ctypes
import sys
from typing import TYPE_CHECKING

from .expressions import compiled, parsed

if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Dict, List, Tuple

    from .event_log import EventLog


class InjectionError(Exception):
    """A value cannot be overwritten; the message says why."""


class Injection:
    """New numbers for the expressions of a quantity, at one index."""

    def __init__(self, described: "Dict[str, Any]") -> None:
        self.quantity: str = described["quantity"]
        self._index: Dict[str, int] = described["index"]
        self._numbers: List[float] = described["numbers"]
        self._targets: List[Tuple[ast.expr, float]] = [_assignable(text) for text in described["expressions"]]
        self._done = False

    def is_due(self, index: "Dict[str, int]") -> bool:
        """Tell whether this is the turn in which the value is overwritten, and it has not been yet."""
        return not self._done and all(index.get(name) == turn for name, turn in self._index.items())

    def make(self, frame: FrameType, local: "Dict[str, Any]", log: EventLog) -> "Dict[str, Any]":
        """Overwrite the value; return the variables of the frame as they are then."""
        self._done = True
        was = [_flat(eval(_code(target), frame.f_globals, local)) for target, _ in self._targets]  # noqa: S307
        sizes = [len(numbers) for numbers in was]
        if sum(sizes) != len(self._numbers):
            raise InjectionError(
                "{} has {} numbers here, and {} are given".format(self.quantity, sum(sizes), len(self._numbers))
            )
        place = 0
        for (target, factor), size in zip(self._targets, sizes):  # noqa: B905 - Python 3.8
            numbers = [number / factor for number in self._numbers[place : place + size]]
            _assign(target, numbers, frame, {**local, **frame.f_locals})
            place += size
        log.write("injected", quantity=self.quantity, index=self._index, was=was, now=self._numbers)
        return dict(frame.f_locals)


def _assignable(text: str) -> Tuple[ast.expr, float]:
    """Return what an expression reads, and the number that it is multiplied by.

    Raises
    ------
    InjectionError
        If no variable can be given the value of the expression.
    """
    body = parsed(text).body
    factor = 1.0
    if isinstance(body, ast.BinOp) and isinstance(body.op, (ast.Mult, ast.Div)):
        number = body.right.value if isinstance(body.right, ast.Constant) else None
        if isinstance(number, (int, float)) and not isinstance(number, bool) and number:
            factor = float(number) if isinstance(body.op, ast.Mult) else 1.0 / number
            body = body.left
    if not isinstance(body, (ast.Name, ast.Attribute, ast.Subscript)):
        raise InjectionError("{} is no variable, and no variable times a number".format(text))
    return body, factor


def _code(target: ast.expr) -> Any:
    return compiled(ast.unparse(target)) if hasattr(ast, "unparse") else compile(ast.Expression(target), "<probe>", "eval")


def _flat(value: Any) -> List[float]:
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, (list, tuple)):
        return [number for item in plain for number in _flat(item)]
    if isinstance(plain, complex):
        return [plain.real, plain.imag]
    return [float(plain)]


def _assign(target: ast.expr, numbers: List[float], frame: FrameType, local: Dict[str, Any]) -> None:
    """Give a variable of the frame new numbers: in place if it is an array, else another object of its type."""
    old = eval(_code(target), frame.f_globals, local)  # noqa: S307 - only what reads
    if hasattr(old, "dtype") and getattr(old, "shape", ()) and not isinstance(target, ast.Subscript):
        _fill(old, numbers)
        return
    new = _like(old, numbers)
    if isinstance(target, ast.Name):
        _set_variable(frame, target.id, new)
        return
    owner = eval(_code(target.value), frame.f_globals, local)  # type: ignore[attr-defined] # noqa: S307
    if isinstance(target, ast.Attribute):
        setattr(owner, target.attr, new)
    else:
        key = eval(_code(_key_of(target)), frame.f_globals, local)  # noqa: S307 - only what reads
        owner[key] = new


def _key_of(target: Any) -> ast.expr:
    key = target.slice
    if isinstance(key, ast.Slice) or any(isinstance(part, ast.Slice) for part in getattr(key, "elts", ())):
        raise InjectionError("a slice cannot be overwritten; name the whole array, or one element")
    return getattr(key, "value", key) if type(key).__name__ == "Index" else key


def _fill(array: Any, numbers: List[float]) -> None:
    """Overwrite an array or a tensor in place."""
    complex_kind = "complex" in str(array.dtype)
    values = _pairs(numbers) if complex_kind else numbers
    if hasattr(array, "copy_"):
        torch = sys.modules["torch"]
        array.detach().copy_(torch.tensor(values, dtype=array.dtype).reshape(array.shape))
        return
    import numpy as np  # noqa: PLC0415 - the program has an array of it

    array[...] = np.array(values).reshape(array.shape).astype(array.dtype)


def _pairs(numbers: List[float]) -> List[complex]:
    return [complex(numbers[place], numbers[place + 1]) for place in range(0, len(numbers), 2)]


def _like(old: Any, numbers: List[float]) -> Any:
    if hasattr(old, "dtype"):
        values = _pairs(numbers) if "complex" in str(old.dtype) else numbers
        if hasattr(old, "copy_"):
            torch = sys.modules["torch"]
            return torch.tensor(values, dtype=old.dtype, device=old.device).reshape(old.shape)
        import numpy as np  # noqa: PLC0415 - the program has a number of it

        new = np.array(values, dtype=old.dtype).reshape(old.shape)
        return new if old.shape else new[()]
    if isinstance(old, (list, tuple)):
        return type(old)(type(item)(number) for item, number in zip(old, numbers))  # noqa: B905 - Python 3.8
    return complex(*numbers) if isinstance(old, complex) else type(old)(numbers[0])


def _set_variable(frame: FrameType, name: str, value: Any) -> None:
    """Give a variable of a frame another value: before Python 3.13 its locals are a copy, which is put back."""
    local = frame.f_locals
    if name not in local:
        frame.f_globals[name] = value
        return
    local[name] = value
    if sys.version_info < (3, 13) and frame.f_code.co_name != "<module>":
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))

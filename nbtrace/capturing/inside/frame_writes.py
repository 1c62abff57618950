"""Values of the running program overwritten at a probe: in place if they are of an array, else in the frame."""

from __future__ import annotations

import ast
import ctypes
import sys
from typing import TYPE_CHECKING

from .digits import digits_of
from .frame_expressions import compiled, parsed

if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from .event_log import EventLog


class WriteError(Exception):
    """A value cannot be overwritten; the message says why."""


class FrameWrite:
    """New numbers for the variables that a quantity is read from, once or at every hit."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._number: int = described["number"]
        self._every: bool = described["every"]
        self._index = [(compiled(text), turn) for text, turn in described["index"]]
        self._numbers = [float(text) for text in described["numbers"]]
        self._targets = [target for one in described["targets"] for target in _targets(one)]
        self._done = False

    def is_due(self, frame: FrameType, local: dict[str, Any]) -> bool:
        """Tell whether this is a turn in which the value is overwritten."""
        return (self._every or not self._done) and all(
            eval(code, frame.f_globals, local) == turn for code, turn in self._index
        )

    def make(self, frame: FrameType, local: dict[str, Any], log: EventLog) -> None:
        """Overwrite the value."""
        before = [digits_of(target.value(frame, local)) for target in self._targets]
        sizes = [len(texts) for texts in before]
        if sum(sizes) != len(self._numbers):
            raise WriteError(f"it has {sum(sizes)} numbers, and {len(self._numbers)} are given")
        place = 0
        for target, size in zip(self._targets, sizes):
            target.write(self._numbers[place : place + size], frame, {**local, **frame.f_locals})
            place += size
        self._done = True
        now = {**local, **frame.f_locals}
        after = [text for target in self._targets for text in digits_of(target.value(frame, now))]
        log.write("written", write=self._number, before=[text for texts in before for text in texts], after=after)


def _targets(described: dict[str, Any]) -> list[_Target]:
    text, low, high = described["text"], described["low"], described["high"]
    if not low:
        return [_Target(text)]
    try:
        ends = int(low), int(high)
    except ValueError:
        raise WriteError(f"{low}..{high}: a range that is written has numbers as its ends") from None
    return [_Target(text.replace("{}", str(element))) for element in range(ends[0], ends[1] + 1)]


class _Target:
    """A name, an attribute or an element of the program."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._node = parsed(text).body
        if not isinstance(self._node, (ast.Name, ast.Attribute, ast.Subscript)):
            raise WriteError(f"{text} is no variable")
        self._code = compiled(text)
        self._owner = None if isinstance(self._node, ast.Name) else _code_of(self._node.value)
        self._key = _code_of(_key(self._node)) if isinstance(self._node, ast.Subscript) else None

    def value(self, frame: FrameType, local: dict[str, Any]) -> Any:
        """Return what it is now."""
        return eval(self._code, frame.f_globals, local)

    def write(self, numbers: list[float], frame: FrameType, local: dict[str, Any]) -> None:
        """Give it other numbers, of the type that it has."""
        old = self.value(frame, local)
        if getattr(old, "shape", ()) and self._key is None:
            _fill(old, numbers)
            return
        new = _like(old, numbers)
        if self._owner is None:
            _set_variable(frame, self._text.strip(), new)
            return
        owner = eval(self._owner, frame.f_globals, local)
        if isinstance(self._node, ast.Attribute):
            setattr(owner, self._node.attr, new)
        elif self._key is not None:
            owner[eval(self._key, frame.f_globals, local)] = new


def _key(node: ast.Subscript) -> ast.expr:
    key = node.slice
    inner = getattr(key, "value", key) if type(key).__name__ == "Index" else key
    if isinstance(inner, ast.Slice) or any(isinstance(part, ast.Slice) for part in getattr(inner, "elts", ())):
        raise WriteError("a slice is not overwritten; name the whole array, or one element")
    return inner


def _code_of(node: ast.expr) -> CodeType:
    return compile(ast.fix_missing_locations(ast.Expression(node)), "<probe>", "eval")


def _fill(array: Any, numbers: list[float]) -> None:
    """Overwrite an array or a tensor in place."""
    new = _like(array, numbers)
    if hasattr(array, "copy_"):
        array.detach().copy_(new)
    else:
        array[...] = new


def _like(old: Any, numbers: list[float]) -> Any:
    """Return numbers as a value of another one's type."""
    if hasattr(old, "dtype"):
        return _like_array(old, numbers)
    if isinstance(old, (list, tuple)):
        return type(old)(type(item)(number) for item, number in zip(old, numbers))
    if isinstance(old, (int, float, complex)):
        return complex(*numbers) if isinstance(old, complex) else type(old)(numbers[0])
    raise WriteError(f"a {type(old).__name__} is not overwritten")


def _like_array(old: Any, numbers: list[float]) -> Any:
    values: list[Any] = list(numbers)
    if "complex" in str(old.dtype):
        values = [complex(numbers[place], numbers[place + 1]) for place in range(0, len(numbers), 2)]
    if hasattr(old, "copy_"):
        torch = sys.modules["torch"]
        return torch.tensor(values, dtype=old.dtype, device=old.device).reshape(old.shape)
    numpy = sys.modules["numpy"]
    new = numpy.array(values, dtype=old.dtype).reshape(old.shape)
    return new if old.shape else new[()]


def _set_variable(frame: FrameType, name: str, value: Any) -> None:
    """Give a variable of a frame another value: before Python 3.13 its locals are a copy, which is put back."""
    local = frame.f_locals
    if name not in local:
        frame.f_globals[name] = value
        return
    local[name] = value
    if sys.version_info < (3, 13) and frame.f_code.co_name != "<module>":
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))

"""Values of the running program overwritten at a probe: in place if they are of an array, else in the frame."""

from __future__ import annotations

import ast
import ctypes
import sys
from typing import TYPE_CHECKING

from .digits import digits_of
from .frame_expressions import compiled, parsed

if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .event_log import EventLog


class WriteError(Exception):
    """A value cannot be overwritten; the message says why."""


class FrameWrite:
    """New numbers for the variables that a quantity is read from: once, at every hit, or wherever it has others."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._number: int = described["number"]
        self.quantity: str = described["quantity"]["name"]
        self._every: bool = described["every"]
        self._after: int = described["after"]
        self._over: list[float] | None = described["over"]
        self._free = frozenset(described["free"])
        self._index = [(compiled(text), turn) for text, turn in described["index"]]
        self._numbers = [float(text) for text in described["numbers"]]
        self._targets = [target for one in described["targets"] for target in _targets(one)]
        self._done = False

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is written wherever the program has the numbers that are to go, also in turns passed by."""
        return self._over is not None

    def is_due(self, frame: FrameType, local: dict[str, Any]) -> bool:
        """Tell whether this is a turn in which the value is overwritten; a hit that is to be passed by is counted."""
        if (self._done and not self._every) or not self._is_here(frame, local):
            return False
        if self._after:
            self._after -= 1
            return False
        return True

    def is_due_elsewhere(
        self, frame: FrameType, local: dict[str, Any], turns: list[tuple[str, Any, int]], numbers: list[str]
    ) -> bool:
        """Tell whether the value that is to go stands here, in a turn that is left open.

        Parameters
        ----------
        frame : frame
        local : dict
        turns : list of (str, object, int)
            Each expression of the probe's `when`, what it is, and what the probe wants it to be.
        numbers : list of str
            What the quantity is read as.
        """
        fits = all(bool(found == wanted) for text, found, wanted in turns if text not in self._free)
        return fits and self._is_here(frame, local) and [float(text) for text in numbers] == self._over

    def _is_here(self, frame: FrameType, local: dict[str, Any]) -> bool:
        return all(eval(code, frame.f_globals, local) == turn for code, turn in self._index)

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
        self._node = parsed(text).body
        if not isinstance(self._node, (ast.Name, ast.Attribute, ast.Subscript)):
            raise WriteError(f"{text} is no variable")
        if isinstance(self._node, ast.Subscript):
            _key(self._node)
        self._code = compiled(text)

    def value(self, frame: FrameType, local: dict[str, Any]) -> Any:
        """Return what it is now."""
        return eval(self._code, frame.f_globals, local)

    def write(self, numbers: list[float], frame: FrameType, local: dict[str, Any]) -> None:
        """Give it other numbers, of the type that it has."""
        old = self.value(frame, local)
        new = _like(old, numbers)
        whole = bool(getattr(old, "shape", ())) and not isinstance(self._node, ast.Subscript)
        if not (whole and _filled(old, new)):
            _put(self._node, new, frame, local)


def _key(node: ast.Subscript) -> ast.expr:
    key = node.slice
    inner = getattr(key, "value", key) if type(key).__name__ == "Index" else key
    if isinstance(inner, ast.Slice) or any(isinstance(part, ast.Slice) for part in getattr(inner, "elts", ())):
        raise WriteError("a slice is not overwritten; name the whole array, or one element")
    return inner


def _put(node: ast.expr, value: Any, frame: FrameType, local: dict[str, Any]) -> None:
    """Give a name, an attribute or an element another value.

    What cannot be changed (a tuple, an array of JAX, one whose elements share memory) is replaced where it stands.
    """
    if isinstance(node, ast.Name):
        _set_variable(frame, node.id, value)
        return
    if not isinstance(node, (ast.Attribute, ast.Subscript)):
        raise WriteError("it stands in no variable, and would be changed for nothing")
    owner = _evaluated(node.value, frame, local)
    if isinstance(node, ast.Attribute):
        changed = _with_attribute(owner, node.attr, value)
    else:
        changed = _with_element(owner, _evaluated(_key(node), frame, local), value)
    if changed is not None:
        _put(node.value, changed, frame, local)


def _evaluated(node: ast.expr, frame: FrameType, local: dict[str, Any]) -> Any:
    code = compile(ast.fix_missing_locations(ast.Expression(node)), "<probe>", "eval")
    return eval(code, frame.f_globals, local)


def _with_attribute(owner: Any, name: str, value: Any) -> Any:
    """Set an attribute; of a named tuple return another one that has it."""
    if isinstance(owner, tuple) and hasattr(owner, "_replace"):
        return owner._replace(**{name: value})
    try:
        setattr(owner, name, value)
    except AttributeError:  # a dataclass that is frozen
        object.__setattr__(owner, name, value)
    return None


def _with_element(owner: Any, key: Any, value: Any) -> Any:
    """Set an element in place, so that no derivative takes note; of what cannot be changed return a changed copy."""
    if isinstance(owner, tuple):
        items = [*owner[:key], value, *owner[key:][1:]]
        return type(owner)(*items) if hasattr(owner, "_replace") else type(owner)(items)
    if not hasattr(owner, "__setitem__") and hasattr(owner, "at"):
        return owner.at[key].set(value)
    if _shares_elements(owner):
        copy = owner.data.clone() if hasattr(owner, "clone") else owner.copy()
        copy[key] = value
        return copy
    place = owner.data if hasattr(owner, "copy_") else owner
    place[key] = value
    return None


def _shares_elements(array: Any) -> bool:
    """Tell whether elements of an array are one in memory, or it is not to be written to."""
    if hasattr(array, "copy_"):
        return any(step == 0 and size > 1 for step, size in zip(array.stride(), array.shape))
    flags = getattr(array, "flags", None)
    return flags is not None and (not getattr(flags, "writeable", True) or 0 in array.strides)


def _filled(array: Any, new: Any) -> bool:
    """Overwrite an array or a tensor in place; tell whether that can be done."""
    if _shares_elements(array) or not hasattr(array, "__setitem__"):
        return False
    if hasattr(array, "copy_"):
        array.data.copy_(new)
    else:
        array[...] = new
    return True


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
    if hasattr(old, "at"):
        return sys.modules["jax"].numpy.asarray(new)
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

"""Frozen values: what `dataclass(frozen=True)` makes, with methods that all classes share.

The standard library compiles five methods of their own for each class, which for a hundred classes takes longer than
what a command does with two logs. What is made by the thousand stays a dataclass, whose values are made faster
(docs/decisions.md).
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from reprlib import recursive_repr
from typing import Any, NamedTuple, NoReturn, TypeVar, cast, dataclass_transform

_Value = TypeVar("_Value")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_Value]) -> type[_Value]:
    """Return a class as a frozen dataclass; methods that it has itself stay."""
    for name, method in _METHODS.items():
        if name not in vars(cls):
            setattr(cls, name, method)
    # A dataclass inherits from frozen ones, or from others: it must not see, here, that its bases are frozen.
    known: Any = cls
    bases = [base.__dataclass_params__ for base in known.__mro__[1:] if "__dataclass_params__" in vars(base)]
    were = [base.frozen for base in bases]
    for base in bases:
        base.frozen = False
    made: Any = dataclass(init=False, repr=False, eq=False)(cls)
    made.__dataclass_params__.frozen = True
    for base, was in zip(bases, were, strict=True):
        base.frozen = was
    return cast("type[_Value]", made)


class _Layout(NamedTuple):
    """The fields of a class."""

    names: frozenset[str]
    positional: tuple[str, ...]
    defaults: Mapping[str, Any]
    factories: Mapping[str, Callable[[], Any]]
    compared: tuple[str, ...]
    hashed: tuple[str, ...]
    shown: tuple[str, ...]


@cache
def _layout(cls: Hashable) -> _Layout:
    known: Any = cls
    own = fields(known)
    return _Layout(
        frozenset(item.name for item in own),
        tuple(item.name for item in own if not item.kw_only),
        {item.name: item.default for item in own if item.default is not MISSING},
        {item.name: item.default_factory for item in own if item.default_factory is not MISSING},
        tuple(item.name for item in own if item.compare),
        tuple(item.name for item in own if (item.compare if item.hash is None else item.hash)),
        tuple(item.name for item in own if item.repr),
    )


def _layout_of(value: Any) -> _Layout:
    kind: Any = type(value)
    return _layout(kind)


def _initialise(self: Any, /, *values: Any, **named: Any) -> None:
    layout = _layout_of(self)
    placed = layout.positional[: len(values)]
    made = {**layout.defaults, **dict(zip(placed, values, strict=False)), **named}
    for name, factory in layout.factories.items():
        if name not in made:
            made[name] = factory()
    if made.keys() != layout.names or len(placed) < len(values) or not named.keys().isdisjoint(placed):
        raise TypeError(
            f"{type(self).__qualname__} takes {', '.join(layout.positional)}: "
            f"{len(values)} given by place, and by name {', '.join(named) or 'none'}"
        )
    vars(self).update(made)
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _values(self: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in names)


def _equal(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    compared = _layout_of(self).compared
    return _values(self, compared) == _values(other, compared)


def _hash(self: Any) -> int:
    return hash(_values(self, _layout_of(self).hashed))


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name in _layout_of(self).shown)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_change(self: Any, name: str, value: object) -> NoReturn:
    del self, value
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_removal(self: Any, name: str) -> NoReturn:
    del self
    raise FrozenInstanceError(f"cannot delete field {name!r}")


_METHODS: Mapping[str, Any] = {
    "__init__": _initialise,
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _refuse_change,
    "__delattr__": _refuse_removal,
}

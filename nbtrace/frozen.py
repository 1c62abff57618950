"""Frozen values: what `dataclass(frozen=True)` makes, with methods that all classes share.

The standard library compiles five methods of their own for each class, which for a hundred classes takes longer than
what a command does with two logs. What is made by the thousand stays a dataclass, whose values are made faster
(docs/decisions.md).
"""

import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from reprlib import recursive_repr
from threading import Lock
from typing import Any, NamedTuple, TypeVar, cast, dataclass_transform

_Value = TypeVar("_Value")

_one_at_a_time = Lock()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_Value]) -> type[_Value]:
    """Return a class as a frozen dataclass; methods that it has itself stay.

    Raises
    ------
    TypeError
        If it has what the shared methods do not hold: slots, or fields that are not given when a value is made; or if a
        field without a default follows one with.
    """
    for name, method in _METHODS.items():
        # Python itself writes that what compares in its own way has no hash.
        if name not in vars(cls) or (name == "__hash__" and vars(cls)[name] is None and "__eq__" in vars(cls)):
            setattr(cls, name, method)
    made: Any = _as_dataclass(cls)
    if any(vars(base).get("__slots__") for base in cls.__mro__) or not all(item.init for item in fields(made)):
        raise TypeError(f"{cls.__qualname__} has slots, or a field that is not given when a value is made")
    optional = [item for item in fields(made) if not item.kw_only]
    while optional and not _has_default(optional[0]):
        del optional[0]
    if any(not _has_default(item) for item in optional):
        raise TypeError(f"{cls.__qualname__}: a field without a default follows {optional[0].name!r}, which has one")
    return cast("type[_Value]", made)


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def frozen_apart(cls: type[_Value]) -> type[_Value]:
    """Return a class as :func:`frozen` does; a value is equal to itself alone, as arrays have no one answer."""
    for name in ("__eq__", "__hash__"):
        if name not in vars(cls):
            setattr(cls, name, getattr(object, name))
    return frozen(cls)


def _has_default(item: Any) -> bool:
    return item.default is not MISSING or item.default_factory is not MISSING


def _as_dataclass(cls: Any) -> Any:
    """Return a class as a dataclass with the methods that it has; its bases may be frozen, and stay what they are.

    A dataclass inherits from frozen ones, or from others: it must not see, here, that its bases are frozen.
    """
    bases = [base.__dataclass_params__ for base in cls.__mro__[1:] if "__dataclass_params__" in vars(base)]
    with _one_at_a_time:  # modules may be imported in several threads
        were = [base.frozen for base in bases]
        try:
            for base in bases:
                base.frozen = False
            made: Any = dataclass(init=False, repr=False, eq=False)(cls)
        finally:
            for base, was in zip(bases, were, strict=True):
                base.frozen = was
    made.__dataclass_params__.frozen = True
    return made


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
        try:
            _signature(type(self)).bind(*values, **named)
        except TypeError as wrong:
            raise TypeError(f"{type(self).__qualname__}: {wrong}") from None
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


def _refuse_change(self: Any, name: str, value: object) -> None:
    if _is_frozen(self, name):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _refuse_removal(self: Any, name: str) -> None:
    if _is_frozen(self, name):
        raise FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def _is_frozen(self: Any, name: str) -> bool:
    """Tell whether an attribute stays as it is: all do, but those that a class which is no dataclass adds."""
    return "__dataclass_fields__" in vars(type(self)) or name in _layout_of(self).names


def _signature(cls: Any) -> inspect.Signature:
    """Return how a class is called: its fields, as help and editors show them."""
    parameters = [
        inspect.Parameter(
            item.name,
            inspect.Parameter.KEYWORD_ONLY if item.kw_only else inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=_shown_default(item),
            annotation=item.type,
        )
        for item in fields(cls)
    ]
    parameters.sort(key=lambda parameter: parameter.kind)
    return inspect.Signature(parameters, return_annotation=None)


def _shown_default(item: Any) -> Any:
    if item.default_factory is not MISSING:
        return _MADE
    return inspect.Parameter.empty if item.default is MISSING else item.default


class _Made:
    """What stands in a signature for a default that is made anew for each value."""

    def __repr__(self) -> str:
        return "<factory>"


_MADE = _Made()


class _SignatureOf:
    """The signature of a class, worked out when it is asked for."""

    def __get__(self, value: object, cls: Any) -> inspect.Signature:
        if value is not None or cls.__init__ is not _initialise:
            raise AttributeError("__signature__")
        return _signature(cls)


_METHODS: Mapping[str, Any] = {
    "__init__": _initialise,
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _refuse_change,
    "__delattr__": _refuse_removal,
    "__signature__": _SignatureOf(),
}

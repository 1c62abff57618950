"""Vocabularies by name, and what is known of a computation beyond its vocabulary; each is loaded when first wanted."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nbtrace.errors import UsageError
from nbtrace.nearness import nearest
from nbtrace.vocabulary.sides import Names
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

DEFAULT = "nanobragg"
"""The vocabulary that a log is read with where nothing else is said."""

GROUP = "nbtrace.vocabularies"
"""The entry points by which an installed package offers vocabularies."""

_BUILT_IN = {DEFAULT: "nbtrace.physics.nanobragg.vocabulary:VOCABULARY"}
SUFFIX = ".toml"
"""What the name of a vocabulary's file ends in."""

_Value = TypeVar("_Value")


_in_force: list[Names] = []
"""The names that the sides have for now, the last one's."""


@contextmanager
def names_in_force(names: Names | None) -> Iterator[None]:
    """Call the two sides by other names for as long as this lasts, whatever the vocabulary; by its own for None."""
    if names is None:
        yield
        return
    _in_force.append(names)
    try:
        yield
    finally:
        _in_force.pop()


def as_called(vocabulary: Vocabulary) -> Vocabulary:
    """Return a vocabulary with the names that are in force."""
    return renamed(vocabulary, _in_force[-1]) if _in_force else vocabulary


@cache
def renamed(vocabulary: Vocabulary, names: Names) -> Vocabulary:
    """Return a vocabulary in which the two sides have other names; what their lines begin with stays."""
    sides = zip(vocabulary.sides, names.pair, strict=True)
    reference, candidate = (replace(side, label=name, heading="") for side, name in sides)
    return replace(vocabulary, sides=(reference, candidate))


def default() -> Vocabulary:
    """Return the vocabulary that a log is read with where nothing else is said."""
    return as_called(load(DEFAULT))


def is_default(vocabulary: Vocabulary) -> bool:
    """Whether it is the default vocabulary, whatever its sides are called."""
    return vocabulary.quantities is load(DEFAULT).quantities


def load(name: str | os.PathLike[str]) -> Vocabulary:
    """Return a vocabulary by its name, or that in a file whose name ends in `.toml`.

    Two logs are compared with one vocabulary: load it once, and read both with it.

    Raises
    ------
    InputError
        If the file cannot be read.
    UsageError
        If there is no vocabulary of that name, or what is there is none.
    """
    name = os.fspath(name)
    if name.endswith(SUFFIX):
        from nbtrace.vocabulary.file import read_vocabulary  # noqa: PLC0415 - the reader of formulas, for a file alone

        return read_vocabulary(Path(name))
    if name in _BUILT_IN:
        vocabulary: Vocabulary = loaded(_BUILT_IN[name])
        return vocabulary
    return _installed(name)


def names() -> list[str]:
    """Return the vocabularies that have a name: those that come with nbtrace, and those of installed packages."""
    return sorted({*_BUILT_IN, *_offered()})


def _offered() -> "dict[str, EntryPoint]":
    """Return what installed packages offer, by name."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to import, and the default needs none

    return {point.name: point for point in entry_points(group=GROUP)}


def _installed(name: str) -> Vocabulary:
    offered = _offered()
    if name not in offered:
        known = names()
        near = nearest(name, known)
        there = f"there are {', '.join(known)}, and files that end in {SUFFIX}"
        hint = there if near is None else f"did you mean {near}?"
        raise UsageError(f"there is no vocabulary {name!r}; {hint}")
    try:
        vocabulary = offered[name].load()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"the vocabulary {name} of an installed package cannot be loaded: {error}") from None
    if not isinstance(vocabulary, Vocabulary):
        raise UsageError(f"the entry point {name} of {GROUP} is no Vocabulary but a {type(vocabulary).__name__}")
    return vocabulary


@cache
def loaded(place: str) -> Any:
    """Return the value at `package.module:name`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def knowledge(vocabulary: Vocabulary, subject: str, neutral: _Value) -> _Value:
    """Return what a vocabulary's physics knows of a subject, `neutral` where it knows nothing."""
    place = vocabulary.knowledge.get(subject)
    known: _Value = neutral if place is None else loaded(place)
    return known


class Deferred(Mapping[str, Any]):
    """A mapping that is loaded when it is first looked into."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __getitem__(self, key: str) -> Any:
        return loaded(self._place)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(loaded(self._place))

    def __len__(self) -> int:
        return len(loaded(self._place))

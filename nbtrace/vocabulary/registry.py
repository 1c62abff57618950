"""Vocabularies by name, and what is known of a computation beyond its vocabulary; each is loaded when first wanted."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from nbtrace.vocabulary.vocabulary import Vocabulary

DEFAULT = "nanobragg"
"""The vocabulary that a log is read with where nothing else is said."""

_BUILT_IN = {DEFAULT: "nbtrace.physics.nanobragg.vocabulary:VOCABULARY"}

_Value = TypeVar("_Value")


@cache
def default() -> Vocabulary:
    """Return the vocabulary that a log is read with where nothing else is said."""
    found: Vocabulary = loaded(_BUILT_IN[DEFAULT])
    return found


@cache
def loaded(place: str) -> Any:
    """Return the value at `package.module:name`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def knowledge(vocabulary: Vocabulary, subject: str, neutral: _Value) -> _Value:
    """Return what a vocabulary's physics knows of a subject, `neutral` where it knows nothing."""
    place = vocabulary.knowledge.get(subject)
    found: _Value = neutral if place is None else loaded(place)
    return found


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

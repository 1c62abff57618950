"""Structure factors as a library user gives them: a table, or the name of a list or of a cache."""

import os
from typing import TYPE_CHECKING, TypeAlias

from nbtrace.compare.reflections.reflection_set import ReflectionSet
from nbtrace.errors import UsageError
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

Reflections: TypeAlias = ReflectionSet | str | os.PathLike[str]
"""A table, or the name of a file: a list of h k l F or a binary cache, plain or gzip."""

READER, AMPLITUDE = "reflections", "amplitude"
"""The subjects under which a vocabulary names what reads such files, and the quantity whose tolerance holds for F."""


def reflections_of(given: Reflections, vocabulary: Vocabulary) -> ReflectionSet:
    """Return a table of structure factors.

    Raises
    ------
    InputError
        If its file cannot be read, or is none of structure factors.
    UsageError
        If it is neither a table nor the name of a file, or the vocabulary has no such files.
    """
    if isinstance(given, ReflectionSet):
        return given
    if not isinstance(given, str | os.PathLike):
        raise UsageError(f"structure factors are given by the name of their file, not by {type(given).__name__}")
    read: Callable[[str], ReflectionSet] | None = registry.knowledge(vocabulary, READER, None)
    if read is None:
        raise UsageError(f"the vocabulary {vocabulary.name} has no files of structure factors")
    return read(os.fspath(given))


def amplitude_of(vocabulary: Vocabulary) -> str:
    """Return the quantity whose tolerance holds for F; empty for that of all quantities."""
    return registry.knowledge(vocabulary, AMPLITUDE, "")

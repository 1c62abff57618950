"""Regular expressions that are compiled when they are first used: those of lines that most logs have not."""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any


class LazyPattern:
    """A regular expression of which a method, when it is first asked for, compiles it.

    Parameters
    ----------
    text : str
        The pattern.
    flags : int
        Those of :func:`re.compile`.
    """

    def __init__(self, text: str, flags: int = 0) -> None:
        self._text = text
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression itself."""
        return re.compile(self._text, self._flags)

    # Each is kept as the method of the expression, so that a later call costs what one of `re` does.

    @cached_property
    def match(self) -> Callable[..., re.Match[str] | None]:
        """`match` of the expression."""
        return self.compiled.match

    @cached_property
    def fullmatch(self) -> Callable[..., re.Match[str] | None]:
        """`fullmatch` of the expression."""
        return self.compiled.fullmatch

    @cached_property
    def search(self) -> Callable[..., re.Match[str] | None]:
        """`search` of the expression."""
        return self.compiled.search

    @cached_property
    def split(self) -> Callable[..., list[str | Any]]:
        """`split` of the expression."""
        return self.compiled.split

    @cached_property
    def finditer(self) -> Callable[..., Iterator[re.Match[str]]]:
        """`finditer` of the expression."""
        return self.compiled.finditer

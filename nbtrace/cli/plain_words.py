"""Which calls run without typer, which reads options: a command and its two files, with options of plain values."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

PLAIN: Mapping[str, str] = {"diff": "run_diff:run_diff", "images": "run_images:run_images"}
"""Commands on two files: their modules and functions."""

_FILES = 2
_OPTIONS = {("images", "--shape"): 2, ("images", "--pictures"): 1}
"""How many values an option has: --shape whole numbers, --pictures a folder, each given once behind the files."""
_DIGITS = 9
"""The most that a number has."""


class PlainCall(NamedTuple):
    """A call whose words are read.

    Attributes
    ----------
    command : str
    files : tuple of str
    words : mapping
        Options as typed: name of the parameter -> its words.
    values : mapping
        The same as values.
    """

    command: str
    files: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    values: Mapping[str, object]


def plain_call(words: Sequence[str]) -> PlainCall | None:
    """Return a call that needs nothing of typer; None for any other one, right or wrong."""
    command, *rest = words or [""]
    files, options = tuple(rest[:_FILES]), rest[_FILES:]
    if command not in PLAIN or len(files) < _FILES or any(name.startswith("-") for name in files):
        return None
    typed: dict[str, tuple[str, ...]] = {}
    values: dict[str, object] = {}
    while options:
        option = options[0]
        end = 1 + _OPTIONS.get((command, option), 0)
        value = _folder(options[1:end]) if option == "--pictures" else _numbers(options[1:end])
        name = option.removeprefix("--")
        if end == 1 or len(options) < end or value is None or name in values:
            return None
        typed[name], values[name], options = tuple(options[:end]), value, options[end:]
    return PlainCall(command, files, typed, values)


def _numbers(words: Sequence[str]) -> tuple[int, ...] | None:
    plain = all(word.isascii() and word.isdigit() and len(word) <= _DIGITS for word in words)
    return tuple(map(int, words)) if plain else None


def _folder(words: Sequence[str]) -> Path | None:
    word = "".join(words)
    if not word or word.startswith("-") or "\0" in word or (os.path.lexists(word) and not os.access(word, os.R_OK)):
        return None
    return Path(word)

"""The call under way: its command, and what was typed behind it."""

from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from nbtrace.cli.panels import OUTPUT
from nbtrace.frozen import frozen

UNNAMED = "A B"
"""What stands in place of a command's name where two inputs are given without one; nobody types it."""

_OF_THE_SCREEN = frozenset({"brief", "help", "whole"})


@frozen
class TypedOption:
    """An option as it was typed, the name of the parameter that it sets, and all words for it."""

    parameter: str
    words: tuple[str, ...]
    spellings: frozenset[str]


@frozen
class Call:
    """A call under way.

    Attributes
    ----------
    command : str
        Its name; empty where it has none.
    options : tuple
        What was typed, but for what only says where and how much is written.
    flags : tuple of str
        The flags of the run, which stand behind `--`.
    commands : mapping
        All commands by their names, each loaded when it is asked for.
    """

    command: str
    options: tuple[TypedOption, ...]
    flags: tuple[str, ...]
    commands: Mapping[str, Any]


under_way: ContextVar[Call | None] = ContextVar("the call under way", default=None)


def call_of(command: str, words: Sequence[str], parameters: Sequence[Any], commands: Mapping[str, Any]) -> Call:
    """Return a call from the words that were typed behind its command.

    Parameters
    ----------
    command : str
    words : sequence of str
    parameters : sequence
        Those of the command.
    commands : mapping
        All commands by their names.
    """
    split = words.index("--") if "--" in words else len(words)
    options = tuple(_typed_options(words[:split], parameters))
    return Call(command, options, tuple(words[split + 1 :]), commands)


def _typed_options(words: Sequence[str], parameters: Sequence[Any]) -> Iterator[TypedOption]:
    known = {
        word: parameter
        for parameter in parameters
        if parameter.param_type_name == "option"
        for word in (*parameter.opts, *parameter.secondary_opts)
    }
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option = word.partition("=")[0] if word.startswith("--") else word[:2]
        parameter = known.get(option)
        if parameter is None:
            continue
        taken = 0 if parameter.is_flag or option != word else parameter.nargs
        values, rest = rest[:taken], rest[taken:]
        if parameter.rich_help_panel != OUTPUT and parameter.name not in _OF_THE_SCREEN:
            spellings = frozenset({*parameter.opts, *parameter.secondary_opts})
            yield TypedOption(parameter.name, (word, *values), spellings)

"""Running calls of a command and its two files without typer, which reads options.

Loading it takes as long as comparing two logs. A test holds these calls equal to those that typer reads.
"""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from nbtrace.cli.call_under_way import Call, TypedOption, under_way
from nbtrace.cli.destinations import Destinations
from nbtrace.cli.plain_words import PLAIN, PlainCall
from nbtrace.cli.process import keep_loaded
from nbtrace.cli.programmers_warnings import keep_from_users
from nbtrace.cli.progress_bars import progress_on
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.chosen import project_names


def run_plainly(call: PlainCall) -> int:
    """Run a command on its files; its errors come out as they are."""
    keep_from_users()
    token = under_way.set(Call(call.command, tuple(_options_that_go_on(call)), (), _commands(call)))
    try:
        with progress_on(sys.stderr), registry.names_in_force(project_names(Path())):
            module, _, name = PLAIN[call.command].partition(":")
            run: Callable[..., int] = getattr(import_module(f"nbtrace.cli.{module}"), name)
            keep_loaded()
            gc.enable()
            return int(run(*call.files, **call.values, destinations=Destinations()))
    finally:
        under_way.reset(token)


def _options_that_go_on(call: PlainCall) -> Iterator[TypedOption]:
    """Yield the options that commands to run next may have, too: those of inputs, not those of output."""
    for name, words in call.words.items():
        if name != "pictures":
            yield TypedOption(name, words, frozenset(words[:1]))


def _commands(call: PlainCall) -> Mapping[str, Any]:
    """Return the commands to run next, of which a call without options asks nothing."""
    if not call.words:
        return {}
    from nbtrace.cli.commands import Commands  # noqa: PLC0415 - the table of all commands

    return Commands()

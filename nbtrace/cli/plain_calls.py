"""Calls of a command and its two files, without any option: they run without typer, which reads options.

Loading it takes as long as comparing two logs. A test holds these calls equal to those that typer reads.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from nbtrace.cli.call_under_way import Call, under_way
from nbtrace.cli.destinations import Destinations
from nbtrace.cli.programmers_warnings import keep_from_users
from nbtrace.cli.progress_bars import progress_on
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.chosen import project_names


def run_plainly(command: str, files: Sequence[str], place: str) -> int:
    """Run a command on its files; its errors come out as they are.

    Parameters
    ----------
    command : str
    files : sequence of str
    place : str
        Module and function of what it does, as `run_diff:run_diff`.
    """
    keep_from_users()
    token = under_way.set(Call(command, (), (), {}))
    try:
        with progress_on(sys.stderr), registry.names_in_force(project_names(Path())):
            module, _, name = place.partition(":")
            run: Callable[..., int] = getattr(import_module(f"nbtrace.cli.{module}"), name)
            gc.freeze()
            gc.enable()
            return int(run(*files, destinations=Destinations()))
    finally:
        under_way.reset(token)

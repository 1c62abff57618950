"""What the two sides are called: `--names` of every command that has two, else what the project calls them."""

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from nbtrace.vocabulary import registry
from nbtrace.vocabulary.chosen import project_names
from nbtrace.vocabulary.sides import given_names

_OPTION = "--names"
_PARAMETER = inspect.Parameter(
    "names",
    inspect.Parameter.KEYWORD_ONLY,
    default=None,
    annotation=Annotated[
        tuple[str, str] | None,
        typer.Option(
            _OPTION,
            metavar="REF PORT",
            help="What reports call the two sides, the reference first; else names of tool.nbtrace in pyproject.toml.",
        ),
    ],
)
_typed: ContextVar[tuple[str, str] | None] = ContextVar("names that were typed", default=None)

TWO_SIDED = frozenset({"diff", "phi", "steps", "scaling", "explain", "images", "compare", "sweep"})
"""The commands that take the option."""


def two_sided(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the option `--names`, which runs with the names that it gives, else with the project's."""

    @wraps(command)
    def run(*args: object, names: tuple[str, str] | None = None, **options: object) -> None:
        called = project_names(Path()) if names is None else given_names(*names, _OPTION)
        token = _typed.set(None if names is None or called is None else called.pair)
        try:
            with registry.names_in_force(called):
                command(*args, **options)
        finally:
            _typed.reset(token)

    shown = [*inspect.signature(command).parameters.values(), _PARAMETER]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    vars(run)["__signature__"] = inspect.Signature(shown)
    return run


def typed_names() -> str:
    """Return the option as it was typed to the command under way; empty if it was not."""
    names = _typed.get()
    return "" if names is None else f"{_OPTION} {quote(names[0])} {quote(names[1])}"

"""What the two sides are called: `--names` of every command that has two, else what the project calls them."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
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


def two_sided(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the option `--names`, which runs with the names that it gives, else with the project's."""

    @wraps(command)
    def run(*args: object, names: tuple[str, str] | None = None, **options: object) -> None:
        called = project_names(Path()) if names is None else given_names(*names, _OPTION)
        with registry.names_in_force(called):
            command(*args, **options)

    shown = [*inspect.signature(command).parameters.values(), _PARAMETER]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    vars(run)["__signature__"] = inspect.Signature(shown)
    return run

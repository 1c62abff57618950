"""A command's help: filled to the width of the terminal, with the usage as people write it."""

import inspect
from typing import Any

import typer
from typer.core import TyperCommand

BadUsage: Any = typer.BadParameter.__mro__[1]
"""The base of typer's own usage errors, which it does not export by name."""


class Command(TyperCommand):
    """A command whose help does not depend on where its docstring is broken into lines."""

    def __init__(self, *args: Any, help: str | None = None, **settings: Any) -> None:  # noqa: A002 - typer's name
        super().__init__(*args, help=_filled(help), **settings)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; an error knows the command that it is about."""
        try:
            rest: list[str] = super().parse_args(ctx, args)
        except BadUsage as error:
            error.ctx = error.ctx or ctx
            raise
        return rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage; what is required stands as it is, without braces."""
        pieces: list[str] = super().collect_usage_pieces(ctx)
        return [
            "[-- FLAGS]" if piece == "[-- FLAGS]..." else piece.replace("{", "").replace("}", "") for piece in pieces
        ]


def _filled(text: str | None) -> str | None:
    """Return text with a line per paragraph."""
    if text is None:
        return None
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n"))

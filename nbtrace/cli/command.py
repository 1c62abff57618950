"""A command's help: filled to the width of the terminal, with the usage as people write it."""

import inspect
from typing import Any

from typer.core import TyperCommand


class Command(TyperCommand):
    """A command whose help does not depend on where its docstring is broken into lines."""

    def __init__(self, *args: Any, help: str | None = None, **settings: Any) -> None:  # noqa: A002 - typer's name
        super().__init__(*args, help=_filled(help), **settings)

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

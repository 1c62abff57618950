"""Commands that pass arguments on to another program: everything after `--`, untouched."""

from typing import Any

import typer
from typer.core import TyperCommand

_AFTER_DASHES = "nbtrace.after_dashes"


class ProgramCommand(TyperCommand):
    """A command whose arguments after `--` are a program's, to be passed on untouched."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep what follows the first `--` in `ctx.meta` and parse the rest."""
        split = args.index("--") if "--" in args else len(args)
        ctx.meta[_AFTER_DASHES] = args[split + 1 :]
        return super().parse_args(ctx, args[:split])


def passed_on(ctx: typer.Context) -> list[str]:
    """Return the arguments after `--`."""
    words: list[str] = ctx.meta[_AFTER_DASHES]
    return words

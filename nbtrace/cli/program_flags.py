"""Commands that pass arguments on to another program: everything after `--`, untouched."""

from typing import Any

import typer

from nbtrace.cli.command import HelpfulCommand

_AFTER_DASHES = "nbtrace.after_dashes"


class ProgramCommand(HelpfulCommand):
    """A command whose arguments after `--` are a program's, to be passed on untouched."""

    after_dashes = "[-- FLAGS]"
    """How the usage calls them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage."""
        return [*super().collect_usage_pieces(ctx), self.after_dashes]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep what follows the first `--` in `ctx.meta` and parse the rest."""
        split = args.index("--") if "--" in args else len(args)
        ctx.meta[_AFTER_DASHES] = args[split + 1 :]
        return super().parse_args(ctx, args[:split])


def passed_on(ctx: typer.Context) -> list[str]:
    """Return the arguments after `--`."""
    words: list[str] = ctx.meta[_AFTER_DASHES]
    return words

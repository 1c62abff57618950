"""Commands that pass arguments on to another program: everything after `--`, untouched."""

from typing import Any

import typer

from nbtrace.cli.command import TYPED, HelpfulCommand, path_of, values_of
from nbtrace.cli.routing import positional
from nbtrace.cli.wrong_calls import files_given
from nbtrace.errors import UsageError

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
        ctx.meta[TYPED] = list(args)
        split = args.index("--") if "--" in args else len(args)
        ctx.meta[_AFTER_DASHES] = args[split + 1 :]
        return super().parse_args(ctx, args[:split])

    @property
    def takes_flags(self) -> bool:
        """They always may follow."""
        return True

    def spell_out(self, ctx: Any, words: list[str]) -> None:
        """Refuse, besides options of other programs, files in place of flags, with the right call."""
        super().spell_out(ctx, words)
        if all(parameter.param_type_name == "option" for parameter in self.params):
            call = files_given(path_of(ctx), positional(words, values_of(self.params)))
            if call:
                raise UsageError(call)


def passed_on(ctx: typer.Context) -> list[str]:
    """Return the arguments after `--`."""
    words: list[str] = ctx.meta[_AFTER_DASHES]
    return words

"""Commands that pass arguments on to another program: everything after `--`, untouched."""

from collections.abc import Sequence
from typing import Any

import typer

from nbtrace.cli.command import TYPED, HelpfulCommand, path_of, values_of
from nbtrace.cli.completed_values import flags_of_run
from nbtrace.errors import UsageError
from nbtrace.frozen import frozen
from nbtrace.programs.leniency import LENIENT

_AFTER_DASHES = "nbtrace.after_dashes"
_HAS_DASHES = "nbtrace.has_dashes"


@frozen
class _Offered:
    """A word that a shell offers, as typer's answers take it."""

    value: str
    help: str
    type: str = "plain"


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
        ctx.meta[_HAS_DASHES] = split < len(args)
        return super().parse_args(ctx, args[:split])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Offer the reference's flags after `--`, else what the command has."""
        if not ctx.meta.get(_HAS_DASHES):
            return list(super().shell_complete(ctx, incomplete))
        return [_Offered(*offered) for offered in self.offered(incomplete)]

    def offered(self, incomplete: str) -> list[tuple[str, str]]:
        """Return the words after `--` that fit, each with what it means."""
        return flags_of_run(incomplete)

    @property
    def takes_flags(self) -> bool:
        """They always may follow."""
        return True

    def spell_out(self, ctx: Any, words: list[str]) -> None:
        """Refuse, besides options of other programs, files in place of flags, with the right call."""
        super().spell_out(ctx, words)
        if all(parameter.param_type_name == "option" for parameter in self.params):
            from nbtrace.cli.routing import positional  # noqa: PLC0415 - looks at files
            from nbtrace.cli.wrong_calls import files_given  # noqa: PLC0415

            call = files_given(path_of(ctx), positional(words, values_of(self.params)))
            if call:
                raise UsageError(call)


def passed_on(ctx: typer.Context) -> list[str]:
    """Return the arguments after `--`."""
    words: list[str] = ctx.meta[_AFTER_DASHES]
    return words


def flags_after_dashes(ctx: typer.Context, *, lenient: bool) -> list[str]:
    """Return the arguments after `--`, with the word that makes their reading lenient where the option does.

    Raises
    ------
    UsageError
        If the option is given without flags.
    """
    return with_leniency(passed_on(ctx), lenient=lenient)


def with_leniency(flags: Sequence[str], *, lenient: bool) -> list[str]:
    """Return the reference's flags; with `lenient`, the word that makes their reading lenient stands in front.

    Raises
    ------
    UsageError
        If `lenient` is asked for and there are no flags.
    """
    if not lenient:
        return list(flags)
    if not flags:
        raise UsageError("--lenient is about flags of nanoBragg; put them after --")
    return [LENIENT, *(word for word in flags if word != LENIENT)]

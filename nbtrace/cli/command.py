"""A command's help: filled to the width of the terminal, with the usage as people write it."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from nbtrace.cli.commands import UNNAMED
from nbtrace.cli.former_options import renamed
from nbtrace.errors import UsageError
from nbtrace.nearness import nearest

HELP = frozenset({"--help", "-h"})
SCREEN = "nbtrace.screen"
"""Where a context keeps how many lines the answer may have, if it was asked for without the name of a command."""
SCREEN_LINES = 25
TYPED = "nbtrace.typed"
"""Where a context keeps the words of a command as they were typed."""

BadUsage: Any = typer.BadParameter.__mro__[1]
"""The base of typer's own usage errors, which it does not export by name."""


class HelpfulCommand(TyperCommand):
    """A command whose help does not depend on where its docstring is broken into lines."""

    def __init__(self, *args: Any, help: str | None = None, **settings: Any) -> None:  # noqa: A002 - typer's name
        super().__init__(*args, help=_filled(help), **settings)
        for parameter in self.params:
            checked: Any = parameter
            checked.process_value = _with_plain_numbers(parameter, parameter.process_value)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, old names of options among them.

        An error knows the command that it is about, and the right call where it tells that.
        """
        words: list[str] = ctx.meta.setdefault(TYPED, list(args))
        if not ctx.resilient_parsing:  # a shell that completes half a call
            self.refuse_bare_flags(ctx, words)
        try:
            rest: list[str] = super().parse_args(ctx, renamed(_title(ctx), args))
        except BadUsage as error:
            self.spell_out(ctx, words)
            error.ctx = error.ctx or ctx
            _keep_near(error)
            raise
        return rest

    @property
    def takes_flags(self) -> bool:
        """Whether flags of nanoBragg may follow `--`."""
        return any(parameter.name == "flags" for parameter in self.params)

    def refuse_bare_flags(self, ctx: Any, words: list[str]) -> None:
        """Refuse flags of nanoBragg without `--` before them: their letters would be taken for options."""
        if not self.takes_flags:
            return
        from nbtrace.cli.wrong_calls import flags_behind  # noqa: PLC0415 - looks at files

        call = flags_behind(path_of(ctx), words, values_of(self.params))
        if call:
            raise UsageError(f"flags of a run stand after --: {call}")

    def spell_out(self, ctx: Any, words: list[str]) -> None:
        """Refuse an option that is another program's word for one of this command, with the right call."""
        from nbtrace.cli.wrong_calls import right_call  # noqa: PLC0415 - looks at files

        found = right_call(path_of(ctx), words, values_of(self.params))
        if found is not None:
            option, call = found
            raise UsageError(f"{path_of(ctx)} has no {option}; write {call}")

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage; what is required stands as it is, without braces."""
        pieces: list[str] = super().collect_usage_pieces(ctx)
        return [
            "[-- FLAGS]" if piece == "[-- FLAGS]..." else piece.replace("{", "").replace("}", "") for piece in pieces
        ]


def _title(ctx: Any) -> str | None:
    """Return the name of a command of the root; None for one of a group, which may be called the same."""
    parent = ctx.parent
    return ctx.info_name if parent is not None and parent.parent is None else None


def screen_of(ctx: Any) -> int | None:
    """Return how many lines the printed answer may have; None where it is not cut to a screen."""
    lines: int | None = ctx.meta.get(SCREEN)
    return lines


def path_of(ctx: Any) -> str:
    """Return the command as it is typed; the one that has no name of its own is nbtrace alone."""
    return str(ctx.command_path).removesuffix(f" {UNNAMED}")


def values_of(parameters: Iterable[Any]) -> dict[str, int]:
    """Return the options among the parameters of a command, and how many values each takes."""
    return {
        word: 0 if option.is_flag else option.nargs
        for option in parameters
        if getattr(option, "param_type_name", "") == "option"
        for word in (*option.opts, *option.secondary_opts)
    }


class HelpfulGroup(TyperGroup):
    """Commands of which only a near one is suggested for a word that is none."""

    def __init__(self, *args: Any, help: str | None = None, **settings: Any) -> None:  # noqa: A002 - typer's name
        super().__init__(*args, help=_filled(help), **{**settings, "suggest_commands": False})

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments before the command."""
        try:
            rest: list[str] = super().parse_args(ctx, args)
        except BadUsage as error:
            _keep_near(error)
            raise
        return rest

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first word names."""
        try:
            return super().resolve_command(ctx, args)
        except BadUsage as error:
            near = nearest(args[0], self.commands) if args else None
            if near is not None:
                message = str(getattr(error, "message", "")).rstrip(".")
                error.message = f"{message}. Did you mean {near!r}?"
            raise


def _keep_near(error: Any) -> None:
    """Leave of the options that an error suggests the one that is near, if any is."""
    possible = getattr(error, "possibilities", None)
    if possible:
        near = nearest(error.option_name, possible)
        error.possibilities = [near] if near is not None else None


def _with_plain_numbers(parameter: Any, process: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return `process`, refusing numbers that Python reads and people do not type: `1_0`, digits of other scripts."""

    def processed(ctx: Any, typed: Any) -> Any:
        value = process(ctx, typed)
        for word, number in zip(_several(typed), _several(value), strict=False):
            if isinstance(word, str) and isinstance(number, int | float) and not is_plain(word):
                raise typer.BadParameter(f"{word!r} is not a number in plain digits", ctx=ctx, param=parameter)
        return value

    return processed


def _several(value: Any) -> list[Any] | tuple[Any, ...]:
    return value if isinstance(value, list | tuple) else [value]


def is_plain(word: str) -> bool:
    """Tell whether a number is typed as people type it: without the digits of other scripts, and without `_`."""
    return word.isascii() and "_" not in word


def _filled(text: str | None) -> str | None:
    """Return text with a line per paragraph."""
    if text is None:
        return None
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n"))

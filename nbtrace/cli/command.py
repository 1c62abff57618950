"""A command's help: filled to the width of the terminal, with the usage as people write it."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from nbtrace.cli.call_under_way import UNNAMED, call_of, under_way
from nbtrace.cli.former_options import renamed
from nbtrace.errors import UsageError
from nbtrace.nearness import nearest

PLACEHOLDER = "FLAGS"
"""What stands for the flags of a run in the usage, and in commands that a report suggests."""
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
        _with_plain_values(self.params)

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option `--help`, which typer makes when it is first asked for."""
        option = super().get_help_option(ctx)
        _with_plain_values([] if option is None else [option])
        return option

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, old names of options among them.

        An error knows the command that it is about, and the right call where it tells that.
        """
        words: list[str] = ctx.meta.setdefault(TYPED, list(args))
        if not ctx.resilient_parsing:  # a shell that completes half a call
            self.refuse_bare_flags(ctx, words)
            self.refuse_placeholder(ctx, words)
        try:
            rest: list[str] = super().parse_args(ctx, renamed(_title(ctx), args))
        except BadUsage as error:
            self.spell_out(ctx, words)
            error.ctx = error.ctx or ctx
            _keep_near(error)
            raise
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what it prints may name commands to run next, with the options of this call."""
        name = _title(ctx)
        if name is None:
            return super().invoke(ctx)
        commands = ctx.find_root().command.commands
        call = call_of("" if name == UNNAMED else name, ctx.meta.get(TYPED, []), self.params, commands)
        token = under_way.set(call)
        try:
            return super().invoke(ctx)
        finally:
            under_way.reset(token)

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

    def refuse_placeholder(self, ctx: Any, words: list[str]) -> None:
        """Refuse a call that was copied from a report, with the word that stands for the flags of the run."""
        if self.takes_flags and words[-2:] == ["--", PLACEHOLDER]:
            config = any(parameter.name == "config" for parameter in self.params)
            raise UsageError(
                f"{PLACEHOLDER} stands for the flags of the run: {path_of(ctx)} … -- -cell 100 100 100 90 90 90 -N 5 …"
                + (", or --config NAME in place of them" if config else "")
            )

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
        _with_plain_values(self.params)

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option `--help`, which typer makes when it is first asked for."""
        option = super().get_help_option(ctx)
        _with_plain_values([] if option is None else [option])
        return option

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


def _with_plain_values(parameters: Iterable[Any]) -> None:
    for parameter in parameters:
        if "process_value" not in vars(parameter):  # the option --help is handed out again and again
            parameter.process_value = _with_plain_numbers(parameter, parameter.process_value)


def _with_plain_numbers(parameter: Any, process: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return `process`, refusing numbers that Python reads and people do not type: `1_0`, digits of other scripts.

    What needs no conversion is given on as it is: typer's converters are slow to load.
    """

    def processed(ctx: Any, typed: Any) -> Any:
        if _needs_no_conversion(parameter, typed):
            value = _unconverted(parameter, typed)
            return value if parameter.callback is None else parameter.callback(ctx, parameter, value)
        value = process(ctx, typed)
        for word, number in zip(_several(typed), _several(value), strict=False):
            if isinstance(word, str) and isinstance(number, int | float) and not is_plain(word):
                raise typer.BadParameter(f"{word!r} is not a number in plain digits", ctx=ctx, param=parameter)
        return value

    return processed


def _needs_no_conversion(parameter: Any, typed: Any) -> bool:
    """Tell whether an option was not given and need not be, or is a text, or several texts, that were given."""
    if typed is None:
        return not parameter.required
    kind = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    if kind is str:
        return isinstance(typed, str)
    texts = kind == list[str] and isinstance(typed, list | tuple)
    return texts and (bool(typed) or not parameter.required) and all(isinstance(text, str) for text in typed)


def _unconverted(parameter: Any, typed: Any) -> Any:
    if typed is None:
        return () if parameter.multiple or parameter.nargs == -1 else None
    return typed if isinstance(typed, str) else list(typed)


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

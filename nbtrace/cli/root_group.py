"""The commands as one: listed without being loaded, and a call that names none of them goes by its inputs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbtrace.cli import HELP
from nbtrace.cli.call_under_way import UNNAMED
from nbtrace.cli.command import SCREEN, SCREEN_LINES, HelpfulGroup, values_of
from nbtrace.cli.commands import Commands, listed
from nbtrace.cli.completion import with_shell
from nbtrace.errors import NbtraceError


class RootGroup(HelpfulGroup):
    """The commands of nbtrace, in panels by what they are for; a shell may be named for its completion."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        commands: Any = Commands()
        self.commands = commands
        self._listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """Return the commands in the order of the help."""
        return list(self.commands)

    def get_command(self, ctx: Any, name: str) -> Any:
        """Return a command; while the help or a shell lists them all, what the list says of it."""
        return listed(name) if self._listing and name in self.commands else super().get_command(ctx, name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, without loading what it lists."""
        with self._listed():
            super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Return what a shell may put in place of half a word, without loading what it lists."""
        with self._listed():
            return super().shell_complete(ctx, incomplete)

    @contextmanager
    def _listed(self) -> Iterator[None]:
        self._listing = True
        try:
            yield
        finally:
            self._listing = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments before the command; where there is none, put that in front which the inputs call for."""
        own = {*values_of(self.params), *HELP}
        if args and args[0] not in self.commands and args[0].partition("=")[0] not in own:
            args = self._routed(ctx, args)
        return super().parse_args(ctx, with_shell(args))

    def _routed(self, ctx: Any, args: list[str]) -> list[str]:
        from nbtrace.cli.routing import routed  # noqa: PLC0415 - reads what the inputs are
        from nbtrace.cli.wrong_calls import other_options  # noqa: PLC0415

        options = dict(other_options(args))
        for name in ("images", "diff", UNNAMED):
            options |= values_of(self.commands[name].params)
        names = [name for name in self.commands if name != UNNAMED]
        ctx.meta[SCREEN] = SCREEN_LINES
        try:
            return routed(args, answer=UNNAMED, commands=names, options=options)
        except NbtraceError:
            if ctx.resilient_parsing:  # a shell that completes half a call
                return args
            raise

"""The table of commands: what the help lists is what each command says of itself, and nothing is loaded to list it."""

import subprocess
import sys
from typing import Any

import pytest

from nbtrace.cli.commands import TABLE, UNNAMED, Commands, listed

COMMANDS = Commands()
LOADED = """
import sys
sys.argv = ["nbtrace", *{words!r}]
from nbtrace.cli import main
try:
    main()
except SystemExit:
    names = sorted(name for name in sys.modules if name.startswith("nbtrace."))
    print("LOADED", *names, "pydantic" if "pydantic" in sys.modules else "")
"""


@pytest.mark.parametrize("name", TABLE)
def test_a_command_is_listed_as_it_is(name: str) -> None:
    command: Any = COMMANDS[name]
    assert (command.name, command.hidden, command.rich_help_panel) == (
        name,
        name == UNNAMED,
        listed(name).rich_help_panel,
    )
    assert command.help.split("\n\n")[0] == listed(name).help
    assert bool(command.epilog) == bool(TABLE[name].example)


def test_a_word_that_is_no_command_is_none() -> None:
    assert "dif" not in COMMANDS
    assert COMMANDS.get("dif") is None
    assert len(COMMANDS) == len(list(COMMANDS)) == len(TABLE)


def loaded(*words: str) -> set[str]:
    """Return what modules of nbtrace, and pydantic, a call loads."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words=list(words))], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_what_needs_no_command_loads_none(words: list[str]) -> None:
    found = loaded(*words)
    assert "nbtrace.cli.root_group" in found
    assert not {"pydantic", "nbtrace.parsers", "nbtrace.records", "nbtrace.report"} & found
    assert not {f"nbtrace.cli.{entry.place.partition(':')[0]}" for entry in TABLE.values()} & found


def test_a_command_loads_no_other() -> None:
    found = loaded("diff", "--help")
    others = {entry.place.partition(":")[0] for name, entry in TABLE.items() if name != "diff"}
    assert "nbtrace.cli.diff" in found
    assert not {f"nbtrace.cli.{name}" for name in others} & found

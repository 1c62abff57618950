"""The table of commands: what the help lists is what each command says of itself, and nothing is loaded to list it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbtrace.cli.call_under_way import UNNAMED
from nbtrace.cli.commands import TABLE, Commands, listed

COMMANDS = Commands()
LOADED = """
import sys
sys.argv = ["nbtrace", *{words!r}]
from nbtrace.cli import main
try:
    main()
except SystemExit:
    print("LOADED", *sorted(sys.modules))
"""
LOGS = [str(Path(__file__).parents[2] / "examples/pairs/supervisor__685_1039" / name) for name in ("c.log", "py.log")]
HEAVY = {"pydantic", "numpy", "torch", "pandas", "scipy", "matplotlib", "simulator", "jinja2", "importlib.metadata"}


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
    """Return what modules a call loads."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words=list(words))], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


def own(modules: set[str]) -> set[str]:
    """Return those that are of nbtrace."""
    return {name for name in modules if name.startswith("nbtrace.")}


def commands_among(modules: set[str], *, without: str = "") -> set[str]:
    """Return the modules of commands, but for that of one."""
    places = {entry.place.partition(":")[0] for name, entry in TABLE.items() if name != without}
    return modules & {f"nbtrace.cli.{place}" for place in places}


def test_the_version_is_told_before_anything_is_loaded() -> None:
    found = loaded("--version")
    assert own(found) == {"nbtrace.cli", "nbtrace.cli.printing", "nbtrace.cli.process", "nbtrace.errors"}
    assert not {*HEAVY, "typer", "rich", "dataclasses", "logging", "subprocess"} & found


def test_the_list_of_commands_loads_none() -> None:
    found = loaded("--help")
    assert "nbtrace.cli.root_group" in found
    assert not {*HEAVY, "nbtrace.parsers", "nbtrace.records", "nbtrace.report"} & found
    assert not commands_among(found)
    assert len(own(found)) <= 20


def test_a_command_loads_no_other() -> None:
    found = loaded("diff", "--help")
    assert "nbtrace.cli.diff" in found
    assert not HEAVY & found
    assert not commands_among(found, without="diff")


def test_short_logs_are_compared_without_what_only_files_and_other_commands_need() -> None:
    found = loaded("diff", *LOGS)
    assert {"nbtrace.cli.diff", "nbtrace.compare.diff"} <= found
    assert not {*HEAVY, "nbtrace.schema", "nbtrace.evidence", "nbtrace.cli.routing", "nbtrace.report.markdown"} & found
    assert not commands_among(found, without="diff")
    assert not {name for name in found if name.startswith(("nbtrace.report.documents", "nbtrace.explanation"))}
    assert len(own(found)) <= 150

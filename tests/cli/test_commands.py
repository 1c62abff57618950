"""The table of commands: what the help lists is what each command says of itself, and nothing is loaded to list it."""

import os
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
LIGHT = frozenset({"simulator", "simulator.user_cache"})
"""Of the simulator what finds the user's cache."""

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


def loaded(*words: str, cache: Path | None = None) -> set[str]:
    """Return what modules a call loads; help that was drawn before is found in the cache that is named alone."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words=list(words))],
        env=os.environ | {"XDG_CACHE_HOME": str(cache or os.devnull), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
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
    assert not {*HEAVY, "nbtrace.parsers", "nbtrace.records", "nbtrace.report"} & found - LIGHT
    assert not commands_among(found)
    assert len(own(found)) <= 23


def test_help_loads_no_other_command_and_kept_help_nothing_that_draws_or_compares(tmp_path: Path) -> None:
    drawn = loaded("diff", "--help", cache=tmp_path)
    assert {"nbtrace.cli.diff", "typer", "rich"} <= drawn
    assert not HEAVY & drawn - LIGHT
    assert not commands_among(drawn, without="diff")
    assert not {name for name in drawn if name.startswith(("nbtrace.compare", "nbtrace.parsers", "nbtrace.longlogs"))}
    kept = loaded("diff", "--help", cache=tmp_path)
    names = ("cli", "cli.printing", "cli.process", "cli.kept_help", "errors")
    assert own(kept) == {f"nbtrace.{name}" for name in names}
    assert not {*HEAVY, "typer", "rich", "dataclasses", "logging", "subprocess"} & kept - LIGHT
    assert len(kept) <= 110


def test_short_logs_are_compared_without_what_files_options_and_colours_need() -> None:
    found = loaded("diff", *LOGS)
    assert {"nbtrace.cli.run_diff", "nbtrace.compare.diff"} <= found
    assert not {*HEAVY, "nbtrace.schema", "nbtrace.evidence", "nbtrace.cli.routing", "nbtrace.report.markdown"} & found
    assert not {"typer", "rich.console", "rich.text", "logging", "tempfile", "zipfile"} & found
    assert not commands_among(found)
    rare = (
        "delimited",
        "json_traces",
        "markdown_tables",
        "titled_tables",
        "trace_builder",
        "untagged",
        "binary_tables",
    )
    assert not {f"nbtrace.parsers.{name}" for name in rare} & found
    assert not {name for name in found if name.startswith(("nbtrace.report.documents", "nbtrace.explanation"))}
    assert len(own(found)) <= 134

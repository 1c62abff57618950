"""A call of a command and its files, without options, ends as the same call does that typer reads."""

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nbtrace.cli
from nbtrace.cli.commands import Commands
from nbtrace.cli.destinations import Destinations
from nbtrace.cli.run_diff import run_diff

if TYPE_CHECKING:
    from tests.cli.conftest import Run

INPUTS = (
    "c.log",
    "py.log",
    "empty.log",
    "binary.log",
    "prose.log",
    "alien.log",
    "other_pixel.log",
    "none.log",
    "",
    ".",
)


@pytest.fixture
def by_typer(nb: "Run", monkeypatch: pytest.MonkeyPatch) -> "Run":
    """Runs a command so that typer reads its words."""

    def run(*words: Any) -> Any:
        with monkeypatch.context() as context:
            context.setattr(nbtrace.cli, "PLAIN", {})
            return nb(*words)

    return run


@pytest.mark.parametrize("first", INPUTS)
@pytest.mark.parametrize("second", ["py.log", "c.log", "none.log"])
def test_a_plain_call_ends_as_typer_ends_it(
    first: str, second: str, logs: Path, nb: "Run", by_typer: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(logs)
    assert nb("diff", first, second) == by_typer("diff", first, second)


def test_a_project_names_sides_and_vocabulary_in_a_plain_call(
    logs: Path, nb: "Run", by_typer: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(logs)
    (logs / "pyproject.toml").write_text('[tool.nbtrace]\nnames = ["OLD", "NEW"]\n')
    plain = nb("diff", "c.log", "py.log")
    assert "OLD" in plain.out
    assert plain == by_typer("diff", "c.log", "py.log")
    (logs / "pyproject.toml").write_text("[tool.nbtrace]\nnames = 3\n")
    refused = nb("diff", "c.log", "py.log")
    assert (refused.code, refused) == (2, by_typer("diff", "c.log", "py.log"))


def test_options_words_too_few_and_standard_input_are_read_by_typer(
    logs: Path, nb: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(logs)
    assert nb("diff", "c.log").code == 2
    assert nb("diff", "c.log", "py.log", "c.log").code == 2
    assert nb("diff", "c.log", "-b").code == 2
    assert nb("diff", "c.log", "-", stdin=(logs / "py.log").read_bytes()).code == 1


def test_what_runs_plainly_has_the_defaults_of_its_options() -> None:
    defaults = {option.name: option.default for option in Commands()["diff"].params if option.name != "names"}
    places = Destinations()
    for name, parameter in inspect.signature(run_diff).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            assert defaults[name] in {parameter.default, ()}, name
    assert places.files == ()
    assert not places.shows_all

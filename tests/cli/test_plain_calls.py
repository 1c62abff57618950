"""A call of a command and its files, with plain options or none, ends as the same call does that typer reads."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nbtrace.cli.commands import Commands
from nbtrace.cli.destinations import Destinations
from nbtrace.cli.plain_words import plain_call
from nbtrace.cli.run_diff import run_diff
from nbtrace.cli.run_images import run_images

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
            context.setattr("nbtrace.cli.plain_words.plain_call", lambda _: None)
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


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with images of 12 x 20 pixels, and others that cannot be compared with them."""
    monkeypatch.chdir(tmp_path)
    c = np.random.default_rng(3).exponential(10.0, (12, 20)).astype(np.float32)
    c.tofile("c.bin")
    (c * np.float32(1.5)).tofile("py.bin")
    np.save("c.npy", c)
    np.save("other.npy", c[:5])
    Path("empty.bin").touch()
    Path("file").touch()
    return tmp_path


SHAPE = ("--shape", "12", "20")


@pytest.mark.parametrize(
    "words",
    [
        ("c.bin", "py.bin", *SHAPE),
        ("c.bin", "c.bin", *SHAPE),
        ("c.bin", "py.bin"),
        ("c.npy", "py.bin"),
        ("c.npy", "other.npy"),
        ("c.bin", "empty.bin", *SHAPE),
        ("c.bin", "none.bin", *SHAPE),
        ("c.bin", "py.bin", "--shape", "12", "21"),
        ("c.bin", "py.bin", "--shape", "0", "20"),
        ("c.bin", "py.bin", "--shape", "012", "20"),
        ("c.bin", "py.bin", "--shape", "1_2", "20"),
        ("c.bin", "py.bin", "--shape", "12"),
        ("c.bin", "py.bin", "--shape", "12", "20", "20"),
        ("c.bin", "py.bin", *SHAPE, *SHAPE),
        ("c.bin", "py.bin", *SHAPE, "--pictures", "file"),
        ("c.bin", "py.bin", *SHAPE, "--pictures", "-"),
        ("c.bin", "py.bin", *SHAPE, "--pictures"),
        ("c.bin", "py.bin", *SHAPE, "--", "-N", "5"),
    ],
)
def test_a_plain_call_on_images_ends_as_typer_ends_it(
    words: tuple[str, ...], images: Path, nb: "Run", by_typer: "Run"
) -> None:
    assert nb("images", *words) == by_typer("images", *words)


def test_a_plain_call_draws_what_typer_s_call_draws(images: Path, nb: "Run", by_typer: "Run") -> None:
    plain = nb("images", "c.bin", "py.bin", "--pictures", "one", *SHAPE)
    read = by_typer("images", "c.bin", "py.bin", "--pictures", "two", *SHAPE)
    assert plain == read
    assert plain.code == 1
    assert {f.name: f.read_bytes() for f in Path("one").iterdir()} == {
        f.name: f.read_bytes() for f in Path("two").iterdir()
    }


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["images", "a", "b", "--shape", "3", "4"], {"shape": (3, 4)}),
        (["images", "a", "b", "--pictures", "p"], {"pictures": Path("p")}),
        (["images", "a", "b"], {}),
        (["diff", "a", "b"], {}),
        (["diff", "a", "b", "--shape", "3", "4"], None),
        (["images", "--shape", "3", "4", "a", "b"], None),
        (["images", "a", "b", "--frame", "1"], None),
        (["images", "a", "-"], None),
        (["explain", "a", "b"], None),
        ([], None),
    ],
)
def test_only_plain_words_are_read_without_typer(words: list[str], read: dict[str, object] | None) -> None:
    call = plain_call(words)
    assert (None if call is None else call.values) == read


@pytest.mark.parametrize(("command", "function"), [("diff", run_diff), ("images", run_images)])
def test_what_runs_plainly_has_the_defaults_of_its_options(command: str, function: Callable[..., int]) -> None:
    defaults = {option.name: option.default for option in Commands()[command].params if option.name != "names"}
    defaults["screen"] = None  # which is of a call without the name of a command
    places = Destinations()
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            assert defaults[name] in {parameter.default, ()}, name
    assert places.files == ()
    assert not places.shows_all

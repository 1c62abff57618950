"""Help that was drawn before is printed again, the same to the byte; whatever is wrong with the cache, it is drawn."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import nbtrace.cli
from nbtrace.cli import kept_help
from nbtrace.cli.call_under_way import UNNAMED
from nbtrace.cli.commands import TABLE, Commands
from simulator.user_cache import cache_folder

if TYPE_CHECKING:
    from tests.cli.conftest import Ended, Run

NAMES = [name for name in TABLE if name != UNNAMED]
IN_GROUPS = [f"{name} {inner}" for name in ("bundle", "vocabulary") for inner in Commands()[name].commands]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nb: "Run") -> Path:
    """An empty cache that is used."""
    del nb  # which does without one
    monkeypatch.setattr(kept_help, "cache_folder", cache_folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "nbtrace"


@pytest.fixture
def again(nb: "Run", monkeypatch: pytest.MonkeyPatch) -> Callable[..., "Ended"]:
    """Runs a command where nothing can be drawn."""

    def undrawn() -> object:
        raise AssertionError("drawn again")

    def run(*words: str) -> "Ended":
        with monkeypatch.context() as without:
            without.setattr(nbtrace.cli, "_invoked", undrawn)
            return nb(*words)

    return run


@pytest.mark.parametrize("call", ["", *NAMES, *IN_GROUPS])
def test_kept_help_is_what_was_drawn(call: str, cache: Path, nb: "Run", again: "Run") -> None:
    words = [*call.split(), "--help"]
    drawn = nb(*words)
    assert (drawn.code, drawn.err) == (0, "")
    assert f"Usage: nbtrace {call}" in drawn.out
    assert len(list(cache.iterdir())) == 1
    assert again(*words) == drawn


def test_each_width_has_its_own(cache: Path, nb: "Run", again: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {}
    for width in ("40", "80", "100", "200"):
        monkeypatch.setenv("COLUMNS", width)
        drawn[width] = nb("diff", "-h")
    assert len({ended.out for ended in drawn.values()}) >= 3  # no wider than is read well
    for width, ended in drawn.items():
        monkeypatch.setenv("COLUMNS", width)
        assert again("diff", "-h") == ended
    assert len(list(cache.iterdir())) == 4


def test_colours_are_kept_as_colours(process: "Run", tmp_path: Path) -> None:
    kept = {"XDG_CACHE_HOME": str(tmp_path), "FORCE_COLOR": "1"}
    coloured = process("schema", "-h", **kept)
    assert "\x1b[" in coloured.out
    assert len(list((tmp_path / "nbtrace").iterdir())) == 1
    assert process("schema", "-h", **kept) == coloured


@pytest.mark.parametrize("name", ["NO_COLOR", "FORCE_COLOR", "TERM", "TERMINAL_WIDTH", "_TYPER_FORCE_DISABLE_TERMINAL"])
def test_what_changes_the_drawing_is_part_of_the_key(
    name: str, cache: Path, nb: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    nb("schema", "--help")
    monkeypatch.setenv(name, "61")
    nb("schema", "--help")
    monkeypatch.setenv("HOME_OF_NOTHING", "61")
    nb("schema", "--help")
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"Usage", b"\xff\xfe\0"])
def test_damaged_help_is_drawn(damage: bytes, cache: Path, nb: "Run") -> None:
    drawn = nb("schema", "--help")
    (kept,) = cache.iterdir()
    kept.write_bytes(damage)
    assert nb("schema", "--help") == drawn
    (kept,) = cache.iterdir()
    assert kept.read_bytes() == drawn.out.encode()


def test_help_that_others_may_have_written_is_drawn(cache: Path, nb: "Run") -> None:
    drawn = nb("schema", "--help")
    (kept,) = cache.iterdir()
    kept.chmod(0o666)
    assert nb("schema", "--help") == drawn
    cache.chmod(0o777)
    assert nb("schema", "--help") == drawn


def test_a_pipe_in_the_place_of_help_is_not_read(cache: Path, nb: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it would wait for ever."""
    drawn = nb("schema", "--help")
    (kept,) = cache.iterdir()
    kept.unlink()
    os.mkfifo(kept, 0o600)
    read = Path.read_bytes

    def read_file(path: Path) -> bytes:
        assert path.is_file()
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_file)
    assert nb("schema", "--help") == drawn
    (kept,) = cache.iterdir()
    assert kept.is_file()


def test_a_home_that_takes_nothing_is_no_error(
    cache: Path, nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert nb("schema", "--help").code == 0
    assert not cache.exists()


def test_another_version_of_a_file_is_another_help(
    cache: Path, nb: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "drawing"
    package.mkdir()
    (package / "__init__.py").write_text("one = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(kept_help, "_DRAWN_BY", ("drawing",))
    nb("schema", "--help")
    nb("schema", "--help")
    assert len(list(cache.iterdir())) == 1
    os.utime(package / "__init__.py", ns=(1, 1))
    nb("schema", "--help")
    assert len(list(cache.iterdir())) == 2


def test_only_names_of_commands_are_kept(cache: Path, nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "aceton").write_text("")
    assert nb("aceton", "--help").code == 0  # a file: what the command without a name says
    assert nb("diff", "aceton", "--help").code == 0
    assert nb("nosuchcommand", "--help").code == 2
    assert nb("diff", "--brief", "--help").code == 0
    assert list(cache.iterdir()) == []


def test_only_a_name_and_the_option_ask_for_kept_help() -> None:
    assert all(map(kept_help.asks_for_help, (["-h"], ["diff", "--help"], ["bundle", "verify", "-h"])))
    for words in ([], ["diff"], ["diff", "c.log", "-h"], ["--brief", "-h"], ["a", "b", "c", "-h"], ["-h", "diff"]):
        assert not kept_help.asks_for_help(words)

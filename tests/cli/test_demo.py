"""`nbtrace demo`: what it copies, runs and refuses."""

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.cli import demo
from nbtrace.cli.demo_steps import CASES, INPUTS, STEPS, DemoStep
from tests.places import EXAMPLES, GOLDEN_SUITE, ROOT

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_the_folder_has_what_every_command_reads(tmp_path: Path, nb: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[DemoStep] = []
    monkeypatch.setattr(demo, "_run", lambda step, *_: ran.append(step))
    ended = nb("demo", "--outdir", "new/tour")
    assert (ended.code, ended.err) == (0, "")
    assert tuple(ran) == STEPS
    named = [word for step in STEPS for word in step.arguments if word.startswith("examples/")]
    assert len(named) > 10
    assert [name for name in named if not (tmp_path / "new" / "tour" / name).exists()] == []
    assert ended.out.endswith("\nThe page is new/tour/report.html.\n")


def test_a_command_is_shown_with_its_answer_and_the_whole_is_kept(
    tmp_path: Path, nb: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "STEPS", STEPS[:1])
    ended = nb("demo")
    assert ended.code == 0
    whole = (tmp_path / "nbtrace-demo" / "01_check.txt").read_text()
    assert f"\n$ nbtrace check examples/pairs/supervisor__685_1039/c.log\n{whole[:60]}" in ended.out
    assert len(whole.splitlines()) > 16
    assert f"… {len(whole.splitlines()) - 16} more lines in 01_check.txt" in ended.out


def test_a_command_that_ends_otherwise_ends_the_demo(nb: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = DemoStep("Is it there?", 0, ("check", "missing.log"))
    monkeypatch.setattr(demo, "STEPS", (wrong, STEPS[0]))
    ended = nb("demo")
    assert ended.code == 70
    assert ended.err.endswith("nbtrace: exit status 3, expected 0\n")
    assert "2/2" not in ended.out


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, nb: "Run") -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    ended = nb("demo", "--outdir", "full")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "nbtrace: full is not empty; give another folder: nbtrace demo --outdir DIR\n"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes.txt"]
    assert nb("demo", "--outdir", "file").code == 2
    assert nb("demo", "--outdir", "file/inner").code == 2
    assert nb("demo", "--outdir", "-").err == "nbtrace: - is standard output; --outdir needs a folder\n"


def test_without_the_simulator_its_commands_are_left_out_and_counted(
    nb: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[DemoStep] = []
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(demo, "_run", lambda step, *_: ran.append(step))
    ended = nb("demo")
    assert [step for step in ran if step.simulates] == []
    assert len(ran) == 10
    assert "All 10 commands ended as they must. 5 more need PyTorch, which is not installed.\n" in ended.out
    read = {word for step in ran for word in step.arguments}
    assert not {"trace_py.log", "harness", "sweep", "compare"} & read


def test_an_installation_without_examples_says_so(nb: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "EXAMPLES", "no_such_folder")
    ended = nb("demo")
    assert (ended.code, ended.out) == (3, "")
    assert "the recorded examples are not installed" in ended.err


def test_the_wheel_carries_what_is_read_and_all_pairs() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    carried = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert all(to == f"nbtrace/{name}" for name, to in carried.items())
    for name in INPUTS:
        assert {f"examples/{name}", f"examples/{name.partition('/')[0]}"} & set(carried), name
    assert "examples/pairs" in carried
    size = sum(path.stat().st_size for name in carried for path in (ROOT / name).rglob("*") if path.is_file())
    assert size < 600_000


def test_the_small_suite_is_a_part_of_the_recorded_one() -> None:
    small, golden = (
        {case["name"]: case for case in tomllib.loads((folder / "suite.toml").read_text())["case"]}
        for folder in (EXAMPLES / "small_suite", GOLDEN_SUITE)
    )
    assert tuple(small) == CASES
    for name, case in small.items():
        assert case["pixels"] == golden[name]["pixels"]
        assert case["archived"] == f"../golden_suite/{golden[name]['archived']}"
        assert (GOLDEN_SUITE / name).is_dir()

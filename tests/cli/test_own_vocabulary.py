"""Other people's physics on the command line: the examples as their READMEs call them, and what is nanoBragg's."""

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.examples.strangers import CANDIDATE, MISTAKES, REFERENCE, VOCABULARY, logs
from tests.places import EXAMPLES, ROOT

if TYPE_CHECKING:
    from tests.cli.conftest import Run

FOLDERS = ("heat", "population")


def calls(folder: str) -> list[str]:
    """Return the commands of the README of an example."""
    return re.findall(r"^nbtrace (.*)$", (EXAMPLES / folder / "README.md").read_text(), re.MULTILINE)


@pytest.fixture
def examples(tmp_path: Path, nb: "Run") -> "Run":
    """Runs commands in a folder with the examples."""
    for folder in FOLDERS:
        shutil.copytree(EXAMPLES / folder, tmp_path / "examples" / folder)
    return nb


@pytest.mark.parametrize(("folder", "call"), [(folder, call) for folder in FOLDERS for call in calls(folder)])
def test_the_commands_of_the_examples(examples: "Run", folder: str, call: str) -> None:
    ended = examples(*shlex.split(call))
    assert ended.err == ""
    assert ended.code == ("_mistake" in call)
    assert ended.out.startswith("DIFFER  " if "_mistake" in call else "AGREE  ")


def test_each_example_shows_a_pair_that_agrees_and_an_explanation() -> None:
    for folder in FOLDERS:
        words = [call.split()[0] for call in calls(folder)]
        assert {"diff", "explain"} <= set(words)


FIRST_LINES = {
    "heat": ("loops.log", "arrays_mistake.log", "rod.toml", "arrays: flux_W_m2 at step 1, cell 0: stale", "power_W"),
    "population": (
        "ledger.log",
        "matrix_mistake.log",
        "fishery.toml",
        "matrix: stock at year 1: leslie transposed",
        "harvest_kg",
    ),
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_first_line_has_side_quantity_cause_and_share(examples: "Run", folder: str) -> None:
    first, second, words, said, final = FIRST_LINES[folder]
    place = Path("examples") / folder
    ended = examples("explain", place / first, place / second, "--vocabulary", place / words)
    assert ended.code == 1
    answer = " ".join(ended.out.partition("\nNOTE")[0].split()).removeprefix("DIFFER ")
    assert answer.startswith(said)
    names = f"{second.partition('_')[0]}/{first.partition('.')[0]}"
    assert answer.endswith(f"; explains 100.00 % of log({names}) of {final}")


@pytest.mark.parametrize("side", [REFERENCE, CANDIDATE])
def test_the_first_line_of_a_strangers_pair(nb: "Run", tmp_path: Path, side: str) -> None:
    (mistake,) = (mistake for mistake in MISTAKES if mistake.name == "half the efficiency")
    (tmp_path / "sun.toml").write_text(VOCABULARY, encoding="utf-8")
    for name, text in logs(mistake, side).items():
        (tmp_path / f"{name}.log").write_text(text, encoding="utf-8")
    ended = nb("explain", f"{REFERENCE}.log", f"{CANDIDATE}.log", "--vocabulary", "sun.toml")
    assert ended.code == 1
    blamed, _, rest = ended.out.removeprefix("DIFFER  ").partition(": ")
    assert blamed == side
    assert rest.startswith("efficiency")
    assert "½" in " ".join(rest.split()).partition(",")[0]


def test_the_project_names_the_vocabulary(examples: "Run", tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.nbtrace]\nvocabulary = 'examples/heat/rod.toml'\n")
    for command in ("diff", "steps", "explain", "scaling"):
        ended = examples(command, "examples/heat/loops.log", "examples/heat/arrays.log")
        assert (ended.code, ended.err) == (0, ""), command
    assert examples("check", "examples/heat/loops.log").code == 0
    other = examples("diff", *(f"examples/population/{name}.log" for name in ("ledger", "matrix")))
    assert (other.code, other.out) == (3, "")
    asked = ("--vocabulary", "examples/population/fishery.toml")
    assert examples("diff", "examples/population/ledger.log", "examples/population/matrix.log", *asked).code == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("explain LOGS --config supervisor", "--config: configurations are those of nanoBragg"),
        ("explain LOGS -- -lambda 1", "flags after --: configurations are those of nanoBragg"),
        ("diff LOGS --noise examples/heat/arrays.log", "is a log of arrays; give a second log of loops"),
        ("scaling LOGS --cells 1 1 1", "--cells are those of a crystal of nanoBragg"),
        ("diff LOGS -t F_cell=1", "the tolerance of F_cell (--tolerance F_cell=1) applies to nothing"),
    ],
)
def test_what_is_nanobraggs_is_a_wrong_call(examples: "Run", call: str, message: str) -> None:
    words = ("--vocabulary", "examples/heat/rod.toml")
    command, *rest = call.replace("LOGS", "examples/heat/loops.log examples/heat/arrays.log").split()
    ended = examples(command, *words, *rest)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_the_next_command_is_one_that_can_be_run(examples: "Run", tmp_path: Path) -> None:
    (tmp_path / "my words.toml").write_bytes((tmp_path / "examples" / "heat" / "rod.toml").read_bytes())
    logs_ = ("examples/heat/loops.log", "examples/heat/arrays_mistake.log")
    ended = examples("scaling", *logs_, "--vocabulary", "my words.toml", "--md", "-")
    lines = re.findall(r"`nbtrace ([^`]*)`", ended.out)
    assert [line.split()[0] for line in lines] == ["explain", "diff"]
    for line in lines:
        assert shlex.split(line)[-2:] == ["--vocabulary", "my words.toml"]
        assert examples(*shlex.split(line)).code == 1


def test_a_sweep_over_logs(examples: "Run") -> None:
    words = ("--vocabulary", "examples/heat/rod.toml")
    traces = ("--trace", "float64=examples/heat/arrays.log", "--trace", "float32=examples/heat/arrays_mistake.log")
    ended = examples("sweep", *traces, "--reference", "examples/heat/loops.log", *words)
    assert (ended.code, ended.err) == (0, "")
    assert "flux_W_m2" in ended.out
    ended = examples("sweep", "--config", "supervisor", "--pixel", "685", "1039", *words)
    assert (ended.code, ended.out) == (2, "")
    assert "--vocabulary is of logs (--trace)" in ended.err


@pytest.mark.parametrize("side", ["loops", "c", "LOOPS"])
def test_a_side_goes_by_its_name(examples: "Run", tmp_path: Path, side: str) -> None:
    heat = tmp_path / "examples" / "heat"
    (tmp_path / "both.log").write_text((heat / "loops.log").read_text() + (heat / "arrays_mistake.log").read_text())
    words = ("--vocabulary", "examples/heat/rod.toml")
    assert examples("check", "both.log", "--side", side, *words).code == 0
    assert examples("check", "both.log", "--side", "arrays", *words).code == 1
    ended = examples("check", "both.log", "--side", "JAX", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "--side: 'JAX': give loops or arrays" in ended.err
    assert examples("diff", "both.log", "both.log", *words).code == 1


@pytest.mark.parametrize(
    ("folder", "first", "second", "compared"),
    [("heat", "loops", "arrays", 146), ("population", "ledger", "matrix", 105)],
)
def test_a_draft_is_a_vocabulary(
    examples: "Run", folder: str, first: str, second: str, compared: int, tmp_path: Path
) -> None:
    logs_ = [f"examples/{folder}/{name}.log" for name in (first, second)]
    assert examples("vocabulary", "init", *logs_, "-o", "draft.toml").code == 0
    assert examples("vocabulary", "check", "draft.toml").code == 0
    ended = examples("diff", *logs_, "--vocabulary", "draft.toml", "--brief")
    assert ended.code == 0
    assert ended.out.startswith(f"AGREE  {compared} of ")
    assert examples("steps", *logs_, "--vocabulary", "draft.toml").code == 0
    assert examples("explain", *logs_, "--vocabulary", "draft.toml").code == 0
    mistaken = [logs_[0], logs_[1].replace(".log", "_mistake.log")]
    assert examples("steps", *mistaken, "--vocabulary", "draft.toml").out.startswith("DIFFER  first divergence at ")


def test_long_logs_go_through_the_ordinary_reader(examples: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbtrace.cli.run_diff.PAYING", 0)
    words = ("--vocabulary", "examples/heat/rod.toml")
    ended = examples("diff", "examples/heat/loops.log", "examples/heat/arrays.log", *words, "-t", "1e-5")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("AGREE  148 of 148 values compared")


def test_the_demo_names_files_that_are_there() -> None:
    text = (ROOT / "nbtrace" / "cli" / "demo_steps.py").read_text()
    named = re.findall(r"examples/heat/[\w.]+", text)
    assert named
    for name in named:
        assert (ROOT / name).is_file(), name


def test_images_are_those_of_the_projects_programs(examples: "Run", tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.nbtrace]\nvocabulary = 'examples/heat/rod.toml'\n")
    for name, value in (("a", 1.0), ("b", 2.0)):
        np.save(tmp_path / f"{name}.npy", np.arange(20.0).reshape(4, 5) * value)
    ended = examples("images", "a.npy", "b.npy")
    assert ended.code == 1
    assert "arrays/loops" in ended.out
    assert not re.search(r"\b(C|Py)\b", ended.out)


LOOP = """
format_version = 1
name = "loop"
sides = { old = ["OLD>"], new = ["NEW>"] }
indices = ["step"]
final = "out"
[quantities]
weight = { unit = "1", formula = "previous(weight) + previous(out) * 0.5" }
out = { unit = "1", inputs = ["weight"] }
"""
VALUES = "{0} step=0 weight 1\n{0} step=0 out {1}\n{0} step=1 weight {2}\n{0} step=1 out 4\n"


def test_the_page_names_the_first_divergence_that_the_report_names(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "loop.toml").write_text(LOOP)
    (tmp_path / "old.log").write_text(VALUES.format("OLD>", 2, 2))
    (tmp_path / "new.log").write_text(VALUES.format("NEW>", 3, 2.5))
    ended = nb("diff", "old.log", "new.log", "--vocabulary", "loop.toml", "--bundle", "b")
    assert ended.out.startswith("DIFFER  first divergence out [step 0]")
    assert nb("report", "b", "--output", "page.html").code == 0
    page = re.sub(r"<[^>]+>", " ", (tmp_path / "page.html").read_text())
    assert re.search(r"First to diverge\s+out\s", page)


def test_what_explains_differences_below_the_tolerance_says_so_first(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "loop.toml").write_text(LOOP)
    (tmp_path / "old.log").write_text(VALUES.format("OLD>", 2, "2.000000000000"))
    (tmp_path / "new.log").write_text(VALUES.format("NEW>", 2, "2.000000200000"))
    ended = nb("explain", "old.log", "new.log", "--vocabulary", "loop.toml")
    assert ended.code == 0
    assert ended.out.startswith("AGREE  every value agrees within the tolerance; below it, new: weight at step 1")

"""Names that somebody gives to the two sides, in everything that a command prints, writes, draws and files."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.contents import read_contents
from nbtrace.report.ci.render import CiFormat, render_ci
from nbtrace.report.page.page import render_page
from nbtrace.vocabulary import registry
from tests.report.test_names import SIDES, foreign, shown, words_of

if TYPE_CHECKING:
    from tests.cli.conftest import Run

NAMES = ("Zorn", "Quix 2")
GIVEN = ("--names", *NAMES)
LOGS = ("c.log", "c_roi_fresh.log")


def texts_of(document: object) -> Iterator[str]:
    """Yield the texts of a document for people: no statuses, no forms of lines, nothing of the call itself."""
    yield from (text for text in words_of(_for_people(document)) if not re.fullmatch(r"INTRODUCED_(C|PY)", text))


def _for_people(document: object) -> object:
    if isinstance(document, Mapping):
        left_out = {"provenance", "dialects", "source"}
        return {key: _for_people(item) for key, item in document.items() if key not in left_out}
    return [_for_people(item) for item in document] if isinstance(document, list) else document


@pytest.fixture
def pair(supervisor: Path) -> tuple[Path, Path]:
    return supervisor / LOGS[0], supervisor / LOGS[1]


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("diff",),
        ("explain",),
        ("phi",),
        ("phi", "--index", "phi_tic"),
        ("scaling",),
        ("steps", "--index", "phi_tic"),
    ],
    ids=" ".join,
)
def test_every_comparison_of_traces_carries_the_names(
    nb: "Run", pair: tuple[Path, Path], tmp_path: Path, command: tuple[str, ...]
) -> None:
    ended = nb(*command[:1], *pair, *command[1:], *GIVEN, "--md", "out.md", "--json", "out.json")
    assert ended.code == 1
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["names"] == {"c": "Zorn", "py": "Quix 2"}
    texts = [ended.out, (tmp_path / "out.md").read_text().partition("## Provenance")[0], *texts_of(document)]
    assert foreign("\n".join(texts), of=(SIDES,)) == []
    assert "Zorn" in ended.out
    assert "Quix 2" in ended.out


def test_figures_pages_and_ci_carry_the_names(nb: "Run", pair: tuple[Path, Path], tmp_path: Path) -> None:
    assert nb("scaling", *pair, *GIVEN, "--bundle", "b", "--plot", "chain.svg").code == 1
    assert nb("phi", *pair, *GIVEN, "--bundle", "b", "--plot", "steps.svg").code == 1
    for name in ("chain.svg", "steps.svg"):
        comments = re.findall(r"<!--(.*?)-->", (tmp_path / name).read_text())
        assert foreign("\n".join(comments), of=(SIDES,)) == []
        assert any("Zorn" in text for text in comments)
    contents = read_contents(Bundle.open_or_create(tmp_path / "b"))
    page = shown(render_page(contents))
    assert foreign(page, of=(SIDES,)) == []
    assert "Quix 2/Zorn" in page
    said = [render_ci(contents, kind) for kind in (CiFormat.GITHUB, CiFormat.JUNIT)]
    assert foreign("\n".join(said), of=(SIDES,)) == []
    assert all("Zorn" in text for text in said)


def test_images_carry_the_names(nb: "Run", tmp_path: Path) -> None:
    pixels = np.random.default_rng(5).random((16, 16))
    for name, factor in (("a.npy", 1.0), ("b.npy", 1.5)):
        np.save(tmp_path / name, pixels * factor)
    ended = nb("images", "a.npy", "b.npy", *GIVEN, "--json", "out.json")
    assert ended.code == 1
    assert ended.out.startswith("DIFFER  Quix 2 is Zorn times 1.5")
    texts = [ended.out, *texts_of(json.loads((tmp_path / "out.json").read_text()))]
    assert foreign("\n".join(texts), of=(SIDES,)) == []


def test_what_to_run_next_has_the_names_that_were_typed(nb: "Run", pair: tuple[Path, Path]) -> None:
    typed, plain = (nb("diff", *pair, *more).out for more in (GIVEN, ()))
    commands = [line.strip() for line in typed.splitlines() if line.startswith("  nbtrace ")]
    assert commands
    assert all(line.endswith("--names Zorn 'Quix 2'") for line in commands)
    assert "--names" not in plain


def test_a_project_names_its_sides(nb: "Run", pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.nbtrace]\nnames = ["Zorn", "Quix 2"]\n')
    ended = nb("diff", *pair)
    assert "Quix 2/Zorn" in ended.out
    assert foreign(ended.out, of=(SIDES,)) == []
    assert "--names" not in ended.out
    alone = nb("check", pair[0]).out
    assert "c.log (Zorn)" in alone
    assert foreign(alone, of=(SIDES,)) == []
    assert "Old/New" in nb("diff", *pair, "--names", "New", "Old").out


def test_names_end_with_the_command(nb: "Run", pair: tuple[Path, Path]) -> None:
    nb("diff", *pair, *GIVEN)
    assert registry.default().names.pair == ("C", "Py")
    assert "Zorn" not in nb("diff", *pair).out


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("A", "a"), "both sides are called 'A'"),
        (("", "b"), "a name is empty"),
        (("a", " \x1b \n"), "a name is empty"),
        (("a", "b" * 31), "has 31 letters; a name has 30 at most"),
    ],
)
def test_names_that_are_none_are_refused(nb: "Run", pair: tuple[Path, Path], names: tuple[str, str], said: str) -> None:
    ended = nb("diff", *pair, "--names", *names)
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("stated", ['["one"]', '"C"', '["a", 2]', '["a", "A"]'])
def test_a_project_with_other_than_two_names_is_refused(
    nb: "Run", pair: tuple[Path, Path], tmp_path: Path, stated: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.nbtrace]\nnames = {stated}\n")
    ended = nb("diff", *pair)
    assert ended.code == 2
    assert "tool.nbtrace.names" in ended.err


def test_hostile_letters_are_left_out_of_a_name(nb: "Run", pair: tuple[Path, Path]) -> None:
    out = nb("diff", *pair, "--names", "\x1b[31mred", "two\nlines").out
    assert "\x1b" not in out
    assert "two lines/[31mred" in out

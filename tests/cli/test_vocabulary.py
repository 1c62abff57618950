import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.vocabulary.file import read_vocabulary
from tests.places import ROOT
from tests.vocabulary.places import ROD

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.fixture
def rod(tmp_path: Path) -> Path:
    path = tmp_path / "rod.toml"
    path.write_text(ROD)
    return path


def test_show_lists_every_quantity_of_nanobragg(nb: "Run") -> None:
    ended = nb("vocabulary", "show")
    assert (ended.code, ended.err) == (0, "")
    words = set(ended.out.replace(",", " ").split())
    assert QUANTITIES.keys() <= words
    assert all(cell_len(line) <= 100 for line in ended.out.splitlines())
    assert nb("vocabulary", "show", "nanobragg").out == ended.out


def test_show_a_file(nb: "Run", rod: Path) -> None:
    ended = nb("vocabulary", "show", rod)
    assert ended.code == 0
    assert ended.out.startswith("rod: 10 quantities, 3 formulas, 4 constants; sides F90 and JAX\n")
    assert "Scaling: power_W = flux_W_m2 · area_m2 / dilution" in ended.out
    assert "= -kappa * (T_K[cell+1] - T_K[cell]) / dx_m; also: flux_W_cm2 [W/cm2]" in ended.out


def test_show_as_json(nb: "Run", rod: Path) -> None:
    ended = nb("vocabulary", "show", rod, "--json", "-")
    document = json.loads(ended.out)
    assert document["format"] == "nbtrace vocabulary"
    assert document["format_version"] == 1
    names = [quantity["name"] for quantity in document["quantities"]]
    words = read_vocabulary(rod)
    assert names == [name for name in words.quantities if name not in words.constants]
    assert document["indices"] == ["step", "cell"]
    flux = document["quantities"][names.index("flux_W_m2")]
    assert flux["inputs"] == ["T_K", "dx_m"]
    assert flux["facts"] == ["kappa"]
    assert flux["aliases"] == [{"key": "flux_W_cm2", "unit": "W/cm2"}]
    assert document["chain"]["factors"][-1] == {"quantity": "dilution", "power": -1}
    assert document["constants"][0]["value"] == [401.0]


def test_show_writes_files_and_replaces_none(nb: "Run", rod: Path, tmp_path: Path) -> None:
    said = nb("vocabulary", "show", rod, "-o", "rod.txt", "--json", "rod.json")
    assert (tmp_path / "rod.txt").read_text() == said.out
    assert json.loads((tmp_path / "rod.json").read_text())["name"] == "rod"
    ended = nb("vocabulary", "show", rod, "-o", "rod.txt")
    assert (ended.code, ended.out) == (2, "")
    assert "rod.txt exists" in ended.err


def test_check_says_what_a_file_holds(nb: "Run", rod: Path) -> None:
    ended = nb("vocabulary", "check", rod)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{rod}: rod: 10 quantities, 3 formulas, 4 constants; sides F90 and JAX\n"


def test_check_names_the_units_that_it_does_not_know(nb: "Run", rod: Path) -> None:
    rod.write_text(ROD.replace("dilution = {", 'dilution = { unit = "grains/s",').partition("[chain]")[0])
    ended = nb("vocabulary", "check", rod)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("words taken for units of their own: grains\n")


def test_check_tells_a_fault_with_its_line(nb: "Run", rod: Path) -> None:
    rod.write_text(ROD.replace("W/(m K)", "W/m"))
    ended = nb("vocabulary", "check", rod)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"nbtrace: {rod}:31: flux_W_m2: the formula is in kg K s⁻³, the quantity in W/m2, "
        "which measure different things\n"
    )


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        ("show nosuch", 2, "there is no vocabulary 'nosuch'"),
        ("show missing.toml", 3, "missing.toml cannot be read"),
        ("check missing.toml", 3, "missing.toml cannot be read"),
        ("check .", 3, "cannot be read"),
        ("init missing.log rod.toml", 3, "missing.log cannot be read"),
        ("init prose.txt prose.txt", 3, "none begins with a prefix"),
        ("init - -", 2, "can be read once"),
        ("init a.log b.log -o rod.toml", 2, "rod.toml exists"),
        ("init a.log b.log -o a.log --force", 2, "is one of the inputs"),
        ("check", 2, "Missing argument"),
    ],
)
def test_what_cannot_be_done(nb: "Run", rod: Path, call: str, code: int, message: str) -> None:
    for name in ("a.log", "b.log"):
        rod.with_name(name).write_text(f"{name[0]}> x 1.5\n")
    rod.with_name("prose.txt").write_text("Dear reader,\nnothing here is a value.\n")
    ended = nb("vocabulary", *call.split())
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_init_drafts_a_file_that_check_accepts(nb: "Run", logs: Path, tmp_path: Path) -> None:
    ended = nb("vocabulary", "init", logs / "c.log", logs / "py.log")
    assert (ended.code, ended.err) == (0, "")
    written = nb("vocabulary", "init", logs / "c.log", logs / "py.log", "-o", "draft.toml")
    assert (written.code, written.out) == (0, "")
    assert (tmp_path / "draft.toml").read_text() == ended.out
    assert nb("vocabulary", "check", "draft.toml").code == 0
    assert nb("vocabulary", "init", logs / "c.log", logs / "py.log", "-o", "draft.toml", "--force").code == 0


SENTENCES = """\
Run of rod seven begins
Step 0: the temperature is 300.250 K, the flux through the wall {}
Step 1: the temperature is 305.500 K, the flux through the wall {}
max velocity: 12.5 m/s at cell 14
The final power was {} W.
"""


def test_what_is_advised_for_logs_of_sentences_can_be_typed(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(SENTENCES.format(2.5, 3.5, 88.125))
    (tmp_path / "b.log").write_text(SENTENCES.format(2.5, 3.75, 88.5))
    advised = "nbtrace vocabulary init a.log b.log -o drafted.toml && nbtrace a.log b.log --vocabulary drafted.toml"
    assert advised in nb("a.log", "b.log").out
    assert nb("vocabulary", "init", "a.log", "b.log", "-o", "drafted.toml").code == 0
    assert nb("vocabulary", "check", "drafted.toml").code == 0
    ended = nb("a.log", "b.log", "--vocabulary", "drafted.toml", "--all")
    assert ended.out.startswith("DIFFER  REF or PORT: the flux through the wall at Step 1: ")
    assert "7 of 7 values compared, 2 quantities differ" in ended.out
    assert "unreadable" not in ended.out


def test_a_hostile_file_reaches_no_terminal(nb: "Run", rod: Path) -> None:
    rod.write_text(ROD.replace('"cross(u, v) / norm(cross(u, v))"', '"u + \\u001b[31m\\u202e"'))
    ended = nb("vocabulary", "check", rod)
    assert ended.code == 2
    assert ended.err.rstrip("\n").isprintable()


def test_the_file_in_the_documentation_is_right(nb: "Run", rod: Path) -> None:
    section = (ROOT / "docs" / "guide" / "vocabulary.md").read_text()
    rod.write_text(section.partition("```toml\n")[2].partition("```")[0])
    assert nb("vocabulary", "check", rod).code == 0

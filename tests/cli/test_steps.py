import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.places import EXAMPLES

if TYPE_CHECKING:
    from tests.cli.conftest import Run

HEAT = ("--vocabulary", "rod.toml")


@pytest.fixture
def heat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nb: "Run") -> Path:
    """A folder with the logs of the rod, which is the current one."""
    del nb
    for file in (EXAMPLES / "heat").glob("*.*"):
        shutil.copy(file, tmp_path / file.name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_turns_of_a_loop_that_no_line_names(nb: "Run", tmp_path: Path) -> None:
    for name, wrong in (("c.log", -1), ("py.log", 3)):
        values = (1.0625 + turn + (turn == wrong) for turn in range(6))
        (tmp_path / name).write_text("".join(f"F_latt = {value}\nF_cell = 100\n" for value in values))
    ended = nb("steps", "c.log", "py.log", "--index", "repeat")
    assert ended.code == 1
    assert ended.out.startswith("DIFFER  only divergence at repeat 3 (1 of 6 turns): F_latt")


@pytest.mark.usefixtures("heat")
@pytest.mark.parametrize("command", ["steps", "phi"])
def test_a_table_per_turn(nb: "Run", command: str) -> None:
    ended = nb(command, "loops.log", "arrays_mistake.log", *HEAT, "--all")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith("DIFFER  first divergence at step 1 (6 of 7 turns): flux_W_m2 [cell 0]")
    rows = [line.split() for line in ended.out.splitlines() if line.strip()[:1].isdigit()]
    assert [row[0] for row in rows] == list("0123456")
    assert rows[0] == ["0", "18", "0", "PASS"]
    assert rows[1] == ["1", "20", "8", "flux_W_m2", "[cell", "0]", "+1.551e-01", "CRITICAL"]
    assert nb(command, "loops.log", "arrays.log", *HEAT).code == 0


@pytest.mark.usefixtures("heat")
def test_the_document_names_vocabulary_index_and_first_divergence(nb: "Run") -> None:
    ended = nb("steps", "loops.log", "arrays_mistake.log", *HEAT, "--index", "cell", "--json", "-")
    document = json.loads(ended.out)
    assert (document["format"], document["vocabulary"], document["index"]) == ("nbtrace steps", "rod", "cell")
    assert document["first_divergence"] == 0
    assert document["coverage"] == {"expected": 8, "compared": 8, "missing_c": [], "missing_py": []}
    assert [step["ordinal"] for step in document["steps"]] == list(range(8))
    first = document["steps"][0]
    assert (first["quantity"], first["index"], first["status"]) == ("flux_W_m2", "[step 1]", "CRITICAL")
    same = json.loads(nb("steps", "loops.log", "arrays.log", *HEAT, "--json", "-").out)
    assert (same["first_divergence"], same["verdict"]) == (None, "agree")


def test_steps_of_nanobragg_are_those_of_phi(nb: "Run", supervisor: Path) -> None:
    c, py = supervisor / "c.log", supervisor / "py.log"
    assert nb("steps", c, py).out == nb("phi", py, c).out
    ended = nb("phi", c, supervisor / "c_roi_fresh.log", "--index", "phi_tic")
    assert ended.out.startswith("DIFFER  only divergence at phi_tic 0 (1 of 10 turns)")


@pytest.mark.usefixtures("heat")
@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        ("loops.log arrays.log --vocabulary rod.toml --index nosuch", 2, "no loop is called 'nosuch'"),
        ("loops.log arrays.log --vocabulary rod.toml --index repeat", 3, "its lines state turns of step, cell"),
        ("loops.log arrays.log --vocabulary rod.toml --plot x.png", 2, "--plot draws the φ steps of nanoBragg"),
        ("loops.log arrays.log --vocabulary rod.toml -t nosuch=1", 2, "the tolerance of nosuch"),
        ("loops.log arrays.log --vocabulary rod.toml -t T_K=x", 2, "is not a number"),
        ("loops.log missing.log --vocabulary rod.toml", 3, "missing.log cannot be read"),
        ("loops.log arrays.log", 3, "holds no φ steps"),
    ],
)
def test_what_cannot_be_done(nb: "Run", call: str, code: int, message: str) -> None:
    ended = nb("steps", *call.split())
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.usefixtures("heat")
def test_tolerances_are_those_of_the_vocabulary(nb: "Run") -> None:
    ended = nb("steps", "loops.log", "arrays_mistake.log", *HEAT, "-t", "0.5", "-t", "power_W=0.5")
    assert ended.code == 0
    assert "Tolerance of power_W: 0.5 relative [override: --tolerance power_W=0.5]" in " ".join(ended.out.split())


@pytest.mark.usefixtures("heat")
def test_a_bundle_its_page_and_its_ci_forms(nb: "Run") -> None:
    for command in ("diff", "steps", "scaling", "explain"):
        assert nb(command, "loops.log", "arrays_mistake.log", *HEAT, "--bundle", "evidence").code == 1
    assert nb("check", "arrays_mistake.log", *HEAT, "--bundle", "evidence").code == 1
    verified = nb("bundle", "verify", "evidence", "--strict")
    assert verified.code == 0, verified.out
    summary = Path("evidence/summary.md").read_text()
    assert summary.count("input rod.toml: sha256 ") == 5
    assert nb("report", "evidence").code == 0
    page = Path("evidence/report.html").read_text()
    assert "first divergence at step 1" in page
    assert "stale: repeats the value of flux_W_m2" in page
    github = nb("report", "evidence", "--format", "github").out
    assert (
        "::error title=nbtrace steps%3A step 1,file=arrays_mistake.log,line=14::CRITICAL: flux_W_m2 [cell 0]" in github
    )
    assert "::warning title=nbtrace steps%3A step 2," in github
    junit = nb("report", "evidence", "--format", "junit").out
    assert '<testcase classname="nbtrace.steps" name="step 0"' in junit
    sarif = json.loads(nb("report", "evidence", "--format", "sarif").out)
    assert {"flux_W_m2", "T_K"} <= {rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]}


@pytest.mark.parametrize("options", [(), ("--all",), ("--json", "-")])
def test_long_logs_print_the_same(
    nb: "Run", supervisor: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    call = ("steps", supervisor / "c.log", supervisor / "c_roi_fresh.log", "--index", "phi_tic", *options)
    ordinary = nb(*call)
    monkeypatch.setattr("nbtrace.cli.phi.PAYING", 0)
    ended = nb(*call)
    assert (ordinary.code, ended.code, ended.err) == (1, 1, "")
    if "--json" in options:
        mine, other = json.loads(ended.out), json.loads(ordinary.out)
        del mine["provenance"], other["provenance"]
        assert mine == other
    else:
        assert ended.out == ordinary.out


def test_waivers_are_held_against_every_value_of_long_logs(
    nb: "Run", supervisor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waivers = tmp_path / "known.toml"
    waivers.write_text(
        '[[waiver]]\nquantity = "phi_k_frac"\nbound = 0.1\nreason = "known"\nowner = "jan"\nexpiry = 2999-12-31\n'
    )
    call = ("steps", supervisor / "c.log", supervisor / "c_roi_fresh.log", "--index", "phi_tic", "--waivers", waivers)
    ordinary = nb(*call)
    monkeypatch.setattr("nbtrace.cli.phi.PAYING", 0)
    ended = nb(*call)
    assert (ended.code, ended.out) == (ordinary.code, ordinary.out)
    assert "phi_k_frac" in ended.out
    assert "known" in ended.out

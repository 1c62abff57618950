"""`nbtrace explain` and `nbtrace selftest`: outputs, exit codes, options."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.physics.nanobragg.lattice import MOST_CELLS
from tests.places import SUPERVISOR_PAIR as PAIR

if TYPE_CHECKING:
    from tests.cli.conftest import Run


Wide = Callable[..., tuple[int, str, str]]


@pytest.fixture
def wide(nb: "Run", monkeypatch: pytest.MonkeyPatch) -> Wide:
    """Runs `nbtrace` in this process, on lines of 120 columns; returns its code, its output and its error."""
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        ended = nb(*arguments)
        assert "Traceback" not in ended.err, ended.err
        return ended.code, ended.out, ended.err

    return run


def test_the_first_line_is_the_answer_and_the_document_keeps_the_contract(wide: Wide, tmp_path: Path) -> None:
    code, printed, _ = wide(
        "explain", PAIR / "c.log", PAIR / "py.log", "--json", tmp_path / "e.json", "--md", tmp_path / "e.md"
    )
    assert code == 1
    assert printed.startswith("DIFFER  Py: fluence_photons_per_m2: another constant: the default fluence")
    document = json.loads((tmp_path / "e.json").read_text())
    keys = {"quantity", "phi_tic", "side", "status", "cause", "text", "residual_rel", "explains_final_ratio"}
    assert all(keys <= root.keys() for root in document["roots"])
    assert document["first_over_tolerance"]
    assert {root["side"] for root in document["roots"]} == {"c", "py"}
    assert "| root | side | status |" in (tmp_path / "e.md").read_text()


def test_a_pair_that_agrees_ends_with_0(wide: Wide) -> None:
    code, printed, _ = wide("explain", PAIR / "c.log", PAIR / "c.log")
    assert code == 0
    assert "nothing to explain" in printed


def test_hypotheses_are_appended_and_never_replaced(wide: Wide, tmp_path: Path) -> None:
    notes = tmp_path / "lattice_hypotheses.md"
    notes.write_text("# Mine\n")
    for _ in range(2):
        assert wide("explain", PAIR / "c.log", PAIR / "py.log", "--hypotheses", notes)[0] == 1
    text = notes.read_text()
    assert text.startswith("# Mine\n\n## ")
    assert text.count("| Term | PyTorch | C trace |") == 2


def test_hypotheses_spare_the_logs_and_the_other_outputs(wide: Wide, tmp_path: Path) -> None:
    log, report = tmp_path / "c.log", tmp_path / "e.json"
    log.write_bytes((PAIR / "c.log").read_bytes())
    for place in (log, report, Path("-"), log / "h.md"):
        found, printed, error = wide("explain", log, PAIR / "py.log", "--json", report, "--hypotheses", place)
        assert (found, printed, error.count("\n")) == (2, "", 1)
    assert log.read_bytes() == (PAIR / "c.log").read_bytes()
    assert list(tmp_path.iterdir()) == [log]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--config", "no_such"], 3, "no configuration is called 'no_such'"),
        (["--config", "supervisor", "--", "-N", "5"], 2, "not both"),
        (["--", "-lambda", "x"], 2, "x"),
    ],
)
def test_a_bad_configuration_is_one_line(wide: Wide, arguments: list[str], code: int, words: str) -> None:
    found, printed, complaint = wide("explain", PAIR / "c.log", PAIR / "py.log", *arguments)
    assert (found, printed) == (code, "")
    assert words in complaint
    assert complaint.count("\n") == 1


BEAM = ["-flux", "1e18", "-beamsize", "1", "-lambda", "0.9768", "-pixel", "0.172"]


def test_a_matrix_that_is_not_there_is_an_error(wide: Wide, tmp_path: Path) -> None:
    matrix = tmp_path / "A.mat"
    code, _, complaint = wide("explain", PAIR / "c.log", PAIR / "py.log", "--", *BEAM, "-mat", str(matrix))
    assert (code, complaint) == (3, f"nbtrace: -mat {matrix}: there is no such file\n")


@pytest.mark.slow
def test_the_flags_of_the_run_tell_what_the_logs_do_not(wide: Wide, tmp_path: Path) -> None:
    matrix = tmp_path / "A.mat"
    matrix.write_text("1 0 0 0 1 0 0 0 1\n")
    flags = [*BEAM, "-mat", str(matrix)]
    wide("explain", PAIR / "c.log", PAIR / "py.log", "--json", tmp_path / "e.json", "--", *flags)
    roots = json.loads((tmp_path / "e.json").read_text())["roots"]
    fluence = next(root for root in roots if root["quantity"] == "fluence_photons_per_m2")
    assert fluence["status"] == "INTRODUCED_PY"


@pytest.mark.slow
def test_the_selftest_scores_one_configuration(wide: Wide, tmp_path: Path) -> None:
    code, printed, _ = wide("selftest", "-c", "cubic_default", "--mistakes", "solid", "--json", tmp_path / "s.json")
    assert code == 0
    assert "right cause first" in printed
    document = json.loads((tmp_path / "s.json").read_text())
    assert document["scores"]["detected"]["changing_the_pixel"] == 1.0
    assert not any(item["alarms"] for item in document["clean"])


def test_the_selftest_names_the_configurations_it_has(wide: Wide) -> None:
    code, _, complaint = wide("selftest", "-c", "no_such")
    assert code == 2
    assert "cubic_default" in complaint


def test_a_configuration_brings_runs_of_the_simulator(wide: Wide, tmp_path: Path) -> None:
    report = tmp_path / "e.json"
    code, printed, _ = wide("explain", PAIR / "c.log", PAIR / "py.log", "--config", "supervisor", "--json", report)
    assert code == 1
    assert "C = simulator (c-parity) to" in printed
    assert "Py = simulator (c-parity) with a fresh rotation" in printed
    assert "no trace in this pixel: cell_c_star_z" in printed
    document = json.loads(report.read_text())
    runs = document["simulator"]
    assert runs["refused"] is None
    assert runs["pixel"] == {"slow": 685, "fast": 1039}
    assert runs["sides"]["c"]["reproduced"] == runs["sides"]["c"]["values"] > 100
    assert {change["change"] for change in runs["sides"]["py"]["changes"]} == {"stale_phi_rotation", "fluence"}
    assert all(item["only_in_log"] for item in runs["sides"]["py"]["not_reproduced"])
    confirmed = {root["quantity"]: root["simulator"] for root in document["roots"] if root["simulator"]}
    assert confirmed.keys() == {"fluence_photons_per_m2", "rot_a_angstroms"}
    assert confirmed["rot_a_angstroms"]["change"] == "stale_phi_rotation"


def test_without_a_configuration_nothing_is_run(wide: Wide, tmp_path: Path) -> None:
    report = tmp_path / "e.json"
    code, printed, _ = wide("explain", PAIR / "c.log", PAIR / "py.log", "--json", report)
    assert code == 1
    assert "simulator" not in printed
    assert json.loads(report.read_text())["simulator"] is None


def test_a_list_of_reflections_that_is_not_there_is_an_error(wide: Wide, tmp_path: Path) -> None:
    flags = ["-cell", "60", "70", "80", "90", "90", "90", "-hkl", "missing.hkl", "-N", "5", "-detpixels", "1100"]
    code, printed, complaint = wide("explain", PAIR / "c.log", PAIR / "py.log", "--", *flags)
    assert (code, printed, complaint) == (3, "", "nbtrace: -hkl missing.hkl: there is no such file\n")


def test_a_number_of_cells_that_no_banner_tells_is_one_root_of_all_factors(wide: Wide, tmp_path: Path) -> None:
    flags = "-cell 60 70 80 80 95 105 -default_F 100 -lambda 1.1 -distance 90 -detpixels 80 -pixel 0.8 -oversample 1"
    for side, cells in (("c", "8"), ("py", "9")):
        given = (*flags.split(), *["-phi", "10", "-osc", "1", "-phisteps", "4", "-N"], cells)
        wide("harness", "--pixel", "50", "42", "--output", tmp_path / side / "ours.log", "--", *given)
    c, py = ((tmp_path / side / "ours.log").read_text() for side in ("c", "py"))
    assert "9x9x9" in py
    (tmp_path / "c.log").write_text(c.replace("TRACE_PY", "TRACE_C"))
    (tmp_path / "py.log").write_text(py.replace("9x9x9", "8x8x8"))
    code, _, _ = wide("explain", tmp_path / "c.log", tmp_path / "py.log", "--json", tmp_path / "e.json")
    (root,) = json.loads((tmp_path / "e.json").read_text())["roots"]
    assert (code, root["causes"][0]["text"]) == (1, "9x9x9 cells instead of 8x8x8")
    assert {"F_latt_a", "phi_F_latt_b", "phi_F_latt"} <= set(root["quantities"])
    assert root["explains_final_ratio"] == pytest.approx(1, rel=1e-9)


def test_cells_that_are_those_of_the_configuration_are_not_tried_as_a_cause(wide: Wide, tmp_path: Path) -> None:
    flags = "-cell 60 70 80 80 95 105 -default_F 100 -lambda 1.1 -distance 90 -detpixels 80 -pixel 0.8 -oversample 1"
    given = f"{flags} -phi 10 -osc 1 -phisteps 4 -N 8 -dispersion 1 -dispsteps 3".split()
    wide("harness", "--pixel", "50", "42", "--output", tmp_path / "ours.log", "--", *given)
    py = (tmp_path / "ours.log").read_text()
    (tmp_path / "c.log").write_text(py.replace("TRACE_PY", "TRACE_C"))
    wrong = re.sub(r"(phi_tic=2 .* F_latt=)(\S+)", lambda step: f"{step[1]}{float(step[2]) * 1.01:.15g}", py)
    assert wrong != py
    (tmp_path / "py.log").write_text(wrong)
    wide("explain", tmp_path / "c.log", tmp_path / "py.log", "--json", tmp_path / "e.json")
    (root,) = json.loads((tmp_path / "e.json").read_text())["roots"]
    assert (root["quantity"], root["candidates_tried"] < MOST_CELLS) == ("phi_F_latt", True)

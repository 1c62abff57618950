import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_the_first_line_answers(nb: "Run", supervisor: Path) -> None:
    ended = nb("scaling", supervisor / "c.log", supervisor / "py.log", "--all")
    assert ended.code == 1
    words = " ".join(ended.out.split())
    assert words.startswith("DIFFER first divergence I_before_scaling -1.464")
    assert "fluence_photons_per_m2 explains 101.37 % of the final log-ratio" in words
    assert "sin(πNh)/sin(πh)" in words


def test_the_document_has_the_factors_and_the_first_divergence(nb: "Run", supervisor: Path) -> None:
    ended = nb("scaling", supervisor / "py.log", supervisor / "c.log", "--json", "-")
    document = json.loads(ended.out)
    assert document["first_divergence"] == "I_before_scaling"
    assert len(document["factors"]) == 9


def test_cells_are_taken_from_the_option(nb: "Run", supervisor: Path) -> None:
    ended = nb("scaling", supervisor / "c.log", supervisor / "py.log", "--cells", "5", "6", "7", "--json", "-")
    lattice = json.loads(ended.out)["lattice"]
    for side in ("c", "py"):
        assert [(item["cells"], item["cells_from"]) for item in lattice[side]] == [(n, "given") for n in (5, 6, 7)]


def test_a_tolerance_is_taken_and_shown_with_its_origin(nb: "Run", supervisor: Path) -> None:
    loose = ("-t", "1e9")
    ended = nb("scaling", supervisor / "c.log", supervisor / "py.log", *loose)
    assert ended.code == 0
    assert "all 9 quantities of the chain agree" in ended.out
    assert "[override: --tolerance 1e9]" in ended.out


def test_agreement_gives_no_share(nb: "Run", supervisor: Path) -> None:
    ended = nb("scaling", supervisor / "c.log", supervisor / "c.log")
    assert ended.code == 0
    assert "the pixels agree, there is no share to give" in " ".join(ended.out.split())


def test_a_bundle_of_the_result_verifies(nb: "Run", supervisor: Path) -> None:
    assert nb("scaling", supervisor / "c.log", supervisor / "py.log", "--bundle", "b").code == 1
    assert nb("bundle", "verify", "b").code == 0


def test_a_ratio_that_no_factor_carries_is_said(nb: "Run", tmp_path: Path) -> None:
    for name, tag, final in (("c.log", "TRACE_C", 2.5), ("py.log", "TRACE_PY", 5.0)):
        values = {
            "I_before_scaling": 2.5,
            "r_e_sqr": 1,
            "fluence_photons_per_m2": 1,
            "steps": 1,
            "I_pixel_final": final,
        }
        (tmp_path / name).write_text("".join(f"{tag}: {key} {value}\n" for key, value in values.items()))
    words = " ".join(nb("scaling", "c.log", "py.log").out.split())
    assert "the factors of Py do not multiply to its own pixel" in words
    assert "the factors leave 100.00 % of it unexplained" in words
    (tmp_path / "half.log").write_text("TRACE_PY: I_pixel_final 5.0\n")
    words = " ".join(nb("scaling", "c.log", "half.log").out.split())
    assert "Py: not logged: I_before_scaling, r_e_sqr, fluence_photons_per_m2, steps" in words

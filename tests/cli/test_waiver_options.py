"""Waivers through the commands: what is shown, counted, filed, and how it ends."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.places import PAIRS

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROTATION = PAIRS / "supervisor__685_1039"
C, FRESH = ROTATION / "c.log", ROTATION / "c_roi_fresh.log"
ROOTS = '"rot_a_angstroms", "rot_b_angstroms", "rot_c_angstroms"'


def waiver(quantity: str, bound: str = "2e-3", more: str = "", expiry: str = "2199-12-31") -> str:
    return (
        f'[[waiver]]\nquantity = [{quantity}]\nbound = {bound}\nreason = "stale rotation"\nowner = "jan"\n'
        f"expiry = {expiry}\n{more}\n"
    )


@pytest.mark.parametrize(
    ("text", "code", "word", "outcome"),
    [
        (waiver(ROOTS), 0, "WAIVED", "WAIVED"),
        (waiver(ROOTS, more='side = "py"'), 1, "DIFFER", "EXCEEDED"),
        (waiver('"rot_a_angstroms", "rot_b_angstroms"'), 1, "DIFFER", "WAIVED"),
        (waiver(ROOTS + ', "lambda_angstroms"'), 1, "DIFFER", "XPASS"),
        (waiver(ROOTS + ', "rot_a_angstrom"'), 1, "DIFFER", "UNUSED"),
    ],
)
def test_diff_with_waivers(nb: "Run", tmp_path: Path, text: str, code: int, word: str, outcome: str) -> None:
    (tmp_path / "waivers.toml").write_text(text)
    ended = nb("diff", C, FRESH, "--json", "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    assert ended.code == code
    assert ended.out.split()[0] == word
    assert outcome in {item["outcome"] for item in document["waivers"]["waivers"]}
    assert document["verdict"] == "differ"
    assert document["waivers"]["passes"] is (code == 0)
    if outcome == "WAIVED":
        assert "waived;" in ended.out


def test_a_value_that_goes_wrong_further_down_is_not_hidden(nb: "Run", tmp_path: Path) -> None:
    """A second mistake, in a quantity that depends on what is waived, breaks its own formula and fails."""
    (tmp_path / "waivers.toml").write_text(waiver(ROOTS))
    lines = FRESH.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if "TRACE_C: F_latt_a " in line)
    key, value = lines[place].rsplit(" ", 1)
    lines[place] = f"{key} {float(value) * 1.5!r}"
    (tmp_path / "second.log").write_text("\n".join(lines) + "\n")
    ended = nb("diff", C, "second.log")
    assert ended.code == 1
    assert "not waived" in ended.out


def test_a_log_that_stops_is_not_hidden(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(waiver(ROOTS))
    text = FRESH.read_text()
    (tmp_path / "cut.log").write_text(text[: text.index("I_pixel_final")])
    assert nb("diff", C, "cut.log").code == 1


def test_a_waiver_of_another_case_is_told_and_neither_used_nor_unused(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(waiver(ROOTS, more='case = "other"'))
    assert nb("diff", C, FRESH).code == 1
    assert nb("diff", C, C).code == 0
    assert nb("diff", C, FRESH, "--case", "other").code == 0


def test_what_another_command_compares_is_neither_used_nor_unused(nb: "Run", tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).random((8, 9)) + 1
    for name, factor in (("c.npy", 1.0), ("py.npy", 1 + 1e-4)):
        np.save(tmp_path / name, pixels * factor)
    gates = waiver('"scale", "sum ratio", "worst pixels"', "1.1e-4", expiry="2020-01-31")
    (tmp_path / "waivers.toml").write_text(waiver(ROOTS) + gates)
    assert nb("diff", C, FRESH).code == 0
    assert nb(C, FRESH).code == 0
    assert nb("images", "c.npy", "py.npy").code == 1
    (tmp_path / "waivers.toml").write_text(waiver(ROOTS) + gates.replace("2020", "2199"))
    assert nb("images", "c.npy", "py.npy").code == 0
    (tmp_path / "waivers.toml").write_text(waiver('"scael"') + gates.replace("2020", "2199"))
    ended = nb("images", "c.npy", "py.npy")
    assert (ended.code, "scael UNUSED" in " ".join(ended.out.split())) == (1, True)


def test_two_inputs_take_waivers_too(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(waiver(ROOTS, more='side = "c"'))
    ended = nb(C, FRESH, "--waivers", "own.toml")
    assert (ended.code, ended.out.split()[0]) == (0, "WAIVED")


def test_images_with_waivers(nb: "Run", tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).random((20, 30)) + 1
    np.save(tmp_path / "c.npy", pixels)
    np.save(tmp_path / "py.npy", pixels * (1 + 1e-4))
    own = waiver('"scale", "sum ratio", "worst pixels"', "1.1e-4", 'case = "c.npy py.npy"')
    (tmp_path / "waivers.toml").write_text(own)
    assert nb("images", "c.npy", "py.npy").code == 0
    np.save(tmp_path / "py.npy", pixels * (1 + 2e-4))
    ended = nb("images", "c.npy", "py.npy")
    assert ended.code == 1
    assert "EXCEEDED" in ended.out


def test_what_ci_reads_of_a_waived_result(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(waiver(ROOTS))
    nb("diff", C, FRESH, "--bundle", "evidence")
    sarif = json.loads(nb("report", "evidence", "--format", "sarif").out)
    results = sarif["runs"][0]["results"]
    assert results
    assert all(item["suppressions"][0]["kind"] == "external" for item in results)
    assert all(item["suppressions"][0]["status"] == "accepted" for item in results)
    assert "stale rotation (jan, until 2199-12-31)" in {item["suppressions"][0]["justification"] for item in results}
    junit = nb("report", "evidence", "--format", "junit").out
    assert 'failures="0"' in junit.splitlines()[1]
    assert '<skipped message="waived: stale rotation' in junit
    assert "::error" not in nb("report", "evidence", "--format", "github").out


def test_ci_fails_for_a_waiver_that_must_go(nb: "Run", tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(waiver(ROOTS))
    ended = nb("diff", C, C, "--bundle", "evidence")
    assert (ended.code, ended.out.split()[:2]) == (1, ["WAIVER", "FAILS"])
    assert "::error" in nb("report", "evidence", "--format", "github").out
    results = json.loads(nb("report", "evidence", "--format", "sarif").out)["runs"][0]["results"]
    assert [item["ruleId"] for item in results] == ["waiver"] * 3


def test_a_case_without_waivers_is_refused(nb: "Run") -> None:
    ended = nb("diff", C, C, "--case", "one")
    assert ended.code == 2
    assert ended.err.count("\n") == 1

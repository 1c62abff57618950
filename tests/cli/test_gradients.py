"""`nbtrace gradients` as it is typed: what it prints, writes, and how it ends."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run

WORDS = "-- -cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8"
FLAGS = WORDS.split()
FLUENCE = ("gradients", "--pixel", "3", "5", "--parameter", "fluence")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("NB_C_BIN", "NB_PY_BIN"):
        monkeypatch.delenv(name, raising=False)


def port(folder: Path, slope: str) -> str:
    """Write a function with a derivative of ours, which says the value of the simulator."""
    (folder / "port.py").write_text(f"def pixel(parameters, flags, region):\n    return {slope}\n")
    return "port:pixel"


def test_the_simulator_agrees_with_itself_and_another_derivative_does_not(nb: Run, tmp_path: Path) -> None:
    ended = nb(*FLUENCE, "--json", "own.json", *FLAGS)
    assert ended.code == 0
    assert ended.out.startswith("AGREE  1 of 1 derivatives of pixel slow 3 fast 5 agree, to ")
    own = json.loads((tmp_path / "own.json").read_text())
    assert own["parameters"]["fluence"]["c"]["kind"] == "finite differences"
    value, slope = own["value"]["py"], own["parameters"]["fluence"]["py"]["value"]
    scaled = f"({value!r} * parameters['fluence'] / {own['parameters']['fluence']['at']!r}, {{'fluence': {-slope!r}}})"
    ended = nb(*FLUENCE, "--cand", port(tmp_path, scaled), "--bundle", "evidence", "--names", "ref", "port", *FLAGS)
    assert ended.code == 1
    assert ended.out.startswith("DIFFER  ∂/∂fluence per m⁻²: port -")
    said = " ".join(ended.out.split())
    assert "ratio -1 (the other sign; its own values have the right one: autograd loses it)" in said
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    document = json.loads((tmp_path / "evidence" / "gradients.json").read_text())
    assert document["names"] == {"c": "ref", "py": "port"}
    junit = nb("report", "evidence", "--format", "junit").out
    assert re.search(r'name="fluence"[^/]*>\s*<failure', junit)
    assert re.search(r'name="value"[^>]*/>', junit)
    assert nb("report", "evidence").code == 0
    assert "the other sign" in (tmp_path / "evidence" / "report.html").read_text()


def test_what_cannot_be_compared_is_no_agreement(nb: Run) -> None:
    ended = nb("gradients", "--pixel", "3", "5", "--parameter", "mosaic_spread", *FLAGS)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.endswith(
        "no derivative of pixel slow 3 fast 5 could be compared: mosaic_spread: the flags have no mosaic spread\n"
    )


def test_a_function_that_fails_is_one_line_and_exit_5(nb: Run, tmp_path: Path) -> None:
    ended = nb(*FLUENCE, "--cand", port(tmp_path, "1 / 0"), *FLAGS)
    assert (ended.code, ended.out) == (5, "")
    assert ended.err == "nbtrace: port:pixel failed: ZeroDivisionError: division by zero\n"


def test_flags_are_needed(nb: Run) -> None:
    ended = nb("gradients")
    assert (ended.code, ended.out) == (2, "")
    assert "nbtrace gradients -- -cell" in ended.err

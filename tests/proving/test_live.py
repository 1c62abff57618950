"""Defects of the reference proven inside it: set NB_RUN_PARALLEL=1, and NB_C_BIN to a build with debug information."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import nb  # noqa: F401 - a fixture
from tests.proving.meter import needs_gdb

if TYPE_CHECKING:
    from tests.cli.conftest import Run

pytestmark = [
    pytest.mark.live,
    needs_gdb,
    pytest.mark.skipif(
        os.environ.get("NB_RUN_PARALLEL") != "1" or "NB_C_BIN" not in os.environ,
        reason="needs a reference binary: set NB_RUN_PARALLEL=1 and NB_C_BIN",
    ),
]

SMALL = (
    "-cell 100 100 100 90 90 90 -misset 10 20 30 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 16 -pixel 0.1 "
    "-nonoise -floatfile f.bin"
)


@pytest.mark.parametrize(
    ("flags", "defect", "written"),
    [
        ("-oversample 1 -phi 0 -osc 5 -phisteps 4", "stale_phi_rotation", 3),
        ("-oversample 2 -phi 0 -osc 5 -phisteps 4", "stale_phi_rotation", 12),
        (
            "-oversample 1 -phi 0 -osc 5 -phisteps 4 -hdivrange 2 -hdivsteps 3 -vdivrange 2 -vdivsteps 2",
            "stale_phi_rotation",
            18,
        ),
        ("-phi 1 -osc 5 -phisteps 3 -oversample 2 -oversample_polar", "running_products", 1),
        ("-oversample 2 -oversample_omega", "running_products", 1),
    ],
)
def test_a_known_defect_is_confirmed_to_the_last_bit(
    nb: "Run",  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    flags: str,
    defect: str,
    written: int,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # what is stale depends on it
    program, line = os.environ["NB_C_BIN"], [*SMALL.split(), *flags.split()]
    captured = nb("capture", "--pixel", "10", "11", "-o", "c.log", "--", program, *line)
    if captured.code == 7:
        pytest.skip(f"NB_C_BIN cannot be captured from: {captured.err}")
    assert captured.code == 0, captured
    mode = f"c-parity,-{defect}"
    assert nb("harness", "--pixel", "10", "11", "--mode", mode, "-o", "py.log", "--", *line).code == 0
    ended = nb("explain", "c.log", "py.log", "--prove", program, "--json", "e.json", "--", *line)
    proof = json.loads((tmp_path / "e.json").read_text())["reference_proof"]
    assert (ended.code, proof["outcome"], proof["match"], proof["others_moved"]) == (1, "confirmed", "bits", 0)
    assert sum(value["times"] for value in proof["values"]) == written


def test_a_wavelength_and_a_stale_rotation_are_proven_by_a_flag_and_a_value_together(
    nb: "Run",  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    program, line = os.environ["NB_C_BIN"], f"{SMALL} -oversample 1 -phi 0 -osc 5 -phisteps 4".split()
    other = ["1.1" if line[at - 1] == "-lambda" else word for at, word in enumerate(line)]
    captured = nb("capture", "--pixel", "10", "11", "-o", "c.log", "--", program, *line)
    if captured.code == 7:
        pytest.skip(f"NB_C_BIN cannot be captured from: {captured.err}")
    mode = "c-parity,-stale_phi_rotation"
    assert nb("harness", "--pixel", "10", "11", "--mode", mode, "-o", "py.log", "--", *other).code == 0
    ended = nb("explain", "c.log", "py.log", "--prove", program, "--json", "e.json", "--", *line)
    document = json.loads((tmp_path / "e.json").read_text())
    together = document["reference_proof_together"]
    assert (ended.code, together["outcome"], together["match"]) == (1, "confirmed", "bits")
    assert together["flags"] == [{"before": "-lambda 1", "after": "-lambda 1.1"}]
    assert together["changed_command"][-2:] == ["-lambda", "1.1"]
    assert sum(value["times"] for value in together["values"]) == 3
    assert {root["reference_proof"]["outcome"] for root in document["roots"] if root["reference_proof"]} == {"partly"}

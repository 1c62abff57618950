"""A real reference captured from: set NB_RUN_PARALLEL=1, and NB_C_BIN to a build with debug information by its source.

For any other build NB_C_BUILD may hold a command for a twin of it, as `nbtrace capture --build` takes it.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulator.defects import mode_name
from tests.cli.conftest import nb  # noqa: F401 - a fixture
from tests.live import reference
from tests.proving.meter import needs_gdb

if TYPE_CHECKING:
    from tests.cli.conftest import Run

pytestmark = [
    pytest.mark.live,
    needs_gdb,
    pytest.mark.skipif(
        not reference.is_asked_for(), reason="needs a reference binary: set NB_RUN_PARALLEL=1 and NB_C_BIN"
    ),
]

SMALL = (
    "-cell 100 100 100 90 90 90 -misset 10 20 30 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 16 -pixel 0.1 "
    "-floatfile f.bin"
)


@pytest.mark.parametrize(
    "flags",
    [
        "-nonoise -oversample 1 -phi 0 -osc 5 -phisteps 4",
        "-oversample 2 -phi 10 -osc 1 -phisteps 2 -twotheta 5",
        "-oversample 1 -hdivrange 2 -hdivsteps 3 -dispersion 1 -dispsteps 2",
        "-oversample 1 -mosaic_spread 0.5 -mosaic_domains 3 -round_xtal -water 5",
        "-curved_det -oversample 1 -detector_abs 500 -detector_thick 450 -detector_thicksteps 3 -nopolar",
    ],
)
def test_a_pixel_is_captured_with_the_image_of_a_plain_run_and_the_values_of_the_simulator(
    nb: "Run",  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    flags: str,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # what is stale depends on it
    program, line = str(Path(os.environ[reference.BINARY]).resolve()), [*SMALL.split(), *flags.split()]
    build = ["--build", os.environ[reference.BUILD]] if reference.BUILD in os.environ else []
    captured = nb("capture", "--pixel", "10", "11", *build, "-o", "c.log", "--json", "c.json", "--", program, *line)
    if captured.code == 7:
        pytest.skip(f"{reference.BINARY} cannot be captured from: {captured.err}")
    assert captured.code == 0, captured
    document = json.loads((tmp_path / "c.json").read_text())
    image = document["certificate"]["image"]
    assert image["captured"] == image["in_image"] > 0
    assert {item["state"] for item in document["certificate"]["outputs"]} <= {"same", "unstable"}
    plain = tmp_path / "plain"
    plain.mkdir()
    subprocess.run([program, *line], cwd=plain, check=True, capture_output=True)
    assert (plain / "f.bin").read_bytes() == (tmp_path / "c_output" / "f.bin").read_bytes()
    if "-curved_det" not in line:  # of which the geometry tells another pixel
        assert nb("check", "c.log").code == 0
    mode = mode_name(reference.defects(tmp_path))
    assert nb("harness", "--pixel", "10", "11", "--mode", mode, "-o", "py.log", "--", *line).code == 0
    held = nb("diff", "c.log", "py.log", "--json", "d.json")
    assert held.code == 0, held.out
    assert json.loads((tmp_path / "d.json").read_text())["coverage"]["compared"] > 30

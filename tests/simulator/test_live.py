"""The recorded cases again, run by a reference binary: set NB_RUN_PARALLEL=1 and NB_C_BIN."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from simulator.defects import mode_name
from simulator.run import simulate
from tests.live import reference
from tests.simulator.golden import INPUTS, cases

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        os.environ.get("NB_RUN_PARALLEL") != "1" or "NB_C_BIN" not in os.environ,
        reason="needs a reference binary: set NB_RUN_PARALLEL=1 and NB_C_BIN",
    ),
]


@pytest.fixture(scope="module")
def mode(tmp_path_factory: pytest.TempPathFactory) -> str:
    return mode_name(reference.defects(tmp_path_factory.mktemp("probe")))


@pytest.mark.parametrize("name", sorted(cases()))
def test_image_is_the_binarys(name: str, mode: str, tmp_path: Path) -> None:
    case = cases()[name]
    image = simulate(case.model(tmp_path, "-mode", mode))
    command = [str(Path(os.environ["NB_C_BIN"]).resolve()), *case.arguments, "-floatfile", "c.bin"]
    subprocess.run(command, cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True, capture_output=True)
    expected = np.fromfile(tmp_path / "c.bin", dtype=np.float32).reshape(case.shape)
    visible = np.abs(expected) > 1e-12 * np.abs(expected).max()
    np.testing.assert_allclose(image[visible], expected[visible], rtol=1e-6, atol=0.0)
    assert set(INPUTS) >= {path.name for path in tmp_path.glob("*.hkl")}

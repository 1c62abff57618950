"""A reference binary is run as it is typed: set NB_RUN_PARALLEL=1 and NB_C_BIN."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from nbtrace.errors import ProgramError
from nbtrace.programs.command import flag_line
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.programs import find_reference
from nbtrace.programs.trust import Stability, TrustPlan, trust

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        os.environ.get("NB_RUN_PARALLEL") != "1" or "NB_C_BIN" not in os.environ,
        reason="needs a reference binary: set NB_RUN_PARALLEL=1 and NB_C_BIN",
    ),
]

FLAGS = "-cell 40 50 60 90 90 90 -default_F 100 -N 4 -lambda 1 -distance 60 -detpixels 16 -pixel 2 -oversample 1"


def source_of(more: str) -> ProgramSource:
    return ProgramSource(find_reference(None), flag_line(f"{FLAGS} {more}".split(), lenient=True))


@pytest.mark.parametrize(
    "last",
    [
        "-misset 10 20 30 -curved_det",
        "-misset 10 20 30 -misset_seed 99",
        "-misset_seed 99",
        "-misset_seed 99 5",
        "-misset 10 20 30 -roi 2 9 3 8",
        "-misset 10 20 30 -trace_pixel 3 4",
        "-phisteps 3 -osc",
        "-cell 50 60 70 80",
        "-twotheta_axis 0 1 0",
        "-misset_seed 3 -misset random",
    ],
)
def test_the_image_is_that_of_the_words_alone(last: str, tmp_path: Path) -> None:
    source = source_of(last)
    command = [*source.program.words, *FLAGS.split(), *last.split()]
    subprocess.run(command, cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True, capture_output=True)
    expected = np.fromfile(tmp_path / "floatimage.bin", np.float32).reshape(16, 16)
    np.testing.assert_array_equal(source.run().image.pixels, expected)
    traced = source.run(("-trace_pixel", "5", "6"))
    np.testing.assert_array_equal(traced.image.pixels, expected)
    if "TRACE_CONFIG" in traced.stdout:
        assert "(spixel=5, fpixel=6)" in traced.stdout
    inside = np.zeros((16, 16), bool)
    inside[4:6, 3:5] = True
    regional = source.run(("-roi", "3", "4", "4", "5")).image.pixels
    assert not regional[~inside].any()
    assert regional[inside].all()


@pytest.mark.parametrize("last", ["-detector_abs", "-detector_thick", "-detector_thicksteps", "-thicksteps"])
def test_a_last_word_that_crashes_it_crashes_it(last: str) -> None:
    with pytest.raises(ProgramError, match=f"killed by SIGSEGV, .* crashes at {last} in last place"):
        source_of(last).run()


@pytest.mark.parametrize(
    ("flags", "stability"),
    [
        ("-misset random", Stability.UNSTABLE),
        ("-seed 7 -misset random", Stability.UNSTABLE),
        ("-misset_seed 7 -misset random", Stability.STABLE),
    ],
)
def test_only_the_seed_of_the_orientation_keeps_the_clock_out(flags: str, stability: Stability) -> None:
    found = trust(source_of(flags), TrustPlan(repeat=2, threads=(1,), traces=False))
    assert found.stability is stability
    assert found.source.line.seeded_by_clock is (stability is Stability.UNSTABLE)

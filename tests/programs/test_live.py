"""A reference binary is run as it is typed, traced and trusted: set NB_RUN_PARALLEL=1 and NB_C_BIN.

One that prints no trace is captured from, if it has debug information, or NB_C_BUILD a command for a twin of it.
"""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nbtrace.cli.trace_capture_options import shipped_probes
from nbtrace.embedded.choice import Choice
from nbtrace.embedded.embedded_source import EmbeddedSource
from nbtrace.errors import ProgramError
from nbtrace.programs.command import flag_line
from nbtrace.programs.comparison import Plan, compare
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.programs import find_reference
from nbtrace.programs.trace_capture import TraceCapture
from nbtrace.programs.trust import Stability, TrustPlan, trust
from nbtrace.verdicts.status import Verdict
from simulator.defects import Defect, mode_name
from tests.live.reference import BUILD, defects

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


def traced_source_of(more: str, work: Path) -> ProgramSource:
    """Return the binary as a side whose values are captured if it prints no trace."""
    source = source_of(more)
    return replace(source, capture=TraceCapture(source.program, shipped_probes, work, os.environ.get(BUILD)))


def need_traces(reasons: Iterable[str]) -> None:
    """Skip a test where the binary can neither print a trace nor be captured from."""
    for reason in reasons:
        if "no values are captured" in reason:
            pytest.skip(f"NB_C_BIN cannot be traced: {reason}")


TURNED = "-misset 10 20 30 -phi 0 -osc 5 -phisteps 4"


def test_a_reference_is_compared_with_the_simulator_image_and_traces(tmp_path: Path) -> None:
    reference = traced_source_of(TURNED, tmp_path)
    known = defects(tmp_path)
    for defective, verdict in ((known, Verdict.AGREE), (known - {Defect.STALE_PHI_ROTATION}, Verdict.DIFFER)):
        candidate = EmbeddedSource(reference.line, Choice(mode_name(defective), "cpu", "float64"), 1)
        found = compare(reference, candidate, reference.line, Plan(pixels=((3, 4),)))
        need_traces(found.untraced)
        assert found.verdict is verdict
        assert found.untraced == ()
        assert {probe.diff.verdict for probe in found.probes if probe.diff is not None} == {verdict}
        assert all(probe.diff.coverage.compared > 30 for probe in found.probes if probe.diff is not None)
        first = None if found.first_divergence is None else found.first_divergence[1]
        assert first == (None if verdict is Verdict.AGREE else "rot_a_angstroms")


def test_what_is_stale_depends_on_the_region_and_the_traces_show_it(tmp_path: Path) -> None:
    found = trust(traced_source_of(TURNED, tmp_path), TrustPlan(repeat=2, threads=(1,)))
    need_traces(trial.reason for trial in found.trials)
    assert found.stability is Stability.UNSTABLE
    again, alone, *_ = found.trials
    assert (again.knob.name, again.moves, again.reason) == ("run 2", False, "")
    assert again.compared > 30
    assert alone.knob.regional
    assert {"rot_a_angstroms", "rot_b_angstroms", "rot_c_angstroms"} <= {item.quantity for item in alone.moved}

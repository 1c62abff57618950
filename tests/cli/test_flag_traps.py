"""What `nbtrace lint` says stands on standard error of the commands that run something with the flags."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.programs.conftest import FLAGS

IDLE = "-pivot sample has no effect: under the MOSFLM convention the pivot is always the beam"


@pytest.fixture
def flags() -> list[str]:
    return [*FLAGS.split(), "-twotheta", "10", "-pivot", "sample"]


def test_simulate_says_it_and_prints_what_the_reference_prints(nb: Run, flags: list[str]) -> None:
    ended = nb("simulate", "--", *flags)
    without = nb("simulate", "--", *flags[:-2])
    assert (ended.code, ended.out) == (without.code, without.out)
    assert ended.err == f"simulator: warning: {IDLE}\n"
    assert without.err == ""


def test_harness_says_it(nb: Run, flags: list[str]) -> None:
    ended = nb("harness", "--pixel", "2", "3", "--output", "t.log", "--", *flags)
    assert ended.code == 0
    assert f"warning: {IDLE}\n" in ended.err
    assert ended.err.count("warning") == 1
    spec = nb(
        "harness", "--pixel", "2", "3", "--mode", "spec", "--output", "s.log", "--", *FLAGS.split(), "-water", "3"
    )
    assert "warning" not in spec.err


@pytest.mark.slow
def test_trust_and_compare_say_it(nb: Run, ref: Path, flags: list[str]) -> None:
    for command in (("trust", "--repeat", "2", "--threads", "1"), ("compare", "--no-trace")):
        ended = nb(*command, "--ref", ref, "--", *flags)
        assert f"warning: {IDLE}\n" in ended.err
        assert "warning" not in nb(*command, "--ref", ref, "--", *FLAGS.split()).err

"""No input breaks anything: what cannot be used is an error of nbtrace's own, and soon; AGREE is never false."""

from pathlib import Path

import pytest

from tests.fuzz.campaign import Extent, Target, campaign
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.slow  # random input for every reader


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_input_breaks(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    extent = Extent.of_environment(target.share / sum(other.share for other in TARGETS))
    folder = tmp_path / "work"
    folder.mkdir()
    if extent.seconds is not None:
        print(f"\n{target.name}: {extent.seconds:.0f} s from input {extent.first}", flush=True)  # noqa: T201
    outcome = campaign(target, extent, folder)
    print(outcome.line(target, extent))  # noqa: T201 - what a long run came to; pytest shows it with -s
    assert outcome.inputs > 0
    if outcome.faults:
        pytest.fail("\n".join(map(str, outcome.faults)), pytrace=False)
    if extent.seconds is None:
        assert outcome.held >= target.least * outcome.inputs

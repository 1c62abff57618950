"""The harness itself: it finds what is planted, tells where, and makes the same inputs again."""

import re
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.campaign import Extent, Sample, Target, TooSlowError, attempted, campaign, sample_of
from tests.fuzz.mutate import MOST_BYTES, mutated
from tests.fuzz.targets import TARGETS


def _ten_lines(chance: Random) -> Sample:
    return {"log": "".join(f"line {chance.randrange(40)}\n" for _ in range(10)).encode()}


def _dislikes_seven(sample: Sample, _: Path) -> bool:
    if b"line 7\n" in sample["log"]:
        raise KeyError("seven")
    return True


def _fine(_: Sample, folder: Path) -> bool:
    assert folder.is_dir()
    return True


def _endless(_: Sample, folder: Path) -> bool:
    while True:
        folder.exists()


def test_a_fault_is_found_once_shortened_and_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBTRACE_FUZZ_FOLDER", str(tmp_path / "found"))
    target = Target("planted", _ten_lines, _dislikes_seven, few=100)
    outcome = campaign(target, Extent(), tmp_path)
    (fault,) = outcome.faults
    assert outcome.inputs == 100
    assert 0 < outcome.held < 100
    assert (fault.folder / "log").read_bytes() == b"line 7\n"
    assert fault.folder.parent == tmp_path / "found"
    assert b"line 7\n" in sample_of(target, fault.number)["log"]
    assert "KeyError: 'seven'" in (fault.folder / "fault.txt").read_text()


def test_an_endless_input_is_ended(tmp_path: Path) -> None:
    target = Target("endless", _ten_lines, _endless, few=1)
    broken, held = attempted(target, {"log": b""}, tmp_path, 0.05)
    assert isinstance(broken, TooSlowError)
    assert not held


def test_a_long_run_goes_on_for_its_time_from_its_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBTRACE_FUZZ_SECONDS", "600")
    monkeypatch.setenv("NBTRACE_FUZZ_SEED", "77")
    extent = Extent.of_environment(0.5)
    assert (extent.seconds, extent.first, extent.each) == (300.0, 77, 1.0)
    target = Target("fine", _ten_lines, _fine, few=3)
    assert campaign(target, Extent(0.1, 77), tmp_path).inputs > 3
    assert campaign(target, Extent(600, 77, most=5), tmp_path).inputs == 5


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_an_input_is_made_again_by_its_number(target: Target) -> None:
    samples = [sample_of(target, number) for number in range(20)]
    assert samples == [sample_of(target, number) for number in range(20)]
    assert len({repr(sample) for sample in samples}) > 10
    assert all(re.fullmatch(r"[\w.]+", name) for sample in samples for name in sample)


def test_mutations_change_a_file_and_keep_it_small() -> None:
    log = b"TRACE_C: polar 0.5\nTRACE_C: F_cell 100\n" * 5
    results = [mutated(log, Random(seed), [log]) for seed in range(300)]  # noqa: S311 - no secret
    assert sum(result != log for result in results) > 250
    assert max(map(len, results)) <= MOST_BYTES

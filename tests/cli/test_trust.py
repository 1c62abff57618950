import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.programs.conftest import FLAGS


def test_noise_that_is_measured_is_a_floor_for_diff(
    nb: Run, ref: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "threads")
    ended = nb("trust", "--ref", ref, "--repeat", "1", "--threads", "1,2", "--json", "n.json", "--", *FLAGS.split())
    assert ended.code == 1
    assert ended.out.startswith("DIFFER  REF_UNSTABLE: 2 threads moves 1 pixel")
    (following,) = (line.strip() for line in ended.out.splitlines() if line.startswith("  nbtrace "))
    assert following.startswith("nbtrace compare --ref ")
    assert " --noise n.json -- " in following
    document = json.loads((tmp_path / "n.json").read_text())
    assert document["verdict"] == "REF_UNSTABLE"
    assert document["noise"]["pixels"] == [{"slow": 4, "fast": 0, "absolute": 0.5}]
    value = 1 + 32 % 7
    header = "# Tracing pixel: (slow=4, fast=0)\n"
    (tmp_path / "c.log").write_text(f"{header}TRACE_C: I_before_scaling {value}\nTRACE_C: I_pixel_final {value}\n")
    for change, code in ((0.5, 0), (0.75, 1)):
        text = f"{header}TRACE_PY: I_before_scaling {value}\nTRACE_PY: I_pixel_final {value + change}\n"
        (tmp_path / "py.log").write_text(text)
        compared = nb("diff", "c.log", "py.log", "--noise", "n.json", "--json", "-")
        assert compared.code == code
        factor = json.loads(compared.out)["factors"]["I_pixel_final"]
        assert factor["tolerance"] == pytest.approx(0.5 / value)
        assert factor["tolerance_origin"] == "n.json: C against itself, 2 threads"
    assert nb("diff", "c.log", "py.log").code == 1
    (tmp_path / "n.json").rename(tmp_path / "noise.txt")
    assert "noise.txt: C against itself was measured" in nb("diff", "c.log", "py.log", "--noise", "noise.txt").out


def test_a_stable_reference_is_exit_0(nb: Run, ref: Path) -> None:
    ended = nb("trust", "--repeat", "2", "--threads", "1,2", "--ref", ref, "--pixel", "4", "0", "--", *FLAGS.split())
    assert ended.code == 0
    assert ended.out.startswith("AGREE  REF_STABLE: 6 runs give the same bits")


WRONG: tuple[tuple[int, tuple[str, ...], str], ...] = (
    (2, (), "no flags"),
    (5, ("--ref", "nope", "--", *FLAGS.split()), "nope is not there"),
    (2, ("--repeat", "0", "--", *FLAGS.split()), "--repeat"),
    (2, ("--threads", "1,1", "--", *FLAGS.split()), "different numbers"),
    (2, ("--threads", "", "--", *FLAGS.split()), "--threads"),
    (2, ("--threads", "0", "--", *FLAGS.split()), "--threads"),
    (2, ("--pixel", "8", "8", "--", *FLAGS.split()), "is not on the detector of 8 x 8"),
    (2, ("--pixel", "0", "1", "--", *FLAGS.split(), "-roi", "2", "3", "4", "5"), "slow 4 to 5, fast 2 to 3"),
    (2, ("--timeout", "inf", "--", *FLAGS.split()), "--timeout"),
    (2, ("--json", "nanoBragg", "--", *FLAGS.split()), "exists"),
    (3, ("--", *FLAGS.split(), "-mat", "nope"), "-mat nope"),
)


@pytest.mark.parametrize(("code", "words", "said"), WRONG)
def test_a_wrong_call_is_one_line(nb: Run, ref: Path, code: int, words: tuple[str, ...], said: str) -> None:
    ended = nb("trust", *words)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_a_run_that_takes_too_long_is_ended(
    nb: Run, ref: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "hang")
    monkeypatch.setenv("CHILD", str(tmp_path / "child"))
    ended = nb("trust", "--ref", ref, "--timeout", "1", "--", *FLAGS.split())
    assert ended.code == 5
    assert "not done after 1 s and killed" in ended.err


def test_a_region_is_computed_alone_in_place_of_the_middle(nb: Run, ref: Path) -> None:
    base = ("trust", "--ref", ref, "--repeat", "1", "--threads", "1", "--no-trace", "--region")
    ended = nb(*base, "1", "2", "3", "5", "--json", "-", "--", *FLAGS.split())
    names = [item["knob"] for item in json.loads(ended.out)["knobs"]]
    assert "ROI of slow 1 to 2, fast 3 to 5" in names
    assert "ROI of the middle" not in names
    for region, said in ((("1", "2", "3", "8"), "is not computed"), (("0", "7", "0", "7"), "all that these flags")):
        refused = nb(*base, *region, "--", *FLAGS.split())
        assert (refused.code, refused.out) == (2, "")
        assert said in refused.err

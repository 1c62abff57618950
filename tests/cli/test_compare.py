import json
import sys
from pathlib import Path

import numpy as np
import pytest

from nbtrace.explanation.images.image_causes import ImageCauses
from tests.cli.conftest import Run
from tests.places import GOLDEN_SUITE
from tests.programs.conftest import FLAGS

pytestmark = pytest.mark.slow  # each case starts programs

CASE = GOLDEN_SUITE / "phi_zero_mosaic"
SMALL = "-cell 60 70 80 80 95 105 -default_F 100 -N 4 -lambda 1.1 -distance 60 -detpixels 8 -pixel 4 -oversample 1"


def test_recorded_output_needs_no_flags(nb: Run) -> None:
    ended = nb("compare", "--archived", CASE)
    assert ended.code == 0
    assert ended.out.startswith("AGREE  4096 pixels, correlation 1")
    assert "the traces of 1 pixel agree" in " ".join(ended.out.split())


def test_a_difference_is_found_explained_and_filed(nb: Run, tmp_path: Path) -> None:
    ended = nb("compare", "--archived", CASE, "--mode", "spec", "--outdir", "out", "--bundle", "b", "--json", "s.json")
    assert ended.code == 1
    assert "the rotation of phi_tic 2" in ended.out.replace("\n", " ")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary == json.loads((tmp_path / "s.json").read_text())
    assert summary["first_divergence"] == "rot_a_angstroms"
    assert (summary["png_scale_method"], summary["png_scale_percentile"]) == ("percentile", 99.5)
    assert summary["traces"][1]["explanation"]["roots"][0]["quantity"] == "rot_a_angstroms"
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"images.npz", "images.png", "report.md", "trace_c_3_47.log", "trace_py_3_47.log"} <= names
    with np.load(tmp_path / "out" / "images.npz") as arrays, np.load(CASE / "image.npz") as recorded:
        np.testing.assert_array_equal(arrays["c"], recorded[recorded.files[0]])
    assert nb("bundle", "verify", "b").code == 0
    assert nb("diff", "out/trace_c_3_47.log", "out/trace_py_3_47.log", "--brief").code == 1
    assert nb("compare", "--archived", CASE, "--outdir", "out").code == 2
    assert summary["provenance"]["reference_binary"] is None
    assert [summary["runs"][side]["engine"] for side in ("c", "py")] == [None, "eager"]


def test_two_programs_are_compared_and_their_runs_counted(nb: Run, ref: Path, tmp_path: Path) -> None:
    ended = nb("compare", "--ref", ref, "--cand", f"'{sys.executable}' '{ref}'", "--repeat", "2", "--json", "s.json",
               "--", *FLAGS.split())  # fmt: skip
    assert ended.code == 0
    summary = json.loads((tmp_path / "s.json").read_text())
    for side in ("c", "py"):
        assert len(summary["runs"][side]["milliseconds"]) == 2
        assert summary["runs"][side]["bit_identical"] is True
    assert summary["speedup"] == pytest.approx(summary["runtime_c_ms"] / summary["runtime_py_ms"])
    assert summary["runs"]["py"]["command"][:2] == [sys.executable, str(ref)]
    assert summary["provenance"]["reference_binary"]["sha256"] == summary["c_binary_sha256"]
    assert summary["traces"][0]["compared"] == 2


def test_a_second_command_is_the_candidate(process: Run, tmp_path: Path) -> None:
    words = ("compare", "--archived", GOLDEN_SUITE / "roi", "--no-trace", "--json", "s.json")
    ended = process(*words, "--cand", f"{sys.executable} -m simulator", folder=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    summary = json.loads((tmp_path / "s.json").read_text())
    assert summary["identical"] == 64 * 64
    assert summary["py_binary"] == sys.executable


def test_the_environment_names_the_programs(nb: Run, ref: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NB_C_BIN", str(ref))
    monkeypatch.setenv("NB_PY_BIN", str(ref))
    ended = nb("compare", "--no-trace", "--", *FLAGS.split())
    assert ended.code == 0
    assert "($NB_C_BIN)" in ended.out
    assert "($NB_PY_BIN)" in ended.out
    assert nb("compare", "--mode", "spec", "--", *FLAGS.split()).code == 2


def test_a_reference_that_does_not_repeat_itself_is_noted(
    nb: Run, ref: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "counter")
    monkeypatch.setenv("COUNTER", str(tmp_path / "n"))
    # What the simulator says of such images is searched for in vain, and for seconds.
    monkeypatch.setattr("nbtrace.cli.compare_runs.causes_of_images", lambda *_: ImageCauses(refused="not asked"))
    ended = nb("compare", "--ref", ref, "--cand", str(ref), "--repeat", "2", "--no-trace", "--", *FLAGS.split())
    assert ended.code == 1
    assert "C does not repeat itself: 2 different images in 2 runs" in ended.out.replace("\n      ", " ")


@pytest.mark.parametrize(
    ("mode", "code", "said"), [("crash", 5, "SIGABRT"), ("nothing", 5, "wrote no image"), ("half", 4, "128 bytes")]
)
def test_a_program_that_fails_is_one_line_and_its_code(
    nb: Run, ref: Path, monkeypatch: pytest.MonkeyPatch, mode: str, code: int, said: str
) -> None:
    monkeypatch.setenv("MODE", mode)
    ended = nb("compare", "--ref", ref, "--", *FLAGS.split())
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_a_missing_reference_says_how_to_set_it(nb: Run, ref: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref.unlink()
    monkeypatch.setenv("PATH", "/nowhere")
    ended = nb("compare", "--", *FLAGS.split())
    assert ended.code == 5
    for word in ("--ref BINARY", "NB_C_BIN", "--archived DIR", "./golden_suite_generator/nanoBragg, ./nanoBragg"):
        assert word in ended.err
    for command in ("compare", "trust"):
        assert "$NB_C_BIN, else ./golden_suite_generator/nanoBragg, ./nanoBragg, or nanoBragg on the PATH" in " ".join(
            nb(command, "--help").out.split()
        )


A = ("--archived", str(CASE))
WRONG: tuple[tuple[int, tuple[str, ...], str], ...] = (
    (2, (), "no flags"),
    (2, ("--cand", "'", *A), "cannot be split"),
    (5, ("--cand", "/no/such", *A), "/no/such is not there"),
    (2, ("--ref", "x", *A), "give it or --ref, not both"),
    (3, ("--archived", "nope"), "is no folder"),
    (2, ("--repeat", "0", *A), "--repeat"),
    (2, ("--threads", "0", *A), "--threads"),
    (2, ("--pixel", "1", *A), "--pixel"),
    (2, ("--pixel", "64", "0", *A), "is not on the detector of 64 x 64 pixels"),
    (2, ("--mode", "fast", *A), "mode 'fast'"),
    (2, ("--dtype", "int8", *A), "dtype"),
    (2, ("--device", "tpu", *A), "tpu"),
    (2, ("--timeout", "-1", *A), "--timeout"),
    (2, ("--timeout", "nan", *A), "--timeout"),
    (2, ("--roi", "5", "1", "0", "0", *A), "region 5 1 0 0"),
    (4, ("--roi", "0", "99", "0", "1", *A), "99"),
    (3, ("--mask", "nope", *A), "nope cannot be read"),
    (2, ("--threshold", "2", *A), "correlation 2"),
    (2, ("--sum-ratio", "2", "1", *A), "sum ratio"),
    (2, ("--outliers", "1", *A), "outliers"),
    (2, ("--tolerance", "x", *A), "'x'"),
    (2, ("--tolerance", "F_latt=x", *A), "'F_latt=x'"),
    (3, ("--policy", "nope", *A), "nope"),
    (3, ("--noise", "nope", *A), "nope"),
    (2, ("--md", "-", "--json", "-", *A), "--md - and --json -"),
    (2, ("--bundle", str(CASE / "case.json"), *A), "is no folder"),
    (2, ("--only", "x", *A), "give a suite"),
    (3, ("--suite", "nope.toml"), "nope.toml"),
    (2, ("--suite", str(CASE / "case.json")), "no valid TOML"),
    (2, ("--suite", str(GOLDEN_SUITE / "suite.toml"), *A), "--archived belongs to a single comparison"),
    (2, ("--suite", str(GOLDEN_SUITE / "suite.toml"), "--outdir", "x"), "--outdir belongs"),
    (2, ("--suite", str(GOLDEN_SUITE / "suite.toml"), "--", "-N", "5"), "flags after -- belongs"),
    (
        3,
        ("--suite", str(GOLDEN_SUITE / "suite.toml"), "--only", "mosaic_5"),
        "of its 39 the nearest is called mosaic_50",
    ),
    (2, (*A, "--", *SMALL.split(), "-blah"), "unknown flag -blah"),
    (3, (*A, "--", *SMALL.split(), "-hkl", "nope"), "-hkl nope"),
    (4, (*A, "--", *SMALL.split()), "8 x 8"),
)


@pytest.mark.parametrize(("code", "words", "said"), WRONG)
def test_a_wrong_call_is_one_line(nb: Run, code: int, words: tuple[str, ...], said: str) -> None:
    ended = nb("compare", *words)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_a_suite_is_one_table(nb: Run, tmp_path: Path) -> None:
    words = ("compare", "--suite", GOLDEN_SUITE / "suite.toml", "--only", "ro*", "--json", "s.json", "--md", "s.md")
    ended = nb(*words, "--bundle", "b")
    assert ended.code == 0
    document = json.loads((tmp_path / "s.json").read_text())
    names = sorted(path.parent.name for path in GOLDEN_SUITE.glob("ro*/case.json"))
    assert list(document["cases"]) == names == ["roi", "round_xtal"]
    assert document["coverage"]["left_out"] == len(list(GOLDEN_SUITE.glob("*/case.json"))) - len(names)
    assert all(name in (tmp_path / "s.md").read_text() for name in names)
    assert "| agree |" in (tmp_path / "s.md").read_text()
    assert nb("bundle", "verify", "b").code == 0
    assert nb("compare", "--suite", GOLDEN_SUITE / "suite.toml", "--only", "phi_zero*", "--mode", "spec").code == 1

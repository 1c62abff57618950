"""`nb-compare`: the options and the files of the field's script, the judgement of `nbtrace compare`."""

import io
import json
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from nbtrace.cli.nb_compare import main
from nbtrace.explanation.images.image_causes import ImageCauses
from tests.cli.conftest import Ended
from tests.places import ROOT
from tests.programs.conftest import FLAGS, PROGRAM

Call = Callable[..., Ended]

OTHER = PROGRAM.replace(
    "values = [float(1 + n % 7) for n in range(64)]", "values = [2.0 * (1 + n % 7) for n in range(64)]"
)
SUMMARY = (
    "correlation mse rmse max_abs_diff c_sum py_sum sum_ratio mean_peak_distance max_peak_distance runtime_c_ms "
    "runtime_py_ms speedup args c_binary py_binary roi resample png_scale_method png_scale_percentile"
)
"""Keys of the summary that scripts read."""


@pytest.fixture
def nb_compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs `nb-compare` in this process, in a folder with a reference, a copy of it, and a script of Python."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NB_PY_BIN", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    # What the simulator says of such images is searched for in vain, and for seconds.
    monkeypatch.setattr("nbtrace.cli.compare_runs.causes_of_images", lambda *_: ImageCauses(refused="not asked"))
    # The figures are those of `nbtrace compare`.
    monkeypatch.setattr("nbtrace.cli.compare_files.picture_bytes", lambda *_: {})
    for name, text in (("c", PROGRAM), ("same", PROGRAM)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "port.py").write_text(OTHER)

    def call(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["nb-compare", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Ended(int(ended.value.code or 0), written.out, written.err)

    return call


def test_the_files_of_the_script_are_there(nb_compare: Call, tmp_path: Path) -> None:
    ended = nb_compare(
        "--c-bin", "./c", "--py-bin", "port.py", "--outdir", "out", "--roi", "2", "7", "1", "6", "--threshold", "0.95",
        "--png-scale", "90", "--save-diff", "--", *FLAGS.split(),
    )  # fmt: skip
    assert ended.code == 1, ended.err
    assert ended.out.startswith("DIFFER")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert set(SUMMARY.split()) <= set(summary)
    assert summary["sum_ratio"] == pytest.approx(2)
    assert summary["png_scale_percentile"] == 90
    c, py, apart = (np.fromfile(tmp_path / "out" / name, "<f4") for name in ("c_float.bin", "py_float.bin", "diff.bin"))
    np.testing.assert_array_equal(c, [1 + n % 7 for n in range(64)])
    np.testing.assert_array_equal(py, 2 * c)
    inside = np.zeros((8, 8), bool)
    inside[1:7, 2:8] = True  # xmin xmax ymin ymax: fast 2 to 7, slow 1 to 6
    np.testing.assert_array_equal(apart.reshape(8, 8)[inside], c.reshape(8, 8)[inside])
    assert np.isnan(apart.reshape(8, 8)[~inside]).all()
    assert summary["c_sum"] == c.reshape(8, 8)[inside].sum()


def test_pictures_are_pixel_by_pixel(nb_compare: Call, tmp_path: Path) -> None:
    assert nb_compare("--c-bin", "./c", "--py-bin", "./same", "--outdir", "out", "--", *FLAGS.split()).code == 0
    drawn = {name: matplotlib.image.imread(tmp_path / "out" / f"{name}.png") for name in ("c", "py", "diff")}
    assert {picture.shape for picture in drawn.values()} == {(8, 8, 4)}
    np.testing.assert_array_equal(drawn["c"], drawn["py"])
    assert drawn["c"][0, 6, 0] < drawn["c"][0, 0, 0], "7 is darker than 1"
    assert len(np.unique(drawn["diff"].reshape(-1, 4), axis=0)) == 1


def test_the_percentile_is_drawn_darkest(nb_compare: Call, tmp_path: Path) -> None:
    drawn = {}
    for scale in ("50", "100"):
        call = ("--c-bin", "./c", "--py-bin", "./same", "--outdir", scale, "--png-scale", scale)
        assert nb_compare(*call, "--", *FLAGS.split()).code == 0
        drawn[scale] = matplotlib.image.imread(tmp_path / scale / "c.png")[..., 0]
    values = np.array([1 + n % 7 for n in range(64)]).reshape(8, 8)
    assert len(np.unique(drawn["50"][values >= 4])) == 1, "4 is the median, and what is above it is as dark"
    assert len(np.unique(drawn["100"][values >= 4])) == 4


def test_a_folder_that_nobody_names_has_time_and_digest(nb_compare: Call, tmp_path: Path) -> None:
    assert nb_compare("--c-bin", "./c", "--py-bin", "./same", "--", *FLAGS.split()).code == 0
    (folder,) = (tmp_path / "comparisons").iterdir()
    assert (folder / "summary.json").is_file()
    time, _, digest = folder.name.rpartition("-")
    assert len(time) == len("20260101-000000")
    assert len(digest) == 8


def test_the_variable_names_a_script_too(nb_compare: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NB_PY_BIN", "port.py")
    assert nb_compare("--c-bin", "./c", "--", *FLAGS.split()).code == 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("", 2, "no flags: put nanoBragg's flags after --, as in: nb-compare -- -cell"),
        ("--outdr x -- -cell 1", 2, "No such option: --outdr"),
        ("--png-scale 0 -- -cell 1", 2, "--png-scale"),
        (f"--c-bin ./nowhere -- {FLAGS}", 5, "--c-bin: ./nowhere is not there"),
        (f"--c-bin ./c --py-bin ./nowhere -- {FLAGS}", 5, "--py-bin: ./nowhere is not there"),
        (f"--c-bin ./c --py-bin ./same --outdir . -- {FLAGS}", 2, "is not empty; give --force"),
    ],
)
def test_what_is_refused_is_one_line_in_its_own_words(nb_compare: Call, words: str, code: int, message: str) -> None:
    ended = nb_compare(*words.split())
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_every_executable_is_there() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert set(scripts) == {"nbtrace", "nbtrace-simulate", "nb-compare"}
    for place in scripts.values():
        module, _, name = place.partition(":")
        assert callable(getattr(import_module(module), name))


def test_help_and_version(nb_compare: Call) -> None:
    told = " ".join(nb_compare("--help").out.split())
    for option in (
        "--outdir",
        "--roi",
        "--threshold",
        "--resample",
        "--png-scale",
        "--save-diff",
        "--c-bin",
        "--py-bin",
    ):
        assert option in told
    assert "Exit status, which is that of nbtrace" in told
    assert nb_compare("--version").out.startswith("nb-compare 0.")

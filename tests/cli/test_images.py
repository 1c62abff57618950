"""`nbtrace images` as a user meets it: answers, exit status, files."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.cli.image_geometry import geometry_from
from nbtrace.cli.run_images import PICTURES
from nbtrace.compare.images import compare_images, image_parts
from nbtrace.errors import UsageError
from nbtrace.images.read import read_image
from nbtrace.images.resolution import resolution
from nbtrace.report.figures.images import image_figures
from tests.places import GOLDEN_SUITE

if TYPE_CHECKING:
    from tests.cli.conftest import Run

Floats = npt.NDArray[np.float32]
TRACE = GOLDEN_SUITE / "cubic_default" / "trace_c_22_22.log.gz"
FLAGS = "-cell 60 70 80 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 80 -pixel 0.4 -detpixels_f 50 -detpixels_s 40"
TILTED = f"{FLAGS} -oversample 1 -detector_rotx 3 -detector_roty -4 -twotheta 12".split()


@pytest.fixture(name="spots")
def written(tmp_path: Path) -> Floats:
    pixels = np.random.default_rng(1).lognormal(0, 2, (40, 50)).astype(np.float32)
    np.save(tmp_path / "c.npy", pixels)
    np.save(tmp_path / "close.npy", np.nextafter(pixels, np.float32(np.inf)))
    np.save(tmp_path / "scaled.npy", pixels * np.float32(1.0933))
    np.save(tmp_path / "turned.npy", pixels[::-1])
    return pixels


def document(nb: "Run", *arguments: str | Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(nb("images", *arguments, "--json", "-").out)
    return found


def test_images_that_agree_end_with_0(nb: "Run", spots: Floats) -> None:
    ended = nb("images", "c.npy", "close.npy")
    assert ended.code == 0
    assert ended.out.startswith("AGREE  2000 pixels, correlation 1")


def test_only_the_command_has_freed_memory_kept(
    nb: "Run", spots: Floats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(image_parts, "_LEAST", 1000)
        patch.setattr(image_parts, "_KEPT", -1)  # no array has that size
        compare_images(tmp_path / "c.npy", tmp_path / "close.npy")
    sizes: list[int] = []
    monkeypatch.setattr(image_parts, "keep_freed_memory", sizes.append)
    assert nb("images", "c.npy", "close.npy").code == 0
    assert sizes == [2000]


def test_a_scale_is_said_beside_the_pattern_that_agrees(nb: "Run", spots: Floats) -> None:
    ended = nb("images", "c.npy", "scaled.npy")
    assert ended.code == 1
    words = " ".join(ended.out.split())
    assert words.startswith("DIFFER Py is C times 1.0933; at most ")
    assert "held against 2000 pixels, with 1 number fitted" in words


def test_a_single_pixel(nb: "Run", spots: Floats, tmp_path: Path) -> None:
    other = spots.copy()
    other[12, 34] *= np.float32(1.5)
    np.save(tmp_path / "one.npy", other)
    words = " ".join(nb("images", "c.npy", "one.npy", "--sum-ratio", "0.9", "1.1", "--threshold", "0.9").out.split())
    assert words.startswith("DIFFER Py is C, but for 1 of 2000 pixels, which is 3.34801 higher; the largest difference")
    assert "is 33.33 %, at slow 12 fast 34; the others are the same" in words
    assert "nbtrace harness --pixel 12 34" in words


def test_noise_is_no_other_scale(nb: "Run", spots: Floats, tmp_path: Path) -> None:
    np.save(tmp_path / "noisy.npy", spots + np.random.default_rng(2).normal(0, 0.01, spots.shape))
    words = " ".join(nb("images", "c.npy", "noisy.npy").out.split())
    assert " of 2000 pixels beyond the tolerance, by at most 0.0" in words
    assert "no one factor makes them" in words
    assert "another scale" not in words


def test_one_factor_beside_noise_is_another_scale(nb: "Run", spots: Floats, tmp_path: Path) -> None:
    np.save(tmp_path / "noisy.npy", 1.5 * spots + np.random.default_rng(2).normal(0, 0.01, spots.shape))
    assert "but another scale: Py = 1.4999956 C" in " ".join(nb("images", "c.npy", "noisy.npy").out.split())


@pytest.mark.parametrize("value", [-1, 2**31 - 1])
def test_an_image_that_is_all_mask_leaves_nothing_to_compare(
    nb: "Run", spots: Floats, tmp_path: Path, value: int
) -> None:
    np.save(tmp_path / "mask.npy", np.full(spots.shape, value, np.int32))
    result = nb("images", "c.npy", "mask.npy")
    assert result.code == 3
    assert f"Py, mask.npy, is {value} in all 2000 compared pixels (a mask, not intensities)" in result.err


def test_two_constant_images_are_named_with_their_values(nb: "Run", tmp_path: Path) -> None:
    np.save(tmp_path / "five.npy", np.full((4, 5), 5.0))
    np.save(tmp_path / "seven.npy", np.full((4, 5), 7.0))
    result = nb("images", "five.npy", "seven.npy")
    assert result.code == 3
    assert "C, five.npy, is 5 and Py, seven.npy, is 7 in all 20 compared pixels" in result.err


def test_rounding_that_leaves_too_few_pixels_says_so(nb: "Run", tmp_path: Path) -> None:
    faint = np.full((40, 50), 0.1)
    faint[3, 3], faint[4, 9] = 800.0, 300.4
    np.save(tmp_path / "faint.npy", faint)
    np.save(tmp_path / "counts.npy", np.rint(faint).astype(np.int32))
    result = nb("images", "faint.npy", "counts.npy")
    words = " ".join(result.out.split())
    assert result.code == 1
    assert words.startswith("DIFFER Py is C rounded to whole numbers; at most 0.4 is left; only 2 pixels exceed ½")
    assert "another scale" not in words


def test_a_flipped_image_is_told_first(nb: "Run", spots: Floats) -> None:
    words = " ".join(nb("images", "c.npy", "turned.npy").out.split())
    assert words.startswith("DIFFER Py is C with slow reversed; nothing is left")


def test_a_shift_says_where_py_has_gone(nb: "Run", tmp_path: Path, spots: Floats) -> None:
    np.save(tmp_path / "a.npy", spots[3:, :-2])
    np.save(tmp_path / "b.npy", spots[:-3, 2:])
    words = " ".join(nb("images", "a.npy", "b.npy").out.split())
    assert words.startswith("DIFFER Py is C moved by +3 along slow and -2 along fast, in pixels; nothing is left")


@pytest.fixture(name="masked")
def written_with_a_mask(tmp_path: Path) -> None:
    counts = np.random.default_rng(4).poisson(50, (30, 40)).astype(np.int32)
    np.save(tmp_path / "c.npy", counts)
    other = counts.copy()
    other[::6, ::5], other[3, 4] = -1, -2
    np.save(tmp_path / "py.npy", other)


def test_a_mask_is_named(nb: "Run", masked: None) -> None:
    ended = nb("images", "c.npy", "py.npy")
    words = " ".join(ended.out.split())
    assert ended.code == 1
    assert words.startswith("DIFFER Py is C, but for 41 pixels that are -1 or -2 in Py (a mask, not intensities)")


@pytest.mark.parametrize("values", [(), ("-1", "-2"), ("-1,-2",)])
def test_values_of_a_mask_are_left_out(nb: "Run", masked: None, values: tuple[str, ...]) -> None:
    ended = nb("images", "c.npy", "py.npy", "--mask-values", *values)
    assert ended.code == 0
    assert "NOTE  41 pixels hold a value of a mask in Py and are not compared" in ended.out
    assert nb("images", "--mask-values", *values, "c.npy", "py.npy").code == 0


def test_a_value_that_is_not_left_out_differs(nb: "Run", masked: None) -> None:
    assert nb("images", "c.npy", "py.npy", "--mask-values", "-1").code == 1


def test_flags_name_the_cause(nb: "Run", tmp_path: Path) -> None:
    flags = "-default_F 100 -cell 60 70 80 90 90 90 -lambda 3 -N 5 -distance 100 -detpixels 24 -pixel 0.8 -oversample 1"
    swept = f"{flags} -osc 20 -phisteps 2"
    for name, phi in (("c", "0"), ("py", "5")):
        made = nb(
            "simulate", "--", *f"{swept} -phi {phi} -floatfile {name}.bin -nonoise -nopgm -intfile no.img".split()
        )
        assert made.code == 0
    ended = nb("images", "c.bin", "py.bin", "--json", "found.json", "--", *f"{swept} -phi 0".split())
    words = " ".join(ended.out.split())
    assert ended.code == 1
    assert words.startswith("DIFFER Py = the model with φ at the middle of each step, correlation 1, worst ")
    assert "; C = the model as configured, correlation 1, worst " in words
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["causes"]["runs"]["py"]["changes"] == ["φ at the middle of each step"]
    assert found["causes"]["runs"]["c"]["changes"] == []
    assert found["causes"]["runs"]["py"]["verified"]["held"] == 1


@pytest.mark.parametrize("doubled", [False, True])
def test_precision_alone_is_said_where_no_pixel_departs(nb: "Run", tmp_path: Path, *, doubled: bool) -> None:
    flags = "-default_F 100 -cell 60 70 80 85 95 100 -lambda 1 -N 5 -distance 60 -detpixels 48 -pixel 1 -oversample 1"
    nb("simulate", "--", *f"{flags} -floatfile c.bin -nonoise -nopgm -intfile no.img".split())
    pixels = np.fromfile(tmp_path / "c.bin", "<f4").reshape(48, 48)
    noise = np.random.default_rng(0).standard_normal(pixels.shape)
    rounded = (pixels * (1 + 2e-6 * noise)).astype(np.float32)
    if doubled:
        rounded.flat[1000] *= 2
    np.save(tmp_path / "c.npy", pixels)
    np.save(tmp_path / "py.npy", rounded)
    words = " ".join(nb("images", "c.npy", "py.npy", "--", *flags.split()).out.split())
    assert ("they differ by precision alone" in words) is not doubled
    assert ("all but 1 of 2304 pixels" in words) is doubled


def test_integer_images_that_the_reference_scales_are_no_evidence_of_scale(nb: "Run", tmp_path: Path) -> None:
    for name, fluence in (("c", "1e24"), ("py", "3e24")):
        line = f"{FLAGS} -oversample 1 -fluence {fluence} -intfile {name}.img -floatfile {name}.bin -nonoise -nopgm"
        assert nb("simulate", "--", *line.split()).code == 0
    ended = nb("images", "c.img", "py.img")
    words = " ".join(ended.out.split())
    assert ended.code == 0
    assert "each image was scaled by its own maximum, so their scale is not compared" in words
    assert "NOTE C and Py are integer images as nanoBragg writes without -scale" in words
    one = " ".join(nb("images", "c.img", "py.bin").out.split())
    assert "NOTE C is an integer image as nanoBragg writes without -scale" in one
    assert "integer image" not in nb("images", "c.bin", "py.bin").out


def test_the_mask_in_a_file_is_told_and_frames_are_chosen(nb: "Run", tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="reading HDF5 needs the extra formats")
    stack = np.random.default_rng(1).poisson(30, (2, 8, 9)).astype(np.int32)
    mask = np.zeros((8, 9), np.uint32)
    mask[0, :2] = 1
    with h5py.File(tmp_path / "c.nxs", "w") as file:
        file["entry/data/data"] = stack
        file["entry/instrument/detector/pixel_mask"] = mask
    other = stack[1].copy()
    other[0, :2] = -7
    np.save(tmp_path / "py.npy", other)
    ended = nb("images", "c.nxs", "py.npy", "--frame", "2")
    words = " ".join(ended.out.split())
    assert ended.code == 0
    assert words.startswith("AGREE 70 pixels of frame 2 of 2 in C, ")
    assert "NOTE the mask in the file of C leaves out 2 pixels" in words
    assert "Compared: 70 pixels; 2 outside the mask" in words
    assert nb("images", "c.nxs", "py.npy").code == 1


def test_what_is_no_number_is_said_before_a_relation(nb: "Run", spots: Floats, tmp_path: Path) -> None:
    other = spots * np.float32(2)
    other[3, 4] = np.nan
    np.save(tmp_path / "hole.npy", other)
    words = " ".join(nb("images", "c.npy", "hole.npy").out.split())
    assert words.startswith("DIFFER 1 pixel is nan or inf in Py only: slow 3 fast 4; Py is C times 2; ")


def test_runs_are_made_of_images_that_differ_alone(nb: "Run", spots: Floats) -> None:
    ended = nb("images", "c.npy", "close.npy", "--json", "-", "--", *FLAGS.split())
    assert json.loads(ended.out)["causes"] is None


CONTRACT = {
    "correlation",
    "rmse",
    "mse",
    "max_abs_diff",
    "c_sum",
    "py_sum",
    "sum_ratio",
    "mean_peak_distance",
    "max_peak_distance",
    "worst_pixels",
    "format_version",
    "verdict",
}


def test_the_document_keeps_the_contract(nb: "Run", spots: Floats) -> None:
    found = document(nb, "c.npy", "scaled.npy")
    assert set(found) >= CONTRACT
    other = np.load("scaled.npy")
    assert found["sum_ratio"] == pytest.approx(float(other.sum(dtype=float) / spots.sum(dtype=float)))
    assert found["max_abs_diff"] == float(np.abs(other.astype(float) - spots).max())
    worst = found["worst_pixels"]
    assert isinstance(worst, list)
    slow, fast = np.unravel_index(int(np.argmax(spots)), spots.shape)
    assert (worst[0]["slow"], worst[0]["fast"], worst[0]["c"]) == (slow, fast, float(spots.max()))
    coverage = found["coverage"]
    assert isinstance(coverage, dict)
    assert coverage["compared"] == coverage["pixels"] == spots.size
    gates = found["gates"]
    assert isinstance(gates, list)
    assert {gate["name"]: gate["status"] for gate in gates} == {
        "finite": "PASS",
        "scale": "CRITICAL",
        "sum ratio": "CRITICAL",
        "correlation": "PASS",
        "worst pixels": "CRITICAL",
    }


def test_what_is_not_defined_is_null_with_a_reason(nb: "Run", tmp_path: Path, spots: Floats) -> None:
    np.save(tmp_path / "zero.npy", spots * 0)
    ended = nb("images", "zero.npy", "c.npy", "--json", "-")
    assert ended.code == 1
    found = json.loads(ended.out)
    assert found["correlation"] is None
    assert found["undefined"]["correlation"] == "an image is constant"
    assert found["answer"] == "C is 0 in all 2000 compared pixels"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["c.npy", "missing.npy"], 3, "missing.npy cannot be read"),
        (["c.npy", "c.npy", "--mask", "missing.npy"], 3, "missing.npy cannot be read"),
        (["zero.npy", "zero.npy"], 3, "nothing to compare"),
        (["nan.npy", "c.npy"], 3, "no pixel to compare"),
        (["nan.npy", "c.npy", "--mask-values"], 3, "no pixel to compare"),
        (["c.npy", "c.npy", "--mask", "zero.npy"], 3, "no pixel to compare: all 2000 lie outside region and mask"),
        (["c.npy", "c.npy", "--roi", "3", "3", "4", "4"], 3, "one pixel"),
        (["c.npy", "c.npy", "--geometry", "c.npy"], 3, "is a single array without a name"),
        (["c.npy", "c.npy", "--config", "nothing"], 3, "no configuration is called 'nothing'"),
        (["c.npy", "wide.npy"], 4, "slow and fast are exchanged"),
        (["c.npy", "c.npy", "--mask", "wide.npy"], 4, "the mask has 50 x 40"),
        (["c.npy", "c.npy", "--shape", "50", "40"], 4, "slow and fast seem exchanged"),
        (["c.npy", "c.npy", "--roi", "0", "50", "0", "3"], 4, "leaves the image"),
        (["c.npy"], 2, "Missing argument"),
        (["c.npy", "c.npy", "--shape", "0", "4"], 2, "at least one pixel"),
        (["c.npy", "c.npy", "--shape", "4", "x"], 2, "should be a valid integer"),
        (["c.npy", "c.npy", "--roi", "4", "3", "0", "1"], 2, "first and last pixel along fast"),
        (["c.npy", "c.npy", "--threshold", "2"], 2, "from -1 to 1"),
        (["c.npy", "c.npy", "--sum-ratio", "2", "1"], 2, "the smaller one first"),
        (["c.npy", "c.npy", "-t", "x"], 2, "'x' is not a number"),
        (["c.npy", "c.npy", "-t", "-1"], 2, "finite number"),
        (["c.npy", "c.npy", "-t", "sum:1"], 2, "give a number ≥ 0 or abs:number"),
        (["c.npy", "c.npy", "--outliers", "1"], 2, "less than 1"),
        (["c.npy", "c.npy", "--save-diff", "d.tif"], 2, r"written as .npy"),
        (["c.npy", "c.npy", "--save-diff", "close.npy"], 2, "close.npy exists"),
        (["c.npy", "c.npy", "--save-diff", "c.npy", "--force"], 2, "one of the inputs"),
        (["c.npy", "c.npy", "--save-diff", "d.npy", "--json", "d.npy"], 2, "need different files"),
        (["c.npy", "c.npy", "--pictures", "c.npy"], 2, "is no folder"),
        (["c.npy", "c.npy", "--json", "c.npy"], 2, "exists"),
        (["c.npy", "c.npy", "--geometry", "x", "--config", "y"], 2, "only one of --geometry"),
        (["c.npy", "c.npy", "--", "-cell"], 2, "-cell needs"),
    ],
)
def test_what_goes_wrong_is_one_line_with_its_exit_status(
    nb: "Run", tmp_path: Path, spots: Floats, arguments: list[str], code: int, message: str
) -> None:
    np.save(tmp_path / "zero.npy", spots * 0)
    np.save(tmp_path / "nan.npy", spots * np.float32(np.nan))
    np.save(tmp_path / "wide.npy", spots.T)
    ended = nb("images", *arguments)
    assert ended.code == code
    assert message in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_regions_are_those_of_the_reference(nb: "Run", tmp_path: Path, spots: Floats) -> None:
    other = spots.copy()
    other[10, 20] *= 2
    np.save(tmp_path / "one.npy", other)
    found = document(nb, "c.npy", "one.npy", "--roi", "20", "30", "10", "10")
    assert (found["pixels"], found["roi"]) == (11, [20, 30, 10, 10])
    assert nb("images", "c.npy", "one.npy", "--roi", "21", "30", "10", "10").code == 0


def test_limits_and_masks_from_the_command_line(nb: "Run", tmp_path: Path, spots: Floats) -> None:
    loose = ("--sum-ratio", "0.9", "1.1", "-t", "0.1")
    ended = nb("images", "c.npy", "scaled.npy", *loose)
    assert ended.code == 0
    assert "[override: relative set by --tolerance]" in " ".join(ended.out.split())
    assert "--sum-ratio" in ended.out
    assert nb("images", "c.npy", "scaled.npy", "--sum-ratio", "0.9", "1.1", "--outliers", "0.5").code == 1
    assert nb("images", "c.npy", "scaled.npy", "--sum-ratio", "0.9", "1.1", "-t", "abs:1e9").code == 0
    changed = spots.copy()
    changed[3, 4] += 100
    np.save(tmp_path / "changed.npy", changed)
    np.save(tmp_path / "mask.npy", (changed == spots).astype(np.uint8))
    assert nb("images", "c.npy", "changed.npy", "--mask", "mask.npy").code == 0


def test_the_finer_image_is_resampled_to_the_coarser(nb: "Run", tmp_path: Path, spots: Floats) -> None:
    np.save(tmp_path / "half.npy", spots.reshape(20, 2, 25, 2).astype(np.float64).sum(axis=(1, 3)))
    ended = nb("images", "c.npy", "half.npy", "--resample")
    assert ended.code == 0
    assert "C is resampled from 40 x 50 to 20 x 25 pixels" in " ".join(ended.out.split())


def test_one_npz_of_a_bundle_is_both_images(nb: "Run", tmp_path: Path, spots: Floats) -> None:
    assert nb("images", "c.npy", "scaled.npy", "--bundle", "b").code == 1
    kept = np.load(tmp_path / "b" / "images.npz")
    np.testing.assert_array_equal(kept["c"], spots)
    assert kept["py"].dtype == np.float32
    again = document(nb, "b/images.npz", "b/images.npz")
    assert again["scale"] == document(nb, "c.npy", "scaled.npy")["scale"]
    metrics = json.loads((tmp_path / "b" / "metrics.json").read_text())
    assert metrics["format"] == "nbtrace images"
    assert nb("bundle", "verify", "b").code == 0


OUTPUTS = ("--pictures", "p", "--save-diff", "d.npy", "--md", "r.md", "--json", "r.json", "-o", "r.txt")


@pytest.mark.slow
def test_every_output_at_once(nb: "Run", tmp_path: Path, spots: Floats) -> None:
    assert nb("images", "c.npy", "scaled.npy", *OUTPUTS).code == 1
    apart = np.load(tmp_path / "d.npy")
    np.testing.assert_array_equal(apart, np.load("scaled.npy").astype(np.float64) - spots)
    assert {path.name for path in (tmp_path / "p").iterdir()} == {f"{name}.png" for name in PICTURES}
    report = (tmp_path / "r.md").read_text()
    assert report.startswith("# Images: C against Py\n")
    assert re.search(r"^\| scale \| 1\.093\d+ \| 0\.999999 to 1\.000001 \| default \|", report, re.MULTILINE)
    assert json.loads((tmp_path / "r.json").read_text())["provenance"]["inputs"][0]["path"] == "c.npy"
    again = nb("images", "c.npy", "scaled.npy", *OUTPUTS)
    assert (again.code, again.out) == (2, "")
    assert "exists; give --force" in again.err


@pytest.mark.slow
def test_pictures_in_both_forms_are_filed_too_and_force_writes_over_them(
    nb: "Run", tmp_path: Path, spots: Floats
) -> None:
    drawn = {f"{name}.{kind}" for name in PICTURES for kind in ("png", "svg")}
    assert nb("images", "c.npy", "scaled.npy", *OUTPUTS, "--svg", "--bundle", "b").code == 1
    assert {path.name for path in (tmp_path / "p").iterdir()} == drawn
    assert drawn <= {path.name for path in (tmp_path / "b").iterdir()}
    assert nb("images", "c.npy", "scaled.npy", *OUTPUTS, "--svg").code == 2
    assert nb("images", "c.npy", "scaled.npy", *OUTPUTS, "--svg", "--force").code == 1


def test_a_difference_as_bare_floats_has_nan_where_nothing_was_compared(
    nb: "Run", tmp_path: Path, spots: Floats
) -> None:
    nb("images", "c.npy", "scaled.npy", "--save-diff", "d.bin", "--roi", "0", "9", "0", "4")
    apart = np.fromfile(tmp_path / "d.bin", np.float32).reshape(spots.shape)
    assert np.isfinite(apart).sum() == 50
    np.testing.assert_allclose(apart[:5, :10], spots[:5, :10] * 0.0933, rtol=1e-4)


def test_the_pictures_that_are_promised_are_those_that_are_drawn(spots: Floats) -> None:
    from nbtrace.compare.images import compare_images  # noqa: PLC0415 - beside its only use
    from nbtrace.images.image import Image  # noqa: PLC0415

    assert tuple(image_figures(compare_images(Image(spots, "a", "npy"), Image(spots * 2, "b", "npy")))) == PICTURES


def test_geometry_of_a_trace_gives_indices(nb: "Run", spots: Floats) -> None:
    found = document(nb, "c.npy", "scaled.npy", "--geometry", TRACE)
    worst, shells = found["worst_pixels"], found["shells"]
    assert isinstance(worst, list)
    assert isinstance(shells, list)
    assert len(worst[0]["hkl"]) == 3
    assert sum(shell["pixels"] for shell in shells) == spots.size


def test_a_curved_detector_has_no_flat_geometry() -> None:
    with pytest.raises(UsageError, match="the detector is curved"):
        geometry_from(None, None, ["-curved_det", *TILTED])


def test_flags_header_and_trace_tell_the_same_geometry(nb: "Run", tmp_path: Path) -> None:
    assert nb("simulate", "--", *TILTED, "-nonoise", "-nopgm").code == 0
    flags = geometry_from(None, None, TILTED)
    header = read_image(tmp_path / "intimage.img").geometry
    assert nb("harness", "--pixel", "7", "9", "--output", "trace.log", "--", *TILTED).code == 0
    traced = geometry_from("trace.log", None, [])
    assert flags is not None
    assert traced is not None
    assert header is not None
    for place in ((0.5, 0.5), (7.5, 9.5), (39.5, 49.5), (20.5, 3.5)):
        d = resolution(flags, *place)
        assert resolution(traced, *place) == pytest.approx(d, rel=1e-12)
        assert resolution(header, *place) == pytest.approx(d, rel=1e-4)
    assert flags.cell == pytest.approx(traced.cell, rel=1e-12)


def test_the_float_image_of_a_run_finds_its_shape_and_geometry(nb: "Run", tmp_path: Path) -> None:
    nb("simulate", "--", *TILTED, "-nonoise", "-nopgm")
    ended = nb("images", "floatimage.bin", "floatimage.bin")
    assert ended.code == 0
    words = " ".join(ended.out.split())
    assert "raw float32, shape from intimage.img; 40 x 50 pixels" in words
    assert "Geometry: header of intimage.img, a flat detector assumed" in words
    assert "Shells of resolution" in words


@pytest.mark.slow
def test_names_with_markup_stay_text(nb: "Run", tmp_path: Path, spots: Floats) -> None:
    name = "a$x$<b>|*.npy"
    (tmp_path / name).write_bytes((tmp_path / "c.npy").read_bytes())
    ended = nb("images", name, "scaled.npy", "--md", "-", "--pictures", "p")
    assert ended.code == 1
    assert "<b>" not in re.sub(r"`[^`]*`", "", ended.out)  # a code span, the command to run next, is no markup


def test_comparing_images_imports_neither_torch_nor_matplotlib_nor_scipy(
    process: "Run", spots: Floats, tmp_path: Path
) -> None:
    program = (
        "import sys; sys.argv = ['nbtrace', 'images', 'c.npy', 'scaled.npy']\n"
        "from nbtrace.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(sorted({'torch', 'matplotlib', 'scipy', 'pandas', 'fabio'} & set(sys.modules)))\n"
    )
    import subprocess  # noqa: PLC0415 - the fixture runs nbtrace, this runs Python
    import sys  # noqa: PLC0415

    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"

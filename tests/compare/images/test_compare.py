"""Verdicts, gates, figures and coverage of whole comparisons."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbtrace.compare.images import ImageOptions, ImagesResult, Roi, compare_images
from nbtrace.compare.images.resample import resampled
from nbtrace.errors import InputError, MismatchError, UsageError
from nbtrace.images.image import Image, StackFrame
from nbtrace.images.read import read_image
from nbtrace.images.resolution import geometry_of, miller_indices, resolution
from nbtrace.report.documents.images_document import images_document
from nbtrace.report.views.images_view import headline
from nbtrace.verdicts.notices import Weight
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.vocabulary.sides import Names

Floats = npt.NDArray[np.floating]


def image(pixels: npt.NDArray[np.generic], name: str = "a") -> Image:
    return Image(pixels, f"{name}.npy", "npy")


def spots(seed: int = 1, shape: tuple[int, int] = (40, 50)) -> Floats:
    return np.random.default_rng(seed).lognormal(0, 2, shape).astype(np.float32)


def compared(c: npt.NDArray[np.generic], py: npt.NDArray[np.generic], **options: object) -> ImagesResult:
    return compare_images(image(c), image(py, "b"), dataclasses.replace(ImageOptions(), **options))  # type: ignore[arg-type]


def statuses(result: ImagesResult) -> dict[str, Status]:
    return {gate.name: gate.status for gate in result.gates}


MIRROR = {
    "c_sum": "py_sum",
    "scale": "scale_reverse",
    "c_max": "py_max",
    "c_mean": "py_mean",
    "zero_in_c": "zero_in_py",
}
ALIKE = ("pixels", "correlation", "rmse", "mse", "max_abs_diff", "identical", "beyond", "mean_peak_distance")


@settings(max_examples=40)
@example(2995, np.float32)  # peaks just as far apart as partners may be
@given(st.integers(0, 10_000), st.sampled_from([np.float32, np.float64, np.uint16]))
def test_exchanging_the_images_mirrors_every_figure(seed: int, dtype: type[np.generic]) -> None:
    rng = np.random.default_rng(seed)
    c, py = ((rng.lognormal(0, 2, (12, 13)) * 10).astype(dtype) for _ in range(2))
    one, other = compared(c, py).metrics, compared(py, c).metrics
    for name, mirrored in MIRROR.items():
        assert getattr(one, name) == getattr(other, mirrored)
        assert getattr(one, mirrored) == getattr(other, name)
    assert all(getattr(one, name) == getattr(other, name) for name in ALIKE)
    assert one.sum_ratio == pytest.approx(1 / (other.sum_ratio or 0), rel=1e-15)


@given(st.integers(0, 10_000))
def test_the_order_of_the_pixels_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c, py = spots(seed, (15, 20)), spots(seed + 1, (15, 20))
    order = rng.permutation(c.size)
    one = compared(c, py).metrics
    other = compared(c.ravel()[order].reshape(c.shape), py.ravel()[order].reshape(c.shape)).metrics
    figures = (dataclasses.asdict(metrics) for metrics in (one, other))
    first, second = ({name: value for name, value in each.items() if "peak" not in name} for each in figures)
    assert first == second


@given(st.integers(0, 39), st.integers(0, 49), st.floats(1e-4, 10))
@settings(max_examples=12)
def test_one_changed_pixel_is_the_worst(slow: int, fast: int, factor: float) -> None:
    c = spots()
    py = c.copy()
    py[slow, fast] *= 1 + factor
    result = compared(c, py)
    assert result.verdict is Verdict.DIFFER
    assert [worst.pixel for worst in result.worst_pixels] == [(slow, fast)]
    worst = result.worst_relative[0]
    assert (worst.pixel, worst.c, worst.py) == ((slow, fast), c[slow, fast], py[slow, fast])
    assert worst.difference == float(py[slow, fast]) - float(c[slow, fast])
    assert result.metrics.beyond == 1
    assert result.metrics.identical == c.size - 1


def test_the_figures_are_those_of_numpy() -> None:
    c, py = (spots(seed).astype(np.float64) for seed in (1, 2))
    metrics = compared(c, py).metrics
    apart = py - c
    expected = {
        "correlation": np.corrcoef(c.ravel(), py.ravel())[0, 1],
        "mse": np.mean(apart**2),
        "rmse": np.sqrt(np.mean(apart**2)),
        "max_abs_diff": np.abs(apart).max(),
        "c_sum": c.sum(),
        "py_sum": py.sum(),
        "sum_ratio": py.sum() / c.sum(),
        "scale": np.linalg.lstsq(c.reshape(-1, 1), py.ravel())[0][0],
        "c_mean": c.mean(),
        "py_max": py.max(),
        "share_beyond": np.mean(np.abs(apart) > 1e-6 * np.maximum(c, py)),
    }
    assert {name: getattr(metrics, name) for name in expected} == pytest.approx(expected, rel=1e-12)


def test_agreement_within_rounding_passes_every_gate() -> None:
    c = spots()
    result = compared(c, np.nextafter(c, np.float32(np.inf)))
    assert result.verdict is Verdict.AGREE
    assert set(statuses(result).values()) == {Status.PASS}
    assert result.steps is not None
    assert result.steps.counts == (0, c.size)


def test_correlation_alone_never_passes() -> None:
    result = compared(spots(), spots() * np.float32(1.0933))
    assert result.metrics.correlation == pytest.approx(1, abs=1e-13)
    found = statuses(result)
    assert found["correlation"] is Status.PASS
    assert found["scale"] is found["sum ratio"] is found["worst pixels"] is Status.CRITICAL
    assert result.verdict is Verdict.DIFFER


def test_scale_and_sums_are_gates_of_their_own() -> None:
    c = spots()
    background = c + np.float32(0.5)
    limits = (0.99, 1.01)
    found = statuses(compared(c, background, sum_ratio=limits, relative=100.0, threshold=0.9))
    assert found["scale"] is Status.PASS
    assert found["sum ratio"] is Status.CRITICAL


@pytest.mark.parametrize(("factor", "status"), [(1e-5, Status.MINOR), (1e-3, Status.DIVERGENT), (0.1, Status.CRITICAL)])
def test_bands_of_the_scale(factor: float, status: Status) -> None:
    c = spots().astype(np.float64)
    assert statuses(compared(c, c * (1 + factor)))["scale"] is status


def test_limits_say_who_set_them() -> None:
    options = ImageOptions(threshold=0.5, origins={"threshold": "--threshold"})
    gate = compare_images(image(spots()), image(spots(2)), options).gate("correlation")
    assert gate is not None
    assert (gate.origin, gate.limit) == ("--threshold", "at least 0.5")
    plain = compared(spots(), spots()).gate("correlation")
    assert plain is not None
    assert plain.origin == "default"


def test_outliers_may_be_allowed() -> None:
    c = spots()
    py = c.copy()
    py[3, 4] *= np.float32(1.001)
    loose = {"sum_ratio": (0.9, 1.1), "outliers": 1 / c.size}
    assert compared(c, py, **loose).verdict is Verdict.AGREE
    py[5, 6] *= np.float32(1.001)
    assert compared(c, py, **loose).verdict is Verdict.DIFFER


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_two_constant_images_are_nothing_to_compare(value: float) -> None:
    with pytest.raises(InputError, match="nothing to compare"):
        compared(np.full((4, 5), value), np.full((4, 5), value))


def test_one_constant_image_never_agrees() -> None:
    result = compared(np.zeros((40, 50)), spots(), threshold=-1, sum_ratio=(1e-9, 1e9), relative=10.0)
    assert result.verdict is Verdict.DIFFER
    assert result.metrics.correlation is result.metrics.sum_ratio is result.metrics.scale is None
    found = statuses(result)
    assert found["variation"] is Status.CRITICAL
    assert found["correlation"] is found["scale"] is found["sum ratio"] is Status.MISSING


def test_one_pixel_is_no_image() -> None:
    with pytest.raises(InputError, match="one pixel"):
        compared(spots(), spots(), roi=Roi(3, 3, 4, 4))


def test_pixels_that_are_not_finite() -> None:
    c, py = spots(), spots()
    c[1, 2] = py[1, 2] = np.nan
    both = compared(c, py)
    assert both.verdict is Verdict.AGREE
    assert both.metrics.pixels == c.size - 1
    assert any("nan or inf in both" in notice.text for notice in both.notices)
    assert not any("1 pixels" in notice.text for notice in both.notices)
    py[3, 4] = np.inf
    c[5, 6] = np.nan
    result = compared(c, py)
    assert statuses(result)["finite"] is Status.NOT_FINITE
    selection = result.selection
    assert (selection.c_not_finite, selection.py_not_finite, selection.both_not_finite) == (2, 2, 1)
    assert selection.lonely == ((3, 4), (5, 6))
    assert result.metrics.pixels == c.size - 3


@pytest.mark.parametrize(("own", "other"), [(np.nan, np.inf), (np.inf, -np.inf), (-np.inf, np.nan)])
def test_no_number_in_both_is_no_agreement_unless_it_is_the_same(own: float, other: float) -> None:
    c, py = spots(), spots()
    c[1, 2], py[1, 2] = own, own
    assert compared(c, py).verdict is Verdict.AGREE
    py[1, 2] = other
    result = compared(c, py)
    assert result.verdict is Verdict.DIFFER
    assert "not alike: slow 1 fast 2" in result.gates[0].reason
    swapped = compared(py, c)
    assert (swapped.selection.unlike, swapped.gates[0].reason) == (1, result.gates[0].reason)


def test_images_of_which_most_is_nan_do_not_agree() -> None:
    c = spots()
    rows = c.shape[0] // 2 + 1
    c[:rows] = np.nan
    result = compared(c, c.copy())
    assert statuses(result)["finite"] is Status.NOT_FINITE
    assert compared(c, c.copy(), mask=np.isfinite(c)).verdict is Verdict.AGREE


def test_a_hard_link_to_the_other_image_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "c.npy", spots())
    (tmp_path / "py.npy").hardlink_to(tmp_path / "c.npy")
    result = compare_images(read_image(tmp_path / "c.npy"), read_image(tmp_path / "py.npy"))
    assert any("always agrees with itself" in notice.text for notice in result.notices)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.array([[2**63 + 5, 1], [2, 3]], np.uint64), "above 2\\^53"),
        (np.array([[2**60, 1], [2, 3]]), "above 2\\^53"),
        (np.zeros((0, 5)), "two dimensions"),
        (np.ones((2, 2), complex), "not real numbers"),
    ],
)
def test_arrays_that_float64_cannot_hold_are_no_images(pixels: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Image(pixels, "c", "in memory")


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i2", np.longdouble, bool])
def test_any_real_type_in_memory_is_read_alike(dtype: str) -> None:
    c = (spots() > 5).astype(dtype)
    plain = compared((spots() > 5).astype(float), spots())
    result = compared(c, spots())
    assert (result.metrics.correlation, result.metrics.rmse) == (plain.metrics.correlation, plain.metrics.rmse)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_an_image_near_the_largest_number_of_its_type(dtype: type[np.floating]) -> None:
    c = np.full((6, 7), np.finfo(dtype).max)
    c[2, 3] = 0
    assert compared(c, c.copy()).verdict is Verdict.AGREE
    result = compared(c, -c)
    assert result.verdict is Verdict.DIFFER
    assert result.metrics.correlation == pytest.approx(-1.0)


def test_only_nan_is_nothing_to_compare_and_the_side_is_named() -> None:
    nothing, numbers = np.full((3, 4), np.nan), spots(shape=(3, 4))
    with pytest.raises(
        InputError, match=r"no pixel to compare: C, \S+, is nan in all 12 pixels, Py, \S+, .* none; likely"
    ):
        compared(nothing, numbers)
    with pytest.raises(
        InputError, match=r"no pixel to compare: Py, \S+, is nan in all 12 pixels, C, \S+, .* none; likely"
    ):
        compared(numbers, nothing)
    with pytest.raises(InputError, match=r"C, \S+, is nan in all 12 pixels, Py, \S+, is nan in all 12 pixels$"):
        compared(nothing, nothing)
    half = numbers.astype(float)
    half[1:, 0] = np.inf
    with pytest.raises(
        InputError, match=r"Py, .* in all 3 pixels inside region and mask, C, .*inf in 2 of 3 pixels in"
    ):
        compared(half, nothing, roi=Roi(0, 0, 0, 2))


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ((StackFrame(1, 20), StackFrame(1, 20)), " of frame 1 of 20"),
        ((StackFrame(8, 20), StackFrame()), " of frame 8 of 20 in C"),
        ((StackFrame(1, 20), StackFrame(2, 5)), " of frame 1 of 20 in C and frame 2 of 5 in Py"),
        ((StackFrame(), StackFrame()), ""),
    ],
)
def test_the_first_line_says_which_frames_are_compared(frames: tuple[StackFrame, StackFrame], words: str) -> None:
    c, py = (Image(spots(), f"{name}.h5", "HDF5", frame=frame) for name, frame in zip(("c", "py"), frames, strict=True))
    assert headline(compare_images(c, py)).startswith(f"{spots().size} pixels{words}, correlation 1")
    document: Any = images_document(compare_images(c, py))
    assert document["c"]["frames"] == frames[0].count
    other = Image(2 * spots(), "py.h5", "HDF5", frame=frames[1])
    said = headline(compare_images(c, other))
    assert said.endswith(words.replace(" of frame", "; in frame", 1))


def test_a_file_whose_first_image_alone_is_compared_says_so() -> None:
    c, py = Image(spots(), "c.edf", "EDF"), Image(spots(), "py.edf", "EDF", frame=StackFrame(2, 3))
    result = compare_images(c, py)
    assert result.verdict is Verdict.AGREE
    assert [notice.text for notice in result.notices if notice.weight is Weight.WARNING] == [
        "Py, py.edf: frame 2 of 3; the others are not compared, --frame N chooses another"
    ]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.int16, np.int32])
def test_numbers_that_an_image_of_its_type_may_hold_raise_no_warning(dtype: type[np.generic]) -> None:
    # Any bits at all, as in an image of the other byte order: the run of the tests makes each warning an error.
    bits = np.random.default_rng(2).integers(0, 256, 30 * 40 * np.dtype(dtype).itemsize, np.uint8)
    py = np.frombuffer(bits.tobytes(), dtype).reshape(30, 40)
    py = np.where(np.isfinite(py), py, dtype(1))
    c = spots(shape=(30, 40)).astype(dtype)
    for first, second in ((c, py), (py, c), (py[:12], c)):
        assert compared(first, second, resample=True).verdict is Verdict.DIFFER


def test_region_and_mask_are_inclusive_and_keep_coordinates() -> None:
    c, py = spots(), spots()
    py[10, 20] *= 2
    inside = compared(c, py, roi=Roi(20, 30, 10, 12))
    assert inside.metrics.pixels == 11 * 3
    assert inside.worst_pixels[0].pixel == (10, 20)
    assert compared(c, py, roi=Roi(21, 30, 10, 12)).verdict is Verdict.AGREE
    mask = np.ones(c.shape, bool)
    mask[10, 20] = False
    masked = compared(c, py, mask=mask)
    assert masked.verdict is Verdict.AGREE
    assert masked.selection.outside == 1
    assert compared(c, py, mask=mask, roi=Roi(20, 30, 10, 12)).metrics.pixels == 32


@pytest.mark.parametrize("roi", [Roi(0, 50, 0, 3), Roi(0, 3, 0, 40)])
def test_a_region_outside_the_image_is_a_mismatch(roi: Roi) -> None:
    with pytest.raises(MismatchError, match=r"the region \(slow 0 to \d+, fast 0 to \d+, .*leaves the image"):
        compared(spots(), spots(), roi=roi)


@pytest.mark.parametrize("ends", [(5, 4, 0, 0), (-1, 4, 0, 0), (0, 0, 2, 1)])
def test_a_region_that_is_none(ends: tuple[int, int, int, int]) -> None:
    with pytest.raises(UsageError, match="first and last pixel"):
        Roi(*ends)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sum_ratio": (2.0, 1.0)},
        {"sum_ratio": (0.0, 1.0)},
        {"sum_ratio": (0.5, float("inf"))},
        {"threshold": 1.5},
        {"threshold": float("nan")},
        {"relative": -1.0},
        {"absolute": float("nan")},
        {"outliers": 1.0},
    ],
)
def test_limits_that_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        dataclasses.replace(ImageOptions(), **wrong)  # type: ignore[arg-type]


def test_other_shapes_are_a_mismatch_and_exchanged_ones_are_told() -> None:
    with pytest.raises(MismatchError, match="slow and fast are exchanged"):
        compared(spots(), spots().T)
    with pytest.raises(MismatchError, match="--resample"):
        compared(spots(), spots(shape=(20, 25)))
    with pytest.raises(MismatchError, match="the mask has 3 x 4 pixels"):
        compared(spots(), spots(), mask=np.ones((3, 4), bool))


def test_resampling_sums_blocks() -> None:
    fine = spots(shape=(60, 60)).astype(np.float64)
    coarse = fine.reshape(20, 3, 30, 2).sum(axis=(1, 3))
    result = compared(fine, coarse, resample=True, relative=1e-12)
    assert result.verdict is Verdict.AGREE
    assert result.c.shape == (20, 30)
    assert any("C is resampled" in notice.text for notice in result.notices)


def test_resampling_is_local_next_to_bright_and_missing_pixels() -> None:
    fine = spots(shape=(60, 70)).astype(np.float64)
    fine[0, 0], fine[3, 3] = 1e30, np.nan
    left, _, _ = resampled(image(fine), image(np.ones((7, 9))), Names("a", "b"))
    assert np.argwhere(np.isnan(left.pixels)).tolist() == [[0, 0]]
    shares = [
        np.clip(np.minimum(old + 1, (new + 1) * step) - np.maximum(old, new * step), 0, None)
        for old, new, step in (
            (np.arange(60), np.arange(7)[:, None], 60 / 7),
            (np.arange(70), np.arange(9)[:, None], 70 / 9),
        )
    ]
    fine[0, 0] = fine[3, 3] = 0
    expected = shares[0] @ fine @ shares[1].T
    assert left.pixels.ravel()[1:] == pytest.approx(expected.ravel()[1:], rel=1e-12)


def test_resampling_to_a_size_that_is_no_divisor_keeps_the_sum() -> None:
    fine = spots(shape=(50, 50)).astype(np.float64)
    result = compared(fine, spots(shape=(37, 50)), resample=True)
    assert result.metrics.c_sum == pytest.approx(fine.sum(), rel=1e-12)
    assert result.c.pixels[0] == pytest.approx(fine[0] + (50 / 37 - 1) * fine[1], rel=1e-12)


def test_a_transposed_image_is_told() -> None:
    c = spots(shape=(48, 48))
    result = compared(c, c.T)
    assert result.placement is not None
    assert result.placement.name == "with slow and fast exchanged"
    assert result.metrics.sum_ratio == 1


def test_the_direct_beam_does_not_hide_that_an_image_is_transposed() -> None:
    c = spots(shape=(49, 49))
    c[24, 24] = 1e7
    result = compared(c, c.T)
    assert result.metrics.correlation == pytest.approx(1.0, abs=1e-6)
    assert result.placement is not None
    assert result.placement.name == "with slow and fast exchanged"


GEOMETRY = geometry_of(
    np.array([0.1, -0.02, 0.025]), (0, 0, -1), (0, 1, 0), 1e-3, (1, 0, 0), 1e-10, np.diag([5e-9, 6e-9, 7e-9])
)


def test_shells_hold_every_pixel_once_at_its_resolution() -> None:
    c, py = spots(), spots(2)
    result = compared(c, py, geometry=GEOMETRY)
    shells = result.shells
    assert GEOMETRY is not None
    assert sum(shell.pixels for shell in shells) == c.size
    assert sum(shell.c_sum for shell in shells) == pytest.approx(c.sum(dtype=np.float64))
    assert sum(shell.py_sum for shell in shells) == pytest.approx(py.sum(dtype=np.float64))
    slow, fast = (np.indices(c.shape).reshape(2, -1, 1) + 0.5) * GEOMETRY.pixel_size
    points = GEOMETRY.pix0 + slow * GEOMETRY.slow + fast * GEOMETRY.fast
    q = points / np.linalg.norm(points, axis=1, keepdims=True) - GEOMETRY.beam
    counts, edges = np.histogram((q**2).sum(axis=1) / GEOMETRY.wavelength**2, bins=len(shells))
    assert [shell.pixels for shell in shells] == list(counts)
    assert [shell.d_min for shell in shells] == pytest.approx(list(1 / np.sqrt(edges[1:])))
    assert shells[3].ratio == shells[3].py_sum / shells[3].c_sum


def test_shells_of_a_region() -> None:
    c, py = spots(), spots(2)
    result = compared(c, py, geometry=GEOMETRY, roi=Roi(5, 20, 30, 39))
    assert sum(shell.pixels for shell in result.shells) == 16 * 10
    assert sum(shell.c_sum for shell in result.shells) == pytest.approx(c[30:40, 5:21].sum(dtype=np.float64))


def test_worst_pixels_have_indices_and_resolution() -> None:
    c, py = spots(), spots()
    py[7, 9] += 1
    worst = compared(c, py, geometry=GEOMETRY).worst_pixels[0]
    assert GEOMETRY is not None
    assert worst.hkl == miller_indices(GEOMETRY, 7.5, 9.5)
    assert worst.resolution == resolution(GEOMETRY, 7.5, 9.5)
    assert compared(c, py).worst_pixels[0].hkl is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"wavelength": 1.1e-10}, "wavelength in Å C 1, Py 1.1"),
        ({"pixel_size": 1.1e-3}, "pixel size in mm C 1, Py 1.1"),
        ({"pix0": np.array([0.1, -0.02, 0.026])}, "direct beam moved by +0 pixels along slow and +1 along fast"),
        ({"pix0": np.array([0.12, -0.02, 0.025])}, "distance of the corner in mm"),
        ({"pix0": np.array([0.1, -0.0200001, 0.025])}, None),
    ],
)
def test_headers_that_tell_different_geometries(changed: dict[str, Any], told: str | None) -> None:
    assert GEOMETRY is not None
    other = dataclasses.replace(GEOMETRY, **changed)
    c, py = (Image(spots(), name, "SMV", geometry=of) for name, of in (("a", GEOMETRY), ("b", other)))
    found = [notice.text for notice in compare_images(c, py).notices if "geometries" in notice.text]
    assert len(found) == (told is not None)
    assert told is None or told in found[0]


def test_the_brightest_pixel_is_that_of_c_within_the_region() -> None:
    c, py = spots(), spots()
    c[3, 4] = 1e6
    py[8, 9] = 1e9
    c[20, 30] = 1e5
    assert compared(c, py).brightest == (3, 4)
    assert compared(c, py, roi=Roi(25, 40, 15, 30)).brightest == (20, 30)


def test_counts_may_be_off_by_one_rounding() -> None:
    c = (spots() * 10).astype(np.uint16)
    py = c.copy()
    py[::7, ::7] += 1
    result = compared(c, py, sum_ratio=(0.99, 1.01))
    assert result.verdict is Verdict.AGREE
    assert result.tolerance.rounding == 1.0
    py[0, 1] += 2
    assert compared(c, py, sum_ratio=(0.99, 1.01)).verdict is Verdict.DIFFER


def test_a_file_against_itself_is_told() -> None:
    result = compare_images(image(spots()), image(spots()))
    assert any("always agrees with itself" in notice.text for notice in result.notices)
    assert any("identical values" in notice.text for notice in compared(spots(), spots()).notices)


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_numbers_at_the_ends_of_the_range(scale: float) -> None:
    c = spots().astype(np.float64) / 1e3 * scale
    result = compared(c, c * 1.5)
    assert result.metrics.scale == pytest.approx(1.5)
    assert result.metrics.correlation == pytest.approx(1.0)
    assert result.metrics.rmse == pytest.approx(float(np.sqrt(np.mean((c / scale * 0.5) ** 2))) * scale)

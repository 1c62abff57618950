"""What the figures show, read from their artists; how they look is judged by eye."""

import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbtrace.compare.images import ImageOptions, ImagesResult, compare_images
from nbtrace.errors import UsageError
from nbtrace.images.image import Geometry, Image, Pixels
from nbtrace.images.resolution import geometry_of
from nbtrace.report.figures.images import (
    detail_figure,
    image_figures,
    image_pair_figure,
    ratio_figure,
    scatter_figure,
)
from nbtrace.report.figures.pooling import MOST
from nbtrace.report.figures.style import caption, encoded, new_figure, plain, power_of_ten, save


def spots(shape: tuple[int, int] = (40, 50), seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).lognormal(0, 2, shape).astype(np.float32)


def compared(c: Pixels, py: Pixels, names: tuple[str, str] = ("c.npy", "py.npy"), **options: Any) -> ImagesResult:
    return compare_images(Image(c, names[0], "npy"), Image(py, names[1], "npy"), ImageOptions(**options))


def geometry() -> Geometry:
    found = geometry_of(np.array([0.1, -0.02, 0.025]), (0, 0, -1), (0, 1, 0), 1e-3, (1, 0, 0), 1e-10)
    assert found is not None
    return found


def shown(axes: Axes) -> Any:
    return axes.get_images()[0]


def texts(figure: Figure) -> str:
    return " ".join(figure.get_supxlabel().split())


def test_both_images_share_one_scale_and_row_0_is_on_top() -> None:
    result = compared(spots(), spots(seed=2))
    left, middle, right = image_pair_figure(result).axes[:3]
    assert shown(left).get_clim() == shown(middle).get_clim()
    assert shown(left).get_cmap().name == shown(middle).get_cmap().name == "gray_r"
    low, high = shown(right).get_clim()
    assert low == -high
    assert shown(right).get_cmap().name == "RdBu_r"
    for axes in (left, middle, right):
        bottom, top = axes.get_ylim()
        assert bottom > top
        assert shown(axes).origin == "upper"
        assert axes.get_xlabel() == "fast → (pixels)"
    assert left.get_ylabel() == "slow ↓ (pixels)"
    np.testing.assert_array_equal(shown(left).get_array(), result.c.pixels)


def test_the_caption_says_scale_and_percentile() -> None:
    result = compared(spots(), spots(seed=2))
    figure = image_pair_figure(result)
    high = shown(figure.axes[0]).get_clim()[1]
    text = texts(figure)
    assert f"Both images on one scale, 0 to {high:.3g}, the 99.5th percentile" in text
    assert f"the largest of all is {result.metrics.max_abs_diff:.3g}" in text
    both = np.concatenate([result.c.pixels, result.py.pixels])
    assert high == pytest.approx(np.percentile(both.astype(np.float64), 99.5))


@pytest.mark.parametrize("pixel", [(7, 9), None])
def test_the_cross_is_on_the_traced_pixel_or_the_worst(pixel: tuple[int, int] | None) -> None:
    c, py = spots(), spots()
    py[3, 20] += 50
    figure = image_pair_figure(compared(c, py), pixel)
    slow, fast = pixel or (3, 20)
    for axes in figure.axes[:3]:
        cross = next(line for line in axes.get_lines() if line.get_marker() == "x")
        assert np.array_equal(cross.get_xydata(), [[fast, slow]])
    assert f"slow {slow} fast {fast}" in texts(figure)


@pytest.mark.slow
def test_one_pixel_of_a_large_image_stays_visible() -> None:
    c = np.zeros((3000, 2000), np.float32)
    c[::10, ::10] = 1.0
    py = c.copy()
    py[1234, 567] = -50.0
    figure = image_pair_figure(compared(c, py))
    block = -(-3000 // MOST)
    apart = shown(figure.axes[2]).get_array()
    assert apart[1234 // block, 567 // block] == -50.0
    assert np.count_nonzero(apart) == 1
    assert f"of {block} × {block} pixels" in texts(figure)
    figure.draw_without_rendering()
    for axes in figure.axes[:3]:
        box = axes.get_window_extent()
        assert box.width >= shown(axes).get_array().shape[1]
        assert box.height >= shown(axes).get_array().shape[0]


@pytest.mark.parametrize("pixel", [(500, 300), (0, 0), (899, 599), (3, 590)])
def test_a_detail_shows_each_pixel_at_its_place(pixel: tuple[int, int]) -> None:
    c = spots((900, 600))
    py = c.copy()
    py[pixel] += 1000
    figure = detail_figure(compared(c, py, geometry=geometry()))
    apart, axes = shown(figure.axes[2]).get_array(), figure.axes[2]
    left, right, bottom, top = shown(axes).get_extent()
    slow, fast = np.argwhere(apart > 0)[0]
    assert (slow + top + 0.5, fast + left + 0.5) == pixel
    assert shown(figure.axes[0]).get_clim()[1] == np.nanmax(shown(figure.axes[1]).get_array())
    assert axes.get_xlim() == (left, right)
    assert axes.get_ylim() == (bottom, top)
    np.testing.assert_array_equal(
        shown(figure.axes[0]).get_array(),
        c[max(0, pixel[0] - 12) : pixel[0] + 13, max(0, pixel[1] - 12) : pixel[1] + 13],
    )


def test_an_oblong_image_is_stretched_and_says_so() -> None:
    figure = image_pair_figure(compared(spots((3, 400)), spots((3, 400), seed=2)))
    assert figure.axes[0].get_aspect() == "auto"
    assert "Pixels are not drawn square" in texts(figure)
    assert image_pair_figure(compared(spots(), spots(seed=2))).axes[0].get_aspect() == 1.0


def test_images_that_agree_show_the_brightest_pixel() -> None:
    result = compared(spots(), spots())
    slow, fast = np.unravel_index(int(np.argmax(spots())), (40, 50))
    assert f"brightest pixel of C: slow {slow} fast {fast}" in texts(detail_figure(result))


def test_what_is_not_compared_is_not_drawn_as_intensity() -> None:
    c, py = spots(), spots(seed=2)
    mask = np.ones(c.shape, bool)
    mask[5, 6] = False
    figure = image_pair_figure(compared(c, py, mask=mask))
    assert all(np.ma.getmaskarray(np.ma.masked_invalid(shown(axes).get_array()))[5, 6] for axes in figure.axes[:3])
    assert "Light blue: not compared" in texts(figure)


def test_resolution_rings_where_the_geometry_is_known() -> None:
    figure = image_pair_figure(compared(spots(), spots(seed=2), geometry=geometry()))
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert labels
    assert all(re.fullmatch(r"[\d.]+ Å", label) for label in labels)
    assert "Dashed: resolution" in texts(figure)
    assert "resolution" not in texts(image_pair_figure(compared(spots(), spots(seed=2))))


def test_the_ratio_map_is_the_logarithm_and_symmetric() -> None:
    c = spots()
    py = c * np.float32(2)
    py[4, 5] = 0
    axes = ratio_figure(compared(c, py)).axes[0]
    logs = np.ma.filled(np.ma.masked_invalid(shown(axes).get_array()), np.nan)
    assert np.isnan(logs[4, 5])
    assert np.nanmax(np.abs(logs - np.log(2))) < 1e-6
    low, high = shown(axes).get_clim()
    assert low == -high


def test_the_scatter_counts_every_pixel_above_zero() -> None:
    c, py = spots(), spots(seed=2)
    c[0, :3] = 0
    py[1, :2] = -1
    figure = scatter_figure(compared(c, py))
    counts = figure.axes[0].collections[0].get_array()
    assert counts is not None
    assert counts.sum() == c.size - 5
    assert f"{c.size - 5} pixels; 5 are" in texts(figure)
    assert (figure.axes[0].get_xscale(), figure.axes[0].get_yscale()) == ("log", "log")


def test_pixels_lie_in_the_bin_of_their_intensities() -> None:
    c = np.full((10, 10), 1e-3, np.float32)
    c[0, 0] = 1e3
    py = c.copy()
    py[0, 0] = 1e1
    mesh = scatter_figure(compared(c, py)).axes[0].collections[0]
    values = mesh.get_array()
    assert values is not None
    counts = np.ma.filled(values, 0).reshape(120, 120)
    edges = mesh.get_coordinates()[0, :, 0]  # type: ignore[attr-defined]
    row, column = np.argwhere(counts == 1)[0]
    assert edges[column] <= 1e3 * (1 + 1e-5) <= edges[column + 1] * (1 + 1e-5)
    assert edges[row] * (1 - 1e-5) <= 1e1 <= edges[row + 1] * (1 + 1e-5)


def test_images_without_a_pixel_above_zero_still_give_figures() -> None:
    result = compared(-spots(), -spots(seed=2))
    for figure in image_figures(result).values():
        assert encoded(figure, "png").startswith(b"\x89PNG")
    assert "No pixel is above 0" in texts(scatter_figure(result))


HOSTILE = r"a$\frac{1}{0}$_<b>&]]>" + "\x1b[31m\n.npy"


@pytest.mark.parametrize(("value", "label"), [(1e-12, "10⁻¹²"), (1.0, "10⁰"), (1e5, "10⁵")])
def test_powers_of_ten_are_labels_without_a_formula(value: float, label: str) -> None:
    assert power_of_ten(value) == label


def test_names_of_files_are_shown_as_they_are() -> None:
    result = compared(spots(), spots(seed=2), names=(HOSTILE, "日本語.npy"))
    figure = image_pair_figure(result)
    svg = encoded(figure, "svg")
    ET.fromstring(svg)  # noqa: S314 - made two lines above
    assert b"<b>" not in svg
    assert plain("$x$") == r"\$x\$"
    assert "\x1b" not in figure.axes[0].get_title(loc="left")


def test_files_are_reproducible_and_of_the_size_that_was_asked_for(tmp_path: Path) -> None:
    result = compared(spots(), spots(seed=2))
    for kind in ("png", "svg"):
        assert encoded(image_pair_figure(result), kind) == encoded(image_pair_figure(result), kind)
    figure = new_figure(3.0, 2.0)
    path = save(figure, tmp_path / "a.png")
    assert matplotlib.image.imread(io.BytesIO(path.read_bytes())).shape[:2] == (300, 450)
    with pytest.raises(UsageError, match="exists"):
        save(figure, path)
    assert save(figure, tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        save(figure, tmp_path / "a.jpg")


def test_a_long_caption_is_broken_to_the_width() -> None:
    figure = new_figure(3.0, 2.0)
    caption(figure, "word " * 60)
    figure.draw_without_rendering()
    text = next(text for text in figure.texts if text.get_text())
    assert text.get_window_extent().x1 <= figure.bbox.x1


def test_drawing_leaves_matplotlib_s_own_state_alone() -> None:
    before = dict(mpl.rcParams)
    encoded(image_pair_figure(compared(spots(), spots(seed=2))), "svg")
    assert dict(mpl.rcParams) == before


@pytest.mark.slow
@pytest.mark.parametrize("block", [1, 2])
def test_numbers_at_both_ends_of_float64_are_drawn_without_a_warning(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbtrace.report.figures.pooling.MOST", 50 // block)
    large, tiny = (np.full((40, 50), end) for end in (np.finfo(float).max, np.finfo(float).smallest_subnormal))
    large[3, 4], tiny[5, 6] = -large[3, 4], 0
    for c, py in ((large, tiny), (tiny, spots())):
        for figure in image_figures(compared(c, py)).values():
            assert encoded(figure, "png")


def drawing(variables: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Draw in a process of its own, and say what matplotlib and the environment are left with."""
    code = (
        "import os, numpy as np\n"
        "from nbtrace.report.figures.style import new_figure, encoded\n"
        "assert encoded(new_figure(), 'png').startswith(b'\\x89PNG')\n"
        "import matplotlib; print(os.environ.get('MPLBACKEND'), matplotlib.rcParams['savefig.dpi'])\n"
        "print(matplotlib.get_backend(auto_select=False))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_backend_that_does_not_exist_is_no_matter(tmp_path: Path) -> None:
    ended = drawing({"MPLBACKEND": "junk"}, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("junk ")
    assert drawing({"MPLBACKEND": "svg"}, tmp_path).stdout.endswith("\nsvg\n")  # whoever draws later gets it


def test_settings_of_matplotlib_that_are_junk_are_no_news(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("backend: junk\nno colon\nno.such.key: 1\nsavefig.dpi: 123\n")
    ended = drawing({"MPLCONFIGDIR": "/proc/none"}, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "123" in ended.stdout  # the file was read
    (tmp_path / "matplotlibrc").write_bytes(b"\xff\xfe")
    ended = drawing({}, tmp_path)
    assert ended.stderr.splitlines()[-1].startswith("nbtrace.errors.UsageError: matplotlib cannot read its settings")

"""The map of first divergences: no pixel is lost, and every category has its colour and its count."""

import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from nbtrace.detector.compare_detectors import compare_detectors
from nbtrace.detector.detector_result import DetectorResult
from nbtrace.report.figures.detector_map import detector_figure
from nbtrace.report.figures.style import CATEGORY_COLOURS, encoded

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
image_module = pytest.importorskip("PIL.Image")


def compared(folder: Path, changes: dict[str, np.ndarray], shape: tuple[int, int]) -> DetectorResult:
    """Compare a plain trace with one in which quantities differ in some pixels (flat indices)."""
    size = shape[0] * shape[1]
    slow, fast = np.divmod(np.arange(size, dtype=np.int32), shape[1])
    plain = {"slow": slow, "fast": fast, **{name: np.ones(size) for name in changes}}
    pq.write_table(pa.table(plain), folder / "c.parquet")
    for name, pixels in changes.items():
        plain[name] = np.where(np.isin(np.arange(size), pixels), 1.5, 1.0)
    pq.write_table(pa.table(plain), folder / "py.parquet")
    return compare_detectors(folder / "c.parquet", folder / "py.parquet")


def dots(result: DetectorResult, colour: str) -> int:
    """Return how many dots of the picture have a colour."""
    drawn = np.asarray(image_module.open(io.BytesIO(encoded(detector_figure(result), "png"))).convert("RGB"))
    wanted = np.round(255 * np.array(to_rgb(colour))).astype(int)
    return int((np.abs(drawn.astype(int) - wanted).max(axis=2) <= 1).sum())


def test_a_lone_pixel_among_others_is_seen_on_a_large_detector(tmp_path: Path) -> None:
    shape = (900, 300)
    many = np.flatnonzero(np.arange(shape[0] * shape[1]) % shape[1] > 100)
    lone = np.array([700 * shape[1] + 277])
    without = compared(tmp_path, {"F_cell": many, "polar": lone[:0]}, shape)
    # The lone one comes later in the chain than its neighbours do.
    result = compared(tmp_path, {"F_cell": np.setdiff1d(many, lone), "polar": lone}, shape)
    assert [item.pixels for item in result.firsts] == [len(many) - 1, 1]
    assert dots(without, CATEGORY_COLOURS[1]) == 0
    legend = 40  # dots of the patch in the legend, of which there are more
    assert dots(result, CATEGORY_COLOURS[1]) > legend
    assert (result.map.codes == 2).sum() == 1


def test_the_legend_counts_every_category(tmp_path: Path) -> None:
    names = ["R_distance_meters", "close_distance_meters", "obliquity_factor", "lambda_meters", "F_latt_a", "F_latt_b"]
    names += ["F_latt_c", "F_latt", "F_cell", "polar"]
    result = compared(tmp_path, {name: np.arange(number, number + 1) for number, name in enumerate(names)}, (4, 5))
    legend = [text.get_text() for text in detector_figure(result).legends[0].get_texts()]
    assert len(legend) == len(CATEGORY_COLOURS) + 2
    assert legend[0] == "R_distance_meters: 1"
    assert legend[-2:] == ["2 more quantities: 2", "agree: 10"]


def test_what_agrees_everywhere_is_drawn_too(tmp_path: Path) -> None:
    result = compared(tmp_path, {"F_cell": np.arange(0)}, (3, 4))
    figure = detector_figure(result)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["agree: 12"]
    assert encoded(figure, "svg").startswith(b"<?xml")


def test_a_difference_without_a_size_is_black(tmp_path: Path) -> None:
    result = compared(tmp_path, {"F_cell": np.arange(6), "polar": np.arange(0)}, (8, 8))
    before = dots(result, "#000000")
    table = pq.read_table(tmp_path / "py.parquet").to_pydict()
    table["F_cell"][10] = float("nan")
    pq.write_table(pa.table(table), tmp_path / "py.parquet")
    odd = compare_detectors(tmp_path / "c.parquet", tmp_path / "py.parquet")
    assert dots(odd, "#000000") > before + 100
    assert "1 first divergence has no size" in " ".join(detector_figure(odd).get_supxlabel().split())

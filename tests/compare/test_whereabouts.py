import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nbtrace import Trace, check, diff, read_trace
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.verdicts.notices import Subject, Weight
from nbtrace.verdicts.status import Verdict
from tests.places import PAIR_FOLDERS

Read = Callable[..., Trace]
Edit = Callable[[str, str, str], str]


@pytest.mark.parametrize("folder", PAIR_FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("side", ["c", "py"])
def test_the_geometry_tells_the_recorded_pixel(folder: Path, side: str) -> None:
    """The folder's name says which pixel was asked of the program."""
    slow, fast = map(int, folder.name.split("__")[1].split("_"))
    at = whereabouts(read_trace(str(folder / f"{side}.log")))
    assert at.derived == (slow, fast)
    assert at.stated in {(slow, fast), None}
    assert at.pixel == (slow, fast)
    assert not at.contradicts_itself
    if side == "c":
        assert at.stated == (slow, fast)


def test_without_a_banner_the_solid_angle_gives_the_pixel_size(read: Read, c_text: str) -> None:
    block = "".join(line for line in c_text.splitlines(keepends=True) if line.startswith("TRACE_C: "))
    at = whereabouts(read(block))
    assert at.stated is None
    assert at.pixel_size == pytest.approx(0.172e-3, rel=1e-9)
    assert at.derived == (685, 1039)


def test_a_stated_pixel_that_the_geometry_contradicts_is_named(read: Read, c_text: str) -> None:
    lying = c_text.replace("(spixel=685, fpixel=1039)", "(spixel=1039, fpixel=685)")
    trace = read(lying)
    assert whereabouts(trace).contradicts_itself
    assert whereabouts(trace).pixel == (685, 1039)
    (remark,) = check(trace).remarks
    assert remark == "states pixel (1039, 685), but its geometry is that of pixel (685, 1039) (slow, fast)"


def test_exchanged_pixels_block_a_verdict(read: Read) -> None:
    c = read("TRACE_CONFIG: tracing pixel (spixel=1, fpixel=2)\nTRACE_C: polar 0.5\n")
    py = read("# Tracing pixel (slow=2, fast=1)\nTRACE_PY: polar 0.5\n")
    result = diff(c, py)
    assert result.verdict is Verdict.NOT_COMPARABLE
    assert result.notices[0].weight is Weight.BLOCKING
    assert "slow and fast are exchanged" in result.notices[0].text
    assert result.rows


def test_pixels_that_only_the_geometry_tells_block_a_verdict(read: Read, c_text: str, edit: Edit) -> None:
    block = "".join(line for line in c_text.splitlines(keepends=True) if line.startswith("TRACE_C: "))
    trace = read(block)
    point, slow = (trace.by_quantity[name][0].numbers for name in ("pixel_pos_meters", "sdet_vec"))
    one_up = [x + 0.172e-3 * s for x, s in zip(point, slow, strict=True)]
    moved = read(edit(block, "pixel_pos_meters", " ".join(map(repr, one_up))))
    result = diff(trace, moved)
    assert result.verdict is Verdict.NOT_COMPARABLE
    assert re.search(r"C slow 685 fast 1039 .* Py slow 686 fast 1039", result.notices[0].text)


def test_another_point_of_the_same_pixel_is_said(read: Read, pairs: Path) -> None:
    folder = pairs / "oversample_2_omega__22_14"
    result = diff(read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log")))
    (notice,) = (notice for notice in result.notices if notice.subject is Subject.POINT)
    assert "C (22.250, 14.250), Py (22.500, 14.500)" in notice.text
    assert "C logs 4 points of the pixel" in notice.text


def test_a_point_off_the_plane_gives_no_pixel(read: Read, c_text: str, edit: Edit) -> None:
    block = "".join(line for line in c_text.splitlines(keepends=True) if line.startswith("TRACE_C: "))
    assert whereabouts(read(edit(block, "pixel_pos_meters", "0 0 0"))).derived is None

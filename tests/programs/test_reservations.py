from pathlib import Path

import numpy as np
import pytest

from nbtrace.errors import InputError, MismatchError
from nbtrace.images.image import Image
from nbtrace.parsers import parse_trace
from nbtrace.programs.command import flag_line
from nbtrace.programs.reservations import require_numbers, require_pixel, reservations
from tests.programs.conftest import FLAGS

GEOMETRY = """TRACE_C: pix0_vector_meters 0.1 0 0
TRACE_C: fdet_vec 0 1 0
TRACE_C: sdet_vec 0 0 1
TRACE_C: pixel_pos_meters 0.1 {fast:.15g} {slow:.15g}
TRACE_C: R_distance_meters 0.1
TRACE_C: omega_pixel_sr 1e-06
TRACE_C: close_distance_meters 0.1
TRACE_C: I_before_scaling 1
TRACE_C: I_pixel_final 1
"""


def trace_of(*pixels: tuple[int, int], stated: tuple[int, int] | None = None) -> str:
    head = "" if stated is None else f"TRACE_CONFIG: tracing pixel (spixel={stated[0]}, fpixel={stated[1]})\n"
    blocks = (GEOMETRY.format(slow=1e-4 * (slow + 0.5), fast=1e-4 * (fast + 0.5)) for slow, fast in pixels)
    return head + "".join(blocks)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            trace_of((5, 3)),
            "traces the transposed pixel: -trace_pixel 3 5 asks for slow 3 fast 5, the trace is of slow 5",
        ),
        (
            trace_of((3, 6)),
            "traces another pixel: -trace_pixel 3 5 asks for slow 3 fast 5, the trace is of slow 3 fast 6",
        ),
        (trace_of((3, 6), stated=(3, 5)), "traces another pixel"),
        (trace_of((3, 5), (4, 5), (5, 5)), r"traces 3 pixels \(3 5, 4 5, 5 5\): -trace_pixel 3 5"),
        ("TRACE_CONFIG: tracing pixel (spixel=5, fpixel=3)\nTRACE_C: I_pixel_final 1\n", "traces the transposed pixel"),
    ],
)
def test_a_trace_of_another_pixel_is_refused(text: str, said: str) -> None:
    with pytest.raises(MismatchError, match=f"^C {said}"):
        require_pixel(parse_trace(text, "log")[0], (3, 5), "C")


@pytest.mark.parametrize("text", [trace_of((3, 5)), trace_of((3, 5), stated=(3, 5)), "TRACE_C: I_pixel_final 1\n"])
def test_a_trace_of_the_pixel_or_of_none_that_can_be_told_is_taken(text: str) -> None:
    require_pixel(parse_trace(text, "log")[0], (3, 5), "C")
    if "pixel_pos" in text:
        with pytest.raises(MismatchError):
            require_pixel(parse_trace(text, "log")[0], (3, 6), "C")


def test_the_geometry_of_a_curved_detector_tells_no_pixel_but_the_log_may() -> None:
    require_pixel(parse_trace(trace_of((3, 5)), "log")[0], (3, 6), "C", curved=True)
    stated = parse_trace(trace_of((3, 6), stated=(3, 5)), "log")[0]
    require_pixel(stated, (3, 5), "C", curved=True)
    with pytest.raises(MismatchError):
        require_pixel(stated, (3, 6), "C", curved=True)


def image(pixels: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> Image:
    return Image(pixels, "test", "raw")


def test_images_without_numbers_are_refused_by_side() -> None:
    line = flag_line(FLAGS.split())
    good, bad = np.ones((8, 8), np.float32), np.full((8, 8), np.nan, np.float32)
    bad[0] = np.inf
    require_numbers([("C", image(good)), ("Py", image(good))], line)
    for sides, said in (
        ((good, bad), "^Py is nan or inf .* likely a build with -ffast-math$"),
        ((bad, good), "^C is nan or inf .* likely a build with -ffast-math$"),
        ((bad, bad), "^C and Py are nan or inf .* likely flags that describe no experiment"),
    ):
        with pytest.raises(InputError, match=said):
            require_numbers(list(zip(("C", "Py"), map(image, sides), strict=True)), line)
    bad[7, 7] = 1.0
    require_numbers([("C", image(bad)), ("Py", image(bad))], line)


def test_what_lies_outside_the_region_of_interest_is_no_number_that_counts() -> None:
    line = flag_line([*FLAGS.split(), "-roi", "2", "5", "2", "5"])
    pixels = np.zeros((8, 8), np.float32)
    pixels[2:6, 2:6] = np.nan
    with pytest.raises(InputError, match="every computed pixel"):
        require_numbers([("C", image(pixels))], line)


@pytest.mark.parametrize(
    ("flags", "threads", "told"),
    [
        ("-hkl a.hkl -N 1", 2, True),
        ("-hkl a.hkl -N 5 -interpolate", 4, True),
        ("-hkl a.hkl -N 1", 1, False),
        ("-hkl a.hkl -N 5", 4, False),
        ("-hkl a.hkl -N 1 -nointerpolate", 4, False),
        ("-N 1", 4, False),
    ],
)
def test_interpolation_with_several_threads_is_told(tmp_path: Path, flags: str, threads: int, *, told: bool) -> None:
    (tmp_path / "a.hkl").write_text("0 0 1 5\n")
    found = reservations(flag_line([*FLAGS.split(), *flags.split()], [tmp_path]), threads)
    assert [f"interpolated with {threads} threads" in notice.text for notice in found] == [True] * told
    assert all("--threads 1" in notice.text and "-nointerpolate" in notice.text for notice in found)

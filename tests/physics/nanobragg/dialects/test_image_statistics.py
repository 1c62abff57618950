"""What programs print of a whole image; the lines are those of recorded runs."""

import pytest

from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.dialects.image_statistics import statistics


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("max_I = 27257  at 0.04725 0.06675", {"image_max": 27257.0}),
        (
            "mean= 328.985 rms= 1647.47 rmsd= 1614.27",
            {"image_mean": 328.985, "image_rms": 1647.47, "image_rmsd": 1614.27},
        ),
        ("intfile_scale = 2.01783", {"intfile_scale": 2.01783}),
        (
            "solid angle subtended by detector = 7.41526 steradian ( 59.0088% sphere)",
            {"detector_solid_angle_sr": 7.41526},
        ),
        ("455 photons on noise image (0 overloads)", {"noise_photons": 455.0}),
        ("  Max intensity: 2.231e+04 at pixel (27, 16)", {"image_max": 22310.0}),
        ("  Mean: 1.091e+02\r", {"image_mean": 109.1}),
        ("  RMSD: 8.945e+02", {"image_rmsd": 894.5}),
    ],
)
def test_closing_lines(line: str, found: dict[str, float]) -> None:
    fields = statistics(line)
    assert fields is not None
    assert {item.key: item.value.numbers[0] for item in fields.fields} == found


@pytest.mark.parametrize(
    "line",
    ["mean= 1", "Mean: 1.0", "  Mean: see below", "max_I = 5", "  Max: 3", "intfile_scale = x", "solid angle: 3", ""],
)
def test_other_lines(line: str) -> None:
    assert statistics(line) is None


def test_they_are_no_records_of_a_trace() -> None:
    (trace,) = parse_trace("TRACE_C: polar 1\nmax_I = 27257  at 0.04725 0.06675\n")
    assert [record.quantity for record in trace.records] == ["polar"]
    (closing,) = trace.statistics
    assert (closing.quantity, closing.line, trace.account.used) == ("image_max", 2, 2)

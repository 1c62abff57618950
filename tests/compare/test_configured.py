"""What two logs say differently of the configuration."""

from nbtrace.compare.configured import configured_apart
from nbtrace.compare.diff import diff_traces
from nbtrace.parsers import parse_trace


def of_pixels(prefix: str, wavelengths: list[str]) -> str:
    return "".join(
        f"{prefix}: trace_pixel {n} 3\n{prefix}: lambda_meters {value}\n{prefix}: I_pixel_final 1.5\n"
        for n, value in enumerate(wavelengths)
    )


def test_a_setting_is_told_once_in_however_many_pixels_it_is_printed() -> None:
    (c,) = parse_trace(of_pixels("TRACE_C", ["1e-10", "1e-10", "1e-10"]))
    (py,) = parse_trace(of_pixels("TRACE_PY", ["1.01e-10", "1.01e-10", "1.25e-10"]))
    result = diff_traces(c, py)
    assert sum(row.quantity == "lambda_meters" and row.status.diverges for row in result.rows) == 3
    assert [(item.c, item.py) for item in configured_apart(result.rows, c, py)] == [
        ("1e-10", "1.01e-10"),
        ("1e-10", "1.25e-10"),
    ]

"""What a second long log of the reference differs by: the same by columns and by records."""

from pathlib import Path

import pytest

from benchmarks.long_logs import write_pair
from nbtrace.compare.repeatability import repeatability
from nbtrace.errors import UsageError
from nbtrace.longlogs.long_repeatability import long_repeatability
from nbtrace.longlogs.stream import diff_long
from nbtrace.parsers import read_trace


@pytest.fixture
def logs(tmp_path: Path) -> tuple[str, str, str]:
    """Return a reference's log, a port's, and a second one of the reference, in which two values moved."""
    c, py = write_pair(tmp_path, 700, wrong=1e-3)
    lines = c.read_text().splitlines(keepends=True)
    for number, factor in ((5, 1.001), (11, 1.0001)):
        at = [at for at, line in enumerate(lines) if line.startswith("TRACE_C: F_latt_b ")][number]
        key, value = lines[at].rsplit(" ", 1)
        lines[at] = f"{key} {float(value) * factor:.15g}\n"
    again = tmp_path / "again.log"
    again.write_text("".join(lines))
    return str(c), str(py), str(again)


def test_floors_are_those_of_single_values(logs: tuple[str, str, str]) -> None:
    c, py, again = logs
    result = diff_long(c, py, chunk=9_000)
    assert result is not None
    of_traces = repeatability(read_trace(c), read_trace(again), read_trace(py))
    assert list(of_traces.absolute) == ["F_latt_b"]
    assert long_repeatability(result, again) == of_traces


def test_the_other_log_is_no_second_one_of_the_reference(logs: tuple[str, str, str], tmp_path: Path) -> None:
    c, py, _ = logs
    result = diff_long(c, py)
    assert result is not None
    renamed = tmp_path / "renamed.log"
    renamed.write_text(Path(py).read_text().replace("TRACE_PY", "TRACE_C"))
    for given in (py, str(renamed)):
        with pytest.raises(UsageError, match="is a log of Py"):
            long_repeatability(result, given)


@pytest.mark.parametrize("line", ["", "abcd {}", "polar nan", "k" * 29 + " {}"], ids=["", "short", "nan", "long"])
def test_the_values_of_the_other_log_are_known_in_lines_of_any_form(tmp_path: Path, line: str) -> None:
    """A key of four letters is for the line reader behind one prefix, and for arrays behind the other."""
    logs = []
    for name, side, value in (("c", "TRACE_C", 1.0), ("py", "TRACE_PY", 1.5), ("again", "TRACE_C", 1.5)):
        more = f"{side}: {line.format(value)}" if line else ""
        blocks = [f"{side}: F_latt {value + at}\n{more}\n{side}: steps 1\n" for at in range(9)]
        (tmp_path / name).write_text("".join(blocks))
        logs.append(str(tmp_path / name))
    c, py, again = logs
    result = diff_long(c, py, chunk=200)
    assert result is not None
    with pytest.raises(UsageError, match="is a log of Py"):
        long_repeatability(result, again)
    with pytest.raises(UsageError, match="is a log of Py"):
        repeatability(read_trace(c), read_trace(again), read_trace(py))

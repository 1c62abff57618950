"""How the work grows with the logs: lines of nbtrace that run, counted for a log and for one four times as long."""

import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

import pytest

from nbtrace import check, compare_phi, diff, parse_trace, scaling_chain
from nbtrace.compare.notices import tolerance_notices
from nbtrace.errors import NbtraceError
from nbtrace.nearness import nearest
from nbtrace.verdicts.notices import Subject
from nbtrace.verdicts.tolerance import Policy, Tolerance
from nbtrace.vocabulary.quantity import Basis

MANY = 60


def lines_run(work: Callable[[], object]) -> int:
    """Return how many lines of nbtrace ran, each turn of a loop counted."""
    count = 0

    def count_line(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return count_line if "nbtrace" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(count_line)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def blocks(side: str, n: int) -> str:
    block = "TRACE_{0}: pix0_vector_meters 0.1 0.1 0.{1}\nTRACE_{0}: F_cell {1}\nTRACE_{0}: I_pixel_final {1}\n"
    return "".join(block.format(side, 100 + i) for i in range(n))


def apart(side: str, n: int) -> str:
    return blocks(side, n if side == "C" else n // 2).replace("F_cell 1", "F_cell 1" if side == "C" else "F_cell 2")


def samples(side: str, n: int) -> str:
    return "".join(f"TRACE_{side}: pix0_vector_meters 0.1 0.1 0.{i}\nTRACE_{side}: F_cell {i + 1}\n" for i in range(n))


def unknown(side: str, n: int) -> str:
    return "".join(f"TRACE_{side}: key_{i} {i + (side == 'PY')}\n" for i in range(n))


def repeated(side: str, n: int) -> str:
    return "".join(f"TRACE_{side}: polar 0.{i + 1 + (side == 'PY')}\n" for i in range(n)) + f"TRACE_{side}: steps 1\n"


def unreadable(side: str, n: int) -> str:
    return "".join(f"TRACE_{side}: F_latt x{i}\n" for i in range(n)) + f"TRACE_{side}: F_latt 1\n"


def placeholders(side: str, n: int) -> str:
    block = "TRACE_{0}:beam_center_m=NOT_EXTRACTED\nTRACE_{0}: F_cell {1}\nTRACE_{0}: I_pixel_final 1\n"
    return "".join(block.format(side, i + 1) for i in range(n))


def sources(side: str, n: int) -> str:
    return "".join(f"TRACE_{side}_SOURCE {i}: F_cell {i + 1}\n" for i in range(n if side == "C" else n // 2))


def steps(side: str, n: int) -> str:
    step = "TRACE_{0}_PHI phi_tic={1} phi_deg={1} k_frac=0.{2} F_latt_b=1 F_latt=2\n"
    return "".join(step.format(side, i, 1000 + i) for i in range(n if side == "C" else n - 5))


def other_names(side: str, n: int) -> str:
    """C prints the axes of the detector under one name, Py under another, for each pixel."""
    name = "fdet_vec" if side == "PY" else "sdet_after_twotheta"
    block = "TRACE_{0}: {1} 0 0 1\nTRACE_{0}: F_cell {2}\nTRACE_{0}: I_pixel_final 1\n"
    return "".join(block.format(side, name, i + 1) for i in range(n))


LOGS = (blocks, apart, samples, unknown, repeated, unreadable, placeholders, sources, steps, other_names)


@pytest.mark.slow
@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.__name__)
def test_four_times_the_log_is_four_times_the_work(log: Callable[[str, int], str]) -> None:
    def work(n: int) -> None:
        (c,), (py,) = parse_trace(log("C", n)), parse_trace(log("PY", n))
        for command in (diff, compare_phi, scaling_chain):
            try:
                command(c, py)
            except NbtraceError:
                continue
        check(c)

    work(2)
    few, many = lines_run(lambda: work(MANY)), lines_run(lambda: work(4 * MANY))
    assert many < 6 * few, (few, many)


def test_the_nearest_name_is_sought_for_a_few_tolerances(monkeypatch: pytest.MonkeyPatch) -> None:
    sought = []

    def counting(name: str, names: Iterable[str]) -> str | None:
        sought.append(name)
        return nearest(name, names)

    monkeypatch.setattr(tolerance_notices, "nearest", counting)
    (trace,) = parse_trace("TRACE_C: steps 1\n")
    limits = {f"q{i}": Tolerance(1e-3, Basis.RELATIVE, "many.toml", overridden=True) for i in range(5000)}
    result = diff(trace, trace, Policy(overrides=limits))
    told = [notice.text for notice in result.notices if notice.subject is Subject.TOLERANCE]
    assert len(sought) == len(told) - 1 == 10
    assert told[-1] == "4990 more tolerances (many.toml) apply to nothing: no quantity has their names"

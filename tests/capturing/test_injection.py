from pathlib import Path

import pytest

from nbtrace.capturing.injection import Injection, parse_injection, placed_write
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.errors import InputError, UsageError
from tests.capturing.programs import ROWS_PROBES


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("x=1", Injection("x", (1.0,))),
        ("x = -1.5e-3", Injection("x", (-1.5e-3,))),
        ("v = 1 2, 3", Injection("v", (1.0, 2.0, 3.0))),
        ("x@phi_tic=0 = 2", Injection("x", (2.0,), {"phi_tic": 0})),
        ("x@phi_tic=0,mos_tic=3,every = 2", Injection("x", (2.0,), {"phi_tic": 0, "mos_tic": 3}, every=True)),
        ("x@every = 2", Injection("x", (2.0,), every=True)),
    ],
)
def test_a_setting_is_read(text: str, meant: Injection) -> None:
    assert parse_injection(text) == meant
    assert parse_injection(meant.words) == meant


@pytest.mark.parametrize(
    "text", ["", "x", "x=", "=1", "x=y", "x=nan", "x=inf", "x@y = 1", "x@y=z = 1", "x@y=1=2", "1=2"]
)
def test_what_is_no_setting_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="--set") as refused:
        parse_injection(text)
    assert "\n" not in str(refused.value)


def test_numbers_are_taken_from_a_log(tmp_path: Path) -> None:
    log = tmp_path / "py.log"
    log.write_text("TRACE_PY: step=0 state 0.75 m\nTRACE_PY: step=1 state 0.5 m\nTRACE_PY: v 1 2 3\n")
    assert parse_injection(f"state@step=1 = from {log}").numbers == (0.5,)
    assert parse_injection(f"v = fresh {log}").numbers == (1.0, 2.0, 3.0)
    with pytest.raises(InputError, match="has no stat; did you mean state"):
        parse_injection(f"stat = from {log}")
    with pytest.raises(InputError, match="has no state at step=7"):
        parse_injection(f"state@step=7 = from {log}")


def test_a_write_stands_at_the_probe_that_gives_the_quantity_there(tmp_path: Path) -> None:
    (tmp_path / "rows.toml").write_text(ROWS_PROBES)
    file = read_probe_file(tmp_path / "rows.toml")
    write = placed_write(Injection("weights", (0.0, 2.0, 4.0, 6.0), {"step": 2}), file)
    assert (write.probe.number, dict(write.index)) == (1, {"step": 2})
    assert [target.written(4.0) for target in write.targets] == [2.0]
    with pytest.raises(UsageError, match="no probe gives wieghts; did you mean weights"):
        placed_write(Injection("wieghts", (1.0,)), file)
    with pytest.raises(UsageError, match="no probe gives smoothed there"):
        placed_write(Injection("smoothed", (1.0,), {"step": 1}), file)
    with pytest.raises(UsageError, match="'return' is computed from variables"):
        placed_write(Injection("smoothed", (1.0,), {"step": 2}), file)

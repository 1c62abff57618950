"""Several logs against one: how they are read, and what is refused."""

from pathlib import Path

import pytest

import nbtrace
from nbtrace.errors import ExitCode, InputError, UsageError
from nbtrace.longlogs import long_files
from nbtrace.parsers import read_sides
from tests.places import SUPERVISOR_PAIR

C, FRESH, PY = (SUPERVISOR_PAIR / name for name in ("c.log", "c_roi_fresh.log", "py.log"))


def test_each_pair_is_compared_as_if_alone() -> None:
    result = nbtrace.diff_several(C, [FRESH, PY])
    assert [log.diff for log in result.logs] == [nbtrace.diff(C, FRESH), nbtrace.diff(C, PY)]


def test_the_port_and_the_fresh_trace_share_what_the_reference_alone_has_otherwise() -> None:
    # The reference keeps the rotation of its last step where it traces in a whole image; nobody else does.
    (together,) = nbtrace.diff_several(C, [FRESH, PY]).shared
    assert together.logs == (str(FRESH), str(PY))
    assert (together.row.quantity, together.same_value, together.is_first) == ("rot_a_angstroms", True, False)


def test_the_reference_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(source: str, *more: object) -> object:
        read.append(source)
        return real(source, *more)  # type: ignore[arg-type]

    real = read_sides
    monkeypatch.setattr("nbtrace.longlogs.diff_several.read_sides", counted)
    nbtrace.diff_several(C, [FRESH, PY])
    assert sorted(read) == sorted(map(str, (C, FRESH, PY)))


def test_the_first_log_is_the_reference_whatever_its_prefixes_say(monkeypatch: pytest.MonkeyPatch) -> None:
    by_records = nbtrace.diff_several(PY, [C, FRESH])
    monkeypatch.setattr(long_files, "LONG", 0)
    for result in (by_records, nbtrace.diff_several(PY, [C, FRESH])):
        assert result.reference.source == str(PY)
        assert [log.diff.c.source for log in result.logs if log.diff is not None] == [str(PY)] * 2


def test_long_logs_are_told_as_short_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    by_records = nbtrace.diff_several(C, [FRESH, PY])
    monkeypatch.setattr(long_files, "LONG", 0)
    by_columns = nbtrace.diff_several(C, [FRESH, PY])
    assert not any(log.diff.holds_every_row for log in by_columns.logs if log.diff is not None)
    for one, other in zip(by_records.logs, by_columns.logs, strict=True):
        assert one.leaves_at is not None
        assert other.leaves_at is not None
        assert one.leaves_at.label == other.leaves_at.label
        assert (one.verdict, one.agreeing, one.compared) == (other.verdict, other.agreeing, other.compared)
    assert [(item.logs, item.row.quantity, item.same_value) for item in by_columns.shared] == [
        (item.logs, item.row.quantity, item.same_value) for item in by_records.shared
    ]
    assert by_columns.shared[0].common == 0  # not every value is kept of long logs


def test_a_log_without_values_is_told_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "empty.log").write_text("")
    (tmp_path / "other.log").write_text("TRACE_PY: height_of_nobody 3\n")
    result = nbtrace.diff_several(C, [tmp_path / "empty.log", FRESH, tmp_path / "other.log"])
    assert [log.error for log in result.logs] == [ExitCode.INPUT, None, ExitCode.INPUT]
    assert "it is empty" in result.logs[0].reason
    assert "no quantity in common" in result.logs[2].reason
    assert result.exit_code is ExitCode.DIFFER


def test_a_log_of_another_pixel_is_not_compared(tmp_path: Path) -> None:
    for name, pixel, value in (("c", 3, 1.5), ("same", 3, 1.5), ("other", 4, 1.5)):
        lines = f"TRACE_CONFIG: tracing pixel (spixel={pixel}, fpixel=4)\nTRACE_C: I_pixel_final {value}\n"
        (tmp_path / f"{name}.log").write_text(lines)
    result = nbtrace.diff_several(tmp_path / "c.log", [tmp_path / "same.log", tmp_path / "other.log"])
    assert [log.error for log in result.logs] == [None, ExitCode.MISMATCH]
    assert "different pixels" in result.logs[1].reason
    assert result.exit_code is ExitCode.MISMATCH


def test_a_reference_without_values_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.log").write_text("")
    with pytest.raises(InputError, match="it is to be the reference"):
        nbtrace.diff_several(tmp_path / "empty.log", [C, FRESH])


def test_a_missing_log_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nope\.log cannot be read"):
        nbtrace.diff_several(C, [FRESH, tmp_path / "nope.log"])


@pytest.mark.parametrize(
    "logs", [[C, FRESH], [FRESH, FRESH], [FRESH, FRESH.parent / ".." / FRESH.parent.name / FRESH.name]]
)
def test_a_log_that_is_given_twice_is_refused(logs: list[Path]) -> None:
    with pytest.raises(UsageError, match="give each of several logs once"):
        nbtrace.diff_several(C, logs)


def test_a_reference_alone_is_no_agreement() -> None:
    with pytest.raises(UsageError, match="give at least one log"):
        nbtrace.diff_several(C, [])

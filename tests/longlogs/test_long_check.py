"""A long log held against itself by columns, against the ordinary check: the same documents and reports."""

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbtrace
from benchmarks.long_logs import write_pair
from nbtrace.compare import check as ordinary_check
from nbtrace.compare import formula_checks
from nbtrace.compare.check import check
from nbtrace.documents import dump
from nbtrace.longlogs import long_check, long_files
from nbtrace.longlogs.long_check import check_long
from nbtrace.parsers import read_trace
from nbtrace.report.documents.trace_documents import check_document
from nbtrace.report.views.check_view import check_view
from nbtrace.vocabulary import registry
from tests.places import PAIRS, SUPERVISOR_PAIR

EXAMPLES = (
    "polar_09__35_24",
    "custom_vectors_mat_hkl_phi__24_51",
    "oversample_2_omega__22_14",
    "thick_sensor__44_31",
    "sourcefile__43_61",
)


@pytest.fixture(autouse=True, scope="module")
def _few_blocks_for_formulas() -> Iterator[None]:
    """Hold formulas in the first two blocks alone, so that arrays hold the others of a log that is not long."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (formula_checks, ordinary_check, long_check):
            patch.setattr(module, "MOST_BLOCKS", 2)
        yield


def _number(token: str, form: str, chance: random.Random, *, single: bool, wrong: float) -> str:
    try:
        value = float(token)
    except ValueError:
        return token
    if single:
        value = struct.unpack("f", struct.pack("f", value))[0]
    if chance.random() < wrong:
        value *= 1 + chance.choice([3e-16, 1e-14, 1e-12, 1.1e-12, 1e-7, 1e-3])
    return format(value, form)


def _edited(line: str, chance: random.Random) -> list[str]:
    """Return what stands in place of a line with something unusual."""
    key, _, rest = line.rpartition(" ")
    pixel = f"TRACE_CONFIG: tracing pixel (spixel={chance.randrange(40)}, fpixel={chance.randrange(40)})"
    return chance.choice(
        [
            [],
            [line, line],
            [line, f"{key} {chance.random()}"],
            [f"{key} {chance.choice(['nan', 'inf', '-2147483648', 'NOT_EXTRACTED', '0', '1e+300', '1e-300'])}"],
            [line[: chance.randrange(len(line))]],
            [f"{line} m"],
            [f"{line} 1.5"],
            [f"2026-01-02 03:04:05,123 - port - INFO - {line}"],
            [pixel, line],
            ["", "35% done", line],
            [line.replace("TRACE_PY: ", "TRACE_PY_SOURCE 1: ")],
            [line.replace(rest, "own" + rest)],
        ]
    )


def edited_log(example: str, side: str, seed: int, form: str, *, blocks: int, rate: float, wrong: float) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - no secret
    lines = (PAIRS / example / f"{side}.log").read_text().splitlines()
    prefix = {"c": "TRACE_C: ", "py": "TRACE_PY: "}[side]
    first = next(at for at, line in enumerate(lines) if line.startswith(f"{prefix}pix0_vector_meters"))
    last = next(at for at, line in enumerate(lines) if line.startswith(f"{prefix}floatimage_accumulated"))
    single, text = chance.random() < 0.3, lines[:first]
    for _ in range(blocks):
        for line in lines[first : last + 1]:
            words = line.replace("=", "= ").split(" ")
            shown = " ".join(_number(word, form, chance, single=single, wrong=wrong) for word in words)
            shown = shown.replace("= ", "=")
            text += _edited(shown, chance) if chance.random() < rate else [shown]
    whole = "\n".join([*text, *lines[last + 1 :]])
    return whole.encode()[: -chance.randrange(1, 60)] if chance.random() < 0.3 else f"{whole}\n".encode()


_logs = st.builds(
    edited_log,
    st.sampled_from(EXAMPLES),
    st.sampled_from(["c", "py"]),
    st.integers(0, 2**32),
    st.sampled_from([".15g"] * 4 + [".17g", ".7g", ".12e", ".9f", ".4g"]),
    blocks=st.integers(4, 7),
    rate=st.sampled_from([0.0, 0.004, 0.02, 0.1]),
    wrong=st.sampled_from([0.0, 0.0, 0.02, 0.3]),
)


def _same(path: Path, chunk: int) -> bool:
    """Compare both ways on a log; False if only the ordinary one holds it against itself."""
    by_columns = check_long(str(path), registry.default(), chunk=chunk)
    if by_columns is None:
        return False
    ordinary = check(read_trace(str(path)))
    assert dump(check_document(by_columns)) == dump(check_document(ordinary))
    assert check_view(by_columns) == check_view(ordinary)
    assert check_view(by_columns, whole=False) == check_view(ordinary, whole=False)
    return True


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(log=_logs, chunk=st.sampled_from([3_000, 1 << 20]))
def test_both_ways_say_the_same_of_a_log(tmp_path_factory: pytest.TempPathFactory, log: bytes, chunk: int) -> None:
    path = tmp_path_factory.getbasetemp() / "checked.log"
    path.write_bytes(log)
    _same(path, chunk)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(log=_logs, chunk=st.sampled_from([3_000, 1 << 20]))
def test_both_ways_say_the_same_of_many_logs(tmp_path_factory: pytest.TempPathFactory, log: bytes, chunk: int) -> None:
    path = tmp_path_factory.getbasetemp() / "checked.log"
    path.write_bytes(log)
    _same(path, chunk)


@pytest.mark.parametrize("side", ["c", "py"])
def test_regular_blocks_are_counted_and_not_kept(tmp_path: Path, side: str) -> None:
    paths = dict(zip(("c", "py"), write_pair(tmp_path, 1200, wrong=1e-3), strict=True))
    assert _same(paths[side], 4_000)
    found = check_long(str(paths[side]), registry.default(), chunk=4_000)
    assert found is not None
    assert 2 * len(found.trace.records) < len(read_trace(str(paths[side])).records)
    assert max(item.instances for item in found.checks) == 28


@pytest.mark.slow
def test_steps_that_repeat_others_are_counted_and_not_kept(tmp_path: Path) -> None:
    lines = (SUPERVISOR_PAIR / "c.log").read_text().splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("TRACE_C: pix0_vector_meters"))
    last = max(at for at, line in enumerate(lines) if line.startswith("TRACE_C"))
    block, path = lines[first : last + 1], tmp_path / "c.log"
    # The same numbers in other digits are no step's values digit for digit.
    other = [line.replace("F_latt_b=", "F_latt_b=0") if "phi_tic=0 " in line else line for line in block]
    path.write_text("\n".join([*lines[:first], *block * 20, *other, *block * 20, *lines[last + 1 :]]) + "\n")
    assert _same(path, 9_000)
    found = check_long(str(path), registry.default(), chunk=9_000)
    assert found is not None
    assert "C phi_tic 0 repeats phi_tic 9 in 40 of 41 sweeps: the same values at another angle" in found.observations
    assert len(found.trace.blocks) < 10


def test_terms_that_leave_the_range_of_numbers_break_a_relation_both_ways(tmp_path: Path) -> None:
    lines = (PAIRS / "polar_09__35_24" / "c.log").read_text().splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("TRACE_C: pix0_vector_meters"))
    last = max(at for at, line in enumerate(lines) if line.startswith("TRACE_C"))
    block, path = lines[first : last + 1], tmp_path / "c.log"
    far = [f"TRACE_C: pixel_pos_meters{' 1e+200' * 3}" if "pixel_pos_meters" in line else line for line in block]
    path.write_text("\n".join([*lines[:first], *block * 5, *far, *block * 3, *lines[last + 1 :]]) + "\n")
    assert _same(path, 4_000)


def test_the_library_checks_long_logs_by_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = write_pair(tmp_path, 900)[0]
    by_records = nbtrace.check(nbtrace.read_trace(log))
    monkeypatch.setattr(long_files, "LONG", 0)
    by_columns = nbtrace.check(log)
    assert len(by_columns.trace.records) < len(by_records.trace.records)
    assert by_columns.checks == by_records.checks
    assert by_columns.remarks == by_records.remarks
    with pytest.raises(nbtrace.InputError, match="it holds nothing of Py"):
        nbtrace.check(log, side="py")


def test_a_log_of_both_programs_is_left_to_the_ordinary_check(tmp_path: Path) -> None:
    log = tmp_path / "both.log"
    log.write_text("".join(path.read_text() for path in write_pair(tmp_path, 100)))
    assert check_long(str(log), registry.default()) is None

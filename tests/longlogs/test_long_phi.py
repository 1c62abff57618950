"""The φ steps of long logs by columns, against the ordinary comparison: the same documents and reports."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbtrace
from nbtrace.compare.phi import compare_phi
from nbtrace.documents import dump
from nbtrace.longlogs import long_files
from nbtrace.longlogs.long_phi import compare_long_phi
from nbtrace.report.documents.trace_documents import phi_document
from nbtrace.report.views.phi_view import phi_view
from nbtrace.vocabulary import registry

_ODD = (
    "",
    "35% done",
    "TRACE_CONFIG: tracing pixel (spixel=4, fpixel=46)",
    "{side}: pixel_pos_meters 0.1 0.2 0.3",
    "{side}: omega_pixel_sr 1e-6",
    "{side}_PHI phi_tic=2 phi_deg=0 k_frac=nan F_latt_b=inf F_latt=1",
    "{side}_PHI phi_tic=2 phi_deg=0.5 k_frac=nan F_latt_b=2 F_latt=1",
    "{side}_PHI phi_tic=3 phi_deg=0 F_latt_b=2 F_latt=1",
    "{side}_PHI phi_tic=9 phi_deg=1 k_frac=1.500 F_latt_b=2 F_latt=1",
    "{side}_PHI phi_tic=3 phi_deg=0 k_frac=1.5x F_latt_b=2 F_latt=1",
    "{side}: phi_tic=1 k_frac 1.25",
    "2026-01-02 03:04:05,123 - port - INFO - {side}_PHI phi_tic=1 phi_deg=0 k_frac=1.5 F_latt_b=2 F_latt=1",
)


def log_of_sweeps(side: str, seed: int, steps: int, *, sweeps: int, rate: float) -> bytes:
    """Return the log of some pixels, each of whose sweeps may repeat, lack or repeat in other digits some steps."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    lines = [f"{side}: pix0_vector_meters 0.1 0.2 0.3"]
    for sweep in range(sweeps):
        lines.append(f"{side}: hkl_frac 1 {sweep} 3")
        for tic in range(steps):
            k = chance.choice([1.5, -3.25, tic / 7, tic / 7 + chance.choice([0, 1e-13, 1e-9, 1e-3])])
            factor = chance.choice([2.0, 2.0, 1.75])
            shown = f"k_frac={k:.15g} F_latt_b={factor:.15g} F_latt={factor * 1.5:.15g}"
            if chance.random() >= rate:
                lines.append(f"{side}_PHI phi_tic={tic} phi_deg={tic * 0.1:.6g} {shown}")
            else:
                lines += [chance.choice(_ODD).format(side=side) for _ in range(chance.randrange(3))]
        lines.append(f"{side}: I_pixel_final 3.5")
    whole = "\n".join(lines)
    return whole.encode()[: -chance.randrange(1, 40)] if chance.random() < 0.3 else f"{whole}\n".encode()


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(
    seeds=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
    sides=st.sampled_from([("TRACE_C", "TRACE_PY"), ("TRACE_PY", "TRACE_C"), ("TRACE_C", "TRACE_C")]),
    steps=st.integers(1, 12),
    sweeps=st.integers(1, 3),
    rate=st.sampled_from([0.0, 0.0, 0.1, 0.4]),
    chunk=st.sampled_from([200, 1 << 20]),
)
def test_both_ways_say_the_same_of_a_pair(
    tmp_path_factory: pytest.TempPathFactory,
    seeds: tuple[int, int],
    sides: tuple[str, str],
    steps: int,
    sweeps: int,
    rate: float,
    chunk: int,
) -> None:
    paths = [tmp_path_factory.getbasetemp() / name for name in ("first.log", "second.log")]
    for path, side, seed in zip(paths, sides, seeds, strict=True):
        path.write_bytes(log_of_sweeps(side, seed, steps, sweeps=sweeps, rate=rate))
    first, second = map(str, paths)
    by_columns = compare_long_phi(first, second, None, registry.default(), chunk=chunk)
    if by_columns is None:
        return
    ordinary = compare_phi(first, second)
    assert dump(phi_document(by_columns)) == dump(phi_document(ordinary))
    assert phi_view(by_columns) == phi_view(ordinary)


def test_the_library_reads_long_sweeps_by_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = tmp_path / "c.log", tmp_path / "py.log"
    for number, (path, side) in enumerate(zip(paths, ("TRACE_C", "TRACE_PY"), strict=True)):
        path.write_bytes(log_of_sweeps(side, number, 50, sweeps=1, rate=0.0))
    ordinary = nbtrace.compare_phi(*paths)
    monkeypatch.setattr(long_files, "LONG", 0)
    found = nbtrace.compare_phi(*paths)
    assert found.steps == ordinary.steps
    assert found.repeats == ordinary.repeats
    assert found.repeats
    assert len(found.c.records) < len(ordinary.c.records)


def test_logs_without_steps_are_left_to_the_ordinary_comparison(tmp_path: Path) -> None:
    paths = tmp_path / "c.log", tmp_path / "py.log"
    for path, side in zip(paths, ("TRACE_C", "TRACE_PY"), strict=True):
        path.write_text(f"{side}: polar 1\n")
    assert compare_long_phi(str(paths[0]), str(paths[1]), None, registry.default()) is None

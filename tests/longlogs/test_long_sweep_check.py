"""A long log with sweeps of many steps held against itself by columns, against the ordinary check of its records."""

import math
import random
import struct
import tracemalloc
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbtrace
from nbtrace.compare import formula_checks, node_view
from nbtrace.compare.check import check
from nbtrace.compare.logs import logs_of
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Node, scene
from nbtrace.compare.self_check import RelationState, SelfCheck
from nbtrace.documents import dump
from nbtrace.longlogs import long_files, long_sweep_check, streamed_log
from nbtrace.longlogs.long_check import check_long, checked
from nbtrace.longlogs.long_sweep_check import SweepCheckPass
from nbtrace.parsers import read_trace
from nbtrace.physics.nanobragg.formulas import crystal
from nbtrace.records import Side
from nbtrace.report.documents.trace_documents import check_document
from nbtrace.report.views.check_view import check_view
from nbtrace.vocabulary import registry
from tests.longlogs.test_long_phi import log_of_sweeps
from tests.places import PAIRS

EXAMPLE = (PAIRS / "custom_vectors_mat_hkl_phi__24_51" / "c.log").read_text().splitlines()
FIRST = next(at for at, line in enumerate(EXAMPLE) if line.startswith("TRACE_C_PHI "))
REST = [line for line in EXAMPLE[FIRST:] if not line.startswith("TRACE_C_PHI ")]
PRINTED = {line.split()[1]: line.split()[2:] for line in EXAMPLE if line.startswith("TRACE_C: ")}


def _number(name: str, at: int = 0) -> float:
    return float(PRINTED[name][at])


@cache
def steps_of(many: int, *, span_deg: float = 0.1) -> tuple[dict[str, float], ...]:
    """Return the steps of a sweep that obeys every formula."""
    lines = [line.replace("10 phi steps", f"{many} phi steps") for line in EXAMPLE[:FIRST]]
    (trace,) = nbtrace.parse_trace("\n".join([*lines, *REST]))
    own = scene(trace, Side.C, logs_of(trace.vocabulary).facts(trace))
    view = NodeView(own, own.values, Node("phi_F_latt", 0, (("phi_tic", 1),)))
    steps = []
    for tic in range(many):
        angle = span_deg * tic / many
        h, k, l = (crystal.index_at(view, axis, angle) for axis in "abc")  # noqa: E741 - the indices' own letters
        if tic == 0:
            k, factors = _number("hkl_frac", 1), [_number(f"F_latt_{axis}") for axis in "abc"]
        else:
            pairs = zip((h, float(f"{k:.15g}"), l), "abc", strict=True)
            factors = [crystal.grating(index, crystal.cells(view, axis)) for index, axis in pairs]
        steps.append({"phi_deg": angle, "k_frac": k, "F_latt_b": factors[1], "F_latt": math.prod(factors)})
    return tuple(steps)


def log_of(steps: list[dict[str, str]], *, wrong: float = 1.0, stated: int | None = None) -> list[str]:
    """Return the lines of a log with these steps, whose intensity is their sum but for a factor."""
    total = 0.0
    for step in steps:
        total += (_number("F_cell") * float(step["F_latt"])) ** 2
    total *= wrong
    factors = ("r_e_sqr", "fluence_photons_per_m2", "capture_fraction", "polar", "omega_pixel")
    final = total * math.prod(map(_number, factors)) / len(steps)
    stored = struct.unpack("f", struct.pack("f", final))[0]
    changed = {
        "steps": str(len(steps)),
        "I_before_scaling": f"{total:.15g}",
        "I_pixel_final": f"{final:.15g}",
        "floatimage_accumulated": f"{stored:.15g}",
    }
    lines = [line.replace("10 phi steps", f"{stated or len(steps)} phi steps") for line in EXAMPLE[:FIRST]]
    body = [
        f"TRACE_C_PHI phi_tic={tic} {' '.join(f'{key}={text}' for key, text in step.items())}"
        for tic, step in enumerate(steps)
    ]
    ends = [line if (key := line.split(" ")[1:2]) == [] else _changed(line, key[0], changed) for line in REST]
    return [*lines, *body, *ends]


def _changed(line: str, key: str, changed: dict[str, str]) -> str:
    return f"TRACE_C: {key} {changed[key]}" if line.startswith("TRACE_C: ") and key in changed else line


def printed(steps: tuple[dict[str, float], ...], form: str = ".15g", *, single: bool = False) -> list[dict[str, str]]:
    """Return the steps as text, of float32 numbers if wanted."""

    def text(number: float) -> str:
        return format(struct.unpack("f", struct.pack("f", number))[0] if single else number, form)

    return [{key: text(number) for key, number in step.items()} for step in steps]


def _by_columns(path: Path, chunk: int) -> SelfCheck | None:
    return checked(SweepCheckPass, str(path), registry.default(), chunk)


def _same(path: Path, chunk: int) -> SelfCheck | None:
    """Hold a log against itself both ways; None if columns cannot."""
    by_columns = _by_columns(path, chunk)
    if by_columns is None:
        return None
    ordinary = check(read_trace(str(path)))
    assert by_columns.checks == ordinary.checks
    assert by_columns.remarks == ordinary.remarks
    assert by_columns.observations == ordinary.observations
    assert dump(check_document(by_columns)) == dump(check_document(ordinary))
    for whole in (True, False):
        assert check_view(by_columns, whole=whole) == check_view(ordinary, whole=whole)
    return by_columns


def _with_faults(steps: list[dict[str, str]], chance: random.Random, rate: float) -> list[dict[str, str]]:
    """Return steps of which some are wrong, stale or of other digits."""
    for at in range(len(steps)):
        if chance.random() < rate:
            step, key = steps[at], chance.choice(["phi_deg", "k_frac", "F_latt_b", "F_latt"])
            number = float(step[key])
            step[key] = chance.choice(
                [
                    f"{number * 1.001:.15g}",
                    f"{number * (1 + 3e-14):.15g}",
                    f"{number * (1 + 1e-9):.15g}",
                    f"{-number:.6g}",
                    f"{round(number)}",
                    "0",
                    steps[chance.randrange(len(steps))][key],
                ]
            )
        if chance.random() < rate / 2:
            other = steps[chance.choice([0, -1, chance.randrange(len(steps))])]
            steps[at] = {**other, "phi_deg": steps[at]["phi_deg"]}
    return steps


def _with_odd_lines(lines: list[str], chance: random.Random, rate: float) -> list[str]:
    """Return a log of which some lines of steps are missing, doubled, out of order or hardly to be read."""
    result: list[str] = []
    for line in lines:
        if "_PHI " not in line or chance.random() >= rate:
            result.append(line)
            continue
        key = chance.choice(["k_frac=", "F_latt=", "phi_deg="])
        before, _, rest = line.partition(key)
        result += chance.choice(
            [
                [],
                [line, line],
                [line, *result[-1:]],
                [line[: chance.randrange(len(line))]],
                [f"{line} F_latt_c=1.25 S_x=7"],
                [f"{line} F_cell=166.12"],
                [f"2026-01-02 03:04:05,123 - port - INFO - {line}"],
                [f"{before}{key}{chance.choice(['nan', 'inf', '-2147483648', '1e300'])} {rest.partition(' ')[2]}"],
                ["", "35% done", line],
                [line.replace("TRACE_C_PHI", "TRACE_PY_PHI") if chance.random() < 0.1 else line],
            ]
        )
    return result


def _log(seed: int, steps: int, rate: float, form: str) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - no secret
    span = chance.choice([0.1, 0.1, 0.1, 0.4])
    own = printed(steps_of(steps, span_deg=span), form, single=chance.random() < 0.2)
    if chance.random() < 0.2:
        own = printed(steps_of(steps, span_deg=span), form)
        for step in own[: chance.randrange(len(own))]:
            step["F_latt_b"] = format(struct.unpack("f", struct.pack("f", float(step["F_latt_b"])))[0], ".15g")
    own = _with_faults(own, chance, rate)
    lines = log_of(own, wrong=chance.choice([1.0, 1.0, 1.001]), stated=chance.choice([None, None, 10]))
    lines = _with_odd_lines(lines, chance, chance.choice([0.0, rate]))
    if chance.random() < 0.3:  # several pixels
        first = next(at for at, line in enumerate(lines) if line.startswith("TRACE_C: pix0_vector_meters"))
        last = max(at for at, line in enumerate(lines) if line.startswith("TRACE_C"))
        block = lines[first : last + 1]
        lines[last + 1 : last + 1] = block if chance.random() < 0.5 else _with_odd_lines(block, chance, rate)
    text = "\n".join(lines) + "\n"
    return text.encode()[: -chance.randrange(1, 200)] if chance.random() < 0.2 else text.encode()


PER_STEP = ("phi_deg", "k_frac", "F_latt_b", "F_latt")
_FORMS = st.sampled_from([".15g", ".15g", ".15g", ".17g", ".7g", ".12e", ".9f"])
_RATES = st.sampled_from([0.0, 0.03, 0.2])
_CHUNKS = st.sampled_from([700, 4000, 1 << 20])


def _held_alike(folder: Path, log: bytes, chunk: int, many: int, window: int) -> SelfCheck | None:
    path = folder / "sweep.log"
    path.write_bytes(log)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_view, "MANY", many)
        patch.setattr(formula_checks, "MANY", many)
        patch.setattr(long_sweep_check, "_WINDOW", window)
        return _same(path, chunk)


@settings(max_examples=7, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), steps=st.sampled_from([9, 24]), rate=_RATES, form=_FORMS, chunk=_CHUNKS)
def test_documents_and_reports_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, seed: int, steps: int, rate: float, form: str, chunk: int
) -> None:
    _held_alike(tmp_path_factory.getbasetemp(), _log(seed, steps, rate, form), chunk, 6, 20)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**9),
    steps=st.sampled_from([9, 24, 60]),
    rate=_RATES,
    form=_FORMS,
    chunk=_CHUNKS,
    many=st.sampled_from([2, 6, 200]),
    window=st.sampled_from([1, 20, 20_000]),
)
def test_documents_and_reports_of_many_logs_are_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    steps: int,
    rate: float,
    form: str,
    chunk: int,
    many: int,
    window: int,
) -> None:
    _held_alike(tmp_path_factory.getbasetemp(), _log(seed, steps, rate, form), chunk, many, window)


@settings(max_examples=7, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**6),
    side=st.sampled_from(["TRACE_C", "TRACE_PY"]),
    steps=st.integers(1, 14),
    sweeps=st.integers(1, 3),
    rate=st.sampled_from([0.0, 0.1, 0.4]),
    chunk=_CHUNKS,
)
def test_steps_that_repeat_others_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, seed: int, side: str, steps: int, sweeps: int, rate: float, chunk: int
) -> None:
    log = log_of_sweeps(side, seed, steps, sweeps=sweeps, rate=rate)
    _held_alike(tmp_path_factory.getbasetemp(), log, chunk, 4, 12)


def test_a_step_repeats_one_of_the_same_texts_in_the_same_order_at_another_angle(tmp_path: Path) -> None:
    steps = printed(steps_of(12))
    later = dict(steps[8], phi_deg=steps[3]["phi_deg"])
    steps[3] = dict(later, phi_deg=steps[5]["phi_deg"])  # repeats step 8
    steps[5] = dict(later)
    steps[8] = dict(later)  # has the angle of step 5, which repeats nothing
    factor, product = later["F_latt_b"], later["F_latt"]
    steps[2] |= {"k_frac": later["k_frac"], "F_latt_b": product, "F_latt": factor}
    log = "\n".join(log_of(steps)).encode() + b"\n"
    found = _held_alike(tmp_path, log, 700, 4, 12)
    assert found is not None
    assert found.observations == ("C phi_tic 3 repeats phi_tic 8: the same values at another angle",)


@pytest.mark.parametrize("wrong", [0, 1, 8, 23])
def test_one_wrong_step_is_found_at_whichever_edge_of_a_chunk_it_stands(tmp_path: Path, wrong: int) -> None:
    steps = printed(steps_of(24))
    steps[wrong]["F_latt"] = f"{float(steps[wrong]['F_latt']) * 1.001:.15g}"
    log = "\n".join(log_of(steps)).encode() + b"\n"
    for chunk, window in ((150, 4), (1 << 20, 4 * wrong or 1)):
        found = _held_alike(tmp_path, log, chunk, 3, window)
        assert found is not None
        (product,) = (item for item in found.checks if item.quantity == "phi_F_latt")
        assert (product.index.ordinal("phi_tic"), product.broken, product.instances) == (wrong, 1, 24)


def test_a_sum_that_is_wrong_is_found_and_one_that_is_right_holds(tmp_path: Path) -> None:
    for wrong, finding in ((1.0, RelationState.HOLDS), (1.001, RelationState.BROKEN)):
        log = "\n".join(log_of(printed(steps_of(24)), wrong=wrong)).encode() + b"\n"
        found = _held_alike(tmp_path, log, 700, 3, 20)
        assert found is not None
        (total,) = (item for item in found.checks if item.quantity == "I_before_scaling")
        assert total.finding is finding


def test_irregular_steps_are_kept_and_a_log_of_too_many_is_held_as_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = log_of(printed(steps_of(24)))
    at = next(at for at, line in enumerate(lines) if "phi_tic=9 " in line)
    lines[at] = f"2026-01-02 03:04:05,123 - port - INFO - {lines[at]}"
    path = tmp_path / "c.log"
    path.write_text("\n".join(lines) + "\n")
    found = _same(path, 700)
    assert found is not None
    assert {record.index.ordinal("phi_tic") for record in found.trace.phi_steps()} == {0, 9, 23}
    monkeypatch.setattr(long_sweep_check, "_MOST_ASIDE", 0)
    assert _by_columns(path, 700) is None
    monkeypatch.setattr(streamed_log, "LONG_SWEEP", 10)
    whole = check_long(str(path), registry.default())
    assert whole is not None
    assert whole.checks == found.checks


def test_the_library_takes_the_steps_of_a_long_sweep_out_of_their_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.log"
    path.write_text("\n".join(log_of(printed(steps_of(24)))) + "\n")
    ordinary = nbtrace.check(path)
    monkeypatch.setattr(long_files, "LONG", 100)
    monkeypatch.setattr(streamed_log, "LONG_SWEEP", 50)
    found = nbtrace.check(path)
    assert len(list(found.trace.phi_steps())) == 2 * len(PER_STEP)
    assert found.checks == ordinary.checks
    assert len(list(ordinary.trace.phi_steps())) == 24 * len(PER_STEP)


def test_what_a_program_says_before_the_first_value_hides_no_long_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.log"
    path.write_text("starting up\n" * 1700 + "\n".join(log_of(printed(steps_of(24)))) + "\n")
    monkeypatch.setattr(streamed_log, "LONG_SWEEP", 10)
    found = check_long(str(path), registry.default(), chunk=20_000)
    assert found is not None
    assert len(list(found.trace.phi_steps())) == 2 * len(PER_STEP)
    assert found.checks == check(read_trace(str(path))).checks


def test_memory_hardly_grows_with_the_steps(tmp_path: Path) -> None:
    """What is left of a step are its numbers, and a number for its text."""
    path, peaks = tmp_path / "c.log", []
    for many in (300, 1800):
        steps = [{"phi_deg": f"{tic / 100}", "k_frac": f"{2 + tic / 9e6:.15g}"} for tic in range(many)]
        path.write_text("\n".join(log_of([{**step, "F_latt_b": "1.5", "F_latt": "2.5"} for step in steps])) + "\n")
        tracemalloc.start()
        assert _by_columns(path, 20_000) is not None
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1500 * 800  # records of a step take some thousands

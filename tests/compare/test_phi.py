import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace import Trace, compare_phi, parse_trace, read_trace
from nbtrace.errors import InputError
from nbtrace.verdicts.notices import Subject, Weight
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.verdicts.tolerance import Policy, parse_option
from nbtrace.vocabulary import registry

NAMES = registry.default().names
Read = Callable[..., Trace]
K = [-0.6 - 0.002 * tic for tic in range(10)]


def sweep(prefix: str, ks: list[float], *, tics: list[int] | None = None, step: float = 0.01) -> str:
    tics = list(range(len(ks))) if tics is None else tics
    return "".join(
        f"{prefix}_PHI phi_tic={tic} phi_deg={tic * step:.15g} k_frac={k!r} F_latt_b={2 * k!r} F_latt={3 * k!r}\n"
        for tic, k in zip(tics, ks, strict=True)
    )


def per_phi(ks: list[float], key: str = "per_phi_entries") -> str:
    entries = [
        {"phi_tic": tic, "phi_deg": tic * 0.01, "k_frac": k, "F_latt_b": 2 * k, "F_latt": 3 * k}
        for tic, k in enumerate(ks)
    ]
    return json.dumps({"timestamp": "2025-11-19T00:00:00Z", key: entries})


def test_equal_sweeps_agree(read: Read) -> None:
    result = compare_phi(read(sweep("TRACE_C", K)), read(sweep("TRACE_PY", K)))
    assert result.verdict is Verdict.AGREE
    assert (len(result.compared), result.max_delta_k, result.first_divergence) == (10, 0.0, None)
    assert result.repeats == ()
    assert result.notices == ()


@given(st.integers(0, 9), st.sampled_from([1e-5, 4e-4, 6e-4, 4.9e-2, 5.1e-2, 4.9, 5.1]), st.booleans())
def test_one_moved_step_is_the_only_divergence(read: Read, tic: int, size: float, up: bool) -> None:
    moved = [k + (size if up else -size) * (i == tic) for i, k in enumerate(K)]
    result = compare_phi(read(sweep("TRACE_PY", moved)), read(sweep("TRACE_C", K)))
    expected = [Status.PASS, Status.MINOR, Status.DIVERGENT, Status.CRITICAL][
        sum(size > edge for edge in (5e-4, 5e-2, 5.0))
    ]
    assert [step.status for step in result.steps] == [expected if i == tic else Status.PASS for i in range(10)]
    assert result.max_delta_k == abs(moved[tic] - K[tic])
    assert result.worst is not None
    assert result.worst.phi_tic == tic
    if expected is not Status.PASS:
        assert result.first_divergence is result.steps[tic]
        assert result.verdict is Verdict.DIFFER
    step = result.steps[tic]
    assert step.delta_F_latt_b == pytest.approx(2 * (moved[tic] - K[tic]))
    assert step.delta_F_latt == pytest.approx(3 * (moved[tic] - K[tic]))


def test_the_test_of_a_step_is_strictly_less(read: Read) -> None:
    policy = Policy().updated(parse_option("phi_k_frac=abs:0.25"), "test")
    at, under = (
        compare_phi(read(sweep("TRACE_C", [0.5])), read(sweep("TRACE_PY", [k])), policy) for k in (0.75, 0.7499)
    )
    assert at.steps[0].status is Status.MINOR
    assert under.steps[0].status is Status.PASS


def test_the_order_of_arguments_does_not_matter(read: Read) -> None:
    c, py = read(sweep("TRACE_C", K), "c"), read(sweep("TRACE_PY", [k + 0.001 for k in K]), "py")
    straight, exchanged = compare_phi(py, c), compare_phi(c, py)
    assert straight.c.source == exchanged.c.source == "c"
    assert straight.steps == exchanged.steps
    assert straight.steps[0].delta_k == pytest.approx(0.001)


@pytest.mark.parametrize("key", ["per_phi_entries", "traces"])
def test_json_against_a_log_in_either_order(read: Read, key: str) -> None:
    c, py = read(sweep("TRACE_C", K)), read(per_phi([k + 0.01 for k in K], key))
    for result in (compare_phi(py, c), compare_phi(c, py)):
        assert result.max_delta_k == pytest.approx(0.01)
        assert len(result.compared) == 10


def test_json_against_json_takes_the_first_as_given(read: Read) -> None:
    result = compare_phi(read(per_phi(K), "one"), read(per_phi(K), "two"))
    assert result.verdict is Verdict.AGREE
    assert [notice.subject for notice in result.notices] == [Subject.SIDES]


def test_steps_of_one_side_only_are_missing(read: Read) -> None:
    result = compare_phi(read(sweep("TRACE_C", K[:8])), read(sweep("TRACE_PY", K[2:], tics=list(range(2, 10)))))
    missing = {step.phi_tic: step.reason for step in result.steps if step.status is Status.MISSING}
    assert missing == {
        0: "only C has this step",
        1: "only C has this step",
        8: "only Py has this step",
        9: "only Py has this step",
    }
    assert len(result.compared) == 6
    assert result.verdict is Verdict.DIFFER


def test_steps_are_paired_by_tic_not_by_place(read: Read) -> None:
    backwards = "".join(reversed(sweep("TRACE_PY", K).splitlines(keepends=True)[:1])) + "".join(
        sweep("TRACE_PY", K).splitlines(keepends=True)[1:]
    )
    assert compare_phi(read(sweep("TRACE_C", K)), read(backwards)).verdict is Verdict.AGREE


@pytest.mark.parametrize(("tic", "of"), [(0, 9), (3, 4), (0, 1)])
def test_a_step_that_repeats_another_is_named(read: Read, tic: int, of: int) -> None:
    repeated = [K[of] if i == tic else k for i, k in enumerate(K)]
    result = compare_phi(read(sweep("TRACE_C", repeated)), read(sweep("TRACE_PY", K)))
    assert [repeat.words(NAMES) for repeat in result.repeats] == [f"C phi_tic {tic} repeats phi_tic {of}"]
    assert any(f"C phi_tic {tic} repeats phi_tic {of}" in notice.text for notice in result.notices)
    assert result.first_divergence is not None
    assert result.first_divergence.phi_tic == tic


def test_a_still_crystal_repeats_nothing(read: Read) -> None:
    result = compare_phi(read(sweep("TRACE_C", [0.25] * 5, step=0)), read(sweep("TRACE_PY", [0.25] * 5, step=0)))
    assert result.repeats == ()
    assert result.verdict is Verdict.AGREE


def test_wrong_labels_are_told_apart_from_wrong_values(read: Read) -> None:
    result = compare_phi(read(sweep("TRACE_C", K)), read(sweep("TRACE_PY", K, step=0.1 / 9)))
    assert result.verdict is Verdict.AGREE
    (notice,) = result.notices
    assert "labels differ by up to 0.01° (tic 9: C 0.09°, Py 0.1°)" in notice.text
    assert "k agrees at 10 of 10 steps" in notice.text
    assert "n − 1 steps" in notice.text


def test_labels_that_are_wrong_in_another_way_get_no_guess(read: Read) -> None:
    (notice,) = compare_phi(read(sweep("TRACE_C", K)), read(sweep("TRACE_PY", K, step=0.02))).notices
    assert "n − 1" not in notice.text


@pytest.mark.parametrize("bad", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("both", [True, False])
def test_what_is_not_finite_never_agrees(read: Read, bad: str, both: bool) -> None:
    value = float(bad)
    c, py = sweep("TRACE_C", [value, 0.25]), sweep("TRACE_PY", [value if both else 0.5, 0.25])
    result = compare_phi(read(c), read(py))
    assert [step.status for step in result.steps] == [Status.NOT_FINITE, Status.PASS]
    assert result.verdict is Verdict.DIFFER
    assert result.max_delta_k == 0.0


def test_several_samples_are_paired_each_with_its_own(read: Read) -> None:
    shifted = [k + 0.1 for k in K]
    c = read(sweep("TRACE_C", K) + sweep("TRACE_C", shifted))
    result = compare_phi(c, read(sweep("TRACE_PY", K) + sweep("TRACE_PY", shifted)))
    assert result.verdict is Verdict.AGREE
    assert sorted({step.sample for step in result.steps}) == [0, 1]
    assert len(result.compared) == 20
    one = compare_phi(c, read(sweep("TRACE_PY", K)))
    assert [step.status for step in one.steps] == [Status.PASS] * 10 + [Status.MISSING] * 10


def test_other_reflections_at_every_step_are_another_pixel(read: Read) -> None:
    result = compare_phi(read(sweep("TRACE_C", K)), read(sweep("TRACE_PY", [k + 3 for k in K])))
    assert result.verdict is Verdict.NOT_COMPARABLE
    assert result.notices[0].weight is Weight.BLOCKING
    assert "different pixels" in result.notices[0].text
    assert len(result.steps) == 10


def test_one_bad_step_is_not_another_pixel(read: Read) -> None:
    result = compare_phi(read(sweep("TRACE_C", K)), read(sweep("TRACE_PY", [K[0] + 3, *K[1:]])))
    assert result.verdict is Verdict.DIFFER


def test_stated_pixels_decide(read: Read) -> None:
    c = read("TRACE_CONFIG: tracing pixel (spixel=1, fpixel=2)\n" + sweep("TRACE_C", K))
    py = read("# Tracing pixel (slow=1, fast=3)\n" + sweep("TRACE_PY", K))
    result = compare_phi(c, py)
    assert result.verdict is Verdict.NOT_COMPARABLE
    assert "C slow 1 fast 2, Py slow 1 fast 3" in result.notices[0].text


def test_nothing_to_compare_is_an_error(read: Read) -> None:
    c = read(sweep("TRACE_C", K[:2]))
    with pytest.raises(InputError, match="holds no φ steps"):
        compare_phi(c, read("TRACE_PY: polar 1\n"))
    with pytest.raises(InputError, match="no φ step in common"):
        compare_phi(c, read(sweep("TRACE_PY", K[:2], tics=[5, 6])))


def test_unreadable_lines_are_said(read: Read) -> None:
    py = read(sweep("TRACE_PY", K) + "TRACE_PY_PHI phi_tic=10 phi_deg=0.1 k_frac=0.1[New Thread 1]\n")
    result = compare_phi(read(sweep("TRACE_C", K)), py)
    assert any("1 unreadable line" in notice.text for notice in result.notices)


def test_the_recorded_sweep_of_the_reference_repeats_its_last_step(pairs: Path) -> None:
    trace = read_trace(str(pairs / "supervisor__685_1039" / "c.log"))
    result = compare_phi(trace, trace)
    assert {repeat.words(NAMES) for repeat in result.repeats} == {
        "C phi_tic 0 repeats phi_tic 9",
        "Py phi_tic 0 repeats phi_tic 9",
    }
    assert result.verdict is Verdict.AGREE
    table = result.table
    assert list(table["phi_tic"]) == list(range(10))
    assert math.isclose(table["k_c"][1], -0.591177727127411)


def test_a_step_whose_k_is_a_word_is_one_that_the_log_lacks() -> None:
    line = "{0}_PHI phi_tic=0 phi_deg=0 k_frac=2.5 F_latt_b=1.5 F_latt=3.25\n{0}: phi_tic=1 k_frac {1}\n"
    c = parse_trace(line.format("TRACE_C", "2.75"))[0]
    py = parse_trace(line.format("TRACE_PY", "NOT_EXTRACTED"))[0]
    assert [(step.phi_tic, step.status) for step in compare_phi(c, py).steps] == [(0, Status.PASS), (1, Status.MISSING)]

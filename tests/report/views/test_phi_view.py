"""What a comparison along φ says first."""

import pytest

from nbtrace import compare_phi
from nbtrace.parsers import parse_trace
from nbtrace.report.views.phi_view import phi_view


def sweep(prefix: str, ks: list[float]) -> str:
    lines = "{}_PHI phi_tic={} phi_deg={} k_frac={} F_latt_b={} F_latt=1.5\n"
    return "".join(lines.format(prefix, tic, tic, k, k) for tic, k in enumerate(ks))


A, B, WRONG = [0.25, 0.5, 0.75], [0.125, 0.375, 0.625], [0.375, 0.5, 0.75]


@pytest.mark.parametrize(
    ("c", "py", "said", "steps", "column"),
    [
        ([A], [A], "all 3 steps agree, max", "Steps: 3 on both sides", "phi_tic"),
        ([A, B], [A, B], "all 3 steps agree in each of 2 samples, max", "Steps (3 in each of 2 samples): 6", "sample"),
        ([A], [WRONG], "only divergence at phi_tic 0 (1 of 3 steps), max", "Steps: 3 on", "phi_tic"),
        ([A, B], [WRONG, B], "only divergence at phi_tic 0 (1 of 3 steps in 1 of 2 samples)", "Steps (3", "sample"),
        ([A, B], [B, A], "first divergence at phi_tic 0 (3 of 3 steps in 2 of 2 samples)", "Steps (3", "sample"),
    ],
)
def test_steps_are_those_of_the_rotation_and_samples_are_told_beside_them(
    c: list[list[float]], py: list[list[float]], said: str, steps: str, column: str
) -> None:
    (one,) = parse_trace("".join(sweep("TRACE_C", ks) for ks in c))
    (other,) = parse_trace("".join(sweep("TRACE_PY", ks) for ks in py))
    view = phi_view(compare_phi(one, other))
    assert view.headline.startswith(said)
    assert any(fact.startswith(steps) for fact in view.facts)
    table = view.sections[0].table
    assert table is not None
    assert table.columns[0].title.startswith(column)


def of_factors(prefix: str, factors: list[float]) -> str:
    lines = "{}_PHI phi_tic={} phi_deg={} k_frac=0.5 F_latt_b={} F_latt=1.5\n"
    return "".join(lines.format(prefix, tic, tic, factor) for tic, factor in enumerate(factors))


@pytest.mark.parametrize(
    ("factors", "said", "status"),
    [
        (
            [2.0, 2.002],
            "only divergence at phi_tic 1 (1 of 2 steps): F_latt_b differs although k is the same; max",
            "DIVERGENT",
        ),
        ([2.0], "only divergence at phi_tic 1 (1 of 2 steps): only C has this step; max", "MISSING"),
        (
            [2.0, 2.0001],
            "only divergence at phi_tic 1 (1 of 2 steps): F_latt_b differs although k is the same; ",
            "MINOR",
        ),
        (
            [2.0, 2.2],
            "only divergence at phi_tic 1 (1 of 2 steps): F_latt_b differs although k is the same; max",
            "CRITICAL",
        ),
    ],
)
def test_what_is_wrong_with_a_step_whose_k_agrees_stands_in_the_first_line_and_nowhere_else(
    factors: list[float], said: str, status: str
) -> None:
    (one,) = parse_trace(of_factors("TRACE_C", [2.0, 2.0]))
    (other,) = parse_trace(of_factors("TRACE_PY", factors))
    result = compare_phi(one, other)
    view = phi_view(result)
    assert view.headline.startswith(said)
    assert result.steps[1].status.value == status
    assert not [item for section in view.sections for item in section.items if "phi_tic 1" in item]

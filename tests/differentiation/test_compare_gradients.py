"""A candidate's derivatives against measured ones: mistakes that ports make are found, and nothing passes untested."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from nbtrace.differentiation.compare_gradients import GradientSides, compare_gradients
from nbtrace.differentiation.derivative import Derivative, DerivativeKind, GradientParameter
from nbtrace.differentiation.finite_differences import Evaluated
from nbtrace.differentiation.gradient_row import GradientRow, GradientStatus
from nbtrace.differentiation.gradients_result import GradientSources, GradientsResult, ratio_words
from nbtrace.verdicts.status import Status, Verdict

SINGLE = 2.0**-24

PARAMETERS = (
    GradientParameter("a", "Å", 100.0, 1.0),
    GradientParameter("gamma", "°", 80.0, 1.0),
    GradientParameter("distance", "mm", 60.0, 0.6),
    GradientParameter("F", "e", 10.0, 1.0),
)


def model(at: Mapping[str, float]) -> float:
    phase = at["a"] * math.cos(math.radians(at["gamma"])) / 7.0
    return at["F"] ** 2 * (1.0 + math.sin(phase)) / at["distance"] ** 2 * 1e3 + at.get("idle", 0.0) * 0.0


def gradient_of(at: Mapping[str, float]) -> dict[str, float]:
    cosine, sine = math.cos(math.radians(at["gamma"])), math.sin(math.radians(at["gamma"]))
    scale, phase = at["F"] ** 2 / at["distance"] ** 2 * 1e3, at["a"] * cosine / 7.0
    return {
        "a": scale * math.cos(phase) * cosine / 7.0,
        "gamma": -scale * math.cos(phase) * at["a"] * sine / 7.0 * math.pi / 180.0,
        "distance": -2.0 * model(at) / at["distance"],
        "F": 2.0 * model(at) / at["F"],
    }


@dataclass(eq=False)
class Values:
    """A function of the parameters, in single precision or not."""

    function: Callable[[Mapping[str, float]], float] = model
    parameters: Sequence[GradientParameter] = PARAMETERS
    rounding: float = SINGLE
    fractions: bool = False
    changes: str = ""
    name: str = "reference"
    calls: int = field(default=0)

    def base(self) -> Evaluated:
        return self._at({})

    def value(self, parameter: GradientParameter, at: float) -> Evaluated:
        self.calls += 1
        return self._at({parameter.name: at})

    def break_near(self, parameter: GradientParameter, low: float, high: float) -> str:
        assert low < parameter.value < high
        return self.changes

    def _at(self, changed: Mapping[str, float]) -> Evaluated:
        value = self.function({item.name: item.value for item in self.parameters} | dict(changed))
        if self.rounding:
            value = math.ldexp(round(math.ldexp(value, 24 - math.frexp(value)[1])), math.frexp(value)[1] - 24)
        return Evaluated(value, self.rounding * abs(value))


@dataclass(frozen=True)
class Told:
    """Derivatives as a port tells them."""

    slopes: Mapping[str, float | None]
    factor: float = 1.0
    name: str = "port"

    def gradient(self, parameters: Sequence[GradientParameter]) -> tuple[Evaluated, Mapping[str, Derivative]]:
        at = {item.name: item.value for item in parameters}
        none = Derivative(DerivativeKind.DETACHED, reason="None: no graph leads to it")
        found = {
            name: none if slope is None else Derivative(DerivativeKind.AUTOGRAD, slope, 1e-14 * abs(slope))
            for name, slope in self.slopes.items()
        }
        return Evaluated(model({**{p.name: p.value for p in PARAMETERS}, **at}) * self.factor, 0.0), found


def compared(
    told: Told,
    reference: Values | None = None,
    parameters: Sequence[GradientParameter] = PARAMETERS,
    witness: Told | None = None,
    stand_in: Values | None = None,
) -> GradientsResult:
    sides = GradientSides(reference or Values(), Values(rounding=0.0, fractions=True), told, witness, stand_in)
    found = compare_gradients(sides, parameters, tolerance=1e-6)
    sources = GradientSources("reference", "port", "finite differences", "autograd")
    values = found.reference_value, found.candidate_value
    return GradientsResult("pixel slow 1 fast 2", (1, 1, 2, 2), ("-N", "5"), sources, *values, found.rows, {}, 1e-6)


RIGHT = gradient_of({item.name: item.value for item in PARAMETERS})


def row_of(result: GradientsResult, name: str) -> GradientRow:
    return next(row for row in result.rows if row.parameter.name == name)


def test_right_derivatives_agree_as_far_as_single_precision_lets_be_seen() -> None:
    result = compared(Told(RIGHT))
    assert result.verdict is Verdict.AGREE
    assert [row.status for row in result.rows] == [GradientStatus.AGREE] * 4
    assert all(3.0 < (row.digits or 0.0) < 8.0 for row in result.rows)
    assert result.first_apart is None
    assert result.report().startswith("AGREE  4 of 4 derivatives of pixel slow 1 fast 2 agree, to ")


WRONG = {
    "sign": ("a", lambda slope: -slope, "the other sign"),
    "factor two": ("distance", lambda slope: 2.0 * slope, "twice as large"),
    "radians for degrees": ("gamma", lambda slope: slope * 180.0 / math.pi, "per radian where per degree is meant"),
    "degrees for radians": ("gamma", lambda slope: slope * math.pi / 180.0, "per degree where per radian is meant"),
    "a term of a thousandth is missing": ("F", lambda slope: slope * 0.999, ""),
    "not a number": ("a", lambda _: math.nan, "no finite number"),
    "cut off": ("a", lambda _: 0.0, "it is 0: no graph leads to it"),
    "detached": ("a", lambda _: None, "None: no graph leads to it"),
}


@pytest.mark.parametrize(("name", "change", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_derivative_is_found_named_and_first(
    name: str, change: Callable[[float], float | None], words: str
) -> None:
    result = compared(Told({**RIGHT, name: change(RIGHT[name])}))
    assert result.verdict is Verdict.DIFFER
    assert [row.parameter.name for row in result.of_status(GradientStatus.DIFFER)] == [name]
    first = result.first_apart
    assert first is not None
    assert words in first.reason
    assert result.report().startswith(f"DIFFER  ∂/∂{name} per ")
    if first.candidate.exists:
        assert "its own values have the right one: autograd loses it" in first.reason


def test_the_first_in_order_leads() -> None:
    result = compared(Told({**RIGHT, "distance": 1.5 * RIGHT["distance"], "gamma": 1.4 * RIGHT["gamma"]}))
    assert result.first_apart is row_of(result, "gamma")
    assert "2 of 4 differ: gamma, distance" in " ".join(result.report().split())


def test_one_factor_of_all_and_an_exchange_are_said() -> None:
    result = compared(Told({name: 2.0 * slope for name, slope in RIGHT.items()}))
    assert result.common_ratio == pytest.approx(2.0, rel=1e-3)
    assert ratio_words(result).startswith("all by one factor, 2")
    exchanged = compared(Told({**RIGHT, "a": RIGHT["F"], "F": RIGHT["a"]}))
    assert exchanged.exchanged == ("a", "F")
    assert exchanged.common_ratio is None


def test_another_value_is_a_difference_although_the_derivatives_agree() -> None:
    result = compared(Told(RIGHT, factor=1.001))
    assert not result.of_status(GradientStatus.DIFFER)
    assert result.value_status is Status.DIVERGENT
    assert result.verdict is Verdict.DIFFER
    assert result.report().startswith("DIFFER  the value itself: ")


def test_a_derivative_of_zero_on_both_sides_is_not_tested_and_alone_no_agreement() -> None:
    idle = GradientParameter("idle", "1", 1.0, 0.5)
    result = compared(Told({"idle": 0.0}), Values(parameters=(*PARAMETERS, idle)), (idle,))
    (found,) = result.rows
    assert found.status is GradientStatus.UNMEASURED
    assert "0 within" in found.reason or "0 on both sides" in found.reason
    assert result.verdict is Verdict.NOT_COMPARABLE
    wrong = compared(Told({"idle": 1.0}), Values(parameters=(*PARAMETERS, idle)), (idle,))
    assert wrong.verdict is Verdict.DIFFER
    assert "the reference has 0 within" in wrong.rows[0].reason


def row(reference: float, candidate: float, error: float = 0.0, witness: float | None = None) -> GradientRow:
    """Return what is said of two derivatives of a parameter."""
    seen = None if witness is None else Derivative(DerivativeKind.AUTOGRAD, witness)
    measured = Derivative(DerivativeKind.MEASURED, reference, error)
    return GradientRow(PARAMETERS[0], measured, Derivative(DerivativeKind.AUTOGRAD, candidate), seen)


def test_two_exact_zeros_show_nothing() -> None:
    told = row(0.0, 0.0)
    assert told.status is GradientStatus.UNMEASURED
    assert told.reason == "0 on both sides, so not tested"
    assert told.size is Status.PASS


@pytest.mark.parametrize("wrong", [math.inf, -math.inf, math.nan])
def test_a_derivative_that_is_no_finite_number_differs_from_one_that_is(wrong: float) -> None:
    for told in (row(1.0, wrong), row(0.0, wrong), row(wrong, 1.0), row(1.0, wrong, witness=1.0)):
        assert told.status is GradientStatus.DIFFER
        assert told.size is Status.NOT_FINITE
        assert "no finite number" in told.reason
    assert row(wrong, wrong).status is GradientStatus.UNMEASURED
    # A witness that tells nothing does not rule.
    assert not row(1.0, 1.0, witness=wrong).judged_by_witness


@pytest.mark.parametrize("wrong", [math.inf, math.nan])
def test_a_value_that_is_no_finite_number_is_never_the_same(wrong: float) -> None:
    result = compared(Told(RIGHT))
    for values in ((Evaluated(1.0, 0.0), Evaluated(wrong, wrong)), (Evaluated(wrong, wrong), Evaluated(1.0, 0.0))):
        changed = replace(result, reference_value=values[0], candidate_value=values[1])
        assert changed.value_status is Status.NOT_FINITE
        assert changed.verdict is Verdict.DIFFER


def test_noise_above_the_derivative_is_no_agreement_but_what_is_beyond_it_differs() -> None:
    def noisy(at: Mapping[str, float]) -> float:
        return 1e6 + 1e-3 * math.sin(at["a"])

    source = Values(noisy)
    slope = 1e-3 * math.cos(100.0)
    hidden = compared(Told({"a": slope}, factor=1e6 / model({p.name: p.value for p in PARAMETERS})), source)
    assert row_of(hidden, "a").status is GradientStatus.UNMEASURED
    beyond = compared(Told({"a": 10.0}), source)
    assert row_of(beyond, "a").status is GradientStatus.DIFFER


def test_a_boundary_at_the_point_has_no_derivative_and_its_reason_is_told() -> None:
    def folded(at: Mapping[str, float]) -> float:
        return model(at) * (1.0 + abs(at["a"] - 100.0))

    told = "the nearest reflection changes from 2 0 0 to 3 0 0"
    known = compared(Told(RIGHT), Values(folded, changes=told))
    broken = row_of(known, "a")
    assert broken.status is GradientStatus.NOT_DIFFERENTIABLE
    assert broken.reason.startswith(f"{told} inside the smallest step")
    unknown = row_of(compared(Told(RIGHT), Values(folded)), "a")
    assert unknown.status is GradientStatus.NOT_DIFFERENTIABLE
    assert "from below" in unknown.reason


def test_a_parameter_that_its_flag_does_not_set_alone_is_not_measured() -> None:
    class Moves(Values):
        def value(self, parameter: GradientParameter, at: float) -> Evaluated:
            found = super().value(parameter, at)
            return Evaluated(found.value * 1.1, found.noise)

    result = compared(Told(RIGHT), Moves())
    assert {row.status for row in result.rows} == {GradientStatus.UNMEASURED}
    assert "its flag changes more than it" in result.rows[0].reason


def test_seeds_and_counts_have_no_derivative_and_no_program_runs_for_them() -> None:
    seed = GradientParameter("seed", "1", 7.0, 1.0, whole=True, undefined="a seed of random draws")
    count = GradientParameter("cells", "1", 5.0, 0.5, whole=True)
    source = Values(parameters=(*PARAMETERS, seed, count))
    result = compared(Told({"seed": 1.0, "cells": 2.0}), source, (seed, count))
    assert {row.status for row in result.rows} == {GradientStatus.NOT_DIFFERENTIABLE}
    assert [row.reason for row in result.rows] == [
        "a seed of random draws",
        "the program takes whole numbers alone",
    ]
    assert source.calls == 0


def test_a_count_is_held_against_what_takes_fractions_of_it() -> None:
    count = GradientParameter("cells", "1", 5.0, 0.5, whole=True)
    both = (*PARAMETERS, count)

    def many(at: Mapping[str, float]) -> float:
        return model(at) * at["cells"] ** 2 / 25.0

    slope = 2.0 * model({item.name: item.value for item in PARAMETERS}) / 5.0
    stand_in = Values(many, both, rounding=0.0, fractions=True, name="formula")
    for told, status in (
        (slope, GradientStatus.AGREE),
        (-slope, GradientStatus.DIFFER),
        (None, GradientStatus.NOT_DIFFERENTIABLE),
    ):
        found = compared(Told({"cells": told}), Values(many, both), (count,), stand_in=stand_in).rows[0]
        assert (found.status, found.stood_in) == (status, "formula")


def test_a_witness_that_agrees_with_the_reference_tells_what_single_precision_hides() -> None:
    slopes = {**RIGHT, "a": RIGHT["a"] * (1.0 + 3e-6)}
    assert compared(Told(slopes)).verdict is Verdict.AGREE
    result = compared(Told(slopes), witness=Told(RIGHT))
    assert row_of(result, "a").judged_by_witness
    assert result.verdict is Verdict.DIFFER
    wrong_witness = compared(Told(RIGHT), witness=Told({name: 2.0 * slope for name, slope in RIGHT.items()}))
    assert wrong_witness.verdict is Verdict.AGREE


def test_statuses_have_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(compared(Told(RIGHT)).rows[0].status)

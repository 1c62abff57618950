"""What is said of one parameter: the derivatives of all sources, and whether the candidate's is right."""

import math
from dataclasses import dataclass

from nbtrace.differentiation.derivative import Derivative, DerivativeKind, GradientParameter
from nbtrace.differentiation.known_ratios import known_ratio
from nbtrace.verdicts.status import NoTruth, Status, band

_VAGUE = 0.01
"""Relative error bar from which on a derivative counts as not measured."""


class GradientStatus(NoTruth):
    """What is said of the candidate's derivative."""

    AGREE = "AGREE"
    DIFFER = "DIFFER"
    NOT_DIFFERENTIABLE = "NOT_DIFFERENTIABLE"
    UNMEASURED = "UNMEASURED"


@dataclass(frozen=True, slots=True)
class GradientRow:
    """One parameter.

    Attributes
    ----------
    parameter : GradientParameter
    reference, candidate : Derivative
    witness : Derivative or None
        Autograd of the embedded simulator, where the candidate is something else.
    own : Derivative or None
        The candidate's own function by finite differences, where its autograd differs.
    tolerance : float
        Relative.
    stood_in : str
        What was measured in place of the reference, where that takes whole numbers alone.
    """

    parameter: GradientParameter
    reference: Derivative
    candidate: Derivative
    witness: Derivative | None = None
    own: Derivative | None = None
    tolerance: float = 1e-6
    stood_in: str = ""

    @property
    def status(self) -> GradientStatus:
        """Whether the candidate's derivative is right."""
        reference, candidate = self.reference, self.candidate
        if not reference.exists:
            known = reference.kind is DerivativeKind.NONE
            return GradientStatus.NOT_DIFFERENTIABLE if known else GradientStatus.UNMEASURED
        if not candidate.exists:
            return self._without_candidate
        if not (math.isfinite(reference.value) or math.isfinite(candidate.value)):
            return GradientStatus.UNMEASURED
        if not self._agrees(candidate, reference) or self.judged_by_witness:
            return GradientStatus.DIFFER
        # Of two zeros nothing is shown, however exact they are: no graph, or no way, may lead to the parameter.
        known = abs(reference.value) > 0.0 and self.bar <= _VAGUE * abs(reference.value)
        return GradientStatus.AGREE if known else GradientStatus.UNMEASURED

    @property
    def _without_candidate(self) -> GradientStatus:
        none = self.candidate.kind is DerivativeKind.NONE
        if none or (self.parameter.whole and self.candidate.kind is DerivativeKind.DETACHED):
            return GradientStatus.NOT_DIFFERENTIABLE
        measured = abs(self.reference.value) > self.reference.error
        return GradientStatus.DIFFER if measured else GradientStatus.UNMEASURED

    @property
    def judged_by_witness(self) -> bool:
        """Whether the embedded simulator tells of a difference that the reference's error bar hides."""
        witness = self.witness
        if witness is None or not (witness.exists and self.reference.exists and self.candidate.exists):
            return False
        trusted = self._agrees(witness, self.reference) and self._agrees(self.candidate, self.reference)
        return trusted and not self._agrees(self.candidate, witness)

    @property
    def expected(self) -> Derivative:
        """What the candidate is held against."""
        return self.witness if self.judged_by_witness and self.witness is not None else self.reference

    def _agrees(self, one: Derivative, other: Derivative) -> bool:
        apart = abs(one.value - other.value)
        allowed = one.error + other.error + self.tolerance * max(abs(one.value), abs(other.value))
        return apart <= allowed and apart < math.inf  # never of nan

    @property
    def bar(self) -> float:
        """The error bars of the two together."""
        return self.expected.error + self.candidate.error

    @property
    def size(self) -> Status:
        """How far the two are apart, in the bands of every comparison; MISSING without a number of the candidate."""
        if not self.candidate.exists:
            return Status.MISSING
        if not (math.isfinite(self.candidate.value) and math.isfinite(self.expected.value)):
            return Status.NOT_FINITE
        if self.status is not GradientStatus.DIFFER:
            return Status.PASS
        largest = max(abs(self.expected.value), abs(self.candidate.value))
        return band(abs(self.candidate.value - self.expected.value) / largest)

    @property
    def ratio(self) -> float | None:
        """Candidate over what it is held against; None where that is not known from 0, or there are not two numbers."""
        expected = self.expected
        if not (expected.exists and self.candidate.exists) or abs(expected.value) <= expected.error:
            return None
        return self.candidate.value / expected.value

    @property
    def digits(self) -> float | None:
        """Decimal digits that are known to agree: no more than the error bars let be seen; None without two numbers."""
        expected = self.expected
        if not (expected.exists and self.candidate.exists) or expected.value == 0.0:
            return None
        off = max(abs(self.candidate.value - expected.value), self.bar) / abs(expected.value)
        return None if math.isnan(off) else (math.inf if off == 0.0 else max(-math.log10(off), 0.0) + 0.0)

    @property
    def meaning(self) -> str:
        """What the ratio is known for; empty where that is nothing."""
        if self.status is not GradientStatus.DIFFER or self.ratio is None or self.candidate.value == 0.0:
            return ""
        return known_ratio(self.ratio, self.bar / abs(self.expected.value) + 10.0 * self.tolerance)

    @property
    def reason(self) -> str:
        """Why the status is what it is, where the numbers alone do not say."""
        for derivative in (self.reference, self.candidate):
            if not derivative.exists:
                return derivative.reason if not self.stood_in else f"the candidate: {derivative.reason}"
        if self.status is GradientStatus.UNMEASURED:
            return self._unmeasured
        held = f"held against the {self.stood_in}, since the reference takes whole numbers alone" * bool(self.stood_in)
        if self.status is not GradientStatus.DIFFER:
            return held
        return "; ".join(filter(None, (self._wrong_words, held, self._own_words)))

    @property
    def _wrong_words(self) -> str:
        if self.candidate.value == 0.0:
            return "it is 0: no graph leads to it, or it is not used"
        if not math.isfinite(self.candidate.value):
            return "it is no finite number"
        if not math.isfinite(self.expected.value):
            return "the reference has no finite number"
        if abs(self.expected.value) <= self.expected.error:
            return f"the reference has 0 within ±{self.expected.error:.1e}"
        hidden = "told by the embedded simulator, which agrees with the reference" if self.judged_by_witness else ""
        return "; ".join(filter(None, (self.meaning, hidden)))

    @property
    def _unmeasured(self) -> str:
        if not math.isfinite(self.reference.value):
            return "no finite number on both sides"
        if max(abs(self.reference.value), abs(self.candidate.value)) <= self.bar:
            return "0 on both sides, so not tested" if self.bar == 0.0 else f"0 within ±{self.bar:.1e} on both sides"
        return f"noise of ±{self.bar:.1e} hides it"

    @property
    def _own_words(self) -> str:
        """What its own function has for a derivative, where that tells the function from its autograd."""
        if self.own is None or not self.own.exists:
            return ""
        if self._agrees(self.own, self.expected):
            return "its own values have the right one: autograd loses it"
        return "its own values have the same one" if self._agrees(self.own, self.candidate) else ""

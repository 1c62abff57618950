"""Two programs' derivatives of the same value, held against each other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from nbtrace.differentiation.finite_differences import Evaluated
from nbtrace.differentiation.gradient_row import GradientRow, GradientStatus
from nbtrace.differentiation.known_ratios import known_ratio
from nbtrace.presentable import Presentable
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.status import Status, Verdict, band

_ONE_RATIO = 1e-3
"""Relative difference up to which two ratios count as one."""


@dataclass(frozen=True, slots=True)
class GradientSources:
    """Who gave the derivatives, for people; empty where nobody did.

    Attributes
    ----------
    reference, candidate, witness : str
    reference_by, candidate_by : str
        How: by finite differences of what, or by autograd.
    """

    reference: str
    candidate: str
    reference_by: str
    candidate_by: str
    witness: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class GradientsResult(Presentable):
    """Derivatives of one value by several parameters, in the order in which they are named.

    Attributes
    ----------
    what : str
        What is differentiated: a pixel, or the sum over pixels.
    region : (int, int, int, int)
        First and last slow, first and last fast pixel that it is of.
    flags : tuple of str
    sources : GradientSources
    reference_value, candidate_value : Evaluated
        The value itself, as both sides have it.
    rows : tuple of GradientRow
    left_out : mapping of str to str
        Parameters without a row → why.
    tolerance : float
        Relative.
    notices : tuple of Notice
    """

    presented_as: ClassVar[str] = "gradients"

    what: str
    region: tuple[int, int, int, int]
    flags: tuple[str, ...]
    sources: GradientSources
    reference_value: Evaluated
    candidate_value: Evaluated
    rows: tuple[GradientRow, ...]
    left_out: Mapping[str, str]
    tolerance: float
    notices: tuple[Notice, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """AGREE where the value and at least one derivative agree, and none differs."""
        if self.value_status is not Status.PASS or self.of_status(GradientStatus.DIFFER):
            return Verdict.DIFFER
        return Verdict.AGREE if self.of_status(GradientStatus.AGREE) else Verdict.NOT_COMPARABLE

    @property
    def value_status(self) -> Status:
        """Whether the value itself is the same on both sides."""
        reference, candidate = self.reference_value, self.candidate_value
        apart = abs(candidate.value - reference.value)
        largest = max(abs(reference.value), abs(candidate.value))
        if not apart < math.inf:
            return Status.NOT_FINITE
        if apart <= reference.noise + candidate.noise + self.tolerance * largest:
            return Status.PASS
        return band(apart / largest)

    def of_status(self, status: GradientStatus) -> tuple[GradientRow, ...]:
        """Return the rows of one status."""
        return tuple(row for row in self.rows if row.status is status)

    @property
    def first_apart(self) -> GradientRow | None:
        """The first parameter whose derivatives differ."""
        return next(iter(self.of_status(GradientStatus.DIFFER)), None)

    @property
    def common_ratio(self) -> float | None:
        """Candidate over reference, where it is one number for all derivatives that differ, of which there are two."""
        apart = self.of_status(GradientStatus.DIFFER)
        ratios = [row.ratio for row in apart if row.ratio is not None]
        if len(ratios) < 2 or len(ratios) < len(apart):
            return None
        bars = [_ONE_RATIO + row.bar / abs(row.expected.value) for row in apart]
        best = min(zip(bars, ratios, strict=True))[1]
        same = all(abs(ratio - best) <= bar * abs(best) for bar, ratio in zip(bars, ratios, strict=True))
        return best if same else None

    @property
    def exchanged(self) -> tuple[str, str] | None:
        """Two parameters whose derivatives stand in each other's place."""
        apart = [row for row in self.of_status(GradientStatus.DIFFER) if row.candidate.exists]
        for place, one in enumerate(apart):
            for other in apart[place + 1 :]:
                if _same(one, other) and _same(other, one):
                    return one.parameter.name, other.parameter.name
        return None

    def counted(self) -> tuple[str, ...]:
        """Return how many parameters have which status."""
        counts = {status.value: len(self.of_status(status)) for status in GradientStatus}
        return (", ".join(f"{count} {word}" for word, count in counts.items() if count),)


def _same(one: GradientRow, other: GradientRow) -> bool:
    """Whether the candidate's derivative by one parameter is what is expected of the other."""
    expected, found = other.expected, one.candidate
    allowed = _ONE_RATIO * abs(expected.value) + expected.error + found.error
    return abs(expected.value) > allowed and abs(found.value - expected.value) <= allowed


def ratio_words(result: GradientsResult) -> str:
    """Return what all derivatives that differ have in common; empty where that is nothing."""
    ratio = result.common_ratio
    if ratio is None:
        return ""
    known = known_ratio(ratio, _ONE_RATIO)
    return f"all by one factor, {ratio:.6g}{f' ({known})' if known else ''}"


def why_nothing(rows: Sequence[GradientRow], left_out: Mapping[str, str]) -> str:
    """Return why there is nothing to compare: the statuses and their reasons, a few of them."""
    told = [f"{row.parameter.name} {row.status.value}: {row.reason}" for row in rows]
    told += [f"{name}: {reason}" for name, reason in left_out.items()]
    return "; ".join(told[:4]) + (f"; and {len(told) - 4} more" if len(told) > 4 else "")

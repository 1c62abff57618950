"""Several candidates against one reference on the same flags: which differ, and which differ in the same way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from nbtrace.compare.several_logs import LogAgainstReference, SeveralLogs, SharedDivergence
from nbtrace.errors import ExitCode, InputError, MismatchError, ProgramError
from nbtrace.presentable import Presentable
from nbtrace.programs.command import FlagLine
from nbtrace.programs.comparison import Comparison, Plan, compare
from nbtrace.programs.once_made import OnceMade
from nbtrace.programs.side_source import Identity, SideSource
from nbtrace.progress import tracked
from nbtrace.records import Pixel
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names


@dataclass(frozen=True, eq=False)
class CandidateResult:
    """A candidate, held against the reference.

    Attributes
    ----------
    name : str
        What it is called.
    program : str
        What it is, for people.
    comparison : Comparison or None
        None where it could not be compared; `reason` then says why.
    reason : str
    error : ExitCode or None
    """

    name: str
    program: str
    comparison: Comparison | None
    reason: str = ""
    error: ExitCode | None = None

    @property
    def verdict(self) -> Verdict:
        """What its comparison says."""
        return Verdict.NOT_COMPARABLE if self.comparison is None else self.comparison.verdict

    @property
    def image(self) -> str | None:
        """SHA-256 of its pixels; None where it made none."""
        return None if self.comparison is None else self.comparison.py.made.digests[0]


@dataclass(frozen=True, eq=False)
class SharedPixel:
    """Candidates whose traces of a pixel leave the reference's together."""

    pixel: Pixel
    divergence: SharedDivergence


@dataclass(frozen=True, eq=False, repr=False)
class CandidatesComparison(Presentable):
    """Several candidates against one reference.

    Attributes
    ----------
    line : FlagLine
    reference : Identity
    candidates : tuple of CandidateResult
        In the order in which they were given.
    names : Names
        What reports call the reference, and any of the candidates.
    """

    presented_as: ClassVar[str] = "compare_candidates"

    line: FlagLine
    reference: Identity
    candidates: tuple[CandidateResult, ...]
    names: Names = field(default_factory=lambda: registry.default().names)

    def of(self, verdict: Verdict) -> tuple[CandidateResult, ...]:
        """Return the candidates with a verdict."""
        return tuple(item for item in self.candidates if item.verdict is verdict)

    @property
    def verdict(self) -> Verdict:
        """Agreement only if every candidate was compared and agrees."""
        if self.of(Verdict.DIFFER):
            return Verdict.DIFFER
        return Verdict.NOT_COMPARABLE if self.of(Verdict.NOT_COMPARABLE) or not self.candidates else Verdict.AGREE

    @property
    def exit_code(self) -> ExitCode:
        """1 if any differs; else that of the first that could not be compared; 3 if there is none at all."""
        if self.verdict is Verdict.DIFFER:
            return ExitCode.DIFFER
        if not self.candidates:
            return ExitCode.INPUT
        return next((item.error for item in self.candidates if item.error is not None), ExitCode.AGREE)

    @cached_property
    def same_images(self) -> tuple[tuple[str, ...], ...]:
        """Candidates whose images are the same to the bit, and not the reference's."""
        groups: dict[str, list[str]] = {}
        for item in self.of(Verdict.DIFFER):
            groups.setdefault(item.image or "", []).append(item.name)
        return tuple(tuple(names) for names in groups.values() if len(names) > 1)

    @cached_property
    def shared(self) -> tuple[SharedPixel, ...]:
        """Which candidates leave the reference together, in the traces of the pixels that several of them have."""
        return tuple(_shared(self.candidates))

    def counted(self) -> tuple[str, ...]:
        """Return how many agree."""
        return (f"{len(self.of(Verdict.AGREE))} of {len(self.candidates)} candidates agree",)


def compare_candidates(
    reference: SideSource, candidates: Sequence[tuple[str, str, Callable[[], SideSource]]], line: FlagLine, plan: Plan
) -> CandidatesComparison:
    """Compare each candidate with the reference, which runs once.

    Parameters
    ----------
    reference : SideSource
    candidates : sequence of (str, str, callable)
        Name, program for people, and what makes the side.
    line, plan
        As for :func:`~nbtrace.programs.comparison.compare`.

    Raises
    ------
    UsageError
        If a pixel of the plan is off the detector.
    ProgramError, MismatchError, InputError
        If the reference has no image. Of a candidate that has none this is part of the result.
    """
    once = OnceMade(reference)
    once.make(plan.repeat)
    found = tuple(
        _against(once, *candidate, line, plan) for candidate in tracked(candidates, "candidates", len(candidates))
    )
    return CandidatesComparison(line, once.identity, found, plan.names)


def _against(
    reference: OnceMade, name: str, program: str, make: Callable[[], SideSource], line: FlagLine, plan: Plan
) -> CandidateResult:
    try:
        return CandidateResult(name, program, compare(reference, make(), line, plan))
    except (ProgramError, MismatchError, InputError) as error:
        return CandidateResult(name, program, None, str(error), error.exit_code)


def _shared(candidates: Sequence[CandidateResult]) -> Iterator[SharedPixel]:
    told: set[tuple[str, ...]] = set()
    traced: dict[Pixel, list[LogAgainstReference]] = {}
    for item in candidates:
        for probe in item.comparison.probes if item.comparison is not None else ():
            if probe.diff is not None:
                traced.setdefault(probe.pixel, []).append(LogAgainstReference.of(item.name, probe.diff))
    for pixel, logs in traced.items():
        first = logs[0].diff
        if first is None or len(logs) < 2:
            continue
        for divergence in SeveralLogs(first.c, first.policy, tuple(logs)).shared:
            if divergence.logs not in told:
                told.add(divergence.logs)
                yield SharedPixel(pixel, divergence)

"""The cases of a suite with several candidates: the reference runs once for a case, each result has its own key."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace

from nbtrace.errors import ExitCode
from nbtrace.programs.case_keys import case_key, digest_of_values
from nbtrace.programs.command import FlagLine
from nbtrace.programs.once_made import OnceMade
from nbtrace.programs.side_source import SideSource
from nbtrace.programs.suite import CaseResult, MakeSource, SuiteRun, lacking, worst_of
from nbtrace.programs.suite_file import CaseTask
from nbtrace.verdicts.case_names import candidate_case


@dataclass(frozen=True)
class CandidatesTask(CaseTask):
    """A case, and the candidates with which it is to run."""

    candidates: tuple[str, ...] = ()

    @classmethod
    def of(cls, case: CaseTask, candidates: Sequence[str]) -> "CandidatesTask":
        """Return a case with candidates, by name."""
        own = {item.name: getattr(case, item.name) for item in fields(CaseTask)}
        return cls(**own, candidates=tuple(candidates))


@dataclass(frozen=True)
class CandidatesCase(CaseResult):
    """The worst of a case's results, and all of them in the order of the candidates that ran."""

    each: tuple[CaseResult, ...] = ()


@dataclass(frozen=True)
class CandidatesRun(SuiteRun):
    """What the cases of a suite run with, where several candidates stand in place of one.

    Attributes
    ----------
    candidates : tuple of (str, callable)
        Name of each, and what makes it.
    """

    candidates: tuple[tuple[str, MakeSource], ...] = ()

    def result(self, case: CaseTask) -> CaseResult:
        """Run a case with each of its candidates."""
        wanted = case.candidates if isinstance(case, CandidatesTask) else tuple(name for name, _ in self.candidates)
        reference = _ReferenceOfCase(self.reference)
        each = tuple(
            SuiteRun(reference, make, self.plan, self.origin, self.lenient).result(
                replace(case, name=candidate_case(case.name, name))
            )
            for name, make in self.candidates
            if name in wanted
        )
        return CandidatesCase(case.name, case.about, worst_of(result.outcome for result in each), each=each)

    def names(self, case: CaseTask) -> tuple[str, ...]:
        """Return the name of the case with each candidate."""
        return tuple(candidate_case(case.name, name) for name, _ in self.candidates)

    def keys(self, case: CaseTask, common: Sequence[str]) -> tuple[str, ...]:
        """Return a key for each candidate; the input files are read once for all of them."""
        key = case_key(case, "", lenient=self.lenient)
        named = zip(self.candidates, common, strict=True)
        return tuple(digest_of_values(own, key, name) for (name, _), own in named)  # two may be copies of one program

    def left(self, case: CaseTask, done: Collection[str]) -> CaseTask | None:
        """Return the case with the candidates that have no result yet."""
        wanted = [name for name, _ in self.candidates if candidate_case(case.name, name) not in done]
        return CandidatesTask.of(case, wanted) if wanted else None

    def each(self, case: CaseTask, result: CaseResult) -> tuple[CaseResult, ...]:
        """Return a result for each candidate that ran; where the worker of the case has ended, each lacks one."""
        if isinstance(result, CandidatesCase):
            return result.each
        wanted = case.candidates if isinstance(case, CandidatesTask) else ()
        reason, error = result.reason, result.error or ExitCode.PROGRAM
        return tuple(lacking(replace(case, name=candidate_case(case.name, name)), reason, error) for name in wanted)


class _ReferenceOfCase:
    """Makes the reference of one case, the same one whenever it is asked."""

    def __init__(self, make: MakeSource) -> None:
        self._make = make
        self._made: SideSource | None = None

    def __call__(self, line: FlagLine, threads: int) -> SideSource:
        if self._made is None:
            self._made = OnceMade(self._make(line, threads))
        return self._made

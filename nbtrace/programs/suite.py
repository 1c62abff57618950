"""Running the cases of a suite; one that cannot be compared does not end the rest."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar

from nbtrace.compare.images.image_metrics import Metrics
from nbtrace.compare.images.result import ImagesResult
from nbtrace.errors import ExitCode, NbtraceError
from nbtrace.presentable import Presentable
from nbtrace.programs.case_keys import case_key, digest_of_values
from nbtrace.programs.command import FlagLine
from nbtrace.programs.comparison import Comparison, Plan, compare
from nbtrace.programs.judged_comparison import judged_comparison
from nbtrace.programs.side_source import SideSource
from nbtrace.programs.suite_file import CaseTask, Parameters
from nbtrace.verdicts.case_names import candidate_case
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.waivers import JudgedCandidate, JudgedCase
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names

MakeSource = Callable[[FlagLine, int], SideSource]
"""Makes a side from flags and a number of threads."""


class CaseOutcome(StrEnum):
    """How a case ended."""

    AGREE = "agree"
    DIFFER = "differ"
    NOT_COMPARABLE = "not comparable"


FROM_THE_WORST = (CaseOutcome.DIFFER, CaseOutcome.NOT_COMPARABLE, CaseOutcome.AGREE)


def worst_of(outcomes: Iterable[CaseOutcome]) -> CaseOutcome:
    """Return the worst of some outcomes; of none that nothing was compared."""
    return min(outcomes, key=FROM_THE_WORST.index, default=CaseOutcome.NOT_COMPARABLE)


@dataclass(frozen=True)
class CaseResult:
    """What is kept of a case.

    Attributes
    ----------
    name, about : str
    outcome : CaseOutcome
    reason : str
        The gates that failed, or why nothing was compared.
    error : ExitCode or None
        Of a case that was not compared.
    reference : str
        What stood for C: a program, or recorded output.
    reference_sha256 : str or None
    metrics : Metrics or None
    worst_relative : float or None
        Largest |Py − C|/max(|C|, |Py|) of the pixels that differ most; 0 where none differs.
    c_ms, py_ms : float or None
        Median wall times.
    traced : int
        Pixels whose traces were compared.
    first_divergence : str or None
        Of the traces.
    notices : tuple of str
    captured : int
        Pixels of these of which a side prints no trace, and its values were captured.
    untraced : tuple of str
        Why pixels were not traced on both sides.
    judged : JudgedCase or None
        Its gates and traced quantities, each with its largest difference; None where nothing was compared.
    parameters : tuple of (str, str)
        Flags and values, where the case is one of a matrix.
    """

    name: str
    about: str
    outcome: CaseOutcome
    reason: str = ""
    error: ExitCode | None = None
    reference: str = ""
    reference_sha256: str | None = None
    metrics: Metrics | None = None
    worst_relative: float | None = None
    c_ms: float | None = None
    py_ms: float | None = None
    traced: int = 0
    first_divergence: str | None = None
    notices: tuple[str, ...] = ()
    captured: int = 0
    untraced: tuple[str, ...] = ()
    judged: JudgedCase | None = None
    parameters: Parameters = ()

    @property
    def as_judged(self) -> JudgedCase:
        """What waivers are held against; of a case that was not compared the reason why."""
        return self.judged or JudgedCase(self.name, (), (self.reason,))


@dataclass(frozen=True)
class SuiteCandidate:
    """One of several candidates of a suite: what it is called, and the program."""

    name: str
    program: str


@dataclass(frozen=True, repr=False)
class SuiteResult(Presentable):
    """A suite that ran.

    Attributes
    ----------
    name, source : str
        Of the suite, and of its file.
    candidate : str
    cases : tuple of CaseResult
    left_out : int
        Cases of the file that were not asked for.
    names : Names
        What reports call the two sides.
    kept : int
        Cases that had been done before, and were not run again.
    elsewhere : int
        Cases that are of other shards.
    notices : tuple of Notice
        What must be known of the results as a whole.
    candidates : tuple of SuiteCandidate
        Where there are several: the cases then are those of the first case with each of them, of the second, and so on.
    """

    presented_as: ClassVar[str] = "suite"

    name: str
    source: str
    candidate: str
    cases: tuple[CaseResult, ...]
    left_out: int
    names: Names = field(default_factory=lambda: registry.default().names)
    kept: int = 0
    elsewhere: int = 0
    notices: tuple[Notice, ...] = ()
    candidates: tuple[SuiteCandidate, ...] = ()

    @property
    def named(self) -> tuple[tuple[str, str, CaseResult], ...]:
        """Each result with the name of its case in the file, and of its candidate where there are several."""
        if not self.candidates:
            return tuple((case.name, "", case) for case in self.cases)
        names = [self.candidates[at % len(self.candidates)].name for at in range(len(self.cases))]
        return tuple(
            (case.name.removesuffix(candidate_case("", name)), name, case)
            for name, case in zip(names, self.cases, strict=True)
        )

    @property
    def judged(self) -> tuple[JudgedCase, ...]:
        """What waivers are held against."""
        if not self.candidates:
            return tuple(case.as_judged for case in self.cases)
        return tuple(JudgedCandidate.of(case.as_judged, name, candidate) for name, candidate, case in self.named)

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        return (f"{self.name}: {len(self.of(CaseOutcome.AGREE))} of {len(self.cases)} cases agree",)

    def of(self, outcome: CaseOutcome) -> tuple[CaseResult, ...]:
        """Return the cases that ended so."""
        return tuple(case for case in self.cases if case.outcome is outcome)

    @property
    def digest(self) -> str:
        """SHA-256 of what was found, in the order of the cases: the same wherever and in how many parts they ran.

        Times, the places of programs and of recorded output, the versions, and what was only remarked are not in it,
        nor what the name of a case says already.
        """
        found = [{**_without(asdict(case), "parameters"), **dict.fromkeys(_OF_THE_PLACE)} for case in self.cases]
        return digest_of_values(found)

    @property
    def verdict(self) -> Verdict:
        """Agreement only if every case was compared and agrees."""
        if self.of(CaseOutcome.DIFFER):
            return Verdict.DIFFER
        return Verdict.NOT_COMPARABLE if self.of(CaseOutcome.NOT_COMPARABLE) or not self.cases else Verdict.AGREE

    @property
    def exit_code(self) -> ExitCode:
        """1 if any case differs; else that of the first case that was not compared; 3 if there is none at all."""
        if self.of(CaseOutcome.DIFFER):
            return ExitCode.DIFFER
        if not self.cases:
            return ExitCode.INPUT
        return next((case.error for case in self.cases if case.error is not None), ExitCode.AGREE)


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


_OF_THE_PLACE = ("c_ms", "py_ms", "reference", "notices")
"""What of a result depends on where and when the case ran; notices tell of the environment, too."""


@dataclass(frozen=True)
class SuiteRun:
    """What the cases of a suite run with; it can be sent to another process.

    Attributes
    ----------
    reference, candidate : callable
        Make the sides; the reference is asked for only where a case has no recorded output.
    plan : Plan
        What the cases may change.
    origin : str
        Name of the suite's file, the origin of its limits.
    lenient : bool
        Flags that the reference ignores are no errors.
    """

    reference: MakeSource
    candidate: MakeSource
    plan: Plan
    origin: str
    lenient: bool = False

    def result(self, case: CaseTask) -> CaseResult:
        """Run a case; what prevents a comparison is its result, too."""
        try:
            compared = _compare(case, self)
        except NbtraceError as error:
            return lacking(case, str(error), error.exit_code)
        return _kept(case, compared)

    def names(self, case: CaseTask) -> tuple[str, ...]:
        """Return the names of the results of a case, one for each candidate."""
        return (case.name,)

    def keys(self, case: CaseTask, common: Sequence[str]) -> tuple[str, ...]:
        """Return the key of each result, from what all cases have in common with each candidate.

        Raises
        ------
        UsageError, InputError
            If the case makes no run, or a file is missing.
        """
        (own,) = common
        return (case_key(case, own, lenient=self.lenient),)

    def left(self, case: CaseTask, done: Collection[str]) -> CaseTask | None:
        """Return what is left to run of a case, by the names of the results that there are; None if nothing is."""
        return None if case.name in done else case

    def each(self, case: CaseTask, result: CaseResult) -> tuple[CaseResult, ...]:
        """Return the results that came of a case."""
        del case
        return (result,)


def lacking(case: CaseTask, reason: str, error: ExitCode) -> CaseResult:
    """Return the result of a case that could not be compared."""
    return CaseResult(case.name, case.about, CaseOutcome.NOT_COMPARABLE, reason, error, parameters=case.parameters)


def _compare(case: CaseTask, run: SuiteRun) -> Comparison:
    line, given = case.line(lenient=run.lenient), case.settings
    plan = run.plan
    threads = given.threads or (1 if case.archived is None else case.archived.case.threads)
    own = replace(
        plan,
        images=case.image_options(plan.images, run.origin),
        repeat=given.repeat or plan.repeat,
        pixels=(*plan.pixels, *case.pixels),
        traces=plan.traces if given.traces is None else plan.traces and given.traces,
    )
    return compare(case.archived or run.reference(line, threads), run.candidate(line, threads), line, own)


def _kept(case: CaseTask, result: Comparison) -> CaseResult:
    binary = result.c.identity.binary
    first = result.first_divergence
    agrees = result.verdict is Verdict.AGREE
    return CaseResult(
        case.name,
        case.about,
        CaseOutcome.AGREE if agrees else CaseOutcome.DIFFER,
        "" if agrees else "; ".join(_failed_gates(result.images)),
        reference=result.c.identity.name,
        reference_sha256=binary.sha256 if binary is not None else None,
        metrics=result.images.metrics,
        worst_relative=_worst_relative(result.images),
        c_ms=result.c.made.median_ms,
        py_ms=result.py.made.median_ms,
        traced=result.traced,
        first_divergence=None if first is None else first[1],
        notices=tuple(notice.text for notice in (*result.notices, *result.images.notices)),
        captured=result.captured,
        untraced=result.untraced,
        judged=judged_comparison(case.name, result),
        parameters=case.parameters,
    )


def _failed_gates(images: ImagesResult) -> Iterator[str]:
    for gate in images.gates:
        if gate.status.diverges:
            yield f"{gate.name}: {gate.reason}" if gate.reason else gate.name


def _worst_relative(images: ImagesResult) -> float:
    return max((item.relative for item in (*images.worst_pixels, *images.worst_relative)), default=0.0)

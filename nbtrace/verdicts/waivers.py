"""Waivers: divergences that are known and accepted for a while, held against what was found.

A waiver never hides another divergence. It is of one quantity, with a bound on its size, and of one side and one cause
where it says so; whatever it does not cover fails as if there were none. What was not compared cannot be waived.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase

from nbtrace.nearness import nearest
from nbtrace.verdicts.case_names import candidate_case
from nbtrace.verdicts.status import NoTruth, Status
from nbtrace.verdicts.tolerance import Limit
from nbtrace.vocabulary.quantity import Basis
from nbtrace.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class JudgedQuantity:
    """A quantity of a case, or a gate of its images, as it was judged.

    Attributes
    ----------
    quantity : str
    status : Status
    relative, absolute : float or None
        Size of the largest difference, the second in the unit of the quantity; None where it cannot be measured.
    digits : float or None
        Decimal digits in agreement; None where all that can be told agree, or where nothing could be measured.
    tolerance : float or None
        What is allowed, of the kind that `basis` names.
    basis : Basis
    side, cause : str
        Who is wrong (`c`, `py`, `both`, `unknown`) and the name of the cause, where an explanation tells; else empty.
    inherited : bool
        It depends on others that diverge, and an explanation shows that both sides follow its formula: it differs only
        because of what it is computed from.
    """

    quantity: str
    status: Status
    relative: float | None = None
    absolute: float | None = None
    digits: float | None = None
    tolerance: float | None = None
    basis: Basis = Basis.RELATIVE
    side: str = ""
    cause: str = ""
    inherited: bool = False

    def size(self, basis: Basis) -> float | None:
        """Return how far it differs, relative or absolute."""
        return self.relative if basis is Basis.RELATIVE else self.absolute


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """A case as it was judged.

    Attributes
    ----------
    name : str
    quantities : tuple of JudgedQuantity
    others : tuple of str
        What differs, or could not be compared, apart from these: no waiver can be of it.
    agrees : bool
        The case agrees as a whole, whatever these say: images that agree, with traces that do not.
    """

    name: str
    quantities: tuple[JudgedQuantity, ...]
    others: tuple[str, ...] = ()
    agrees: bool = False

    @property
    def case_name(self) -> str:
        """The name of the case, whichever candidate it is compared with."""
        return self.name

    @property
    def divergences(self) -> tuple[JudgedQuantity, ...]:
        """The quantities that diverge."""
        return tuple(item for item in self.quantities if item.status.diverges)


@dataclass(frozen=True, slots=True)
class JudgedCandidate(JudgedCase):
    """A case with one of several candidates: `case` is the name of the case alone."""

    case: str = ""
    candidate: str = ""

    @classmethod
    def of(cls, judged: JudgedCase, case: str, candidate: str) -> "JudgedCandidate":
        """Return what was judged as that of a case with a candidate."""
        return cls(judged.name, judged.quantities, judged.others, judged.agrees, case, candidate)

    @property
    def case_name(self) -> str:
        """The name of the case, whichever candidate it is compared with."""
        return self.case


class WaiverOutcome(NoTruth):
    """What became of a waiver. ELSEWHERE: it is of a case, or of a quantity, that was not compared here."""

    WAIVED = "WAIVED"
    UNUSED = "UNUSED"
    EXCEEDED = "EXCEEDED"
    EXPIRED = "EXPIRED"
    XPASS = "XPASS"
    ELSEWHERE = "ELSEWHERE"

    @property
    def fails(self) -> bool:
        """Whether the waivers must be looked through."""
        return self not in {WaiverOutcome.WAIVED, WaiverOutcome.ELSEWHERE}


@dataclass(frozen=True, slots=True)
class Waiver:
    """A divergence that is accepted.

    Attributes
    ----------
    quantity : str
        By the name that the vocabulary has for it, or the name of a gate of images.
    bound : Limit
        Largest difference that is accepted.
    reason, owner : str
    expiry : date
        Its last day, in UTC.
    case : str
        Name or pattern of the cases; empty for all.
    side, cause : str
        What an explanation must say of it; empty where that does not matter.
    link : str
    candidate : str
        Name or pattern of the candidates, where several are compared; empty for any.
    """

    quantity: str
    bound: Limit
    reason: str
    owner: str
    expiry: date
    case: str = ""
    side: str = ""
    cause: str = ""
    link: str = ""
    candidate: str = ""

    @property
    def title(self) -> str:
        """What it is of, in words."""
        own = f"{self.quantity} of {self.case}" if self.case else self.quantity
        return f"{own} with {self.candidate}" if self.candidate else own

    def covers_case(self, name: str) -> bool:
        """Whether it is of a case of this name."""
        return not self.case or self.case == name or fnmatchcase(name, self.case)

    def covers_candidate(self, name: str) -> bool:
        """Whether it is of a candidate of this name."""
        return not self.candidate or self.candidate == name or fnmatchcase(name, self.candidate)

    def covers(self, case: JudgedCase) -> bool:
        """Whether it is of a case, and of its candidate; one that names a candidate is of no other comparison."""
        if not isinstance(case, JudgedCandidate):
            if self.candidate:  # a history keeps the name of both
                return case.name == candidate_case(self.case, self.candidate)
            return self.covers_case(case.name)
        return self.covers_candidate(case.candidate) and (self.covers_case(case.case) or self.case == case.name)

    def known_to(self, vocabulary: Vocabulary) -> "Waiver":
        """Return it by the vocabulary's name of its quantity, with the bound in the unit of that."""
        known = vocabulary.meaning(self.quantity)
        scale = 1.0 if self.bound.basis is Basis.RELATIVE else known.scale
        return replace(self, quantity=known.quantity, bound=replace(self.bound, value=self.bound.value * scale))

    def misfit(self, found: JudgedQuantity) -> str:
        """Return why it is not of this divergence; empty if it is."""
        size = found.size(self.bound.basis)
        if size is None or not math.isfinite(size):
            return f"{found.status.value}: what cannot be measured has no bound"
        if size > self.bound.value:
            return f"{size:.3g} {self.bound.basis.value}, waived to {self.bound.value:g}"
        if self.side and found.side != self.side:
            return f"waived for the side {self.side}, now {found.side or 'no side is told'}"
        if self.cause and found.cause != self.cause:
            return (
                f"waived for the cause {self.cause!r}, now {repr(found.cause) if found.cause else 'no cause is told'}"
            )
        return ""


@dataclass(frozen=True, slots=True)
class JudgedWaiver:
    """A waiver, what became of it, and why; the cases in which it covers a divergence."""

    waiver: Waiver
    outcome: WaiverOutcome
    reason: str
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnwaivedDivergence:
    """What no waiver covers; `quantity` is the one that diverges, if it is one."""

    case: str
    what: str
    quantity: str = ""


@dataclass(frozen=True)
class WaiverReport:
    """All waivers held against what was found.

    Attributes
    ----------
    waivers : tuple of JudgedWaiver
        In the order of their file.
    left : tuple of UnwaivedDivergence
    source : str
        The file.
    waived : mapping of str to tuple of str
        Case → quantities that a waiver covers.
    follows : mapping of str to tuple of str
        Case → quantities that differ only because of these, as an explanation shows.
    """

    waivers: tuple[JudgedWaiver, ...]
    left: tuple[UnwaivedDivergence, ...]
    source: str = ""
    waived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    follows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def failing(self) -> tuple[JudgedWaiver, ...]:
        """The waivers that must be looked through."""
        return tuple(item for item in self.waivers if item.outcome.fails)

    @property
    def num_waived(self) -> int:
        """Divergences that a waiver covers."""
        return sum(map(len, self.waived.values()))

    @property
    def passes(self) -> bool:
        """Whether every divergence is waived and every waiver is as it should be."""
        return not self.left and not self.failing


OfOthers = Callable[[str], bool]
"""Tells of the name of a quantity whether it is compared by others, and not here."""


def _nothing(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Scope:
    """What there is besides what was compared; see :func:`judge_waivers`."""

    known: tuple[str, ...] | None
    complete: bool
    elsewhere: OfOthers

    def lacks_case_of(self, waiver: Waiver, own: Sequence[JudgedCase]) -> bool:
        """Whether a waiver may be needed in a case that was not compared, of which `own` are those that were."""
        names = {case.case_name for case in own}
        if any(not case.quantities and case.others for case in own):
            return True
        if waiver.case in names:  # and of no other
            return False
        return not self.complete or any(name not in names and waiver.covers_case(name) for name in self.known or ())


def today() -> date:
    """Return the day by which waivers expire, in UTC."""
    return datetime.now(UTC).date()


def judge_waivers(
    waivers: Sequence[Waiver],
    cases: Sequence[JudgedCase],
    *,
    day: date | None = None,
    known: Iterable[str] | None = None,
    complete: bool = True,
    elsewhere: OfOthers = _nothing,
    source: str = "",
) -> WaiverReport:
    """Hold waivers against what was found.

    Parameters
    ----------
    waivers : sequence of Waiver
    cases : sequence of JudgedCase
    day : date, optional
        By default today, in UTC.
    known : iterable of str, optional
        Names of all cases that there are, compared or not: a waiver of none of them is unused, and one that is not
        needed here may be by those that were not compared. Without it a waiver of a case that was not compared is of
        another place.
    complete : bool
        Whether these are all cases; else a waiver that may be of others is not gone because it is not needed here.
    elsewhere : callable, optional
        Tells of the name of a quantity that no case has whether others compare it: its waiver is then not unused.
    source : str
        The file of the waivers.
    """
    day = day or today()
    scope = _Scope(None if known is None else tuple(known), complete, elsewhere)
    judged = tuple(_judged(waiver, cases, day, scope) for waiver in waivers)
    waived: dict[str, tuple[str, ...]] = {}
    follows: dict[str, tuple[str, ...]] = {}
    left: list[UnwaivedDivergence] = []
    for case in cases:
        covered = {
            item.waiver.quantity for item in judged if item.outcome is WaiverOutcome.WAIVED and item.waiver.covers(case)
        }
        waived[case.name] = tuple(item.quantity for item in case.divergences if item.quantity in covered)
        rest = [] if case.agrees else [item for item in case.divergences if item.quantity not in covered]
        follows[case.name] = tuple(item.quantity for item in rest if item.inherited and waived[case.name])
        left += _left(case, [item for item in rest if item.quantity not in follows[case.name]])
    return WaiverReport(judged, tuple(left), source, waived, follows)


def _left(case: JudgedCase, rest: Iterable[JudgedQuantity]) -> Iterator[UnwaivedDivergence]:
    for item in rest:
        size = "" if item.relative is None else f", {item.relative:.3g} relative"
        yield UnwaivedDivergence(case.name, f"{item.quantity} {item.status.value}{size}", item.quantity)
    if not case.agrees:
        yield from (UnwaivedDivergence(case.name, other) for other in case.others)


def _judged(waiver: Waiver, cases: Sequence[JudgedCase], day: date, scope: _Scope) -> JudgedWaiver:
    own = [case for case in cases if waiver.covers(case)]
    if not own:
        return _of_no_case(waiver, cases, scope)
    compared = dict.fromkeys(item.quantity for case in own for item in case.quantities)
    if waiver.quantity not in compared and scope.elsewhere(waiver.quantity):
        return JudgedWaiver(waiver, WaiverOutcome.ELSEWHERE, f"{waiver.quantity} is not compared here")
    if waiver.expiry < day:
        return JudgedWaiver(waiver, WaiverOutcome.EXPIRED, f"its last day was {waiver.expiry.isoformat()} (UTC)")
    found = [(case.name, item) for case in own for item in case.divergences if item.quantity == waiver.quantity]
    for name, item in found:
        misfit = waiver.misfit(item)
        if misfit:
            where = "" if waiver.case == name or len(cases) == 1 else f"{name}: "
            return JudgedWaiver(waiver, WaiverOutcome.EXCEEDED, where + misfit)
    if found:
        return JudgedWaiver(
            waiver, WaiverOutcome.WAIVED, waiver.reason, tuple(dict.fromkeys(name for name, _ in found))
        )
    if scope.lacks_case_of(waiver, own):
        return JudgedWaiver(waiver, WaiverOutcome.ELSEWHERE, "not needed here, but not all of its cases were compared")
    return _gone(waiver, compared)


def _of_no_case(waiver: Waiver, cases: Iterable[JudgedCase], scope: _Scope) -> JudgedWaiver:
    """Return the waiver of a case, or of a candidate, that was not compared."""
    if scope.known is not None and scope.complete and not any(map(waiver.covers_case, scope.known)):
        reason = f"no case is called {waiver.case!r}{_hint(waiver.case, scope.known)}"
        return JudgedWaiver(waiver, WaiverOutcome.UNUSED, reason)
    candidates = tuple(dict.fromkeys(case.candidate for case in cases if isinstance(case, JudgedCandidate)))
    reason = "its case was not compared here"
    # A call has some of the candidates of a project, so that this one may be of another call.
    if candidates and not any(map(waiver.covers_candidate, candidates)):
        reason = f"no candidate called {waiver.candidate!r} was compared here{_hint(waiver.candidate, candidates)}"
    return JudgedWaiver(waiver, WaiverOutcome.ELSEWHERE, reason)


def _gone(waiver: Waiver, compared: Iterable[str]) -> JudgedWaiver:
    """Return the waiver of a quantity that diverges nowhere."""
    names = tuple(compared)
    if waiver.quantity in names:
        return JudgedWaiver(waiver, WaiverOutcome.XPASS, "it agrees now; the waiver can go")
    reason = f"no {waiver.quantity} was compared{_hint(waiver.quantity, names)}"
    return JudgedWaiver(waiver, WaiverOutcome.UNUSED, reason)


def _hint(word: str, names: Iterable[str]) -> str:
    near = nearest(word, names)
    return f"; the nearest is called {near}" if near is not None else ""


def waiver_notes(report: WaiverReport) -> Iterator[str]:
    """Yield what a first line says of waivers: how many divergences are waived, what fails, what is left."""
    if report.num_waived:
        yield f"{report.num_waived} waived"
    if report.failing:
        shown = ", ".join(f"{item.waiver.title} {item.outcome.value}" for item in report.failing[:_SHOWN])
        more = ", …" * (len(report.failing) > _SHOWN)
        many = len(report.failing)
        yield f"{many} waiver{'s' * (many != 1)} fail{'s' * (many == 1)}: {shown}{more}"
    if report.left and report.num_waived:
        yield f"{len(report.left)} not waived"


_SHOWN = 3
"""Waivers that the first line names."""


def status_of_waiver(outcome: WaiverOutcome) -> Status:
    """Return the status by which a report colours a waiver."""
    if outcome is WaiverOutcome.WAIVED:
        return Status.MINOR
    return Status.PASS if outcome is WaiverOutcome.ELSEWHERE else Status.CRITICAL

"""The view of a bisection: the commit that brought a divergence, and what was tried."""

from nbtrace.history.bisection import BisectResult, BisectStep, CommitOutcome
from nbtrace.report.view import Column, Line, Section, Table, View, listed
from nbtrace.verdicts.status import Status, Verdict

_SHORT = 10
"""Letters of a commit that are shown."""

_STATUS = {
    CommitOutcome.SAME: Status.CRITICAL,
    CommitOutcome.ABSENT: Status.PASS,
    CommitOutcome.HIDDEN: Status.MISSING,
    CommitOutcome.FAILED: Status.MISSING,
}


def bisect_view(result: BisectResult) -> View:
    """Return the view of a bisection."""
    table = Table((Column("commit"), Column("first divergence"), Column("outcome")), tuple(map(_line, result.steps)))
    found = result.first_bad is not None
    return View(
        title="Bisection",
        verdict=Verdict.AGREE if found else Verdict.NOT_COMPARABLE,
        headline=_headline(result),
        facts=(f"Looked for: {result.mark}", f"Between {result.good[:_SHORT]} (good) and {result.bad[:_SHORT]} (bad)"),
        notices=(),
        sections=(Section("Commits tried", table=table),) if result.steps else (),
        word="FOUND" if found else "OPEN",
    )


def _headline(result: BisectResult) -> str:
    tried = f"{len(result.steps)} commits tried"
    if result.first_bad is None:
        names = listed((commit[:_SHORT] for commit in result.possible), 4)
        return (
            f"{result.mark} came with one of {len(result.possible)} commits, some of them passed over: {names}; {tried}"
        )
    subject = f" ({result.subject})" if result.subject else ""
    return f"{result.mark} came with {result.first_bad[:_SHORT]}{subject}; {tried}"


def _line(step: BisectStep) -> Line:
    return Line((step.commit[:_SHORT], step.what, step.outcome.value), _STATUS[step.outcome], kept=True)

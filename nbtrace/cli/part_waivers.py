"""The waivers of a command that compares a part of two traces, or holds one log against itself.

They are those of `diff`: a waiver of a quantity that the command leaves out is for another command, and what follows
from a waived quantity passes here, too.
"""

from contextlib import suppress
from dataclasses import replace

from nbtrace.cli.compared_parts import ComparedPart
from nbtrace.cli.given_waivers import GivenWaivers
from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.errors import NbtraceError
from nbtrace.explanation.explain import explain
from nbtrace.explanation.judged_parts import part_of
from nbtrace.explanation.judged_traces import judged_traces
from nbtrace.records import Trace
from nbtrace.verdicts.tolerance import Policy
from nbtrace.verdicts.waivers import JudgedCase, JudgedWaiver, UnwaivedDivergence, Waiver, WaiverOutcome, WaiverReport


def pair_waivers(waivers: GivenWaivers, part: JudgedCase, traces: tuple[Trace, Trace], policy: Policy) -> WaiverReport:
    """Hold waivers against a part of two traces.

    Parameters
    ----------
    waivers : GivenWaivers
    part : JudgedCase
        What the command compared.
    traces : (Trace, Trace)
        The whole of it: the reference's and the port's.
    policy : Policy
    """
    whole = None
    if not part.agrees and waivers.of(part.name):
        with suppress(NbtraceError):  # a document of φ steps alone has nothing besides
            whole = _whole(part.name, diff_traces(*traces, policy))
    case = part_of(whole, part)
    return _narrowed(waivers.judge([case], ComparedPart.SOME), part)


def _whole(name: str, result: DiffResult) -> JudgedCase:
    explanation = None
    with suppress(NbtraceError):
        explanation = explain(result.c, result.py, policy=result.policy)
    return judged_traces(name, result, explanation)


def _narrowed(report: WaiverReport, part: JudgedCase) -> WaiverReport:
    """Return a report with what is of the part, and with the waivers of quantities from which that follows.

    Where something outside of the part is not waived, what follows from others may follow from that.
    """
    names = {item.quantity for item in part.quantities}
    waivers = tuple(
        item if item.waiver.quantity in names or item.outcome is WaiverOutcome.WAIVED else _elsewhere(item)
        for item in report.waivers
    )
    left = [item for item in report.left if not item.quantity or item.quantity in names]
    follows = {case: tuple(name for name in found if name in names) for case, found in report.follows.items()}
    if len(left) < len(report.left):
        what = "may follow from what is not waived"
        left += [UnwaivedDivergence(case, f"{name} {what}", name) for case, found in follows.items() for name in found]
        follows = {}
    return replace(report, waivers=waivers, left=tuple(left), follows=follows)


def _elsewhere(item: JudgedWaiver) -> JudgedWaiver:
    fails = item.outcome in {WaiverOutcome.EXCEEDED, WaiverOutcome.XPASS, WaiverOutcome.EXPIRED}
    reason = f"{item.waiver.quantity} is not compared here"
    return replace(item, outcome=WaiverOutcome.ELSEWHERE, reason=reason, cases=()) if fails else item


def log_waivers(waivers: GivenWaivers, part: JudgedCase) -> WaiverReport:
    """Hold waivers against the relations of one log: only those that name it as their case, for others are of pairs."""
    own = replace(waivers, waivers=tuple(item for item in waivers.waivers if item.case))
    report = own.judge([part], ComparedPart.SOME, complete=False)
    judged = {item.waiver: item for item in report.waivers}
    return replace(report, waivers=tuple(judged.get(item) or _of_pairs(item) for item in waivers.waivers))


def _of_pairs(waiver: Waiver) -> JudgedWaiver:
    return JudgedWaiver(waiver, WaiverOutcome.ELSEWHERE, "it names no case, so it is of two programs")

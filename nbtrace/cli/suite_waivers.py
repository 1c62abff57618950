"""The waivers of a suite, held against all of its cases or against those that ran here."""

from collections.abc import Sequence

from nbtrace.cli.compared_parts import ComparedPart
from nbtrace.cli.given_waivers import GivenWaivers
from nbtrace.programs.suite import SuiteResult
from nbtrace.verdicts.waivers import WaiverReport


def suite_waivers(
    waivers: GivenWaivers, result: SuiteResult, names: Sequence[str], *, complete: bool = True
) -> WaiverReport:
    """Hold waivers against the cases of a suite.

    Parameters
    ----------
    waivers : GivenWaivers
    result : SuiteResult
    names : sequence of str
        Of the cases that there are, here or in other shards.
    complete : bool
        Whether these are all.
    """
    traced = any(case.traced or case.untraced for case in result.cases)
    part = ComparedPart.ALL if traced else ComparedPart.IMAGES
    return waivers.judge(result.judged, part, known=names, complete=complete)

"""What `nbtrace compare` does with several candidates on the same flags."""

import re
import shlex
from collections.abc import Sequence

from nbtrace.cli.compare_files import comparison_files
from nbtrace.cli.compare_runs import Wishes, delivery_of, say_without_pictures
from nbtrace.cli.compare_sides import Request
from nbtrace.cli.compared_parts import ComparedPart
from nbtrace.cli.destinations import Destinations, can_draw
from nbtrace.cli.flag_traps import warn_of_traps
from nbtrace.cli.given_waivers import waived_code
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.errors import ExitCode
from nbtrace.programs.candidates_comparison import CandidatesComparison, compare_candidates
from nbtrace.programs.judged_comparison import judged_comparison
from nbtrace.programs.named_candidates import NamedCandidate
from nbtrace.report.documents.compare_candidates_document import compare_candidates_document
from nbtrace.report.documents.waivers_document import with_waivers
from nbtrace.report.views.compare_candidates_view import compare_candidates_view
from nbtrace.report.views.images_view import PERCENTILE
from nbtrace.report.views.waivers_view import waived_view
from nbtrace.verdicts.case_names import candidate_case
from nbtrace.verdicts.tolerance import Policy
from nbtrace.verdicts.waivers import JudgedCandidate, JudgedCase


def run_candidates(
    request: Request, candidates: Sequence[NamedCandidate], wishes: Wishes, to: Destinations
) -> ExitCode:
    """Compare each candidate with the reference; print, write and file the result.

    Raises
    ------
    NbtraceError
        See :func:`nbtrace.programs.candidates_comparison.compare_candidates`.
    """
    plan = wishes.plan(causes=True)
    line = request.line()
    warn_of_traps(request.flags, files=request.archived is None)
    waivers = wishes.waived.given(wishes.policy.vocabulary)
    delivery = delivery_of("compare_candidates", (request, line), wishes, waivers, to)
    threads = request.thread_count
    each = request.each(candidates)
    for _, own in each:
        own.require_candidate()  # a program that is missing is told before anything runs
    sides = [(one.name, one.command, own.candidate_maker(line, threads)) for one, own in each]
    result = compare_candidates(request.reference_side(line, threads), sides, line, plan)
    _refuse_misspelt(wishes.policy, result)
    filed = to.folder is not None or to.bundle is not None
    pictures = filed and can_draw()
    outputs = _files(result, pictures=pictures) if filed else {}
    report = None
    case = wishes.waived.case or shlex.join(line.words)
    if waivers is not None:
        report = waivers.judge(_judged(result, case), ComparedPart.ALL if plan.traces else ComparedPart.IMAGES)
    code = delivery.deliver(
        waived_view(compare_candidates_view(result), report),
        lambda: with_waivers(compare_candidates_document(result, pictures=pictures, case=case), report),
        outputs=outputs,
        code=waived_code(result.exit_code, report),
    )
    if filed and not pictures:
        say_without_pictures()
    return code


def _refuse_misspelt(policy: Policy, result: CandidatesComparison) -> None:
    """Refuse the tolerance of a quantity that no candidate has."""
    compared = (item.comparison for item in result.candidates if item.comparison is not None)
    probes = (probe for comparison in compared for probe in comparison.probes)
    refuse_misspelt(policy, *(probe.diff.notices for probe in probes if probe.diff is not None))


def _files(result: CandidatesComparison, *, pictures: bool) -> dict[str, str | bytes]:
    """Return the files of each comparison, after the names of the candidates."""
    files: dict[str, str | bytes] = {}
    for number, item in enumerate(result.candidates, 1):
        if item.comparison is None:
            continue
        plain = re.sub(r"[^A-Za-z0-9_.+-]+", "_", item.name)[:40].lstrip(".")
        own = comparison_files(item.comparison, pictures=pictures, percentile=PERCENTILE)
        files |= {f"{number}_{plain}_{name}": content for name, content in own.items()}
    return files


def _judged(result: CandidatesComparison, case: str) -> list[JudgedCase]:
    found: list[JudgedCase] = []
    for item in result.candidates:
        name = candidate_case(case, item.name)
        judged = JudgedCase(name, (), (item.reason,))
        if item.comparison is not None:
            judged = judged_comparison(name, item.comparison)
        found.append(JudgedCandidate.of(judged, case, item.name))
    return found

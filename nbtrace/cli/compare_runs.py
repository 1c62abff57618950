"""What `nbtrace compare` does: one pair of sides, or the cases of a suite."""

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from nbtrace.cli.compare_files import comparison_files
from nbtrace.cli.compare_sides import Request
from nbtrace.cli.compared_parts import ComparedPart
from nbtrace.cli.destinations import Destinations, can_draw
from nbtrace.cli.flag_traps import warn_of_traps
from nbtrace.cli.given_waivers import GivenWaivers, waived_code, waiver_files
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.suite_options import SuiteOptions
from nbtrace.cli.suite_waivers import suite_waivers
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.compare.images import ImageOptions, Roi
from nbtrace.compare.noise import read_noise
from nbtrace.embedded.available_runs import causes_of_images, runs_of_pixels
from nbtrace.errors import ExitCode, InputError
from nbtrace.images.read import read_mask
from nbtrace.nearness import nearest
from nbtrace.programs.candidates_suite import CandidatesRun
from nbtrace.programs.case_store import CaseStore
from nbtrace.programs.command import FlagLine
from nbtrace.programs.comparison import Comparison, Plan, compare
from nbtrace.programs.judged_comparison import judged_comparison
from nbtrace.programs.named_candidates import NamedCandidate
from nbtrace.programs.shards import Shard
from nbtrace.programs.suite import SuiteCandidate, SuiteResult, SuiteRun
from nbtrace.programs.suite_file import SETTINGS, CaseTask, SuiteFile, read_suite, tasks
from nbtrace.programs.suite_parts import Workers, run_part
from nbtrace.records import Pixel
from nbtrace.report.documents.compare_document import compare_document
from nbtrace.report.documents.suite_document import suite_document
from nbtrace.report.documents.waivers_document import with_waivers
from nbtrace.report.view import listed
from nbtrace.report.views.compare_view import compare_view
from nbtrace.report.views.images_view import PERCENTILE
from nbtrace.report.views.suite_view import suite_view
from nbtrace.report.views.waivers_view import waived_view
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.tolerance import Policy

Further: TypeAlias = Callable[[Comparison, bool], Mapping[str, str | bytes]]

_NAMED = 4
"""Cases that are named where none matches."""


@dataclass(frozen=True)
class Wishes:
    """What the options say of a comparison, before it is known what is compared.

    Attributes
    ----------
    limits, origins : mapping
        Fields of ImageOptions that are limits, and the option that set each.
    roi : Roi or None
    mask : str or None
        Image that is 0 where a pixel does not count.
    resample : bool
    repeat : int or None
    pixel : (slow, fast) or None
    traces : bool
    policy : Policy
        Of traced quantities.
    noise : Path or None
    waived : WaiverOptions
    """

    limits: Mapping[str, Any]
    origins: Mapping[str, str]
    roi: Roi | None
    mask: str | None
    resample: bool
    repeat: int | None
    pixel: Pixel | None
    traces: bool
    policy: Policy
    noise: Path | None
    waived: WaiverOptions = field(default_factory=WaiverOptions)

    def plan(self, *, causes: bool = False) -> Plan:
        """Return them as a plan; with `causes`, runs of the simulator are held against images that differ.

        Raises
        ------
        UsageError, InputError
            If a limit makes no sense, or the file of the noise cannot be read.
        """
        images = ImageOptions(
            **self.limits,
            roi=self.roi,
            mask=read_mask(self.mask) if self.mask is not None else None,
            resample=self.resample,
            origins=self.origins,
        )
        return Plan(
            images,
            self.repeat or 1,
            (self.pixel,) if self.pixel is not None else (),
            self.traces,
            self.policy,
            read_noise(self.noise) if self.noise is not None else None,
            runs_of_pixels,
            causes_of_images if causes else None,
        )


def _nothing_further(_: Comparison, __: bool) -> Mapping[str, str | bytes]:  # noqa: FBT001 - as it is called
    return {}


def compare_pair(
    request: Request,
    wishes: Wishes,
    to: Destinations,
    *,
    percentile: float = PERCENTILE,
    further: Further = _nothing_further,
) -> ExitCode:
    """Compare one pair of sides; print, write and file the result.

    Parameters
    ----------
    request : Request
    wishes : Wishes
    to : Destinations
    percentile : float
        Of what is drawn, that which is drawn darkest.
    further : callable
        Returns further files of a comparison by their names; it is told whether pictures can be drawn.

    Raises
    ------
    NbtraceError
        See :func:`nbtrace.programs.comparison.compare`.
    """
    plan = wishes.plan(causes=True)
    line = request.line()
    # Recorded output was made elsewhere, with files that lay there.
    warn_of_traps(request.flags, files=request.archived is None)
    waivers = wishes.waived.given(wishes.policy.vocabulary)
    delivery = delivery_of("compare", (request, line), wishes, waivers, to)
    request.require_candidate()
    threads = request.thread_count
    c, py = request.reference_side(line, threads), request.candidate_side(line, threads)
    result = compare(c, py, line, plan)
    refuse_misspelt(wishes.policy, *(probe.diff.notices for probe in result.probes if probe.diff is not None))
    filed = to.folder is not None or to.bundle is not None
    pictures = filed and can_draw()
    outputs = {}
    if filed:
        outputs = {**comparison_files(result, pictures=pictures, percentile=percentile), **further(result, pictures)}
    report = None
    if waivers is not None:
        case = judged_comparison(wishes.waived.case or shlex.join(line.words), result)
        report = waivers.judge([case], ComparedPart.ALL if plan.traces else ComparedPart.IMAGES)
    code = delivery.deliver(
        waived_view(compare_view(result), report),
        lambda: with_waivers(compare_document(result, pictures=pictures, percentile=percentile), report),
        outputs=outputs,
        code=waived_code(EXIT_OF[result.verdict], report),
    )
    if filed and not pictures:
        say_without_pictures()
    return code


def delivery_of(
    name: str, asked: tuple[Request, FlagLine], wishes: Wishes, waivers: GivenWaivers | None, to: Destinations
) -> Delivery:
    """Return where the result of a run goes, with the files that it reads and the program of the reference."""
    request, line = asked
    further = (wishes.noise, wishes.mask, None if waivers is None else waivers.file)
    inputs = [*request.files, *line.inputs, *(path for path in further if path is not None)]
    reference = None if request.archived is not None else request.program.file
    return Delivery(name, tuple(map(str, inputs)), to, reference=reference)


def say_without_pictures() -> None:
    """Say why the files of a comparison hold no pictures."""
    sys.stderr.write(
        "no pictures: they need matplotlib, which is not installed; install it with: pip install matplotlib\n"
    )


def run_suite(
    request: Request,
    wishes: Wishes,
    suite: Path,
    options: SuiteOptions,
    to: Destinations,
    *,
    candidates: Sequence[NamedCandidate] = (),
) -> ExitCode:
    """Run the cases of a suite, with each of several candidates if there are any; print, write and file the table.

    Raises
    ------
    UsageError, InputError
        If the suite is none, no case matches, or results cannot be kept.
    ProgramError
        If no scheduler answers.
    """
    plan = wishes.plan()
    called = [name for name in (*wishes.limits, "repeat" if wishes.repeat is not None else "") if name in SETTINGS]
    read = read_suite(suite).without_defaults(called)
    names = read.names_like(options.only)
    if not names:
        raise InputError(f"no case of {suite} matches {options.only!r}; {_cases(options.only or '', read)}")
    waivers = wishes.waived.given(wishes.policy.vocabulary)
    delivery = Delivery("compare", (str(suite), *waiver_files(waivers)), to)
    request.require_candidate()
    store = None if options.results is None else CaseStore(options.results)
    left_out, notices = len(read.cases) - len(names), tuple(_own_limits(read, names, called))
    before = SuiteResult(read.name, str(suite), request.candidate_name, (), left_out, notices=notices)
    with options.workers() as workers:
        part = Part(tasks(read, suite.parent, names), workers, store, options.part)
        if candidates:
            done = _with_candidates(request.each(candidates), before, plan, part, suite.name)
        else:
            run = SuiteRun(request.reference_side, request.candidate_side, plan, suite.name, request.lenient)
            sides = () if store is None else (request.side_digests,)
            done = run_part(before, part.cases, run, workers, store=store, sides=sides, shard=part.shard)
    report = None
    if waivers is not None:
        report = suite_waivers(waivers, done, [case.name for case in read.cases])
    return delivery.deliver(
        waived_view(suite_view(done), report),
        lambda: with_waivers(suite_document(done), report),
        code=waived_code(done.exit_code, report),
    )


def _own_limits(suite: SuiteFile, names: Sequence[str], called: Sequence[str]) -> Iterator[Notice]:
    """Yield that the options of the call are not for cases that say otherwise."""
    own = {name: found for name, found in suite.own_settings(called).items() if name in set(names)}
    if own:
        many = "1 case sets" if len(own) == 1 else f"{len(own)} cases set"
        settings = ", ".join(dict.fromkeys(setting for found in own.values() for setting in found))
        text = f"{many} limits of their own, which go before the options ({settings}): {listed(own, _NAMED)}"
        yield Notice(Subject.CONFIGURATION, Weight.INFO, text)


@dataclass(frozen=True)
class Part:
    """What is to be run of a suite, by what, and where its results are kept."""

    cases: Sequence[CaseTask]
    workers: Workers
    store: CaseStore | None
    shard: Shard | None


def _with_candidates(
    each: Sequence[tuple[NamedCandidate, Request]], before: SuiteResult, plan: Plan, part: Part, origin: str
) -> SuiteResult:
    """Run the cases with each candidate."""
    first = each[0][1]
    for _, own in each:
        own.require_candidate()
    makers = tuple((one.name, own.candidate_side) for one, own in each)
    run = CandidatesRun(first.reference_side, first.candidate_side, plan, origin, first.lenient, makers)
    named = tuple(SuiteCandidate(one.name, one.command) for one, _ in each)
    suite = replace(
        before,
        candidate="; ".join(f"{one.name}: {one.program}" for one in named),
        candidates=named,
        left_out=before.left_out * len(named),
    )
    sides = [own.side_digests for _, own in each] if part.store is not None else ()
    return run_part(suite, part.cases, run, part.workers, store=part.store, sides=sides, shard=part.shard)


def _cases(word: str, suite: SuiteFile) -> str:
    """Return which case was meant, or some that there are."""
    names = [case.name for case in suite.cases]
    near = nearest(word, names)
    if near is not None:
        return f"of its {len(names)} the nearest is called {near}"
    return f"it has {len(names)}: {', '.join(names[:_NAMED])}{', …' * (len(names) > _NAMED)}"

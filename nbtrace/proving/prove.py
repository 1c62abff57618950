"""Proofs: the first roots of an explanation held against a program itself, by changing their values in it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.capture_result import CaptureResult, InjectedRun
from nbtrace.capturing.image_pixels import as_stored
from nbtrace.capturing.injection import Injection
from nbtrace.capturing.session import CaptureSession, capture_session
from nbtrace.compare.scene import Node
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.errors import IncompleteError, InputError, NbtraceError, PerturbedError, ProgramError, UsageError
from nbtrace.explanation.audit.attribution import Share
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import (
    ChangedValue,
    FlagChange,
    ImageNumbers,
    InjectedSide,
    NotTried,
    Proof,
    ProofOutcome,
    leading_side,
    not_tried,
    outcome_of,
    outputs_of_both,
    share_done,
)
from nbtrace.explanation.proven import proven
from nbtrace.explanation.ranking import is_rounding
from nbtrace.files import sha256_of
from nbtrace.progress import stage
from nbtrace.proving.captured_values import CapturedValues, captured_values
from nbtrace.proving.flag_runs import (
    FlagRuns,
    flag_change,
    flag_runs,
    image_numbers,
    rounding_of,
)
from nbtrace.proving.injected_values import (
    PlannedValue,
    UntriedError,
    distinct,
    planned_values,
    untouched,
    wanted_values,
)
from nbtrace.proving.proof_goal import ProofGoal, proof_goal
from nbtrace.records import Pixel, Side

MOST_TRIED = 3
"""Roots that are held against a program, one after the other, until one gives the other program's number."""

PLAIN, INJECTED = "plain", "injected"
"""Folders, in that of the outputs, for what the run without the change wrote and the one with it."""

_OF_A_CAPTURE = ("; no trace was written", "; its standard input was empty (--stdin FILE)")
"""What errors of a capture end with, and what says nothing of a proof."""

_REASONS: Mapping[type[NbtraceError], NotTried] = {
    IncompleteError: NotTried.INCOMPLETE,
    PerturbedError: NotTried.PERTURBED,
    ProgramError: NotTried.PROGRAM,
    UsageError: NotTried.CALL,
    InputError: NotTried.PROGRAM,
}


def traced_pixel(result: Explanation) -> Pixel | None:
    """Return the pixel, slow and fast, that an explanation is of; None where neither log tells it."""
    traces = (result.audit.scenes[side].trace for side in (Side.C, Side.PY))
    return next((at for trace in traces if (at := whereabouts(trace).pixel) is not None), None)


def proved(
    result: Explanation, request: CaptureRequest, outputs: Path | None = None, host: Side = Side.C
) -> Explanation:
    """Return an explanation with what a program itself says of its first roots.

    A value is changed in the running program; a configuration value by the flag of the reference that sets it. The
    roots are tried one by one until one gives the other program's number, and then those that do not contradict it
    together. Nothing that goes wrong with the program is an error: it stands in the proof, as what was not tried and
    why.

    Parameters
    ----------
    result : Explanation
    request : CaptureRequest
        The program with its arguments, the probes, and the turn that the logs are of.
    outputs : Path, optional
        A folder that does not exist, for what both runs of the leading proof wrote: :data:`PLAIN`, :data:`INJECTED`.
    host : Side
        Which of the two programs it is.
    """
    proofs: dict[int, Proof] = {}
    wanted = list(_roots(result, request, proofs, host))
    if not wanted:
        return proven(result, proofs, None if proofs else _nothing(result, host), None, host)
    where = "proof in the reference" if host is Side.C else "proof in the port"
    with stage(where), ExitStack() as held:
        prover = _Prover(result, request, outputs, host, held)
        together = prover.prove(wanted, proofs)
    explained = proven(result, proofs, None, together, host)
    if outputs is not None:
        _keep_leading(outputs, explained, host)
    return explained


def _keep_leading(outputs: Path, explained: Explanation, host: Side) -> None:
    """Give the output of the leading proof its name: of all roots together, where that alone gives the number."""
    leading, together = explained.proof_in(host), explained.together.get(host)
    folders = [
        outputs / f"{INJECTED}_{number}"
        for number, root in enumerate(explained.roots)
        if leading is not None and root.proofs.get(host) is leading
    ]
    joint = outputs / f"{INJECTED}_together"
    confirmed = together is not None and together.outcome is ProofOutcome.CONFIRMED
    for folder in [joint, *folders] if confirmed else folders:
        if folder.is_dir():
            folder.rename(outputs / INJECTED)
            return


@dataclass(frozen=True)
class _Tried:
    """A root that is to be held against a program."""

    number: int
    root: Root
    share: Share
    alone: bool
    change: FlagChange | None
    slight: bool

    @property
    def expected(self) -> float | None:
        """The share of the final log-ratio that it is said to explain; all of it for the only root."""
        if self.share.of_log_ratio is None:
            return 1.0 if self.alone else None
        return self.share.of_log_ratio


def _roots(result: Explanation, request: CaptureRequest, proofs: dict[int, Proof], host: Side) -> Iterator[_Tried]:
    """Yield the roots that can be tried, in their order; say of those before them why they are not."""
    if not result.comparable:
        return
    numbers = {id(root): number for number, root in enumerate(result.roots)}
    alone = sum(other.status is not AuditStatus.LOG_ONLY for other in result.roots) == 1
    count = 0
    for root, share in result.ranked:
        if count == MOST_TRIED:
            return
        change = flag_change(result, [root], request.arguments) if host is Side.C else None
        reason = None if change is not None else _untried(result, root, host)
        slight = is_rounding(root, share) and count > 0
        if reason is None:
            count += not slight
            yield _Tried(numbers[id(root)], root, share, alone, change, slight)
        elif not count:
            proofs[numbers[id(root)]] = not_tried(reason.reason, reason.text, leading_side(root.side, host), host)


def _untried(result: Explanation, root: Root, host: Side) -> UntriedError | None:
    """Return why a root cannot be tried, as far as the logs tell."""
    if root.status is AuditStatus.LOG_ONLY:
        return UntriedError(NotTried.LOG_ONLY, "the program computes with the right value; only a log has it wrong")
    if root.settings:
        whose = "the reference" if host is Side.C else "the port"
        return UntriedError(
            NotTried.SETTING,
            f"the sides are configured apart, by what no flag is known to set: run {whose} with the other's "
            "configuration, and compare",
        )
    try:
        wanted_values(result.audit, root, host)
    except UntriedError as error:
        return error
    return None


def _nothing(result: Explanation, host: Side) -> Proof:
    return not_tried(NotTried.NO_ROOT if result.comparable else NotTried.NOT_COMPARABLE, host=host)


_Change: TypeAlias = tuple[Injection, PlannedValue]


@dataclass(frozen=True)
class _Captured:
    """A program that is captured from: its session, its capture, and the number that is to be met."""

    session: CaptureSession
    capture: CaptureResult
    values: CapturedValues
    goal: ProofGoal


class _Prover:
    """Holds roots against one program."""

    def __init__(
        self, result: Explanation, request: CaptureRequest, outputs: Path | None, host: Side, held: ExitStack
    ) -> None:
        self._result, self._request, self._outputs, self._host, self._held = result, request, outputs, host, held
        self._runs = 0
        self._captured: _Captured | NbtraceError | UntriedError | None = None
        self._flag_runs: FlagRuns | None = None
        self._planned: dict[int, tuple[PlannedValue, ...]] = {}

    def prove(self, wanted: Sequence[_Tried], proofs: dict[int, Proof]) -> Proof | None:
        """Fill in the proofs of roots, until one gives the number; return what several give together."""
        for item in wanted:
            if item.slight or (isinstance(self._captured, Exception) and item.change is None):
                continue
            proof = proofs[item.number] = self._of_one(item)
            if proof.outcome is ProofOutcome.CONFIRMED:
                return None
            if proof.reason is NotTried.SAME_NUMBER:
                break
        kept = [item for item in wanted if item.number in proofs and _goes_on(proofs[item.number])]
        if len(kept) < 2:
            return None
        slight = [item for item in wanted if item.slight and item.change is None]
        try:
            return self._together(kept, slight)
        except UntriedError as error:
            return not_tried(error.reason, error.text, host=self._host)
        except NbtraceError as error:
            return self._failed(error, InjectedSide.RIGHT)

    def _of_one(self, item: _Tried) -> Proof:
        side = leading_side(item.root.side, self._host)
        try:
            proof, folder = self._by_flags_or_values(item)
        except UntriedError as error:
            return not_tried(error.reason, error.text, side, self._host)
        except NbtraceError as error:
            return self._failed(error, side)
        self._named(folder, str(item.number))
        return proof

    def _by_flags_or_values(self, item: _Tried) -> tuple[Proof, Path | None]:
        """Change the flag of a root where one sets it; where that shows nothing, its value."""
        if item.change is None:
            return self._with_values(item)
        try:
            return self._with_flags([item])
        except UntriedError as error:
            if item.root.settings or error.reason not in {NotTried.NO_NUMBER, NotTried.NO_PIXEL}:
                raise
        return self._with_values(item)

    def _failed(self, error: NbtraceError, side: InjectedSide) -> Proof:
        reason = next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), NotTried.PROGRAM)
        text = str(error)
        for end in _OF_A_CAPTURE:
            text = text.replace(end, "")
        return not_tried(reason, text, side, self._host)

    def _named(self, folder: Path | None, name: str) -> None:
        if folder is not None:
            folder.rename(folder.with_name(f"{INJECTED}_{name}"))

    def _folder(self) -> Path | None:
        self._runs += 1
        return None if self._outputs is None else self._outputs / f"run_{self._runs}"

    def _plain_folder(self) -> Path | None:
        """Return where the run without a change is kept; None where it is already, or nothing is kept."""
        if self._outputs is None or (self._outputs / PLAIN).exists():
            return None
        return self._outputs / PLAIN

    # --- values that are written into the running program ---

    def _with_values(self, item: _Tried) -> tuple[Proof, Path | None]:
        """Change the values of a root in the turn of the log; where that is not all, wherever the program has them."""
        at = self._capture()
        planned = self._plan(item, at)
        left = self._untouched(planned, at)
        proof, folder = self._inject([item], at, [(value.injection, value) for value in planned], left)
        if left and proof.outcome is not ProofOutcome.CONFIRMED:
            wider = [(value.everywhere, value) for value in distinct(planned)]
            further, elsewhere = self._inject([item], at, wider, 0)
            if further.outcome is ProofOutcome.CONFIRMED:
                return further, elsewhere
        return proof, folder

    def _plan(self, item: _Tried, at: _Captured) -> tuple[PlannedValue, ...]:
        if item.number not in self._planned:
            self._planned[item.number] = planned_values(
                self._result.audit, item.root, at.values, at.capture.request.probes, self._host
            )
        return self._planned[item.number]

    def _untouched(self, planned: Sequence[PlannedValue], at: _Captured) -> int:
        capture = at.capture
        return untouched(self._result.audit, planned, at.values, capture.request.probes, capture.arrivals, self._host)

    def _capture(self) -> _Captured:
        """Return the capture of the program as it is; it is made once, and what hinders it once hinders it again."""
        if self._captured is None:
            try:
                self._captured = self._captured_with(self._request, self._plain_folder())
            except (NbtraceError, UntriedError) as error:
                self._captured = error
        if isinstance(self._captured, _Captured):
            return self._captured
        raise self._captured

    def _captured_with(self, request: CaptureRequest, folder: Path | None, goal: ProofGoal | None = None) -> _Captured:
        session = self._held.enter_context(capture_session(request))
        capture = session.capture(folder)
        values = captured_values(capture.hits, request.probes, self._result.audit.vocabulary, self._host)
        if values is None:
            raise UntriedError(NotTried.NO_PROBE, "the vocabulary knows none of the captured quantities")
        goal = goal or proof_goal(self._result, self._host, values.number, request.probes.image)
        return _Captured(session, capture, values, goal)

    def _inject(
        self, items: Sequence[_Tried], at: _Captured, changes: Sequence[_Change], left: int
    ) -> tuple[Proof, Path | None]:
        """Run the program with values changed, and say what it gives; also where its output is kept."""
        folder = self._folder()
        run = at.session.inject([injection for injection, _ in changes], folder)
        after = self._number_after(run, at.goal.final)
        image = _image(at.capture, run, at.goal)
        proof = replace(
            self._judged(items, at.goal, after, image, whole=not left),
            values=tuple(_changed_values(run, changes)),
            pixel=at.capture.request.pixel,
            others=None if run.image is None else run.image.others,
            outputs=outputs_of_both({item.name: item.plain for item in at.capture.certificate.outputs}, run.digests),
            program=str(at.capture.file or at.capture.request.program),
            program_sha256=at.capture.certificate.program_sha256,
            command=at.capture.request.command,
            injections=tuple(item.words for item, _ in changes if not item.after and item.over is None),
            untouched=left,
        )
        return proof, folder

    def _judged(
        self, items: Sequence[_Tried], goal: ProofGoal, after: float, image: ImageNumbers | None, *, whole: bool
    ) -> Proof:
        """Return what a number says of some roots; of several together nothing is refuted."""
        match = goal.match(self._result, after, image)
        done = share_done(goal.before, after, goal.target)
        several = len(items) > 1
        shares = [item.expected for item in items]
        expected = None if None in shares else sum(share for share in shares if share is not None)
        outcome = outcome_of(match, done, expected, whole=whole and not several)
        sides = {leading_side(item.root.side, self._host) for item in items}
        right = InjectedSide.RIGHT in sides and (len(sides) == 1 or several)
        return Proof(
            outcome,
            side=InjectedSide.RIGHT if right else sides.pop(),
            quantity=goal.final.name,
            before=goal.before,
            after=after,
            target=goal.target,
            image=image,
            match=match,
            expected=expected,
            done=done,
            host=self._host,
            roots=tuple(item.root.node for item in items) if several else (),
        )

    def _number_after(self, run: InjectedRun, final: Node) -> float:
        captured = captured_values(run.hits, run.request.probes, self._result.audit.vocabulary, self._host)
        after = None if captured is None else captured.number(final.name)
        if after is None:
            raise UntriedError(NotTried.INCOMPLETE, f"with the value changed the program came to no {final.name}")
        return after

    # --- flags of the program that are changed ---

    def _with_flags(self, items: Sequence[_Tried]) -> tuple[Proof, Path | None]:
        """Run the program with the other side's configuration, and say what it gives; also where its output is kept."""
        change = self._change(items)
        if self._flag_runs is None:
            entered = flag_runs(self._request, self._result.audit.vocabulary)
            self._flag_runs = self._held.enter_context(entered)
        runs, request, check = self._flag_runs, self._request, self._request.probes.image
        plain = runs.run(request.arguments)
        before = runs.numbers(plain, request.arguments, change.image_width)
        rounding = 0.0 if before.printed else rounding_of(check)
        image = None if before.printed else check
        goal = proof_goal(self._result, self._host, before.of, image, rounding)
        changed = runs.run(change.arguments)
        after = runs.numbers(changed, change.arguments, change.image_width)
        number = after.of(goal.final.name)
        if number is None:
            raise UntriedError(NotTried.NO_NUMBER, "with the flag changed the program gives no final number")
        pixels = image_numbers(check, change.arguments, (before, after), goal)
        folder, kept = self._folder(), self._plain_folder()
        if folder is not None:
            changed.keep(folder)
        if kept is not None:
            plain.keep(kept)
        proof = replace(
            self._judged(items, goal, number, pixels, whole=True),
            pixel=request.pixel,
            outputs=outputs_of_both(plain.digests, changed.digests),
            program=str(request.program),
            program_sha256=sha256_of(request.program),
            command=request.command,
            flags=change.flags,
            changed_command=(str(request.program), *change.arguments),
        )
        return proof, folder

    def _change(self, items: Sequence[_Tried]) -> FlagChange:
        """Return the flags of some roots together."""
        roots = [item.root for item in items]
        change = items[0].change if len(items) == 1 else flag_change(self._result, roots, self._request.arguments)
        if change is None:
            raise UntriedError(NotTried.SETTING, "no flags are known that set these values together")
        return change

    # --- several roots at once ---

    def _together(self, items: Sequence[_Tried], slight: Sequence[_Tried]) -> Proof:
        """Change what several roots are about in one run, and what is of the size of rounding with it."""
        configured = [item for item in items if item.change is not None]
        valued = [item for item in items if item.change is None]
        if not valued:
            proof, folder = self._with_flags(items)
        else:
            at, change = self._capture(), self._change(configured) if configured else None
            changes = [change for item in valued for change in self._wherever_needed(self._plan(item, at), at)]
            changes += [(value.injection, value) for value in self._slight(slight, at)]
            if change is not None:
                request = replace(self._request, arguments=change.arguments)
                there = self._captured_with(request, None, at.goal)
                at = replace(at, session=there.session)
            proof, folder = self._inject(items, at, changes, 0)
            if change is not None:
                command = (str(self._request.program), *change.arguments)
                proof = replace(proof, others=None, flags=change.flags, changed_command=command)
        self._named(folder, "together")
        return proof

    def _wherever_needed(self, planned: Sequence[PlannedValue], at: _Captured) -> Iterator[_Change]:
        """Yield the changes of one root: in the turn of the log, or wherever the program has the values."""
        if self._untouched(planned, at):
            yield from ((value.everywhere, value) for value in distinct(planned))
        else:
            yield from ((value.injection, value) for value in planned)

    def _slight(self, items: Sequence[_Tried], at: _Captured) -> Iterator[PlannedValue]:
        """Yield the values of roots of the size of rounding, of those that can be written."""
        for item in items:
            try:
                yield from self._plan(item, at)
            except UntriedError:
                continue


def _goes_on(proof: Proof) -> bool:
    """Whether a root can be changed together with others: it was tried, and the program does not contradict it."""
    return proof.tried and proof.outcome is not ProofOutcome.REFUTED


def _image(capture: CaptureResult, run: InjectedRun, goal: ProofGoal) -> ImageNumbers | None:
    """Return the traced pixel of both images; the other program's, too, where the image holds the final number."""
    check = capture.request.probes.image
    if check is None or run.image is None or run.image.selected is None:
        return None
    found = capture.certificate.image
    before = run.image.selected.before if found is None else found.in_image
    theirs = as_stored(goal.target, check) if as_stored(goal.before, check) == before else None
    return ImageNumbers(run.image.file, before, run.image.selected.after, theirs)


def _changed_values(run: InjectedRun, changes: Sequence[_Change]) -> Iterator[ChangedValue]:
    """Yield what was changed, each value once with the number of times."""
    for injection, value in changes:
        written = [item for item in run.written if item.injection == injection]
        if written:
            reading, first = value.reading, written[0]
            yield ChangedValue(
                reading.node,
                reading.key,
                reading.index,
                injection.after,
                first.before,
                first.after,
                value.origin,
                len(written),
            )

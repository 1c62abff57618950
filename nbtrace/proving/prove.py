"""Proofs: the first roots of an explanation held against the reference itself, by changing their values in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.capture_result import CaptureResult, InjectedRun
from nbtrace.capturing.image_pixels import as_stored
from nbtrace.capturing.injection import Injection
from nbtrace.capturing.probe import ImageCheck
from nbtrace.capturing.session import CaptureSession, capture_session
from nbtrace.compare.scene import Node
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.errors import IncompleteError, InputError, NbtraceError, PerturbedError, ProgramError, UsageError
from nbtrace.explanation.audit.attribution import Share
from nbtrace.explanation.audit.findings import AuditStatus, noise
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import (
    ChangedValue,
    ImageNumbers,
    NotTried,
    NumberMatch,
    Proof,
    ProofOutcome,
    ProofOutput,
    leading_side,
    not_tried,
    outcome_of,
    share_done,
)
from nbtrace.explanation.proven import proven
from nbtrace.progress import stage
from nbtrace.proving.captured_values import CapturedValues, captured_values
from nbtrace.proving.injected_values import (
    PlannedValue,
    UntriedError,
    distinct,
    planned_values,
    untouched,
    wanted_values,
)
from nbtrace.records import Pixel, Side

MOST_TRIED = 3
"""Roots that are held against the reference, one after the other, until one is not contradicted."""

PLAIN, INJECTED = "plain", "injected"
"""Folders, in that of the outputs, for what the run without the change wrote and the one with it."""

_SAME_NUMBER = 1e-9
"""Relative difference up to which the program's final number is that of the reference's log."""

_NEAR = 0.01
"""Share of the difference of the two logs by which it may be another."""

_OF_A_TRACE = "; no trace was written"
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


def proved(result: Explanation, request: CaptureRequest, outputs: Path | None = None) -> Explanation:
    """Return an explanation with what the reference itself says of its first roots.

    Nothing that goes wrong with the program is an error: it stands in the proof, as what was not tried and why.

    Parameters
    ----------
    result : Explanation
    request : CaptureRequest
        The reference with its arguments, the probes, and the turn that the logs are of.
    outputs : Path, optional
        A folder that does not exist, for what both runs of the leading proof wrote: :data:`PLAIN`, :data:`INJECTED`.
    """
    proofs: dict[int, Proof] = {}
    wanted = list(_roots(result, proofs))
    if not wanted:
        return proven(result, proofs, None if proofs else _nothing(result))
    try:
        with stage("proof in the reference"), capture_session(request) as session:
            _Prover(result, session, outputs).prove(wanted, proofs)
    except NbtraceError as error:
        proofs.setdefault(wanted[0].number, _failed(error, wanted[0]))
    explained = proven(result, proofs)
    if outputs is not None:
        _keep_leading(outputs, explained)
    return explained


def _keep_leading(outputs: Path, explained: Explanation) -> None:
    """Give the output of the leading proof its name."""
    for number, root in enumerate(explained.roots):
        folder = outputs / f"{INJECTED}_{number}"
        if root.proof is explained.proof and folder.is_dir():
            folder.rename(outputs / INJECTED)


@dataclass(frozen=True)
class _Tried:
    """A root that is to be held against the reference."""

    number: int
    root: Root
    share: Share
    alone: bool

    @property
    def expected(self) -> float | None:
        """The share of the final log-ratio that it is said to explain; all of it for the only root."""
        if self.share.of_log_ratio is None:
            return 1.0 if self.alone else None
        return self.share.of_log_ratio


def _roots(result: Explanation, proofs: dict[int, Proof]) -> Iterator[_Tried]:
    """Yield the roots that can be tried, in their order; say of those before them why they are not."""
    if not result.comparable:
        return
    numbers = {id(root): number for number, root in enumerate(result.roots)}
    count = 0
    for root, share in result.ranked:
        if count == MOST_TRIED:
            return
        reason = _untried(result, root)
        if reason is None:
            count += 1
            alone = sum(other.status is not AuditStatus.LOG_ONLY for other in result.roots) == 1
            yield _Tried(numbers[id(root)], root, share, alone)
        elif not count:
            proofs[numbers[id(root)]] = not_tried(reason.reason, reason.text, leading_side(root.side))


def _untried(result: Explanation, root: Root) -> UntriedError | None:
    """Return why a root cannot be tried, as far as the logs tell."""
    if root.status is AuditStatus.LOG_ONLY:
        return UntriedError(NotTried.LOG_ONLY, "the reference computes with the right value; only a log has it wrong")
    if root.settings:
        return UntriedError(
            NotTried.SETTING,
            "the sides are configured apart; run the reference with the other's flags, and compare",
        )
    try:
        wanted_values(result.audit, root)
    except UntriedError as error:
        return error
    return None


def _nothing(result: Explanation) -> Proof:
    return not_tried(NotTried.NO_ROOT if result.comparable else NotTried.NOT_COMPARABLE)


def _failed(error: NbtraceError, item: _Tried) -> Proof:
    reason = next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), NotTried.PROGRAM)
    return not_tried(reason, str(error).replace(_OF_A_TRACE, ""), leading_side(item.root.side))


@dataclass(frozen=True)
class _Goal:
    """The final quantity, as the program gives it, and the other program's number."""

    final: Node
    before: float
    candidate: float


_Change: TypeAlias = tuple[Injection, PlannedValue]


class _Prover:
    """Holds roots against one program."""

    def __init__(self, result: Explanation, session: CaptureSession, outputs: Path | None) -> None:
        self._result, self._session, self._outputs = result, session, outputs
        self._runs = 0

    def prove(self, wanted: list[_Tried], proofs: dict[int, Proof]) -> None:
        """Fill in the proofs of roots, until the reference does not contradict one that could be tried."""
        capture = self._session.capture(self._folder(PLAIN))
        captured = captured_values(capture.hits, capture.request.probes, self._result.audit.vocabulary)
        for item in wanted:
            try:
                proof = self._proof(item, capture, captured)
            except UntriedError as error:
                proof = not_tried(error.reason, error.text, leading_side(item.root.side))
            except NbtraceError as error:
                proof = _failed(error, item)
            proofs[item.number] = proof
            if proof.tried and proof.outcome is not ProofOutcome.REFUTED:
                return

    def _proof(self, item: _Tried, capture: CaptureResult, captured: CapturedValues | None) -> Proof:
        """Change the values of a root in the turn of the log; where that is not all, wherever the program has them."""
        if captured is None:
            raise UntriedError(NotTried.NO_PROBE, "the vocabulary knows none of the captured quantities")
        goal = self._goal(captured, capture.request.probes.image)
        probes = capture.request.probes
        planned = planned_values(self._result.audit, item.root, captured, probes)
        left = untouched(self._result.audit, planned, captured, probes, capture.arrivals)
        proof, folder = self._run(item, capture, goal, [(value.injection, value) for value in planned], left)
        if left and proof.outcome is not ProofOutcome.CONFIRMED:
            wider = [(value.everywhere, value) for value in distinct(planned)]
            further, elsewhere = self._run(item, capture, goal, wider, 0)
            if further.outcome is ProofOutcome.CONFIRMED:
                proof, folder = further, elsewhere
        if folder is not None:
            folder.rename(folder.with_name(f"{INJECTED}_{item.number}"))
        return proof

    def _run(
        self, item: _Tried, capture: CaptureResult, goal: _Goal, changes: Sequence[_Change], left: int
    ) -> tuple[Proof, Path | None]:
        """Run the program with values changed, and say what it gives; also where its output is kept."""
        self._runs += 1
        folder = self._folder(f"run_{self._runs}")
        run = self._session.inject([injection for injection, _ in changes], folder)
        after = self._number_after(run, goal.final)
        image = _image(capture, run, goal)
        match = self._match(goal, after, image)
        done = share_done(goal.before, after, goal.candidate)
        proof = Proof(
            outcome_of(match, done, item.expected, whole=not left),
            side=leading_side(item.root.side),
            values=tuple(_changed_values(run, changes)),
            quantity=goal.final.name,
            pixel=capture.request.pixel,
            before=goal.before,
            after=after,
            candidate=goal.candidate,
            image=image,
            match=match,
            expected=item.expected,
            done=done,
            others=_others(run),
            outputs=_outputs(capture, run),
            program=str(capture.request.program),
            program_sha256=capture.certificate.program_sha256,
            command=capture.request.command,
            injections=tuple(item.words for item, _ in changes if not item.after and item.over is None),
            untouched=left,
        )
        return proof, folder

    def _folder(self, name: str) -> Path | None:
        return None if self._outputs is None else self._outputs / name

    def _goal(self, captured: CapturedValues, check: ImageCheck | None) -> _Goal:
        """Return the final quantity that the other log and the program have, with its numbers."""
        theirs = self._result.audit.effective[Side.PY]
        for name in self._result.audit.vocabulary.finals:
            nodes = [node for node, value in theirs.items() if node.name == name and not node.place and len(value) == 1]
            before = captured.number(name)
            if nodes and before is not None:
                goal = _Goal(nodes[-1], before, theirs[nodes[-1]][0])
                self._require_same(goal, check)
                return goal
        raise UntriedError(NotTried.NO_NUMBER, "the probes and the other log have no final quantity in common")

    def _require_same(self, goal: _Goal, check: ImageCheck | None) -> None:
        """Refuse a program that gives another final number than the reference's log, and one that needs no change."""
        audit = self._result.audit
        final, before, candidate = goal.final, goal.before, goal.candidate
        logged = audit.effective[Side.C].get(final)
        if logged is not None:
            rounding = noise(audit.scenes, final)[0] + _SAME_NUMBER * abs(logged[0])
            if abs(before - logged[0]) > max(rounding, _NEAR * abs(candidate - logged[0])):
                raise UntriedError(
                    NotTried.OTHER_RUN,
                    f"the program gives {final.label} {before:.9g}, the reference's log has {logged[0]:.9g}: other "
                    "flags, another pixel, another build or another number of threads (OMP_NUM_THREADS)",
                )
        stored = check is not None and as_stored(before, check) == as_stored(candidate, check)
        if stored or self._match(goal, before, None) is not NumberMatch.APART:
            # What no change is needed for, no change confirms.
            text = f"the program gives {final.label} {before:.9g} as it is, and the other log has {candidate:.9g}"
            raise UntriedError(NotTried.SAME_NUMBER, text)

    def _number_after(self, run: InjectedRun, final: Node) -> float:
        captured = captured_values(run.hits, run.request.probes, self._result.audit.vocabulary)
        after = None if captured is None else captured.number(final.name)
        if after is None:
            raise UntriedError(NotTried.INCOMPLETE, f"with the value changed the program came to no {final.name}")
        return after

    def _match(self, goal: _Goal, after: float, image: ImageNumbers | None) -> NumberMatch:
        candidate = goal.candidate
        if after == candidate or (image is not None and image.same):
            return NumberMatch.BITS
        allowed = noise(self._result.audit.scenes, goal.final)[0] + self._result.attribution.allowed * abs(candidate)
        return NumberMatch.ROUNDING if abs(after - candidate) <= allowed else NumberMatch.APART


def _image(capture: CaptureResult, run: InjectedRun, goal: _Goal) -> ImageNumbers | None:
    """Return the traced pixel of both images; the other program's, too, where the image holds the final number."""
    check = capture.request.probes.image
    if check is None or run.image is None or run.image.selected is None:
        return None
    pixel = run.image.selected
    theirs = as_stored(goal.candidate, check) if as_stored(goal.before, check) == pixel.before else None
    return ImageNumbers(run.image.file, pixel.before, pixel.after, theirs)


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


def _others(run: InjectedRun) -> int | None:
    """Return how many other pixels moved."""
    if run.image is None:
        return None
    chosen = run.image.selected
    return run.image.moved - (chosen is not None and chosen.before != chosen.after)


def _outputs(capture: CaptureResult, run: InjectedRun) -> tuple[ProofOutput, ...]:
    plain = {item.name: item.plain for item in capture.certificate.outputs}
    names = sorted({*plain, *run.digests})
    return tuple(ProofOutput(name, plain.get(name), run.digests.get(name)) for name in names)

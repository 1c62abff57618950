"""What came of holding a cause against the reference itself: a value was changed in the running program."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from nbtrace.compare.scene import Node, Vector
from nbtrace.vocabulary.sides import Side


class ProofOutcome(StrEnum):
    """What the reference says of a root when the value is changed there."""

    CONFIRMED = "confirmed"
    """It gives the other program's number."""
    PARTLY = "partly"
    """It goes some of the way, as much as can be if the root is one of several."""
    REFUTED = "refuted"
    """It does not give what the root was said to explain."""
    NOT_TRIED = "not tried"


class NotTried(StrEnum):
    """Why a root was not held against the reference."""

    NO_ROOT = "the logs show no root"
    NOT_COMPARABLE = "the logs are not comparable"
    LOG_ONLY = "only the log is wrong"
    SETTING = "a configuration value differs"
    NO_VALUE = "the value to write is not known"
    NO_NUMBER = "the final number is not known on both sides"
    SAME_NUMBER = "both sides give the same number"
    NO_PIXEL = "the place to capture is not known"
    NO_PROBE = "no probe gives the quantity"
    NOT_WRITABLE = "the probe reads what is computed"
    TOO_LATE = "the probe stands behind the use of the value"
    OTHER_RUN = "the program does not compute what the reference's log has"
    INCOMPLETE = "the capture is incomplete"
    PERTURBED = "capture changes the program"
    PROGRAM = "the program or gdb failed"
    CALL = "the program cannot be captured so"


class InjectedSide(StrEnum):
    """Whose value is written into the reference."""

    RIGHT = "right"
    """The right one in place of the reference's wrong one."""
    CANDIDATE = "candidate"
    """The candidate's, which is wrong or undecided."""


class ValueOrigin(StrEnum):
    """Where a written value is from."""

    FORMULA = "formula"
    """Computed anew from the same side's own logged inputs, in double precision."""
    OTHER_LOG = "other log"
    """The other program's log."""


class NumberMatch(StrEnum):
    """How the reference's number then meets the other program's."""

    BITS = "bits"
    """The same bits in the image, or the same number where there is none."""
    ROUNDING = "rounding"
    """As near as digits and precision of the logs tell."""
    APART = "apart"


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """A value that was written into the running reference.

    Attributes
    ----------
    node : Node
        The quantity of the logs and its place.
    key : str
        As the probe calls it.
    index : mapping of str to int
        Turns of loops that the probe states.
    passed : int
        Times that the place was reached there before.
    before, after : tuple of float
        What the program had, and what then, in the unit of the probe.
    origin : ValueOrigin
    times : int
        How often it was written: more than once where the program has it in further turns of loops.
    """

    node: Node
    key: str
    index: Mapping[str, int]
    passed: int
    before: Vector
    after: Vector
    origin: ValueOrigin
    times: int = 1


@dataclass(frozen=True, slots=True)
class ImageNumbers:
    """The traced pixel in the images of both runs, and the other program's number as the image would hold it.

    Attributes
    ----------
    file : str
    before, after : float
    candidate : float or None
        None where the other log does not tell it.
    """

    file: str
    before: float
    after: float
    candidate: float | None

    @property
    def same(self) -> bool:
        """Whether the reference then has the other program's very number."""
        return self.candidate is not None and self.after == self.candidate


@dataclass(frozen=True, slots=True)
class ProofOutput:
    """One thing that the reference writes, by digest: a file, `stdout` or `stderr`.

    Attributes
    ----------
    name : str
    plain, injected : str or None
        SHA-256 without the change and with it; None where it was not written.
    """

    name: str
    plain: str | None
    injected: str | None


@dataclass(frozen=True)
class Proof:
    """A cause held against the reference itself.

    Attributes
    ----------
    outcome : ProofOutcome
    reason : NotTried or None
        Why it was not tried.
    text : str
        What exactly, where it was not tried.
    side : InjectedSide
        Whose value was written.
    values : tuple of ChangedValue
    quantity : str
        The final quantity.
    pixel : (int, int) or None
    before, after, candidate : float or None
        The final quantity of the reference as it is and with the values changed, and the other program's, in double
        precision as captured and logged.
    image : ImageNumbers or None
    match : NumberMatch
    expected : float or None
        Share of the final log-ratio that the root was said to explain.
    done : float or None
        Share of it that the change makes.
    others : int or None
        Other pixels that moved; None without an image.
    outputs : tuple of ProofOutput
    program : str
    program_sha256 : str
    command : tuple of str
        The program and its arguments.
    injections : tuple of str
        The changes as `nbtrace capture --set` takes them; one that passes hits by has no such form, and is left out.
    untouched : int
        How often the program computes the values in turns of loops of which the logs tell nothing, and where they were
        left as they are. A root cannot be refuted then.
    """

    outcome: ProofOutcome
    reason: NotTried | None = None
    text: str = ""
    side: InjectedSide = InjectedSide.RIGHT
    values: tuple[ChangedValue, ...] = ()
    quantity: str = ""
    pixel: tuple[int, int] | None = None
    before: float | None = None
    after: float | None = None
    candidate: float | None = None
    image: ImageNumbers | None = None
    match: NumberMatch = NumberMatch.APART
    expected: float | None = None
    done: float | None = None
    others: int | None = None
    outputs: tuple[ProofOutput, ...] = ()
    program: str = ""
    program_sha256: str = ""
    command: tuple[str, ...] = ()
    injections: tuple[str, ...] = ()
    untouched: int = 0

    @property
    def tried(self) -> bool:
        """Whether the reference was run with values changed."""
        return self.outcome is not ProofOutcome.NOT_TRIED

    @property
    def residual_rel(self) -> float | None:
        """|after − candidate|/|candidate|."""
        if self.after is None or not self.candidate:
            return None
        return abs(self.after - self.candidate) / abs(self.candidate)

    @property
    def log_ratio_left(self) -> float | None:
        """ln(candidate/after), None where it is no number."""
        if not self.after or not self.candidate or self.candidate / self.after <= 0:
            return None
        return math.log(self.candidate / self.after)


def not_tried(reason: NotTried, text: str = "", side: InjectedSide = InjectedSide.RIGHT) -> Proof:
    """Return the proof of a root that was not held against the reference."""
    return Proof(ProofOutcome.NOT_TRIED, reason, text, side)


_MOST = 0.5
"""Share of the final log-ratio from which on a root claims the difference, so that the reference can refute it.

It is also how far the reference may be from the claim, relative to it: a log prints few of the values of a sum.
"""


def outcome_of(match: NumberMatch, done: float | None, expected: float | None, *, whole: bool = True) -> ProofOutcome:
    """Return what the reference's number says of a root.

    Parameters
    ----------
    match : NumberMatch
    done : float or None
        Share of the final log-ratio that the change makes.
    expected : float or None
        Share that the root was said to explain; None where that could not be computed.
    whole : bool
        The values were changed wherever the program computes them; else it can refute nothing.
    """
    if match is not NumberMatch.APART:
        return ProofOutcome.CONFIRMED
    if not whole or expected is None or abs(expected) < _MOST:
        return ProofOutcome.PARTLY
    near = done is not None and abs(done - expected) <= _MOST * abs(expected)
    return ProofOutcome.PARTLY if near else ProofOutcome.REFUTED


def share_done(before: float, after: float, candidate: float) -> float | None:
    """Return which share of ln(candidate/before) a change makes; of the difference where a ratio is no number.

    None where both sides have the same number, or one is none.
    """
    if not all(map(math.isfinite, (before, after, candidate))) or before == candidate:
        return None
    if before > 0 < candidate and after > 0:
        return math.log(after / before) / math.log(candidate / before) + 0.0
    return (after - before) / (candidate - before) + 0.0


def leading_side(side: Side) -> InjectedSide:
    """Return whose value is written where a side is wrong."""
    return InjectedSide.RIGHT if side is Side.C else InjectedSide.CANDIDATE

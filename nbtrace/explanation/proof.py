"""What came of holding a cause against one of the two programs itself: something was changed in it while it ran.

The program that is run is the host of the proof, as a rule the reference; the number that it then should give is the
other program's, its target.
"""

import math
from collections.abc import Mapping
from enum import StrEnum

from nbtrace.compare.scene import Node, Vector
from nbtrace.frozen import frozen
from nbtrace.vocabulary.sides import Side


class ProofOutcome(StrEnum):
    """What a program says of a root when the value is changed there."""

    CONFIRMED = "confirmed"
    """It gives the other program's number."""
    PARTLY = "partly"
    """It goes some of the way, as much as can be if the root is one of several."""
    REFUTED = "refuted"
    """It does not give what the root was said to explain."""
    NOT_TRIED = "not tried"


class NotTried(StrEnum):
    """Why a root was not held against a program."""

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
    """The host's log, of whichever side it is."""
    INCOMPLETE = "the capture is incomplete"
    PERTURBED = "capture changes the program"
    PROGRAM = "the program or gdb failed"
    CALL = "the program cannot be captured so"


class InjectedSide(StrEnum):
    """Whose value is written into the host."""

    RIGHT = "right"
    """The right one in place of its own wrong one."""
    CANDIDATE = "candidate"
    """The candidate's, which is wrong or undecided, into the reference."""
    REFERENCE = "reference"
    """The reference's, which is wrong or undecided, into the candidate."""


class ValueOrigin(StrEnum):
    """Where a written value is from."""

    FORMULA = "formula"
    """Computed anew from the same side's own logged inputs, in double precision."""
    OTHER_LOG = "other log"
    """The other program's log."""


class NumberMatch(StrEnum):
    """How the host's number then meets the other program's."""

    BITS = "bits"
    """The same bits in the image, or the same number where there is none."""
    ROUNDING = "rounding"
    """As near as digits and precision of the logs tell."""
    APART = "apart"


@frozen
class ChangedValue:
    """A value that was written into the running host.

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


@frozen
class ChangedFlag:
    """An argument of a program that was changed.

    Attributes
    ----------
    before, after : str
        The flag with its values; empty where it was not given, or is no longer.
    """

    before: str
    after: str


@frozen
class FlagChange:
    """Arguments of a program with another configuration.

    Attributes
    ----------
    arguments : tuple of str
        All of them.
    flags : tuple of ChangedFlag
    image_width : int
        Pixels of its image along the fast axis.
    """

    arguments: tuple[str, ...]
    flags: tuple[ChangedFlag, ...]
    image_width: int


@frozen
class ImageNumbers:
    """The traced pixel in the images of both runs, and the other program's number as the image would hold it.

    Attributes
    ----------
    file : str
    before, after : float
    target : float or None
        None where the other log does not tell it.
    """

    file: str
    before: float
    after: float
    target: float | None

    @property
    def tells_apart(self) -> bool:
        """Whether the image holds another number of the host than of the other program, both of them finite."""
        return self.target is not None and math.isfinite(self.target) and self.before != self.target

    @property
    def same(self) -> bool:
        """Whether the host then has the other program's very number, which it has not as it is."""
        return self.tells_apart and self.after == self.target


@frozen
class ProofOutput:
    """One thing that the host writes, by digest: a file, `stdout` or `stderr`.

    Attributes
    ----------
    name : str
    plain, injected : str or None
        SHA-256 without the change and with it; None where it was not written.
    """

    name: str
    plain: str | None
    injected: str | None


def outputs_of_both(plain: Mapping[str, str | None], injected: Mapping[str, str | None]) -> tuple[ProofOutput, ...]:
    """Return everything that two runs wrote, the first without the change, from its digests by name."""
    return tuple(ProofOutput(name, plain.get(name), injected.get(name)) for name in sorted({*plain, *injected}))


@frozen
class Proof:
    """A cause held against a program itself.

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
    before, after, target : float or None
        The final quantity of the host as it is and with the values changed, and the other program's, in double
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
    host : Side
        The program that was run: the reference, or the candidate.
    roots : tuple of Node
        The first value of each root, where several were changed together.
    flags : tuple of ChangedFlag
        Arguments of the host that were changed.
    changed_command : tuple of str
        The program and its arguments with these flags; empty where none was changed.
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
    target: float | None = None
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
    host: Side = Side.C
    roots: tuple[Node, ...] = ()
    flags: tuple[ChangedFlag, ...] = ()
    changed_command: tuple[str, ...] = ()

    @property
    def tried(self) -> bool:
        """Whether the host was run with something changed."""
        return self.outcome is not ProofOutcome.NOT_TRIED

    @property
    def residual_rel(self) -> float | None:
        """|after − target|/|target|."""
        if self.after is None or not self.target:
            return None
        return abs(self.after - self.target) / abs(self.target)

    @property
    def log_ratio_left(self) -> float | None:
        """ln(target/after), None where it is no number."""
        if not self.after or not self.target or self.target / self.after <= 0:
            return None
        return math.log(self.target / self.after)


def not_tried(reason: NotTried, text: str = "", side: InjectedSide = InjectedSide.RIGHT, host: Side = Side.C) -> Proof:
    """Return the proof of a root that was not held against a program."""
    return Proof(ProofOutcome.NOT_TRIED, reason, text, side, host=host)


_MOST = 0.5
"""Share of the final log-ratio from which on a root claims the difference, so that a program can refute it.

It is also how far the program may be from the claim, relative to it: a log prints few of the values of a sum.
"""


def outcome_of(match: NumberMatch, done: float | None, expected: float | None, *, whole: bool = True) -> ProofOutcome:
    """Return what the host's number says of a root.

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


def share_done(before: float, after: float, target: float) -> float | None:
    """Return which share of ln(target/before) a change makes; of the difference where a ratio is no number.

    None where both sides have the same number, or one is none.
    """
    if not all(map(math.isfinite, (before, after, target))) or before == target:
        return None
    if before > 0 < target and after > 0:
        return math.log(after / before) / math.log(target / before) + 0.0
    return (after - before) / (target - before) + 0.0


def leading_side(side: Side, host: Side = Side.C) -> InjectedSide:
    """Return whose value is written into a host where a side is wrong."""
    if side is host:
        return InjectedSide.RIGHT
    return InjectedSide.CANDIDATE if host is Side.C else InjectedSide.REFERENCE

"""What changed between two attempts: quantities whose status or digits moved, and what diverges first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nbtrace.history.history_line import VERDICT, HistoryLine

MOVED = 0.1
"""Digits from which a quantity counts as moved."""


@dataclass(frozen=True, slots=True)
class AttemptChange:
    """A quantity of a case before and now; one of them is None where only the other attempt has it."""

    case: str
    quantity: str
    before: HistoryLine | None
    now: HistoryLine | None

    @property
    def gain(self) -> float:
        """Digits that were won, negative where they were lost; 0 where either is not measured."""
        pair = (self.before, self.now)
        digits = [line.digits for line in pair if line is not None and line.digits is not None]
        return digits[1] - digits[0] if len(digits) == 2 else 0.0


@dataclass(frozen=True)
class AttemptChanges:
    """What changed against the attempt before.

    Attributes
    ----------
    before : HistoryLine or None
        A line of that attempt; None where the history has none of this case.
    compared : int
        Quantities that both have.
    changes : tuple of AttemptChange
    """

    before: HistoryLine | None
    compared: int
    changes: tuple[AttemptChange, ...]


def attempt_changes(now: Sequence[HistoryLine], history: Iterable[HistoryLine]) -> AttemptChanges:
    """Return what changed against the newest earlier run of the same cases that a history has.

    Parameters
    ----------
    now : sequence of HistoryLine
        Of the attempt.
    history : iterable of HistoryLine
        In order of time.
    """
    start = min(line.time for line in now)
    own = {(line.case, line.result) for line in now}
    earlier = [line for line in history if line.time < start and (line.case, line.result) in own]
    newest = {(line.case, line.result): line.time for line in earlier}
    before = {
        (line.case, line.result, line.quantity): line for line in earlier if line.time == newest[line.case, line.result]
    }
    after = {(line.case, line.result, line.quantity): line for line in now if (line.case, line.result) in newest}
    changes = [
        AttemptChange(key[0], key[2], before.get(key), after.get(key))
        for key in dict.fromkeys((*after, *before))
        if key[2] != VERDICT and _differ(before.get(key), after.get(key))
    ]
    both = sum(key in before and key[2] != VERDICT for key in after)
    return AttemptChanges(earlier[-1] if earlier else None, both, tuple(changes))


def _differ(before: HistoryLine | None, now: HistoryLine | None) -> bool:
    if before is None or now is None:
        return True
    if (before.status, before.side, before.cause) != (now.status, now.side, now.cause):
        return True
    return before.digits is not None and now.digits is not None and abs(before.digits - now.digits) >= MOVED

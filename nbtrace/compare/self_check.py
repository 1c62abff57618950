"""What a log says of itself: its relations, each held against its values."""

from enum import StrEnum
from typing import ClassVar

from nbtrace.frozen import frozen
from nbtrace.presentable import Presentable
from nbtrace.records import NOWHERE, Index, Trace


class RelationState(StrEnum):
    """What became of one relation."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOT_CHECKED = "not checked"


@frozen
class Check:
    """One relation, held against a log.

    Attributes
    ----------
    quantity, formula : str
    finding : RelationState
    index : Index
        Of the worst instance.
    residual : float or None
        Largest difference of the sides over the size of the terms.
    allowed : float
    instances, broken : int
        How many samples and pixels were checked, and how many broke the relation.
    logged, computed : tuple of float
        Both sides of the worst instance.
    reason : str
        Why it was not checked, or what a broken one means.
    """

    quantity: str
    formula: str
    finding: RelationState
    index: Index = NOWHERE
    residual: float | None = None
    allowed: float = 0.0
    instances: int = 0
    broken: int = 0
    logged: tuple[float, ...] = ()
    computed: tuple[float, ...] = ()
    reason: str = ""


@frozen
class SelfCheck(Presentable):
    """What a log says of itself.

    Attributes
    ----------
    trace : Trace
    single_precision : bool
        Whether its numbers are float32 values.
    checks : tuple of Check
    remarks : tuple of str
        Faults of the log: foreign, stale, hand-made, before or after polarisation, …
    observations : tuple of str
        What is worth knowing but no fault of the log: φ steps that repeat others.
    """

    presented_as: ClassVar[str] = "check"

    trace: Trace
    single_precision: bool
    checks: tuple[Check, ...]
    remarks: tuple[str, ...] = ()
    observations: tuple[str, ...] = ()

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        counts = f"{len(self.checked)} of {len(self.checks)} relations checked; broken: {len(self.broken)}"
        return (f"{counts}; {self.trace.source}",)

    @property
    def broken(self) -> tuple[Check, ...]:
        """The relations that do not hold."""
        return tuple(check for check in self.checks if check.finding is RelationState.BROKEN)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """The relations that could not be checked."""
        return tuple(check for check in self.checks if check.finding is RelationState.NOT_CHECKED)

    @property
    def checked(self) -> tuple[Check, ...]:
        """The relations that could be checked."""
        return tuple(check for check in self.checks if check.finding is not RelationState.NOT_CHECKED)

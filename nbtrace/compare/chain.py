"""The chain of a computation: the product whose factors `nbtrace scaling` weighs.

A vocabulary names what more is known of its chain under the subject `chain`; without, the chain is the product that it
states.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from nbtrace.compare.self_check import SelfCheck
from nbtrace.errors import UsageError
from nbtrace.frozen import frozen
from nbtrace.records import Trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Chain, Vocabulary

SUBJECT = "chain"

Values = Mapping[str, tuple[float, ...]]


@frozen
class WorkedFactor:
    """The lattice factor along one axis, of one side.

    Attributes
    ----------
    axis : str
        `a`, `b` or `c`.
    index : float
        Fractional Miller index.
    rounded : int
        Nearest index, ⌈h − ½⌉.
    cells : int or None
        Number of cells along the axis; None if the log does not tell and no number fits.
    cells_from : str
        Where the number comes from: `stated` in the banner, `given`, `inferred` from the value, `other side`.
    at_index, at_distance : float or None
        sin(πNh)/sin(πh), and the same at h − h₀; they differ in sign where N is even and h₀ odd.
    logged : float or None
        F_latt along the axis as logged.
    """

    axis: str
    index: float
    rounded: int
    cells: int | None
    cells_from: str
    at_index: float | None
    at_distance: float | None
    logged: float | None


@frozen
class StepShare:
    """One φ step's part in the intensity sum: F_cell²·F_latt² of either side."""

    phi_tic: int
    c_term: float | None
    py_term: float | None
    share_of_gap: float | None


@frozen
class Rebuilt:
    """I_before_scaling rebuilt from the per-φ lines as F_cell²·ΣF_latt².

    Attributes
    ----------
    c, py : float or None
        The sum on either side, None where a side has no per-φ lines.
    c_logged, py_logged : float or None
        I_before_scaling as logged.
    steps : sequence of StepShare
    """

    c: float | None
    py: float | None
    c_logged: float | None
    py_logged: float | None
    steps: Sequence[StepShare]


Swept = Callable[[Trace], Mapping[int, float]]
"""The values of a quantity at the steps of a sweep, of the first sample of the first block of a log."""


def swept(name: str) -> Swept:
    """Return what gives the values of a quantity at the steps of a sweep, by their numbers.

    There are none where other samples have some, too.
    """

    def values(trace: Trace) -> Mapping[int, float]:
        records = trace.by_block.get((name, 0), ())
        if {record.index.sample for record in records} != {0}:
            return {}
        steps = ((record.index.ordinal(trace.vocabulary.sweep), record) for record in records)
        return {step: record.numbers[0] for step, record in steps if step is not None}

    return values


class ChainKnowledge:
    """What is known of a chain.

    Attributes
    ----------
    result : str
        The quantity that is the product.
    names : tuple of str
        The quantities of the report, in its order.
    always : tuple of str
        Factors that every chain has.
    divisors : frozenset of str
        Those that divide.
    swept : str or None
        The quantity at the steps of a sweep of which :meth:`rebuilt` makes the first factor.
    """

    swept: str | None = None

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    @property
    def result(self) -> str:
        """The quantity that is the product."""
        return self.chain.result

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities of the report, in its order."""
        return (*(factor.quantity for factor in self.chain.factors), self.chain.result)

    @property
    def always(self) -> tuple[str, ...]:
        """Factors that every chain has."""
        return tuple(factor.quantity for factor in self.chain.factors)

    @property
    def divisors(self) -> frozenset[str]:
        """The factors that divide."""
        return frozenset(factor.quantity for factor in self.chain.factors if factor.power < 0)

    @property
    def takes(self) -> frozenset[str]:
        """What the product is computed from."""
        return frozenset(self.names)

    def product(self, values: Values) -> float:
        """Return the product of logged values."""
        return math.prod(float(values[factor.quantity][0] ** factor.power) for factor in self.chain.factors)

    def applied(self, values: Values) -> tuple[str, ...]:
        """Return the factors that a log's flags say are in its product."""
        del values
        return ()

    def other_intensity(self, trace: Trace, check: SelfCheck) -> tuple[str, float] | None:
        """Return a factor that a log prints otherwise than its product has it, and what it has; None if it is none."""
        del trace, check
        return None

    def rebuilt(self, c: Trace, py: Trace, values: Swept) -> Rebuilt | None:
        """Return the first factor rebuilt from the turns of the loops; None where that is not possible.

        `values` gives those of the quantity `swept`.
        """
        del c, py, values
        return None

    def worked(
        self, c: Trace, py: Trace, cells: tuple[int, int, int] | None
    ) -> tuple[tuple[WorkedFactor, ...], tuple[WorkedFactor, ...]]:
        """Return factors worked out by hand, of either side."""
        del c, py, cells
        return (), ()


@cache
def chain_of(vocabulary: Vocabulary) -> ChainKnowledge:
    """Return what is known of the chain of a vocabulary.

    Raises
    ------
    UsageError
        If it has none.
    """
    if vocabulary.chain is None:
        raise UsageError(f"the vocabulary {vocabulary.name} has no [chain]: there is no product to take apart")
    kind: type[ChainKnowledge] = registry.knowledge(vocabulary, SUBJECT, ChainKnowledge)
    return kind(vocabulary.chain)

"""What a kind of notice is asked of: two logs as compared, or one of them beside the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TypeAlias

from nbtrace.compare.align import Alignment
from nbtrace.compare.gaps import Gaps
from nbtrace.compare.judge import Row
from nbtrace.compare.logs import Logs, logs_of
from nbtrace.compare.self_check import SelfCheck
from nbtrace.frozen import frozen
from nbtrace.records import Trace
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.sides import Names
from nbtrace.vocabulary.vocabulary import Vocabulary

_SHOWN = 3


@frozen
class LoggedSide:
    """One of two logs.

    Attributes
    ----------
    name, other : str
        What reports call this program, and the other one.
    trace : Trace
    remarks : tuple of str
        What it says against itself.
    gaps : Gaps
        What it lacks of what it prints elsewhere.
    own_block : mapping of int to int
        The number that a pixel block of the other log has in this one.
    """

    name: str
    other: str
    trace: Trace
    remarks: tuple[str, ...] = ()
    gaps: Gaps = field(default_factory=Gaps)
    own_block: Mapping[int, int] = field(default_factory=dict)


@frozen
class ComparedLogs:
    """Two logs, and what their comparison is made from.

    Attributes
    ----------
    c, py : Trace
    partners : mapping of int to int
        Which pixel block of C each block of Py belongs to.
    checks : (SelfCheck, SelfCheck)
        C and Py, each held against itself.
    alignment : Alignment
    rows : sequence of Row
    policy : Policy
    gaps : (Gaps, Gaps)
        What C and what Py lacks of what it prints elsewhere.
    exchanged : bool
        Whether they were given the other way round, which their prefixes tell.
    """

    c: Trace
    py: Trace
    partners: Mapping[int, int]
    checks: tuple[SelfCheck, SelfCheck]
    alignment: Alignment
    rows: Sequence[Row]
    policy: Policy
    gaps: tuple[Gaps, Gaps]
    exchanged: bool = False

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary of both logs."""
        return self.c.vocabulary

    @property
    def names(self) -> Names:
        """What reports call the two programs."""
        return self.vocabulary.names

    @property
    def known(self) -> Logs:
        """What is known of the logs of this computation."""
        return logs_of(self.vocabulary)

    @cached_property
    def sides(self) -> tuple[LoggedSide, LoggedSide]:
        """C and Py, each beside the other."""
        own_in_py = {partner: block for block, partner in self.partners.items()}
        c, py = self.names.pair
        return (
            LoggedSide(c, py, self.c, self.checks[0].remarks, self.gaps[0], self.partners),
            LoggedSide(py, c, self.py, self.checks[1].remarks, self.gaps[1], own_in_py),
        )


NoticeKind: TypeAlias = Callable[[ComparedLogs], Iterator[Notice]]
"""A kind of notice: it looks at two compared logs, and yields what is to be said."""

SideKind: TypeAlias = Callable[[LoggedSide], Iterator[Notice]]
"""A kind of notice that is of one log."""


@frozen
class EachSide:
    """Kinds that are of one log: all of them are asked of C, then all of them of Py."""

    kinds: tuple[SideKind, ...]

    def __call__(self, logs: ComparedLogs) -> Iterator[Notice]:
        """Yield what is to be said of either log."""
        for side in logs.sides:
            for kind in self.kinds:
                yield from kind(side)


def some(texts: Sequence[str]) -> str:
    """Return the first texts separated by commas, and how many more there are."""
    return ", ".join(texts[:_SHOWN]) + (f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else "")

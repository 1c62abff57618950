"""Comparing two traces turn by turn along one of their loops."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import ClassVar, NamedTuple

from nbtrace.compare.align import align, pair_blocks
from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.compare.judge import Row
from nbtrace.compare.notices.step_notices import notices_of_repeats
from nbtrace.compare.repeats import Repeat
from nbtrace.compare.turns import Loop, TurnRepeat, repeated_turns
from nbtrace.errors import InputError, UsageError
from nbtrace.frozen import frozen
from nbtrace.parsers.given_logs import Log, Words, trace_pair
from nbtrace.plain_text import shortened
from nbtrace.presentable import Presentable
from nbtrace.records import Record, Shape, Side, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary import names
from nbtrace.vocabulary.vocabulary import REPEAT, UNNAMED, Vocabulary

MOST_LACKING = 3
"""Turns that are named because a side lacks a value in them."""

_NAMED = 3
"""Quantities outside of the loop that are named."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the loop.

    Attributes
    ----------
    ordinal : int
    rows : sequence of Row
        The values that both sides have, in execution order.
    only_on : Side or None
        The side that alone has the turn.
    lacking_c, lacking_py : sequence of Record
        The other side's values that C, and that Py, lacks here and prints in another turn.
    """

    ordinal: int
    rows: Sequence[Row]
    only_on: Side | None = None
    lacking_c: Sequence[Record] = ()
    lacking_py: Sequence[Record] = ()

    def __repr__(self) -> str:
        first = "" if self.first is None else f", first {self.first.label}"
        return shortened(
            f"<Turn {self.ordinal}: {self.status.value}; {self.diverging} of {self.compared} values diverge{first}>"
        )

    @property
    def first(self) -> Row | None:
        """The first value in execution order that diverges."""
        return next((row for row in self.rows if row.status.diverges), None)

    @property
    def compared(self) -> int:
        """How many values have a difference, or a text to compare."""
        return sum(row.difference is not None or row.status in {Status.PASS, Status.CRITICAL} for row in self.rows)

    @property
    def diverging(self) -> int:
        """How many values diverge."""
        return sum(row.status.diverges for row in self.rows)

    def lacked(self, side: Side) -> Sequence[str]:
        """Return the quantity of each value that a side lacks here and prints in another turn."""
        return [record.quantity for record in (self.lacking_c if side is Side.C else self.lacking_py)]

    @property
    def status(self) -> Status:
        """The status of the first value that diverges; MISSING where all that are there agree, and some are lacking."""
        if self.first is not None:
            return self.first.status
        return Status.MISSING if self.diverges else Status.PASS

    @property
    def diverges(self) -> bool:
        """Whether a value diverges or is lacking."""
        return bool(self.first is not None or self.only_on is not None or self.lacking_c or self.lacking_py)


class ToldTurn(NamedTuple):
    """What is told of a turn: the counts, and the first value that diverges, None where none does.

    Attributes
    ----------
    ordinal, compared, diverging
        As a :class:`Turn` has them.
    quantity : str or None
    place : str
        Where it stands in the other loops.
    component : str or None
        Its worst component.
    c_text, py_text : str or None
        What C and what Py prints.
    relative, ratio : float or None
        Of its difference.
    status : str
    reason : str
    lacking_c, lacking_py : sequence of str
        The quantity of each value that a side lacks here.
    c_line, py_line : int or None
    only_on : Side or None
    """

    ordinal: int
    compared: int
    diverging: int
    quantity: str | None
    place: str
    component: str | None
    c_text: str | None
    py_text: str | None
    relative: float | None
    ratio: float | None
    status: str
    reason: str
    lacking_c: Sequence[str]
    lacking_py: Sequence[str]
    c_line: int | None
    py_line: int | None
    only_on: Side | None

    def lacked(self, side: Side) -> Sequence[str]:
        """Return the quantity of each value that a side lacks here and prints in another turn."""
        return self.lacking_c if side is Side.C else self.lacking_py

    @classmethod
    def of(cls, turn: Turn, loop: str) -> "ToldTurn":
        """Return what is told of a turn of a loop."""
        row = turn.first
        found = row.difference if row is not None else None
        return cls(
            turn.ordinal,
            turn.compared,
            turn.diverging,
            row.quantity if row is not None else None,
            row.index.without(loop).label() if row is not None else "",
            row.component or None if row is not None else None,
            row.c.value.text if row is not None else None,
            row.py.value.text if row is not None else None,
            found.relative if found is not None else None,
            found.ratio if found is not None else None,
            turn.status.value,
            row.reason if row is not None else "",
            tuple(turn.lacked(Side.C)),
            tuple(turn.lacked(Side.PY)),
            row.c.line if row is not None else None,
            row.py.line if row is not None else None,
            turn.only_on,
        )


@frozen
class TurnTotals:
    """What all turns of a comparison add up to.

    Attributes
    ----------
    diverging : int
        Turns that diverge.
    values : int
        Values that were compared.
    only_c, only_py : tuple of int
        Turns that one side alone has.
    lacking : tuple of Turn
        The first turns that both sides have and in which one lacks a value.
    """

    diverging: int
    values: int
    only_c: tuple[int, ...]
    only_py: tuple[int, ...]
    lacking: tuple[Turn, ...]

    @classmethod
    def of(cls, turns: Iterable[Turn]) -> "TurnTotals":
        """Return those of some turns."""
        turns = tuple(turns)
        lacking = (turn for turn in turns if turn.only_on is None and (turn.lacking_c or turn.lacking_py))
        return cls(
            sum(turn.diverges for turn in turns),
            sum(turn.compared for turn in turns),
            tuple(turn.ordinal for turn in turns if turn.only_on is Side.C),
            tuple(turn.ordinal for turn in turns if turn.only_on is Side.PY),
            tuple(islice(lacking, MOST_LACKING)),
        )


@frozen
class StepsResult(Presentable):
    """Two traces compared along a loop.

    Attributes
    ----------
    diff : DiffResult
        The whole comparison.
    index : str
        Name of the loop.
    turns : sequence of Turn
        By their ordinals.
    repeats : tuple of TurnRepeat
    notices : tuple of Notice
    verdict : Verdict
        Of the turns; what stands outside of the loop is told in a notice.
    """

    presented_as: ClassVar[str] = "steps"

    diff: DiffResult
    index: str
    turns: Sequence[Turn]
    repeats: tuple[TurnRepeat, ...]
    notices: tuple[Notice, ...]
    verdict: Verdict

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        counts = f"{self.num_on_both} of {len(self.turns)} turns of {self.index} compared"
        diverging = self.totals.diverging
        return (f"{counts}; diverging: {diverging}; {self.diff.c.source} against {self.diff.py.source}",)

    @property
    def first_divergence(self) -> Turn | None:
        """The first turn that diverges."""
        return next(self.diverging_turns(), None)

    def diverging_turns(self) -> Iterator[Turn]:
        """Yield the turns that diverge."""
        return (turn for turn in self.turns if turn.diverges)

    @property
    def on_both(self) -> tuple[Turn, ...]:
        """The turns that both sides have."""
        return tuple(turn for turn in self.turns if turn.only_on is None)

    @property
    def num_on_both(self) -> int:
        """How many turns both sides have."""
        return len(self.turns) - len(self.totals.only_c) - len(self.totals.only_py)

    @cached_property
    def totals(self) -> TurnTotals:
        """What all turns add up to."""
        return TurnTotals.of(self.turns)

    def told(self, first: int = 0) -> Iterator[ToldTurn]:
        """Yield what is told of each turn from the one at a place on."""
        return (ToldTurn.of(turn, self.index) for turn in islice(self.turns, first, None))

    @cached_property
    def lost(self) -> frozenset[str]:
        """Quantities of the loop of which one log has a line that nobody can read, beside one that is read."""
        return frozenset(self.looped & {name for gaps in self.diff.gaps for name in gaps.hidden})

    @property
    def looped(self) -> AbstractSet[str]:
        """Quantities that both logs have in one of the turns."""
        return {row.quantity for turn in self.turns for row in turn.rows}


def compare_steps(
    first: Log,
    second: Log,
    index: str | None = None,
    policy: Policy | None = None,
    *,
    vocabulary: Words | None = None,
) -> StepsResult:
    """Compare two traces turn by turn.

    Parameters
    ----------
    first, second : Trace, name of a log, or open file
        The reference's and the candidate's; exchanged if their prefixes say so.
    index : str, optional
        Name of the loop; by default the outermost one that the vocabulary names.
    policy : Policy, optional
        Tolerances; the defaults if not given.
    vocabulary : Vocabulary, str or path-like, optional
        What the lines of logs mean.

    Raises
    ------
    InputError
        If a log has no turn of that loop, or no turn is in both; if there is nothing that both have.
    UsageError
        If the vocabulary names no such loop.
    """
    first, second = trace_pair(first, second, vocabulary, None if policy is None else policy.vocabulary)
    name = known_loop(first.vocabulary, index) or _stated_loop(first, second, index or "")
    result = diff_traces(first, second, policy)
    c, py = result.c, result.py
    loop = Loop.of(name, c, py)
    present = in_common((c, py), (_there(c, loop), _there(py, loop)), loop)
    inside: dict[int, list[Row]] = {}
    outside: list[Row] = []
    for row in result.rows:
        ordinal = loop.turn(row.quantity, row.index)
        (outside if ordinal is None else inside.setdefault(ordinal, [])).append(row)
    lacking_c, lacking_py = _lacking(c, py, loop)
    turns = tuple(
        Turn(
            ordinal,
            tuple(inside.get(ordinal, ())),
            only_on(ordinal, present),
            tuple(lacking_c.get(ordinal, ())),
            tuple(lacking_py.get(ordinal, ())),
        )
        for ordinal in judged(present, loop, c.vocabulary)
    )
    repeats = (*repeated_turns(c, Side.C, loop), *repeated_turns(py, Side.PY, loop))
    apart = dict.fromkeys(row.quantity for row in outside if row.status.diverges)
    notices = notices_of(repeats, apart, result, name)
    unjudged = StepsResult(result, name, turns, repeats, notices, Verdict.AGREE)
    return StepsResult(result, name, turns, repeats, notices, verdict_of_turns(unjudged))


def known_loop(vocabulary: Vocabulary, index: str | None) -> str:
    """Return the name of the loop that is meant, by default the outermost; empty if the vocabulary names no such."""
    named = [name for name in vocabulary.indices if name not in UNNAMED]
    if index is None:
        return named[0] if named else REPEAT
    return index if index in {*named, *UNNAMED} else ""


def _stated_loop(first: Trace, second: Trace, index: str) -> str:
    stated = {name: None for trace in (first, second) for record in trace.records for name, _ in record.index.loops}
    if index not in stated:
        raise no_such_loop(first.vocabulary, index, stated)
    return index


def no_such_loop(vocabulary: Vocabulary, index: str, stated: Iterable[str]) -> UsageError:
    """Return what is said where neither the vocabulary nor a line of either log names a loop."""
    named = [name for name in vocabulary.indices if name not in UNNAMED]
    known = [*named, *(name for name in stated if name not in {*named, *UNNAMED})]
    named_words = f"there is {', '.join(known)}" if known else "there is none"
    return UsageError(f"no loop is called {index!r}: {named_words}{names.hint(index, known)}")


def _there(trace: Trace, loop: Loop) -> AbstractSet[int]:
    """Return the turns that a log has."""
    turns = (loop.turn(record.quantity, record.index) for record in trace.records)
    return {turn for turn in turns if turn is not None}


def in_common(
    traces: tuple[Trace, Trace], present: tuple[AbstractSet[int], AbstractSet[int]], loop: Loop
) -> tuple[AbstractSet[int], AbstractSet[int]]:
    """Return the turns that two logs have, if they have some in common.

    Raises
    ------
    InputError
        If they have not.
    """
    for trace, turns in zip(traces, present, strict=True):
        if not turns:
            raise no_turn(trace, loop, {name for record in trace.records for name, _ in record.index.loops})
    if not present[0] & present[1]:
        c, py = traces
        raise none_in_common(c, py, loop)
    return present


def none_in_common(c: Trace, py: Trace, loop: Loop) -> InputError:
    """Return what is said of two logs that have no turn of a loop in common."""
    return InputError(f"nothing to compare: {c.source} and {py.source} have no turn of {loop.name} in common")


def no_turn(trace: Trace, loop: Loop, stated: AbstractSet[str]) -> InputError:
    """Return what is said of a log without a turn of a loop; `stated` are the loops that its lines name."""
    others = ", ".join(name for name in trace.vocabulary.indices if name in stated)
    elsewhere = f"; its lines state turns of {others}" if others else "; its lines state the turns of no loop"
    return InputError(f"{trace.source} has no turn of {loop.name}{elsewhere}")


def judged(present: tuple[AbstractSet[int], AbstractSet[int]], loop: Loop, vocabulary: Vocabulary) -> list[int]:
    """Return the turns that are judged: all, but where one of the programs traces a single turn by choice."""
    by_choice = is_traced_by_choice(loop, vocabulary, min(map(len, present)))
    return sorted(present[0] & present[1] if by_choice else present[0] | present[1])


def is_traced_by_choice(loop: Loop, vocabulary: Vocabulary, fewest: int) -> bool:
    """Whether one of two programs traces a single turn by choice; `fewest` are the turns of the one that has fewer."""
    return loop.name in vocabulary.judged_apart and fewest == 1


def only_on(ordinal: int, present: tuple[AbstractSet[int], AbstractSet[int]]) -> Side | None:
    """Return the side that alone has a turn; None if both have it."""
    if ordinal in present[0] and ordinal in present[1]:
        return None
    return Side.C if ordinal in present[0] else Side.PY


def _lacking(c: Trace, py: Trace, loop: Loop) -> tuple[Mapping[int, list[Record]], Mapping[int, list[Record]]]:
    """Return what C and what Py lacks of what it prints in another turn and the other side has, by turns."""
    aligned = align(c, py, pair_blocks(c, py))
    sides = ((c, aligned.only_py), (py, aligned.only_c))
    of_c, of_py = (_by_turn(records, loop, printed(trace)) for trace, records in sides)
    return of_c, of_py


def printed(trace: Trace) -> AbstractSet[str]:
    """Return the quantities that a log prints, on lines that cannot be read, too."""
    unreadable = {name for bad in trace.account.unreadable for name in bad.quantities}
    return unreadable | set(trace.by_quantity)


def _by_turn(records: Iterable[Record], loop: Loop, names: AbstractSet[str]) -> Mapping[int, list[Record]]:
    turns: dict[int, list[Record]] = {}
    for record in records:
        ordinal = loop.turn(record.quantity, record.index)
        if ordinal is not None and record.quantity in names and record.value.shape is not Shape.SENTINEL:
            turns.setdefault(ordinal, []).append(record)
    return turns


def verdict_of_turns(result: StepsResult) -> Verdict:
    """Return what a comparison along a loop says."""
    if result.diff.verdict is Verdict.NOT_COMPARABLE:
        return Verdict.NOT_COMPARABLE
    differ = bool(result.lost) or result.totals.diverging > 0
    return Verdict.DIFFER if differ else Verdict.AGREE


def notices_of(
    repeats: Iterable[TurnRepeat], outside: Iterable[str], result: DiffResult, loop: str
) -> tuple[Notice, ...]:
    """Return what must be known before the table; `outside` are the quantities that differ outside of the loop."""
    repeats = tuple(repeats)
    told = _told_of_steps(repeats, result) if repeats and loop == result.c.vocabulary.sweep else set()
    others = (notice for notice in result.notices if notice not in told)
    notices = (*_notices(repeats, loop, result.c.vocabulary), *_outside(list(outside), loop), *others)
    return tuple(sorted(notices, key=lambda notice: -notice.weight))


def _told_of_steps(repeats: Iterable[TurnRepeat], result: DiffResult) -> set[Notice]:
    """Return what a comparison says of steps that repeat each other in turns that do: it is told of the turns."""
    first = {(item.side, turn): min(item.ordinal, item.of) for item in repeats for turn in (item.ordinal, item.of)}

    def are_alike(repeat: Repeat) -> bool:
        one, other = (first.get((repeat.side, tic)) for tic in (repeat.phi_tic, repeat.of_tic))
        return one is not None and one == other

    return set(notices_of_repeats(result.c, result.py, are_alike))


def _notices(repeats: Iterable[TurnRepeat], index: str, vocabulary: Vocabulary) -> Iterator[Notice]:
    labels = dict(zip((Side.C, Side.PY), (side.label for side in vocabulary.sides), strict=True))
    for repeat in repeats:
        text = f"{labels[repeat.side]} {index} {repeat.ordinal} repeats {index} {repeat.of}"
        yield Notice(Subject.TURN, Weight.WARNING, f"{text}: the same values from other inputs")


def _outside(differing: Sequence[str], index: str) -> Iterator[Notice]:
    """Yield what differs outside of the loop, which no turn shows."""
    if differing:
        more = f" and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
        text = f"outside of {index}, {', '.join(differing[:_NAMED])}{more} differ{'s'[: len(differing) == 1]}, too"
        yield Notice(Subject.TURN, Weight.WARNING, text)

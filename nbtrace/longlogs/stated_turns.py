"""Which turns of a loop the lines of a long log state, and which loops they name at all."""

from dataclasses import dataclass, field

import numpy as np

from nbtrace.longlogs.by_turn import grown
from nbtrace.longlogs.chunks import NotColumnarError
from nbtrace.longlogs.columnar import Columns
from nbtrace.longlogs.decimals import Flags, Ints
from nbtrace.longlogs.templates import TemplateKind
from nbtrace.vocabulary.quantity import Quantity, Scope

NO_TURN, OF_LINE = -1, -2
"""The turn of values that are of none, and of those of which each line names another one."""

_MOST = 1 << 22
"""Turns that are counted each by itself."""


@dataclass
class StatedTurns:
    """The turns of one log, as it is read.

    Attributes
    ----------
    loop : str
    there, printed : array of bool
        Whether a line states a turn, and whether one prints a number in it.
    loops : dict of str to int
        The loops that lines name, and the first line that names each.
    """

    loop: str
    there: Flags = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    printed: Flags = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    loops: dict[str, int] = field(default_factory=dict)
    _turn: list[int] = field(default_factory=list)

    def add(self, columns: Columns) -> None:
        """Note what the next values state.

        Raises
        ------
        NotColumnarError
            If a turn has a number that is too large, or a value is of turns of several loops.
        """
        for number, kind in enumerate(columns.kinds[len(self._turn) :], len(self._turn)):
            self._turn.append(turn_of(kind, self.loop))
            if kind.item.index.loops:
                rows = np.flatnonzero(columns.kind == number)
                self._name(kind.item.index.loops, int(columns.line[rows[0]]) if rows.size else 0)
        if columns.kind.size:
            turn = turns_of(self._turn, columns.kind, columns.step)
            self._note(turn[turn != NO_TURN], printed=True)
        for record in columns.odd:
            self._name(record.index.loops, record.line)
            turn_stated = record.index.ordinal(self.loop)
            if turn_stated is not None:
                _refuse_another(record.known, self.loop)
                self._note(np.array([turn_stated]), printed=bool(record.value.tokens))

    def _name(self, loops: tuple[tuple[str, int], ...], line: int) -> None:
        for name, _ in loops:
            self.loops[name] = min(line, self.loops.get(name, line))

    def _note(self, turn: Ints, *, printed: bool) -> None:
        if not turn.size:
            return
        size = int(turn.max()) + 1
        if turn.min() < 0 or size > _MOST:
            raise NotColumnarError(f"too many turns of {self.loop}")
        self.there = grown(self.there, size, fill=False)
        self.there[turn] = True
        if printed:
            self.printed = grown(self.printed, size, fill=False)
            self.printed[turn] = True


def turn_of(kind: TemplateKind, loop: str) -> int:
    """Return the turn of a loop that the values of a kind are of, `OF_LINE` or `NO_TURN`.

    Raises
    ------
    NotColumnarError
        If they are of several loops, or of a quantity that is not computed in that loop.
    """
    stated = dict(kind.item.index.loops)
    if loop not in stated:
        return NO_TURN
    if len(stated) > 1:
        raise NotColumnarError("a value of several loops")
    _refuse_another(kind.known, loop)
    return OF_LINE if kind.sweep == loop else stated[loop]


def _refuse_another(known: Quantity | None, loop: str) -> None:
    """Refuse a turn of a loop in which a quantity is not computed: its place does not tell it."""
    if known is not None and (loop not in known.indices or known.scope is Scope.RUN):
        raise NotColumnarError(f"a turn of {loop} that a value is not of")


def turns_of(of_kinds: list[int], kind: Ints, step: Ints) -> Ints:
    """Return the turn of each of some values; `step` is the one that its line names."""
    if not kind.size:
        return kind
    turn = np.array(of_kinds)[kind]
    result: Ints = np.where(turn == OF_LINE, step, turn)
    return result

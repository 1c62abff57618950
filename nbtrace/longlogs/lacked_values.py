"""What one of two long logs lacks in the turns of a loop: counted by names and lines, read again as records."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from nbtrace.longlogs.decimals import Ints
from nbtrace.longlogs.torn_lines import reader_of
from nbtrace.longlogs.windows import WindowPart
from nbtrace.records import Record, Shape, Trace


@dataclass
class LackedValues:
    """The values of one log that the other one lacks, in turns of a loop."""

    _names: dict[str, int] = field(default_factory=dict)
    _found: list[tuple[Ints, Ints, Ints, Ints]] = field(default_factory=list)
    _own: dict[tuple[int, str], Record] = field(default_factory=dict)
    _before: int = 0
    _read: int = 0

    def begin(self, part: WindowPart) -> None:
        """Note that values of another part of the log come next."""
        self._before, self._read = self._read, self._read + part.kind.size

    def add(self, part: WindowPart, rows: Ints, turn: Ints, name: str) -> None:
        """Add values of one quantity."""
        name_of = np.full(rows.size, self._names.setdefault(name, len(self._names)))
        self._found.append((turn, part.lines(rows), self._before + rows, name_of))

    def add_records(self, records: Sequence[tuple[int, Record]]) -> None:
        """Add values, each with its turn, in file order."""
        each = [(turn, record) for turn, record in records if record.value.shape is not Shape.SENTINEL]
        self._own.update({(record.line, record.quantity): record for _, record in each})
        name_of = [self._names.setdefault(record.quantity, len(self._names)) for _, record in each]
        columns = ([turn for turn, _ in each], [record.line for _, record in each], range(len(each)), name_of)
        turn, line, order, name = (np.array(column, dtype=np.int64) for column in columns)
        self._found.append((turn, line, order, name))

    def by_turn(self, printed: AbstractSet[str], log: Trace, chunk: int) -> "LackedByTurn":
        """Return what is lacked of some quantities in each turn, in file order.

        Parameters
        ----------
        printed : set of str
            The quantities.
        log : Trace
            What is known of the log that the values are of.
        chunk : int
            Bytes read at a time.
        """
        names = list(self._names)
        wanted = np.array([name in printed for name in names], dtype=np.bool_)
        if not wanted.any():
            none = np.zeros(0, dtype=np.int64)
            return LackedByTurn(none, np.zeros(1, dtype=np.int64), none, none, names, _LogAgain(log, chunk, none, {}))
        turn, line, order, name = (np.concatenate(parts) for parts in zip(*self._found, strict=True))
        rows = np.flatnonzero(wanted[name])
        turn, line, order, name = turn[rows], line[rows], order[rows], name[rows]
        if self._own:
            order = self._in_their_lines(line, order, [names[number] for number in name.tolist()], log, chunk)
        rows = np.lexsort((order, line, turn))
        turn, line, name = turn[rows], line[rows], name[rows]
        turns, begins = np.unique(turn, return_index=True)
        again = _LogAgain(log, chunk, np.unique(line), self._own)
        return LackedByTurn(turns, np.append(begins, turn.size), line, name, names, again)

    def _in_their_lines(self, line: Ints, order: Ints, names: list[str], log: Trace, chunk: int) -> Ints:
        """Return the order of values, with those of a line, some of which are records, as the line prints them."""
        own = np.array([key in self._own for key in zip(line.tolist(), names, strict=True)], dtype=np.bool_)
        mixed = np.intersect1d(line[own], line[~own])
        if not mixed.size:
            return order
        again = _LogAgain(log, chunk, mixed, {}).records()
        place = {(record.line, record.quantity): number for number, record in enumerate(again)}
        order = order.copy()
        for at in np.flatnonzero(np.isin(line, mixed)).tolist():
            order[at] = place[int(line[at]), names[at]]
        return order


@dataclass
class LackedByTurn(Mapping[int, "LackedInTurn"]):
    """What a side lacks in each of the turns in which it lacks something.

    Attributes
    ----------
    turns : array of int64
        These turns, in order.
    """

    turns: Ints
    _begins: Ints
    _line: Ints
    _name: Ints
    _names: list[str]
    _again: "_LogAgain"
    _known: dict[bytes, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.turns.size

    def __iter__(self) -> Iterator[int]:
        return iter(self.turns.tolist())

    def __getitem__(self, turn: int) -> "LackedInTurn":
        at = int(np.searchsorted(self.turns, turn))
        if at == self.turns.size or self.turns[at] != turn:
            raise KeyError(turn)
        begin, end = self._begins[at : at + 2].tolist()
        own = self._name[begin:end]
        key = own.tobytes()
        if key not in self._known:
            self._known[key] = tuple(self._names[number] for number in own.tolist())
        return LackedInTurn(self._known[key], self._line[begin:end], self._again)


@dataclass
class _LogAgain:
    """Some lines of a long log, read once more when a value of theirs is asked for; `own` are values that are known."""

    log: Trace
    chunk: int
    lines: Ints
    own: dict[tuple[int, str], Record]
    _read: bool = False

    def record(self, line: int, quantity: str) -> Record:
        if (line, quantity) not in self.own and not self._read:
            self._read = True
            found = {(record.line, record.quantity): record for record in self.records()}
            self.own = found | self.own
        return self.own[line, quantity]

    def records(self) -> Iterator[Record]:
        """Yield all values of the lines, in file order."""
        for columns in reader_of(self.log, self.chunk).chunks():
            rows = np.flatnonzero(np.isin(columns.line, self.lines))
            yield from columns.some(rows, columns.odd).records()


class LackedInTurn(Sequence[Record]):
    """The values that a side lacks in one turn, in file order; the log is read once more when one is asked for.

    Attributes
    ----------
    quantities : tuple of str
        The quantity of each.
    """

    def __init__(self, quantities: tuple[str, ...], lines: Ints, log: _LogAgain) -> None:
        self.quantities = quantities
        self._lines = lines
        self._log = log

    def __len__(self) -> int:
        return len(self.quantities)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Record, ...]: ...
    def __getitem__(self, at: int | slice) -> Record | tuple[Record, ...]:
        """Return one of the values, or some of them.

        Raises
        ------
        InputError
            If the log cannot be read any more.
        """
        if isinstance(at, slice):
            return tuple(self[number] for number in range(*at.indices(len(self))))
        return self._log.record(int(self._lines[at]), self.quantities[at])

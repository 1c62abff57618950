"""The φ steps of two long logs, read as columns: the ordinary result without a record of each value."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from nbtrace.compare.diff import in_order
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.compare.phi import LoggedSweeps, PhiResult, compared_sweeps
from nbtrace.compare.repeats import SWEEPS_OF_A_BLOCK, Repeat, repeats
from nbtrace.longlogs.chunks import CHUNK, NotColumnarError
from nbtrace.longlogs.columnar import ColumnReader, Columns
from nbtrace.longlogs.decimals import Flags, Floats, Ints
from nbtrace.longlogs.torn_lines import NOT_TORN, Torn, torn_lines
from nbtrace.progress import stage, step
from nbtrace.records import Record, Side, Trace, Unreadable
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.vocabulary import Vocabulary

_MOST_RECORDS = 100_000
"""Records of the first pixel beside its steps that are kept; a log with more is not for columns."""

_MOST_REPEATED = 20_000
"""Values of steps with the k of another one whose text is looked at."""

_TIC_BITS = 32
_TIC_MASK = (1 << _TIC_BITS) - 1


def compare_long_phi(
    first: str, second: str, policy: Policy | None, vocabulary: Vocabulary, *, chunk: int = 3 * CHUNK
) -> PhiResult | None:
    """Compare the φ steps of two long logs.

    Parameters
    ----------
    first, second : str
        File names, in either order.
    policy : Policy or None
    vocabulary : Vocabulary
    chunk : int
        Bytes read at a time.

    Returns
    -------
    PhiResult or None
        Its traces hold the values of the first pixel but for those of its steps, and the first of each kind. None if
        the logs have a form that only the ordinary comparison handles, or nothing to compare.

    Raises
    ------
    InputError
        If one of them is missing, unreadable or binary.
    """
    result = _compared((first, second), policy, vocabulary, chunk, NOT_TORN)
    if result is None:
        return None
    torn = torn_lines((result.c, result.py), replace(policy or Policy(), vocabulary=vocabulary), chunk)
    return _compared((first, second), policy, vocabulary, chunk, torn) if torn else result


def _compared(
    names: tuple[str, str], policy: Policy | None, vocabulary: Vocabulary, chunk: int, torn: Torn
) -> PhiResult | None:
    try:
        with stage("megabytes read"), ThreadPoolExecutor(2) as executor:
            readers = (_StepReader(name, chunk, vocabulary, torn.get(name)) for name in names)
            given = [future.result() for future in [executor.submit(reader.read) for reader in readers]]
            c, py = in_order(given[0].trace, given[1].trace)
            logged = {id(steps.trace): steps for steps in given}
            sides = logged[id(c)].sweeps(Side.C), logged[id(py)].sweeps(Side.PY)
    except NotColumnarError:
        return None
    if not sides[0].steps.keys() & sides[1].steps.keys():
        return None
    return compared_sweeps(*sides, policy, exchanged=c is not given[0].trace)


@dataclass
class _StepReader:
    """Reads the steps of one log."""

    name: str
    chunk: int
    vocabulary: Vocabulary
    torn: Unreadable | None = None
    _part: list[int] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)
    _kept: list[Record] = field(default_factory=list)
    _last: Record | None = None
    _found: list[tuple[Ints, Ints, Ints, Ints, Floats]] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = logs_of(self.vocabulary).parts_of_a_step
        self.parts = tuple(parts.values())
        self._number = {name: number for number, name in enumerate(parts)}

    def read(self) -> "_Steps":
        """Read the log.

        Raises
        ------
        NotColumnarError
            If only the line reader can read it, or it has too many records beside its steps.
        """
        reader = ColumnReader(self.name, self.chunk, self.vocabulary, torn=self.torn)
        told = 0
        for columns in reader.chunks():
            self._add(columns)
            read = reader.unpacked // 1_000_000
            step(read - told)
            told = read
        records = {(record.line, record.key): record for record in self._kept}
        if self._last is not None:
            records[self._last.line, self._last.key] = self._last
        trace = reader.trace(records.values(), {0})
        if not self._found:
            raise NotColumnarError(f"{self.name} has no steps")
        arrays = [np.concatenate(parts) for parts in zip(*self._found, strict=True)]
        order = np.argsort(arrays[0], kind="stable")
        line, part, sweep, tic, value = (array[order] for array in arrays)
        return _Steps(self, trace, line, part, sweep, tic, value)

    def records_of(self, lines: Ints) -> Iterator[Record]:
        """Read the log again, and yield the records of some lines."""
        for columns in ColumnReader(self.name, self.chunk, self.vocabulary, torn=self.torn).chunks():
            for row in np.flatnonzero(np.isin(columns.line, lines)).tolist():
                yield columns.record(row)
            yield from (record for record in columns.odd if record.line in lines)

    def part_of(self, record: Record) -> int:
        """Return the number of the part of a step that a record is, -1 for none."""
        of_step = record.index.ordinal(self.vocabulary.sweep) is not None
        return self._number.get(record.quantity, -1) if of_step else -1

    def _add(self, columns: Columns) -> None:
        for kind in columns.kinds[len(self._part) :]:
            of_step = kind.sweep is not None
            self._part.append(self._number.get(kind.item.meaning.quantity, -1) if of_step else -1)
        part = np.array(self._part)[columns.kind] if columns.kind.size else columns.kind
        rows = np.flatnonzero(part >= 0)
        first = columns.offset[rows]
        scale = np.array([kind.item.meaning.scale for kind in columns.kinds])
        self._found.append(
            (
                columns.line[rows],
                part[rows],
                columns.sample[rows] + SWEEPS_OF_A_BLOCK * columns.block[rows],
                columns.step[rows],
                columns.numbers[first] * scale[columns.kind[rows]] if rows.size else np.zeros(0),
            )
        )
        self._add_odd(columns)
        self._keep(columns, part)

    def _add_odd(self, columns: Columns) -> None:
        steps = [(self.part_of(record), record) for record in columns.odd]
        found = [(part, record) for part, record in steps if part >= 0]
        if any(len(record.numbers) != 1 for _, record in found):
            raise NotColumnarError("a value of a step is not one number")
        ints = np.array(
            [
                (
                    record.line,
                    part,
                    record.index.sample + SWEEPS_OF_A_BLOCK * record.index.block,
                    record.index.ordinal(self.vocabulary.sweep) or 0,
                )
                for part, record in found
            ],
            dtype=np.int64,
        ).reshape(-1, 4)
        self._found.append((*ints.T, np.array([record.numbers[0] for _, record in found], dtype=np.float64)))
        self._kept += [record for part, record in steps if part < 0 and record.index.block == 0]

    def _keep(self, columns: Columns, part: Ints) -> None:
        """Keep what the first pixel has beside its steps, the first value of each kind, and the last one of all."""
        rows = np.flatnonzero((columns.block == 0) & (part < 0)).tolist() if columns.kind.size else []
        if columns.kind.size:
            kinds, at = np.unique(columns.kind, return_index=True)
            rows += [row for kind, row in zip(kinds.tolist(), at.tolist(), strict=True) if kind not in self._seen]
            self._seen.update(kinds.tolist())
        self._kept += [columns.record(row) for row in rows]
        if len(self._kept) > _MOST_RECORDS:
            raise NotColumnarError("a long log of another kind")
        last = [columns.record(columns.kind.size - 1)] if columns.kind.size else []
        self._last = max([*last, *columns.odd[-1:]], key=lambda record: record.line, default=self._last)


@dataclass(frozen=True)
class _Steps:
    """The values of the steps of one log, in file order; each array has shape (n,)."""

    reader: _StepReader
    trace: Trace
    line: Ints
    part: Ints
    sweep: Ints
    tic: Ints
    value: Floats

    def sweeps(self, side: Side) -> LoggedSweeps:
        """Return the steps as one side of a comparison.

        Raises
        ------
        NotColumnarError
            If there are none, or thousands of them have the k of another one.
        """
        sweeps, own = np.unique(self.sweep, return_inverse=True)
        places, at = np.unique((own << _TIC_BITS) + self.tic, return_inverse=True)
        values = np.full((places.size, len(self.reader.parts)), np.nan)
        has, lines = np.zeros(values.shape, dtype=np.bool_), np.zeros(values.shape, dtype=np.int64)
        values[at, self.part], has[at, self.part], lines[at, self.part] = self.value, True, self.line
        key = self.reader.parts.index(KEY)
        known = np.flatnonzero(has[:, key])
        if not known.size:
            raise NotColumnarError(f"{self.trace.source} has no steps")
        where = list(
            zip(sweeps[places[known] >> _TIC_BITS].tolist(), (places[known] & _TIC_MASK).tolist(), strict=True)
        )
        steps = dict(zip(where, _mappings(self.reader.parts, values[known], has[known]), strict=True))
        again = known[_repeated(places[known] >> _TIC_BITS, values[known, key])]
        repeated = self._repeats(lines[again][has[again]], side, len(steps)) if again.size else ()
        return LoggedSweeps(self.trace, steps, repeated, len({sweep for sweep, _ in where}))

    def _repeats(self, lines: Ints, side: Side, many: int) -> tuple[Repeat, ...]:
        """Return which steps repeat others, of those that are printed on some lines."""
        if lines.size > _MOST_REPEATED:
            raise NotColumnarError("thousands of steps have the k of another one")
        found: dict[tuple[int, int], dict[str, Record]] = {}
        for record in self.reader.records_of(np.unique(lines)):
            part = self.reader.part_of(record)
            tic = record.index.ordinal(self.reader.vocabulary.sweep)
            if part >= 0 and tic is not None:
                sweep = record.index.sample + SWEEPS_OF_A_BLOCK * record.index.block
                found.setdefault((sweep, tic), {})[self.reader.parts[part]] = record
        return repeats(found, side, many)


def _mappings(parts: tuple[str, ...], values: Floats, has: Flags) -> Iterator[Mapping[str, float]]:
    """Yield the numbers of each step by what they are in it."""
    whole: Flags = np.logical_and.reduce(has, axis=1)
    for row, all_there, there in zip(values.tolist(), whole.tolist(), has.tolist(), strict=True):
        pairs = zip(parts, row, strict=True)
        yield dict(pairs if all_there else [pair for pair, known in zip(pairs, there, strict=True) if known])


def _repeated(sweep: Ints, key: Floats) -> Ints:
    """Return the steps whose k is that of another step of their sweep; a nan may be another's."""
    order = np.lexsort((key, sweep))
    sweep, key = sweep[order], key[order]
    same = (sweep[1:] == sweep[:-1]) & ((key[1:] == key[:-1]) | (np.isnan(key[1:]) & np.isnan(key[:-1])))
    again: Ints = np.flatnonzero(np.concatenate([same, [False]]) | np.concatenate([[False], same]))
    return np.sort(order[again])

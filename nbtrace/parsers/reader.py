"""From the lines of a log to its records: contexts, places and an account of every line."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbtrace.parsers.bare_lines import Prefixes
from nbtrace.parsers.dialect import LONGEST_LINE, Dialect, Placement
from nbtrace.parsers.log_prefixes import LogPrefix, prefix_of
from nbtrace.parsers.outcome import Field, Fields, Outcome, Stated, Structure, UnreadableLine, fitting
from nbtrace.parsers.source import LogLines
from nbtrace.records import BANNER, STATISTICS, Account, Pixel, Record, Setting, Side, Trace, Unreadable

if TYPE_CHECKING:
    from nbtrace.parsers.planned_lines import ReadLine
    from nbtrace.parsers.untagged import UntaggedReader

_SHOWN = 120

UNTAGGED = "labels"
"""The family of the lines of a log without any trace prefix; each of their numbers has a format of its own."""

_BLANKS = frozenset(" \t")
_MOST_WORDS = 3
"""Words between the prefix of a logger and a trace line behind which that line is looked for."""


@dataclass(eq=False, repr=False)
class LogReader:
    """Reads the lines of one log, in order; :meth:`trace` gives the result.

    Attributes
    ----------
    ranks : counter of int
        How many of the lines that were used a launcher or a logger gave each number in front of.
    left_out : list of int
        Lines of a log without any prefix whose numbers are taken for those of the machine, or for times.
    ranks_are_named : bool
        Whether those lines say that the number is a rank.
    """

    source: str
    dialect: Dialect
    records: list[Record] = field(default_factory=list)
    settings: dict[str, Setting] = field(default_factory=dict)
    pixels: dict[int, Pixel] = field(default_factory=dict)
    statistics: list[Record] = field(default_factory=list)
    dialects: dict[str, None] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    used: int = 0
    structure: int = 0
    ignored: int = 0
    total: int = 0
    ranks: Counter[int] = field(default_factory=Counter)
    untagged: Counter[str] = field(default_factory=Counter)
    ranks_are_named: bool = False
    left_out: list[int] = field(default_factory=list)
    _context: str = ""
    _continues: str | None = None
    _placement: Placement | None = None
    _prefixes: Prefixes = field(default_factory=Prefixes)

    @property
    def placement(self) -> Placement:
        """What places the values."""
        if self._placement is None:
            self._placement = self.dialect.placement()
        return self._placement

    def read(self, lines: Iterable[str]) -> None:
        """Read lines without their ends."""
        for batch in lines.batches() if isinstance(lines, LogLines) else (lines,):
            if isinstance(batch, int):
                self._continues = None
                self.total += batch
                self.ignored += batch
                continue
            for line in batch:
                self.total += 1
                self._line(line, self.total)

    def read_untagged(self, lines: Iterable[str], untagged: "UntaggedReader") -> None:
        """Read the lines of a log without any trace prefix."""
        from nbtrace.parsers.planned_lines import PlannedLines  # noqa: PLC0415 - of logs that have none

        planned = PlannedLines(untagged, self.dialect)
        for line in lines:
            read = planned.read(line)
            if read.plan is not None:
                self._use(read)
                continue
            if read.outcome is None:
                before = self.ignored
                self.read([line])
                if self.ignored > before and read.leaves_out:
                    self.left_out.append(self.total)
                continue
            before = self.used
            named = untagged.named(read.text) if isinstance(read.outcome, UnreadableLine) else ()
            self.total += 1
            self._take(read.outcome, UNTAGGED, UNTAGGED, line, self.total, named)
            if self.used > before and read.form is not None:
                self.untagged[read.form] += 1
                if read.prefix is not None:
                    self.note_rank(read.prefix)

    def _use(self, read: "ReadLine") -> None:
        """Use the values of a line whose plan is known."""
        self.total += 1
        self.used += 1
        self.dialects[UNTAGGED] = None
        side, place = self.dialect.side_of(UNTAGGED), self.placement.place
        for plan, item in zip(read.plan.values if read.plan else (), read.fields, strict=True):
            meaning, value = item.meaning, plan.value(read.numbers)
            # By their places, which is faster: a log may have a million of them.
            unit, scale, at = meaning.unit, meaning.scale, place(item)
            self.records.append(
                Record(item.key, meaning.quantity, value, unit, scale, side, UNTAGGED, self.total, at, plan.known)
            )
        if read.form is not None:
            self.untagged[read.form] += 1
        if read.prefix is not None:
            self.note_rank(read.prefix)

    def take(self, outcome: Outcome, family: str, dialect: str, line: str, named: tuple[str, ...] = ()) -> None:
        """Count a line that another grammar has read, and use what it gave; `named` are the quantities in it."""
        self.total += 1
        self._take(fitting(outcome, self.dialect.vocabulary), family, dialect, line, self.total, named)

    def trace(self, *, cut: bool = False) -> Trace:
        """Return what was read."""
        account = Account(self.total, self.used, self.structure, self.ignored, tuple(self.unreadable), cut)
        return Trace(
            self.source,
            tuple(self.records),
            self.settings,
            account,
            tuple(self.dialects),
            self.pixels,
            self.dialect.vocabulary,
            self._readings(),
            untagged=dict(self.untagged),
            statistics=tuple(self.statistics),
        )

    def _readings(self) -> tuple[str, ...]:
        if not self.left_out:
            return ()
        many, first = len(self.left_out), self.left_out[0]
        lines = f"line {first} is" if many == 1 else f"{many} lines, the first of them line {first}, are"
        return (f"{lines} not read: the numbers are taken for times, or for those of the machine",)

    def _line(self, line: str, number: int) -> None:
        if self._read(line, number):
            return
        text = line.lstrip()
        if line[:1] not in _BLANKS and text != line and self._read(text, number):
            return  # behind a form feed, a hard blank or another blank that editors and terminals do not show
        prefix = self._prefixes.of(line)
        if prefix is None:
            self._continues = None
            self._foreign(line, 0, number)
            return
        before, self._continues = self.used, None
        if not any(self._read(line[end:], number) for end in prefix.starts):
            self._foreign(line, prefix.end, number)
        if self.used > before:
            self.note_rank(prefix)

    def note_rank(self, prefix: LogPrefix) -> None:
        """Count a line that was used for the process that is named in front of it."""
        if prefix.rank is not None:
            self.ranks[prefix.rank] += 1
            self.ranks_are_named = self.ranks_are_named or prefix.named

    def _read(self, line: str, number: int) -> bool:
        """Use a line that the dialect knows; return whether it does."""
        short = len(line) <= LONGEST_LINE
        stated = self.dialect.banner(line) if short else None
        if stated is not None:
            self._take(stated, BANNER, BANNER, line, number)
            return True
        read = self.dialect.tagged(line, self._context)
        if read is not None:
            self._continues = read.family
            self._take(read.outcome, read.family, read.dialect, line, number)
            return True
        if short and self._continues and line.startswith("  ") and line.strip() and prefix_of(line) is None:
            read_on = self.dialect.continuation(line, self._continues, self._context)
            if read_on is not None:
                outcome = fitting(read_on, self.dialect.vocabulary)
                self._take(outcome, self._continues, self._continues, line, number)
                return True
        closing = self.dialect.statistics(line) if short else None
        if closing is not None:
            self.used += 1
            self.statistics += [self._counted(item, number) for item in closing.fields]
        return closing is not None

    def _counted(self, item: Field, number: int) -> Record:
        """Return a value of the whole result, which is of no place in it."""
        meaning = item.meaning
        side = Side.UNKNOWN
        return Record(item.key, meaning.quantity, item.value, meaning.unit, meaning.scale, side, STATISTICS, number)

    def _foreign(self, line: str, start: int, number: int) -> None:
        """Account for a line that the dialect does not know; a trace line behind a few words is not lost."""
        rest = line[start:].lstrip() if len(line) <= LONGEST_LINE else ""
        if not self.dialect.may_be_traced(rest):
            self.ignored += 1
            return
        for _ in range(_MOST_WORDS):
            word, _, rest = rest.partition(" ")
            rest = rest.lstrip()
            if self._is_trace(rest, certain=not start):
                where = "between the prefix of the logger and" if start else "in front of"
                reason = f"{word!r} stands {where} the trace line"
                self._take(UnreadableLine(reason), "", "", line, number)
                return
        self.ignored += 1

    def _is_trace(self, text: str, *, certain: bool) -> bool:
        """Whether a text begins with the prefix of a trace; where that has to be certain, whether it gives values."""
        if self.dialect.side_of_line(text) is Side.UNKNOWN:
            return False
        read = self.dialect.tagged(text, self._context)
        return read is not None and (not certain or isinstance(read.outcome, Fields))

    def _take(
        self, outcome: Outcome, family: str, dialect: str, line: str, number: int, named: tuple[str, ...] = ()
    ) -> None:
        match outcome:
            case Fields(fields, pixel):
                self.used += 1
                self.dialects[dialect] = None
                if pixel is not None:
                    self._state_pixel(pixel)
                self.records += [self._record(item, family, number) for item in fields]
            case Stated(settings, pixel):
                self.used += 1
                self.dialects[dialect] = None
                for name, value in settings:
                    self.settings.setdefault(name, Setting(value, number))
                if pixel is not None:
                    self._state_pixel(pixel)
            case Structure(heading):
                self.structure += 1
                self._context = heading or self._context
            case UnreadableLine(reason):
                self.unreadable.append(
                    Unreadable(
                        number,
                        line.strip()[:_SHOWN],
                        _shortened(reason),
                        named or self.dialect.named_quantities(line, self._context),
                    )
                )

    def _state_pixel(self, pixel: Pixel) -> None:
        """Note the pixel of the block under way; after a finished block of another pixel, that of the next one."""
        block = self.placement.block
        if self.placement.closed and self.pixels.get(block, pixel) != pixel:
            block += 1
        self.pixels.setdefault(block, pixel)

    def _record(self, item: Field, family: str, number: int) -> Record:
        return Record(
            key=item.key,
            quantity=item.meaning.quantity,
            value=item.value,
            unit=item.meaning.unit,
            scale=item.meaning.scale,
            side=self.dialect.side_of(family),
            family=family,
            line=number,
            index=self.placement.place(item),
            known=self.dialect.vocabulary.quantities.get(item.meaning.quantity),
        )


def _shortened(reason: str) -> str:
    return reason if len(reason) <= _SHOWN else f"{reason[:_SHOWN]}…"

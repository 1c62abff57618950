"""From the lines of a log to its records: contexts, pixel blocks, samples and an account of every line."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from nbtrace.parsers.banner import banner
from nbtrace.parsers.keyed import key_values, one_field
from nbtrace.parsers.outcome import Field, Fields, Outcome, Problem, Stated, Structure, fitting
from nbtrace.parsers.prose import assignments
from nbtrace.parsers.source import Lines
from nbtrace.parsers.tagged import CONTINUED, LONGEST_LINE, named_quantities, side_of, tagged
from nbtrace.quantities import QUANTITIES, RANK, Stage
from nbtrace.records import Account, Index, Pixel, Record, Setting, Trace, Unreadable

PER_SAMPLE = frozenset({Stage.PIXEL, Stage.LATTICE})
"""Stages whose quantities are printed once for each sample of a pixel."""

CLOSING = frozenset({"I_pixel_final", "floatimage_accumulated", "steps", "fluence_photons_per_m2"})
"""Quantities after which a pixel block is complete."""

_SHOWN = 120


@dataclass
class Placement:
    """Tells each value which pixel block, sample and φ step it belongs to.

    Within a pixel the reference prints the per-sample quantities once for each subpixel and layer, then the scaling
    chain. So a per-sample key that comes round again begins a new sample, and one after the chain a new pixel block.
    """

    block: int = 0
    sample: int = 0
    _seen: set[str] = field(default_factory=set)
    _last_rank: int = -1
    _closed: bool = False
    _phi: tuple[int, int, int] | None = None
    _phi_key: str = ""

    def place(self, item: Field) -> Index:
        """Return the index of a value, and remember that it was seen."""
        if item.starts_blocks:
            self._advance(item.meaning.quantity)
        index = item.index
        quantity = QUANTITIES.get(item.meaning.quantity)
        if index.phi_tic is not None and item.meaning.quantity.startswith("phi_"):
            return replace(index, block=self.block, sample=self._phi_sample(index.phi_tic, item.key))
        per_sample = quantity is not None and quantity.stage in PER_SAMPLE
        return replace(index, block=self.block, sample=self.sample if per_sample else 0)

    @property
    def closed(self) -> bool:
        """Whether the pixel block under way has reached its end."""
        return self._closed

    def _advance(self, name: str) -> None:
        quantity = QUANTITIES.get(name)
        if quantity is None or quantity.stage not in {*PER_SAMPLE, Stage.SCALING}:
            return
        per_sample = quantity.stage in PER_SAMPLE
        if self._closed and (per_sample or name == "I_before_scaling"):
            self.block += 1
            self.sample = 0
            self._closed = False
            self._seen.clear()
            self._phi = None
        elif per_sample and name in self._seen and RANK[name] < self._last_rank:
            self.sample += 1
            self._seen.clear()
        self._closed = self._closed or name in CLOSING
        if per_sample:
            self._seen.add(name)
            self._last_rank = RANK[name]

    def _phi_sample(self, tic: int, key: str) -> int:
        if self._phi is None:
            self._phi = (self.sample, self.sample, tic)
            self._phi_key = key
            return self.sample
        at_sample, phi_sample, last = self._phi
        if self.sample != at_sample:
            phi_sample = max(self.sample, phi_sample + 1)
        elif tic < last or (tic == last and key == self._phi_key):
            phi_sample += 1
        self._phi = (self.sample, phi_sample, tic)
        return phi_sample


@dataclass
class LogReader:
    """Reads the lines of one log, in order; :meth:`trace` gives the result."""

    source: str
    records: list[Record] = field(default_factory=list)
    settings: dict[str, Setting] = field(default_factory=dict)
    pixels: dict[int, Pixel] = field(default_factory=dict)
    dialects: dict[str, None] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    used: int = 0
    structure: int = 0
    ignored: int = 0
    total: int = 0
    _context: str = ""
    _continues: str | None = None
    _placement: Placement = field(default_factory=Placement)

    def read(self, lines: Iterable[str]) -> None:
        """Read lines without their ends."""
        for batch in lines.batches() if isinstance(lines, Lines) else (lines,):
            if isinstance(batch, int):
                self._continues = None
                self.total += batch
                self.ignored += batch
                continue
            for line in batch:
                self.total += 1
                self._line(line, self.total)

    def take(self, outcome: Outcome, family: str, dialect: str, line: str) -> None:
        """Count a line that another grammar has read, and use what it gave."""
        self.total += 1
        self._take(fitting(outcome), family, dialect, line, self.total)

    def trace(self, *, cut: bool = False) -> Trace:
        """Return what was read."""
        account = Account(self.total, self.used, self.structure, self.ignored, tuple(self.unreadable), cut)
        return Trace(self.source, tuple(self.records), self.settings, account, tuple(self.dialects), self.pixels)

    def _line(self, line: str, number: int) -> None:
        short = len(line) <= LONGEST_LINE
        stated = banner(line) if short else None
        if stated is not None:
            self._take(stated, "banner", "banner", line, number)
            return
        read = tagged(line, self._context)
        if read is not None:
            self._continues = read.family if read.family in CONTINUED else None
            self._take(read.outcome, read.family, read.dialect, line, number)
            return
        if short and self._continues and line.startswith("  ") and line.strip():
            read_on = fitting(_continuation(line, self._context))
            self._take(read_on, self._continues, self._continues, line, number)
            return
        self._continues = None
        self.ignored += 1

    def _take(self, outcome: Outcome, family: str, dialect: str, line: str, number: int) -> None:
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
            case Problem(reason):
                self.unreadable.append(
                    Unreadable(number, line.strip()[:_SHOWN], _shortened(reason), named_quantities(line, self._context))
                )

    def _state_pixel(self, pixel: Pixel) -> None:
        """Note the pixel of the block under way; after a finished block of another pixel, that of the next one."""
        block = self._placement.block
        if self._placement.closed and self.pixels.get(block, pixel) != pixel:
            block += 1
        self.pixels.setdefault(block, pixel)

    def _record(self, item: Field, family: str, number: int) -> Record:
        return Record(
            key=item.key,
            quantity=item.meaning.quantity,
            value=item.value,
            unit=item.meaning.unit,
            scale=item.meaning.scale,
            side=side_of(family),
            family=family,
            line=number,
            index=self._placement.place(item),
        )


def _shortened(reason: str) -> str:
    return reason if len(reason) <= _SHOWN else f"{reason[:_SHOWN]}…"


def _continuation(line: str, context: str) -> Outcome:
    text = line.strip()
    if len(pairs := key_values(text)) > 1:
        found = [one_field(key, value) for key, value in pairs]
        fields = tuple(item for outcome in found if isinstance(outcome, Fields) for item in outcome.fields)
        return Fields(fields) if fields else Structure()
    outcome = assignments(text, context)
    return Structure() if isinstance(outcome, Problem) or text.startswith("=") else outcome

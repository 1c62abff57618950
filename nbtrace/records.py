"""What a trace log holds once it is read: records that know where they are from, and an account of every line."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

from nbtrace.frozen import frozen
from nbtrace.plain_text import shortened
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.quantity import Quantity, Scope
from nbtrace.vocabulary.sides import Side
from nbtrace.vocabulary.vocabulary import Vocabulary

__all__ = [
    "BANNER",
    "INT_MIN",
    "MOST",
    "NOWHERE",
    "STATISTICS",
    "Account",
    "Index",
    "Pixel",
    "Record",
    "Setting",
    "Shape",
    "Side",
    "Trace",
    "Unreadable",
    "Value",
]

Pixel: TypeAlias = tuple[int, int]
"""A pixel as (slow, fast), both from 0."""

INT_MIN = -2147483648.0
"""What the reference prints for a Miller index that is not finite."""

MOST = 2**31 - 1
"""The largest ordinal (pixel, step, source, node, …) and count: the largest integer of the reference."""


BANNER = "banner"
"""The family of lines without a trace prefix in which a program states its configuration."""

STATISTICS = "statistics"
"""The family of lines that say something of the whole result, such as the mean of an image."""


class Shape(StrEnum):
    """The form of a printed value."""

    SCALAR = "scalar"
    VECTOR = "vector"
    MATRIX = "matrix"
    NAMED = "named"
    TEXT = "text"
    SENTINEL = "sentinel"


_FORMER: Mapping[str, tuple[str, tuple[int, ...] | None]] = {
    "phi_tic": ("phi_tic", None),
    "source": ("source", None),
    "mosaic": ("mosaic domain", None),
    "layer": ("layer", None),
    "subpixel": ("subpixel", None),
    "node": ("node", ()),
}
"""Fields that an index had in version 0.1: the loop or grid that each told of, and its value where there was none."""


@dataclass(frozen=True, slots=True, order=True)
class Index:
    """Where in the computation a record belongs, as far as the log tells.

    The ordinal of a loop and the place on a grid can be read as attributes, too: `index.step`, where there is a loop of
    that name. It is an AttributeError where there is none, save for the fields of version 0.1.

    Attributes
    ----------
    block : int
        Ordinal of the pixel block in the log.
    sample : int
        Ordinal of the sampled point (subpixel, layer) within the pixel.
    loops : tuple of (str, int)
        Ordinals of the loops whose turn is known, by their names; in the order in which reports name them.
    grids : tuple of (str, tuple of int)
        Places on grids, by their names: a number along each axis.
    """

    block: int = 0
    sample: int = 0
    loops: tuple[tuple[str, int], ...] = ()
    grids: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def __getattr__(self, name: str) -> Any:
        """Return the ordinal of the loop, or the place on the grid, of this name."""
        if name.startswith("_") or name in Index.__slots__:
            raise AttributeError(name)
        own, nothing = _FORMER.get(name, (name, None))
        for other, place in (*self.loops, *self.grids):
            if other == own:
                return place
        if name in _FORMER:
            return nothing
        raise AttributeError(f"no ordinal of a loop called {name} is known at {self!r}")

    def ordinal(self, loop: str | None) -> int | None:
        """Return the ordinal of a loop; None where it is not known, and for no loop."""
        for name, ordinal in self.loops:
            if name == loop:
                return ordinal
        return None

    def grid(self, name: str) -> tuple[int, ...]:
        """Return the place on a grid; empty where the value is not of one."""
        return next((place for other, place in self.grids if other == name), ())

    def places(self, loops: Iterable[str]) -> tuple[tuple[str, int], ...]:
        """Return the known ordinals of the named loops, in the order of the names."""
        if len(self.loops) < 2:
            return self.loops if self.loops and self.loops[0][0] in loops else ()
        known = dict(self.loops)
        return tuple((name, known[name]) for name in loops if name in known)

    def within(self, loops: Container[str]) -> "Index":
        """Return the index with the ordinals of the named loops alone, and nothing else."""
        return Index(loops=tuple(pair for pair in self.loops if pair[0] in loops))

    def without(self, loop: str | None) -> "Index":
        """Return the index without the ordinal of a loop."""
        return replace(self, loops=tuple(pair for pair in self.loops if pair[0] != loop))

    def label(self) -> str:
        """Return the index as reports print it, e.g. `[sample 3, phi_tic 0]`; empty where there is nothing to tell."""
        parts = [f"pixel block {self.block}"] if self.block else []
        parts += [f"sample {self.sample}"] if self.sample else []
        parts += [f"{name} {ordinal}" for name, ordinal in self.loops]
        parts += [f"{name} {','.join(map(str, place))}" for name, place in self.grids]
        return f"[{', '.join(parts)}]" if parts else ""


NOWHERE = Index()
"""The index of a value that the log places nowhere."""


@dataclass(frozen=True, slots=True)
class Value:
    """A printed value: its numbers and the very text they were printed as.

    Attributes
    ----------
    shape : Shape
    numbers : tuple of float
        In printed order; a matrix row by row; empty for text.
    tokens : tuple of str
        The text of each number.
    text : str
        The value as printed, without the key.
    names : tuple of str
        For `name:number` pairs, the names.
    unit : str or None
        The unit that was printed with it.
    """

    shape: Shape
    numbers: tuple[float, ...]
    tokens: tuple[str, ...]
    text: str
    names: tuple[str, ...] = ()
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One quantity that a log printed.

    Attributes
    ----------
    key : str
        As printed.
    quantity : str
        Its name in the vocabulary; the key itself (with its heading) where the vocabulary does not know it.
    value : Value
        What was printed.
    unit : str or None
        The unit that is true under this key, None for an unknown quantity without a printed unit.
    scale : float
        Factor from the numbers as printed to the unit of the vocabulary.
    side : Side
        The program whose prefix the line carries.
    family : str
        The prefix, which decides the number format: `TRACE_C`, `TRACE_PY_PHI`, `TRACE`, …
    line : int
        Line number in the file, from 1.
    index : Index
        Where in the computation it belongs.
    known : Quantity or None
        What the vocabulary says of the quantity; None where it does not know it.
    """

    key: str
    quantity: str
    value: Value
    unit: str | None
    scale: float
    side: Side
    family: str
    line: int
    index: Index = NOWHERE
    known: Quantity | None = None

    def __repr__(self) -> str:
        at, unit = self.index.label(), "" if self.unit in {None, "1"} else f" {self.unit}"
        where = f"{self.family}, line {self.line}"
        return shortened(f"<Record {self.quantity}{' ' + at if at else ''} = {self.value.text}{unit} ({where})>")

    def placed(self, index: Index) -> "Record":
        """Return the record at another place; for the hundred thousands of a log, which `replace` takes long for."""
        return Record(
            self.key,
            self.quantity,
            self.value,
            self.unit,
            self.scale,
            self.side,
            self.family,
            self.line,
            index,
            self.known,
        )

    @property
    def scope(self) -> Scope | None:
        """How often its quantity is computed, None for an unknown one."""
        return self.known.scope if self.known is not None else None

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers in the unit of the vocabulary."""
        if self.scale == 1.0:
            return self.value.numbers
        return tuple(number * self.scale for number in self.value.numbers)

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Which of several records for one place counts: a real value first, then the own key, then the later line."""
        return self.value.shape is not Shape.SENTINEL, self.key == self.quantity, self.line


@frozen
class Unreadable:
    """A line that looks like trace but cannot be read.

    Attributes
    ----------
    line : int
        Line number in the file, from 1.
    text : str
        Its beginning.
    reason : str
    quantities : tuple of str
        What it would have given, as far as its prefix and its keys tell.
    """

    line: int
    text: str
    reason: str
    quantities: tuple[str, ...] = ()


@frozen
class Setting:
    """A configuration value that a program states in its banner."""

    value: str
    line: int


@frozen
class Account:
    """What became of every line of a file: total = used + structure + ignored + unreadable.

    Attributes
    ----------
    total : int
        Lines in the file.
    used : int
        Lines that gave records or settings.
    structure : int
        Headings, rules and markers of the trace itself.
    ignored : int
        Lines that are no trace (progress, prose, blank).
    unreadable : tuple of Unreadable
        Lines that carry a trace prefix but cannot be read.
    cut : bool
        The last line has no end: the file may be truncated.
    open_line : str
        That line, or the end of a long one; empty where the last line has an end.
    """

    total: int
    used: int
    structure: int
    ignored: int
    unreadable: tuple[Unreadable, ...] = ()
    cut: bool = False
    open_line: str = ""

    @property
    def torn(self) -> bool:
        """Whether the file ends within a line that cannot be read: what it gives is not all that it was to give."""
        return self.cut and any(bad.line == self.total for bad in self.unreadable)


@frozen
class Trace:
    """A log as read.

    Attributes
    ----------
    source : str
        The file name as given, `-` for standard input.
    records : tuple of Record
        In file order.
    settings : mapping of str to Setting
        What the banner tells: cell counts, φ range, pixel size, device, dtype, …
    account : Account
        What became of every line.
    dialects : tuple of str
        Names of the dialects found.
    pixels : mapping of int to Pixel
        Pixel of each block as the log states it; blocks whose pixel it does not state are absent.
    vocabulary : Vocabulary
        That it was read with.
    readings : tuple of str
        What was decided in reading it, where the file could be read otherwise.
    structured : bool
        Whether it was read from a table or a document, of whichever program, and not from the lines of a log.
    untagged : mapping of str to int
        Of a log without any prefix: the forms of line that were read in it, and how many of each.
    statistics : tuple of Record
        What the log says of the whole result, such as the mean of the image.
    """

    source: str
    records: tuple[Record, ...]
    settings: Mapping[str, Setting]
    account: Account
    dialects: tuple[str, ...] = ()
    pixels: Mapping[int, Pixel] = field(default_factory=dict)
    vocabulary: Vocabulary = field(default_factory=registry.default)
    readings: tuple[str, ...] = ()
    structured: bool = False
    untagged: Mapping[str, int] = field(default_factory=dict)
    statistics: tuple[Record, ...] = ()

    def __repr__(self) -> str:
        account, pixel = self.account, self.pixels.get(0)
        unread = f", {len(account.unreadable)} unreadable" if account.unreadable else ""
        lines = f"{account.used} of {account.total} lines used{unread}"
        of = f"{self.vocabulary.names.of(self.side)}, " if self.side is not Side.UNKNOWN else ""
        at = "" if pixel is None else f"{self.vocabulary.block} {pixel[0]} {pixel[1]}, "
        return shortened(f"<Trace {self.source}: {of}{at}{len(self.records)} records; {lines}>")

    @property
    def how_read(self) -> tuple[str, ...]:
        """What is to be said of how it was read, where it could be read otherwise: a sentence each."""
        forms = [f"{many} {'line' if many == 1 else 'lines'} `{form}`" for form, many in self.untagged.items()]
        untagged = (f"no line has a trace prefix; read {', '.join(forms)}",) if forms else ()
        return (*untagged, *self.readings)

    @cached_property
    def has_values(self) -> bool:
        """Whether it holds values of a computation, and not only what a program states of its run and its result."""
        return any(record.family not in {BANNER, STATISTICS} for record in self.records)

    @cached_property
    def side(self) -> Side:
        """The program that printed most of the log."""
        counts = {side: sum(record.side is side for record in self.records) for side in (Side.C, Side.PY)}
        if counts[Side.C] == counts[Side.PY]:
            return Side.UNKNOWN
        return Side.C if counts[Side.C] > counts[Side.PY] else Side.PY

    @cached_property
    def by_quantity(self) -> Mapping[str, tuple[Record, ...]]:
        """Records of each quantity, in file order."""
        groups: dict[str, list[Record]] = {}
        for record in self.records:
            groups.setdefault(record.quantity, []).append(record)
        return {name: tuple(group) for name, group in groups.items()}

    @cached_property
    def by_block(self) -> Mapping[tuple[str, int], tuple[Record, ...]]:
        """Records of each quantity in each pixel block, in file order."""
        groups: dict[tuple[str, int], list[Record]] = {}
        for record in self.records:
            groups.setdefault((record.quantity, record.index.block), []).append(record)
        return {place: tuple(group) for place, group in groups.items()}

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """Numbers of the pixel blocks, in order."""
        return tuple(sorted({record.index.block for record in self.records})) or (0,)

    def seen_from(self, block: int) -> Iterator[Record]:
        """Yield the records of a pixel block and those of the whole run, in file order."""
        of_run, by_block = self._positions
        return (self.records[at] for at in sorted({*of_run, *by_block.get(block, ())}))

    @cached_property
    def _positions(self) -> tuple[list[int], Mapping[int, list[int]]]:
        """Where the records of the whole run stand, and those of each block."""
        of_run, by_block = list[int](), dict[int, list[int]]()
        quantities = self.vocabulary.quantities
        for at, record in enumerate(self.records):
            by_block.setdefault(record.index.block, []).append(at)
            known = quantities.get(record.quantity)
            if known is not None and known.scope is Scope.RUN:
                of_run.append(at)
        return of_run, by_block

    def get(self, quantity: str, index: Index | None = None) -> Record | None:
        """Return the record of `quantity` at `index`, or the first one that holds a value; None if there is none."""
        if index is not None:
            if quantity not in self._by_index:
                places: dict[Index, Record] = {}
                for record in self.by_quantity.get(quantity, ()):
                    places.setdefault(record.index, record)
                self._by_index[quantity] = places
            return self._by_index[quantity].get(index)
        return self._first.get(quantity)

    @cached_property
    def _by_index(self) -> dict[str, Mapping[Index, Record]]:
        """The first record at each place, of the quantities that were asked for."""
        return {}

    @cached_property
    def _first(self) -> Mapping[str, Record]:
        """The first record of each quantity that holds a value."""
        first: dict[str, Record] = {}
        for record in self.records:
            if record.value.shape is not Shape.SENTINEL:
                first.setdefault(record.quantity, record)
        return first

    def number(self, quantity: str, block: int = 0) -> float | None:
        """Return the scalar value of `quantity` in a pixel block, None if it is not logged as one number."""
        scalars = [record for record in self.by_block.get((quantity, block), ()) if len(record.numbers) == 1]
        return max(scalars, key=lambda record: record.rank).numbers[0] if scalars else None

    def phi_steps(self) -> Iterator[Record]:
        """Yield the records of the per-φ lines, or of the steps of another sweep that the vocabulary names."""
        sweep = self.vocabulary.sweep
        return (record for record in self.records if record.index.ordinal(sweep) is not None)

    def of_block(self, block: int) -> "Trace":
        """Return the trace of one pixel block, numbered 0, with what is computed once for the run."""
        own = (record for record in self.records if record.index.block == block or record.scope is Scope.RUN)
        records = tuple(
            replace(record, index=replace(record.index, block=0)) if record.index.block else record for record in own
        )
        pixels = {0: self.pixels[block]} if block in self.pixels else {}
        return replace(self, records=records, pixels=pixels)

    def where(self, record: Record) -> str:
        """Return `file:line` of a record."""
        return f"{self.source}:{record.line}"

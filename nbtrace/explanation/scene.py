"""The values of one log by what they are and where they belong, with what its banner or a configuration adds."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from nbtrace.compare.metrics import is_finite, norm
from nbtrace.compare.precision import is_single_precision, number_formats
from nbtrace.quantities import QUANTITIES, RANK, Stage
from nbtrace.records import Index, Record, Shape, Side, Trace

if TYPE_CHECKING:
    from nbtrace.explanation.formulas.reflections import Reflections

Vector: TypeAlias = tuple[float, ...]

ALL = -1
"""In place of a sample or a φ step: the value is not of one."""

_DOUBLE = 1e-13
"""Relative rounding allowed to one operation of a double-precision program: a few hundred roundings."""

_SINGLE = 16 * 2.0**-24
"""Relative rounding allowed to one operation of a single-precision program."""

_LONG = 9
"""Digits from which on a number can tell single from double precision, and how many such numbers it takes."""

_BANNER_DIGITS = 6
"""Digits of the numbers in a banner; one with fewer is exact, since trailing zeros are not printed."""


class Node(NamedTuple):
    """A quantity at a place of the computation.

    Attributes
    ----------
    name : str
    sample, tic : int
        Sampled point and φ step, :data:`ALL` where it has none.
    """

    name: str
    sample: int = ALL
    tic: int = ALL

    @property
    def label(self) -> str:
        """As reports print it."""
        parts = [f"sample {self.sample}"] if self.sample > 0 else []
        parts += [f"phi_tic {self.tic}"] if self.tic != ALL else []
        return f"{self.name} [{', '.join(parts)}]" if parts else self.name


class UnloggedError(KeyError):
    """A formula needs a value that the log does not hold."""

    def __str__(self) -> str:
        """Return what is lacking, without the quotes of a key."""
        return str(self.args[0]) if self.args else ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A configuration value: numbers, the uncertainty of each from its printed digits, and who tells it."""

    numbers: Vector
    uncertainty: float = 0.0
    origin: str = "banner"


Values: TypeAlias = dict[Node, Vector]
Facts: TypeAlias = Mapping[str, Fact]


@dataclass(frozen=True)
class Scene:
    """One side of a comparison.

    Attributes
    ----------
    side : Side
    trace : Trace
    values : dict of Node to tuple of float
        As logged, in record units, one pixel block.
    digits : dict of Node to tuple of float
        Half a unit of the last printed digit of each component.
    facts : mapping of str to Fact
        Configuration values, by names of their own; vectors of the vocabulary where the other side logs them.
    single : bool
        The numbers are float32.
    records : mapping of Node to Record
    reflections : Reflections or None
        The list that the configuration names.
    singles : frozenset of Node
        Values that are float32 in a program of mixed precision.
    """

    side: Side
    trace: Trace
    values: Values
    digits: dict[Node, Vector]
    facts: Facts
    single: bool
    records: Mapping[Node, Record]
    reflections: "Reflections | None" = None
    singles: frozenset[Node] = frozenset()

    def rounding_at(self, node: Node) -> float:
        """Return the relative rounding of one operation that gives a value."""
        return _SINGLE if self.single or node in self.singles else _DOUBLE

    def uncertainty(self, node: Node, component: int, size: float) -> float:
        """Return how far the program's own value may be from a known one: digits, and rounding of its norm."""
        known = self.digits.get(node, ())
        digits = known[component] if component < len(known) else 0.0
        return digits + self.rounding_at(node) / 4 * size


class At(Mapping[str, Vector]):
    """What a formula sees at a node: values of the same φ step, sample and pixel, then the facts.

    It notes what it was asked for, so that a formula's inputs are known without a list of them.
    """

    def __init__(self, scene: Scene, values: Mapping[Node, Vector], node: Node) -> None:
        self.scene = scene
        self.node = node
        self.read: dict[Node, None] = {}
        self.told: dict[str, None] = {}
        self._values = values
        self._places: dict[str, Node | None] = {}

    def _find(self, name: str) -> Node | None:
        if name not in self._places:
            self._places[name] = self._place(name)
        return self._places[name]

    def _place(self, name: str) -> Node | None:
        _, sample, tic = self.node
        # A plain tuple finds what the named one of the same values is the key of, and costs less.
        for place in ((name, sample, tic), (name, sample, ALL), (name, ALL, ALL)):
            if place in self._values:
                return Node(*place)
        if sample == ALL and (name, 0, ALL) in self._values:
            return Node(name, 0)
        return None

    def __getitem__(self, name: str) -> Vector:
        """Return a value; raise :class:`UnloggedError` if neither log nor facts hold it."""
        node = self._find(name)
        if node is not None:
            self.read[node] = None
            return self._values[node]
        if name in self.scene.facts:
            self.told[name] = None
            return self.scene.facts[name].numbers
        raise UnloggedError(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (self._find(name) is not None or name in self.scene.facts)

    def __iter__(self) -> Iterator[str]:
        return iter({node.name for node in self._values} | set(self.scene.facts))

    def __len__(self) -> int:
        return len(set(iter(self)))

    def number(self, name: str) -> float:
        """Return a scalar."""
        return self[name][0]

    def logged(self, name: str) -> bool:
        """Whether the log itself holds a value, at this place or above."""
        return self._find(name) is not None

    def at(self, sample: int, tic: int = ALL) -> "At":
        """Return the same view at another place; what it reads counts as read here."""
        other = At(self.scene, self._values, Node(self.node.name, sample, tic))
        other.read, other.told = self.read, self.told
        return other

    def aside(self) -> "At":
        """Return the same view for a check on which no value depends: what it reads does not count."""
        return At(self.scene, self._values, self.node)

    def samples(self) -> tuple[int, ...]:
        """Return the sampled points that the log has."""
        return tuple(sorted({node.sample for node in self._values if node.sample != ALL}))

    def tics(self, name: str) -> tuple[int, ...]:
        """Return the φ steps of this sample at which a quantity is logged."""
        sample = max(self.node.sample, 0)
        return tuple(sorted(node.tic for node in self._values if node.name == name and node.sample == sample))


def node_of(record: Record) -> Node:
    """Return where the value of a record belongs."""
    return place_of(record.quantity, record.index)


def place_of(quantity: str, index: Index) -> Node:
    """Return where a value of a quantity belongs."""
    match QUANTITIES[quantity].stage:
        case Stage.PIXEL | Stage.LATTICE:
            return Node(quantity, index.sample)
        case Stage.PHI:
            return Node(quantity, index.sample, index.phi_tic or 0)
    return Node(quantity)


def rank(node: Node) -> tuple[int, int, int]:
    """Return the order of execution: quantities of the pixel and the lattice, then the φ steps, then the chain."""
    return RANK.get(node.name, len(RANK)), node.sample, node.tic


def scene(trace: Trace, side: Side, facts: Facts, block: int = 0, *, reflections: "Reflections | None" = None) -> Scene:
    """Return the values of one pixel block of a log."""
    formats = number_formats(trace)
    chosen: dict[Node, Record] = {}
    for record in trace.records:
        if usable(record) and (record.index.block == block or record.stage in {Stage.GEOMETRY, Stage.CELL}):
            node = node_of(record)
            chosen[node] = max(chosen.get(node, record), record, key=lambda candidate: candidate.rank)
    digits = {
        node: tuple(formats[record.family].resolution(token, record.scale) / 2 for token in record.value.tokens)
        for node, record in chosen.items()
    }
    values = {node: record.numbers for node, record in chosen.items()}
    single = is_single_precision(trace) or _mostly_single(chosen)
    return Scene(side, trace, values, digits, facts, single, chosen, reflections, _singles(chosen))


def _mostly_single(chosen: Mapping[Node, Record]) -> bool:
    """Whether half of the long numbers of the pixel block are float32, as where a program mixes precisions."""
    numbers = [
        number
        for record in chosen.values()
        if record.stage is not None and record.stage >= Stage.PIXEL
        for number, token in zip(record.value.numbers, record.value.tokens, strict=True)
        if _is_long(token)
    ]
    singles = sum(map(_is_single, numbers))
    return len(numbers) > _LONG and singles >= len(numbers) / 2


def _singles(chosen: Mapping[Node, Record]) -> frozenset[Node]:
    """Return the values that are float32, where long numbers tell that some are.

    The image holds float32 whatever the program computes with, and says nothing.
    """
    pixel = {
        node: record for node, record in chosen.items() if record.stage is not None and record.stage >= Stage.PIXEL
    }
    exact = {node for node, record in pixel.items() if all(_is_single(number) for number in record.value.numbers)}
    telling = [node for node in exact if node.name != _STORED and any(map(_is_long, pixel[node].value.tokens))]
    return frozenset(exact) if len(telling) >= _TELLING else frozenset()


_STORED = "floatimage_accumulated"
_TELLING = 2
"""Long numbers that are float32 by chance hardly ever: one in 2²⁹ is."""


def _is_long(token: str) -> bool:
    return len(token.strip("-0.").replace(".", "").partition("e")[0]) > _LONG


def _is_single(number: float) -> bool:
    """Whether a printed number is that of a float32."""
    return f"{_single(number):.15g}" == f"{number:.15g}"


def _single(number: float) -> float:
    try:
        value: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return number
    return value


def usable(record: Record) -> bool:
    """Whether a record holds finite numbers of a known quantity at a place of its own."""
    return (
        record.quantity in QUANTITIES
        and QUANTITIES[record.quantity].stage is not Stage.SOURCE
        and record.value.shape not in {Shape.SENTINEL, Shape.TEXT}
        and not record.index.node
        and is_finite(record.numbers)
    )


def banner_fact(text: str, origin: str) -> Fact | None:
    """Return numbers as a banner prints them (%g), None if they are not numbers."""
    tokens = text.replace(",", " ").split()
    try:
        numbers = tuple(float(token) for token in tokens)
    except ValueError:
        return None
    uncertain = any(map(_digits, tokens))
    return Fact(numbers, 5e-6 * norm(numbers) if uncertain else 0.0, origin)


def _digits(token: str) -> bool:
    """Whether a number has as many digits as a banner prints at most."""
    mantissa = token.lower().partition("e")[0]
    return len(mantissa.replace(".", "").replace("-", "").lstrip("0")) >= _BANNER_DIGITS

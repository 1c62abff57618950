"""From what a simulation shows of one pixel to the records of a trace, in the order of the reference's log.

A recorder is the observer that a simulation calls with `(name, value)` at every named step. A name has the family of
its line before a dot: none for the pixel block, `geometry`, `base`, `phi`, `sample`, `source<n>`, and `at` for where
the following values belong. Nothing is computed here: a value is written as it is shown.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import SupportsFloat, TypeAlias

from nbtrace import writers
from nbtrace.parsers.values import read_value
from nbtrace.physics.nanobragg.quantities import LAYER, MOSAIC_DOMAIN, PHI_TIC, SOURCE, SUBPIXEL, loops_at
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import INT_MIN, NOWHERE, Index, Record, Shape, Side, Value
from nbtrace.vocabulary.quantity import Kind, Meaning, Quantity
from nbtrace.writers import written_value

Shown: TypeAlias = SupportsFloat | str | tuple["Shown", ...]
"""A number (or a tensor of one), a text, or a tuple of these: three for a vector, three rows for a matrix."""
Observed: TypeAlias = Shown | Callable[[], Shown]

PHI_FIELDS = ("phi_deg", "k_frac", "F_latt_b", "F_latt")
"""What the reference prints of a φ step after `phi_tic`, in its order."""

_WHOLE = frozenset({"hkl_rounded"})
"""What the reference prints with %d although it is held as a real number."""

_base_name = re.compile(r"(?P<name>.+?)(?P<stage>_regenerated)?_(?P<unit>A_inv3|A_inv|A3|A)").fullmatch
_BASE_UNITS = {"A_inv": "Å⁻¹", "A_inv3": "Å⁻³", "A": "Å", "A3": "Å³"}
_LOOPS = {PHI_TIC: PHI_TIC, "source": SOURCE, "mosaic_domain": MOSAIC_DOMAIN, "layer": LAYER}
"""What a simulation calls the ordinals of loops."""
_OPENS = {"phi": PHI_TIC}
"""The first value of a line that is shown value by value, if it has one."""

_ROTATED = {f"rot_{name}_angstroms": f"{name}p_y" for name in "abc"}
_RECIPROCAL = frozenset(f"rot_{name}_star_A_inv" for name in "abc")


@dataclass(frozen=True)
class Emit:
    """What a trace holds beyond the reference's pixel block.

    Attributes
    ----------
    rot_stars : bool
        The rotated cell of each φ step: its reciprocal vectors in the per-φ log, y of the real ones in the trace.
    base : bool
        The lattice before any φ rotation.
    everything : bool
        Both, the geometry block, and every innermost sample.
    """

    rot_stars: bool = False
    base: bool = False
    everything: bool = False

    def wants(self, family: str) -> bool:
        """Tell whether records of a family belong to the trace."""
        match family:
            case writers.ROTSTAR:
                return self.rot_stars or self.everything
            case writers.BASE:
                return self.base or self.everything
            case writers.GEOMETRY | writers.SAMPLE:
                return self.everything
        return True


@dataclass(frozen=True)
class Step:
    """One value as shown: its family and key, where it belongs, and its numbers or text."""

    family: str
    key: str
    index: Index
    numbers: tuple[float, ...]
    text: str | None = None


@dataclass
class Recorder:
    """Notes what a simulation shows of one pixel; call it with a name and a value.

    `samples` asks for the innermost samples too, of which there may be many.
    """

    samples: bool = False
    steps: list[Step] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    _sample: int = -1

    def __call__(self, name: str, value: Observed) -> None:
        """Note a value."""
        family, _, key = name.rpartition(".")
        if family == "at":
            self._place(key, value)
        elif family != "sample" or self.samples:
            numbers, text = _read(value() if callable(value) else value)
            whole = tuple(map(_whole, numbers)) if key in _WHOLE else numbers
            self.steps.append(Step(family, key, self._index(family, key), whole, text))

    def _place(self, key: str, value: Observed) -> None:
        if key == "subpixel_fast":
            self._sample += 1
        if isinstance(value, int):
            self._places[key] = value

    def _index(self, family: str, key: str) -> Index:
        place = self._places.get
        sample = max(self._sample, 0)
        match family:
            case "phi":
                return Index(sample=sample, loops=loops_at({PHI_TIC: place(PHI_TIC)}))
            case "sample":
                return Index(
                    sample=sample,
                    loops=loops_at({loop: place(shown) for shown, loop in _LOOPS.items()}),
                    grids=((SUBPIXEL, (place("subpixel_slow", 0), place("subpixel_fast", 0))),),
                )
        if family.startswith("source"):
            return Index(loops=((SOURCE, int(family.removeprefix("source"))),))
        known = VOCABULARY.quantities.get(key)
        return NOWHERE if known is not None and known.section == "scaling" else Index(sample=sample)

    @property
    def has_step_factors(self) -> bool:
        """Whether a lattice factor along an axis was shown, as the lines of the φ steps need it."""
        return any(step.key == "F_latt_b" for step in self.steps)

    @property
    def sampled(self) -> int:
        """Points of the pixel (subpixels × layers) at which the first source was not cut off by resolution."""
        return sum(step.family == "" and step.key == "hkl_frac" for step in self.steps)

    def trace(self, emit: Emit | None = None, *, first_line: int = 1) -> tuple[Record, ...]:
        """Return the records of the trace in the reference's order; lines are numbered from `first_line`.

        Of a φ step they hold what the reference prints; it prints nothing where the lattice factor has no factors along
        the axes.
        """
        wanted = emit or Emit()
        lines = (line for group in _groups(self.steps) for line in _trace_lines(group, wanted))
        return _numbered(lines, first_line)

    def per_phi(self, emit: Emit | None = None) -> tuple[Record, ...]:
        """Return the records of the per-φ log: what the reference prints of a step, then all else known of it."""
        wanted = emit or Emit()
        groups = (group for group in _groups(self.steps) if group[0].family == "phi")
        return _numbered((_phi_line(group, wanted, whole=True) for group in groups), 1)


def quantity_of(family: str, key: str) -> Meaning:
    """Return what a name that a simulation shows stands for in the vocabulary."""
    if family in {"phi", "sample", "source2"}:
        own = f"{family.rstrip('2')}_"
        return VOCABULARY.meaning(key if key.startswith(own) else own + key)
    return VOCABULARY.meaning(_base_key(key)[0]) if family == "base" else VOCABULARY.meaning(key)


def _read(value: Shown) -> tuple[tuple[float, ...], str | None]:
    """Return the numbers of a value, or its text."""
    match value:
        case str():
            return (), value
        case tuple():
            return tuple(number for part in value for number in _read(part)[0]), None
        case int():
            return (value,), None
    return (float(value),), None


def _whole(number: float) -> int:
    """Return a whole number; of one that is not finite the reference prints the smallest integer."""
    return int(number) if math.isfinite(number) else int(INT_MIN)


def _groups(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """Yield the steps line by line: all that is shown of a φ step or of an innermost sample together."""
    group: list[Step] = []
    for step in steps:
        if group and (step.family != group[0].family or _opens(step, group)):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def _opens(step: Step, group: Sequence[Step]) -> bool:
    """Whether a value begins another line of its family: of a sample, where one that the line has comes again."""
    if step.family == "sample":
        return step.key in {other.key for other in group}
    return _OPENS.get(step.family, step.key) == step.key


def _numbered(lines: Iterable[Sequence[Record]], first: int) -> tuple[Record, ...]:
    filled = (line for line in lines if line)
    return tuple(replace(record, line=number) for number, line in enumerate(filled, first) for record in line)


def _trace_lines(group: Sequence[Step], emit: Emit) -> Iterator[list[Record]]:
    match group[0].family:
        case "phi":
            yield _phi_line(group, emit)
            if emit.wants(writers.ROTSTAR):
                yield [_rotated(step) for step in group if step.key in _ROTATED]
        case "sample":
            yield [_record(step, writers.SAMPLE, quantity_of("sample", step.key)) for step in group]
        case family:
            step = group[0]
            line_family = _family(family)
            if emit.wants(line_family):
                yield [_base(step) if family == "base" else _record(step, line_family, quantity_of(family, step.key))]


def _family(family: str) -> str:
    return {"": writers.KEYED, "geometry": writers.GEOMETRY, "base": writers.BASE}.get(
        family, f"{writers.KEYED}_{family.upper()}"
    )


def _phi_line(group: Sequence[Step], emit: Emit, *, whole: bool = False) -> list[Record]:
    """Return the fields of a φ step; none if it lacks one that the reference prints."""
    by_key = {step.key: step for step in group}
    if not by_key.keys() >= set(PHI_FIELDS):
        return []
    records = [_phi_field(by_key[key]) for key in PHI_FIELDS]
    if whole or emit.everything:
        further = [step for step in group if len(step.numbers) == 1 and step.key not in {PHI_TIC, *PHI_FIELDS}]
        records += [_phi_field(step) for step in further]
        if emit.wants(writers.ROTSTAR):
            records += [part for step in group if step.key in _RECIPROCAL for part in _components(step)]
    return records


def _phi_field(step: Step) -> Record:
    return _record(step, writers.PHI, quantity_of("phi", step.key))


def _components(step: Step) -> list[Record]:
    """Return x, y and z of a reciprocal vector of a φ step as fields of their own."""
    named = zip("xyz", step.numbers, strict=True)
    return [_phi_field(replace(step, key=f"{step.key}_{axis}", numbers=(number,))) for axis, number in named]


def _rotated(step: Step) -> Record:
    key = _ROTATED[step.key]
    return _record(replace(step, key=key, numbers=step.numbers[1:2]), writers.ROTSTAR, quantity_of("phi", key))


def _base(step: Step) -> Record:
    key, unit = _base_key(step.key)
    record = _record(step, writers.BASE, VOCABULARY.meaning(key))
    return replace(record, key=key, unit=unit, value=replace(record.value, unit=unit))


def _base_key(key: str) -> tuple[str, str | None]:
    """Return the name and the unit of a quantity of the lattice; the regenerated one is the one that is used."""
    match = _base_name(key)
    return (match["name"], _BASE_UNITS[match["unit"]]) if match else (key, None)


def _record(step: Step, family: str, meant: Meaning) -> Record:
    value = _value(step, VOCABULARY.quantities.get(meant.quantity))
    return Record(
        key=step.key,
        quantity=meant.quantity,
        value=value,
        unit=meant.unit,
        scale=meant.scale,
        side=Side.PY,
        family=family,
        line=0,
        index=step.index,
        known=VOCABULARY.quantities.get(meant.quantity),
    )


def _value(step: Step, known: Quantity | None) -> Value:
    if step.text is not None:
        return read_value(step.text)
    matrix = known is not None and known.kind is Kind.MATRIX
    return written_value(step.numbers, shape=Shape.MATRIX if matrix else None)

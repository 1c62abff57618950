"""The catalogue of causes. Adding one is one entry here and one test."""

import itertools
import math
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet

from nbtrace.compare.metrics import norm
from nbtrace.compare.precision import as_single, is_single
from nbtrace.compare.scene import ALL, Node, Vector
from nbtrace.compare.vectors import scaled, unit
from nbtrace.explanation.causes.copies import another, before, neighbour, stale
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case, Signature, Trait, has_formula
from nbtrace.explanation.causes.products import factor, several_factors
from nbtrace.explanation.causes.solved import configuration
from nbtrace.explanation.physics import Physics
from nbtrace.vocabulary.formula import UnloggedError

_UNITS = {
    "m": {3: "mm for m", 6: "µm for m", 10: "Å for m", -3: "m divided by 1000", -10: "m taken for Å"},
    "Å": {-10: "m for Å", -1: "nm for Å", 10: "Å scaled as if it were m"},
    "m⁻¹": {-10: "Å⁻¹ for m⁻¹", -3: "mm⁻¹ for m⁻¹", 10: "scaled as if it were Å⁻¹"},
    "Å⁻¹": {10: "m⁻¹ for Å⁻¹", 1: "nm⁻¹ for Å⁻¹"},
    "m⁻²": {-6: "mm⁻² for m⁻²", -20: "Å⁻² for m⁻²"},
    "m²": {20: "Å² for m²", 4: "cm² for m²", 6: "mm² for m²", 28: "barn for m²"},
}
_POWERS = tuple(power for power in range(-30, 31) if power)
_RATIOS = {
    "angle_unit": {180 / math.pi: "180/π: degrees for radians", math.pi / 180: "π/180: radians for degrees"},
    "two_pi": {2 * math.pi: "2π", 1 / (2 * math.pi): "1/2π", 4 * math.pi: "4π", 1 / (4 * math.pi): "1/4π"},
    "pi": {math.pi: "π", 1 / math.pi: "1/π"},
    "two": {2.0: "2", 0.5: "½", 4.0: "4", 0.25: "¼"},
    "root_two": {math.sqrt(2): "√2", 1 / math.sqrt(2): "1/√2"},
}


_WITHOUT_UNIT = frozenset({"1", "e⁻", "photons"})


def _unit(case: Case) -> Iterator[Candidate]:
    if case.quantity.unit not in _WITHOUT_UNIT:
        yield from _powers_of_ten(case)


def _power_of_ten(case: Case) -> Iterator[Candidate]:
    if case.quantity.unit in _WITHOUT_UNIT:
        yield from _powers_of_ten(case)


def _powers_of_ten(case: Case) -> Iterator[Candidate]:
    named = _UNITS.get(case.quantity.unit, {})
    for power in _POWERS:
        pair = f" ({named[power]})" if power in named else ""
        yield Candidate(scaled(case.right, 10.0**power), f"in another unit: 10^{power} of the right value{pair}")


def _ratio(kind: str) -> Callable[[Case], Iterator[Candidate]]:
    def candidates(case: Case) -> Iterator[Candidate]:
        for ratio, words in _RATIOS[kind].items():
            yield Candidate(scaled(case.right, ratio), f"multiplied by {words}")

    return candidates


def _power(case: Case) -> Iterator[Candidate]:
    for exponent, words in ((0.5, "the square root"), (-1.0, "the reciprocal"), (3.0, "the cube")):
        yield Candidate(tuple(math.copysign(abs(x) ** exponent, x) for x in case.right), f"{words} of the right value")


def _square(case: Case) -> Iterator[Candidate]:
    if len(case.right) == 1:
        yield Candidate((case.right[0] ** 2,), "the square of the right value")


def _sign(case: Case) -> Iterator[Candidate]:
    yield Candidate(scaled(case.right, -1), "the opposite sign")
    if len(case.right) == 3:
        for i, axis in enumerate("xyz"):
            yield Candidate(tuple(-x if j == i else x for j, x in enumerate(case.right)), f"{axis} has the other sign")


def _order(case: Case) -> Iterator[Candidate]:
    if len(case.right) == 3:
        for order in list(itertools.permutations(range(3)))[1:]:
            letters = "".join("xyz"[i] for i in order)
            yield Candidate(tuple(case.right[i] for i in order), f"components in the order {letters}")
    if len(case.right) == 9:
        yield Candidate(tuple(case.right[3 * j + i] for i in range(3) for j in range(3)), "the transposed matrix")


def _single(case: Case) -> Iterator[Candidate]:
    if not case.scene.single:
        yield Candidate(tuple(as_single(x) for x in case.right), "evaluated in float32")
        yield from _computed_in_single(case)


def _computed_in_single(case: Case) -> Iterator[Candidate]:
    """Yield the value itself where it is a float32 and as close to the right one as float32 operations come."""
    few = sum(abs(x - y) <= _SINGLE_STEPS * norm(case.right) for x, y in zip(case.logged, case.right, strict=True))
    if few < len(case.right) or case.logged == tuple(map(as_single, case.right)):
        return
    if all(map(is_single, case.logged)) and any(map(_is_long, case.logged)):
        yield Candidate(case.logged, "computed in single precision")


_SINGLE_STEPS = 64 * 2.0**-24
"""Relative error of a value that some operations in float32 give."""


def _is_long(x: float) -> bool:
    """Whether a number has more digits than a float32 is sure to keep, so that few are one by chance."""
    return float(f"{x:.9g}") != x


def _unit_length(case: Case) -> Iterator[Candidate]:
    if len(case.right) == 3 and norm(case.right):
        yield Candidate(unit(case.right), "normalised to unit length")


def _constant(case: Case) -> Iterator[Candidate]:
    for value, words in case.physics.constants.get(case.name, {}).items():
        yield Candidate((value,), f"another constant: {words}")


def _zero(case: Case) -> Iterator[Candidate]:
    yield Candidate((0.0,) * len(case.right), "0 in place of a value")


def _zero_component(case: Case) -> Iterator[Candidate]:
    if len(case.right) == 3:
        for i, axis in enumerate("xyz"):
            yield Candidate(tuple(0.0 if j == i else x for j, x in enumerate(case.right)), f"{axis} is 0")


_SCALES = {
    2.0: "doubled",
    0.5: "halved",
    -1.0: "with the other sign",
    1000.0: "in units 1000 times smaller",
    0.001: "in units 1000 times larger",
    1e10: "in Å for m",
    1e-10: "in m for Å",
    2 * math.pi: "times 2π",
    1 / (2 * math.pi): "over 2π",
    180 / math.pi: "in degrees for radians",
    math.pi / 180: "in radians for degrees",
}


def _input_scaled(case: Case) -> Iterator[Candidate]:
    for node in _own_inputs(case):
        value = case.values[node]
        for ratio, words in _SCALES.items():
            yield from _try(case, {node: scaled(value, ratio)}, f"{node.name} taken {words}")


def _input_dropped(case: Case) -> Iterator[Candidate]:
    for node in _own_inputs(case):
        value = case.values[node]
        yield from _try(case, {node: (1.0,) if len(value) == 1 else (0.0,) * len(value)}, f"{node.name} left out")
    if case.physics.has_terms:
        yield from _terms_dropped(case)


def _terms_dropped(case: Case) -> Iterator[Candidate]:
    """Yield the formula with an input or a constant as 0, which leaves out the term that it is a factor of."""
    for node in case.inputs:
        if node in case.values and len(case.values[node]) == 1:
            where = f" of {_place_words(node)}" if node.place != case.node.place and node.place else ""
            yield from _try(case, {node: (0.0,)}, f"the term with {node.name}{where} left out")
    for name in case.told:
        numbers = case.scene.facts[name].numbers
        for value, words in ((0.0, f"the term with {name} left out"), (1.0, f"{name} left out")):
            try:
                yield Candidate(case.with_facts({name: (value,) * len(numbers)}), words)
            except UnloggedError:
                continue


def _place_words(node: Node) -> str:
    return ", ".join(f"{name} {ordinal}" for name, ordinal in node.place)


def _input_altered(case: Case) -> Iterator[Candidate]:
    for node in _own_inputs(case):
        value = case.values[node]
        if len(value) == 1:
            yield from _try(case, {node: (value[0] ** 2,)}, f"{node.name} squared")
            yield from _try(case, {node: (math.sqrt(abs(value[0])),)}, f"the root of {node.name}")
            yield from _try(case, {node: (1 / value[0] if value[0] else 0.0,)}, f"the reciprocal of {node.name}")
        if len(value) == 3:
            yield from _try(case, {node: unit(value)}, f"{node.name} normalised first")
            yield from _try(case, {node: tuple(reversed(value))}, f"{node.name} with x and z exchanged")
            yield from _try(case, {node: (value[1], value[0], value[2])}, f"{node.name} with x and y exchanged")
            yield from _try(case, {node: (value[0], value[2], value[1])}, f"{node.name} with y and z exchanged")
            for i, axis in enumerate("xyz"):
                flipped = tuple(-x if j == i else x for j, x in enumerate(value))
                yield from _try(case, {node: flipped}, f"{node.name} with the other sign of {axis}")
        if len(value) == 9:
            transposed = tuple(value[3 * j + i] for i in range(3) for j in range(3))
            yield from _try(case, {node: transposed}, f"{node.name} transposed")
        if not case.scene.single:
            yield from _try(case, {node: tuple(map(as_single, value))}, f"{node.name} in float32")


def _input_replaced(case: Case) -> Iterator[Candidate]:
    """Yield the formula with one input replaced by another quantity of the same unit."""
    quantities = case.vocabulary.quantities
    earlier = {name for name in {node.name for node in case.values} if before(Node(name), case)}
    for node in _own_inputs(case):
        unit_of = quantities[node.name].unit
        names = {name for name in earlier if quantities[name].unit == unit_of and name != node.name}
        for other, value in case.values.items():
            here = other.name in names and other.place in {node.place, ()} and other.sample in {node.sample, ALL}
            if here and len(value) == len(case.values[node]):
                yield from _try(case, {node: value}, f"{other.name} taken for {node.name}")
    yield from _fact_replaced(case)


def _fact_replaced(case: Case) -> Iterator[Candidate]:
    """Yield the formula with a configuration value replaced by another one of the same unit."""
    quantities = case.vocabulary.quantities
    facts = {name: value for name, value in case.scene.facts.items() if name in quantities}
    for name in case.told:
        for stands_in, fact in facts.items():
            same_unit = name in quantities and quantities[stands_in].unit == quantities[name].unit
            if stands_in != name and same_unit and len(fact.numbers) == len(case.scene.facts[name].numbers):
                try:
                    yield Candidate(case.with_facts({name: fact.numbers}), f"{stands_in} taken for {name}")
                except UnloggedError:
                    continue


def _inputs_exchanged(case: Case) -> Iterator[Candidate]:
    quantities = case.vocabulary.quantities
    for first, second in itertools.combinations(_own_inputs(case), 2):
        a, b = case.values[first], case.values[second]
        if len(a) == len(b) and quantities[first.name].unit == quantities[second.name].unit:
            yield from _try(case, {first: b, second: a}, f"{first.name} and {second.name} exchanged")


def _shifted_index(case: Case) -> Iterator[Candidate]:
    """Yield the formula with inputs of a neighbouring turn of a loop: one by one, and all of a quantity together."""
    if not case.physics.has_terms:
        return
    inputs = [node for node in case.inputs if node in case.values and node.place]
    for name, step in itertools.product(dict.fromkeys(node.name for node in inputs), (-1, 1)):
        for index in case.vocabulary.indices:
            moved = {node: neighbour(node, index, step) for node in inputs if node.name == name}
            known = {node: case.values[other] for node, other in moved.items() if other in case.values}
            words = _turn_words(name, index, {node.ordinal(index) for node in moved}, step)
            if known and len(known) == len(moved):
                yield from _try(case, known, words)
            if len(moved) > 1:
                for node, value in known.items():
                    yield from _try(case, {node: value}, f"{words} in place of {node.label}")


def _turn_words(name: str, index: str, ordinals: AbstractSet[int], step: int) -> str:
    """Return of which turn an input is; where a formula takes several turns of it, only by how much it is off."""
    if len(ordinals) == 1:
        (ordinal,) = ordinals
        return f"{name} of {index} {ordinal + step} in place of {index} {ordinal}"
    return f"{name} of {index} {'−' if step < 0 else '+'} 1"


def _other_side(case: Case) -> Iterator[Candidate]:
    """Yield the formula with one input of the other side: a value kept from elsewhere."""
    for node in _own_inputs(case):
        if node in case.theirs:
            yield from _try(case, {node: case.theirs[node]}, f"computed with another {node.name} than the log shows")


def _own_inputs(case: Case) -> list[Node]:
    """Return the inputs to vary; a sum over many values has too many to vary each."""
    inputs = [node for node in case.inputs if node in case.values]
    return inputs if has_formula(case) and len(inputs) <= _MANY else []


_MANY = 12


def _try(case: Case, changes: dict[Node, Vector], text: str) -> Iterator[Candidate]:
    try:
        yield Candidate(case.with_inputs(changes), text)
    except UnloggedError:
        return


ZERO = "zero"
"""Name of the cause that a value is 0, which of some quantities can be the value."""

_ONE_SIDED = frozenset({Trait.ONE_SIDED})
_ON_TOP = frozenset({Trait.ON_TOP})
_SIMPLE: tuple[Signature, ...] = (
    Signature("unit", "another unit", 1, _unit, traits=_ON_TOP),
    Signature("sign", "the sign of all or one component", 1, _sign, traits=_ON_TOP),
    Signature(ZERO, "a placeholder", 1, _zero, copies=True, traits=_ONE_SIDED),
    Signature("zero_component", "a component that is 0", 1, _zero_component, copies=True),
    Signature("constant", "another constant or default", 1, _constant, copies=True, traits=_ONE_SIDED),
    Signature("angle_unit", "degrees and radians", 2, _ratio("angle_unit"), traits=_ON_TOP),
    Signature("two_pi", "2π or 4π", 2, _ratio("two_pi"), traits=_ON_TOP),
    Signature("two", "a power of two", 2, _ratio("two"), traits=_ON_TOP),
    Signature("pi", "π", 3, _ratio("pi")),
    Signature("root_two", "√2", 4, _ratio("root_two")),
    Signature("square", "a square", 3, _square),
    Signature("power", "a root, cube or reciprocal", 3, _power),
    Signature("order", "components permuted", 2, _order, traits=_ON_TOP),
    Signature("float32", "single precision", 3, _single),
    Signature("normalised", "normalised", 3, _unit_length),
)
_COMPOUND: tuple[Signature, ...] = (
    Signature(
        "stale",
        "the value of another step or point",
        3,
        stale,
        copies=True,
        traits=frozenset({Trait.REPEATS_A_TURN}),
    ),
    Signature("another_quantity", "another quantity of the chain", 4, another, copies=True),
    Signature("factor", "a missing, doubled or foreign factor", 4, factor),
    Signature("several_factors", "several factors of the chain", 5, several_factors),
    Signature("power_of_ten", "a power of ten", 4, _power_of_ten),
    Signature("configuration", "a configuration value", 4, configuration),
    Signature("input_dropped", "an input left out", 4, _input_dropped),
    Signature("shifted_index", "an input of a neighbouring turn of a loop", 4, _shifted_index),
    Signature("input_scaled", "an input in another unit or sign", 5, _input_scaled),
    Signature("inputs_exchanged", "two inputs exchanged", 5, _inputs_exchanged),
    Signature("input_altered", "an input altered", 6, _input_altered),
    Signature("input_replaced", "another quantity in place of an input", 6, _input_replaced),
    Signature("other_input", "computed with another input than logged", 8, _other_side),
)


def catalogue(physics: Physics) -> tuple[Signature, ...]:
    """Return every signature: those of any computation, and its own."""
    return (*_SIMPLE, *physics.signatures, *_COMPOUND)

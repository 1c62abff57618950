"""The catalogue of causes. Adding one is one entry here and one test."""

import itertools
import math
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet

from nbtrace.compare.evaluate import value_at
from nbtrace.compare.metrics import norm
from nbtrace.compare.precision import as_single
from nbtrace.compare.scene import ALL, Node, Vector
from nbtrace.compare.vectors import scaled, unit
from nbtrace.explanation.causes.search import Candidate, Case, Signature, Trait, distance, has_formula
from nbtrace.explanation.physics import Physics
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.quantity import Kind

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


def _stale(case: Case) -> Iterator[Candidate]:
    """Yield the same quantity at other samples and steps."""
    places = [values[n] for values in (case.values, case.theirs) for n in values if n.name == case.name]
    if all(distance(value, case.logged) <= 1e-9 * norm(case.logged) for value in places if value != case.right):
        return
    for node, value in case.values.items():
        if node.name == case.name and node != case.node and not _is_beside(node, case):
            yield Candidate(value, f"stale: repeats the value of {node.label}")
    yield from _lagging(case)


def _is_beside(node: Node, case: Case) -> bool:
    """Whether a value is of the same turn of the outermost loop: its copy is of a wrong index, not of an older turn."""
    return case.physics.has_terms and len(node.place) > 1 and node.place[0] == case.node.place[0]


def _lagging(case: Case) -> Iterator[Candidate]:
    """Yield what the formula gives in the turn before, which a program that lags behind holds in every turn."""
    for index, _ in case.node.place[:1] if case.physics.has_terms else ():
        before = _neighbour(case.node, index, -1)
        try:
            value, _ = value_at(case.scene, case.values, before)
        except UnloggedError:
            continue
        yield Candidate(value, f"stale: the value of {before.label}")


def _another(case: Case) -> Iterator[Candidate]:
    kind = case.quantity.kind
    for node, value in case.values.items():
        same = case.vocabulary.quantities[node.name].kind is kind and node.sample in {case.node.sample, ALL}
        same = same and _before(node, case)
        if node.name != case.name and same and kind is not Kind.SCALAR:
            yield Candidate(value, f"holds {node.label}")
    # Many quantities are 0 or 1: sharing such a value says nothing.
    if kind is Kind.SCALAR and abs(case.logged[0]) not in {0.0, 1.0}:
        for node, value in case.values.items():
            same_unit = case.vocabulary.quantities[node.name].unit == case.quantity.unit
            if node.name != case.name and same_unit and len(value) == 1 and _before(node, case):
                yield Candidate(value, f"holds {node.label}")


def _before(node: Node, case: Case) -> bool:
    """Whether a quantity does not itself depend on the one in question."""
    words, family = case.vocabulary, case.physics.family
    same = family(node.name) == family(case.name) or node.name in words.equivalent_names(case.name)
    return case.name not in words.ancestors_here(node.name) and not same


def _factor(case: Case) -> Iterator[Candidate]:
    if len(case.right) != 1:
        return
    view = case.view()
    for name in case.physics.factors:
        if name not in view or name == case.name:
            continue
        value = view[name][0]
        for exponent, words in (
            (1, "multiplied by"),
            (-1, "divided by"),
            (2, "multiplied twice by"),
            (-2, "divided twice by"),
        ):
            if value and value != 1.0:
                yield Candidate((case.right[0] * value**exponent,), _factor_words(case, name, exponent, words))


def _factor_words(case: Case, name: str, exponent: int, words: str) -> str:
    takes = any(node.name == name for node in case.inputs)
    if takes and exponent in {1, -1}:
        return f"the factor {name} is doubled or missing ({words} {name})"
    return f"{words} {name}"


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
    for node in _own_inputs(case):
        for other, value in case.values.items():
            same = quantities[other.name].unit == quantities[node.name].unit and other.name != node.name
            same = same and len(value) == len(case.values[node]) and other.sample in {node.sample, ALL}
            if same and _before(other, case) and other.place in {node.place, ()}:
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
            moved = {node: _neighbour(node, index, step) for node in inputs if node.name == name}
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


def _neighbour(node: Node, index: str, step: int) -> Node:
    place = tuple((name, ordinal + step if name == index else ordinal) for name, ordinal in node.place)
    return node._replace(place=place)


def _configuration(case: Case) -> Iterator[Candidate]:
    """Yield the formula with a configuration value off by one, doubled, halved, or one."""
    counts, settings = case.physics.counts, case.physics.settings
    for name in case.told:
        fact = case.scene.facts[name]
        words = counts.get(name) or settings.get(name)
        if words is None or len(fact.numbers) != 1:
            continue
        value = fact.numbers[0]
        others = {value + 1, value - 1, 1.0} - {0.0} if name in counts else {0.0, 1.0, value * 2, value / 2, -value}
        for other in sorted(others - {value}):
            try:
                yield Candidate(case.with_facts({name: (other,)}), f"{words} {other:g} instead of {value:g}")
            except UnloggedError:
                continue


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
_SIMPLE: tuple[Signature, ...] = (
    Signature("unit", "another unit", 1, _unit),
    Signature("sign", "the sign of all or one component", 1, _sign),
    Signature(ZERO, "a placeholder", 1, _zero, copies=True, traits=_ONE_SIDED),
    Signature("zero_component", "a component that is 0", 1, _zero_component, copies=True),
    Signature("constant", "another constant or default", 1, _constant, copies=True, traits=_ONE_SIDED),
    Signature("angle_unit", "degrees and radians", 2, _ratio("angle_unit")),
    Signature("two_pi", "2π or 4π", 2, _ratio("two_pi")),
    Signature("two", "a power of two", 2, _ratio("two")),
    Signature("pi", "π", 3, _ratio("pi")),
    Signature("root_two", "√2", 4, _ratio("root_two")),
    Signature("square", "a square", 3, _square),
    Signature("power", "a root, cube or reciprocal", 3, _power),
    Signature("order", "components permuted", 2, _order),
    Signature("float32", "single precision", 3, _single),
    Signature("normalised", "normalised", 3, _unit_length),
)
_COMPOUND: tuple[Signature, ...] = (
    Signature(
        "stale",
        "the value of another step or point",
        3,
        _stale,
        copies=True,
        traits=frozenset({Trait.REPEATS_A_TURN}),
    ),
    Signature("another_quantity", "another quantity of the chain", 4, _another, copies=True),
    Signature("factor", "a missing, doubled or foreign factor", 4, _factor),
    Signature("power_of_ten", "a power of ten", 4, _power_of_ten),
    Signature("configuration", "a configuration value", 4, _configuration),
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

"""What formulas read in every recorded log, against what the table of quantities says of their inputs.

Each log is also read as other programs would print it: with the quantities that only its formulas give, and without
each of those that a formula took, so that what it takes instead is seen too.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from nbtrace import read_trace
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import ALL, Node, Place, Scene, Vector, scene
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import trace_pixel
from nbtrace.physics.nanobragg.facts import facts_of
from nbtrace.physics.nanobragg.formulas.reflections import reflections_of
from nbtrace.physics.nanobragg.formulas.table import FORMULAS, REFLECTIONS
from nbtrace.physics.nanobragg.quantities import PHI_TIC, QUANTITIES
from nbtrace.physics.nanobragg.relations import RELATIONS
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.quantity import Scope
from simulator.arguments import parse
from tests.places import EXAMPLES, ROOT
from tests.simulator.golden import cases, trace_file, traces

RECORDED = [
    *sorted((EXAMPLES / "pairs").rglob("*.log")),
    *sorted((ROOT / "nbtrace" / "physics" / "nanobragg" / "selftest" / "data").rglob("*.log")),
]
FAILURES = (UnloggedError, ZeroDivisionError, OverflowError, ValueError)
MOST_THINNED = 40
VARIED = ("-odet_vector", "0", "0", "2", "-polar", "0.9")
"""Flags that bring in what the recorded command lines do not have: a normal whose length is not 1, a polarised beam."""

UNREAD = {
    **dict.fromkeys(
        (("initial_fdet", "detector_convention"), ("initial_sdet", "detector_convention")),
        "a word: it decides which axes are given, and no formula reads words",
    ),
    ("initial_odet", "detector_convention"): "likewise",
    **dict.fromkeys(
        (("phi_h_frac", "phi_ap_y"), ("phi_k_frac", "phi_bp_y"), ("phi_l_frac", "phi_cp_y")),
        "a component of the turned vector that the index is computed from; no other component is printed",
    ),
    ("source_F_latt", "source_lambda_angstroms"): "the lines of a source print nothing else of what leads to it",
    ("I_before_scaling", "source_I_contribution"): "of several sources no log prints all that the sum is made of",
}
EVERYTHING = (
    "-cell 60 70 80 85 95 100 -default_F 100 -N 5 -lambda 1 -distance 60 -detpixels 48 -pixel 1 -oversample 2 -phi 10"
    " -osc 1 -phisteps 2 -mosaic 0.5 -mosaic_dom 2 -dispersion 1 -dispsteps 3 -oversample_polar"
)
"""Flags of a trace with every innermost sample; a Gaussian spot of it takes the reciprocal vectors too."""

"""Inputs (quantity, input) that no formula reads, and why they are inputs nevertheless."""


class Without(NodeView):
    """A log without some of its values and facts."""

    def __init__(self, seen: Scene, node: Node, gone: frozenset[str]) -> None:
        super().__init__(seen, seen.values, node)
        self.gone = gone

    def _place(self, name: str) -> Node | None:
        return None if name in self.gone else super()._place(name)

    def __getitem__(self, name: str) -> Vector:
        if name in self.gone:
            raise UnloggedError(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        return name not in self.gone and super().__contains__(name)

    def of(self, sample: int, place: Place = ()) -> NodeView:
        other = Without(self.scene, Node(self.node.name, sample, place), self.gone)
        other.read, other.told = self.read, self.told
        return other

    def ordinals_of(self, name: str, index: str) -> tuple[int, ...]:
        return () if name in self.gone else super().ordinals_of(name, index)

    def places_of(self, name: str, sample: int) -> tuple[Place, ...]:
        return () if name in self.gone else super().places_of(name, sample)

    def aside(self) -> NodeView:
        return Without(self.scene, self.node, self.gone)


@dataclass
class Asked:
    """What formulas were seen to read, by quantity."""

    read: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    told: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def compute(self, at: NodeView) -> tuple[Vector | None, frozenset[str]]:
        """Return the value of a formula, None without one, and the names that it took."""
        name = at.node.name
        try:
            value = FORMULAS[name].compute(at)
        except FAILURES:
            value = None
        read = {other.name for other in at.read} - {name}
        self.read[name] |= read
        self.told[name] |= at.told.keys()
        return value, frozenset(read | at.told.keys())


def scenes() -> Iterator[Scene]:
    for path in RECORDED:
        trace = read_trace(str(path))
        yield scene(trace, trace.side, facts_of(trace, trace, None))
    with TemporaryDirectory() as folder:
        for name, pixel in traces():
            trace, case = read_trace(str(trace_file(name, pixel))), cases()[name]
            for known in (case.config(Path(folder)), case.config(Path(folder), *VARIED)):
                listed = reflections_of(known)
                tables = {} if listed is None else {REFLECTIONS: listed}
                yield scene(trace, trace.side, facts_of(trace, trace, known), tables=tables)


def everything() -> Iterator[Scene]:
    """Yield traces of the simulator that hold every innermost sample."""
    with TemporaryDirectory() as folder:
        listed = Path(folder) / "listed.hkl"
        listed.write_text(
            "".join(f"{h} {k} {l} {10 + h + 2 * k + 3 * l}\n" for h, k, l in product(range(-4, 12), repeat=3))  # noqa: E741
        )
        own = (
            ("-gauss_xtal", "-fudge", "1.1"),
            ("-dmin", "0.1", "-polar", "0.9"),
            ("-hkl", str(listed), "-interpolate"),
        )
        for flags in ((), *own):
            config = parse([*EVERYTHING.split(), *flags]).config
            trace = trace_pixel(config, (24, 31), Emit(everything=True)).trace
            for known in (config, None):
                reflections = reflections_of(known)
                tables = {} if reflections is None else {REFLECTIONS: reflections}
                yield scene(trace, trace.side, facts_of(trace, trace, known), tables=tables)


def completed(seen: Scene, asked: Asked) -> Scene:
    """Return a log as a program would print it that prints every quantity."""
    values = dict(seen.values)
    values.setdefault(Node("polar_axis"), (0.0, 0.0, 1.0))
    values.setdefault(Node("spindle_axis_normalized"), (1.0, 0.0, 0.0))
    samples = sorted({node.sample for node in values} - {ALL}) or [0]
    steps = seen.ordinals.get(PHI_TIC, (0,))
    for name in FORMULAS:
        quantity = QUANTITIES[name]
        at = product(
            {samples[0], samples[-1]} if quantity.scope is Scope.POINT else {ALL},
            [((PHI_TIC, tic),) for tic in sorted({steps[0], steps[-1]})] if quantity.indices == (PHI_TIC,) else [()],
        )
        for node in (Node(name, sample, place) for sample, place in at):
            if node not in values:
                value, _ = asked.compute(NodeView(replace(seen, values=values), values, node))
                if value is not None:
                    values[node] = value
    return replace(seen, values=values)


def thinned(seen: Scene, node: Node, asked: Asked) -> None:
    """Take away what a formula read, one after the other, as long as it reads something else then."""
    waiting, known = [frozenset[str]()], set[frozenset[str]]()
    for _ in range(MOST_THINNED):
        if not waiting:
            return
        gone = waiting.pop(0)
        _, taken = asked.compute(Without(seen, node, gone))
        if taken not in known:
            known.add(taken)
            waiting += [gone | {name} for name in sorted(taken)]


def _with_real_vectors_alone(seen: Scene) -> Iterator[Scene]:
    """Yield a log with φ steps of a program that prints neither reciprocal vectors nor factors of steps."""
    gone = {"phi_F_latt", *(f"rot_{axis}_star_A_inv" for axis in "abc")}
    if PHI_TIC in seen.ordinals:
        yield replace(seen, values={node: value for node, value in seen.values.items() if node.name not in gone})


def kind(node: Node) -> tuple[str, bool, tuple[bool, ...]]:
    """Return what places have in common at which a formula reads the same: the first sample and turn, or others."""
    return node.name, node.sample > 0, tuple(ordinal > 0 for _, ordinal in node.place)


@cache
def asked() -> Asked:
    found = Asked()
    for recorded in (*scenes(), *everything()):
        whole = completed(recorded, found)
        for seen in (recorded, whole, *_with_real_vectors_alone(whole)):
            for node in {kind(node): node for node in seen.values if node.name in FORMULAS}.values():
                thinned(seen, node, found)
    return found


@pytest.mark.slow
def test_formulas_read_all_of_their_inputs_and_facts_and_nothing_else() -> None:
    """One test, so that one process of several works out what is asked for, which takes long."""
    _nothing_else_is_read()
    _every_input_is_read_in_some_log()
    _every_fact_is_told_in_some_log()
    # A configured list of reflections is among the logs.
    assert {"hkl_rounded", "hkl_frac"} == asked().read["F_cell"]
    assert parse(cases()["hkl_interpolate"].arguments).config.structure.hkl_file is not None


def _nothing_else_is_read() -> None:
    for name, read in asked().read.items():
        assert read <= set(QUANTITIES[name].inputs), name
    for name, told in asked().told.items():
        assert told <= {*FORMULAS[name].facts, *QUANTITIES[name].inputs}, name


def _every_input_is_read_in_some_log() -> None:
    unread = {
        (name, other) for name in FORMULAS for other in QUANTITIES[name].inputs if other not in asked().read[name]
    }
    assert unread == set(UNREAD)


def _every_fact_is_told_in_some_log() -> None:
    assert {name for formula in FORMULAS.values() for name in formula.facts} == {
        name for told in asked().told.values() for name in told if name not in QUANTITIES
    }


def test_formulas_state_the_inputs_of_the_table_and_take_no_quantity_for_a_fact() -> None:
    for name, formula in FORMULAS.items():
        assert formula.inputs == QUANTITIES[name].inputs
        assert not set(formula.facts) & set(QUANTITIES)


def test_relations_of_the_self_check_take_no_more_than_the_formulas_do() -> None:
    for relation in RELATIONS:
        formula = FORMULAS[relation.name]
        taken = {*relation.needs, *relation.takes_if_logged, *relation.flags} - {relation.name}
        assert taken <= {*formula.inputs, *formula.facts}, relation.name
        assert formula.text == relation.formula


def test_factors_of_the_chain_are_inputs_of_its_result() -> None:
    chain = VOCABULARY.chain
    assert chain is not None
    assert {factor.quantity for factor in chain.factors} <= set(QUANTITIES[chain.result].inputs)

"""A trace as it would be with a mistake in one formula, or in the log alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from nbtrace.compare.evaluate import evaluate, formula_of, value_at
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.propagation import carried, propagate
from nbtrace.compare.scene import Node, Scene, Values, Vector, in_order
from nbtrace.physics.nanobragg.formulas.sweep_places import tic_of
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Record, Trace, Value
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.quantity import Scope

Mistake = Callable[[NodeView, Vector], Vector]
"""The wrong value from what the program sees and the right value."""


@dataclass(frozen=True, slots=True)
class KnownMistake:
    """A class of mistakes.

    Attributes
    ----------
    name : str
    quantities : tuple of str
        Where it is made; the first one is where it shows first.
    mistake : callable
    causes : frozenset of str
        Signatures that name it rightly; several, where they predict the same values.
    log_only : bool
        Only the log has it.
    tic : int or None
        Only at this φ step; None for all.
    """

    name: str
    quantities: tuple[str, ...]
    mistake: Mistake
    causes: frozenset[str]
    log_only: bool = False
    tic: int | None = None

    def at(self, node: Node) -> bool:
        """Whether the mistake is made at a node."""
        return node.name in self.quantities and (self.tic is None or tic_of(node) in {-1, self.tic})


def injected(scene: Scene, defect: KnownMistake) -> Values:
    """Return the values of a trace with a mistake, everything downstream computed with it.

    Raises
    ------
    UnloggedError
        If the mistake cannot be made here.
    """
    old = scene.values
    new: Values = dict(old)
    moved: set[Node] = set()
    for node in in_order(scene.vocabulary, old):
        if defect.at(node):
            right = new[node] if defect.log_only else _right(scene, old, new, node, moved)
            new[node] = defect.mistake(NodeView(scene, new, node), right)
        elif not defect.log_only and moved:
            new[node] = _right(scene, old, new, node, moved)
        if new[node] != old[node]:
            moved.add(node)
    return new


def _right(scene: Scene, old: Values, new: Values, node: Node, moved: set[Node]) -> Vector:
    """Return the value of a node, computed anew if anything that it reads has moved."""
    if formula_of(scene, node) is None or not moved:
        return new[node]
    try:
        before, at = value_at(scene, old, node)
        if not moved & set(at.read):
            return new[node]
        after, _ = value_at(scene, new, node)
    except UnloggedError:
        return new[node]
    return carried(old[node], before, after)


def without_mistakes(scene: Scene) -> Scene:
    """Return a trace without the reference's own reuse of a rotation, which would count as a mistake."""
    values = dict(scene.values)
    for node in in_order(scene.vocabulary, scene.values):
        if formula_of(scene, node) is None or node.name not in _OWN_DEFECTS:
            continue
        try:
            computed = evaluate(scene, values, node)
        except UnloggedError:
            continue
        off = zip(values[node], computed.value, computed.allowed, strict=True)
        if any(abs(x - y) > bound for x, y, bound in off):
            values = propagate(scene, values, {node: computed.value})
    return replace(scene, values=values)


_OWN_DEFECTS = frozenset({*(f"rot_{axis}_angstroms" for axis in "abc"), "phi_k_frac"})
"""Quantities that the reference's reuse of a rotation makes wrong."""


def c_trace(scene: Scene, values: Values, digits: int = 15) -> Trace:
    """Return the reference's log with other values."""
    changed = {id(record): node for node, record in scene.records.items()}
    records = tuple(
        _with_numbers(record, values[changed[id(record)]], digits) if id(record) in changed else record
        for record in scene.trace.records
    )
    return replace(scene.trace, records=records)


def _with_numbers(record: Record, numbers: Vector, digits: int) -> Record:
    printed = tuple(f"{number / record.scale:.{digits}g}" for number in numbers)
    if tuple(map(float, printed)) == record.value.numbers:
        return record
    value = record.value
    exact = tuple(map(float, printed))
    return replace(record, value=Value(value.shape, exact, printed, " ".join(printed), value.names, value.unit))


_PY_KEYS = {"F_cell": "F_cell_nearest", "I_before_scaling": "I_before_scaling_pre_polar"}
_LEFT_OUT = frozenset({"odet_vec"})


def py_text(scene: Scene, values: Values, pixel: tuple[int, int], digits: int = 15) -> str:
    """Return the log of a port with the same values, in its own dialect."""
    lines = [f"  Tracing pixel (slow={pixel[0]}, fast={pixel[1]})"]
    nodes = [node for node in values if _in_pixel_block(scene, node)]
    for sample in sorted({node.sample for node in nodes if node.sample >= 0}):
        here = in_order(VOCABULARY, (node for node in nodes if node.sample == sample))
        lines += [_line(node, values[node], digits) for node in here if tic_of(node) < 0]
        tics = sorted({tic_of(node) for node in here if tic_of(node) >= 0})
        lines += [_step_line(values, [node for node in here if tic_of(node) == tic], digits) for tic in tics]
    chain = in_order(VOCABULARY, (node for node in nodes if node.sample < 0))
    lines += [_line(node, values[node], digits) for node in chain]
    return "\n".join(lines) + "\n"


def _line(node: Node, numbers: Vector, digits: int) -> str:
    return f"TRACE_PY: {_PY_KEYS.get(node.name, node.name)} {_printed(numbers, digits)}"


def _step_line(values: Values, nodes: list[Node], digits: int) -> str:
    fields = {node.name.removeprefix("phi_"): _printed(values[node], digits) for node in nodes}
    degrees = fields.pop("deg")
    rest = " ".join(f"{name}={value}" for name, value in fields.items())
    return f"TRACE_PY_PHI phi_tic={tic_of(nodes[0])} phi_deg={degrees} {rest}"


def _in_pixel_block(scene: Scene, node: Node) -> bool:
    record = scene.records[node]
    return record.family != "TRACE" and record.scope not in {None, Scope.RUN} and node.name not in _LEFT_OUT


def _printed(numbers: Vector, digits: int) -> str:
    return " ".join(f"{number:.{digits}g}" for number in numbers)

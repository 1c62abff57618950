"""Holding a log against the formulas of its vocabulary, at every place where their inputs are logged."""

from collections.abc import Mapping

from nbtrace.compare.evaluate import Computed, evaluate, measured
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Fact, Facts, Node, Scene, scene
from nbtrace.compare.self_check import Check, RelationState
from nbtrace.records import Index, Record, Side, Trace
from nbtrace.vocabulary.formula import UnloggedError
from nbtrace.vocabulary.vocabulary import Vocabulary


def constants_of(vocabulary: Vocabulary) -> Facts:
    """Return the constants of a vocabulary as what formulas may take for granted."""
    return {name: Fact(item.numbers, 0.0, vocabulary.name) for name, item in vocabulary.constants.items()}


def formula_checks(trace: Trace) -> tuple[Check, ...]:
    """Return what became of each formula of the quantities that a log prints."""
    side = trace.side if trace.side is not Side.UNKNOWN else Side.C
    own = scene(trace, side, constants_of(trace.vocabulary))
    by_name: dict[str, list[Node]] = {}
    for node in own.values:
        by_name.setdefault(node.name, []).append(node)
    names = [name for name in trace.vocabulary.formulas if name in by_name]
    return tuple(_check(own, name, by_name[name]) for name in names)


def _check(own: Scene, name: str, nodes: list[Node]) -> Check:
    text = own.vocabulary.formulas[name].text
    formed: list[tuple[Node, Computed]] = []
    lacking = ""
    for node in nodes:
        try:
            formed.append((node, measured(own, own.values, node)))
        except UnloggedError as error:
            lacking = lacking or str(error)
    if not formed:
        return Check(name, text, RelationState.NOT_CHECKED, reason=f"not logged: {lacking}")
    broken = [item for item in formed if not item[1].allows(own.values[item[0]])]
    worst, _ = max(broken or formed, key=lambda item: _excess(own.values[item[0]], item[1]))
    computed = evaluate(own, own.values, worst)
    logged, size = own.values[worst], norm(computed.value)
    apart = max(abs(x - y) for x, y in zip(logged, computed.value, strict=True))
    return Check(
        name,
        text,
        RelationState.BROKEN if broken else RelationState.HOLDS,
        _index(own.records, worst),
        apart / size if size else float(bool(apart)),
        max(computed.allowed) / size if size else 0.0,
        len(formed),
        len(broken),
        logged,
        computed.value,
    )


def _excess(logged: tuple[float, ...], computed: Computed) -> float:
    """Return how far a value is beyond what digits and precision allow."""
    if len(logged) != len(computed.value):
        return float("inf")
    pairs = zip(logged, computed.value, computed.allowed, strict=True)
    return max(abs(x - y) / allowed if allowed else abs(x - y) for x, y, allowed in pairs)


def _index(records: Mapping[Node, Record], node: Node) -> Index:
    return records[node].index if node in records else Index()

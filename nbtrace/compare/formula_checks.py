"""Holding a log against the formulas of its vocabulary, at every place where their inputs are logged."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from nbtrace.compare.evaluate import Computed, evaluate, measured
from nbtrace.compare.excerpt import WholeLog, excerpt_of
from nbtrace.compare.logs import Logs, logs_of
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Facts, Node, Scene, scene
from nbtrace.compare.self_check import Check, RelationState
from nbtrace.records import Index, Record, Side, Trace
from nbtrace.vocabulary.formula import Lack, UnloggedError

MOST_BLOCKS = 100
"""Blocks whose values are held against formulas: the uncertainty of each takes time to find out."""


@dataclass(slots=True, eq=False, repr=False)
class _Evaluated:
    """What became of one formula, wherever it was tried."""

    formed: list[tuple[Scene, Node, Computed]] = field(default_factory=list)
    lacking: str = ""
    supposed: str = ""


def formula_checks(
    trace: Trace, besides: AbstractSet[str] = frozenset(), whole: WholeLog | None = None
) -> tuple[Check, ...]:
    """Return what became of each formula of the quantities that a log prints.

    Parameters
    ----------
    trace : Trace
        Of its blocks the first :data:`MOST_BLOCKS` are taken.
    besides : set of str
        Quantities that are left out: they are checked otherwise.
    whole : WholeLog, optional
        What is known of all its records, where that was worked out before.
    """
    trace = trace if whole is None else excerpt_of(trace, whole)
    logs = logs_of(trace.vocabulary)
    facts, side = logs.facts(trace), trace.side if trace.side is not Side.UNKNOWN else Side.C
    found: dict[str, _Evaluated] = {}
    for block in trace.blocks[:MOST_BLOCKS] or (0,):
        own = scene(trace, side, facts, block)
        for node in own.values:
            if node.name in trace.vocabulary.formulas and node.name not in besides:
                _hold(own, node, logs, found.setdefault(node.name, _Evaluated()))
    return tuple(_check(trace, name, found[name]) for name in trace.vocabulary.formulas if name in found)


def _hold(own: Scene, node: Node, logs: Logs, result: _Evaluated) -> None:
    """Hold one value against its formula."""
    doubt = logs.doubt(own, node)
    if doubt:
        result.lacking = result.lacking or doubt
        return
    try:
        computed = measured(own, own.values, node)
    except UnloggedError as error:
        result.lacking = result.lacking or _lacking(error, logs)
        return
    if not computed.allows(own.values[node]):
        supposed = _supposing(own, node, logs.supposed(own, node))
        if supposed is not None:
            own, computed = supposed
            result.supposed = result.supposed or logs.supposed_words(own.facts)
    result.formed.append((own, node, computed))


def _supposing(own: Scene, node: Node, facts: Facts) -> tuple[Scene, Computed] | None:
    """Return a scene with facts that no log states, and what a formula gives with them; None where it is no better."""
    if not facts:
        return None
    supposing = replace(own, facts={**own.facts, **facts})
    try:
        computed = measured(supposing, supposing.values, node)
    except UnloggedError:
        return None
    return (supposing, computed) if computed.allows(own.values[node]) else None


def _lacking(error: UnloggedError, logs: Logs) -> str:
    lacking = logs.stated_words.get(str(error), str(error))
    return f"needs {lacking}" if error.kind is Lack.NUMBER else f"not logged: {lacking}"


def _check(trace: Trace, name: str, found: _Evaluated) -> Check:
    text = trace.vocabulary.formulas[name].text
    if not found.formed:
        return Check(name, text, RelationState.NOT_CHECKED, reason=found.lacking)
    broken = [item for item in found.formed if not item[2].allows(item[0].values[item[1]])]
    own, worst, _ = max(broken or found.formed, key=lambda item: _excess(item[0].values[item[1]], item[2]))
    computed = evaluate(own, own.values, worst)
    logged, size = own.values[worst], norm(computed.value)
    return Check(
        name,
        text,
        RelationState.BROKEN if broken else RelationState.HOLDS,
        _index(own.records, worst),
        _residual(logged, computed.value, size),
        max(computed.allowed) / size if size else 0.0,
        len(found.formed),
        len(broken),
        logged,
        computed.value,
        _meaning(own, worst, computed.value) if broken else found.supposed,
    )


def _meaning(own: Scene, node: Node, computed: tuple[float, ...]) -> str:
    """Return what a value looks like that is not its formula's: something known, else its ratio to that."""
    known = logs_of(own.vocabulary).looks_like(own, node, computed)
    logged = own.values[node]
    if known or len(logged) != 1 or len(computed) != 1 or not computed[0]:
        return known
    return f"{logged[0] / computed[0]:.6g} of what the formula gives"


def _residual(logged: tuple[float, ...], computed: tuple[float, ...], size: float) -> float:
    if len(logged) != len(computed):
        return float("inf")
    apart = max(abs(x - y) for x, y in zip(logged, computed, strict=True))
    return apart / size if size else float(bool(apart))


def _excess(logged: tuple[float, ...], computed: Computed) -> float:
    """Return how far a value is beyond what digits and precision allow."""
    if len(logged) != len(computed.value):
        return float("inf")
    pairs = zip(logged, computed.value, computed.allowed, strict=True)
    return max(abs(x - y) / allowed if allowed else abs(x - y) for x, y, allowed in pairs)


def _index(records: Mapping[Node, Record], node: Node) -> Index:
    return records[node].index if node in records else Index()

"""Holding a log against the formulas of its vocabulary, at every place where their inputs are logged."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from nbtrace.compare.evaluate import Computed, evaluate, measured
from nbtrace.compare.excerpt import WholeLog, excerpt_of
from nbtrace.compare.logs import Logs, logs_of
from nbtrace.compare.metrics import norm
from nbtrace.compare.node_view import MANY
from nbtrace.compare.scene import Facts, Node, Place, Scene, scene
from nbtrace.compare.self_check import Check, RelationState
from nbtrace.records import Side, Trace
from nbtrace.vocabulary.formula import Lack, UnloggedError

if TYPE_CHECKING:
    from nbtrace.compare.turns_view import Turns

_Order: TypeAlias = tuple[int, int, Place]
"""The block of a value, its sampled point, and its turns of loops."""

MOST_BLOCKS = 100
"""Blocks whose values are held against formulas: the uncertainty of each takes time to find out."""


@dataclass(slots=True, eq=False, repr=False)
class _Evaluated:
    """What became of one formula, wherever it was tried; of values held as columns, the worst stands for all.

    Attributes
    ----------
    formed : list of (place, Scene, Node, Computed)
        With the block, sampled point and turns that it is of.
    besides : (int, int)
        How many others have a value, and how many of them are broken.
    lacking : (place, str) or None
        The first reason for which there is no value.
    """

    formed: list[tuple[_Order, Scene, Node, Computed]] = field(default_factory=list)
    besides: tuple[int, int] = (0, 0)
    lacking: tuple[_Order, str] | None = None
    supposed: str = ""

    def lacks(self, order: _Order, reason: str) -> None:
        """Note why there is no value."""
        self.lacking = min(self.lacking or (order, reason), (order, reason), key=lambda item: item[0])


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
        wanted = trace.vocabulary.formulas.keys() - besides
        held = _hold_columns(own, logs, found, wanted)
        for node in _one_by_one(own, held, wanted):
            _hold(own, node, logs, found.setdefault(node.name, _Evaluated()))
    return tuple(_check(trace, name, found[name]) for name in trace.vocabulary.formulas if name in found)


def _order(own: Scene, node: Node) -> _Order:
    return own.block, node.sample, node.place


def _hold_columns(
    own: Scene, logs: Logs, found: dict[str, _Evaluated], wanted: AbstractSet[str]
) -> dict[tuple[str, int, str], Any]:
    """Hold the values that many turns of a loop have of a quantity as columns; return those turns of each column."""
    if not wanted or not _has_many_turns(own):
        return {}
    from nbtrace.compare.turns_view import alike  # noqa: PLC0415 - imports numpy, which short logs do not need

    held: dict[tuple[str, int, str], Any] = {}
    for turns in alike(own, wanted.__contains__):
        result = found.setdefault(turns.name, _Evaluated())
        if len(turns.ordinals) >= MANY and _hold_column(own, turns, logs, result):
            held.setdefault(turns.key, []).append(turns.ordinals)
    return held


def _has_many_turns(own: Scene) -> bool:
    return bool(own.apart) or any(len(places) >= MANY for places in own.places.values())


def _one_by_one(own: Scene, held: Mapping[tuple[str, int, str], Any], wanted: AbstractSet[str]) -> Iterator[Node]:
    """Yield the values that are held alone."""
    if not _has_many_turns(own):
        yield from (node for node in own.values if node.name in wanted)
        return
    from nbtrace.compare.turns_view import turns_besides  # noqa: PLC0415 - imports numpy

    columns = own.columns.columns
    for node in own.values:
        name, sample, place = node
        if name in wanted and (len(place) != 1 or (name, sample, place[0][0]) not in columns):
            yield node
    for key in columns:
        if key.name in wanted:
            yield from turns_besides(own, key, held.get(key, ()))


def _hold_column(own: Scene, turns: "Turns", logs: Logs, result: _Evaluated) -> bool:
    """Hold values against their formula together; False if they must be held one by one.

    What stands for them is held alone, too: the worst, and the first that has no value.
    """
    from nbtrace.compare.formula_columns import held, worst_of  # noqa: PLC0415 - imports numpy

    doubt = logs.doubt(own, turns.node(0))
    if doubt:
        result.lacks(_order(own, turns.node(0)), doubt)
        return True
    column = held(own, turns) if own.vocabulary.formulas[turns.name].takes_columns else None
    if column is None or any(logs.supposed(own, turns.node(at)) for at in column.broken.nonzero()[0][:1].tolist()):
        return False
    reasons: list[tuple[Node, str]] = []
    for at in (~column.formed).nonzero()[0][:1].tolist():
        try:
            measured(own, own.values, turns.node(at))
        except UnloggedError as error:
            reasons.append((turns.node(at), _lacking(error, logs)))
        else:
            return False
    if column.formed.any():
        worst = worst_of(column)
        node = turns.node(worst)
        try:
            computed = measured(own, own.values, node)
        except UnloggedError:
            return False
        broken = int(column.broken[worst])
        if computed.allows(own.values[node]) is bool(broken):
            return False
        result.formed.append((_order(own, node), own, node, computed))
        many, others = result.besides
        result.besides = many + int(column.formed.sum()) - 1, others + int(column.broken.sum()) - broken
    for node, reason in reasons:
        result.lacks(_order(own, node), reason)
    return True


def _hold(own: Scene, node: Node, logs: Logs, result: _Evaluated) -> None:
    """Hold one value against its formula."""
    order = _order(own, node)
    doubt = logs.doubt(own, node)
    if doubt:
        result.lacks(order, doubt)
        return
    try:
        computed = measured(own, own.values, node)
    except UnloggedError as error:
        result.lacks(order, _lacking(error, logs))
        return
    if not computed.allows(own.values[node]):
        supposed = _supposing(own, node, logs.supposed(own, node))
        if supposed is not None:
            own, computed = supposed
            result.supposed = result.supposed or logs.supposed_words(own.facts)
    result.formed.append((order, own, node, computed))


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
        return Check(name, text, RelationState.NOT_CHECKED, reason=found.lacking[1] if found.lacking else "")
    formed = [item[1:] for item in sorted(found.formed, key=lambda item: item[0])]
    broken = [item for item in formed if not item[2].allows(item[0].values[item[1]])]
    own, worst, _ = max(broken or formed, key=lambda item: _excess(item[0].values[item[1]], item[2]))
    computed = evaluate(own, own.values, worst)
    logged, size = own.values[worst], norm(computed.value)
    return Check(
        name,
        text,
        RelationState.BROKEN if broken else RelationState.HOLDS,
        own.index_of(worst),
        _residual(logged, computed.value, size),
        max(computed.allowed) / size if size else 0.0,
        len(formed) + found.besides[0],
        len(broken) + found.besides[1],
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

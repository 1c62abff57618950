"""Differences of values that no formula gives or takes, and of values that a log prints more than once.

The audit holds one value per place against a formula. What it leaves out still differs, and is said to.
"""

from collections.abc import Iterator, Mapping, Sequence

from nbtrace.compare.align import Pair
from nbtrace.compare.diff import DiffResult
from nbtrace.compare.judge import Row, judge
from nbtrace.compare.precision import number_formats
from nbtrace.compare.scene import Node, node_of, usable
from nbtrace.explanation.audit.findings import Audit, AuditStatus, Finding, Ground, Held
from nbtrace.records import Record, Side, Trace
from nbtrace.vocabulary.quantity import Scope

NO_FORMULA = "no formula covers this value"
_BESIDE = 1e-5
"""Relative difference up to which two printings of a value in one log are the same."""


def leftovers(result: Audit, compared: DiffResult) -> tuple[Finding, ...]:
    """Return findings of the differences that the audit does not judge.

    They are roots only where nothing else differs: otherwise they may follow from what does.
    """
    repeated = tuple(_repeated(result, compared))
    if repeated or any(item.status is not AuditStatus.MATCH for item in result.findings):
        return repeated
    return tuple(_unjudged(result, compared))


def _unjudged(result: Audit, compared: DiffResult) -> Iterator[Finding]:
    judged, words = {item.node for item in result.findings}, result.vocabulary
    for row in compared.rows:
        if row.status.diverges and _node(compared.c, row.c) not in judged:
            held = Held(row.c.numbers, None, NO_FORMULA), Held(row.py.numbers, None, NO_FORMULA)
            stated = words.indices if row.known is not None else [name for name, _ in row.index.loops]
            node = Node(row.quantity, row.index.sample, row.index.places(stated))
            apart = any(map(row.index.ordinal, words.judged_apart)) or (row.known is not None and row.index.grids)
            reason = f"{NO_FORMULA}: {row.index.label()}" if apart else NO_FORMULA
            yield Finding(node, AuditStatus.UNKNOWN, *held, is_root=True, reason=reason, ground=Ground.NO_FORMULA)


def _repeated(result: Audit, compared: DiffResult) -> Iterator[Finding]:
    """Yield values of which a log prints several copies that differ, where the other log's copies agree."""
    c = _copies(compared.c)
    py = _copies(compared.py) if c else {}
    alike = [node for node, copies in c.items() if len(copies) == len(py.get(node, ()))]
    formats, names = (number_formats(compared.c), number_formats(compared.py)), compared.c.vocabulary.names
    matching = {finding.node for finding in result.findings if finding.status is AuditStatus.MATCH} if alike else set()
    for node in filter(matching.__contains__, alike):
        for mine, theirs in zip(c[node], py[node], strict=True):
            pair = Pair(node.name, mine.index, mine, theirs)
            row = judge(pair, compared.policy.of(node.name), *formats, names)
            if row.status.diverges and row.difference:
                yield _contradicting(node, row, c[node], py[node])


def _copies(trace: Trace) -> Mapping[Node, Sequence[Record]]:
    """Return the values that a log prints more than once."""
    by_node: dict[Node, Record] = {}
    several: dict[Node, list[Record]] = {}
    quantities = trace.vocabulary.quantities
    for record in trace.records:
        node = _node(trace, record)
        if node is not None and (record.index.block == 0 or quantities[record.quantity].scope is Scope.RUN):
            first = by_node.setdefault(node, record)
            if first is not record:
                several.setdefault(node, [first]).append(record)
    return several


def _node(trace: Trace, record: Record) -> Node | None:
    """Return where a value belongs; None for one that no formula is tried on."""
    words = trace.vocabulary
    return node_of(words, record.quantity, record.index) if usable(words, record) else None


def _contradicting(node: Node, row: Row, c: Sequence[Record], py: Sequence[Record]) -> Finding:
    held = Held(row.c.numbers, None, NO_FORMULA), Held(row.py.numbers, None, NO_FORMULA)
    alone = [side for side, copies in ((Side.C, c), (Side.PY, py)) if not _agree(copies)]
    if len(alone) != 1:
        reason = f"{row.c.key} differs, another line with the same value does not"
        return Finding(node, AuditStatus.UNKNOWN, *held, is_root=True, reason=reason)
    record = row.c if alone[0] is Side.C else row.py
    reason = f"{record.key} in line {record.line} is not what the log's other lines say of it"
    return Finding(node, AuditStatus.LOG_ONLY, *held, side=alone[0], is_root=True, reason=reason)


def _agree(copies: Sequence[Record]) -> bool:
    first = copies[0].numbers
    size = max(map(abs, first), default=0.0)
    return all(
        len(copy.numbers) == len(first)
        and all(abs(x - y) <= _BESIDE * size for x, y in zip(copy.numbers, first, strict=True))
        for copy in copies
    )

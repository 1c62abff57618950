"""What a root moves where its share of the final value is unknown: the last quantity after it that both logs have."""

import math
from collections.abc import Mapping

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Node, Values, Vector, in_order
from nbtrace.explanation.audit.attribution import repaired
from nbtrace.explanation.audit.findings import Audit, AuditStatus
from nbtrace.explanation.audit.roots import Root
from nbtrace.records import Side


def reach(result: Audit, root: Root) -> float:
    """Return by how much the last quantity that a root moves changes when the root is put right.

    It is the logarithm of the ratio of a scalar, without its sign, and the relative change of a vector; infinite for
    one that becomes 0 or was 0. Where nothing after the root's own values moves, their change counts, relative to the
    larger of the two. A root that moves nothing that both logs have moves nothing that can be compared: 0.
    """
    if root.status is AuditStatus.LOG_ONLY:
        return 0.0
    side = root.side if root.side is not Side.UNKNOWN else Side.PY
    before = result.effective[side]
    after = repaired(result, root, side, result.effective)
    theirs = result.effective[side.other]
    moved = [node for node in in_order(result.vocabulary, before) if node in theirs and _moves(node, before, after)]
    last = next(iter(reversed(moved)), None)
    # Along a loop the last value may be a turn that the root hardly touches.
    turns = [node for node in moved if last is not None and node.name == last.name]
    if last is None or last.name in root.quantities:
        return max((_apart(before[node], after[node]) for node in turns), default=0.0)
    return max(_change(before[node], after[node]) for node in turns)


def _moves(node: Node, before: Values, after: Mapping[Node, Vector]) -> bool:
    return len(after[node]) == len(before[node]) and after[node] != before[node]


def _apart(before: Vector, after: Vector) -> float:
    return norm(tuple(x - y for x, y in zip(after, before, strict=True))) / max(norm(before), norm(after))


def _change(before: Vector, after: Vector) -> float:
    if len(before) == 1:
        old, new = abs(before[0]), abs(after[0])
        return abs(math.log(new / old)) if old and new else math.inf
    size = norm(before)
    return norm(tuple(x - y for x, y in zip(after, before, strict=True))) / size if size else math.inf

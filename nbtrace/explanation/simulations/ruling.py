"""What runs of the simulator say of the roots: on which side they are, and what makes them.

Where both logs are runs of the simulator to their digits, what the two runs differ in is the answer, whatever the
formulas could not tell. Where one log is the run of the configuration and the other is not, the other departs from it.
A change is blamed on the side that has it: it departs from the configuration. One that takes a known defect out is
blamed on the side that has the defect.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Node, in_order
from nbtrace.explanation.audit.findings import INTRODUCED, Audit, AuditStatus, Finding
from nbtrace.explanation.audit.roots import Grounds, Root, searched
from nbtrace.explanation.causes.search import Cause, Search
from nbtrace.explanation.simulations.counterfactual import RunDifference, Simulated
from nbtrace.explanation.simulations.evidence import SIMULATOR, evidence
from nbtrace.explanation.simulations.reproduction import Reproduction
from nbtrace.records import Side

_ENOUGH = 8
"""Values that a run must reproduce before it is said to be a log."""

_SHOWN = 2
"""Other changes that are named where they fit as well."""


def ruled(audit: Audit, roots: Sequence[Root], simulated: Simulated | None) -> tuple[Root, ...]:
    """Return the roots as the formulas and the runs together tell them, in execution order."""
    if simulated is None or len(simulated.reproductions) < len(INTRODUCED):
        return tuple(roots)
    if simulated.differences and all(map(is_whole, simulated.reproductions.values())):
        return tuple(_by_differences(audit, roots, simulated))
    return tuple(_by_one_run(audit, root, simulated) for root in roots)


def is_whole(reproduction: Reproduction) -> bool:
    """Whether a run is the whole log but for what only the log has wrong."""
    excused = all(match.node.name in reproduction.excused for match in reproduction.left)
    return excused and len(reproduction.held) >= _ENOUGH


def is_configured(reproduction: Reproduction) -> bool:
    """Whether a log is the run of the configuration as it is given."""
    return is_whole(reproduction) and not reproduction.changes


def _by_differences(audit: Audit, roots: Sequence[Root], simulated: Simulated) -> Iterator[Root]:
    """Yield one root for each difference of the two runs, then what only a log has wrong.

    Of what the runs have, nothing else is a difference: a root that no difference moves stays only where a log has it
    and no run does.
    """
    words = audit.vocabulary
    groups: dict[int, list[Root]] = {}
    for root in roots:
        if root.status is not AuditStatus.LOG_ONLY:
            place = _nearest(root.node, simulated.differences)
            groups.setdefault(place, []).append(root)
    made = []
    for i, difference in enumerate(simulated.differences):
        findings = [finding for root in groups.get(i, ()) for finding in root.findings]
        first = _first(audit, difference)
        if not findings and first is not None:
            findings = [first]
        if findings:
            made.append(_made_by(audit, difference, findings, groups.get(i, ()), simulated))
    beyond = [root for root in groups.get(len(simulated.differences), ()) if not _is_run(root, simulated)]
    rest = [root for root in roots if root.status is AuditStatus.LOG_ONLY] + beyond
    order = {node: i for i, node in enumerate(in_order(words, [root.node for root in (*made, *rest)]))}
    yield from sorted((*made, *rest), key=lambda root: order[root.node])


def _is_run(root: Root, simulated: Simulated) -> bool:
    """Whether the runs have every value of a root that a log prints."""
    held = {side: {match.node for match in item.held} for side, item in simulated.reproductions.items()}
    return all(
        finding.node in of_side
        for finding in root.findings
        for side, of_side in held.items()
        if finding.held(side).logged is not None
    )


def _nearest(node: Node, differences: Sequence[RunDifference]) -> int:
    """Return the difference that moves fewest values besides a value; their number if none moves it."""
    moving = [(len(item.moved), i) for i, item in enumerate(differences) if node in set(item.moved)]
    return min(moving)[1] if moving else len(differences)


def _first(audit: Audit, difference: RunDifference) -> Finding | None:
    """Return the first value that a difference moves and that the logs have apart."""
    apart = (finding for finding in audit.findings if finding.status is not AuditStatus.MATCH)
    by_node = {finding.node: finding for finding in apart if finding.c.logged and finding.py.logged}
    return next((by_node[node] for node in difference.moved if node in by_node), None)


def _made_by(
    audit: Audit, difference: RunDifference, findings: Iterable[Finding], made_of: Sequence[Root], simulated: Simulated
) -> Root:
    side = difference.blamed
    by_node = {finding.node: finding for finding in findings}
    ordered = tuple(by_node[node] for node in in_order(audit.vocabulary, by_node))
    status = INTRODUCED[side]
    own = next((root.search for root in made_of if root.supposed is side and root.node == ordered[0].node), None)
    search = own if own is not None else searched(audit, ordered[0], side)
    cause = _cause(difference, ordered[0], simulated)
    kept = search.causes if difference.change.mends and search.causes and search.causes[0].exact else ()
    causes = (*kept, cause) if kept else (cause, *(item for item in search.causes if item.exact))
    return Root(
        findings=tuple(replace(item, status=status, side=side, is_root=True) for item in ordered),
        side=side,
        status=status,
        search=Search(causes, search.tried + simulated.tried, search.nearest),
        supposed=side,
        place=audit.physics.place(ordered[0].node),
        vocabulary=audit.vocabulary,
        basis=Grounds.BOTH_RUNS,
        run=difference,
    )


def _cause(difference: RunDifference, finding: Finding, simulated: Simulated) -> Cause:
    """Return a difference of the runs as the cause of a value, with what it leaves there."""
    side = difference.blamed
    match = simulated.reproductions[side].at(finding.node)
    logged = finding.held(side).logged or ()
    predicted = match.simulated if match is not None else logged
    mine = match.logged if match is not None else logged
    residual = norm(tuple(x - y for x, y in zip(mine, predicted, strict=False)))
    theirs = finding.held(side.other).logged or ()
    deviation = norm(tuple(x - y for x, y in zip(mine, theirs, strict=False)))
    return Cause(
        signature=SIMULATOR,
        text=_words(difference),
        predicted=predicted,
        residual=residual,
        residual_rel=match.residual_rel if match is not None else 0.0,
        left=residual / deviation if deviation else 0.0,
        exact=True,
        chance=difference.chance,
        tried=simulated.tried,
    )


def _words(difference: RunDifference) -> str:
    """Return what the blamed side has, with other changes that fit as well."""
    own = difference.change.mends or difference.change.text
    others = [change.mends or change.text for change in difference.as_well if change.name != difference.change.name]
    also = ", or ".join(others[:_SHOWN])
    return f"{own} (or {also}: the pixel does not tell them apart)" if others else own


def _by_one_run(audit: Audit, root: Root, simulated: Simulated) -> Root:
    """Return a root of which a run tells the side, or the cause, where the formulas do not."""
    if root.status is AuditStatus.LOG_ONLY:
        return root
    support = evidence(root, simulated)
    if support is not None and (root.side is Side.UNKNOWN or root.cause is None):
        side = support.difference.blamed if root.side is Side.UNKNOWN else root.side
        if side is support.difference.blamed:
            return _made_by(audit, support.difference, root.findings, (root,), simulated)
    side = _departing(audit, root, simulated)
    if side is Side.UNKNOWN or side is root.side:
        return root
    search = root.search if root.supposed is side else searched(audit, root.findings[0], side)
    findings = tuple(replace(item, status=INTRODUCED[side], side=side) for item in root.findings)
    return replace(
        root,
        findings=findings,
        side=side,
        status=INTRODUCED[side],
        search=search,
        supposed=side,
        basis=Grounds.ONE_RUN,
    )


def _departing(audit: Audit, root: Root, simulated: Simulated) -> Side:
    """Return the side whose value is not that of the configuration, where the other's is; UNKNOWN if that is open."""
    for side in (Side.C, Side.PY):
        mine, theirs = simulated.reproductions[side], simulated.reproductions[side.other]
        if not _configures(mine, root) or not _leaves(theirs, root):
            continue
        settled = root.side is Side.UNKNOWN and _holds_above(audit, theirs, root.node)
        misjudged = root.side is side and is_configured(mine) and root.node not in simulated.defective
        if settled or misjudged:
            return side.other
    return Side.UNKNOWN


def _configures(reproduction: Reproduction, root: Root) -> bool:
    """Whether the run of the configuration as given has a side's value."""
    match = reproduction.at(root.node)
    return match is not None and match.holds and not reproduction.changes


def _leaves(reproduction: Reproduction, root: Root) -> bool:
    match = reproduction.at(root.node)
    return match is not None and not match.holds


def _holds_above(audit: Audit, reproduction: Reproduction, node: Node) -> bool:
    """Whether a run has all that a log's value is computed from."""
    above = audit.vocabulary.ancestors(node.name)
    return all(match.holds for match in reproduction.matches if match.node.name in above)

"""Findings that one mistake makes are one root; each root gets its cause."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from nbtrace.compare.evaluate import sharpened
from nbtrace.compare.excerpt import whole_of
from nbtrace.compare.metrics import norm
from nbtrace.compare.repeats import Repeat, phi_steps, repeats
from nbtrace.compare.scene import Fact, Node, Place, Values
from nbtrace.explanation.audit.findings import INTRODUCED, Audit, AuditStatus, Finding, Ground, noise
from nbtrace.explanation.causes.catalogue import ZERO, catalogue
from nbtrace.explanation.causes.search import Case, Cause, Search, Signature, Trait, distance, search
from nbtrace.explanation.proof import Proof, ProofOutcome
from nbtrace.frozen import frozen
from nbtrace.records import Side, Trace
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.explanation.simulations.counterfactual import RunDifference


class Grounds(StrEnum):
    """What a root's side and cause are told by."""

    FORMULAS = "formulas"
    SETTINGS = "settings"
    ONE_RUN = "one run"
    BOTH_RUNS = "both runs"


@frozen
class SettingApart:
    """A configuration value that the sides have apart."""

    name: str
    c: Fact
    py: Fact


@frozen
class Root:
    """A difference that a side introduces, or that the logs do not follow further up.

    Attributes
    ----------
    findings : tuple of Finding
        All values that show it, in execution order.
    side : Side
    status : AuditStatus
    search : Search
        The causes of the first value, and what was tried.
    supposed : Side
        The side whose value the causes explain; where none is blamed, they suppose that the other one is right.
    place : Place
        The turns of the loops in which its first value is computed.
    vocabulary : Vocabulary
    basis : Grounds
    settings : tuple of SettingApart
        Configuration values that the sides have apart, where that is all there is to it.
    run : RunDifference or None
        What the runs of the two sides differ in, where that makes it.
    proofs : mapping of Side to Proof
        What the reference itself, or the candidate, said when the value was changed there; empty where neither was
        asked.
    withdrawn : tuple of Cause
        Causes that they contradict.
    """

    findings: tuple[Finding, ...]
    side: Side
    status: AuditStatus
    search: Search
    supposed: Side = Side.UNKNOWN
    place: Place = ()
    vocabulary: Vocabulary = field(default_factory=registry.default)
    basis: Grounds = Grounds.FORMULAS
    settings: tuple[SettingApart, ...] = ()
    run: "RunDifference | None" = None
    proofs: Mapping[Side, Proof] = field(default_factory=dict)
    withdrawn: tuple[Cause, ...] = ()

    @property
    def node(self) -> Node:
        """The first value that shows it."""
        return self.findings[0].node

    @property
    def quantity(self) -> str:
        """The first quantity that shows it."""
        return self.node.name

    @property
    def quantities(self) -> tuple[str, ...]:
        """Every quantity that shows it."""
        return tuple(dict.fromkeys(finding.node.name for finding in self.findings))

    @property
    def phi_tic(self) -> int | None:
        """The step of the φ sweep, None for a value that is not of one."""
        return dict(self.place).get(self.vocabulary.sweep or "")

    @property
    def proof(self) -> Proof | None:
        """What the reference itself said; None where it was not asked."""
        return self.proofs.get(Side.C)

    @property
    def is_refuted(self) -> bool:
        """Whether a program itself contradicts that the difference comes from here, and the other does not show it."""
        outcomes = {proof.outcome for proof in self.proofs.values()}
        return ProofOutcome.REFUTED in outcomes and ProofOutcome.CONFIRMED not in outcomes

    @property
    def cause(self) -> Cause | None:
        """The best cause."""
        return self.search.causes[0] if self.search.causes else None


def roots(result: Audit) -> tuple[Root, ...]:
    """Return the roots in execution order, each with its causes."""
    groups: dict[tuple[Side, Hashable], list[Finding]] = {}
    for finding in result.roots:
        groups.setdefault((finding.side, _family(result, finding)), []).append(finding)
    candidates = [_root(result, tuple(group)) for group in groups.values()]
    return tuple(_joined(_with_sides_that_are_shown(tuple(_without_shared_steps(result, candidates)))))


def _family(result: Audit, finding: Finding) -> Hashable:
    """Return what findings of one root share: the quantity, or the settings that the sides have apart."""
    if finding.settings:
        return result.physics.setting_family(finding.settings)
    if finding.ground is Ground.SINGLE:
        return finding.ground
    return result.physics.root_family(result, finding)


def _apart(result: Audit, findings: Iterable[Finding]) -> Iterator[SettingApart]:
    """Yield the settings of some findings, and those that are set with them, each with its value on either side."""
    facts = [result.scenes[side].facts for side in (Side.C, Side.PY)]
    apart = tuple(dict.fromkeys(name for finding in findings for name in finding.settings))
    for name in result.physics.setting_family(apart):
        if all(name in of_side for of_side in facts):
            yield SettingApart(name, *(of_side[name] for of_side in facts))


def _with_sides_that_are_shown(candidates: Sequence[Root]) -> Iterator[Root]:
    """Yield the roots; of a value that both sides break, a side without a cause is not blamed.

    Where both break a formula, it may be another formula that they share.
    """
    by_side = {(root.node, root.side): root for root in candidates if root.status in INTRODUCED.values()}
    for root in candidates:
        other = by_side.get((root.node, root.side.other)) if root.status in INTRODUCED.values() else None
        if other is None or root.cause is not None:
            yield root
        elif other.cause is not None or root.side is Side.C:
            yield replace(
                root, side=Side.UNKNOWN, status=AuditStatus.UNKNOWN, findings=tuple(map(_open, root.findings))
            )


def _open(finding: Finding) -> Finding:
    reason = "both break the formula, and no cause explains how"
    return replace(finding, status=AuditStatus.UNKNOWN, side=Side.UNKNOWN, reason=reason)


def _without_shared_steps(result: Audit, candidates: Iterable[Root]) -> Iterator[Root]:
    """Yield the roots but those of a step that repeats the same other one in both sweeps: it makes no difference."""
    repeated = [
        {(repeat.phi_tic, repeat.of_tic) for repeat in _repeats(scene.trace, side)}
        for side, scene in result.scenes.items()
    ]
    shared = {tic for tic, _ in set.intersection(*repeated)}
    for root in candidates:
        cause = root.cause
        if (
            cause is None
            or Trait.REPEATS_A_TURN not in cause.signature.traits
            or (root.place[-1][1] if root.place else None) not in shared
        ):
            yield root
        elif all(item.node in values for values in _of_others(result, root.side) for item in root.findings):
            others = tuple(cause for cause in root.search.causes if Trait.REPEATS_A_TURN not in cause.signature.traits)
            yield replace(root, search=replace(root.search, causes=others))


def _repeats(trace: Trace, side: Side) -> tuple[Repeat, ...]:
    """Return the steps that repeat another one, of which some may stand in columns."""
    whole = whole_of(trace)
    return whole.repeats if whole is not None and whole.apart else repeats(phi_steps(trace), side)


def _of_others(result: Audit, side: Side) -> list[Values]:
    """Return the values of the sides that a root is not of; of both where nothing tells whose it is."""
    return [values for other, values in result.effective.items() if other is not side]


def _root(result: Audit, findings: tuple[Finding, ...]) -> Root:
    first, place = findings[0], result.physics.place(findings[0].node)
    if first.ground is Ground.SINGLE:
        search = Search((_single(first),), 1)
        return Root(findings, first.side, first.status, search, first.side, (), result.vocabulary)
    if first.side is not Side.UNKNOWN:
        known = Root(
            findings,
            first.side,
            first.status,
            _searched_everywhere(result, findings, first.side),
            first.side,
            place,
            result.vocabulary,
        )
        if known.cause is None or Trait.NOT_LOGGED not in known.cause.signature.traits:
            return known
        return replace(known, side=Side.UNKNOWN, status=AuditStatus.UNKNOWN)
    if first.settings:
        return Root(
            findings,
            Side.UNKNOWN,
            first.status,
            Search((), 0),
            Side.PY,
            place,
            result.vocabulary,
            Grounds.SETTINGS,
            tuple(_apart(result, findings)),
        )
    searches = {side: _searched_everywhere(result, findings, side) for side in (Side.C, Side.PY)}
    side = _blamed(result, first.node, searches)
    status = INTRODUCED.get(side, AuditStatus.UNKNOWN)
    habit = side is not Side.UNKNOWN and Trait.HABIT in searches[side].causes[0].signature.traits
    if habit or first.status is AuditStatus.LOG_ONLY:
        status = AuditStatus.LOG_ONLY
    supposed = side if side is not Side.UNKNOWN else _better_explained(searches)
    return Root(findings, side, status, searches[supposed], supposed, place, result.vocabulary)


_SINGLE = Signature("float32", "single precision", 3, lambda _: iter(()))


def _single(finding: Finding) -> Cause:
    """Return single precision as the cause of a value that has the digits of a float32."""
    held = finding.held(finding.side)
    logged, right = held.logged or (), held.computed.value if held.computed is not None else ()
    residual, size = distance(logged, right), norm(logged)
    return Cause(
        signature=_SINGLE,
        text="computed in single precision, while the rest of the log is double",
        predicted=logged,
        residual=residual,
        residual_rel=residual / size if size else residual,
        left=0.0,
        exact=True,
        chance=_FLOAT32_BY_CHANCE ** len(logged),
        tried=1,
    )


_FLOAT32_BY_CHANCE = 2.0**-29
"""How likely a double is a float32 by chance."""

_PLACES = 4
"""Further places of a root at which its causes are tried."""


def _searched_everywhere(result: Audit, findings: tuple[Finding, ...], side: Side) -> Search:
    """Return the causes of a root's first value, those first that also explain its values at other places.

    One mistake in a loop is made in every turn; what fits in one turn alone is a coincidence.
    """
    search = searched(result, findings[0], side)
    others = [item for item in findings[1:] if item.node.name == findings[0].node.name]
    if len(search.causes) < 2 or not others or not result.physics.has_terms:
        return search
    some = others[:: max(1, len(others) // _PLACES)][:_PLACES]
    elsewhere = [{cause.signature.name for cause in searched(result, item, side).causes} for item in some]

    def lacking(cause: Cause) -> int:
        return sum(cause.signature.name not in names for names in elsewhere)

    return replace(search, causes=tuple(sorted(search.causes, key=lacking)))


def _better_explained(searches: dict[Side, Search]) -> Side:
    """Return the side whose value a cause explains best as a mistake; Py where neither or both are explained alike."""

    def left(side: Side) -> tuple[bool, bool, float]:
        causes = searches[side].causes
        return (not causes, not causes[0].exact, causes[0].signature.complexity) if causes else (True, True, 0.0)

    return min((Side.PY, Side.C), key=left)


def _blamed(result: Audit, node: Node, sides: dict[Side, Search]) -> Side:
    """Return the side whose value a cause explains as a mistake, where only one side's can be."""
    quantity = result.vocabulary.quantities.get(node.name)
    if quantity is None or quantity.has_default:
        return Side.UNKNOWN
    telling = {
        side for side, result in sides.items() if result.causes and _tells(result.causes[0], zero=quantity.never_zero)
    }
    return telling.pop() if len(telling) == 1 else Side.UNKNOWN


def _tells(cause: Cause, *, zero: bool) -> bool:
    """Whether a cause is a mistake and cannot be the right value; `zero` says whether 0 cannot be one."""
    return Trait.ONE_SIDED in cause.signature.traits and (cause.signature.name != ZERO or zero)


def searched(result: Audit, finding: Finding, side: Side) -> Search:
    """Return the causes that explain a side's value."""
    case = case_of(result, finding, side)
    return search(case, catalogue(result.physics)) if case is not None else Search((), 0)


def case_of(result: Audit, finding: Finding, side: Side) -> Case | None:
    """Return what the catalogue is tried on; None where there is nothing to compare with."""
    other = side.other
    scene, node = result.scenes[side], finding.node
    computed, logged = finding.held(side).computed, scene.values.get(node)
    theirs = result.effective[other].get(node)
    right = sharpened(computed, theirs) if computed is not None else theirs
    if logged is None or right is None or len(right) != len(logged):
        return None
    if computed is not None and finding.status is AuditStatus.LOG_ONLY:
        right = result.physics.sharper(result, side, node, right)
    return Case(
        scene=scene,
        values=result.effective[side],
        theirs=result.effective[other],
        node=node,
        logged=logged,
        right=right,
        allowed=computed.allowed if computed is not None and right != theirs else noise(result.scenes, node),
        inputs=computed.inputs if computed is not None else (),
        told=computed.facts if computed is not None else (),
    )


def _joined(candidates: Iterable[Root]) -> list[Root]:
    """Join roots of one side that one and the same mistake makes."""
    result: list[Root] = []
    for root in candidates:
        cause = root.cause
        place = next((i for i, earlier in enumerate(result) if _same(earlier, root)), None)
        if cause is None or place is None:
            result.append(root)
        else:
            result[place] = replace(result[place], findings=(*result[place].findings, *root.findings))
    return result


def _same(earlier: Root, root: Root) -> bool:
    if earlier.side is not root.side or earlier.cause is None or root.cause is None:
        return False
    signature = root.cause.signature
    return earlier.cause.signature.name == signature.name and Trait.JOINS in signature.traits

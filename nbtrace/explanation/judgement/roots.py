"""Findings that one mistake makes are one root; each root gets its cause."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from nbtrace.compare.repeats import phi_steps, repeats
from nbtrace.explanation.causes.catalogue import CATALOGUE
from nbtrace.explanation.causes.search import Case, Cause, Search, search
from nbtrace.explanation.formulas.evaluate import sharpened, value_at
from nbtrace.explanation.judgement.findings import Audit, Finding, Status, family, noise, other_side
from nbtrace.explanation.scene import ALL, Node, UnloggedError, Vector
from nbtrace.records import Side

_JOINED = frozenset({"given_normal", "not_normalised", "cell_volume", "convention"})
"""Causes that several vectors share."""


@dataclass(frozen=True)
class Root:
    """A difference that a side introduces, or that the logs do not follow further up.

    Attributes
    ----------
    findings : tuple of Finding
        All values that show it, in execution order.
    side : Side
    status : Status
    search : Search
        The causes of the first value, and what was tried.
    supposed : Side
        The side whose value the causes explain; where none is blamed, they suppose that the other one is right.
    """

    findings: tuple[Finding, ...]
    side: Side
    status: Status
    search: Search
    supposed: Side = Side.UNKNOWN

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
        """The φ step, None for a value that is not of one."""
        if self.node.tic != ALL:
            return self.node.tic
        return 0 if self.quantity.startswith("rot_") and "star" not in self.quantity else None

    @property
    def cause(self) -> Cause | None:
        """The best cause."""
        return self.search.causes[0] if self.search.causes else None


def roots(result: Audit) -> tuple[Root, ...]:
    """Return the roots in execution order, each with its causes."""
    groups: dict[tuple[Side, str], list[Finding]] = {}
    for finding in result.roots:
        groups.setdefault((finding.side, _family(result, finding)), []).append(finding)
    found = [_root(result, tuple(group)) for group in groups.values()]
    return tuple(_joined(_with_sides_that_are_shown(tuple(_without_shared_steps(result, found)))))


def _with_sides_that_are_shown(found: Sequence[Root]) -> Iterator[Root]:
    """Yield the roots; of a value that both sides break, a side without a cause is not blamed.

    Where both break a formula, it may be another formula that they share.
    """
    by_side = {(root.node, root.side): root for root in found if root.status in _INTRODUCED}
    for root in found:
        other = by_side.get((root.node, other_side(root.side))) if root.status in _INTRODUCED else None
        if other is None or root.cause is not None:
            yield root
        elif other.cause is not None or root.side is Side.C:
            yield replace(root, side=Side.UNKNOWN, status=Status.UNKNOWN, findings=tuple(map(_open, root.findings)))


_INTRODUCED = frozenset({Status.INTRODUCED_C, Status.INTRODUCED_PY})


def _open(finding: Finding) -> Finding:
    reason = "both break the formula, and no cause explains how"
    return replace(finding, status=Status.UNKNOWN, side=Side.UNKNOWN, reason=reason)


_OLD_STEP = frozenset({"stale", "stale_rotation"})
"""Causes by which a step repeats another one."""


def _without_shared_steps(result: Audit, found: Iterable[Root]) -> Iterator[Root]:
    """Yield the roots but those of a step that repeats the same other one in both sweeps: it makes no difference."""
    repeated = [
        {(repeat.phi_tic, repeat.of_tic) for repeat in repeats(phi_steps(scene.trace), side)}
        for side, scene in result.scenes.items()
    ]
    shared = {tic for tic, _ in set.intersection(*repeated)}
    for root in found:
        cause = root.cause
        if cause is None or cause.signature.name not in _OLD_STEP or root.phi_tic not in shared:
            yield root
        elif all(node in result.effective[other_side(root.side)] for node in (item.node for item in root.findings)):
            others = tuple(cause for cause in root.search.causes if cause.signature.name not in _OLD_STEP)
            yield replace(root, search=replace(root.search, causes=others))


def _family(result: Audit, finding: Finding) -> str:
    """Return a name that findings of one mistake share."""
    name = finding.node.name
    if name in {"phi_h_frac", "phi_k_frac", "phi_l_frac"}:
        earlier = {item.node.name for item in result.roots if item.side is finding.side}
        if any(other.startswith("rot_") and other.endswith("_angstroms") for other in earlier):
            return "orientation"
        return "hkl_frac" if "hkl_frac" in earlier else "sweep"
    return family(name)


def _root(result: Audit, findings: tuple[Finding, ...]) -> Root:
    first = findings[0]
    if first.side is not Side.UNKNOWN:
        known = Root(findings, first.side, first.status, searched(result, first, first.side), first.side)
        if known.cause is None or known.cause.signature.name != _NOT_LOGGED:
            return known
        return replace(known, side=Side.UNKNOWN, status=Status.UNKNOWN)
    found = {side: searched(result, first, side) for side in (Side.C, Side.PY)}
    side = _blamed(first.node, found)
    status = {Side.C: Status.INTRODUCED_C, Side.PY: Status.INTRODUCED_PY}.get(side, Status.UNKNOWN)
    habit = side is not Side.UNKNOWN and found[side].causes[0].signature.name in _HABITS
    if habit or first.status is Status.LOG_ONLY:
        status = Status.LOG_ONLY
    supposed = side if side is not Side.UNKNOWN else _better_explained(found)
    return Root(findings, side, status, found[supposed], supposed)


def _better_explained(found: dict[Side, Search]) -> Side:
    """Return the side whose value a cause explains best as a mistake; Py where neither or both are explained alike."""

    def left(side: Side) -> tuple[bool, bool, float]:
        causes = found[side].causes
        return (not causes, not causes[0].exact, causes[0].signature.complexity) if causes else (True, True, 0.0)

    return min((Side.PY, Side.C), key=left)


def _blamed(node: Node, found: dict[Side, Search]) -> Side:
    """Return the side whose value a cause explains as a mistake, where only one side's can be."""
    telling = {side for side, result in found.items() if result.causes and _tells(node, result.causes[0])}
    if node.name in _WITH_DEFAULT:
        return Side.UNKNOWN
    return telling.pop() if len(telling) == 1 else Side.UNKNOWN


def _tells(node: Node, cause: Cause) -> bool:
    """Whether a cause is a mistake and cannot be the right value."""
    return cause.signature.name in _TELLING and (cause.signature.name != "zero" or node.name in _NEVER_ZERO)


_NOT_LOGGED = "unlogged_factor"
"""The cause by which a side does what its log does not show: that is no mistake, and the other side may lack it."""

_HABITS = frozenset({"over_1000"})
"""Causes that are known to be of the log alone."""

_TELLING = _HABITS | {"constant", "not_normalised", "zero", "rotated_in_log", "cell_c_star_z"}
"""Causes that make sense for one side only: the other way round they would turn a mistake into a value."""

_NEVER_ZERO = frozenset(
    {
        "R_distance_meters",
        "close_distance_meters",
        "lambda_meters",
        "lambda_angstroms",
        "incident_vec",
        "diffracted_vec",
        "fdet_vec",
        "sdet_vec",
        "odet_vec",
        "rot_a_angstroms",
        "rot_b_angstroms",
        "rot_c_angstroms",
        "omega_pixel_sr",
        "omega_pixel",
        "r_e_meters",
        "r_e_sqr",
        "steps",
        "polar",
        "F_cell",
    }
)
"""Quantities of which 0 is a placeholder, or a reflection that a side lacks; of all others it can be the value."""

_WITH_DEFAULT = frozenset({"fluence_photons_per_m2", "capture_fraction"})
"""Quantities whose default a run may well have meant: only the configuration tells."""


def searched(result: Audit, finding: Finding, side: Side) -> Search:
    """Return the causes that explain a side's value."""
    case = case_of(result, finding, side)
    return search(case, CATALOGUE) if case is not None else Search((), 0)


def case_of(result: Audit, finding: Finding, side: Side) -> Case | None:
    """Return what the catalogue is tried on; None where there is nothing to compare with."""
    other = Side.PY if side is Side.C else Side.C
    scene, node = result.scenes[side], finding.node
    computed, logged = finding.held(side).computed, scene.values.get(node)
    theirs = result.effective[other].get(node)
    right = sharpened(computed, theirs) if computed is not None else theirs
    if logged is None or right is None or len(right) != len(logged):
        return None
    if computed is not None and finding.status is Status.LOG_ONLY and node.name == "I_before_scaling":
        right = _by_pixel(result, side, right)
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


def _by_pixel(result: Audit, side: Side, right: Vector) -> Vector:
    """Return the intensity that the pixel value itself tells, which is known better than the sum over the steps."""
    scene, final = result.scenes[side], Node("I_pixel_final")
    try:
        computed, _ = value_at(scene, result.effective[side], final)
    except UnloggedError:
        return right
    logged = scene.values.get(final, (0.0,))[0]
    return (right[0] * logged / computed[0],) if computed[0] and logged else right


def _joined(found: Iterable[Root]) -> list[Root]:
    """Join roots of one side that one and the same mistake makes."""
    result: list[Root] = []
    for root in found:
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
    name = root.cause.signature.name
    return earlier.cause.signature.name == name and name in _JOINED

"""The words of an explanation: where a root is, what makes it, how that is known, and what it does."""

import math
from collections.abc import Iterator, Sequence

from nbtrace.compare.metrics import is_finite
from nbtrace.compare.scene import Vector
from nbtrace.explanation.audit.attribution import Attribution, Share
from nbtrace.explanation.audit.findings import AuditStatus, Finding
from nbtrace.explanation.audit.roots import Grounds, Root
from nbtrace.explanation.causes.search import Search
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.physics import physics_of
from nbtrace.explanation.ranking import UNDONE, size
from nbtrace.records import Side
from nbtrace.report.view import listed, percent
from nbtrace.report.views.explain_proof import withdrawn_words
from nbtrace.vocabulary.formula import Lack
from nbtrace.vocabulary.sides import Names

_SHORT = 12
"""Letters of a name that stand in the word for a status."""
_MATERIAL = 1e-6
"""Share of the final log-ratio under which a root does not matter to the pixel."""
SMALL = 1e-8
"""Logarithm of a ratio that is called none."""


def left_words(attribution: Attribution) -> str:
    """Return what is left of the final log-ratio, and whether rounding allows it."""
    left, allowed = attribution.left or 0.0, attribution.allowed
    words = f"{left:+.2e} is left"
    if left and abs(left) <= allowed:
        return f"{words}, which rounding allows (up to {allowed:.1e})"
    return f"{words} without a cause" if abs(left) >= SMALL else words


def side_words(root: Root) -> str:
    """Return which side a root is on."""
    names = root.vocabulary.names
    if root.settings:
        return " and ".join(names.pair)
    return names.either if root.side is Side.UNKNOWN else names.of(root.side)


def root_words(root: Root, turn: str = "") -> str:
    """Return where a root is and its cause, with the residual that the cause leaves.

    `turn` is the turn of a loop that no line names, in which its first value differs.
    """
    where = listed(root.quantities, 3)
    if place := place_words(root) or turn:
        where += f" at {place}"
    if root.settings:
        return f"{setting_words(root)}; each follows the formula of {where}"
    if root.is_refuted:
        return f"{where}: {withdrawn_words(root)}"
    if root.cause is None:
        return f"{where}: {_without_cause(root)}"
    cause = f"{root.cause.text}, residual {root.cause.residual_rel:.1e}"
    if root.side is Side.UNKNOWN:
        mine, theirs = (root.vocabulary.names.of(side) for side in (root.supposed, root.supposed.other))
        return f"{where}: the logs do not tell whose value is right; if {theirs}'s is, {mine} has this: {cause}"
    return f"{where}: {cause}"


def setting_words(root: Root) -> str:
    """Return which setting the sides have apart, with both values and who tells them."""
    names = root.vocabulary.names
    physics, settings = physics_of(root.vocabulary), tuple(setting.name for setting in root.settings)
    shown = []
    for name, facts in zip(names.pair, zip(*((item.c, item.py) for item in root.settings), strict=True), strict=True):
        values = [" ".join(f"{number:.9g}" for number in fact.numbers) for fact in facts]
        shown.append(f"{name} {physics.setting_values(settings, values)} (its {facts[0].origin})")
    return f"{physics.setting_words(settings)}: {', '.join(shown)}"


def basis_words(root: Root) -> str:
    """Return by what the side of a root, and what makes it, are told; empty where no side is told."""
    names = root.vocabulary.names
    if root.basis is Grounds.BOTH_RUNS:
        return "both logs are runs of the simulator to their digits, and the two runs differ in this"
    if root.basis is Grounds.ONE_RUN:
        right = names.of(root.side.other)
        return (
            f"{right}'s value is that of the simulator with the configuration as given, {names.of(root.side)}'s is not"
        )
    if root.basis is Grounds.SETTINGS:
        return "each log follows its formulas with a setting of its own"
    if root.side is Side.UNKNOWN:
        return ""
    if root.findings[0].held(root.side).broken:
        return f"{names.of(root.side)}'s value is not what the formula gives for {names.of(root.side)}'s own inputs"
    return f"{names.of(root.side)}'s value is a known mistake, the other way round it would be none"


def odds_words(search: Search) -> str:
    """Return how likely it is that the best cause fits by chance, over all that was tried."""
    if not search.causes:
        return f"{search.tried} candidates tried"
    return f"odds of the cause: {search.causes[0].odds}"


def rounding_words(roots: Sequence[Root]) -> str:
    """Return in one line what several roots of the size of rounding are."""
    names = roots[0].vocabulary.names
    sides = dict.fromkeys(root.side for root in roots)
    whose = " and ".join(names.either if side is Side.UNKNOWN else names.of(side) for side in sides)
    quantities = tuple(dict.fromkeys(name for root in roots for name in root.quantities))
    many = f"{len(quantities)} quantities are" if len(quantities) > 1 else f"{quantities[0]} is"
    largest = max(map(size, roots))
    listed_ = f" ({listed(quantities, 4)})" if len(quantities) > 1 else ""
    return f"{whose}: {many} off by rounding, at most {largest:.0e}{listed_}"


def status_word(status: AuditStatus, names: Names) -> str:
    """Return what a report calls a status: who introduced a difference goes by its name, if that is a short word."""
    introduced = {
        AuditStatus.INTRODUCED_C: (names.reference, "REFERENCE"),
        AuditStatus.INTRODUCED_PY: (names.candidate, "CANDIDATE"),
    }
    if status not in introduced:
        return status.value
    name, part = introduced[status]
    return f"INTRODUCED_{name.upper() if len(name) <= _SHORT and len(name.split()) == 1 else part}"


def place_words(root: Root) -> str:
    """Return the turns of the loops that a root is in."""
    return ", ".join(f"{name} {ordinal}" for name, ordinal in root.place)


def _without_cause(root: Root) -> str:
    finding = root.findings[0]
    if root.status is AuditStatus.UNKNOWN:
        reason = f" ({finding.reason})" if finding.reason and finding.c.lack is not Lack.FORMULA else ""
        return f"{_apart(finding, root.vocabulary.names)}; the logs do not tell whose is right{reason}"
    if root.status is AuditStatus.LOG_ONLY:
        return f"not what the formula gives; {finding.reason}"
    if root.basis is Grounds.ONE_RUN:
        return f"{_apart(finding, root.vocabulary.names)}; {basis_words(root)}"
    return f"breaks {formula_words(root)}; no cause of the catalogue fits"


_PARALLEL = 1e-4
"""Relative deviation up to which one vector is a multiple of another."""


def _apart(finding: Finding, names: Names) -> str:
    """Return how the values of the two sides differ, in one clause."""
    c, py = finding.c.logged, finding.py.logged
    if c is None or py is None or len(c) != len(py):
        return "the sides have different values"
    infinite = [name for name, value in zip(names.pair, (c, py), strict=True) if not is_finite(value)]
    if infinite:
        return f"{' and '.join(infinite)}: the value is not finite"
    square = math.fsum(x * x for x in c)
    factor = math.fsum(x * y for x, y in zip(c, py, strict=True)) / square if square else 0.0
    off = math.dist(py, [factor * x for x in c])
    if not factor or off > _PARALLEL * math.hypot(*py):
        apart = math.dist(c, py) / math.sqrt(square) if square else math.inf
        return f"the sides differ by {apart:.2g} of {names.reference}'s value"
    single = max(_off_components(c, py, factor), default=0.0)
    if single > 10 * min(abs(factor - 1), _PARALLEL):
        return f"components of {names.candidate}'s value differ by up to {single:.2g} of {names.reference}'s"
    theirs = f"{names.candidate}'s value is"
    if abs(factor - 1) < _PARALLEL:
        return f"{theirs} {names.reference}'s times 1 {'−' if factor < 1 else '+'} {abs(factor - 1):.2g}"
    return f"{theirs} {factor:.7g} times {names.reference}'s" + (" in every component" if len(c) > 1 else "")


def _off_components(c: Vector, py: Vector, factor: float) -> Iterator[float]:
    """Yield how far each component is from a multiple of the other side's, relative to it.

    Components that are rounding are left out. Of numbers of very different size, the largest alone decides whether all
    of them together are a multiple.
    """
    least = _NOISE * max(map(abs, c))
    return (abs(y / x - factor) for x, y in zip(c, py, strict=True) if len(c) > 1 and abs(x) > least)


_NOISE = 1e-9
"""Size of a component, relative to the largest, below which it is rounding."""


def effect_words(root: Root, share: Share, result: Explanation) -> str:
    """Return what a root does to the pixel."""
    vocabulary = result.diff.c.vocabulary
    outcome = vocabulary.outcome if vocabulary.knows(root.quantity) else "value"
    final = result.attribution.final or f"the final {outcome}"
    if root.status is AuditStatus.LOG_ONLY:
        return f"only the log is wrong, {final} is not"
    if share.of_log_ratio is None:
        return f"its share of {final} cannot be computed ({share.reason})"
    if abs(share.of_log_ratio) < _MATERIAL:
        return f"without effect on {final}"
    if abs(share.of_log_ratio) > UNDONE and share.ratio is not None:
        return f"changes {final} by a factor of {share.ratio:.4g}, most of which other roots undo"
    explains = f"explains {percent(share.of_log_ratio)} of log({result.names.ratio}) of {final}"
    return f"by the logs alone it {explains}" if root.is_refuted else explains


def formula_words(root: Root) -> str:
    """Return the formula of a root."""
    formula = root.vocabulary.formulas.get(root.quantity)
    return formula.text if formula is not None else "its formula"

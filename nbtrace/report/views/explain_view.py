"""The view of an explanation: the answer, the proof, what was tried, and what to look at next."""

import math
from collections import Counter
from collections.abc import Iterator

from nbtrace.compare.metrics import component_name
from nbtrace.compare.scene import in_order
from nbtrace.explanation.audit.attribution import Share
from nbtrace.explanation.audit.findings import AuditStatus, Finding, Held
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.next_probe import next_probe
from nbtrace.explanation.ranking import UNDONE
from nbtrace.explanation.simulations.evidence import evidence
from nbtrace.records import Side
from nbtrace.report.view import Column, Line, Section, SectionKind, Table, View, clean, listed, percent
from nbtrace.report.views.diff_view import configured_words, lack_words
from nbtrace.report.views.explain_next import after_explain
from nbtrace.report.views.explain_proof import (
    proof_lines,
    proof_sections,
    proven_words,
    withdrawn_words,
)
from nbtrace.report.views.explain_simulated import evidence_words, simulator_section
from nbtrace.report.views.explain_words import (
    SMALL,
    basis_words,
    effect_words,
    formula_words,
    left_words,
    odds_words,
    root_words,
    rounding_words,
    setting_words,
    side_words,
    status_word,
)
from nbtrace.verdicts.notices import Weight
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.vocabulary.sides import Names
from nbtrace.vocabulary.vocabulary import UNNAMED

ROOT_COLUMNS = (
    Column("root"),
    Column("side"),
    Column("status"),
    Column("share", numeric=True, rank=1),
    Column("residual", numeric=True, rank=2),
    Column("cause"),
)
PROOF_COLUMNS = (
    Column("value"),
    Column("logged", numeric=True, rounds=True),
    Column("by the formula", numeric=True, rounds=True),
    Column("under the cause", numeric=True, rank=1),
)
_STYLE = {
    AuditStatus.MATCH: Status.PASS,
    AuditStatus.INHERITED: Status.MINOR,
    AuditStatus.AMPLIFIED: Status.MINOR,
    AuditStatus.INTRODUCED_C: Status.CRITICAL,
    AuditStatus.INTRODUCED_PY: Status.CRITICAL,
    AuditStatus.LOG_ONLY: Status.DIVERGENT,
    AuditStatus.CONFIGURED: Status.CRITICAL,
    AuditStatus.UNKNOWN: Status.MISSING,
}


def explain_view(result: Explanation) -> View:
    """Return the view of an explanation; what its first line says stands in no notice."""
    names, answer = result.names, headline(result)
    sources = zip(names.pair, (result.diff.c, result.diff.py), strict=True)
    return View(
        title=f"Explanation: {names.against}",
        verdict=result.verdict,
        headline=answer,
        facts=(*(f"{side}: {clean(trace.source)}" for side, trace in sources), *_facts(result)),
        notices=tuple(notice for notice in result.diff.notices if clean(notice.text) != answer),
        sections=tuple(section for section in _sections(result) if section.says_something),
    )


def _unnamed_turn(result: Explanation, root: Root) -> str:
    """Return the turn in which the first value of a root differs, where no line of the logs names the loop."""
    rows = (row for row in result.diff.rows if row.quantity == root.quantity and row.status.diverges)
    first = next(rows, None)
    turns = first.index.loops if first is not None else ()
    return ", ".join(f"{name} {ordinal}" for name, ordinal in turns if name in UNNAMED)


def headline(result: Explanation) -> str:
    """Return the answer in one line."""
    if not result.comparable:
        blocking = next(item for item in result.diff.notices if item.weight is Weight.BLOCKING)
        return clean(blocking.text)
    if not result.ranked:
        if result.verdict is Verdict.AGREE:
            return "nothing to explain: every value agrees, or follows from values that do"
        if result.diff.first_divergence is None:
            return f"the values that both logs print agree{lack_words(result.diff)}"
        single = _single_side(result)
        if single:
            return f"{single} in single precision, and every difference follows from that"
        return f"{result.diff.first_divergence.label} differs, but no value in the logs shows which side is wrong"
    root, share = result.ranked[0]
    answer = f"{side_words(root)}: {_leading_words(root, share, result)}"
    if len(result.rounded) == len(result.ranked) > 1:
        answer = rounding_words(result.rounded)
    if result.verdict is Verdict.AGREE:
        return f"every value agrees within the tolerance; below it, {answer}"
    answer += _configured(result, root, share)
    attribution = result.attribution
    left, whole = attribution.left, attribution.log_ratio
    if left is None or whole is None or abs(left) < _MUCH * abs(whole) or abs(left) < SMALL:
        return answer
    return f"{answer}; of log({result.names.ratio}) = {whole:+.3g}, {left_words(attribution)}"


def _leading_words(root: Root, share: Share, result: Explanation) -> str:
    """Return what the first root is, what the reference itself says of it, and else what it does."""
    told = root_words(root, _unnamed_turn(result, root))
    if root.is_refuted:
        return told
    proven = proven_words(root, result)
    withdrawn = [other for other, _ in result.ranked if other.is_refuted]
    also = f"; {withdrawn[0].node.label}: {withdrawn_words(withdrawn[0])}" if withdrawn else ""
    return f"{told}; {proven or effect_words(root, share, result)}{also}"


def _single_side(result: Explanation) -> str:
    """Return which side alone computes in single precision, and what; empty if none, or if a value is left open."""
    scenes = result.audit.scenes
    sides = [side for side, scene in scenes.items() if scene.single or scene.singles]
    open_ = any(item.status is AuditStatus.UNKNOWN and (item.is_root or item.on_both) for item in result.findings)
    if len(sides) != 1 or open_:
        return ""
    scene = scenes[sides[0]]
    quantities = tuple(dict.fromkeys(node.name for node in in_order(scene.vocabulary, scene.singles)))
    what = "" if scene.single else f" {listed(quantities, 4)}"
    return f"{result.names.of(sides[0])} computes{what}"


def _configured(result: Explanation, root: Root, share: Share) -> str:
    """Return the configuration that differs, where the root does not explain a final ratio that is far from 1."""
    far = result.diff.final_ratio
    if far is None or (share.of_log_ratio is not None and abs(1 - share.of_log_ratio) < _HALF):
        return ""
    named = {finding.node.name for finding in root.findings}
    if any(item.name in named for item in far.configured):
        return ""
    words = configured_words(result.diff)
    return f"; {far.row.quantity} {result.names.ratio} may come from{words.removeprefix(':')}" if words else ""


_HALF = 0.5
"""Share of the final log-ratio that a root leaves from which on what else differs belongs to the answer."""

_MUCH = 0.01
"""Share of the final log-ratio from which on what is left of it belongs to the answer."""


def _facts(result: Explanation) -> Iterator[str]:
    findings = result.findings
    yield from proof_lines(result)
    counts = Counter(item.status for item in findings)
    counts[AuditStatus.MATCH] += result.audit.num_agreeing
    yield "Audit: " + ", ".join(
        f"{counts[status]} {status_word(status, result.names)}" for status in AuditStatus if counts[status]
    )
    told = basis_words(result.ranked[0][0]) if result.ranked else ""
    if told:
        yield f"The first root is told by this: {told}"
    attribution = result.attribution
    if attribution.log_ratio is not None:
        words = f"log({result.names.ratio}) of {attribution.final} is {attribution.log_ratio:+.9g}"
        yield words + (
            f"; with every root corrected, {left_words(attribution)}" if attribution.left is not None else ""
        )


def _sections(result: Explanation) -> Iterator[Section]:
    rounded = result.rounded if len(result.rounded) > 1 else ()
    shown_roots = [(root, share) for root, share in result.ranked if root not in rounded]
    lines = tuple(_root_line(root, share) for root, share in shown_roots)
    also = (rounding_words(rounded),) if rounded else ()
    yield from proof_sections(result)
    yield Section("Roots", items=also, table=Table(ROOT_COLUMNS, lines) if lines else None, kind=SectionKind.ROOTS)
    yield simulator_section(result.simulated, result.names)
    for root, _ in shown_roots:
        yield _proof(root, evidence_words(evidence(root, result.simulated), result.names), result)
    words = [f"{record.key} (line {record.line}): {clean(record.value.text)[:60]}" for record in result.unusable[:6]]
    yield Section("Values that are no numbers", items=tuple(words))
    shown = [
        item for item in result.findings if item.status is not AuditStatus.MATCH and (item.is_root or item.on_both)
    ]
    table = Table(_audit_columns(result.names), tuple(_audit_line(item, result.names) for item in shown))
    yield Section("Every value that differs", table=table if shown else None, detail=True)
    yield from after_explain(result)


def _root_line(root: Root, share: Share) -> Line:
    cells = (
        root.node.label + (f" (+{len(root.findings) - 1})" if len(root.findings) > 1 else ""),
        side_words(root),
        status_word(root.status, root.vocabulary.names),
        _share_cell(share),
        f"{root.cause.residual_rel:.1e}" if root.cause is not None else "–",
        _cause_cell(root),
    )
    return Line(cells, _STYLE[root.status])


def _cause_cell(root: Root) -> str:
    if root.is_refuted:
        return withdrawn_words(root)
    if root.cause is not None:
        return root.cause.text
    return setting_words(root) if root.settings else "none found"


def _share_cell(share: Share) -> str:
    """Return a share of the log-ratio; of a root that others undo the factor, since a share of little tells little."""
    if share.of_log_ratio is not None and abs(share.of_log_ratio) > UNDONE and share.ratio is not None:
        return f"×{share.ratio:.4g}"
    return percent(share.of_log_ratio)


def _proof(root: Root, runs: str, result: Explanation) -> Section:
    told = basis_words(root)
    return Section(
        f"{side_words(root)}: {root.node.label}",
        sentences=(*proof_sentences(root), *([f"told by: {told}"] if told else ()), *([runs] if runs else ())),
        items=tuple(_alternatives(root, result)),
        table=Table(PROOF_COLUMNS, tuple(map(Line, proof_rows(root, result)))),
        kind=SectionKind.PROOF,
    )


def proof_sentences(root: Root) -> tuple[str, ...]:
    """Return the formula that a root breaks, why it is held to, and what the quantity is."""
    if _judged(root).computed is None and root.status is not AuditStatus.LOG_ONLY:
        formula = "no formula could be checked; the other side's value stands in its place"
    else:
        formula = f"formula: {formula_words(root)}"
    return tuple(filter(None, (formula, root.findings[0].reason, _description(root))))


def proof_rows(root: Root, result: Explanation) -> tuple[tuple[str, str, str, str], ...]:
    """Return per component its name, and the value as logged, by the formula, and under the cause."""
    held = _judged(root)
    logged = held.logged or ()
    right = held.computed.value if held.computed is not None else root.findings[0].held(_side(root).other).logged
    predicted = root.cause.predicted if root.cause is not None else ()
    record = result.audit.scenes[_side(root)].records.get(root.node)
    own_names = record.value.names if record is not None and len(record.value.names) == len(logged) else ()
    names = tuple(component_name(i, own_names, len(logged)) for i in range(len(logged)))
    labels = [f"{root.quantity} {name}" for name in names] if len(logged) > 1 else [root.quantity]
    return tuple(
        (label, _cell(logged, i), _cell(right or (), i), _cell(predicted, i)) for i, label in enumerate(labels)
    )


def _side(root: Root) -> Side:
    """Return the side whose value is held against the formula."""
    return root.supposed if root.supposed is not Side.UNKNOWN else Side.PY


def _judged(root: Root) -> Held:
    return root.findings[0].held(_side(root))


def _description(root: Root) -> str:
    known = root.vocabulary.quantities.get(root.quantity)
    if known is None or (not known.description and known.unit == "1"):
        return ""
    return f"{known.description} [{known.unit}]".lstrip()


def _cell(values: tuple[float, ...], place: int) -> str:
    return f"{values[place]:.15g}" if place < len(values) and math.isfinite(values[place]) else "–"


def _alternatives(root: Root, result: Explanation) -> Iterator[str]:
    if root.settings:
        yield setting_words(root)
        return
    if root.is_refuted:
        yield withdrawn_words(root)
    yield odds_words(root.search)
    for cause in root.search.causes[1:3]:
        yield f"fits as well: {cause.text} (residual {cause.residual_rel:.1e})"
    if root.search.causes:
        if root.side is Side.UNKNOWN:
            yield _next_probe(root, result)
        return
    for cause in root.search.nearest[:2]:
        yield f"nearest that does not fit: {cause.text} (residual {cause.residual_rel:.1e})"
    yield _next_probe(root, result)


def _next_probe(root: Root, result: Explanation) -> str:
    """Return what would settle a root, and the command that gets it."""
    probe = next_probe(result.audit, root, configured=result.simulated is not None)
    return f"this would settle it: {probe.settles}" + (f" ({probe.command})" if probe.command else "")


def _audit_columns(names: Names) -> tuple[Column, ...]:
    sides = (Column(name, named=True) for name in names.pair)
    return (Column("quantity"), *sides, Column("status"), Column("because", rank=1))


def _audit_line(finding: Finding, names: Names) -> Line:
    cells = (
        finding.node.label,
        _held(finding.c.lacking, broken=finding.c.broken),
        _held(finding.py.lacking, broken=finding.py.broken),
        status_word(finding.status, names),
        finding.reason,
    )
    return Line(cells, _STYLE[finding.status])


def _held(lacking: str, *, broken: bool) -> str:
    if lacking:
        return "not checkable"
    return "broken" if broken else "holds"

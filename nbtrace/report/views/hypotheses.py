"""A dated block of findings for a file of hypotheses, as people keep one while they look for a difference."""

from datetime import UTC, datetime

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Vector
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.records import Side
from nbtrace.report.markdown import escape
from nbtrace.report.views.explain_view import headline
from nbtrace.report.views.explain_words import effect_words, root_words, side_words


def hypotheses_block(result: Explanation, now: datetime | None = None) -> str:
    """Return a Markdown block: time, sources, a table of the roots, and each hypothesis with its fate."""
    time = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    names, traces = result.names, (result.diff.c, result.diff.py)
    terms = [side.heading or side.label for side in result.diff.c.vocabulary.sides]
    lines = [
        f"## {time} nbtrace explain",
        "",
        *(f"{escape(side)}: {escape(trace.source)}  " for side, trace in zip(names.pair, traces, strict=True)),
        f"Result: {escape(headline(result))}",
        "",
        f"| Term | {escape(terms[1])} | {escape(terms[0])} | Δ (abs) | Δ (rel) |",
        "| --- | --- | --- | --- | --- |",
        *(_row(root) for root, _ in result.ranked),
        "",
    ]
    for root, share in result.ranked:
        answer = f"{side_words(root)}: {root_words(root)}; {effect_words(root, share, result)}"
        lines.append(f"- {'supported' if root.cause is not None else 'open'}: {escape(answer)}")
        rejected = root.search.nearest[:2] if root.cause is None else ()
        lines += [f"  - rejected: {escape(item.text)} (residual {item.residual_rel:.1e})" for item in rejected]
    return "\n".join(lines) + "\n"


def _row(root: Root) -> str:
    finding = root.findings[0]
    c, py = finding.held(Side.C).logged, finding.held(Side.PY).logged
    if c is None or py is None or len(c) != len(py):
        return f"| {root.quantity} | {_shown(py)} | {_shown(c)} | – | – |"
    delta = norm(tuple(y - x for x, y in zip(c, py, strict=True)))
    relative = f"{delta / norm(c):.3e}" if norm(c) else "–"
    return f"| {root.quantity} | {_shown(py)} | {_shown(c)} | {delta:.3e} | {relative} |"


def _shown(value: Vector | None) -> str:
    return " ".join(f"{number:.9g}" for number in value) if value is not None else "–"

"""An explanation as a JSON document."""

from collections.abc import Mapping

from nbtrace.explanation.audit.attribution import Share
from nbtrace.explanation.audit.findings import AuditStatus, Finding
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.causes.search import Cause
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.simulations.evidence import evidence
from nbtrace.report.documents.trace_documents import FORMAT_VERSION, names_document, notices_document
from nbtrace.report.views.explain_simulated import evidence_document, simulator_document
from nbtrace.report.views.explain_view import (
    effect_words,
    headline,
    proof_rows,
    proof_sentences,
    root_words,
    side_words,
)


def explain_document(result: Explanation) -> Mapping[str, object]:
    """Return an explanation; roots are ranked, the one that explains most first."""
    first = result.diff.first_divergence
    attribution = result.attribution
    return {
        "format": "nbtrace explain",
        "format_version": FORMAT_VERSION,
        "verdict": result.verdict.value,
        "answer": headline(result),
        "first_over_tolerance": first.quantity if first is not None else None,
        "final_quantity": attribution.final,
        "final_word": result.diff.c.vocabulary.outcome,
        "log_ratio_final": attribution.log_ratio,
        "log_ratio_left": attribution.left,
        "log_ratio_allowed": attribution.allowed,
        "names": names_document(result.names),
        "c": {"source": result.diff.c.source, "side": result.diff.c.side.value},
        "py": {"source": result.diff.py.source, "side": result.diff.py.side.value},
        "notices": notices_document(result.diff.notices),
        "roots": [_root(root, share, result) for root, share in result.ranked],
        "simulator": simulator_document(result.simulated),
        "unusable": [{"key": item.key, "line": item.line, "text": item.value.text} for item in result.unusable],
        "audit": [_finding(item) for item in result.audit.findings if item.status is not AuditStatus.MATCH],
    }


def _root(root: Root, share: Share, result: Explanation) -> Mapping[str, object]:
    cause = root.cause
    return {
        "quantity": root.quantity,
        "quantities": list(root.quantities),
        "phi_tic": root.phi_tic,
        "place": dict(root.place),
        "side": root.side.value,
        "status": root.status.value,
        "cause": cause.signature.name if cause is not None else None,
        "text": f"{side_words(root)}: {root_words(root)}; {effect_words(root, share, result)}",
        "residual_rel": cause.residual_rel if cause is not None else None,
        "explains_final_ratio": share.of_log_ratio,
        "explains_reason": share.reason,
        "proof": {
            "sentences": list(proof_sentences(root)),
            "rows": [
                {"value": value, "logged": logged, "by_formula": by_formula, "under_cause": under_cause}
                for value, logged, by_formula, under_cause in proof_rows(root, result)
            ],
        },
        "simulator": evidence_document(evidence(root, result.simulated)),
        "candidates_tried": root.search.tried,
        "causes": [_cause(item) for item in root.search.causes],
        "nearest": [_cause(item) for item in root.search.nearest],
    }


def _cause(cause: Cause) -> Mapping[str, object]:
    return {
        "cause": cause.signature.name,
        "text": cause.text,
        "predicted": list(cause.predicted),
        "residual_rel": cause.residual_rel,
        "share_of_deviation_left": cause.left,
        "within_digits": cause.exact,
        "expected_by_chance": cause.chance,
    }


def _finding(finding: Finding) -> Mapping[str, object]:
    return {
        "quantity": finding.node.name,
        "index": finding.node.label,
        "status": finding.status.value,
        "side": finding.side.value,
        "root": finding.is_root,
        "reason": finding.reason,
        "c": _held(finding, "c"),
        "py": _held(finding, "py"),
    }


def _held(finding: Finding, side: str) -> Mapping[str, object]:
    held = finding.c if side == "c" else finding.py
    return {
        "logged": list(held.logged) if held.logged is not None else None,
        "computed": list(held.computed.value) if held.computed is not None else None,
        "allowed": list(held.computed.allowed) if held.computed is not None else None,
        "not_logged": held.lacking or None,
    }

"""Results as JSON documents; the keys are a contract, and `format_version` counts its changes."""

from collections.abc import Mapping
from typing import TypeAlias

from nbtrace.compare.chain import chain_of
from nbtrace.compare.check import SelfCheck
from nbtrace.compare.diff import Coverage, DiffResult
from nbtrace.compare.divergence import Group
from nbtrace.compare.gaps import Gaps
from nbtrace.compare.judge import Row
from nbtrace.compare.phi import PhiResult, PhiStep
from nbtrace.compare.scaling import ScalingFactor, ScalingResult
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.records import Record, Trace
from nbtrace.report.views.check_view import check_verdict
from nbtrace.verdicts.notices import Notice
from nbtrace.vocabulary.sides import Names

FORMAT_VERSION = 1
"""1: first."""

Document: TypeAlias = Mapping[str, object]


def diff_document(result: DiffResult) -> Document:
    """Return a comparison of two traces."""
    first = result.first_divergence
    return {
        "format": "nbtrace diff",
        "format_version": FORMAT_VERSION,
        "verdict": result.verdict.value,
        "tolerance_rel": result.policy.relative.value,
        "first_divergence": first.quantity if first else None,
        "first_divergence_by_band": {band: row.quantity if row else None for band, row in result.first_by_band.items()},
        "num_divergent": len(result.divergences),
        "roots": [{"quantity": item.group.quantity, "consequences": list(item.consequences)} for item in result.roots],
        "coverage": {**_coverage(result.coverage), **_gaps(result.gaps)},
        "names": names_document(result.names),
        "c": _trace(result.c),
        "py": _trace(result.py),
        "notices": notices_document(result.notices),
        "checks": {"c": _check(result.checks[0]), "py": _check(result.checks[1])},
        "factors": {group.quantity: _group(group) for group in result.groups},
    }


def phi_document(result: PhiResult) -> Document:
    """Return a comparison along φ; differences are Py − C."""
    first = result.first_divergence
    return {
        "format": "nbtrace phi",
        "format_version": FORMAT_VERSION,
        "verdict": result.verdict.value,
        "tolerance_k": result.tolerance.value,
        "tolerance_origin": result.tolerance.origin,
        "first_divergence": first.phi_tic if first else None,
        "max_delta_k": result.max_delta_k,
        "max_delta_k_phi_tic": result.worst.phi_tic if result.worst else None,
        "coverage": {
            "expected": len(result.steps),
            "compared": len(result.compared),
            "missing_c": [step.phi_tic for step in result.steps if step.k_c is None],
            "missing_py": [step.phi_tic for step in result.steps if step.k_py is None],
        },
        "names": names_document(result.c.vocabulary.names),
        "c": _trace(result.c),
        "py": _trace(result.py),
        "notices": notices_document(result.notices),
        "repeats": [
            {"side": item.side.value, "phi_tic": item.phi_tic, "of_phi_tic": item.of_tic, "sample": item.sample}
            for item in result.repeats
        ],
        "steps": [_step(step) for step in result.steps],
    }


def scaling_document(result: ScalingResult) -> Document:
    """Return a comparison of the scaling chains."""
    first = result.first_divergence
    rebuilt, words = result.rebuilt, result.diff.c.vocabulary
    return {
        "format": "nbtrace scaling",
        "format_version": FORMAT_VERSION,
        "verdict": result.verdict.value,
        "tolerance_rel": result.diff.policy.relative.value,
        "first_divergence": first.name if first else None,
        "num_divergent": result.num_divergent,
        "final_quantity": chain_of(words).result,
        "final_word": words.outcome,
        "log_ratio_final": result.log_ratio,
        "unexplained_share": result.unexplained,
        "coverage": {
            "expected": len(result.factors),
            "compared": sum(factor.row is not None for factor in result.factors),
            "missing_c": [factor.name for factor in result.factors if factor.c_value is None],
            "missing_py": [factor.name for factor in result.factors if factor.py_value is None],
        },
        "names": names_document(result.diff.names),
        "c": _trace(result.diff.c),
        "py": _trace(result.diff.py),
        "notices": notices_document(result.notices),
        "products": {
            side: {"product": item.product, "final": item.final, "ratio": item.ratio, "meaning": item.meaning}
            for side, item in zip(("c", "py"), result.products, strict=True)
        },
        "py_before_polarisation": result.py_before_polarisation,
        "factors": {factor.name: _factor(factor) for factor in result.factors},
        "rebuilt": None
        if rebuilt is None
        else {
            "c": rebuilt.c,
            "py": rebuilt.py,
            "steps": [
                {"phi_tic": s.phi_tic, "c_term": s.c_term, "py_term": s.py_term, "share_of_gap": s.share_of_gap}
                for s in rebuilt.steps
            ],
        },
        "lattice": {
            side: [
                {
                    "axis": item.axis,
                    "index": item.index,
                    "rounded": item.rounded,
                    "cells": item.cells,
                    "cells_from": item.cells_from,
                    "at_index": item.at_index,
                    "at_distance": item.at_distance,
                    "logged": item.logged,
                }
                for item in worked
            ]
            for side, worked in zip(("c", "py"), result.lattice, strict=True)
        },
    }


def check_document(result: SelfCheck) -> Document:
    """Return a self-check."""
    return {
        "format": "nbtrace check",
        "format_version": FORMAT_VERSION,
        "verdict": check_verdict(result).value,
        "log": _trace(result.trace),
        **_check(result),
    }


def names_document(names: Names) -> Document:
    """Return what reports call the two sides."""
    return {"c": names.reference, "py": names.candidate}


def _trace(trace: Trace) -> Document:
    at = whereabouts(trace)
    account = trace.account
    return {
        "source": trace.source,
        "side": trace.side.value,
        "pixel": {"slow": at.pixel[0], "fast": at.pixel[1]} if at.pixel else None,
        "dialects": list(trace.dialects),
        "lines": {
            "total": account.total,
            "used": account.used,
            "structure": account.structure,
            "ignored": account.ignored,
            "unreadable": [{"line": bad.line, "text": bad.text, "reason": bad.reason} for bad in account.unreadable],
        },
    }


def trace_document(trace: Trace) -> Document:
    """Return what was read of a log."""
    return _trace(trace)


def notices_document(notices: tuple[Notice, ...]) -> list[Document]:
    """Return notices."""
    return [{"subject": item.subject.value, "weight": item.weight.name.lower(), "text": item.text} for item in notices]


def _check(result: SelfCheck) -> Document:
    return {
        "single_precision": result.single_precision,
        "remarks": list(result.remarks),
        "relations": [
            {
                "quantity": item.quantity,
                "formula": item.formula,
                "finding": item.finding.value,
                "residual": item.residual,
                "allowed": item.allowed,
                "instances": item.instances,
                "broken": item.broken,
                "reason": item.reason,
            }
            for item in result.checks
        ],
    }


def _coverage(covered: Coverage) -> Document:
    return {
        "expected": covered.expected,
        "compared": covered.compared,
        "skipped": dict(covered.skipped),
        "missing_c": list(covered.missing_on_c),
        "missing_py": list(covered.missing_on_py),
        "unknown_c": list(covered.unknown_on_c),
        "unknown_py": list(covered.unknown_on_py),
    }


def _gaps(gaps: tuple[Gaps, Gaps]) -> Document:
    """Return what each side lacks of what it prints elsewhere."""
    return {
        key: value
        for side, item in zip(("c", "py"), gaps, strict=True)
        for key, value in (
            (f"missing_blocks_{side}", item.blocks),
            (f"missing_steps_{side}", item.steps),
            (f"lost_{side}", dict(item.lost)),
            (f"hidden_{side}", list(item.hidden)),
        )
    }


def _group(group: Group) -> Document:
    """Return what stands for a group, and how many values it stands for."""
    row = group.shown
    return {
        **_row(row),
        "index": row.index.label(),
        "instances": {"compared": group.compared, "divergent": group.diverging, "worst": group.worst.index.label()},
    }


def _row(row: Row) -> Document:
    found = row.difference
    known = row.known
    return {
        "description": known.description if known else "",
        "unit": known.unit if known else row.c.unit,
        "c_value": _value(row.c),
        "py_value": _value(row.py),
        "c_text": row.c.value.text,
        "py_text": row.py.value.text,
        "abs_delta": None if found is None else found.delta[found.worst],
        "rel_delta": None if found is None else found.relative,
        "ratio_py_over_c": None if found is None else found.ratio,
        "worst_component": row.component or None,
        "angle_rad": None if found is None else found.angle_rad,
        "ulps": None if found is None else found.ulps,
        "digits_in_agreement": None if found is None else found.digits,
        "status": row.status.value,
        "reason": row.reason,
        "tolerance": row.tolerance.value,
        "tolerance_basis": row.tolerance.basis.value,
        "tolerance_origin": "printed digits" if row.limited_by_print else row.tolerance.origin,
        "allowed": row.limit,
        "c_line": row.c.line,
        "py_line": row.py.line,
    }


def _value(record: Record) -> object:
    if not record.numbers:
        return record.value.text if record.value.shape.value == "text" else None
    return record.numbers[0] if len(record.numbers) == 1 else list(record.numbers)


def _factor(factor: ScalingFactor) -> Document:
    known = factor.known
    common: dict[str, object] = {"log_ratio": factor.log_ratio, "share_of_final_log_ratio": factor.share}
    if factor.row is not None:
        return {**_row(factor.row), **common}
    return {
        "description": factor.description,
        "unit": known.unit if known is not None else None,
        "c_value": factor.c_value,
        "py_value": factor.py_value,
        "abs_delta": None,
        "rel_delta": None,
        "ratio_py_over_c": None,
        "status": factor.status.value,
        "reason": factor.reason,
        "tolerance": None,
        "tolerance_origin": None,
        **common,
    }


def _step(step: PhiStep) -> Document:
    return {
        "phi_tic": step.phi_tic,
        "sample": step.sample,
        "phi_deg_c": step.phi_deg_c,
        "phi_deg_py": step.phi_deg_py,
        "k_frac_c": step.k_c,
        "k_frac_py": step.k_py,
        "F_latt_c": step.F_latt_c,
        "F_latt_py": step.F_latt_py,
        "delta_k": step.delta_k,
        "delta_F_latt_b": step.delta_F_latt_b,
        "delta_F_latt": step.delta_F_latt,
        "status": step.status.value,
        "reason": step.reason,
    }

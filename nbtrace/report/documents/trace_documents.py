"""The JSON documents of `nbtrace diff`, `phi`, `scaling` and `check`."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from nbtrace.compare.chain import Rebuilt, WorkedFactor, chain_of
from nbtrace.compare.diff import DiffResult
from nbtrace.compare.divergence import Divergence, Group
from nbtrace.compare.judge import Row
from nbtrace.compare.phi import PhiResult
from nbtrace.compare.scaling import Product, ScalingFactor, ScalingResult
from nbtrace.compare.self_check import Check, SelfCheck
from nbtrace.records import Record
from nbtrace.report.documents.models.check import CheckDocument, CheckEntry, RelationEntry
from nbtrace.report.documents.models.diff import (
    CheckPair,
    ComparedQuantity,
    DiffCoverage,
    DiffDocument,
    DiffRoot,
    DiffSetting,
    FinalRatioEntry,
    InstanceCount,
)
from nbtrace.report.documents.models.parts import FORMAT_VERSION, StepCoverage
from nbtrace.report.documents.models.phi import PhiDocument, PhiEntry, PhiRepeat
from nbtrace.report.documents.models.scaling import (
    ChainProduct,
    ComparedFactor,
    FactorCoverage,
    LackingFactor,
    LatticeAxis,
    LatticePair,
    ProductPair,
    RebuiltSum,
    ScalingDocument,
    StepShareEntry,
)
from nbtrace.report.documents.parts import (
    SIDE_WORDS,
    Document,
    late_entries,
    notice_entries,
    side_names,
    trace_source,
)
from nbtrace.report.views.check_view import check_verdict


def diff_document(result: DiffResult) -> Document:
    """Return a comparison of two traces."""
    return diff_model(result).written()


def diff_model(result: DiffResult) -> DiffDocument:
    """Return a comparison of two traces as the model of its document."""
    first = result.first_divergence
    c, py = result.checks
    return DiffDocument(
        format="nbtrace diff",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        tolerance_rel=result.policy.relative.value,
        first_divergence=first.quantity if first else None,
        first_divergence_by_band={band: row.quantity if row else None for band, row in result.first_by_band.items()},
        num_divergent=len(result.divergences),
        roots=tuple(_root(item) for item in result.roots),
        final_ratio=_final_ratio(result),
        coverage=_coverage(result),
        names=side_names(result.names),
        c=trace_source(result.c),
        py=trace_source(result.py),
        notices=notice_entries(result.notices),
        checks=CheckPair(c=_check(c), py=_check(py)),
        factors={group.quantity: _group(group) for group in result.groups},
    )


def phi_document(result: PhiResult) -> Document:
    """Return a comparison along φ; differences are Py − C."""
    first = result.first_divergence
    entries = late_entries(PhiEntry, len(result.steps), partial(_phi_entries, result))
    document = PhiDocument(
        format="nbtrace phi",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        tolerance_k=result.tolerance.value,
        tolerance_origin=result.tolerance.origin,
        first_divergence=first.phi_tic if first else None,
        max_delta_k=result.max_delta_k,
        max_delta_k_phi_tic=result.worst.phi_tic if result.worst else None,
        coverage=StepCoverage(
            expected=len(result.steps),
            compared=len(result.compared),
            missing_c=tuple(step.phi_tic for step in result.steps if step.k_c is None),
            missing_py=tuple(step.phi_tic for step in result.steps if step.k_py is None),
        ),
        names=side_names(result.c.vocabulary.names),
        c=trace_source(result.c),
        py=trace_source(result.py),
        notices=notice_entries(result.notices),
        repeats=tuple(
            PhiRepeat(side=SIDE_WORDS[item.side], phi_tic=item.phi_tic, of_phi_tic=item.of_tic, sample=item.sample)
            for item in result.repeats
        ),
        steps=tuple(map(PhiEntry.model_validate, entries[:1])),
    ).written()
    return {**document, "steps": entries}


def scaling_document(result: ScalingResult) -> Document:
    """Return a comparison of the scaling chains."""
    first = result.first_divergence
    words = result.diff.c.vocabulary
    c_product, py_product = result.products
    c_lattice, py_lattice = result.lattice
    return ScalingDocument(
        format="nbtrace scaling",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        tolerance_rel=result.diff.policy.relative.value,
        first_divergence=first.name if first else None,
        num_divergent=result.num_divergent,
        final_quantity=chain_of(words).result,
        final_word=words.outcome,
        log_ratio_final=result.log_ratio,
        unexplained_share=result.unexplained,
        coverage=FactorCoverage(
            expected=len(result.factors),
            compared=sum(factor.row is not None for factor in result.factors),
            missing_c=tuple(factor.name for factor in result.factors if factor.c_value is None),
            missing_py=tuple(factor.name for factor in result.factors if factor.py_value is None),
        ),
        names=side_names(result.diff.names),
        c=trace_source(result.diff.c),
        py=trace_source(result.diff.py),
        notices=notice_entries(result.notices),
        products=ProductPair(c=_product(c_product), py=_product(py_product)),
        py_before_polarisation=result.py_before_polarisation,
        factors={factor.name: _factor(factor) for factor in result.factors},
        rebuilt=_rebuilt(result.rebuilt) if result.rebuilt is not None else None,
        lattice=LatticePair(c=tuple(map(_axis, c_lattice)), py=tuple(map(_axis, py_lattice))),
    ).written()


def check_document(result: SelfCheck) -> Document:
    """Return a self-check."""
    held = _check(result)
    return CheckDocument(
        format="nbtrace check",
        format_version=FORMAT_VERSION,
        verdict=check_verdict(result).value,
        log=trace_source(result.trace),
        single_precision=held.single_precision,
        remarks=held.remarks,
        relations=held.relations,
    ).written()


def _root(item: Divergence) -> DiffRoot:
    return DiffRoot(quantity=item.group.quantity, consequences=item.consequences)


def _final_ratio(result: DiffResult) -> FinalRatioEntry | None:
    far = result.final_ratio
    if far is None:
        return None
    return FinalRatioEntry(
        quantity=far.row.quantity,
        ratio_py_over_c=far.row.difference.ratio if far.row.difference is not None else None,
        configuration=tuple(DiffSetting(name=item.name, c_text=item.c, py_text=item.py) for item in far.configured),
        divergence=far.divergence.label if far.divergence is not None else None,
    )


def _coverage(result: DiffResult) -> DiffCoverage:
    """Return what was compared, and what each side lacks of what it prints elsewhere."""
    covered, (c, py) = result.coverage, result.gaps
    return DiffCoverage(
        expected=covered.expected,
        compared=covered.compared,
        skipped=dict(covered.skipped),
        missing_c=covered.missing_on_c,
        missing_py=covered.missing_on_py,
        unknown_c=covered.unknown_on_c,
        unknown_py=covered.unknown_on_py,
        missing_blocks_c=c.blocks,
        missing_steps_c=c.steps,
        lost_c=dict(c.lost),
        hidden_c=c.hidden,
        missing_blocks_py=py.blocks,
        missing_steps_py=py.steps,
        lost_py=dict(py.lost),
        hidden_py=py.hidden,
    )


def _check(result: SelfCheck) -> CheckEntry:
    return CheckEntry(
        single_precision=result.single_precision, remarks=result.remarks, relations=tuple(map(_relation, result.checks))
    )


def _relation(item: Check) -> RelationEntry:
    return RelationEntry(
        quantity=item.quantity,
        formula=item.formula,
        finding=item.finding.value,
        residual=item.residual,
        allowed=item.allowed,
        instances=item.instances,
        broken=item.broken,
        reason=item.reason,
    )


def _group(group: Group) -> ComparedQuantity:
    """Return what stands for a group, and how many values it stands for."""
    row = group.shown
    return ComparedQuantity(
        **_row(row),
        index=row.index.label(),
        instances=InstanceCount(compared=group.compared, divergent=group.diverging, worst=group.worst.index.label()),
    )


def _row(row: Row) -> dict[str, Any]:
    """Return the fields of a difference."""
    found = row.difference
    known = row.known
    return {
        "description": known.description if known else "",
        "unit": known.unit if known else row.c.unit,
        "c_value": printed_value(row.c),
        "py_value": printed_value(row.py),
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


def printed_value(record: Record) -> Any:
    """Return a value in its quantity's unit: a number, a list of them, a text, or None for what is neither."""
    if not record.numbers:
        return record.value.text if record.value.shape.value == "text" else None
    return record.numbers[0] if len(record.numbers) == 1 else list(record.numbers)


def _factor(factor: ScalingFactor) -> ComparedFactor | LackingFactor:
    if factor.row is not None:
        return ComparedFactor(**_row(factor.row), log_ratio=factor.log_ratio, share_of_final_log_ratio=factor.share)
    known = factor.known
    return LackingFactor(
        description=factor.description,
        unit=known.unit if known is not None else None,
        c_value=factor.c_value,
        py_value=factor.py_value,
        abs_delta=None,
        rel_delta=None,
        ratio_py_over_c=None,
        status=factor.status.value,
        reason=factor.reason,
        tolerance=None,
        tolerance_origin=None,
        log_ratio=factor.log_ratio,
        share_of_final_log_ratio=factor.share,
    )


def _product(item: Product) -> ChainProduct:
    return ChainProduct(product=item.product, final=item.final, ratio=item.ratio, meaning=item.meaning)


def _rebuilt(rebuilt: Rebuilt) -> RebuiltSum:
    steps = tuple(
        StepShareEntry(phi_tic=step.phi_tic, c_term=step.c_term, py_term=step.py_term, share_of_gap=step.share_of_gap)
        for step in rebuilt.steps
    )
    return RebuiltSum(c=rebuilt.c, py=rebuilt.py, steps=steps)


def _axis(item: WorkedFactor) -> LatticeAxis:
    return LatticeAxis(
        axis=item.axis,
        index=item.index,
        rounded=item.rounded,
        cells=item.cells,
        cells_from=item.cells_from,
        at_index=item.at_index,
        at_distance=item.at_distance,
        logged=item.logged,
    )


def _phi_entries(result: PhiResult, first: int) -> Iterator[tuple[object, ...]]:
    """Yield what is written of each step from the one at a place on, in the order of its keys."""
    for step in islice(result.steps, first, None):
        yield (
            step.phi_tic,
            step.sample,
            step.phi_deg_c,
            step.phi_deg_py,
            step.k_c,
            step.k_py,
            step.F_latt_c,
            step.F_latt_py,
            step.delta_k,
            step.delta_F_latt_b,
            step.delta_F_latt,
            step.status.value,
            step.reason,
        )

"""What `phi`, `steps`, `scaling` and `check` compare, for waivers: a part of two traces, or one against itself.

A part is judged together with the whole comparison of the same traces: what differs in it only because of a quantity
outside of it follows from that quantity's waiver.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from nbtrace.compare.chain import chain_of
from nbtrace.compare.divergence import group_rows
from nbtrace.compare.logs import FACTOR, KEY, PRODUCT, logs_of
from nbtrace.compare.phi import PhiResult, PhiStep
from nbtrace.compare.scaling import ScalingResult
from nbtrace.compare.self_check import Check, SelfCheck
from nbtrace.compare.steps import StepsResult, Turn
from nbtrace.explanation.judged_traces import judged_group
from nbtrace.records import Side
from nbtrace.verdicts.status import Status, Verdict, band
from nbtrace.verdicts.waivers import JudgedCase, JudgedQuantity
from nbtrace.vocabulary.quantity import Basis

_UNEXPLAINED = "not everything could be compared"


def part_of(whole: JudgedCase | None, part: JudgedCase) -> JudgedCase:
    """Return a part with what the whole comparison tells besides: sides, causes, what follows, the other quantities."""
    told = {} if whole is None else {item.quantity: item for item in whole.quantities}
    own = tuple(_told(item, told.get(item.quantity)) for item in part.quantities)
    names = {item.quantity for item in own}
    return replace(part, quantities=(*own, *(item for name, item in told.items() if name not in names)))


def _told(item: JudgedQuantity, whole: JudgedQuantity | None) -> JudgedQuantity:
    if whole is None:
        return item
    return replace(item, side=whole.side, cause=whole.cause, inherited=whole.inherited)


def judged_scaling(name: str, result: ScalingResult) -> JudgedCase:
    """Return the quantities of a scaling chain; one that a side lacks has no size."""
    names = chain_of(result.diff.c.vocabulary).names
    groups = {group.quantity: group for group in group_rows(result.diff.rows) if group.quantity in names}
    lacking = (item for item in result.factors if item.row is None and item.name not in groups)
    quantities = (
        *map(judged_group, groups.values()),
        *(JudgedQuantity(item.name, item.status) for item in lacking if item.status.diverges),
    )
    lost = {name for gaps in result.diff.gaps for name in (*gaps.lost, *gaps.hidden)} | result.diff.conflicts
    others = [f"{quantity} is lacking, unreadable or contradicts itself" for quantity in sorted(lost & set(names))]
    others += ["a side lacks whole blocks"] * any(gaps.blocks for gaps in result.diff.gaps)
    return _case(name, quantities, others, result.verdict)


def judged_steps(name: str, result: StepsResult) -> JudgedCase:
    """Return the quantities of a loop, each with its largest difference in all turns."""
    groups = group_rows(row for turn in result.turns for row in turn.rows)
    others = [text for turn in result.turns for text in _lacking(turn, result)]
    others += [f"a line of {quantity} cannot be read" for quantity in sorted(result.lost)]
    return _case(name, tuple(map(judged_group, groups)), others, result.verdict)


def _lacking(turn: Turn, result: StepsResult) -> Iterator[str]:
    names = result.diff.names
    if turn.only_on is not None:
        yield f"only one side has {result.index} {turn.ordinal}"
    for side, label in zip((Side.C, Side.PY), names.pair, strict=True):
        for quantity in dict.fromkeys(turn.lacked(side)):
            yield f"{label} lacks {quantity} at {result.index} {turn.ordinal}"


def judged_phi(name: str, result: PhiResult) -> JudgedCase:
    """Return the quantities of the φ steps; a lattice factor counts where it differs although k is the same."""
    logs = logs_of(result.c.vocabulary)
    failing = [step for step in result.steps if step.status.diverges and step.delta_k is not None]
    of_k = [step for step in failing if not _by_factors(step, result)]
    of_factors = [step for step in failing if _by_factors(step, result)]
    sizes = [(abs(step.delta_k or 0.0), abs(step.k_c or 0.0)) for step in result.compared]
    quantities = [_of_steps(logs.of_a_step(KEY), of_k, sizes, result)]
    for part in (FACTOR, PRODUCT):
        own = [step for step in of_factors if (part == FACTOR) is bool(step.delta_F_latt_b)]
        if not own:  # that they agree is for nbtrace diff to say: they are not judged where k differs
            continue
        deltas = [abs((step.delta_F_latt_b if part == FACTOR else step.delta_F_latt) or 0.0) for step in own]
        values = [0.0 if part == FACTOR else abs(step.F_latt_c or 0.0) for step in own]
        quantities.append(_of_steps(logs.of_a_step(part), own, list(zip(deltas, values, strict=True)), result))
    others = [f"only one side has step {step.phi_tic}" for step in result.steps if step.delta_k is None]
    others += ["a line of a φ step cannot be read"] * result.has_unreadable_steps
    return _case(name, tuple(quantities), others, result.verdict)


def _by_factors(step: PhiStep, result: PhiResult) -> bool:
    """Whether k of a step agrees, so that its status is that of the lattice factors."""
    size = abs(step.delta_k or 0.0)
    return size == 0 or size < result.tolerance.allowed(abs(step.k_c or 0.0))


def _of_steps(
    quantity: str, failing: list[PhiStep], sizes: list[tuple[float, float]], result: PhiResult
) -> JudgedQuantity:
    status = Status.PASS if not failing else max((step.status for step in failing), key=list(Status).index)
    if any(step.status is Status.NOT_FINITE for step in failing):
        return JudgedQuantity(quantity, Status.NOT_FINITE)
    relative = (
        None
        if any(delta and not size for delta, size in sizes)
        else max((delta / size for delta, size in sizes if size), default=0.0)
    )
    absolute = max((delta for delta, _ in sizes), default=0.0)
    tolerance = result.tolerance
    return JudgedQuantity(quantity, status, relative, absolute, tolerance=tolerance.value, basis=tolerance.basis)


def judged_check(name: str, result: SelfCheck) -> JudgedCase:
    """Return the relations of one log by the quantities that they give; the size of one is its residual."""
    worst: dict[str, Check] = {}
    for item in result.checked:
        other = worst.get(item.quantity)
        if other is None or _residual(item) > _residual(other):
            worst[item.quantity] = item
    broken = {item.quantity for item in result.broken}
    quantities = tuple(_relation(item, broken=item.quantity in broken) for item in worst.values())
    # The first remarks are those of the broken relations.
    others = [*result.remarks[len(result.broken) :]]
    others += ["lines that cannot be read"] * bool(result.trace.account.unreadable)
    faulty = bool(broken or result.remarks or others)
    return _case(name, quantities, others, Verdict.DIFFER if faulty else Verdict.AGREE)


def _residual(item: Check) -> float:
    return float("inf") if item.residual is None else item.residual


def _relation(item: Check, *, broken: bool) -> JudgedQuantity:
    size = item.residual
    if not broken:
        return JudgedQuantity(item.quantity, Status.PASS, size, tolerance=item.allowed)
    status = Status.CRITICAL if size is None or math.isnan(size) else band(size)
    return JudgedQuantity(item.quantity, status, size, tolerance=item.allowed, basis=Basis.RELATIVE)


def _case(name: str, quantities: tuple[JudgedQuantity, ...], others: list[str], verdict: Verdict) -> JudgedCase:
    if verdict is Verdict.NOT_COMPARABLE:
        others = [*others, "the logs are not comparable"]
    if verdict is Verdict.DIFFER and not others and not any(item.status.diverges for item in quantities):
        others = [_UNEXPLAINED]
    return JudgedCase(name, quantities, tuple(others), agrees=verdict is Verdict.AGREE)

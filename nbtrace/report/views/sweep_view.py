"""The view of a sweep over precisions and devices."""

from collections.abc import Iterator, Sequence

from nbtrace.compare.sweep_result import Measured, PrecisionRun, Reading, SweepOutcome, SweepResult, Swept
from nbtrace.records import Trace
from nbtrace.report.next_steps import next_section, why
from nbtrace.report.view import (
    Column,
    Line,
    Section,
    Table,
    View,
    listed,
    number,
    signed,
    tolerance_facts,
)
from nbtrace.verdicts.notices import Weight
from nbtrace.verdicts.status import Status, Verdict

STATUS_OF = {
    SweepOutcome.STABLE: Status.PASS,
    SweepOutcome.ROUNDING: Status.PASS,
    SweepOutcome.PRECISION_LIMITED: Status.MINOR,
    SweepOutcome.UNDECIDED: Status.MISSING,
    SweepOutcome.DEFECT: Status.CRITICAL,
}
"""The status that colours an outcome."""

_MEANINGS = {
    SweepOutcome.STABLE: "the same in every run, to the last printed digit",
    SweepOutcome.ROUNDING: "moves with the precision, or is apart from the reference only as far as rounding goes",
    SweepOutcome.PRECISION_LIMITED: "rounding moves it by more than its tolerance",
    SweepOutcome.UNDECIDED: "the runs do not tell",
    SweepOutcome.DEFECT: "apart from the reference in every precision: no rounding",
}
_MOVING = (
    Column("quantity"),
    Column("value", numeric=True, rank=2, rounds=True),
    Column("Δ rel", numeric=True, rank=1),
    Column("digits", numeric=True, rank=3),
    Column("condition", numeric=True, rank=6),
    Column("moving", numeric=True, rank=7),
)
_APART = (
    Column("off", numeric=True),
    Column("off, coarse", numeric=True, rank=5),
    Column("trend", rank=4),
)
_OFF = "off: relative difference from the reference in the most precise run; off, coarse: in the least precise one."


def sweep_view(result: SweepResult, *, brief: bool = False) -> View:
    """Return the view of a sweep; a brief one leaves out of the table what is the same everywhere and agrees."""
    return View(
        title="One trace in several precisions",
        verdict=result.verdict,
        headline=headline(result),
        facts=tuple(_facts(result)),
        notices=result.notices,
        sections=tuple(_sections(result, brief=brief)),
    )


def headline(result: SweepResult) -> str:
    """Return the answer in one line."""
    if result.verdict is Verdict.NOT_COMPARABLE:
        return next(item.text for item in result.notices if item.weight is Weight.BLOCKING)
    return "; ".join((*_against_reference(result), _movement(result)))


def _against_reference(result: SweepResult) -> Iterator[str]:
    if result.reference is None:
        return
    defects, undecided = result.of_outcome(SweepOutcome.DEFECT), result.of_outcome(SweepOutcome.UNDECIDED)
    if defects:
        first = defects[0].shown
        apart = f"{_counted(len(defects))} apart from the reference in every precision"
        yield f"{apart}, first {first.label}, {first.reason}"
    elif result.verdict is Verdict.DIFFER:
        why = f"first {undecided[0].shown.label}: {undecided[0].shown.reason}" if undecided else "a trace is cut short"
        yield f"differs from the reference, and the runs do not show why; {why}"
    else:
        held = sum(place.reference is not None for item in result.quantities for place in item.places)
        yield f"{held} values held against the reference, none differs by more than rounding"


def _counted(count: int) -> str:
    return f"{count} quantity" if count == 1 else f"{count} quantities"


def _movement(result: SweepResult) -> str:
    moving = [item for item in result.quantities if item.shown.digits is not None]
    if not moving:
        return f"none of {_counted(len(result.quantities))} moves with the precision"
    limited = result.of_outcome(SweepOutcome.PRECISION_LIMITED)
    least = min(moving, key=lambda item: item.shown.digits or 0.0)
    beyond = f", {listed(item.quantity for item in limited)} beyond the tolerance" if limited else ""
    kept = f"{least.shown.label} keeps the fewest digits, {least.shown.digits:.1f}"
    return f"{len(moving)} of {_counted(len(result.quantities))} move with the precision{beyond}; {kept}"


def _facts(result: SweepResult) -> Iterator[str]:
    first, *others = result.runs
    yield f"Runs: {first.name} (the others are held against it), {', '.join(run.name for run in others)}"
    for run in result.runs:
        if run.trace.source != run.name:
            yield f"{run.name}: {run.trace.source}"
    if result.reference is not None:
        names = result.policy.vocabulary.names
        pair = f"{names.reference} in the notes; {names.candidate} is {first.name}"
        yield f"Reference: {result.reference.source} ({pair})"
    yield from tolerance_facts(result.policy)


def _sections(result: SweepResult, *, brief: bool) -> Iterator[Section]:
    shown = [item for item in result.quantities if not brief or item.outcome is not SweepOutcome.STABLE]
    columns = (*_MOVING, *(_APART if result.reference is not None else ()), Column("outcome"))
    hidden = len(result.quantities) - len(shown)
    sentences: tuple[str, ...] = (
        (f"{hidden} quantities that are the same in every run are left out (--brief).",) if hidden else ()
    )
    sentences += (_OFF,) if result.reference is not None else ()
    table = Table(columns, tuple(_line(item, result) for item in shown))
    yield Section("Quantities in execution order", sentences=sentences, table=table)
    for outcome in (SweepOutcome.DEFECT, SweepOutcome.UNDECIDED, SweepOutcome.PRECISION_LIMITED):
        quantities = result.of_outcome(outcome)
        if quantities:
            items = tuple(f"{item.shown.label} {item.shown.reason}{_remark(item, result)}" for item in quantities)
            roots = f"Roots, from which the others may follow: {listed(result.roots)}."
            sentences = (roots,) if outcome is SweepOutcome.DEFECT and result.roots else ()
            yield Section(f"{outcome.value}: {_MEANINGS[outcome]}", sentences=sentences, items=items)
    yield Section("Outcomes", items=tuple(_counts(result)))
    if result.first_defect is not None and result.reference is not None:
        yield from _next(result.reference, result.runs[0])


def _remark(item: Swept, result: SweepResult) -> str:
    """Return what is said of a movement that no rounding makes."""
    if not result.exceeds_rounding(item):
        return ""
    return f"; far more than rounding of its inputs explains (condition {item.condition:.2g}): look at its code"


def _next(reference: Trace, run: PrecisionRun) -> tuple[Section, ...]:
    if run.trace.source == run.name:
        written = "write the trace with nbtrace harness; nbtrace explain says which side is wrong"
        return next_section([written])
    return next_section(commands=[why(reference, run.trace)])


def _counts(result: SweepResult) -> Iterator[str]:
    for outcome in SweepOutcome:
        quantities = result.of_outcome(outcome)
        if quantities:
            yield f"{outcome.value} {len(quantities)}: {_MEANINGS[outcome]}"
    yield f"{result.compared} values compared in {len(result.runs)} runs"


def _line(item: Swept, result: SweepResult) -> Line:
    place = item.shown
    first = place.readings[0]
    farthest = _farthest([reading for reading in place.readings if reading.moved is not None])
    moved = farthest.moved if farthest is not None else None
    cells = [
        place.label,
        _value(first),
        signed(moved.relative) if moved is not None else "–",
        _digits(place.digits),
        number(item.condition, 2),
        f"{item.moving}/{len(item.places)}" if len(item.places) > 1 else "",
    ]
    if result.reference is not None:
        coarse = [reading.apart for reading in place.readings[1:] if reading.apart is not None]
        cells += [_off(first.apart), _off(coarse[-1] if coarse else None), place.trend.value]
    kept = item.outcome is not SweepOutcome.STABLE
    return Line((*cells, item.outcome.value), STATUS_OF[item.outcome], kept)


def _farthest(readings: Sequence[Reading]) -> Reading | None:
    return max(readings, key=lambda item: abs((item.moved and item.moved.relative) or 0.0), default=None)


def _value(reading: Reading) -> str:
    numbers = reading.record.numbers
    if len(numbers) == 1:
        return number(numbers[0])
    text = reading.record.value.text
    return text if len(text) <= 16 else f"{text[:15]}…"


def _digits(digits: float | None) -> str:
    return "all" if digits is None else f"{digits:.1f}"


def _off(apart: Measured | None) -> str:
    if apart is None:
        return "–"
    return signed(apart.relative) if apart.relative is not None else apart.status.value

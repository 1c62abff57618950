"""Holding a log against itself: does it obey the relations among its own values, and what is it if it does not."""

import math
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from nbtrace.compare.excerpt import WholeLog, whole_of
from nbtrace.compare.formula_checks import MOST_BLOCKS, formula_checks
from nbtrace.compare.gaps import of_a_block
from nbtrace.compare.logs import logs_of
from nbtrace.compare.metrics import is_finite
from nbtrace.compare.precision import NumberFormat, is_single_precision, number_formats
from nbtrace.compare.relations import Relation, Sides, Values, applies, both_sides, may_not_apply, missing, residual
from nbtrace.compare.repeats import phi_steps, repeat_words, repeats, sweeps_of
from nbtrace.compare.self_check import Check, RelationState, SelfCheck
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.frozen import frozen
from nbtrace.parsers.given_logs import Log, Words, one_trace
from nbtrace.records import Index, Record, Shape, Side, Trace
from nbtrace.vocabulary.quantity import Scope

Formats: TypeAlias = Mapping[str, NumberFormat]

_SINGLE = 2.0**-23
"""Spacing of single-precision numbers at 1."""

ALLOWED_SINGLE = 64 * _SINGLE
"""Residual allowed to a log of single-precision values: a few dozen roundings."""

ALLOWED_DOUBLE = 1e-12
"""Residual allowed to a double-precision log: the reference's own keep 4e-15."""

BLIND = 0.1
"""Allowed residual from which on a relation tells nothing."""

_ELSEWHERE = "printed for another source or sample"

_CLOSE = 2e-5
"""Relative agreement at which a ratio is taken for a known one."""


def check(
    log: Log, *, side: Side | str | None = None, vocabulary: Words | None = None, formulas: bool = True
) -> SelfCheck:
    """Hold a trace against itself.

    Parameters
    ----------
    log : Trace, name of a log, or open file
    side : Side or str, optional
        Of a file that holds the traces of both programs, which: `c` or `py`.
    vocabulary : Vocabulary, str or path-like, optional
        What the lines of a log mean; by default nanoBragg's.
    formulas : bool
        Whether formulas are held, too, which take the configuration that the log states and the turns of its loops;
        where a vocabulary has no relations, they always are.

    Raises
    ------
    InputError
        If a log cannot be read, holds no value, nothing of that side, or two traces and `side` does not say which.
    UsageError
        If it is no log, or was read with another vocabulary.
    """
    trace = one_trace(log, vocabulary, side)
    whole = whole_of(trace) or whole_log(trace)
    single = whole.single or states_float32(trace)
    instances = tuple(instances_of(trace))
    logs = logs_of(trace.vocabulary)
    relations = logs.relations
    if relations is None:
        checks = formula_checks(trace, whole=whole)
    else:
        checks = tuple(_check(relation, instances, whole.formats, trace, single=single) for relation in relations)
        if formulas:
            checks += formula_checks(trace, {relation.name for relation in relations}, whole)
    names = trace.vocabulary.names
    repeated = tuple(
        f"{words}: the same values at another angle"
        for words in repeat_words(whole.repeats, dict.fromkeys(Side, whole.sweeps), names)
    )
    observed = (*repeated, *_formulas_left_out(trace, whole)) if formulas or relations is None else repeated
    if trace.side is Side.UNKNOWN and trace.records and not (trace.structured or trace.untagged):
        observed += ("no prefix tells which program printed it",)
    return SelfCheck(trace, single, checks, tuple(remarks_on(trace, checks, instances)), observed)


def whole_log(trace: Trace) -> WholeLog:
    """Return what is known of all records of a trace."""
    steps = phi_steps(trace)
    repeated = repeats(steps, trace.side)
    return WholeLog(is_single_precision(trace), number_formats(trace), len(trace.blocks), sweeps_of(steps), repeated)


def _formulas_left_out(trace: Trace, whole: WholeLog) -> Iterator[str]:
    """Yield that not all of a long log was held against formulas."""
    many = whole.blocks
    if many > MOST_BLOCKS:
        yield f"formulas were held in the first {MOST_BLOCKS} of {many} {trace.vocabulary.block}s, relations in all"


@frozen
class _Instance:
    """The logged values of one sample, with those of its pixel."""

    index: Index
    values: Values
    records: dict[str, Record]


def instances_of(trace: Trace) -> Iterator[_Instance]:
    """Yield the samples of a trace, each with the values of its pixel."""
    shared: dict[tuple[int, int | None], dict[str, Record]] = {}
    for record in trace.records:
        if of_a_block(record) and _usable(record):
            sample = record.index.sample if record.scope is Scope.POINT else None
            group = shared.setdefault((record.index.block, sample), {})
            group[record.quantity] = max(
                group.get(record.quantity, record), record, key=lambda candidate: candidate.rank
            )
    samples_of: dict[int, list[int]] = {}
    for at, sample in shared:
        samples_of.setdefault(at, []).extend([] if sample is None else [sample])
    stated = logs_of(trace.vocabulary).stated(trace)
    for block in trace.blocks:
        pixel = shared.get((block, None), {})
        for sample in sorted(samples_of.get(block, ())) or [0]:
            records = {**pixel, **shared.get((block, sample), {})}
            values = {**{name: record.numbers for name, record in records.items()}, **stated}
            if records or stated:
                yield _Instance(Index(block=block, sample=sample), values, records)


def _usable(record: Record) -> bool:
    return (
        record.known is not None
        and record.value.shape not in {Shape.SENTINEL, Shape.TEXT}
        and is_finite(record.numbers)
    )


def _check(
    relation: Relation,
    instances: tuple[_Instance, ...],
    formats: Formats,
    trace: Trace,
    *,
    single: bool,
) -> Check:
    usable = [item for item in instances if not missing(relation, item.values)]
    if not relation.per_sample:
        # What stands once in a block was computed with the last sample.
        usable = list({item.index.block: item for item in usable}.values())
    usable = [item for item in usable if applies(relation, item.index.sample, item.values, trace)]
    if not usable:
        lacking = missing(relation, instances[0].values) if instances else relation.needs
        words = logs_of(trace.vocabulary).stated_words
        lacking = tuple(words.get(name, name) for name in lacking)
        reason = f"not logged: {', '.join(lacking)}" if lacking else _ELSEWHERE
        return Check(relation.name, relation.formula, RelationState.NOT_CHECKED, reason=reason)
    measured = [(item, both_sides(relation, item.values)) for item in usable]
    allowances = {id(item): _allowed(relation, item, sides, formats, single=single) for item, sides in measured}
    measured = [pair for pair in measured if allowances[id(pair[0])] < BLIND]
    if not measured:
        reason = "too few digits are printed"
        return Check(relation.name, relation.formula, RelationState.NOT_CHECKED, reason=reason)
    # A residual that is no number is a broken relation, too.
    broken = [(item, sides) for item, sides in measured if not residual(sides) <= allowances[id(item)]]
    if broken and may_not_apply(relation, trace):
        return Check(relation.name, relation.formula, RelationState.NOT_CHECKED, reason=_ELSEWHERE)
    worst, sides = max(broken or measured, key=lambda pair: residual(pair[1]))
    return Check(
        relation.name,
        relation.formula,
        RelationState.BROKEN if broken else RelationState.HOLDS,
        worst.index,
        residual(sides),
        allowances[id(worst)],
        len(measured),
        len(broken),
        sides.logged,
        sides.computed,
        _meaning(relation, worst, sides) if broken else "",
    )


def states_float32(trace: Trace) -> bool:
    """Whether the banner states single precision: some values may have it although geometry is in double."""
    dtype = trace.settings.get("dtype")
    return dtype is not None and dtype.value == "float32"


def _allowed(relation: Relation, item: _Instance, sides: Sides, formats: Formats, *, single: bool) -> float:
    allowed = ALLOWED_SINGLE if single or relation.single else ALLOWED_DOUBLE
    if sides.size == 0:
        return allowed
    printed = 0.0
    for name in relation.needs:
        record = item.records.get(name)
        if record is None:
            continue
        number_format = formats[record.family]
        size, token = max(zip(map(abs, record.numbers), record.value.tokens, strict=True))
        if size > 0:
            printed += number_format.resolution(token, record.scale) / size
    return allowed + printed


def _meaning(relation: Relation, item: _Instance, sides: Sides) -> str:
    """Return what a broken relation looks like, empty if it looks like nothing known."""
    if not all(map(math.isfinite, sides.computed)):
        return "the formula has no finite value with the logged ones"
    if known := relation.meaning(item.values):
        return known
    if len(sides.logged) != 3 and len(sides.logged) != 1:
        return ""
    pairs = [(logged, computed) for logged, computed in zip(sides.logged, sides.computed, strict=True) if computed]
    if pairs and all(_power(logged / computed) not in {None, 0} for logged, computed in pairs):
        power = _power(pairs[0][0] / pairs[0][1])
        return f"logged in another unit: 10^{power} of what the formula gives"
    return ""


def _power(ratio: float) -> int | None:
    """Return n if the ratio is 10ⁿ."""
    if ratio <= 0 or not math.isfinite(ratio):
        return None
    power = round(math.log10(ratio))
    return power if math.isclose(ratio, 10.0**power, rel_tol=_CLOSE) else None


def remarks_on(trace: Trace, checks: tuple[Check, ...], instances: tuple[_Instance, ...]) -> Iterator[str]:
    """Yield what the relations and the values say of a log as a whole."""
    for item in checks:
        if item.finding is RelationState.BROKEN:
            where = item.index.label()
            many = f" in {item.broken} of {item.instances}" if item.instances > 1 else ""
            meaning = f": {item.reason}" if item.reason else ""
            yield f"{item.quantity}{' ' + where if where else ''} ≠ {item.formula}{many}{meaning}"
    sentinels = [record.key for record in trace.records if record.value.shape is Shape.SENTINEL]
    if sentinels:
        yield f"hand-made or unfinished: no value for {', '.join(sentinels)}"
    not_finite = sorted({r.key for r in trace.records if r.value.numbers and not is_finite(r.numbers)})
    if not_finite:
        yield f"not finite: {', '.join(not_finite[:6])}"
    yield from logs_of(trace.vocabulary).remarks(item.values for item in instances)
    for block in trace.blocks:
        where_is = whereabouts(trace, block)
        if where_is.contradicts_itself:
            what = trace.vocabulary.block
            yield f"states {what} {where_is.stated}, but its geometry is that of {what} {where_is.derived} (slow, fast)"

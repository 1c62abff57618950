"""Holding a log against itself: does it obey the relations among its own values, and what is it if it does not."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from nbtrace.compare.identities import (
    IDENTITIES,
    PER_SAMPLE,
    Identity,
    Sides,
    Values,
    both_sides,
    chain_product,
    missing,
    residual,
)
from nbtrace.compare.metrics import is_finite
from nbtrace.compare.pixel import stated_pixel_size, whereabouts
from nbtrace.compare.precision import NumberFormat, is_single_precision, number_formats
from nbtrace.compare.repeats import phi_steps, repeats
from nbtrace.quantities import QUANTITIES, Stage
from nbtrace.records import NOWHERE, Index, Record, Shape, Side, Trace

Formats: TypeAlias = Mapping[str, NumberFormat]

_SINGLE = 2.0**-23
"""Spacing of single-precision numbers at 1."""

ALLOWED_SINGLE = 64 * _SINGLE
"""Residual allowed to a log of single-precision values: a few dozen roundings."""

ALLOWED_DOUBLE = 1e-12
"""Residual allowed to a double-precision log: the reference's own keep 4e-15."""

_BLIND = 0.1
"""Allowed residual from which on a relation tells nothing."""

_CLOSE = 2e-5
"""Relative agreement at which a ratio is taken for a known one."""


_NEAR = 5e-3
"""Relative agreement at which a product of averages is taken for the average of products."""


class Finding(StrEnum):
    """What became of one relation."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One relation, held against a log.

    Attributes
    ----------
    quantity, formula : str
    finding : Finding
    index : Index
        Of the worst instance.
    residual : float or None
        Largest difference of the sides over the size of the terms.
    allowed : float
    instances, broken : int
        How many samples and pixels were checked, and how many broke the relation.
    logged, computed : tuple of float
        Both sides of the worst instance.
    reason : str
        Why it was not checked, or what a broken one means.
    """

    quantity: str
    formula: str
    finding: Finding
    index: Index = NOWHERE
    residual: float | None = None
    allowed: float = 0.0
    instances: int = 0
    broken: int = 0
    logged: tuple[float, ...] = ()
    computed: tuple[float, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class SelfCheck:
    """What a log says of itself.

    Attributes
    ----------
    trace : Trace
    single_precision : bool
        Whether its numbers are float32 values.
    checks : tuple of Check
    remarks : tuple of str
        Faults of the log: foreign, stale, hand-made, before or after polarisation, …
    observations : tuple of str
        What is worth knowing but no fault of the log: φ steps that repeat others.
    """

    trace: Trace
    single_precision: bool
    checks: tuple[Check, ...]
    remarks: tuple[str, ...] = ()
    observations: tuple[str, ...] = ()

    @property
    def broken(self) -> tuple[Check, ...]:
        """The relations that do not hold."""
        return tuple(check for check in self.checks if check.finding is Finding.BROKEN)

    @property
    def checked(self) -> tuple[Check, ...]:
        """The relations that could be checked."""
        return tuple(check for check in self.checks if check.finding is not Finding.NOT_CHECKED)


def check(trace: Trace) -> SelfCheck:
    """Hold a trace against itself."""
    single = is_single_precision(trace) or _states_float32(trace)
    formats = number_formats(trace)
    instances = tuple(instances_of(trace))
    checks = tuple(_check(identity, instances, formats, trace, single=single) for identity in IDENTITIES)
    repeated = tuple(f"{item}: the same values at another angle" for item in repeats(phi_steps(trace), trace.side))
    return SelfCheck(trace, single, checks, tuple(remarks_on(trace, checks, instances)), repeated)


@dataclass(frozen=True, slots=True)
class _Instance:
    """The logged values of one sample, with those of its pixel."""

    index: Index
    values: Values
    records: dict[str, Record]


def instances_of(trace: Trace) -> Iterator[_Instance]:
    """Yield the samples of a trace, each with the values of its pixel."""
    shared: dict[tuple[int, int | None], dict[str, Record]] = {}
    for record in trace.records:
        if not _usable(record):
            continue
        stage = QUANTITIES[record.quantity].stage
        sample = record.index.sample if stage in {Stage.PIXEL, Stage.LATTICE} else None
        if stage in {Stage.PIXEL, Stage.LATTICE, Stage.SCALING}:
            group = shared.setdefault((record.index.block, sample), {})
            group[record.quantity] = max(
                group.get(record.quantity, record), record, key=lambda candidate: candidate.rank
            )
    samples_of: dict[int, list[int]] = {}
    for at, sample in shared:
        samples_of.setdefault(at, []).extend([] if sample is None else [sample])
    size = stated_pixel_size(trace)
    for block in trace.blocks:
        pixel = shared.get((block, None), {})
        for sample in sorted(samples_of.get(block, ())) or [0]:
            records = {**pixel, **shared.get((block, sample), {})}
            values = {name: record.numbers for name, record in records.items()}
            if size is not None:
                values["pixel_m"] = (size,)
            if values:
                yield _Instance(Index(block=block, sample=sample), values, records)


def _usable(record: Record) -> bool:
    return (
        record.quantity in QUANTITIES
        and record.value.shape not in {Shape.SENTINEL, Shape.TEXT}
        and is_finite(record.numbers)
    )


def _check(
    identity: Identity,
    instances: tuple[_Instance, ...],
    formats: Formats,
    trace: Trace,
    *,
    single: bool,
) -> Check:
    usable = [item for item in instances if not missing(identity, item.values)]
    if identity.name not in PER_SAMPLE:
        # The scaling chain stands once per pixel and was computed with the last sample.
        usable = list({item.index.block: item for item in usable}.values())
    if identity.name == "omega_pixel_sr":
        usable = [item for item in usable if _own_omega(item)]
    if identity.name == "cos_2theta" and _sources(trace) > 1:
        usable = []
    if not usable:
        lacking = missing(identity, instances[0].values) if instances else identity.needs
        lacking = tuple("pixel size" if name == "pixel_m" else name for name in lacking)
        reason = f"not logged: {', '.join(lacking)}" if lacking else "printed for another source or sample"
        return Check(identity.name, identity.formula, Finding.NOT_CHECKED, reason=reason)
    measured = [(item, both_sides(identity, item.values)) for item in usable]
    allowances = {id(item): _allowed(identity, item, sides, formats, single=single) for item, sides in measured}
    measured = [pair for pair in measured if allowances[id(pair[0])] < _BLIND]
    if not measured:
        reason = "too few digits are printed"
        return Check(identity.name, identity.formula, Finding.NOT_CHECKED, reason=reason)
    # A residual that is no number is a broken relation, too.
    broken = [(item, sides) for item, sides in measured if not residual(sides) <= allowances[id(item)]]
    worst, sides = max(broken or measured, key=lambda pair: residual(pair[1]))
    return Check(
        identity.name,
        identity.formula,
        Finding.BROKEN if broken else Finding.HOLDS,
        worst.index,
        residual(sides),
        allowances[id(worst)],
        len(measured),
        len(broken),
        sides.logged,
        sides.computed,
        _meaning(identity, worst, sides) if broken else "",
    )


def _states_float32(trace: Trace) -> bool:
    """Whether the banner states single precision: some values may have it although geometry is in double."""
    dtype = trace.settings.get("dtype")
    return dtype is not None and dtype.value == "float32"


def _sources(trace: Trace) -> float:
    """Return the number of sources; with several, cos_2theta is that of the last and incident_vec of the first."""
    stated = trace.settings.get("sources")
    return float(stated.value) if stated else 1


def _own_omega(item: _Instance) -> bool:
    """Whether the solid angle is the sample's own: the reference keeps that of the first one unless told otherwise."""
    return item.index.sample == 0 or item.values.get("oversample_omega", (0.0,))[0] != 0


def _allowed(identity: Identity, item: _Instance, sides: Sides, formats: Formats, *, single: bool) -> float:
    allowed = ALLOWED_SINGLE if single or identity.name == "floatimage_accumulated" else ALLOWED_DOUBLE
    if sides.size == 0:
        return allowed
    printed = 0.0
    for name in identity.needs:
        record = item.records.get(name)
        if record is None:
            continue
        number_format = formats[record.family]
        size, token = max(zip(map(abs, record.numbers), record.value.tokens, strict=True))
        if size > 0:
            printed += number_format.resolution(token, record.scale) / size
    return allowed + printed


def _meaning(identity: Identity, item: _Instance, sides: Sides) -> str:
    """Return what a broken relation looks like, empty if it looks like nothing known."""
    if not all(map(math.isfinite, sides.computed)):
        return "the formula has no finite value with the logged ones"
    if identity.name == "I_pixel_final":
        return _chain_meaning(item.values)
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


def _chain_meaning(v: Values) -> str:
    product = chain_product(v)
    final = v["I_pixel_final"][0]
    if product == 0 or final == 0:
        return "one of the factors was logged as 0" if product == 0 else "the pixel value was logged as 0"
    ratio = final / product
    if "polar" in v and v["polar"][0] and math.isclose(ratio * v["polar"][0], 1, rel_tol=_CLOSE):
        return "I_before_scaling was logged after polarisation (ratio 1/polar)"
    if "polar" not in v and (factor := _unpolarised(v)) and math.isclose(ratio, factor, rel_tol=_CLOSE):
        return "the polarisation factor was applied but is not in the log"
    if v.get("polar") == (1.0,) and (factor := _unpolarised(v)) and math.isclose(ratio, factor, rel_tol=_CLOSE):
        return "the pixel was polarised, the logged polarisation factor is 1"
    if "I_before_scaling_post_polar" in v and (own := _through_post_polar(v)):
        return own
    if "F_latt" in v and "F_cell" in v:
        F = v["F_cell"][0] * v["F_latt"][0]
        one_step = F * F
        if one_step and math.isclose(v["I_before_scaling"][0], one_step, rel_tol=_CLOSE) and v["steps"][0] > 1:
            return f"I_before_scaling is (F_cell·F_latt)² of one step, the pixel is the sum over {v['steps'][0]:g}"
    if math.isclose(ratio, v["steps"][0], rel_tol=_CLOSE):
        return "the sum was not divided by steps"
    return f"the pixel is {ratio:.6g} of the product of its own chain: foreign, stale or edited values"


def _through_post_polar(v: Values) -> str | None:
    """Return what it means if the pixel follows from the intensity after polarisation instead."""
    before, after = v["I_before_scaling"][0], v["I_before_scaling_post_polar"][0]
    if before == 0 or after == 0:
        return None
    unpolarised = {name: value for name, value in v.items() if name != "polar"}
    product = chain_product({**unpolarised, "I_before_scaling": (after,)})
    if product == 0:
        return None
    apart = abs(v["I_pixel_final"][0] / product - 1)
    if apart > _NEAR:
        return None
    logged = f", not the logged polar {v['polar'][0]:.6g}" if "polar" in v else ""
    exactness = f" to {apart:.1e}" if apart > _CLOSE else ""
    share = f"{after / before:.6g} of I_before_scaling{logged}"
    return f"the pixel follows{exactness} from I_before_scaling_post_polar, {share}"


def _unpolarised(v: Values) -> float | None:
    """Return the polarisation factor of an unpolarised beam, ½(1 + cos²2θ), if the log tells 2θ."""
    if "incident_vec" in v and "diffracted_vec" in v:
        cosine = math.fsum(a * b for a, b in zip(v["incident_vec"], v["diffracted_vec"], strict=True))
    elif "cos_2theta" in v:
        cosine = v["cos_2theta"][0]
    else:
        return None
    return 0.5 * (1 + cosine * cosine)


def remarks_on(trace: Trace, checks: tuple[Check, ...], instances: tuple[_Instance, ...]) -> Iterator[str]:
    """Yield what the relations and the values say of a log as a whole."""
    for item in checks:
        if item.finding is Finding.BROKEN:
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
    if any(item.values.get("polar", (1.0,))[0] == 0 for item in instances):
        yield "polar is 0: no computation gives that; a placeholder"
    for block in trace.blocks:
        where_is = whereabouts(trace, block)
        if where_is.contradicts_itself:
            yield f"states pixel {where_is.stated}, but its geometry is that of pixel {where_is.derived} (slow, fast)"
    if trace.side is Side.UNKNOWN and trace.records:
        yield "no prefix tells which program printed it"

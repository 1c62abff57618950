"""The scaling chain, I_before_scaling → I_pixel_final: which factor explains what share of the final ratio."""

import math
from collections.abc import Mapping
from typing import ClassVar

from nbtrace.compare.chain import ChainKnowledge, Rebuilt, Swept, WorkedFactor, chain_of, swept
from nbtrace.compare.diff import DiffResult
from nbtrace.compare.judge import Row
from nbtrace.compare.self_check import Check
from nbtrace.errors import InputError
from nbtrace.frozen import frozen
from nbtrace.plain_text import shortened
from nbtrace.presentable import Presentable
from nbtrace.records import Shape, Trace
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.vocabulary.quantity import Quantity


@frozen
class ScalingFactor:
    """One quantity of the chain.

    Attributes
    ----------
    name : str
    row : Row or None
        The comparison; None if a side has no value.
    c_value, py_value : float or None
    status : Status
    reason : str
    log_ratio : float or None
        What this factor adds to log(Py/C) of the final intensity: log(Py/C) of its own, with a minus for a divisor.
        None for the pixel itself, for what is not multiplied into it, and where a value is 0 or missing.
    share : float or None
        The same as a share of log(Py/C) of the final intensity; None also where the pixels agree.
    known : Quantity or None
        What the vocabulary says of it.
    """

    name: str
    row: Row | None
    c_value: float | None
    py_value: float | None
    status: Status
    reason: str
    log_ratio: float | None
    share: float | None
    known: Quantity | None = None

    def __repr__(self) -> str:
        share = "" if self.share is None else f", share {self.share:.4%}"
        return shortened(f"<ScalingFactor {self.name}: {self.status.value}; {self.c_value}, {self.py_value}{share}>")

    @property
    def description(self) -> str:
        """What the quantity is."""
        return self.known.description if self.known is not None else ""


@frozen
class Product:
    """A side's own chain: the product of its logged factors against its logged pixel."""

    product: float | None
    final: float | None
    meaning: str

    @property
    def ratio(self) -> float | None:
        """Logged pixel over product."""
        return self.final / self.product if self.product and self.final is not None else None


@frozen
class ScalingResult(Presentable):
    """The scaling chains of two traces compared.

    Attributes
    ----------
    diff : DiffResult
        The comparison that the factors are taken from.
    factors : tuple of ScalingFactor
        In the order of the chain.
    products : (Product, Product)
        C's and Py's own chain.
    py_before_polarisation : float or None
        Py's intensity before polarisation, where its log prints it after.
    log_ratio : float or None
        log(Py/C) of the final intensity.
    unexplained : float or None
        Share of it that no factor of the chain explains.
    rebuilt : Rebuilt or None
    lattice : (tuple of WorkedFactor, tuple of WorkedFactor)
        C's and Py's lattice factors, worked out.
    verdict : Verdict
    """

    presented_as: ClassVar[str] = "scaling"

    diff: DiffResult
    factors: tuple[ScalingFactor, ...]
    products: tuple[Product, Product]
    py_before_polarisation: float | None
    log_ratio: float | None
    unexplained: float | None
    rebuilt: Rebuilt | None
    lattice: tuple[tuple[WorkedFactor, ...], tuple[WorkedFactor, ...]]
    verdict: Verdict

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        compared = sum(factor.row is not None for factor in self.factors)
        counts = f"{compared} of {len(self.factors)} quantities of the chain compared; diverging: {self.num_divergent}"
        return (f"{counts}; {self.diff.c.source} against {self.diff.py.source}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What must be known before the table."""
        return self.diff.notices

    @property
    def first_divergence(self) -> ScalingFactor | None:
        """The first factor of the chain that diverges."""
        return next((factor for factor in self.factors if factor.status.diverges), None)

    @property
    def num_divergent(self) -> int:
        """How many quantities of the chain diverge."""
        return sum(factor.status.diverges for factor in self.factors)


def scaling_of(
    result: DiffResult, cells: tuple[int, int, int] | None = None, values: Swept | None = None
) -> ScalingResult:
    """Return the scaling chains of two traces that have been compared.

    Parameters
    ----------
    result : DiffResult
    cells : (int, int, int), optional
        Cells along a, b, c for the worked lattice factor, where the logs do not tell.
    values : callable, optional
        What gives the values of the steps that the chain takes, where the traces lack some of them.

    Raises
    ------
    InputError
        If they share no quantity of the chain.
    """
    c, py = result.c, result.py
    chain = chain_of(c.vocabulary)
    rows = {row.quantity: row for row in result.rows if row.quantity in chain.names and row.index.block == 0}
    if not rows:
        raise InputError(f"nothing to compare: {c.source} and {py.source} share no quantity of the scaling chain")
    products = _product(result, 0, chain), _product(result, 1, chain)
    final = rows.get(chain.result)
    log_ratio = _log_ratio(final)
    # Where the pixels agree their ratio is rounding, and a share of rounding says nothing.
    to_explain = log_ratio if final is not None and final.status.diverges else None
    before = chain.other_intensity(result.py, result.checks[1])
    judged = _Judged(result, chain, to_explain, before)
    factors = tuple(_factor(name, rows.get(name), judged) for name in chain.names)
    shares = [factor.share for factor in factors if factor.share is not None]
    return ScalingResult(
        diff=result,
        factors=factors,
        products=products,
        py_before_polarisation=before[1] if before is not None else None,
        log_ratio=log_ratio,
        unexplained=1 - math.fsum(shares) if shares else None,
        rebuilt=chain.rebuilt(result.c, result.py, values or swept(chain.swept or "")),
        lattice=chain.worked(result.c, result.py, cells),
        verdict=_verdict(result, factors),
    )


def _verdict(result: DiffResult, factors: tuple[ScalingFactor, ...]) -> Verdict:
    if result.verdict is Verdict.NOT_COMPARABLE:
        return Verdict.NOT_COMPARABLE
    differ = any(factor.status.diverges for factor in factors) or _differ_elsewhere(result)
    return Verdict.DIFFER if differ else Verdict.AGREE


def _differ_elsewhere(result: DiffResult) -> bool:
    """Whether the chain differs in another pixel block, or a side lacks of it what it prints elsewhere."""
    lacking = {name for gaps in result.gaps for name in (*gaps.lost, *gaps.hidden)} | result.conflicts
    diverging = {row.quantity for row in result.rows if row.status.diverges}
    blocks = any(gaps.blocks for gaps in result.gaps)
    return blocks or not (lacking | diverging).isdisjoint(chain_of(result.c.vocabulary).names)


def _values(trace: Trace, chain: ChainKnowledge) -> Mapping[str, tuple[float, ...]]:
    """Return the logged values of the first block that its chain is made of."""
    return {name: (value,) for name in chain.takes if (value := trace.number(name)) is not None}


def _product(result: DiffResult, which: int, chain: ChainKnowledge) -> Product:
    trace = (result.c, result.py)[which]
    values = _values(trace, chain)
    final = trace.number(chain.result)
    lacking = [name for name in chain.always if name not in values]
    if lacking:
        return Product(None, final, f"not logged: {', '.join(lacking)}")
    zero = next((name for name in chain.divisors if values[name][0] == 0), None)
    if zero is not None:
        return Product(None, final, f"{zero} is 0: the product has no value")
    product = chain.product(values)
    broken = next((item for item in result.checks[which].broken if item.quantity == chain.result), None)
    return Product(product, final, _meaning(broken, final, product))


def _meaning(broken: Check | None, final: float | None, product: float) -> str:
    """Return what a side's own product says of its final value."""
    if broken is None:
        return "holds"
    ratio = f"{final / product:.6g} of " if final is not None and product else "another than "
    return broken.reason or f"the final value is {ratio}the product of its own chain"


def _log_ratio(final: Row | None) -> float | None:
    if final is None or final.difference is None or not final.difference.ratio or final.difference.ratio < 0:
        return None
    return math.log(final.difference.ratio)


@frozen
class _Judged:
    """What a factor is judged by."""

    result: DiffResult
    chain: ChainKnowledge
    log_ratio: float | None
    before: tuple[str, float] | None


def _factor(name: str, row: Row | None, judged: _Judged) -> ScalingFactor:
    result, chain = judged.result, judged.chain
    known = result.c.vocabulary.quantities.get(name)
    c_value, py_value = result.c.number(name), result.py.number(name)
    if row is None:
        c_printed, py_printed = (_printed(trace, name) for trace in (result.c, result.py))
        names = zip(result.c.vocabulary.names.pair, (c_printed, py_printed), strict=True)
        lacking = [side for side, printed in names if not printed]
        reason = f"not logged by {' or '.join(lacking)}"
        return ScalingFactor(name, None, c_value, py_value, Status.MISSING, reason, None, None, known)
    values = (_values(trace, chain) for trace in (result.c, result.py))
    multiplied = name in chain.always or any(name in chain.applied(own) for own in values)
    used = judged.before[1] if judged.before is not None and judged.before[0] == name else py_value
    part = _part_of_log(c_value, used, inverse=name in chain.divisors) if multiplied else None
    share = part / judged.log_ratio if part is not None and judged.log_ratio else None
    return ScalingFactor(name, row, c_value, py_value, row.status, row.reason, part, share, known)


def _printed(trace: Trace, name: str) -> bool:
    return any(record.value.shape is not Shape.SENTINEL for record in trace.by_quantity.get(name, ()))


def _part_of_log(c_value: float | None, py_value: float | None, *, inverse: bool) -> float | None:
    if not c_value or not py_value or py_value / c_value <= 0:
        return None
    part = math.log(py_value / c_value)
    return -part if inverse else part

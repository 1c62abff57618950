"""The scaling chain, I_before_scaling → I_pixel_final: which factor explains what share of the final ratio."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nbtrace.compare.comparability import Notice
from nbtrace.compare.diff import DiffResult, diff
from nbtrace.compare.identities import applied_factors, chain_product
from nbtrace.compare.judge import Row
from nbtrace.compare.lattice import WorkedFactor, work_out
from nbtrace.compare.status import Status, Verdict
from nbtrace.compare.tolerance import Policy
from nbtrace.errors import InputError
from nbtrace.quantities import QUANTITIES, SCALING_CHAIN
from nbtrace.records import Shape, Trace

_DIVISORS = frozenset({"steps"})
_MULTIPLIED = ("I_before_scaling", "r_e_sqr", "fluence_photons_per_m2", "steps")
"""Factors that every chain has, whatever its flags."""


@dataclass(frozen=True, slots=True)
class Factor:
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
    """

    name: str
    row: Row | None
    c_value: float | None
    py_value: float | None
    status: Status
    reason: str
    log_ratio: float | None
    share: float | None

    @property
    def description(self) -> str:
        """What the quantity is."""
        return QUANTITIES[self.name].description


@dataclass(frozen=True, slots=True)
class Product:
    """A side's own chain: the product of its logged factors against its logged pixel."""

    product: float | None
    final: float | None
    meaning: str

    @property
    def ratio(self) -> float | None:
        """Logged pixel over product."""
        return self.final / self.product if self.product and self.final is not None else None


@dataclass(frozen=True, slots=True)
class StepShare:
    """One φ step's part in the intensity sum: F_cell²·F_latt² of either side."""

    phi_tic: int
    c_term: float | None
    py_term: float | None
    share_of_gap: float | None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """I_before_scaling rebuilt from the per-φ lines as F_cell²·ΣF_latt².

    Attributes
    ----------
    c, py : float or None
        The sum on either side, None where a side has no per-φ lines.
    c_logged, py_logged : float or None
        I_before_scaling as logged.
    steps : tuple of StepShare
    """

    c: float | None
    py: float | None
    c_logged: float | None
    py_logged: float | None
    steps: tuple[StepShare, ...]


@dataclass(frozen=True)
class ScalingResult:
    """The scaling chains of two traces compared.

    Attributes
    ----------
    diff : DiffResult
        The comparison that the factors are taken from.
    factors : tuple of Factor
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

    diff: DiffResult
    factors: tuple[Factor, ...]
    products: tuple[Product, Product]
    py_before_polarisation: float | None
    log_ratio: float | None
    unexplained: float | None
    rebuilt: Rebuilt | None
    lattice: tuple[tuple[WorkedFactor, ...], tuple[WorkedFactor, ...]]
    verdict: Verdict

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What must be known before the table."""
        return self.diff.notices

    @property
    def first_divergence(self) -> Factor | None:
        """The first factor of the chain that diverges."""
        return next((factor for factor in self.factors if factor.status.diverges), None)

    @property
    def num_divergent(self) -> int:
        """How many quantities of the chain diverge."""
        return sum(factor.status.diverges for factor in self.factors)


def scaling_chain(
    c: Trace, py: Trace, policy: Policy | None = None, *, cells: tuple[int, int, int] | None = None
) -> ScalingResult:
    """Compare the scaling chains of two traces.

    Parameters
    ----------
    c, py : Trace
    policy : Policy, optional
        Tolerances.
    cells : (int, int, int), optional
        Cells along a, b, c for the worked lattice factor, where the logs do not tell.

    Raises
    ------
    InputError
        If neither log, or only one, holds a quantity of the chain.
    """
    result = diff(c, py, policy)
    rows = {row.quantity: row for row in result.rows if row.quantity in SCALING_CHAIN and row.index.block == 0}
    if not rows:
        raise InputError(f"nothing to compare: {c.source} and {py.source} share no quantity of the scaling chain")
    products = _product(result, 0), _product(result, 1)
    final = rows.get("I_pixel_final")
    log_ratio = _log_ratio(final)
    # Where the pixels agree their ratio is rounding, and a share of rounding says nothing.
    to_explain = log_ratio if final is not None and final.status.diverges else None
    before = _before_polarisation(result)
    factors = tuple(_factor(name, rows.get(name), result, to_explain, before) for name in SCALING_CHAIN)
    shares = [factor.share for factor in factors if factor.share is not None]
    return ScalingResult(
        diff=result,
        factors=factors,
        products=products,
        py_before_polarisation=before,
        log_ratio=log_ratio,
        unexplained=1 - math.fsum(shares) if shares else None,
        rebuilt=_rebuilt(result),
        lattice=_lattices(result, cells),
        verdict=_verdict(result, factors),
    )


def _lattices(
    result: DiffResult, cells: tuple[int, int, int] | None
) -> tuple[tuple[WorkedFactor, ...], tuple[WorkedFactor, ...]]:
    of_c = work_out(result.c, cells)
    of_py = work_out(result.py, cells, fallback=tuple(item.cells for item in of_c) or None)
    return of_c, of_py


def _verdict(result: DiffResult, factors: tuple[Factor, ...]) -> Verdict:
    if result.verdict is Verdict.NOT_COMPARABLE:
        return Verdict.NOT_COMPARABLE
    differ = any(factor.status.diverges for factor in factors) or _differ_elsewhere(result)
    return Verdict.DIFFER if differ else Verdict.AGREE


def _differ_elsewhere(result: DiffResult) -> bool:
    """Whether the chain differs in another pixel block, or a side lacks of it what it prints elsewhere."""
    lacking = {name for gaps in result.gaps for name in (*gaps.lost, *gaps.hidden)} | result.conflicts
    diverging = {row.quantity for row in result.rows if row.status.diverges}
    blocks = any(gaps.blocks for gaps in result.gaps)
    return blocks or not (lacking | diverging).isdisjoint(SCALING_CHAIN)


def _values(trace: Trace) -> Mapping[str, tuple[float, ...]]:
    """Return the logged values of the first pixel block that its chain is made of."""
    names = {*SCALING_CHAIN, "oversample_thick", "oversample_polar", "oversample_omega", "omega_pixel_sr"}
    return {name: (value,) for name in names if (value := trace.number(name)) is not None}


def _product(result: DiffResult, which: int) -> Product:
    trace = (result.c, result.py)[which]
    values = _values(trace)
    final = trace.number("I_pixel_final")
    lacking = [name for name in _MULTIPLIED if name not in values]
    if lacking:
        return Product(None, final, f"not logged: {', '.join(lacking)}")
    if values["steps"][0] == 0:
        return Product(None, final, "steps is 0: the product has no value")
    broken = next((item for item in result.checks[which].broken if item.quantity == "I_pixel_final"), None)
    return Product(chain_product(values), final, broken.reason if broken else "holds")


def _before_polarisation(result: DiffResult) -> float | None:
    """Return Py's intensity before polarisation if its log prints it after (its pixel is 1/polar of its product)."""
    product = _product(result, 1)
    polar = result.py.number("polar")
    intensity = result.py.number("I_before_scaling")
    if "after polarisation" not in product.meaning or not polar or intensity is None:
        return None
    return intensity / polar


def _log_ratio(final: Row | None) -> float | None:
    if final is None or final.difference is None or not final.difference.ratio or final.difference.ratio < 0:
        return None
    return math.log(final.difference.ratio)


def _factor(name: str, row: Row | None, result: DiffResult, log_ratio: float | None, before: float | None) -> Factor:
    c_value, py_value = result.c.number(name), result.py.number(name)
    if row is None:
        c_printed, py_printed = (_printed(trace, name) for trace in (result.c, result.py))
        lacking = [side for side, printed in (("C", c_printed), ("Py", py_printed)) if not printed]
        return Factor(
            name, None, c_value, py_value, Status.MISSING, f"not logged by {' or '.join(lacking)}", None, None
        )
    multiplied = name in _MULTIPLIED or name in (
        applied_factors(_values(result.c)) + applied_factors(_values(result.py))
    )
    used = before if name == "I_before_scaling" and before is not None else py_value
    part = _part_of_log(c_value, used, inverse=name in _DIVISORS) if multiplied else None
    share = part / log_ratio if part is not None and log_ratio else None
    return Factor(name, row, c_value, py_value, row.status, row.reason, part, share)


def _printed(trace: Trace, name: str) -> bool:
    return any(record.value.shape is not Shape.SENTINEL for record in trace.by_quantity.get(name, ()))


def _part_of_log(c_value: float | None, py_value: float | None, *, inverse: bool) -> float | None:
    if not c_value or not py_value or py_value / c_value <= 0:
        return None
    part = math.log(py_value / c_value)
    return -part if inverse else part


def _rebuilt(result: DiffResult) -> Rebuilt | None:
    terms_c, terms_py = _terms(result.c), _terms(result.py)
    if not terms_c and not terms_py:
        return None
    sum_c = math.fsum(terms_c.values()) if terms_c else None
    sum_py = math.fsum(terms_py.values()) if terms_py else None
    gap = sum_py - sum_c if sum_c is not None and sum_py is not None else None
    steps = tuple(
        StepShare(tic, terms_c.get(tic), terms_py.get(tic), _part(terms_c.get(tic), terms_py.get(tic), gap))
        for tic in sorted(terms_c.keys() | terms_py.keys())
    )
    return Rebuilt(sum_c, sum_py, result.c.number("I_before_scaling"), result.py.number("I_before_scaling"), steps)


def _terms(trace: Trace) -> dict[int, float]:
    """Return F_cell²·F_latt² of each φ step of the first sample; empty where the log cannot tell."""
    F_cell = trace.number("F_cell")
    samples = {record.index.sample for record in trace.by_quantity.get("phi_F_latt", ())}
    if F_cell is None or samples != {0}:
        return {}
    return {
        record.index.phi_tic: F_cell * F_cell * record.numbers[0] * record.numbers[0]
        for record in trace.by_quantity["phi_F_latt"]
        if record.index.phi_tic is not None and record.index.block == 0
    }


def _part(c_term: float | None, py_term: float | None, gap: float | None) -> float | None:
    if c_term is None or py_term is None or not gap:
        return None
    return (py_term - c_term) / gap

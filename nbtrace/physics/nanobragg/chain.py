"""What is known of nanoBragg's scaling chain, I_before_scaling → I_pixel_final, beyond its product."""

import math

from nbtrace.compare.chain import ChainKnowledge, Rebuilt, StepShare, Swept, Values, WorkedFactor
from nbtrace.compare.self_check import SelfCheck
from nbtrace.late import Late
from nbtrace.physics.nanobragg.lattice import work_out
from nbtrace.physics.nanobragg.relations import applied_factors, chain_product, is_after_polarisation
from nbtrace.records import Trace

_NAMES = (
    "I_before_scaling",
    "r_e_sqr",
    "fluence_photons_per_m2",
    "steps",
    "capture_fraction",
    "polar",
    "omega_pixel",
    "cos_2theta",
    "I_pixel_final",
)
_FLAGS = frozenset({"oversample_thick", "oversample_polar", "oversample_omega", "omega_pixel_sr"})


class ScalingChain(ChainKnowledge):
    """The scaling chain of nanoBragg, some factors of which flags apply to every sample instead."""

    names = _NAMES
    always = ("I_before_scaling", "r_e_sqr", "fluence_photons_per_m2", "steps")
    takes = frozenset(_NAMES) | _FLAGS
    swept = "phi_F_latt"

    def product(self, values: Values) -> float:
        """Return I·r_e²·fluence/steps·capture·polar·omega."""
        return float(chain_product(values))

    def applied(self, values: Values) -> tuple[str, ...]:
        """Return the logged factors that the chain multiplies at its end."""
        return applied_factors(values)

    def other_intensity(self, trace: Trace, check: SelfCheck) -> tuple[str, float] | None:
        """Return the intensity before polarisation of a log that prints it after: the pixel tells by 1/polar."""
        polar, intensity = trace.number("polar"), trace.number("I_before_scaling")
        broken = any(item.quantity == self.result for item in check.broken)
        if not broken or not polar or intensity is None:
            return None
        values = {name: (value,) for name in self.takes if (value := trace.number(name)) is not None}
        return ("I_before_scaling", intensity / polar) if is_after_polarisation(values) else None

    def rebuilt(self, c: Trace, py: Trace, values: Swept) -> Rebuilt | None:
        """Return I_before_scaling rebuilt from the per-φ lines; None where no log has them."""
        return _rebuilt(c, py, values)

    def worked(
        self, c: Trace, py: Trace, cells: tuple[int, int, int] | None
    ) -> tuple[tuple[WorkedFactor, ...], tuple[WorkedFactor, ...]]:
        """Return the lattice factors of either side."""
        of_c = work_out(c, cells)
        return of_c, work_out(py, cells, fallback=tuple(item.cells for item in of_c) or None)


def _rebuilt(c: Trace, py: Trace, values: Swept) -> Rebuilt | None:
    terms_c, terms_py = _terms(c, values), _terms(py, values)
    if not terms_c and not terms_py:
        return None
    sum_c = math.fsum(terms_c.values()) if terms_c else None
    sum_py = math.fsum(terms_py.values()) if terms_py else None
    gap = sum_py - sum_c if sum_c is not None and sum_py is not None else None
    tics = sorted(terms_c.keys() | terms_py.keys())

    def share(at: int) -> StepShare:
        c_term, py_term = terms_c.get(tics[at]), terms_py.get(tics[at])
        return StepShare(tics[at], c_term, py_term, _part(c_term, py_term, gap))

    return Rebuilt(sum_c, sum_py, c.number("I_before_scaling"), py.number("I_before_scaling"), Late(len(tics), share))


def _terms(trace: Trace, values: Swept) -> dict[int, float]:
    """Return F_cell²·F_latt² of each φ step of the first sample; empty where the log cannot tell."""
    F_cell = trace.number("F_cell")
    if F_cell is None:
        return {}
    return {tic: F_cell * F_cell * factor * factor for tic, factor in values(trace).items()}


def _part(c_term: float | None, py_term: float | None, gap: float | None) -> float | None:
    if c_term is None or py_term is None or not gap:
        return None
    return (py_term - c_term) / gap

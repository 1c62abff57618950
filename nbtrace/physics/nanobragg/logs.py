"""What is known of the logs of nanoBragg and its ports."""

import math
from collections.abc import Iterable, Iterator, Mapping

from nbtrace.compare.logs import FACTOR, KEY, LABEL, PRODUCT, Logs, Numbers
from nbtrace.compare.relations import Values
from nbtrace.compare.scene import Facts, Node, Scene, Vector
from nbtrace.physics.nanobragg.pixel import located, stated_pixel_size
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.physics.nanobragg.relations import RELATIONS
from nbtrace.records import Trace

_SETTINGS = {
    "pixels_fast": "detector pixels along fast",
    "pixels_slow": "detector pixels along slow",
    "crystal_shape": "crystal shape",
    "N_a": "cells along a",
    "N_b": "cells along b",
    "N_c": "cells along c",
    "phi_steps": "φ steps",
    "oversample": "oversampling",
    "mosaic_domains": "mosaic domains",
    "sources": "sources",
    "default_F": "default structure factor",
}
"""Settings of the banners that both programs may state."""

CONFIGURED = (
    "detector_convention",
    "incident_vec",
    "lambda_meters",
    "spindle_axis_normalized",
    "fluence_photons_per_m2",
    "steps",
    "oversample_thick",
    "oversample_polar",
    "oversample_omega",
)
"""Logged quantities that follow from the configuration alone."""

_STATED_WORDS = {
    **_SETTINGS,
    "pixel_m": "pixel size",
    "phi_start_deg": "φ at the start",
    "phi_end_deg": "φ at the end",
    "kahn_factor": "polarisation factor of the beam",
    "vertical_axis": "polarisation axis",
    "sensor_m": "thickness of the sensor",
    "layers": "sensor layers",
    "mu_per_m": "attenuation coefficient",
    "reflections": "number of reflections",
    "cell_lengths": "unit cell",
    "configured_fudge": "shape factor",
    "fudge": "shape factor",
    "mosflm_frame": "detector convention",
    "pixel_slow_fast": "pixel",
    "stated_beam": "direction of the beam",
    "given_beam": "direction of the beam",
    "stated_lambda_m": "wavelength in the banner",
    "stated_fluence": "fluence in the banner",
}
"""What a log states beside its quantities, in words."""

_UNITS = {3: "m and mm", 6: "m and µm", 10: "m and Å", 20: "m² and Å²", 30: "m³ and Å³"}
"""What a power of ten between two values usually is."""

_UNROTATED = "the reference prints it unrotated; a port may print it rotated"
_SAME_STEP = 2e-6
_THOUSAND = 1000.0
_NEARLY = 3.0
"""Factor up to which a beam centre may differ besides and still be one that was divided by 1000."""
_SAME_LENGTH = 1e-5


def _thousandfold(centre: Numbers) -> Numbers:
    """Return X and Y times 1000, and what stands behind them."""
    return tuple(_THOUSAND * x if i < len("XY") else x for i, x in enumerate(centre))


class NanoBraggLogs(Logs):
    """The logs of nanoBragg and its ports."""

    relations = RELATIONS
    habits: Mapping[str, str] = {
        "beam_center_m": "the reference prints it divided by 1000",
        **{f"rot_{axis}_star_A_inv": _UNROTATED for axis in "abc"},
    }
    configured = CONFIGURED
    settings: Mapping[str, str] = _SETTINGS
    same_words: Mapping[str, str] = {"square": "parallelpiped", "round": "ellipsoidal"}
    elsewhere: Mapping[str, str] = {"hkl_rounded": "reflections"}
    stated_words: Mapping[str, str] = _STATED_WORDS
    stated_quantities: Mapping[str, str] = {"fluence_per_m2": "fluence_photons_per_m2", "lambda_m": "lambda_meters"}
    looked_up = frozenset({"F_cell", "phi_F_cell"})
    followed_by_turn = frozenset({"hkl_frac", "F_latt", "F_latt_a", "F_latt_b", "F_latt_c", "phi_k_frac"})
    parts_of_a_step: Mapping[str, str] = {
        "phi_deg": LABEL,
        "phi_k_frac": KEY,
        "phi_F_latt_b": FACTOR,
        "phi_F_latt": PRODUCT,
    }

    def undone(self, quantity: str, c: Numbers, py: Numbers) -> tuple[Numbers, Numbers] | None:
        """Return a beam centre without the division by 1000; a vector that is only turned is the same on both sides."""
        if len(c) != len(py) or len(c) < len("XY"):
            return None
        if quantity == "beam_center_m":
            ratio = math.hypot(*py[:2]) / size if (size := math.hypot(*c[:2])) else 0.0
            if _THOUSAND / _NEARLY < ratio < _THOUSAND * _NEARLY:
                return _thousandfold(c), py
            return (c, _thousandfold(py)) if ratio and _THOUSAND / _NEARLY < 1 / ratio < _THOUSAND * _NEARLY else None
        turned = quantity in self.habits and math.isclose(math.hypot(*c), math.hypot(*py), rel_tol=_SAME_LENGTH)
        return (py, py) if turned else None

    def units_apart(self, power: int, units: frozenset[str]) -> str:
        """Return what a power of ten usually is between the lengths that everything is made of."""
        del units
        return _UNITS.get(power, "")

    def position(self, trace: Trace, block: int) -> tuple[tuple[float, float] | None, float | None]:
        """Return the sampled point of a block, (slow, fast) in pixels, and pixel size in metres; None if unknown."""
        return located(trace, block)

    def stated(self, trace: Trace) -> Values:
        """Return the pixel size that a log states."""
        size = stated_pixel_size(trace)
        return {} if size is None else {"pixel_m": (size,)}

    def facts(self, trace: Trace) -> Facts:
        """Return the configuration as the banner and the values of one log tell it."""
        from nbtrace.physics.nanobragg.lone_log import lone_facts  # noqa: PLC0415 - formulas, which `diff` has no use for

        return lone_facts(trace)

    def doubt(self, own: Scene, node: Node) -> str:
        """Return why a value of a lone log cannot be held against its formula, in words; empty if it can."""
        from nbtrace.physics.nanobragg.lone_log import doubt  # noqa: PLC0415 - formulas, which `diff` has no use for

        return doubt(own, node)

    def supposed(self, own: Scene, node: Node) -> Facts:
        """Return a curved detector, or water, where a value is its formula's with it: the reference states neither."""
        from nbtrace.physics.nanobragg.lone_log import supposed  # noqa: PLC0415 - formulas, which `diff` has no use for

        return supposed(own, node)

    def supposed_words(self, facts: Facts) -> str:
        """Return what was supposed, in words."""
        from nbtrace.physics.nanobragg.lone_log import supposed_words  # noqa: PLC0415 - formulas, which `diff` has no use for

        return supposed_words(facts)

    def looks_like(self, own: Scene, node: Node, computed: Vector) -> str:
        """Return what an intensity looks like that is not the sum over its samples."""
        from nbtrace.physics.nanobragg.lone_log import looks_like  # noqa: PLC0415 - formulas, which `diff` has no use for

        return looks_like(own, node, computed)

    def remarks(self, samples: Iterable[Values]) -> Iterator[str]:
        """Yield that a polarisation factor is a placeholder."""
        if any(values.get("polar", (1.0,))[0] == 0 for values in samples):
            yield "polar is 0: no computation gives that; a placeholder"

    def traced_key(self, trace: Trace) -> tuple[float, float] | None:
        """Return between which numbers the k of a step lies whose k is that of the keyed lines."""
        keyed = trace.get("hkl_frac")
        if keyed is None or len(keyed.numbers) != 3:
            return None
        k = keyed.numbers[1]
        margin = max(2 * _SAME_STEP * abs(k), 1e-12)
        return k - margin, k + margin

    def traced_turns(self, trace: Trace) -> frozenset[int]:
        """Return the φ steps whose k is that of the keyed lines."""
        keyed = trace.get("hkl_frac")
        if keyed is None or len(keyed.numbers) != 3:
            return frozenset()
        k = keyed.numbers[1]
        return frozenset(
            tic
            for record in trace.by_quantity.get("phi_k_frac", ())
            if (tic := record.index.ordinal(PHI_TIC)) is not None
            and any(math.isclose(number, k, rel_tol=_SAME_STEP, abs_tol=1e-12) for number in record.numbers[:1])
        )

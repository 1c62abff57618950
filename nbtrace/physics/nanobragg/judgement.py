"""What is known of nanoBragg beyond its formulas, as the judgement of an explanation asks for it."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from nbtrace.compare.evaluate import value_at
from nbtrace.compare.logs import logs_of
from nbtrace.compare.metrics import norm
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Facts, Node, Place, Values, Vector
from nbtrace.explanation.audit.findings import Audit, AuditStatus, Finding
from nbtrace.explanation.physics import Physics, Wanted
from nbtrace.physics.nanobragg.causes.variants import VARIANTS
from nbtrace.physics.nanobragg.experiments import Simulator
from nbtrace.physics.nanobragg.facts import facts_of
from nbtrace.physics.nanobragg.formulas.crystal import nominal_deg, spindle, step_count
from nbtrace.physics.nanobragg.formulas.geometry import about_axis
from nbtrace.physics.nanobragg.formulas.reflections import reflections_of
from nbtrace.physics.nanobragg.formulas.table import DEFAULT_FLUENCE, REFLECTIONS
from nbtrace.physics.nanobragg.next_command import probe_command
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.records import Pixel, Side, Trace
from nbtrace.vocabulary.formula import UnloggedError

if TYPE_CHECKING:
    from nbtrace.explanation.proof import FlagChange
    from nbtrace.explanation.simulations.run import Change
    from nbtrace.physics.nanobragg.configuration_change import ConfigurationChange
    from simulator.config import Config


_SWEEP = ("phi_start_deg", "phi_end_deg")
_SETTING_WORDS = {
    ("stated_lambda_m",): "the wavelength in m",
    ("stated_fluence",): "the fluence in photons per m²",
    ("phi_start_deg",): "φ of the first step in degrees",
    ("phi_end_deg",): "φ of the last step's end in degrees",
    _SWEEP: "the φ sweep in degrees",
    ("default_F",): "the default structure factor",
    ("spindle_axis",): "the spindle axis",
    ("vertical_axis",): "the polarisation axis",
    ("stated_beam",): "the direction of the beam",
    ("cell_lengths",): "the edges of the cell in Å",
}
_CELLS = ("N_a", "N_b", "N_c")
_ROTATED = "the intensity is computed from the vectors before the rotation after which these are printed"
_FROM_REAL = "the intensity is computed from the real vectors"
_CENTRE = "X and Y are printed divided by 1000, as the reference is known to do"
_RECIPROCAL = "reciprocal"
_RADII = {
    2.8179403262e-15: "CODATA 2018",
    2.8179403227e-15: "CODATA 2014",
    2.8179402894e-15: "CODATA 2006",
    2.817940325e-15: "CODATA 2002",
    2.818e-15: "2.818e-15",
    2.82e-15: "2.82e-15",
}


def _is_divided(result: Audit, mine: Vector, theirs: Vector) -> bool:
    """Whether a beam centre is the other side's but for the division by 1000."""
    undone = logs_of(result.vocabulary).undone("beam_center_m", mine, theirs)
    if undone is None or undone[0] == mine:
        return False
    return all(math.isclose(x, y, rel_tol=1e-6) for x, y in zip(*undone, strict=True))


class NanoBragg(Physics):
    """nanoBragg and its ports."""

    signatures = VARIANTS
    configured_by = "--config, or -- FLAGS"
    constants: Mapping[str, Mapping[float, str]] = {
        "r_e_meters": _RADII,
        "r_e_sqr": {value**2: words for value, words in _RADII.items()},
        "lambda_meters": {1e-10: "the default of 1 Å"},
        "fluence_photons_per_m2": {DEFAULT_FLUENCE: "the default fluence, which no flux has replaced", 1.0: "1"},
        "polar": {1.0: "1: polarisation is not computed", 0.0: "0: a placeholder, no computation gives it"},
        "capture_fraction": {1.0: "1: absorption is not computed"},
        "F_cell": {0.0: "0: the reflection is not in the list"},
    }
    whole = frozenset({"steps", "hkl_rounded", "oversample_thick", "oversample_polar", "oversample_omega"})
    counts: Mapping[str, str] = {
        "N_a": "cells along a",
        "N_b": "cells along b",
        "N_c": "cells along c",
        "phi_steps": "number of φ steps",
        "oversample": "oversampling",
        "sources": "number of sources",
        "mosaic_domains": "number of mosaic domains",
        "layers": "sensor layers",
    }
    settings: Mapping[str, str] = {
        "pixel_m": "pixel size",
        "kahn_factor": "Kahn factor",
        "mu_per_m": "attenuation coefficient",
        "fudge": "shape factor",
    }
    has_terms = False  # the sweep and the sums have causes of their own
    never_leaves = frozenset({"vec_a", "vec_b", "vec_c"})
    collectors = frozenset({"I_before_scaling"})
    steep = ("scattering_vec_A_inv", "rot_a_angstroms", "rot_b_angstroms", "rot_c_angstroms", "hkl_frac")
    aside: Mapping[str, str] = {f"rot_{axis}_star_A_inv": _FROM_REAL for axis in "abc"}
    carriers = frozenset({"I_before_scaling", "I_pixel_final", "F_cell"})
    looked_up = frozenset({"F_cell"})
    experiments = Simulator()
    ends = frozenset({"I_pixel_final", "floatimage_accumulated", "I_before_scaling_post_polar"})
    factors = (
        "polar",
        "omega_pixel",
        "omega_pixel_sr",
        "capture_fraction",
        "obliquity_factor",
        "cos_2theta",
        "steps",
        "r_e_sqr",
        "fluence_photons_per_m2",
        "F_cell",
        "F_latt",
        "F_latt_a",
        "F_latt_b",
        "F_latt_c",
        "R_distance_meters",
        "close_distance_meters",
        "lambda_meters",
        "lambda_angstroms",
    )

    def facts(self, trace: Trace, other: Trace, configuration: object | None) -> Facts:
        """Return the configuration of a side: as given, else as its own log tells it, else as the other's does."""
        return facts_of(trace, other, cast("Config | None", configuration))

    def tables(self, configuration: object | None) -> Mapping[str, Any]:
        """Return the list of reflections that a configuration names."""
        listed = reflections_of(cast("Config | None", configuration))
        return {} if listed is None else {REFLECTIONS: listed}

    def family(self, name: str) -> str:
        """Return the name that quantities share which one mistake makes wrong together."""
        if name.startswith("rot_"):
            return _RECIPROCAL if name.endswith("_star_A_inv") else "orientation"
        if name in {"vec_a_star", "vec_b_star", "vec_c_star"}:
            return "cell"
        if name == "omega_pixel_sr":
            return "omega_pixel"
        return name.removeprefix("phi_") if name.startswith("phi_F") else name

    def without_effect(self, result: Audit, node: Node, *, named: bool) -> str:
        """Return that reciprocal vectors matter to nothing where the real ones do not follow from them."""
        real = result.finding(node._replace(name=node.name.replace("_star_A_inv", "_angstroms")))
        settled = real is not None and real.status in {AuditStatus.MATCH, AuditStatus.LOG_ONLY}
        return super().without_effect(result, node, named=named or settled)

    def setting_family(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the numbers of cells along all axes for one of them."""
        return _CELLS if set(names) <= set(_CELLS) else names

    def setting_words(self, names: tuple[str, ...]) -> str:
        """Return what reports call configuration values; the numbers of cells go together."""
        if set(names) <= set(_CELLS):
            return "the number of cells"
        return _SETTING_WORDS.get(names, "") or super().setting_words(names)

    def setting_values(self, names: tuple[str, ...], values: Sequence[str]) -> str:
        """Return the values as they are typed: numbers of cells with a cross, a sweep from one angle to another."""
        joined = " x " if set(names) <= set(_CELLS) else " to " if names == _SWEEP else ", "
        return joined.join(values)

    def root_family(self, result: Audit, finding: Finding) -> str:
        """Return a name that findings of one mistake share; an index of a step follows from what is off before it."""
        name = finding.node.name
        if name in {"phi_h_frac", "phi_k_frac", "phi_l_frac"}:
            earlier = result.root_names(finding.side)
            if any(other.startswith("rot_") and other.endswith("_angstroms") for other in earlier):
                return "orientation"
            return "hkl_frac" if "hkl_frac" in earlier else "sweep"
        return self.family(name)

    def place(self, node: Node) -> Place:
        """Return the φ step of a value: the keyed orientation is that of step 0."""
        keyed = self.family(node.name) == "orientation" and not node.place
        return ((PHI_TIC, 0),) if keyed else node.place

    def followed(self, values: Values, before: Values, theirs: Values) -> Values:
        """Take the other side's F_cell where changed indices have become its own; no log holds the reflections."""
        new = values.copy()
        for node in values:
            if node.name != "F_cell":
                continue
            index = Node("hkl_rounded", node.sample)
            if values.get(index) != before.get(index) and values.get(index) == theirs.get(index) and node in theirs:
                new[node] = theirs[node]
        return new

    def habit(self, result: Audit, side: Side, node: Node, theirs: Vector) -> str:
        """Return the habit of printing a value otherwise than it is computed with; empty if it is none.

        Reciprocal vectors are printed turned to a step of the sweep, the beam centre divided by 1000.
        """
        if node.name == "beam_center_m":
            return _CENTRE if _is_divided(result, result.effective[side][node], theirs) else ""
        if self.family(node.name) != _RECIPROCAL:
            return ""
        at = NodeView(result.scenes[side], result.effective[side], node)
        mine = result.effective[side][node]
        close = 1e-6 if result.scenes[side].single else 1e-12
        try:
            angles = [nominal_deg(at, tic) for tic in range(step_count(at))]
            turned = [about_axis(theirs, spindle(at), math.radians(angle)) for angle in angles if angle]
        except UnloggedError:
            return ""
        off = (norm(tuple(x - y for x, y in zip(mine, other, strict=True))) for other in turned)
        return _ROTATED if any(distance <= close * norm(mine) for distance in off) else ""

    def changed_flags(
        self, arguments: Sequence[str], needed: Mapping[str, Vector], told: Mapping[str, Vector]
    ) -> "FlagChange | None":
        """Return arguments of the reference that set other values; None where no flag of it does."""
        from nbtrace.physics.nanobragg.flag_changes import changed_flags  # noqa: PLC0415 - for proofs alone

        return changed_flags(arguments, needed, told)

    def flags_of_change(self, arguments: Sequence[str], change: "Change") -> "FlagChange | None":
        """Return arguments of the reference with a change that a run has; None where no flag makes it."""
        from nbtrace.physics.nanobragg.flag_changes import flags_of_change  # noqa: PLC0415 - for proofs alone

        return flags_of_change(arguments, cast("ConfigurationChange", change))

    def probe(self, wanted: Wanted, pixel: Pixel | None, logs: tuple[str, str]) -> str:
        """Return the command with the flags, or of a trace that holds every sample."""
        return probe_command(wanted, pixel, logs)

    def sharper(self, result: Audit, side: Side, node: Node, right: Vector) -> Vector:
        """Return the intensity that the pixel value tells, which is known better than the sum over the steps."""
        if node.name != "I_before_scaling":
            return right
        scene, final = result.scenes[side], Node("I_pixel_final")
        try:
            computed, _ = value_at(scene, result.effective[side], final)
        except UnloggedError:
            return right
        logged = scene.values.get(final, (0.0,))[0]
        return (right[0] * logged / computed[0],) if computed[0] and logged else right

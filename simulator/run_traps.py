"""Traps of what a command line describes: where the reference computes otherwise than one might think."""

import math
from collections.abc import Callable, Iterator

from simulator.config import Config, Convention
from simulator.defects import Defect
from simulator.flags import FLAGS
from simulator.frames import frame_of
from simulator.traps import Trap, TrapKind, other_effect

Check = Callable[[Config], Iterator[Trap]]


def run_traps(config: Config) -> Iterator[Trap]:
    """Yield the traps of a configuration."""
    for check in CHECKS:
        yield from check(config)


def _orientation(config: Config) -> Iterator[Trap]:
    if config.crystal.misset_random and config.crystal.misset_seed is None:
        text = (
            "-misset random without -misset_seed is another orientation in every run: the clock seeds it; give "
            "-misset_seed N before it (-seed is that of the noise)"
        )
        yield Trap(TrapKind.CLOCK, text)


def _rotation(config: Config) -> Iterator[Trap]:
    crystal = config.crystal
    angles = crystal.phi_rad
    if Defect.STALE_PHI_ROTATION in config.execution.defects and 0.0 in angles and any(angles):
        step = angles.index(0.0)
        yield other_effect(
            f"φ step {step} is exactly 0: the reference uses the orientation of the previous rotated step there"
        )
    has_osc = crystal.osc_deg is not None and crystal.osc_deg >= 0.0
    has_step = crystal.phistep_deg is not None and crystal.phistep_deg > 0.0
    if has_step and not has_osc:
        yield other_effect("-phistep without -osc takes two steps, whatever -phisteps says")
    if not has_osc and not has_step and (crystal.phisteps or 0) > 1:
        yield other_effect("-phisteps alone rotates over one degree")
    whole = crystal.rotation.step * crystal.rotation.count
    has_all = has_osc and (crystal.phistep_deg or -1.0) >= 0.0 and (crystal.phisteps or -1) >= 0
    if has_all and not math.isclose(whole, crystal.rotation.range, rel_tol=1e-9):
        yield other_effect(
            f"-osc {crystal.osc_deg:g} is not the range of the rotation, which is -phistep times -phisteps: "
            f"{math.degrees(whole):g} degrees"
        )
    if (crystal.osc_deg or 0.0) > 0.0 and crystal.phisteps is None and not has_step:
        yield other_effect("-osc without -phisteps takes two steps, at the start and at the middle of the range")


def _spread(config: Config) -> Iterator[Trap]:
    beam = config.beam
    if beam.source_file is not None:
        return
    triples = (
        ("-hdivsteps", beam.hdivsteps, beam.hdivrange_mrad, beam.hdivstep_mrad),
        ("-vdivsteps", beam.vdivsteps, beam.vdivrange_mrad, beam.vdivstep_mrad),
    )
    for name, count, extent, step in triples:
        if (count or 0) > 0 and (extent is None or extent < 0.0) and not (step or 0.0) > 0.0:
            place = ", and its one source is half a radian off the beam" if count == 1 else ""
            yield other_effect(f"{name} without a range is a divergence of 1 radian{place}")
    given = (
        *((name, count, extent) for name, count, extent, _ in triples),
        ("-dispsteps", beam.dispsteps, beam.dispersion_percent),
    )
    for name, count, extent in given:
        if count == 1 and (extent or 0.0) > 0.0:
            yield other_effect(f"{name} 1 with a range is two steps")


def _sizes(config: Config) -> Iterator[Trap]:
    crystal = config.crystal
    for edge, size in (("a", crystal.size_x_mm), ("b", crystal.size_y_mm), ("c", crystal.size_z_mm)):
        count = getattr(crystal, f"N{edge}")
        if count < 1 and size <= 0.0:
            yield other_effect(f"{count} cells along {edge} are taken as 1")


def _lookup(config: Config) -> Iterator[Trap]:
    crystal, structure = config.crystal, config.structure
    fewest = min(crystal.Na, crystal.Nb, crystal.Nc)
    if structure.interpolate is None and fewest <= 2 and structure.hkl_file is not None:
        yield other_effect(
            "an edge of two cells or fewer (the default is 1) selects tricubic interpolation; see -nointerpolate"
        )
    if structure.interpolate is not False and structure.hkl_file is not None and config.execution.threads_emulated > 1:
        yield other_effect("interpolation in the reference is a race between threads; only one thread is deterministic")


def _vectors(config: Config) -> Iterator[Trap]:
    for flag in FLAGS:
        section, _, name = flag.sets[0].partition(".") if flag.sets else ("", "", "")
        vector = getattr(config.detector, name) if flag.count == 3 and section == "detector" else None
        # A normal without a length is made from the other two; the position is never looked at.
        if vector == (0.0, 0.0, 0.0) and flag.token not in {"-odet_vector", "-pix0_vector"}:
            yield other_effect(f"{flag.token} 0 0 0 is no direction: the reference computes with a vector of length 0")


_DEGREES_OFF = 0.5
"""Between a given normal and that of the other two axes, from which the given one is worth a word."""


def _normal(config: Config) -> Iterator[Trap]:
    detector = config.detector
    given = detector.normal_vector
    if detector.convention is not Convention.CUSTOM or given is None or _length(given) == 1.0:
        return
    fast, slow = frame_of(detector).fast, frame_of(detector).slow
    crossed = (
        fast[1] * slow[2] - fast[2] * slow[1],
        fast[2] * slow[0] - fast[0] * slow[2],
        fast[0] * slow[1] - fast[1] * slow[0],
    )
    sizes = _length(given) * _length(crossed)
    cosine = sum(a * b for a, b in zip(given, crossed, strict=True)) / sizes if sizes else 1.0
    if cosine < math.cos(math.radians(_DEGREES_OFF)):
        yield other_effect(
            "-odet_vector has not the length 1 to the last digit, so the reference computes the normal from "
            f"-fdet_vector and -sdet_vector, which is another direction ({_shown(crossed)})"
        )


def _length(vector: tuple[float, float, float]) -> float:
    return math.sqrt(sum(component * component for component in vector))


def _shown(vector: tuple[float, float, float]) -> str:
    return " ".join(f"{component:g}" for component in vector)


def _detector(config: Config) -> Iterator[Trap]:
    detector, sampling = config.detector, config.sampling
    if sampling.oversample_thick and detector.layers.range == 0.0:
        yield other_effect("-oversample_thick without a sensor thickness gives an image of zeros")
    if detector.attenuation_depth_um == 0.0 and detector.thickness_um > 0.0:
        yield other_effect("an attenuation depth of 0 or inf with a thickness gives an image of zeros")
    several_layers = detector.thickness_um > 0.0 and detector.layers.count > 1
    if several_layers and Defect.LAST_LAYER_CAPTURE in config.execution.defects:
        yield other_effect("the sum over all sensor layers is multiplied by the fraction that the last layer captures")
    several = sampling.oversample_thick or sampling.oversample_polar or sampling.oversample_omega
    if several and Defect.RUNNING_PRODUCTS in config.execution.defects:
        yield other_effect("with -oversample_thick, _polar or _omega the running sum is multiplied after every sample")


def _beam(config: Config) -> Iterator[Trap]:
    if config.beam.water_um > 0.0 and Defect.SQUARED_WATER_SCALING in config.execution.defects:
        yield other_effect(
            "the water background is scaled by r_e² times fluence twice, and divided by the number of steps"
        )


CHECKS: tuple[Check, ...] = (_vectors, _normal, _orientation, _rotation, _sizes, _spread, _lookup, _detector, _beam)
"""Every check of a configuration."""

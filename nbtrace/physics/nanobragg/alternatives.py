"""What a program may have done instead, as data: a switch of the simulator turned, a configuration value that differs.

An alternative is a name, words, and one small function that says which values a configuration would have then; where
it does not apply it yields nothing. Adding one is one entry and one line in the tests.
"""

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import TypeAlias

from nbtrace.compare.metrics import dot
from nbtrace.frozen import frozen
from nbtrace.physics.nanobragg.configuration_change import ConfigurationChange, Fields
from simulator.config import Config, Convention, CrystalShape, Pivot
from simulator.constants import DEFAULT_FLUENCE_PER_M2
from simulator.defects import Defect
from simulator.frames import beam_centre, closest_point, fast_and_slow, frame_of, keeps_closest_point

Options: TypeAlias = Callable[[Config], Iterator[tuple[str, Fields]]]


@frozen
class Alternative:
    """One kind of difference.

    Attributes
    ----------
    name : str
    words : str
        What kind it is.
    options : callable
        The values that differ, each with the words of its change.
    moves : tuple of str
        Quantities of which it moves at least one before any other: where the log has the values of the run already, or
        cannot have them yet, the alternative is not tried. Empty if that cannot be said.
    """

    name: str
    words: str
    options: Options
    moves: tuple[str, ...] = ()


def changes(config: Config, pixel: tuple[int, int]) -> tuple[ConfigurationChange, ...]:
    """Return every change that a configuration allows: the switches, then the values.

    Parameters
    ----------
    config : Config
    pixel : tuple of int
        The traced one, slow and fast.
    """
    possible = [*_switches(config)]
    for alternative in ALTERNATIVES:
        possible += [
            ConfigurationChange(alternative.name, text, None, values, alternative.moves)
            for text, values in alternative.options(config)
        ]
    return (*possible, _alone(pixel))


def _switches(config: Config) -> Iterator[ConfigurationChange]:
    for defect in Defect:
        if defect is Defect.FLAG_COLLISIONS:
            yield from _collision(config)
        elif defect is Defect.SOURCE_WEIGHTS_IGNORED and config.beam.source_file is None:
            continue  # Only a file gives weights.
        elif not defect.of_command_line:
            on = defect in config.execution.defects
            yield ConfigurationChange(
                defect.value,
                f"{_SWITCH_WORDS[defect][on]} ({defect.value} {'off' if on else 'on'})",
                defect,
                mends=f"{_SWITCH_WORDS[defect][not on]}, the known defect {defect.value}" if on else "",
            )


_SWITCH_WORDS = {
    Defect.STALE_PHI_ROTATION: ("the rotation kept from the previous step at φ = 0", "a fresh rotation at φ = 0"),
    Defect.CELL_C_STAR_Z: ("the reference's c* of a cell", "the right c* of a cell"),
    Defect.INTERPOLATION_SWITCH_OFF: ("interpolation ended by an earlier sample", "interpolation that no sample ends"),
    Defect.LAST_LAYER_CAPTURE: ("the last layer's capture for all layers", "each layer's own capture"),
    Defect.RUNNING_PRODUCTS: ("running products of per-sample factors", "per-sample factors applied once"),
    Defect.SQUARED_WATER_SCALING: ("water scaled twice", "water scaled once"),
    Defect.SOURCE_WEIGHTS_IGNORED: ("the weights of the sources ignored", "the sources counted by their weights"),
    Defect.CACHE_WHITE_SPACE: ("white space of the cache skipped", "the cache read as written"),
}
"""What is computed with the switch turned on, and turned off."""


def _collision(config: Config) -> Iterator[ConfigurationChange]:
    """Yield what the reference makes of -twotheta_axis, or what is meant by it; the flags themselves are gone."""
    axis = config.detector.twotheta_axis
    if axis is None:
        return
    collides = config.detector.twotheta_deg == axis[0] and config.detector.pivot is Pivot.SAMPLE
    angle, pivot = (0.0, None) if collides else (axis[0], Pivot.SAMPLE)
    words = "-twotheta_axis taken for the axis alone" if collides else "-twotheta_axis taken for -twotheta too"
    values = {"detector.twotheta_deg": angle, "detector.pivot": pivot}
    yield ConfigurationChange(Defect.FLAG_COLLISIONS.value, words, fields=values)


def _alone(pixel: tuple[int, int]) -> ConfigurationChange:
    slow, fast = pixel
    region = {"sampling.roi_fast_slow": (fast, fast, slow, slow)}
    return ConfigurationChange("region", "this pixel as the first of its run (-roi)", fields=region)


_AXES = (((1.0, 0.0, 0.0), "x"), ((0.0, 1.0, 0.0), "y"), ((0.0, 0.0, 1.0), "z"))


def _in_custom(config: Config) -> Fields:
    """Return the values that say in the custom convention, where each can be changed alone, what a named one fixes."""
    detector = config.detector
    if detector.convention is Convention.CUSTOM:
        return {}
    frame = frame_of(detector)
    pivot = detector.pivot or frame.pivot or Pivot.BEAM
    if keeps_closest_point(detector, pivot):
        fast, slow = closest_point(detector)
    else:
        fast, slow = fast_and_slow(detector, *beam_centre(detector))
    return {
        "detector.convention": Convention.CUSTOM,
        "detector.pivot": pivot,
        "detector.beam_vector": frame.beam,
        "detector.fast_vector": frame.fast,
        "detector.slow_vector": frame.slow,
        "detector.normal_vector": frame.normal,
        "detector.twotheta_axis": frame.twotheta,
        "detector.polar_vector": frame.polar,
        "detector.spindle_axis": frame.spindle,
        "detector.Xbeam_mm": fast * 1000.0,
        "detector.Ybeam_mm": slow * 1000.0,
    }


def _fluence(config: Config) -> Iterator[tuple[str, Fields]]:
    beam = config.beam
    stated = beam.total_fluence_per_m2
    others = {"the default fluence": DEFAULT_FLUENCE_PER_M2, "-fluence, not -flux": beam.fluence_per_m2}
    if beam.flux_per_s:
        size = beam.beamsize_mm / 1000.0
        photons = beam.flux_per_s * beam.exposure_s
        others["the fluence without the exposure"] = stated / beam.exposure_s if beam.exposure_s else stated
        if size:
            others["the fluence of the default beam size"] = photons / (0.1 / 1000.0) ** 2
            others["the fluence per mm²"] = photons / beam.beamsize_mm**2
            others["flux·exposure/beamsize, not squared"] = photons / size
        others["the flux taken for the fluence"] = beam.flux_per_s
    for text, value in others.items():
        if not math.isclose(value, stated, rel_tol=1e-12) and value > 0:
            yield text, {"beam.flux_per_s": 0.0, "beam.fluence_per_m2": value}


def _wavelength(config: Config) -> Iterator[tuple[str, Fields]]:
    if config.beam.wavelength_angstrom != 1.0:
        yield "the default wavelength of 1 Å", {"beam.wavelength_angstrom": 1.0}


def _polarisation(config: Config) -> Iterator[tuple[str, Fields]]:
    beam = config.beam
    if not beam.polarized:
        yield "the polarisation factor", {"beam.polarized": True}
        return
    yield "no polarisation factor", {"beam.polarized": False}
    if beam.kahn_factor:
        yield "an unpolarised beam", {"beam.kahn_factor": 0.0}
        yield "the Kahn factor of the other sign", {"beam.kahn_factor": -beam.kahn_factor}


def _polar_vector(config: Config) -> Iterator[tuple[str, Fields]]:
    if config.beam.kahn_factor:
        for axis, name in _AXES:
            if axis not in {frame_of(config.detector).polar, frame_of(config.detector).beam}:
                yield f"the polarisation vector along {name}", {**_in_custom(config), "detector.polar_vector": axis}


def _sources(config: Config) -> Iterator[tuple[str, Fields]]:
    beam = config.beam
    single = {f"beam.{axis}div{kind}": None for axis in "hv" for kind in ("range_mrad", "step_mrad", "steps")}
    spread = beam.horizontal_divergence.count * beam.vertical_divergence.count > 1
    if beam.source_file is not None:
        yield "a single source, not the file's", {"beam.source_file": None}
        return
    if spread:
        yield "no divergence", single
        words = "square" if beam.round_divergence else "round"
        yield f"a {words} divergence", {"beam.round_divergence": not beam.round_divergence}
    if beam.dispersion.count > 1:
        yield "no dispersion", {"beam.dispersion_percent": 0.0, "beam.dispsteps": None}


def _cuts(config: Config) -> Iterator[tuple[str, Fields]]:
    if config.beam.dmin_angstrom:
        yield "no resolution limit", {"beam.dmin_angstrom": 0.0}
    if config.beam.water_um:
        yield "no water", {"beam.water_um": 0.0}


def _oversample(config: Config) -> Iterator[tuple[str, Fields]]:
    given = config.sampling.oversample or None
    for count in (1, 2, 3):
        if count != given:
            yield f"oversample {count}", {"sampling.oversample": count}
    if given is not None:
        yield "the recommended oversampling", {"sampling.oversample": None}


def _per_sample(config: Config) -> Iterator[tuple[str, Fields]]:
    for name in ("thick", "polar", "omega"):
        on = getattr(config.sampling, f"oversample_{name}")
        words = f"{'without' if on else 'with'} -oversample_{name}"
        yield words.removeprefix("with "), {f"sampling.oversample_{name}": not on}


def _steps(config: Config) -> Iterator[tuple[str, Fields]]:
    crystal = config.crystal
    rotation = crystal.rotation
    range_deg, step_deg = math.degrees(rotation.step) * rotation.count, math.degrees(rotation.step)
    if rotation.count > 1:
        kept = {"crystal.osc_deg": range_deg, "crystal.phisteps": rotation.count}
        yield "one φ step", {"crystal.osc_deg": range_deg, "crystal.phisteps": 1, "crystal.phistep_deg": None}
        for change in (-1, 1):
            count = rotation.count + change
            values = {"crystal.osc_deg": range_deg, "crystal.phisteps": count, "crystal.phistep_deg": None}
            if count > 1:
                yield f"{count} φ steps", values
        ends = range_deg / (rotation.count - 1)
        yield "the end of the φ range included", {**kept, "crystal.phistep_deg": ends}
        yield "no φ rotation within the range", {**kept, "crystal.phistep_deg": 0.0}
    if step_deg:
        yield "φ at the middle of each step", {"crystal.phi_deg": crystal.phi_deg + step_deg / 2}
        yield "φ one step later", {"crystal.phi_deg": crystal.phi_deg + step_deg}
    if crystal.phi_deg:
        yield "φ from 0", {"crystal.phi_deg": 0.0}


def _spindle(config: Config) -> Iterator[tuple[str, Fields]]:
    if not config.crystal.phi_deg and not config.crystal.rotation.step:
        return
    here = frame_of(config.detector).spindle
    reverse = (-here[0], -here[1], -here[2])
    yield "the spindle turning the other way", {**_in_custom(config), "detector.spindle_axis": reverse}
    for axis, name in _AXES:
        if axis not in {here, reverse}:
            yield f"the spindle along {name}", {**_in_custom(config), "detector.spindle_axis": axis}
            if config.detector.convention is not Convention.CUSTOM:
                given = {"detector.convention": Convention.CUSTOM, "detector.spindle_axis": axis}
                yield f"the spindle along {name}, as -spindle_axis gives it (custom convention)", given


def _convention(config: Config) -> Iterator[tuple[str, Fields]]:
    for convention in Convention:
        if convention is not config.detector.convention:
            yield f"the {convention.value.upper()} convention", {"detector.convention": convention}


def _pivot(config: Config) -> Iterator[tuple[str, Fields]]:
    here = frame_of(config.detector).pivot
    for pivot in Pivot:
        if pivot is not here:
            yield f"the {pivot.value} as pivot", {**_in_custom(config), "detector.pivot": pivot}


def _beam_centre(config: Config) -> Iterator[tuple[str, Fields]]:
    detector = config.detector
    pixel = detector.pixel_mm
    named = (
        ("Xbeam_mm", "Ybeam_mm", tuple(1000.0 * x for x in beam_centre(detector)), pixel),
        ("Xclose_mm", "Yclose_mm", (detector.Xclose_mm, detector.Yclose_mm), pixel),
        ("ORGX_px", "ORGY_px", (detector.ORGX_px, detector.ORGY_px), 1.0),
    )
    for first, second, (x, y), size in named:
        if x is None or y is None:
            continue
        names = f"detector.{first}", f"detector.{second}"
        if x != y:
            yield "the two numbers of the beam centre exchanged", dict(zip(names, (y, x), strict=True))
        if getattr(detector, first) is not None:
            yield "the default beam centre", dict.fromkeys(names)
        for step, (dx, dy) in product(
            (0.5, 1.0), ((1, 1), (-1, -1), (1, 0), (0, 1), (-1, 0), (0, -1), (1, -1), (-1, 1))
        ):
            shifted = (x + dx * step * size, y + dy * step * size)
            words = "half a pixel" if step == 0.5 else "a pixel"
            where = f"X {dx * step:+g}, Y {dy * step:+g} pixels"
            yield f"the beam centre {words} off ({where})", dict(zip(names, shifted, strict=True))


def _distance(config: Config) -> Iterator[tuple[str, Fields]]:
    distance, close = config.detector.distance_mm, config.detector.close_distance_mm
    exchanged: Fields = {"detector.distance_mm": close, "detector.close_distance_mm": distance}
    if distance is not None and close is None:
        yield "-close_distance for -distance", exchanged
    elif close is not None and distance is None:
        yield "-distance for -close_distance", exchanged


def _tilt(config: Config) -> Iterator[tuple[str, Fields]]:
    detector = config.detector
    angles = {f"detector.rot{axis}_deg": getattr(detector, f"rot{axis}_deg") for axis in "xyz"}
    if any(angles.values()):
        yield "no detector rotations", dict.fromkeys(angles, 0.0)
        yield "the detector rotations in the other sense", {name: -angle for name, angle in angles.items()}
    turned = {name: angle for name, angle in angles.items() if angle}
    for name, angle in turned.items() if len(turned) > 1 else ():
        flag = f"-detector_{name.removeprefix('detector.').removesuffix('_deg')}"
        yield f"no {flag}", {name: 0.0}
        yield f"{flag} in the other sense", {name: -angle}
    if detector.twotheta_deg:
        yield "no two-theta rotation", {"detector.twotheta_deg": 0.0}
        yield "two-theta in the other sense", {"detector.twotheta_deg": -detector.twotheta_deg}


def _surface(config: Config) -> Iterator[tuple[str, Fields]]:
    detector = config.detector
    yield "a flat detector" if detector.curved else "a curved detector", {"detector.curved": not detector.curved}
    words = "the area and obliquity of the pixels" if detector.point_pixel else "point pixels"
    yield words, {"detector.point_pixel": not detector.point_pixel}


def _sensor(config: Config) -> Iterator[tuple[str, Fields]]:
    detector = config.detector
    if not detector.thickness_um:
        return
    yield "no absorption in the sensor", {"detector.thickness_um": 0.0, "detector.thicksteps": None}
    if detector.layers.count > 1:
        yield "one sensor layer", {"detector.thicksteps": 1}
        yield f"{detector.layers.count - 1} sensor layers", {"detector.thicksteps": detector.layers.count - 1}
    yield f"{detector.layers.count + 1} sensor layers", {"detector.thicksteps": detector.layers.count + 1}


def _interpolation(config: Config) -> Iterator[tuple[str, Fields]]:
    structure = config.structure
    if structure.hkl_file is not None or structure.dump_file.is_file():
        on = config.interpolates
        words = "the nearest reflection (-nointerpolate)" if on else "interpolation (-interpolate)"
        yield words, {"structure.interpolate": not on}


def _reflections(config: Config) -> Iterator[tuple[str, Fields]]:
    structure = config.structure
    if structure.hkl_file is not None and structure.default_F:
        yield "the default structure factor for every reflection", {"structure.hkl_file": None}
        yield "0 for reflections that are not listed", {"structure.default_F": 0.0}


_SHAPES = {
    CrystalShape.SQUARE: "a square",
    CrystalShape.ROUND: "a round",
    CrystalShape.GAUSS: "a Gaussian",
    CrystalShape.TOPHAT: "a top-hat",
}


def _shape(config: Config) -> Iterator[tuple[str, Fields]]:
    for shape in CrystalShape:
        if shape is not config.crystal.shape:
            yield f"{_SHAPES[shape]} crystal", {"crystal.shape": shape}
    if config.crystal.fudge != 1.0:
        yield "no fudge factor", {"crystal.fudge": 1.0}


def _cells(config: Config) -> Iterator[tuple[str, Fields]]:
    crystal = config.crystal
    sized = {f"crystal.size_{axis}_mm": getattr(crystal, f"size_{axis}_mm") for axis in "xyz"}
    if any(sized.values()):
        yield "the crystal's edges left out", dict.fromkeys(sized, 0.0)
        return
    counts = {f"N{axis}": getattr(crystal, f"N{axis}") for axis in "abc"}
    if len(set(counts.values())) == 1:
        for other in (crystal.Na - 1, crystal.Na + 1):
            if other >= 1:
                yield f"N {other}", {f"crystal.{name}": other for name in counts}
    for name, count in counts.items():
        for other in (count - 1, count + 1):
            if other >= 1:
                yield f"{name} {other}", {f"crystal.{name}": other}
    for first, second in (("Na", "Nb"), ("Nb", "Nc"), ("Na", "Nc")):
        if counts[first] != counts[second]:
            values = {f"crystal.{first}": counts[second], f"crystal.{second}": counts[first]}
            yield f"{first} and {second} exchanged", values


def _orientation(config: Config) -> Iterator[tuple[str, Fields]]:
    crystal = config.crystal
    if crystal.misset_random:
        yield "no random misset", {"crystal.misset_random": False}
        if crystal.misset_seed is not None:
            yield "the random misset of seed 1", {"crystal.misset_seed": 1}
            yield "the misset seed taken for the first misset angle", _seed_as_angle(crystal.misset_seed)
    elif crystal.misset_seed is not None:
        yield "the misset seed taken for the first misset angle", _seed_as_angle(crystal.misset_seed)
        yield "a random misset", {"crystal.misset_random": True}
    if crystal.misset_deg is not None and any(crystal.misset_deg):
        yield "no misset", {"crystal.misset_deg": None}
        x, y, z = crystal.misset_deg
        yield "the misset in the other sense", {"crystal.misset_deg": (-x, -y, -z)}
        yield "the misset angles in the order z, y, x", {"crystal.misset_deg": (z, y, x)}


def _seed_as_angle(seed: int) -> Fields:
    return {"crystal.misset_random": False, "crystal.misset_deg": (float(seed), 0.0, 0.0)}


def _mosaic(config: Config) -> Iterator[tuple[str, Fields]]:
    crystal = config.crystal
    if crystal.domain_count > 1:
        yield "no mosaic spread", {"crystal.mosaic_spread_deg": None}
        yield "one mosaic domain", {"crystal.mosaic_domains": 1}
        if crystal.mosaic_seed is not None:
            yield "the default mosaic seed", {"crystal.mosaic_seed": None}


def _beam_direction(config: Config) -> Iterator[tuple[str, Fields]]:
    frame = frame_of(config.detector)
    for (axis, name), sign in product(_AXES, (1.0, -1.0)):
        beam = (sign * axis[0], sign * axis[1], sign * axis[2])
        towards = dot(beam, frame.normal) * dot(frame.beam, frame.normal)
        if beam != frame.beam and towards > _EDGE_ON and abs(dot(beam, frame.polar)) < 1:
            words = name if sign > 0 else f"−{name}"
            yield f"the beam along {words}", {**_in_custom(config), "detector.beam_vector": beam}


_EDGE_ON = 0.1
"""Cosine of the angle between beam and normal up to which a detector is seen from its edge."""

_DETECTOR_AXES = ("fdet_vec", "sdet_vec")
_AXIS_FACTORS = ("F_latt_a", "F_latt_b", "F_latt_c", "F_latt")

ALTERNATIVES: tuple[Alternative, ...] = (
    Alternative("fluence", "another fluence", _fluence, ("fluence_photons_per_m2",)),
    Alternative("wavelength", "the default wavelength", _wavelength, ("lambda_meters",)),
    Alternative("polarisation", "another polarisation of the beam", _polarisation, ("polar",)),
    Alternative("polar_vector", "another direction of polarisation", _polar_vector, ("polar",)),
    Alternative("sources", "other sources", _sources),
    Alternative("beam_direction", "another direction of the beam", _beam_direction, ("incident_vec",)),
    Alternative("cuts", "resolution limit or water left out", _cuts),
    Alternative("oversample", "another oversampling", _oversample, ("steps",)),
    Alternative("per_sample", "a factor applied per sample, or not", _per_sample),
    Alternative("interpolation", "interpolation for nearest, or the reverse", _interpolation, ("F_cell",)),
    Alternative("reflections", "the default structure factor", _reflections, ("F_cell",)),
    Alternative("phi_steps", "another φ sweep", _steps),
    Alternative("spindle", "another spindle", _spindle),
    Alternative("orientation", "another orientation", _orientation, ("rot_a_star_A_inv",)),
    Alternative("mosaic", "another mosaic spread", _mosaic),
    Alternative("shape", "another shape of the crystal", _shape, _AXIS_FACTORS),
    Alternative("cells", "another number of cells", _cells, _AXIS_FACTORS),
    Alternative("convention", "another convention", _convention, (*_DETECTOR_AXES, "pix0_vector_meters")),
    Alternative("pivot", "the other pivot", _pivot, ("pix0_vector_meters",)),
    Alternative("beam_centre", "another beam centre", _beam_centre, ("pix0_vector_meters",)),
    Alternative("distance", "close distance for distance, or the reverse", _distance, ("pix0_vector_meters",)),
    Alternative("tilt", "detector rotations left out or reversed", _tilt, _DETECTOR_AXES),
    Alternative("surface", "another surface", _surface),
    Alternative("sensor", "another sensor", _sensor),
)
"""Every alternative but the switches, in the order in which equal ones are named."""

"""What a log's banner, a configuration and the other side's log tell of the configuration."""

import math
from collections.abc import Mapping

from nbtrace.compare.metrics import dot, norm
from nbtrace.compare.precision import number_formats
from nbtrace.compare.scene import Fact, Facts, Vector, banner_fact
from nbtrace.compare.vectors import cross
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.physics.nanobragg.lattice import common_cells, infer_cells
from nbtrace.physics.nanobragg.spot_facts import spot_facts
from nbtrace.records import Shape, Side, Trace
from simulator.config import Config, Convention
from simulator.frames import frame_of

_FROM_BANNER = (
    "N_a",
    "N_b",
    "N_c",
    "kahn_factor",
    "sensor_m",
    "layers",
    "mu_per_m",
    "sources",
    "mosaic_domains",
    "phi_steps",
    "phi_start_deg",
    "phi_end_deg",
    "oversample",
    "reflections",
    "default_F",
)

_DIRECTIONS = (("spindle_axis", "spindle_axis"), ("vertical_axis", "polar_axis"), ("stated_beam", "beam_vector"))
"""Names of facts, and the settings of a banner that tell them."""

_NUMBERS = (("stated_lambda_m", "lambda_m"), ("stated_fluence", "fluence_per_m2"))

_BORROWED = (
    "angles_rad",
    "Fclose_m",
    "Sclose_m",
    "close_distance_m",
    "Fbeam_m",
    "Sbeam_m",
    "distance_m",
    "twotheta_axis",
    "spindle_axis_normalized",
    "term_beam",
)
"""Logged configuration that a side without a geometry block shares with the other one."""


_SAME_SIZE = 1e-9
"""Relative difference up to which two logs tell the same pixel size from their solid angles."""

_MOSFLM_FRAME = frozenset({Convention.MOSFLM.value, Convention.DENZO.value})
"""Conventions whose initial axes are the constants that the reference prints for every convention."""


def facts_of(trace: Trace, other: Trace, config: Config | None) -> Facts:
    """Return the configuration of a side: as given, else as its own log tells it, else as the other's does."""
    stated: dict[str, Fact] = {**_banner(trace, "banner")}
    borrowed = {**_banner(other, "other log"), **_logged(other)}
    known = {**borrowed, **_own_cells(trace, borrowed), **stated}
    known = {**_where(trace, other), **known}
    if all(_counts_pixels_as_points(log) for log in (trace, other)):
        known["point_pixel"] = Fact((1.0,), 0.0, "both logs' solid angles")
    if any(_hides_factors(log) for log in (trace, other)):
        known["other_shape"] = Fact((1.0,), 0.0, "the reference prints no lattice factors")
    if config is not None:
        known = {**known, **_configured(config)}
    known = {**known, **spot_facts(trace, other, config)}
    return known if all(f"N_{axis}" in known for axis in "abc") else {**_cells(trace, other), **known}


def _banner(trace: Trace, origin: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for name in _FROM_BANNER:
        stated = trace.settings.get(name)
        fact = banner_fact(stated.value, origin) if stated is not None else None
        if fact is not None:
            facts[name] = fact
    for name, setting in _DIRECTIONS:
        stated = trace.settings.get(setting)
        fact = banner_fact(stated.value, origin) if stated is not None else None
        if fact is not None and len(fact.numbers) == 3:
            facts[name] = fact
    for name, setting in _NUMBERS:
        stated = trace.settings.get(setting)
        fact = banner_fact(stated.value, origin) if stated is not None else None
        if fact is not None:
            facts[name] = fact
    cell = trace.settings.get("unit_cell")
    fact = banner_fact(" ".join(cell.value.split()[:3]), origin) if cell is not None else None
    if fact is not None and len(fact.numbers) == 3:
        facts["cell_lengths"] = fact
    facts.update(_words(trace, origin))
    at = whereabouts(trace)
    if at.stated is not None:
        facts["pixel_slow_fast"] = Fact((float(at.stated[0]), float(at.stated[1])), 0.0, origin)
    size = _pixel_size(trace)
    return facts if size is None else {**facts, "pixel_m": Fact((size,), 0.0, origin)}


def _words(trace: Trace, origin: str) -> dict[str, Fact]:
    """Return what a banner says of convention and pivot, as 0 or 1."""
    facts = {}
    convention, pivot = trace.settings.get("convention"), trace.settings.get("pivot")
    if convention is not None:
        facts["mosflm_frame"] = Fact((float(convention.value.lower() in _MOSFLM_FRAME),), 0.0, origin)
        facts["left_handed"] = Fact((float(convention.value.lower() == Convention.ADXV.value),), 0.0, origin)
    if pivot is not None:
        facts["pivot_sample"] = Fact((float("sample" in pivot.value),), 0.0, origin)
    return facts


def _pixel_size(trace: Trace) -> float | None:
    """Return the pixel size in metres: the beam centre's line has more digits than the banner."""
    centre = trace.get("beam_center_m")
    if centre is not None and "pixel_mm" in centre.value.names:
        return centre.value.numbers[centre.value.names.index("pixel_mm")] * 1e-3
    stated = trace.settings.get("pixel_m")
    return float(stated.value) if stated is not None else None


def _logged(trace: Trace) -> dict[str, Fact]:
    """Return what the other side logs of the common configuration."""
    facts = {}
    for name in _BORROWED:
        record = trace.get(name)
        if record is not None and record.value.shape is not Shape.TEXT and all(map(math.isfinite, record.numbers)):
            facts[name] = Fact(record.numbers, 0.0, "other log")
    return facts


def _counts_pixels_as_points(trace: Trace) -> bool:
    """Whether a log's solid angle is 1/R², without the area of the pixel."""
    omega, radius = trace.number("omega_pixel_sr"), trace.number("R_distance_meters")
    return omega is not None and radius is not None and math.isclose(omega * radius * radius, 1, rel_tol=1e-3)


def _hides_factors(trace: Trace) -> bool:
    """Whether a log is the reference's of a crystal that is no parallelepiped: it prints no lattice factors then."""
    return trace.side is Side.C and trace.get("hkl_frac") is not None and trace.get("F_latt_a") is None


def _where(trace: Trace, other: Trace) -> dict[str, Fact]:
    """Return the pixel, and its size where both agree, that the values of the logs tell where none states them."""
    at = [whereabouts(log) for log in (trace, other)]
    facts = {}
    pixel = next((found.derived for found in at if found.derived is not None), None)
    if pixel is not None:
        facts["pixel_slow_fast"] = Fact((float(pixel[0]), float(pixel[1])), 0.0, "geometry")
    sizes = [found.pixel_size for found in at if found.pixel_size is not None]
    if sizes and math.isclose(min(sizes), max(sizes), rel_tol=_SAME_SIZE):
        facts["pixel_m"] = Fact((sizes[0],), _SAME_SIZE * sizes[0], "geometry")
    return facts


def _own_cells(trace: Trace, borrowed: Facts) -> dict[str, Fact]:
    """Return the numbers of cells that a log's own factors need, where the other log's do not give them.

    One factor fits some number by chance or by a mistake of its own: all three must be whole, and at least two others
    than the other log's.
    """
    if not all(f"N_{axis}" in borrowed for axis in "abc"):
        return {}
    theirs = [borrowed[f"N_{axis}"].numbers[0] for axis in "abc"]
    common = _common_cells(trace)
    mine = [common] * len("abc") if common else [_fitting_cells(trace, axis) or 0 for axis in "abc"]
    alike = len(set(mine)) == 1 or len(set(theirs)) > 1
    if not all(mine) or sum(x != y for x, y in zip(mine, theirs, strict=True)) < len("ab") or not alike:
        return {}
    return {f"N_{axis}": Fact((float(n),), 0.0, "lattice factors") for axis, n in zip("abc", mine, strict=True)}


def _cells(trace: Trace, other: Trace) -> dict[str, Fact]:
    """Return numbers of cells that the logged lattice factors need, where no banner tells them.

    Where the two logs need different ones, neither is taken: a factor must not be held against itself. Where all three
    factors of each need one number, that is what each was run with.
    """
    mine, theirs = _common_cells(trace), _common_cells(other)
    if mine is not None and theirs is not None and mine != theirs:
        return {f"N_{axis}": Fact((float(mine),), 0.0, "lattice factors") for axis in "abc"}
    facts = {}
    for axis in "abc":
        needed = {log: cells for log in (0, 1) if (cells := _cells_of((trace, other)[log], axis)) is not None}
        if len(set(needed.values())) == 1:
            origin = "inferred" if 0 in needed else "inferred from the other log"
            facts[f"N_{axis}"] = Fact((float(needed.popitem()[1]),), 0.0, origin)
    return facts


def _cells_of(log: Trace, axis: str) -> int | None:
    """Return the number of cells that a factor needs; a factor of 1 may also be one that was never computed."""
    cells = _fitting_cells(log, axis)
    return cells if cells is not None and cells > 1 else None


def _common_cells(log: Trace) -> int | None:
    """Return the one number of cells along all axes that the factors need."""
    hkl, factors = log.get("hkl_frac"), [log.get(f"F_latt_{axis}") for axis in "abc"]
    known = [factor for factor in factors if factor is not None and len(factor.numbers) == 1]
    if hkl is None or len(hkl.numbers) != len(known) or len(known) != len("abc"):
        return None
    formats = number_formats(log)
    records = (hkl, *known)
    uncertain = [
        formats[record.family].resolution(token, record.scale) / 2
        for record in records
        for token in record.value.tokens
    ]
    return common_cells(hkl.numbers, [factor.numbers[0] for factor in known], uncertain)


def _fitting_cells(log: Trace, axis: str) -> int | None:
    hkl, factor = log.get("hkl_frac"), log.number(f"F_latt_{axis}")
    if hkl is None or factor is None or len(hkl.numbers) != 3:
        return None
    return infer_cells(hkl.numbers["abc".index(axis)], factor)


def _configured(config: Config) -> Mapping[str, Fact]:
    """Return the values that a configuration fixes, exactly."""
    crystal, beam, detector = config.crystal, config.beam, config.detector
    phi = crystal.rotation
    numbers: dict[str, Vector] = {
        "kahn_factor": (beam.kahn_factor,),
        "nopolar": (float(not beam.polarized),),
        "phi_steps": (float(phi.count),),
        "phi_start_deg": (crystal.phi_deg,),
        "phi_end_deg": (crystal.phi_deg + math.degrees(phi.step) * phi.count,),
        "mosaic_domains": (float(crystal.domain_count),),
        "default_F": (config.structure.default_F,),
        "pixel_m": (detector.pixel_mm / 1000.0,),
        "left_handed": (float(_left_handed(config)),),
        "curved": (float(detector.curved),),
        "point_pixel": (float(detector.point_pixel),),
        "configured_fluence": (beam.total_fluence_per_m2,),
        "configured_lambda_m": (beam.wavelength_angstrom * 1e-10,),
        "sensor_m": (detector.layers.range,),
        "layer_step_m": (detector.layers.step,),
        "water_um": (beam.water_um,),
        "layers": (float(detector.layers.count),),
        "mu_per_m": (detector.attenuation_per_m,),
    }
    if crystal.cell is not None:
        numbers["cell_lengths"] = (crystal.cell.a_angstrom, crystal.cell.b_angstrom, crystal.cell.c_angstrom)
    spread = beam.horizontal_divergence.count * beam.vertical_divergence.count * beam.dispersion.count
    if beam.source_file is None and spread == 1:
        numbers["sources"] = (1.0,)
    else:
        numbers["several_sources"] = (1.0,)
    if config.sampling.oversample:
        numbers["oversample"] = (float(config.sampling.oversample),)
    if config.structure.hkl_file is None:
        numbers["reflections"] = (0.0,)
    if not (crystal.size_x_mm or crystal.size_y_mm or crystal.size_z_mm):
        numbers |= {f"N_{axis}": (float(max(getattr(crystal, f"N{axis}"), 1)),) for axis in "abc"}
    if beam.source_file is None:
        numbers |= _vectors(config)
    return {name: Fact(value, 0.0, "configuration") for name, value in numbers.items()}


def _left_handed(config: Config) -> bool:
    """Whether the normal is opposite to fast × slow; one whose length is not exactly 1 is replaced by that."""
    frame = frame_of(config.detector)
    return norm(frame.normal) == 1.0 and dot(cross(frame.fast, frame.slow), frame.normal) < 0


def _vectors(config: Config) -> dict[str, Vector]:
    """Return the directions as given, not normalised."""
    detector = config.detector
    given = {
        "given_fdet": detector.fast_vector,
        "given_sdet": detector.slow_vector,
        "given_odet": detector.normal_vector,
        "given_beam": detector.beam_vector,
        "given_spindle": detector.spindle_axis,
    }
    return {name: vector for name, vector in given.items() if vector is not None}

"""The classes of mistakes that the self-test makes."""

import math
from collections.abc import Callable

from nbtrace.compare.node_view import NodeView
from nbtrace.compare.precision import as_single
from nbtrace.compare.scene import Vector
from nbtrace.compare.vectors import added, scaled
from nbtrace.physics.nanobragg.formulas import crystal, geometry
from nbtrace.physics.nanobragg.formulas.geometry import about_axis
from nbtrace.physics.nanobragg.formulas.sweep_places import at_step, tic_of, tics
from nbtrace.physics.nanobragg.formulas.table import DEFAULT_FLUENCE
from nbtrace.physics.nanobragg.selftest.inject import KnownMistake, Mistake
from nbtrace.units import ANGSTROM
from nbtrace.vocabulary.formula import UnloggedError

_ORIENTATION = (*(f"rot_{axis}_angstroms" for axis in "abc"), "phi_k_frac")
_LATTICE = ("F_latt", "phi_F_latt")


def _times(factor: float) -> Mistake:
    return lambda _, right: scaled(right, factor)


def _reordered(*order: int) -> Mistake:
    return lambda _, right: tuple(right[i] for i in order)


def _flipped(*places: int) -> Mistake:
    return lambda _, right: tuple(-x if i in places else x for i, x in enumerate(right))


def _constant(*numbers: float) -> Mistake:
    return lambda _, __: numbers


def _by(name: str, exponent: float = 1.0) -> Mistake:
    return lambda at, right: (right[0] * at.number(name) ** exponent,)


def _function(function: Callable[[float], float]) -> Mistake:
    return lambda _, right: tuple(function(x) for x in right)


def _turned(angle: Callable[[NodeView, float], float]) -> Mistake:
    """Return the mistake of another spindle angle."""

    def mistake(at: NodeView, _: Vector) -> Vector:
        tic = max(tic_of(at.node), 0)
        name = at.node.name
        axis = name[4] if name.startswith("rot_") else "b"
        degrees = angle(at, crystal.nominal_deg(at, tic))
        vector = crystal.rotated_cell(at, axis, degrees)
        if name.startswith("rot_"):
            return vector
        return (sum(x * y for x, y in zip(vector, at["scattering_vec_A_inv"], strict=True)) * ANGSTROM,)

    return mistake


def _moved(*change: float) -> Mistake:
    return lambda _, right: added(right, change[: len(right)])


def _about(axis: Vector) -> Mistake:
    def mistake(at: NodeView, _: Vector) -> Vector:
        tic, name = max(tic_of(at.node), 0), at.node.name
        base = crystal.base_cell(at, name[4] if name.startswith("rot_") else "b")
        vector = about_axis(base, axis, math.radians(crystal.nominal_deg(at, tic)))
        if name.startswith("rot_"):
            return vector
        return (sum(x * y for x, y in zip(vector, at["scattering_vec_A_inv"], strict=True)) * ANGSTROM,)

    return mistake


def _step(at: NodeView) -> float:
    return (at.number("phi_end_deg") - at.number("phi_start_deg")) / crystal.step_count(at)


def _end_included(at: NodeView, nominal: float) -> float:
    count, start = crystal.step_count(at), at.number("phi_start_deg")
    if count < 2:
        raise UnloggedError("steps")
    return start + (nominal - start) * count / (count - 1)


def _last_step(at: NodeView, _: float) -> float:
    return float(crystal.nominal_deg(at, crystal.step_count(at) - 1))


def _first_stale(sweep: Callable[[NodeView, float], float]) -> Callable[[NodeView, float], float]:
    """Return the angles of a sweep whose first step keeps the rotation of its last."""

    def angle(at: NodeView, nominal: float) -> float:
        if crystal.step_count(at) < 2:
            raise UnloggedError("steps")
        return sweep(at, _last_step(at, nominal) if tic_of(at.node) <= 0 else nominal)

    return angle


def _products(*names: str, exponent: float = 1.0) -> Mistake:
    """Return the mistake of several factors at once."""

    def mistake(at: NodeView, right: Vector) -> Vector:
        factors = [at.number(name) ** exponent for name in names]
        if any(factor in {0.0, 1.0} for factor in factors):
            raise UnloggedError("factors that are not 1")
        return (right[0] * math.prod(factors),)

    return mistake


def _shifted(slow: float, fast: float) -> Mistake:
    def mistake(at: NodeView, _: Vector) -> Vector:
        s, f, layer = geometry.coordinates_px(at)
        return geometry.position_at(at, s + slow, f + fast, layer)

    return mistake


def _exchanged(at: NodeView, _: Vector) -> Vector:
    s, f, layer = geometry.coordinates_px(at)
    return geometry.position_at(at, f, s, layer)


def _centre(slow: float, fast: float) -> Mistake:
    def mistake(at: NodeView, right: Vector) -> Vector:
        pixel = at.number("pixel_m")
        return added(right, scaled(at["fdet_vec"], fast * pixel), scaled(at["sdet_vec"], slow * pixel))

    return mistake


def _cells(change: int, axis: str) -> Mistake:
    def mistake(at: NodeView, _: Vector) -> Vector:
        place = "abc".index(axis)
        index = at.number(f"phi_{'hkl'[place]}_frac") if tic_of(at.node) >= 0 else at["hkl_frac"][place]
        return (crystal.grating(index, crystal.cells(at, axis) + change),)

    return mistake


def _without(axis: str) -> Mistake:
    return lambda at, right: (right[0] / at.number(f"F_latt_{axis}"),)


def _terms(at: NodeView) -> list[float]:
    steps = tics(at.of(0), "phi_F_latt")
    if len(steps) < 2 or len(at.samples()) > 1:
        raise UnloggedError("steps")
    return [(at.number("F_cell") * at_step(at, 0, tic).number("phi_F_latt")) ** 2 for tic in steps]


def _sum(function: Callable[[list[float]], float]) -> Mistake:
    return lambda at, _: (function(_terms(at)),)


def _polar_unpolarised(at: NodeView, _: Vector) -> Vector:
    if not at.number("kahn_factor"):
        raise UnloggedError("a polarised beam")
    cosine = sum(x * y for x, y in zip(at.of(0)["incident_vec"], at.of(0)["diffracted_vec"], strict=True))
    return (0.5 * (1 + cosine**2),)


def _polar_plain(function: Callable[[float], float]) -> Mistake:
    def mistake(at: NodeView, _: Vector) -> Vector:
        return (
            function(sum(x * y for x, y in zip(at.of(0)["incident_vec"], at.of(0)["diffracted_vec"], strict=True))),
        )

    return mistake


def _solid(area: float, close: float, radius: float) -> Mistake:
    return lambda at, _: (
        at.number("pixel_m") ** area
        * at.number("close_distance_meters") ** close
        / at.number("R_distance_meters") ** radius,
    )


def _causes(*names: str) -> frozenset[str]:
    return frozenset(names)


_ANGLE, _ORDER, _SIGN, _UNIT, _TWO = (
    _causes("angle_unit"),
    _causes("order"),
    _causes("sign"),
    _causes("unit"),
    _causes("two"),
)
_FACTOR = _causes("factor", "input_altered", "input_dropped")
_OMEGA = _causes("solid_angle", "factor", "square")
_SAMPLE = ("omega_pixel_sr", "omega_pixel")

PHYSICS: tuple[KnownMistake, ...] = (
    KnownMistake("pix0 in mm", ("pix0_vector_meters",), _times(1e3), _UNIT),
    KnownMistake("pix0 half a pixel off along fast", ("pix0_vector_meters",), _centre(0, 0.5), _causes("corner")),
    KnownMistake("pix0 half a pixel off along slow", ("pix0_vector_meters",), _centre(0.5, 0), _causes("corner")),
    KnownMistake("pix0 one pixel off along both", ("pix0_vector_meters",), _centre(-1, -1), _causes("corner")),
    KnownMistake("pix0 with y and z exchanged", ("pix0_vector_meters",), _reordered(0, 2, 1), _ORDER),
    KnownMistake("pix0 with the other sign of z", ("pix0_vector_meters",), _flipped(2), _SIGN),
    KnownMistake(
        "pixel position half a pixel off", ("pixel_pos_meters",), _shifted(-0.5, -0.5), _causes("pixel_shift")
    ),
    KnownMistake(
        "pixel position one pixel off along fast", ("pixel_pos_meters",), _shifted(0, 1), _causes("pixel_shift")
    ),
    KnownMistake("slow and fast exchanged", ("pixel_pos_meters",), _exchanged, _causes("pixel_shift")),
    KnownMistake("distance squared", ("R_distance_meters",), _function(lambda x: x * x), _causes("square")),
    KnownMistake("distance in mm", ("R_distance_meters",), _times(1e3), _UNIT),
    KnownMistake("solid angle without obliquity", _SAMPLE, _solid(2, 0, 2), _OMEGA),
    KnownMistake("solid angle of a point", _SAMPLE, _solid(0, 0, 2), _OMEGA),
    KnownMistake("solid angle with the obliquity twice", _SAMPLE, _solid(2, 2, 4), _OMEGA),
    KnownMistake("solid angle with R² for R³", _SAMPLE, _solid(2, 1, 2), _OMEGA),
    KnownMistake("solid angle of the pixel size", _SAMPLE, _solid(1, 1, 3), _OMEGA | {"input_altered"}),
    KnownMistake("diffracted direction reversed", ("diffracted_vec",), _times(-1), _SIGN),
    KnownMistake(
        "diffracted direction not normalised",
        ("diffracted_vec",),
        lambda at, _: at["pixel_pos_meters"],
        _causes("another_quantity", "input_altered"),
    ),
    KnownMistake("incident beam reversed", ("incident_vec",), _times(-1), _SIGN),
    KnownMistake("incident beam along z", ("incident_vec",), _reordered(2, 1, 0), _ORDER | {"convention"}),
    KnownMistake("wavelength in Å", ("lambda_meters",), _times(1e10), _UNIT),
    KnownMistake("wavelength of 1 Å", ("lambda_meters",), _constant(1e-10), _causes("constant")),
    KnownMistake("scattering vector times 2π", ("scattering_vec_A_inv",), _times(2 * math.pi), _causes("two_pi")),
    KnownMistake("scattering vector in Å⁻¹", ("scattering_vec_A_inv",), _times(1e-10), _UNIT),
    KnownMistake("scattering vector reversed", ("scattering_vec_A_inv",), _times(-1), _SIGN),
    KnownMistake(
        "scattering vector reversed and in Å⁻¹",
        ("scattering_vec_A_inv",),
        _times(-1e-10),
        _causes("unit and sign"),
    ),
    KnownMistake("scattering vector halved", ("scattering_vec_A_inv",), _times(0.5), _TWO),
    KnownMistake(
        "scattering vector without incident beam",
        ("scattering_vec_A_inv",),
        lambda at, _: scaled(at["diffracted_vec"], 1 / at.number("lambda_meters")),
        _causes("input_altered", "input_dropped"),
    ),
    KnownMistake("cell vectors in m", _ORIENTATION[:3], _times(1e-10), _UNIT),
    KnownMistake("cell vectors in nm", _ORIENTATION[:3], _times(0.1), _UNIT),
    KnownMistake("cell vectors with x and y exchanged", _ORIENTATION[:3], _reordered(1, 0, 2), _ORDER),
    KnownMistake(
        "rotation of the last step at step 0", _ORIENTATION, _turned(_last_step), _causes("stale_rotation"), tic=0
    ),
    KnownMistake(
        "rotation with the end point included", _ORIENTATION, _turned(_end_included), _causes("other_rotation")
    ),
    KnownMistake(
        "rotation in the opposite sense",
        _ORIENTATION,
        _turned(lambda _, angle: -angle),
        _causes("other_rotation", "stale_rotation"),
    ),
    KnownMistake(
        "rotation in the opposite sense, and the first step stale",
        _ORIENTATION,
        _turned(_first_stale(lambda _, angle: -angle)),
        _causes("stale_in_another_sweep", "stale_rotation", "other_rotation"),
    ),
    KnownMistake(
        "rotation with the end point included, and the first step stale",
        _ORIENTATION,
        _turned(_first_stale(_end_included)),
        _causes("stale_in_another_sweep", "stale_rotation", "other_rotation"),
    ),
    KnownMistake(
        "rotation at the middle of the step, and the first step stale",
        _ORIENTATION,
        _turned(_first_stale(lambda at, angle: angle + _step(at) / 2)),
        _causes("stale_in_another_sweep"),
    ),
    KnownMistake(
        "rotation one step too far",
        _ORIENTATION,
        _turned(lambda at, angle: angle + _step(at)),
        _causes("other_rotation", "stale_rotation"),
    ),
    KnownMistake(
        "rotation at the middle of the step",
        _ORIENTATION,
        _turned(lambda at, angle: angle + _step(at) / 2),
        _causes("other_rotation"),
    ),
    KnownMistake(
        "rotation by degrees as radians",
        _ORIENTATION,
        _turned(lambda _, angle: math.degrees(angle)),
        _causes("other_rotation"),
    ),
    KnownMistake("no rotation", _ORIENTATION, _turned(lambda *_: 0.0), _causes("other_rotation", "stale_rotation")),
    KnownMistake("rotation about y", _ORIENTATION, _about((0.0, 1.0, 0.0)), _causes("other_rotation")),
    KnownMistake("hkl with h and k exchanged", ("hkl_frac",), _reordered(1, 0, 2), _ORDER | {"inputs_exchanged"}),
    KnownMistake("hkl negated", ("hkl_frac", "phi_k_frac"), _times(-1), _SIGN),
    KnownMistake("hkl times 2π", ("hkl_frac", "phi_k_frac"), _times(2 * math.pi), _causes("two_pi")),
    KnownMistake("lattice factor of one cell more along a", ("F_latt_a",), _cells(1, "a"), _causes("cells")),
    KnownMistake("lattice factor of three cells more along c", ("F_latt_c",), _cells(3, "c"), _causes("cells")),
    KnownMistake(
        "lattice factor of one cell less along b",
        ("F_latt_b", "phi_F_latt_b"),
        _cells(-1, "b"),
        _causes("cells"),
    ),
    KnownMistake(
        "lattice factor along c divided by N",
        ("F_latt_c",),
        lambda at, right: (right[0] / crystal.cells(at, "c"),),
        _causes("lattice_factor"),
    ),
    KnownMistake("lattice factor without its sign", _LATTICE, _function(abs), _causes("lattice_factor", "sign")),
    KnownMistake(
        "lattice factor without axis a", _LATTICE, _without("a"), _causes("lattice_factor", "factor", "input_altered")
    ),
    KnownMistake("lattice factor squared", _LATTICE, _function(lambda x: x * x), _causes("square")),
    KnownMistake("structure factor 0", ("F_cell",), _constant(0.0), _causes("zero", "constant")),
    KnownMistake("structure factor squared", ("F_cell",), _function(lambda x: x * x), _causes("square")),
    KnownMistake("structure factor halved", ("F_cell",), _times(0.5), _TWO),
    KnownMistake(
        "intensity lacks step 0", ("I_before_scaling",), _sum(lambda terms: sum(terms[1:])), _causes("intensity_sum")
    ),
    KnownMistake(
        "intensity of the last step only",
        ("I_before_scaling",),
        _sum(lambda terms: terms[-1]),
        _causes("intensity_sum"),
    ),
    KnownMistake(
        "intensity with step 0 twice",
        ("I_before_scaling",),
        _sum(lambda terms: sum(terms) + terms[0]),
        _causes("intensity_sum"),
    ),
    KnownMistake("intensity times F_cell", ("I_before_scaling",), _by("F_cell"), _FACTOR),
    KnownMistake(
        "intensity without F_cell",
        ("I_before_scaling",),
        _by("F_cell", -2),
        _causes("intensity_sum", "factor", "input_altered"),
    ),
    KnownMistake(
        "intensity already divided by steps",
        ("I_before_scaling",),
        _by("steps", -1),
        _causes("intensity_sum", "factor"),
    ),
    KnownMistake(
        "intensity already polarised", ("I_before_scaling",), _by("polar"), _causes("intensity_sum", "factor")
    ),
    KnownMistake("r_e² in Å²", ("r_e_sqr",), _times(1e20), _UNIT),
    KnownMistake("r_e of CODATA 2018", ("r_e_meters",), _constant(2.8179403262e-15), _causes("constant")),
    KnownMistake("fluence by default", ("fluence_photons_per_m2",), _constant(DEFAULT_FLUENCE), _causes("constant")),
    KnownMistake("fluence per mm²", ("fluence_photons_per_m2",), _times(1e-6), _UNIT),
    KnownMistake(
        "steps one too many", ("steps",), lambda _, right: (right[0] + 1,), _causes("divisor", "configuration", "two")
    ),
    KnownMistake("steps not counting φ", ("steps",), _by("phi_steps", -1), _causes("divisor", "configuration")),
    KnownMistake("polarisation without ½", ("polar",), _times(2.0), _causes("two", "polarisation")),
    KnownMistake("polarisation not computed", ("polar",), _constant(1.0), _causes("constant", "polarisation")),
    KnownMistake(
        "polarisation with cos 2θ", ("polar",), _polar_plain(lambda c: 0.5 * (1 + c)), _causes("polarisation")
    ),
    KnownMistake(
        "polarisation of an unpolarised beam", ("polar",), _polar_unpolarised, _causes("polarisation", "configuration")
    ),
    KnownMistake("polarisation squared", ("polar",), _function(lambda x: x * x), _causes("square")),
    KnownMistake("absorption not computed", ("capture_fraction",), _constant(1.0), _causes("constant", "capture")),
    KnownMistake("omega applied in another unit", ("omega_pixel",), _times(1e-6), _UNIT),
    KnownMistake("pixel without polarisation", ("I_pixel_final",), _by("polar", -1), _FACTOR),
    KnownMistake("pixel polarised twice", ("I_pixel_final",), _by("polar"), _FACTOR),
    KnownMistake(
        "pixel without polarisation and solid angle",
        ("I_pixel_final",),
        _products("polar", "omega_pixel", exponent=-1.0),
        _causes("several_factors"),
    ),
    KnownMistake("pixel without the solid angle", ("I_pixel_final",), _by("omega_pixel", -1), _FACTOR),
    KnownMistake("pixel not divided by steps", ("I_pixel_final",), _by("steps"), _FACTOR),
    KnownMistake("pixel in float32", ("I_pixel_final",), _function(as_single), _causes("float32")),
    KnownMistake("hkl in single precision", ("hkl_frac", "phi_k_frac"), _function(as_single), _causes("float32")),
    KnownMistake("stored value doubled", ("floatimage_accumulated",), _times(2.0), _TWO),
)
"""Mistakes in the computation; everything downstream goes on with them."""

LOGS: tuple[KnownMistake, ...] = (
    KnownMistake("log: R in mm", ("R_distance_meters",), _times(1e3), _UNIT, log_only=True),
    KnownMistake("log: scattering vector in Å⁻¹", ("scattering_vec_A_inv",), _times(1e-10), _UNIT, log_only=True),
    KnownMistake("log: diffracted direction negated", ("diffracted_vec",), _times(-1), _SIGN, log_only=True),
    KnownMistake("log: hkl negated", ("hkl_frac",), _times(-1), _SIGN, log_only=True),
    KnownMistake("log: cos 2θ doubled", ("cos_2theta",), _times(2.0), _TWO, log_only=True),
    KnownMistake("log: wavelength in nm", ("lambda_angstroms",), _times(0.1), _UNIT, log_only=True),
    KnownMistake(
        "log: intensity after polarisation",
        ("I_before_scaling",),
        _by("polar"),
        _causes("intensity_sum", "factor"),
        log_only=True,
    ),
    KnownMistake(
        "log: intensity after polarisation and solid angle",
        ("I_before_scaling",),
        _products("polar", "omega_pixel"),
        _causes("several_factors"),
        log_only=True,
    ),
    KnownMistake(
        "log: polar placeholder", ("polar",), _constant(1.0), _causes("constant", "polarisation"), log_only=True
    ),
    KnownMistake("log: omega in µsr", ("omega_pixel",), _times(1e6), _UNIT | {"power_of_ten"}, log_only=True),
    KnownMistake(
        "log: pixel position with x and z exchanged", ("pixel_pos_meters",), _reordered(2, 1, 0), _ORDER, log_only=True
    ),
)
"""Mistakes in the log alone."""

NAMELESS: tuple[KnownMistake, ...] = (
    KnownMistake("nameless: solid angle 1 % too large", _SAMPLE[:1], _times(1.01), _causes()),
    KnownMistake("nameless: scattering vector 0.03 % too long", ("scattering_vec_A_inv",), _times(1.0003), _causes()),
    KnownMistake(
        "nameless: corner 0.1 to 0.3 mm off", ("pix0_vector_meters",), _moved(1.3e-4, 2.1e-4, -2.9e-4), _causes()
    ),
    KnownMistake("nameless: R 17 µm too long", ("R_distance_meters",), _moved(1.7e-5), _causes()),
    KnownMistake("nameless: cell 0.2 % too large", _ORIENTATION, _times(1.0021), _causes()),
    KnownMistake("nameless: indices 0.0013 off", ("hkl_frac", "phi_k_frac"), _moved(0.0013, 0.0013, 0.0013), _causes()),
    KnownMistake("nameless: lattice factor 37 % too large", _LATTICE, _times(1.3713), _causes()),
    KnownMistake("nameless: intensity 3 % too small", ("I_before_scaling",), _times(0.9693), _causes()),
    KnownMistake("nameless: polarisation 0.0011 too large", ("polar",), _moved(0.0011), _causes()),
    KnownMistake("nameless: fluence 1 % too large", ("fluence_photons_per_m2",), _times(1.0107), _causes()),
    KnownMistake("nameless: pixel 7 % too large", ("I_pixel_final",), _times(1.0713), _causes()),
)
"""Mistakes that no signature describes: the right answer is the place, and no cause."""

DEFECTS: tuple[KnownMistake, ...] = PHYSICS + LOGS + NAMELESS
"""Every class."""

"""A stranger's pair of programs: sunlight through the air onto a panel, with one mistake of any generic kind on a side.

Both sides are one solver in two layouts, so that they differ by the mistake alone. It knows nothing of nbtrace.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Place: TypeAlias = tuple[int, ...]
"""Ordinals of hour and layer; fewer where a quantity has fewer."""

Numbers: TypeAlias = tuple[float, ...]

HOURS, LAYERS = 4, 4
REFERENCE, CANDIDATE = "helios", "torchsun"
"""The names of the two sides; the first is the reference."""

FINAL = "power_W"

VOCABULARY = """
format_version = 1
name = "sunlight"
description = "Direct sunlight through layers of air onto a round panel"
sides = { helios = ["HELIOS:"], torchsun = ["sun>"] }
indices = ["hour", "layer"]
final = "power_W"

[constants]
omega_rad_h = { value = 0.2617993877991494, unit = "rad/h" }
noon_h = { value = 12.2, unit = "h" }
noon_sun = { value = [0.48, 0.36, 0.8], unit = "1" }
east = { value = [0.6, -0.8, 0.0], unit = "1" }
zenith = { value = [0.0, 0.0, 1.0], unit = "1" }
normal = { value = [0.36, 0.48, 0.8], unit = "1" }
absorption_m2_kg = { value = 1.1e-5, unit = "m2/kg" }
scattering_1_m = { value = 8.3e-6, unit = "1/m" }
depth_m = { value = 2500.0, unit = "m" }
solar_W_m2 = { value = 1361.0, unit = "W/m2" }
nominal = { value = 0.205, unit = "1" }
loss_1_K = { value = 8.0e-4, unit = "1/K" }
heating_K = { value = 12.5, unit = "K" }
nominal_K = { value = 298.15, unit = "K" }

[quantities]
radius_m = { unit = "m", never_zero = true }
area_m2 = { unit = "m2", formula = "pi * radius_m**2" }
time_h = { unit = "h" }
air_K = { unit = "K", never_zero = true }
hour_angle_rad = { unit = "rad", formula = "omega_rad_h * (time_h - noon_h)" }
sun = { unit = "1", shape = 3, formula = "cos(hour_angle_rad) * noon_sun + sin(hour_angle_rad) * east" }
cos_zenith = { unit = "1", formula = "dot(sun, zenith)" }
cos_panel = { unit = "1", formula = "dot(sun, normal)" }
density_kg_m3 = { unit = "kg/m3" }
tau = { unit = "1", formula = "(absorption_m2_kg * density_kg_m3 + scattering_1_m) * depth_m / cos_zenith" }
irradiance_W_m2 = { unit = "W/m2", formula = "irradiance_W_m2[layer-1] * exp(-tau)" }
total_tau = { unit = "1", formula = "sum(tau, layer)" }
ground_W_m2 = { unit = "W/m2", formula = "solar_W_m2 * exp(-total_tau)" }
efficiency = { unit = "1", formula = "nominal - loss_1_K * (air_K + heating_K - nominal_K)" }
power_W = { unit = "W", formula = "ground_W_m2 * cos_panel * area_m2 * efficiency" }

[chain]
power_W = ["ground_W_m2", "cos_panel", "area_m2", "efficiency"]
"""


class Kind(StrEnum):
    """The generic kinds of mistakes."""

    UNIT = "wrong unit"
    SIGN = "wrong sign"
    CONSTANT_FACTOR = "constant factor"
    STALE_STEP = "stale step"
    OFF_BY_ONE = "off by one index"
    DROPPED_TERM = "dropped term"
    CHAIN_FACTOR = "missing or doubled factor"
    PERMUTATION = "components permuted"
    FLOAT32 = "single precision"
    ANOTHER_QUANTITY = "another quantity in its place"


@dataclass(frozen=True)
class Mistake:
    """One mistake, and the right answer.

    Attributes
    ----------
    name : str
    kind : Kind
    quantity : str
        The quantity that is computed wrongly.
    wrong : callable
        Its value from the run so far, the place, and the right value.
    causes : frozenset of str
        Names of signatures that describe it.
    """

    name: str
    kind: Kind
    quantity: str
    wrong: "Callable[[Run, Place, Numbers], Numbers]"
    causes: frozenset[str]


class Run:
    """Values in the order in which they were computed, with the mistake made in one of them.

    Attributes
    ----------
    values : dict of (str, Place) to Numbers
        As logged, and as everything downstream takes them.
    right : dict of (str, Place) to Numbers
        What each would be, had the mistake not been made in it.
    """

    def __init__(self, mistake: Mistake | None = None) -> None:
        self.values: dict[tuple[str, Place], Numbers] = {}
        self.right: dict[tuple[str, Place], Numbers] = {}
        self._mistake = mistake

    def put(self, name: str, place: Place, *numbers: float) -> None:
        """Keep a value."""
        self.right[name, place] = numbers
        if self._mistake is not None and self._mistake.quantity == name:
            numbers = self._mistake.wrong(self, place, numbers)
        self.values[name, place] = numbers

    def number(self, name: str, *place: int) -> float:
        """Return a scalar as it was logged."""
        return self.values[name, place][0]


def solve(mistake: Mistake | None = None) -> Run:
    """Follow the light down to the panel at every hour."""
    run = Run(mistake)
    run.put("radius_m", (), 0.31)
    run.put("area_m2", (), math.pi * run.number("radius_m") ** 2)
    for hour in range(HOURS):
        _sun(run, hour)
        for layer in range(LAYERS):
            _layer(run, hour, layer)
        run.put("total_tau", (hour,), math.fsum(run.number("tau", hour, layer) for layer in range(LAYERS)))
        run.put("ground_W_m2", (hour,), 1361.0 * math.exp(-run.number("total_tau", hour)))
        run.put("efficiency", (hour,), 0.205 - 8.0e-4 * (run.number("air_K", hour) + 12.5 - 298.15))
        factors = (run.number(name, hour) for name in ("ground_W_m2", "cos_panel", "efficiency"))
        run.put("power_W", (hour,), math.prod(factors) * run.number("area_m2"))
    return run


def _sun(run: Run, hour: int) -> None:
    place = (hour,)
    run.put("time_h", place, 9.3 + 1.1 * hour)
    run.put("air_K", place, 291.2 + 2.7 * hour + 0.4 * hour**2)
    run.put("hour_angle_rad", place, math.pi / 12 * (run.number("time_h", hour) - 12.2))
    cosine, sine = (function(run.number("hour_angle_rad", hour)) for function in (math.cos, math.sin))
    run.put("sun", place, 0.48 * cosine + 0.6 * sine, 0.36 * cosine - 0.8 * sine, 0.8 * cosine)
    x, y, z = run.values["sun", place]
    run.put("cos_zenith", place, z)
    run.put("cos_panel", place, 0.36 * x + 0.48 * y + 0.8 * z)


def _layer(run: Run, hour: int, layer: int) -> None:
    place = (hour, layer)
    height_km = 2.5 * (LAYERS - layer) - 1.25
    run.put("density_kg_m3", place, 1.225 * math.exp(-height_km / 8.5) * (1 - 0.017 * hour))
    run.put("tau", place, _tau(run, place, run.number("density_kg_m3", *place)))
    above = run.number("irradiance_W_m2", hour, layer - 1) if layer else 1361.0
    run.put("irradiance_W_m2", place, above * math.exp(-run.number("tau", *place)))


def _tau(run: Run, place: Place, density: float, scattering: float = 8.3e-6) -> float:
    return (1.1e-5 * density + scattering) * 2500.0 / run.number("cos_zenith", place[0])


def log_text(run: Run, side: str) -> str:
    """Return the trace as a side prints it."""
    lines = _reference_lines(run) if side == REFERENCE else _candidate_lines(run)
    return "".join(f"{line}\n" for line in lines)


_UNITS = {
    "radius_m": "m",
    "area_m2": "m2",
    "time_h": "h",
    "air_K": "K",
    "hour_angle_rad": "rad",
    "density_kg_m3": "kg/m3",
    "irradiance_W_m2": "W/m2",
    "ground_W_m2": "W/m2",
    "power_W": "W",
}


def _reference_lines(run: Run) -> Iterator[str]:
    """Yield a line per value, with its unit."""
    for (name, place), numbers in run.values.items():
        unit = [_UNITS[name]] if name in _UNITS else []
        yield " ".join(["HELIOS:", *_index_words(place), name, *(f"{number:.17g}" for number in numbers), *unit])


def _candidate_lines(run: Run) -> Iterator[str]:
    """Yield a line per place and group of scalars, and one per vector."""
    row: list[str] = []
    here: Place = ()
    for (name, place), numbers in run.values.items():
        if row and (place != here or len(numbers) > 1):
            yield _row(here, row)
            row = []
        here = place
        if len(numbers) > 1:
            yield _row(here, [f"{name}: " + " ".join(map(repr, numbers))])
        else:
            row.append(f"{name}={numbers[0]!r}")
    yield _row(here, row)


def _row(place: Place, words: list[str]) -> str:
    return " ".join(["sun>", *_index_words(place), *words])


def _index_words(place: Place) -> list[str]:
    return [f"{index}={at}" for index, at in zip(("hour", "layer"), place, strict=False)]


def logs(mistake: Mistake | None, side: str) -> Mapping[str, str]:
    """Return the texts of both logs by side; the mistake is made on one side."""
    return {name: log_text(solve(mistake if name == side else None), name) for name in (REFERENCE, CANDIDATE)}


def _times(factor: float) -> Callable[[Run, Place, Numbers], Numbers]:
    return lambda _run, _place, right: tuple(factor * number for number in right)


def _order(*order: int) -> Callable[[Run, Place, Numbers], Numbers]:
    return lambda _run, _place, right: tuple(right[i] for i in order)


def _by(name: str, power: int) -> Callable[[Run, Place, Numbers], Numbers]:
    """Return the mistake of a factor that is left out or taken twice."""

    def wrong(run: Run, place: Place, right: Numbers) -> Numbers:
        at = place if (name, place) in run.values else ()
        return (right[0] * run.number(name, *at) ** power,)

    return wrong


def _last_hour(name: str) -> Callable[[Run, Place, Numbers], Numbers]:
    """Return the mistake of taking what was computed an hour ago."""
    return lambda run, place, right: run.right.get((name, (place[0] - 1, *place[1:])), right)


def _layer_above_density(run: Run, place: Place, right: Numbers) -> Numbers:
    hour, layer = place
    return (_tau(run, place, run.number("density_kg_m3", hour, layer - 1)),) if layer else right


def _layer_above_tau(run: Run, place: Place, right: Numbers) -> Numbers:
    hour, layer = place
    if not layer:
        return right
    return (run.number("irradiance_W_m2", hour, layer - 1) * math.exp(-run.number("tau", hour, layer - 1)),)


def _single(_run: Run, _place: Place, right: Numbers) -> Numbers:
    return tuple(struct.unpack("f", struct.pack("f", number))[0] for number in right)


def _no_scattering(run: Run, place: Place, _right: Numbers) -> Numbers:
    return (_tau(run, place, run.number("density_kg_m3", *place), 0.0),)


def _no_absorption(run: Run, place: Place, _right: Numbers) -> Numbers:
    return (_tau(run, place, 0.0),)


def _no_heating(run: Run, place: Place, _right: Numbers) -> Numbers:
    return (0.205 - 8.0e-4 * (run.number("air_K", *place) - 298.15),)


def _no_last_layer(run: Run, place: Place, right: Numbers) -> Numbers:
    return (right[0] - run.number("tau", *place, LAYERS - 1),)


def _growing(run: Run, place: Place, _right: Numbers) -> Numbers:
    return (1361.0 * math.exp(run.number("total_tau", *place)),)


def _horizontal(run: Run, place: Place, right: Numbers) -> Numbers:
    return (right[0] * run.number("cos_zenith", *place) / run.number("cos_panel", *place),)


def _causes(*names: str) -> frozenset[str]:
    return frozenset(names)


_UNIT = _causes("unit", "power_of_ten")
_FACTOR = _causes("factor", "input_dropped")
_SHIFTED = _causes("shifted_index")
_TERM = _causes("dropped_term", "input_dropped")
_REPLACED = _causes("input_replaced")

MISTAKES = (
    Mistake("area in cm²", Kind.UNIT, "area_m2", _times(1e4), _UNIT),
    Mistake("irradiance on the ground in kW/m²", Kind.UNIT, "ground_W_m2", _times(1e-3), _UNIT),
    Mistake("optical depth of a layer in km", Kind.UNIT, "tau", _times(1e-3), _UNIT),
    Mistake("power in mW", Kind.UNIT, "power_W", _times(1e3), _UNIT),
    Mistake("hour angle before noon positive", Kind.SIGN, "hour_angle_rad", _times(-1.0), _causes("sign")),
    Mistake("sun from the other side", Kind.SIGN, "sun", lambda _, __, r: (-r[0], r[1], r[2]), _causes("sign")),
    Mistake("light that grows", Kind.SIGN, "ground_W_m2", _growing, _causes("input_scaled", "sign")),
    Mistake("half the efficiency", Kind.CONSTANT_FACTOR, "efficiency", _times(0.5), _causes("two")),
    Mistake("twice the cosine", Kind.CONSTANT_FACTOR, "cos_panel", _times(2.0), _causes("two")),
    Mistake("area without π", Kind.CONSTANT_FACTOR, "area_m2", _times(1 / math.pi), _causes("pi")),
    Mistake("optical depth with 2π", Kind.CONSTANT_FACTOR, "total_tau", _times(2 * math.pi), _causes("two_pi")),
    Mistake(
        "hour angle converted twice",
        Kind.CONSTANT_FACTOR,
        "hour_angle_rad",
        _times(math.pi / 180),
        _causes("angle_unit"),
    ),
    Mistake("sun of the last hour", Kind.STALE_STEP, "sun", _last_hour("sun"), _causes("stale")),
    Mistake("efficiency of the last hour", Kind.STALE_STEP, "efficiency", _last_hour("efficiency"), _causes("stale")),
    Mistake("cosine of the last hour", Kind.STALE_STEP, "cos_zenith", _last_hour("cos_zenith"), _causes("stale")),
    Mistake("density of the layer above", Kind.OFF_BY_ONE, "tau", _layer_above_density, _SHIFTED),
    Mistake("optical depth of the layer above", Kind.OFF_BY_ONE, "irradiance_W_m2", _layer_above_tau, _SHIFTED),
    Mistake("no scattering", Kind.DROPPED_TERM, "tau", _no_scattering, _TERM),
    Mistake("no absorption", Kind.DROPPED_TERM, "tau", _no_absorption, _TERM),
    Mistake("a panel as cool as the air", Kind.DROPPED_TERM, "efficiency", _no_heating, _TERM),
    Mistake("sum without the last layer", Kind.DROPPED_TERM, "total_tau", _no_last_layer, _TERM),
    Mistake("power without efficiency", Kind.CHAIN_FACTOR, "power_W", _by("efficiency", -1), _FACTOR),
    Mistake("power without the area", Kind.CHAIN_FACTOR, "power_W", _by("area_m2", -1), _FACTOR),
    Mistake("power with the cosine twice", Kind.CHAIN_FACTOR, "power_W", _by("cos_panel", 1), _FACTOR),
    Mistake("sun with y and z exchanged", Kind.PERMUTATION, "sun", _order(0, 2, 1), _causes("order")),
    Mistake("sun turned round", Kind.PERMUTATION, "sun", _order(2, 1, 0), _causes("order")),
    Mistake("optical depth in float32", Kind.FLOAT32, "tau", _single, _causes("float32")),
    Mistake("irradiance on the ground in float32", Kind.FLOAT32, "ground_W_m2", _single, _causes("float32")),
    Mistake(
        "cosine to the zenith for that to the panel",
        Kind.ANOTHER_QUANTITY,
        "cos_panel",
        lambda run, place, _: run.values["cos_zenith", place],
        _causes("another_quantity", "input_replaced"),
    ),
    Mistake("power on a horizontal panel", Kind.ANOTHER_QUANTITY, "power_W", _horizontal, _REPLACED),
)
"""Two of a kind or more."""

"""Which flag of nanoBragg sets a quantity: a command line with the other side's values in place of its own."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain

from nbtrace.compare.scene import Vector
from nbtrace.explanation.proof import ChangedFlag, FlagChange
from nbtrace.physics.nanobragg.configuration_change import ConfigurationChange
from simulator.arguments import examine
from simulator.config import Cell, Config, Convention
from simulator.errors import SimulatorError
from simulator.flags import FLAGS, Flag

_SAME = 1e-9
"""Relative difference up to which a configuration has the value that was asked for."""

_MOST_DIGITS = 17
_LAST_BIT = 2.0**-52


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a flag sets a value.

    Attributes
    ----------
    flag : str
    words : callable
        The values of the flag for the numbers that are wanted, given the configuration as it is; None where there are
        none.
    told : callable
        The numbers that a configuration has; None for another kind of experiment.
    displaces : tuple of str
        Flags that say the same, or outweigh it.
    """

    flag: str
    words: Callable[[Vector, Config], tuple[str, ...] | None]
    told: Callable[[Config], Vector | None]
    displaces: tuple[str, ...] = ()


def _shortest(value: float, read: Callable[[float], float] = float) -> str:
    """Return the number with the fewest digits that a program reads as a value, but for its last bit."""
    scale = read(1.0)
    for digits in range(1, _MOST_DIGITS):
        text = f"{float(f'{value / scale:.{digits}g}'):.{max(digits, 6)}g}"
        if math.isclose(read(float(text)), value, rel_tol=_LAST_BIT, abs_tol=0.0):
            return text
    return f"{value / scale:.{_MOST_DIGITS}g}"


def _number(read: Callable[[float], float] = float) -> Callable[[Vector, Config], tuple[str, ...]]:
    return lambda wanted, _: tuple(_shortest(number, read) for number in wanted)


def _count(wanted: Vector, _: Config) -> tuple[str, ...] | None:
    return (str(int(wanted[0])),) if wanted[0] >= 1 and wanted[0] == int(wanted[0]) else None


def _angstroms(wanted: Vector, _: Config) -> tuple[str, ...]:
    return (_shortest(wanted[0]),)


def _cell(wanted: Vector, config: Config) -> tuple[str, ...] | None:
    cell = config.crystal.cell
    if cell is None or config.crystal.matrix_file is not None:
        return None
    return tuple(map(_shortest, (*wanted, cell.alpha_deg, cell.beta_deg, cell.gamma_deg)))


def _direction(wanted: Vector, config: Config) -> tuple[str, ...] | None:
    """Return a direction; its flag also selects the custom convention, so that nothing else may be in force."""
    custom = config.detector.convention is Convention.CUSTOM
    return tuple(map(_shortest, wanted)) if custom and len(wanted) == 3 else None


def _sweep_end(config: Config) -> Vector:
    rotation = config.crystal.rotation
    return (config.crystal.phi_deg + math.degrees(rotation.step) * rotation.count,)


def _range(wanted: Vector, config: Config) -> tuple[str, ...]:
    return (_shortest(wanted[0] - config.crystal.phi_deg),)


def _lengths(config: Config) -> Vector | None:
    cell = config.crystal.cell
    return None if cell is None else (cell.a_angstrom, cell.b_angstrom, cell.c_angstrom)


_COUNTS: Mapping[str, tuple[str, Callable[[Config], float], tuple[str, ...]]] = {
    "N_a": ("-Na", lambda config: config.crystal.Na, ()),
    "N_b": ("-Nb", lambda config: config.crystal.Nb, ()),
    "N_c": ("-Nc", lambda config: config.crystal.Nc, ()),
    "phi_steps": ("-phisteps", lambda config: config.crystal.rotation.count, ("-phistep",)),
    "oversample": ("-oversample", lambda config: config.sampling.oversample or 0, ()),
    "mosaic_domains": ("-mosaic_dom", lambda config: config.crystal.domain_count, ()),
    "layers": ("-detector_thicksteps", lambda config: config.detector.layers.count, ("-thicksteps",)),
}


def _counted(flag: str, told: Callable[[Config], float], displaces: tuple[str, ...]) -> _Setting:
    return _Setting(flag, _count, lambda config: (float(told(config)),), displaces)


_WAVELENGTHS = ("-wave", "-energy")
_LAMBDA = _Setting(
    "-lambda",
    _number(lambda angstrom: angstrom / 1e10),
    lambda config: (config.beam.wavelength_angstrom * 1e-10,) if config.beam.source_file is None else None,
    _WAVELENGTHS,
)
_FLUENCE = _Setting("-fluence", _number(), lambda config: (config.beam.total_fluence_per_m2,), ("-flux",))

_SETTINGS: Mapping[str, _Setting] = {
    "lambda_meters": _LAMBDA,
    "lambda_angstroms": _Setting(
        "-lambda",
        _angstroms,
        lambda config: (config.beam.wavelength_angstrom,) if config.beam.source_file is None else None,
        _WAVELENGTHS,
    ),
    "configured_lambda_m": _LAMBDA,
    "stated_lambda_m": _LAMBDA,
    "fluence_photons_per_m2": _FLUENCE,
    "configured_fluence": _FLUENCE,
    "stated_fluence": _FLUENCE,
    "kahn_factor": _Setting("-polar", _number(), lambda config: (config.beam.kahn_factor,)),
    "phi_start_deg": _Setting("-phi", _number(), lambda config: (config.crystal.phi_deg,)),
    "phi_end_deg": _Setting("-osc", _range, _sweep_end),
    "default_F": _Setting("-default_F", _number(), lambda config: (config.structure.default_F,)),
    "pixel_m": _Setting("-pixel", _number(lambda mm: mm / 1000.0), lambda config: (config.detector.pixel_mm / 1000.0,)),
    "mu_per_m": _Setting(
        "-detector_abs",
        lambda wanted, _: (_shortest(1e6 / wanted[0]),) if wanted[0] else None,
        lambda config: (config.detector.attenuation_per_m,),
    ),
    "spindle_axis": _Setting("-spindle_axis", _direction, lambda config: config.detector.spindle_axis),
    "vertical_axis": _Setting("-polar_vector", _direction, lambda config: config.detector.polar_vector),
    "stated_beam": _Setting("-beam_vector", _direction, lambda config: config.detector.beam_vector),
    "cell_lengths": _Setting("-cell", _cell, _lengths),
    **{name: _counted(*counted) for name, counted in _COUNTS.items()},
}
"""By the names of quantities and of facts; of those that one flag sets, what logs print with more digits first."""


def changed_flags(
    arguments: Sequence[str], needed: Mapping[str, Vector], told: Mapping[str, Vector]
) -> FlagChange | None:
    """Return the arguments of the reference with other values of some quantities.

    Parameters
    ----------
    arguments : sequence of str
    needed : mapping of str to tuple of float
        Configuration values or quantities, and what they are to be, in SI units and degrees as the vocabulary has them.
    told : mapping of str to tuple of float
        Quantities that may tell the same with more digits.

    Returns
    -------
    FlagChange or None
        None where a value has no flag, or the flag would not set it, or would change which pixels there are.
    """
    wanted = {**needed, **{name: value for name, value in told.items() if name in _SETTINGS}}
    if not needed or not all(name in _SETTINGS for name in needed):
        return None
    by_flag: dict[str, str] = {}
    for name in _SETTINGS:
        if name in wanted and (name in needed or _SETTINGS[name].flag in _flags_of(needed)):
            by_flag.setdefault(_SETTINGS[name].flag, name)
    words, changed = list(arguments), []
    for name in by_flag.values():
        step = _changed(words, _SETTINGS[name], wanted[name])
        if step is None:
            return None
        words, flag = step
        changed += [flag]
    before, after = _configured(arguments), _configured(words)
    if before is None or after is None or before.detector.pixels != after.detector.pixels:
        return None
    if not all(_has(after, _SETTINGS[name], wanted[name]) for name in by_flag.values()):
        return None
    return FlagChange(tuple(words), tuple(changed), after.detector.pixels[0])


def _flags_of(names: Mapping[str, Vector]) -> frozenset[str]:
    return frozenset(_SETTINGS[name].flag for name in names)


def _configured(arguments: Sequence[str]) -> Config | None:
    try:
        return examine(arguments).config
    except SimulatorError:
        return None


def _changed(arguments: Sequence[str], setting: _Setting, wanted: Vector) -> tuple[list[str], ChangedFlag] | None:
    """Return the arguments with one value changed: what said it goes, and the new one stands at its place."""
    try:
        command = examine(arguments)
    except SimulatorError:
        return None
    values = setting.words(wanted, command.config)
    if values is None:
        return None
    return _replaced(arguments, {setting.flag, *setting.displaces}, (setting.flag, *values))


def _replaced(
    arguments: Sequence[str], tokens: AbstractSet[str], new: tuple[str, ...]
) -> tuple[list[str], ChangedFlag]:
    """Return the arguments without those that are some flags, and with new words at the end, which therefore count."""
    acts = [act for act in examine(arguments).acts if act.meant and act.flag.token in tokens]
    gone = set(chain.from_iterable(range(act.index, act.index + 1 + len(act.values)) for act in acts))
    kept = [word for at, word in enumerate(arguments) if at not in gone]
    return [*kept, *new], ChangedFlag(" ".join(act.text for act in acts), " ".join(new))


def flags_of_change(arguments: Sequence[str], change: ConfigurationChange) -> FlagChange | None:
    """Return the arguments of the reference with a change that a run of the simulator has.

    Parameters
    ----------
    arguments : sequence of str
    change : ConfigurationChange

    Returns
    -------
    FlagChange or None
        None for what no flag says, such as a defect of the program, and where the flags do not make that change.
    """
    config = _configured(arguments)
    if config is None or change.switch is not None or not change.fields:
        return None
    target = change.applied(config)
    words, changed = list(arguments), []
    for flag, value in _flags_for(change.fields, target):
        words, said = _replaced(words, {flag, *_ALSO.get(flag, ())}, (flag, *value))
        changed.append(said)
    after = _configured(words)
    if not changed or after is None or after.detector.pixels != config.detector.pixels or after != target:
        return None
    return FlagChange(tuple(words), tuple(changed), after.detector.pixels[0])


_ALSO = {"-lambda": _WAVELENGTHS}


def _flags_for(fields: Iterable[str], config: Config) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the flags that set some fields, each once with its words; what no flag sets by a value is left out."""
    seen: set[str] = set()
    for path in fields:
        section, _, name = path.partition(".")
        flag = next((item for item in FLAGS if item.canonical and path in item.sets), None)
        words = None if flag is None else _value_words(getattr(getattr(config, section), name), flag)
        if flag is not None and words is not None and flag.token not in seen:
            seen.add(flag.token)
            yield flag.token, words


def _value_words(value: object, flag: Flag) -> tuple[str, ...] | None:
    """Return a value as a flag takes it; None where it has none, or the flag is a switch."""
    if isinstance(value, Cell):
        return tuple(_shortest(number) for number in value.model_dump().values())
    if isinstance(value, tuple) and flag.count == len(value):
        return tuple(_shortest(float(number)) for number in value)
    if isinstance(value, bool) or not isinstance(value, int | float) or flag.count != 1:
        return None
    return (str(value),) if isinstance(value, int) else (_shortest(value),)


def _has(config: Config, setting: _Setting, wanted: Vector) -> bool:
    found = setting.told(config)
    if found is None or len(found) != len(wanted):
        return False
    largest = max(map(abs, wanted))
    return all(math.isclose(x, y, rel_tol=_SAME, abs_tol=_SAME * largest) for x, y in zip(found, wanted, strict=True))

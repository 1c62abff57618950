"""What derivatives of a pixel may be taken by: how each parameter is called, in what unit, and which flag sets it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from nbtrace.differentiation.derivative import GradientParameter
from nbtrace.errors import UsageError
from nbtrace.nearness import nearest
from nbtrace.physics.nanobragg.reflection_parameters import list_of, listed_f, reflection_name, reflection_of
from simulator.arguments import CommandLine, examine
from simulator.config import Config, CrystalShape
from simulator.errors import SimulatorError
from simulator.frames import beam_centre

_SINGLE = 2.0**-24
"""Relative rounding of a number in single precision."""

_SAME = 1e-12

_NO_SPREAD = "the flags have no mosaic spread"

Told = Callable[[Config], float | str]
"""The number that a configuration has, or why it has none."""


@dataclass(frozen=True, slots=True)
class FlaggedParameter:
    """A parameter, and how it is set.

    Attributes
    ----------
    name, group, unit : str
    told : callable
    tokens : tuple of str
        Flags that set it; the first one is written. Where none is given it is put in front.
    tensor : str
        What takes its place as a tensor in the embedded simulator, a `simulator.parameters.Parameter`; empty for a
        number of cells.
    place : int or None
        Its place among the values of the flag and in the tensor, where there are several.
    largest, relative : float
        The first step: in its unit, and as a part of its value; whichever is smaller of those that are not 0, and 1
        where both are.
    resolution : float
        How far the reference rounds it, relative.
    whole : bool
        The flag takes whole numbers alone.
    undefined : str
        Why there is no derivative by it.
    """

    name: str
    group: str
    unit: str
    told: Told
    tokens: tuple[str, ...]
    tensor: str
    place: int | None = None
    largest: float = 0.0
    relative: float = 0.0
    resolution: float = 0.0
    whole: bool = False
    undefined: str = ""

    def at(self, value: float) -> GradientParameter:
        """Return it as it is differentiated by at a value."""
        steps = [step for step in (self.largest, self.relative * abs(value)) if step > 0.0] or [1.0]
        return GradientParameter(
            self.name,
            self.unit,
            value,
            min(steps),
            self.resolution * abs(value),
            whole=self.whole,
            undefined=self.undefined,
        )


def _cell(place: int, config: Config) -> float | str:
    cell = config.crystal.cell
    if config.crystal.matrix_file is not None or cell is None:
        return "the cell is that of a matrix file"
    return float(tuple(cell.model_dump().values())[place])


def _misset(place: int, config: Config) -> float | str:
    if config.crystal.misset_random:
        return "-misset random draws the angles"
    return (config.crystal.misset_deg or (0.0, 0.0, 0.0))[place]


def _distance(config: Config) -> float | str:
    detector = config.detector
    if detector.close_distance_mm is not None:
        return "-close_distance is given in its place"
    return 100.0 if detector.distance_mm is None else detector.distance_mm


def _close_distance(config: Config) -> float | str:
    given = config.detector.close_distance_mm
    return "the flags have none" if given is None else given


def _centre(place: int, config: Config) -> float | str:
    return beam_centre(config.detector)[place] * 1000.0


def _angle(field: str, config: Config) -> float | str:
    return float(getattr(config.detector, field))


def _twotheta(config: Config) -> float | str:
    return config.detector.twotheta_deg or "the flags have none"


def _wavelength(config: Config) -> float | str:
    if config.beam.source_file is not None:
        return "the wavelengths are those of a file of sources"
    return config.beam.wavelength_angstrom


def _spread(config: Config) -> float | str:
    return config.crystal.mosaic_spread_deg or _NO_SPREAD


def _domains(config: Config) -> float | str:
    return _NO_SPREAD if not config.crystal.mosaic_spread_deg else float(config.crystal.domain_count)


def _seed(config: Config) -> float | str:
    return _NO_SPREAD if not config.crystal.mosaic_spread_deg else float(config.crystal.mosaic_seed or 0)


def _cells(place: int, config: Config) -> float | str:
    crystal = config.crystal
    if (crystal.size_x_mm, crystal.size_y_mm, crystal.size_z_mm)[place] > 0.0:
        return "a size of the crystal, rounded up to whole cells, sets it"
    if crystal.shape not in {CrystalShape.SQUARE, CrystalShape.ROUND}:
        return "this shape of the crystal has it in no smooth formula"
    count = (crystal.Na, crystal.Nb, crystal.Nc)[place]
    return float(count) if count > 1 else "one cell has no factor of its own"


def _fluence(config: Config) -> float | str:
    return config.beam.total_fluence_per_m2


def _default_f(config: Config) -> float | str:
    return config.structure.default_F or "the flags have none"


_TABLE: tuple[FlaggedParameter, ...] = (
    *(
        FlaggedParameter(name, "cell", "Å", partial(_cell, place), ("-cell",), "crystal.cell", place, relative=0.01)
        for place, name in enumerate(("cell_a", "cell_b", "cell_c"))
    ),
    *(
        FlaggedParameter(name, "cell", "°", partial(_cell, place), ("-cell",), "crystal.cell", place, largest=1.0)
        for place, name in enumerate(("cell_alpha", "cell_beta", "cell_gamma"), start=3)
    ),
    *(
        FlaggedParameter(
            f"misset_{axis}", "misset", "°", partial(_misset, place), ("-misset",), "crystal.misset_deg", place, 1.0
        )
        for place, axis in enumerate("xyz")
    ),
    FlaggedParameter("distance", "distance", "mm", _distance, ("-distance",), "detector.distance_mm", relative=0.01),
    FlaggedParameter(
        "close_distance",
        "distance",
        "mm",
        _close_distance,
        ("-close_distance",),
        "detector.close_distance_mm",
        relative=0.01,
    ),
    FlaggedParameter("Xbeam", "beam_centre", "mm", partial(_centre, 0), ("-Xbeam",), "detector.Xbeam_mm", largest=1.0),
    FlaggedParameter("Ybeam", "beam_centre", "mm", partial(_centre, 1), ("-Ybeam",), "detector.Ybeam_mm", largest=1.0),
    *(
        FlaggedParameter(
            f"detector_rot{axis}",
            "rotations",
            "°",
            partial(_angle, f"rot{axis}_deg"),
            (f"-detector_rot{axis}",),
            f"detector.rot{axis}_deg",
            largest=1.0,
        )
        for axis in "xyz"
    ),
    FlaggedParameter("twotheta", "rotations", "°", _twotheta, ("-twotheta",), "detector.twotheta_deg", largest=1.0),
    FlaggedParameter(
        "lambda",
        "wavelength",
        "Å",
        _wavelength,
        ("-lambda", "-wave", "-energy"),
        "beam.wavelength_angstrom",
        relative=0.01,
    ),
    FlaggedParameter(
        "mosaic_spread",
        "mosaic",
        "°",
        _spread,
        ("-mosaic_spr", "-mosaici", "-mosaic"),
        "crystal.mosaic_spread_deg",
        relative=0.2,
        resolution=_SINGLE,
    ),
    *(
        FlaggedParameter(
            name, "mosaic", "1", told, (), "", largest=1.0, whole=True, undefined=f"{what}, and no number that varies"
        )
        for name, told, what in (
            ("mosaic_domains", _domains, "a count of draws"),
            ("mosaic_seed", _seed, "a seed of random draws"),
        )
    ),
    *(
        FlaggedParameter(
            f"N{axis}", "N", "1", partial(_cells, place), (f"-N{axis}",), "", place, largest=0.5, whole=True
        )
        for place, axis in enumerate("abc")
    ),
    FlaggedParameter("default_F", "F", "e", _default_f, ("-default_F",), "structure.default_F", relative=0.5),
    FlaggedParameter("fluence", "fluence", "m⁻²", _fluence, ("-fluence", "-flux"), "beam.fluence_per_m2", relative=0.5),
)

TABLE: Mapping[str, FlaggedParameter] = {entry.name: entry for entry in _TABLE}
"""By name, in the order in which the reference uses them."""

_ONE_F = "F"
"""Group of the structure factors; each reflection is named on its own, as F(1,2,3)."""


def entry_of(name: str) -> FlaggedParameter:
    """Return a parameter of the table, or the structure factor of the reflection that its name says."""
    reflection = reflection_of(name)
    if reflection is None:
        return TABLE[name]
    return FlaggedParameter(name, _ONE_F, "e", partial(listed_f, reflection), ("-hkl",), "structure.F", relative=0.5)


_ALIASES = {"wavelength": "lambda", "rotx": "detector_rotx", "roty": "detector_roty", "rotz": "detector_rotz"}


def chosen_names(asked: Iterable[str]) -> tuple[str, ...]:
    """Return the parameters that are asked for, in the order of the table, reflections last; all where none is.

    Parameters
    ----------
    asked : iterable of str
        Names, and names of groups: cell, misset, distance, beam_centre, rotations, wavelength, N, F, …; F(1,2,3) or
        F:1,2,3 for the structure factor of a reflection.

    Raises
    ------
    UsageError
        If one is known by neither.
    """
    groups = {entry.group for entry in _TABLE}
    wanted: set[str] = set()
    reflections: list[str] = []
    for word in asked:
        reflection = reflection_of(word)
        if reflection is not None:
            reflections.append(reflection_name(reflection))
            continue
        name = word if word in groups else _ALIASES.get(word, word)
        members = [entry.name for entry in _TABLE if name in {entry.name, entry.group}]
        if not members:
            near = nearest(name, [*TABLE, *sorted(groups)])
            hint = f"; did you mean {near}?" if near else f"; there are {', '.join(sorted(groups))}, and F:h,k,l"
            raise UsageError(f"no parameter {word!r}{hint}")
        wanted.update(members)
    chosen = () if reflections and not wanted else tuple(name for name in TABLE if not wanted or name in wanted)
    return (*chosen, *dict.fromkeys(reflections))


def parameters_in(config: Config, names: Sequence[str]) -> tuple[tuple[GradientParameter, ...], dict[str, str]]:
    """Return the parameters that a configuration has, and why it lacks the others.

    Raises
    ------
    UsageError, InputError
        If a reflection is not in the list of the flags, or that cannot be read.
    """
    there, missing = [], {}
    for name in names:
        entry = entry_of(name)
        told = entry.told(config)
        if isinstance(told, str):
            missing[name] = told
        else:
            there.append(entry.at(told))
    return tuple(there), missing


@lru_cache(maxsize=16)
def understood(words: tuple[str, ...]) -> CommandLine:
    """Return what flags mean; the same few are asked for again and again.

    Raises
    ------
    SimulatorError
        If they describe no experiment.
    """
    return examine(words)


def words_at(
    words: Sequence[str], parameter: GradientParameter, value: float, folder: Path | None = None
) -> tuple[str, ...] | None:
    """Return a command line with another value of a parameter, everything else at its place.

    Parameters
    ----------
    words : sequence of str
        The reference's flags.
    parameter : GradientParameter
    value : float
    folder : Path, optional
        Where a list of reflections with another structure factor is written.

    Returns
    -------
    tuple of str or None
        None where the reference takes no such value, or the flags cannot say it.
    """
    entry = entry_of(parameter.name)
    if entry.whole or (reflection_of(parameter.name) is not None and folder is None):
        return None
    try:
        command = understood(tuple(words))
        new = _new_words(entry, command.config, value, parameter.value, folder)
        acts = [act for act in command.acts if act.meant and act.flag.token in entry.tokens]
        changed = (*new, *words)
        if acts:
            start = acts[-1].index
            changed = (*words[:start], *new, *words[start + 1 + len(acts[-1].values) :])
        told = entry.told(understood(changed).config)
    except SimulatorError:
        return None
    as_meant = isinstance(told, float) and math.isclose(told, value, rel_tol=_SAME, abs_tol=_SAME)
    return changed if as_meant else None


def _new_words(
    entry: FlaggedParameter, config: Config, value: float, now: float, folder: Path | None
) -> tuple[str, ...]:
    """Return the flag with its values."""
    reflection, path = reflection_of(entry.name), config.structure.hkl_file
    if reflection is not None and path is not None and folder is not None:
        return entry.tokens[0], str(list_of(path).written(folder, reflection, value))
    if entry.group in {"cell", "misset"}:
        own = [TABLE[name].told(config) for name in TABLE if TABLE[name].group == entry.group]
        own[entry.place or 0] = value
        return (entry.tokens[0], *(repr(number) for number in own))
    if entry.group == "fluence" and config.beam.total_fluence_per_m2 != config.beam.fluence_per_m2:
        return "-flux", repr(config.beam.flux_per_s * (value / now))
    return entry.tokens[0], repr(value)

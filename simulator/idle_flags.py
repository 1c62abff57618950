"""Flags that are typed, understood and without effect, because of other flags or of what is not there: one rule each.

A rule names the flags that it is about, and says why they do nothing; where they do something it says nothing. Adding
one is an entry of :data:`RULES` and a line in the tests.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from simulator.arguments import CommandLine, examine
from simulator.config import Config, Convention, CrystalShape
from simulator.defects import mode_name
from simulator.errors import SimulatorError
from simulator.flags import Special
from simulator.frames import frame_of
from simulator.matching import Act
from simulator.traps import Trap, listed, no_effect, other_effect

Reason: TypeAlias = Callable[[Config, Act], str]
"""Says why a flag has no effect; empty where it has one."""


@dataclass(frozen=True)
class IdleRule:
    """Why flags may do nothing.

    Attributes
    ----------
    fields : tuple of str
        What the flags set; a field, or the beginning of several.
    reason : callable
    """

    fields: tuple[str, ...]
    reason: Reason

    def is_about(self, act: Act) -> bool:
        """Tell whether a flag sets one of the fields."""
        names = act.flag.sets if act.flag.count else tuple(act.flag.fixed)
        return any(name.startswith(field) for name in names for field in self.fields)


def idle_flags(words: Sequence[str], command: CommandLine) -> Iterator[Trap]:
    """Yield the flags without effect, those with one reason together."""
    idle: dict[str, list[str]] = {}
    typed = [act for act in command.acts if act.meant and act.flag.special is not Special.HEADER]
    for rule in RULES:
        for act in typed:
            why = rule.reason(command.config, act) if rule.is_about(act) else ""
            if why and changes_nothing_else(words, act, command):
                idle.setdefault(why, []).append(act.text)
    for why, texts in idle.items():
        distinct = list(dict.fromkeys(texts))
        yield no_effect(f"{listed(distinct)} {'has' if len(distinct) == 1 else 'have'} no effect: {why}")


def changes_nothing_else(words: Sequence[str], act: Act, command: CommandLine) -> bool:
    """Tell whether a command line without a flag and its values is the same but for the fields that the flag sets."""
    others = [*words[: act.index], *words[act.index + 1 + len(act.values) :]]
    try:
        without = examine(others, mode=mode_name(command.config.execution.defects)).config
    except SimulatorError:
        return False
    own = act.flag.sets if act.flag.count else tuple(act.flag.fixed)
    return all(name in own for name in _differing(command.config, without))


def _differing(one: Config, other: Config) -> Iterator[str]:
    """Yield the names of the fields that two configurations do not share."""
    for section in type(one).model_fields:
        here, there = getattr(one, section), getattr(other, section)
        yield from (
            f"{section}.{name}" for name in type(here).model_fields if getattr(here, name) != getattr(there, name)
        )


def _pivot(config: Config, act: Act) -> str:
    if act.flag.special is not Special.PIVOT:
        return ""
    convention, forced = config.detector.convention, frame_of(config.detector).pivot
    if convention is Convention.CUSTOM or act.settings.get("detector.pivot") is forced or forced is None:
        return ""
    return f"under the {_name(convention)} convention the pivot is always the {forced.value}"


def _name(convention: Convention) -> str:
    return convention.value.upper()


def _xbeam(config: Config, _: Act) -> str:
    convention = config.detector.convention
    if convention not in {Convention.XDS, Convention.DIALS}:
        return ""
    return f"under the {_name(convention)} convention the detector is placed by -ORGX and -ORGY alone"


def _xclose(config: Config, act: Act) -> str:
    detector = config.detector
    if detector.convention in {Convention.MOSFLM, Convention.DENZO, Convention.ADXV}:
        return f"under the {_name(detector.convention)} convention the beam centre is -Xbeam and -Ybeam alone"
    if detector.convention is Convention.CUSTOM:
        axis = act.flag.sets[0].removeprefix("detector.").removeprefix("ORG")[0]
        return f"-{axis}beam counts" if getattr(detector, f"{axis}beam_mm") is not None else ""
    return _xbeam(config, act)


def _org(config: Config, act: Act) -> str:
    detector = config.detector
    if detector.convention in {Convention.XDS, Convention.DIALS}:
        return ""
    if detector.convention is not Convention.CUSTOM:
        return _xclose(config, act)
    axis = act.flag.sets[0].removeprefix("detector.ORG")[0]
    for name in ("beam", "close"):
        if getattr(detector, f"{axis}{name}_mm") is not None:
            return f"-{axis}{name} counts"
    return ""


def _distance(config: Config, act: Act) -> str:
    is_distance = act.flag.sets == ("detector.distance_mm",)
    return "the close distance counts" if is_distance and config.detector.close_distance_mm is not None else ""


def _size(config: Config, act: Act) -> str:
    detector = config.detector
    fast, slow = bool(detector.detpixels_fast), bool(detector.detpixels_slow)
    needed = {"detector.detsize_fast_mm": fast, "detector.detsize_slow_mm": slow}
    return "-detpixels counts" if all(needed[name] for name in act.flag.sets) else ""


def _cells(config: Config, act: Act) -> str:
    crystal = config.crystal
    sizes = {"crystal.Na": crystal.size_x_mm, "crystal.Nb": crystal.size_y_mm, "crystal.Nc": crystal.size_z_mm}
    if config.structure.hkl_file is not None and config.structure.interpolate is None:
        return ""  # The numbers still decide about interpolation.
    if all(sizes[name] > 0.0 for name in act.flag.sets):
        return "the size of the crystal gives its number of cells"
    return ""


def _flux(config: Config, act: Act) -> str:
    beam, crystal = config.beam, config.crystal
    if act.flag.sets == ("beam.fluence_per_m2",):
        return "-flux counts" if beam.flux_per_s and beam.exposure_s > 0.0 and beam.beamsize_mm >= 0.0 else ""
    if act.flag.sets == ("beam.beamsize_mm",) and max(crystal.size_y_mm, crystal.size_z_mm) > beam.beamsize_mm >= 0.0:
        return ""  # The beam cuts the crystal to its size.
    return "" if beam.flux_per_s else "there is no -flux"


def _polar(config: Config, act: Act) -> str:
    if act.flag.sets != ("beam.kahn_factor",) or config.beam.polarized or config.sampling.oversample_polar:
        return ""
    return "-nopolar switches the polarisation factor off"


def _nopolar(config: Config, act: Act) -> str:
    idle = act.flag.fixed.get("beam.polarized") is False and config.sampling.oversample_polar
    return "-oversample_polar computes the polarisation factor in spite of it" if idle else ""


def _osc(config: Config, act: Act) -> str:
    crystal = config.crystal
    osc, step, count = crystal.osc_deg, crystal.phistep_deg, crystal.phisteps
    if act.flag.sets == ("crystal.phisteps",):
        if step is not None and step > 0.0 and (osc is None or osc < 0.0):
            return "-phistep without -osc takes two steps"
        if count is not None and count > 1 and (osc == 0.0 or (osc is None and step == 0.0)) and not step:
            return "-osc 0 is no rotation, and every step is the same"
        return ""
    if osc is None or act.flag.sets != ("crystal.osc_deg",):
        return ""
    if osc < 0.0:
        return "a negative range is none"
    only_start = osc > 0.0 and count in {0, 1} and not (step or 0.0) > 0.0
    return "with one step the crystal stands at the start of the rotation" if only_start else ""


def _mosaic(config: Config, act: Act) -> str:
    crystal = config.crystal
    if (crystal.mosaic_spread_deg or 0.0) <= 0.0:
        count = act.settings.get("crystal.mosaic_domains")
        return "" if count in {0, 1} else "without a spread there is one mosaic domain"
    seeds_nothing = act.flag.sets == ("crystal.mosaic_seed",) and crystal.domain_count == 1
    return "there is one mosaic domain" if seeds_nothing else ""


def _misset_seed(config: Config, _: Act) -> str:
    return "" if config.crystal.misset_random else "it seeds -misset random, which is not there"


def _seed(config: Config, _: Act) -> str:
    return "" if config.output.write_noise else "it seeds the image with noise, which is not written"


def _noise(config: Config, act: Act) -> str:
    return "" if config.output.write_noise or not act.flag.count else "-nonoise: the image with noise is not written"


def _pgm(config: Config, act: Act) -> str:
    return "" if config.output.write_pgm or not act.flag.count else "-nopgm: the PGM image is not written"


def _fudge(config: Config, _: Act) -> str:
    square = config.crystal.shape is CrystalShape.SQUARE and config.crystal.fudge != 1.0
    return "a square crystal has none (-round_xtal, -gauss_xtal and -tophat_spots have)" if square else ""


def _spread(config: Config, act: Act) -> str:
    beam = config.beam
    if beam.source_file is not None:
        return "the sources are those of -sourcefile"
    if act.flag.sets == ("beam.dispsteps",) and beam.dispersion_percent <= 0.0 and (beam.dispsteps or 0) > 1:
        return "without -dispersion there is one wavelength"
    return ""


def _round(config: Config, act: Act) -> str:
    if act.flag.token != "-square_div" or config.beam.source_file is not None:  # noqa: S105 - a flag's token
        return ""
    one = min(config.beam.horizontal_divergence.count, config.beam.vertical_divergence.count) == 1
    return "there is no divergence both ways, which would have corners" if one else ""


def _sensor(config: Config, act: Act) -> str:
    detector = config.detector
    if detector.layers.range > 0.0 or act.settings.get("detector.attenuation_depth_um") == 0.0:
        return ""
    return "" if config.sampling.oversample_thick else "the sensor has no thickness (-detector_thick)"


def _interpolate(config: Config, act: Act) -> str:
    structure = config.structure
    if act.flag.fixed.get("structure.interpolate") is not True or structure.interpolate is not True:
        return ""
    there = structure.hkl_file is not None or structure.dump_file.is_file()
    return "" if there else "there is no list of structure factors (-hkl)"


def idle_axes(command: CommandLine) -> Iterator[Trap]:
    """Yield a vector that stands alone and has no other effect than to select the custom convention."""
    config = command.config
    vectors = [act for act in command.acts if act.meant and act.flag.count == 3 and act.flag.fixed]
    distinct = {act.flag.token for act in vectors}
    # Of the vectors that describe a whole frame one may well be idle.
    if (
        config.detector.convention is Convention.CUSTOM
        and len(distinct) == 1
        and (why := _idle_axis(config, vectors[-1]))
    ):
        yield other_effect(f"{vectors[-1].text} only selects the custom convention: {why}")


def _idle_axis(config: Config, act: Act) -> str:
    match act.flag.sets[0]:
        case "detector.spindle_axis":
            return "" if any(config.crystal.phi_rad) else "the crystal is not rotated"
        case "detector.twotheta_axis":
            return "" if config.detector.twotheta_deg else "the detector is not rotated about it"
        case "detector.polar_vector":
            is_used = config.beam.kahn_factor and (config.beam.polarized or config.sampling.oversample_polar)
            return "" if is_used else "the beam is not polarised (-polar)"
    return ""


RULES: tuple[IdleRule, ...] = (
    IdleRule(("detector.pivot",), _pivot),
    IdleRule(("detector.Xbeam", "detector.Ybeam"), _xbeam),
    IdleRule(("detector.Xclose", "detector.Yclose"), _xclose),
    IdleRule(("detector.ORG",), _org),
    IdleRule(("detector.distance_mm",), _distance),
    IdleRule(("detector.detsize",), _size),
    IdleRule(("crystal.Na", "crystal.Nb", "crystal.Nc"), _cells),
    IdleRule(("crystal.osc_deg", "crystal.phisteps"), _osc),
    IdleRule(("crystal.mosaic_domains", "crystal.mosaic_seed"), _mosaic),
    IdleRule(("crystal.misset_seed",), _misset_seed),
    IdleRule(("crystal.fudge",), _fudge),
    IdleRule(("beam.fluence_per_m2", "beam.exposure_s", "beam.beamsize_mm"), _flux),
    IdleRule(("beam.kahn_factor",), _polar),
    IdleRule(("beam.polarized",), _nopolar),
    IdleRule(("beam.dispersion", "beam.dispsteps", "beam.hdiv", "beam.vdiv", "beam.round_divergence"), _spread),
    IdleRule(("beam.round_divergence",), _round),
    IdleRule(("detector.attenuation_depth_um", "detector.thicksteps"), _sensor),
    IdleRule(("structure.interpolate",), _interpolate),
    IdleRule(("output.noise_file",), _noise),
    IdleRule(("output.pgm_file", "output.pgm_scale"), _pgm),
    IdleRule(("output.seed",), _seed),
)
"""Every reason for which a flag may be without effect."""

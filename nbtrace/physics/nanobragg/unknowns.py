"""Numbers of a configuration that may be solved for, where an image was made with another than was stated."""

from collections.abc import Iterator

from nbtrace.explanation.images.solving import Unknown
from nbtrace.physics.nanobragg.configuration_change import ConfigurationChange, kept_size
from simulator.config import Cell, Config
from simulator.frames import beam_centre

_PIXELS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
_SMALL = 0.02
"""Part of a pixel over which no spot changes much."""
_DEGREES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_MOST_CELLS = 60
_MOST_SUBPIXELS = 8


def unknowns(config: Config) -> tuple[Unknown, ...]:
    """Return the numbers of a configuration that may be solved for, those that people mistake first."""
    return (
        *_cells(config),
        *_subpixels(config),
        *_beam_centre(config),
        *_angles(config),
        *_lengths(config),
        *_shares(config),
    )


def _unknown(
    config: Config, key: str, words: str, value: float, others: Iterator[float] | tuple[float, ...], step: float
) -> Unknown:
    """Return one number by its section and name."""
    kept = kept_size(config) if key.startswith("detector.") else {}

    def change(number: float) -> ConfigurationChange:
        return ConfigurationChange(key, f"{words} {number:.10g}", None, {key: number, **kept})

    return Unknown(key, value, tuple(others), step, change)


def _around(value: float, offsets: tuple[float, ...], unit: float) -> tuple[float, ...]:
    return tuple(value + sign * offset * unit for offset in offsets for sign in (1, -1))


def _cells(config: Config) -> Iterator[Unknown]:
    crystal = config.crystal
    if any((crystal.size_x_mm, crystal.size_y_mm, crystal.size_z_mm)):
        return
    counts = {name: getattr(crystal, name) for name in ("Na", "Nb", "Nc")}

    def together(number: float) -> ConfigurationChange:
        fields = {f"crystal.{name}": int(number) for name in counts}
        return ConfigurationChange("crystal.N", f"N {int(number)}", None, fields)

    known = set(counts.values())
    grid = tuple(float(n) for n in range(1, _MOST_CELLS + 1) if len(known) > 1 or n not in known)
    yield Unknown("crystal.N", float(crystal.Na), grid, 1.0, together, whole=True)


def _subpixels(config: Config) -> Iterator[Unknown]:
    def change(number: float) -> ConfigurationChange:
        return ConfigurationChange(
            "sampling.oversample", f"oversample {int(number)}", None, {"sampling.oversample": int(number)}
        )

    others = tuple(float(count) for count in range(4, _MOST_SUBPIXELS + 1) if count != config.sampling.oversample)
    yield Unknown("sampling.oversample", float(config.sampling.oversample or 0), others, 1.0, change, whole=True)


def _beam_centre(config: Config) -> Iterator[Unknown]:
    detector = config.detector
    x, y = (1000.0 * value for value in beam_centre(detector))
    for key, name, value, unit in (
        ("Xbeam_mm", "-Xbeam", x, detector.pixel_mm),
        ("Ybeam_mm", "-Ybeam", y, detector.pixel_mm),
        ("Xclose_mm", "-Xclose", detector.Xclose_mm, detector.pixel_mm),
        ("Yclose_mm", "-Yclose", detector.Yclose_mm, detector.pixel_mm),
        ("ORGX_px", "-ORGX", detector.ORGX_px, 1.0),
        ("ORGY_px", "-ORGY", detector.ORGY_px, 1.0),
    ):
        given = getattr(detector, key)
        centre = key.endswith("beam_mm") and detector.Xclose_mm is None and detector.ORGX_px is None
        if value is not None and (given is not None or centre):
            others = _around(value, _PIXELS, unit)
            yield _unknown(config, f"detector.{key}", name, value, others, _SMALL * unit)


def _lengths(config: Config) -> Iterator[Unknown]:
    """Yield what makes the pattern larger or smaller: by a pixel at the edge, or by a simple factor."""
    detector = config.detector
    share = 1.0 / max(detector.pixels)
    numbers = (
        ("detector.distance_mm", "-distance", detector.distance_mm),
        ("detector.close_distance_mm", "-close_distance", detector.close_distance_mm),
        ("beam.wavelength_angstrom", "-lambda", config.beam.wavelength_angstrom),
        ("detector.pixel_mm", "-pixel", detector.pixel_mm),
    )
    for key, words, value in numbers:
        if value:
            others = (
                *_around(value, _PIXELS, 2 * share * value),
                *_around(value, (0.01, 0.02, 0.05, 0.1, 0.25), value),
            )
            yield _unknown(config, key, words, value, others, _SMALL * share * value)
    if config.crystal.cell is not None:
        for axis in "abc":
            yield _cell_edge(config.crystal.cell, axis, share)


def _cell_edge(cell: Cell, axis: str, share: float) -> Unknown:
    name = f"{axis}_angstrom"
    value = float(getattr(cell, name))

    def change(number: float) -> ConfigurationChange:
        fields = {"crystal.cell": cell.model_copy(update={name: number})}
        return ConfigurationChange(f"crystal.{name}", f"a cell edge {axis} of {number:.10g} Å", None, fields)

    others = (*_around(value, _PIXELS, 2 * share * value), *_around(value, (0.01, 0.02, 0.05), value))
    return Unknown(f"crystal.{name}", value, others, _SMALL * share * value, change)


def _angles(config: Config) -> Iterator[Unknown]:
    detector, crystal = config.detector, config.crystal
    numbers = [
        *((f"detector.rot{axis}_deg", f"-detector_rot{axis}", getattr(detector, f"rot{axis}_deg")) for axis in "xyz"),
        ("detector.twotheta_deg", "-twotheta", detector.twotheta_deg),
        ("crystal.phi_deg", "-phi", crystal.phi_deg),
    ]
    for key, words, value in numbers:
        yield _unknown(config, key, words, value, _around(value, _DEGREES, 1.0), 1e-3)
    if not crystal.misset_random:
        angles = crystal.misset_deg or (0.0, 0.0, 0.0)
        for index, axis in enumerate("xyz"):
            yield _misset(tuple(angles), index, axis)


def _misset(angles: tuple[float, ...], index: int, axis: str) -> Unknown:
    def change(number: float) -> ConfigurationChange:
        changed = (*angles[:index], number, *angles[index + 1 :])
        words = f"a misset of {number:.10g}° about {axis}"
        return ConfigurationChange(f"crystal.misset_{axis}", words, None, {"crystal.misset_deg": changed})

    return Unknown(f"crystal.misset_{axis}", angles[index], _around(angles[index], _DEGREES, 1.0), 1e-3, change)


def _shares(config: Config) -> Iterator[Unknown]:
    beam, detector = config.beam, config.detector
    if beam.polarized:
        yield _unknown(config, "beam.kahn_factor", "-polar", beam.kahn_factor, (0.0, 0.5, 0.9, 1.0), 1e-3)
    for key, words, value in (
        ("detector.thickness_um", "-detector_thick", detector.thickness_um),
        ("detector.attenuation_depth_um", "-detector_abs", detector.attenuation_depth_um),
    ):
        if value:
            yield _unknown(config, key, words, value, _around(value, (0.1, 0.3, 0.5), value), 1e-3 * value)

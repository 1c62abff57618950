"""The reference's command line as one table.

Parsing, validation, the canonical command and the list of traps all read :data:`FLAGS`. An argument is a flag if it
contains the flag's token (or equals it, where :attr:`Flag.exact`); the tests are made in the table's order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from simulator.config import Convention, CrystalShape, Pivot

NOTHING: Mapping[str, object] = MappingProxyType({})


class ValueKind(Enum):
    """What a value is."""

    REAL = "a number"
    INTEGER = "an integer"
    WORD = "a word"
    FILE = "a file name"


class Special(Enum):
    """Values that mean more than a field each."""

    CELL = "one to six numbers: lengths default to a, angles to 90"
    MISSET = "three angles, or one word that contains rand"
    ENERGY = "photon energy, turned into a wavelength"
    PIVOT = "a word that contains sample or beam"
    ABSORPTION = "attenuation depth; 0 or inf absorbs nothing and sets the thickness to 0"
    HEADER = "an SMV file whose header sets the geometry before all other flags"


class LastPlace(Enum):
    """What the reference makes of a flag that is the last word, where it does not just miss the flag's values."""

    UNSEEN = "it asks for another word although it takes none"
    CRASHES = "it takes its value from behind the end of the command line"


@dataclass(frozen=True)
class Flag:
    """One flag.

    Attributes
    ----------
    token : str
        What an argument must contain.
    about : str
        Meaning, with the unit of the value.
    sets : tuple of str
        Fields of the configuration (section.field). One value goes to all of them; several values go to one field each,
        or as a tuple to a single field.
    count : int
        Number of values.
    kind : ValueKind
    fixed : mapping
        Fields that are set whatever the value.
    exact : bool
        The argument must equal the token.
    stops : bool
        No further test is made for an argument that contains the token.
    special : Special, optional
        How the values are read.
    canonical : bool
        The flag may appear in a canonical command.
    last_place : LastPlace, optional
        What happens if no word follows.
    spellings : tuple of str
        Longer names that people give it and mean it by.
    outcome : str
        What its value makes, with the value as ``{0}``; for messages about values that it does not take.
    """

    token: str
    about: str
    sets: tuple[str, ...] = ()
    count: int = 0
    kind: ValueKind = ValueKind.REAL
    fixed: Mapping[str, object] = field(default_factory=dict)
    exact: bool = False
    stops: bool = False
    special: Special | None = None
    canonical: bool = True
    last_place: LastPlace | None = None
    spellings: tuple[str, ...] = ()
    outcome: str = ""

    def matches(self, argument: str) -> bool:
        """Tell whether an argument triggers the flag."""
        return argument == self.token if self.exact else self.token in argument

    @property
    def inert(self) -> bool:
        """The value has no effect."""
        return not self.sets and not self.fixed and self.special is None


def _real(token: str, path: str, about: str, **more: object) -> Flag:
    return Flag(token, about, (path,), 1, **more)  # type: ignore[arg-type]


def _integer(token: str, path: str, about: str, **more: object) -> Flag:
    return Flag(token, about, (path,), 1, ValueKind.INTEGER, **more)  # type: ignore[arg-type]


def _switch(token: str, about: str, fixed: Mapping[str, object], **more: object) -> Flag:
    return Flag(token, about, fixed=fixed, **more)  # type: ignore[arg-type]


def _file(token: str, path: str, about: str, **more: object) -> Flag:
    return Flag(token, about, (path,), 1, ValueKind.FILE, **more)  # type: ignore[arg-type]


def _direction(token: str, path: str, about: str, fixed: Mapping[str, object] = NOTHING, **more: object) -> Flag:
    return Flag(token, about, (path,), 3, fixed={"detector.convention": Convention.CUSTOM, **fixed}, **more)  # type: ignore[arg-type]


def _sizes(tokens: tuple[str, ...], paths: tuple[str, ...], about: str) -> tuple[Flag, ...]:
    return tuple(
        Flag(token, about, paths, 1, canonical=token == tokens[0], spellings=_words_of(token)) for token in tokens
    )


def _words_of(token: str) -> tuple[str, ...]:
    """Return the whole words that a size's token is the beginning of."""
    return (f"{token}ness",) if token.endswith("thick") else (f"{token}t",) if token.endswith("heigh") else ()


_BEAM = {"detector.pivot": Pivot.BEAM}
_SAMPLE = {"detector.pivot": Pivot.SAMPLE}
_CRASHES = LastPlace.CRASHES
_EDGES = ("crystal.size_x_mm", "crystal.size_y_mm", "crystal.size_z_mm")
_DIVERGENCE = ("beam.hdivrange_mrad", "beam.vdivrange_mrad")
_DIVSTEPS = ("beam.hdivsteps", "beam.vdivsteps")

_HEADERS = (
    Flag("-img", "SMV file whose header sets the geometry", count=1, kind=ValueKind.FILE, special=Special.HEADER),
    Flag(
        "-mask",
        "SMV file; a pixel of value 0 is skipped, and the header sets the geometry",
        ("sampling.mask_file",),
        1,
        ValueKind.FILE,
        special=Special.HEADER,
    ),
)

_CONVENTIONS = tuple(
    _switch(f"-{convention}", f"the {convention} convention", {"detector.convention": convention, **pivot})
    for convention, pivot in (
        (Convention.MOSFLM, _BEAM),
        (Convention.XDS, _SAMPLE),
        (Convention.ADXV, _BEAM),
        (Convention.DENZO, _BEAM),
        # The sample is its pivot too, but only where no vector follows that selects the custom convention.
        (Convention.DIALS, _BEAM),
    )
)

_CRYSTAL = (
    Flag("-cell", "unit cell a b c (Å) α β γ (degrees)", ("crystal.cell",), 1, special=Special.CELL),
    _file(
        "-mat",
        "crystal.matrix_file",
        "MOSFLM matrix A, which contains the wavelength",
        spellings=("-matrix", "-mat_file", "-matfile", "-matrix_file"),
    ),
    Flag("-misset", "missetting angles about x, y, z (degrees)", count=1, special=Special.MISSET, exact=True),
    _integer("-misset_seed", "crystal.misset_seed", "seed of -misset random"),
    Flag(
        "-N",
        "cells along each edge",
        ("crystal.Na", "crystal.Nb", "crystal.Nc"),
        1,
        ValueKind.INTEGER,
        exact=True,
        stops=True,
        canonical=False,
        outcome="the crystal is {0} x {0} x {0} cells",
    ),
    _integer("-Na", "crystal.Na", "cells along a", stops=True),
    _integer("-Nb", "crystal.Nb", "cells along b", stops=True),
    _integer("-Nc", "crystal.Nc", "cells along c", stops=True),
    *(
        Flag(t, "edge of the crystal (mm)", _EDGES, 1, canonical=False)
        for t in ("-xtalsize", "-xtal_size", "-samplesize", "-sample_size")
    ),
    *_sizes(("-xtal_x", "-xtal_thick", "-sample_thick", "-sample_x"), _EDGES[:1], "edge along a (mm)"),
    *_sizes(("-xtal_y", "-xtal_width", "-sample_width", "-sample_y", "-width"), _EDGES[1:2], "edge along b (mm)"),
    *_sizes(("-xtal_z", "-xtal_heigh", "-sample_heigh", "-sample_z", "-heigh"), _EDGES[2:], "edge along c (mm)"),
    _switch("-square_xtal", "parallelepiped", {"crystal.shape": CrystalShape.SQUARE}),
    _switch("-round_xtal", "sphere or ellipsoid", {"crystal.shape": CrystalShape.ROUND}),
    _switch("-gauss_xtal", "Gaussian spots", {"crystal.shape": CrystalShape.GAUSS}),
    _switch("-tophat_spots", "top-hat spots", {"crystal.shape": CrystalShape.TOPHAT}),
    _switch("-binary_spots", "top-hat spots", {"crystal.shape": CrystalShape.TOPHAT}, canonical=False),
    _real("-fudge", "crystal.fudge", "factor on the size of round, Gaussian and top-hat spots"),
    _real("-mosaic_spr", "crystal.mosaic_spread_deg", "mosaic spread (degrees)", spellings=("-mosaic_spread",)),
    _real(
        "-mosaici",
        "crystal.mosaic_spread_deg",
        "mosaic spread (degrees)",
        canonical=False,
        spellings=("-mosaicity",),
    ),
    _real("-mosaic", "crystal.mosaic_spread_deg", "mosaic spread (degrees)", exact=True, canonical=False),
    _integer(
        "-mosaic_dom",
        "crystal.mosaic_domains",
        "number of mosaic domains",
        spellings=("-mosaic_domain", "-mosaic_domains"),
    ),
    _integer("-mosaic_seed", "crystal.mosaic_seed", "seed of the mosaic domains"),
    _real("-phi", "crystal.phi_deg", "start of the rotation (degrees)", exact=True),
    _real("-osc", "crystal.osc_deg", "range of the rotation (degrees)", spellings=("-osc_range", "-oscillation")),
    _real("-phistep", "crystal.phistep_deg", "step of the rotation (degrees)", exact=True),
    _integer("-phisteps", "crystal.phisteps", "number of rotation steps"),
    Flag("-density", "density (no effect)", count=1),
    Flag("-sample_den", "density (no effect)", count=1, spellings=("-sample_density",)),
    Flag("-MW", "molecular weight (no effect)", count=1, exact=True),
    Flag("-molec", "molecular weight (no effect)", count=1, spellings=("-molecular_weight", "-molecules")),
)

_STRUCTURE = (
    _file("-hkl", "structure.hkl_file", "list of h k l F", spellings=("-hkl_file", "-hklfile")),
    _real("-default_F", "structure.default_F", "F of reflections that are not listed (electrons)"),
    _file("-dump", "structure.dump_file", "binary cache of the list", spellings=("-dumpfile", "-dump_file")),
    _switch("-interpolate", "tricubic lookup", {"structure.interpolate": True}),
    _switch("-nointerpolate", "nearest reflection", {"structure.interpolate": False}),
    *(
        Flag(t, "background file (no effect)", count=1, kind=ValueKind.FILE, exact=t != "-stolout")
        for t in ("-stol", "-4stol", "-Q", "-stolout")
    ),
)

_BEAM_FLAGS = (
    _real("-lambda", "beam.wavelength_angstrom", "wavelength (Å)"),
    _real("-wave", "beam.wavelength_angstrom", "wavelength (Å)", canonical=False, spellings=("-wavelength",)),
    Flag("-energy", "photon energy (eV)", ("beam.wavelength_angstrom",), 1, special=Special.ENERGY, canonical=False),
    _real("-fluence", "beam.fluence_per_m2", "photons per m²"),
    _real("-flux", "beam.flux_per_s", "photons per s; with exposure and beam size it gives the fluence"),
    _real("-exposure", "beam.exposure_s", "exposure (s)"),
    _real("-beamsize", "beam.beamsize_mm", "edge of the beam (mm)"),
    _real("-polar", "beam.kahn_factor", "Kahn's polarisation factor", fixed={"beam.polarized": True}, exact=True),
    _switch("-nopolar", "no polarisation factor", {"beam.polarized": False}),
    _real("-dmin", "beam.dmin_angstrom", "resolution limit (Å)"),
    _real("-water", "beam.water_um", "edge of the water around the crystal (µm)"),
    _file("-sourcefile", "beam.source_file", "list of x y z, weight, wavelength (m)"),
    _real("-dispersion", "beam.dispersion_percent", "spread of the wavelength (percent)"),
    _integer("-dispsteps", "beam.dispsteps", "number of wavelengths"),
    Flag("-divergence", "divergence, both ways (mrad)", _DIVERGENCE, 1, canonical=False),
    _real("-hdivrange", "beam.hdivrange_mrad", "horizontal divergence (mrad)"),
    _real("-vdivrange", "beam.vdivrange_mrad", "vertical divergence (mrad)"),
    _real("-hdivstep", "beam.hdivstep_mrad", "step of the horizontal divergence (mrad)", exact=True),
    _real("-vdivstep", "beam.vdivstep_mrad", "step of the vertical divergence (mrad)", exact=True),
    _integer("-hdivsteps", "beam.hdivsteps", "number of horizontal angles"),
    _integer("-vdivsteps", "beam.vdivsteps", "number of vertical angles"),
    Flag("-divsteps", "number of angles, both ways", _DIVSTEPS, 1, ValueKind.INTEGER, canonical=False),
    _switch("-round_div", "leave out the corners of the divergence", {"beam.round_divergence": True}),
    _switch("-square_div", "keep the corners of the divergence", {"beam.round_divergence": False}),
)

_DETECTOR = (
    Flag(
        "-detsize",
        "size of the detector (mm)",
        ("detector.detsize_fast_mm", "detector.detsize_slow_mm"),
        1,
        exact=True,
        canonical=False,
        outcome="the detector is {0} x {0} mm",
    ),
    _real("-detsize_f", "detector.detsize_fast_mm", "size along fast (mm)", spellings=("-detsize_fast",)),
    _real("-detsize_s", "detector.detsize_slow_mm", "size along slow (mm)", spellings=("-detsize_slow",)),
    Flag(
        "-detpixels",
        "pixels along both axes",
        ("detector.detpixels_fast", "detector.detpixels_slow"),
        1,
        ValueKind.INTEGER,
        exact=True,
        canonical=False,
        outcome="the detector is {0} x {0} pixels",
    ),
    _integer("-detpixels_f", "detector.detpixels_fast", "pixels along fast", spellings=("-detpixels_fast",)),
    _integer("-detpixels_x", "detector.detpixels_fast", "pixels along fast", canonical=False),
    _integer("-detpixels_s", "detector.detpixels_slow", "pixels along slow", spellings=("-detpixels_slow",)),
    _integer("-detpixels_y", "detector.detpixels_slow", "pixels along slow", canonical=False),
    _real("-pixel", "detector.pixel_mm", "size of a pixel (mm)", spellings=("-pixel_size", "-pixelsize")),
    _direction("-fdet_vector", "detector.fast_vector", "direction of the fast axis"),
    _direction("-sdet_vector", "detector.slow_vector", "direction of the slow axis"),
    _direction("-odet_vector", "detector.normal_vector", "direction of the normal"),
    _direction("-beam_vector", "detector.beam_vector", "direction of the beam"),
    _direction("-polar_vector", "detector.polar_vector", "direction of polarisation"),
    _direction("-spindle_axis", "detector.spindle_axis", "axis of the crystal's rotation"),
    _direction("-pix0_vector", "detector.pix0_vector", "no effect but to select the custom convention"),
    _direction("-twotheta_axis", "detector.twotheta_axis", "axis of the detector's two-theta rotation"),
    _real("-twotheta", "detector.twotheta_deg", "two-theta rotation of the detector (degrees)", fixed=_SAMPLE),
    _real("-distance", "detector.distance_mm", "along the beam (mm)", fixed=_BEAM),
    _real("-close_distance", "detector.close_distance_mm", "to the closest point of the detector (mm)", fixed=_SAMPLE),
    _real("-Xbeam", "detector.Xbeam_mm", "beam centre (mm)", fixed=_BEAM),
    _real("-Ybeam", "detector.Ybeam_mm", "beam centre (mm)", fixed=_BEAM),
    _real("-Xclose", "detector.Xclose_mm", "closest point (mm)", fixed=_SAMPLE),
    _real("-Yclose", "detector.Yclose_mm", "closest point (mm)", fixed=_SAMPLE),
    _real("-ORGX", "detector.ORGX_px", "closest point (pixels)", fixed=_SAMPLE),
    _real("-ORGY", "detector.ORGY_px", "closest point (pixels)", fixed=_SAMPLE),
    _real("-detector_rotx", "detector.rotx_deg", "rotation of the detector about x (degrees)"),
    _real("-detector_roty", "detector.roty_deg", "rotation of the detector about y (degrees)"),
    _real("-detector_rotz", "detector.rotz_deg", "rotation of the detector about z (degrees)"),
    Flag(
        "-pivot",
        "point that rotations keep: sample or beam",
        ("detector.pivot",),
        1,
        ValueKind.WORD,
        special=Special.PIVOT,
    ),
    _switch("-point_pixel", "solid angle 1/R²", {"detector.point_pixel": True}),
    Flag(
        "-detector_abs",
        "attenuation depth of the sensor (µm)",
        ("detector.attenuation_depth_um",),
        1,
        ValueKind.WORD,
        special=Special.ABSORPTION,
        last_place=_CRASHES,
        spellings=("-detector_absorb", "-detector_absorption"),
    ),
    _real("-detector_thick", "detector.thickness_um", "thickness of the sensor (µm)", exact=True, last_place=_CRASHES),
    _integer("-detector_thicksteps", "detector.thicksteps", "layers of the sensor", last_place=_CRASHES),
    _integer("-thicksteps", "detector.thicksteps", "layers of the sensor", canonical=False, last_place=_CRASHES),
)

_SAMPLING = (
    _switch("-oversample_thick", "absorption for every subpixel", {"sampling.oversample_thick": True}, stops=True),
    _switch("-oversample_polar", "polarisation for every subpixel", {"sampling.oversample_polar": True}, stops=True),
    _switch("-oversample_omega", "solid angle for every subpixel", {"sampling.oversample_omega": True}, stops=True),
    _integer("-oversample", "sampling.oversample", "subpixels per pixel and direction; 0 chooses"),
    Flag("-roi", "first and last fast, first and last slow pixel", ("sampling.roi_fast_slow",), 4, ValueKind.INTEGER),
)

_OUTPUT = (
    _file("-floatfile", "output.float_file", "float image"),
    _file("-floatimage", "output.float_file", "float image", canonical=False),
    _file("-intfile", "output.int_file", "integer image (SMV)"),
    _file("-intimage", "output.int_file", "integer image (SMV)", canonical=False),
    _file("-pgmfile", "output.pgm_file", "PGM image", fixed={"output.write_pgm": True}),
    _file("-pgmimage", "output.pgm_file", "PGM image", fixed={"output.write_pgm": True}, canonical=False),
    _file("-noisefile", "output.noise_file", "image with noise (SMV)", fixed={"output.write_noise": True}),
    _file(
        "-noiseimage",
        "output.noise_file",
        "image with noise (SMV)",
        fixed={"output.write_noise": True},
        canonical=False,
    ),
    _real("-scale", "output.scale", "factor of the integer image"),
    _real("-pgmscale", "output.pgm_scale", "factor of the PGM image", fixed={"output.write_pgm": True}),
    _switch("-nopgm", "no PGM image", {"output.write_pgm": False}),
    _switch("-nonoise", "no image with noise", {"output.write_noise": False}),
    _real("-adc", "output.adc", "offset of integer and noise image"),
    _integer("-seed", "output.seed", "seed of the noise"),
    Flag(
        "-printout_pixel",
        "print one pixel: fast slow",
        ("output.print_pixel_fast_slow",),
        2,
        ValueKind.INTEGER,
        fixed={"output.print_pixels": True},
    ),
    _switch("-printout", "print every pixel", {"output.print_pixels": True}),
    _switch("-noprogress", "no progress meter", {"output.progress": False}),
    _switch("-progress", "progress meter", {"output.progress": True}, canonical=False),
    Flag("-coherent", "no effect"),
    Flag("-trace_pixel", "trace one pixel: slow fast", ("execution.trace_pixel_slow_fast",), 2, ValueKind.INTEGER),
)

_CURVED = (
    _switch(
        "-curved_det",
        "spherical detector",
        {"detector.curved": True},
        last_place=LastPlace.UNSEEN,
        spellings=("-curved_detector",),
    ),
)

_OURS = (
    Flag(
        "-mode",
        "c-parity or spec, also with changes as in c-parity,-stale_phi_rotation",
        ("execution.defects",),
        1,
        ValueKind.WORD,
        exact=True,
    ),
    Flag("-dtype", "float64 or float32", ("execution.dtype",), 1, ValueKind.WORD, exact=True),
    Flag("-device", "cpu, cuda, cuda:N or auto", ("execution.device",), 1, ValueKind.WORD, exact=True),
    Flag(
        "-compile",
        "auto, always, never or torch: compiled code for the samples of an image; torch is torch.compile",
        ("execution.compile",),
        1,
        ValueKind.WORD,
        exact=True,
    ),
    _integer(
        "-threads_emulated",
        "execution.threads_emulated",
        "threads of the reference whose φ carry-over is reproduced",
        exact=True,
    ),
    _integer("-memory_mb", "execution.memory_mb", "budget for intermediate tensors (MB)", exact=True),
)

FLAGS: tuple[Flag, ...] = (
    *_HEADERS,
    *_CONVENTIONS,
    *_CRYSTAL,
    *_STRUCTURE,
    *_BEAM_FLAGS,
    *_CURVED,
    *_DETECTOR,
    *_SAMPLING,
    *_OUTPUT,
    *_OURS,
)
"""All flags, in the order in which an argument is tested and a canonical command is written."""

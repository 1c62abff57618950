"""The configuration of a simulation: what was asked for, in the units of the flags, and what follows from it.

A field that is None was not given. Lengths, angles and other quantities carry their unit in the field's name; nothing
here is in SI. Derived values are properties and never stored, so they cannot go stale.
"""

import math
import time
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulator.constants import DEFAULT_FLUENCE_PER_M2, RADIANS_TO_DEGREES
from simulator.defects import Defect, Mode, mode_name
from simulator.steps import SampleRange, phi_steps, sampling_steps

MOST_ORIENTATIONS = 2_000_000
MOST_SOURCES = 100_000
MOST_LAYERS = 100_000
"""More of them are a mistake in the configuration: they would not fit the memory, or not be finished."""

Triple = tuple[float, float, float]
AngleTriple = Triple


def _radians(degrees: float | None) -> float | None:
    return None if degrees is None else degrees / RADIANS_TO_DEGREES


def _milli(value: float | None) -> float | None:
    return None if value is None else value / 1000.0


class Frozen(BaseModel):
    """A model that cannot be changed, takes no unknown field and no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CrystalShape(StrEnum):
    """Form of the crystal, or of the spots."""

    SQUARE = "square"
    ROUND = "round"
    GAUSS = "gauss"
    TOPHAT = "tophat"


class Pivot(StrEnum):
    """Point of the detector that stays in place when it is rotated."""

    BEAM = "beam"
    SAMPLE = "sample"


class Convention(StrEnum):
    """Frame of the laboratory and meaning of the beam centre."""

    MOSFLM = "mosflm"
    DENZO = "denzo"
    ADXV = "adxv"
    XDS = "xds"
    DIALS = "dials"
    CUSTOM = "custom"


class Cell(Frozen):
    """Real unit cell."""

    a_angstrom: float = Field(gt=0)
    b_angstrom: float = Field(gt=0)
    c_angstrom: float = Field(gt=0)
    alpha_deg: float = Field(gt=0, lt=180)
    beta_deg: float = Field(gt=0, lt=180)
    gamma_deg: float = Field(gt=0, lt=180)

    @model_validator(mode="after")
    def _closes(self) -> Self:
        angles = (self.alpha_deg, self.beta_deg, self.gamma_deg)
        if sum(angles) >= 360.0 or any(2.0 * angle >= sum(angles) for angle in angles):
            raise ValueError(f"no cell has the angles {angles}: each must be less than the sum of the others")
        return self


class CrystalConfig(Frozen):
    """Cell, orientation, size, mosaicity and rotation of the crystal."""

    cell: Cell | None = None
    matrix_file: Path | None = None
    misset_deg: AngleTriple | None = None
    misset_random: bool = False
    misset_seed: int | None = None
    Na: int = 1
    Nb: int = 1
    Nc: int = 1
    size_x_mm: float = 0.0
    size_y_mm: float = 0.0
    size_z_mm: float = 0.0
    shape: CrystalShape = CrystalShape.SQUARE
    fudge: float = 1.0
    mosaic_spread_deg: float | None = None
    mosaic_domains: int | None = None
    mosaic_seed: int | None = None
    phi_deg: float = 0.0
    osc_deg: float | None = None
    phistep_deg: float | None = None
    phisteps: int | None = None

    @property
    def rotation(self) -> SampleRange:
        """Completed spindle rotation, in radians."""
        osc, step = _radians(self.osc_deg), _radians(self.phistep_deg)
        return phi_steps(self.phisteps, osc, step, default_range=1.0 / RADIANS_TO_DEGREES)

    @property
    def phi_rad(self) -> tuple[float, ...]:
        """Nominal spindle angle of each step: φ0 + step·t; the end of the range is not reached."""
        rotation = self.rotation
        start = self.phi_deg / RADIANS_TO_DEGREES
        return tuple(start + rotation.step * t for t in range(rotation.count))

    @model_validator(mode="after")
    def _has_a_bounded_number_of_orientations(self) -> Self:
        steps, domains = self.rotation.count, self.domain_count
        if steps * domains > MOST_ORIENTATIONS:
            raise ValueError(
                f"{steps} steps of the rotation with {domains} mosaic domain{'s'[: domains > 1]} are more than "
                f"{MOST_ORIENTATIONS} orientations, which no run would finish; check -phisteps, -osc, -phistep and "
                "-mosaic_domains"
            )
        return self

    @property
    def domain_count(self) -> int:
        """Number of mosaic domains: ten if only a spread is given, or no positive number; one without a spread."""
        if (self.mosaic_spread_deg or 0.0) <= 0.0:
            return 1
        domains = self.mosaic_domains or 0
        return domains if domains > 0 else 10


class BeamConfig(Frozen):
    """Wavelength, intensity, polarisation and the spread of the incident beam."""

    wavelength_angstrom: float = Field(default=1.0, gt=0)
    fluence_per_m2: float = DEFAULT_FLUENCE_PER_M2
    flux_per_s: float = 0.0
    exposure_s: float = 1.0
    beamsize_mm: float = 0.1
    kahn_factor: float = 0.0
    polarized: bool = True
    dmin_angstrom: float = 0.0
    water_um: float = 0.0
    source_file: Path | None = None
    dispersion_percent: float = 0.0
    dispsteps: int | None = None
    hdivrange_mrad: float | None = None
    hdivstep_mrad: float | None = None
    hdivsteps: int | None = None
    vdivrange_mrad: float | None = None
    vdivstep_mrad: float | None = None
    vdivsteps: int | None = None
    round_divergence: bool = True

    @model_validator(mode="after")
    def _has_a_bounded_number_of_sources(self) -> Self:
        counts = (self.horizontal_divergence.count, self.vertical_divergence.count, self.dispersion.count)
        if math.prod(counts) > MOST_SOURCES:
            raise ValueError(
                f"{counts[0]} x {counts[1]} directions and {counts[2]} wavelengths are more than "
                f"{MOST_SOURCES} sources, which no run would finish; check the flags of divergence and dispersion"
            )
        return self

    @model_validator(mode="after")
    def _has_a_finite_fluence(self) -> Self:
        if self.beamsize_mm == 0.0 and self.flux_per_s != 0.0 and self.exposure_s > 0.0:
            raise ValueError("-flux through a -beamsize of 0 is an infinite fluence; give a beam size in mm")
        return self

    @property
    def total_fluence_per_m2(self) -> float:
        """Photons per m²: from flux, exposure and beam size where a flux is given, else the fluence itself."""
        if self.flux_per_s != 0.0 and self.exposure_s > 0.0 and self.beamsize_mm >= 0.0:
            size_m = self.beamsize_mm / 1000.0
            return self.flux_per_s * self.exposure_s / size_m / size_m
        return self.fluence_per_m2

    @property
    def horizontal_divergence(self) -> SampleRange:
        """Completed triple, radians."""
        return sampling_steps(self.hdivsteps, _milli(self.hdivrange_mrad), _milli(self.hdivstep_mrad))

    @property
    def vertical_divergence(self) -> SampleRange:
        """Completed triple, radians."""
        return sampling_steps(self.vdivsteps, _milli(self.vdivrange_mrad), _milli(self.vdivstep_mrad))

    @property
    def dispersion(self) -> SampleRange:
        """Completed triple, as a fraction of the wavelength."""
        return sampling_steps(self.dispsteps, self.dispersion_percent / 100.0, None)


class DetectorConfig(Frozen):
    """Geometry and sensor of the detector, and the directions that a convention fixes."""

    convention: Convention = Convention.MOSFLM
    pivot: Pivot | None = None
    distance_mm: float | None = None
    close_distance_mm: float | None = None
    pixel_mm: float = Field(default=0.1, gt=0)
    detsize_fast_mm: float = 102.4
    detsize_slow_mm: float = 102.4
    detpixels_fast: int | None = None
    """0 counts as not given, as in the reference; so does it for slow."""
    detpixels_slow: int | None = None
    Xbeam_mm: float | None = None
    Ybeam_mm: float | None = None
    Xclose_mm: float | None = None
    Yclose_mm: float | None = None
    ORGX_px: float | None = None
    ORGY_px: float | None = None
    fast_vector: Triple | None = None
    slow_vector: Triple | None = None
    normal_vector: Triple | None = None
    beam_vector: Triple | None = None
    polar_vector: Triple | None = None
    spindle_axis: Triple | None = None
    twotheta_axis: Triple | None = None
    pix0_vector: Triple | None = None
    """Stored as given; the reference overwrites it, so it only selects the custom convention."""
    rotx_deg: float = 0.0
    roty_deg: float = 0.0
    rotz_deg: float = 0.0
    twotheta_deg: float = 0.0
    curved: bool = False
    point_pixel: bool = False
    attenuation_depth_um: float | None = None
    """0 stands for a sensor that absorbs nothing (attenuation coefficient 0)."""
    thickness_um: float = 0.0
    thicksteps: int | None = None

    @model_validator(mode="after")
    def _has_a_bounded_number_of_layers(self) -> Self:
        if self.layers.count > MOST_LAYERS:
            raise ValueError(f"{self.layers.count} layers of the sensor are more than {MOST_LAYERS}; check -thicksteps")
        return self

    @model_validator(mode="after")
    def _is_away_from_the_sample(self) -> Self:
        if self.distance_mm == 0.0 or self.close_distance_mm == 0.0:
            raise ValueError("a detector at distance 0 sees no directions; give a distance in mm")
        return self

    @property
    def size_m(self) -> tuple[float, float]:
        """Extent along fast and slow; a pixel count wins over a size, which is kept unrounded."""
        pixel = self.pixel_mm / 1000.0
        fast = pixel * self.detpixels_fast if self.detpixels_fast else self.detsize_fast_mm / 1000.0
        slow = pixel * self.detpixels_slow if self.detpixels_slow else self.detsize_slow_mm / 1000.0
        return fast, slow

    @property
    def pixels(self) -> tuple[int, int]:
        """Number of pixels along fast and slow."""
        pixel = self.pixel_mm / 1000.0
        fast, slow = self.size_m
        return _ceil(fast / pixel - 0.5), _ceil(slow / pixel - 0.5)

    @property
    def layers(self) -> SampleRange:
        """Completed triple of the sensor, metres."""
        return sampling_steps(self.thicksteps, self.thickness_um * 1e-6, None, sensor=True)

    @property
    def attenuation_per_m(self) -> float:
        """Attenuation coefficient: 1/depth; a sensor without a positive depth has one of its thickness."""
        depth, thickness_m = self.attenuation_depth_um, self.layers.range
        if depth == 0.0:
            return 0.0
        if (depth is None or depth < 0.0) and thickness_m > 0.0:
            return 1.0 / thickness_m
        return -1.0 if depth is None else 1.0 / (depth * 1e-6)


class StructureConfig(Frozen):
    """Structure factors and how they are looked up."""

    hkl_file: Path | None = None
    default_F: float = 0.0
    dump_file: Path = Path("Fdump.bin")
    interpolate: bool | None = None
    """None decides by the number of cells."""


class SamplingConfig(Frozen):
    """Which pixels are computed, and how finely."""

    oversample: int | None = None
    oversample_thick: bool = False
    oversample_polar: bool = False
    oversample_omega: bool = False
    roi_fast_slow: tuple[int, int, int, int] | None = None
    """First and last fast, first and last slow pixel, inclusive; a negative number is the edge of the detector."""
    mask_file: Path | None = None


class OutputConfig(Frozen):
    """Files that the command writes, and their scales."""

    float_file: Path = Path("floatimage.bin")
    int_file: Path = Path("intimage.img")
    pgm_file: Path = Path("image.pgm")
    noise_file: Path = Path("noiseimage.img")
    write_pgm: bool = True
    write_noise: bool = True
    scale: float = 0.0
    pgm_scale: float = 0.0
    adc: float = 40.0
    seed: int | None = None
    print_pixels: bool = False
    print_pixel_fast_slow: tuple[int, int] | None = None
    progress: bool = True


class ExecutionConfig(Frozen):
    """How this program computes; the reference knows none of it but the number of threads."""

    defects: frozenset[Defect] = Mode.C_PARITY.defects
    dtype: Literal["float64", "float32"] = "float64"
    device: str = "cpu"
    """cpu, cuda, cuda:N, or auto: CUDA where it is there and the image is large enough."""
    compile: Literal["auto", "always", "never", "torch"] = "auto"
    """Use of compiled code for the samples of an image: auto where it is large enough; torch is torch.compile."""
    threads_emulated: int = Field(default=1, ge=1)
    """Threads of the reference whose φ carry-over is reproduced."""
    trace_pixel_slow_fast: tuple[int, int] | None = None
    memory_mb: int | None = Field(default=None, ge=1)
    """Budget for intermediate tensors; None lets the program choose."""

    @property
    def mode(self) -> str:
        """Name of the set of defects."""
        return mode_name(self.defects)


class Config(Frozen):
    """Everything that defines a run."""

    crystal: CrystalConfig = CrystalConfig()
    beam: BeamConfig = BeamConfig()
    detector: DetectorConfig = DetectorConfig()
    structure: StructureConfig = StructureConfig()
    sampling: SamplingConfig = SamplingConfig()
    output: OutputConfig = OutputConfig()
    execution: ExecutionConfig = ExecutionConfig()

    @property
    def shape_slow_fast(self) -> tuple[int, int]:
        """Number of rows and of pixels in a row."""
        fast, slow = self.detector.pixels
        return slow, fast

    @property
    def interpolates(self) -> bool:
        """Whether the lookup is to be tricubic: on request, else where a flag gives two cells or fewer on an axis."""
        crystal = self.crystal
        wish = self.structure.interpolate
        return min(crystal.Na, crystal.Nb, crystal.Nc) <= 2 if wish is None else wish

    @property
    def roi(self) -> tuple[int, int, int, int]:
        """Region of interest on the detector: first and last fast, first and last slow pixel, inclusive."""
        slow, fast = self.shape_slow_fast
        first_f, last_f, first_s, last_s = self.sampling.roi_fast_slow or (-1, -1, -1, -1)
        return (
            max(first_f, 0),
            fast - 1 if last_f < 0 else min(last_f, fast - 1),
            max(first_s, 0),
            slow - 1 if last_s < 0 else min(last_s, slow - 1),
        )

    @model_validator(mode="after")
    def _has_pixels(self) -> Self:
        slow, fast = self.shape_slow_fast
        if slow < 1 or fast < 1:
            raise ValueError(
                f"the detector has {fast} x {slow} pixels (fast x slow); give a size of at least one pixel"
            )
        return self

    @model_validator(mode="after")
    def _region_has_pixels(self) -> Self:
        first_f, last_f, first_s, last_s = self.roi
        if first_f > last_f or first_s > last_s:
            slow, fast = self.shape_slow_fast
            given = " ".join(str(number) for number in self.sampling.roi_fast_slow or ())
            raise ValueError(
                f"-roi {given} holds no pixel of the detector of {fast} x {slow} (fast x slow); "
                "the order is first and last fast, first and last slow"
            )
        return self

    @model_validator(mode="after")
    def _trace_pixel_on_detector(self) -> Self:
        pixel = self.execution.trace_pixel_slow_fast
        slow, fast = self.shape_slow_fast
        if pixel is not None and not (0 <= pixel[0] < slow and 0 <= pixel[1] < fast):
            swapped = 0 <= pixel[1] < slow and 0 <= pixel[0] < fast
            hint = "; the order is slow fast: did you mean the swapped one?" if swapped else ""
            raise ValueError(
                f"pixel slow {pixel[0]} fast {pixel[1]} is not on the detector of {slow} x {fast} (slow x fast){hint}"
            )
        return self


def noise_seed(config: Config) -> int:
    """Return the seed of the noise: as given, else the time in seconds when it was first asked for."""
    return _start_time() if config.output.seed is None else config.output.seed


@cache
def _start_time() -> int:
    return int(time.time())


def _ceil(value: float) -> int:
    return int(-(-value // 1))

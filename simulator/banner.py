"""What the reference prints about a run before it computes: settings, cell, sources, geometry."""

import math
from collections.abc import Iterator, Sequence

from simulator.beam import divergence_angles
from simulator.build import Inputs, recommended_oversample
from simulator.config import Config, CrystalShape, Pivot, noise_seed
from simulator.constants import ANGSTROM_M, AVOGADRO, RADIANS_TO_DEGREES
from simulator.crystal import Basis
from simulator.model import Model
from simulator.text_inputs import SourceRow
from simulator.vectors import Vector, cross, dot, norm

_PROTEIN_G_PER_M3 = 1.2e6

TITLE = "nbtrace simulator: the physics of nanoBragg in torch"

_SHAPES = {
    CrystalShape.SQUARE: "parallelpiped",
    CrystalShape.ROUND: "ellipsoidal",
    CrystalShape.GAUSS: "gaussian",
    CrystalShape.TOPHAT: "tophat-spot",
}
_PIVOTS = {Pivot.BEAM: "direct beam spot", Pivot.SAMPLE: "sample"}


def _numbers(*values: float) -> str:
    return " ".join(f"{value:g}" for value in values)


def _vector(v: Vector) -> str:
    return _numbers(*(float(component) for component in v))


def banner(model: Model, inputs: Inputs) -> Iterator[str]:
    """Yield the lines that precede the simulation."""
    yield TITLE
    yield from _warnings(model.config)
    yield f"mode {model.config.execution.mode}, {model.config.execution.dtype} on {model.config.execution.device}"
    yield from _detector_axes(model)
    yield from _crystal(model)
    yield from _structure_factors(model.config, inputs)
    yield from _steps(model)
    yield from _sources(model, inputs)
    yield from _settings(model, inputs)
    yield from _geometry(model)
    yield from _counts(model)


def _warnings(config: Config) -> Iterator[str]:
    """Yield what the reference warns of because it is not given."""
    crystal, detector = config.crystal, config.detector
    depth = detector.attenuation_depth_um
    if detector.layers.range > 0.0 and (depth is None or depth < 0.0):
        yield f"WARNING: setting detector attenuation depth to {detector.attenuation_per_m:g} m"
    domains, spread = (crystal.mosaic_domains or 0) > 0, crystal.mosaic_spread_deg
    if spread and spread > 0.0 and not domains:
        yield "WARNING: finite mosaicity with only one domain! upping to 10 mosaic domains"
    if domains and spread is None:
        yield "WARNING: no mosaic spread specified.  setting mosaic_domains = 1"
    if domains and spread == 0.0:
        yield "WARNING: zero mosaic spread specified.  setting mosaic_domains = 1"


def _detector_axes(model: Model) -> Iterator[str]:
    detector = model.detector
    if detector.normal_generated:
        yield "WARNING: auto-generating odet_vector"
    yield f"{detector.convention.value} convention selected."
    pivoting = f"pivoting detector around {_PIVOTS[detector.pivot]}"
    if detector.pivot is Pivot.SAMPLE:
        yield pivoting
    yield f"DETECTOR_FAST_AXIS {_long(detector.fast)}"
    yield f"DETECTOR_SLOW_AXIS {_long(detector.slow)}"
    yield f"DETECTOR_NORMAL_AXIS {_long(detector.normal)}"
    if detector.pivot is Pivot.BEAM:
        yield pivoting
    yield f"DETECTOR_PIX0_VECTOR {_long(detector.pix0)}"
    in_detector_frame = (float(dot(detector.beam, axis)) for axis in (detector.fast, detector.slow, detector.normal))
    yield f"XDS incident beam: {_numbers(*in_detector_frame)}"
    if model.config.structure.interpolate is None and model.config.interpolates:
        yield "auto-selected tricubic interpolation of structure factors"
    elif model.config.structure.interpolate is None:
        yield "auto-selected no interpolation"


def _long(v: Vector) -> str:
    return " ".join(f"{float(component):.15g}" for component in v)


def _angle(u: Vector, v: Vector) -> float:
    cosine = float(dot(u, v)) / float(norm(u)) / float(norm(v))
    return math.acos(min(max(cosine, -1.0), 1.0)) * RADIANS_TO_DEGREES


def _cell_line(basis: Basis) -> str:
    a, b, c = basis
    return _numbers(*(float(norm(v)) for v in basis), _angle(b, c), _angle(c, a), _angle(a, b))


def _reciprocal_line(real: Basis, reciprocal: Basis, volume: float) -> str:
    """Return reciprocal lengths and angles; an angle follows from a sine that holds the volume, and a cosine."""
    lengths = [float(norm(v)) for v in real]
    stars = [float(norm(v)) for v in reciprocal]
    angles = [math.radians(_angle(real[(i + 1) % 3], real[(i + 2) % 3])) for i in range(3)]
    texts = []
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        sine = lengths[i] / volume / stars[j] / stars[k]
        cosine = math.cos(angles[j]) * math.cos(angles[k]) - math.cos(angles[i])
        cosine = cosine / math.sin(angles[j]) / math.sin(angles[k])
        texts.append(math.degrees(math.atan2(sine, cosine)))
    return _numbers(*stars, *texts)


def _crystal(model: Model) -> Iterator[str]:
    crystal = model.crystal
    a, b, c = (v / ANGSTROM_M for v in crystal.real_m)
    if model.config.crystal.matrix_file is not None:
        yield f"reading {model.config.crystal.matrix_file}"
    if crystal.misset_rad is not None and model.config.crystal.misset_random:
        x, y, z = (angle * RADIANS_TO_DEGREES for angle in crystal.misset_rad)
        yield f"random orientation misset angles: {x:f} {y:f} {z:f} deg"
    volume = float(crystal.volume)
    yield f"Unit Cell: {_cell_line((a, b, c))}"
    yield f"Recp Cell: {_reciprocal_line((a, b, c), crystal.reciprocal, volume)}"
    yield f"volume = {volume:g} A^3"
    yield "real-space cell vectors (Angstrom):"
    yield from _table("     a           b           c         ", (a, b, c))
    yield "reciprocal-space cell vectors (Angstrom^-1):"
    yield from _table("     a_star      b_star      c_star    ", crystal.reciprocal)
    edges = [count * float(norm(v)) for count, v in zip(crystal.N, crystal.real_m, strict=True)]
    yield "crystal is {:g} x {:g} x {:g} microns".format(*(edge * 1e6 for edge in edges))
    wanted = recommended_oversample(crystal, model.detector, float(model.beam.wavelength_m))
    if (model.config.sampling.oversample or 0) <= 0:
        yield f"auto-selected {model.oversample}-fold oversampling"
    if wanted > model.oversample:
        pixel = float(model.beam.wavelength_m) * float(model.detector.distance_m) / model.detector.pixel_m / ANGSTROM_M
        yield f"WARNING: maximum dimension of sample is {max(edges) / ANGSTROM_M:g} A"
        yield f"         but reciprocal pixel size is {pixel:g} A"
        yield "         intensity may vary significantly across a pixel!"
        yield f"         recommend -oversample {wanted} to work around this"
    grams = math.prod(edges) * _PROTEIN_G_PER_M3
    yield f"approximate MW = {grams * AVOGADRO / math.prod(crystal.N):g}"


def _table(heading: str, basis: Basis) -> Iterator[str]:
    yield heading
    for index, name in enumerate("XYZ"):
        yield f"{name}: " + " ".join(f"{float(v[index]):11.8f}" for v in basis)


def _structure_factors(config: Config, inputs: Inputs) -> Iterator[str]:
    if config.structure.hkl_file is not None:
        yield f"counting entries in {config.structure.hkl_file}"
        if config.structure.default_F != 0.0:
            yield f"initializing to default_F = {config.structure.default_F:g}:"
            yield "done initializing:"
        yield f"re-reading {config.structure.hkl_file}"
        yield f"writing dump file for next time: {config.structure.dump_file}"
    elif inputs.reflections is not None:
        yield f"reading dump file {config.structure.dump_file}"


def _steps(model: Model) -> Iterator[str]:
    layers = model.layers
    for layer in range(layers.count):
        yield f"thick{layer} = {layer * layers.step * 1e6:g} um"
    for step, phi in enumerate(model.crystal.phi_rad):
        yield f"phi{step} = {phi * RADIANS_TO_DEGREES:g}"
    if model.config.beam.source_file is None:
        for h, v in divergence_angles(model.config.beam):
            yield f"divergence deviation: {h:g} {v:g}"
        dispersion = model.config.beam.dispersion
        for index in range(dispersion.count):
            factor = 1.0 + dispersion.step * index - dispersion.range / 2.0
            yield f"lambda{index} = {float(model.beam.wavelength_m) * factor:.15g}"


def _sources(model: Model, inputs: Inputs) -> Iterator[str]:
    sources = model.beam.sources
    rows: Sequence[SourceRow] = inputs.sources or [SourceRow(())] * len(sources)
    default_weight = 1.0 if inputs.sources else 1.0 / len(sources)
    yield f"  created a total of {len(sources)} sources:"
    for row, source in zip(rows, sources, strict=True):
        given = row.columns
        weight = given[3] if len(given) > 3 else default_weight
        yield f"{_vector(source.position_m)}   {weight:g} {float(source.wavelength_m):g}"
    yield f"  created a total of {model.crystal.domain_count} mosaic domains"


def _settings(model: Model, inputs: Inputs) -> Iterator[str]:
    config, crystal, beam = model.config, model.crystal, model.beam
    count = 0 if inputs.reflections is None else inputs.reflections.reflections
    dispersion = config.beam.dispersion
    yield f"  {count} initialized hkls (all others ={config.structure.default_F:g})"
    yield f"  {_SHAPES[crystal.shape]} xtal: {crystal.N[0]}x{crystal.N[1]}x{crystal.N[2]} cells"
    wave = f"  wave={float(beam.wavelength_m):g} meters +/- {dispersion.range * 100.0:g}% in {dispersion.count} steps"
    yield wave
    if config.beam.polarized:
        yield f"  Kahn polarization factor: {config.beam.kahn_factor:f}"
    else:
        yield "  polarization effect disabled"
    if config.detector.curved:
        yield "  curved detector: all pixels same distance from origin"
    if config.detector.point_pixel:
        yield "  pixel obliquity effect disabled"
    yield f"  incident fluence: {float(beam.fluence_per_m2):g} photons/m^2"


def _geometry(model: Model) -> Iterator[str]:
    config, detector = model.config.detector, model.detector
    slow, fast = detector.shape_slow_fast
    size_fast, size_slow = config.size_m
    centre = direct_beam_m(model)
    closest = closest_point_m(model)
    yield (
        f"  distance={float(detector.distance_m):g} detsize={size_fast:g}x{size_slow:g}  "
        f"pixel={detector.pixel_m:g} meters ({fast}x{slow} pixels)"
    )
    layers = model.layers
    yield f"  sensor is {layers.range:g} m thick in {layers.count} layers with mu= {config.attenuation_per_m:g}"
    yield f"  Xbeam={detector.beam_centre_m[0]:g} Ybeam={detector.beam_centre_m[1]:g}"
    yield f"  Fbeam={centre[0]:g} Sbeam={centre[1]:g}"
    yield f"  Xclose={detector.nominal_close_m[0]:g} Yclose={detector.nominal_close_m[1]:g}"
    yield f"  Fclose={closest[0]:g} Sclose={closest[1]:g}"
    yield f"  DIRECTION_OF_DETECTOR_X-AXIS= {_vector(detector.fast)}"
    yield f"  DIRECTION_OF_DETECTOR_Y-AXIS= {_vector(detector.slow)}"
    yield f"  DIRECTION_OF_DETECTOR_Z-AXIS= {_vector(detector.normal)}"
    yield f"  INCIDENT_BEAM_DIRECTION= {_vector(detector.beam)}"
    yield f"  spindle ROTATION_AXIS= {_vector(model.crystal.spindle)}"
    yield f"  POLARIZATION_PLANE_NORMAL= {_vector(cross(detector.beam, model.beam.polar))}"
    yield f"  dials origin= {_numbers(*dials_origin_mm(model))}"
    yield "  roi: {} < x < {} && {} < y < {}".format(*_region(model.config))


def _region(config: Config) -> tuple[int, int, int, int]:
    """Return the region of interest as the reference prints it: a limit that is given as it is, however large."""
    slow, fast = config.shape_slow_fast
    first_f, last_f, first_s, last_s = config.sampling.roi_fast_slow or (-1, -1, -1, -1)
    return max(first_f, 0), fast if last_f < 0 else last_f, max(first_s, 0), slow if last_s < 0 else last_s


def _counts(model: Model) -> Iterator[str]:
    config = model.config
    for name, steps in (("h", config.beam.horizontal_divergence), ("v", config.beam.vertical_divergence)):
        yield f"  {name}divrange={steps.range:g} {name}divstep={steps.step:g}  radians"
    directions = -1 if config.beam.source_file is not None else sum(1 for _ in divergence_angles(config.beam))
    yield f"  {directions} divergence steps"
    yield f"  {len(model.beam.sources)} sources"
    spread = config.crystal.mosaic_spread_deg or 0.0
    yield f"  {model.crystal.domain_count} mosaic domains over mosaic spread of {spread:g} degrees"
    rotation = config.crystal.rotation
    start, extent = config.crystal.phi_deg, rotation.range * RADIANS_TO_DEGREES
    yield f"  {rotation.count} phi steps from {start:g} to {start + extent:g} degrees"
    flags = config.sampling
    several = {"thick": flags.oversample_thick, "polar": flags.oversample_polar, "omega": flags.oversample_omega}
    always = "".join(f" +{name}" for name, given in several.items() if given)
    yield f"  {model.oversample}x{model.oversample} pixel oversample steps{always}"
    if config.sampling.mask_file is not None:
        yield f"  skipping zero-flagged pixels in {config.sampling.mask_file}"
    if config.output.write_noise:
        yield from ("", "  noise image paramters:", f"  seed: {-noise_seed(config)}")
        yield f"  water droplet size: {config.beam.water_um / 1e6:g} m"


def closest_point_m(model: Model) -> tuple[float, float]:
    """Return the fast and slow coordinates (m) of the detector's point closest to the sample, from pix0."""
    detector = model.detector
    return -float(dot(detector.pix0, detector.fast)), -float(dot(detector.pix0, detector.slow))


def direct_beam_m(model: Model) -> tuple[float, float]:
    """Return the fast and slow coordinates (m) of the direct beam, from pix0."""
    detector = model.detector
    to_beam = detector.beam * detector.distance_m - detector.pix0
    return float(dot(detector.fast, to_beam)), float(dot(detector.slow, to_beam))


def dials_origin_mm(model: Model) -> tuple[float, float, float]:
    """Return the detector's corner in the frame of DIALS, mm."""
    pix0 = model.detector.pix0
    return 1000.0 * float(pix0.z), 1000.0 * float(pix0.y), -1000.0 * float(pix0.x)

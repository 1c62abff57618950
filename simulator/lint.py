"""Traps of a command line: what the reference would ignore, misread or compute otherwise than one might think."""

from collections.abc import Callable, Iterator, Sequence

from simulator.arguments import examine
from simulator.config import Config, Convention
from simulator.defects import Defect
from simulator.errors import SimulatorError
from simulator.flags import FLAGS

Check = Callable[[Config], Iterator[str]]


def lint(arguments: Sequence[str]) -> list[str]:
    """Return what is surprising about a command line, one line each, without running it.

    Input files other than the headers of ``-img`` and ``-mask`` are not opened.
    """
    words = [word for word in arguments if word != "--lenient"]
    try:
        command = examine(words)
    except SimulatorError as error:
        return [str(error)]
    remarks = [finding.remark for finding in command.findings]
    remarks.extend(_of_arguments(words))
    convention = command.config.detector.convention
    if convention is not Convention.CUSTOM and any("-pivot" in word for word in words if word.startswith("-")):
        remarks.append(f"-pivot has no effect in the {convention} convention, which has a pivot of its own")
    remarks.extend(line for check in CHECKS for line in check(command.config))
    return remarks


def _of_arguments(words: Sequence[str]) -> Iterator[str]:
    """Yield traps that the configuration no longer shows."""
    for index, word in enumerate(words):
        if not word.startswith("-"):
            continue
        flag = next((flag for flag in FLAGS if flag.matches(word)), None)
        if flag is not None and flag.inert:
            yield f"{word} has no effect on the image"
        if "-pix0_vector" in word:
            yield f"{word} only selects the custom convention; the position follows from beam centre and distance"
        if word == "-misset_seed" and len(words) - index > 3:
            yield "-misset_seed is read by the upstream program as -misset too; give -misset after it"
        if word == "-dump":
            yield f"{word} is ignored by the instrumented fork, which always uses Fdump.bin"
    yield from _order_of_conventions(words)


def _order_of_conventions(words: Sequence[str]) -> Iterator[str]:
    named = [i for i, word in enumerate(words) if word in {f"-{c.value}" for c in Convention}]
    vectors = [i for i, word in enumerate(words) if word.startswith("-") and _is_vector(word)]
    if named and vectors:
        first, last = sorted((named[-1], vectors[-1]))
        if last == vectors[-1]:
            yield f"{words[last]} after {words[first]}: the other vectors are those of the custom convention"
        else:
            yield f"{words[last]} after {words[first]} overrules all given vectors"


def _is_vector(word: str) -> bool:
    return any(flag.matches(word) and "detector.convention" in flag.fixed and flag.count == 3 for flag in FLAGS)


def _beam_centre(config: Config) -> Iterator[str]:
    detector = config.detector
    beam = detector.Xbeam_mm is not None or detector.Ybeam_mm is not None
    close = detector.Xclose_mm is not None or detector.Yclose_mm is not None
    org = detector.ORGX_px is not None or detector.ORGY_px is not None
    match detector.convention:
        case Convention.XDS | Convention.DIALS:
            if beam or close:
                yield f"-Xbeam, -Ybeam, -Xclose and -Yclose have no effect in the {detector.convention} convention"
        case Convention.MOSFLM | Convention.DENZO | Convention.ADXV:
            if close or org:
                yield f"-Xclose, -Yclose, -ORGX and -ORGY have no effect in the {detector.convention} convention"
    if detector.close_distance_mm is not None and detector.distance_mm is not None:
        yield "-distance has no effect beside -close_distance"


def _rotation(config: Config) -> Iterator[str]:
    crystal = config.crystal
    stale = Defect.STALE_PHI_ROTATION in config.execution.defects
    angles = crystal.phi_rad
    if stale and 0.0 in angles and any(angles):
        step = angles.index(0.0)
        yield f"φ step {step} is exactly 0: the reference uses the orientation of the previous rotated step there"
    if crystal.phistep_deg is not None and crystal.osc_deg is None:
        yield "-phistep without -osc takes two steps, whatever -phisteps says"
    if crystal.osc_deg is None and crystal.phistep_deg is None and (crystal.phisteps or 0) > 1:
        yield "-phisteps alone rotates over one degree"
    if crystal.mosaic_domains is not None and not crystal.mosaic_spread_deg:
        yield "-mosaic_domains without a spread is one domain"


def _orientation(config: Config) -> Iterator[str]:
    if config.crystal.misset_random and config.crystal.misset_seed is None:
        yield "-misset random without -misset_seed is another orientation in every run; -seed is that of the noise"


def _lookup(config: Config) -> Iterator[str]:
    crystal, structure = config.crystal, config.structure
    if (
        structure.interpolate is None
        and min(crystal.Na, crystal.Nb, crystal.Nc) <= 2
        and structure.hkl_file is not None
    ):
        yield "an edge of two cells or fewer (the default is 1) selects tricubic interpolation; see -nointerpolate"
    if structure.interpolate is not False and structure.hkl_file is not None and config.execution.threads_emulated > 1:
        yield "interpolation in the reference is a race between threads; only one thread is deterministic"


def _vectors(config: Config) -> Iterator[str]:
    for flag in FLAGS:
        section, _, name = flag.sets[0].partition(".") if flag.sets else ("", "", "")
        vector = getattr(config.detector, name) if flag.count == 3 and section == "detector" else None
        # A normal without a length is made from the other two; the position is never looked at.
        if vector == (0.0, 0.0, 0.0) and flag.token not in {"-odet_vector", "-pix0_vector"}:
            yield f"{flag.token} 0 0 0 is no direction: the reference computes with a vector of length 0"


def _detector(config: Config) -> Iterator[str]:
    detector, sampling = config.detector, config.sampling
    if sampling.oversample_thick and detector.layers.range == 0.0:
        yield "-oversample_thick without a sensor thickness gives an image of zeros"
    if detector.attenuation_depth_um == 0.0 and detector.thickness_um > 0.0:
        yield "an attenuation depth of 0 or inf with a thickness gives an image of zeros"
    if (
        detector.thickness_um > 0.0
        and detector.layers.count > 1
        and Defect.LAST_LAYER_CAPTURE in config.execution.defects
    ):
        yield "the sum over all sensor layers is multiplied by the fraction that the last layer captures"
    several = sampling.oversample_thick or sampling.oversample_polar or sampling.oversample_omega
    if several and Defect.RUNNING_PRODUCTS in config.execution.defects:
        yield "with -oversample_thick, _polar or _omega the running sum is multiplied after every sample"


def _beam(config: Config) -> Iterator[str]:
    beam = config.beam
    if beam.flux_per_s != 0.0 and beam.fluence_per_m2 != type(beam)().fluence_per_m2:
        yield "-fluence has no effect beside -flux"
    if not beam.polarized and config.sampling.oversample_polar:
        yield "-oversample_polar computes the polarisation factor in spite of -nopolar"
    if beam.water_um > 0.0 and Defect.SQUARED_WATER_SCALING in config.execution.defects:
        yield "the water background is scaled by r_e² times fluence twice, and divided by the number of steps"
    if beam.source_file is not None and (beam.dispsteps or beam.hdivrange_mrad or beam.vdivrange_mrad):
        yield "-sourcefile overrules divergence and dispersion"


CHECKS: tuple[Check, ...] = (_beam_centre, _vectors, _orientation, _rotation, _lookup, _detector, _beam)

"""Where the pixels of an image are, from what the command line names: a trace log, a configuration, or flags."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbtrace.embedded.configurations import configuration_file
from nbtrace.errors import UsageError
from nbtrace.images.image import Geometry
from nbtrace.verdicts.status import Verdict

if TYPE_CHECKING:
    from nbtrace.compare.images import ImagesResult
    from nbtrace.explanation.images.image_causes import ImageCauses
    from simulator.config import Config

_log = logging.getLogger("nbtrace")


def geometry_from(
    log: str | None, config: str | None, flags: Sequence[str], named: "Config | None" = None
) -> Geometry | None:
    """Return a geometry; None if nothing is named, or, with a warning, where the simulator that tells it cannot run.

    A log gives the cell that it logs first; a configuration that of its first φ step and mosaic domain. `named` is the
    configuration, where it was read already.

    Raises
    ------
    UsageError
        If more than one is named, or the configuration makes no experiment.
    InputError
        If what is named cannot be read or tells no geometry.
    """
    refuse_several(log, config, flags)
    if log is not None:
        from nbtrace.images.traced import geometry_told_by  # noqa: PLC0415 - logs are read only for this
        from nbtrace.parsers import read_trace  # noqa: PLC0415

        return geometry_told_by(read_trace(log))
    if config is None and not flags:
        return None
    from nbtrace.embedded.choice import require_simulator  # noqa: PLC0415 - imports the simulator

    configured = named or configuration_from(config, flags)
    try:
        require_simulator()
    except UsageError as error:
        _log.warning("no resolution and no h k l: %s", error)
        return None
    return _configured(configured, f"configuration {config}" if config is not None else "flags")


def refuse_several(log: str | None, config: str | None, flags: Sequence[str]) -> None:
    """Raise :class:`UsageError` if more than one thing is named that tells a geometry."""
    if sum([log is not None, config is not None, bool(flags)]) > 1:
        raise UsageError("give only one of --geometry, --config and flags after --")


def causes_from(result: "ImagesResult", named: "Config | None") -> "ImageCauses | None":
    """Return what runs of the simulator say of two images that differ; None where no configuration is named."""
    if named is None or result.verdict is Verdict.AGREE:
        return None
    from nbtrace.embedded.available_runs import causes_of_images  # noqa: PLC0415 - imports the simulator

    return causes_of_images(result, named)


def configuration_from(config: str | None, flags: Sequence[str]) -> "Config":
    """Return the configuration that is named, or that flags make.

    Raises
    ------
    UsageError, InputError
        If it cannot be read or makes no run.
    """
    from nbtrace.embedded.choice import parsed_file, parsed_flags  # noqa: PLC0415 - imports the simulator

    return parsed_file(configuration_file(config)).command.config if config is not None else parsed_flags(flags)


def _configured(config: "Config", name: str) -> Geometry:
    """Return the geometry that the simulator builds, with the cell at the first φ step in the first mosaic domain."""
    import numpy as np  # noqa: PLC0415 - as below

    from nbtrace.embedded.choice import simulator_errors  # noqa: PLC0415 - imports torch
    from nbtrace.images.resolution import geometry_of  # noqa: PLC0415
    from simulator.crystal import build_crystal  # noqa: PLC0415
    from simulator.detector import build_detector  # noqa: PLC0415
    from simulator.parameters import Parameters  # noqa: PLC0415
    from simulator.random import Generator  # noqa: PLC0415
    from simulator.text_inputs import read_matrix  # noqa: PLC0415

    if config.detector.curved:
        raise UsageError(f"{name}: the detector is curved; resolution and h k l are known of flat ones only")
    parameters, matrix_file = Parameters(config), config.crystal.matrix_file
    with simulator_errors():
        detector = build_detector(parameters)
        crystal = build_crystal(parameters, None if matrix_file is None else read_matrix(matrix_file), Generator())
    pix0, fast, slow, beam, *cell = (
        np.array([float(part) for part in vector])
        for vector in (
            detector.pix0,
            detector.fast,
            detector.slow,
            detector.beam,
            *crystal.orientations.at(crystal.nominal_rows()[0], 0),
        )
    )
    wavelength = config.beam.wavelength_angstrom * 1e-10
    origin = f"{name}, cell at the first φ step of the first domain"
    geometry = geometry_of(pix0, fast, slow, detector.pixel_m, beam, wavelength, np.array(cell), origin)
    if geometry is None:
        raise UsageError("the configuration tells no geometry: the detector's corner lies on the sample")
    return geometry

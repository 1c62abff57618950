"""Runs of the embedded simulator as evidence; where PyTorch is missing they are refused, with the reason.

Nothing here imports torch before a run is wanted.
"""

from typing import TYPE_CHECKING

from nbtrace.embedded.choice import require_simulator
from nbtrace.errors import UsageError
from nbtrace.explanation.simulations.run import Config as AnyConfig
from nbtrace.explanation.simulations.run import Simulate, SimulatedPixel
from nbtrace.records import Pixel
from simulator.config import Config

if TYPE_CHECKING:
    from nbtrace.compare.images import ImagesResult
    from nbtrace.explanation.images.image_causes import ImageCauses


def runs_of_pixels() -> Simulate:
    """Return what runs one pixel of a configuration: it refuses each run where the simulator cannot run."""
    try:
        require_simulator()
    except UsageError as error:
        return _refusing(str(error))
    from nbtrace.embedded.pixel_runs import pixel_runs  # noqa: PLC0415 - imports torch

    return pixel_runs()


def causes_of_images(result: "ImagesResult", config: Config) -> "ImageCauses":
    """Return what runs say of two images that differ, or why nothing was run."""
    from nbtrace.explanation.images.image_causes import ImageCauses, image_causes  # noqa: PLC0415 - numpy

    try:
        require_simulator()
    except UsageError as error:
        return ImageCauses(refused=str(error))
    from nbtrace.embedded.image_runs import image_experiments  # noqa: PLC0415 - imports torch

    return image_causes(result, config, image_experiments())


def _refusing(reason: str) -> Simulate:
    def refuse(_: AnyConfig, __: Pixel) -> SimulatedPixel:
        raise UsageError(reason)

    return refuse

"""What is known of the logs of nanoBragg and its ports."""

from nbtrace.compare.logs import Logs
from nbtrace.physics.nanobragg.pixel import located
from nbtrace.records import Trace


class NanoBraggLogs(Logs):
    """The logs of nanoBragg and its ports."""

    def position(self, trace: Trace, block: int) -> tuple[tuple[float, float] | None, float | None]:
        """Return the sampled point of a block, (slow, fast) in pixels, and the pixel size in metres, None if unknown."""
        return located(trace, block)

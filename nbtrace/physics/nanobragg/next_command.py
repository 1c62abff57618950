"""The commands that get what a pair of logs lacks."""

import shlex

from nbtrace.explanation.physics import Wanted
from nbtrace.records import Pixel


def probe_command(wanted: Wanted, pixel: Pixel | None, logs: tuple[str, str]) -> str:
    """Return the command to run next: with the flags, or with a trace of the simulator that holds every sample.

    Parameters
    ----------
    wanted : Wanted
    pixel : (int, int) or None
        The traced one, slow and fast; letters stand for it where no log tells it.
    logs : (str, str)
        Names of the two logs.
    """
    c, py = map(shlex.quote, logs)
    if wanted is Wanted.CONFIGURATION:
        return f"nbtrace explain {c} {py} -- FLAGS"
    slow, fast = pixel if pixel is not None else ("S", "F")
    traced = f"nbtrace harness --pixel {slow} {fast} --emit-all --output ours.log -- FLAGS"
    return f"{traced} && nbtrace explain {c} ours.log -- FLAGS"

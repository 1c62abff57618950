"""Which pixels the blocks of a long log are of."""

import numpy as np

from nbtrace.longlogs.decimals import Flags, Floats
from nbtrace.records import Pixel


def points(places: Floats) -> tuple[Floats, Flags]:
    """Return the pixel that each place lies in, shape (blocks, 2), and whether the place is known."""
    known: Flags = np.isfinite(places[:, 0]) & np.isfinite(places[:, 1])
    pixels: Floats = np.floor(np.nan_to_num(places) + 1e-6)
    return pixels, known


def contradicted(stated: dict[int, Pixel], derived: Floats, known: Flags) -> list[int]:
    """Return the blocks that state another pixel than their geometry is of."""
    return [
        block
        for block, pixel in stated.items()
        if block < known.size and (not known[block] or tuple(derived[block].tolist()) != pixel)
    ]

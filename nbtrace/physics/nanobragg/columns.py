"""What is known of the columns of long logs of nanoBragg and its ports."""

from collections.abc import Mapping

import numpy as np

from nbtrace.compare.estimates import ColumnKnowledge, Get
from nbtrace.parsers.decimals import Floats


class NanoBraggColumns(ColumnKnowledge):
    """The columns of nanoBragg's long logs."""

    placeholders: Mapping[str, float] = {"polar": 0.0}

    def positions(self, get: Get) -> Floats:
        """Return (slow, fast) of the sampled points in pixels, shape (cells, 2), nan where the log does not tell."""
        return _positions(get, _pixel_sizes(get))


def _pixel_sizes(get: Get) -> Floats:
    """Return the pixel size at each sample: as stated, else from Ω = p²·close/R³."""
    stated = get("pixel_m")[:, 0]
    told: Floats = np.sqrt(
        get("omega_pixel_sr")[:, 0] * get("R_distance_meters")[:, 0] ** 3 / get("close_distance_meters")[:, 0]
    )
    return np.where(np.isnan(stated), told, stated)


def _positions(get: Get, size: Floats) -> Floats:
    """Return (slow, fast) of the sampled points in pixels, shape (cells, 2), nan where the log does not tell."""
    offset = get("pixel_pos_meters") - get("pix0_vector_meters")
    fast, slow = get("fdet_vec"), get("sdet_vec")
    found = np.stack([_dots(offset, slow), _dots(offset, fast)], axis=-1) / size[:, None]
    off_plane = np.abs(_dots(offset, np.cross(fast, slow))) > 0.1 * size
    found[off_plane | (np.abs(found) > 1e7).any(axis=-1)] = np.nan
    return found


def _dots(a: Floats, b: Floats) -> Floats:
    result: Floats = a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    return result

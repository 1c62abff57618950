"""What is known of the columns of long logs of nanoBragg and its ports."""

from collections.abc import Mapping

import numpy as np

from nbtrace.longlogs.column_knowledge import ColumnKnowledge, Get
from nbtrace.longlogs.decimals import Floats
from nbtrace.longlogs.placing import Roles
from nbtrace.parsers.outcome import Field
from nbtrace.physics.nanobragg.dialects.placement import CLOSING, INNERMOST, OPENING, PER_SAMPLE, SCALING
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY


class NanoBraggColumns(ColumnKnowledge):
    """The columns of nanoBragg's long logs."""

    placeholders: Mapping[str, float] = {"polar": 0.0}

    def positions(self, get: Get) -> Floats:
        """Return (slow, fast) of the sampled points in pixels, shape (cells, 2), nan where the log does not tell."""
        return _positions(get, _pixel_sizes(get))

    def roles(self, items: list[Field], sweep_keys: dict[str, int]) -> Roles:
        """Return what values mean for the blocks and samples of a log."""
        return _roles(items, sweep_keys)


def _pixel_sizes(get: Get) -> Floats:
    """Return the pixel size at each sample: as stated, else from Ω = p²·close/R³."""
    stated = get("pixel_m")[:, 0]
    sizes: Floats = np.sqrt(
        get("omega_pixel_sr")[:, 0] * get("R_distance_meters")[:, 0] ** 3 / get("close_distance_meters")[:, 0]
    )
    return np.where(np.isnan(stated), sizes, stated)


def _positions(get: Get, size: Floats) -> Floats:
    """Return (slow, fast) of the sampled points in pixels, shape (cells, 2), nan where the log does not tell."""
    offset = get("pixel_pos_meters") - get("pix0_vector_meters")
    fast, slow = get("fdet_vec"), get("sdet_vec")
    positions = np.stack([_dots(offset, slow), _dots(offset, fast)], axis=-1) / size[:, None]
    off_plane = np.abs(_dots(offset, np.cross(fast, slow))) > 0.1 * size
    positions[off_plane | (np.abs(positions) > 1e7).any(axis=-1)] = np.nan
    return positions


def _dots(a: Floats, b: Floats) -> Floats:
    result: Floats = a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    return result


def _roles(items: list[Field], sweep_keys: dict[str, int]) -> Roles:
    """Return what values mean for the blocks and samples of a log read by columns.

    `sweep_keys` numbers the keys of values of a sweep and grows as needed.
    """
    opens, closes, ranks, per_sample, keys = [], [], [], [], []
    for item in items:
        name = item.meaning.quantity
        quantity = VOCABULARY.quantities.get(name)
        section = quantity.section if quantity else None
        sampled = section in PER_SAMPLE
        counts = item.starts_blocks and (sampled or section == SCALING)
        opens.append(counts and (sampled or name == OPENING))
        closes.append(counts and name in CLOSING)
        ranks.append(VOCABULARY.rank[name] if counts and sampled else -1)
        per_sample.append(sampled or section == INNERMOST)
        of_step = item.index.ordinal(PHI_TIC) is not None and name.startswith("phi_")
        keys.append(sweep_keys.setdefault(item.key, len(sweep_keys)) if of_step else -1)
    return Roles(
        np.array(opens, dtype=np.bool_),
        np.array(closes, dtype=np.bool_),
        np.array(ranks, dtype=np.int64),
        np.array(per_sample, dtype=np.bool_),
        np.array(keys, dtype=np.int64),
    )

"""Rows of structured files by nanoBragg's loops: φ steps, sources, subpixels, as the lines of its logs name them."""

from dataclasses import replace
from typing import Any

from nbtrace.parsers.placed_rows import CellRow, PlacedRow, placed_by_keys, whole_number, whole_numbers
from nbtrace.physics.nanobragg.dialects.lines import phi_meaning
from nbtrace.physics.nanobragg.quantities import PHI_TIC, SOURCE, SUBPIXEL
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Index
from nbtrace.vocabulary.quantity import Meaning

_TAP_KEYS = ("subpixel_index", "subpixel")
_POINT_COLUMNS = ("layer", "subpixel_slow", "subpixel_fast")
_TAP_WORDS = {"hkl_fractional": ("hkl_frac",), "hkl_rounded": ("h0", "k0", "l0"), "omega_sr": ("omega",)}
"""Keys of taps in JSON, and the words of the reference's lines for them; several for the components of a vector."""


def placed_row(row: CellRow) -> PlacedRow:
    """Return a row with its place, and the dialect of its keys where it is a φ step, a source's, or a tap's."""
    placed = placed_by_keys(row, VOCABULARY)
    cells = dict(placed.cells)
    tap = next((key for key in _TAP_KEYS if len(whole_numbers(cells.get(key))) == 2), None)
    if tap is not None:
        slow, fast = whole_numbers(cells.pop(tap))
        index = Index(loops=placed.index.loops, grids=((SUBPIXEL, (slow, fast)),))
        return PlacedRow(_tap_cells(cells), index, placed.pixel, tap_meaning, problem=placed.problem)
    point = tuple(whole_number(cells.pop(name)) for name in _POINT_COLUMNS if name in cells)
    placed = replace(placed, cells=cells, point=point)
    loops = dict(placed.index.loops)
    if PHI_TIC in loops:
        return replace(placed, meaning=phi_meaning)
    return replace(placed, meaning=_source_meaning) if SOURCE in loops else placed


def _tap_cells(cells: dict[str, Any]) -> dict[str, Any]:
    words: dict[str, Any] = {}
    for key, raw in cells.items():
        own = _TAP_WORDS.get(key, (key,))
        if len(own) == 1:
            words[own[0]] = raw
        elif isinstance(raw, list) and len(raw) == len(own):
            words |= dict(zip(own, raw, strict=True))
        else:
            words[key] = raw
    return words


def tap_meaning(key: str) -> Meaning:
    """Return what a word of a tap stands for."""
    return Meaning(f"tap_{key}", None)


def _source_meaning(key: str) -> Meaning:
    return VOCABULARY.meaning(key if key.startswith("source_") else f"source_{key}")

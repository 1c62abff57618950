"""Causes that belong to the structure factor: another reflection of the list, another way of looking it up."""

import math
from collections.abc import Iterator
from itertools import permutations

from nbtrace.compare.scene import Vector
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case
from nbtrace.physics.nanobragg.formulas.intensity import REFLECTIONS

_BY_CHANCE = 0.05
"""Expected number of other reflections with the logged value from which on none of them is named."""


def structure_factor(case: Case) -> Iterator[Candidate]:
    """Yield the default, the nearest reflection and the interpolated value."""
    view = case.view()
    if "F_cell_interpolated" in view:
        yield Candidate(view["F_cell_interpolated"], "interpolated instead of the nearest reflection")
    listed = case.scene.tables.get(REFLECTIONS)
    if listed is not None:
        hkl, indices = view["hkl_frac"], view["hkl_rounded"]
        if listed.within(hkl):
            yield Candidate((listed.tricubic(hkl),), "interpolated instead of the nearest reflection")
        yield Candidate((listed.nearest(indices),), "the nearest reflection, not interpolated")
        yield Candidate((listed.table.default_F,), "the default structure factor")
    if "default_F" in view:
        yield Candidate(view["default_F"], "the default structure factor")


def other_reflection(case: Case) -> Iterator[Candidate]:
    """Yield the structure factors of other reflections: neighbours, the Friedel mate, exchanged and negated indices."""
    listed = case.scene.tables.get(REFLECTIONS)
    if listed is None or len(case.logged) != 1:
        return
    view = case.view()
    indices = view["hkl_rounded"]
    others = dict(_others(indices, view["hkl_frac"]))
    others.pop(indices, None)
    if len(others) * listed.frequency(case.logged[0]) > _BY_CHANCE:
        return
    for other, words in others.items():
        yield Candidate((listed.nearest(other),), f"of the reflection {_shown(other)}, {words}")


def _others(indices: Vector, hkl: Vector) -> Iterator[tuple[Vector, str]]:
    """Yield other reflections with words; the last words of one count."""
    for order in permutations(range(3)):
        moved = tuple(indices[i] for i in order)
        yield moved, f"the indices in the order {' '.join('hkl'[i] for i in order)}"
    for axis, name in enumerate("hkl"):
        yield tuple(-x if i == axis else x for i, x in enumerate(indices)), f"the other sign of {name}"
        for step in (-1.0, 1.0):
            yield tuple(x + step if i == axis else x for i, x in enumerate(indices)), f"one off along {name}"
    yield tuple(float(math.floor(x)) for x in hkl), "the indices rounded down"
    yield tuple(float(math.trunc(x)) for x in hkl), "the indices cut off"
    yield tuple(-x for x in indices), "the Friedel mate"


def _shown(indices: Vector) -> str:
    return "(" + " ".join(f"{x:.0f}" for x in indices) + ")"

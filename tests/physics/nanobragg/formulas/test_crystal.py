"""What is computed of many steps at once has the bits of what is computed of each alone, also where that is odd."""

import math

import numpy as np
import pytest

from nbtrace.compare.vectors import Column
from nbtrace.physics.nanobragg.formulas.crystal import _index, _indices, _rough, _turn_told, _turns_told

BASE, AXIS = (10.0, 60.0, -20.0), (0.6, 0.0, 0.8)
ACROSS = (60.0, -2.0, -45.0)
"""At a right angle to the axis, so that turning it moves an index most, and by no constant part."""

SCATTERINGS = {"any": (1e9, 2e9, -1e9), "along the axis": (0.6e9, 0.0, 0.8e9)}
ANGLES = (0.0, -0.0, 1e-300, 0.05, 30.0, 180.0, -400.0)


def bits(values: Column) -> list[str]:
    return [float(value).hex() for value in values]


@pytest.mark.parametrize("scattering", SCATTERINGS.values(), ids=SCATTERINGS)
def test_indices(scattering: tuple[float, ...]) -> None:
    alone = [_index(BASE, AXIS, angle, scattering) for angle in ANGLES]
    assert bits(_indices(BASE, AXIS, np.array(ANGLES), scattering)) == bits(alone)


@pytest.mark.parametrize("base", [BASE, ACROSS], ids=["any", "across"])
@pytest.mark.parametrize("scattering", SCATTERINGS.values(), ids=SCATTERINGS)
def test_turns(base: tuple[float, ...], scattering: tuple[float, ...]) -> None:
    own = [_index(base, AXIS, angle, scattering) for angle in ANGLES]
    wanted = [
        (label, k + off)
        for label, k in zip(ANGLES, own, strict=True)
        for off in (0.0, 1e-12, 1e-8, 1e-3, -2.0, 1e3, math.inf)
    ]
    alone = [_turn_told(base, AXIS, label, k, scattering) for label, k in wanted]
    found = [math.nan if turn is None else turn for turn in alone]
    labels, k = np.array(wanted).T
    assert 0 < sum(map(math.isfinite, found)) < len(found)
    assert bits(_turns_told(base, AXIS, labels, k, scattering)) == bits(found)
    none = [math.isnan(turn) for turn in found]
    assert bits(_turns_told(base, AXIS, labels[none], k[none], scattering)) == bits([math.nan] * sum(none))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_rounding(count: int) -> None:
    indices = [0.0, 1.0, -3.0, 0.5, 1.5, 2.25, 1 + 1e-13, 1 + 1e-11, 7.0001]
    rough = np.broadcast_to(_rough(np.array(indices), count), len(indices))
    assert bits(rough) == bits([_rough(index, count) for index in indices])

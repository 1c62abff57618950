"""Causes that belong to the shape of the spots: another shape, another radius, a constant or a factor that differs."""

import math
from collections.abc import Iterator

from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case
from nbtrace.physics.nanobragg.formulas.shapes import REFERENCE, SPHERE, WIDTH, Radius, Spot, SpotShape, spot_of
from nbtrace.vocabulary.formula import UnloggedError

_NAMES = {
    SpotShape.SQUARE: "the parallelepiped",
    SpotShape.ROUND: "the ellipsoid",
    SpotShape.GAUSS: "the Gaussian spot",
    SpotShape.TOPHAT: "the top-hat spot",
}
_RADII = {
    Radius.HKL: "radius in hkl space",
    Radius.HKL_ALL_CELLS: "radius in hkl space, times the number of all cells,",
    Radius.HKL_PLAIN: "radius in hkl space, without the numbers of cells,",
    Radius.RECIPROCAL: "radius in reciprocal space",
    Radius.RECIPROCAL_PLAIN: "radius in reciprocal space, without the numbers of cells,",
}
_SPACES = {True: "that in reciprocal space", False: "that in hkl space"}

_ANY: tuple[tuple[str, dict[str, float]], ...] = (
    ("the shape factor of -fudge left out", {"fudge": 0.0}),
    ("the shape factor of -fudge squared", {"fudge": 2.0}),
    ("divided by the shape factor of -fudge", {"fudge": -1.0}),
    ("the radius for its square", {"root": 1.0}),
    ("h, k, l for their distances from the reflection", {"from_origin": 1.0}),
    ("1 in the middle, not the number of cells", {"height": 1.0}),
)
_OF_SHAPE: dict[SpotShape, tuple[tuple[str, dict[str, float]], ...]] = {
    SpotShape.SQUARE: (),
    SpotShape.ROUND: (
        (f"the factor {SPHERE:.6g} left out", {"sphere": 1.0}),
        (f"the factor π/6 for {SPHERE:.6g}", {"sphere": math.pi / 6}),
        ("π left out in the radius", {"turn": 1.0}),
        ("2π for π in the radius", {"turn": 2 * math.pi}),
    ),
    SpotShape.GAUSS: (
        ("the width 0.63 left out", {"width": 1.0}),
        ("0.63² for the width 0.63", {"width": WIDTH**2}),
        ("2·0.63² for the width 0.63", {"width": 2 * WIDTH**2}),
        ("2·0.63 for the width 0.63", {"width": 2 * WIDTH}),
        ("1/0.63 for the width 0.63", {"width": 1 / WIDTH}),
        ("½ for the width 0.63", {"width": 0.5}),
        ("2 for the width 0.63", {"width": 2.0}),
        ("1/π for the width 0.63", {"width": 1 / math.pi}),
    ),
    SpotShape.TOPHAT: (
        ("the edge at 0.63, not 0.63²", {"edge": WIDTH}),
        ("the edge at 1, not 0.63²", {"edge": 1.0}),
        ("the edge at ¼, not 0.63²", {"edge": 0.25}),
    ),
}


def other_spot(case: Case) -> Iterator[Candidate]:
    """Yield the value with the lattice factor of another radius, constant or shape, wherever it goes into it."""
    view = case.view()
    right = spot_of(view)
    if right.shape == SpotShape.SQUARE and case.name == "I_before_scaling" and view.logged("F_latt"):
        return  # the logged factors tell the shape
    for words, spot in _spots(right):
        try:
            yield Candidate(case.with_facts({"spot": spot}), words)
        except (UnloggedError, OverflowError, ZeroDivisionError):
            continue


def _spots(right: Spot) -> Iterator[tuple[str, Spot]]:
    """Yield every other way of computing a lattice factor, the likeliest first."""
    shape = SpotShape(int(right.shape))
    of = f"the lattice factor of {_NAMES[shape]}"
    if shape is not SpotShape.SQUARE:
        instead = _SPACES[right.radius >= Radius.RECIPROCAL]
        for radius, words in _RADII.items():
            if radius != right.radius:
                yield f"{of}: {words} for {instead}", right._replace(radius=radius)
        for words, changes in (*_ANY, *_OF_SHAPE[shape]):
            yield f"{of}: {words}", right._replace(**changes)
    for other, spot in REFERENCE.items():
        if other is not shape:
            yield f"the lattice factor of {_NAMES[other]} for that of {_NAMES[shape]}", spot

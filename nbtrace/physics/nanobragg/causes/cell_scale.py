"""Causes that belong to the cell: vectors scaled by another volume, by a wavelength, by one common factor."""

import math
from collections.abc import Iterator

from nbtrace.compare.metrics import dot, norm
from nbtrace.compare.scene import Node, Values, Vector
from nbtrace.compare.vectors import cross, scaled
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case, distance
from nbtrace.physics.nanobragg.formulas import crystal
from nbtrace.physics.nanobragg.formulas.cell import OTHERS
from nbtrace.units import ANGSTROM
from simulator.defects import Defect

_PARALLEL = 1e-9
"""Relative deviation up to which one vector is a multiple of another."""

_ROUNDED = 1e-7
"""Relative difference of a factor from 1 that is a rounding, and no scale."""


def not_dual(case: Case) -> Iterator[Candidate]:
    """Yield reciprocal vectors that are not dual to the real ones but for a common factor."""
    view = case.view()
    letter = case.name[4]
    name = f"rot_{letter}_angstroms"
    if name not in view or crystal.labelled_deg(view, 0):
        return
    factor = dot(case.logged, view[name])
    if abs(dot(case.right, view[name]) - 1) < 1e-5 < abs(factor - 1):
        words = f"{factor:.9g} of the dual ones: the cell volume of a triclinic cell given without a matrix is another"
        yield Candidate(scaled(case.right, factor), f"{words} (defect {Defect.CELL_C_STAR_Z.value})")


def other_volume(case: Case) -> Iterator[Candidate]:
    """Yield cell vectors with a volume of 1 Å³ in place of the cell's, in Å and with metres printed for Å."""
    first, second = OTHERS[case.name[-1]]
    for values, words in ((case.theirs, "the other side's"), (case.values, "its own")):
        stars = [values.get(Node(f"vec_{axis}_star")) for axis in (first, second)]
        if stars[0] is None or stars[1] is None:
            continue
        product = cross(stars[0], stars[1])
        text = f"{words} {first}*×{second}* without the factor V: the cell volume taken as 1 Å³"
        yield Candidate(product, text)
        yield Candidate(scaled(product, 1 / ANGSTROM), f"{text}, and printed as metres")


def volume_of_real(case: Case) -> Iterator[Candidate]:
    """Yield the volume that the side's own real vectors span."""
    view = case.view()
    spanned = dot(view["vec_a"], cross(view["vec_b"], view["vec_c"]))
    yield Candidate((spanned,), "a·(b×c) of its own real vectors, which are not dual to its reciprocal ones")


def common_scale(case: Case) -> Iterator[Candidate]:
    """Yield the vector with the factor that the two others of its kind have too, by its name where it has one."""
    names = next((group for group in _TRIPLES if case.name in group), ())
    factors = [_factor_of(case, name) for name in names if name != case.name]
    known = [factor for factor in factors if factor is not None]
    if len(known) < 2 or not math.isclose(*known, rel_tol=_PARALLEL) or abs(known[0] - 1) < _ROUNDED:
        return
    factor = known[0]
    which = "reciprocal" if "star" in case.name else "real"
    for words, value in _named(case):
        if math.isclose(value, factor, rel_tol=_PARALLEL):
            yield Candidate(scaled(case.right, value), f"all three {which} vectors times {factor:.9g}: {words}")
    yield Candidate(scaled(case.right, factor), f"all three {which} vectors times {factor:.9g}, one common factor")


_TRIPLES = (
    tuple(f"vec_{axis}_star" for axis in "abc"),
    tuple(f"rot_{axis}_star_A_inv" for axis in "abc"),
    tuple(f"{axis}_star_input" for axis in "abc"),
    tuple(f"{axis}_star_misset" for axis in "abc"),
    tuple(f"vec_{axis}" for axis in "abc"),
)


def _factor_of(case: Case, name: str) -> float | None:
    """Return the factor between the two sides' values of a vector; None where one is no multiple of the other."""
    node = Node(name, case.node.sample, case.node.place)
    mine, theirs = case.values.get(node), case.theirs.get(node)
    if mine is None or theirs is None or len(mine) != len(theirs) or not norm(theirs):
        return None
    factor = dot(mine, theirs) / dot(theirs, theirs)
    return factor if distance(mine, scaled(theirs, factor)) <= _PARALLEL * norm(mine) else None


def _named(case: Case) -> Iterator[tuple[str, float]]:
    """Yield factors that have a name: volumes by other formulas, wavelengths, units."""
    for words, ratio in _ratios(case):
        if ratio:
            yield words, ratio
            yield words, 1 / ratio
    view = case.view()
    wavelength = view.number("lambda_meters") / ANGSTROM if "lambda_meters" in view else 0.0
    if wavelength:
        for exponent, words in ((1, "multiplied by the wavelength"), (-1, "divided by the wavelength")):
            yield f"{words} in Å ({wavelength:.6g})", wavelength**exponent
    yield "2π", 2 * math.pi
    yield "1/2π", 1 / (2 * math.pi)
    for power in (-10, -9, -3, -1, 1, 3, 9, 10):
        yield f"another unit, 10^{power}", 10.0**power


def _ratios(case: Case) -> Iterator[tuple[str, float]]:
    """Yield ratios of which one kind of vector has the inverse: volumes, wavelengths."""
    for values, whose in ((case.values, "its own"), (case.theirs, "the other side's")):
        edges = _real_vectors(values)
        if edges:
            for words, ratio in _volumes(edges):
                yield f"the cell volume by {words} ({whose} real vectors)", ratio
    node = Node("lambda_meters", max(case.node.sample, 0))
    if node in case.values and node in case.theirs and case.theirs[node][0]:
        yield "the ratio of the two sides' wavelengths", case.values[node][0] / case.theirs[node][0]


def _real_vectors(values: Values) -> tuple[Vector, ...]:
    for pattern, sample in (("vec_{}", -1), ("rot_{}_angstroms", 0)):
        vectors = [values.get(Node(pattern.format(axis), sample)) for axis in "abc"]
        known = tuple(vector for vector in vectors if vector is not None and norm(vector))
        if len(known) == len(vectors):
            return known
    return ()


def _volumes(edges: tuple[Vector, ...]) -> Iterator[tuple[str, float]]:
    """Yield volumes by other formulas over the one that the vectors span."""
    a, b, c = edges
    lengths = [norm(edge) for edge in edges]
    spanned = abs(dot(a, cross(b, c)))
    angles = [math.acos(dot(u, v) / norm(u) / norm(v)) for u, v in ((b, c), (c, a), (a, b))]
    product = math.prod(lengths)
    if not spanned or not product:
        return
    yield "the product of the edges", product / spanned
    for digits, words in ((0, "whole degrees"), (1, "tenths of a degree")):
        rounded = [math.radians(round(math.degrees(x), digits)) for x in angles]
        yield f"angles rounded to {words}", product * _sine(rounded) / spanned
    yield "the product of the edges and the sines of the angles", product * math.prod(map(math.sin, angles)) / spanned
    yield "the product of the edges and sin β", product * math.sin(angles[1]) / spanned
    yield "edges rounded to hundredths of an ångström", math.prod(round(x, 2) for x in lengths) / product


def _sine(angles: list[float]) -> float:
    """Return V/(abc) of a cell with three angles (rad)."""
    x, y, z = map(math.cos, angles)
    return math.sqrt(max(1 - x * x - y * y - z * z + 2 * x * y * z, 0.0))

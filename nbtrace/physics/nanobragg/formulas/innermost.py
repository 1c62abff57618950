"""The formulas of an innermost sample: one source, one φ step, one mosaic domain at one point of the pixel.

Only a trace with every innermost sample has them. What a sample takes from further out is held against the keyed lines
of its point, which are those of the first source, step and domain; what all samples of a source or of a mosaic domain
share is held against the first of them.
"""

import math
from collections.abc import Callable

from nbtrace.compare.metrics import dot
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Place, Vector
from nbtrace.compare.vectors import added, cross, scaled
from nbtrace.physics.nanobragg import relations
from nbtrace.physics.nanobragg.formulas.crystal import AXES, labelled_deg, product_roughness, spindle, swept_base
from nbtrace.physics.nanobragg.formulas.geometry import about_axis
from nbtrace.physics.nanobragg.formulas.shapes import lattice_at
from nbtrace.physics.nanobragg.quantities import MOSAIC_DOMAIN, PHI_TIC, SOURCE
from nbtrace.units import ANGSTROM
from nbtrace.vocabulary.formula import Lack, UnloggedError

_CONTRIBUTION = "sample_contribution"


def innermost(source: int, tic: int, domain: int) -> Place:
    """Return the place of an innermost sample."""
    return (SOURCE, source), (PHI_TIC, tic), (MOSAIC_DOMAIN, domain)


def _place(at: NodeView) -> tuple[int, int, int]:
    """Return source, φ step and mosaic domain here."""
    return at.ordinal(SOURCE), at.ordinal(PHI_TIC), at.ordinal(MOSAIC_DOMAIN)


def of_source(name: str, words: str) -> Callable[[NodeView], Vector]:
    """Return the formula of what belongs to a source: the keyed value of the first, else that of its first sample."""

    def formula(at: NodeView) -> Vector:
        source, _, _ = _place(at)
        if source == 0:
            return at[name]
        if (at.node.sample, at.node.place) == (0, innermost(source, 0, 0)):
            raise UnloggedError(f"{words} of source {source}", Lack.FACT)
        return at.of(0, innermost(source, 0, 0))[at.node.name]

    return formula


def scattering(at: NodeView) -> Vector:
    """Return (d̂ − î)/λ of the source."""
    outgoing, incoming = at["diffracted_vec"], at["sample_incident_vec"]
    return scaled(added(outgoing, scaled(incoming, -1)), 1 / at.number("sample_lambda_meters"))


def cell_vector(axis: str) -> Callable[[NodeView], Vector]:
    """Return the formula of a cell vector: turned by φ, then as the domain is turned in its first sample."""

    def formula(at: NodeView) -> Vector:
        source, tic, domain = _place(at)
        if domain == 0:
            if (source, tic) == (0, 0):
                return at[f"rot_{axis}_angstroms"]
            return _turned(at, axis, labelled_deg(at, tic))
        if (at.node.sample, source, tic) == (0, 0, 0):
            raise UnloggedError(f"the rotation of mosaic domain {domain}", Lack.FACT)
        unturned = at.of(at.node.sample, innermost(source, tic, 0))[f"sample_rot_{axis}_angstroms"]
        return _with_the_domain(at, domain, unturned)

    return formula


def _turned(at: NodeView, axis: str, angle_deg: float) -> Vector:
    """Return a cell vector at a spindle angle: of the real vectors before rotation where they are logged."""
    base = at[f"vec_{axis}"] if at.logged(f"vec_{axis}") else swept_base(at, axis)
    return about_axis(base, spindle(at), math.radians(angle_deg)) if angle_deg else base


def _with_the_domain(at: NodeView, domain: int, vector: Vector) -> Vector:
    """Return a vector turned as the first sample's cell is turned in a mosaic domain.

    The three vectors there stand for a rotation that no log prints; none of them is an input of another.
    """
    beside = at.aside()
    turned, straight = (_cell(beside.of(0, innermost(0, 0, m))) for m in (domain, 0))
    a, b, c = straight
    volume = dot(a, cross(b, c))
    along = (dot(vector, product) / volume for product in (cross(b, c), cross(c, a), cross(a, b)))
    return added(*(scaled(edge, part) for edge, part in zip(turned, along, strict=True)))


def _cell(at: NodeView) -> tuple[Vector, Vector, Vector]:
    a, b, c = (at[f"sample_rot_{axis}_angstroms"] for axis in AXES)
    return a, b, c


def indices(at: NodeView) -> Vector:
    """Return a·S, b·S, c·S."""
    return tuple(dot(edge, at["sample_scattering_vec_A_inv"]) * ANGSTROM for edge in _cell(at))


def rounded(at: NodeView) -> Vector:
    """Return the nearest indices."""
    return relations.nearest_indices(at["sample_hkl_frac"])


def lattice(at: NodeView) -> Vector:
    """Return the lattice factor of the spot's shape."""
    return (lattice_at(at, at["sample_hkl_frac"]),)


def roughness(at: NodeView) -> float:
    """Return the rounding of the lattice factor that grows where an index is close to an integer."""
    return float(product_roughness(at, at["sample_hkl_frac"]))


def contribution(at: NodeView) -> Vector:
    """Return F_cell²·F_latt²."""
    return ((at.number("sample_F_cell") * at.number("sample_F_latt")) ** 2,)


def contributions(at: NodeView) -> list[NodeView]:
    """Return the innermost samples of the point here, in the reference's order: sources, φ steps, mosaic domains.

    Raises
    ------
    UnloggedError
        If the log has fewer than sources, steps and domains make.
    """
    sample = max(at.node.sample, 0)
    places = sorted(at.places_of(_CONTRIBUTION, sample), key=lambda place: [ordinal for _, ordinal in place])
    counts = [("sources", SOURCE), ("phi_steps", PHI_TIC), ("mosaic_domains", MOSAIC_DOMAIN)]
    for name, index in counts:
        logged = {dict(place).get(index) for place in places}
        if places and name in at and at.number(name) != len(logged):
            raise UnloggedError("values of the other innermost samples", Lack.TURN)
    return [at.of(sample, place) for place in places]

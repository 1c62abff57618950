"""The beam's formulas: wavelength, direction and fluence of a single source, and the innermost samples' sources."""

from collections.abc import Callable

from nbtrace.compare.metrics import dot
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Vector
from nbtrace.compare.vectors import unit
from nbtrace.physics.nanobragg import relations
from nbtrace.physics.nanobragg.quantities import MOSAIC_DOMAIN, PHI_TIC, SOURCE
from nbtrace.units import ANGSTROM
from nbtrace.vocabulary.formula import Lack, UnloggedError


def several_sources(at: NodeView) -> bool:
    """Whether the beam is known to have more than one source; a log prints the values of the first or the last."""
    return any(name in at and at.number(name) > most for name, most in (("several_sources", 0), ("sources", 1)))


def wavelength(at: NodeView) -> Vector:
    """Return the configured wavelength, m; with one source that of the banner."""
    if several_sources(at):
        raise UnloggedError("wavelength of the source", Lack.TURN)
    return at["configured_lambda_m" if "configured_lambda_m" in at else "stated_lambda_m"]


def fluence(at: NodeView) -> Vector:
    """Return the configured fluence, else that of the banner."""
    return at["configured_fluence" if "configured_fluence" in at else "stated_fluence"]


def incident(at: NodeView) -> Vector:
    """Return the direction of a single source: the given beam vector, normalised, or that of the geometry block."""
    if several_sources(at):
        raise UnloggedError("direction of the source", Lack.TURN)
    return unit(at[next((name for name in ("given_beam", "term_beam") if name in at), "stated_beam")])


def scattering_cosine(at: NodeView) -> Vector:
    """Return î·d̂ of the last point; with one source."""
    last = at.of(at.samples()[-1]) if at.samples() else at
    if not several_sources(at):
        return relations.scattering_cosine(last)
    places = at.places_of("sample_incident_vec", last.node.sample)
    if not places:
        raise UnloggedError("direction of the last source", Lack.TURN)
    source = max(places, key=lambda place: dict(place)[SOURCE])
    return (dot(at.of(last.node.sample, source)["sample_incident_vec"], last["diffracted_vec"]),)


def of_innermost(name: str) -> Callable[[NodeView], Vector]:
    """Return the formula of what a line of one source repeats of its first innermost sample, at the last point."""

    def formula(at: NodeView) -> Vector:
        return _of_the_source(at)[name]

    return formula


def _of_the_source(at: NodeView) -> NodeView:
    samples = at.samples() or (0,)
    place = ((SOURCE, at.ordinal(SOURCE)), (PHI_TIC, 0), (MOSAIC_DOMAIN, 0))
    return at.of(samples[-1], place)


def source_wavelength(at: NodeView) -> Vector:
    """Return the wavelength of a source, Å."""
    return (_of_the_source(at).number("sample_lambda_meters") / ANGSTROM,)


def source_cosine(at: NodeView) -> Vector:
    """Return the cosine of the scattering angle of a source."""
    here = _of_the_source(at)
    return (dot(here["sample_incident_vec"], here["diffracted_vec"]),)


def squared(name: str) -> Callable[[NodeView], Vector]:
    """Return the formula of a square."""
    return lambda at: (at.number(name) ** 2,)


def source_contribution(at: NodeView) -> Vector:
    """Return F_cell²·F_latt² of a source."""
    return ((at.number("source_F_cell") * at.number("source_F_latt")) ** 2,)

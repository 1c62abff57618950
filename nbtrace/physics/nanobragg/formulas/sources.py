"""The beam's formulas: wavelength, direction and fluence of a single source, and the innermost samples' sources."""

from nbtrace.compare.scene import NodeView, Vector
from nbtrace.compare.vectors import unit
from nbtrace.physics.nanobragg import relations
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
    if several_sources(at):
        raise UnloggedError("direction of the last source", Lack.TURN)
    return relations.scattering_cosine(at.of(at.samples()[-1]) if at.samples() else at)

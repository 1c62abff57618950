"""The formulas of the scaling chain's factors: solid angle, polarisation, captured fraction, divisor."""

import math

from nbtrace.compare.metrics import dot
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import ALL, Vector
from nbtrace.compare.vectors import cross, scaled, unit
from nbtrace.physics.nanobragg import relations
from nbtrace.physics.nanobragg.formulas import geometry
from nbtrace.physics.nanobragg.quantities import MOSAIC_DOMAIN, PHI_TIC, SOURCE
from nbtrace.vocabulary.formula import Lack, UnloggedError


def solid_angle(at: NodeView) -> Vector:
    """Return Ω = p²·close/R³, that of the first point unless it is taken anew at every one; 1/R² of a point."""
    fresh = per_point_flag(at, "oversample_omega")
    here = at if fresh or at.node.sample <= 0 else at.of(0)
    radius, close = here.number("R_distance_meters"), here.number("close_distance_meters")
    if "point_pixel" in at and at.number("point_pixel"):
        return (relations.solid_angle_of_a_point(radius),)
    return (relations.solid_angle(at.number("pixel_m"), close, radius),)


def applied_solid_angle(at: NodeView) -> Vector:
    """Return the solid angle of the chain: that of the first point, of the last one where it is taken anew."""
    fresh = per_point_flag(at, "oversample_omega")
    samples = at.samples()
    return at.of(samples[-1] if fresh and samples else 0)["omega_pixel_sr"]


def after_polarisation(at: NodeView) -> Vector:
    """Return I·polar."""
    return (at.number("I_before_scaling") * at.number("polar"),)


def divisor(at: NodeView) -> Vector:
    """Return sources · mosaic domains · φ steps · subpixels."""
    names = ("sources", "mosaic_domains", "phi_steps", "oversample", "oversample")
    return (math.prod(at.number(name) for name in names),)


def captured(at: NodeView) -> Vector:
    """Return exp(−iΔμ/κ) − exp(−(i+1)Δμ/κ) of the last layer, κ = d̂·ô; 1 without a sensor thickness."""
    if not at.number("sensor_m"):
        return (1.0,)
    layers = int(at.number("layers"))
    if at.node.sample == ALL and per_point_flag(at, "oversample_thick") and at.samples():
        here = at.of(at.samples()[-1])
        layer = geometry.coordinates_px(here)[2]
    elif at.node.sample == ALL:
        layer = layers - 1
        per_layer = len(at.samples()) // layers if at.samples() else 0
        here = at.of(layer * per_layer)
    else:
        here, layer = at, geometry.coordinates_px(at)[2]
    if not per_sample(here):
        raise UnloggedError("direction of the last layer", Lack.TURN)
    slant = dot(here["diffracted_vec"], geometry.normal_of(here))
    depth = geometry.layer_step_m(at) * at.number("mu_per_m") / slant
    return (math.exp(-layer * depth) - math.exp(-(layer + 1) * depth),)


def per_point_flag(at: NodeView, name: str) -> bool:
    """Whether a flag applies a factor to every point."""
    return name in at and at.number(name) != 0


def per_sample(at: NodeView) -> bool:
    """Whether the log has values of the sampled point that a view is at."""
    return max(at.node.sample, 0) in (at.samples() or (0,))


def polarisation(at: NodeView) -> Vector:
    """Return the Kahn factor of the first source at the first point; 1 where it is switched off."""
    if "nopolar" in at and at.number("nopolar"):
        return (1.0,)
    samples = at.samples() or (0,)
    return kahn(at, at.of(samples[-1] if per_point_flag(at, "oversample_polar") else 0))


def source_polarisation(at: NodeView) -> Vector:
    """Return the factor that the line of a source prints: the first source's, its own where it is taken anew."""
    if not per_point_flag(at, "oversample_polar"):
        return polarisation(at)
    place = ((SOURCE, at.ordinal(SOURCE)), (PHI_TIC, 0), (MOSAIC_DOMAIN, 0))
    return kahn(at, at.of((at.samples() or (0,))[-1], place))


def kahn_plain(at: NodeView) -> Vector:
    """Return ½(1 + cos²2θ), the factor of an unpolarised beam."""
    return (0.5 * (1 + dot(at["incident_vec"], at["diffracted_vec"]) ** 2),)


def kahn(at: NodeView, here: NodeView) -> Vector:
    """Return ½[1 + cos²2θ − K·cos 2ψ·sin²2θ] of a point, with the configured K."""
    return _kahn(at, here, at.number("kahn_factor"))


def polar_by(at: NodeView, K: float) -> Vector:
    """Return the same of the first point with any K."""
    return _kahn(at, at.of(0), K)


def _kahn(at: NodeView, here: NodeView, K: float) -> Vector:
    innermost = here.node.ordinal(SOURCE) > 0
    incoming, outgoing = here["sample_incident_vec" if innermost else "incident_vec"], here["diffracted_vec"]
    cosine = dot(incoming, outgoing) ** 2
    azimuthal = K * cos_twice_psi(at, incoming, outgoing) * (1 - cosine) if K else 0.0
    return (0.5 * (1 + cosine - azimuthal),)


def cos_twice_psi(at: NodeView, incoming: Vector, outgoing: Vector) -> float:
    """Return cos 2ψ of the azimuth ψ about the beam, from the plane of polarisation."""
    across = unit(cross(at["polar_axis"], incoming)) if "polar_axis" in at else scaled(unit(at["vertical_axis"]), -1)
    along = unit(cross(incoming, across))
    return math.cos(2 * math.atan2(dot(outgoing, across), dot(outgoing, along)))

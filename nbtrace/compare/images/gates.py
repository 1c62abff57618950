"""What must hold for two images to agree; each gate has its own limit and says where that comes from."""

from collections.abc import Iterator
from dataclasses import replace

from nbtrace.compare.images.image_metrics import Metrics
from nbtrace.compare.images.options import ImageOptions
from nbtrace.compare.images.pixelwise import PixelScan, PixelTolerance
from nbtrace.compare.images.rounding import Rounding
from nbtrace.compare.images.selection import ComparedPixels
from nbtrace.frozen import frozen
from nbtrace.verdicts.status import Status, band
from nbtrace.vocabulary.sides import Names


@frozen
class Gate:
    """One condition of agreement.

    Attributes
    ----------
    name : str
        `finite`, `variation`, `scale`, `sum ratio`, `correlation`, `worst pixels`.
    status : Status
    value : float or None
        What was found; None if it is not defined.
    limit : str
        What is allowed, as text.
    origin : str
        Who set the limit.
    reason : str
        What the status means here, for people.
    """

    name: str
    status: Status
    value: float | None
    limit: str
    origin: str
    reason: str


def gates(
    metrics: Metrics,
    selection: ComparedPixels,
    scan: PixelScan,
    tolerance: PixelTolerance,
    options: ImageOptions,
    rounding: Rounding | None = None,
) -> tuple[Gate, ...]:
    """Return all gates, in the order in which they are to be read.

    What rounding to the whole numbers of a file does to scale, sums and correlation is no difference, where enough is
    left to tell; limits that the user set stand.
    """
    found = (
        _finite(selection, options.names),
        *_variation(metrics, selection, options.names),
        _ratio("scale", metrics.scale, options),
        _ratio("sum ratio", metrics.sum_ratio, options),
        _correlation(metrics, options),
        _pixels(scan, metrics, tolerance, options),
    )
    if rounding is None or not any(gate.status.diverges and gate.name in _FORGIVEN for gate in found):
        return found
    if not rounding.tells:
        return (
            *found,
            Gate("rounding", Status.CRITICAL, rounding.largest, "½ in every pixel", "always", rounding.lacks()),
        )
    return tuple(_forgiven(gate, rounding, metrics, options) for gate in found)


_FORGIVEN = {"scale": "sum_ratio", "sum ratio": "sum_ratio", "correlation": "threshold"}
"""Gates that rounding may fail, and whose limit they are."""

_ROUNDING_ERRORS = 3.0
"""How many times the expected error of rounding the correlation may lack."""


def _forgiven(gate: Gate, rounding: Rounding, metrics: Metrics, options: ImageOptions) -> Gate:
    """Return a gate that fails for no more than rounding does as one that passes."""
    limit = _FORGIVEN.get(gate.name)
    if limit is None or not gate.status.diverges or gate.value is None or options.origin(limit) != "default":
        return gate
    if gate.name == "correlation":
        allowed = 1 - options.threshold + _ROUNDING_ERRORS * rounding.correlation_error
        within = 1 - gate.value <= allowed
    else:
        # The exact statement is that every pixel is off by ½ at most; the factors that it leaves open hold 1.
        total = max(abs(metrics.c_sum), abs(metrics.py_sum))
        within = (
            abs(gate.value - 1) * total <= rounding.sum_error
            or rounding.factors[0] <= gate.value <= rounding.factors[1]
        )
    if not within:
        return gate
    return replace(gate, status=Status.PASS, reason=f"{gate.reason}, as rounding to whole numbers does")


def _finite(selection: ComparedPixels, names: Names) -> Gate:
    """Return the gate of pixels that are no numbers: on one side only, not alike, or in more places than numbers."""
    not_finite = selection.lonely_count + selection.unlike
    alone = [count - selection.both_not_finite for count in (selection.c_not_finite, selection.py_not_finite)]
    parts = [
        f"{count} pixel{'s are' if count != 1 else ' is'} {what}"
        for count, what in (
            *((count, f"nan or inf in {side} only") for count, side in zip(alone, names.pair, strict=True)),
            (selection.unlike, "nan or inf on both sides, but not alike"),
        )
        if count
    ]
    if not_finite:
        places = ", ".join(f"slow {slow} fast {fast}" for slow, fast in selection.lonely)
        reason = f"{' and '.join(parts)}: {places}{', …' if not_finite > len(selection.lonely) else ''}"
    elif selection.both_not_finite > selection.c.size:
        not_finite = selection.both_not_finite
        reason = (
            f"{not_finite} pixels are nan or inf in both images, only {selection.c.size} are left; a mask may say so"
        )
    else:
        return Gate("finite", Status.PASS, 0.0, "0 pixels", "always", "no pixel is finite on one side only")
    return Gate("finite", Status.NOT_FINITE, float(not_finite), "0 pixels", "always", reason)


def _variation(metrics: Metrics, selection: ComparedPixels, names: Names) -> Iterator[Gate]:
    """Yield a failed gate for an image without any variation; it never agrees with anything."""
    for side, values in zip(names.pair, (selection.c, selection.py), strict=True):
        if metrics.correlation is None and (values == values[0]).all():
            what = f"{side} is {values[0]:g} in all {metrics.pixels} compared pixels"
            yield Gate("variation", Status.CRITICAL, 0.0, "not constant", "always", what)


def _ratio(name: str, value: float | None, options: ImageOptions) -> Gate:
    low, high = options.sum_ratio
    limit = f"{low:.9g} to {high:.9g}"
    if value is None:
        return Gate(name, Status.MISSING, None, limit, options.origin("sum_ratio"), "not defined: an image sums to 0")
    if low <= value <= high:
        return Gate(name, Status.PASS, value, limit, options.origin("sum_ratio"), "within the limits")
    status, names = band(abs(value - 1)), options.names
    fitted = f"the best k of {names.candidate} = k {names.reference} is"
    what = fitted if name == "scale" else f"{names.ratio} of the sums is"
    return Gate(name, status, value, limit, options.origin("sum_ratio"), f"{what} {value - 1:+.3e} off 1")


def _correlation(metrics: Metrics, options: ImageOptions) -> Gate:
    limit, origin = f"at least {options.threshold:g}", options.origin("threshold")
    value = metrics.correlation
    if value is None:
        return Gate("correlation", Status.MISSING, None, limit, origin, "not defined: an image is constant")
    if value >= options.threshold:
        return Gate("correlation", Status.PASS, value, limit, origin, "the same pattern, whatever the scale")
    return Gate("correlation", Status.CRITICAL, value, limit, origin, "not the same pattern")


def _pixels(scan: PixelScan, metrics: Metrics, tolerance: PixelTolerance, options: ImageOptions) -> Gate:
    share = f"{100 * options.outliers:g} % of the pixels" if options.outliers else "no pixel"
    limit = f"{share} beyond {tolerance_text(tolerance)}"
    origins = {options.origin(name) for name in ("relative", "absolute", "outliers")}
    origin = ", ".join(sorted(origins - {"default"})) or "default"
    beyond = metrics.share_beyond
    if beyond <= options.outliers:
        return Gate("worst pixels", Status.PASS, beyond, limit, origin, f"{scan.beyond} of {metrics.pixels} beyond")
    worst = [status for status, count in scan.counts.items() if count][-1]
    counts = ", ".join(f"{count} {status.value}" for status, count in scan.counts.items() if count)
    return Gate("worst pixels", worst, beyond, limit, origin, counts)


def tolerance_text(tolerance: PixelTolerance) -> str:
    """Return a tolerance of pixels as reports print it."""
    parts = [f"{tolerance.relative:g} relative"] if tolerance.relative else []
    parts += [f"{tolerance.absolute:g} absolute"] if tolerance.absolute else []
    parts += [f"{tolerance.rounding:g} for rounding to counts"] if tolerance.rounding > tolerance.absolute else []
    if not parts:
        return "0"
    return " or ".join(parts)

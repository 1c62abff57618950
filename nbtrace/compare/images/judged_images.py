"""Two compared images as waivers and histories see them: each gate with the size of what it found."""

import math

from nbtrace.compare.images.gates import Gate
from nbtrace.compare.images.result import ImagesResult
from nbtrace.verdicts.waivers import JudgedQuantity
from nbtrace.vocabulary.quantity import Basis


def judged_images(result: ImagesResult) -> tuple[JudgedQuantity, ...]:
    """Return the gates; the size of one is how far it is from perfect agreement.

    That is |k − 1| of the scale and of the ratio of the sums, 1 − r of the correlation, and of the worst pixels the
    largest |Py − C|, relative to the larger of the two. Other gates have no size.
    """
    return tuple(_judged(gate, result) for gate in result.gates)


def _judged(gate: Gate, result: ImagesResult) -> JudgedQuantity:
    relative = _relative(gate, result)
    absolute = result.metrics.max_abs_diff if gate.name == "worst pixels" else relative
    tolerance, basis = _tolerance(gate.name, result)
    digits = -math.log10(relative) if relative is not None and relative > 0 else None
    return JudgedQuantity(
        gate.name,
        gate.status,
        relative,
        absolute,
        None if digits is None else max(digits, 0.0),
        tolerance,
        basis,
    )


def _relative(gate: Gate, result: ImagesResult) -> float | None:
    if gate.name == "worst pixels":
        return worst_relative(result)
    if gate.value is None or gate.name not in {"scale", "sum ratio", "correlation"}:
        return None
    return abs(gate.value - 1.0)


def worst_relative(result: ImagesResult) -> float:
    """Return the largest |Py − C|/max(|C|, |Py|) of the pixels that differ most; 0 where none differs."""
    if result.metrics.zero_in_c or result.metrics.zero_in_py:
        return 1.0
    return max((item.relative for item in (*result.worst_pixels, *result.worst_relative)), default=0.0)


def _tolerance(name: str, result: ImagesResult) -> tuple[float | None, Basis]:
    options = result.options
    if name in {"scale", "sum ratio"}:
        low, high = options.sum_ratio
        return min(abs(low - 1.0), abs(high - 1.0)), Basis.RELATIVE
    if name == "correlation":
        return 1.0 - options.threshold, Basis.RELATIVE
    if name == "worst pixels" and result.tolerance.relative:
        return result.tolerance.relative, Basis.RELATIVE
    if name == "worst pixels" and result.tolerance.absolute:
        return result.tolerance.absolute, Basis.ABSOLUTE
    return None, Basis.RELATIVE

"""Statements of a metrics document that exclude each other, whoever wrote it.

Only shapes that are recognised by their keys are judged; every other document passes unread.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

_AGREES = frozenset({"PASS", "MATCH"})
_DIVERGES = frozenset({"DIVERGENT", "CRITICAL"})
_RELATIVE = 1e-5


def contradictions(document: object) -> list[str]:
    """Return one sentence per contradiction in a JSON value; an empty list for a document of another kind.

    Judged are the counts and names of divergences against the statuses (some writers count MINOR and MISSING, some do
    not: both are accepted), differences and sums against the values they come from, and gates against their own
    thresholds.
    """
    if not isinstance(document, Mapping):
        return []
    texts: list[str] = []
    if isinstance(document.get("factors"), Mapping):
        texts += _of_factors(document, document["factors"])
    texts += _of_sums(document)
    if isinstance(document.get("vg1_gate"), Mapping):
        texts += _of_gate(document, document["vg1_gate"])
    return texts


def _of_factors(document: Mapping[str, Any], factors: Mapping[str, Any]) -> Iterator[str]:
    statuses = {name: str(factor.get("status")) for name, factor in factors.items() if isinstance(factor, Mapping)}
    certain = [name for name, status in statuses.items() if status in _DIVERGES]
    possible = [name for name, status in statuses.items() if status not in _AGREES]
    count = document.get("num_divergent")
    if isinstance(count, int) and not len(certain) <= count <= len(possible):
        yield (
            f"num_divergent is {count}, but {len(certain)} factors are DIVERGENT or CRITICAL "
            f"and {len(possible)} are not PASS"
        )
    if "first_divergence" in document:
        yield from _of_first(document["first_divergence"], statuses, certain)
    for name, factor in factors.items():
        if isinstance(factor, Mapping):
            yield from _of_difference(name, factor)


def _of_first(first: object, statuses: Mapping[str, str], certain: list[str]) -> Iterator[str]:
    if first is None:
        if certain:
            yield f"first_divergence is null, but {certain[0]} is {statuses[certain[0]]}"
    elif str(first) not in statuses:
        yield f"first_divergence is {first}, which is not among the factors"
    elif statuses[str(first)] in _AGREES:
        yield f"first_divergence is {first}, whose status is {statuses[str(first)]}"


def _of_difference(name: str, factor: Mapping[str, Any]) -> Iterator[str]:
    c_value, py_value, delta = (_number(factor.get(key)) for key in ("c_value", "py_value", "abs_delta"))
    if c_value is None or py_value is None or delta is None:
        return
    size = max(abs(c_value), abs(py_value))
    if not math.isclose(abs(delta), abs(py_value - c_value), rel_tol=_RELATIVE, abs_tol=size * 1e-12):
        yield f"abs_delta of {name} is {delta:g}, but its values differ by {py_value - c_value:g}"


def _of_sums(document: Mapping[str, Any]) -> Iterator[str]:
    c_sum, py_sum, ratio = (_number(document.get(key)) for key in ("c_sum", "py_sum", "sum_ratio"))
    if c_sum and py_sum is not None and ratio is not None:
        expected = py_sum / c_sum
        if not math.isclose(ratio, expected, rel_tol=_RELATIVE):
            yield f"sum_ratio is {ratio:g}, but py_sum/c_sum is {expected:g}"
    rmse, mse = _number(document.get("rmse")), _number(document.get("mse"))
    if rmse is not None and mse is not None and not math.isclose(rmse, math.sqrt(abs(mse)), rel_tol=_RELATIVE):
        yield f"rmse is {rmse:g}, but the root of mse is {math.sqrt(abs(mse)):g}"


def _of_gate(document: Mapping[str, Any], gate: Mapping[str, Any]) -> Iterator[str]:
    for key, passed in gate.items():
        mode = document.get(key.removesuffix("_pass").removesuffix("_passes"))
        if passed is not True or not isinstance(mode, Mapping):
            continue
        for limit_key in gate:
            quantity = limit_key.removeprefix("threshold_")
            limit, value = _number(gate[limit_key]), _number(mode.get(f"max_{quantity}"))
            if quantity != limit_key and limit is not None and value is not None and value > limit:
                yield f"{key} is true, but max_{quantity} is {value:g}, over its threshold {limit:g}"


def _number(value: object) -> float | None:
    """Return a finite number as a float; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None

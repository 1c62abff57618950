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
    found: list[str] = []
    if isinstance(document.get("factors"), Mapping):
        found += _of_factors(document, document["factors"])
    found += _of_sums(document)
    if isinstance(document.get("vg1_gate"), Mapping):
        found += _of_gate(document, document["vg1_gate"])
    return found


def _of_factors(document: Mapping[str, Any], factors: Mapping[str, Any]) -> Iterator[str]:
    statuses = {name: factor.get("status") for name, factor in factors.items() if isinstance(factor, Mapping)}
    certain = [name for name, status in statuses.items() if status in _DIVERGES]
    possible = [name for name, status in statuses.items() if status not in _AGREES]
    count = document.get("num_divergent")
    if isinstance(count, int) and not len(certain) <= count <= len(possible):
        yield (
            f"num_divergent is {count}, but {len(certain)} factors are DIVERGENT or CRITICAL "
            f"and {len(possible)} are not PASS"
        )
    if "first_divergence" in document:
        first = document["first_divergence"]
        if first is None and certain:
            yield f"first_divergence is null, but {certain[0]} is {statuses[certain[0]]}"
        elif first is not None and first not in statuses:
            yield f"first_divergence is {first}, which is not among the factors"
        elif first is not None and statuses[first] in _AGREES:
            yield f"first_divergence is {first}, whose status is {statuses[first]}"
    for name, factor in factors.items():
        if isinstance(factor, Mapping):
            yield from _of_difference(name, factor)


def _of_difference(name: str, factor: Mapping[str, Any]) -> Iterator[str]:
    values = [factor.get(key) for key in ("c_value", "py_value", "abs_delta")]
    if all(_is_number(value) for value in values):
        c_value, py_value, delta = values
        size = max(abs(c_value), abs(py_value))
        if not math.isclose(abs(delta), abs(py_value - c_value), rel_tol=_RELATIVE, abs_tol=size * 1e-12):
            yield f"abs_delta of {name} is {delta:g}, but its values differ by {py_value - c_value:g}"


def _of_sums(document: Mapping[str, Any]) -> Iterator[str]:
    c_sum, py_sum, ratio = (document.get(key) for key in ("c_sum", "py_sum", "sum_ratio"))
    known = c_sum and _is_number(c_sum) and _is_number(py_sum) and _is_number(ratio)
    if known and not math.isclose(ratio, py_sum / c_sum, rel_tol=_RELATIVE):
        yield f"sum_ratio is {ratio:g}, but py_sum/c_sum is {py_sum / c_sum:g}"
    rmse, mse = document.get("rmse"), document.get("mse")
    if _is_number(rmse) and _is_number(mse) and not math.isclose(rmse**2, mse, rel_tol=_RELATIVE):
        yield f"rmse is {rmse:g}, but the root of mse is {math.sqrt(abs(mse)):g}"


def _of_gate(document: Mapping[str, Any], gate: Mapping[str, Any]) -> Iterator[str]:
    for key, passed in gate.items():
        mode = document.get(key.removesuffix("_pass").removesuffix("_passes"))
        if passed is not True or not isinstance(mode, Mapping):
            continue
        for limit_key, limit in gate.items():
            quantity = limit_key.removeprefix("threshold_")
            value = mode.get(f"max_{quantity}")
            if quantity != limit_key and _is_number(limit) and _is_number(value) and value > limit:
                yield f"{key} is true, but max_{quantity} is {value:g}, over its threshold {limit:g}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

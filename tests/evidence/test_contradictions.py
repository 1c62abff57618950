from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.evidence.contradictions import contradictions

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["factors", "status", "num_divergent", "first_divergence", "c_sum", "py_sum", "sum_ratio"])
            | st.sampled_from(["c_value", "py_value", "abs_delta", "rmse", "mse", "vg1_gate", "m_pass", "m", "max_k"])
            | st.sampled_from(["threshold_k"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def chain(**changes: Any) -> dict[str, Any]:
    factors = {
        "a": {"c_value": 2.0, "py_value": 1.0, "abs_delta": -1.0, "status": "CRITICAL"},
        "b": {"c_value": 1.0, "py_value": 1.0 + 1e-5, "abs_delta": 1e-5, "status": "MINOR"},
        "c": {"c_value": [1.0], "py_value": [1.0], "abs_delta": [0.0], "status": "PASS"},
        "d": {"c_value": None, "py_value": 1.0, "abs_delta": None, "status": "MISSING"},
    }
    return {"first_divergence": "a", "num_divergent": 2, "factors": factors} | changes


@pytest.mark.parametrize("count", [1, 2, 3])
def test_either_way_to_count_divergences_is_accepted(count: int) -> None:
    assert contradictions(chain(num_divergent=count)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"num_divergent": 0}, "num_divergent is 0, but 1 factors are DIVERGENT or CRITICAL"),
        ({"num_divergent": 4}, "num_divergent is 4"),
        ({"first_divergence": None}, "first_divergence is null, but a is CRITICAL"),
        ({"first_divergence": "z"}, "first_divergence is z, which is not among the factors"),
        ({"first_divergence": "c"}, "first_divergence is c, whose status is PASS"),
        ({"first_divergence": ["a"]}, "not among the factors"),
    ],
)
def test_counts_and_names_against_statuses(changes: dict[str, Any], said: str) -> None:
    (text,) = contradictions(chain(**changes))
    assert said in text


def test_a_difference_against_its_values() -> None:
    document = chain()
    document["factors"]["a"]["abs_delta"] = 0.5
    assert contradictions(document) == ["abs_delta of a is 0.5, but its values differ by -1"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"c_sum": 2.0, "py_sum": 3.0, "sum_ratio": 1.4}, "py_sum/c_sum is 1.5"),
        ({"rmse": 2.0, "mse": 9.0}, "the root of mse is 3"),
        (
            {"m": {"max_k": 2e-5}, "vg1_gate": {"threshold_k": 1e-6, "m_pass": True}},
            "m_pass is true, but max_k is 2e-05, over its threshold 1e-06",
        ),
    ],
)
def test_sums_and_gates(document: dict[str, Any], said: str) -> None:
    (text,) = contradictions(document)
    assert said in text


@pytest.mark.parametrize(
    "document",
    [
        {"c_sum": 2.0, "py_sum": 3.0, "sum_ratio": 1.5, "rmse": 3.0, "mse": 9.0},
        {"c_sum": 0.0, "py_sum": 3.0, "sum_ratio": 1.5},
        {"m": {"max_k": 1e-7}, "vg1_gate": {"threshold_k": 1e-6, "m_pass": True}},
        {"m": {"max_k": 1.0}, "vg1_gate": {"threshold_k": 1e-6, "m_pass": False}},
        {"c_sum": 10**400, "py_sum": 1, "sum_ratio": 1},
        [],
        None,
    ],
)
def test_documents_without_a_contradiction(document: object) -> None:
    assert contradictions(document) == []


@given(JSON)
def test_any_json_value_is_judged_or_passed_by(document: object) -> None:
    assert all("\n" not in text for text in contradictions(document))

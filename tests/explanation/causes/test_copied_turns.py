"""Values of many turns weighed at once against each of them as a candidate by itself."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.compare.apart_values import ApartNodes, ApartVectors
from nbtrace.compare.scene import Node, Values
from nbtrace.compare.turn_columns import ColumnKey, TurnColumn
from nbtrace.explanation.causes import compounds, search
from nbtrace.explanation.causes.copied_turns import copied_turns, is_another
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case, Signature
from nbtrace.explanation.causes.many_candidates import ManyCandidates

_KEY = ColumnKey("phi_F_latt", 0, "phi_tic")
_numbers = st.one_of(
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.sampled_from([0.0, 1.0, 2.5, -2.5, 2.5 * (1 + 1e-9), 2.5 * (1 + 1e-14), 5.0, 2500.0, 250.1]),
)


def _column(numbers: list[float], lines: list[int] | None = None) -> TurnColumn:
    turns = np.arange(1, len(numbers) + 1)
    half = np.zeros(len(numbers), dtype=np.int64)
    where = np.array(range(1, len(numbers) + 1) if lines is None else lines)
    return TurnColumn(turns, np.array(numbers), half > 0, np.zeros(1), half, lines=where)


def _words(node: Node) -> str:
    return f"repeats {node.label}"


def _turns(numbers: list[float]) -> ManyCandidates:
    scene = cast("Any", SimpleNamespace(apart={_KEY: _column(numbers)}, records={}))
    return copied_turns(scene, {}, (), [_KEY.name], _words)


def _each(numbers: list[float]) -> list[Candidate]:
    labels = (Node(_KEY.name, 0, (("phi_tic", turn),)) for turn in range(1, len(numbers) + 1))
    return [Candidate((number,), _words(node)) for number, node in zip(numbers, labels, strict=True)]


def _case(logged: float, right: float, allowed: float) -> Case:
    return Case(cast("Any", None), {}, {}, Node("phi_F_latt_b"), (logged,), (right,), (allowed,))


def _made_of(*items: object) -> Signature:
    return Signature("copy", "a copy", 3, lambda _: iter(cast("Any", items)), copies=True)


_DOUBLED = Signature("two", "a power of two", 2, lambda case: iter([Candidate((case.right[0] * 2,), "twice")]))


@given(
    numbers=st.lists(_numbers, max_size=12),
    logged=_numbers,
    right=_numbers,
    allowed=st.sampled_from([0.0, 1e-13, 1e-9, 1e-3, 1.0]),
)
def test_a_search_finds_the_same_among_turns_in_a_column(
    numbers: list[float], logged: float, right: float, allowed: float
) -> None:
    case = _case(logged, right, allowed)
    at_once = search.search(case, (_DOUBLED, _made_of(_turns(numbers))))
    one_by_one = search.search(case, (_DOUBLED, _made_of(*_each(numbers))))
    assert at_once.tried == one_by_one.tried
    for found, wanted in ((at_once.causes, one_by_one.causes), (at_once.nearest, one_by_one.nearest)):
        assert [(item.text, item.chance, item.simpler) for item in found] == [
            (item.text, item.chance, item.simpler) for item in wanted
        ]


@given(numbers=st.lists(_numbers, max_size=12), logged=_numbers)
def test_of_turns_in_a_column_the_same_are_far_from_every_multiple(numbers: list[float], logged: float) -> None:
    above = compounds._OnTop(_case(logged, 1.0, 0.0), [_DOUBLED])
    far, near = above.divided(_turns(numbers))
    alone = [above.divided(item) for item in _each(numbers)]
    assert far == sum(number for number, _ in alone)
    assert list(near) == [item for _, items in alone for item in items]


def test_turns_in_a_column_stand_among_records_as_the_log_prints_them() -> None:
    nodes = [Node("polar"), Node(_KEY.name, 0, (("phi_tic", 0),)), Node("steps")]
    records = {node: SimpleNamespace(line=line) for node, line in zip(nodes, (90, 10, 40), strict=True)}
    column = _column([1.5, 2.5], [11, 41])
    scene = cast("Any", SimpleNamespace(apart={_KEY: column}, records=records))
    values: Values = {nodes[0]: (7.0,), nodes[1]: (8.0,), nodes[2]: (9.0,)}
    found = copied_turns(scene, values, nodes, [_KEY.name], lambda node: node.label)
    # The factor was printed first, and once more at the end, where it counts.
    assert found.values.tolist() == [7.0, 8.0, 1.5, 9.0, 2.5]
    told = [item.text for item in found.telling((0.0,), (1.0,), (np.inf,))]
    assert told == [
        "polar",
        f"{_KEY.name} [phi_tic 0]",
        f"{_KEY.name} [phi_tic 1]",
        "steps",
        f"{_KEY.name} [phi_tic 2]",
    ]


def test_a_column_has_another_value_where_one_is_neither_right_nor_the_logged_one() -> None:
    columns = {_KEY: _column([2.0, 3.0])}
    values = ApartVectors({}, columns, ApartNodes(columns).numbers)
    assert is_another(values, _KEY.name, 5.0, 2.0, 0.1)
    assert not is_another(values, _KEY.name, 3.0, 2.0, 0.1)
    assert not is_another(values, "phi_k_frac", 5.0, 2.0, 0.1)
    assert not is_another({}, _KEY.name, 5.0, 2.0, 0.1)

"""Two tables of structure factors compared."""

import itertools

import numpy as np
import pytest

from nbtrace.compare.reflections.compare_reflections import ReflectionsResult, compare_reflections
from nbtrace.compare.reflections.index_maps import IndexMap
from nbtrace.compare.reflections.reflection_set import Amplitudes, ReflectionSet, of_box, of_list
from nbtrace.errors import InputError
from nbtrace.report.views.reflections_view import reflections_headline
from nbtrace.verdicts.status import Verdict

EDGE = range(-6, 7)


def numbers() -> Amplitudes:
    chance = np.random.default_rng(3)
    indices = np.array([hkl for hkl in itertools.product(EDGE, EDGE, EDGE) if chance.random() < 0.6])
    rows: Amplitudes = np.c_[indices, np.round(chance.gamma(1.0, 100.0, len(indices)) + 1, 2)]
    return rows


def compared(c: ReflectionSet, py: ReflectionSet) -> ReflectionsResult:
    return compare_reflections(c, py)


def lists(c: Amplitudes, py: Amplitudes) -> ReflectionsResult:
    return compared(of_list("c.hkl", c), of_list("py.hkl", py))


def test_a_list_agrees_with_itself_in_any_order() -> None:
    rows = numbers()
    result = lists(rows, np.random.default_rng(1).permutation(rows))
    assert (result.verdict, result.compared, result.relation) == (Verdict.AGREE, len(rows), None)


def test_what_a_side_lacks_and_what_differs() -> None:
    rows = numbers()
    other = rows[5:].copy()
    other[10, 3] += 1
    result = lists(rows, other)
    assert (result.verdict, result.differing, result.only_c, result.only_py) == (Verdict.DIFFER, 1, 5, 0)
    (worst,) = result.worst
    assert worst.hkl == tuple(other[10, :3].astype(int))
    assert result.relation is None


@pytest.mark.parametrize(
    ("index_map", "words"),
    [
        (IndexMap(shift=(1, 0, 0)), "h+1 k l"),
        (IndexMap(shift=(0, 0, -1)), "h k l−1"),
        (IndexMap(order=(1, 0, 2)), "k h l"),
        (IndexMap(signs=(-1, -1, -1)), "−h −k −l"),
    ],
)
def test_indices_moved_as_one_are_one_relation(index_map: IndexMap, words: str) -> None:
    rows = numbers()
    moved = rows.copy()
    moved[:, :3] = index_map(rows[:, :3].astype(np.int64))
    relation = lists(rows, moved).relation
    assert relation is not None
    assert (relation.index_map.words(), relation.scale, relation.accounted) == (words, 1.0, len(rows))


@pytest.mark.parametrize(("power", "scale"), [(1.0, 1.5), (1.0, 0.01), (2.0, 1.0), (0.5, 1.0)])
def test_one_factor_and_one_power_are_one_relation(power: float, scale: float) -> None:
    rows = numbers()
    made = rows.copy()
    made[:, 3] = scale * rows[:, 3] ** power
    relation = lists(rows, made).relation
    assert relation is not None
    assert relation.index_map.is_identity
    assert relation.power == power
    assert relation.scale == pytest.approx(scale, rel=1e-9)


def test_tables_of_nothing_alike_have_no_relation() -> None:
    rows = numbers()
    other = rows.copy()
    other[:, 3] = np.random.default_rng(8).permutation(other[:, 3])
    assert lists(rows, other).relation is None


def box(rows: Amplitudes, default: float) -> ReflectionSet:
    values = np.full((len(EDGE),) * 3, default)
    values[tuple((rows[:, :3].astype(int) - EDGE[0]).T)] = rows[:, 3]
    return of_box("Fdump.bin", values, (EDGE[0],) * 3)


@pytest.mark.parametrize("default", [0.0, 100.0])
def test_the_default_that_fills_a_box_is_no_reflection_that_a_list_lacks(default: float) -> None:
    rows = numbers()
    result = compared(of_list("c.hkl", rows), box(rows, default))
    assert (result.verdict, result.compared, result.py.default) == (Verdict.AGREE, len(rows), default)


def test_a_reflection_that_only_a_list_has_is_held_against_the_default() -> None:
    rows = numbers()
    more = np.r_[rows, [[*_gap(rows), 0.0]]]
    result = compared(of_list("c.hkl", more), box(rows, 0.0))
    assert (result.verdict, result.filled_py) == (Verdict.AGREE, 1)
    more[-1, 3] = 5.0
    assert compared(of_list("c.hkl", more), box(rows, 0.0)).differing == 1


def _gap(rows: Amplitudes) -> tuple[int, int, int]:
    there = {tuple(row) for row in rows[:, :3].astype(int).tolist()}
    return next(hkl for hkl in itertools.product(EDGE, EDGE, EDGE) if hkl not in there)


def test_two_defaults_are_a_difference() -> None:
    rows = numbers()
    result = compared(box(rows, 0.0), box(rows, 100.0))
    assert result.verdict is Verdict.DIFFER
    assert result.defaults_differ == len(EDGE) ** 3 - len(rows)


def test_of_a_reflection_given_twice_the_last_value_counts() -> None:
    table = of_list("c.hkl", np.array([[1, 2, 3, 5.0], [1, 2, 4, 6.0], [1, 2, 3, 7.0]]))
    assert (table.F.tolist(), table.repeated) == ([7.0, 6.0], 1)


def test_the_last_decimal_counts_where_both_have_as_many() -> None:
    rows = numbers()
    other = rows.copy()
    other[0, 3] += 0.01
    assert lists(rows, other).differing == 1


def test_nan_agrees_with_nothing() -> None:
    rows = numbers()
    rows[0, 3] = np.nan
    assert lists(rows, rows).differing == 1


def test_nothing_in_common_is_no_agreement() -> None:
    with pytest.raises(InputError, match="no reflection in common"):
        lists(np.array([[1, 2, 3, 4.0]]), np.array([[7, 2, 3, 9.0]]))


def test_the_first_line_names_what_is_lacking_and_what_is_worst() -> None:
    rows = np.array([[1, 0, 0, 10.0], [2, 0, 0, 20.0], [3, 0, 1, 40.0], [0, 2, 0, 7.0]])
    other = rows[1:].copy()
    assert reflections_headline(lists(rows, other)).endswith("Py lacks 1 0 0, which C has")
    other[1, 3] = 44.0
    said = reflections_headline(lists(rows, other))
    assert said == "F differs in 1 of 3 reflections (3 0 1: 40 against 44), Py lacks 1 0 0, which C has"
    assert reflections_headline(lists(rows, rows[:1])).endswith("Py lacks 3 that C has")


def test_one_reflection_given_twice_is_one() -> None:
    rows = np.array([[1, 0, 0, 10.0], [2, 0, 0, 20.0], [2, 0, 0, 20.0]])
    assert any("gives 1 reflection more than once" in notice.text for notice in lists(rows, rows).notices)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nbtrace.compare.array_tolerances import ArrayTolerance, ArrayTolerances
from nbtrace.compare.arrays import compare_arrays
from nbtrace.errors import InputError, NbtraceError, UsageError
from nbtrace.verdicts.status import Status, Verdict

SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, max_side=4)
NUMBERS = st.floats(-1e6, 1e6, width=64)


@given(st.data(), st.floats(0, 0.5), st.floats(0, 1e3))
def test_agreement_is_that_of_the_definition(data: st.DataObject, relative: float, absolute: float) -> None:
    shape = data.draw(SHAPES)
    c, py = (data.draw(arrays.arrays(np.float64, shape, elements=NUMBERS)) for _ in range(2))
    result = compare_arrays(c, py, ArrayTolerances(ArrayTolerance(relative, absolute), given=True)).arrays[0]
    beyond = [
        place
        for place in np.ndindex(shape)
        if abs(py[place] - c[place]) > max(relative * max(abs(c[place]), abs(py[place])), absolute)
    ]
    assert result.beyond == len(beyond)
    assert result.compared == c.size
    assert (result.status is Status.PASS) is (not beyond)
    if beyond:
        assert result.first is not None
        assert result.worst is not None
        assert result.first.index == beyond[0]
        assert abs(py[result.worst.index] - c[result.worst.index]) == max(abs(py[at] - c[at]) for at in beyond)


@given(arrays.arrays(np.float64, SHAPES, elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_no_value_that_is_not_finite_agrees(c: np.ndarray) -> None:
    result = compare_arrays(c, c.copy()).arrays[0]
    bad = int((~np.isfinite(c)).sum())
    assert result.beyond == bad
    assert (result.status is Status.NOT_FINITE) is bool(bad)


@given(st.data())
def test_a_change_of_one_element_is_found(data: st.DataObject) -> None:
    c = data.draw(arrays.arrays(np.int64, arrays.array_shapes(max_dims=3, max_side=5), elements=st.integers(-9, 9)))
    place = tuple(data.draw(st.integers(0, side - 1)) for side in c.shape)
    py = c.copy()
    py[place] += data.draw(st.sampled_from([-1, 1]))
    found = compare_arrays(c, py).arrays[0]
    assert found.worst is not None
    assert (found.beyond, found.worst.index) == (1, place)


def test_integers_are_exact_beyond_what_float64_holds() -> None:
    assert compare_arrays(np.array([2**60]), np.array([2**60 + 1])).verdict is Verdict.DIFFER
    assert compare_arrays([10**9], [10**9 + 1]).verdict is Verdict.DIFFER
    given_one = ArrayTolerances.of_words(1e-6)
    assert compare_arrays([10**9], [10**9 + 1], given_one).verdict is Verdict.AGREE


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda c: c * -2.5, "Py is C times -2.5"),
        (lambda c: c + 3, "Py is C + 3"),
        (lambda c: c - 3, "Py is C − 3"),
        (lambda c: c[::-1], "Py is C reversed along axis 0"),
        (lambda c: c[:, ::-1], "Py is C reversed along axis 1"),
        (lambda c: c.T, "Py is C with axes (1, 0)"),
        (lambda c: np.where(c > 0.5, c, 2 * c), ""),
        (lambda c: np.random.default_rng(9).random(c.shape), ""),
    ],
)
def test_a_simple_relation_is_said(make: object, said: str) -> None:
    c = np.random.default_rng(4).random((5, 5))
    assert callable(make)
    assert compare_arrays(c, make(c)).arrays[0].relation == said


def test_two_numbers_have_no_relation_by_chance() -> None:
    assert compare_arrays([1.0, 2.0], [3.0, 6.0]).arrays[0].relation == ""


def test_names_are_those_of_nested_mappings_and_columns() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"E": [1.0, 2.0]}, index=["a", "b"])
    structured = np.array([(1, 2.0)], dtype=[("n", int), ("x", float)])
    c = {"t": table, "deep": {"er": [1, [2, 3]]}, "s": structured, "word": "abc"}
    py = {"t": table.copy(), "deep": {"er": [1, [2, 3]]}, "s": structured.copy(), "word": "abc"}
    result = compare_arrays(c, py)
    assert [array.name for array in result.arrays] == ["t.E", "deep.er[0]", "deep.er[1]", "s.n", "s.x", "word"]
    assert result.verdict is Verdict.AGREE
    assert list(result.table["name"]) == [array.name for array in result.arrays]


def test_rows_with_other_labels_are_no_pair() -> None:
    pandas = pytest.importorskip("pandas")
    c = pandas.Series([1.0, 2.0], index=["a", "b"], name="E")
    (array,) = compare_arrays(c, c.rename({"b": "x"})).arrays
    assert (array.status, array.reason) == (Status.SHAPE, "row 1 is called b in C, x in Py")
    (array,) = compare_arrays(c, [1.0, 2.0]).arrays[:1]
    assert array.status is Status.MISSING, "E and an array without a name are two"


@pytest.mark.parametrize(
    ("c", "py", "kind", "said"),
    [
        ({}, {}, InputError, "hold no array"),
        ([], [], InputError, "it holds no element"),
        (np.ma.masked_array([1.0], [True]), [1.0], UsageError, "masked array"),
        (object(), [1.0], UsageError, "holds Python objects"),
        ({"a.b": 1, "a": {"b": 1}}, [1.0], UsageError, "two arrays called a.b"),
    ],
)
def test_what_cannot_be_compared_is_refused(c: object, py: object, kind: type[NbtraceError], said: str) -> None:
    with pytest.raises(kind, match=said):
        compare_arrays(c, py)


def test_nesting_has_an_end() -> None:
    deep: object = 1.0
    for _ in range(20):
        deep = {"a": deep}
    with pytest.raises(UsageError, match="nested more than 8 deep"):
        compare_arrays(deep, deep)
    loop: dict[str, object] = {}
    loop["a"] = loop
    with pytest.raises(UsageError, match="nested more than 8 deep"):
        compare_arrays(loop, {"a": 1.0})
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(UsageError):
        compare_arrays(endless, [1.0])


def test_a_name_is_hostile_input() -> None:
    result = compare_arrays({"\x1b[31m" + "x" * 500: 1.0}, {"\x1b[31m" + "x" * 500: 2.0})
    assert "\x1b" not in result.report() + repr(result)
    assert len(result.arrays[0].name) <= 80

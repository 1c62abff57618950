"""Two whole-detector traces: the first quantity of each pixel, and all that is not compared."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbtrace.compare.diff import diff_traces
from nbtrace.detector import detector_file
from nbtrace.detector.compare_detectors import compare_detectors
from nbtrace.detector.detector_result import AGREEING, LACKING, ONLY_C, ONLY_PY, DetectorResult
from nbtrace.detector.one_pixel import pixel_traces
from nbtrace.errors import InputError, MismatchError, UsageError
from nbtrace.verdicts.notices import Subject
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.verdicts.tolerance import Policy, resolve_policy
from nbtrace.vocabulary import registry
from tests.detector.tables_of_pixels import SHAPE, changed, columns, row_of, written

pa = pytest.importorskip("pyarrow")


@pytest.fixture
def compared(tmp_path: Path) -> Callable[..., DetectorResult]:
    """Compares the plain trace with another table."""

    def compare(py: dict[str, Any], c: dict[str, Any] | None = None, **options: Any) -> DetectorResult:
        sides = written(tmp_path / "c.parquet", columns() if c is None else c), written(tmp_path / "py.parquet", py)
        return compare_detectors(*sides, **options)

    return compare


def firsts(result: DetectorResult) -> dict[tuple[int, int], str]:
    """Return the first quantity of each pixel that has one."""
    codes = result.map.codes
    return {
        (int(slow), int(fast)): result.map.quantities[codes[slow, fast] - 1]
        for slow, fast in zip(*np.nonzero(codes > 0), strict=True)
    }


def test_equal_traces_agree_and_say_how_much_was_compared(compared: Callable[..., DetectorResult]) -> None:
    result = compared(columns())
    assert result.verdict is Verdict.AGREE
    assert (result.coverage.pixels, result.coverage.agreeing, result.firsts) == (20, 20, ())
    assert result.coverage.values == result.coverage.expected == 5 * 40
    assert (result.map.codes == AGREEING).all()
    assert result.map.codes.shape == SHAPE


def test_a_pixel_is_of_the_first_quantity_in_the_order_of_execution(compared: Callable[..., DetectorResult]) -> None:
    result = compared(
        changed({
            "rot_a_angstroms_y": {row_of(1, 2, 1): 1.0},
            "F_cell": {row_of(1, 2): 99.0, row_of(2, 2, 1): 99.0},
            "polar": {row_of(3, 4): 0.5, row_of(3, 4, 1): 0.5, row_of(2, 2): 0.5},
            "hkl_frac_h": {row_of(0, 0): 0.25 + 4e-4, row_of(0, 1): 2.25 + 6e-4},
        })
    )  # fmt: skip
    # In pixel 1 2 F_cell of the first sampled point comes before the rotation of the second.
    assert firsts(result) == {(1, 2): "F_cell", (2, 2): "F_cell", (3, 4): "polar", (0, 1): "hkl_frac"}
    assert [item.quantity for item in result.firsts] == ["rot_a_angstroms", "hkl_frac", "F_cell", "polar"]
    assert [item.pixels for item in result.firsts] == [0, 1, 2, 1]
    assert [item.diverging for item in result.firsts] == [1, 1, 2, 2]
    cell = result.firsts[2]
    assert (cell.region, cell.parts, dict(cell.statuses)) == ((1, 2, 2, 2), 1, {Status.CRITICAL: 2})
    assert cell.worst is not None
    assert (cell.worst.pixel, cell.worst.c, cell.worst.py) == ((1, 2), 10.0 + row_of(1, 2), 99.0)
    assert cell.worst.place == (("layer", 0), ("subpixel_slow", 0), ("subpixel_fast", 0))
    assert result.verdict is Verdict.DIFFER


@pytest.mark.parametrize("values", [1, 7 * 13, 1 << 21])
def test_the_size_of_portions_changes_nothing(
    compared: Callable[..., DetectorResult], monkeypatch: pytest.MonkeyPatch, values: int
) -> None:
    random = np.random.default_rng(3)
    table = columns()
    for name in ("F_cell", "polar", "rot_a_angstroms_x"):
        table[name] = table[name] * np.where(random.random(40) < 0.2, 1.01, 1.0)
    kept = np.delete(np.arange(40), [4, 5, 9, 38, 39])
    lacking = {name: column[kept] for name, column in table.items()}
    expected = compared(lacking)
    monkeypatch.setattr(detector_file, "_MOST_VALUES", values)
    result = compared(lacking)
    assert np.array_equal(result.map.codes, expected.map.codes)
    assert (result.firsts, result.coverage) == (expected.firsts, expected.coverage)
    assert result.coverage.only_c.pixels == 2
    assert result.coverage.lacking_in_all == 1


def test_each_first_quantity_is_that_of_diff_on_the_pixel(
    compared: Callable[..., DetectorResult], tmp_path: Path
) -> None:
    random = np.random.default_rng(11)
    table = columns()
    for name in ("F_cell", "polar", "I_pixel_final", "hkl_frac_k", "rot_a_angstroms_z"):
        off = (random.random(40) < 0.15) * 10.0 ** random.uniform(-8, 1, 40)
        if name in {"polar", "I_pixel_final"}:
            off = np.repeat(off[::2], 2)  # once in a pixel
        table[name] = table[name] + off
    lacking = random.random(40) < 0.1
    assert lacking.any()
    table["F_cell"] = pa.array(table["F_cell"], mask=lacking)
    named = firsts(compared(table))
    assert len(set(named.values())) >= 4
    vocabulary = registry.default()
    for slow, fast in np.ndindex(SHAPE):
        sides = str(tmp_path / "c.parquet"), str(tmp_path / "py.parquet")
        c, py = pixel_traces(*sides, (slow, fast), vocabulary)
        first = diff_traces(c, py).first_divergence
        assert named.get((slow, fast)) == (None if first is None else first.quantity)


def test_pixels_and_rows_of_one_side_alone_differ_and_are_counted(compared: Callable[..., DetectorResult]) -> None:
    kept = np.delete(np.arange(40), [row_of(0, 0), row_of(0, 0, 1), row_of(2, 3, 1)])
    lacking = {name: column[kept] for name, column in columns().items()}
    result = compared(lacking)
    assert result.verdict is Verdict.DIFFER
    assert (result.coverage.only_c.pixels, result.coverage.only_c.region) == (1, (0, 0, 0, 0))
    assert (result.coverage.lacking.pixels, result.coverage.lacking.region) == (1, (2, 2, 3, 3))
    assert (result.map.codes[0, 0], result.map.codes[2, 3]) == (ONLY_C, LACKING)
    assert result.coverage.agreeing == 18
    reverse = compared(columns(), lacking)
    assert (reverse.coverage.only_py.pixels, reverse.map.codes[0, 0]) == (1, ONLY_PY)
    assert "only C has 1 pixel; a side lacks rows of 1 pixel" in result.report(width=200)


def test_nan_is_never_equal_and_a_null_of_one_side_is_missing(compared: Callable[..., DetectorResult]) -> None:
    both = changed({"F_cell": {row_of(1, 1): math.nan}})
    result = compared(both, both)
    assert firsts(result) == {(1, 1): "F_cell"}
    assert result.firsts[0].worst is not None
    assert result.firsts[0].worst.status is Status.NOT_FINITE
    null = columns()
    null["polar"] = pa.array(null["polar"], mask=np.arange(40) // 2 == 7)
    result = compared(null)
    assert firsts(result) == {(1, 2): "polar"}
    assert result.firsts[0].worst is not None
    assert (result.firsts[0].worst.status, result.firsts[0].worst.py) == (Status.MISSING, None)
    neither = compared(null, null)
    assert neither.verdict is Verdict.AGREE
    assert neither.coverage.values == neither.coverage.expected == 5 * 40 - 2


@pytest.mark.parametrize("name", ["polar", "F_cell", "hkl_frac_h", "hkl_frac"])
def test_a_null_in_all_rows_of_a_pixel_is_missing_in_diff_of_that_pixel_as_on_the_map(
    name: str, compared: Callable[..., DetectorResult], tmp_path: Path
) -> None:
    null = columns()
    for column in [column for column in null if column.startswith(name)]:
        null[column] = pa.array(null[column], mask=np.arange(40) // 2 == 6)
    assert firsts(compared(null)) == {(1, 1): name.removesuffix("_h")}
    sides = [str(tmp_path / side) for side in ("c.parquet", "py.parquet")]
    for c, py in (sides, sides[::-1]):
        result = diff_traces(*pixel_traces(c, py, (1, 1), registry.default()))
        assert result.verdict is Verdict.DIFFER
        assert result.first_divergence is not None
        assert result.first_divergence.quantity == name.removesuffix("_h")
        assert result.first_divergence.status is Status.MISSING
    one, other = (str(written(tmp_path / f"{side}.parquet", null)) for side in ("one", "other"))
    assert diff_traces(*pixel_traces(one, other, (1, 1), registry.default())).verdict is Verdict.AGREE


def test_a_quantity_of_one_side_alone_is_named_and_fails_when_strict(compared: Callable[..., DetectorResult]) -> None:
    more = columns() | {"steps": np.ones(40), "own_number": np.ones(40)}
    result = compared(more)
    assert result.verdict is Verdict.AGREE
    assert result.coverage.missing_on_c == ("steps", "own_number")
    assert "only Py has steps, own_number" in result.report(width=200).splitlines()[0]
    assert compared(more, strict=True).verdict is Verdict.DIFFER
    away = columns()
    del away["polar"]
    assert compared(away).coverage.missing_on_py == ("polar",)


def test_own_quantities_are_compared_where_both_have_them(compared: Callable[..., DetectorResult]) -> None:
    own = columns() | {"my_factor": np.ones(40)}
    other = columns() | {"my_factor": np.where(np.arange(40) < 2, 1.1, 1.0)}
    assert firsts(compared(other, own)) == {(0, 0): "my_factor"}


def test_what_is_no_number_is_compared_or_no_agreement(compared: Callable[..., DetectorResult]) -> None:
    text = columns() | {"note": ["same"] * 40}
    equal = compared(text, text)
    assert (equal.verdict, equal.coverage.equal) == (Verdict.AGREE, ("note",))
    apart = compared(columns() | {"note": ["same"] * 39 + ["other"]}, text)
    assert (apart.verdict, apart.coverage.apart) == (Verdict.DIFFER, ("note",))
    assert "; texts differ: note" in apart.report(width=200).splitlines()[0]
    no_matrix = columns() | {"R_total": np.ones(40)}
    result = compared(no_matrix, no_matrix)
    assert dict(result.coverage.unused_c) == {"R_total": "holds a number, and R_total is a matrix"}
    assert result.verdict is Verdict.DIFFER
    assert "not compared: R_total" in result.report(width=200)


def test_components_without_their_vector_are_compared_by_their_own_names(
    compared: Callable[..., DetectorResult],
) -> None:
    c = columns()
    del c["hkl_frac_l"]
    py = c | {"hkl_frac_h": c["hkl_frac_h"] + (np.arange(40) == 9)}
    assert firsts(compared(py, c)) == {(0, 4): "hkl_frac_h"}


def test_a_stated_unit_is_converted(tmp_path: Path) -> None:
    metres = columns() | {"close_distance_meters": np.full(40, 0.1)}
    millimetres = pa.table(columns() | {"close_distance_meters": np.full(40, 100.0)})
    unit = {b"unit": b"mm"}
    fields = [
        field.with_metadata(unit) if field.name == "close_distance_meters" else field for field in millimetres.schema
    ]
    c = written(tmp_path / "c.parquet", metres)
    py = tmp_path / "py.parquet"
    pa.parquet.write_table(millimetres.cast(pa.schema(fields)), py)
    assert compare_detectors(c, py).verdict is Verdict.AGREE
    assert diff_traces(*pixel_traces(str(c), str(py), (1, 1), registry.default())).first_divergence is None
    unit[b"unit"] = b"sr"
    fields = [
        field.with_metadata(unit) if field.name == "close_distance_meters" else field for field in millimetres.schema
    ]
    pa.parquet.write_table(millimetres.cast(pa.schema(fields)), py)
    with pytest.raises(UsageError, match="column close_distance_meters"):
        compare_detectors(c, py)
    with pytest.raises(UsageError, match="column close_distance_meters"):
        pixel_traces(str(c), str(py), (1, 1), registry.default())


def test_rows_of_a_pixel_may_stand_in_any_order_and_come_twice(compared: Callable[..., DetectorResult]) -> None:
    swapped = np.arange(40).reshape(-1, 2)[:, ::-1].reshape(-1)
    table = changed({"F_cell": {row_of(1, 1): 50.0}})
    result = compared({name: column[swapped] for name, column in table.items()})
    assert (firsts(result), result.coverage.pixels) == ({(1, 1): "F_cell"}, 20)
    again = np.concatenate([np.arange(3), np.arange(2, 40)])
    twice = {name: column[again] for name, column in columns().items()}
    assert compared(twice, twice).verdict is Verdict.AGREE
    assert compared(twice).coverage.lacking_in_all == 1


def test_turns_of_a_loop_follow_one_another(tmp_path: Path) -> None:
    steps = {
        "slow": np.zeros(4, dtype=np.int32),
        "fast": np.zeros(4, dtype=np.int32),
        "phi_tic": np.arange(4, dtype=np.int32),
        "k_frac": np.arange(4) + 0.5,
        "F_latt": np.ones(4),
    }
    c = written(tmp_path / "c.parquet", steps)
    other = {**steps, "k_frac": steps["k_frac"] + [0, 0, 0.1, 0], "F_latt": np.array([1.0, 1.1, 1.0, 1.0])}
    result = compare_detectors(c, written(tmp_path / "py.parquet", other))
    assert firsts(result) == {(0, 0): "phi_F_latt"}
    assert result.firsts[1].worst is not None
    assert result.firsts[1].worst.place == (("phi_tic", 1),)


def test_tolerances_are_those_of_the_policy(compared: Callable[..., DetectorResult]) -> None:
    table = columns()
    table["F_cell"] = table["F_cell"] * 1.001
    table["polar"] = table["polar"] * 1.001
    result = compared(table, policy=resolve_policy(["F_cell=1e-2", "nosuch=1"], None, Path("/nowhere")))
    assert set(firsts(result).values()) == {"polar"}
    assert [notice.subject for notice in result.notices] == [Subject.TOLERANCE]
    assert compared(table, policy=Policy().updated(resolve_settings(1e-2), "x")).verdict is Verdict.AGREE


def resolve_settings(relative: float) -> Any:
    from nbtrace.verdicts.tolerance import PolicySettings  # noqa: PLC0415

    return PolicySettings(relative)


def unordered(table: dict[str, Any]) -> dict[str, Any]:
    return {name: column[::-1] for name, column in table.items()}


def without(*names: str) -> dict[str, Any]:
    return {name: column for name, column in columns().items() if name not in names}


def shifted() -> dict[str, Any]:
    return columns() | {"slow": columns()["slow"] + 10}


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        (unordered(columns()), InputError, "are not in the order of pixels: sort them by slow, fast, layer"),
        (without("slow"), InputError, "has no columns slow and fast"),
        ({"slow": [0], "fast": [0], "name": ["x"]}, InputError, "no column is a quantity"),
        ({"slow": [0], "fast": [0], "source_polar": [1.0]}, MismatchError, "two different kinds of table"),
        (without("subpixel_fast"), MismatchError, "two different kinds of table"),
        (shifted(), MismatchError, "no pixel in common"),
        (columns() | {"fast": columns()["fast"] - 1}, InputError, "row 1: fast is -1, no ordinal"),
        (columns() | {"fast": columns()["fast"] + 0.5}, InputError, "row 1: fast is 0.5, no ordinal"),
        (columns() | {"slow": columns()["slow"] + (1 << 20)}, InputError, "no detector is so large"),
        ({name: column[:0] for name, column in columns().items()}, InputError, "holds no rows"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    compared: Callable[..., DetectorResult], table: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as raised:
        compared(table)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign"])
def test_a_damaged_file_is_one_line(tmp_path: Path, damage: str) -> None:
    c = written(tmp_path / "c.parquet", columns())
    content = bytearray(c.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        for place in range(40, 3000, 7):
            content[place] ^= 0xFF
    else:
        content = bytearray(b"PK\x03\x04")
    other = tmp_path / "py.parquet"
    other.write_bytes(content)
    with pytest.raises(InputError) as raised:
        compare_detectors(c, other)
    assert str(other) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert compare_detectors(c, c).verdict is Verdict.AGREE


@pytest.mark.parametrize("kind", [str, bool, lambda value: [value]])
def test_a_column_that_one_side_has_as_something_else_than_numbers_is_no_agreement(
    compared: Callable[..., DetectorResult], kind: Callable[[float], Any]
) -> None:
    other = columns() | {"F_cell": [kind(value) for value in columns()["F_cell"]]}
    assert compared(other).verdict is Verdict.DIFFER
    assert compared(columns(), other).verdict is Verdict.DIFFER
    assert compared(without("F_cell")).verdict is Verdict.AGREE
    assert (compared(other).coverage.one_sided, compared(other).coverage.unused_py) == (
        ("F_cell",), {"F_cell": "holds no plain numbers"},
    )  # fmt: skip


def test_a_side_without_the_final_quantity_does_not_agree_as_its_pixels_do_not(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.parquet", columns())
    ended = written(tmp_path / "ended.parquet", without("I_pixel_final"))
    for sides in ((whole, ended), (ended, whole)):
        pixels = pixel_traces(str(sides[0]), str(sides[1]), (0, 0), registry.default())
        assert compare_detectors(*sides).verdict is diff_traces(*pixels).verdict is Verdict.DIFFER
    assert compare_detectors(ended, ended).verdict is Verdict.AGREE

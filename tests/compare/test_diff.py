"""Whole comparisons: of a log with itself, with one seeded change, in either order."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrace import Side, Trace, diff, parse_trace, read_sides, read_trace
from nbtrace.compare.divergence import divergences
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.errors import InputError
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.verdicts.notices import Subject
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.verdicts.tolerance import Policy, parse_option
from nbtrace.vocabulary.quantity import Kind
from tests.places import PAIR_FOLDERS

Read = Callable[..., Trace]
LENGTHS = {Kind.SCALAR: 1, Kind.VECTOR: 3}
KEYED = [quantity.name for quantity in QUANTITIES.values() if quantity.kind in LENGTHS and not quantity.indices]
INTEGER_NAN = -2147483648.0
finite = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != INTEGER_NAN),
    st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1.7976931348623157e308, -1e300]),
)
seeds = st.floats(-4, 0).map(lambda power: 10**power)


@st.composite
def logs(draw: st.DrawFn) -> str:
    """Text of a log with any values, finite in the unit of the vocabulary as well."""
    lines = []
    for name in draw(st.lists(st.sampled_from(KEYED), min_size=1, max_size=25)):
        length = LENGTHS[QUANTITIES[name].kind]
        numbers = draw(st.lists(finite, min_size=length, max_size=length))
        lines.append(
            f"TRACE_C: {name} " + " ".join(draw(st.sampled_from(["{!r}", "{:.15g}"])).format(x) for x in numbers)
        )
    for tic in range(draw(st.integers(0, 3))):
        k, F_b, F = draw(st.tuples(finite, finite, finite))
        lines.append(f"TRACE_C_PHI phi_tic={tic} phi_deg={tic / 10} k_frac={k!r} F_latt_b={F_b!r} F_latt={F!r}")
    # A value next to the largest may round beyond it when it is printed with 15 digits.
    return "\n".join(line for line in lines if "1.79769313486232e+308" not in line) + "\nTRACE_C: steps 1\n"


def as_py(text: str) -> str:
    """Return the log with Py's prefixes; the banner lines that only the reference prints are left out."""
    lines = (line for line in text.splitlines(keepends=True) if not line.startswith("DETECTOR_"))
    return re.sub(r"^TRACE_C", "TRACE_PY", "".join(lines), flags=re.MULTILINE)


@given(logs())
def test_a_log_agrees_with_itself(read: Read, text: str) -> None:
    result = diff(read(text), read(as_py(text)))
    assert result.verdict is Verdict.AGREE
    assert {row.status for row in result.rows} == {Status.PASS}
    assert result.first_divergence is None
    assert result.divergences == ()
    covered = result.coverage
    assert covered.compared == covered.expected == len(result.rows) > 0
    assert not covered.skipped


@pytest.mark.parametrize("folder", PAIR_FOLDERS, ids=lambda p: p.name)
def test_a_recorded_log_agrees_with_itself(folder: Path) -> None:
    for path in sorted(folder.glob("*.log")):
        trace = read_trace(str(path))
        result = diff(trace, trace)
        assert result.verdict is Verdict.AGREE, path
        assert result.coverage.compared == len(result.rows) > 30


def single_values(trace: Trace) -> list[str]:
    """Quantities that the log prints once, as blank-style lines with a value that is not 0."""
    found = []
    for name, records in trace.by_quantity.items():
        keyed = [record for record in records if record.family == "TRACE_C" and record.key == name]
        whole = [record for record in records if record.index == keyed[0].index] if keyed else []
        if len(keyed) == len(whole) == 1 and keyed[0].index.ordinal("phi_tic") is None and any(keyed[0].numbers):
            found.append(name)
    return found


def pixel_block(text: str) -> str:
    """The lines of the pixel itself, which is what a seeded change needs."""
    return "".join(line for line in text.splitlines(keepends=True) if line.startswith(("TRACE_C: ", "TRACE_C_PHI")))


def band(name: str, old: tuple[float, ...], new: tuple[float, ...]) -> Status:
    """The established bands, written down again."""
    worst = max(abs(y - x) for x, y in zip(old, new, strict=True))
    size, edges = (worst, (5e-4, 5e-2, 5.0)) if name == "hkl_frac" else (worst / math.hypot(*old), (1e-6, 1e-4, 1e-2))
    return [Status.PASS, Status.MINOR, Status.DIVERGENT, Status.CRITICAL][sum(size > edge for edge in edges)]


@settings(max_examples=60)
@given(data=st.data())
def test_one_seeded_change_is_the_only_root(
    read: Read, c_text: str, edit: Callable[[str, str, str], str], data: st.DataObject
) -> None:
    c_text = pixel_block(c_text)
    c = read(c_text)
    keyed = [name for name in single_values(c) if f"TRACE_C: {name} " in c_text]
    name = data.draw(st.sampled_from(keyed))
    old = next(record for record in c.by_quantity[name] if record.family == "TRACE_C").numbers
    component = data.draw(st.integers(0, len(old) - 1))
    size = data.draw(st.sampled_from([3e-7, 2e-6, 5e-5, 2e-4, 5e-3, 2e-2, 3.0, 400.0]))
    moved = [x + size * math.hypot(*old) * (i == component) for i, x in enumerate(old)]
    tokens = [f"{x:.15g}" for x in moved]
    new = tuple(map(float, tokens))
    result = diff(c, read(as_py(edit(c_text, name, " ".join(tokens)))))
    others = {row.quantity for row in result.rows if row.status.diverges} - {name}
    row = next(row for row in result.rows if row.quantity == name and row.index.ordinal("phi_tic") is None)
    expected = band(name, old, new)
    assert row.status is expected
    assert not others
    if expected is Status.PASS:
        assert result.first_divergence is None
        assert result.roots == ()
        return
    assert result.first_divergence is row
    assert [root.group.quantity for root in result.roots] == [name]
    assert row.difference is not None
    assert row.difference.worst == component
    assert row.difference.delta[component] == new[component] - old[component]


def walk(name: str) -> set[str]:
    """What a quantity follows from, found by walking the inputs; weak ones are no causes."""
    walked: set[str] = set()
    waiting = {name}
    while waiting:
        walked |= waiting
        waiting = {other for here in waiting for other in QUANTITIES[here].causes} - walked
    return walked - {name}


def upstream(name: str) -> set[str]:
    """The same under every name that a value is printed with, as long as it does not turn back to the quantity itself.

    The close distance is an input of the corner's position where the reference sets up its detector, and follows from
    it in the pixel block.
    """
    others = {other for here in walk(name) for other in (here, *VOCABULARY.equivalent_names(here))} - {name}
    return {other for other in others if name not in walk(other)}


@settings(max_examples=25)
@given(data=st.data())
def test_roots_are_what_depends_on_no_other_change(
    read: Read, c_text: str, edit: Callable[[str, str, str], str], data: st.DataObject
) -> None:
    c_text = pixel_block(c_text)
    c = read(c_text)
    names = data.draw(st.lists(st.sampled_from(single_values(c)), min_size=2, max_size=4, unique=True))
    text = c_text
    for name in names:
        record = next(record for record in c.by_quantity[name] if record.family == "TRACE_C")
        text = edit(text, name, " ".join(f"{x * 1.5:.15g}" for x in record.numbers))
    result = diff(c, read(as_py(text)))
    assert {item.group.quantity for item in result.divergences} == set(names)
    inputs = {name: upstream(name) for name in names}
    for name in {"F_cell", "phi_F_cell"} & set(names):
        # What is looked up stays as it is unless its index is another one.
        if not set(QUANTITIES[name].causes) & set(names):
            inputs[name] = set()
    roots = {name for name in names if not inputs[name] & set(names)}
    assert {item.group.quantity for item in result.roots} == roots
    order = list(QUANTITIES)
    assert result.first_divergence is not None
    assert result.first_divergence.quantity == min(names, key=order.index)
    for item in result.divergences:
        assert set(item.consequences) == {name for name in names if item.group.quantity in inputs[name]}


@pytest.mark.parametrize("folder", PAIR_FOLDERS, ids=lambda p: p.name)
def test_the_order_of_arguments_does_not_matter(folder: Path) -> None:
    c, py = (read_trace(str(folder / name)) for name in ("c.log", "py.log"))
    straight, exchanged = diff(c, py), diff(py, c)
    assert exchanged.c is straight.c is c
    assert [(row.label, row.status, row.difference) for row in exchanged.rows] == [
        (row.label, row.status, row.difference) for row in straight.rows
    ]
    told = [notice for notice in exchanged.notices if notice not in straight.notices]
    assert [notice.subject for notice in told] == [Subject.SIDES]
    assert [notice for notice in exchanged.notices if notice not in told] == list(straight.notices)
    assert exchanged.verdict is straight.verdict is Verdict.DIFFER


def test_difference_is_py_minus_c_over_c(read: Read) -> None:
    result = diff(read("TRACE_C: polar 0.5\n"), read("TRACE_PY: polar 0.6\n"))
    (row,) = result.rows
    assert row.difference is not None
    assert row.difference.delta == (0.6 - 0.5,)
    assert row.difference.relative == pytest.approx(0.2)
    assert row.difference.ratio == pytest.approx(1.2)


@given(st.sampled_from(KEYED), st.sampled_from(["nan", "-nan", "inf", "-inf"]), st.booleans(), st.booleans())
def test_what_is_not_finite_never_agrees(read: Read, name: str, bad: str, in_c: bool, in_py: bool) -> None:
    length = LENGTHS[QUANTITIES[name].kind]
    sides = [" ".join(["1"] * (length - 1) + [bad if side else "1"]) for side in (in_c, in_py)]
    result = diff(read(f"TRACE_C: {name} {sides[0]}\n"), read(f"TRACE_PY: {name} {sides[1]}\n"))
    (row,) = result.rows
    if not in_c and not in_py:
        assert result.verdict is Verdict.AGREE
        return
    assert result.verdict is Verdict.DIFFER
    assert row.status is Status.NOT_FINITE
    assert result.coverage.compared == 0
    assert result.coverage.skipped
    assert all(side in row.reason for side, there in (("C", in_c), ("Py", in_py)) if there)


def test_the_integer_of_a_nan_is_not_finite(read: Read) -> None:
    text = "TRACE_C: hkl_rounded -2147483648 -2147483648 -2147483648\n"
    assert diff(read(text), read(as_py(text))).rows[0].status is Status.NOT_FINITE


def test_negative_zero_is_zero(read: Read) -> None:
    result = diff(read("TRACE_C: incident_vec 1 -0 0\n"), read("TRACE_PY: incident_vec 1 0 -0\n"))
    assert result.verdict is Verdict.AGREE
    assert result.rows[0].difference is not None
    assert result.rows[0].difference.relative == 0


@pytest.mark.parametrize(
    ("py", "status", "reason"),
    [
        ("TRACE_PY: polar NOT_EXTRACTED", Status.MISSING, "Py prints NOT_EXTRACTED"),
        ("TRACE_PY: polar nan", Status.NOT_FINITE, "not finite on Py"),
    ],
)
def test_what_has_no_difference_says_why(read: Read, py: str, status: Status, reason: str) -> None:
    result = diff(read("TRACE_C: polar 0.5\n"), read(py + "\n"))
    assert result.rows[0].status is status
    assert reason in result.rows[0].reason
    assert result.coverage.compared == 0
    assert result.verdict is Verdict.DIFFER


def test_values_of_another_shape_are_not_subtracted(read: Read) -> None:
    result = diff(read("TRACE_C: home_made 0.5\n"), read("TRACE_PY: home_made 0.5 0.5 0.5\n"))
    assert result.rows[0].status is Status.SHAPE
    assert result.rows[0].reason == "C has 1 numbers, Py 3"
    assert result.verdict is Verdict.DIFFER
    named = diff(read("TRACE_C:beam_center_m=X:1 Y:2\n"), read("TRACE_PY:beam_center_m=Xclose:1 Yclose:2\n"))
    assert named.rows[0].status is Status.SHAPE


def test_text_is_compared_without_case(read: Read) -> None:
    def of(c: str, py: str) -> Status:
        return (
            diff(read(f"TRACE_C:detector_convention={c}\n"), read(f"TRACE_PY:detector_convention={py}\n"))
            .rows[0]
            .status
        )

    assert of("MOSFLM", "mosflm") is Status.PASS
    assert of("MOSFLM", "XDS") is Status.CRITICAL


def test_strict_counts_what_one_side_lacks_and_what_cannot_be_read(read: Read) -> None:
    c = read("TRACE_C: polar 1\nTRACE_C: steps 2\n")
    lacking, torn = read("TRACE_PY: polar 1\n"), read("TRACE_PY: polar 1\nTRACE_PY: steps 2\nTRACE_PY: cos_2theta\n")
    for py in (lacking, torn):
        assert diff(c, py).verdict is Verdict.AGREE
        assert diff(c, py, strict=True).verdict is Verdict.DIFFER
    assert diff(c, lacking).coverage.missing_on_py == ("steps",)
    assert diff(c, torn).notices[0].text.startswith("Py log: 1 unreadable line")


@pytest.mark.parametrize(
    ("py", "message"),
    [
        ("", "it is empty"),
        ("hello\n", "its one line is no trace line"),
        ("TRACE_PY: x\n", "line 1"),
        ("TRACE_PY: steps 1\n", "in common"),
    ],
)
def test_nothing_to_compare_is_an_error(read: Read, py: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        diff(read("TRACE_C: polar 1\n"), read(py))


def test_coarse_print_limits_the_tolerance(read: Read) -> None:
    def of(c: str, py: str) -> tuple[Status, bool]:
        cell = f"TRACE: Before computing real-space vectors:\nTRACE:   V_cell = {c}\nTRACE_C: steps 1\n"
        (row,) = diff(read(cell), read(f"TRACE_PY: V_cell {py}\n")).rows
        return row.status, row.limited_by_print

    assert of("24682.3", "24682.2566301113") == (Status.PASS, True)
    assert of("24682.3", "24682.34999") == (Status.PASS, True)
    assert of("24682.3", "24682.3511") == (Status.MINOR, True)
    assert of("24682.25663011", "24682.2566301113") == (Status.PASS, False)


@given(st.floats(1e-3, 1e6), st.integers(6, 9))
def test_a_rounded_copy_always_agrees(read: Read, value: float, digits: int) -> None:
    heading = "TRACE: Before computing real-space vectors:\n"
    coarse = f"{heading}TRACE:   V_cell = {value:.{digits}g}, V_star = 1.{'2' * (digits - 1)}e-05\nTRACE_C: steps 1\n"
    (row,) = diff(read(coarse), read(f"TRACE_PY: V_cell {value:.17g}\n")).rows
    assert row.status is Status.PASS


@pytest.mark.parametrize(("c", "py"), [("0.5", "0.6"), ("100", "100.4"), ("100000", "100000.4"), ("1e+24", "1.2e+24")])
def test_a_few_short_numbers_are_exact(read: Read, c: str, py: str) -> None:
    (row,) = diff(read(f"TRACE_C: F_cell {c}\n"), read(f"TRACE_PY: F_cell {py}\n")).rows
    assert row.status.diverges
    assert not row.limited_by_print


@given(st.floats(-300, 300), st.floats(-300, 300))
def test_no_size_of_a_value_stops_a_comparison(read: Read, power_c: float, power_py: float) -> None:
    c = read(f"TRACE_C: R_distance_meters {10**power_c!r}\nTRACE_C: pixel_pos_meters 1e300 1e300 1e300\n")
    py = read(f"TRACE_PY: R_distance_meters {10**power_py!r}\nTRACE_PY: pixel_pos_meters 1 1 1\n")
    result = diff(c, py)
    assert result.verdict is Verdict.DIFFER
    assert next(row for row in result.rows if row.quantity == "pixel_pos_meters").status is Status.CRITICAL


def moved(text: str, edit: Callable[[str, str, str], str], fast_pixels: int) -> str:
    """The pixel block of another pixel of the same row."""
    (trace,) = parse_trace(text)
    at = whereabouts(trace)
    assert at.pixel_size is not None
    point, fast = (trace.by_quantity[name][0].numbers for name in ("pixel_pos_meters", "fdet_vec"))
    shifted = (x + fast_pixels * at.pixel_size * f for x, f in zip(point, fast, strict=True))
    return edit(text, "pixel_pos_meters", " ".join(f"{x:.15g}" for x in shifted))


def test_several_pixels_are_paired_by_their_geometry(
    read: Read, c_text: str, edit: Callable[[str, str, str], str]
) -> None:
    first = pixel_block(c_text)
    second, third = moved(first, edit, 3), moved(first, edit, -2)
    both = diff(read(first + second), read(as_py(second + first)))
    assert {row.index.block for row in both.rows} == {0, 1}
    assert {row.status for row in both.rows} == {Status.PASS}
    assert both.verdict is Verdict.AGREE
    one = diff(read(first + second), read(as_py(third + first)))
    assert {row.index.block for row in one.rows} == {0}
    assert {row.status for row in one.rows} == {Status.PASS}
    (notice,) = (notice for notice in one.notices if notice.subject is Subject.PIXEL)
    assert "C traces 1 pixel that Py does not: slow 685 fast 1042" in notice.text
    assert "Py traces 1 pixel that C does not: slow 685 fast 1037" in notice.text


def test_several_pixels_of_which_none_is_common_cannot_be_compared(
    read: Read, c_text: str, edit: Callable[[str, str, str], str]
) -> None:
    geometry = "TRACE_C:distance_m=0.1\n"
    first = pixel_block(c_text)
    c, py = (read(geometry + moved(first, edit, a) + moved(first, edit, b)) for a, b in ((1, 2), (3, 4)))
    result = diff(c, py)
    assert result.verdict is Verdict.NOT_COMPARABLE
    assert "none is in both" in result.notices[0].text


def test_a_log_of_both_programs_is_compared_with_itself(tmp_path: Path) -> None:
    path = tmp_path / "both.tsv"
    path.write_text("TRACE_C: polar 0.5\tTRACE_PY: polar 0.6\nTRACE_C: steps 2\tTRACE_PY: steps 2\n")
    c, py = read_sides(str(path))
    assert (c.side, py.side) == (Side.C, Side.PY)
    assert [row.status for row in diff(c, py).rows] == [Status.PASS, Status.CRITICAL]  # steps come before polar


def test_equal_values_under_another_name_are_paired(read: Read) -> None:
    result = diff(read("TRACE_C:pix0_vector=1 2 3\n"), read("TRACE_PY: pix0_vector_meters 1 2 3\n"))
    assert [row.status for row in result.rows] == [Status.PASS]


def test_aliases_carry_their_unit(read: Read) -> None:
    result = diff(read("TRACE_C: distance_m 0.1\n"), read("TRACE_PY: distance_mm 100\n"))
    assert result.verdict is Verdict.AGREE
    assert result.rows[0].py.numbers == pytest.approx((0.1,))


def test_no_divergence_has_no_graph(read: Read, c_text: str) -> None:
    assert divergences(diff(read(c_text), read(as_py(c_text))).groups, VOCABULARY) == ()


def test_a_tolerance_moves_the_first_divergence(read: Read, pairs: Path) -> None:
    folder = pairs / "supervisor__685_1039"
    c, py = read_trace(str(folder / "c.log")), read_trace(str(folder / "py.log"))
    assert diff(c, py).first_divergence is not None
    wide = Policy().updated(parse_option("1e-4"), "test")
    first, wider = diff(c, py).first_divergence, diff(c, py, wide).first_divergence
    assert first is not None
    assert wider is not None
    assert (first.quantity, wider.quantity) == ("scattering_vec_A_inv", "rot_a_angstroms")


def test_the_table_has_a_row_for_each_value(read: Read, c_text: str) -> None:
    result = diff(read(c_text), read(as_py(c_text)))
    table = result.table
    assert len(table) == len(result.rows)
    assert set(table["status"]) == {"PASS"}
    assert table.loc[table["quantity"] == "polar", "c_value"].item() == 0.91463969894451


@pytest.mark.parametrize("member", [*Status, *Verdict])
def test_outcomes_have_no_truth_value(member: Status | Verdict) -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(member)


def test_a_trace_without_records_is_named(read: Read) -> None:
    with pytest.raises(InputError, match=r"bare\.log holds no trace values"):
        diff(replace(read("x\n"), source="bare.log"), read("TRACE_PY: steps 1\n"))

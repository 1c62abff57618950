"""Long logs by columns against the ordinary comparison: the same documents and reports."""

import random
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.long_logs import write_pair
from nbtrace.compare.diff import diff_traces
from nbtrace.documents import dump
from nbtrace.longlogs import stream
from nbtrace.longlogs.stream import diff_long
from nbtrace.parsers import read_trace
from nbtrace.report.documents.trace_documents import diff_document
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.unified import unified, unified_of_long
from nbtrace.verdicts.notices import Subject
from nbtrace.verdicts.tolerance import Policy, parse_option
from tests.longlogs.test_long_check import EXAMPLES as LOGS
from tests.longlogs.test_long_check import edited_log
from tests.places import PAIRS, SUPERVISOR_PAIR

_PIXEL = 1.5e-3
SIDES = ((0, "c"), (1, "py"))


@dataclass(frozen=True)
class Faults:
    """How often a block of the Py log gets a wrong factor, a line less, a line that is not a number, a torn line."""

    wrong: float = 0.0
    missing: float = 0.0
    not_finite: float = 0.0
    torn: float = 0.0


def write_blocks(path: Path, example: str, blocks: int, faults: Faults, seed: int) -> None:
    """Write a log whose blocks are those of an example, each shifted to another pixel along the fast axis."""
    lines = (PAIRS / example / path.name).read_text().splitlines()
    prefix = "TRACE_PY: " if path.name == "py.log" else "TRACE_C: "
    first = next(at for at, line in enumerate(lines) if line.startswith(f"{prefix}pix0_vector_meters"))
    last = next(at for at, line in enumerate(lines) if line.startswith(f"{prefix}floatimage_accumulated"))
    chance = random.Random(seed)  # noqa: S311 - no secret
    text = lines[:first]
    for block in range(blocks):
        for line in lines[first : last + 1]:
            text += _block_line(line, prefix, block, faults, chance)
    path.write_text("\n".join([*text, *lines[last + 1 :]]) + "\n")


def _block_line(line: str, prefix: str, block: int, faults: Faults, chance: random.Random) -> list[str]:
    key, *tokens = line.removeprefix(prefix).split()
    if key == "pixel_pos_meters":
        x, y, z = map(float, tokens)
        return [f"{prefix}{key} {x:.15g} {y:.15g} {z + block * _PIXEL:.15g}"]
    if key == "F_latt_b" and chance.random() < faults.wrong:
        return [f"{prefix}{key} {float(tokens[0]) * (1 + chance.choice([1e-5, 1e-3, 1.0])):.15g}"]
    if key == "polar" and chance.random() < faults.missing:
        return []
    if key == "cos_2theta" and chance.random() < faults.not_finite:
        return [f"{prefix}{key} nan"]
    if key == "I_before_scaling" and chance.random() < faults.torn:
        return [line[: chance.randrange(4, len(line))]]
    return [line]


FAULTS = {
    "none": Faults(),
    "wrong": Faults(wrong=0.3),
    "missing": Faults(missing=0.1),
    "not finite": Faults(not_finite=0.1),
    "all": Faults(0.05, 0.05, 0.05, 0.05),
}
EVERY_FAULT = "custom_vectors_mat_hkl_phi__24_51"
"""The example with φ steps, on which each fault also stands alone."""
CASES = [
    *(pytest.param(EVERY_FAULT, faults, id=f"{EVERY_FAULT}-{name}") for name, faults in FAULTS.items()),
    *(
        pytest.param(example, FAULTS["all"], id=f"{example}-all")
        for example in (
            "polar_09__35_24",
            "oversample_2_omega__22_14",
            "thick_sensor__44_31",
            "sourcefile__43_61",
            "tilted_sample_pivot__42_48",
        )
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("example", "faults"), CASES)
def test_documents_and_reports_are_the_same(tmp_path: Path, example: str, faults: Faults) -> None:
    names = []
    for seed, name in enumerate(("c.log", "py.log")):
        write_blocks(tmp_path / name, example, 20, faults if name == "py.log" else Faults(), seed)
        names.append(str(tmp_path / name))
    by_columns = diff_long(names[0], names[1], chunk=10_000)
    ordinary = diff_traces(read_trace(names[0]), read_trace(names[1]))
    assert by_columns is not None
    assert dump(diff_document(by_columns)) == dump(diff_document(ordinary))
    assert diff_view(by_columns) == diff_view(ordinary)


@pytest.mark.parametrize("block", [None, 2])
def test_what_both_print_again_on_other_lines_of_a_block_is_compared(tmp_path: Path, block: int | None) -> None:
    names = []
    for name in ("c.log", "py.log"):
        write_blocks(tmp_path / name, "polar_09__35_24", 5, Faults(), 0)
        lines = [line for line in (tmp_path / name).read_text().splitlines() if line.startswith("TRACE_")]
        begins = [at for at, line in enumerate(lines) if ": pix0_vector_meters" in line]
        for number, at in reversed(list(enumerate(begins))):
            lines.insert(at + 1, f"TRACE: Fluence = {3 if (name, number) == ('py.log', block) else 1}.0000e+24")
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        names.append(str(tmp_path / name))
    by_columns, by_records = (
        diff_long(names[0], names[1], chunk=3000),
        diff_traces(read_trace(names[0]), read_trace(names[1])),
    )
    assert by_columns is not None
    assert diff_document(by_columns) == diff_document(by_records)
    assert ("fluence_photons_per_m2" in by_columns.conflicts) is (block is not None)


def test_sides_given_the_other_way_round_are_exchanged(tmp_path: Path) -> None:
    for name in ("c.log", "py.log"):
        write_blocks(tmp_path / name, "polar_09__35_24", 10, Faults(), 0)
    names = str(tmp_path / "py.log"), str(tmp_path / "c.log")
    by_columns = diff_long(*names)
    assert by_columns is not None
    assert diff_document(by_columns) == diff_document(diff_traces(read_trace(names[0]), read_trace(names[1])))


@pytest.mark.parametrize("tolerance", ["1e-13", "hkl_frac=abs:1e-15"])
def test_tolerances_near_the_printed_digits_give_the_same(tmp_path: Path, tolerance: str) -> None:
    c, py = map(str, write_pair(tmp_path, 200, wrong=1e-14))
    policy = Policy().updated(parse_option(tolerance), "test")
    by_columns, by_records = diff_long(c, py, policy), diff_traces(read_trace(c), read_trace(py), policy)
    assert by_columns is not None
    assert by_records.divergences
    assert diff_document(by_columns) == diff_document(by_records)


def test_two_names_of_one_value_in_different_blocks_are_left_to_the_ordinary_comparison(tmp_path: Path) -> None:
    """Arrays would count the second name as a value that only Py has, although it is paired with the first."""
    corner = "pix0_vector_meters 0.04 0.0495 -0.0495"
    (tmp_path / "c.log").write_text(f"DETECTOR_PIX0_VECTOR 0.04 0.0495 -0.0495\nTRACE_C: {corner}\n")
    (tmp_path / "py.log").write_text(f"TRACE_PY: floatimage_accumulated 2.5\nTRACE_PY: {corner}\n")
    names = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    by_columns = diff_long(*names)
    ordinary = diff_traces(read_trace(names[0]), read_trace(names[1]))
    assert ordinary.coverage.expected == 3
    assert by_columns is None


@pytest.mark.parametrize("digits", [3, 5])
def test_numbers_of_few_digits_are_judged_alike(tmp_path: Path, digits: int) -> None:
    names = []
    for path in write_pair(tmp_path, 300, wrong=1e-2):
        text = re.sub(
            r"(?<![\w.])-?\d+\.\d+(?:e[+-]?\d+)?", lambda number: f"{float(number[0]):.{digits}g}", path.read_text()
        )
        coarse = tmp_path / f"coarse_{path.name}"
        coarse.write_text(text)
        names.append(str(coarse))
    c, py = names
    by_columns = diff_long(c, py, chunk=9_000)
    by_records = diff_traces(read_trace(c), read_trace(py))
    assert by_columns is not None
    assert by_records.divergences
    assert diff_document(by_columns) == diff_document(by_records)


_logs = st.builds(
    lambda example, seed, form, **more: [
        edited_log(example, side, seed + at, form, **more) for at, side in enumerate(("c", "py"))
    ],
    st.sampled_from(LOGS),
    st.integers(0, 2**32),
    st.sampled_from([".15g"] * 4 + [".17g", ".7g", ".12e", ".9f", ".4g", ".3f"]),
    blocks=st.integers(3, 7),
    rate=st.sampled_from([0.0, 0.0, 0.004, 0.02]),
    wrong=st.sampled_from([0.0, 0.0, 0.02, 0.3]),
)


def _same(folder: Path, logs: list[bytes], chunk: int, *, strict: bool) -> bool:
    """Compare both ways; return whether columns did."""
    c, py = (str(folder / name) for name in ("compared_c.log", "compared_py.log"))
    for name, text in zip((c, py), logs, strict=True):
        Path(name).write_bytes(text)
    by_columns = diff_long(c, py, strict=strict, chunk=chunk)
    if by_columns is not None:
        by_records = diff_traces(read_trace(c), read_trace(py), strict=strict)
        assert dump(diff_document(by_columns)) == dump(diff_document(by_records))
        assert diff_view(by_columns) == diff_view(by_records)
        assert by_columns.num_blocks == by_records.num_blocks
    return by_columns is not None


@settings(max_examples=2, suppress_health_check=list(HealthCheck), deadline=None)
@given(logs=_logs, chunk=st.sampled_from([3_000, 1 << 20]), strict=st.booleans())
def test_both_ways_say_the_same(
    tmp_path_factory: pytest.TempPathFactory, logs: list[bytes], chunk: int, *, strict: bool
) -> None:
    _same(tmp_path_factory.getbasetemp(), logs, chunk, strict=strict)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)
@given(logs=_logs, chunk=st.sampled_from([3_000, 1 << 20]), strict=st.booleans())
def test_both_ways_say_the_same_of_many_logs(
    tmp_path_factory: pytest.TempPathFactory, logs: list[bytes], chunk: int, *, strict: bool
) -> None:
    _same(tmp_path_factory.getbasetemp(), logs, chunk, strict=strict)


def test_pixels_that_repeat_a_step_are_counted_and_not_kept(tmp_path: Path) -> None:
    c, py = (str(tmp_path / name) for name in ("c.log", "py.log"))
    for seed, name in enumerate((c, py)):
        write_blocks(Path(name), SUPERVISOR_PAIR.name, 12, Faults(), seed)
    by_columns, by_records = diff_long(c, py, chunk=30_000), diff_traces(read_trace(c), read_trace(py))
    assert by_columns is not None
    assert len(by_columns.rows) < len(by_records.rows)
    repeated = "C phi_tic 0 repeats phi_tic 9 in 12 of 12 sweeps: the same values at another angle"
    assert repeated in [notice.text for notice in by_columns.notices]
    assert diff_document(by_columns) == diff_document(by_records)


def test_blocks_that_belong_to_others_than_those_of_their_number_are_left_to_the_ordinary_comparison(
    tmp_path: Path,
) -> None:
    """Without its last lines Py's first block runs into the second; arrays compare the others with the wrong ones."""
    for name in ("c.log", "py.log"):
        write_blocks(tmp_path / name, "polar_09__35_24", 12, Faults(), 0)
    names = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    lines = (tmp_path / "py.log").read_text().splitlines(keepends=True)
    closing = ("TRACE_PY: I_pixel_final", "TRACE_PY: floatimage", "TRACE_PY: steps", "TRACE_PY: fluence")
    first_end = next(at for at, line in enumerate(lines) if line.startswith("TRACE_PY: floatimage")) + 1
    kept = [line for line in lines[:first_end] if not line.startswith(closing)]
    (tmp_path / "py.log").write_text("".join([*kept, *lines[first_end:]]))
    assert diff_long(*names, chunk=3000) is None


def test_relations_are_held_at_the_samples_that_a_side_has(tmp_path: Path) -> None:
    """Py has the first of four samples alone, at which omega_pixel_sr stands for an omega_pixel that a block lacks."""
    for name in ("c.log", "py.log"):
        write_blocks(tmp_path / name, "thick_sensor__44_31", 6, Faults(), 0)
    lines = (tmp_path / "py.log").read_text().splitlines(keepends=True)
    del lines[[at for at, line in enumerate(lines) if line.startswith("TRACE_PY: omega_pixel ")][3]]
    (tmp_path / "py.log").write_text("".join(lines))
    assert _same(tmp_path, [(tmp_path / name).read_bytes() for name in ("c.log", "py.log")], 9_000, strict=False)


@pytest.mark.parametrize("size", ["1e+200", "1e-200"])
def test_a_vector_whose_squares_leave_the_range_of_numbers_is_judged_alike(tmp_path: Path, size: str) -> None:
    """An infinite norm of C would allow any difference, a norm of zero none."""
    names = []
    for name, prefix, last in (("c.log", "C", "1"), ("py.log", "PY", "1.00000000000001")):
        path, lines = tmp_path / name, []
        for block in range(8):
            own, apart = (last, "2") if block % 2 and prefix == "PY" else ("1", "1")
            lines.append(f"TRACE_{prefix}: pix0_vector_meters {size.replace('1', own, 1)} 0 0")
            lines.append(f"TRACE_{prefix}: scattering_vec_A_inv {size.replace('1', apart, 1)} 0 0")
            lines.append(f"TRACE_{prefix}: floatimage_accumulated 1")
        path.write_text("\n".join(lines) + "\n")
        names.append(str(path))
    c, py = names
    by_columns, by_records = diff_long(c, py, chunk=200), diff_traces(read_trace(c), read_trace(py))
    assert by_columns is not None
    assert by_records.divergences
    assert dump(diff_document(by_columns)) == dump(diff_document(by_records))


@pytest.mark.parametrize(
    ("c", "py", "tolerance"),
    [("1.7e+308", "-1.7e+308", "1e-6"), ("2e-308", "1e+300", "1e-6"), ("1e+20", "2e+20", "1e300")],
    ids=["difference", "measure", "limit"],
)
def test_what_leaves_the_range_of_numbers_on_the_way_is_judged_alike(
    tmp_path: Path, c: str, py: str, tolerance: str
) -> None:
    """Of arrays numpy warns; single numbers are infinite without a word."""
    names = []
    for name, side, apart in (("c.log", "TRACE_C", c), ("py.log", "TRACE_PY", py)):
        blocks = [f"{side}: F_latt 1\n{side}: polar {apart if at > 3 else c}\n{side}: steps 1\n" for at in range(8)]
        (tmp_path / name).write_text("".join(blocks))
        names.append(str(tmp_path / name))
    policy = Policy().updated(parse_option(tolerance), "test")
    by_columns = diff_long(names[0], names[1], policy, chunk=200)
    by_records = diff_traces(read_trace(names[0]), read_trace(names[1]), policy)
    assert by_columns is not None
    assert len(by_records.divergences) == (tolerance != "1e300")
    assert dump(diff_document(by_columns)) == dump(diff_document(by_records))
    assert "".join(unified_of_long(by_columns)) == unified(by_records)


@pytest.mark.parametrize(("c", "py"), [(0.25, 0.00025), (4e-7, 4e-10), (1e-9, 1e-4)])
def test_another_unit_in_one_block_is_told_where_the_tolerance_is_absolute(tmp_path: Path, c: float, py: float) -> None:
    """A difference of all of the value may be a small one, or agree; that of another pixel is larger."""
    names = []
    for name, side, own in (("c.log", "TRACE_C", (3, c)), ("py.log", "TRACE_PY", (12, py))):
        h = [1, 2, own[0], 4, 5, own[1], 7, 8, 9]
        blocks = [f"{side}: hkl_frac {number} 0 0\n{side}: F_latt 1\n{side}: steps 1\n" for number in h]
        (tmp_path / name).write_text("".join(blocks))
        names.append(str(tmp_path / name))
    by_columns = diff_long(names[0], names[1], chunk=200)
    assert by_columns is not None
    assert any(notice.subject is Subject.UNIT for notice in by_columns.notices)
    assert diff_document(by_columns) == diff_document(diff_traces(read_trace(names[0]), read_trace(names[1])))


@pytest.mark.parametrize("crossed", [False, True])
def test_logs_whose_first_parts_hold_no_value_are_told_by_the_prefixes_that_follow(
    tmp_path: Path, crossed: bool
) -> None:
    names = []
    for name, side in (("c.log", "TRACE_C"), ("py.log", "TRACE_PY")):
        lines = [*["compiling kernels"] * 100, f"{side}: polar 1.5", f"{side}: steps 1"]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        names.append(str(tmp_path / name))
    c, py = reversed(names) if crossed else names
    by_columns = diff_long(c, py, chunk=200)
    assert by_columns is not None
    assert (by_columns.c.source, by_columns.py.source) == tuple(names)


@pytest.mark.parametrize("other", [40, 13])
def test_blocks_of_one_pixel_are_left_to_the_ordinary_comparison(tmp_path: Path, other: int) -> None:
    """A block of Py is of the pixel of a block that arrays compare with another one: it has the first claim to it."""
    for name in ("c.log", "py.log"):
        write_blocks(tmp_path / name, "polar_09__35_24", 50, Faults(), 0)
    py = tmp_path / "py.log"
    lines = py.read_text().splitlines()
    at = [at for at, line in enumerate(lines) if "pixel_pos_meters" in line]
    lines[at[25]] = lines[at[other]]
    py.write_text("\n".join(lines) + "\n")
    assert diff_long(str(tmp_path / "c.log"), str(py)) is None


def test_a_block_beyond_the_other_log_is_paired_with_that_of_its_pixel(tmp_path: Path) -> None:
    """The block of Py in whose place it belongs does not tell its pixel."""
    for name, blocks in (("c.log", 12), ("py.log", 13)):
        write_blocks(tmp_path / name, "polar_09__35_24", blocks, Faults(), 0)
    py = tmp_path / "py.log"
    lines = py.read_text().splitlines()
    at = [at for at, line in enumerate(lines) if "pixel_pos_meters" in line]
    lines[at[12]] = lines[at[5]]
    del lines[at[5]]
    py.write_text("\n".join(lines) + "\n")
    names = str(tmp_path / "c.log"), str(py)
    assert diff_traces(read_trace(names[0]), read_trace(names[1])).gaps[0].blocks == 0
    assert diff_long(*names) is None


def test_pixels_beyond_a_log_that_has_no_final_value_are_counted(tmp_path: Path) -> None:
    """A log without a value of the whole pixel may trace steps alone: no pixel is missing, but each is told."""
    names = []
    for name, side, blocks in (("c.log", "TRACE_C", 0), ("py.log", "TRACE_PY", 9)):
        lines = [f"{side}: Fclose_m 0.5", *[f"{side}: F_latt 1", f"{side}: steps 1"] * blocks]
        (tmp_path / name).write_text("\n".join(lines if blocks else [*lines, f"{side}: own_number 1"]) + "\n")
        names.append(str(tmp_path / name))
    by_columns, by_records = diff_long(names[0], names[1]), diff_traces(read_trace(names[0]), read_trace(names[1]))
    assert by_columns is not None
    assert any("Py traces 8 pixels" in notice.text for notice in by_records.notices)
    assert diff_document(by_columns) == diff_document(by_records)


def test_configurations_that_differ_are_counted_without_those_that_are_the_same_in_fewer_digits(tmp_path: Path) -> None:
    """A notice shows six of them, and how many more there are."""
    names = []
    for name, side, factors in (("c.log", "TRACE_C", [1.0] * 3), ("py.log", "TRACE_PY", [1.00001, 1.5, 1.00002])):
        fluences = [1e24 * factors[at % 3] for at in range(30)]
        blocks = [f"{side}: F_latt 2\n{side}: fluence_photons_per_m2 {own:.15g}\n" for own in fluences]
        (tmp_path / name).write_text("".join(blocks))
        names.append(str(tmp_path / name))
    by_columns = diff_long(names[0], names[1], chunk=300)
    assert by_columns is not None
    assert any(notice.text.endswith("; and 4 more") for notice in by_columns.notices)
    assert diff_document(by_columns) == diff_document(diff_traces(read_trace(names[0]), read_trace(names[1])))


def test_a_text_that_one_of_several_runs_prints_otherwise_is_told(tmp_path: Path) -> None:
    """The last one is compared, so that the logs agree; of numbers the same is said."""
    logs = []
    for side, other in (("TRACE_C", "Fbeam"), ("TRACE_PY", "Sbeam")):
        texts = ["Fbeam"] * 4 + [other] + ["Fbeam"] * 6
        runs = [f"{side}:convention_mapping={text}\n{side}: F_latt 2\n{side}: I_pixel_final 3\n" for text in texts]
        logs.append("".join(runs).encode())
    assert _same(tmp_path, logs, 200, strict=False)
    c, py = (read_trace(str(tmp_path / f"compared_{name}.log")) for _, name in SIDES)
    told = [
        notice.text for notice in diff_traces(c, py).notices if "more than once with different values" in notice.text
    ]
    assert len(told) == 1


def test_whether_a_relation_may_be_of_another_sample_is_told_by_the_whole_log(tmp_path: Path) -> None:
    """Only one pixel, whose values are like those of others, prints both of the samples that a pixel is the sum of."""
    names = []
    for name, side in (("c.log", "TRACE_C"), ("py.log", "TRACE_PY")):
        lines = []
        for block in range(12):
            sample = [
                f"{side}: incident_vec 1 0 0",
                f"{side}: diffracted_vec 0.600012345678901 0.799990740692 0",
                f"{side}: F_latt 2",
            ]
            lines += [*sample * (1 + (block == 5)), f"{side}: steps 2", f"{side}: cos_2theta 0.712345678901234"]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        names.append(str(tmp_path / name))
    by_columns = diff_long(names[0], names[1], chunk=300)
    by_records = diff_traces(read_trace(names[0]), read_trace(names[1]))
    assert by_columns is not None
    assert [item.broken for item in by_records.checks[0].checks if item.quantity == "cos_2theta"] == [12]
    assert diff_document(by_columns) == diff_document(by_records)


@pytest.mark.parametrize("lacking", [False, True])
def test_runs_one_after_the_other_are_compared_by_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: bool
) -> None:
    """What the banner of each run says stands in its trace once more, and sets no block aside unless it does not."""
    monkeypatch.setattr(stream, "_MOST_ASIDE", 2)
    for name in ("c.log", "py.log"):
        runs = []
        for run in range(7):
            write_blocks(tmp_path / name, "polar_09__35_24", 1, Faults(), 0)
            text = (tmp_path / name).read_text()
            position = next(line for line in text.splitlines() if "pixel_pos_meters" in line)
            start, z = position.rsplit(" ", 1)
            text = text.replace(position, f"{start} {float(z) + run * _PIXEL:.15g}")
            text = text.replace("fpixel=24", f"fpixel={24 + run}").replace("fast=24", f"fast={24 + run}")
            if lacking and run == 4:
                text = re.sub(r"TRACE_C: (r_e_sqr|fluence_photons_per_m2) .*\n", "", text)
            runs.append(text)
        (tmp_path / name).write_text("".join(runs))
    names = str(tmp_path / "c.log"), str(tmp_path / "py.log")
    by_columns = diff_long(*names, chunk=9000)
    assert by_columns is not None
    assert diff_document(by_columns) == diff_document(diff_traces(read_trace(names[0]), read_trace(names[1])))

"""What a log lacks of what it prints elsewhere: each gap is a difference, and each is counted."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbtrace import Trace, compare_phi, diff, scaling_chain
from nbtrace.documents import dump
from nbtrace.longlogs.stream import diff_long
from nbtrace.parsers import read_trace
from nbtrace.report.documents.trace_documents import diff_document
from nbtrace.report.views.diff_view import diff_view
from nbtrace.verdicts.notices import Subject
from nbtrace.verdicts.status import Verdict

Read = Callable[..., Trace]

PER_SAMPLE = (
    "pix0_vector_meters",
    "pixel_pos_meters",
    "omega_pixel_sr",
    "hkl_frac",
    "F_latt",
    "F_cell_interpolated",
)
CHAIN = ("I_before_scaling", "r_e_sqr", "steps", "polar", "I_pixel_final")
VECTORS = ("pix0_vector_meters", "pixel_pos_meters", "hkl_frac")


@dataclass(frozen=True)
class Item:
    """One line of a log: its block, sample and step (−1 where it has none), and what it prints."""

    block: int
    sample: int
    step: int
    name: str

    def text(self, side: str) -> str:
        if self.step >= 0:
            k = (0.5 + self.step / 100 + self.sample / 10) * 0.987654321098765
            fields = f"phi_tic={self.step} phi_deg={self.step / 10} k_frac={k:.15g} F_latt_b=1 F_latt=2"
            return f"TRACE_{side}_PHI {fields}"
        value = (1 + self.block + self.sample / 7) * 0.123456789012345
        numbers = [value, 0.1, 0.2] if self.name in VECTORS else [value]
        return f"TRACE_{side}: {self.name} {' '.join(f'{number:.15g}' for number in numbers)}"


def items(blocks: int, samples: int, steps: int) -> list[Item]:
    found = []
    for block in range(blocks):
        for sample in range(samples):
            found += [Item(block, sample, -1, name) for name in PER_SAMPLE]
            found += [Item(block, sample, step, "") for step in range(steps)]
        found += [Item(block, 0, -1, name) for name in CHAIN]
    return found


def log(lines: list[Item], side: str) -> str:
    return "".join(f"{item.text(side)}\n" for item in lines)


def without(lines: list[Item], dropped: set[Item]) -> list[Item]:
    return [item for item in lines if item not in dropped]


def test_whole_logs_have_no_gaps(read: Read) -> None:
    every = items(3, 2, 4)
    result = diff(read(log(every, "C")), read(log(every, "PY")))
    assert result.verdict is Verdict.AGREE
    assert not any(gaps.are_differences for gaps in result.gaps)


@pytest.mark.parametrize("lacks", ["C", "PY"])
@pytest.mark.parametrize(
    "lost",
    [
        Item(2, 0, -1, "F_latt"),
        Item(1, 1, -1, "F_latt"),
        Item(0, 0, -1, "hkl_frac"),
        Item(1, 0, -1, "polar"),
        Item(2, 0, -1, "I_pixel_final"),
    ],
    ids=["block", "sample", "first sample", "chain", "final value"],
)
def test_one_lost_value_is_one_difference(read: Read, lacks: str, lost: Item) -> None:
    every = items(3, 2, 4)
    sides = {side: without(every, {lost} if side == lacks else set()) for side in ("C", "PY")}
    result = diff(read(log(sides["C"], "C")), read(log(sides["PY"], "PY")))
    assert result.verdict is Verdict.DIFFER
    assert result.first_divergence is None
    mine, other = result.gaps if lacks == "C" else result.gaps[::-1]
    assert dict(mine.lost) == {lost.name: 1}
    assert not other.are_differences
    (text,) = [notice.text for notice in result.notices if notice.subject is Subject.LINES]
    assert lost.name in text
    document = diff_document(result)
    coverage = document["coverage"]
    assert isinstance(coverage, dict)
    assert coverage["lost_c" if lacks == "C" else "lost_py"] == {lost.name: 1}


@pytest.mark.parametrize("many", [1, 3])
def test_missing_steps_are_counted_as_phi_does(read: Read, many: int) -> None:
    every = items(1, 1, 10)
    some = without(every, {item for item in every if item.step >= 10 - many})
    c, py = read(log(every, "C")), read(log(some, "PY"))
    result = diff(c, py)
    assert result.verdict is compare_phi(c, py).verdict is Verdict.DIFFER
    assert (result.gaps[1].steps, result.gaps[1].steps_there) == (many, 10)
    assert not result.gaps[1].lost
    (text,) = [notice.text for notice in result.notices if notice.subject is Subject.STEP]
    assert text == f"Py lacks {many} of the 10 φ steps that C has, first [phi_tic {10 - many}]"


def test_lines_of_rotated_vectors_are_no_further_steps(read: Read) -> None:
    """A port prints them after its steps, where their numbers begin anew; the reference does not print them."""
    every = items(1, 1, 3)
    rotated = "".join(f"TRACE_PY_ROTSTAR phi_tic={tic} ap_y=1 bp_y=2 cp_y=3\n" for tic in range(3))
    result = diff(read(log(every, "C")), read(log(every, "PY") + rotated))
    assert result.verdict is Verdict.AGREE
    assert not any(gaps.are_differences for gaps in result.gaps)


def test_a_missing_pixel_is_a_difference(read: Read) -> None:
    c = read(log(items(3, 2, 0), "C"))
    py = read(log(items(2, 2, 0), "PY"))
    result = diff(c, py)
    assert result.verdict is Verdict.DIFFER
    assert [gaps.blocks for gaps in result.gaps] == [0, 1]
    assert diff(py, c).verdict is Verdict.DIFFER


def test_a_log_cut_anywhere_never_agrees(read: Read) -> None:
    """Wherever the Py log stops, a value is missing that C has and that Py prints in its first block."""
    every = items(3, 2, 3)
    c = read(log(every, "C"))
    first_block = sum(item.block == 0 for item in every)
    for length in range(first_block, len(every)):
        assert diff(c, read(log(every[:length], "PY"))).verdict is Verdict.DIFFER, length


@pytest.mark.parametrize("line", ["TRACE_PY_PHI phi_tic=0 phi_deg", "TRACE_PY_PHI", "TRACE_PY_PHI phi_tic=0 F_latt=2"])
def test_steps_of_which_none_can_be_read_are_a_difference(read: Read, line: str) -> None:
    """No step of Py is left to say that it traces steps at all, but the damaged line says so."""
    c, py = read(log(items(1, 1, 1), "C")), log(items(1, 1, 0), "PY")
    assert diff(c, read(py)).verdict is Verdict.AGREE
    assert diff(c, read(f"{line}\n{py}")).verdict is Verdict.DIFFER


@pytest.mark.parametrize("left", range(1, len("floatimage_accumulated") + 1))
def test_a_key_cut_in_its_middle_is_a_lost_value(read: Read, left: int) -> None:
    c, py = (log(items(1, 1, 0), side) + f"TRACE_{side}: floatimage_accumulated 3\n" for side in ("C", "PY"))
    cut = py[: py.index("floatimage") + left]
    assert diff(read(c), read(py)).verdict is Verdict.AGREE
    assert diff(read(c), read(cut)).verdict is Verdict.DIFFER


def test_what_a_log_never_prints_is_no_difference(read: Read) -> None:
    every = items(3, 2, 3)
    c = read(log(every, "C"))
    for names in ({"F_latt"}, {"polar", "r_e_sqr"}, {""}, set(PER_SAMPLE) - {"pix0_vector_meters", "hkl_frac"}):
        py = read(log([item for item in every if item.name not in names], "PY"))
        assert diff(c, py).verdict is Verdict.AGREE, names
        assert diff(c, py, strict=True).verdict is Verdict.DIFFER, names


def test_a_log_of_first_samples_alone_agrees_and_says_so(read: Read) -> None:
    c, py = read(log(items(2, 4, 0), "C")), read(log(items(2, 1, 0), "PY"))
    result = diff(c, py)
    assert result.verdict is Verdict.AGREE
    assert result.gaps[1].by_choice == 2 * 3 * len(PER_SAMPLE)
    assert any("Py traces one sampled point" in notice.text for notice in result.notices)
    third = read(log(without(items(2, 4, 0), {item for item in items(2, 4, 0) if item.sample == 3}), "PY"))
    assert diff(c, third).verdict is Verdict.DIFFER


def test_a_log_of_one_source_agrees_and_one_of_two_does_not(read: Read) -> None:
    def sources(side: str, numbers: tuple[int, ...]) -> Trace:
        return read("".join(f"TRACE_{side}_SOURCE {n}: F_cell {n + 1}\n" for n in numbers) + f"TRACE_{side}: steps 1\n")

    assert diff(sources("C", (2,)), sources("PY", (0, 1, 2))).verdict is Verdict.AGREE
    assert diff(sources("C", (1, 2)), sources("PY", (0, 1, 2))).verdict is Verdict.DIFFER


def test_lost_nodes_are_differences(read: Read) -> None:
    def nodes(side: str, numbers: range) -> Trace:
        return read("".join(f"TRACE_{side}_TRICUBIC: [0,0,{n}]={n + 1}.5\n" for n in numbers))

    lines = "".join(f"TRACE_PY_TRICUBIC: [0,0,{n}]={n + 1}.5\n" for n in range(4))
    one = read(lines)
    assert diff(one, read(lines)).verdict is Verdict.AGREE
    result = diff(one, nodes("PY", range(3)))
    assert result.verdict is Verdict.DIFFER
    assert dict(result.gaps[1].lost) == {"F_tricubic": 1}


TORN = ("TRACE_PY: polar 0.9x", "TRACE_PY: polar", "TRACE_PY: polar 0.9 0.9", "TRACE_PY: steps 1TRACE_PY: polar 0.9")


@pytest.mark.parametrize("line", TORN)
def test_an_unreadable_line_is_no_agreement(read: Read, line: str) -> None:
    c = read("TRACE_C: steps 1\nTRACE_C: polar 0.9\n")
    alone = diff(c, read(f"TRACE_PY: steps 1\n{line}\n"))
    assert alone.verdict is Verdict.DIFFER
    assert dict(alone.gaps[1].lost) == {"polar": 1}
    for text in (
        f"TRACE_PY: steps 1\nTRACE_PY: polar 0.9\n{line}\n",
        f"TRACE_PY: steps 1\n{line}\nTRACE_PY: polar 0.9\n",
    ):
        hidden = diff(c, read(text))
        assert hidden.verdict is Verdict.DIFFER
        assert "polar" in hidden.gaps[1].hidden


@pytest.mark.parametrize("line", TORN)
def test_what_neither_log_prints_readably_is_no_agreement(read: Read, line: str) -> None:
    c, py = read(f"TRACE_C: steps 1\n{line.replace('_PY', '_C')}\n"), read(f"TRACE_PY: steps 1\n{line}\n")
    result = diff(c, py)
    assert result.verdict is Verdict.DIFFER
    assert all("polar" in gaps.hidden for gaps in result.gaps)
    told = [notice.text for notice in result.notices if "no readable value for polar" in notice.text]
    assert [text.split(" log ")[0] for text in told] == ["the C", "the Py"]


def test_an_unreadable_step_behind_a_readable_one_is_no_agreement(read: Read) -> None:
    step = "TRACE_{}_PHI phi_tic=0 phi_deg=0 k_frac=0.5 F_latt_b=1 F_latt=2\n"
    c, py = read(step.format("C")), read(step.format("PY") + "TRACE_PY_PHI phi_tic=0 phi_deg=0 k_frac= F_latt=2\n")
    assert diff(c, py).verdict is Verdict.DIFFER
    assert compare_phi(c, py).verdict is Verdict.DIFFER


def test_a_key_that_stands_twice_in_a_json_step_is_no_agreement(read: Read) -> None:
    entry = '{"phi_tic": 0, "phi_deg": 0, %s"k_frac": 0.5, "F_latt_b": 1, "F_latt": 2}'
    once, twice = (read('{"per_phi_entries": [' + entry % more + "]}") for more in ("", '"k_frac": 0.7, '))
    assert compare_phi(once, once).verdict is Verdict.AGREE
    assert compare_phi(once, twice).verdict is Verdict.DIFFER
    assert diff(once, twice).verdict is Verdict.DIFFER


def test_an_unreadable_line_of_something_else_changes_nothing(read: Read) -> None:
    c = read("TRACE_C: steps 1\n")
    assert diff(c, read("TRACE_PY: steps 1\nTRACE_PY: nobody_prints_this\n")).verdict is Verdict.AGREE


@pytest.mark.parametrize("name", ["distance_m", "polar", "nobody_knows_this"])
@pytest.mark.parametrize("order", [("nan", "0.5"), ("0.5", "nan"), ("inf", "0.5")])
def test_a_number_beside_none_is_no_agreement(read: Read, name: str, order: tuple[str, str]) -> None:
    c = read(f"TRACE_C: {name} 0.5\nTRACE_C: steps 1\n")
    py = read("".join(f"TRACE_PY: {name} {value}\n" for value in order) + "TRACE_PY: steps 1\n")
    assert diff(c, py).verdict is Verdict.DIFFER


def test_a_chain_that_stops_in_a_later_pixel_is_no_agreement(read: Read) -> None:
    names = ("r_e_sqr", "fluence_photons_per_m2", "steps", "capture_fraction", "polar", "omega_pixel", "cos_2theta")
    chain = ("I_before_scaling", *names, "I_pixel_final")
    lines = [Item(block, 0, -1, name) for block in range(2) for name in ("F_latt", *chain)]
    whole, cut = read(log(lines, "C")), read(log(lines[:-1], "PY"))
    assert scaling_chain(whole, read(log(lines, "PY"))).verdict is Verdict.AGREE
    assert scaling_chain(whole, cut).verdict is Verdict.DIFFER


@pytest.mark.parametrize("seed", range(15))
def test_long_logs_have_the_same_gaps(tmp_path: Path, seed: int) -> None:
    """Lines, steps, samples and blocks are left out at random: the arrays count what the records count."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    every = items(30, chance.choice([1, 2, 3]), chance.choice([0, 1, 4]))
    names = []
    for side in ("C", "PY"):
        dropped = {item for item in every if chance.random() < 0.01}
        block, sample, step = chance.randrange(1, 30), chance.randrange(3), chance.randrange(4)
        kind = chance.randrange(5)
        for item in every:
            in_block = item.block == block and item.block
            if (kind, True) in {(0, item.block >= block), (1, in_block and item.sample == sample and sample > 0)}:
                dropped.add(item)
            if (kind, True) in {(2, in_block and item.step == step), (3, item.sample > 0 and item.step < 0)}:
                dropped.add(item)
        path = tmp_path / f"{side}.log"
        text = log(without(every, dropped), side)
        if chance.random() < 0.3:
            text = text.replace(f"TRACE_{side}: polar", f"TRACE_{side}: polar x", 1)
        path.write_text(text)
        names.append(str(path))
    by_columns = diff_long(names[0], names[1], chunk=4_000)
    ordinary = diff(read_trace(names[0]), read_trace(names[1]))
    assert by_columns is not None
    assert by_columns.gaps[0].lost == ordinary.gaps[0].lost
    assert by_columns.gaps[1].lost == ordinary.gaps[1].lost
    assert dump(diff_document(by_columns)) == dump(diff_document(ordinary))
    assert diff_view(by_columns) == diff_view(ordinary)


@pytest.mark.parametrize("seed", range(15))
def test_the_counts_are_those_of_the_lines_left_out(read: Read, seed: int) -> None:
    """Lines are left out of the Py log so that no sample or block loses its bounds; what is lost is known."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    every = items(4, 2, 3)
    inner = [item for item in every if item.name in {"omega_pixel_sr", "hkl_frac", "steps", "polar"} or item.step >= 0]
    inner = [item for item in inner if item.block]
    dropped = set(chance.sample(inner, chance.randrange(1, 12)))
    result = diff(read(log(every, "C")), read(log(without(every, dropped), "PY")))
    steps = sum(item.step >= 0 for item in dropped)
    lost = Counter(item.name for item in dropped if item.step < 0)
    assert result.gaps[1].steps == steps
    assert result.gaps[1].steps_there == 4 * 2 * 3
    assert dict(result.gaps[1].lost) == dict(lost)
    assert result.verdict is Verdict.DIFFER


def test_what_both_logs_print_again_on_lines_of_another_prefix_is_compared(read: Read) -> None:
    text = "TRACE_PY: fluence_photons_per_m2 1e+24\nTRACE_PY: steps 1\nTRACE: Fluence = {}\n"
    c, same, other = (read(text.format(value)) for value in ("1.000000e+24", "1.0e+24", "3.000000e+24"))
    assert diff(c, same).verdict is Verdict.AGREE
    result = diff(c, other)
    assert (result.verdict, result.conflicts) == (Verdict.DIFFER, frozenset({"fluence_photons_per_m2"}))
    (told,) = [notice.text for notice in result.notices if "Fluence" in notice.text]
    assert "C 1.000000e+24, line 3; Py 3.000000e+24, line 3" in told
    assert not any("is one log a copy" in notice.text for notice in result.notices)
    # Not only what they print last is compared.
    last = "TRACE: Fluence = 1.000000e+24\n"
    thrice = [read(text.format(value) + last) for value in ("1.000000e+24", "3.000000e+24")]
    assert diff(thrice[0], thrice[1]).verdict is Verdict.DIFFER
    # What one of them prints once is nothing to compare with.
    assert diff(read(text.partition("TRACE: ")[0]), other).verdict is Verdict.AGREE

"""Logs of scripts that print no trace prefix."""

import pytest

from nbtrace import Trace, diff, load_vocabulary
from nbtrace.parsers import parse_trace
from nbtrace.parsers.untagged import UntaggedForm, assignment
from nbtrace.verdicts.notices import Weight
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary import registry
from tests.places import EXAMPLES

KEYS = {
    "lambda_meters": "1e-10",
    "pix0_vector_meters": "[0.1, 0.2, 0.3]",
    "F_latt": "-2.38",
    "F_cell": "100",
    "I_pixel_final": "1.5",
}


def read(text: str) -> Trace:
    (trace,) = parse_trace(text)
    account = trace.account
    assert account.total == account.used + account.structure + account.ignored + len(account.unreadable)
    return trace


def script(between: str, **changed: str) -> str:
    return "=== one pixel ===\n" + "".join(f"  {key}{between}{value}\n" for key, value in {**KEYS, **changed}.items())


TAGGED = "".join(f"TRACE_C: {key} {value}\n" for key, value in KEYS.items())


@pytest.mark.parametrize("between", [" = ", "=", ": ", " ", " =", "\t", " : "])
def test_every_form_gives_the_values_of_tagged_lines(between: str) -> None:
    trace = read(script(between))
    own = [(record.quantity, record.numbers) for record in read(TAGGED).records]
    assert [(record.quantity, record.numbers) for record in trace.records] == own
    result = diff(read(TAGGED), trace)
    assert (result.verdict, result.coverage.compared) == (Verdict.AGREE, len(KEYS))


def test_pairs_on_one_line_are_values_each() -> None:
    trace = read("F_latt=-2.38 F_cell=100, polar=0.5\n" * 2)
    assert [(record.key, record.numbers) for record in trace.records[:3]] == [
        ("F_latt", (-2.38,)),
        ("F_cell", (100.0,)),
        ("polar", (0.5,)),
    ]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("energy = 57, pressure = -134", {"energy": (57,), "pressure": (-134,)}),
        ("energy = 57 | pressure = -134", {"energy": (57,), "pressure": (-134,)}),
        ("energy = 57 J, pressure = -134 Pa, speed = 3", {"energy": (57,), "pressure": (-134,), "speed": (3,)}),
        ("v = (1, 2), w = (3, 4)", {"v": (1, 2), "w": (3, 4)}),
        ("v = [1, 2], w = [3, 4]", {"v": (1, 2), "w": (3, 4)}),
        ("length = |(3, 4)| = 5", {"length": (5,)}),
        ("volume = cross(a, f(b, c)) = 3.5", {"volume": (3.5,)}),
    ],
)
def test_assignments_that_commas_part_are_values_each_and_no_formula(
    line: str, values: dict[str, tuple[float, ...]]
) -> None:
    trace = read(f"mass = 2.5\n{line}\nheat = 1.5\n")
    assert {record.key: record.numbers for record in trace.records[1:-1]} == values
    first, second = (f"mass = 2.5\nenergy = {number}, pressure = -134\n" for number in (57, 58))
    assert diff(read(first), read(second)).verdict is Verdict.DIFFER


def test_what_was_read_is_said() -> None:
    result = diff(read(script(" = ")), read(script(": ")))
    told = [notice.text for notice in result.notices if "no line has a trace prefix" in notice.text]
    assert told == [
        "-: no line has a trace prefix; read 5 lines `key = value`",
        "-: no line has a trace prefix; read 5 lines `key: value`",
    ]
    assert all(notice.weight is Weight.INFO for notice in result.notices if notice.text in told)


@pytest.mark.parametrize("key", KEYS)
def test_a_wrong_value_is_a_difference(key: str) -> None:
    wrong = "[0.1, 0.2, 0.4]" if "vector" in key else "7e3"
    result = diff(read(TAGGED), read(script(" = ", **{key: wrong})))
    assert (result.verdict, result.first_divergence and result.first_divergence.quantity) == (Verdict.DIFFER, key)


@pytest.mark.parametrize(
    ("line", "numbers", "unit"),
    [
        ("distance_m = 100 mm", (0.1,), "mm"),
        ("lambda_meters: 1.5 Å", (1.5e-10,), "Å"),
        ("lambda_angstroms = (1.5e-10 m)", (1.5,), "m"),
        ("pix0_vector_meters = [1, 2, 3] mm", (0.001, 0.002, 0.003), "mm"),
        ("pixel_pos_meters 1 2 3 µm", (1e-6, 2e-6, 3e-6), "µm"),
        ("temperature = 306.5 K", (306.5,), "K"),
        ("scattering_vector = 0.5 0.25 1 1/Å", (5e9, 2.5e9, 1e10), "Å⁻¹"),
        ("wave_number: 1.6e9 1/m", (1.6e9,), "m⁻¹"),
    ],
)
def test_a_printed_unit_counts(line: str, numbers: tuple[float, ...], unit: str) -> None:
    record = read(f"{script(' = ')}{line}\n").records[-1]
    assert record.numbers == pytest.approx(numbers)
    assert record.unit == unit


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("distance_m = 5 K", "measure different things"),
        ("F_latt_a = 1,5", "may be meant as 1.5"),
        ("F_latt_a = ****", "is no value"),
        ("F_latt_a = 1.5+2j", "is no value"),
        ("hkl_frac = [1 2 ... 3]", "is no value"),
        ("pixel_pos_meters: 1 2", "needs 3 numbers"),
    ],
)
def test_a_known_quantity_without_a_value_is_not_passed_over(line: str, reason: str) -> None:
    (bad,) = read(f"{script(' = ')}{line}\n").account.unreadable
    assert reason in bad.reason


def test_how_long_something_took_is_no_value_of_the_computation() -> None:
    trace = read(script(" = ") + "elapsed = 3.5\nsetup: 12 ms\nwall_time = 3\nruntime: 5 s\n")
    assert [record.key for record in trace.records] == list(KEYS)


def test_one_tagged_line_leaves_the_others_alone() -> None:
    trace = read(f"{script(' = ')}TRACE_PY: polar 1\n")
    assert [record.key for record in trace.records] == ["polar"]
    assert not trace.untagged


@pytest.mark.parametrize(
    "text",
    [
        "A letter.\nIt says: nothing\nand x = 3 somewhere in it,\nbut goes on\nand on\nand on\nand on.\n",
        "#!/bin/sh\nset -e\nOMP_NUM_THREADS=1\nexport PATH\ncd /tmp\n./nanoBragg -cell 1 2 3\necho done\n",
        "0% done\n1% done\nFinished: yes\n",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  c.log\n",
        "if F_latt == 3:\n    pass\nassert F_cell != 5\nassert polar >= 1\n",
        "We measured 3 crystals.\nThe first took 2 weeks.\nVersion 1.2.3 was used\nfrom 2026-01-02 on.\n",
        "The cell is 5.43 wide.\nIt was cut\nfrom a larger one\nby hand.\nIts mosaicity is 0.2 at most.\n",
        "1.5 2.5 3.5\n4.5 5.5 6.5\n7.5 8.5 9.5\n",
        "",
    ],
)
def test_other_texts_hold_no_values(text: str) -> None:
    assert read(text).records == ()


def test_a_vocabulary_of_ones_own_reads_them_too() -> None:
    rod = load_vocabulary(EXAMPLES / "heat" / "rod.toml")
    text = "dx_m = 0.0125\nlength_m: 0.1\nradius_mm = 5.0 mm\n"
    (trace,) = parse_trace(text * 2, vocabulary=rod)
    assert [record.numbers for record in trace.records[:2]] == [(0.0125,), (0.1,)]
    assert [record.index.ordinal("repeat") for record in trace.records] == [None] * 3 + [1] * 3
    assert trace.untagged == {"key = value": 4, "key: value": 2}


def test_the_form_of_a_line() -> None:
    words = registry.default()
    assert assignment("F_cell 100", words) == assignment("F_cell   100 ", words)
    found = assignment("step: F_cell = 100", words)
    assert found is not None
    assert (found.form, found.pairs) == (UntaggedForm.EQUALS, (("F_cell", "100"),))
    assert assignment("loading 100", words) is None
    assert assignment("x" * 5000 + " = 1", words) is None


SCRIPT = "F_cell{0}300.0\nF_latt{0}-2.38125\npolar{0}0.961234\nomega_pixel{0}{1}\n"


@pytest.mark.parametrize("between", [" = ", ": ", " "])
@pytest.mark.parametrize("damaged", ["4.2123e-", "*********"])
def test_a_known_quantity_whose_value_is_damaged_is_a_difference(between: str, damaged: str) -> None:
    (whole,) = parse_trace(SCRIPT.format(between, "4.2123e-07"), "whole.log")
    (broken,) = parse_trace(SCRIPT.format(between, damaged), "broken.log")
    assert [bad.quantities for bad in broken.account.unreadable] == [("omega_pixel",)]
    assert diff(whole, whole).verdict is Verdict.AGREE
    assert diff(whole, broken).verdict is Verdict.DIFFER


def test_a_unit_of_another_dimension_is_a_difference() -> None:
    (mm,), (s,) = (parse_trace(f"distance = 100 {unit}\npolar = 0.9\nF_cell = 3\n") for unit in ("mm", "s"))
    assert diff(mm, s).verdict is Verdict.DIFFER


def test_what_a_line_is_of_may_stand_in_front_of_its_value() -> None:
    lines = [f"  inner {turn}: x = {turn / 10}\n" for turn in range(4)]
    (trace,) = parse_trace("".join(lines))
    assert [(record.quantity, record.numbers) for record in trace.records] == [("x", (turn / 10,)) for turn in range(4)]


@pytest.mark.parametrize("form", ["converged = {}\n", "converged: {}\n", "converged={} restarts=3\n"])
def test_what_is_true_in_one_log_and_false_in_the_other_differs(form: str) -> None:
    rod = load_vocabulary(EXAMPLES / "heat" / "rod.toml")
    for words in (rod, registry.default()):
        texts = [f"{script(' = ')}{form.format(word)}" for word in ("True", "False", "no", ".TRUE.", "yes", "T")]
        one, *others = (parse_trace(text, vocabulary=words)[0] for text in texts)
        assert [diff(one, other).verdict for other in others] == [Verdict.DIFFER] * 2 + [Verdict.AGREE] * 3
        first = diff(one, others[0]).first_divergence
        assert first is not None
        assert first.reason == f"text differs: {words.names.reference} true, {words.names.candidate} false"


PROSE = (
    "Cell (Angstrom):\n   5.430  0.000\n   0.000  5.430\n"
    + "".join(f"Step {n}: energy = -1.25{n} eV, max force 0.0{n} [{{}} ms]\n" for n in range(1, 7))
    + "Converged: true\nFinal energy per atom: -0.0192\nPID = {}\nthreads: {}\nJob id: {}\nOMP_NUM_THREADS={}\n"
)


def test_a_log_of_sentences_is_read_and_two_runs_of_one_program_agree() -> None:
    first, second = (read(PROSE.format(*(f"0.{run}7" for _ in range(6)), *(run,) * 4)) for run in (1, 2))
    result = diff(first, second)
    assert (result.verdict, result.coverage.compared) == (Verdict.AGREE, 22)


@pytest.mark.parametrize(
    ("printed", "wrong", "named"),
    [
        ("-1.254", "-1.274", "energy"),
        ("force 0.03", "force 0.08", "max force"),
        ("  5.430\nS", "  5.830\nS", "Cell (Angstrom): numbers"),
        ("-0.0192", "-0.0195", "Final energy per atom"),
        ("true", "false", "Converged"),
    ],
)
def test_the_first_difference_of_such_a_log_is_named(printed: str, wrong: str, named: str) -> None:
    assert PROSE.count(printed) == 1
    first = diff(read(PROSE), read(PROSE.replace(printed, wrong))).first_divergence
    assert first is not None
    assert first.quantity == named

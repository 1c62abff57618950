"""Numbers that stand among words."""

import re
import time

import pytest

from nbtrace import diff
from nbtrace.parsers import parse_trace
from nbtrace.parsers.dialect import LONGEST_LINE
from nbtrace.parsers.worded_numbers import worded_numbers
from nbtrace.verdicts.status import Verdict


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (" STEP    100  TEMP =     309.899031", [("STEP", "100"), ("TEMP", "309.899031")]),
        ("iter = 1  residual = 1.5e-3 |alpha=2", [("iter", "1"), ("residual", "1.5e-3"), ("alpha", "2")]),
        ("  ENERGY=  -12.3D+01    GRAD NORM=   0.5", [("ENERGY", "-12.3D+01"), ("GRAD NORM", "0.5")]),
        ("CG iteration 3: residual norm 1.5e-10", [("CG iteration", "3"), ("residual norm", "1.5e-10")]),
        ("SCF Done:  E(RHF) =  -76.0  A.U. after 6 cycles", [("E(RHF)", "-76.0"), ("A.U. after", "6")]),
        ("hit t=1.5 normal=(0.5, -0.25, 1)", [("hit t", "1.5"), ("normal", "0.5 -0.25 1")]),
        ("box: 10.0 x 10.0 x 12.5 Å", [("box", "10.0 10.0 12.5")]),
        ("Epoch 1/3: loss=0.5", [("Epoch", "1 3"), ("loss", "0.5")]),
        (" 1.0 2.0 3.0", [("numbers", "1.0 2.0 3.0")]),
        ("length 5mm, at 30%", [("length", "5"), ("at", "30")]),
        ("x = 1.d0 y = 2.e5 in run1.log", [("x", "1.d0"), ("y", "2.e5")]),
        ("density nan, mass inf", [("density", "nan"), ("mass", "inf")]),
        ("mean 5.5 min 3 max 7.5", [("mean", "5.5"), ("min", "3"), ("max", "7.5")]),
        ("x/y/z=0.1/0.2/0.3 cell 70/80/90", [("x/y/z", "0.1 0.2 0.3"), ("cell", "70 80 90")]),
        ("Time = 0.1  E = 3.25", [("E", "3.25")]),
        ("Step 100, time 0.5, E 5", [("Step", "100"), ("E", "5")]),
        ("time step 3 energy -1.5", [("time step", "3"), ("energy", "-1.5")]),
        ("processing row 5: lifetime 2.5", [("processing row", "5"), ("lifetime", "2.5")]),
        ("eta = 0.25  theta = 3", [("eta", "0.25"), ("theta", "3")]),
        ("50 % done, ETA 0:12:30", []),
        ("info about nanobragg2 and x86_64, m^2", []),
        ("2026-01-02 03:04:05 run 1.2.3 at 0x7ffe12 in /data/a1/b2 of data.h5", []),
        ("Loop time of 0.0123 on 4 procs for 500 steps", []),
        ("done in 0.31 s", []),
        ("done in 5 min 30 s", []),
        ("time = 0.5 s, 3 rounds", []),
        ("wall time = 0.5, rate = 3", []),
        ("wall: 12.5", []),
        ("cycle 3, wall 12.5, E 5", []),
        ("wall clock 12.5", []),
        ("total wall = 12.5", []),
        ("the wall temperature is 305.5 K", [("the wall temperature is", "305.5")]),
        ("heat flux through the wall 2.25 W", [("heat flux through the wall", "2.25")]),
        ("wallShearStress = 0.125", [("wallShearStress", "0.125")]),
        ("max speed 12.5 m/s at cell 14", [("max speed", "12.5"), ("m/s at cell", "14")]),
        ("wind speed = 3.5 cm/s", [("wind speed", "3.5")]),
        ("Speed: 12.5 steps/s", []),
        ("Frozen core energy = -76.025", [("Frozen core energy", "-76.025")]),
        ("core temperature 305.5 K", [("core temperature", "305.5")]),
        ("on 1 core, E 5", []),
        ("core count 4", []),
        ("residence time 3.5 fs", [("residence time", "3.5")]),
        ("collision_time = 1.25", [("collision_time", "1.25")]),
        ("pulse duration 35.5 fs", [("pulse duration", "35.5")]),
        ("time constant 3.5", [("time constant", "3.5")]),
        ("dead time 2.5", [("dead time", "2.5")]),
        ("duration 3.5", []),
        ("runtime 3.5, E 5", []),
        ("run_duration = 3.5", []),
        ("walltime = 3.5", []),
        ("speed 12.5 ns/day", []),
        ("speedup 3.5", []),
        ("run on 4 processors, 2 processes each", []),
        ("finished after 12 hours and 5.5 minutes", []),
        ("converged in 12 cycles after 3.2 seconds", [("converged in", "12")]),
        ("seconds per step 3.2", []),
        ("   2    3.00000   0.2000   no", [("numbers", "2 3.00000 0.2000"), ("yes or no", "no")]),
        ("   9   -70.42   0.004437   T  ", [("numbers", "9 -70.42 0.004437"), ("yes or no", "T")]),
        ("field 1.5 T", [("field", "1.5")]),
        ("cell 3: converged", [("cell", "3")]),
        ("built Jan 1 2024", []),
        ("wall shear stress = 0.031", [("wall shear stress", "0.031")]),
        ("wall clock 0.031 per step", []),
        ("wall: 12.5, rate 3", []),
        ("wind speed 3.1 m/s", [("wind speed", "3.1")]),
        ("speed: 1.2e3 steps/s, rate 3", []),
        ("matrix rank 3, condition 1.5e3", [("matrix rank", "3"), ("condition", "1.5e3")]),
        ("frozen core energy -56.25", [("frozen core energy", "-56.25")]),
        ("4 cores, 1 core each", []),
        ("energy release rate 2.3", [("energy release rate", "2.3")]),
        ("release 5.1 of the code", []),
        ("process temperature 301.5", [("process temperature", "301.5")]),
        ("process 3 of 4", []),
    ],
)
def test_each_number_has_the_words_in_front_of_it(line: str, expected: list[tuple[str, str]]) -> None:
    assert list(worded_numbers(line)) == expected


LOGS = {
    "Fortran": "".join(f" STEP {n:5d}  TEMP = {300 + n:.6f}\n   EPOT = {-8970.5 - n:.4f}\n" for n in (3, 40, 500)),
    "a ray tracer": "".join(
        f"[debug] pixel={n} bounce={n + 1} hit t=1.{n} normal=(0.{n}5, 0.25, 0.75) cos=0.{n}1\n" for n in (3, 4, 6)
    ),
    "a solver": "mass = 0.5\nspring = 1.5\nlength = 2.5\n"
    + "".join(f"  CG iteration {n}: residual norm 1.{n}e-3, alpha = 0.{n}5\n" for n in (3, 4, 6)),
    "several on a line": "iter = 3; energy = -10.5; alpha = 0.25\niter = 4; energy = -10.7; alpha = 0.15\n",
    "two words": "Total energy = -76.0267 Hartree\nDipole moment = 0.8543\nHOMO = -0.4938\nnbasis = 24\n",
    "a matrix": "R = [[1.5, 0.5], [2.5, 4.5]]\nn = array([1., 2., 3.])\nM =\n 1.5 2.5\n 4.5 5.5\ns = 1.25\na = 1.5\n",
    "headings": "geometry:\n  a: 1.5\n  b: 2.5\nforces:\n    - 1.5\n    - 2.5\n  energy: 7.5\n",
}


@pytest.mark.parametrize("name", LOGS)
def test_no_number_of_a_log_without_a_prefix_is_passed_over(name: str) -> None:
    text = LOGS[name]
    (trace,) = parse_trace(text)
    assert diff(trace, trace).verdict is Verdict.AGREE
    for match in re.finditer(r"(?<![\w.])[0-9]+(?:\.[0-9]+)?(?:e-[0-9]+)?", text):
        wrong = f"{text[: match.start()]}{'7' if match[0][0] != '7' else '2'}{match[0][1:]}{text[match.end() :]}"
        (other,) = parse_trace(wrong)
        assert diff(trace, other).verdict is Verdict.DIFFER, (match[0], text[: match.start()].count("\n") + 1)


def test_what_a_loop_prints_comes_before_what_is_printed_behind_it() -> None:
    lines = [f"CG iteration {n}: norm {{}}{n}.5, alpha = 0.5\n" for n in range(1, 5)]
    text = "".join(line.format("1" if n > 1 else "") for n, line in enumerate(lines)) + "Stress = {}\n"
    text = "mass = 0.5\nspring = 1.5\nlength = 2.5\n" + text
    other = text.replace("13.5", "19.5")
    (c,), (py,) = parse_trace(text.format(5.5)), parse_trace(other.format(6.5))
    first = diff(c, py).first_divergence
    assert first is not None
    assert (first.quantity, first.index.ordinal("repeat")) == ("norm", 2)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("energy {n}.5   {{}}", ("yes", "no")),
        ("| C{n} | {n}.5 | {{}} |", ("T", "F")),
        ("C{n} | {n}.5 |{{}}", ("true", "no")),
    ],
)
def test_a_yes_or_no_at_the_end_of_a_row_is_compared(row: str, words: tuple[str, str]) -> None:
    rows = "".join(f"{row}\n".format(n=n) for n in range(4))
    (one,), (other,) = (parse_trace(rows.format("yes", "no", word, "no")) for word in words)
    assert diff(one, one).verdict is Verdict.AGREE
    first = diff(one, other).first_divergence
    assert first is not None
    assert (first.quantity, first.index.ordinal("repeat")) == ("yes or no", 2)


@pytest.mark.parametrize(
    ("line", "other", "verdict"),
    [
        ("eta = 0.25", "eta = 0.35", Verdict.DIFFER),
        ("theta = 0.25", "theta = 0.35", Verdict.DIFFER),
        ("ETA = 300", "ETA = 310", Verdict.AGREE),
        ("ETA: 5 s", "ETA: 7 s", Verdict.AGREE),
    ],
)
def test_a_greek_letter_is_no_time_that_is_left(line: str, other: str, verdict: Verdict) -> None:
    (c,), (py,) = (parse_trace(f"mass = 0.5\nspring = 1.5\n{text}\n") for text in (line, other))
    assert diff(c, py).verdict is verdict


@pytest.mark.parametrize(
    "piece", ["  ", "  T", "a.", "a.b", "a/", ": ", "1.", "x x ", "a=1 ", "[(", "1:2:", "-", ".a", "v1.1."]
)
def test_a_long_line_is_read_at_once(piece: str) -> None:
    begun = time.process_time()
    worded_numbers(piece * (LONGEST_LINE // len(piece)))
    assert time.process_time() - begun < 1  # powers of the length take minutes


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["setup time 1.25"], ["line 6 is"]),
        (["half-life = 3.25 s"], ["line 6 is"]),
        (["setup time 1.25", "on 4 cpus", "", "took 12.5"], ["2 lines, the first of them line 6, are"]),
        (["energy 1.25", "on 4 cpus", "finished at 12:30:05"], []),
    ],
)
def test_lines_whose_numbers_are_taken_for_times_are_counted(lines: list[str], said: list[str]) -> None:
    pressures = [f"iter {n}: pressure 10{n}.25" for n in range(5)]
    (trace,) = parse_trace("\n".join([*pressures, *lines, ""]))
    more = "not read: the numbers are taken for times, or for those of the machine"
    assert list(trace.readings) == [f"{words} {more}" for words in said]
    ranks = "\n".join(f"[{rank}] {line}" for rank in (0, 1) for line in [*pressures, *lines])
    (of_ranks,) = parse_trace(f"{ranks}\n")
    assert {record.index.ordinal("rank") for record in of_ranks.records} == {None, 1}
    assert len(of_ranks.readings) == len(said)

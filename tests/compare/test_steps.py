"""Turns of a loop, against what the edits of a log of whole numbers say."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import nbtrace
from nbtrace import Status, StepsResult, Trace, Verdict, Vocabulary, compare_steps, load_vocabulary
from nbtrace.errors import InputError, UsageError
from nbtrace.records import Side
from tests.places import EXAMPLES, PAIRS, SUPERVISOR_PAIR

WORDS = """
format_version = 1
name = "walk"
sides = { A = ["a>"], B = ["b>"] }
indices = ["step", "cell"]
final = "total"

[quantities]
width = { }
push = { description = "From outside" }
place = { formula = "previous(place) + push * width" }
square = { formula = "place**2" }
total = { formula = "sum(square, step)" }
"""
STEPS, CELLS = 4, 3

Place = tuple[str, int, int]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    file = tmp_path_factory.mktemp("words") / "walk.toml"
    file.write_text(WORDS)
    return load_vocabulary(file)


def values() -> dict[Place, float]:
    """Every value of a run: `push` moves each cell on from step to step."""
    found: dict[Place, float] = {}
    for step in range(STEPS):
        for cell in range(CELLS):
            found["push", step, cell] = 1.25 + step
            before = found.get(("place", step - 1, cell), 10.0 * cell)
            found["place", step, cell] = before + found["push", step, cell] * 1.125
            found["square", step, cell] = found["place", step, cell] ** 2
    return found


def log(words: Vocabulary, side: str, of: Mapping[Place, float]) -> Trace:
    lines = [f"{side}> width 1.125"]
    lines += [f"{side}> step={step} cell={cell} {name} {value!r}" for (name, step, cell), value in of.items()]
    (trace,) = nbtrace.parse_trace("\n".join(lines) + "\n", f"{side}.log", vocabulary=words)
    return trace


@pytest.fixture
def compared(words: Vocabulary) -> Callable[..., StepsResult]:
    """Compares a run with the changes of another: values in place of its own, None where there is none."""

    def of(changes: Mapping[Place, float | None], index: str | None = None) -> StepsResult:
        changed = {place: value for place, value in {**values(), **changes}.items() if value is not None}
        return compare_steps(log(words, "a", values()), log(words, "b", changed), index)

    return of


def test_turns_that_agree(compared: Callable[..., StepsResult]) -> None:
    result = compared({})
    assert (result.verdict, result.index, result.first_divergence) == (Verdict.AGREE, "step", None)
    assert [(turn.ordinal, turn.compared, turn.diverging, turn.status) for turn in result.turns] == [
        (step, 3 * CELLS, 0, Status.PASS) for step in range(STEPS)
    ]
    assert result.repeats == ()


@pytest.mark.parametrize(("index", "ordinal", "rest"), [("step", 2, "[cell 1]"), ("cell", 1, "[step 2]")])
def test_the_first_bad_turn_has_the_first_bad_quantity(
    compared: Callable[..., StepsResult], index: str, ordinal: int, rest: str
) -> None:
    right = values()["square", 2, 1]
    result = compared({("square", 2, 1): right * 1.5}, index)
    turn = result.first_divergence
    assert turn is not None
    assert turn.first is not None
    assert turn.first.difference is not None
    assert (turn.ordinal, turn.first.quantity, turn.diverging) == (ordinal, "square", 1)
    assert turn.first.index.without(index).label() == rest
    assert turn.first.difference.relative == pytest.approx(0.5)
    assert [other.ordinal for other in result.turns if other.status.diverges] == [ordinal]
    assert (turn.status, result.verdict) == (Status.CRITICAL, Verdict.DIFFER)


def test_a_turn_of_one_side_alone_is_missing(compared: Callable[..., StepsResult]) -> None:
    result = compared({place: None for place in values() if place[1] == 3})
    turn = result.first_divergence
    assert turn is not None
    assert (turn.ordinal, turn.only_on, turn.status, turn.rows) == (3, Side.C, Status.MISSING, ())
    assert (len(result.on_both), result.verdict) == (3, Verdict.DIFFER)


def test_a_value_that_one_side_lacks_is_missing(compared: Callable[..., StepsResult]) -> None:
    result = compared({("square", 1, 2): None})
    turn = result.first_divergence
    assert turn is not None
    assert (turn.ordinal, turn.only_on, turn.status) == (1, None, Status.MISSING)
    assert [record.quantity for record in turn.lacking_py] == ["square"]
    assert turn.lacking_c == ()
    assert result.verdict is Verdict.DIFFER


def test_a_quantity_that_one_side_never_prints_is_no_difference(compared: Callable[..., StepsResult]) -> None:
    result = compared({place: None for place in values() if place[0] == "push"})
    assert (result.verdict, {turn.compared for turn in result.turns}) == (Verdict.AGREE, {2 * CELLS})


def test_what_differs_outside_of_the_loop_is_told_and_no_turn_has_it(words: Vocabulary) -> None:
    first, second = log(words, "a", values()), log(words, "b", values())
    (other,) = nbtrace.parse_trace(
        "b> width 2\n" + "".join(f"b> step={s} cell={c} {n} {v!r}\n" for (n, s, c), v in values().items()),
        vocabulary=words,
    )
    assert not any(notice.text.startswith("outside") for notice in compare_steps(first, second).notices)
    result = compare_steps(first, other)
    assert result.verdict is Verdict.AGREE
    assert "outside of step, width differs, too" in [notice.text for notice in result.notices]


def test_the_order_in_which_logs_are_given_is_that_of_their_prefixes(words: Vocabulary) -> None:
    first, second = log(words, "a", values()), log(words, "b", {**values(), ("push", 1, 1): 9.5})
    result = compare_steps(second, first)
    assert (result.diff.c, result.diff.py) == (first, second)


@pytest.mark.parametrize("stale", [1, 2, 3])
def test_a_turn_that_repeats_another_is_named(compared: Callable[..., StepsResult], stale: int) -> None:
    run = values()
    copied = {(name, stale, cell): run[name, stale - 1, cell] for name in ("place", "square") for cell in range(CELLS)}
    result = compared(copied)
    assert [(item.side, item.ordinal, item.of) for item in result.repeats] == [(Side.PY, stale, stale - 1)]
    assert f"B step {stale} repeats step {stale - 1}: the same values from other inputs" in {
        notice.text for notice in result.notices
    }


def test_one_value_that_is_not_repeated_is_enough_for_no_repeat(compared: Callable[..., StepsResult]) -> None:
    run = values()
    copied = {("place", 2, cell): run["place", 1, cell] for cell in range(CELLS)}
    assert compared(copied).repeats == ()


def test_where_nothing_moves_nothing_repeats(words: Vocabulary) -> None:
    still = {
        (name, step, cell): {"push": 0.0, "place": 10.625 + cell, "square": (10.625 + cell) ** 2}[name]
        for step in range(STEPS)
        for cell in range(CELLS)
        for name in ("push", "place", "square")
    }
    assert compare_steps(log(words, "a", still), log(words, "b", still)).repeats == ()


def test_the_unnamed_loop_of_values_that_come_again(tmp_path: Path) -> None:
    file = tmp_path / "plain.toml"
    file.write_text(
        'format_version = 1\nname = "plain"\nsides = { A = ["a>"], B = ["b>"] }\n[quantities]\nx = { }\ny = { }\n'
    )
    words = load_vocabulary(file)
    texts = {side: f"{side}> y 5\n" + "".join(f"{side}> x {n + (n == at)}\n" for n in range(4)) for side, at in
             (("a", 9), ("b", 2))}  # fmt: skip
    one, two = (nbtrace.parse_trace(text, vocabulary=words)[0] for text in texts.values())
    result = compare_steps(one, two)
    assert [turn.ordinal for turn in result.turns] == [0, 1, 2, 3]
    assert [turn.ordinal for turn in result.turns if turn.status.diverges] == [2]
    assert {turn.compared for turn in result.turns} == {1}


def test_what_cannot_be_compared_along_a_loop(words: Vocabulary) -> None:
    run = log(words, "a", values())
    with pytest.raises(UsageError, match="no loop is called 'stp': there is step, cell; the nearest is step"):
        compare_steps(run, log(words, "b", values()), "stp")
    flat = nbtrace.parse_trace("b> width 1.125\nb> push 3\n", "flat.log", vocabulary=words)[0]
    with pytest.raises(InputError, match=r"flat\.log has no turn of step; its lines state the turns of no loop"):
        compare_steps(run, flat)
    cells = nbtrace.parse_trace("b> width 1.125\nb> cell=3 push 3\n", "cells.log", vocabulary=words)[0]
    with pytest.raises(InputError, match=r"cells\.log has no turn of step; its lines state turns of cell"):
        compare_steps(run, cells)
    far = log(words, "b", {(name, step + 9, cell): value for (name, step, cell), value in values().items()})
    with pytest.raises(InputError, match="have no turn of step in common"):
        compare_steps(run, far)


def test_the_mistake_of_the_heat_example_begins_in_step_1() -> None:
    words = load_vocabulary(EXAMPLES / "heat" / "rod.toml")
    names = ("loops.log", "arrays_mistake.log")
    first, second = (nbtrace.read_trace(EXAMPLES / "heat" / name, vocabulary=words) for name in names)
    turn = compare_steps(first, second).first_divergence
    assert turn is not None
    assert turn.first is not None
    assert (turn.ordinal, turn.first.quantity) == (1, "flux_W_m2")
    # Of step 1 the seven fluxes and what flows in are wrong; its temperatures came from right fluxes.
    assert turn.diverging == 8


def test_the_steps_of_nanobragg_are_a_loop_like_any_other() -> None:
    first, second = (nbtrace.read_trace(SUPERVISOR_PAIR / name) for name in ("c.log", "c_roi_fresh.log"))
    result = compare_steps(first, second, "phi_tic")
    assert [turn.ordinal for turn in result.turns if turn.status.diverges] == [0]
    assert [(item.ordinal, item.of) for item in result.repeats] == [(0, 9)]


def test_a_word_in_place_of_the_value_of_a_step_is_missing() -> None:
    line = "{0}: hkl_frac 1 2.5 3\n{0}_PHI phi_tic=0 phi_deg=0 k_frac=2.5 F_latt_b=1.5 F_latt=3.25\n"
    c, py = (nbtrace.parse_trace(line.format(side))[0] for side in ("TRACE_C", "TRACE_PY"))
    word = nbtrace.parse_trace(f"{line.format('TRACE_PY')}TRACE_PY: phi_tic=1 k_frac NOT_EXTRACTED\n")[0]
    assert compare_steps(c, py, "phi_tic").verdict is Verdict.AGREE
    result = compare_steps(c, word, "phi_tic")
    assert [(turn.ordinal, turn.status) for turn in result.turns] == [(0, Status.PASS), (1, Status.MISSING)]


def test_a_program_that_traces_one_source_of_several_does_so_by_choice() -> None:
    pair = [nbtrace.read_trace(PAIRS / "sourcefile__43_61" / f"{name}.log") for name in ("c", "py")]
    result = compare_steps(pair[0], pair[1], "source")
    assert [turn.ordinal for turn in result.turns] == [2]
    assert result.first_divergence is not None
    assert result.first_divergence.first is not None
    assert result.first_divergence.first.quantity == "source_lambda_angstroms"
    itself = compare_steps(pair[0], pair[0], "source")
    assert itself.verdict is Verdict.AGREE

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nbtrace.errors import InputError, ProgramError
from nbtrace.records import Side
from nbtrace.reduction.answers import ANSWERS, Answers, Outcome, RunsSpentError
from nbtrace.reduction.case import FlagCase
from nbtrace.reduction.delta_debugging import Answer
from nbtrace.reduction.failure import CaseFailure
from nbtrace.reduction.images_outcome import ImagesOutcome
from tests.reduction.conftest import GATE, OTHER, NumberTest

CASES = [FlagCase((word,)) for word in "12345"]


def fails_at(words: tuple[str, ...]) -> CaseFailure | None:
    return {"4": GATE, "2": OTHER}.get(words[0])


def test_the_first_case_that_fails_in_the_same_way_is_found_and_each_is_run_once() -> None:
    test = NumberTest(fails_at)
    answers = Answers(test, 9)
    for _ in range(2):
        assert answers.first_same(CASES, GATE) == CASES[3]
    assert test.ran == [("1",), ("2",), ("3",), ("4",)]
    assert answers.runs == 4


@pytest.mark.parametrize("jobs", [2, 3, 9])
def test_what_is_asked_does_not_depend_on_jobs(jobs: int) -> None:
    with ThreadPoolExecutor(jobs) as executor:
        answers = Answers(NumberTest(fails_at), 4, executor, jobs)
        assert answers.first_same(CASES, GATE) == CASES[3]
        assert answers.runs == 4
        with pytest.raises(RunsSpentError):
            answers.outcome(CASES[4])


def test_words_that_make_no_run_cost_none() -> None:
    answers = Answers(NumberTest(fails_at), 1)
    outcome = answers.outcome(FlagCase(()))
    assert outcome.answer(GATE) is Answer.UNRESOLVED
    assert answers.runs == 0


def test_a_run_without_an_answer_is_neither_a_pass_nor_the_same() -> None:
    answers = Answers(NumberTest(fails_at), 1)
    outcome = answers.outcome(FlagCase(("0",)))
    assert outcome.answer(GATE) is Answer.UNRESOLVED
    assert not outcome.passes
    assert isinstance(outcome.error, InputError)
    assert answers.unresolved == 1


def test_a_folder_remembers_what_was_answered_though_it_was_torn(tmp_path: Path) -> None:
    traced = CaseFailure(ImagesOutcome.DIFFER, "", "", "F_cell", Side.PY, "units", "ångström", (3, 4))
    cases: dict[tuple[str, ...], CaseFailure | None] = {("1",): traced, ("2",): None, ("3",): GATE}
    first = Answers(NumberTest(cases.__getitem__), 9, folder=tmp_path)
    told = [first.outcome(FlagCase(words)) for words in (*cases, ("0",))]
    with (tmp_path / ANSWERS).open("a") as stream:
        stream.write('{"key": "4", "ima')
    again = NumberTest(lambda words: {"4": OTHER}[words[0]])
    second = Answers(again, 9, folder=tmp_path)
    assert [second.outcome(FlagCase(words)) for words in (*cases, ("0",))] == told
    assert told[0].failure is not None
    assert second.outcome(FlagCase(("1",))).failure.pixel == (3, 4)  # type: ignore[union-attr]
    assert second.outcome(FlagCase(("4",))) == Outcome(OTHER, code=1)
    assert (second.recalled, second.runs, again.ran) == (4, 1, [("4",)])
    third = Answers(again, 9, folder=tmp_path)
    assert third.outcome(FlagCase(("4",))).failure == OTHER
    assert third.runs == 0


def test_what_a_stranger_wrote_into_the_folder_is_passed_over(tmp_path: Path) -> None:
    hostile = [b"\xff\xfe", b"[" * 5000, b'{"key": 1}', b'{"key": "1", "images": "maybe"}', b'{"key": "1", "side": []}']
    (tmp_path / ANSWERS).write_bytes(b"\n".join(hostile) + b"\n")
    answers = Answers(NumberTest(fails_at), 9, folder=tmp_path)
    assert answers.outcome(CASES[0]).passes
    assert answers.runs == 1


class KilledBy(Executor):
    """Runs what is asked of it when the next is asked; a case of certain words kills it, with all that waits."""

    def __init__(self, *fatal: str, once: bool = False) -> None:
        self.fatal = fatal
        self.once = once
        self.waiting: list[tuple[FlagCase, Callable[[], Any], Future[Any]]] = []

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = PulledFuture(self)
        self.waiting.append((args[-1], lambda: function(*args, **kwargs), future))
        return future

    def run(self) -> None:
        killed = any(case.words[0] in self.fatal for case, _, _ in self.waiting)
        for _, call, future in self.waiting:
            if killed:
                future.set_exception(BrokenExecutor())
            else:
                future.set_result(call())
        self.waiting.clear()
        self.fatal = () if killed and self.once else self.fatal


class PulledFuture(Future[Any]):
    """A future whose executor begins when somebody wants its result."""

    def __init__(self, executor: KilledBy) -> None:
        super().__init__()
        self.executor = executor

    def result(self, timeout: float | None = None) -> Any:
        self.executor.run()
        return super().result(timeout)


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_a_case_that_kills_its_process_is_without_an_answer_and_costs_no_other_its_own(jobs: int) -> None:
    test = NumberTest(fails_at)
    answers = Answers(test, 9, KilledBy("1", "3"), jobs)
    assert answers.first_same(CASES, GATE) == CASES[3]
    outcome = answers.outcome(CASES[0])
    assert outcome.answer(GATE) is Answer.UNRESOLVED
    assert "is killed" in outcome.text
    assert isinstance(outcome.error, ProgramError)
    assert answers.outcome(CASES[1]).failure == OTHER
    assert (answers.runs, answers.unresolved) == (4, 2)
    assert not {("1",), ("3",)} & set(test.ran)


def test_a_case_whose_process_was_killed_once_is_answered() -> None:
    answers = Answers(NumberTest(fails_at), 9, KilledBy("4", once=True), 2)
    assert answers.first_same(CASES, GATE) == CASES[3]
    assert answers.unresolved == 0

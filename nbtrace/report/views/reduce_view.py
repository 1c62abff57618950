"""The view of a reduction: the smallest case that fails, the nearest that passes, and how it was found."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from nbtrace.records import Side
from nbtrace.reduction.case import FlagCase
from nbtrace.reduction.failure import CaseFailure
from nbtrace.reduction.images_outcome import ImagesOutcome
from nbtrace.reduction.reduce import Pass, Reduction, Steadiness
from nbtrace.report.next_steps import next_section
from nbtrace.report.view import Column, Command, Line, Section, Table, View, listed
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary import registry

_COLUMNS = (
    Column("round", numeric=True),
    Column("made smaller"),
    Column("words", numeric=True),
    Column("samples", numeric=True),
    Column("runs", numeric=True),
)


def reduce_view(result: Reduction, *, whole_files: bool = False, workdir: Path | None = None) -> View:
    """Return the view of a reduction.

    Parameters
    ----------
    result : Reduction
    whole_files : bool
        Whether there are input files of which no line was left out, for want of a folder.
    workdir : Path or None
        Where answers are kept.
    """
    return View(
        title="The smallest case that fails in the same way",
        verdict=result.verdict,
        headline=headline(result),
        facts=tuple(_facts(result)),
        notices=(*result.notices, *_notices(result, whole_files=whole_files, workdir=workdir)),
        sections=(*_sections(result), *_next(result)),
    )


def headline(result: Reduction) -> str:
    """Return the answer in one line."""
    if result.failure is None:
        return f"the given case does not fail: {_places(result)} agree, so there is nothing to reduce"
    if result.steadiness is Steadiness.CHANGED:
        return "a side does not give the same answer each time, so that no smallest case can be told"
    words = f"{len(result.smallest.words)} of {len(result.given.words)} words are left"
    end = "" if result.is_minimal else ", and it may go further"
    between = f"; it passes {_with(result.passing.text)}" if result.passing is not None else ""
    return f"{failure_words(result.failure)}; {words}{end}{between}"


def failure_words(failure: CaseFailure) -> str:
    """Return in which way a case fails, in words."""
    if failure.gate:
        return f"the images differ ({failure.words or failure.gate})"
    names = registry.default().names
    side = "side unknown" if failure.side is Side.UNKNOWN else names.of(failure.side)
    cause = f": {failure.words}" if failure.words else f": {failure.cause}" if failure.cause else ""
    return f"{side}: {failure.quantity}{cause}" if failure.quantity else "the traces differ"


def _with(text: str) -> str:
    return text if text.startswith("without ") else f"with {text}"


def _places(result: Reduction) -> str:
    return f"{result.sides.c} and {result.sides.py}"


def _runs(result: Reduction) -> str:
    return f"{result.runs} run{'s' * (result.runs != 1)}"


def _facts(result: Reduction) -> Iterator[str]:
    names = registry.default().names
    yield f"{names.reference}: {result.sides.c}"
    yield f"{names.candidate}: {result.sides.py}"
    yield f"Flags given: {command_of(result.given)}"
    recalled = f", {result.recalled} more remembered" if result.recalled else ""
    unresolved = f"; {result.unresolved} could not be answered" if result.unresolved else ""
    yield f"{_runs(result)} of a case on both sides{recalled}{unresolved}"
    if result.failure is not None:
        yield f"The same way: {same_words(result.failure)}"
    if result.steadiness is Steadiness.STEADY:
        yield "Run again, the cases below give the same answers"


def same_words(failure: CaseFailure) -> str:
    """Return what two cases must share to fail in the same way."""
    if failure.gate:
        return f"the first gate of the images that fails is {failure.gate}, and it is {failure.band}"
    names = registry.default().names
    side = "no side blamed" if failure.side is Side.UNKNOWN else f"side {names.of(failure.side)}"
    images = {
        ImagesOutcome.AGREE: "images that agree",
        ImagesOutcome.DIFFER: "images that differ",
        ImagesOutcome.CONSTANT: "an image without variation",
    }[failure.images]
    return f"first quantity {failure.quantity}, {side}, cause {failure.cause or 'none'}; {images}"


def command_of(case: FlagCase) -> str:
    """Return the flags of a case as they are typed."""
    return shlex.join(case.words)


def _notices(result: Reduction, *, whole_files: bool, workdir: Path | None) -> Iterator[Notice]:
    if result.failure is None:
        return
    more = f"give --workdir {workdir} again to go on" if workdir is not None else "give more --max-runs"
    spent = f"the {_runs(result)} of --max-runs {'was' if result.runs == 1 else 'were'} spent; {more}"
    text = "" if result.is_minimal else f"not the smallest: {spent}"
    if result.is_minimal and result.steadiness is Steadiness.UNTESTED:
        text = f"the smallest case was not run a second time: {spent}"
    if text and result.steadiness is not Steadiness.CHANGED:
        yield Notice(Subject.CONFIGURATION, Weight.WARNING, text)
    if result.failure.untraced:
        text = f"no trace tells the first quantity, so that the images alone decide: {result.failure.untraced}"
        yield Notice(Subject.LOG, Weight.INFO, text)
    if whole_files:
        text = "input files were left as they are: with --workdir DIR shorter ones are tried, too"
        yield Notice(Subject.CONFIGURATION, Weight.INFO, text)
    if result.kept:
        text = f"kept, since there would be more to compute without: {listed(result.kept)}"
        yield Notice(Subject.CONFIGURATION, Weight.INFO, text)
    if result.is_minimal and result.passing is None:
        text = "no case that one change makes of it passes: each fails otherwise, or cannot be run"
        yield Notice(Subject.CONFIGURATION, Weight.INFO, text)


def _sections(result: Reduction) -> Iterator[Section]:
    if result.failure is None:
        return
    pixel = result.failure.pixel
    at = f" at pixel {pixel[0]} {pixel[1]}" if pixel is not None else ""
    steady = result.steadiness is not Steadiness.CHANGED
    fails = Command(command_of(result.smallest), f"{'fails' if steady else 'failed once'}{at}")
    commands = [fails]
    if result.passing is not None:
        commands.append(
            Command(command_of(result.passing.case), f"{'passes' if steady else 'passed once'}: {result.passing.text}")
        )
    yield Section("Flags", commands=tuple(commands))
    yield Section("How it got smaller", table=Table(_COLUMNS, tuple(map(_line, result.passes))))


def _line(done: Pass) -> Line:
    return Line(
        (
            str(done.round),
            done.stage.value,
            _change(*done.words),
            _change(*done.size),
            str(done.runs),
        )
    )


def _change(before: int, after: int) -> str:
    return str(after) if before == after else f"{before} → {after}"


def _next(result: Reduction) -> tuple[Section, ...]:
    if result.verdict is not Verdict.DIFFER or not result.sides.comparable:
        return ()
    options = shlex.join(result.sides.options)
    line = f"nbtrace compare {options + ' ' if options else ''}-- {command_of(result.smallest)}"
    return next_section(commands=[Command(line, "the smallest case in full")])

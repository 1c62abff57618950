"""The smallest case that fails in the same way, and the nearest one that passes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from nbtrace.presentable import Presentable
from nbtrace.progress import stage as shown_stage
from nbtrace.reduction.answers import Answers, RunsSpentError
from nbtrace.reduction.case import FlagCase, Listing, Moves, ReductionStage, WordEdit
from nbtrace.reduction.delta_debugging import fewest
from nbtrace.reduction.failure import CaseFailure
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Verdict

PIECES = 32
"""Of a file of more lines than that, none of so many pieces can go; of one with fewer, no line."""


@dataclass(frozen=True)
class Neighbour:
    """A case that one change makes of the smallest one.

    Attributes
    ----------
    case : FlagCase
    text : str
        The change.
    """

    case: FlagCase
    text: str


@dataclass(frozen=True)
class Pass:
    """One stage of one round: what it made of the case.

    Attributes
    ----------
    round : int
        From 1.
    stage : ReductionStage
    words, size : (int, int)
        Number of words, and of samples that are computed at least, before and after; 0 where that is unknown.
    runs : int
    """

    round: int
    stage: ReductionStage
    words: tuple[int, int]
    size: tuple[int, int]
    runs: int


class Steadiness(Enum):
    """Whether a second run of the smallest case, and of the nearest that passes, says what the first one said."""

    STEADY = "both say the same again"
    CHANGED = "one says something else"
    UNTESTED = "no runs were left for it"


@dataclass(frozen=True)
class RunSides:
    """The two sides that were run: what each is called, and the options of `nbtrace` that run them."""

    c: str
    py: str
    options: tuple[str, ...] = ()
    comparable: bool = True
    """Whether `nbtrace compare` runs the same two."""


@dataclass(frozen=True, repr=False)
class Reduction(Presentable):
    """A case made as small as it goes.

    Attributes
    ----------
    given, smallest : FlagCase
    failure : CaseFailure or None
        In which way both fail; None where the given case does not fail.
    passing : Neighbour or None
        The nearest case that passes.
    kept : tuple of str
        Options that stay since there would be more to compute without them.
    is_minimal : bool
        Whether no option can go and no value be simpler; False where the runs came to an end before.
    passes : tuple of Pass
    counts : (int, int, int)
        Runs that were made, those that a work folder remembered, and how many of both had no answer.
    sides : RunSides
    steadiness : Steadiness
    notices : tuple of Notice
    """

    presented_as: ClassVar[str] = "reduce"

    given: FlagCase
    smallest: FlagCase
    failure: CaseFailure | None
    passing: Neighbour | None
    kept: tuple[str, ...]
    is_minimal: bool
    passes: tuple[Pass, ...]
    counts: tuple[int, int, int]
    sides: RunSides
    steadiness: Steadiness = Steadiness.UNTESTED
    notices: tuple[Notice, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether the given case fails; where an answer changes from one run to the next, that is not known."""
        if self.steadiness is Steadiness.CHANGED:
            return Verdict.NOT_COMPARABLE
        return Verdict.AGREE if self.failure is None else Verdict.DIFFER

    @property
    def runs(self) -> int:
        """Runs of a case on both sides."""
        return self.counts[0]

    @property
    def recalled(self) -> int:
        """Runs that a work folder remembered."""
        return self.counts[1]

    @property
    def unresolved(self) -> int:
        """Runs, of both kinds, without an answer."""
        return self.counts[2]

    def counted(self) -> tuple[str, ...]:
        """Return how much was run."""
        return (f"runs: {self.runs}; words: {len(self.given.words)} to {len(self.smallest.words)}",)


def reduce_case(given: FlagCase, answers: Answers, moves: Moves, sides: RunSides) -> Reduction:
    """Return the smallest case that fails in the way in which the given one does.

    Parameters
    ----------
    given : FlagCase
    answers : Answers
        Runs cases.
    moves : Moves
        What may be changed.
    sides : RunSides
        What runs, for people.

    Raises
    ------
    NbtraceError
        If the given case cannot be run.
    """
    with shown_stage("runs of smaller cases"):
        first = answers.begun(given)
        if first.trouble:
            raise first.error
        if first.failure is None:
            counts, before = _counts(answers), _before(answers)
            return Reduction(
                given, given, None, None, (), is_minimal=True, passes=(), counts=counts, sides=sides, notices=before
            )
        search = _Search(answers, moves, first.failure, given)
        is_minimal = search.to_the_end()
        passing = search.passing()
        steadiness, changes = _steadiness(answers, search.best, None if passing is None else passing.case)
    smallest = answers.known(search.best)
    return Reduction(
        given,
        search.best,
        smallest.failure if smallest is not None else first.failure,
        passing,
        tuple(search.kept()),
        is_minimal and steadiness is not Steadiness.CHANGED,
        tuple(search.passes),
        _counts(answers),
        sides,
        steadiness,
        (*_before(answers), *changes),
    )


def _counts(answers: Answers) -> tuple[int, int, int]:
    return answers.runs, answers.recalled, answers.unresolved


def _before(answers: Answers) -> tuple[Notice, ...]:
    """Return what to know where the given case was answered otherwise before."""
    if answers.other_before is None:
        return ()
    text = (
        f"the work folder remembered another answer to the given case ({answers.other_before.text}): none of its "
        "answers is used. Something that the command does not name has changed, or a side does not give the same "
        "answer each time"
    )
    return (Notice(Subject.CONFIGURATION, Weight.WARNING, text),)


def _steadiness(
    answers: Answers, smallest: FlagCase, passing: FlagCase | None
) -> tuple[Steadiness, tuple[Notice, ...]]:
    """Run the two cases that are told once more."""
    for what, case in (("smallest case", smallest), ("case that passes", passing)):
        first = None if case is None else answers.known(case)
        if case is None or first is None:
            continue
        second = answers.again(case)
        if second is None:
            return Steadiness.UNTESTED, ()
        if (second.failure, bool(second.trouble)) != (first.failure, bool(first.trouble)):
            text = f"the {what} was run twice and gave two answers: {first.text}; {second.text}"
            return Steadiness.CHANGED, (Notice(Subject.SIDES, Weight.BLOCKING, text),)
    return Steadiness.STEADY, ()


@dataclass
class _Search:
    """A search under way; `best` is the smallest case that is known to fail in the same way."""

    answers: Answers
    moves: Moves
    failure: CaseFailure
    best: FlagCase
    passes: list[Pass] = field(default_factory=list)

    def to_the_end(self) -> bool:
        """Make the case smaller until nothing changes; tell whether it came to that."""
        number = 0
        while True:
            before, number = self.best, number + 1
            for stage in ReductionStage:
                if not self._pass(number, stage):
                    return False
            if self.best == before:
                return True

    def _pass(self, number: int, stage: ReductionStage) -> bool:
        """Go through one stage; tell whether there were runs enough."""
        before, runs, whole = self.best, self.answers.runs, True
        try:
            self._of_stage(stage)
        except RunsSpentError:
            whole = False
        if before != self.best or runs != self.answers.runs:
            words = len(before.words), len(self.best.words)
            sizes = self.moves.size(before) or 0, self.moves.size(self.best) or 0
            self.passes.append(Pass(number, stage, words, sizes, self.answers.runs - runs))
        return whole

    def _of_stage(self, stage: ReductionStage) -> None:
        match stage:
            case ReductionStage.OPTIONS:
                self._together(self.moves.drops(self.best))
            case ReductionStage.FILES:
                for listing in self.moves.listings(self.best):
                    self._shorten(listing)
            case _:
                if stage is ReductionStage.PIXEL and self.best.pixel is not None:
                    self._first_same([FlagCase(self.best.words)])
                ladders = self.moves.ladders(self.best, stage)
                self._together(tuple(ladder[0] for ladder in ladders if ladder))
                self._one_by_one(stage)

    def _together(self, edits: tuple[WordEdit, ...]) -> None:
        """Make as many changes as there can be, many at a time first."""
        base = self.best

        def case_of(left_out: tuple[WordEdit, ...]) -> FlagCase:
            skipped = set(left_out)
            return base.edited(edit for edit in edits if edit not in skipped)

        fewest(edits, lambda candidates: self._place_of_first(map(case_of, candidates)))

    def _one_by_one(self, stage: ReductionStage) -> None:
        """Make each value as simple as it goes, the others as they are."""
        place = 0
        while place < len(ladders := self.moves.ladders(self.best, stage)):
            if self._first_same(self.best.edited([edit]) for edit in ladders[place]) is None:
                place += 1

    def _shorten(self, listing: Listing) -> None:
        base = self.best

        def case_of(lines: tuple[bytes, ...]) -> FlagCase:
            return self.moves.shortened(base, listing, lines)

        fewest(listing.lines, lambda candidates: self._place_of_first(map(case_of, candidates)), pieces=PIECES)

    def _first_same(self, cases: Iterable[FlagCase]) -> FlagCase | None:
        place = self._place_of_first(cases)
        return None if place is None else self.best

    def _place_of_first(self, cases: Iterable[FlagCase]) -> int | None:
        """Return the number of the first case that fails in the same way, which is then the best."""
        most = self.moves.size(self.best)
        places: dict[FlagCase, int] = {}

        def allowed() -> Iterator[FlagCase]:
            for place, case in enumerate(cases):
                if not self._grows(case, most):
                    places.setdefault(case, place)
                    yield case

        found = self.answers.first_same(allowed(), self.failure)
        if found is None:
            return None
        self.best = found
        return places[found]

    def _grows(self, case: FlagCase, most: int | None) -> bool:
        size = self.moves.size(case)
        return most is not None and size is not None and size > most

    def _neighbours(self) -> Iterator[tuple[int, Neighbour]]:
        """Yield what single changes make of the best case, with the words that each touches; near values first."""
        for stage in ReductionStage:
            for ladder in self.moves.ladders(self.best, stage):
                yield from map(self._by, reversed(ladder))
        for listing in self.moves.listings(self.best):
            for place, line in enumerate(listing.lines if 1 < len(listing.lines) <= PIECES else ()):
                left = (*listing.lines[:place], *listing.lines[place + 1 :])
                text = f"without {line.decode(errors='replace').strip()} in {listing.name}"
                yield 1, Neighbour(self.moves.shortened(self.best, listing, left), text)
        yield from map(self._by, self.moves.drops(self.best))

    def _by(self, edit: WordEdit) -> tuple[int, Neighbour]:
        return edit.size, Neighbour(self.best.edited([edit]), edit.text)

    def passing(self) -> Neighbour | None:
        """Return the case of those that were run that passes with the fewest words changed; None if none passes."""
        found = [
            (size, item)
            for size, item in self._neighbours()
            if (outcome := self.answers.known(item.case)) is not None and outcome.passes
        ]
        return min(found, key=lambda sized: sized[0])[1] if found else None

    def kept(self) -> Iterator[str]:
        """Yield the options that stay since there would be more to compute without them."""
        most = self.moves.size(self.best)
        for edit in self.moves.drops(self.best):
            if self._grows(self.best.edited([edit]), most):
                yield " ".join(edit.old)

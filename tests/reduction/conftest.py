"""A case of words that are numbers, and a test of it that needs some of them: no program, no physics."""

from collections.abc import Callable
from dataclasses import dataclass, field

from nbtrace.errors import InputError, UsageError
from nbtrace.reduction.answers import Outcome
from nbtrace.reduction.case import FlagCase, Listing, ReductionStage, WordEdit
from nbtrace.reduction.failure import CaseFailure
from nbtrace.reduction.images_outcome import ImagesOutcome

GATE = CaseFailure(ImagesOutcome.DIFFER, "scale")
OTHER = CaseFailure(ImagesOutcome.DIFFER, "correlation")


@dataclass
class NumberMoves:
    """Words may go, numbers may be smaller by one; without a word 8 there is more to compute."""

    def drops(self, case: FlagCase) -> tuple[WordEdit, ...]:
        return tuple(WordEdit(place, place + 1, (), (word,)) for place, word in enumerate(case.words))

    def ladders(self, case: FlagCase, stage: ReductionStage) -> tuple[tuple[WordEdit, ...], ...]:
        if stage is not ReductionStage.COUNTS:
            return ()
        return tuple(
            (WordEdit(place, place + 1, (smaller,), (word,), (smaller,)),) if int(word) > 0 else ()
            for place, word in enumerate(case.words)
            for smaller in [str(int(word) - 1)]
        )

    def listings(self, case: FlagCase) -> tuple[Listing, ...]:
        del case
        return ()

    def shortened(self, case: FlagCase, listing: Listing, lines: tuple[bytes, ...]) -> FlagCase:
        raise AssertionError(f"there is nothing to shorten in {case}: {listing}, {lines}")

    def size(self, case: FlagCase) -> int | None:
        return 1 if "8" in case.words else 2


@dataclass
class NumberTest:
    """Runs a case by a rule; one that begins with 0 gives no answer, and no words make no run."""

    rule: Callable[[tuple[str, ...]], CaseFailure | None]
    ran: list[tuple[str, ...]] = field(default_factory=list)

    def key(self, case: FlagCase) -> str:
        if not case.words:
            raise UsageError("nothing to run")
        return " ".join(case.words)

    def __call__(self, case: FlagCase) -> Outcome:
        self.ran.append(case.words)
        if case.words[0] == "0":
            return Outcome.of_error(InputError("it has no numbers"))
        failure = self.rule(case.words)
        return Outcome(failure, code=0 if failure is None else 1)

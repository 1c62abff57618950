"""The JSON document of `nbtrace steps`."""

from collections.abc import Iterator
from functools import partial

from nbtrace.compare.steps import StepsResult
from nbtrace.report.documents.models.parts import FORMAT_VERSION, StepCoverage
from nbtrace.report.documents.models.steps import StepsDocument, TurnEntry, TurnRepeatEntry
from nbtrace.report.documents.parts import SIDE_WORDS, Document, late_entries, notice_entries, side_names, trace_source
from nbtrace.report.views.steps_view import lacking_words
from nbtrace.verdicts.status import Status


def steps_document(result: StepsResult) -> Document:
    """Return a comparison along a loop."""
    first, totals = result.first_divergence, result.totals
    entries = late_entries(TurnEntry, len(result.turns), partial(_entries, result))
    document = StepsDocument(
        format="nbtrace steps",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        vocabulary=result.diff.c.vocabulary.name,
        index=result.index,
        tolerance_rel=result.diff.policy.relative.value,
        first_divergence=first.ordinal if first is not None else None,
        num_divergent=totals.diverging,
        coverage=StepCoverage(
            expected=len(result.turns),
            compared=result.num_on_both,
            missing_c=totals.only_py,
            missing_py=totals.only_c,
        ),
        names=side_names(result.diff.names),
        c=trace_source(result.diff.c),
        py=trace_source(result.diff.py),
        notices=notice_entries(result.notices),
        repeats=tuple(
            TurnRepeatEntry(side=SIDE_WORDS[repeat.side], ordinal=repeat.ordinal, of_ordinal=repeat.of)
            for repeat in result.repeats
        ),
        steps=tuple(map(TurnEntry.model_validate, entries[:1])),
    ).written()
    return {**document, "steps": entries}


_PASS = Status.PASS.value


def _entries(result: StepsResult, first: int) -> Iterator[tuple[object, ...]]:
    """Yield what is written of each turn from the one at a place on."""
    for turn in result.told(first):
        if turn.quantity is None and turn.status != _PASS:
            turn = turn._replace(reason=lacking_words(turn, result))  # noqa: PLW2901 - the same with its reason
        yield turn[:-1]

"""The JSON document of `nbtrace steps`."""

from nbtrace.compare.steps import StepsResult, Turn
from nbtrace.records import Side
from nbtrace.report.documents.models.parts import FORMAT_VERSION, StepCoverage
from nbtrace.report.documents.models.steps import StepsDocument, TurnEntry, TurnRepeatEntry
from nbtrace.report.documents.parts import SIDE_WORDS, Document, notice_entries, side_names, trace_source
from nbtrace.report.views.steps_view import lacking_words


def steps_document(result: StepsResult) -> Document:
    """Return a comparison along a loop."""
    first = result.first_divergence
    alone = {side: tuple(turn.ordinal for turn in result.turns if turn.only_on is side) for side in (Side.C, Side.PY)}
    return StepsDocument(
        format="nbtrace steps",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        vocabulary=result.diff.c.vocabulary.name,
        index=result.index,
        tolerance_rel=result.diff.policy.relative.value,
        first_divergence=first.ordinal if first is not None else None,
        num_divergent=sum(turn.diverges for turn in result.turns),
        coverage=StepCoverage(
            expected=len(result.turns),
            compared=len(result.on_both),
            missing_c=alone[Side.PY],
            missing_py=alone[Side.C],
        ),
        names=side_names(result.diff.names),
        c=trace_source(result.diff.c),
        py=trace_source(result.diff.py),
        notices=notice_entries(result.notices),
        repeats=tuple(
            TurnRepeatEntry(side=SIDE_WORDS[repeat.side], ordinal=repeat.ordinal, of_ordinal=repeat.of)
            for repeat in result.repeats
        ),
        steps=tuple(_turn(turn, result) for turn in result.turns),
    ).written()


def _turn(turn: Turn, result: StepsResult) -> TurnEntry:
    row = turn.first
    found = row.difference if row is not None else None
    return TurnEntry(
        ordinal=turn.ordinal,
        compared=turn.compared,
        divergent=turn.diverging,
        quantity=row.quantity if row is not None else None,
        index=row.index.without(result.index).label() if row is not None else "",
        worst_component=row.component or None if row is not None else None,
        c_text=row.c.value.text if row is not None else None,
        py_text=row.py.value.text if row is not None else None,
        rel_delta=found.relative if found is not None else None,
        ratio_py_over_c=found.ratio if found is not None else None,
        status=turn.status.value,
        reason=row.reason if row is not None else lacking_words(turn, result) if turn.diverges else "",
        lacking_c=tuple(turn.lacked(Side.C)),
        lacking_py=tuple(turn.lacked(Side.PY)),
        c_line=row.c.line if row is not None else None,
        py_line=row.py.line if row is not None else None,
    )

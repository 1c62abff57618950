"""The view of two traces compared and explained at once: who is wrong, and what differs first."""

from collections.abc import Iterator
from dataclasses import replace

from nbtrace.compare.diff import DiffResult
from nbtrace.explanation.explain import Explanation
from nbtrace.report.view import Section, SectionKind, View, input_facts, tolerance_facts
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.explain_view import explain_view
from nbtrace.verdicts.status import Verdict

_ON_SCREEN = frozenset({SectionKind.ROOTS, SectionKind.QUANTITIES, SectionKind.NEXT})


def answer_view(result: Explanation, *, brief: bool = False) -> View:
    """Return the view of an explanation with the comparison that it explains; its answer is the explanation's.

    Where there is nothing to explain it is how much was compared. A short form has the roots, the first rows of the
    difference and what to do next.
    """
    explained, compared = explain_view(result), diff_view(result.diff, brief=brief)
    agrees = result.verdict is Verdict.AGREE and not result.ranked
    return replace(
        explained,
        headline=compared.headline if agrees else explained.headline,
        title=f"Traces compared and explained: {result.names.against}",
        facts=(
            _compared(result.diff),
            *input_facts(result.diff.c, result.diff.py),
            *tolerance_facts(result.diff.policy),
            *explained.facts[2:],
        ),
        sections=tuple(_sections(explained, compared)),
    )


def _compared(result: DiffResult) -> str:
    """Return how many values were compared, how many quantities differ, and how many values have no partner."""
    covered, differing = result.coverage, len(result.divergences)
    differ = f"{differing or 'no'} {'quantity differs' if differing < 2 else 'quantities differ'}"
    alone = covered.expected - covered.compared - len(covered.skipped)
    rest = f", {alone} in one log only" if alone > 0 else ""
    return f"{covered.compared} of {covered.expected} values compared, {differ}{rest}"


def _sections(explained: View, compared: View) -> Iterator[Section]:
    """Yield the roots, the table of quantities, what else there is, and what to do next."""
    parts = [*explained.sections, *compared.sections]
    for kind in (SectionKind.ROOTS, SectionKind.QUANTITIES):
        yield from (part for part in parts if part.kind is kind)
    yield from (replace(part, detail=True) for part in parts if part.kind not in _ON_SCREEN)
    yield from (part for part in explained.sections if part.kind is SectionKind.NEXT)

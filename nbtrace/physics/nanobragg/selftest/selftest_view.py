"""The view of the self-test: scores, what is not told apart, and what simpler comparisons see."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from nbtrace.physics.nanobragg.selftest.scoring import MATTERS, PairOutcome, SelfTest
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.view import Column, Line, Section, Table, View, percent
from nbtrace.verdicts.status import Verdict

_SCORES: tuple[tuple[str, Callable[[PairOutcome], bool]], ...] = (
    ("detected", lambda item: item.detected),
    ("right quantity first", lambda item: item.quantity),
    ("right side", lambda item: item.right_side),
    ("right cause first", lambda item: item.first),
    ("right cause among the first three", lambda item: item.in_three),
    ("told whether only the log has it", lambda item: item.right_kind),
)
_SIMPLE: tuple[tuple[str, Callable[[PairOutcome], bool]], ...] = (
    ("numpy.allclose: detected", lambda item: item.allclose),
    ("line diff: detected", lambda item: item.line_diff),
    ("line diff: right quantity first", lambda item: item.line_diff_quantity),
)
_COLUMNS = (Column("score"), Column("all pairs", numeric=True), Column("pairs that change the pixel", numeric=True))
_MISSES = (Column("mistake"), Column("pairs", numeric=True), Column("missed"), Column("found instead"))


def matters(outcome: PairOutcome) -> bool:
    """Whether a mistake changes the pixel by more than counts."""
    return outcome.change > MATTERS


def share(outcomes: Sequence[PairOutcome], score: Callable[[PairOutcome], bool]) -> float | None:
    """Return the share of outcomes with a property, None of no outcome."""
    return sum(map(score, outcomes)) / len(outcomes) if outcomes else None


def selftest_view(result: SelfTest) -> View:
    """Return the view of a self-test."""
    outcomes = result.outcomes
    changing = [item for item in outcomes if matters(item)]
    alarms = [item for item in result.clean if item.alarms]
    missed = [item for item in changing if not item.detected]
    classes, configurations = ({getattr(item, name) for item in outcomes} for name in ("defect", "configuration"))
    passed = not alarms and not missed
    first = share(outcomes, lambda item: item.first)
    return View(
        title="Self-test of explain",
        verdict=Verdict.AGREE if passed else Verdict.DIFFER,
        headline=f"{len(outcomes)} pairs of {len(classes)} kinds of mistakes in {len(configurations)} configurations: "
        f"{len(missed)} missed that change the pixel, right cause first in {percent(first)}, "
        f"{len(alarms)} false alarms in {len(result.clean)} clean pairs",
        facts=(f"A mistake counts as changing the pixel from a relative change of {MATTERS:g}",),
        notices=(),
        sections=tuple(_sections(result, changing)),
    )


def _sections(result: SelfTest, changing: list[PairOutcome]) -> Iterator[Section]:
    lines = tuple(
        Line((words, percent(share(result.outcomes, score)), percent(share(changing, score))))
        for words, score in (*_SCORES, *_SIMPLE)
    )
    clean = tuple(
        Line((f"{words}: false alarms", f"{count} of {len(result.clean)}", "–"))
        for words, count in (
            ("explain", sum(bool(item.alarms) for item in result.clean)),
            ("numpy.allclose", sum(item.allclose for item in result.clean)),
            ("line diff", sum(item.line_diff for item in result.clean)),
        )
    )
    yield Section("Scores", table=Table(_COLUMNS, lines + clean))
    misses = tuple(_misses(result.outcomes))
    if misses:
        yield Section("Mistakes that are not always told apart", table=Table(_MISSES, misses))
    alarms = tuple(f"{item.configuration}, {item.name}: {item.alarms[0]}" for item in result.clean if item.alarms)
    if alarms:
        yield Section("False alarms", items=alarms)


def _misses(outcomes: Sequence[PairOutcome]) -> Iterator[Line]:
    by_defect: dict[str, list[PairOutcome]] = {}
    for item in outcomes:
        by_defect.setdefault(item.defect, []).append(item)
    for name, members in by_defect.items():
        missed = [item for item in members if not all(score(item) for _, score in _SCORES)]
        if missed:
            lacking = [words for words, score in _SCORES if not all(map(score, missed))]
            yield Line((name, f"{len(missed)} of {len(members)}", ", ".join(lacking), missed[0].found))


def selftest_document(result: SelfTest) -> Mapping[str, object]:
    """Return the self-test as a JSON document."""
    changing = [item for item in result.outcomes if matters(item)]
    return {
        "format": "nbtrace selftest",
        "format_version": FORMAT_VERSION,
        "pairs": len(result.outcomes),
        "scores": {
            words: {"all": share(result.outcomes, score), "changing_the_pixel": share(changing, score)}
            for words, score in (*_SCORES, *_SIMPLE)
        },
        "clean": [
            {
                "name": item.name,
                "configuration": item.configuration,
                "alarms": list(item.alarms),
                "allclose": item.allclose,
                "line_diff": item.line_diff,
            }
            for item in result.clean
        ],
        "outcomes": [_outcome(item) for item in result.outcomes],
    }


def _outcome(item: PairOutcome) -> Mapping[str, object]:
    return {
        "mistake": item.defect,
        "configuration": item.configuration,
        "side": item.side.value,
        "log_only": item.log_only,
        "relative_change_of_pixel": item.change,
        "accepted_causes": list(item.causes),
        "found": item.found,
        **{words: score(item) for words, score in (*_SCORES, *_SIMPLE)},
    }

"""The view of a comparison along a loop."""

from collections.abc import Mapping
from itertools import islice

from nbtrace.compare.steps import StepsResult, ToldTurn, Turn
from nbtrace.records import Side
from nbtrace.report.next_steps import next_section, why
from nbtrace.report.short_form import ShortLimits
from nbtrace.report.view import Column, Line, Section, Table, View, input_facts, listed, signed, tolerance_facts
from nbtrace.verdicts.status import Status, Verdict

_SHOWN = ShortLimits().lines + 1
"""Turns that a short form shows at most."""


def steps_view(result: StepsResult, *, whole: bool = True) -> View:
    """Return the view of a comparison along a loop; one that is not whole is for a short form, which counts turns."""
    c, py = _labels(result).values()
    alone = len(result.turns) - result.num_on_both
    return View(
        title=f"Turns of {result.index}: {c} against {py}",
        verdict=result.verdict,
        headline=_headline(result),
        facts=(
            *input_facts(result.diff.c, result.diff.py),
            *tolerance_facts(result.diff.policy),
            f"Turns of {result.index}: {result.num_on_both} on both sides, {alone} on one side only",
        ),
        notices=result.notices,
        sections=(Section("Turns", table=_table(result, whole=whole)), *_findings(result)),
    )


def _labels(result: StepsResult) -> Mapping[Side, str]:
    return dict(zip((Side.C, Side.PY), (side.label for side in result.diff.c.vocabulary.sides), strict=True))


def _headline(result: StepsResult) -> str:
    first = result.first_divergence
    if result.verdict is Verdict.NOT_COMPARABLE:
        return "the logs are not comparable; the turns say nothing about the physics"
    totals = result.totals
    if first is None:
        unread = ", but a line of one cannot be read" if result.verdict is Verdict.DIFFER else ""
        return f"all {len(result.turns)} turns of {result.index} agree{unread}, {totals.values} values compared"
    first_or_only = "only" if totals.diverging == 1 else "first"
    of_all = f"{totals.diverging} of {len(result.turns)} turns"
    where = f"{first_or_only} divergence at {result.index} {first.ordinal} ({of_all})"
    return f"{where}: {_what(first, result)}"


def _what(turn: Turn, result: StepsResult) -> str:
    """Return what is wrong in a turn, in words."""
    row = turn.first
    if row is None:
        return lacking_words(turn, result)
    relative = f"{signed(row.difference.relative)} relative" if row.difference is not None else row.reason
    return ", ".join(filter(None, (_name(turn, result), relative, row.status.value)))


def _name(turn: Turn, result: StepsResult) -> str:
    """Return the first diverging quantity of a turn, with the ordinals of the other loops; empty if none diverges."""
    row = turn.first
    if row is None:
        return ""
    component = f".{row.component}" if row.component else ""
    return f"{row.quantity}{component} {row.index.without(result.index).label()}".rstrip()


def lacking_words(turn: Turn | ToldTurn, result: StepsResult) -> str:
    """Return which side lacks a turn, or what in it; empty where neither does."""
    labels = _labels(result)
    if turn.only_on is not None:
        return f"only {labels[turn.only_on]} has it"
    lacking = ((label, dict.fromkeys(turn.lacked(side))) for side, label in labels.items())
    return "; ".join(f"{label} lacks {listed(quantities, 3)}" for label, quantities in lacking if quantities)


def _table(result: StepsResult, *, whole: bool) -> Table:
    columns = (
        Column(result.index, numeric=True),
        Column("compared", numeric=True, rank=2),
        Column("differ", numeric=True, rank=1),
        Column("first that differs"),
        Column("Δ rel", numeric=True),
        Column("status"),
    )
    marks: dict[int, set[Side]] = {}
    for repeat in result.repeats:
        marks.setdefault(repeat.ordinal, set()).add(repeat.side)
    shown = result.turns if whole else islice(result.diverging_turns(), _SHOWN)
    lines = [_line(turn, result, len(marks.get(turn.ordinal, ()))) for turn in shown]
    if not whole:
        diverging = result.totals.diverging
        for status, number in ((Status.MISSING, diverging), (Status.PASS, len(result.turns))):
            lines += [Line(("",) * len(columns), status)] * (number - len(lines))
    return Table(columns, tuple(lines))


def _line(turn: Turn, result: StepsResult, marks: int) -> Line:
    row, status = turn.first, turn.status
    difference = row.difference if row is not None else None
    lacking = lacking_words(turn, result) if row is None and status.diverges else ""
    cells = (
        f"{turn.ordinal}{'*' * marks}",
        str(turn.compared),
        str(turn.diverging),
        lacking or _name(turn, result),
        signed(difference.relative) if difference is not None else "–" if status.diverges else "",
        status.value,
    )
    return Line(cells, status)


def _findings(result: StepsResult) -> tuple[Section, ...]:
    labels, index = _labels(result), result.index
    items = [
        f"{labels[repeat.side]} {index} {repeat.ordinal} repeats {index} {repeat.of}, digit for digit "
        "(marked * in the table)"
        for repeat in result.repeats
    ]
    first = result.first_divergence
    if first is not None and first.first is not None and first.first.reason:
        items.append(f"{index} {first.ordinal}: {first.first.reason}")
    items += [f"{index} {turn.ordinal}: {lacking_words(turn, result)}" for turn in result.totals.lacking]
    findings = (Section("Findings", items=tuple(items)),) if items else ()
    differ = first is not None and result.verdict is Verdict.DIFFER
    return (*findings, *next_section(commands=[why(result.diff.c, result.diff.py)] if differ else ()))

"""The view of a comparison of two traces."""

import math
from collections.abc import Iterator, Sequence

from nbtrace.compare.artefacts import is_habit, power_of_ten
from nbtrace.compare.diff import DiffResult
from nbtrace.compare.divergence import Divergence, Group
from nbtrace.compare.final_ratio import final_row
from nbtrace.compare.gaps import Gaps
from nbtrace.compare.judge import Row
from nbtrace.compare.logs import KEY, logs_of
from nbtrace.records import Record
from nbtrace.report.next_steps import after_lacking, logs_command, next_section, why
from nbtrace.report.view import (
    Column,
    Command,
    Line,
    Section,
    SectionKind,
    Table,
    View,
    delta_text,
    input_facts,
    listed,
    logs_line,
    number,
    signed,
    tolerance_facts,
    typed,
)
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary.sides import Names
from nbtrace.vocabulary.vocabulary import Vocabulary

_BAND_WORDS = {"tolerance": "beyond the tolerance", "0.0001": "at least 1e-4", "0.01": "at least 1e-2"}


def columns(names: Names) -> tuple[Column, ...]:
    """Return the columns of the table of quantities."""
    return (
        Column("quantity"),
        Column(names.reference, numeric=True, rank=2, rounds=True, named=True),
        Column(names.candidate, numeric=True, rank=2, rounds=True, named=True),
        Column("Δ rel", numeric=True, rank=1),
        Column(names.ratio, numeric=True, rank=5, named=True),
        Column("digits", numeric=True, rank=4),
        Column(f"Δ ({names.difference})", numeric=True, rank=6, named=True),
        Column("tolerance", rank=7),
        Column("differ", numeric=True, rank=3),
        Column("status"),
    )


def diff_view(result: DiffResult, *, brief: bool = False) -> View:
    """Return the view of a comparison; a brief one leaves the quantities that agree out of the table."""
    return View(
        title=f"Trace comparison: {result.names.against}",
        verdict=result.verdict,
        headline=headline(result),
        facts=(*input_facts(result.c, result.py), *tolerance_facts(result.policy)),
        notices=result.notices,
        sections=tuple(_sections(result, brief=brief)),
    )


def headline(result: DiffResult) -> str:
    """Return the answer in one line."""
    first = result.first_divergence
    compared = f"{result.coverage.compared} of {result.coverage.expected} values compared"
    if result.verdict is Verdict.NOT_COMPARABLE:
        return f"the logs are not comparable; {compared} for information"
    if first is None:
        return f"{compared}, none diverges{lack_words(result) or alone_words(result)}"
    shown = result.physical.first if first.quantity in result.physical.artefacts else None
    shown = shown or first
    rest = (
        _follows(result, shown) if shown is first and first.quantity not in result.physical.artefacts else "",
        _artefact_words(result, first),
        _further(result, shown),
        _material(result, shown),
        final_words(result),
        lack_words(result),
    )
    return f"first divergence {describe(shown, result.names)}{''.join(rest)}"


def lack_words(result: DiffResult) -> str:
    """Return which side lacks pixels, their values or φ steps that the other has."""
    covered, final = result.coverage, result.c.vocabulary.final or ""
    missing = covered.missing_on_c, covered.missing_on_py
    for side, trace, names, gaps in zip(result.names.pair, (result.c, result.py), missing, result.gaps, strict=True):
        account = trace.account
        cut = f": its log seems cut off in line {account.total}" if account.torn else ""
        if final in names and final not in trace.by_quantity:
            return f"; {side} prints no {final}{cut}"
        if lacking := _lacking_words(gaps, trace.vocabulary):
            return f"; {side} lacks {lacking}{cut}"
        if account.torn:
            return f"; {side} ends in the middle of a line"
    if result.verdict is Verdict.DIFFER and result.first_divergence is None:
        return "; but not everything could be compared, see the notes and the coverage"
    return ""


def alone_words(result: DiffResult) -> str:
    """Return the quantities that one side alone has where they are few; many are counted in the coverage."""
    covered, names = result.coverage, result.names
    alone = {
        names.reference: (*covered.missing_on_py, *covered.unknown_on_c),
        names.candidate: (*covered.missing_on_c, *covered.unknown_on_py),
    }
    if sum(map(len, alone.values())) > _ALONE:
        return ""
    return "".join(f"; only {side} has {listed(quantities)}" for side, quantities in alone.items() if quantities)


_ALONE = 3
"""Quantities of one side alone that the first line names."""


def _lacking_words(gaps: Gaps, vocabulary: Vocabulary) -> str:
    """Return the gravest of what a side lacks; empty if nothing."""
    final, block = vocabulary.final or "", vocabulary.block
    lacking = (
        (gaps.blocks, block, f"{block}s"),
        (gaps.lost.get(final, 0), final, final),
        (gaps.steps, vocabulary.turn, vocabulary.turns),
        (sum(gaps.lost.values()), "value", "values"),
    )
    return next((f"{many} {one if many == 1 else several}" for many, one, several in lacking if many), "")


def _artefact_words(result: DiffResult, first: Row) -> str:
    """Return that the first divergence is an artefact of the logs, where it is one."""
    if first.quantity not in result.physical.artefacts:
        return ""
    power = power_of_ten(first)
    why = _of_the_logs(first)
    if result.physical.first is not None and result.physical.first.quantity == first.quantity:
        return " (with another unit undone)" if power else " (with a habit of logging undone)"
    if result.physical.first is not None:
        return f"; {first.label} differs before it, {why}"
    rest = "all else may be a consequence" if len(result.divergences) > 1 else "nothing else diverges"
    return f" ({why}); {rest}"


def _of_the_logs(row: Row) -> str:
    """Return why a row that is an artefact of the logs differs."""
    power = power_of_ten(row)
    return f"in another unit, 10^{power}" if power else "by a habit of logging"


def _further(result: DiffResult, first: Row) -> str:
    """Return the roots besides the first divergence, counted and the first of them named."""
    named = {first.quantity, *result.physical.artefacts}
    roots = [item.group.quantity for item in result.roots if item.group.quantity not in named]
    if not roots:
        return ""
    return f"; {len(roots)} further root{'s'[: len(roots) != 1]}: {listed(roots, 3)}"


def _follows(result: DiffResult, first: Row) -> str:
    own = next((item for item in result.divergences if item.group.quantity == first.quantity), None)
    return f" (may follow from {listed(own.follows, 2)})" if own is not None and own.follows else ""


def _material(result: DiffResult, shown: Row) -> str:
    """Return the first divergence above 1e-4, where it is another than the first."""
    far = result.final_ratio
    if far is not None:
        row, said = far.divergence, {shown.label, far.row.label, *(item.name for item in far.configured)}
        if row is None or row.label in said:
            return ""
        size = f", {signed(row.difference.relative)} relative" if row.difference is not None else ""
        return f"; first above 1e-4 {row.label}{size}"
    row = result.first_by_band["0.0001"]
    artefacts = result.physical.artefacts
    if row is None or row is result.first_divergence or row.quantity in artefacts:
        return ""
    if result.first_divergence is not None and result.first_divergence.quantity in artefacts:
        return ""
    return f"; first above 1e-4 {row.label}"


def final_words(result: DiffResult) -> str:
    """Return the final ratio, and the configuration that differs where it is far from 1."""
    names = result.names
    final = final_row(result.rows, result.c.vocabulary.final)
    if final is None:
        return ""
    name = final.label if final.index.loops else final.quantity
    configured = configured_words(result)
    if final.difference is None or final.difference.ratio is None:
        return f"; {name} {final.status.value}: {final.reason or f'{names.reference} is 0'}{configured}"
    return f"; {name} {names.ratio} = {final.difference.ratio:.9g}{configured}"


def configured_words(result: DiffResult) -> str:
    """Return the configuration that differs where the final ratio is far from 1; empty where none does."""
    far = result.final_ratio
    if far is None or not far.configured:
        return ""
    shown = [f"{item.name} {_short(item.c)} against {_short(item.py)}" for item in far.configured[:_CONFIGURED]]
    more = f" and {len(far.configured) - len(shown)} more" if len(far.configured) > len(shown) else ""
    return f": {', '.join(shown)}{more} (configuration)"


_CONFIGURED = 2
"""Configuration values that the first line names."""


def _short(text: str) -> str:
    """Return a printed value with few digits for the first line; the table and the notices have them all."""
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return " ".join(_short(word) for word in words) if len(words := text.split()) > 1 else text


def describe(row: Row, names: Names) -> str:
    """Return a diverging row in words: where, how much, how bad."""
    if row.difference is None:
        return f"{row.label}: {row.status.value}, {row.reason}"
    where = f"{row.label}{' ' + row.component if row.component else ''}"
    delta = delta_text(row.difference.delta[row.difference.worst], row.known)
    return f"{where}: {names.difference} = {delta}, {signed(row.difference.relative)} relative, {row.status.value}"


def _sections(result: DiffResult, *, brief: bool) -> list[Section]:
    groups = [group for group in result.groups if group.status.diverges or not brief]
    table = Table(columns(result.names), tuple(map(_line, groups)))
    sections = [
        Section(
            "Quantities in execution order",
            table=table,
            sentences=_hidden(result, groups),
            kind=SectionKind.QUANTITIES,
        )
    ]
    if result.divergences:
        sections += [_first(result), _roots(result), _all(result)]
    return [*sections, _coverage(result), *_next(result)]


def _hidden(result: DiffResult, groups: Sequence[Group]) -> tuple[str, ...]:
    hidden = len(result.groups) - len(groups)
    sentences: tuple[str, ...] = (f"{hidden} quantities that agree are left out (--brief).",) if hidden else ()
    if any(_agrees_as_printed(group.shown) for group in groups):
        sentences += ("* agrees within the digits that were printed.",)
    return sentences


def _line(group: Group) -> Line:
    row = group.shown
    difference = row.difference
    label = row.label + (f".{row.component}" if row.component else "")
    cells = (
        label,
        shown_value(row, row.c),
        shown_value(row, row.py),
        signed(difference.relative) if difference else "–",
        _ratio(row),
        _digits(row),
        delta_text(difference.delta[difference.worst], row.known) if difference else "–",
        _tolerance(row),
        f"{group.diverging}/{group.compared}" if group.compared > 1 else "",
        row.status.value + ("*" if _agrees_as_printed(row) else ""),
    )
    return Line(cells, row.status)


def _agrees_as_printed(row: Row) -> bool:
    """Whether a row agrees within the printed digits alone."""
    return row.limited_by_print and not row.status.diverges and _beyond(row)


def _beyond(row: Row) -> bool:
    """Whether a row agrees only because its numbers were printed with few digits."""
    difference = row.difference
    return difference is not None and abs(difference.delta[difference.worst]) > row.tolerance.allowed(difference.norm_c)


def _ratio(row: Row) -> str:
    """Return Py/C of the component shown."""
    if row.difference is None:
        return "–"
    c, py = (record.numbers[row.difference.worst] for record in (row.c, row.py))
    return number(py / c) if c else "–"


def shown_value(row: Row, record: Record) -> str:
    """Return the value for the table: the worst component of several; text cut to what a table can hold."""
    if row.difference is not None:
        return number(record.numbers[row.difference.worst])
    text = record.value.text
    return text if len(text) <= 16 else f"{text[:15]}…"


def _digits(row: Row) -> str:
    if row.difference is None:
        return "–"
    if row.difference.digits is None:
        return "all"
    if row.difference.ulps is not None and row.difference.ulps <= 99:
        return f"{row.difference.ulps} ulp"
    return f"{row.difference.digits:.1f}"


def _tolerance(row: Row) -> str:
    if row.limited_by_print:
        return "printed digits"
    mark = f" [{row.tolerance.origin}]" if row.tolerance.overridden else ""
    return f"{row.tolerance}{mark}"


def _first(result: DiffResult) -> Section:
    bands: dict[str, list[str]] = {}
    names, artefacts = result.names, result.physical.artefacts
    for band, row in result.first_by_band.items():
        text = describe(row, names) if row is not None else "none"
        if row is not None and row.quantity in artefacts:
            text += f" ({_of_the_logs(row)})"
        bands.setdefault(text, []).append(_BAND_WORDS[band])
    items = [f"{', '.join(words)}: {text}" for text, words in bands.items()]
    first, physical = result.first_divergence, result.physical.first
    if first is not None:
        items.append(f"{_lines(first, names)}; {_whole(first, names)}")
        if physical is not None and first.quantity in artefacts:
            which = "with that undone" if physical.quantity == first.quantity else "first that is not of the logs alone"
            items.append(f"{which}: {describe(physical, names)}; {_lines(physical, names)}")
    return Section("First divergence", items=tuple(items))


def _lines(row: Row, names: Names) -> str:
    return f"lines: {names.reference} {row.c.line}, {names.candidate} {row.py.line}"


def _whole(row: Row, names: Names) -> str:
    """Return the difference of a vector as a whole, or of a scalar in digits."""
    difference = row.difference
    if difference is None:
        return row.reason
    if len(difference.delta) == 1:
        return f"ratio {names.ratio} {number(difference.ratio, 15)}"
    size = math.hypot(*difference.delta)
    parts = [f"|{names.difference}| = {delta_text(size, row.known).lstrip('+')}"]
    if difference.ratio is not None:
        parts.append(f"|{names.candidate}|/|{names.reference}| − 1 = {signed(difference.ratio - 1)}")
    if difference.angle_rad is not None:
        parts.append(f"angle {difference.angle_rad:.3e} rad")
    return ", ".join(parts)


def _roots(result: DiffResult) -> Section:
    """Return the roots, those of one stage of the computation together with all that may follow from them."""
    by_stage: dict[str | None, list[Divergence]] = {}
    for item in result.roots:
        known = item.group.shown.known
        alone = is_habit(item.group.shown, result.c.vocabulary)
        stage = known.section if known else None
        by_stage.setdefault(item.group.quantity if alone else stage, []).append(item)
    items = tuple(f"{'; '.join(map(_named, roots))}: {_consequences(roots)}" for roots in by_stage.values())
    sentence = "A root diverges although none of its inputs does; what depends on it may be its consequence."
    return Section("Roots and consequences", sentences=(sentence,), items=items)


def _all(result: DiffResult) -> Section:
    items = tuple(describe(item.group.shown, result.names) for item in result.divergences)
    return Section("All divergent quantities", items=items, repeats_table=True, kind=SectionKind.DIVERGENT)


def _named(item: Divergence) -> str:
    row = item.group.shown
    size = f" {signed(row.difference.relative)}" if row.difference else ""
    return f"{row.quantity}{size} {row.status.value}"


def _consequences(roots: list[Divergence]) -> str:
    names = dict.fromkeys(name for item in roots for name in item.consequences)
    return f"may explain {listed(names)}" if names else "nothing else follows"


def _coverage(result: DiffResult) -> Section:
    covered = result.coverage
    items = [f"compared {covered.compared} of {covered.expected} values that at least one side has"]
    items += [f"not measurable: {label}: {reason}" for label, reason in covered.skipped.items()]
    missing_on, unknown_on = (
        (covered.missing_on_c, covered.missing_on_py),
        (covered.unknown_on_c, covered.unknown_on_py),
    )
    for side, missing, unknown, gaps in zip(result.names.pair, missing_on, unknown_on, result.gaps, strict=True):
        if missing:
            items.append(f"missing on {side}: {listed(missing)}")
        items += _gaps(side, gaps, result.c.vocabulary)
        if unknown:
            items.append(f"only {side} prints, under names that no other log uses: {listed(unknown, 4)}")
    return Section("Coverage", items=tuple(items))


def _gaps(side: str, gaps: Gaps, words: Vocabulary) -> list[str]:
    """Return what a side lacks of what it prints elsewhere."""
    items = [f"{words.block}s missing on {side}: {gaps.blocks}"] if gaps.blocks else []
    items += [f"{words.turns} missing on {side}: {gaps.steps} of {gaps.steps_there}"] if gaps.steps else []
    lost = [f"{name} {many}" for name, many in gaps.lost.items()]
    return items + ([f"values lost on {side}, of quantities that it prints elsewhere: {listed(lost)}"] if lost else [])


_DETECTOR = ".parquet"
"""How the name of a file ends that may hold a whole-detector trace."""


def _next(result: DiffResult) -> tuple[Section, ...]:
    vocabulary = result.c.vocabulary
    if result.verdict is Verdict.NOT_COMPARABLE:
        same = f"trace the same {vocabulary.block}, with the same configuration, on both sides; compare again"
        return next_section([same])
    items = []
    start = result.physical.first
    if start is not None and start.quantity != (result.first_divergence or start).quantity:
        items.append(f"start at {start.label}: the first divergence that is not an artefact of the logs")
    commands = [why(result.c, result.py)] if result.divergences else []
    if all(len(trace.blocks) > 1 and trace.source.endswith(_DETECTOR) for trace in (result.c, result.py)):
        line = f"nbtrace diff --all-pixels {typed(result.c.source)} {typed(result.py.source)}"
        commands.insert(0, Command(line, "where on the detector, and what first in each pixel?"))
    if result.divergences:
        commands += _closer(result)
    if result.verdict is Verdict.DIFFER or result.coverage.compared < result.coverage.expected:
        commands += after_lacking(result)
    return next_section(items, commands)


def _closer(result: DiffResult) -> Iterator[Command]:
    """Yield the commands that look at a loop or at the chain of the final value, where these differ."""
    vocabulary = result.c.vocabulary
    c, py = result.c.source, result.py.source
    names = {group.quantity for group in result.groups if group.status.diverges}
    logs = logs_of(vocabulary)
    if names & logs.followed_by_turn:
        turns = [logs.of_a_step(KEY) in trace.by_quantity for trace in (result.c, result.py)]
        if all(turns):
            yield logs_command("phi", f"is it all {vocabulary.turns} or one?", py, c, vocabulary=vocabulary)
        elif any(turns):
            lacking = result.names.pair[turns.index(False)]
            own = ("PER_PHI_FILE", c) if turns[0] else (py, "PER_PHI_FILE")
            line = logs_line("phi", *own, vocabulary=vocabulary)
            yield Command(line, f"is it all {vocabulary.turns} or one? PER_PHI_FILE holds those of {lacking}")
    chain = vocabulary.chain
    if chain is not None and names & {chain.result, chain.factors[0].quantity}:
        yield logs_command("scaling", "which factor carries the final ratio?", c, py, vocabulary=vocabulary)

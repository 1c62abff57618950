"""The view of a comparison of two traces."""

import math
from shlex import quote

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.divergence import Divergence, Group
from nbtrace.compare.judge import Row
from nbtrace.compare.pixel import whereabouts
from nbtrace.compare.status import Status, Verdict
from nbtrace.quantities import QUANTITIES, Stage
from nbtrace.records import Record, Trace
from nbtrace.report.view import (
    Column,
    Line,
    Section,
    Table,
    View,
    delta_text,
    listed,
    number,
    signed,
    tolerance_facts,
)

_COLUMNS = (
    Column("quantity"),
    Column("C", numeric=True),
    Column("Py", numeric=True),
    Column("Δ rel", numeric=True),
    Column("Py/C", numeric=True, least_width=120),
    Column("digits", numeric=True, least_width=90),
    Column("Δ (Py − C)", numeric=True, least_width=140),
    Column("tolerance", least_width=170),
    Column("differ", numeric=True, least_width=98),
    Column("status"),
)
_BAND_WORDS = {"tolerance": "at the tolerance", "0.0001": "from 1e-4 on", "0.01": "from 1e-2 on"}


def diff_view(result: DiffResult, *, brief: bool = False) -> View:
    """Return the view of a comparison; a brief one leaves the quantities that agree out of the table."""
    return View(
        title="Trace comparison: C against Py",
        verdict=result.verdict,
        headline=headline(result),
        facts=(*_inputs(result), *tolerance_facts(result.policy)),
        notices=result.notices,
        sections=tuple(_sections(result, brief=brief)),
    )


def headline(result: DiffResult) -> str:
    """Return the answer in one line."""
    first = result.first_divergence
    compared = f"{result.coverage.compared} values compared"
    if result.verdict is Verdict.NOT_COMPARABLE:
        return f"the logs cannot be compared as they stand ({compared} all the same)"
    if first is None and result.verdict is Verdict.DIFFER:
        return f"{compared}, none diverges, but not everything could be compared (--strict)"
    if first is None:
        return f"{compared}, none diverges"
    return f"first divergence {describe(first)}{_material(result)}{_final(result)}"


def _material(result: DiffResult) -> str:
    row = result.first_by_band["0.0001"]
    if row is None or row is result.first_divergence:
        return ""
    return f"; first above 1e-4 {row.label}"


def _final(result: DiffResult) -> str:
    final = next((row for row in result.rows if row.quantity == "I_pixel_final"), None)
    if final is None or final.difference is None or final.difference.ratio is None:
        return ""
    return f"; I_pixel_final Py/C = {final.difference.ratio:.9g}"


def describe(row: Row) -> str:
    """Return a diverging row in words: where, how much, how bad."""
    if row.difference is None:
        return f"{row.label}: {row.status.value}, {row.reason}"
    where = f"{row.label}{' ' + row.component if row.component else ''}"
    delta = delta_text(row.difference.delta[row.difference.worst], row.quantity)
    return f"{where}: Py − C = {delta}, {signed(row.difference.relative)} relative, {row.status.value}"


def _inputs(result: DiffResult) -> tuple[str, ...]:
    return tuple(_input(side, trace) for side, trace in (("C", result.c), ("Py", result.py)))


def _input(side: str, trace: Trace) -> str:
    at = whereabouts(trace)
    pixel = f"pixel slow {at.pixel[0]} fast {at.pixel[1]}" if at.pixel else "pixel not told"
    account = trace.account
    lines = f"{account.used} of {account.total} lines used"
    unread = f", {len(account.unreadable)} unreadable" if account.unreadable else ""
    return f"{side}: {trace.source} ({pixel}; {lines}{unread})"


def _sections(result: DiffResult, *, brief: bool) -> list[Section]:
    table = _table(result, brief=brief)
    sections = [Section("Quantities in execution order", table=table, sentences=_hidden(result, table))]
    if result.divergences:
        sections += [_first(result), _roots(result)]
    sections.append(_coverage(result))
    if result.divergences:
        sections.append(Section("What to look at next", items=_next(result)))
    return sections


def _hidden(result: DiffResult, table: Table) -> tuple[str, ...]:
    hidden = len(result.groups) - len(table.lines)
    return (f"{hidden} quantities that agree are left out (--brief).",) if hidden else ()


def _table(result: DiffResult, *, brief: bool) -> Table:
    groups = [group for group in result.groups if group.status.diverges or not brief]
    return Table(_COLUMNS, tuple(_line(group) for group in groups))


def _line(group: Group) -> Line:
    row = group.shown
    found = row.difference
    label = row.label + (f".{row.component}" if row.component else "")
    cells = (
        label,
        _value(row, row.c),
        _value(row, row.py),
        signed(found.relative) if found else "–",
        number(found.ratio, 9) if found else "–",
        _digits(row),
        delta_text(found.delta[found.worst], row.quantity) if found else "–",
        _tolerance(row),
        f"{group.diverging}/{len(group.rows)}" if len(group.rows) > 1 else "",
        row.status.value,
    )
    return Line(cells, row.status)


def _value(row: Row, record: Record) -> str:
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
    for band, row in result.first_by_band.items():
        bands.setdefault(describe(row) if row is not None else "none", []).append(_BAND_WORDS[band])
    items = [f"{', '.join(words)}: {text}" for text, words in bands.items()]
    first = result.first_divergence
    if first is not None:
        items.append(f"lines: C {first.c.line}, Py {first.py.line}; {_whole(first)}")
    return Section("First divergence", items=tuple(items))


def _whole(row: Row) -> str:
    """Return the difference of a vector as a whole, or of a scalar in digits."""
    found = row.difference
    if found is None:
        return row.reason
    if len(found.delta) == 1:
        return f"ratio Py/C {number(found.ratio, 15)}"
    size = math.hypot(*found.delta)
    parts = [f"|Py − C| = {delta_text(size, row.quantity).lstrip('+')}"]
    if found.ratio is not None:
        parts.append(f"|Py|/|C| − 1 = {signed(found.ratio - 1)}")
    if found.angle_rad is not None:
        parts.append(f"angle {found.angle_rad:.3e} rad")
    return ", ".join(parts)


def _roots(result: DiffResult) -> Section:
    """Return the roots, those of one stage of the computation together with all that may follow from them."""
    by_stage: dict[Stage | None, list[Divergence]] = {}
    for item in result.roots:
        known = QUANTITIES.get(item.group.quantity)
        by_stage.setdefault(known.stage if known else None, []).append(item)
    items = tuple(f"{'; '.join(map(_named, roots))}: {_consequences(roots)}" for roots in by_stage.values())
    sentence = "A root diverges although none of its inputs does; what depends on it may be its consequence."
    return Section("Roots and consequences", sentences=(sentence,), items=items)


def _named(item: Divergence) -> str:
    row = item.group.shown
    size = f" {signed(row.difference.relative)}" if row.difference else ""
    return f"{row.quantity}{size} {row.status.value}"


def _consequences(roots: list[Divergence]) -> str:
    names = dict.fromkeys(name for item in roots for name in item.consequences)
    return f"from here may follow {listed(names)}" if names else "nothing else follows"


def _coverage(result: DiffResult) -> Section:
    covered = result.coverage
    items = [f"compared {covered.compared} of {covered.expected} values that at least one side has"]
    items += [f"not measurable: {label}: {reason}" for label, reason in covered.skipped.items()]
    sides = (("C", covered.missing_on_c, covered.unknown_on_c), ("Py", covered.missing_on_py, covered.unknown_on_py))
    for side, missing, unknown in sides:
        if missing:
            items.append(f"missing on {side}: {listed(missing)}")
        if unknown:
            items.append(f"only {side} prints, under names that no other log uses: {listed(unknown, 4)}")
    return Section("Coverage", items=tuple(items))


def _next(result: DiffResult) -> tuple[str, ...]:
    c, py = quote(result.c.source), quote(result.py.source)
    names = {group.quantity for group in result.groups if group.status.diverges}
    items = []
    material = result.first_by_band["0.0001"]
    if result.verdict is Verdict.NOT_COMPARABLE:
        return ("trace the same pixel, with the same configuration, on both sides; then compare again",)
    if material is not None and material is not result.first_divergence:
        items.append(f"start at {material.label}: the first divergence above 1e-4; what comes before it is smaller")
    if any(row.status is Status.MISSING for row in result.rows):
        items.append("fill in the values that a log leaves out, then compare again")
    if names & {"hkl_frac", "F_latt", "F_latt_a", "F_latt_b", "F_latt_c", "phi_k_frac"}:
        items += _phi_next(result, c, py)
    if names & {"I_before_scaling", "I_pixel_final"}:
        items.append(f"nbtrace scaling {c} {py}: which factor carries the final ratio?")
    return tuple(items) or ("follow the first divergence to its inputs",)


def _phi_next(result: DiffResult, c: str, py: str) -> list[str]:
    """Return how to compare the φ steps, as far as they are logged."""
    with_steps = [trace.side.label for trace in (result.c, result.py) if "phi_k_frac" in trace.by_quantity]
    if len(with_steps) == 2:
        return [f"nbtrace phi {py} {c}: is it all φ steps or one?"]
    if with_steps:
        return [f"nbtrace phi, with a per-φ log of the other side: only {with_steps[0]} logs its φ steps here"]
    return []

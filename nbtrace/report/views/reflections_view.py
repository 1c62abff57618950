"""The view of two compared tables of structure factors."""

from collections.abc import Iterator

from nbtrace.compare.reflections.compare_reflections import ReflectionRelation, ReflectionRow, ReflectionsResult
from nbtrace.compare.reflections.reflection_set import ReflectionForm, ReflectionSet
from nbtrace.report.view import Column, Line, Section, Table, View, signed
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.vocabulary.quantity import Basis


def reflections_view(result: ReflectionsResult) -> View:
    """Return the view of two compared tables of structure factors."""
    c, py = result.names.pair
    sections = (
        Section("Reflections", items=tuple(_counts(result))),
        Section("Worst reflections", table=_table(result.worst, result)),
        Section("Only on one side, the strongest", table=_table(result.lacking, result)),
    )
    return View(
        title=f"Structure factors: {c} against {py}",
        verdict=result.verdict,
        headline=reflections_headline(result),
        facts=(
            _file(c, result.c),
            _file(py, result.py),
            f"Tolerance of F: {result.tolerance.value:g} {_basis(result)} ({result.tolerance.origin})",
        ),
        notices=result.notices,
        sections=tuple(section for section in sections if section.says_something),
    )


def _basis(result: ReflectionsResult) -> str:
    return "relative" if result.tolerance.basis is Basis.RELATIVE else "e⁻ absolute"


def reflections_headline(result: ReflectionsResult) -> str:
    """Return the answer in one line."""
    if result.verdict is Verdict.AGREE:
        filled = f", and so do {result.gaps} entries that both fill with {result.c.default:g}" if result.gaps else ""
        what = "the reflection agrees" if result.compared == 1 else f"all {result.compared} reflections agree"
        return f"{what} in F{filled}"
    parts = list(_differences(result))
    if result.relation is not None:
        left = result.relation.compared - result.relation.accounted
        rest = "all of them" if not left else f"all but {left} of {result.relation.compared}"
        stand = f"as they stand, {', '.join(parts)}"
        return f"{relation_words(result.relation, result)}, which accounts for {rest}; {stand}"
    return ", ".join(parts)


def _differences(result: ReflectionsResult) -> Iterator[str]:
    c, py = result.names.pair
    if result.differing:
        yield f"F differs in {result.differing} of {result.compared} reflections{_worst_words(result)}"
    elif result.compared:
        yield f"the {result.compared} reflections of both agree"
    if result.only_c:
        yield f"{py} lacks {_lacked(result, result.only_c, c)}"
    if result.only_py:
        yield f"{c} lacks {_lacked(result, result.only_py, py)}"
    if result.defaults_differ:
        yield f"the default F is {result.c.default:g} in {c}, {result.py.default:g} in {py}"


def _worst_words(result: ReflectionsResult) -> str:
    """Return the worst reflection, where no relation accounts for all of them."""
    if result.relation is not None or not result.worst:
        return ""
    row = result.worst[0]
    which = "" if result.differing == 1 else "worst "
    return f" ({which}{_hkl(row)}: {row.c:.9g} against {row.py:.9g})"


def _lacked(result: ReflectionsResult, count: int, other: str) -> str:
    """Return the reflections that only the other side has, by their indices where they are few."""
    rows = [row for row in result.lacking if (row.py is None) == (other == result.names.reference)]
    if count <= _NAMED and len(rows) == count and result.relation is None:
        return f"{', '.join(map(_hkl, rows))}, which {other} has"
    return f"{count} that {other} has"


_NAMED = 2
"""Reflections of one side alone that the first line names."""


def _hkl(row: ReflectionRow) -> str:
    return " ".join(map(str, row.hkl))


def relation_words(relation: ReflectionRelation, result: ReflectionsResult) -> str:
    """Return how the candidate's table is made from the reference's, in words."""
    c, py = result.names.pair
    factor = "" if relation.scale == 1.0 else f"{relation.scale:.9g} × "
    power = {1.0: f"F of {c}", 2.0: f"F² of {c}", 0.5: f"√F of {c}"}[relation.power]
    amplitude = f"F of {py} = {factor}{power}"
    if relation.index_map.is_identity:
        return amplitude
    moved = f"{py} has the reflection h k l of {c} at {relation.index_map.words()}"
    return moved if relation.scale == 1.0 and relation.power == 1.0 else f"{moved}, and {amplitude}"


def _file(side: str, table: ReflectionSet) -> str:
    if table.form is ReflectionForm.LIST:
        return f"{side}: {table.source} ({table.form}, {len(table.indices)} reflections)"
    box = ", ".join(f"{axis} {low} to {high}" for axis, (low, high) in zip("hkl", table.limits or (), strict=False))
    return f"{side}: {table.source} ({table.form}, {box}; {table.entries} entries)"


def _counts(result: ReflectionsResult) -> Iterator[str]:
    c, py = result.names.pair
    agree = result.compared - result.differing
    yield f"compared {result.compared}: {agree} agree, {result.differing} differ"
    words = [f"{number} {status.value}" for status, number in result.bands if number and status is not Status.PASS]
    if words:
        yield f"of those that differ: {', '.join(words)}"
    yield f"only in {c}: {result.only_c}; only in {py}: {result.only_py}"


def _table(rows: tuple[ReflectionRow, ...], result: ReflectionsResult) -> Table | None:
    if not rows:
        return None
    c, py = result.names.pair
    columns = (
        *(Column(axis, numeric=True) for axis in "hkl"),
        Column(f"F {c}", numeric=True),
        Column(f"F {py}", numeric=True),
        Column("Δ rel", numeric=True),
        Column("status"),
    )
    return Table(columns, tuple(_line(row) for row in rows))


def _line(row: ReflectionRow) -> Line:
    values = tuple("–" if value is None else f"{value:.9g}" for value in (row.c, row.py))
    relative = "–" if row.relative is None else signed(row.relative)
    return Line((*map(str, row.hkl), *values, relative, row.status.value), row.status)

"""The JSON document of two compared tables of structure factors."""

from nbtrace.compare.reflections.compare_reflections import ReflectionRow, ReflectionsResult
from nbtrace.compare.reflections.reflection_set import ReflectionSet
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.models.reflections import (
    ReflectionCoverage,
    ReflectionEntry,
    ReflectionRelationEntry,
    ReflectionsDocument,
    ReflectionTableSource,
)
from nbtrace.report.documents.parts import Document, notice_entries
from nbtrace.report.views.reflections_view import reflections_headline, relation_words
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary.quantity import Basis


def reflections_document(result: ReflectionsResult) -> Document:
    """Return a comparison of two tables of structure factors."""
    return ReflectionsDocument(
        format="nbtrace reflections",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        answer=reflections_headline(result),
        tolerance=result.tolerance.value,
        absolute=result.tolerance.basis is Basis.ABSOLUTE,
        first_divergence="F" if result.verdict is Verdict.DIFFER else None,
        num_divergent=result.differing,
        coverage=ReflectionCoverage(
            expected=result.compared + result.only_c + result.only_py,
            compared=result.compared,
            missing_c=result.only_py,
            missing_py=result.only_c,
        ),
        filled_by_default=result.filled_c + result.filled_py,
        c=_source(result.c),
        py=_source(result.py),
        notices=notice_entries(result.notices),
        relation=_relation(result),
        worst=tuple(map(_entry, result.worst)),
        lacking=tuple(map(_entry, result.lacking)),
    ).written()


def _source(table: ReflectionSet) -> ReflectionTableSource:
    return ReflectionTableSource(
        source=table.source,
        form=table.form.value,
        reflections=len(table.indices),
        repeated=table.repeated,
        default_F=table.default,
    )


def _relation(result: ReflectionsResult) -> ReflectionRelationEntry | None:
    relation = result.relation
    if relation is None:
        return None
    return ReflectionRelationEntry(
        text=relation_words(relation, result),
        indices=relation.index_map.words(),
        order=relation.index_map.order,
        signs=relation.index_map.signs,
        shift=relation.index_map.shift,
        power=relation.power,
        scale=relation.scale,
        accounted=relation.accounted,
        of=relation.compared,
    )


def _entry(row: ReflectionRow) -> ReflectionEntry:
    h, k, l = row.hkl  # noqa: E741 - the index is called so
    return ReflectionEntry(
        h=h, k=k, l=l, c_value=row.c, py_value=row.py, rel_delta=row.relative, status=row.status.value
    )

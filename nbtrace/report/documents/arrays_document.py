"""The JSON document of compared arrays."""

from nbtrace.compare.arrays import ArrayElement, ArraysResult, ComparedArray
from nbtrace.report.documents.models.arrays import ArrayElementEntry, ArrayEntry, ArraysDocument
from nbtrace.report.documents.models.parts import FORMAT_VERSION
from nbtrace.report.documents.parts import Document, side_names


def arrays_document(result: ArraysResult) -> Document:
    """Return arrays of two sides compared."""
    first = result.first_divergence
    return ArraysDocument(
        format="nbtrace arrays",
        format_version=FORMAT_VERSION,
        verdict=result.verdict.value,
        names=side_names(result.names),
        first_divergence=None if first is None else first.name,
        num_divergent=len(result.diverging),
        compared=result.compared,
        arrays=tuple(map(_entry, result.arrays)),
    ).written()


def _entry(array: ComparedArray) -> ArrayEntry:
    return ArrayEntry(
        name=array.name,
        status=array.status.value,
        reason=array.reason,
        relation=array.relation,
        shape_c=array.shapes[0],
        shape_py=array.shapes[1],
        type_c=array.types[0],
        type_py=array.types[1],
        tolerance_rel=array.tolerance.relative,
        tolerance_abs=array.tolerance.absolute,
        compared=array.compared,
        beyond=array.beyond,
        left_out=array.left_out,
        worst=_element(array.worst),
        first=_element(array.first),
    )


def _element(element: ArrayElement | None) -> ArrayElementEntry | None:
    if element is None:
        return None
    return ArrayElementEntry(
        index=element.index,
        label=element.label,
        c_text=str(element.c),
        py_text=str(element.py),
        rel_delta=element.relative,
    )

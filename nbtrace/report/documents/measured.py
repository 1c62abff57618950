"""What any document says of each quantity, in one form: the sizes and tolerances that a history keeps.

Documents of other versions and of other people's scripts are read as far as they hold numbers for two sides.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbtrace.report.documents.filed import read_as
from nbtrace.report.documents.models.compare import CompareDocument
from nbtrace.report.documents.models.compare_candidates import CompareCandidatesDocument
from nbtrace.report.documents.models.diff import DiffDocument
from nbtrace.report.documents.models.explain import ExplainDocument
from nbtrace.report.documents.models.images import ImagesBody, ImagesDocument
from nbtrace.report.documents.models.judged import JudgedEntry
from nbtrace.report.documents.models.phi import PhiDocument
from nbtrace.report.documents.models.scaling import ScalingDocument
from nbtrace.report.documents.models.several_logs import SeveralLogsDocument
from nbtrace.report.documents.models.suite import SuiteDocument
from nbtrace.verdicts.case_names import pair_case
from nbtrace.verdicts.status import Status
from nbtrace.vocabulary.quantity import Basis


@dataclass(frozen=True, slots=True)
class MeasuredQuantity:
    """A quantity of a document: how far it differs, and what is allowed.

    Attributes
    ----------
    quantity, status : str
    relative, absolute, tolerance : float or None
    basis : Basis
    side, cause : str
        Empty where the document does not tell.
    """

    quantity: str
    status: str
    relative: float | None = None
    absolute: float | None = None
    tolerance: float | None = None
    basis: Basis = Basis.RELATIVE
    side: str = ""
    cause: str = ""


@dataclass(frozen=True)
class MeasuredCase:
    """A case of a document.

    Attributes
    ----------
    name : str
        Empty where the document does not tell.
    verdict : str
    first_divergence : str or None
    quantities : tuple of MeasuredQuantity
    """

    name: str
    verdict: str
    first_divergence: str | None
    quantities: tuple[MeasuredQuantity, ...]


def measured_cases(document: Mapping[str, Any]) -> tuple[MeasuredCase, ...]:
    """Return what a document says; one of an unknown form that has a verdict is a case without quantities.

    Raises
    ------
    InputError
        If it is not of the form that it claims.
    """
    reader = _READERS.get(str(document.get("format")))
    if reader is not None:
        return tuple(reader(document))
    foreign = tuple(_foreign(document))
    if foreign:
        first = document.get("first_divergence")
        differ = any(item.status not in {Status.PASS.value, ""} for item in foreign)
        judged = all(item.status for item in foreign)
        verdict = ("differ" if differ else "agree") if judged else ""
        return (MeasuredCase("", verdict, first if isinstance(first, str) else None, foreign),)
    told = document.get("verdict")
    return (MeasuredCase(_sources(document), told, None, ()),) if isinstance(told, str) else ()


def _diff(document: Mapping[str, Any]) -> Iterator[MeasuredCase]:
    yield _of_diff(read_as(DiffDocument, document))


def _of_diff(read: DiffDocument) -> MeasuredCase:
    found = tuple(
        MeasuredQuantity(
            name,
            row.status,
            _size(row.rel_delta),
            _size(row.abs_delta),
            row.tolerance,
            _basis(row.tolerance_basis),
        )
        for name, row in read.factors.items()
    )
    name = pair_case(read.c.source, read.py.source)
    return MeasuredCase(name, read.verdict, read.first_divergence, found)


def _several(document: Mapping[str, Any]) -> Iterator[MeasuredCase]:
    for entry in read_as(SeveralLogsDocument, document).logs.values():
        if entry.comparison is None:
            yield MeasuredCase(entry.case, entry.verdict, None, ())
            continue
        case = _of_diff(entry.comparison)
        quantities = (
            replace(item, side=entry.side, cause=entry.cause) if item.quantity == entry.first_divergence else item
            for item in case.quantities
        )
        yield replace(case, name=entry.case, quantities=tuple(quantities))


def _explain(document: Mapping[str, Any]) -> Iterator[MeasuredCase]:
    read = read_as(ExplainDocument, document)
    name = pair_case(read.c.source, read.py.source)
    told = {
        quantity: (root.side, root.cause or "")
        for root in reversed(read.roots)
        for quantity in root.quantities or (root.quantity,)
    }
    if read.diff is None:
        blamed = (MeasuredQuantity(quantity, "", side=side, cause=cause) for quantity, (side, cause) in told.items())
        yield MeasuredCase(name, read.verdict, read.first_over_tolerance, tuple(blamed))
        return
    case = _of_diff(read.diff)
    named = ("", "")
    quantities = (
        replace(item, side=told.get(item.quantity, named)[0], cause=told.get(item.quantity, named)[1])
        for item in case.quantities
    )
    yield replace(case, verdict=read.verdict, quantities=tuple(quantities))


def _scaling(document: Mapping[str, Any]) -> Iterator[MeasuredCase]:
    read = read_as(ScalingDocument, document)
    found = tuple(
        MeasuredQuantity(
            name,
            row.status,
            _size(row.rel_delta),
            _size(row.abs_delta),
            row.tolerance,
            _basis(getattr(row, "tolerance_basis", "")),
        )
        for name, row in read.factors.items()
    )
    yield MeasuredCase(pair_case(read.c.source, read.py.source), read.verdict, read.first_divergence, found)


def _phi(document: Mapping[str, Any]) -> Iterator[MeasuredCase]:
    read = read_as(PhiDocument, document)
    status = Status.PASS.value if read.first_divergence is None else Status.DIVERGENT.value
    delta = MeasuredQuantity("max_delta_k", status, None, _size(read.max_delta_k), read.tolerance_k, Basis.ABSOLUTE)
    first = None if read.first_divergence is None else "max_delta_k"
    yield MeasuredCase(pair_case(read.c.source, read.py.source), read.verdict, first, (delta,))


def _images(document: Mapping[str, Any]) -> Iterator[MeasuredCase]:
    read = read_as(ImagesDocument, document)
    yield MeasuredCase(pair_case(read.c.source, read.py.source), read.verdict, _first_gate(read), tuple(_gates(read)))


def _candidates(document: Mapping[str, Any]) -> Iterator[MeasuredCase]:
    for entry in read_as(CompareCandidatesDocument, document).candidates.values():
        if entry.comparison is None:
            yield MeasuredCase(entry.case, entry.verdict, None, ())
        else:
            yield replace(_of_compare(entry.comparison), name=entry.case)


def _compare(document: Mapping[str, Any]) -> Iterator[MeasuredCase]:
    yield _of_compare(read_as(CompareDocument, document))


def _of_compare(read: CompareDocument) -> MeasuredCase:
    found = tuple(map(_judged, read.quantities)) or tuple(_gates(read))
    first = read.first_divergence or _first_gate(read)
    return MeasuredCase(" ".join(read.args), read.verdict, first, found)


def _suite(document: Mapping[str, Any]) -> Iterator[MeasuredCase]:
    for name, case in read_as(SuiteDocument, document).cases.items():
        gate = next((item.quantity for item in case.quantities if item.status != Status.PASS.value), None)
        verdict = case.outcome.replace(" ", "_")
        first = case.first_divergence or (gate if verdict == "differ" else None)
        yield MeasuredCase(name, verdict, first, tuple(map(_judged, case.quantities)))


def _judged(item: JudgedEntry) -> MeasuredQuantity:
    basis = _basis(item.tolerance_basis)
    return MeasuredQuantity(
        item.quantity, item.status, item.relative, item.absolute, item.tolerance, basis, item.side, item.cause
    )


def _gates(read: ImagesBody) -> Iterator[MeasuredQuantity]:
    """Yield the gates of images; see :mod:`nbtrace.compare.images.judged_images` for their sizes."""
    for gate in read.gates:
        if gate.name == "worst pixels":
            size = max((item.relative or 0.0 for item in (*read.worst_pixels, *read.worst_relative)), default=0.0)
            size = 1.0 if read.zero_in_c or read.zero_in_py else size
            yield MeasuredQuantity(gate.name, gate.status, size, read.max_abs_diff, read.tolerance.relative)
        else:
            known = gate.name in {"scale", "sum ratio", "correlation"} and gate.value is not None
            yield MeasuredQuantity(gate.name, gate.status, abs((gate.value or 0.0) - 1.0) if known else None)


def _first_gate(read: ImagesBody) -> str | None:
    return next((gate.name for gate in read.gates if gate.status != Status.PASS.value), None)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[MeasuredCase]]] = {
    "nbtrace diff": _diff,
    "nbtrace diff_several": _several,
    "nbtrace explain": _explain,
    "nbtrace scaling": _scaling,
    "nbtrace phi": _phi,
    "nbtrace images": _images,
    "nbtrace compare": _compare,
    "nbtrace compare_candidates": _candidates,
    "nbtrace compare suite": _suite,
}


def _foreign(document: Mapping[str, Any]) -> Iterator[MeasuredQuantity]:
    """Yield what a script of the field filed: factors with a value of either side, or figures of two images."""
    for table in ("factors", "scaling_ratios"):
        rows = document.get(table)
        for name, row in rows.items() if isinstance(rows, dict) else ():
            if isinstance(row, dict) and {"c_value", "py_value"} <= row.keys():
                relative = _finite(row.get("rel_delta", row.get("rel_error")))
                status = row.get("status")
                tolerance = _finite(document.get("tolerance_rel"))
                word = status if isinstance(status, str) else ""
                yield MeasuredQuantity(
                    str(name), word, _size(relative), _size(_finite(row.get("abs_delta"))), tolerance
                )
    for key, name in (("correlation", "correlation"), ("sum_ratio", "sum ratio")):
        value = _finite(document.get(key))
        if value is not None:
            yield MeasuredQuantity(name, "", abs(value - 1.0))


def _sources(document: Mapping[str, Any]) -> str:
    """Return the case of a document that tells its two sources, or its one log."""
    told = [document.get(side) for side in ("c", "py", "log")]
    names = [side["source"] for side in told if isinstance(side, dict) and isinstance(side.get("source"), str)]
    return pair_case(names[0], names[1]) if len(names) > 1 else "".join(names)


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _size(value: float | None) -> float | None:
    return None if value is None else abs(value)


def _basis(word: str) -> Basis:
    return Basis.ABSOLUTE if word == Basis.ABSOLUTE.value else Basis.RELATIVE

"""Results as lines of a history: a bundle, or a document by itself, of this version, of older ones, or of a script."""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbtrace.documents import load, utc_text
from nbtrace.errors import InputError
from nbtrace.evidence.bundle import METRICS_NAME, Bundle
from nbtrace.evidence.contents import FiledResult, read_contents
from nbtrace.history.history_line import VERDICT, HistoryLine, ToolVersions, headroom_of, measured_digits
from nbtrace.plain_text import clean, shortened
from nbtrace.report.documents.measured import MeasuredCase, MeasuredQuantity, measured_cases
from nbtrace.verdicts.case_names import pair_case
from nbtrace.vocabulary.quantity import Basis

_LONGEST = 1000


@dataclass(frozen=True)
class ResultOrigin:
    """Where a result comes from, as far as it tells.

    Attributes
    ----------
    result, command, time : str
        The command's name, its line, and when it ran in UTC.
    commit : str or None
    dirty : bool or None
    versions : ToolVersions
    machine : str or None
    case : str
        What its case is called if the document does not tell.
    """

    result: str
    command: str
    time: str
    commit: str | None = None
    dirty: bool | None = None
    versions: ToolVersions = field(default_factory=ToolVersions)
    machine: str | None = None
    case: str = ""


@dataclass(frozen=True)
class HistoricResult:
    """A result as a history takes it: where it comes from, its cases, and what it answers."""

    origin: ResultOrigin
    cases: tuple[MeasuredCase, ...]
    answer: str = ""

    def lines(self, case: str | None = None) -> Iterator[HistoryLine]:
        """Yield a line for each case and quantity, and one for the verdict of each case; `case` names an only one."""
        for item in self.cases:
            name = _text((case if len(self.cases) == 1 else None) or item.name or self.origin.case or "?")
            yield from (self._line(name, item, measured) for measured in item.quantities)
            if item.verdict:
                yield self._line(name, item, MeasuredQuantity(VERDICT, item.verdict))

    def _line(self, name: str, case: MeasuredCase, found: MeasuredQuantity) -> HistoryLine:
        origin = self.origin
        size = found.relative if found.basis is Basis.RELATIVE else found.absolute
        is_verdict = found.quantity == VERDICT
        return HistoryLine(
            format="nbtrace history",
            format_version=1,
            case=name,
            quantity=_text(found.quantity),
            result=_text(origin.result),
            time=origin.time,
            commit=origin.commit,
            dirty=origin.dirty,
            status=_text(found.status),
            digits=None
            if is_verdict
            else measured_digits(found.status, found.relative, found.absolute, found.tolerance, found.basis),
            headroom=None if is_verdict else headroom_of(size, found.tolerance),
            relative=_finite(found.relative),
            absolute=_finite(found.absolute),
            tolerance=_finite(found.tolerance),
            basis=found.basis.value,
            first_divergence=None if case.first_divergence is None else _text(case.first_divergence),
            side=found.side,
            cause=_text(found.cause),
            versions=origin.versions,
            machine=origin.machine,
        )


def historic_results(source: str | os.PathLike[str]) -> tuple[HistoricResult, ...]:
    """Return the results of a bundle, or the one of a document, the oldest first.

    What an explanation of a bundle says of a quantity is told with the other results of the same case.

    Raises
    ------
    InputError
        If nothing can be read there, or nothing of it is a result of two sides.
    """
    path = Path(source)
    if path.is_dir():
        contents = read_contents(Bundle.open(path))
        found = [_filed(result, path) for result in contents.results]
        results = tuple(item for item in found if item is not None)
    else:
        document = load(path)
        if not isinstance(document, dict):
            raise InputError(f"{path} is no JSON object, so it is no result")
        results = (_alone(document, path),)
    kept = tuple(item for item in results if item.cases)
    if not kept:
        raise InputError(f"{path} holds no result of two sides that a history could keep")
    return tuple(_with_causes(item, kept) for item in kept)


def _filed(result: FiledResult, folder: Path) -> HistoricResult | None:
    document = result.document
    if document is None and (folder / METRICS_NAME).is_file() and result.metadata.get("outputs") is None:
        document = load(folder / METRICS_NAME)  # a bundle that was made by hand, whose metadata list nothing
    if not isinstance(document, dict):
        return None
    origin = _origin(result.metadata, result.name if "format" in document else "metrics", folder)
    return HistoricResult(origin, _cases(document, folder), _answer(document))


def _alone(document: Mapping[str, Any], path: Path) -> HistoricResult:
    told = document.get("provenance")
    name = str(document.get("format", "metrics")).removeprefix("nbtrace ").replace("compare suite", "compare")
    facts = told if isinstance(told, dict) else {**_mapping(document, "environment"), **document}
    return HistoricResult(_origin(facts, name, path), _cases(document, path), _answer(document))


def _cases(document: Mapping[str, Any], path: Path) -> tuple[MeasuredCase, ...]:
    try:
        return measured_cases(document)
    except InputError as error:
        raise InputError(f"{path}: the document cannot be used: {clean(str(error))}") from None


def _answer(document: Mapping[str, Any]) -> str:
    told = document.get("answer")
    return told if isinstance(told, str) else ""


def _origin(facts: Mapping[str, Any], result: str, path: Path) -> ResultOrigin:
    c, py = facts.get("c_trace"), facts.get("py_trace")
    case = pair_case(c, py) if isinstance(c, str) and isinstance(py, str) else path.stem
    dirty = facts.get("git_dirty")
    return ResultOrigin(
        result=result,
        command=_string(facts, "command") or "",
        time=_time(facts.get("timestamp"), path),
        commit=_string(facts, "git_sha") or _string(facts, "commit_hash"),
        dirty=dirty if isinstance(dirty, bool) else None,
        versions=ToolVersions(
            nbtrace=_string(facts, "nbtrace_version"),
            python=_string(facts, "python_version"),
            torch=_string(facts, "torch_version"),
        ),
        machine=_string(facts, "platform"),
        case=case,
    )


def _time(told: object, path: Path) -> str:
    """Return a time in UTC; that of the file where the result tells none, or none that can be read."""
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
        if moment is not None:
            return utc_text(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        pass
    return utc_text(datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _string(facts: Mapping[str, Any], key: str) -> str | None:
    value = facts.get(key)
    return _text(value) if isinstance(value, str) and value else None


def _mapping(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _finite(value: float | None) -> float | None:
    return value if value is None or abs(value) <= sys.float_info.max else None


def _text(value: str) -> str:
    return shortened(clean(value), _LONGEST)


def _with_causes(result: HistoricResult, all_results: tuple[HistoricResult, ...]) -> HistoricResult:
    """Return a result with the sides and causes that an explanation of the same case tells."""
    told = {
        (case.name, item.quantity): (item.side, item.cause)
        for other in all_results
        if other.origin.result == "explain"
        for case in other.cases
        for item in case.quantities
        if item.side
    }
    cases = []
    for case in result.cases:
        blamed = (
            replace(item, side=told[case.name, item.quantity][0], cause=told[case.name, item.quantity][1])
            if not item.side and (case.name, item.quantity) in told
            else item
            for item in case.quantities
        )
        cases.append(replace(case, quantities=tuple(blamed)))
    return replace(result, cases=tuple(cases))

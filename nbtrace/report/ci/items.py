"""The results of a bundle as a CI system sees them: a suite per result, an item per quantity."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from nbtrace.compare.sweep_result import SweepOutcome
from nbtrace.differentiation.gradient_row import GradientStatus
from nbtrace.errors import InputError
from nbtrace.evidence.contents import Contents, FiledResult
from nbtrace.report.documents.filed import names_of, read_as, waived_verdict, waivers_in
from nbtrace.report.documents.models.check import CheckDocument
from nbtrace.report.documents.models.compare import CompareDocument
from nbtrace.report.documents.models.compare_candidates import CompareCandidatesDocument
from nbtrace.report.documents.models.diff import ComparedQuantity, DiffDocument, DifferenceEntry, InstanceCount
from nbtrace.report.documents.models.explain import ExplainDocument
from nbtrace.report.documents.models.gradients import GradientsDocument
from nbtrace.report.documents.models.images import ImagesBody, ImagesDocument
from nbtrace.report.documents.models.phi import PhiDocument
from nbtrace.report.documents.models.scaling import LackingFactor, ScalingDocument
from nbtrace.report.documents.models.several_logs import SeveralLogsDocument
from nbtrace.report.documents.models.steps import StepsDocument
from nbtrace.report.documents.models.suite import SuiteDocument
from nbtrace.report.documents.models.sweep import SweepDocument
from nbtrace.report.documents.models.trust import TrustDocument
from nbtrace.report.documents.models.waivers import WaiversEntry
from nbtrace.report.view import clean, signed, verdict_word
from nbtrace.verdicts.status import NoTruth, Status, Verdict
from nbtrace.verdicts.waivers import WaiverOutcome
from nbtrace.vocabulary.sides import Names

VERDICT = "verdict"
"""Name of the item that stands for a result as a whole."""

EVIDENCE = "evidence"
"""Name of the items that say what of a bundle cannot be trusted."""


class Fate(NoTruth):
    """What became of an item. ERROR: it could not be judged, although it should have been. WAIVED: accepted for now."""

    PASS = "passed"  # noqa: S105 - an outcome, not a password
    FAIL = "failed"
    SKIP = "skipped"
    WAIVED = "waived"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CiPlace:
    """A file as its command was given it, and the line in it from 1 where that is known."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return clean(self.file if self.line is None else f"{self.file}:{self.line}")


@dataclass(frozen=True, slots=True)
class CiItem:
    """One thing that was judged.

    Attributes
    ----------
    name : str
        A quantity with its place in the computation, a φ step, a relation, a gate; or `verdict`.
    fate : Fate
    message : str
        What is wrong, or why it was skipped: one line of printable text.
    places : tuple of CiPlace
        Where it stands, the port's log first.
    rule : str
        What it is an instance of: the quantity, or the cause.
    description : str
        What the rule means.
    follows : bool
        It may follow from another failure.
    waived : str
        Why a failure is accepted, by whom and until when; empty where it is not.
    case : str
        What waivers call its case; empty where the result has only one.
    """

    name: str
    fate: Fate
    message: str = ""
    places: tuple[CiPlace, ...] = ()
    rule: str = ""
    description: str = ""
    follows: bool = False
    waived: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class CiSuite:
    """A result.

    Attributes
    ----------
    name : str
        The command's name, with a number from the second result of a command on.
    time : str
        UTC, ISO 8601; empty where it is not known.
    seconds : float
    command : str
    answer : str
        The result in one line.
    items : tuple of CiItem
        The verdict first.
    """

    name: str
    time: str
    seconds: float
    command: str
    answer: str
    items: tuple[CiItem, ...]

    def of(self, *fates: Fate) -> tuple[CiItem, ...]:
        """Return the items of some fates."""
        return tuple(item for item in self.items if item.fate in fates)


def suites(contents: Contents) -> tuple[CiSuite, ...]:
    """Return the results of a bundle, and what is wrong with the bundle itself; never none at all.

    A bundle without results is an error, not a pass.
    """
    counts: dict[str, int] = {}
    found = []
    for result in contents.results:
        kind = clean(result.name)
        counts[kind] = counts.get(kind, 0) + 1
        name = kind if counts[kind] == 1 else f"{kind}-{counts[kind]}"
        found.append(_suite(result, name))
    problems = [item for item in contents.problems if item not in _told(contents)]
    faults = [CiItem(EVIDENCE, Fate.ERROR, clean(text), rule=EVIDENCE) for text in problems]
    if not contents.intact and not faults and not any(result.problems for result in contents.results):
        faults.append(
            CiItem(EVIDENCE, Fate.ERROR, "a file is not what was filed: see nbtrace bundle verify", rule=EVIDENCE)
        )
    if not found:
        faults.insert(0, CiItem(VERDICT, Fate.ERROR, "the bundle holds no result", rule=VERDICT))
    if faults:
        found.append(CiSuite("bundle", "", 0.0, "", clean(faults[0].message), tuple(faults)))
    return tuple(found)


def _told(contents: Contents) -> set[str]:
    """Return the problems that the results' own suites tell."""
    return {f"{result.name}: {text}" for result in contents.results for text in result.problems}


def _suite(result: FiledResult, name: str) -> CiSuite:
    items = [CiItem(EVIDENCE, Fate.ERROR, clean(text), rule=EVIDENCE) for text in result.problems]
    details: list[CiItem] = []
    try:
        details = list(_with_waivers(result, _details(result)))
    except InputError as error:
        items.append(CiItem(EVIDENCE, Fate.ERROR, f"the document cannot be used: {clean(str(error))}", rule=EVIDENCE))
    verdict = _verdict(result, details)
    details = [_shown(item, result) for item in details]
    return CiSuite(
        name=name,
        time=_moment(result.time),
        seconds=result.seconds or 0.0,
        command=clean(result.command),
        answer=verdict.message or verdict.fate.value,
        items=(_shown(verdict, result), *items, *details),
    )


def _moment(time: str) -> str:
    try:
        datetime.fromisoformat(time)
    except ValueError:
        return ""
    return time


def _shown(item: CiItem, result: FiledResult) -> CiItem:
    """Return an item with clean text, and its files seen from the folder in which the command ran."""
    folder = result.metadata.get("folder")
    places = tuple(
        replace(place, file=_from(place.file, folder)) for place in item.places if place.file not in {"", "-"}
    )
    name, message, rule = clean(item.name), clean(item.message), clean(item.rule or item.name)
    return replace(item, name=name, message=message, rule=rule, description=clean(item.description), places=places)


def _from(file: str, folder: object) -> str:
    """Return a name as seen from a folder where it lies below it."""
    path = PurePosixPath(file)
    below = isinstance(folder, str) and path.is_absolute() and path.is_relative_to(folder)
    return str(path.relative_to(folder)) if below and isinstance(folder, str) else file


_FATES = {Verdict.AGREE: Fate.PASS, Verdict.DIFFER: Fate.FAIL, Verdict.NOT_COMPARABLE: Fate.ERROR}


def _verdict(result: FiledResult, details: list[CiItem]) -> CiItem:
    """Return the item of a result as a whole; it stands where its first failure does."""
    document = result.document or {}
    answer = document.get("answer")
    said = answer if isinstance(answer, str) else ""
    failed = [item for item in details if item.fate is Fate.FAIL and item.places]
    first = next((item for item in failed if not item.follows), failed[0] if failed else None)
    places = first.places if first is not None else ()
    word = waived_verdict(document, result.verdict).lower()
    if word and result.verdict is not None:
        fate = Fate.WAIVED if result.verdict is Verdict.DIFFER else Fate.FAIL
        message = f"{word}: {said}" if said else word
        return CiItem(VERDICT, fate, message, places, rule=VERDICT, waived=word * (fate is Fate.WAIVED))
    if result.verdict is not None:
        word = verdict_word(result.verdict, of=result.name).lower()
        return CiItem(VERDICT, _FATES[result.verdict], f"{word}: {said}" if said else word, places, rule=VERDICT)
    code = result.exit_code
    if code is None:
        return CiItem(VERDICT, Fate.SKIP, "neither a verdict nor an exit status is filed", rule=VERDICT)
    ended = result.metadata.get("ended")
    words = (ended if isinstance(ended, str) else f"exit {code}", said)
    return CiItem(VERDICT, Fate.PASS if code == 0 else Fate.FAIL, ": ".join(filter(None, words)), places, rule=VERDICT)


def _with_waivers(result: FiledResult, items: Iterable[CiItem]) -> Iterator[CiItem]:
    """Yield items, those that are waived as such, and a failure for each waiver that fails."""
    told = waivers_in(result.document or {})
    if told is None:
        yield from items
        return
    for item in items:
        why = _why_waived(told, item) if item.fate is Fate.FAIL else ""
        yield replace(item, fate=Fate.WAIVED, waived=why, message=f"waived: {why}; {item.message}") if why else item
    for waiver in told.waivers:
        outcome = next((known for known in WaiverOutcome if known.value == waiver.outcome), None)
        if outcome is None or outcome.fails:
            title = f"waiver of {waiver.quantity}{' in ' + waiver.case if waiver.case else ''}"
            message = f"{waiver.outcome}: {waiver.why} ({waiver.owner})"
            yield CiItem(title, Fate.FAIL, message, (CiPlace(told.source),), "waiver", "A waiver that does not hold")


def _why_waived(told: WaiversEntry, item: CiItem) -> str:
    """Return why an item is accepted, by whom and until when; empty where it is not."""
    if item.rule == "case":
        left = {entry.case for entry in told.left}
        names = () if item.name in left else told.waived.get(item.name, ())
        cases: tuple[str, ...] = (item.name,)
    else:
        names = (item.rule.removeprefix("gate ").removeprefix("cause of "),)
        cases = (item.case,) if item.case else tuple({**told.waived, **told.follows})
        if any(names[0] in told.follows.get(case, ()) for case in cases):
            return f"follows from waived quantities ({told.source})"
    covering = (
        waiver
        for waiver in told.waivers
        if waiver.outcome == WaiverOutcome.WAIVED.value and waiver.quantity in names and {*cases} & {*waiver.cases}
    )
    return "; ".join(f"{found.reason} ({found.owner}, until {found.expiry})" for found in covering)


def _details(result: FiledResult) -> Iterator[CiItem]:
    document = result.document or {}
    reader = _READERS.get(str(document.get("format")))
    if reader is not None:
        yield from reader(document)


def _fate(status: str) -> Fate:
    return Fate.PASS if status == Status.PASS.value else Fate.FAIL


def _places(
    document: DiffDocument | StepsDocument | ScalingDocument, c_line: int | None, py_line: int | None
) -> tuple[CiPlace, ...]:
    return CiPlace(document.py.source, py_line), CiPlace(document.c.source, c_line)


def _diff(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document, names = read_as(DiffDocument, raw), names_of(raw)
    roots = {root.quantity for root in document.roots}
    for name, row in document.factors.items():
        yield CiItem(
            _label(name, row.index),
            _fate(row.status),
            _difference(row, names),
            _places(document, row.c_line, row.py_line),
            name,
            row.description,
            follows=name not in roots,
        )
    covered = document.coverage
    for side, lacking in zip(names.pair, (covered.missing_c, covered.missing_py), strict=True):
        yield from (CiItem(name, Fate.SKIP, f"not compared: {side} does not print it") for name in lacking)


def _several(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document = read_as(SeveralLogsDocument, raw)
    for source, entry in document.logs.items():
        if entry.comparison is None or entry.verdict == Verdict.NOT_COMPARABLE.value:
            message = f"not compared: {entry.reason}"
            yield CiItem(source, Fate.ERROR, message, (CiPlace(source),), "log", "A log against the reference")
            continue
        items = list(_diff({**entry.comparison.written(), "names": document.names.written()}))
        if entry.verdict == Verdict.DIFFER.value and not any(item.fate is Fate.FAIL for item in items):
            message = "differs: one of the two lacks values of the other"
            yield CiItem(source, Fate.FAIL, message, (CiPlace(source),), "log", "A log against the reference")
        yield from (replace(item, name=f"{source}: {item.name}", case=entry.case) for item in items)


def _label(name: str, index: str) -> str:
    return f"{name} {index}" if index else name


def _difference(row: DifferenceEntry, names: Names) -> str:
    if row.status == Status.PASS.value:
        return ""
    if row.rel_delta is None or row.reason:
        texts = ", ".join(
            f"{side} {text or '–'}" for side, text in zip(names.pair, (row.c_text, row.py_text), strict=True)
        )
        return f"{row.status}: {row.reason or f'{names.reference} is 0'} ({texts})"
    where = f" in {row.worst_component}" if row.worst_component else ""
    many = _many(row.instances) if isinstance(row, ComparedQuantity) else ""
    unit = "" if row.unit in {"1", None} else row.unit
    sizes = f"{names.difference} = {signed(row.abs_delta)} {unit}".rstrip()
    return f"{row.status}: {sizes}{where}, {signed(row.rel_delta)} relative, {_allowed(row)}{many}"


def _allowed(row: DifferenceEntry) -> str:
    if row.tolerance is None:
        return "tolerance unknown"
    return f"tolerance {row.tolerance:g} {row.tolerance_basis} ({row.tolerance_origin})"


def _many(instances: InstanceCount) -> str:
    return f"; {instances.divergent} of {instances.compared} diverge" if instances.compared > 1 else ""


def _phi(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document, names = read_as(PhiDocument, raw), names_of(raw)
    for step in document.steps:
        name = f"phi_tic {step.phi_tic}" + (f" sample {step.sample}" if step.sample else "")
        values = zip(names.pair, (step.k_frac_c, step.k_frac_py), strict=True)
        lacking = [side for side, value in values if value is None]
        words = f"not on {' and '.join(lacking)}" if lacking else f"Δk = {signed(step.delta_k)}"
        message = "" if step.status == Status.PASS.value else f"{step.status}: {words}"
        places = CiPlace(document.py.source), CiPlace(document.c.source)
        yield CiItem(name, _fate(step.status), message, places, "phi_k_frac", "Fractional Miller index k of a φ step")


def _steps(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document = read_as(StepsDocument, raw)
    first = next((step for step in document.steps if step.status != Status.PASS.value), None)
    for step in document.steps:
        name = f"{document.index} {step.ordinal}"
        relative = f"{signed(step.rel_delta)} relative" if step.rel_delta is not None else step.reason
        words = f"{_label(step.quantity or '', step.index)} {relative}".strip()
        message = "" if step.status == Status.PASS.value else f"{step.status}: {words}"
        rule, places = step.quantity or document.index, _places(document, step.c_line, step.py_line)
        yield CiItem(name, _fate(step.status), message, places, rule, follows=step is not first)


def _scaling(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document, names = read_as(ScalingDocument, raw), names_of(raw)
    for name, row in document.factors.items():
        values = zip(names.pair, (row.c_value, row.py_value), strict=True)
        lacking = [side for side, value in values if value is None]
        if lacking:
            yield CiItem(name, Fate.SKIP, f"not compared: {' and '.join(lacking)} has no value: {row.reason}")
        elif isinstance(row, LackingFactor):
            yield CiItem(name, _fate(row.status), f"{row.status}: {row.reason}", (), name, row.description)
        else:
            share = row.share_of_final_log_ratio
            carried = "" if share is None else f"; {100 * share:.2f} % of the final log-ratio"
            message = "" if row.status == Status.PASS.value else f"{_difference(row, names)}{carried}"
            places = _places(document, row.c_line, row.py_line)
            yield CiItem(name, _fate(row.status), message, places, name, row.description)


def _explain(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document = read_as(ExplainDocument, raw)
    for root in document.roots:
        step = f" phi_tic {root.phi_tic}" if root.phi_tic is not None else ""
        blamed = document.c if root.side == "c" else document.py
        rule = f"cause of {root.quantity}"
        yield CiItem(
            f"{root.quantity}{step}", Fate.FAIL, root.text, (CiPlace(blamed.source),), rule, "A side breaks a formula"
        )


def _check(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document = read_as(CheckDocument, raw)
    for item in document.relations:
        place = (CiPlace(document.log.source),)
        name = f"{item.quantity} = {item.formula}"
        if item.finding == "not checked":
            yield CiItem(name, Fate.SKIP, item.reason, place, item.quantity, item.formula)
            continue
        broken = item.finding == "broken"
        residual = f"broken: residual {signed(item.residual)}, allowed {signed(item.allowed)}"
        message = f"{residual}{': ' + item.reason if item.reason else ''}" if broken else ""
        yield CiItem(name, Fate.FAIL if broken else Fate.PASS, message, place, item.quantity, item.formula)


def _sweep(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document = read_as(SweepDocument, raw)
    sources = {run.name: run.source for run in document.runs if run.source != run.name}
    fates = {SweepOutcome.DEFECT.value: Fate.FAIL, SweepOutcome.UNDECIDED.value: Fate.SKIP}
    for name, row in document.quantities.items():
        fate = fates.get(row.outcome, Fate.PASS)
        places = [CiPlace(sources[run], value.line) for run, value in row.runs.items() if run in sources][:1]
        if document.reference is not None and row.reference_line is not None:
            places.append(CiPlace(document.reference.source, row.reference_line))
        message = "" if fate is Fate.PASS else f"{row.outcome}: {row.reason}"
        follows = name not in document.roots
        yield CiItem(_label(name, row.index), fate, message, tuple(places), name, row.description, follows=follows)


def _images(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document = read_as(ImagesDocument, raw)
    return _gates(document, (CiPlace(document.py.source), CiPlace(document.c.source)))


def _compare(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    """Yield the gates; recorded images are files, those of a run have only its name for a source."""
    document = read_as(CompareDocument, raw)
    files = {file.path for file in document.provenance.inputs} if document.provenance is not None else set()
    return _gates(document, tuple(CiPlace(side.source) for side in (document.py, document.c) if side.source in files))


def _gates(document: ImagesBody, places: tuple[CiPlace, ...]) -> Iterator[CiItem]:
    for gate in document.gates:
        failed = gate.status != Status.PASS.value
        message = f"{gate.status}: {gate.reason}" if failed else ""
        yield CiItem(gate.name, _fate(gate.status), message, places, f"gate {gate.name}", gate.reason)


def _candidates(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    for name, entry in read_as(CompareCandidatesDocument, raw).candidates.items():
        if entry.comparison is None:
            yield CiItem(name, Fate.ERROR, f"not compared: {entry.reason}", (), "candidate", "A candidate")
            continue
        gates = _gates(entry.comparison, ())
        yield from (replace(item, name=f"{name}: {item.name}", case=entry.case) for item in gates)


def _cases(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    fates = {"agree": Fate.PASS, "differ": Fate.FAIL}
    for name, case in read_as(SuiteDocument, raw).cases.items():
        fate = fates.get(case.outcome, Fate.ERROR)
        first = f"; first divergence {case.first_divergence}" if case.first_divergence else ""
        message = "" if fate is Fate.PASS else f"{case.outcome}: {case.reason or case.about}{first}"
        yield CiItem(name, fate, message, (), "case", "A case of a suite")


def _gradients(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    document = read_as(GradientsDocument, raw)
    description = "A derivative of the candidate against the reference's"
    apart = document.value.status != Status.PASS.value
    said = f"{document.value.c} and {document.value.py}" if apart else ""
    yield CiItem("value", Fate.FAIL if apart else Fate.PASS, said, rule="value", description="The value itself")
    fates = {GradientStatus.AGREE.value: Fate.PASS, GradientStatus.DIFFER.value: Fate.FAIL}
    for name, entry in document.parameters.items():
        fate = fates.get(entry.status, Fate.SKIP)
        told = f"{entry.status}: {entry.py.value}, expected {entry.c.value}; {entry.reason}"
        message = "" if fate is Fate.PASS else told if fate is Fate.FAIL else f"{entry.status}: {entry.reason}"
        yield CiItem(name, fate, message, (), f"derivative by {name}", description)


def _trust(raw: Mapping[str, Any]) -> Iterator[CiItem]:
    for knob in read_as(TrustDocument, raw).knobs:
        name = " ".join((knob.knob, *knob.flags)) + (f", {knob.threads} threads" if knob.threads is not None else "")
        if knob.failure:
            yield CiItem(name, Fate.ERROR, knob.failure, rule=f"knob {knob.knob}")
            continue
        largest = f", at most {knob.max_relative:.3g} relative" if knob.max_relative is not None else ""
        message = f"moves {knob.moved} of {knob.compared} pixels{largest}" if knob.moved else ""
        description = "A knob that should move no pixel of the reference"
        yield CiItem(name, Fate.FAIL if knob.moved else Fate.PASS, message, (), f"knob {knob.knob}", description)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[CiItem]]] = {
    "nbtrace diff": _diff,
    "nbtrace diff_several": _several,
    "nbtrace phi": _phi,
    "nbtrace steps": _steps,
    "nbtrace scaling": _scaling,
    "nbtrace explain": _explain,
    "nbtrace check": _check,
    "nbtrace sweep": _sweep,
    "nbtrace images": _images,
    "nbtrace compare": _compare,
    "nbtrace compare_candidates": _candidates,
    "nbtrace compare suite": _cases,
    "nbtrace trust": _trust,
    "nbtrace gradients": _gradients,
}
"""By the `format` of a document; any other has its verdict alone."""

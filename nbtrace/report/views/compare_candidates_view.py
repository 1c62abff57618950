"""The view of several candidates on the same flags: candidates by gates, what some have in common, then each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nbtrace.compare.images.gates import Gate
from nbtrace.programs.candidates_comparison import CandidateResult, CandidatesComparison
from nbtrace.report.view import Column, Line, Section, SectionKind, Table, View, listed, number
from nbtrace.report.views.compare_view import compare_view, headline
from nbtrace.report.views.in_common import (
    IN_FULL,
    NAMED,
    VERDICT_CELLS,
    divergence_together,
    names_together,
    notices_of_each,
)
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.status import Status, Verdict


def compare_candidates_view(result: CandidatesComparison) -> View:
    """Return the view."""
    return View(
        title="Several programs on the same flags",
        verdict=result.verdict,
        headline=_headline(result),
        facts=tuple(_facts(result)),
        notices=tuple(notices_of_each(_told(result))),
        sections=tuple(section for section in _sections(result) if section.says_something),
    )


def _headline(result: CandidatesComparison) -> str:
    total, reference = len(result.candidates), result.names.reference
    agree, differ, neither = (
        [item.name for item in result.of(verdict)]
        for verdict in (Verdict.AGREE, Verdict.DIFFER, Verdict.NOT_COMPARABLE)
    )
    if len(agree) == total:
        return f"all {total} candidates agree with {reference}"
    parts = [f"{len(agree)} of {total} candidates agree with {reference}"]
    parts[0] += f": {listed(agree, NAMED)}" if agree else ""
    parts += [f"differ: {listed(differ, NAMED)}"] if differ else []
    parts += [f"not compared: {listed(neither, NAMED)}"] if neither else []
    same = next(iter(result.same_images), None)
    parts += [f"the images of {names_together(same)} are the same to the bit"] if same is not None else []
    return "; ".join(parts)


def _facts(result: CandidatesComparison) -> Iterator[str]:
    binary = result.reference.binary
    digest = f", sha256 {binary.sha256 or binary.reason}" if binary is not None else ""
    yield f"{result.names.reference}: {result.reference.name}{digest}"
    yield from (f"{item.name}: {item.program}" for item in result.candidates)
    yield f"Flags: {result.line.text}"


def _told(result: CandidatesComparison) -> list[tuple[str, Sequence[Notice]]]:
    return [
        (item.name, (*item.comparison.notices, *item.comparison.images.notices))
        for item in result.candidates
        if item.comparison is not None
    ]


def _sections(result: CandidatesComparison) -> Iterator[Section]:
    yield Section("Candidates", table=_table(result))
    yield Section("In common", items=tuple(_shared_words(result)))
    left_out = result.of(Verdict.NOT_COMPARABLE)
    yield Section("Not compared", items=tuple(f"{item.name}: {item.reason}" for item in left_out))
    differing = result.of(Verdict.DIFFER)
    for item in differing:
        if item.comparison is not None:
            yield Section(item.name, sentences=(headline(item.comparison),), detail=len(differing) > IN_FULL)
    for item in result.candidates:
        yield from _whole(item)


def _whole(item: CandidateResult) -> Iterator[Section]:
    """Yield the sections of a comparison, of which a short report has the commands to run next."""
    if item.comparison is None:
        return
    for section in compare_view(item.comparison).sections:
        if section.kind is not SectionKind.NEXT:
            yield replace(section, title=f"{item.name}: {section.title}", detail=True, kind=SectionKind.OTHER)


def _table(result: CandidatesComparison) -> Table:
    names = dict.fromkeys(
        gate.name for item in result.candidates if item.comparison is not None for gate in item.comparison.images.gates
    )
    columns = (
        Column("candidate"),
        Column("verdict"),
        *(Column(name, rank=2 + at) for at, name in enumerate(names)),
        Column("traces", rank=1),
        Column("ms", numeric=True, rank=2 + len(names)),
    )
    return Table(columns, tuple(_line(item, tuple(names)) for item in result.candidates))


def _line(item: CandidateResult, gates: tuple[str, ...]) -> Line:
    if item.comparison is None:
        return Line((item.name, VERDICT_CELLS[item.verdict], *("–",) * (len(gates) + 2)), Status.MISSING, kept=True)
    found = {gate.name: gate for gate in item.comparison.images.gates}
    worst = next((gate.status for gate in found.values() if gate.status.diverges), Status.PASS)
    cells = (
        item.name,
        VERDICT_CELLS[item.verdict],
        *(_gate(found.get(name)) for name in gates),
        _traces(item),
        number(item.comparison.py.made.median_ms, 4),
    )
    return Line(cells, worst, kept=True)


def _gate(gate: Gate | None) -> str:
    """Return the status of a gate, with its value where it fails."""
    if gate is None:
        return "–"
    value = f" {number(gate.value, 6)}" if gate.status.diverges and gate.value is not None else ""
    return f"{gate.status.value}{value}"


def _traces(item: CandidateResult) -> str:
    if item.comparison is None or not item.comparison.traced:
        return "not traced"
    first = item.comparison.first_divergence
    return f"none in {item.comparison.traced}" if first is None else first[1]


def _shared_words(result: CandidatesComparison) -> Iterator[str]:
    compared = len(result.of(Verdict.AGREE)) + len(result.of(Verdict.DIFFER))
    for names in result.same_images:
        alone = f": {result.names.reference} stands alone, or they have a common origin" * (len(names) == compared)
        yield f"{names_together(names)} make the same image to the bit, which {result.names.reference} does not{alone}"
    for item in result.shared:
        (slow, fast), found = item.pixel, item.divergence
        yield f"pixel {slow} {fast}: {divergence_together(found.logs, found)}"

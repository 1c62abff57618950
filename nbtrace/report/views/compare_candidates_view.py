"""The view of several candidates on the same flags: candidates by gates, what some have in common, then each."""

from collections.abc import Iterator
from dataclasses import replace

from nbtrace.compare.images.gates import Gate
from nbtrace.programs.candidates_comparison import CandidateResult, CandidatesComparison
from nbtrace.report.view import Column, Line, Section, SectionKind, Table, View, listed, number
from nbtrace.report.views.compare_view import compare_view, headline
from nbtrace.report.views.diff_view import shown_value
from nbtrace.verdicts.notices import Notice
from nbtrace.verdicts.status import Status, Verdict

_WORDS = {Verdict.AGREE: "agree", Verdict.DIFFER: "differ", Verdict.NOT_COMPARABLE: "not compared"}
_IN_FULL = 3
"""Candidates that differ of which a short report tells each one's answer."""
_NAMED = 4


def compare_candidates_view(result: CandidatesComparison) -> View:
    """Return the view."""
    return View(
        title="Several programs on the same flags",
        verdict=result.verdict,
        headline=_headline(result),
        facts=tuple(_facts(result)),
        notices=tuple(_notices(result)),
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
    parts[0] += f": {listed(agree, _NAMED)}" if agree else ""
    parts += [f"differ: {listed(differ, _NAMED)}"] if differ else []
    parts += [f"not compared: {listed(neither, _NAMED)}"] if neither else []
    same = next(iter(result.same_images), None)
    parts += [f"the images of {_together(same)} are the same to the bit"] if same is not None else []
    return "; ".join(parts)


def _together(names: tuple[str, ...]) -> str:
    if len(names) > _NAMED:
        return listed(names, _NAMED - 1)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _facts(result: CandidatesComparison) -> Iterator[str]:
    binary = result.reference.binary
    digest = f", sha256 {binary.sha256 or binary.reason}" if binary is not None else ""
    yield f"{result.names.reference}: {result.reference.name}{digest}"
    yield from (f"{item.name}: {item.program}" for item in result.candidates)
    yield f"Flags: {result.line.text}"


def _notices(result: CandidatesComparison) -> Iterator[Notice]:
    """Yield what must be known: what is said with every candidate once, the rest with the name of its candidate."""
    told = [
        (item.name, (*item.comparison.notices, *item.comparison.images.notices))
        for item in result.candidates
        if item.comparison is not None
    ]
    everywhere = {notice.text for notice in told[0][1]} if told else set()
    for _, notices in told[1:]:
        everywhere &= {notice.text for notice in notices}
    seen: set[str] = set()
    for name, notices in told:
        for notice in notices:
            if notice.text not in everywhere:
                yield replace(notice, text=f"{name}: {notice.text}")
            elif notice.text not in seen:
                seen.add(notice.text)
                yield notice


def _sections(result: CandidatesComparison) -> Iterator[Section]:
    yield Section("Candidates", table=_table(result))
    yield Section("In common", items=tuple(_shared_words(result)))
    left_out = result.of(Verdict.NOT_COMPARABLE)
    yield Section("Not compared", items=tuple(f"{item.name}: {item.reason}" for item in left_out))
    differing = result.of(Verdict.DIFFER)
    for item in differing:
        if item.comparison is not None:
            yield Section(item.name, sentences=(headline(item.comparison),), detail=len(differing) > _IN_FULL)
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
        return Line((item.name, _WORDS[item.verdict], *("–",) * (len(gates) + 2)), Status.MISSING, kept=True)
    found = {gate.name: gate for gate in item.comparison.images.gates}
    worst = next((gate.status for gate in found.values() if gate.status.diverges), Status.PASS)
    cells = (
        item.name,
        _WORDS[item.verdict],
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
        yield f"{_together(names)} make the same image to the bit, which {result.names.reference} does not{alone}"
    for item in result.shared:
        found, (slow, fast) = item.divergence, item.pixel
        row, how = found.row, "diverge first" if found.is_first else "have their first divergence above 1e-4"
        component = f"{row.component} " if row.component else ""
        values = f"{component}{shown_value(row, row.py)} in place of {shown_value(row, row.c)}"
        value = f"with the same value: {values}" if found.same_value else "and not all with the same value"
        yield f"pixel {slow} {fast}: {_together(found.logs)} {how} in the same place, {row.label}, {value}"

"""The results of a bundle as sections of a page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbtrace.errors import InputError
from nbtrace.evidence.contents import FiledResult
from nbtrace.report.documents.filed import final_word, names_of, notices_in, read_as, waived_verdict
from nbtrace.report.documents.models.diff import ComparedQuantity, DiffDocument
from nbtrace.report.documents.models.view import ViewDocument
from nbtrace.report.page.cases import SUITE_FORMAT, case_table
from nbtrace.report.page.prose import Quote, Span, Tabular
from nbtrace.report.page.tables import PageCell, PageColumn, PageTable, Tone, tone_of
from nbtrace.report.page.told import PagePart, ReportText, told_by_summary, told_by_view
from nbtrace.report.view import SectionKind, number, percent, signed, verdict_word
from nbtrace.vocabulary.sides import Names

if TYPE_CHECKING:
    from nbtrace.report.documents.models.explain import RootEntry


@dataclass(frozen=True)
class ShareBar:
    """A share of the final log-ratio as a bar: where it begins and how wide it is, in percent of the bar's length.

    `of` is what it is a share of.
    """

    text: str
    of: str
    start: float
    width: float
    zero: float


@dataclass(frozen=True)
class RootCard:
    """One root of an explanation."""

    title: str
    status: str
    tone: Tone | None
    text: str
    share: ShareBar | None
    sentences: tuple[str, ...]
    proof: PageTable | None
    causes: PageTable | None
    tried: int | None


@dataclass(frozen=True)
class ResultSection:
    """A result as the page shows it.

    `label` tells it from others of its name; `problems` are what is wrong with its files or its document.
    """

    anchor: str
    label: str
    name: str
    title: str
    time: str
    verdict: str
    tone: Tone | None
    headline: str
    facts: tuple[tuple[Span, ...], ...]
    roots: tuple[RootCard, ...]
    parts: tuple[PagePart, ...]
    problems: tuple[str, ...]
    filed: FiledResult = field(repr=False)


@dataclass(frozen=True)
class PageNotice:
    """A notice, and the results that it stands in."""

    word: str
    tone: Tone | None
    text: str
    results: tuple[str, ...]


def result_section(filed: FiledResult, anchor: str, label: str) -> ResultSection:
    """Return a result as a section; a document that cannot be used leaves what its report says."""
    problems = list(filed.problems)
    told = _told(filed, problems)
    roots: tuple[RootCard, ...] = ()
    replaced: set[SectionKind] = {SectionKind.DIVERGENT}
    own: list[PagePart] = []
    try:
        if filed.name == "diff" and filed.document is not None:
            own.append(PagePart("Quantities in execution order", (Tabular(quantity_table(filed.document)),)))
            replaced.add(SectionKind.QUANTITIES)
        if filed.document is not None and filed.document.get("format") == SUITE_FORMAT:
            own.append(PagePart("Cases", (Tabular(case_table(filed.document)),)))
            replaced.add(SectionKind.CASES)
        if filed.name == "explain" and filed.document is not None:
            roots = root_cards(filed.document)
            replaced |= {SectionKind.ROOTS, SectionKind.PROOF}
    except InputError as error:
        problems.append(f"its document cannot be shown in full, so this is its summary: {error}")
    noted = bool(list(_notices(filed.document)))
    rest = tuple(block for block in told.lead if not (noted and isinstance(block, Quote)))
    kept = [PagePart("", rest), *(part for part in told.parts if part.kind not in replaced)]
    verdict = said_verdict(filed)
    return ResultSection(
        anchor=anchor,
        label=label,
        name=filed.name,
        title=told.title or filed.name,
        time=filed.time,
        verdict=verdict,
        tone=tone_of(verdict),
        headline=_headline(filed, told.headline),
        facts=told.facts,
        roots=roots,
        parts=tuple(part for part in (*own, *kept) if part.blocks),
        problems=tuple(problems),
        filed=filed,
    )


def _told(filed: FiledResult, problems: list[str]) -> ReportText:
    """Return what the report of a result says: as its view has it, else as its summary does."""
    if filed.view is not None:
        try:
            return told_by_view(read_as(ViewDocument, filed.view))
        except InputError as error:
            problems.append(f"its view cannot be shown, so this is its summary: {error}")
    if not filed.summary:
        problems.append("summary.md has no section of it, so only its document can be shown")
    return told_by_summary(filed.summary, _names(filed))


def _names(filed: FiledResult) -> Names:
    """Return what the document calls the two sides; those of nanoBragg where it does not tell."""
    try:
        return names_of(filed.document or {})
    except InputError:
        return names_of({})


def said_verdict(filed: FiledResult) -> str:
    """Return the verdict of a result in a word; empty where it has none."""
    if filed.verdict is None:
        return ""
    return waived_verdict(filed.document or {}, filed.verdict) or verdict_word(filed.verdict, of=filed.name)


def _headline(filed: FiledResult, told: str) -> str:
    """Return the answer of a result in one line: as its document has it, else as its report does."""
    said = None if filed.document is None else filed.document.get("answer")
    return said if isinstance(said, str) else told


def notices_of(sections: Iterable[ResultSection]) -> tuple[PageNotice, ...]:
    """Return the notices of all documents, each once, the weightiest first."""
    found: dict[tuple[str, str], list[str]] = {}
    for section in sections:
        for notice in _notices(section.filed.document):
            names = found.setdefault(notice, [])
            if section.label not in names:
                names.append(section.label)
    words = {"blocking": "STOP", "warning": "NOTE", "info": "INFO"}
    ordered = sorted(found.items(), key=lambda item: list(words).index(item[0][0]))
    return tuple(
        PageNotice(words[weight], tone_of(words[weight]), text, tuple(names)) for (weight, text), names in ordered
    )


def _notices(document: Mapping[str, object] | None) -> Iterator[tuple[str, str]]:
    try:
        for notice in notices_in(document or {}):
            yield notice.weight, notice.text
    except InputError:
        return


def quantity_table(document: Mapping[str, object]) -> PageTable:
    """Return every quantity of a `diff` document, its values as they were printed.

    Raises
    ------
    InputError
        If it is no such document.
    """
    names = names_of(document)
    columns = (
        PageColumn("quantity"),
        PageColumn("status"),
        PageColumn("Δ rel", numeric=True),
        PageColumn(names.ratio, numeric=True),
        PageColumn(f"{names.reference}, as printed", numeric=True),
        PageColumn(f"{names.candidate}, as printed", numeric=True),
        PageColumn("digits", numeric=True),
        PageColumn("differ", numeric=True),
        PageColumn("tolerance"),
        PageColumn(f"lines {names.reference}, {names.candidate}", numeric=True),
    )
    factors = read_as(DiffDocument, document).factors
    return PageTable(
        "Quantities in execution order", columns, tuple(_quantity_row(name, item) for name, item in factors.items())
    )


def _quantity_row(name: str, item: ComparedQuantity) -> tuple[PageCell, ...]:
    unit = f" [{item.unit}]" if item.unit not in {"", "1", None} else ""
    worst = f"worst: {item.worst_component}" if item.worst_component else ""
    differ = item.instances
    size = None if item.rel_delta is None else abs(item.rel_delta)
    return (
        PageCell(f"{name} {item.index}".strip(), f"{item.description}{unit}"),
        PageCell(item.status, item.reason),
        PageCell(signed(item.rel_delta), worst, size),
        PageCell(number(item.ratio_py_over_c, 12)),
        _printed(item.c_text),
        _printed(item.py_text),
        PageCell(_digits(item), value=item.digits_in_agreement),
        PageCell(f"{differ.divergent}/{differ.compared}" if differ.compared > 1 else ""),
        PageCell(_tolerance(item)),
        PageCell(", ".join("–" if line is None else str(line) for line in (item.c_line, item.py_line))),
    )


def _printed(text: str) -> PageCell:
    parts = tuple(text.split())
    return PageCell(text or "–", parts=parts if len(parts) in {3, 9} else ())


def _digits(item: ComparedQuantity) -> str:
    if item.rel_delta is None:
        return "–"
    if item.digits_in_agreement is None:
        return "all"
    return f"{item.digits_in_agreement:.1f}"


def _tolerance(item: ComparedQuantity) -> str:
    if item.tolerance is None:
        return "–"
    origin = f" ({item.tolerance_origin})" if item.tolerance_origin not in {"", "default"} else ""
    return f"{item.tolerance:g} {item.tolerance_basis}{origin}"


def root_cards(document: Mapping[str, object]) -> tuple[RootCard, ...]:
    """Return the roots of an `explain` document.

    Raises
    ------
    InputError
        If it is no such document.
    """
    from nbtrace.report.documents.models.explain import ExplainDocument  # noqa: PLC0415 - loads the explanation

    roots = read_as(ExplainDocument, document).roots
    most = max((abs(root.explains_final_ratio or 0.0) for root in roots), default=0.0)
    names = names_of(document)
    of = f"of ln({names.ratio}) of the final {final_word(document)}"
    return tuple(_card(root, max(most, 1.0), of, names) for root in roots)


def side_name(side: str, names: Names) -> str:
    """Return what the side of a root is called."""
    return {"c": names.reference, "py": names.candidate, "both": names.both}.get(side, names.either)


def status_name(status: str, names: Names) -> str:
    """Return what the page calls the status of a root."""
    from nbtrace.explanation.audit.findings import AuditStatus  # noqa: PLC0415
    from nbtrace.report.views.explain_words import status_word  # noqa: PLC0415

    return status_word(AuditStatus(status), names) if status in set(AuditStatus) else status


def root_name(root: "RootEntry") -> str:
    """Return the quantities of a root, and the φ step where it has one."""
    names = ", ".join(root.quantities) or root.quantity
    return names + (f" at phi_tic {root.phi_tic}" if root.phi_tic is not None else "")


def _card(root: "RootEntry", most: float, of: str, names: Names) -> RootCard:
    share = root.explains_final_ratio
    side = side_name(root.side, names)
    title = f"{side}: {root_name(root)}"
    return RootCard(
        title=title,
        status=status_name(root.status, names),
        tone=tone_of(root.status),
        text=root.text.removeprefix(f"{title}: "),
        share=None if share is None else _share(share, most, of),
        sentences=tuple(root.proof.sentences),
        proof=_proof(root, side) if root.proof.rows else None,
        causes=_causes(root) if root.causes or root.nearest else None,
        tried=root.candidates_tried,
    )


def _share(share: float, most: float, of: str) -> ShareBar:
    """Return a bar that runs from −most to +most, or from 0 where the share is not negative."""
    zero, scale = (50.0, 50.0 / most) if share < 0 else (0.0, 100.0 / most)
    width = abs(share) * scale
    return ShareBar(percent(share), of, zero - width if share < 0 else zero, width, zero)


def _proof(root: "RootEntry", side: str) -> PageTable:
    columns = (
        PageColumn("value"),
        PageColumn(f"logged by {side}", numeric=True),
        PageColumn("by the formula", numeric=True),
        PageColumn("under the cause", numeric=True),
    )
    rows = (
        (PageCell(row.value), PageCell(row.logged), PageCell(row.by_formula), PageCell(row.under_cause))
        for row in root.proof.rows
    )
    return PageTable(f"Proof: {root_name(root)}", columns, tuple(rows))


def _causes(root: "RootEntry") -> PageTable:
    columns = (
        PageColumn("cause"),
        PageColumn("fits"),
        PageColumn("residual", numeric=True),
        PageColumn("left of the deviation", numeric=True),
        PageColumn("as close by chance", numeric=True),
    )
    rows = tuple(
        (
            PageCell(cause.text),
            PageCell("yes" if fits else "no"),
            PageCell(_short(cause.residual_rel)),
            PageCell(percent(cause.share_of_deviation_left), value=cause.share_of_deviation_left),
            PageCell(_short(cause.expected_by_chance)),
        )
        for fits, causes in ((True, root.causes), (False, root.nearest))
        for cause in causes
    )
    return PageTable(f"Causes tried: {root_name(root)}", columns, rows)


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"

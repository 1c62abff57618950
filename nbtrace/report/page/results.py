"""The results of a bundle as sections of a page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nbtrace.errors import InputError
from nbtrace.evidence.contents import FiledResult
from nbtrace.explanation.audit.findings import Status
from nbtrace.report.documents.filed import final_word, names_of, notices_in, read_as
from nbtrace.report.documents.models.diff import ComparedQuantity, DiffDocument
from nbtrace.report.documents.models.explain import ExplainDocument, RootEntry
from nbtrace.report.page.prose import Body, Heading, Items, Paragraph, Quote, Span, Tabular, plain, read_markdown
from nbtrace.report.page.tables import PageCell, PageColumn, PageTable, Tone, tone_of
from nbtrace.report.view import VERDICT_WORDS, number, percent, signed
from nbtrace.report.views.diff_view import columns as diff_columns
from nbtrace.report.views.explain_view import PROOF_COLUMNS, ROOT_COLUMNS, status_word
from nbtrace.vocabulary.sides import Names

_TITLE, _PART = 3, 4
"""Levels of the headings of a result and of its parts in a summary."""

_ELSEWHERE = frozenset({"Provenance"})
_REPEATED = frozenset({"All divergent quantities", "All divergent factors"})
"""Parts that the page has elsewhere: among the provenance, and as rows of a table."""


@dataclass(frozen=True)
class PagePart:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Body, ...]


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
    """Return a result as a section; a document that cannot be used leaves what the summary says."""
    problems = list(filed.problems)
    if not filed.summary:
        problems.append("summary.md has no section of it, so only its document can be shown")
    title, lead, parts = _parts(filed.summary)
    answer = next((block for block in lead if isinstance(block, Paragraph)), None)
    roots: tuple[RootCard, ...] = ()
    replaced: set[tuple[str, ...]] = set()
    own: list[PagePart] = []
    try:
        if filed.name == "diff" and filed.document is not None:
            own.append(PagePart("Quantities in execution order", (Tabular(quantity_table(filed.document)),)))
            replaced.add(_titles(diff_columns(names_of(filed.document))))
        if filed.name == "explain" and filed.document is not None:
            roots = root_cards(filed.document)
            replaced |= {_titles(ROOT_COLUMNS), _titles(PROOF_COLUMNS)}
    except InputError as error:
        problems.append(f"its document cannot be shown in full, so this is its summary: {error}")
    noted = bool(list(_notices(filed.document)))
    rest = tuple(block for block in lead if block is not answer and not _stands_elsewhere(block, noted=noted))
    kept = [PagePart("", rest), *(part for part in parts if not _is_replaced(part, replaced))]
    verdict = verdict_word(filed)
    return ResultSection(
        anchor=anchor,
        label=label,
        name=filed.name,
        title=title or filed.name,
        time=filed.time,
        verdict=verdict,
        tone=tone_of(verdict),
        headline=_headline(filed, answer),
        facts=tuple(item for block in lead if isinstance(block, Items) for item in block.items),
        roots=roots,
        parts=tuple(part for part in (*own, *kept) if part.blocks),
        problems=tuple(problems),
        filed=filed,
    )


def verdict_word(filed: FiledResult) -> str:
    """Return the verdict of a result in a word; empty where it has none."""
    return "" if filed.verdict is None else VERDICT_WORDS[filed.verdict]


def _stands_elsewhere(block: Body, *, noted: bool) -> bool:
    """Tell whether a block before the first part is shown as a fact, or among the notices of all results."""
    return isinstance(block, Items) or (noted and isinstance(block, Quote))


def _headline(filed: FiledResult, answer: Paragraph | None) -> str:
    """Return the answer of a result in one line: as its document has it, else as its summary begins."""
    said = None if filed.document is None else filed.document.get("answer")
    if isinstance(said, str):
        return said
    if answer is None:
        return ""
    rest = answer.spans[1:] if answer.spans and answer.spans[0].kind == "strong" else answer.spans
    return plain(rest).lstrip(": ")


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


def _parts(summary: str) -> tuple[str, tuple[Body, ...], list[PagePart]]:
    """Return the title of a summary, what stands before its first part, and its parts."""
    title, heading, blocks = "", "", []
    parts: list[PagePart] = []
    for block in [*read_markdown(summary), Heading(_PART, "")]:
        if not isinstance(block, Heading):
            blocks.append(block)
        elif block.level == _TITLE and not title:
            title = block.text
        else:
            parts.append(PagePart(heading, tuple(blocks)))
            heading, blocks = block.text, []
    return title, parts[0].blocks, [part for part in parts[1:] if part.title not in _ELSEWHERE | _REPEATED]


def _titles(columns: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(getattr(column, "title", "")) for column in columns)


def _is_replaced(part: PagePart, replaced: set[tuple[str, ...]]) -> bool:
    return any(isinstance(block, Tabular) and _titles(block.table.columns) in replaced for block in part.blocks)


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
    return status_word(Status(status), names) if status in set(Status) else status


def root_name(root: RootEntry) -> str:
    """Return the quantities of a root, and the φ step where it has one."""
    names = ", ".join(root.quantities) or root.quantity
    return names + (f" at phi_tic {root.phi_tic}" if root.phi_tic is not None else "")


def _card(root: RootEntry, most: float, of: str, names: Names) -> RootCard:
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


def _proof(root: RootEntry, side: str) -> PageTable:
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


def _causes(root: RootEntry) -> PageTable:
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

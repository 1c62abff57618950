"""The few figures under the answer of a page: of the traces, and of the images."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbtrace.errors import InputError
from nbtrace.evidence.contents import FiledResult
from nbtrace.report.documents.filed import names_of, read_as, read_images
from nbtrace.report.documents.models.detector import DetectorDocument
from nbtrace.report.documents.models.diff import DiffDocument
from nbtrace.report.documents.models.suite import SuiteDocument
from nbtrace.report.page.cases import SUITE_FORMAT
from nbtrace.report.page.results import ResultSection, root_name, said_verdict, side_name, status_name
from nbtrace.report.view import number, percent
from nbtrace.vocabulary.sides import Names

if TYPE_CHECKING:
    from nbtrace.report.documents.models.explain import ExplainDocument
    from nbtrace.report.documents.models.images import ImagesBody

_DETECTOR_FORMAT = "nbtrace detector"
_IMAGES = frozenset({"nbtrace images", "nbtrace compare"})
"""Documents of two images."""


@dataclass(frozen=True)
class PageFact:
    """A figure under the answer; a wide one holds a sentence."""

    term: str
    text: str
    note: str = ""
    wide: bool = False


def trace_facts(sections: Sequence[ResultSection]) -> Iterator[PageFact]:
    """Yield who is wrong, in what, with what share, from the latest explanation; and what diverges first there."""
    latest = {section.name: section.filed.document for section in sections if section.filed.document is not None}
    explained, compared = latest.get("explain"), latest.get("diff")
    try:
        if explained is not None:
            from nbtrace.report.documents.models.explain import ExplainDocument  # noqa: PLC0415 - loads the explanation

            yield from _root_facts(read_as(ExplainDocument, explained), names_of(explained))
        if compared is not None and (explained is None or _sources(explained) == _sources(compared)):
            yield from _divergence_facts(read_as(DiffDocument, compared))
    except InputError:
        return


def _sources(document: Mapping[str, object]) -> tuple[object, ...]:
    """Return the names of the logs that a document is about."""
    sides = [document.get(side) for side in ("c", "py")]
    return tuple(side.get("source") if isinstance(side, dict) else None for side in sides)


def _root_facts(document: "ExplainDocument", names: Names) -> Iterator[PageFact]:
    if not document.roots:
        return
    root = document.roots[0]
    part = {"c": ", the reference", "py": ", the port"}.get(root.side, "")
    yield PageFact("Who is wrong", f"{side_name(root.side, names)}{part}", status_name(root.status, names))
    cause = root.causes[0].text if root.causes else "no cause of the catalogue fits"
    yield PageFact("In what", root_name(root), cause, wide=True)
    if root.explains_final_ratio is not None:
        of = f"of ln({names.ratio}) of {document.final_quantity}" if document.final_quantity else ""
        yield PageFact("What share it explains", percent(root.explains_final_ratio), of)
    if document.log_ratio_final is not None and abs(document.log_ratio_final) < 700:
        yield PageFact(
            f"Final ratio {names.ratio}", number(math.exp(document.log_ratio_final)), document.final_quantity or ""
        )


def _divergence_facts(document: DiffDocument) -> Iterator[PageFact]:
    first = document.first_divergence
    if first is not None and first in document.factors:
        of = f"{document.num_divergent} of {len(document.factors)} quantities"
        yield PageFact("First to diverge", first, f"{document.factors[first].status}, {of}")
    else:
        yield PageFact("Quantities that diverge", "none", f"of {len(document.factors)} compared")


def image_facts(sections: Sequence[ResultSection]) -> Iterator[PageFact]:
    """Yield how images agree, from the latest comparison of two, of a suite, or of whole detectors."""
    kinds = {**dict.fromkeys(_IMAGES, _pair_facts), SUITE_FORMAT: _suite_facts, _DETECTOR_FORMAT: _detector_facts}
    told = [
        (section.filed, kind)
        for section in sections
        if section.filed.document is not None and (kind := kinds.get(str(section.filed.document.get("format"))))
    ]
    if told:
        filed, kind = max(told, key=lambda item: item[0].time)
        try:
            yield from kind(filed, filed.document or {})
        except InputError:
            return


def _pair_facts(filed: FiledResult, told: Mapping[str, object]) -> Iterator[PageFact]:
    document, names = read_images(told), names_of(told)
    of = f"{document.beyond} of {document.pixels} pixels are beyond the tolerance"
    yield PageFact("Images", said_verdict(filed) or "–", of)
    yield from _figure_facts(document, names)
    yield from _worst_fact(document, names)


def _suite_facts(filed: FiledResult, told: Mapping[str, object]) -> Iterator[PageFact]:
    document = read_as(SuiteDocument, told)
    covered, asked = document.coverage, len(document.cases)
    counted = "Comparisons" if document.candidates else "Cases"
    yield PageFact("Suite", said_verdict(filed) or "–", document.suite)
    yield PageFact(
        f"{counted} that agree", f"{document.num_agree} of {asked}", f"{covered.left_out} more were not asked for"
    )
    yield PageFact(
        f"{counted} that differ", str(document.num_differ), f"{covered.not_comparable} could not be compared"
    )
    worst = [(case.worst_relative, name) for name, case in document.cases.items() if case.worst_relative is not None]
    size, name = max(worst, default=(0.0, ""))
    if size:
        yield PageFact("Largest difference", f"{size:.2e}", f"relative, of a pixel of {name}", wide=True)


def _detector_facts(filed: FiledResult, told: Mapping[str, object]) -> Iterator[PageFact]:
    document = read_as(DetectorDocument, told)
    pixels = document.coverage.pixels
    yield PageFact("Whole detector", said_verdict(filed) or "–", f"{pixels} pixels of both sides")
    share = f"{percent(document.num_divergent / pixels)} of them" if pixels else ""
    yield PageFact("Pixels that diverge", str(document.num_divergent), share)
    most = max(document.quantities, key=lambda entry: entry.pixels, default=None)
    if most is not None and most.pixels:
        yield PageFact("First in most pixels", most.quantity, f"in {most.pixels} of {pixels}")
    if document.first_divergence is not None:
        yield PageFact("First in execution order", document.first_divergence, "of all that diverge first somewhere")


def _figure_facts(document: "ImagesBody", names: Names) -> Iterator[PageFact]:
    from nbtrace.report.views.image_causes_view import near_one  # noqa: PLC0415 - most bundles hold no images

    why = document.undefined
    yield PageFact("Correlation", near_one(document.correlation), why.get("correlation", "of all compared pixels"))
    fitted = f"the k that fits {names.candidate} = k {names.reference} best"
    yield PageFact("Scale", near_one(document.scale), why.get("scale", fitted))
    sums = f"{names.reference} {number(document.c_sum)}, {names.candidate} {number(document.py_sum)}"
    yield PageFact(f"Sums {names.ratio}", near_one(document.sum_ratio), why.get("sum_ratio", sums))


def _worst_fact(document: "ImagesBody", names: Names) -> Iterator[PageFact]:
    if not document.worst_pixels:
        yield PageFact("Worst pixel", "none differs", wide=True)
        return
    worst = document.worst_pixels[0]
    values = f"{names.reference} {number(worst.c)}, {names.candidate} {number(worst.py)}"
    apart = "" if worst.relative is None else f", {percent(worst.relative)} of the larger"
    where = "" if worst.resolution_angstrom is None else f"; {worst.resolution_angstrom:.4g} Å"
    indices = worst.hkl or ()
    hkl = f", h k l {' '.join(f'{index:.2f}' for index in indices if index is not None)}" if indices else ""
    yield PageFact("Worst pixel", f"slow {worst.slow} fast {worst.fast}", f"{values}{apart}{where}{hkl}", wide=True)

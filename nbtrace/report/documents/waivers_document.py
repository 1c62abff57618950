"""Waivers held against a result, as its document has them."""

from collections.abc import Mapping
from typing import Any

from nbtrace.report.documents.models.waivers import LeftDivergence, WaiverEntry, WaiversEntry
from nbtrace.report.documents.parts import Document
from nbtrace.verdicts.waivers import JudgedWaiver, WaiverReport


def waivers_entry(report: WaiverReport) -> WaiversEntry:
    """Return what a document says of waivers."""
    return WaiversEntry(
        source=report.source,
        passes=report.passes,
        num_waived=report.num_waived,
        waivers=tuple(map(_waiver, report.waivers)),
        left=tuple(LeftDivergence(case=item.case, what=item.what) for item in report.left),
        waived=_filled(report.waived),
        follows=_filled(report.follows),
    )


def with_waivers(document: Document, report: WaiverReport | None) -> Document:
    """Return the document of a result with its waivers, if there are any."""
    return document if report is None else {**document, "waivers": waivers_entry(report).written()}


def _filled(cases: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name: quantities for name, quantities in cases.items() if quantities}


def _waiver(item: JudgedWaiver) -> WaiverEntry:
    waiver = item.waiver
    named: dict[str, Any] = {"candidate": waiver.candidate} if waiver.candidate else {}
    return WaiverEntry(
        quantity=waiver.quantity,
        case=waiver.case,
        **named,
        outcome=item.outcome.value,
        why=item.reason,
        bound=waiver.bound.value,
        basis=waiver.bound.basis.value,
        side=waiver.side,
        cause=waiver.cause,
        reason=waiver.reason,
        link=waiver.link,
        owner=waiver.owner,
        expiry=waiver.expiry.isoformat(),
        cases=item.cases,
    )

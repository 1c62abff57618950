"""The parts that several documents have, made from what they stand for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from nbtrace.compare.whereabouts import whereabouts
from nbtrace.documents import LateEntries
from nbtrace.records import Pixel, Side, Trace
from nbtrace.report.documents.models.parts import (
    LineAccount,
    NoticeEntry,
    PixelPlace,
    PixelRegion,
    SideNames,
    SideWord,
    TraceSource,
    UnreadLine,
    WeightWord,
)
from nbtrace.schema import DocumentPart
from nbtrace.verdicts.notices import Notice, Weight
from nbtrace.vocabulary.sides import Names

Document: TypeAlias = Mapping[str, object]

SIDE_WORDS: Mapping[Side, SideWord] = {Side.C: "c", Side.PY: "py", Side.UNKNOWN: "unknown"}
WEIGHT_WORDS: Mapping[Weight, WeightWord] = {
    Weight.BLOCKING: "blocking",
    Weight.WARNING: "warning",
    Weight.INFO: "info",
}
"""Sides and weights as documents write them."""


def late_entries(
    model: type[DocumentPart], count: int, made: Callable[[int], Iterator[Sequence[object]]]
) -> LateEntries:
    """Return a long list of objects of a model, each made when it is written.

    Parameters
    ----------
    model : type of DocumentPart
    count : int
    made : callable
        Yields what each has, in the order of the fields of the model, from the object at a place on.
    """
    keys = [key for key in model.model_fields if key not in DocumentPart.model_fields]
    return LateEntries(keys, count, made)


def side_names(names: Names) -> SideNames:
    """Return what reports call the two sides."""
    return SideNames(c=names.reference, py=names.candidate)


def pixel_place(pixel: Pixel) -> PixelPlace:
    """Return a pixel (slow, fast)."""
    return PixelPlace(slow=pixel[0], fast=pixel[1])


def pixel_region(region: tuple[int, int, int, int]) -> PixelRegion:
    """Return a rectangle (first and last slow, first and last fast)."""
    slow_first, slow_last, fast_first, fast_last = region
    return PixelRegion(slow_first=slow_first, slow_last=slow_last, fast_first=fast_first, fast_last=fast_last)


def notice_entries(notices: tuple[Notice, ...]) -> tuple[NoticeEntry, ...]:
    """Return notices."""
    return tuple(
        NoticeEntry(subject=item.subject.value, weight=WEIGHT_WORDS[item.weight], text=item.text) for item in notices
    )


def trace_source(trace: Trace) -> TraceSource:
    """Return what was read of a log."""
    at = whereabouts(trace)
    account = trace.account
    return TraceSource(
        source=trace.source,
        side=SIDE_WORDS[trace.side],
        pixel=pixel_place(at.pixel) if at.pixel else None,
        dialects=trace.dialects,
        lines=LineAccount(
            total=account.total,
            used=account.used,
            structure=account.structure,
            ignored=account.ignored,
            unreadable=tuple(UnreadLine(line=bad.line, text=bad.text, reason=bad.reason) for bad in account.unreadable),
        ),
    )

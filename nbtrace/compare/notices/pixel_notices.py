"""Which pixels two logs trace, and at which points."""

from collections.abc import Iterator, Sequence

from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.compare.whereabouts import Whereabouts, whereabouts
from nbtrace.records import Pixel, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight

_SHOWN = 3

_SAME_POINT = 0.02
"""Pixels by which sampled points may lie apart."""


def unpaired_pixels(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield which of several pixels are in one log only; no pixel in both forbids a verdict."""
    blocks_c = logs.c.blocks
    in_both = set(logs.partners.values()) & set(blocks_c)
    only_c = [block for block in blocks_c if block not in in_both]
    only_py = [block for block, block_c in logs.partners.items() if block_c not in in_both]
    if not only_c and not only_py:
        return
    what = logs.vocabulary.block
    missing_elsewhere = logs.gaps[1].unpaired, logs.gaps[0].unpaired
    text = "; ".join(
        f"{side.name} traces {_counted(max(many, len(unpaired)), what)} that {side.other} does not: "
        + _first_pixels(side.trace, unpaired, many)
        for side, unpaired, many in zip(logs.sides, (only_c, only_py), missing_elsewhere, strict=True)
        if unpaired
    )
    if not in_both:
        text = f"the two logs trace different {what}s, none is in both: {text}"
    yield Notice(Subject.PIXEL, Weight.WARNING if in_both else Weight.BLOCKING, text)


def _counted(many: int, what: str) -> str:
    return f"{many} {what}" if many == 1 else f"{many} {what}s"


def _first_pixels(trace: Trace, blocks: Sequence[int], many: int) -> str:
    """Return the first pixels of blocks, and how many more there are; of a long log not all blocks are at hand."""
    texts = [_pixel_text(whereabouts(trace, block).pixel) for block in blocks[:_SHOWN]]
    more = max(many, len(blocks)) - len(texts)
    return ", ".join(texts) + (f" and {more} more" if more else "")


def _pixel_text(pixel: Pixel | None) -> str:
    return f"slow {pixel[0]} fast {pixel[1]}" if pixel else "one that the log does not name"


def _known_pixels(logs: ComparedLogs) -> Iterator[tuple[Whereabouts, Whereabouts]]:
    """Yield the whereabouts of the paired blocks whose pixels are known."""
    for block_py, block_c in logs.partners.items():
        at_c, at_py = whereabouts(logs.c, block_c), whereabouts(logs.py, block_py)
        if at_c.pixel is not None and at_py.pixel is not None:
            yield at_c, at_py


def different_pixels(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield each pair of blocks that are of different pixels."""
    names = logs.names
    for at_c, at_py in _known_pixels(logs):
        if at_c.pixel == at_py.pixel:
            continue
        exchanged = at_c.pixel is not None and at_c.pixel[::-1] == at_py.pixel
        places = f"{names.reference} slow {_stated(at_c)}, {names.candidate} slow {_stated(at_py)}"
        text = (
            f"the two traces are of different {logs.vocabulary.block}s: {places}; "
            + ("slow and fast are exchanged; " if exchanged else "")
            + "the differences below say nothing about the physics"
        )
        yield Notice(Subject.PIXEL, Weight.BLOCKING, text)


def _stated(at: Whereabouts) -> str:
    assert at.pixel is not None  # noqa: S101 - callers have looked
    how = "from its geometry" if at.derived else "as stated"
    return f"{at.pixel[0]} fast {at.pixel[1]} ({how})"


def different_points(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield each pair of blocks that are of one pixel, and begin at different points of it."""
    names, what = logs.names, logs.vocabulary.block
    samples = 1 + max((record.index.sample for record in logs.c.records), default=0)
    for at_c, at_py in _known_pixels(logs):
        if at_c.pixel != at_py.pixel or at_c.position is None or at_py.position is None:
            continue
        if max(abs(y - x) for x, y in zip(at_c.position, at_py.position, strict=True)) > _SAME_POINT:
            sides = zip(names.pair, (at_c.position, at_py.position), strict=True)
            places = ", ".join(f"{side} ({slow:.3f}, {fast:.3f})" for side, (slow, fast) in sides)
            many = f"; {names.reference} logs {samples} points of the {what}" if samples > 1 else ""
            text = f"the first sampled points differ: {places} (slow, fast in {what}s){many}"
            yield Notice(Subject.POINT, Weight.WARNING, text)

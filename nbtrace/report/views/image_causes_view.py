"""What is said of the cause of a difference between two images."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbtrace.compare.images.relation import ImageRelation, RelationKind
from nbtrace.compare.images.result import ImagesResult
from nbtrace.records import Side
from nbtrace.report.view import Column, Line, Section, Table, number, percent
from nbtrace.vocabulary.sides import Names

if TYPE_CHECKING:
    from nbtrace.explanation.images.image_causes import ImageCauses
    from nbtrace.explanation.images.known_factors import RatioFactors
    from nbtrace.explanation.images.reproduced import ImageReproduction

_NEAR_ONE = 1e-4
_ROUNDED = 1e-13
"""What rounding in the sums of a correlation may make of 1."""
_CLEARLY = 0.05
"""Typical difference from which on a run is not worth naming as the nearest."""

_COLUMNS = (
    Column("from"),
    Column("what was found"),
    Column("explains", numeric=True),
    Column("leaves at most", numeric=True),
)


def near_one(value: float | None) -> str:
    """Return a number with what it lacks to 1 where that is little: `1 − 3.2e-13`."""
    if value is None or value == 1 or abs(1 - value) > _NEAR_ONE:
        return number(value)
    return f"1 {'−' if value < 1 else '+'} {abs(1 - value):.2e}"


def _off_one(factors: "RatioFactors") -> bool:
    """Tell whether a number is left beside the factors that have a name."""
    from nbtrace.explanation.images.reproduced import CLOSE  # noqa: PLC0415 - runs, which most comparisons have not

    return abs(factors.number - 1) > CLOSE


def cause_headline(result: ImagesResult, causes: "ImageCauses | None") -> str:
    """Return the cause in one line; empty if none was found.

    A relation that leaves nothing comes first, then runs that have an image, then a product of factors.
    """
    names, relation = result.names, result.relation
    runs = [] if causes is None else [_run_words(side, causes, names) for side in _in_order(causes)]
    held = [words for words in runs if words]
    if relation is not None and relation.exact:
        return "; ".join((relation.text(names), *_largest(result, relation), relation.leaves(), *held))
    if causes is None:
        return ""
    py = causes.reproductions.get(Side.PY)
    if held and _both_configured(causes):
        worst = max(item.whole.worst for item in causes.reproductions.values() if item.whole is not None)
        return f"both are the model as configured, off by {worst:.3g} at most: they differ by precision alone"
    if causes.factors is not None and causes.factors.exact and (py is None or not py.holds):
        return "; ".join((factors_words(causes.factors, names), *held))
    if not held:
        return ""
    missing = [_missing_words(side, causes, names) for side in (Side.PY, Side.C)]
    return "; ".join((*held, *(words for words in missing if words)))


def _largest(result: ImagesResult, relation: ImageRelation) -> Iterator[str]:
    """Yield where the largest difference is, if only few pixels differ and none is a mask's."""
    if relation.has(RelationKind.FEW) and not relation.has(RelationKind.MASKED) and result.worst_pixels:
        worst = result.worst_pixels[0]
        slow, fast = worst.pixel
        yield f"the largest difference is {percent(worst.relative)}, at slow {slow} fast {fast}"


def _both_configured(causes: "ImageCauses") -> bool:
    items = causes.reproductions.values()
    return len(items) == 2 and all(item.holds and not item.off and not _departs(item) for item in items)


def _in_order(causes: "ImageCauses") -> tuple[Side, ...]:
    """Return the sides, one whose run departs from the configuration first."""
    sides = (Side.PY, Side.C)
    return tuple(sorted(sides, key=lambda side: not _departs(causes.reproductions.get(side))))


def _departs(item: "ImageReproduction | None") -> bool:
    return item is not None and (bool(item.changes) or _lined(item))


def _lined(item: "ImageReproduction") -> bool:
    return (item.factor, item.offset) != (1.0, 0.0)


def _run_words(side: Side, causes: "ImageCauses", names: Names) -> str:
    """Return what run a side is; empty if none has it."""
    item = causes.reproductions.get(side)
    if item is None or not item.holds or item.whole is None:
        return ""
    return f"{_laid(side, causes, names)} = {model_words(item)}, {_closeness(item)}"


def _laid(side: Side, causes: "ImageCauses", names: Names) -> str:
    return f"{names.of(side)} {causes.laid}" if side is Side.PY and causes.laid else names.of(side)


def model_words(item: "ImageReproduction") -> str:
    """Return a run in words: `the model with φ at the middle of each step`."""
    changes = [change.text for change in item.changes]
    if len(changes) > 1:
        changes = [f"{', '.join(changes[:-1])} and {changes[-1]}"]
    words = f"the model with {changes[0]}" if changes else "the model as configured"
    if item.factor != 1.0:
        words += f", times {item.factor:.8g}" + (f" ({item.named})" if item.named else "")
    return words + (f", plus {item.offset:g}" if item.offset else "")


def _closeness(item: "ImageReproduction") -> str:
    widest, correlation = item.widest, item.correlation
    if correlation is not None and abs(correlation - 1) < _ROUNDED:
        correlation = 1.0
    text = f"correlation {near_one(correlation)}, worst {widest.worst:.2g}"
    if item.off:
        from nbtrace.explanation.images.reproduced import CLOSE  # noqa: PLC0415 - as above

        text = f"correlation {near_one(correlation)}, all but {item.off} of {item.pixels} pixels within {CLOSE:g}"
    return text if item.all else f"{text} (of {item.pixels} pixels, evenly spread)"


def _missing_words(side: Side, causes: "ImageCauses", names: Names) -> str:
    """Return how far a side is from the nearest run; empty if a run has it, or it was not looked at."""
    item = causes.reproductions.get(side)
    if item is None or item.holds:
        return ""
    typical = item.widest.typical
    if typical > _CLEARLY:
        return f"{names.of(side)} is no run that was tried"
    return f"{names.of(side)} is nearest to {model_words(item)}, off by {100 * typical:.2g} % in the median"


def factors_words(factors: "RatioFactors", names: Names) -> str:
    """Return the ratio as a product: `Py/C = polar^-1 in every pixel, to 1.2e-07`."""
    parts = [power.words for power in factors.powers]
    if _off_one(factors):
        parts.append(f"{factors.number:.8g}" + (f" ({factors.named})" if factors.named else ""))
    where = f"in every one of {factors.pixels} pixels, to {factors.worst:.2g}"
    if not factors.exact:
        where = f"but for {100 * factors.left:.2g} % (root mean square)"
    return f"{names.ratio} = {' · '.join(parts) or '1'} {where}"


def cause_sections(result: ImagesResult, causes: "ImageCauses | None") -> Iterator[Section]:
    """Yield the section on the cause, if there is anything to say."""
    lines = list(_lines(result, causes))
    items = tuple(_items(result, causes))
    if lines or items:
        yield Section("Cause", items=items, table=Table(_COLUMNS, tuple(lines)) if lines else None)


def _lines(result: ImagesResult, causes: "ImageCauses | None") -> Iterator[Line]:
    names = result.names
    if result.relation is not None:
        yield _relation_line(result.relation, names)
    if causes is None:
        return
    for side in _in_order(causes):
        item = causes.reproductions.get(side)
        if item is not None:
            yield _run_line(side, item, causes, names)
    if causes.factors is not None:
        factors = causes.factors
        yield Line(("factors", factors_words(factors, names), percent(factors.explained), f"{factors.worst:.3g}"))
        for power in factors.powers:
            yield Line(("", f"of that, {power.words}", percent(power.share), ""))
        if _off_one(factors):
            yield Line(("", f"of that, the number {factors.number:.8g}", percent(factors.number_share), ""))


def _relation_line(relation: ImageRelation, names: Names) -> Line:
    explained = "–" if relation.explained is None else percent(relation.explained)
    return Line(("values", relation.text(names), explained, number(relation.left, 4)))


def _run_line(side: Side, item: "ImageReproduction", causes: "ImageCauses", names: Names) -> Line:
    widest = item.widest
    relation = "=" if item.holds else "is nearest to"
    words = f"{_laid(side, causes, names)} {relation} {model_words(item)}"
    return Line(("runs", words, f"{percent(widest.held)} of pixels", f"{widest.worst:.3g}"))


def _items(result: ImagesResult, causes: "ImageCauses | None") -> Iterator[str]:
    names, relation = result.names, result.relation
    if relation is not None:
        fitted = f"{relation.free} number{'s'[: relation.free != 1]} fitted" if relation.free else "nothing fitted"
        yield f"values: held against {relation.pixels} pixels, with {fitted}"
    if causes is None:
        return
    if causes.refused:
        yield f"runs: none, since {causes.refused}"
        return
    more = "; there was no time for all" if causes.unfinished else ""
    yield (
        f"runs: {causes.tried} of {causes.telling} telling pixels{more}; what they leave is a share of the value, or "
        "of a millionth of the largest"
    )
    for side, item in causes.reproductions.items():
        if item.as_well:
            others = ", ".join(change.text for change in item.as_well[:3])
            yield f"{names.of(side)}: the same values come with {others}"
        if item.whole is not None and not item.all:
            yield f"{names.of(side)}: its run was held against {item.pixels} pixels, evenly spread, for want of time"
    factors = causes.factors
    if factors is not None and not factors.exact:
        rest = [
            (abs(value), i, j) for i, row in enumerate(factors.rest) for j, value in enumerate(row) if value is not None
        ]
        size, slow, fast = max(rest)
        yield (
            f"factors: what is left is largest, {100 * size:.2g} %, in part slow {slow + 1} fast {fast + 1} of "
            f"{len(factors.rest)} x {len(factors.rest)} parts of the detector"
        )

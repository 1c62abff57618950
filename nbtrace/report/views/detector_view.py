"""The view of two compared whole-detector traces: which quantity diverges first, and where on the detector."""

import math
from collections.abc import Iterator

from nbtrace.detector.detector_result import ApartPixels, DetectorResult, DetectorSide, FirstQuantity, Region
from nbtrace.plain_text import shortened
from nbtrace.records import Pixel
from nbtrace.report.next_steps import next_section
from nbtrace.report.view import (
    Column,
    Command,
    Line,
    Section,
    Table,
    View,
    listed,
    logs_line,
    number,
    percent,
    signed,
    tolerance_facts,
)
from nbtrace.verdicts.status import Status, Verdict

_COMMANDS = 3
_LETTERS = 40


def detector_view(result: DetectorResult, *, brief: bool = False) -> View:
    """Return the view of two whole-detector traces; a brief one leaves out what is nowhere the first to diverge."""
    names = result.policy.vocabulary.names
    shown = tuple(item for item in result.firsts if item.pixels or not brief)
    sections = (
        Section("The first quantity that diverges, by pixels", table=_table(shown, result)),
        Section("Where", items=tuple(_where(result))),
        Section("Coverage", items=tuple(_coverage(result))),
        *next_section(commands=_commands(result)),
    )
    return View(
        title=f"Whole-detector traces: {names.against}",
        verdict=result.verdict,
        headline=detector_headline(result),
        facts=(
            _file(names.reference, result.c),
            _file(names.candidate, result.py),
            *tolerance_facts(result.policy),
        ),
        notices=result.notices,
        sections=tuple(section for section in sections if section.says_something),
    )


def detector_headline(result: DetectorResult) -> str:
    """Return the answer in one line."""
    covered = result.coverage
    firsts = [item for item in result.firsts if item.pixels]
    left = "".join(_left_out(result))
    if not firsts:
        values = f"{covered.values} values of {len(covered.quantities)} quantities"
        agree = (
            f"all {covered.pixels} pixels agree"
            if covered.agreeing == covered.pixels
            else (f"{covered.agreeing} of {covered.pixels} pixels agree")
        )
        return f"{agree}; {values} compared, none diverges{left}"
    first = firsts[0]
    share = percent(result.divergent / covered.pixels)
    further = [f"{item.quantity} in {item.pixels}" for item in firsts[1:]]
    more = f", {listed(further, 3)}" if further else ""
    return (
        f"{first.quantity} is the first to diverge in {first.pixels} of {covered.pixels} pixels{more}; "
        f"{result.divergent} pixels ({share}) diverge{left}"
    )


def _left_out(result: DetectorResult) -> Iterator[str]:
    """Yield what must not be missed beside an agreement: what was not compared."""
    covered, names = result.coverage, result.policy.vocabulary.names
    for side, apart in ((names.reference, covered.only_c), (names.candidate, covered.only_py)):
        if apart.pixels:
            yield f"; only {side} has {_pixels(apart.pixels)}"
    if covered.lacking_in_all:
        yield f"; a side lacks rows of {_pixels(covered.lacking_in_all)}"
    if covered.uncompared.pixels:
        yield f"; {_pixels(covered.uncompared.pixels)} hold nothing to compare"
    for side, missing in ((names.reference, covered.missing_on_py), (names.candidate, covered.missing_on_c)):
        if missing:
            yield f"; only {side} has {listed(missing, 3)}"
    if covered.apart:
        yield f"; texts differ: {listed(covered.apart, 3)}"
    if unused := dict.fromkeys((*covered.unused_c, *covered.unused_py)):
        yield f"; not compared: {listed(unused, 3)}"


def _pixels(many: int) -> str:
    return "1 pixel" if many == 1 else f"{many} pixels"


def _file(side: str, file: DetectorSide) -> str:
    run = file.run
    stated = "; ".join(
        word for word in (shortened(run.mode, _LETTERS), " on ".join(filter(None, (run.dtype, run.device)))) if word
    )
    return f"{side}: {file.source} ({file.pixels} pixels, {file.rows} rows{'; ' if stated else ''}{stated})"


def _table(shown: tuple[FirstQuantity, ...], result: DetectorResult) -> Table | None:
    if not shown:
        return None
    names = result.policy.vocabulary.names
    columns = (
        Column("first quantity"),
        Column("pixels", numeric=True),
        Column("share", numeric=True, rank=2),
        Column("worst pixel", rank=1),
        Column(names.reference, numeric=True, rank=4, rounds=True, named=True),
        Column(names.candidate, numeric=True, rank=4, rounds=True, named=True),
        Column("Δ rel", numeric=True, rank=3),
        Column("diverges in", numeric=True, rank=5),
        Column("status"),
    )
    return Table(columns, tuple(_line(item, result) for item in shown))


def _line(item: FirstQuantity, result: DetectorResult) -> Line:
    worst = item.worst
    if worst is None:
        empty = ("0", "–", "–", "–", "–", "–", str(item.diverging), "follows")
        return Line((item.quantity, *empty))
    name = f"{item.quantity}.{worst.component}" if worst.component else item.quantity
    relative = signed(worst.relative) if math.isfinite(worst.relative) else "–"
    cells = (
        name,
        str(item.pixels),
        percent(item.pixels / result.coverage.pixels),
        f"{worst.pixel[0]} {worst.pixel[1]}",
        number(worst.c),
        number(worst.py),
        relative,
        str(item.diverging),
        worst.status.value,
    )
    return Line(cells, worst.status)


def _where(result: DetectorResult) -> Iterator[str]:
    covered, names = result.coverage, result.policy.vocabulary.names
    for item in result.firsts:
        if item.region is not None:
            parts = "" if item.pixels == 1 else f" in {item.parts} part{'s' if item.parts > 1 else ''}"
            yield f"{item.quantity}: {_pixels(item.pixels)}{parts}, {_rectangle(item.region)}{_statuses(item)}"
    yield from _apart_words(f"only in {names.reference}", covered.only_c)
    yield from _apart_words(f"only in {names.candidate}", covered.only_py)
    yield from _apart_words("a side lacks rows, and nothing else diverges", covered.lacking)
    yield from _apart_words("nothing to compare", covered.uncompared)


def _statuses(item: FirstQuantity) -> str:
    told = [f"{many} {status.value}" for status, many in item.statuses.items() if status is not Status.PASS]
    return f": {', '.join(told)}" if len(told) > 1 else ""


def _apart_words(what: str, apart: ApartPixels) -> Iterator[str]:
    if apart.region is not None:
        yield f"{what}: {_pixels(apart.pixels)}, {_rectangle(apart.region)}"


def _rectangle(region: Region) -> str:
    slow_0, slow_1, fast_0, fast_1 = region
    if (slow_0, fast_0) == (slow_1, fast_1):
        return f"slow {slow_0} fast {fast_0}"
    return f"within slow {slow_0} to {slow_1}, fast {fast_0} to {fast_1}"


def _coverage(result: DetectorResult) -> Iterator[str]:
    covered, names = result.coverage, result.policy.vocabulary.names
    values = f"{covered.values} of {covered.expected} values"
    yield f"compared {values} that at least one side has in {covered.pixels} pixels"
    yield f"{covered.agreeing} pixels agree in {len(covered.quantities)} quantities"
    if covered.untraced:
        yield f"{covered.untraced} pixels of the detector are in neither trace"
    if covered.only_c.pixels or covered.only_py.pixels:
        yield (
            f"pixels only in {names.reference}: {covered.only_c.pixels}; "
            f"only in {names.candidate}: {covered.only_py.pixels}"
        )
    if covered.lacking_in_all:
        yield f"pixels of which a side lacks rows: {covered.lacking_in_all}"
    for side, missing in ((names.reference, covered.missing_on_py), (names.candidate, covered.missing_on_c)):
        if missing:
            yield f"only {side} has {listed(missing, 50)}"
    if covered.equal:
        yield f"texts that are the same: {listed(covered.equal)}"


def pixel_command(result: DetectorResult, pixel: Pixel) -> str:
    """Return the command that compares one pixel of the two files."""
    more = f"--pixel {pixel[0]} {pixel[1]}"
    return logs_line("diff", result.c.source, result.py.source, vocabulary=result.policy.vocabulary, more=more)


def _commands(result: DetectorResult) -> Iterator[Command]:
    if result.verdict is Verdict.AGREE:
        return
    shown = sorted((item for item in result.firsts if item.worst), key=lambda item: -item.pixels)
    for item in shown[:_COMMANDS]:
        if item.worst is not None:
            question = f"all quantities of the worst pixel of {item.quantity}"
            yield Command(pixel_command(result, item.worst.pixel), question)

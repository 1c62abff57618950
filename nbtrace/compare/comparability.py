"""Whether two logs can be compared as they stand, said before any table."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from nbtrace.compare.align import Alignment
from nbtrace.compare.artefacts import power_of_ten
from nbtrace.compare.check import SelfCheck
from nbtrace.compare.gaps import Gaps
from nbtrace.compare.judge import Row
from nbtrace.compare.logs import logs_of
from nbtrace.compare.metrics import is_finite
from nbtrace.compare.repeats import Repeat, phi_steps, repeats
from nbtrace.compare.whereabouts import Whereabouts, whereabouts
from nbtrace.records import Index, Pixel, Record, Side, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import MINOR_BELOW, Status
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.quantity import Scope
from nbtrace.vocabulary.sides import Names
from nbtrace.vocabulary.vocabulary import Vocabulary

_SHOWN = 3
_SHOWN_IDLE = 10
"""Tolerances that apply to nothing of which each gets a notice of its own."""

_MOST_CANDIDATES = 1000
"""Logged names among which the nearest to a misspelt one is sought."""

_SAME_VALUE = 1e-5
_SAME_POINT = 0.02


def notices(
    c: Trace,
    py: Trace,
    checks: tuple[SelfCheck, SelfCheck],
    alignment: Alignment,
    rows: Sequence[Row],
    policy: Policy,
    gaps: tuple[Gaps, Gaps],
) -> tuple[Notice, ...]:
    """Return everything that stands between two logs and a fair comparison, the gravest first."""
    partners = pair_blocks(c, py)
    found = [
        *_sides(c, py),
        *_pixels(c, py, partners, gaps),
        *_steps(c, py),
        *_units(rows, c.vocabulary),
        *_known_artefacts(c.vocabulary, rows),
        *gap_notices(c, py, gaps, partners),
        *_copies(alignment, rows),
        *_configuration(c, py, rows),
        *_precision(checks, c.vocabulary.names),
        *_self(checks, c.vocabulary.names),
        *lines_notices(c, py),
        *_duplicates(alignment, c.vocabulary.names),
        *_idle_tolerances(policy, rows, c.vocabulary),
    ]
    return tuple(sorted(found, key=lambda notice: -notice.weight))


def pair_blocks(c: Trace, py: Trace) -> dict[int, int]:
    """Return which pixel block of C each block of Py belongs to.

    The n-th block of a pixel belongs to the n-th of the same pixel, a block whose pixel is not known to the one in its
    place. A block without a partner gets a number that C does not have.
    """
    if len(c.blocks) == 1 and len(py.blocks) == 1:
        return dict(zip(py.blocks, c.blocks, strict=True))
    of_pixel: dict[Pixel, list[int]] = {}
    for block in c.blocks:
        pixel = whereabouts(c, block).pixel
        if pixel is not None:
            of_pixel.setdefault(pixel, []).append(block)
    waiting = {pixel: iter(blocks) for pixel, blocks in of_pixel.items()}
    beyond = max(c.blocks) + 1
    partners = {}
    for block in py.blocks:
        pixel = whereabouts(py, block).pixel
        known = pixel is not None and bool(of_pixel)
        partners[block] = next(waiting.get(pixel, iter(())), beyond + block) if known and pixel is not None else block
    return partners


def _sides(c: Trace, py: Trace) -> Iterator[Notice]:
    if c.side is py.side and c.side is not Side.UNKNOWN:
        yield Notice(
            Subject.SIDES,
            Weight.INFO,
            same_side_words("logs", c),
        )


def same_side_words(what: str, c: Trace) -> str:
    """Return what is said of two logs of one side, of which `c` stands for the reference."""
    names = c.vocabulary.names
    taken = f"the first is taken as {names.reference}, the second as {names.candidate}"
    return f"both {what} carry the prefixes of {names.of(c.side)}; {taken}"


def _pixels(c: Trace, py: Trace, paired: Mapping[int, int], gaps: tuple[Gaps, Gaps]) -> Iterator[Notice]:
    yield from _lonely_pixels(c, py, paired, gaps)
    samples = 1 + max((record.index.sample for record in c.records), default=0)
    for block_py, block_c in paired.items():
        at_c, at_py = whereabouts(c, block_c), whereabouts(py, block_py)
        if at_c.pixel is None or at_py.pixel is None:
            continue
        if at_c.pixel != at_py.pixel:
            yield Notice(Subject.PIXEL, Weight.BLOCKING, _different_pixels(c.vocabulary, at_c, at_py))
        elif at_c.position is not None and at_py.position is not None:
            apart = [y - x for x, y in zip(at_c.position, at_py.position, strict=True)]
            if max(map(abs, apart)) > _SAME_POINT:
                yield Notice(Subject.POINT, Weight.WARNING, _different_points(c.vocabulary, samples, at_c, at_py))


def _lonely_pixels(c: Trace, py: Trace, paired: Mapping[int, int], gaps: tuple[Gaps, Gaps]) -> Iterator[Notice]:
    """Yield which of several pixels are in one log only; no pixel in both forbids a verdict."""
    blocks_c = c.blocks
    in_both = set(paired.values()) & set(blocks_c)
    only_c = [block for block in blocks_c if block not in in_both]
    only_py = [block for block, block_c in paired.items() if block_c not in in_both]
    if only_c or only_py:
        names, what = c.vocabulary.names, c.vocabulary.block
        sides = zip(names.pair, (c, py), (only_c, only_py), (gaps[1].blocks, gaps[0].blocks), strict=True)
        text = "; ".join(
            f"only {side} traces {max(many, len(lonely))} of its {what}s: {_lonely(trace, lonely, many)}"
            for side, trace, lonely, many in sides
            if lonely
        )
        if not in_both:
            text = f"the two logs trace different {what}s, none is in both: {text}"
        yield Notice(Subject.PIXEL, Weight.WARNING if in_both else Weight.BLOCKING, text)


def _lonely(trace: Trace, blocks: Sequence[int], many: int) -> str:
    """Return the first pixels of blocks, and how many more there are; of a long log not all blocks are at hand."""
    texts = [_pixel_text(whereabouts(trace, block).pixel) for block in blocks[:_SHOWN]]
    more = max(many, len(blocks)) - len(texts)
    return ", ".join(texts) + (f" and {more} more" if more else "")


def _some(texts: Sequence[str]) -> str:
    """Return the first texts separated by commas, and how many more there are."""
    return ", ".join(texts[:_SHOWN]) + (f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else "")


def _pixel_text(pixel: Pixel | None) -> str:
    return f"slow {pixel[0]} fast {pixel[1]}" if pixel else "one that the log does not tell"


def _different_pixels(vocabulary: Vocabulary, c: Whereabouts, py: Whereabouts) -> str:
    exchanged, names = c.pixel is not None and c.pixel[::-1] == py.pixel, vocabulary.names
    places = f"{names.reference} slow {_of(c)}, {names.candidate} slow {_of(py)}"
    return (
        f"the two traces are of different {vocabulary.block}s: {places}; "
        + ("slow and fast are exchanged; " if exchanged else "")
        + "the differences below say nothing about the physics"
    )


def _of(at: Whereabouts) -> str:
    assert at.pixel is not None  # noqa: S101 - callers have looked
    how = "from its geometry" if at.derived else "as stated"
    return f"{at.pixel[0]} fast {at.pixel[1]} ({how})"


def _different_points(vocabulary: Vocabulary, samples: int, at_c: Whereabouts, at_py: Whereabouts) -> str:
    names, what = vocabulary.names, vocabulary.block
    sides = zip(names.pair, (at_c, at_py), strict=True)
    places = ", ".join(f"{side} ({at.position[0]:.3f}, {at.position[1]:.3f})" for side, at in sides if at.position)
    many = f"; {names.reference} logs {samples} points of the {what}" if samples > 1 else ""
    return f"the first sampled points differ: {places} (slow, fast in {what}s){many}"


def _steps(c: Trace, py: Trace) -> Iterator[Notice]:
    names, turns = c.vocabulary.names, c.vocabulary.turns
    yield from repeat_notices((*repeats(phi_steps(c), Side.C), *repeats(phi_steps(py), Side.PY)), names)
    tics_c, tics_py = (logs_of(trace.vocabulary).traced_turns(trace) for trace in (c, py))
    if tics_c and tics_py and not tics_c & tics_py:
        yield Notice(
            Subject.STEP,
            Weight.WARNING,
            f"the lattice values are of different {turns}: {names.reference} of tic {_list(tics_c)}, "
            f"{names.candidate} of tic {_list(tics_py)}",
        )


def repeat_notices(found: Iterable[Repeat], names: Names) -> Iterator[Notice]:
    """Yield a notice for each step that repeats another one."""
    for repeat in found:
        yield Notice(Subject.STEP, Weight.WARNING, f"{repeat.words(names)}: the same values at another angle")


def _list(numbers: frozenset[int]) -> str:
    return " and ".join(map(str, sorted(numbers)))


def _units(rows: Sequence[Row], vocabulary: Vocabulary) -> Iterator[Notice]:
    by_power: dict[int, dict[str, str]] = {}
    names = vocabulary.names
    for row in rows:
        if power := power_of_ten(row):
            by_power.setdefault(power, {})[row.quantity] = row.known.unit if row.known is not None else ""
    for power, quantities in by_power.items():
        usual = logs_of(vocabulary).units_apart(abs(power), frozenset(quantities.values()))
        hint = f" ({usual})" if usual else ""
        keys = "one key" if len(quantities) == 1 else "the same keys"
        ratio = f"{', '.join(quantities)}: {names.ratio} is 10^{power}"
        text = f"{ratio}, so the two logs use different units under {keys}{hint}"
        yield Notice(Subject.UNIT, Weight.WARNING, text)


def _known_artefacts(vocabulary: Vocabulary, rows: Sequence[Row]) -> Iterator[Notice]:
    known = logs_of(vocabulary).habits
    by_habit: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.quantity in known and row.status.diverges:
            by_habit.setdefault(known[row.quantity], {})[row.quantity] = None
    for habit, names in by_habit.items():
        yield Notice(Subject.LOG, Weight.INFO, f"{', '.join(names)}: {habit}; a difference here may be the log's alone")


def gap_notices(c: Trace, py: Trace, gaps: tuple[Gaps, Gaps], partners: Mapping[int, int]) -> Iterator[Notice]:
    """Yield what a log lacks of what it prints elsewhere and the other log has."""
    own_block = {partner: block for block, partner in partners.items()}
    final, turns, names = c.vocabulary.final or "", c.vocabulary.turns, c.vocabulary.names
    sides = ((names.reference, c, gaps[0], partners), (names.candidate, py, gaps[1], own_block))
    for (side, trace, lacking, number_of), other in zip(sides, reversed(names.pair), strict=True):
        if final in lacking.first:
            block = lacking.first[final].index.block
            yield _lines_notice(_unfinished(side, trace, number_of.get(block, block), lacking.lost[final]))
        if lacking.steps:
            first = lacking.first_step.label() if lacking.first_step is not None else ""
            text = f"{side} lacks {lacking.steps} of the {lacking.steps_there} {turns} that {other} has, first {first}"
            yield Notice(Subject.STEP, Weight.WARNING, text)
        unread = [name for name in lacking.lost if name not in trace.by_quantity and name != final]
        if unread:
            named = _some(unread)
            yield _lines_notice(f"the {side} log prints no readable value for {named}, which the other log has")
        lost = [name for name in lacking.lost if name in trace.by_quantity and name != final]
        if lost:
            many = sum(lacking.lost[name] for name in lost)
            values = "1 value" if many == 1 else f"{many} values"
            named = _some([_at(name, lacking.first[name].index) for name in lost])
            yield _lines_notice(f"the {side} log lacks {values} that it prints elsewhere and {other} has: {named}")
        if lacking.hidden:
            named = _some(lacking.hidden)
            text = f"the {side} log prints {named} on an unreadable line, too; nobody can tell which value is meant"
            yield _lines_notice(text)
        if lacking.by_choice:
            text = (
                f"{side} traces one sampled point or source, {other} more: {lacking.by_choice} values are not compared"
            )
            yield Notice(Subject.LOG, Weight.INFO, text)


def _lines_notice(text: str) -> Notice:
    return Notice(Subject.LINES, Weight.WARNING, text)


def _at(name: str, index: Index) -> str:
    return f"{name} {index.label()}".rstrip()


def _unfinished(side: str, trace: Trace, block: int, many: int) -> str:
    """Return that a log stops in the middle of a pixel whose value the other one has."""
    last = max((record for record in trace.records if record.index.block == block), key=lambda record: record.line)
    blocks = f"{trace.vocabulary.block} block"
    where = f" of {blocks} {block}" if block else ""
    more = f"; the same in {many - 1} more {blocks}s" if many > 1 else ""
    ends = "it stops" if block == trace.blocks[-1] else f"the next {trace.vocabulary.block} follows"
    return f"the {side} log has no {trace.vocabulary.final}{where}: {ends} after {last.key} (line {last.line}){more}"


def _copies(alignment: Alignment, rows: Sequence[Row]) -> Iterator[Notice]:
    if alignment.only_c or alignment.only_py or not rows:
        return
    if all(row.c.value.text == row.py.value.text for row in rows):
        text = "every printed value is the same, digit for digit: is one log a copy of the other?"
        yield Notice(Subject.SIDES, Weight.INFO, text)


def _configuration(c: Trace, py: Trace, rows: Sequence[Row]) -> Iterator[Notice]:
    logs, names = logs_of(c.vocabulary), c.vocabulary.names
    different = [
        f"{row.label} {row.c.value.text} against {row.py.value.text}"
        for row in rows
        if row.quantity in logs.configured and row.status.diverges and _matters(row)
    ]
    for name, words in logs.settings.items():
        left, right = c.settings.get(name), py.settings.get(name)
        if left is not None and right is not None and left.value != right.value:
            different.append(f"{words} {left.value} against {right.value}")
    for name, words in logs.elsewhere.items():
        row = next((row for row in rows if row.quantity == name and row.status.diverges), None)
        if row is not None:
            values = f"{names.reference} {row.c.value.text}, {names.candidate} {row.py.value.text}"
            text = f"the two are at different {words}: {values}"
            yield Notice(Subject.CONFIGURATION, Weight.WARNING, text)
    if different:
        shown = "; ".join(different[:6]) + (f"; and {len(different) - 6} more" if len(different) > 6 else "")
        yield Notice(Subject.CONFIGURATION, Weight.WARNING, f"the configurations differ ({names.against}): {shown}")


def _matters(row: Row) -> bool:
    if row.difference is None:
        return row.status is not Status.MISSING
    return abs(row.difference.relative) > MINOR_BELOW


def _precision(checks: tuple[SelfCheck, SelfCheck], names: Names) -> Iterator[Notice]:
    singles = [side for side, check in zip(names.pair, checks, strict=True) if check.single_precision]
    if singles:
        yield Notice(
            Subject.PRECISION,
            Weight.INFO,
            f"{' and '.join(singles)} printed single-precision values (1.2e-7 relative) with up to 15 digits",
        )


def _self(checks: tuple[SelfCheck, SelfCheck], names: Names) -> Iterator[Notice]:
    for side, check in zip(names.pair, checks, strict=True):
        for remark in check.remarks:
            yield Notice(Subject.LOG, Weight.WARNING, f"{side} log against itself: {remark}")


def lines_notices(c: Trace, py: Trace) -> Iterator[Notice]:
    """Yield what could not be read of either log, and where one may have been cut."""
    for side, trace in zip(c.vocabulary.names.pair, (c, py), strict=True):
        unreadable = trace.account.unreadable
        if unreadable:
            first, many = unreadable[0], len(unreadable)
            lines = "1 unreadable line" if many == 1 else f"{many} unreadable lines, the first"
            text = f"{side} log: {lines} {trace.source}:{first.line}: {first.reason}"
            yield Notice(Subject.LINES, Weight.WARNING, text)
        if trace.account.cut and trace.records and trace.records[-1].line == trace.account.total:
            text = f"{side} log ends without a line end; its last value may be cut"
            yield Notice(Subject.LINES, Weight.WARNING, text)


def _idle_tolerances(policy: Policy, rows: Sequence[Row], vocabulary: Vocabulary) -> Iterator[Notice]:
    """Yield the tolerances whose name is neither in the vocabulary nor in the logs: a slip of the pen, most likely."""
    compared = {row.quantity for row in rows}
    idle = [name for name in policy.overrides if name not in vocabulary.quantities and name not in compared]
    for name in idle[:_SHOWN_IDLE]:
        (close,) = get_close_matches(name, (*sorted(compared)[:_MOST_CANDIDATES], *vocabulary.quantities), 1, 0.0)
        hint = f"the nearest is {close}"
        origin = policy.overrides[name].origin
        text = f"the tolerance of {name} ({origin}) applies to nothing: no quantity has that name; {hint}"
        yield Notice(Subject.TOLERANCE, Weight.WARNING, text, name)
    if len(idle) > _SHOWN_IDLE:
        origins = ", ".join(dict.fromkeys(policy.overrides[name].origin for name in idle[_SHOWN_IDLE:]))
        text = f"{len(idle) - _SHOWN_IDLE} more tolerances ({origins}) apply to nothing: no quantity has their names"
        yield Notice(Subject.TOLERANCE, Weight.WARNING, text)


def _duplicates(alignment: Alignment, names: Names) -> Iterator[Notice]:
    by_side: dict[tuple[str, bool], dict[str, tuple[int, int]]] = {}
    conflicts = {id(loser) for loser, _ in conflicting(alignment)}
    for loser, winner in alignment.duplicates:
        group = by_side.setdefault((names.of(winner.side), id(loser) in conflicts), {})
        group.setdefault(winner.key, (loser.line, winner.line))
    for (side, conflict), keys in by_side.items():
        key, lines = next(iter(keys.items()))
        text = (
            f"{side} prints {_some([*keys])} more than once with different values "
            f"({key}: lines {lines[0]} and {lines[1]}); the later ones are compared"
        )
        yield Notice(Subject.LINES, Weight.WARNING if conflict else Weight.INFO, text)


def conflicting(alignment: Alignment) -> tuple[tuple[Record, Record], ...]:
    """Return the values of a pixel that one log prints twice and differently; nobody can tell which one is meant.

    The detector block is left out, unless one of the two is no number: the reference prints it on the way and again at
    the end. What both logs print twice in the same way is no conflict.
    """
    found = []
    for mine, others in (alignment.twice, alignment.twice[::-1]):
        for place, pairs in mine.items():
            echoes = others.get(place, ())
            for number, pair in enumerate(pairs):
                echoed = number < len(echoes) and all(map(_alike, pair, echoes[number]))
                if not echoed and _in_conflict(*pair):
                    found.append(pair)
    return tuple(found)


def _in_conflict(loser: Record, winner: Record) -> bool:
    if is_finite(loser.numbers) is not is_finite(winner.numbers):
        return True
    return winner.scope not in {Scope.RUN, None} and not _alike(loser, winner)


def _alike(a: Record, b: Record) -> bool:
    """Whether two values are one value, printed with more and with fewer digits."""
    pairs = zip(a.numbers, b.numbers, strict=False)
    return len(a.numbers) == len(b.numbers) and all(
        math.isclose(x, y, rel_tol=_SAME_VALUE) or (math.isnan(x) and math.isnan(y)) for x, y in pairs
    )

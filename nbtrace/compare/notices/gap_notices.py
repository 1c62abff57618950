"""What a log lacks of what it prints elsewhere and the other log has."""

from collections.abc import Iterator

from nbtrace.compare.notices.compared import LoggedSide, some
from nbtrace.records import Index, Record
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.vocabulary.vocabulary import UNNAMED


def _of_lines(text: str) -> Notice:
    return Notice(Subject.LINES, Weight.WARNING, text)


def unfinished_log(side: LoggedSide) -> Iterator[Notice]:
    """Yield that a log stops in the middle of a pixel whose value the other one has."""
    trace, gaps = side.trace, side.gaps
    final = trace.vocabulary.final
    if final is None or final not in gaps.first or not trace.has_values or _again(gaps.first[final]):
        return
    block = gaps.first[final].index.block
    block, many = side.own_block.get(block, block), gaps.lost[final]
    last = max((record for record in trace.records if record.index.block == block), key=lambda record: record.line)
    if not trace.vocabulary.has_blocks:
        more = f", which the other log has {many} times" if many > 1 else ""
        yield _of_lines(f"the {side.name} log has no {final}{more}; it ends with {last.key} (line {last.line})")
        return
    blocks = f"{trace.vocabulary.block} block"
    where = f" of {blocks} {block}" if block else ""
    more = f"; the same in {many - 1} more {blocks}s" if many > 1 else ""
    ends = "it stops" if block == trace.blocks[-1] else f"the next {trace.vocabulary.block} follows"
    yield _of_lines(f"the {side.name} log has no {final}{where}: {ends} after {last.key} (line {last.line}){more}")


def missing_steps(side: LoggedSide) -> Iterator[Notice]:
    """Yield how many turns a log lacks altogether."""
    gaps = side.gaps
    if gaps.steps:
        first = gaps.first_step.label() if gaps.first_step is not None else ""
        turns = side.trace.vocabulary.turns
        text = f"{side.name} lacks {gaps.steps} of the {gaps.steps_there} {turns} that {side.other} has, first {first}"
        yield Notice(Subject.STEP, Weight.WARNING, text)


def _lost(side: LoggedSide) -> list[str]:
    """Return the lost quantities but that of the end, of which :func:`unfinished_log` tells."""
    gaps, final = side.gaps, side.trace.vocabulary.final
    return [name for name in gaps.lost if not _again(gaps.first[name]) and (name != final or not side.trace.has_values)]


def _again(record: Record) -> bool:
    """Whether a value is of a further turn of a loop that nobody names."""
    return any(record.index.ordinal(name) is not None for name in UNNAMED)


def fewer_turns(side: LoggedSide) -> Iterator[Notice]:
    """Yield the quantities that a log prints fewer times than the other one, by turns or by processes."""
    gaps = side.gaps
    fewer = [name for name in gaps.lost if _again(gaps.first[name])]
    if fewer:
        named = some([f"{name} {gaps.lost[name]}, first {gaps.first[name].index.label()}" for name in fewer])
        text = f"{side.name} prints some values fewer times than {side.other}; it lacks, of each: {named}"
        yield Notice(Subject.TURN, Weight.WARNING, text)


def unread_quantities(side: LoggedSide) -> Iterator[Notice]:
    """Yield the lost quantities of which a log has no value that can be read."""
    unread = [name for name in _lost(side) if name not in side.trace.by_quantity]
    if unread:
        text = f"the {side.name} log prints no readable value for {some(unread)}, which the other log has"
        yield _of_lines(text)


def lost_values(side: LoggedSide) -> Iterator[Notice]:
    """Yield the values that a log lacks one by one."""
    lost = [name for name in _lost(side) if name in side.trace.by_quantity]
    if lost:
        many = sum(side.gaps.lost[name] for name in lost)
        values = "1 value" if many == 1 else f"{many} values"
        named = some([_at(name, side.gaps.first[name].index) for name in lost])
        yield _of_lines(f"the {side.name} log lacks {values} that it prints elsewhere and {side.other} has: {named}")


def _at(name: str, index: Index) -> str:
    return f"{name} {index.label()}".rstrip()


def ambiguous_values(side: LoggedSide) -> Iterator[Notice]:
    """Yield the quantities that a log prints on a line that can be read, and on one that cannot; and on neither."""
    printed = side.trace.by_quantity
    if ambiguous := [name for name in side.gaps.hidden if name in printed]:
        text = (
            f"the {side.name} log prints {some(ambiguous)} on an unreadable line, too; which value is meant is unclear"
        )
        yield _of_lines(text)
    if unread := [name for name in side.gaps.hidden if name not in printed]:
        yield _of_lines(
            f"the {side.name} log prints no readable value for {some(unread)}, so nothing is compared of it"
        )


def traced_by_choice(side: LoggedSide) -> Iterator[Notice]:
    """Yield how many values have no partner because a log traces one sampled point or source of several."""
    chosen = side.gaps.by_choice
    if chosen:
        text = f"{side.name} traces one sampled point or source, {side.other} more: {chosen} values are not compared"
        yield Notice(Subject.LOG, Weight.INFO, text)

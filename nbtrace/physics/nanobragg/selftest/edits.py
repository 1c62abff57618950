"""Single edits of real logs: an edited copy against the original must blame the copy, or nobody.

Unlike the mistakes of :mod:`.defects`, an edit knows no formula: one number of one line is changed, nothing follows.
"""

import math
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nbtrace.errors import NbtraceError
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation, explain
from nbtrace.parsers import parse_trace
from nbtrace.records import Record, Shape, Side, Trace

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?![\w.])")
_LIKE_BEFORE = 1e-6
"""Relative change from which on an edit counts as one: the default tolerance of a comparison."""


class EditAnswer(StrEnum):
    """What an explanation says of an edit."""

    ROOT = "the edited value, on the edited side"
    UNDECIDED = "the edited value, without a side"
    ELSEWHERE = "the edited side, but another value"
    NO_SIDE = "another value, without a side"
    STOPPED = "not comparable, with a reason"
    ROOTLESS = "no root"
    REPAIRED = "the untouched side, whose value is wrong as the edited one is right"
    WRONG = "the untouched side"


@dataclass(frozen=True, slots=True)
class Edit:
    """One changed number.

    Attributes
    ----------
    log : str
    line : int
        From 1.
    quantity : str
    kind : str
    text : str
        The whole edited log.
    before, after : str
        The line.
    """

    log: str
    line: int
    quantity: str
    kind: str
    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an edit, with the edited copy on one side."""

    edit: Edit
    side: Side
    answer: EditAnswer
    found: tuple[str, ...]


Change = Callable[[list[float], int], list[float] | None]


def _times(factor: float) -> Change:
    return lambda numbers, place: [x * factor if i == place else x for i, x in enumerate(numbers)]


def _set(value: float) -> Change:
    return lambda numbers, place: [value if i == place else x for i, x in enumerate(numbers)]


def _all(factor: float) -> Change:
    return lambda numbers, _: [x * factor for x in numbers]


def _exchanged(numbers: list[float], place: int) -> list[float] | None:
    if len(numbers) != 3:
        return None
    other = (place + 1) % 3
    swapped = list(numbers)
    swapped[place], swapped[other] = numbers[other], numbers[place]
    return swapped


CHANGES: dict[str, Change] = {
    "×1.01": _times(1.01),
    "×1.0001": _times(1.0001),
    "×2": _times(2.0),
    "×10": _times(10.0),
    "×1e10": _all(1e10),
    "÷1000": _all(1e-3),
    "other sign": _times(-1.0),
    "all other signs": _all(-1.0),
    "0": _set(0.0),
    "1": _set(1.0),
    "+1": lambda numbers, place: [x + 1 if i == place else x for i, x in enumerate(numbers)],
    "exchanged": _exchanged,
}
"""What is done to the numbers of a line, one of which is chosen."""

STALE = "another step's"
"""The kind of edit that repeats a value of another line of the same quantity."""


def edits(name: str, text: str) -> Iterator[Edit]:
    """Yield every edit of a log: of each line with values, one number by every change."""
    lines = text.split("\n")
    (trace, *_) = parse_trace(text, name)
    records: dict[int, list[Record]] = {}
    for record in trace.records:
        records.setdefault(record.line, []).append(record)
    for line, records_of_line in records.items():
        for record in records_of_line:
            if record.value.numbers and record.value.shape is not Shape.TEXT:
                for kind, numbers in _changed(trace, record):
                    after = _rewritten(lines[line - 1], record, numbers)
                    if after is not None:
                        new = "\n".join([*lines[: line - 1], after, *lines[line:]])
                        yield Edit(name, line, record.quantity, kind, new, lines[line - 1], after)


def sample(name: str, text: str, stride: int) -> Iterator[Edit]:
    """Yield about one of `stride` edits, always the same ones."""
    for edit in edits(name, text):
        if zlib.crc32(f"{edit.log}:{edit.line}:{edit.quantity}:{edit.kind}".encode()) % stride == 0:
            yield edit


def _changed(trace: Trace, record: Record) -> Iterator[tuple[str, list[float]]]:
    numbers = list(record.value.numbers)
    place = zlib.crc32(f"{record.quantity}:{record.line}".encode()) % len(numbers)
    for kind, change in CHANGES.items():
        new = change(numbers, place)
        if new is not None and _differ(numbers, new):
            yield kind, new
    others = [other for other in trace.by_quantity[record.quantity] if _differ(numbers, list(other.value.numbers))]
    if others:
        yield STALE, list(others[-1].value.numbers)


def _differ(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether a vector is another one; a change of a component that is nothing beside the others is none."""
    if len(before) != len(after) or not all(map(math.isfinite, after)):
        return False
    return math.dist(before, after) > _LIKE_BEFORE * max(math.hypot(*before), math.hypot(*after))


def _rewritten(line: str, record: Record, numbers: Sequence[float]) -> str | None:
    """Return a line with the numbers of a record replaced; None where they cannot be told from others."""
    tokens = list(record.value.tokens)
    spans = [match.span() for match in _NUMBER.finditer(line)]
    texts = [line[start:stop] for start, stop in spans]
    starts = [i for i in range(len(texts) - len(tokens) + 1) if texts[i : i + len(tokens)] == tokens]
    after_key = line.find(record.key) + len(record.key)
    starts = [i for i in starts if spans[i][0] >= after_key]
    if not starts:
        return None
    new = line
    for place in reversed(range(len(tokens))):
        start, stop = spans[starts[0] + place]
        if float(tokens[place]) != numbers[place]:
            new = f"{new[:start]}{numbers[place]:.15g}{new[stop:]}"
    return new


def judge(edit: Edit, original: Trace, side: Side) -> Judged:
    """Explain an edited copy on one side against its original on the other."""
    copy = _trace(edit.text, edit.log, original.side)
    pair = (copy, original) if side is Side.C else (original, copy)
    try:
        result = explain(*pair)
    except NbtraceError as error:
        return Judged(edit, side, EditAnswer.STOPPED, (str(error),))
    return Judged(edit, side, answer(result, edit, side), _found(result))


def _trace(text: str, name: str, side: Side) -> Trace:
    traces = parse_trace(text, name)
    return next((trace for trace in traces if trace.side is side), traces[0])


def answer(result: Explanation, edit: Edit, side: Side) -> EditAnswer:
    """Say what an explanation amounts to."""
    if not result.comparable:
        return EditAnswer.STOPPED
    untouched = side.other
    blamed = [root for root in result.roots if root.side is untouched]
    if blamed:
        return EditAnswer.REPAIRED if all(_repairs(root, untouched) for root in blamed) else EditAnswer.WRONG
    if not result.roots:
        return EditAnswer.ROOTLESS
    family = result.audit.physics.family
    named = {root.side for root in result.roots if family(edit.quantity) in {family(name) for name in root.quantities}}
    if side in named:
        return EditAnswer.ROOT
    if named:
        return EditAnswer.UNDECIDED
    return EditAnswer.ELSEWHERE if any(root.side is side for root in result.roots) else EditAnswer.NO_SIDE


def _repairs(root: Root, untouched: Side) -> bool:
    """Whether an edit happens to put right what the log itself has wrong, such as a vector in another unit."""
    (first, *_) = root.findings
    return first.held(untouched).broken and first.held(untouched.other).holds


def _found(result: Explanation) -> tuple[str, ...]:
    return tuple(
        f"{root.side.value} {root.status.value} {root.node.label}"
        f"{': ' + root.cause.text if root.cause is not None else ''}"
        for root in result.roots
    )

"""What must be known before two whole-detector traces are compared: other flags, columns left out, idle tolerances."""

import shlex
from collections.abc import Iterator, Mapping

from nbtrace.detector.detector_result import DetectorCoverage, DetectorSide
from nbtrace.nearness import nearest
from nbtrace.plain_text import shortened
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.sides import Names

_NAMED = 6
"""Words, or columns, that a notice names."""


_LETTERS = 60
"""Letters of each."""


def detector_notices(c: DetectorSide, py: DetectorSide, covered: DetectorCoverage, policy: Policy) -> Iterator[Notice]:
    """Yield the notices in the order of their weight."""
    names = policy.vocabulary.names
    yield from _idle(policy, (*covered.quantities, *covered.empty))
    yield from _flags(c, py, names)
    if covered.apart:
        text = f"texts differ in {_few(covered.apart)}; the map shows numbers alone"
        yield Notice(Subject.LINES, Weight.WARNING, text)
    for side, unused in zip(names.pair, (covered.unused_c, covered.unused_py), strict=True):
        if unused:
            yield Notice(Subject.LINES, Weight.WARNING, f"{side}: not compared: {_reasons(unused)}")
    if covered.empty:
        text = f"neither side has a value of {_few(covered.empty)} in any row of both"
        yield Notice(Subject.LOG, Weight.INFO, text)
    engines = c.run.engine, py.run.engine
    if all(engines) and engines[0] != engines[1]:
        text = f"{names.reference} has its sums from the engine {engines[0]}, {names.candidate} from {engines[1]}"
        yield Notice(Subject.PRECISION, Weight.INFO, text)


def _idle(policy: Policy, compared: tuple[str, ...]) -> Iterator[Notice]:
    """Yield the tolerances of quantities that neither the vocabulary nor the files have."""
    known = policy.vocabulary.quantities
    for name, limit in policy.overrides.items():
        if name not in known and name not in compared:
            close = nearest(name, (*compared, *known))
            meant = f"; the nearest is {close}" if close is not None else ""
            text = f"the tolerance of {name} ({limit.origin}) applies to nothing: no quantity has that name{meant}"
            yield Notice(Subject.TOLERANCE, Weight.WARNING, text, name)


def _flags(c: DetectorSide, py: DetectorSide, names: Names) -> Iterator[Notice]:
    """Yield that the files are of runs with other flags; the mode is one of them."""
    if c.run.flags and py.run.flags and c.run.flags != py.run.flags:
        own, other = (_words(side.run.flags) for side in (c, py))
        left = [word for word in own if word not in other], [word for word in other if word not in own]
        told = "; ".join(f"{side}: {_few(words)}" for side, words in zip(names.pair, left, strict=True) if words)
        text = f"the two are of runs with different flags: {told or 'the same ones in another order'}"
        yield Notice(Subject.CONFIGURATION, Weight.WARNING, text)


def _words(flags: str) -> list[str]:
    """Return flags with their values."""
    try:
        words = shlex.split(flags)
    except ValueError:
        return [flags]
    grouped: list[str] = []
    for word in words:
        if grouped and not _is_flag(word):
            grouped[-1] += f" {word}"
        else:
            grouped.append(word)
    return grouped


def _is_flag(word: str) -> bool:
    return word.startswith("-") and not word[1:2].isdigit() and word[1:2] != "."


def _few(words: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(shortened(word, _LETTERS) for word in words[:_NAMED]) + more


def _reasons(unused: Mapping[str, str]) -> str:
    told = [f"{title} ({reason})" for title, reason in unused.items()]
    return _few(told)

"""Steps of a sweep that repeat others, and values that stand for different turns of a loop."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from nbtrace.compare.excerpt import whole_of
from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.compare.repeats import Repeat, phi_steps, repeat_words, repeats, sweeps_of
from nbtrace.records import Side, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.vocabulary.sides import Names


def repeated_steps(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield each step that repeats another one of its log."""
    yield from notices_of_repeats(logs.c, logs.py, lambda _: True)


def notices_of_repeats(c: Trace, py: Trace, are_told: Callable[[Repeat], bool]) -> Iterator[Notice]:
    """Yield the notices of those repeated steps of two logs that are to be told."""
    of_c, of_py = (_repeated(trace, side) for trace, side in ((c, Side.C), (py, Side.PY)))
    told = filter(are_told, (*of_c[0], *of_py[0]))
    yield from repeat_notices(told, {Side.C: of_c[1], Side.PY: of_py[1]}, c.vocabulary.names)


def _repeated(trace: Trace, side: Side) -> tuple[tuple[Repeat, ...], int]:
    """Return the steps of a log that repeat others, and how many sweeps it has."""
    whole = whole_of(trace)
    if whole is not None:
        return whole.repeats, whole.sweeps
    steps = phi_steps(trace)
    return repeats(steps, side), sweeps_of(steps)


def repeat_notices(repeated: Iterable[Repeat], sweeps: Mapping[Side, int], names: Names) -> Iterator[Notice]:
    """Yield a notice for each step that repeats another one, once for all samples that it does so in."""
    for words in repeat_words(repeated, sweeps, names):
        yield Notice(Subject.STEP, Weight.WARNING, f"{words}: the same values at another angle")


def different_turns(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield that the values that stand in lines without a turn are of different turns of the innermost loop."""
    tics_c, tics_py = (logs.known.traced_turns(trace) for trace in (logs.c, logs.py))
    if tics_c and tics_py and not tics_c & tics_py:
        text = (
            f"the lattice values are of different {logs.vocabulary.turns}: {logs.names.reference} of tic "
            f"{_list(tics_c)}, {logs.names.candidate} of tic {_list(tics_py)}"
        )
        yield Notice(Subject.STEP, Weight.WARNING, text)


def _list(numbers: frozenset[int]) -> str:
    return " and ".join(map(str, sorted(numbers)))

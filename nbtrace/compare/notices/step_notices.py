"""Steps of a sweep that repeat others, and values that stand for different turns of a loop."""

from collections.abc import Iterable, Iterator, Mapping

from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.compare.repeats import Repeat, phi_steps, repeat_words, repeats, sweeps_of
from nbtrace.records import Side
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.vocabulary.sides import Names


def repeated_steps(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield each step that repeats another one of its log."""
    c, py = phi_steps(logs.c), phi_steps(logs.py)
    both = (*repeats(c, Side.C), *repeats(py, Side.PY))
    yield from repeat_notices(both, {Side.C: sweeps_of(c), Side.PY: sweeps_of(py)}, logs.names)


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

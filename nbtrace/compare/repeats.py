"""φ steps that print another step's values digit for digit: the sign of a rotation that was not renewed."""

from collections.abc import Iterable, Mapping

from nbtrace.compare.logs import FACTOR, KEY, LABEL, PRODUCT, logs_of
from nbtrace.frozen import frozen
from nbtrace.records import Record, Side, Trace
from nbtrace.vocabulary.sides import Names

FIELDS = (KEY, FACTOR, PRODUCT)
"""What is compared of a step."""

SWEEPS_OF_A_BLOCK = 1_000_000
"""What the number of a pixel block counts in the number of a sweep; the sampled point is added."""

Steps = Mapping[tuple[int, int], Mapping[str, Record]]
"""Records of each step, by (sweep, phi_tic) and what they are in it."""


@frozen
class Repeat:
    """A step whose values are those of another step of the same sweep, although its angle is another.

    It may stand for the same two steps of as many sweeps as `times` says, `sample` being the last.
    """

    side: Side
    phi_tic: int
    of_tic: int
    sample: int = 0
    times: int = 1

    def words(self, names: Names) -> str:
        """Return it in words, the side by its name."""
        return f"{names.of(self.side)} phi_tic {self.phi_tic} repeats phi_tic {self.of_tic}"


def phi_steps(trace: Trace) -> Steps:
    """Return the φ steps of a trace; those of a second pixel block are a sweep of their own, after all of the first."""
    steps: dict[tuple[int, int], dict[str, Record]] = {}
    parts = logs_of(trace.vocabulary).parts_of_a_step
    for record in trace.records:
        part = parts.get(record.quantity)
        step = record.index.ordinal(trace.vocabulary.sweep) if part is not None and record.numbers else None
        if part is not None and step is not None:
            sweep = record.index.sample + SWEEPS_OF_A_BLOCK * record.index.block
            steps.setdefault((sweep, step), {})[part] = record
    return {place: fields for place, fields in steps.items() if KEY in fields}


def repeats(steps: Steps, side: Side, many: int | None = None) -> tuple[Repeat, ...]:
    """Return the steps that repeat a later one; none if all do, as in a sweep where nothing moves.

    Parameters
    ----------
    steps : mapping
    side : Side
    many : int, optional
        How many steps there are, where `steps` are those of a part of the log that has all repeated ones.
    """
    return unless_all(repeated_later(steps, side), len(steps) if many is None else many)


def unless_all(repeated: tuple[Repeat, ...], many: int) -> tuple[Repeat, ...]:
    """Return what is repeated, of so many steps; nothing if all are."""
    return repeated if sum(repeat.times for repeat in repeated) < many - 1 else ()


def repeated_later(steps: Steps, side: Side) -> tuple[Repeat, ...]:
    """Return the steps that repeat a later one, sweep by sweep."""
    seen: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for (sweep, tic), fields in sorted(steps.items()):
        seen.setdefault((sweep, _printed(fields)), []).append(tic)
    return tuple(
        Repeat(side, tic, tics[-1], sweep)
        for (sweep, _), tics in seen.items()
        for tic in tics[:-1]
        if _angle(steps[sweep, tic]) != _angle(steps[sweep, tics[-1]])
    )


def sweeps_of(steps: Steps) -> int:
    """Return how many sweeps there are: one for each sampled point of each pixel block."""
    return len({sweep for sweep, _ in steps})


def repeat_words(repeated: Iterable[Repeat], sweeps: Mapping[Side, int], names: Names) -> list[str]:
    """Return what repeats what, once for all samples of a side that it holds for.

    Parameters
    ----------
    repeated : iterable of Repeat
    sweeps : mapping
        How many sweeps each side has; of one alone it is not said in how many.
    names : Names
    """
    counts: dict[tuple[Side, int, int], list[Repeat]] = {}
    for repeat in repeated:
        counts.setdefault((repeat.side, repeat.phi_tic, repeat.of_tic), []).append(repeat)
    words = []
    for (side, _, _), same in counts.items():
        what = "sweeps" if any(repeat.sample >= SWEEPS_OF_A_BLOCK for repeat in same) else "samples"
        times = sum(repeat.times for repeat in same)
        several = f" in {times} of {sweeps[side]} {what}" if sweeps[side] > 1 else ""
        words.append(same[0].words(names) + several)
    return words


def _printed(fields: Mapping[str, Record]) -> tuple[str, ...]:
    return tuple(fields[name].value.text for name in FIELDS if name in fields)


def _angle(fields: Mapping[str, Record]) -> float | None:
    return fields[LABEL].numbers[0] if LABEL in fields else None

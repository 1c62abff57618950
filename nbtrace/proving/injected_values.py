"""Which values are written into a program for a root: those of its quantities, at their places."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from nbtrace.capturing.hits import Arrivals
from nbtrace.capturing.injection import Injection
from nbtrace.capturing.probe import ProbeFile
from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import ALL, Node, Vector
from nbtrace.explanation.audit.findings import Audit, Finding, matches
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.proof import InjectedSide, NotTried, ValueOrigin, leading_side
from nbtrace.proving.captured_values import CapturedReading, CapturedValues
from nbtrace.records import Side

_FULL_DIGITS = 1e-11
"""Relative uncertainty of a formula's value up to which its inputs count as logged to full digits."""

_SAME = 0.01
"""Share of what is to be changed by which the program's value may be another than its log has."""


class UntriedError(Exception):
    """Why a root cannot be held against a program."""

    def __init__(self, reason: NotTried, text: str = "") -> None:
        super().__init__(text or reason.value)
        self.reason, self.text = reason, text


@dataclass(frozen=True, slots=True)
class PlannedValue:
    """A value to be written.

    Attributes
    ----------
    reading : CapturedReading
        What the program has there.
    wanted : tuple of float
        In the unit of the vocabulary.
    origin : ValueOrigin
    free : tuple of str
        Expressions of the probe's `when` that the root says nothing of: the value may be computed in other turns, too.
    """

    reading: CapturedReading
    wanted: Vector
    origin: ValueOrigin
    free: tuple[str, ...] = ()

    @property
    def numbers(self) -> Vector:
        """What is written, in the unit of the probe."""
        return tuple(number / self.reading.scale for number in self.wanted)

    @property
    def injection(self) -> Injection:
        """What the capture writes: in the turn of the probe."""
        return Injection(self.reading.key, self.numbers, self.reading.index, after=self.reading.passed)

    @property
    def everywhere(self) -> Injection:
        """What the capture writes wherever the program has the same value, in all turns that the root leaves open."""
        reading = self.reading
        return Injection(reading.key, self.numbers, reading.index, every=True, free=self.free, over=reading.numbers)


def wanted_values(audit: Audit, root: Root, host: Side = Side.C) -> dict[Node, tuple[Vector, ValueOrigin]]:
    """Return what is to be written for each value of a root: the right one, or the other side's where that is wrong.

    Parameters
    ----------
    audit : Audit
    root : Root
    host : Side
        The program that is written into.

    Raises
    ------
    UntriedError
        If one is not known.
    """
    found = {finding.node: _wanted(audit, finding, root, host) for finding in _findings(audit, root, host)}
    for node, (vector, _) in found.items():
        if not vector or not all(map(math.isfinite, vector)):
            raise UntriedError(NotTried.NO_VALUE, f"no log has a value of {node.label} to write")
    return found


def _findings(audit: Audit, root: Root, host: Side) -> Iterator[Finding]:
    """Yield the findings of a root, and what one mistake makes wrong with them in the host, at the same place."""
    yield from root.findings
    if leading_side(root.side, host) is not InjectedSide.RIGHT:
        return
    own = {finding.node for finding in root.findings}
    families = {(audit.physics.family(node.name), node.place, node.sample) for node in own}
    for finding in audit.findings:
        node = finding.node
        place = audit.physics.family(node.name), node.place, node.sample
        if node not in own and place in families and finding.held(host).broken:
            yield finding


def _wanted(audit: Audit, finding: Finding, root: Root, host: Side) -> tuple[Vector, ValueOrigin]:
    theirs = audit.effective[host.other].get(finding.node, ())
    held, side = finding.held(host), leading_side(root.side, host)
    if side is not InjectedSide.RIGHT or held.computed is None or not held.broken:
        return theirs, ValueOrigin.OTHER_LOG
    value, allowed = held.computed.value, held.computed.allowed
    full = norm(allowed) <= _FULL_DIGITS * norm(value)
    near = len(theirs) == len(value) and all(
        abs(x - y) <= bound for x, y, bound in zip(theirs, value, allowed, strict=True)
    )
    return (theirs, ValueOrigin.OTHER_LOG) if near and not full else (value, ValueOrigin.FORMULA)


def planned_values(
    audit: Audit, root: Root, captured: CapturedValues, file: ProbeFile, host: Side = Side.C
) -> tuple[PlannedValue, ...]:
    """Return what is written for a root, and where.

    A place that the program reaches at further sampled points, of which the log prints none, is written there too where
    the program has the same value.

    Raises
    ------
    UntriedError
        If no probe gives a value, one gives it too late or from what is computed, or the program has another one than
        its log.
    """
    planned: dict[tuple[str, int, int, tuple[tuple[str, int], ...]], PlannedValue] = {}
    for node, (wanted, origin) in wanted_values(audit, root, host).items():
        for reading in _readings(audit, captured, node, host):
            _require_same(audit, reading, node, wanted, host)
            _require_writable(file, reading)
            place = reading.key, reading.probe, reading.passed, tuple(reading.index.items())
            planned[place] = PlannedValue(reading, wanted, origin, _free(root, file, reading))
    _require_in_time(audit, captured, [item.reading for item in planned.values()])
    return tuple(sorted(planned.values(), key=lambda item: item.reading.hit))


def _readings(audit: Audit, captured: CapturedValues, node: Node, host: Side) -> Iterator[CapturedReading]:
    reading = captured.readings.get(node)
    if reading is None:
        option = "--probes" if host is Side.C else "--port-probes"
        raise UntriedError(NotTried.NO_PROBE, f"no probe gives {node.label}; a probe file that does: {option} TOML")
    yield reading
    logged = audit.scenes[host].values
    for further in captured.every:
        other = further.node
        alike = other.name == node.name and other.place == node.place and further.numbers == reading.numbers
        if alike and further != reading and (other == node or other not in logged):
            yield further


def _free(root: Root, file: ProbeFile, reading: CapturedReading) -> tuple[str, ...]:
    """Return the loops of a probe's `when` in whose turns a root is not said to be."""
    probe = next(item for item in file.probes if item.number == reading.probe)
    told = {probe.index.get(name, name) for name, _ in (*root.place, *reading.node.place)}
    return tuple(text for text in probe.when if text not in told)


def distinct(planned: Sequence[PlannedValue]) -> list[PlannedValue]:
    """Return the values that are written wherever the program has them, each once."""
    found: list[PlannedValue] = []
    for item in planned:
        if all(item.everywhere != other.everywhere for other in found):
            found.append(item)
    return found


def untouched(
    audit: Audit,
    planned: Sequence[PlannedValue],
    captured: CapturedValues,
    file: ProbeFile,
    arrivals: Arrivals,
    host: Side = Side.C,
) -> int:
    """Return how often the program computes the values of a root where none is written.

    It may do so in turns of loops that a probe passes by and of which the root says nothing, and, with another value,
    at hits of the probe that the log does not print.
    """
    logged = audit.scenes[host].values
    changed = {(item.reading.key, item.reading.probe): item.reading for item in planned}
    hits = {(item.reading.key, item.reading.hit) for item in planned}
    others = sum(
        (other.key, other.probe) in changed
        and other.index == changed[other.key, other.probe].index
        and (other.key, other.hit) not in hits
        and (other.node not in logged or captured.readings.get(other.node) != other)
        for other in captured.every
    )
    return others + sum(_passed_by(item, file, arrivals) for item in _one_of_each_probe(planned))


def _one_of_each_probe(planned: Sequence[PlannedValue]) -> Collection[PlannedValue]:
    return {item.reading.probe: item for item in planned}.values()


def _passed_by(item: PlannedValue, file: ProbeFile, arrivals: Arrivals) -> int:
    """Return how often a place is reached in turns that the root leaves open and the probe passes by."""
    number = item.reading.probe
    when = next(probe.when for probe in file.probes if probe.number == number)
    if not item.free:
        return 0
    wanted = tuple(when.values())
    pinned = [at for at, text in enumerate(when) if text not in item.free]
    return sum(
        count
        for turns, count in arrivals.get(number, (((), 1),))
        if turns != wanted and (not turns or all(turns[at] == wanted[at] for at in pinned))
    )


def _require_same(audit: Audit, reading: CapturedReading, node: Node, wanted: Vector, host: Side) -> None:
    """Refuse a program that has another value than the log which is explained."""
    logged = audit.scenes[host].values.get(node, ())
    mine = tuple(number * reading.scale for number in reading.numbers)
    if len(logged) != len(mine) or len(wanted) != len(mine):
        raise UntriedError(
            NotTried.OTHER_RUN, f"{node.label} has {len(mine)} numbers in the program, {len(logged)} in the log"
        )
    apart, change = math.dist(mine, logged), math.dist(wanted, logged)
    if apart > _SAME * change:
        raise UntriedError(
            NotTried.OTHER_RUN,
            f"{node.label} is {_shown(mine)} in the program and {_shown(logged)} in {log_of(host)}: they are of "
            f"{OTHERWISE}",
        )


def _require_writable(file: ProbeFile, reading: CapturedReading) -> None:
    probe = next(item for item in file.probes if item.number == reading.probe)
    quantity = next(item for item in probe.quantities if item.name == reading.key)
    if any(expression.target() is None for expression in quantity.expressions):
        raise UntriedError(
            NotTried.NOT_WRITABLE,
            f"the probe reads {reading.key} from {quantity.text!r}, which is computed and cannot be written",
        )


def _require_in_time(audit: Audit, captured: CapturedValues, readings: Sequence[CapturedReading]) -> None:
    """Refuse a place behind the use of the value: what is computed from it, and differs, stands there already."""
    quantities, final = audit.vocabulary.quantities, audit.vocabulary.finals[:1]
    for reading in readings:
        name, sample = reading.node.name, reading.node.sample
        takers = [
            other.hit
            for node, other in captured.readings.items()
            if name in quantities[node.name].causes and node.sample in {sample, ALL} and not matches(audit, node)
        ]
        ends = [other.hit for node, other in captured.readings.items() if node.name in final and node.name != name]
        if any(hit <= reading.hit for hit in (*takers, *ends)):
            raise UntriedError(
                NotTried.TOO_LATE,
                f"the probe gives {reading.key} behind its use; a probe before its use could be written",
            )


OTHERWISE = "other flags, another pixel, another build or another number of threads (OMP_NUM_THREADS)"


def log_of(host: Side) -> str:
    """Return what messages call the log of a program."""
    return "the reference's log" if host is Side.C else "the port's log"


def _shown(numbers: Vector) -> str:
    return " ".join(f"{number:.9g}" for number in numbers)

"""Captured values by what they are in a vocabulary: which probe gives a value of a log, and at which of its hits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbtrace.capturing.hits import Hit
from nbtrace.capturing.probe import ProbeFile
from nbtrace.capturing.trace_log import log_text, trace_lines
from nbtrace.compare.scene import Node, Vector, constants_of, node_of, scene
from nbtrace.parsers import parse_trace
from nbtrace.records import Side
from nbtrace.vocabulary.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class CapturedReading:
    """A captured value and where the program had it.

    Attributes
    ----------
    node : Node
    key : str
        As the probe calls it.
    numbers : tuple of float
        In the unit of the probe.
    scale : float
        Factor from there to the unit of the vocabulary.
    index : mapping of str to int
        Turns of loops that the probe states.
    hit : int
        Number of the hit in the run, from 0.
    probe : int
        Number of the probe in its file.
    passed : int
        Hits of that probe with the same index before it.
    """

    node: Node
    key: str
    numbers: Vector
    scale: float
    index: Mapping[str, int]
    hit: int
    probe: int
    passed: int


@dataclass(frozen=True)
class CapturedValues:
    """What a capture has of the quantities of a vocabulary.

    Attributes
    ----------
    readings : mapping of Node to CapturedReading
        The one that counts of each.
    every : tuple of CapturedReading
        All of them: a place that is reached again has one of each time.
    """

    readings: Mapping[Node, CapturedReading]
    every: tuple[CapturedReading, ...]

    def number(self, name: str) -> float | None:
        """Return the one number of a quantity that has no place in a loop, None where there is none."""
        found = [reading for node, reading in self.readings.items() if node.name == name and not node.place]
        return found[-1].numbers[0] * found[-1].scale if found and len(found[-1].numbers) == 1 else None


def captured_values(
    hits: Sequence[Hit], file: ProbeFile, vocabulary: Vocabulary, side: Side = Side.C
) -> CapturedValues | None:
    """Return captured values of a side by what they are; None where the vocabulary knows none of them."""
    text = log_text(hits, file.prefix)
    ahead = text.count("\n") - sum(1 for _ in trace_lines(hits, file.prefix))
    traces = [trace for trace in parse_trace(text, "the capture", vocabulary=vocabulary) if trace.records]
    if not traces:
        return None
    trace = traces[0]
    found = scene(trace, side, constants_of(vocabulary), trace.blocks[0] if trace.blocks else 0)
    places = [(number, at) for number, hit in enumerate(hits) for at in range(len(hit.values))]
    passed = _passed(hits)
    readings, every = {}, []
    for record in trace.records:
        if record.quantity not in vocabulary.quantities:
            continue
        number, at = places[record.line - ahead - 1]
        hit = hits[number]
        numbers = tuple(map(float, hit.values[at].numbers))
        if len(numbers) != len(record.value.numbers):
            continue
        node, key = node_of(vocabulary, record.quantity, record.index), hit.values[at].quantity
        reading = CapturedReading(node, key, numbers, record.scale, hit.index, number, hit.probe, passed[number])
        every.append(reading)
        if found.records.get(node) is record:
            readings[node] = reading
    return CapturedValues(readings, tuple(every))


def _passed(hits: Sequence[Hit]) -> list[int]:
    """Return of each hit how many there were before it of the same probe with the same index."""
    seen: Counter[tuple[int, tuple[tuple[str, int], ...]]] = Counter()
    counts = []
    for hit in hits:
        place = hit.probe, tuple(hit.index.items())
        counts.append(seen[place])
        seen[place] += 1
    return counts

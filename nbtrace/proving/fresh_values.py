"""Fresh values: what a formula gives for a captured quantity, from what was captured with it in the same run."""

from collections.abc import Iterator, Sequence

from nbtrace.capturing.capture_result import CaptureResult
from nbtrace.capturing.injection import Injection, placed_write
from nbtrace.capturing.trace_log import log_text
from nbtrace.compare.evaluate import value_at
from nbtrace.compare.scene import Scene, scene
from nbtrace.errors import InputError
from nbtrace.explanation.physics import physics_of
from nbtrace.parsers import parse_trace
from nbtrace.proving.captured_values import CapturedReading, captured_values
from nbtrace.records import Side
from nbtrace.vocabulary.formula import UnloggedError, why_not_computed
from nbtrace.vocabulary.vocabulary import Vocabulary


def with_fresh_values(
    result: CaptureResult, injections: Sequence[Injection], vocabulary: Vocabulary, configuration: object | None = None
) -> tuple[Injection, ...]:
    """Return injections with the values of those that ask for fresh ones.

    Parameters
    ----------
    result : CaptureResult
        A capture of the program as it is.
    injections : sequence of Injection
    vocabulary : Vocabulary
        Whose formulas give the values.
    configuration : object, optional
        What the program was run with, as the physics of the vocabulary has it.

    Raises
    ------
    InputError
        If there is no formula for one, or it lacks what was not captured; the message says what.
    """
    if not any(injection.fresh for injection in injections):
        return tuple(injections)
    return tuple(_resolved(result, injections, vocabulary, configuration))


def _resolved(
    result: CaptureResult, injections: Sequence[Injection], vocabulary: Vocabulary, configuration: object | None
) -> Iterator[Injection]:
    captured = captured_values(result.hits, result.request.probes, vocabulary)
    where = _scene(result, vocabulary, configuration)
    for injection in injections:
        if not injection.fresh:
            yield injection
            continue
        number = placed_write(injection, result.request.probes).probe.number
        readings = [
            reading
            for reading in (() if captured is None else captured.every)
            if reading.key == injection.quantity and reading.probe == number and _is_there(reading, injection)
        ]
        if not readings or where is None:
            raise InputError(f"--set {injection.words}: the vocabulary {vocabulary.name} knows no {injection.quantity}")
        for reading in readings if injection.every else readings[:1]:
            yield Injection(injection.quantity, _value(where, reading, injection), reading.index, after=reading.passed)


def _is_there(reading: CapturedReading, injection: Injection) -> bool:
    """Whether a reading is of the turns that an injection names, as far as it states them."""
    return all(reading.index.get(name, turn) == turn for name, turn in injection.index.items())


def _scene(result: CaptureResult, vocabulary: Vocabulary, configuration: object | None) -> Scene | None:
    """Return the values of a capture with what the program printed and was configured with; None without values."""
    request = result.request
    selection = request.probes.selection
    header = selection.header.format(**request.at) if selection.header and request.at else ""
    text = log_text(result.hits, request.probes.prefix, header=header, printed=result.printed)
    traces = [trace for trace in parse_trace(text, "the capture", vocabulary=vocabulary) if trace.records]
    if not traces:
        return None
    trace = traces[0].of_block(traces[0].blocks[0]) if traces[0].blocks else traces[0]
    physics = physics_of(vocabulary)
    return scene(trace, Side.C, physics.facts(trace, trace, configuration), tables=physics.tables(configuration))


def _value(where: Scene, reading: CapturedReading, injection: Injection) -> tuple[float, ...]:
    """Return what the formula gives, in the unit of the probe."""
    try:
        value, _ = value_at(where, where.values, reading.node)
    except UnloggedError as error:
        why = why_not_computed(str(error), error.kind)
        raise InputError(
            f"--set {injection.words}: no formula gives {reading.node.label} from what was captured ({why}); give "
            "numbers, or = from LOG"
        ) from None
    if len(value) != len(reading.numbers):
        raise InputError(
            f"--set {injection.words}: the formula gives {len(value)} numbers, the probe {len(reading.numbers)}"
        )
    return tuple(number / reading.scale for number in value)

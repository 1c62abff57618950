"""Probes and written values as a plan has them: the JSON that whoever reads the values is given."""

from collections.abc import Mapping, Sequence
from typing import Any

from nbtrace.capturing.expression import ProbeExpression, names_in
from nbtrace.capturing.injection import ProbedWrite
from nbtrace.capturing.probe import Place, Probe, ProbedQuantity, ProbeFile


def capture_plan(file: ProbeFile, at: Mapping[str, int], writes: Sequence[ProbedWrite]) -> dict[str, Any]:
    """Return what is to be captured and written, in which turns."""
    loops = [
        {"name": name, "variable": name.partition(":")[0], "value": at.get(name.partition(":")[0])}
        for name in file.selection.loops
    ]
    image = None
    if file.image is not None:
        giving = [probe.number for probe, quantity in file.quantities if quantity.name == file.image.quantity]
        image = {"probe": giving[-1], "width": file.image.width}
    return {
        "selection": {"function": file.selection.function, "loops": loops},
        "probes": [probe_plan(probe) for probe in file.probes],
        "writes": [write_plan(number, write) for number, write in enumerate(writes)],
        "image": image,
    }


def probe_plan(probe: Probe) -> dict[str, Any]:
    """Return a probe as a plan has it."""
    texts = [*probe.when, *probe.index.values()]
    return {
        "number": probe.number,
        "place": _place(probe.place),
        "when": list(probe.when.items()),
        "first": probe.first,
        "index": list(probe.index.items()),
        "names": [name for text in texts for name in names_in(text)],
        "quantities": [_quantity(quantity) for quantity in probe.quantities],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "function": place.function,
        "after": place.after,
        "before": place.before,
        "loop": place.loop,
        "line": list(place.line) if place.line else None,
        "text": place.text,
        "returned": place.returned,
        "call": place.call,
    }


def _quantity(quantity: ProbedQuantity) -> dict[str, Any]:
    texts = [text for part in quantity.expressions for text in (part.text, part.low, part.high)]
    return {
        "name": quantity.name,
        "unit": quantity.unit,
        "expressions": [_expression(part) for part in quantity.expressions],
        "names": list(dict.fromkeys(name for text in texts for name in names_in(text))),
    }


def _expression(part: ProbeExpression) -> dict[str, Any]:
    return {"text": part.text, "low": part.low, "high": part.high, "root": part.root}


def write_plan(number: int, write: ProbedWrite) -> dict[str, Any]:
    """Return a value that is written as a plan has it."""
    numbers = write.injection.numbers
    targets = write.targets
    share = targets if len(targets) == len(numbers) else (targets[0],) * len(numbers)
    return {
        "number": number,
        "probe": write.probe.number,
        "quantity": _quantity(write.quantity),
        "targets": [_expression(target.expression) for target in targets],
        "numbers": [f"{target.written(value):.17g}" for target, value in zip(share, numbers, strict=True)],
        "index": list(write.index.items()),
        "every": write.injection.every,
        "after": write.injection.after,
        "over": None if write.injection.over is None else list(write.injection.over),
        "free": list(write.injection.free),
    }

"""Injected values: what `--set` writes over a variable of the running program, where, and how often."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbtrace.capturing.expression import WriteTarget
from nbtrace.capturing.probe import Probe, ProbedQuantity, ProbeFile
from nbtrace.errors import InputError, UsageError
from nbtrace.nearness import nearest

EVERY = "every"
"""The word after the index of an injection by which it is written at every hit."""

FRESH = "fresh"
"""The word in place of numbers by which the formula of the quantity gives them."""

_SETTING = re.compile(
    r"\s*([^\W0-9]\w*)\s*(?:@([^=]*(?:=[^=]*?)*?))?\s+=\s*(\S.*?)\s*|\s*([^\W0-9]\w*)\s*=\s*(\S.*?)\s*"
)
_TURN = re.compile(r"\s*([^\W0-9]\w*)\s*=\s*([+-]?[0-9]{1,9})\s*")
_FROM_LOG = re.compile(r"from\s+(\S.*)|fresh\s+(\S.*)")


@dataclass(frozen=True)
class Injection:
    """Numbers that are written over the variables which give a quantity, before a probe reads them.

    Attributes
    ----------
    quantity : str
        As a probe names it.
    numbers : tuple of float
        Finite, in the unit of the quantity, one for each of its numbers; empty as long as they are not known.
    index : mapping of str to int
        Turns of loops, by the name in the trace lines or by the variable: only there it is written.
    every : bool
        At every hit that fits, not at the first one alone.
    after : int
        Hits that fit and are passed by before it is written: a place may be reached once for each sampled point.
    free : tuple of str
        Expressions of the probe's `when` that may be anything: it is written in every turn of these loops, too.
    over : tuple of float or None
        With it, it is written wherever the program has these very numbers, and nowhere else.
    fresh : bool
        The numbers are what the formula of the quantity gives, from what is captured in the same run.
    """

    quantity: str
    numbers: tuple[float, ...]
    index: Mapping[str, int] = field(default_factory=dict)
    every: bool = False
    after: int = 0
    free: tuple[str, ...] = ()
    over: tuple[float, ...] | None = None
    fresh: bool = False

    @property
    def words(self) -> str:
        """The injection as it is typed."""
        turns = [f"{name}={turn}" for name, turn in self.index.items()] + [EVERY] * self.every
        at = f"@{','.join(turns)}" if turns else ""
        value = FRESH if self.fresh else " ".join(f"{number:.17g}" for number in self.numbers)
        return f"{self.quantity}{at} = {value}"


@dataclass(frozen=True)
class ProbedWrite:
    """An injection at the probe where it is written."""

    injection: Injection
    probe: Probe
    quantity: ProbedQuantity
    targets: tuple[WriteTarget, ...]
    index: Mapping[str, int]
    """Expressions of the program, and what they must be."""


def parse_injection(text: str) -> Injection:
    """Return what `quantity@loop=turn,… = numbers` says.

    `= from LOG` takes the numbers from a log; `= fresh` leaves them to the formula of the quantity.

    Raises
    ------
    InputError
        If a log cannot be read, or has no such value.
    UsageError
        If it is something else.
    """
    match = _SETTING.fullmatch(text)
    if match is None:
        raise UsageError(f"--set {text!r}: write it as 'QUANTITY@LOOP=TURN = NUMBER', or QUANTITY=NUMBER")
    quantity, turns, value = (match[1], match[2], match[3]) if match[1] else (match[4], None, match[5])
    index, every = _turns(turns or "", text)
    if value == FRESH:
        return Injection(quantity, (), index, every, fresh=True)
    from_log = _FROM_LOG.fullmatch(value)
    numbers = _logged(quantity, index, Path(from_log[1] or from_log[2])) if from_log else _numbers(value, text)
    return Injection(quantity, numbers, index, every)


def _turns(text: str, typed: str) -> tuple[dict[str, int], bool]:
    index, every = {}, False
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _TURN.fullmatch(part)
        if part == EVERY:
            every = True
        elif match is None:
            raise UsageError(f"--set {typed!r}: {part!r} is no turn of a loop; write it as LOOP=NUMBER")
        else:
            index[match[1]] = int(match[2])
    return index, every


def _numbers(text: str, typed: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(word) for word in text.replace(",", " ").split())
    except ValueError:
        numbers = ()
    if not numbers or not all(abs(number) < float("inf") for number in numbers) or not text.isascii():
        raise UsageError(f"--set {typed!r}: {text!r} are no finite numbers, nor `fresh` nor `from LOG`")
    return numbers


def _logged(quantity: str, index: Mapping[str, int], path: Path) -> tuple[float, ...]:
    """Return the numbers that a log has of a quantity, at these turns of loops."""
    from nbtrace.parsers import read_trace  # noqa: PLC0415 - only where a log is named

    trace = read_trace(path)
    found = [record for record in trace.records if quantity in {record.quantity, record.key}]
    fitting = [
        record
        for record in found
        if all(dict(record.index.loops).get(name, turn) == turn for name, turn in index.items())
    ]
    if not fitting:
        known = sorted({record.key for record in trace.records})
        near = nearest(quantity, known)
        hint = f"; did you mean {near}?" if near and not found else ""
        at = f" at {', '.join(f'{name}={turn}' for name, turn in index.items())}" if found else ""
        raise InputError(f"{path} has no {quantity}{at}{hint}")
    return tuple(float(number) for number in fitting[0].value.numbers)


def _gives_there(probe: Probe, injection: Injection) -> bool:
    """Whether a probe can be reached in the turns that an injection names."""
    turns = ((probe.index.get(name, name), turn) for name, turn in injection.index.items())
    return all(probe.when.get(variable, turn) == turn for variable, turn in turns)


def placed_write(injection: Injection, file: ProbeFile) -> ProbedWrite:
    """Return where an injection is written: at the first probe that gives its quantity with its index.

    Raises
    ------
    UsageError
        If no probe gives it, or what gives it can be computed and not written.
    """
    giving = [(probe, quantity) for probe, quantity in file.quantities if quantity.name == injection.quantity]
    if not giving:
        names = dict.fromkeys(quantity.name for _, quantity in file.quantities)
        near = nearest(injection.quantity, names)
        raise UsageError(
            f"--set {injection.words}: no probe gives {injection.quantity}"
            + (f"; did you mean {near}?" if near else f"; there are {', '.join(list(names)[:12])}")
        )
    fitting = [item for item in giving if _gives_there(item[0], injection)]
    if not fitting:
        raise UsageError(f"--set {injection.words}: no probe gives {injection.quantity} there")
    probe, quantity = fitting[0]
    targets = [expression.target() for expression in quantity.expressions]
    if None in targets:
        raise UsageError(
            f"--set {injection.words}: {quantity.text!r} is computed from variables, and can be read but not written"
        )
    index = {probe.index.get(name, name): turn for name, turn in injection.index.items()}
    return ProbedWrite(injection, probe, quantity, tuple(target for target in targets if target is not None), index)

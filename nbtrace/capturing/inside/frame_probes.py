"""The probes of a plan in the running program: when one counts, and what it reads.

A probe is of one scope (a code object) and a span of its lines. A back end tells the tracer when a span is entered and
left; everything else is here.
"""

from __future__ import annotations

import math
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from .compiled_frames import obstacle
from .digits import DigitsError, digits_of
from .frame_expressions import FUNCTIONS, compiled
from .frame_writes import FrameWrite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType
    from typing import Any

    from .event_log import EventLog

_DEPTH = 300
"""Calling frames in which a loop variable is looked for."""
_LONGEST_RANGE = 4096
_MOST_TURNS = 10_000
"""Turns of a place that are told apart."""


class FrameExpression:
    """An expression of a quantity: its text has `{}` where a range of elements is meant."""

    __slots__ = ("_codes", "_high", "_low", "_root", "_text")

    def __init__(self, described: dict[str, Any]) -> None:
        self._text: str = described["text"]
        self._root: bool = described["root"]
        ends = (described["low"], described["high"])
        self._low, self._high = (compiled(end) if end else None for end in ends)
        self._codes: dict[int, CodeType] = {}
        self._code(0)

    def _code(self, element: int) -> CodeType:
        if element not in self._codes:
            self._codes[element] = compiled(self._text.replace("{}", str(element)))
        return self._codes[element]

    def values(self, globals_: dict[str, Any], local: dict[str, Any]) -> Iterator[Any]:
        """Yield what the expression gives, element by element of its range."""
        low = high = 0
        if self._low is not None and self._high is not None:
            low, high = int(eval(self._low, globals_, local)), int(eval(self._high, globals_, local))
        if not 0 <= high - low < _LONGEST_RANGE:
            raise DigitsError(f"{low}..{high} is no range of 1 to {_LONGEST_RANGE} elements")
        for element in range(low, high + 1):
            value = eval(self._code(element), globals_, local)
            yield math.sqrt(value) if self._root else value


class FrameQuantity(NamedTuple):
    """A quantity of a probe."""

    name: str
    expressions: list[FrameExpression]

    def numbers(self, frame: FrameType, local: dict[str, Any]) -> list[str]:
        """Return the texts of its numbers in a frame."""
        return [
            text
            for expression in self.expressions
            for value in expression.values(frame.f_globals, local)
            for text in digits_of(value)
        ]


class FrameProbe:
    """One probe, with its expressions compiled."""

    __slots__ = (
        "before",
        "first",
        "index",
        "last",
        "missed",
        "number",
        "once",
        "quantities",
        "returns",
        "spent",
        "when",
        "width",
        "writes",
    )

    def __init__(self, described: dict[str, Any]) -> None:
        self.number: int = described["number"]
        self.first, self.last, self.before = described["first"], described["last"], described["before"]
        self.returns = frozenset(described["returns"])
        self.once: bool = described["once"]
        self.spent = self.missed = False
        self.when = [(name, compiled(name), value) for name, value in described["when"]]
        self.index = [(name, compiled(text)) for name, text in described["index"]]
        self.quantities = [
            FrameQuantity(one["name"], [FrameExpression(part) for part in one["expressions"]])
            for one in described["quantities"]
        ]
        self.width = compiled(described["width"]) if described["width"] else None
        self.writes: list[FrameWrite] = []

    def quantity(self, name: str) -> FrameQuantity:
        """Return a quantity by its name."""
        return next(quantity for quantity in self.quantities if quantity.name == name)


class CodeProbes(NamedTuple):
    """The probes of one code object, and those that stand on each line."""

    code: CodeType
    lines: dict[int, list[FrameProbe]]


class Tracer:
    """What the back ends ask: which code has probes, and what a probe does."""

    def __init__(self, plan: dict[str, Any], log: EventLog) -> None:
        self.log = log
        self._loops = [(name, compiled(name), value) for name, value in plan["loops"]]
        self._given = _given(plan["given"])
        self._outer: str = plan["outer"]
        probes = {one["number"]: FrameProbe(one) for one in plan["probes"]}
        for described in plan["writes"]:
            probes[described["probe"]].writes.append(FrameWrite(described))
        self._scopes: dict[str, list[tuple[str, tuple[int, ...], FrameProbe]]] = {}
        for one in plan["probes"]:
            scope = (one["scope"].rpartition(".")[2], tuple(one["starts"]), probes[one["number"]])
            self._scopes.setdefault(one["file"], []).append(scope)
        self._files: dict[str, str] = {}
        self.without_probes: set[str] = set()
        """Files that are known to have no probes, as code objects name them."""
        self._codes: dict[int, tuple[CodeType, CodeProbes | None]] = {}
        self._folder = os.getcwd()
        self._arrivals: dict[int, dict[tuple[int, ...], int]] = {}

    # --- which code has probes ---

    def probes_of(self, code: CodeType) -> CodeProbes | None:
        """Return the probes of a code object; None if it has none, as nearly all."""
        name = code.co_filename
        if name in self.without_probes:
            return None
        file = self._files.get(name) or self._known(name)
        if file is None:
            self.without_probes.add(name)
            return None
        self._files[name] = file
        known = self._codes.get(id(code))
        if known is None:  # the code object is kept, so that no other one gets its id
            known = self._codes[id(code)] = (code, self._probes_in(file, code))
        return known[1]

    def _known(self, name: str) -> str | None:
        if name in self._scopes:
            return name
        path = os.path.realpath(os.path.join(self._folder, name))
        return path if path in self._scopes else None

    def _probes_in(self, file: str, code: CodeType) -> CodeProbes | None:
        probes = [
            probe
            for name, starts, probe in self._scopes[file]
            if name == code.co_name and (code.co_firstlineno in starts or name == "<module>")
        ]
        if not probes:
            return None
        self.log.once("called", probes=[probe.number for probe in probes])
        lines: dict[int, list[FrameProbe]] = {}
        for probe in probes:
            for line in range(probe.first, probe.last + 1):
                lines.setdefault(line, []).append(probe)
        return CodeProbes(code, lines)

    # --- what a probe does ---

    def entered(self, probe: FrameProbe, frame: FrameType) -> None:
        """Take note that the lines of a probe begin to run."""
        if probe.before:
            self._read(probe, frame)

    def left(self, probe: FrameProbe, frame: FrameType) -> None:
        """Take note that the lines of a probe have run, and ended without an exception."""
        if not probe.before:
            self._read(probe, frame)

    def compiled(self, code: CodeType, how: str) -> None:
        """Take note that a code object was compiled, and runs otherwise than as Python."""
        found = self.probes_of(code)
        for probe in {id(one): one for ones in (found.lines.values() if found else ()) for one in ones}.values():
            self.log.once("compiled", probe=probe.number, how=how)

    def codes(self) -> list[CodeType]:
        """Return the code objects that have run and have probes."""
        return [code for code, probes in self._codes.values() if probes is not None]

    @property
    def arrivals(self) -> dict[int, list[tuple[tuple[int, ...], int]]]:
        """How often each probe's place was reached in the selected turn, by what the expressions of its `when` were."""
        return {number: list(seen.items()) for number, seen in self._arrivals.items()}

    def _read(self, probe: FrameProbe, frame: FrameType) -> None:
        done = probe.spent and not (probe.when or probe.writes)
        if done or self._is_elsewhere(probe, frame.f_locals):
            return
        try:
            with _NoDerivatives():
                self._deliver(probe, frame)
        except Exception as error:  # noqa: BLE001 - the program is not at fault, and goes on
            self.log.once("unread", probe=probe.number, quantity="", why=_said(error))

    def _is_elsewhere(self, probe: FrameProbe, local: Any) -> bool:
        """Tell whether a selected loop is in another turn, where its variable is a plain number here.

        Most of what a program with loops over pixels does comes to this, so it costs little.
        """
        for name, _, value in self._loops:
            found = local.get(name, value)
            if type(found) is int and found != value:
                self._missed(probe)
                return True
        return False

    def _missed(self, probe: FrameProbe) -> None:
        if not probe.missed:
            probe.missed = True
            self.log.once("elsewhere", probe=probe.number)

    def _deliver(self, probe: FrameProbe, frame: FrameType) -> None:
        local = self._variables(frame)
        if not all(_is(self._value(name, code, frame, local, probe), value) for name, code, value in self._loops):
            self._missed(probe)
            return
        how = obstacle()
        if how:
            self.log.once("compiled", probe=probe.number, how=how)
            return
        turns = [(name, self._value(name, code, frame, local, probe), value) for name, code, value in probe.when]
        self._count_arrival(probe, turns)
        local = self._written_elsewhere(probe, frame, local, turns)
        if not all(_is(found, wanted) for _, found, wanted in turns):
            self._missed(probe)
            return
        if probe.spent:
            return
        probe.spent = probe.once
        for write in probe.writes:
            if not write.is_elsewhere and write.is_due(frame, local):
                write.make(frame, local, self.log)
                local = self._variables(frame)
        index = [(name, _ordinal(name, self._value(name, code, frame, local, probe))) for name, code in probe.index]
        values = []
        for quantity in probe.quantities:
            try:
                values.append((quantity.name, quantity.numbers(frame, local)))
            except Exception as error:  # noqa: BLE001 - whatever the program's objects raise
                self.log.once("unread", probe=probe.number, quantity=quantity.name, why=_said(error))
        width = int(eval(probe.width, frame.f_globals, local)) if probe.width else None
        self.log.hit(probe=probe.number, index=index, values=values, width=width)

    def _variables(self, frame: FrameType) -> dict[str, Any]:
        return {**FUNCTIONS, **frame.f_locals, **self._given}

    def _count_arrival(self, probe: FrameProbe, turns: list[tuple[str, Any, int]]) -> None:
        seen = self._arrivals.setdefault(probe.number, {})
        try:
            place = tuple(int(found) for _, found, _ in turns)
        except (TypeError, ValueError, OverflowError):
            place = ()
        place = place if place in seen or len(seen) < _MOST_TURNS else ()
        seen[place] = seen.get(place, 0) + 1

    def _written_elsewhere(
        self, probe: FrameProbe, frame: FrameType, local: dict[str, Any], turns: list[tuple[str, Any, int]]
    ) -> dict[str, Any]:
        """Write what is meant for every turn of some loops; return the variables that then are."""
        for write in probe.writes:
            if write.is_elsewhere:
                numbers = probe.quantity(write.quantity).numbers(frame, local)
                if write.is_due_elsewhere(frame, local, turns, numbers):
                    write.make(frame, local, self.log)
                    local = self._variables(frame)
        return local

    def _value(self, name: str, code: CodeType, frame: FrameType, local: dict[str, Any], probe: FrameProbe) -> Any:
        """Return the value of a loop variable here, else in the nearest calling frame that has it."""
        try:
            return eval(code, frame.f_globals, local)
        except NameError:
            pass
        outer = frame.f_back
        for _ in range(_DEPTH):
            if outer is None:
                break
            if not self._outer or outer.f_code.co_name == self._outer:
                try:
                    return eval(code, outer.f_globals, dict(outer.f_locals))
                except NameError:
                    pass
            outer = outer.f_back
        self.log.once("no_loop", probe=probe.number, name=name)
        return None


def _given(given: dict[str, int]) -> dict[str, Any]:
    """Return the names that a selection adds to the program's: those that index arrays, and all of them as `at`."""
    return {**given, "at": tuple(given.values())} if given else {}


def _is(found: Any, wanted: int) -> bool:
    return found is not None and bool(found == wanted)


def _ordinal(name: str, value: Any) -> int:
    if value is None:
        raise DigitsError(f"index {name}: there is no such variable, nor in a function that calls it")
    number = int(value)
    if number < 0 or number != value:
        raise DigitsError(f"{name} is {value}, and no ordinal of a loop")
    return number


def _said(error: Exception) -> str:
    text = str(error).splitlines()[0][:300] if str(error) else ""
    return text if isinstance(error, DigitsError) else f"{type(error).__name__}: {text}"


class _NoDerivatives:
    """Inside, reading records nothing for derivatives, where the program has loaded PyTorch."""

    def __enter__(self) -> None:
        inner = getattr(sys.modules.get("torch"), "_C", None)
        self._set = getattr(inner, "_set_grad_enabled", None)
        self._was = sys.modules["torch"].is_grad_enabled() if self._set else False
        if self._set and self._was:
            self._set(False)  # noqa: FBT003 - as torch has it

    def __exit__(self, *_: object) -> None:
        if self._set and self._was:
            self._set(True)  # noqa: FBT003 - as torch has it

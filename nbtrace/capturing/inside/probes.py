"""The probes of a plan in the running program: when one counts, and what it reads.

A probe is of one scope (a code object) and a span of its lines. A back end tells the tracer when a span is entered and
left; everything else is here.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from .compiled_frames import obstacle
from .digits import DigitsError, digits_of
from .expressions import FUNCTIONS, compiled
from .injection import Injection

if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any, Dict, List, Optional, Tuple

    from .event_log import EventLog

_DEPTH = 300
"""Calling frames in which a loop variable is looked for."""


class ProgramProbe:
    """One probe, with its expressions compiled."""

    __slots__ = ("before", "first", "index", "last", "name", "once", "quantities", "scope", "sets", "spent", "when")

    def __init__(self, described: "Dict[str, Any]") -> None:
        self.name: int = described["probe"]
        self.scope: str = described["scope"]
        self.first: int = described["first"]
        self.last: int = described["last"]
        self.before: bool = described["before"]
        self.once: bool = described["once"]
        self.spent = False
        self.when = [(name, compiled(name), value) for name, value in described["when"].items()]
        self.index = [(name, compiled(text)) for name, text in described["index"].items()]
        self.quantities = [
            (name, [compiled(text) for text in texts]) for name, texts in described["quantities"].items()
        ]
        self.sets = [Injection(one) for one in described.get("sets", ())]


class CodeProbes:
    """The probes of one code object."""

    __slots__ = ("code", "lines", "probes")

    def __init__(self, code: CodeType, probes: List[ProgramProbe]) -> None:
        self.code = code
        self.probes = probes
        self.lines: Dict[int, List[ProgramProbe]] = {}
        for probe in probes:
            for line in range(probe.first, probe.last + 1):
                self.lines.setdefault(line, []).append(probe)


class Tracer:
    """What the back ends ask: which code has probes, and what a probe does."""

    def __init__(self, plan: "Dict[str, Any]", log: EventLog) -> None:
        self.log = log
        self._at: Dict[str, int] = plan["at"]
        self._loops: List[Tuple[str, CodeType, int]] = [
            (name, compiled(name), plan["at"][name]) for name in plan["loops"]
        ]
        self._outer: str = plan.get("outer", "").rpartition(".")[2]
        names = [name for name in plan["pixel"] if name not in plan["loops"]]
        self._given: Dict[str, Any] = {name: plan["at"][name] for name in names}
        if plan["pixel"]:
            self._given["at"] = tuple(plan["at"][name] for name in plan["pixel"])
        self._scopes: Dict[str, List[Tuple[str, Tuple[int, ...], ProgramProbe]]] = {}
        for described in plan["probes"]:
            probe = ProgramProbe(described)
            name = described["scope"].rpartition(".")[2]
            self._scopes.setdefault(described["file"], []).append((name, tuple(described["starts"]), probe))
        self._files: Dict[str, Optional[str]] = {}
        self._codes: Dict[int, Tuple[CodeType, Optional[CodeProbes]]] = {}
        self._folder = os.getcwd()
        self.busy = False

    # --- which code has probes ---

    def probes_of(self, code: CodeType) -> Optional[CodeProbes]:
        """Return the probes of a code object; None if it has none, as nearly all."""
        try:
            file = self._files[code.co_filename]
        except KeyError:
            file = self._files[code.co_filename] = self._known(code.co_filename)
        if file is None:
            return None
        known = self._codes.get(id(code))
        if known is None:  # the code object is kept, so that no other one gets its id
            known = self._codes[id(code)] = (code, self._probes_in(file, code))
        return known[1]

    def _known(self, name: str) -> Optional[str]:
        if name in self._scopes:
            return name
        path = os.path.realpath(os.path.join(self._folder, name))  # noqa: PTH118 - few imports
        return path if path in self._scopes else None

    def _probes_in(self, file: str, code: CodeType) -> Optional[CodeProbes]:
        probes = [
            probe
            for name, starts, probe in self._scopes[file]
            if name == code.co_name and code.co_firstlineno in starts
        ]
        if not probes:
            return None
        self.log.once("code", probes=[probe.name for probe in probes], file=code.co_filename, name=code.co_name)
        return CodeProbes(code, probes)

    # --- what a probe does ---

    def entered(self, probe: ProgramProbe, frame: FrameType) -> None:
        """Take note that the lines of a probe begin to run."""
        if probe.before:
            self._read(probe, frame)

    def left(self, probe: ProgramProbe, frame: FrameType) -> None:
        """Take note that the lines of a probe have run, and ended without an exception."""
        if not probe.before:
            self._read(probe, frame)

    def _read(self, probe: ProgramProbe, frame: FrameType) -> None:
        if probe.spent:
            return
        try:
            with _quietly():
                self._deliver(probe, frame)
        except Exception as error:  # noqa: BLE001 - the program is not at fault, and goes on
            self.log.once("lost", probe=probe.name, quantity="", why=_said(error))

    def _deliver(self, probe: ProgramProbe, frame: FrameType) -> None:
        local = {**FUNCTIONS, **frame.f_locals, **self._given}
        if not self._selected(probe, frame, local):
            self.log.once("elsewhere", probe=probe.name)
            return
        why = obstacle()
        if why:
            self.log.once("compiled", probe=probe.name, why=why)
            return
        probe.spent = probe.once
        index = {name: _ordinal(name, eval(code, frame.f_globals, local)) for name, code in probe.index}  # noqa: S307
        for one in probe.sets:
            if one.is_due(index):
                local = {**FUNCTIONS, **one.make(frame, local, self.log), **self._given}
        values = {}
        for name, codes in probe.quantities:
            try:
                values[name] = [
                    text
                    for code in codes
                    for text in digits_of(eval(code, frame.f_globals, local))  # noqa: S307 - only what reads
                ]
            except Exception as error:  # noqa: BLE001 - whatever the program's objects raise
                self.log.once("lost", probe=probe.name, quantity=name, why=_said(error))
        self.log.hit(probe=probe.name, index=index, values=values)

    def _selected(self, probe: ProgramProbe, frame: FrameType, local: Dict[str, Any]) -> bool:
        for name, code, value in probe.when:
            if not _is(self._value(name, code, frame, local, probe), value):
                return False
        return all(_is(self._value(name, code, frame, local, probe), value) for name, code, value in self._loops)

    def _value(
        self, name: str, code: CodeType, frame: FrameType, local: Dict[str, Any], probe: ProgramProbe
    ) -> Any:
        """Return the value of a loop variable here, else in the nearest calling frame that has it."""
        try:
            return eval(code, frame.f_globals, local)  # noqa: S307 - only what reads
        except NameError:
            pass
        outer: Optional[FrameType] = frame.f_back
        for _ in range(_DEPTH):
            if outer is None:
                break
            if not self._outer or outer.f_code.co_name == self._outer:
                try:
                    return eval(code, outer.f_globals, dict(outer.f_locals))  # noqa: S307 - only what reads
                except NameError:
                    pass
            outer = outer.f_back
        self.log.once("unknown_loop", probe=probe.name, name=name)
        return None


def _is(found: Any, wanted: int) -> bool:
    return found is not None and bool(found == wanted)


def _ordinal(name: str, value: Any) -> int:
    number = int(value)
    if number < 0 or number != value:
        raise DigitsError("{} is {}, and no ordinal of a loop".format(name, value))
    return number


def _said(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    return text if isinstance(error, DigitsError) else "{}: {}".format(type(error).__name__, text[:300])


class _quietly:  # noqa: N801 - reads as a statement
    """Inside, reading records nothing for derivatives, where the program has loaded PyTorch."""

    def __enter__(self) -> None:
        torch = sys.modules.get("torch")
        self._was = None
        if torch is not None and hasattr(torch, "is_grad_enabled"):
            self._was = torch.is_grad_enabled()
            torch._C._set_grad_enabled(False)  # noqa: SLF001 - what no_grad calls, less its hooks

    def __exit__(self, *_: object) -> None:
        if self._was is not None:
            sys.modules["torch"]._C._set_grad_enabled(self._was)  # noqa: SLF001

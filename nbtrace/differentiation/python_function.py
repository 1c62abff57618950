"""A candidate that is a function of Python, in a process of its own: its values, and the derivatives that it tells."""

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from nbtrace.differentiation import function_process
from nbtrace.differentiation.derivative import Derivative, DerivativeKind, GradientParameter
from nbtrace.differentiation.finite_differences import Evaluated
from nbtrace.errors import ProgramError
from nbtrace.images.roi import Roi
from nbtrace.plain_text import clean

_TARGET = re.compile(r"(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|[^\s:]+\.py):[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_LONGEST_ANSWER = 2**20
_LAST_WORDS = 2000

_ROUNDINGS = 64.0
"""Units of rounding that a derivative by autograd is allowed."""


def is_function(text: str) -> bool:
    """Tell whether a candidate is named as `MODULE:FUNCTION` or `FILE.py:FUNCTION`."""
    return _TARGET.fullmatch(text) is not None


@dataclass(eq=False)
class PythonFunction:
    """A function whose process stays alive between its calls.

    Attributes
    ----------
    target : str
    flags : tuple of str
        The words of the command line; files by their full names.
    region : Roi
    parameters : mapping of str to float
        All that it gets, where they are configured.
    """

    target: str
    flags: tuple[str, ...]
    region: Roi
    parameters: Mapping[str, float]
    process: "FunctionProcess"
    fractions: bool = True

    @property
    def name(self) -> str:
        """What it is, for people."""
        return self.target

    def base(self) -> Evaluated:
        """Return the value as configured."""
        return self._value({})

    def value(self, parameter: GradientParameter, at: float) -> Evaluated:
        """Return the value where a parameter is `at`."""
        return self._value({parameter.name: at})

    def break_near(self, parameter: GradientParameter, low: float, high: float) -> str:  # noqa: ARG002 - not known
        """Return nothing: what it counts is not known."""
        return ""

    def gradient(self, parameters: Sequence[GradientParameter]) -> tuple[Evaluated, Mapping[str, Derivative]]:
        """Return the value, and the derivatives that it tells."""
        answer = self._asked({item.name: item.value for item in parameters if not item.undefined}, gradient=True)
        told = answer.get("derivatives")
        if not isinstance(told, Mapping):
            raise ProgramError(f"{self.target}: its process answered without derivatives")
        value, rounding = self._number(answer)
        return value, {item.name: _derivative(told[item.name], rounding) for item in parameters if item.name in told}

    def _value(self, changed: Mapping[str, float]) -> Evaluated:
        return self._number(self._asked(changed, gradient=False))[0]

    def _number(self, answer: Mapping[str, Any]) -> tuple[Evaluated, float]:
        value, rounding = answer.get("value"), answer.get("rounding")
        if not isinstance(value, float) or not isinstance(rounding, float):
            raise ProgramError(f"{self.target}: its process answered without a value")
        return Evaluated(value, rounding * abs(value)), rounding

    def _asked(self, changed: Mapping[str, float], *, gradient: bool) -> Mapping[str, Any]:
        region = self.region
        return self.process.asked(
            {
                "parameters": {**self.parameters, **changed},
                "flags": self.flags,
                "region": [region.slow_first, region.slow_last, region.fast_first, region.fast_last],
                "gradient": gradient,
            }
        )


def _derivative(told: object, rounding: float) -> Derivative:
    if not isinstance(told, int | float):
        return Derivative(DerivativeKind.DETACHED, reason="None: no graph leads to it")
    return Derivative(DerivativeKind.AUTOGRAD, float(told), _ROUNDINGS * rounding * abs(float(told)))


class FunctionProcess:
    """The process, and how it is asked."""

    def __init__(self, target: str, seconds: float | None, errors: IO[bytes]) -> None:
        self._target, self._seconds, self._errors = target, seconds, errors
        self._rest = b""
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(Path(function_process.__file__)), target],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )

    def await_ready(self) -> None:
        """Wait until the function is loaded.

        Raises
        ------
        ProgramError
            If it cannot be.
        """
        self._answer()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def asked(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a request and return its answer.

        Raises
        ------
        ProgramError
            If there is none, or it is an error.
        """
        pipe = self._process.stdin
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.write(json.dumps(request).encode() + b"\n")
                pipe.flush()
        return self._answer()

    def _answer(self) -> Mapping[str, Any]:
        try:
            answer = json.loads(self._line())
        except ValueError:
            raise ProgramError(f"{self._target}: its process answered with something else{self._said()}") from None
        if not isinstance(answer, Mapping):
            raise ProgramError(f"{self._target}: its process answered with something else{self._said()}")
        if "error" in answer:
            raise ProgramError(clean(str(answer["error"])))
        return answer

    def _line(self) -> bytes:
        deadline = None if self._seconds is None else time.monotonic() + self._seconds
        pipe = self._process.stdout
        with selectors.DefaultSelector() as selector:
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
                if pipe is None or not selector.select(left):
                    raise ProgramError(f"{self._target}: no answer after {self._seconds:g} s")
                data = os.read(pipe.fileno(), 1 << 16)
                if not data:
                    self._process.wait()
                    raise ProgramError(f"{self._target}: its process ended, {self._ended()}{self._said()}")
                self._rest += data
                if len(self._rest) > _LONGEST_ANSWER:
                    raise ProgramError(f"{self._target}: its process answered with more than a megabyte")
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _ended(self) -> str:
        status = self._process.returncode
        return f"killed by signal {-status}" if status < 0 else f"exit {status}"

    def _said(self) -> str:
        """Return the last line of what it printed."""
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(self._errors.tell() - _LAST_WORDS, 0))
        lines = [line.strip() for line in self._errors.read().decode(errors="replace").splitlines() if line.strip()]
        return f"; its last words: {clean(lines[-1])}" if lines else ""

    def close(self) -> None:
        """End the process and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()


@contextmanager
def python_function(
    target: str,
    flags: Sequence[str],
    region: Roi,
    parameters: Sequence[GradientParameter],
    seconds: float | None = None,
) -> Iterator[PythonFunction]:
    """Start a function's process, which ends with this context.

    Parameters
    ----------
    target : str
        `MODULE:FUNCTION` or `FILE.py:FUNCTION`; modules are looked for in the current folder first.
    flags : sequence of str
    region : Roi
    parameters : sequence of GradientParameter
    seconds : float, optional
        Time limit of one call.

    Raises
    ------
    ProgramError
        If the function cannot be loaded.
    """
    with tempfile.TemporaryFile() as errors:
        process = FunctionProcess(target, seconds, errors)
        try:
            process.await_ready()
            yield PythonFunction(
                target,
                tuple(flags),
                region,
                {item.name: item.value for item in parameters if not item.undefined},
                process,
            )
        finally:
            process.close()

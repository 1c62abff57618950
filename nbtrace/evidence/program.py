"""Programs run without a shell: their output is kept and may go on to the terminal, with exit status and times."""

import math
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeAlias

from nbtrace.evidence.orphans import watched
from nbtrace.evidence.program_environment import environment_of_programs

_PIECE_BYTES = 1 << 16
_POLL_SECONDS = 0.1

MOST_PRINTED = 2**28
"""Bytes that a program which nobody watches may print: a traced image takes a thousandth of that."""


@dataclass(frozen=True)
class ProgramRun:
    """How a program ended.

    `status` is its exit status, negative for the signal that killed it, and None if it could not be started; `problem`
    is then the reason. `wall_seconds` is the time from its start to its end. `overran` is the time limit in seconds
    that it was killed for, `flooded` the bytes of output.
    """

    command: tuple[str, ...]
    started: datetime
    wall_seconds: float
    status: int | None
    problem: str | None = None
    overran: float | None = None
    flooded: int | None = None

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than by itself and well."""
        return self.status != 0 or self.overran is not None or self.flooded is not None

    @property
    def signalled(self) -> bool:
        """Whether a signal ended it that nobody here sent: it crashed."""
        return self.status is not None and self.status < 0 and self.overran is None and self.flooded is None

    @property
    def text(self) -> str:
        """How it ended, in words."""
        if self.status is None:
            return f"could not be started: {self.problem}"
        if self.overran is not None:
            return f"not done after {self.overran:g} s and killed"
        if self.flooded is not None:
            return f"printed more than {self.flooded // 2**20} MB and was killed"
        if self.status < 0:
            return f"killed by {_signal_name(-self.status)}"
        return f"exit {self.status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@dataclass(frozen=True)
class Surroundings:
    """Where and how a program runs that nobody talks to: it reads nothing, and nothing of it outlives its run.

    Attributes
    ----------
    folder : Path
        Its current folder.
    variables : mapping of str to str
        What its environment has besides that of this process.
    seconds : float or None
        Time limit; the program and all that it started are then killed.
    most_bytes : int
        Limit of what it may write to each of standard output and error, for the same.
    """

    folder: Path
    variables: Mapping[str, str]
    seconds: float | None = None
    most_bytes: int = MOST_PRINTED


def run_kept(
    command: Sequence[str],
    kept: tuple[Path, Path],
    echo: tuple[BinaryIO | None, BinaryIO | None] = (None, None),
    surroundings: Surroundings | None = None,
) -> ProgramRun:
    """Run a program until it ends and keep what it writes.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments; no shell sees them.
    kept : two paths
        Files for its standard output and its standard error, which start empty; written while it runs.
    echo : two binary streams, or None
        Where its output and error go as well, as they come. A stream that breaks is not written to any more.
    surroundings : Surroundings, optional
        By default the program belongs to the terminal: it runs in the current folder, without a limit, and reads the
        standard input of this process.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    with kept[0].open("wb", buffering=0) as out, kept[1].open("wb", buffering=0) as err:
        held = _HeldSignals()
        try:
            process = _start(command, surroundings)
        except (OSError, ValueError) as error:
            held.release()
            problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return ProgramRun(tuple(command), started, time.monotonic() - clock, None, problem)
        sinks = ((process.stdout, out, echo[0]), (process.stderr, err, echo[1]))
        with process:
            end = (
                _attend(process, sinks, held)
                if surroundings is None
                else _supervise(process, sinks, held, surroundings)
            )
            process.wait()
    run = ProgramRun(tuple(command), started, time.monotonic() - clock, process.returncode)
    if surroundings is None or end is _End.OWN:
        return run
    return (
        replace(run, overran=surroundings.seconds)
        if end is _End.LATE
        else replace(run, flooded=surroundings.most_bytes)
    )


class _HeldSignals:
    """Requests to end this process, held back until somebody is there to end the program that is being started."""

    def __init__(self) -> None:
        self._came: list[int] = []
        self._before: dict[int, Any] = {}
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # One that is ignored, or ends this process at once, is left to the program as it is.
            if callable(signal.getsignal(number)):
                self._before[number] = signal.signal(number, lambda came, _: self._came.append(came))

    def release(self) -> None:
        """Let signals through again, those that have come meanwhile first."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._came:
            signal.raise_signal(self._came[0])


def _start(command: Sequence[str], surroundings: Surroundings | None) -> subprocess.Popen[bytes]:
    if surroundings is None:
        own = environment_of_programs()
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, env=own)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd=surroundings.folder,
        env={**environment_of_programs(), **surroundings.variables},
        start_new_session=True,
    )


_Sinks: TypeAlias = Sequence[tuple[IO[bytes] | None, IO[bytes], BinaryIO | None]]


class _End(Enum):
    """What ended a program: itself or a signal that it was sent, the time limit, the limit of its output."""

    OWN = "own"
    LATE = "late"
    FLOOD = "flood"


def _attend(process: subprocess.Popen[bytes], sinks: _Sinks, held: _HeldSignals) -> _End:
    """Pass on the output of a program that belongs to the terminal."""
    try:
        held.release()
        return _pump(process, sinks)
    except KeyboardInterrupt:
        # The terminal sent the program the same signal; what it still says belongs to the evidence.
        return _pump(process, sinks)
    except SystemExit:
        # This process alone was told to end.
        process.terminate()
        raise


def _supervise(process: subprocess.Popen[bytes], sinks: _Sinks, held: _HeldSignals, surroundings: Surroundings) -> _End:
    """Pass on the output of a program with a session of its own, and end the session; tell whether a limit did."""
    seconds = surroundings.seconds
    with watched(process.pid):
        try:
            held.release()
            deadline = None if seconds is None else time.monotonic() + seconds
            return _pump(process, sinks, deadline, surroundings.most_bytes)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _pump(
    process: subprocess.Popen[bytes], sinks: _Sinks, deadline: float | None = None, most: float = math.inf
) -> _End:
    """Pass on what comes out of the pipes until both are closed, or the program has ended and they are empty.

    A background process that the program leaves behind may hold the pipes open for ever; it is not waited for.
    """
    with selectors.DefaultSelector() as selector:
        for pipe, kept, echo in sinks:
            if pipe is not None and not pipe.closed:
                selector.register(pipe, selectors.EVENT_READ, (kept, echo))
        while selector.get_map():
            ready = selector.select(_POLL_SECONDS)
            if not ready and process.poll() is not None:
                return _End.OWN
            if deadline is not None and time.monotonic() > deadline:
                return _End.LATE
            for key, _ in ready:
                data = os.read(key.fd, _PIECE_BYTES)
                if not data:
                    selector.unregister(key.fileobj)
                    continue
                kept, echo = key.data
                if kept.tell() + len(data) > most:
                    return _End.FLOOD
                kept.write(data)
                if echo is not None:
                    _pass_on(data, echo)
    return _ended(process, deadline)


def _ended(process: subprocess.Popen[bytes], deadline: float | None) -> _End:
    """Wait for a program that has closed its pipes."""
    try:
        process.wait(None if deadline is None else max(deadline - time.monotonic(), 0.0))
    except subprocess.TimeoutExpired:
        return _End.LATE
    return _End.OWN


def _pass_on(data: bytes, echo: BinaryIO) -> None:
    with suppress(OSError, ValueError):
        echo.write(data)
        echo.flush()

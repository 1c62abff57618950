"""Programs run without a shell: their output is kept and may go on to the terminal, with exit status and times."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO, TypeAlias

_PIECE_BYTES = 1 << 16
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Run:
    """How a program ended.

    `status` is its exit status, negative for the signal that killed it, and None if it could not be started; `problem`
    is then the reason. `wall_seconds` is the time from its start to its end. `overran` is the time limit in seconds
    that it was killed for.
    """

    command: tuple[str, ...]
    started: datetime
    wall_seconds: float
    status: int | None
    problem: str | None = None
    overran: float | None = None

    @property
    def text(self) -> str:
        """How it ended, in words."""
        if self.status is None:
            return f"could not be started: {self.problem}"
        if self.overran is not None:
            return f"not done after {self.overran:g} s and killed"
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
    """

    folder: Path
    variables: Mapping[str, str]
    seconds: float | None = None


def run_captured(
    command: Sequence[str],
    kept: tuple[Path, Path],
    echo: tuple[BinaryIO | None, BinaryIO | None] = (None, None),
    surroundings: Surroundings | None = None,
) -> Run:
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
        try:
            process = _start(command, surroundings)
        except (OSError, ValueError) as error:
            problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return Run(tuple(command), started, time.monotonic() - clock, None, problem)
        sinks = ((process.stdout, out, echo[0]), (process.stderr, err, echo[1]))
        with process:
            overran = (
                _attend(process, sinks) if surroundings is None else _supervise(process, sinks, surroundings.seconds)
            )
            process.wait()
    limit = surroundings.seconds if surroundings is not None and overran else None
    return Run(tuple(command), started, time.monotonic() - clock, process.returncode, overran=limit)


def _start(command: Sequence[str], surroundings: Surroundings | None) -> subprocess.Popen[bytes]:
    if surroundings is None:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd=surroundings.folder,
        env={**os.environ, **surroundings.variables},
        start_new_session=True,
    )


_Sinks: TypeAlias = Sequence[tuple[IO[bytes] | None, IO[bytes], BinaryIO | None]]


def _attend(process: subprocess.Popen[bytes], sinks: _Sinks) -> bool:
    """Pass on the output of a program that belongs to the terminal; tell whether a limit ended it, which none does."""
    try:
        _pump(process, sinks)
    except KeyboardInterrupt:
        # The terminal sent the program the same signal; what it still says belongs to the evidence.
        _pump(process, sinks)
    return False


def _supervise(process: subprocess.Popen[bytes], sinks: _Sinks, seconds: float | None) -> bool:
    """Pass on the output of a program with a session of its own, and end the session; tell whether the limit did."""
    try:
        return not _pump(process, sinks, None if seconds is None else time.monotonic() + seconds)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _pump(process: subprocess.Popen[bytes], sinks: _Sinks, deadline: float | None = None) -> bool:
    """Pass on what comes out of the pipes until both are closed, or the program has ended and they are empty.

    A background process that the program leaves behind may hold the pipes open for ever; it is not waited for. Returns
    whether the program ended before the deadline.
    """
    with selectors.DefaultSelector() as selector:
        for pipe, kept, echo in sinks:
            if pipe is not None and not pipe.closed:
                selector.register(pipe, selectors.EVENT_READ, (kept, echo))
        while selector.get_map():
            ready = selector.select(_POLL_SECONDS)
            if not ready and process.poll() is not None:
                return True
            if deadline is not None and time.monotonic() > deadline:
                return False
            for key, _ in ready:
                data = os.read(key.fd, _PIECE_BYTES)
                if not data:
                    selector.unregister(key.fileobj)
                    continue
                kept, echo = key.data
                kept.write(data)
                if echo is not None:
                    _pass_on(data, echo)
    return _ends(process, deadline)


def _ends(process: subprocess.Popen[bytes], deadline: float | None) -> bool:
    """Wait for a program that has closed its pipes; tell whether it ended before the deadline."""
    try:
        process.wait(None if deadline is None else max(deadline - time.monotonic(), 0.0))
    except subprocess.TimeoutExpired:
        return False
    return True


def _pass_on(data: bytes, echo: BinaryIO) -> None:
    with suppress(BrokenPipeError, ValueError):
        echo.write(data)
        echo.flush()
